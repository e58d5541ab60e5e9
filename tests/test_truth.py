"""The program against planted traffic whose truth was written without it (issue: precision and recall 1.0)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from analyzer.findings import find_all
from analyzer.pipeline import Options, Outcome, run
from analyzer.schema import ALARMS, VERDICTS
from analyzer.simulator import ALL, FAULTS, Generated, generate
from analyzer.tenant import load_tenant
from analyzer.tenant.model import Tenant

ROWS = 200_000
KEYS = ["message_id", "recipient"]
DUE = {
    "message-trace": "verdict_without_connectors",
    "message-trace-json": "verdict_without_connectors",
    "enhanced-summary": "verdict_one_column",
    "extended": "verdict_with_connectors",
    "graph-trace": "verdict_without_connectors",
    "trace-detail": "verdict_with_connectors",
    "graph-detail": "verdict_with_connectors",
    "email-events": "verdict_one_column",
}
LARGE = ("message-trace", "message-trace-json", "enhanced-summary", "extended")
SMALL_ROWS = 20_000  # twenty decks hold every kind of fault; the other formats say the same in more bytes
# No client's address is told, so people behind the servers' NAT are seen to write from the cloud.
_NO_CLIENT = {"nat-to-cloud": "match", "nat-to-contoso": "match", "nat-to-internet": "match"}
# A blank Connectors cell is silent: neither that no connector was used shows in it, nor that one was missed.
_SILENT = dict.fromkeys(
    (
        "null-sender",
        "cloud-to-internet",
        "internet-to-cloud",
        "contoso-to-wingtip",
        "cloud-to-northwind",
        "cloud-to-contact",
        "forged-cloud-sender",
        "forged-onprem-sender",
        "direct-send",
        "several-internet",
        "blank-internet-to-cloud",
        "rule-ignored/fabrikam-to-wingtip-by-rule",
        "onprem-by-mx/cloud-to-contoso",
        "onprem-by-mx/cloud-to-fabrikam",
        "onprem-source-unattributed/onprem-to-cloud",
    ),
    "no_evidence",
)
# Each recipient has a row and a cell of its own; of two, one may be silent.
_APART = {"several-onprem-apart": "match", "several-onprem-and-internet": "match"}
# Where a format shows less or more than the log that the truth has in mind, by scenario.
DIFFER: dict[str, dict[str, str]] = {
    "trace-detail": _NO_CLIENT,
    "graph-detail": _NO_CLIENT,
    "email-events": {**_SILENT, **_APART, "nat-to-cloud": "match", "nat-to-internet": "no_evidence"},
}
# EmailEvents is written after groups are expanded, and once a recipient's fate is settled.
UNWRITTEN = {"email-events": {"cloud-to-group", "internet-to-group", "pending"}}
_FLAGGED = (*ALARMS, "ambiguous")


@dataclass(frozen=True)
class Month:
    """A generated month and what the program made of it, format by format."""

    made: Generated
    tenant: Tenant
    outcomes: dict[str, Outcome]
    folders: dict[str, Path]

    def headlines(self, name: str) -> pd.DataFrame:
        """One row a recipient of a message, with the gravest verdict over its events."""
        columns = [*KEYS, "verdict", "selected_inbound_connector", "selected_outbound_connector"]
        rows: pd.DataFrame = pq.read_table(self.folders[name] / "messages", columns=columns).to_pandas()
        rows["gravity"] = rows["verdict"].map(VERDICTS.index).astype("int64")
        return (
            rows.sort_values("gravity", kind="stable")
            .groupby(KEYS, sort=False, observed=True)
            .agg(
                verdict=("verdict", "first"),
                inbound=("selected_inbound_connector", "first"),
                outbound=("selected_outbound_connector", "first"),
            )
            .reset_index()
        )


def _month(folder: Path, rows: int, *, faults: bool = True, formats: Sequence[str] = ALL) -> Month:
    made = generate(folder / "made", rows=rows, faults=faults, formats=formats)
    tenant = load_tenant(made.tenant)
    outcomes, folders = {}, {}
    for name, log in made.logs.items():
        folders[name] = folder / name
        folders[name].mkdir()
        outcomes[name] = run([str(log)], tenant, folders[name], Options())
    return Month(made, tenant, outcomes, folders)


@pytest.fixture(scope="module")
def months(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Month]:
    """A month with every fault kind planted, by the name of the format that it was written in."""
    small = [name for name in DUE if name not in LARGE]
    large = _month(tmp_path_factory.mktemp("month"), ROWS, formats=LARGE)
    return dict.fromkeys(LARGE, large) | dict.fromkeys(
        small, _month(tmp_path_factory.mktemp("decks"), SMALL_ROWS, formats=small)
    )


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Month:
    """A month of a tenant in order."""
    return _month(tmp_path_factory.mktemp("healthy"), 20_000, faults=False)


def _joined(month: Month, name: str) -> pd.DataFrame:
    truth: pd.DataFrame = pq.read_table(month.made.truth).to_pandas()
    truth["recipient"] = truth["recipient"].astype("str")
    found = month.headlines(name)
    found["recipient"] = found["recipient"].astype("str")
    joined = truth.merge(found, on=KEYS, how="outer", indicator=True)
    lacking = joined["_merge"] != "both"
    assert set(joined[lacking]["scenario"]) == UNWRITTEN.get(name, set())
    joined = joined[~lacking]
    differ, due = DIFFER.get(name, {}), joined[DUE[name]].astype("str")
    joined = joined.assign(due=[differ.get(s, v) for s, v in zip(joined["scenario"], due, strict=True)])
    if name == "email-events":
        apart = (joined["scenario"] == "several-onprem-and-internet") & (joined["destination"] == "internet")
        joined.loc[apart, "due"] = "no_evidence"
    return joined


@pytest.mark.parametrize("name", DUE)
def test_every_planted_fault_is_found_and_nothing_else(months: dict[str, Month], name: str) -> None:
    """Precision and recall of the verdicts against the ground truth are both 1.0."""
    rows = _joined(months[name], name)
    due = rows["due"]
    planted, flagged = due.isin(_FLAGGED), rows["verdict"].isin(_FLAGGED)

    wrong = rows[(planted != flagged) | (planted & (due != rows["verdict"].astype("str")))]

    assert planted.sum() > 0
    assert wrong[["scenario", "due", "verdict"]].drop_duplicates().to_dict("records") == []


@pytest.mark.parametrize("name", DUE)
def test_every_other_verdict_is_the_one_due(months: dict[str, Month], name: str) -> None:
    """Matches, open and unjudged rows are the ones the truth expects."""
    rows = _joined(months[name], name)

    wrong = rows[rows["due"] != rows["verdict"].astype("str")]

    assert wrong[["scenario", "due", "verdict"]].drop_duplicates().to_dict("records") == []


def test_every_fault_kind_is_planted_and_raises_its_finding(months: dict[str, Month]) -> None:
    """Each fault kind occurs in the month and its finding is raised."""
    month = months["enhanced-summary"]
    truth = pq.read_table(month.made.truth, columns=["fault"]).column("fault").to_pylist()
    raised = set(find_all(month.outcomes["enhanced-summary"].causes, month.tenant).column("code").to_pylist())

    assert set(truth) - {None} == {f.kind for f in FAULTS}
    assert {f.finding for f in FAULTS} <= raised


@pytest.mark.parametrize("name", DUE)
def test_every_format_selects_the_right_connectors(months: dict[str, Month], name: str) -> None:
    """Selection does not rest on what the log names: all formats of one traffic agree with the truth."""
    rows = _joined(months[name], name)
    if DUE[name] == "verdict_with_connectors":
        rows = rows[rows["scenario"] != "pending"]  # no event of leaving yet, so nothing to show on that side

    for found, due in (("inbound", "selected_inbound_connector"), ("outbound", "selected_outbound_connector")):
        given, right = rows[found].astype("str").fillna(""), rows[due].astype("str").fillna("")
        assert rows[given != right]["scenario"].unique().tolist() == []
        assert (right != "").sum() > 0


@pytest.mark.parametrize("name", DUE)
def test_a_correct_hybrid_tenant_raises_nothing_above_info(healthy: Month, name: str) -> None:
    """Certificates, clients behind NAT and forged senders are no reason for an alarm."""
    findings = find_all(healthy.outcomes[name].causes, healthy.tenant)

    assert [row["title"] for row in findings.to_pylist() if row["severity"] != "info"] == []


@pytest.mark.parametrize("name", DUE)
def test_the_books_balance(months: dict[str, Month], name: str) -> None:
    """Read, rejected and noise add up to the rows of the file, and the cube holds every verdict row."""
    outcome = months[name].outcomes[name]
    book = outcome.inputs[0]

    assert book.balanced
    assert sum(outcome.causes.column("messages").to_pylist()) == book.verdict_rows
