"""Since when, from end to end: a connector is changed, mail breaks, and the report says so in one clause."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from analyzer.report.report import Report
from analyzer.tenant.model import Tenant
from tests.builders import BOB, CLOUD, JOHN, ONPREMISES, accepted, directory, outbound, snapshot, tenant
from tests.report.test_calibration import analysed

BEGIN = datetime(2026, 10, 5, 6, tzinfo=UTC)
CHANGED, MENDED = BEGIN + timedelta(hours=5), BEGIN + timedelta(hours=14)
COMMON = {
    "accepted": accepted("contoso.com"),
    "directory": directory({JOHN: ONPREMISES, BOB: CLOUD}),
    "inbound": (),
}
RIGHT = outbound("Connector 2", "contoso.com", guid="2", changed_at=BEGIN - timedelta(days=90))
NARROWED = replace(RIGHT, recipient_domains=("plant.contoso.com",), changed_at=CHANGED)
WIDENED = replace(RIGHT, changed_at=MENDED)


def exports(*connectors: tuple[datetime, object]) -> Tenant:
    """A tenant exported at some moments."""
    return tenant(*(snapshot(**COMMON, name=f"{at:%H%M}", since=at, outbound=(c,)) for at, c in connectors))


def day(folder: Path, given: Tenant, broken: tuple[datetime, datetime]) -> Report:
    """Bob writes to John every ten minutes of a day; while it is broken his mail leaves without connector."""
    times = [BEGIN + timedelta(minutes=10 * n) for n in range(6 * 18)]
    return analysed(
        folder,
        given,
        [
            f'{at:%Y-%m-%dT%H:%M:%S}.0000000Z,{BOB},"{JOHN}##Receive, Send",Hello,4000,<{n}@contoso.com>,'
            f"{n:08}-0000-4000-8000-000000000000,,2,{'' if broken[0] <= at < broken[1] else 'Connector 2'},Normal"
            for n, at in enumerate(times)
        ],
    )


def test_the_clause_names_the_change(tmp_path: Path) -> None:
    """The alarms of the grace are withheld, so the finding begins after it; the clause leads back to the change."""
    given = exports((BEGIN - timedelta(days=1), RIGHT), (BEGIN + timedelta(days=1), NARROWED))
    report = day(tmp_path, given, (CHANGED, BEGIN + timedelta(days=9)))
    (found,) = (row for row in report.finding_rows.to_pylist() if row["code"] == "MF103")
    clause = "since 2026-10-05 12:10, 70 min after outbound connector Connector 2 was changed"

    assert (found["began"], found["ended"]) == (CHANGED + timedelta(minutes=70), None)
    assert clause in report.text()
    assert clause in (report.path / "report.html").read_text("utf-8")
    assert f'"began": "{found["began"].isoformat()}"' in report.findings_json()


def test_the_clause_names_what_mended_it(tmp_path: Path) -> None:
    """An episode has both ends."""
    given = exports(
        (BEGIN - timedelta(days=1), RIGHT),
        (BEGIN + timedelta(hours=8), NARROWED),
        (BEGIN + timedelta(days=1), WIDENED),
    )
    (found,) = (
        row for row in day(tmp_path, given, (CHANGED, MENDED)).finding_rows.to_pylist() if row["code"] == "MF103"
    )

    assert found["began_with"] == "70 min after outbound connector Connector 2 was changed"
    assert found["ended_with"] == "70 min before outbound connector Connector 2 was changed"
    assert found["ended"] == MENDED - timedelta(minutes=70)


def test_what_held_before_an_only_export_is_no_beginning(tmp_path: Path) -> None:
    """An export made after the change hides what was before: alarms of that time are withheld, and nothing is dated."""
    off = replace(RIGHT, enabled=False, changed_at=CHANGED)
    report = day(tmp_path, tenant(**COMMON, outbound=(off,)), (BEGIN, BEGIN + timedelta(days=9)))
    (found,) = (row for row in report.finding_rows.to_pylist() if row["code"] == "MF103")

    assert found["first_seen"] == CHANGED + timedelta(minutes=70)
    assert (found["began"], found["began_with"]) == (None, None)
