"""Each finding over generated traffic: its messages are the planted ones, all of them and no other."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analyzer import causes
from analyzer.findings import FINDINGS, find_all
from analyzer.pipeline import Options, run
from analyzer.schema import VERDICTS
from analyzer.simulator import ALL, TOPOLOGIES, Topology, generate
from analyzer.tenant import load_tenant

EVENTS = ("extended", "trace-detail")
NAMED = (*EVENTS, "enhanced-summary")
OWN_SERVERS = ("message-tracking", "smtp-send", "smtp-receive", "postfix", "sendmail")
FORMATS = (*NAMED, "email-events", "message-trace")
# code, topology, the formats that show it; in the others of FORMATS it must not be raised.
# EmailEvents leaves the cell blank where no connector was used, so that nothing is missing from it.
PLANTED = [
    ("MF101", "hybrid", NAMED),
    ("MF101", "migrated", ("extended", "enhanced-summary")),  # by the subject, which details do not have
    ("MF102", "hybrid", NAMED),
    ("MF103", "hybrid", FORMATS),
    ("MF104", "hybrid", NAMED),
    ("MF105", "hybrid", (*NAMED, "email-events")),
    ("MF106", "listed", (*NAMED, "email-events")),
    ("MF107", "migrated", EVENTS),
    ("MF108", "migrated", EVENTS),
    ("MF110", "filtered", FORMATS),
    ("MF112", "migrated", EVENTS),
    ("MF113", "migrated", (*NAMED, "email-events")),
    ("MF114", "migrated", (*NAMED, "email-events")),
    ("MF115", "catch-all", (*NAMED, "email-events")),
    ("MF116", "accident", (*NAMED, "email-events")),
    ("MF117", "centralized", EVENTS),
]
# The same in the logs of the company's own servers.
AT_SERVERS = ("message-tracking", "smtp-send", "smtp-receive")
PLANTED_AT_SERVERS = [
    ("MF101", "own-servers", ("message-tracking",)),
    ("MF118", "own-servers", ("message-tracking",)),
]
# A fault that raises two findings is registered with one of them.
ALSO = {"MF106": "MF105"}
ROWS = {"hybrid": 8000}
BY_NAME = {topology.name: topology for topology in TOPOLOGIES}


class Months:
    """The traffic of each topology, made once, and what is found in a format of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.made = cache(self._made)
        self.found = cache(self._found)

    def _made(self, topology: str, *, faults: bool = True) -> tuple[Path, dict[str, Path]]:
        out = self._folder / f"{topology}-{faults}"
        made = generate(out, rows=ROWS.get(topology, 3000), topology=topology, faults=faults)
        return made.tenant, dict(made.logs)

    def _found(self, topology: str, log: str, *, faults: bool = True) -> pa.Table:
        folder, logs = self.made(topology, faults=faults)
        tenant, out = load_tenant(folder), self._folder / f"{topology}-{faults}-{log}"
        out.mkdir()
        return find_all(run([str(logs[log])], tenant, out, Options()).causes, tenant)

    def rows(self, topology: str, log: str, *more: str) -> list[dict[str, str]]:
        """The verdict rows of a log that was looked at, with more columns."""
        folder = self._folder / f"{topology}-True-{log}" / "messages"
        rows: list[dict[str, str]] = pq.read_table(
            folder, columns=["message_id", "recipient", "verdict", *more]
        ).to_pylist()
        return rows

    def truth(self, topology: str, due: str) -> dict[tuple[str, str], tuple[str, str]]:
        """The scenario of each recipient of a message, and the verdict due; not of what the log's writer never saw."""
        path = self.made(topology)[0].parent / "truth.parquet"
        rows = pq.read_table(path, columns=["message_id", "recipient", "scenario", due]).to_pylist()
        return {(row["message_id"], row["recipient"]): (row["scenario"], row[due]) for row in rows if row[due]}

    def planted(self, topology: str, code: str) -> set[str]:
        """The messages with a fault that is registered with a finding."""
        kinds = {f.kind for f in BY_NAME[topology].faults if f.finding == ALSO.get(code, code)}
        folder, _ = self.made(topology)
        truth = pq.read_table(folder.parent / "truth.parquet", columns=["message_id", "fault"]).to_pylist()
        return {row["message_id"] for row in truth if row["fault"] in kinds}


@pytest.fixture(scope="module")
def months(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Months]:
    """Months in which a finding's examples are all of its messages, not the first few."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(causes, "EXAMPLES", 10**6)
        patch.setattr(causes, "_LOOK_AHEAD", 10**6)
        yield Months(tmp_path_factory.mktemp("planted"))


CASES = [(case, log) for case in PLANTED for log in FORMATS]
CASES += [(case, log) for case in PLANTED_AT_SERVERS for log in (*AT_SERVERS, *FORMATS)]


@pytest.mark.parametrize("case, log", CASES, ids=[f"{code}-{topology}-{log}" for (code, topology, _), log in CASES])
def test_a_finding_is_of_the_planted_messages_and_of_no_other(
    months: Months, case: tuple[str, str, tuple[str, ...]], log: str
) -> None:
    """Precision and recall of each finding are 1.0 by message; where a format cannot show it, nothing is raised."""
    code, topology, shown = case
    rows = [r for r in months.found(topology, log).to_pylist() if r["code"] == code]
    found, planted = {i for r in rows for i in r["examples"]}, months.planted(topology, code)

    assert planted
    if log in shown:
        assert found == planted
    else:
        assert found <= planted


DUE = {
    "extended": "verdict_with_connectors",
    "enhanced-summary": "verdict_one_column",
    "message-trace": "verdict_without_connectors",
}


@pytest.mark.parametrize("log", DUE)
@pytest.mark.parametrize("topology", [t.name for t in TOPOLOGIES if t.name != "hybrid"])  # tests/test_truth.py
def test_every_verdict_is_the_one_due(months: Months, topology: str, log: str) -> None:
    """The truth of each topology and the verdicts agree, recipient by recipient: the gravest of its rows counts."""
    months.found(topology, log)
    due = months.truth(topology, DUE[log])
    found: dict[tuple[str, str], int] = {}
    for row in months.rows(topology, log):
        key, gravity = (row["message_id"], row["recipient"]), VERDICTS.index(row["verdict"])
        found[key] = min(found.get(key, gravity), gravity)

    wrong = {(scenario, verdict, VERDICTS[found[key]]) for key, (scenario, verdict) in due.items() if key in found}
    assert {case for case in wrong if case[1] != case[2]} == set()
    assert found.keys() == due.keys()


def test_every_code_of_mail_has_planted_traffic() -> None:
    """MF101 to MF118 are all planted, but for those that need several sources."""
    codes = {kind.code for kind in FINDINGS if kind.code < "MF2"}

    assert {code for code, *_ in (*PLANTED, *PLANTED_AT_SERVERS)} == codes - {"MF109", "MF111"}


# event of the tracking log -> the column of the truth, and the verdict of the row that it speaks of
AT_THE_SERVER = {
    "RECEIVE": "verdict_own_arrival",
    "SENDEXTERNAL": "verdict_own_server",
    "FAIL": "verdict_own_server",
}


def test_every_verdict_at_the_own_server_is_the_one_due(months: Months) -> None:
    """Message by message and event by event, as the truth says: arrivals, sendings, failures for want of a way."""
    months.found("own-servers", "message-tracking")
    due = {column: months.truth("own-servers", column) for column in AT_THE_SERVER.values()}
    found = {column: dict[tuple[str, str], str]() for column in due}
    sent = set(due["verdict_own_server"])
    for row in months.rows("own-servers", "message-tracking", "event"):
        if (key := (row["message_id"], row["recipient"])) in sent:
            found[AT_THE_SERVER[row["event"]]][key] = row["verdict"]

    for column, verdicts in due.items():
        assert found[column] == {key: verdict for key, (_, verdict) in verdicts.items()}
    assert {"unrouted", "not_routed", "match"} == set(found["verdict_own_server"].values())
    assert {"mismatch", "match"} == set(found["verdict_own_arrival"].values())


# Without servers of its own, a company has no logs of theirs.
PLAIN = (
    [("hybrid", log) for log in ALL]
    + [("own-servers", log) for log in AT_SERVERS]
    + [("cloud-only", log) for log in ALL if log not in OWN_SERVERS]
)


@pytest.mark.parametrize("topology, log", PLAIN)
def test_a_plain_tenant_with_correct_traffic_raises_nothing_above_info(months: Months, topology: str, log: str) -> None:
    """Done-when of the plain tenants: no false alarm in any format."""
    rows = months.found(topology, log, faults=False).to_pylist()

    assert [row["title"] for row in rows if row["severity"] != "info"] == []


@pytest.mark.parametrize("topology", TOPOLOGIES, ids=lambda topology: topology.name)
def test_without_faults_no_topology_raises_a_finding_of_mail(months: Months, topology: Topology) -> None:
    """The design alone, however unusual, is no reason for an alarm of MF101 to MF117."""
    rows = months.found(topology.name, "extended", faults=False).to_pylist()

    assert [row["title"] for row in rows if row["code"] < "MF118"] == []
