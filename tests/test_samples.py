"""The committed samples: what the program makes of them is what users will see first."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from analyzer.formats import FORMATS, open_log
from analyzer.inputs import find
from analyzer.pipeline import Options, run
from analyzer.schema import VERDICTS
from analyzer.simulator import FAULTS, generate
from analyzer.tenant import load_tenant
from analyzer.vantage import Vantage

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "sample_logs"
SEED = SAMPLES / "seed"
MADE = {
    SAMPLES / "formats/message-trace/message-trace.csv": "message-trace",
    SAMPLES / "formats/message-trace/message-trace.json": "message-trace",
    SAMPLES / "logs/enhanced-summary.csv": "enhanced-summary",
    SAMPLES / "formats/extended/extended.csv": "extended",
}
DUE = {
    "message-trace": "verdict_without_connectors",
    "enhanced-summary": "verdict_one_column",
    "extended": "verdict_with_connectors",
}
SHOWN = [
    "source_row",
    "header_from",
    "recipient",
    "event",
    "path",
    "evidence",
    "logged_inbound_connector",
    "selected_inbound_connector",
    "logged_outbound_connector",
    "selected_outbound_connector",
    "verdict",
    "reason",
    "policies",
    "missing",
]


@dataclass(frozen=True)
class Judged:
    """The verdict rows of one log and its books."""

    rows: pd.DataFrame
    read: int
    rejected: int


@pytest.fixture
def judged(tmp_path: Path) -> Callable[..., Judged]:
    """Judge one log, by default with the sample company's tenant."""

    def judge(log: Path, tenant: Path = SAMPLES / "tenant") -> Judged:
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
        (tmp_path / "out").mkdir()
        outcome = run([str(log)], load_tenant(tenant), tmp_path / "out", Options())
        rows = pq.read_table(tmp_path / "out" / "messages").to_pandas()
        return Judged(rows, outcome.inputs[0].read, outcome.inputs[0].rejected)

    return judge


def _plain(rows: pd.DataFrame) -> list[dict[str, object]]:
    """Rows as JSON has them, without the columns that say nothing."""
    records = json.loads(rows[SHOWN].to_json(orient="records"))
    return [{name: value for name, value in row.items() if value not in (None, [])} for row in records]


def _first_of_each_verdict(rows: pd.DataFrame) -> pd.DataFrame:
    """At most eight rows, gravest verdict first: the first row of the log with each verdict."""
    first = rows.sort_values(["source_row", "recipient"], kind="stable").drop_duplicates("verdict")
    return first.sort_values("verdict", key=lambda verdicts: verdicts.astype("str").map(VERDICTS.index))


@pytest.mark.parametrize("log", MADE, ids=lambda log: log.name)
def test_a_sample_is_told_by_its_content(log: Path) -> None:
    """Each sample is recognised by its own format and by no other."""
    (source,) = find([str(log)])
    names = open_log(source).layout.names

    assert [one.name for one in FORMATS if one.recognises(names)] == [MADE[log]]


def test_every_format_has_a_sample() -> None:
    """No log of the service is without a month of it, judged as the truth says, or samples written by hand."""
    by_hand = {folder.name for folder in (SAMPLES / "formats").iterdir()}

    assert {one.name for one in FORMATS if one.vantage is Vantage.OFFICE365} <= set(MADE.values()) | by_hand


@pytest.mark.parametrize("log", MADE, ids=lambda log: log.name)
def test_the_first_row_of_each_verdict_is_the_expected_one(
    log: Path, judged: Callable[..., Judged], golden: Callable[[Path, object], None]
) -> None:
    """The rows that stand for a format are read and judged as its golden file says."""
    rows = _first_of_each_verdict(judged(log).rows)

    golden(SAMPLES / "formats" / MADE[log] / "expected.json", _plain(rows))


@pytest.mark.parametrize("log", MADE, ids=lambda log: log.name)
def test_a_sample_is_judged_as_its_truth_says(log: Path, judged: Callable[..., Judged]) -> None:
    """Every message and recipient gets the verdict that the simulator's truth holds for this kind of log."""
    found = judged(log)
    rows = found.rows.assign(gravity=found.rows["verdict"].astype("str").map(VERDICTS.index))
    gravest = rows.groupby(["message_id", "recipient"], observed=True)["gravity"].min().map(VERDICTS.__getitem__)
    truth = pq.read_table(SAMPLES / "truth.parquet").to_pandas().set_index(["message_id", "recipient"])

    assert found.rejected == 0
    assert gravest.sort_index().to_dict() == truth[DUE[MADE[log]]].astype("str").sort_index().to_dict()


def test_every_fault_is_in_the_sample() -> None:
    """The demonstration shows each kind of fault that can be planted."""
    truth = pq.read_table(SAMPLES / "truth.parquet", columns=["fault"])

    assert set(truth.column("fault").to_pylist()) - {None} == {fault.kind for fault in FAULTS}


def files_below(folder: Path) -> dict[str, Path]:
    """Give every file of a folder by its path in it."""
    return {str(file.relative_to(folder)): file for file in folder.rglob("*") if file.is_file()}


def test_the_samples_are_what_the_simulator_writes_today(tmp_path: Path) -> None:
    """`make samples` would change nothing: the committed text files are those of the present simulator."""
    rows = pq.read_metadata(SAMPLES / "truth.parquet").num_rows
    made = generate(tmp_path / "made", rows=rows, formats=sorted({*MADE.values(), "message-trace-json"}))
    committed = {log.name: log for log in MADE} | files_below(SAMPLES / "tenant")
    written = {log.name: log for log in made.logs.values()} | files_below(made.tenant)

    assert written.keys() == committed.keys()
    assert [name for name in written if written[name].read_bytes() != committed[name].read_bytes()] == []


def test_the_example_company_is_judged_as_expected(
    judged: Callable[..., Judged], golden: Callable[[Path, object], None]
) -> None:
    """The worked example's ten messages, one of them by the connector that the written order would select."""
    rows = judged(SEED / "enhanced-summary.csv", SEED / "tenant").rows

    golden(SEED / "expected.json", _plain(rows))
    ambiguous = rows[rows["verdict"] == "ambiguous"]
    assert ambiguous[["recipient", "logged_outbound_connector", "selected_outbound_connector"]].to_numpy().tolist() == [
        ["jane@sales.contoso.com", "Connector 1", "Connector 3"]
    ]


def test_the_samples_stay_small() -> None:
    """A clone fetches less than six megabytes of samples."""
    assert sum(file.stat().st_size for file in SAMPLES.rglob("*") if file.is_file()) < 6_000_000


def test_rows_of_a_sample_are_in_order_of_time() -> None:
    """The logs are ordered as an export is."""
    times = pq.read_table(SAMPLES / "truth.parquet", columns=["received_at"]).column(0).to_pylist()

    assert all(earlier <= later for earlier, later in pairwise(times))
