"""The tenant folder: dated snapshots, what is carried over, what mailflow.toml declares empty."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from analyzer.errors import TenantError
from analyzer.tenant import describe, load_state, load_tenant
from analyzer.tenant.model import MailboxPlace, Organization, Placement
from tests.tenant import renderings as r


def dated(folder: Path) -> Path:
    """Write two snapshots: the second has another accepted domain and no recipients."""
    r.write_tenant(folder / "2025-03-01T0000Z")
    own = {"DomainName": "wingtiptoys.com", "DomainType": "Authoritative", "MatchSubDomains": False}
    r.write(folder / "2025-04-01T0630Z", a=r.json7([*r.ACCEPTED, own]), b=r.json7(r.OUTBOUND[:1]))
    return folder


def test_an_undated_folder_is_one_snapshot(tmp_path: Path) -> None:
    """Sub-folders without a date are just folders, and the snapshot is always in force."""
    r.write(tmp_path / "connectors" / "out", a=r.json7(r.OUTBOUND))
    r.write(tmp_path / "domains", a=r.json7(r.ACCEPTED))
    (snapshot,) = load_tenant(tmp_path).snapshots
    assert (snapshot.name, snapshot.since) == ("undated", None)
    assert len(snapshot.outbound or ()) == len(snapshot.accepted or ()) == 2


def test_snapshots_are_in_order_and_carry_over(tmp_path: Path) -> None:
    """Each snapshot holds from its moment; a kind that it lacks is that of the one before."""
    first, second = load_tenant(dated(tmp_path)).snapshots
    assert (first.name, first.since) == ("2025-03-01T0000Z", datetime(2025, 3, 1, tzinfo=UTC))
    assert (second.name, second.since) == ("2025-04-01T0630Z", datetime(2025, 4, 1, 6, 30, tzinfo=UTC))
    assert (len(first.outbound or ()), len(second.outbound or ())) == (2, 1)
    assert second.inbound == first.inbound
    assert second.rules == first.rules
    assert len(second.accepted or ()) == 3


def test_a_carried_recipients_list_meets_the_new_accepted_domains(tmp_path: Path) -> None:
    """Where a mail user lives depends on what is an accepted domain at the time."""
    first, second = load_tenant(dated(tmp_path)).snapshots
    assert first.directory is not None
    assert second.directory is not None
    assert first.directory.place("sun@wingtiptoys.com") == Placement(MailboxPlace.EXTERNAL, "sun@wingtiptoys.com")
    assert second.directory.place("sun@wingtiptoys.com") == Placement(MailboxPlace.ONPREMISES, "sun@wingtiptoys.com")


def test_digests_are_those_of_the_files_read(tmp_path: Path) -> None:
    """Every file that shaped the tenant is listed with its SHA-256, below the folder."""
    dated(tmp_path)
    (tmp_path / "mailflow.toml").write_text("[mx]\ndefault = 'office365'\n")
    (tmp_path / "notes.md").write_text("Taken by hand.")
    tenant = load_tenant(tmp_path)
    assert tenant.settings.mx_default == "office365"
    assert len(tenant.digests) == 10
    file = "2025-04-01T0630Z/export0.txt"
    assert tenant.digests[file] == hashlib.sha256((tmp_path / file).read_bytes()).hexdigest()


def test_declared_empty_is_empty(tmp_path: Path) -> None:
    """A kind named in [exports] empty is known to be none, in every snapshot."""
    r.write(tmp_path, a=r.json7(r.ACCEPTED))
    (tmp_path / "mailflow.toml").write_text(
        "[exports]\nempty = ['outbound', 'inbound', 'rules', 'organization', 'recipients', 'remote']"
    )
    (snapshot,) = load_tenant(tmp_path).snapshots
    assert (snapshot.outbound, snapshot.inbound, snapshot.rules) == ((), (), ())
    assert snapshot.organization == Organization()
    assert snapshot.directory is not None
    assert len(snapshot.directory) == 0
    assert snapshot.directory.place("bob@contoso.com") is None


def test_a_csv_with_a_header_alone_is_empty(tmp_path: Path) -> None:
    """A table without rows says that there are none; nothing needs to be declared."""
    r.write(tmp_path, a=r.json7(r.ACCEPTED), b=b"Name,ConnectorType,SenderDomains\r\n")
    assert load_tenant(tmp_path).snapshots[0].inbound == ()


def test_own_servers_give_recipients_only(tmp_path: Path) -> None:
    """Accepted domains of the organization's own servers are not those of Exchange Online."""
    r.write_tenant(tmp_path)
    r.write(tmp_path / "onpremises", a=r.json7(r.changed(r.ACCEPTED[:1], DomainType="InternalRelay")))
    people = [{"PrimarySmtpAddress": "ann@contoso.com", "RecipientTypeDetails": "UserMailbox", "EmailAddresses": ""}]
    r.write(tmp_path / "onpremises" / "people", a=r.json7(people))
    (snapshot,) = load_tenant(tmp_path).snapshots
    assert len(snapshot.accepted or ()) == 2
    assert snapshot.directory is not None
    assert snapshot.directory.place("ann@contoso.com") == Placement(MailboxPlace.ONPREMISES)


def no_folder(folder: Path) -> Path:
    """Name a folder that is not there."""
    return folder / "absent"


def a_file(folder: Path) -> Path:
    """Name a file."""
    return r.write(folder, a=b"x") / "export0.txt"


def no_export(folder: Path) -> Path:
    """Write settings and a note, no export."""
    (folder / "mailflow.toml").write_text("")
    (folder / "note.txt").write_text("nothing here")
    return folder


def both(folder: Path) -> Path:
    """Write an export beside dated folders."""
    return r.write(dated(folder), a=r.json7(r.INBOUND))


def no_date(folder: Path) -> Path:
    """Name a snapshot after a day that does not exist."""
    r.write(folder / "2025-02-30", a=r.json7(r.INBOUND))
    return folder


def same_moment(folder: Path) -> Path:
    """Write two folders for one moment."""
    r.write(folder / "2025-03-01", a=r.json7(r.INBOUND))
    r.write(folder / "2025-03-01T0000Z", a=r.json7(r.INBOUND))
    return folder


def deep_settings(folder: Path) -> Path:
    """Put mailflow.toml into a snapshot."""
    (dated(folder) / "2025-03-01T0000Z" / "mailflow.toml").write_text("")
    return folder


def not_empty(folder: Path) -> Path:
    """Declare a kind empty that is exported."""
    (r.write_tenant(folder) / "mailflow.toml").write_text("[exports]\nempty = ['rules']")
    return folder


def bad_settings(folder: Path) -> Path:
    """Write a mailflow.toml in UTF-16 with an unknown key."""
    (r.write_tenant(folder) / "mailflow.toml").write_bytes("[mx]\nstandard = 1".encode("utf-16"))
    return folder


@pytest.mark.parametrize(
    "build, expected",
    [
        (no_folder, "absent: does not exist; a folder with exports"),
        (a_file, "export0.txt: is no folder"),
        (no_export, "holds no known export; JSON, CSV, Clixml or Format-List of Get-OutboundConnector"),
        (both, "export0.txt lies beside dated folders; move it into the folder of the day"),
        (no_date, "2025-02-30: is no date; a name such as 2024-03-01T0000Z"),
        (same_moment, "2025-03-01 and 2025-03-01T0000Z are the same moment"),
        (deep_settings, "mailflow.toml: mailflow.toml below the top of the folder"),
        (not_empty, "mailflow.toml: [exports] empty: 'rules' is declared empty, yet an export of undated holds some"),
        (bad_settings, "mailflow.toml: [mx] standard: 1 is not allowed; one of 'office365'"),
    ],
)
def test_a_folder_that_cannot_be_read(tmp_path: Path, build: Callable[[Path], Path], expected: str) -> None:
    """Each broken folder gives one line that says what was found and what would be accepted."""
    with pytest.raises(TenantError) as caught:
        load_tenant(build(tmp_path))
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_description_counts_and_names_what_is_missing(tmp_path: Path) -> None:
    """A person reads at a glance what the folder holds and which settings are lacking."""
    lines = describe(load_tenant(r.write_tenant(tmp_path, inbound=(), recipients=())))
    assert lines[0] == f"tenant {tmp_path}: 5 files, 1 snapshot"
    assert lines[1] == (
        "snapshot undated: outbound connectors 2, inbound connectors absent, accepted domains 2, "
        "rules that route 1, recipients absent, organization 1, remote domains 2"
    )
    assert [line.split(":")[0] for line in lines[2:]] == ["missing"] * 3
    assert "contoso.com, fabrikam.com" in lines[2]


def test_a_complete_tenant_misses_nothing(tmp_path: Path) -> None:
    """Where everything is known the description is counts alone, a line for each snapshot."""
    (dated(tmp_path) / "mailflow.toml").write_text(
        "[mx]\ndefault = 'office365'\n[onpremises]\naddresses = ['192.0.2.0/28']"
    )
    lines = describe(load_tenant(tmp_path))
    assert len(lines) == 3
    assert lines[2].startswith("snapshot 2025-04-01T0630Z from 2025-04-01 06:30 UTC: outbound connectors 1,")


@pytest.mark.parametrize("declared, warned", [("", True), ('[exports]\nempty = ["rules"]\n', False)])
def test_an_empty_export_is_warned_of_until_it_is_declared(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, declared: str, *, warned: bool
) -> None:
    """A file without objects cannot be recognised; once `[exports] empty` names a kind, nothing is said of it."""
    (tmp_path / "domains.json").write_text('[{"DomainName": "contoso.com", "DomainType": "Authoritative"}]', "utf-8")
    (tmp_path / "rules.json").write_text("[]", "utf-8")
    (tmp_path / "mailflow.toml").write_text(declared, "utf-8")
    (only,) = load_tenant(tmp_path).snapshots

    assert ("rules.json" in caplog.text) == warned
    assert only.rules == (None if warned else ())


def test_settings_are_found_in_any_case(tmp_path: Path) -> None:
    """Mailflow.toml is mailflow.toml: Windows does not tell them apart, and nothing is ignored in silence."""
    (tmp_path / "domains.json").write_text('[{"DomainName": "contoso.com", "DomainType": "Authoritative"}]', "utf-8")
    (tmp_path / "Mailflow.toml").write_text('[policy]\nprecedence = "list"\n', "utf-8")

    assert load_tenant(tmp_path).settings.policy.precedence == "list"


def test_one_snapshot_of_a_folder_can_be_read_alone(tmp_path: Path) -> None:
    """FOLDER/SNAPSHOT is the tenant as of that snapshot: with the settings, and what it carries over."""
    (dated(tmp_path) / "mailflow.toml").write_text("[mx]\ndefault = 'office365'\n")
    early, late = (load_state(tmp_path / name) for name in ("2025-03-01T0000Z", "2025-04-01T0630Z"))
    assert [s.name for s in early.snapshots] == ["2025-03-01T0000Z"]
    assert [s.name for s in late.snapshots] == ["2025-03-01T0000Z", "2025-04-01T0630Z"]
    assert early.settings == late.settings == load_tenant(tmp_path).settings
    assert late.snapshots[-1].inbound == early.snapshots[-1].inbound != ()


def test_a_dated_folder_among_other_things_is_a_tenant_of_its_own(tmp_path: Path) -> None:
    """A folder that is merely called after a day is read alone; nothing beside it is looked at."""
    r.write_tenant(tmp_path / "2025-03-01")
    (tmp_path / "notes.txt").write_text("x")
    assert [s.name for s in load_state(tmp_path / "2025-03-01").snapshots] == ["undated"]


def test_what_a_snapshot_carries_over_is_told_apart(tmp_path: Path) -> None:
    """A kind that was not exported at a moment says nothing of that moment."""
    first, second = load_tenant(dated(tmp_path)).snapshots
    assert first.carried == frozenset()
    assert {"inbound", "rules"} <= second.carried
    assert second.carried.isdisjoint({"outbound", "accepted"})
