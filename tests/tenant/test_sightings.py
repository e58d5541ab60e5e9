"""SMTP send protocol logs below onpremises/: which certificate was presented to Office 365, and when."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from analyzer.errors import TenantError
from analyzer.tenant import load_state, load_tenant
from analyzer.tenant.onpremises import SendLog, Sighting
from tests.send_logs import FABRIKAM, OFFICE365, send_log, session
from tests.tenant import renderings as r

DAY = datetime(2025, 3, 24, tzinfo=UTC)
HOUR = timedelta(hours=1)
OURS, THEIRS = ("mail.contoso.com",), ("mail.fabrikam.com",)


def sightings(folder: Path, log: bytes, name: str = "onpremises/SEND20250324-1.log") -> tuple[Sighting, ...]:
    """What a tenant folder with one log shows."""
    r.write_tenant(folder)
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(log)
    return load_tenant(folder).sightings


@pytest.mark.parametrize(
    "lines, seen",
    [
        pytest.param(session(DAY), [Sighting(OURS, DAY, DAY)], id="to Office 365"),
        pytest.param(session(DAY, host="BN1.mail.protection.office365.us"), [Sighting(OURS, DAY, DAY)], id="US"),
        pytest.param(
            session(DAY, host="BJS1.mail.protection.partner.outlook.cn"), [Sighting(OURS, DAY, DAY)], id="China"
        ),
        pytest.param(session(DAY, host=FABRIKAM), [], id="to another host"),
        pytest.param(session(DAY, host=f"{OFFICE365}.example.org"), [], id="to a host that only looks like it"),
        pytest.param(session(DAY, mail=False), [], id="no message was sent"),
        pytest.param(session(DAY, certificate=""), [], id="no certificate is told"),
        pytest.param(session(DAY, context="Received certificate Subject"), [], id="the peer's certificate"),
        pytest.param(
            session(DAY, certificate="CN=Mail.contoso.com, O=Contoso|mail.contoso.com;ex1.contoso.com"),
            [Sighting(("ex1.contoso.com", "mail.contoso.com"), DAY, DAY)],
            id="subject and alternate names, on lines of their own",
        ),
        pytest.param(
            [*session(DAY, "A"), *session(DAY + HOUR, "B"), *session(DAY + 2 * HOUR, "C", certificate=THEIRS[0])],
            [Sighting(OURS, DAY, DAY + HOUR, 2), Sighting(THEIRS, DAY + 2 * HOUR, DAY + 2 * HOUR)],
            id="the first and the last message of each",
        ),
        pytest.param(
            [line for pair in zip(session(DAY, "A"), session(DAY, "B", host=FABRIKAM), strict=True) for line in pair],
            [Sighting(OURS, DAY, DAY)],
            id="sessions among each other",
        ),
    ],
)
def test_a_send_log_shows_what_was_presented(tmp_path: Path, lines: Sequence[str], seen: list[Sighting]) -> None:
    """Log-formats 6b: only messages that were sent to Office 365 under a certificate of ours count."""
    assert list(sightings(tmp_path, send_log(lines))) == seen


@pytest.mark.parametrize(
    "log, name",
    [
        (send_log(session(DAY)), "SEND20250324-1.log"),
        (send_log(session(DAY)).replace(b"SMTP Send", b"SMTP Receive"), "onpremises/RECV20250324-1.log"),
    ],
    ids=["not below onpremises/", "a receive log"],
)
def test_other_logs_show_nothing(tmp_path: Path, log: bytes, name: str) -> None:
    """Where a log lies and what it says of itself tell whether it is one of the own servers' send logs."""
    assert sightings(tmp_path, log, name) == ()


def test_logs_may_be_packed_and_cut(tmp_path: Path) -> None:
    """A .gz file is read as it is, a line without its end or of another shape is passed over."""
    log = send_log([*session(DAY), '2025-03-24T00:00:00Z,"cut'])

    assert sightings(tmp_path, gzip.compress(log), "onpremises/ex1/SEND.log.gz") == (Sighting(OURS, DAY, DAY),)
    assert "onpremises/ex1/SEND.log.gz" in load_tenant(tmp_path).digests


def test_logs_lie_beside_dated_snapshots(tmp_path: Path) -> None:
    """A send log has its own times, so it belongs to no snapshot; an export beside them is refused as ever."""
    r.write_tenant(tmp_path / "2025-03-01T0000Z")
    r.write(tmp_path / "2025-04-01T0000Z", a=r.json7(r.OUTBOUND[:1]))
    (tmp_path / "onpremises").mkdir()
    (tmp_path / "onpremises/SEND.log").write_bytes(send_log(session(DAY)))

    assert [s.name for s in load_tenant(tmp_path).snapshots] == ["2025-03-01T0000Z", "2025-04-01T0000Z"]
    assert load_tenant(tmp_path).sightings == (Sighting(OURS, DAY, DAY),)
    assert len(load_state(tmp_path / "2025-04-01T0000Z").snapshots) == 2
    r.write(tmp_path / "onpremises", a=r.json7(r.SEND))
    with pytest.raises(TenantError, match="lies beside dated folders"):
        load_tenant(tmp_path)


@pytest.mark.parametrize(
    "name, lines, servers",
    [
        pytest.param("SEND.log", session(DAY), {("ex1", False)}, id="EHLO"),
        pytest.param("SEND.log", session(DAY, host=FABRIKAM), {("ex1", False)}, id="EHLO, to anybody"),
        pytest.param("SEND.log", session(DAY, helo="EX2"), {("ex2", False)}, id="another server, a bare name"),
        pytest.param(
            "EX2/hub/SEND.log",
            session(DAY, helo="mail.contoso.com"),
            {("mail", False), ("ex2", True), ("hub", True)},
            id="a name given to the connector, and folders",
        ),
        pytest.param("SEND.log", [], set(), id="a header alone"),
    ],
)
def test_a_send_log_says_whose_it_is(
    tmp_path: Path, name: str, lines: Sequence[str], servers: set[tuple[str, bool]]
) -> None:
    """The server names itself in EHLO to whomever it speaks; a folder may bear its name as well."""
    sightings(tmp_path, send_log(lines), f"onpremises/{name}")

    assert {(log.server, log.by_folder) for log in load_tenant(tmp_path).send_logs} == servers


def test_the_logs_of_a_server_go_from_the_first_line_to_the_last(tmp_path: Path) -> None:
    """Whatever the sessions are about: a server that was silent towards Office 365 is heard all the same."""
    lines = [*session(DAY + HOUR, "A", host=FABRIKAM), *session(DAY + 2 * HOUR, "B", mail=False)]
    sightings(tmp_path, send_log(lines), "onpremises/SEND1.log")
    sightings(tmp_path, send_log([*session(DAY, "C"), "2025-03-24T00:0"]), "onpremises/SEND2.log")

    assert load_tenant(tmp_path).send_logs == (SendLog("ex1", DAY, DAY + 2 * HOUR),)
