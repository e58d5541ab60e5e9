"""What is generated: the same files from the same plan, in step with one another, at any number of rows."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from analyzer.errors import UsageError
from analyzer.schema import VERDICTS
from analyzer.simulator import ALL, FAULTS, TOPOLOGIES, TRUTH, Generated, Topology, generate
from analyzer.simulator.repertoire import DECK, SCENARIOS

ROWS = 2345  # two whole decks and a part of one
csv.field_size_limit(10_000_000)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    """Give one small run with every fault and format."""
    return generate(tmp_path_factory.mktemp("made"), rows=ROWS)


def truth(run: Generated) -> list[dict[str, Any]]:
    """Read the truth as rows."""
    rows: list[dict[str, Any]] = pq.read_table(run.truth).to_pylist()
    return rows


def cells(path: Path) -> list[dict[str, str]]:
    """Read a CSV log as rows."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def digests(folder: Path) -> dict[str, str]:
    """Give the digest of every file below a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() for path in files}


def test_same_plan_gives_the_same_bytes(tmp_path: Path) -> None:
    """Two runs of one plan do not differ in a byte of any file."""
    for name in ("a", "b"):
        generate(tmp_path / name, rows=700)

    assert digests(tmp_path / "a") == digests(tmp_path / "b")


def test_formats_do_not_change_the_traffic(tmp_path: Path) -> None:
    """A log is the same whether it is written alone or with the others."""
    generate(tmp_path / "all", rows=300)
    alone = generate(tmp_path / "one", rows=300, formats=["extended"])

    whole, part = digests(tmp_path / "all"), digests(tmp_path / "one")
    assert set(alone.logs) == {"extended"}
    assert part == {name: digest for name, digest in whole.items() if name in part}


def test_another_seed_gives_other_traffic_of_the_same_company(tmp_path: Path) -> None:
    """The seed changes the messages and leaves the tenant alone."""
    a, b = (digests(generate(tmp_path / str(seed), rows=300, seed=seed).truth.parent) for seed in (1, 2))

    assert a["truth.parquet"] != b["truth.parquet"]
    assert a["tenant/Recipients.csv"] == b["tenant/Recipients.csv"]


@pytest.mark.parametrize("rows", [1, 2, 3, 37, 999, 1000, 1001, 16_001])
def test_rows_are_exact(tmp_path: Path, rows: int) -> None:
    """Exactly the wanted number of recipients is made, each once for its message, in the order of time."""
    table = pq.read_table(generate(tmp_path, rows=rows, formats=["message-trace"]).truth)

    keys = list(zip(table["network_message_id"].to_pylist(), table["recipient"].to_pylist(), strict=True))
    times = table["received_at"].to_pylist()
    assert len(keys) == len(set(keys)) == rows
    assert times == sorted(times)


def test_truth_has_its_declared_columns(made: Generated) -> None:
    """The Parquet file has the columns of TRUTH, and only verdicts that exist."""
    rows = truth(made)

    assert pq.read_schema(made.truth).equals(TRUTH.arrow)
    for column in ("verdict_with_connectors", "verdict_one_column", "verdict_without_connectors"):
        assert {row[column] for row in rows} <= set(VERDICTS)


@pytest.mark.parametrize("topology", TOPOLOGIES, ids=lambda topology: topology.name)
def test_every_topology_is_written_in_every_format(tmp_path: Path, topology: Topology) -> None:
    """Each design of mail flow has its faults in a short run, and every log of it can be written."""
    run = generate(tmp_path, rows=200, topology=topology.name)

    assert set(run.logs) == set(ALL)
    assert {row["fault"] for row in truth(run)} - {None} == {fault.kind for fault in topology.faults}


def test_times_lie_in_the_period(tmp_path: Path) -> None:
    """Messages arrive between the first moment of the first day and the last of the last."""
    rows = truth(generate(tmp_path, rows=1500, days=3, start=date(2027, 2, 27), formats=[]))

    opens = datetime(2027, 2, 27, tzinfo=UTC)
    assert all(opens <= row["received_at"] < opens + timedelta(days=3) for row in rows)


@pytest.mark.parametrize("rows", [len(FAULTS) * 2, 400, 2000, 5000])
def test_every_fault_is_planted(tmp_path: Path, rows: int) -> None:
    """Each kind of fault occurs, in a short run as in a long one, with the verdicts it is registered with."""
    planted = [row for row in truth(generate(tmp_path, rows=rows, formats=[])) if row["fault"]]

    verdicts = {(row["fault"], row["verdict_with_connectors"], row["verdict_without_connectors"]) for row in planted}
    assert verdicts == {(fault.kind, fault.verdict, fault.verdict_without_connectors) for fault in FAULTS}


def test_shares_are_exact_once_a_fault_has_begun(tmp_path: Path) -> None:
    """A fault that is there from the start has its exact share of every deck."""
    run = generate(tmp_path, rows=3 * DECK, formats=[])
    counts = Counter(row["scenario"] for row in truth(run))

    for scenario in SCENARIOS:
        if scenario.fault and scenario.fault.starts == 0.0:
            assert counts[scenario.name] == 3 * scenario.share


def test_faults_begin_when_they_are_said_to(tmp_path: Path) -> None:
    """No fault occurs before its share of the messages has passed."""
    starts = {fault.kind: fault.starts for fault in FAULTS}
    rows = truth(generate(tmp_path, rows=20 * DECK, formats=[]))

    for number, row in enumerate(rows):
        assert not row["fault"] or number / len(rows) >= starts[row["fault"]] - DECK / len(rows)


def test_without_faults_nothing_is_planted(tmp_path: Path) -> None:
    """A run without faults leads to no alarm and names only connectors that are right."""
    run = generate(tmp_path, rows=ROWS, faults=False)
    rows = truth(run)

    alarms = {"unrouted", "misroute", "mismatch", "ambiguous"}
    named = {row["connector_id"] for row in cells(run.logs["enhanced-summary"])} - {""}
    right = {row[f"selected_{side}_connector"] for row in rows for side in ("inbound", "outbound")}
    assert {row["fault"] for row in rows} == {None}
    assert not alarms & {row["verdict_with_connectors"] for row in rows}
    assert named <= right
    assert len(rows) == ROWS


def test_message_trace_has_a_row_a_recipient(made: Generated) -> None:
    """Message trace and truth agree row by row, in CSV and in JSON."""
    rows = truth(made)
    keys = [(row["message_id"], row["network_message_id"], row["recipient"], str(row["size"])) for row in rows]
    names = ("MessageId", "MessageTraceId", "RecipientAddress", "Size")
    as_json = json.loads(made.logs["message-trace-json"].read_text("utf-8"))

    assert [tuple(row[name] for name in names) for row in cells(made.logs["message-trace"])] == keys
    assert [tuple(str(row[name]) for name in names) for row in as_json] == keys


def test_message_trace_csv_equals_json(made: Generated) -> None:
    """Both shapes of the message trace hold the same values."""
    as_json = json.loads(made.logs["message-trace-json"].read_text("utf-8"))

    flat = [{name: "" if value is None else str(value) for name, value in row.items()} for row in as_json]
    assert cells(made.logs["message-trace"]) == flat


def unpacked(path: Path) -> Iterator[tuple[dict[str, str], str, str]]:
    """Give each recipient of an Enhanced summary with its row and status."""
    for row in cells(path):
        for packed in row["recipient_status"].split(";"):
            recipient, _, status = packed.partition("##")
            yield row, recipient, status


def test_enhanced_summary_has_a_row_a_message(made: Generated) -> None:
    """Its rows, unpacked, are the recipients of the truth; the id is written without dashes."""
    keys = [(row["network_message_id"].replace("-", ""), row["recipient"]) for row in truth(made)]
    found = [(row["network_message_id"], recipient) for row, recipient, _ in unpacked(made.logs["enhanced-summary"])]

    assert found == keys


def test_extended_tells_each_recipient_its_fate(made: Generated) -> None:
    """Every recipient has a final event, but for the quarantined, who only arrived."""
    rows = cells(made.logs["extended"])
    seen = {(row["network_message_id"], one) for row in rows for one in row["recipient_address"].split(";")}
    ended = {
        (row["network_message_id"], one)
        for row in rows
        if row["event_id"] not in {"RECEIVE", "AGENTINFO"}
        for one in row["recipient_address"].split(";")
    }

    keys = {(row["network_message_id"], row["recipient"]): row["scenario"] for row in truth(made)}
    assert seen == set(keys)
    assert {keys[key] for key in seen - ended} == {"quarantined"}


def test_extended_is_one_story_a_message(made: Generated) -> None:
    """Each message begins with its RECEIVE, at the time the truth says, and goes on in the order of time."""
    arrived = {row["network_message_id"]: row["received_at"] for row in truth(made)}
    previous: dict[str, str] = {}
    for row in cells(made.logs["extended"]):
        message, moment = row["network_message_id"], row["date_time_utc"]
        if message not in previous:
            assert row["event_id"] == "RECEIVE"
            assert datetime.fromisoformat(moment[:26] + "+00:00") == arrived[message]
        assert moment > previous.get(message, "")
        previous[message] = moment
    assert set(previous) == set(arrived)


def test_extended_statuses_match_its_recipients(made: Generated) -> None:
    """The packed statuses are as many as the packed recipients, and their count is right."""
    for row in cells(made.logs["extended"]):
        recipients = row["recipient_address"].split(";")
        assert int(row["recipient_count"]) == len(recipients)
        assert not row["recipient_status"] or row["recipient_status"].count(";") == len(recipients) - 1


def test_extended_keeps_the_client_address_on_every_event(made: Generated) -> None:
    """An outbound row is not weaker evidence of the origin than the arrival of the same message."""
    by_message: dict[str, set[str]] = {}
    for row in cells(made.logs["extended"]):
        by_message.setdefault(row["network_message_id"], set()).add(row["original_client_ip"])

    assert all(len(found) == 1 for found in by_message.values())


def test_subjects_are_awkward(made: Generated) -> None:
    """Subjects hold commas, quotation marks, line breaks and letters beyond ASCII."""
    subjects = [row["message_subject"] for row in cells(made.logs["enhanced-summary"])]

    for awkward in (",", '"', "\n", "ä", "会"):
        assert any(awkward in subject for subject in subjects)


def test_earlier_output_is_replaced_as_a_whole(tmp_path: Path) -> None:
    """A second run into the same folder leaves nothing of the first, and nothing half written."""
    generate(tmp_path / "out", rows=50)
    generate(tmp_path / "out", rows=20, formats=["extended"], seed=5)
    generate(tmp_path / "fresh", rows=20, formats=["extended"], seed=5)

    assert digests(tmp_path / "out") == digests(tmp_path / "fresh")


def test_interrupted_run_leaves_the_earlier_output_whole(tmp_path: Path) -> None:
    """What was there stays as it was when a run is broken off."""

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    generate(tmp_path / "out", rows=20)
    before = digests(tmp_path)
    for folder in ("out", "never"):
        with pytest.raises(KeyboardInterrupt):
            generate(tmp_path / folder, rows=20, seed=2, progress=interrupt)

    assert digests(tmp_path) == before
    assert {path.name for path in tmp_path.iterdir()} == {"out"}


def test_a_tenant_of_another_making_is_left_alone(tmp_path: Path) -> None:
    """A tenant folder without a truth beside it was not generated, and is not replaced."""
    (tmp_path / "tenant").mkdir()

    with pytest.raises(UsageError, match="was not generated"):
        generate(tmp_path, rows=20)


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"rows": 0}, "rows 0"),
        ({"days": 0}, "days 0"),
        ({"seed": -1}, "seed -1"),
        ({"days": 4_000_000}, "after the year"),
        ({"formats": ["syslog"]}, "known are message-trace"),
    ],
)
def test_senseless_plans_are_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    """A number that makes no sense or an unknown format is refused in one line, before anything is written."""
    with pytest.raises(UsageError, match=message):
        generate(tmp_path / "out", **({"rows": 10} | changes))

    assert not (tmp_path / "out").exists()


def test_progress_counts_every_row(tmp_path: Path) -> None:
    """The numbers given to `progress` add up to the rows."""
    steps: list[int] = []
    generate(tmp_path, rows=20_000, formats=[], progress=steps.append)

    assert len(steps) > 1
    assert sum(steps) == 20_000


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    """Four times the rows take about the same memory: a batch is forgotten once it is written."""
    script = (
        "import resource, sys; from pathlib import Path; from analyzer.simulator import generate;"
        "generate(Path(sys.argv[1]), rows=int(sys.argv[2]));"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    peaks = [
        int(
            subprocess.run(
                [sys.executable, "-c", script, tmp_path / rows, rows], check=True, capture_output=True
            ).stdout
        )
        for rows in ("50000", "200000")
    ]

    assert peaks[1] < 1.5 * peaks[0]


def test_every_format_is_known_by_name() -> None:
    """The names by which logs are asked for are stable."""
    assert ALL == (
        "message-trace",
        "message-trace-json",
        "trace-detail",
        "graph-trace",
        "graph-detail",
        "enhanced-summary",
        "extended",
        "email-events",
        "message-tracking",
        "smtp-send",
        "smtp-receive",
        "postfix",
        "sendmail",
    )
