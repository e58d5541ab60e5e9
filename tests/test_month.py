"""A month in which a connector was changed, turned off and renamed: judged by its history, and by its end alone."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import analyzer
from tests.test_cli import HEADER, mailflow

# Plant carries contoso.com and fabrikam.com at first; Rest carries whatever else is accepted.
CHANGED = datetime(2026, 10, 8, 10, tzinfo=UTC)  # fabrikam.com is taken from Plant
TURNED_OFF = datetime(2026, 10, 15, 10, tzinfo=UTC)
RENAMED = datetime(2026, 10, 20, 10, tzinfo=UTC)  # and on again
PLANT: dict[str, Any] = {
    "Name": "Plant",
    "Enabled": True,
    "ConnectorType": "OnPremises",
    "RecipientDomains": ["contoso.com", "fabrikam.com"],
    "AllAcceptedDomains": False,
    "UseMXRecord": False,
    "SmartHosts": ["mail.contoso.com"],
    "Guid": "0d7f5c7e-2b1c-4a0e-9a4f-000000000001",
    "WhenChangedUTC": "2024-01-01T00:00:00Z",
}
REST = {
    **PLANT,
    "Guid": "0d7f5c7e-2b1c-4a0e-9a4f-000000000002",
    "Name": "Rest",
    "RecipientDomains": [],
    "AllAcceptedDomains": True,
}
NARROWED = {**PLANT, "RecipientDomains": ["contoso.com"], "WhenChangedUTC": CHANGED.isoformat()}
OFF = {**NARROWED, "Enabled": False, "WhenChangedUTC": TURNED_OFF.isoformat()}
NEW_NAME = {**NARROWED, "Name": "Plant 2", "WhenChangedUTC": RENAMED.isoformat()}
# Exports are taken days after each change.
EXPORTS = {"2026-10-01": PLANT, "2026-10-11": NARROWED, "2026-10-18": OFF, "2026-10-24": NEW_NAME}

DOMAINS = [{"DomainName": d, "DomainType": "Authoritative"} for d in ("contoso.com", "fabrikam.com")]
PEOPLE = (
    "PrimarySmtpAddress,RecipientTypeDetails,EmailAddresses,ExternalEmailAddress\n"
    "bob@contoso.com,UserMailbox,SMTP:bob@contoso.com,\n"
    "john@contoso.com,MailUser,SMTP:john@contoso.com,SMTP:john@contoso.com\n"
    "pat@fabrikam.com,MailUser,SMTP:pat@fabrikam.com,SMTP:pat@fabrikam.com\n"
)


def carrier(recipient: str, moment: datetime) -> str:
    """Say which connector really carried the mail of a moment."""
    if recipient == "pat@fabrikam.com":
        return "Plant" if moment < CHANGED else "Rest"
    if moment < TURNED_OFF:
        return "Plant"
    return "Rest" if moment < RENAMED else "Plant 2"


# Mail that did not go that way: when, to whom, by what; and the verdict due.
STRAYS = [
    (datetime(2026, 10, 9, 14, tzinfo=UTC), "pat@fabrikam.com", "Plant", "mismatch"),  # a day after, not exported yet
    (datetime(2026, 10, 12, 14, tzinfo=UTC), "pat@fabrikam.com", "Plant", "mismatch"),
    # Days before Plant was turned off, but as if it were: the date in the export is that of its last change alone.
    (datetime(2026, 10, 13, 14, tzinfo=UTC), "john@contoso.com", "Rest", "undetermined"),
    (datetime(2026, 10, 17, 14, tzinfo=UTC), "john@contoso.com", "Plant", "mismatch"),  # off for two days
    (CHANGED - timedelta(minutes=30), "pat@fabrikam.com", "Rest", "undetermined"),  # just before the change
    (TURNED_OFF + timedelta(minutes=20), "john@contoso.com", "Plant", "undetermined"),  # just after it
]


def traffic() -> Iterator[tuple[datetime, str, str]]:
    """Give the month's mail: one message a day to each recipient, and the strays."""
    for day in range(31):
        noon = datetime(2026, 10, 1, 12, tzinfo=UTC) + timedelta(days=day)
        yield from ((noon, to, carrier(to, noon)) for to in ("john@contoso.com", "pat@fabrikam.com"))
    yield from ((at, to, by) for at, to, by, _ in STRAYS)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The month as an Enhanced summary."""
    file = tmp_path_factory.mktemp("logs") / "october.csv"
    rows = (
        f'{at:%Y-%m-%dT%H:%M:%SZ},bob@contoso.com,"{to}##Receive, Send",Report,100,<m{number}@contoso.com>,'
        f"41f8b3d6-0e9c-4a72-a5d8-{number:012d},,2,{by},Normal\r\n"
        for number, (at, to, by) in enumerate(traffic())
    )
    file.write_text(HEADER + "".join(rows), "utf-8")
    return file


def export(folder: Path, plant: dict[str, Any]) -> None:
    """Write what an administrator exports on one day."""
    folder.mkdir(parents=True)
    (folder / "out.json").write_text(json.dumps([plant, REST]), "utf-8")
    (folder / "domains.json").write_text(json.dumps(DOMAINS), "utf-8")
    (folder / "people.csv").write_text(PEOPLE, "utf-8")


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tenant folder with all four exports."""
    folder = tmp_path_factory.mktemp("history")
    for name, plant in EXPORTS.items():
        export(folder / name, plant)
    return folder


def verdicts(tenant: Path, log: Path, out: Path, **options: Any) -> list[dict[str, Any]]:
    """Judge the month and give its rows in order of time."""
    report = analyzer.analyze([log], analyzer.load_tenant(tenant), out=out, **options)
    rows: list[dict[str, Any]] = report.messages().to_table().to_pylist()
    return sorted(rows, key=lambda r: (r["received_at"], r["recipient"]))


def test_by_its_history_the_month_is_as_it_was(history: Path, log: Path, tmp_path: Path) -> None:
    """Every regular message is a match, every stray an alarm, or withheld within the hour around a change."""
    rows = verdicts(history, log, tmp_path / "out")
    due = {(at, to, by): verdict for at, to, by, verdict in STRAYS}
    found = {(r["received_at"], r["recipient"], r["logged_connector"]): r["verdict"] for r in rows}
    assert {stray: found[stray] for stray in due} == due
    assert {v for key, v in found.items() if key not in due} == {"match"}


def test_every_row_names_its_configuration(history: Path, log: Path, tmp_path: Path) -> None:
    """Between two exports a row rests on the earlier one, or on it with what had changed by then."""
    rows = verdicts(history, log, tmp_path / "out")
    assert Counter(r["snapshot"] for r in rows if r["recipient"] == "john@contoso.com" and r["verdict"] == "match") == {
        "2026-10-01": 7,  # the 1st to the 7th
        "2026-10-01 changed 2026-10-08T100000Z": 3,
        "2026-10-11": 4,
        "2026-10-11 changed 2026-10-15T100000Z": 3,
        "2026-10-18": 2,
        "2026-10-18 changed 2026-10-20T100000Z": 4,
        "2026-10-24": 8,
    }


def test_the_last_export_alone_would_be_wrong(history: Path, log: Path, tmp_path: Path) -> None:
    """As if it had always held, the last export accuses good mail and misses strays that history finds."""
    undated = {**NEW_NAME, "WhenChangedUTC": None}
    export(tmp_path / "last", undated)
    alone, known = verdicts(tmp_path / "last", log, tmp_path / "a"), verdicts(history, log, tmp_path / "b")
    pairs = Counter((k["verdict"], a["verdict"]) for a, k in zip(alone, known, strict=True))
    # Mail of the days when Plant was off went by Rest, and the last export knows no Plant of the old name.
    assert pairs["match", "mismatch"] == 5
    assert pairs["mismatch", "undetermined"] == 3
    assert pairs["match", "undetermined"] > 0


def test_the_last_export_with_its_date_cannot_tell(log: Path, tmp_path: Path) -> None:
    """WhenChangedUTC in an only export says that it did not hold before: nothing is accused, nothing found."""
    export(tmp_path / "last", NEW_NAME)
    rows = verdicts(tmp_path / "last", log, tmp_path / "out")
    assert {r["verdict"] for r in rows if r["received_at"] < RENAMED} == {"match", "undetermined"}


def test_the_report_shows_the_windows(history: Path, log: Path, tmp_path: Path) -> None:
    """Terminal, page and run.json say what changed when, and how many alarms each window withheld."""
    done = mailflow("analyze", log, "--tenant", history, "--out", "audit", cwd=tmp_path)
    assert done.returncode == 0
    told = [line for line in done.stdout.splitlines() if line.startswith("Change ")]
    assert told == [
        "Change    outbound connector Plant, turned off 2026-10-15 10:00 UTC: 2 withheld",
        "Change    outbound connector Plant, changed 2026-10-08 10:00 UTC: 1 withheld",
        "Change    outbound connector Plant to Plant 2, renamed 2026-10-20 10:00 UTC: none withheld",
    ]
    run = json.loads((tmp_path / "audit" / "run.json").read_text("utf-8"))
    assert [(w["start"], w["messages"]) for w in run["change_windows"]] == [
        ("2026-10-08T09:00:00+00:00", 1),
        ("2026-10-15T09:00:00+00:00", 2),
        ("2026-10-20T09:00:00+00:00", 0),
    ]
    page = (tmp_path / "audit" / "report.html").read_text("utf-8")
    assert "Change windows" in page
    assert "outbound connector Plant to Plant 2, renamed 2026-10-20 10:00 UTC" in page


def test_mail_before_the_first_export_needs_the_flag(log: Path, tmp_path: Path) -> None:
    """Without the first export the first days are not judged; --judge-earlier lets the next one stand in."""
    for name in list(EXPORTS)[1:]:
        export(tmp_path / "late" / name, EXPORTS[name])
    plain = verdicts(tmp_path / "late", log, tmp_path / "a")
    early = [r for r in plain if r["received_at"] < datetime(2026, 10, 11, tzinfo=UTC)]
    assert {(r["verdict"], r["reason"], r["snapshot"]) for r in early} == {
        ("undetermined", "before-first-snapshot", "before 2026-10-11")
    }
    flagged = verdicts(tmp_path / "late", log, tmp_path / "b", judge_earlier=True)
    assert {r["snapshot"] for r in flagged if r["received_at"] < CHANGED} == {"2026-10-11"}
    assert {r["verdict"] for r in flagged if r["received_at"] < CHANGED} == {"match", "undetermined"}
