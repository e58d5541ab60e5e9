"""What a run says of its inputs before it says anything of the mail."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import analyzer
from analyzer.pipeline.coverage import ConfigurationAge
from analyzer.report.report import Report
from analyzer.tenant.model import Snapshot, Tenant
from tests.builders import outbound, tenant
from tests.pipeline.traces import outcome, trace, write

START = datetime(2026, 3, 2, tzinfo=UTC)


def audit(tmp_path: Path, *logs: Path, ours: Tenant | None = None) -> Report:
    """A report over logs."""
    return analyzer.analyze(list(logs), ours or tenant(), out=tmp_path / "audit")


@pytest.mark.parametrize("rows, capped", [(999, False), (1_000, True), (1_001, False), (5_000, True)])
def test_a_count_on_a_cap_is_said(tmp_path: Path, rows: int, capped: bool) -> None:  # noqa: FBT001 - a table
    """A file of exactly so many rows as its export can hold is incomplete, in run.json, text and findings."""
    log = tmp_path / "log.csv"
    write(log, [trace(n) for n in range(rows)])
    log.write_bytes(log.read_bytes() + b",,,,,,,,\r\n" * 3)  # empty rows at the end are no rows of the export
    report = audit(tmp_path, log)
    completeness = report.run["completeness"]

    assert completeness["incomplete"] == capped
    assert list(completeness["capped"]) == [str(log)] * capped
    assert (f"exactly {rows:,} rows" in report.text()) == capped
    assert list(report.findings["code"][report.findings["code"] == "MF409"]) == ["MF409"] * capped


def test_an_extended_report_is_capped_by_messages(tmp_path: Path) -> None:
    """A thousand messages, whatever their number of events, is where an Extended report stops."""
    head = "date_time_utc,event_id,connector_id,recipient_address,network_message_id,custom_data\r\n"
    line = "2026-03-02T08:00:{:02d}Z,{},,ann@contoso.com,00000000-0000-4000-8000-{:012d},\r\n"
    events = [line.format(n % 60, event, n) for n in range(1_000) for event in ("RECEIVE", "DELIVER", "AGENTINFO")]
    (tmp_path / "log.csv").write_text(head + "".join(events), "utf-8")
    found = outcome([tmp_path / "log.csv"], tmp_path / "out")

    assert found.coverage.capped == {
        str(tmp_path / "log.csv"): "exactly 1,000 messages: exports stop at this number, so some may be missing"
    }


def test_holes_repetitions_and_copies_are_told_first(tmp_path: Path) -> None:
    """Lost hours, rows met again and copies stand in run.json and in the text, above the verdicts."""
    minutes = [START + timedelta(minutes=m) for m in range(0, 14 * 24 * 60, 4)]
    kept = [m for m in minutes if not START + timedelta(days=8) <= m < START + timedelta(days=9)]
    rows = [trace(n, Received=f"{m:%Y-%m-%dT%H:%M:%SZ}") for n, m in enumerate(kept)]
    logs = [write(tmp_path / "1.csv", rows[:4_000]), write(tmp_path / "2.csv", rows[3_990:])]
    (tmp_path / "3.csv").write_bytes(logs[1].read_bytes())
    report = audit(tmp_path, *logs, tmp_path / "3.csv")
    text, completeness = report.text(), report.run["completeness"]

    (hole,) = completeness["holes"]
    assert (hole["since"], hole["until"]) == ("2026-03-10T00:00:00+00:00", "2026-03-11T00:00:00+00:00")
    assert completeness["incomplete"]
    notes = ["no row from 2026-03-10", "10 rows repeat earlier ones", "copies of other inputs"]
    assert all(note in text[: text.index("Verdict")] for note in notes)
    assert list(report.findings["code"]).count("MF414") == 1
    page = (tmp_path / "audit" / "report.html").read_text("utf-8")
    assert page.index("where about 360 are usual") < page.index('id="findings"')
    assert f"a copy of {logs[1]}" in page


def test_dates_that_can_be_read_in_two_ways(tmp_path: Path) -> None:
    """A file whose dates nothing tells is left out, named, and raised as MF411."""
    write(tmp_path / "1.csv", [trace(0)])
    write(tmp_path / "2.csv", [trace(1, Received="3/4/2026 08:00")])
    report = audit(tmp_path, tmp_path / "1.csv", tmp_path / "2.csv")

    assert report.run["completeness"]["incomplete"]
    (title,) = report.findings["title"][report.findings["code"] == "MF411"]
    assert "2.csv was left out" in title


def test_two_formats_of_one_time_are_said(tmp_path: Path) -> None:
    """A trace and an Enhanced summary of the same days count a message once in each, and the run says so."""
    head = "origin_timestamp_utc,sender_address,recipient_status,message_id,directionality,connector_id\r\n"
    line = "2026-03-02T00:00:00Z,sun@wingtiptoys.com,ann@contoso.com##Deliver,<0@wingtiptoys.com>,1,\r\n"
    (tmp_path / "2.csv").write_text(head + line, "utf-8")
    found = outcome([write(tmp_path / "1.csv", [trace(0)]), tmp_path / "2.csv"], tmp_path / "out")

    assert any(
        note.startswith("enhanced-summary and message-trace cover the same time") for note in found.coverage.notes
    )


def dated(*days: int, changed: int | None = None) -> Tenant:
    """A tenant with snapshots so many days after the start, or an undated one, whose connector was changed then."""
    connector = replace(outbound("To servers"), changed_at=None if changed is None else START + timedelta(days=changed))
    snapshots = [Snapshot(str(day), START + timedelta(days=day), outbound=(connector,)) for day in days]
    return Tenant(tuple(snapshots) or (Snapshot(outbound=(connector,)),))


AGES = [
    ("newest as old as the log", dated(0), []),
    ("a week is fine", dated(3), ["begins 3 days before"]),
    ("the log goes on", dated(0, 1), ["goes on 9 days after"]),
    ("undated and unchanged", dated(), []),
    ("undated, changed before", dated(changed=-5), []),
    ("undated, changed within", dated(changed=5), ["changed while the log ran"]),
    ("undated, changed after", dated(changed=20), ["changed after the log ended"]),
]


@pytest.mark.parametrize("ours, notes", [case[1:] for case in AGES], ids=[case[0] for case in AGES])
def test_the_configuration_is_as_old_as_it_is(ours: Tenant, notes: list[str]) -> None:
    """A log that begins before or goes on after the configuration is said, with how long; else nothing is."""
    end = START + timedelta(days=7 if len(ours.snapshots) == 1 else 10)
    found = list(ConfigurationAge.of(ours, START, end).notes(START, end))

    assert len(found) == len(notes)
    assert all(part in note for part, note in zip(notes, found, strict=True))


def test_an_outdated_configuration_is_a_finding(tmp_path: Path) -> None:
    """A log that goes on for weeks after the newest snapshot raises MF415, and run.json says how long."""
    log = write(tmp_path / "log.csv", [trace(n) for n in range(0, 24 * 20, 24)])
    report = audit(tmp_path, log, ours=dated(-1))

    assert list(report.findings["code"]).count("MF415") == 1
    assert json.loads((tmp_path / "audit" / "run.json").read_text("utf-8"))["completeness"]["configuration"] == {
        "first": "2026-03-01T00:00:00+00:00",
        "newest": "2026-03-01T00:00:00+00:00",
        "newest_change": None,
        "log_before_days": 0.0,
        "log_after_days": 20.0,
    }
