"""SMTP send protocol logs below onpremises/: which certificate was presented to Office 365, and when."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from analyzer.errors import TenantError
from analyzer.tenant import describe, load_state, load_tenant
from analyzer.tenant.onpremises import Sighting
from analyzer.tenant.sightings import certain, sighting_notes
from tests.send_logs import FABRIKAM, send_log, session
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
        pytest.param(session(DAY, host=FABRIKAM), [], id="to another host"),
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
    "spans, expected",
    [
        pytest.param([(OURS, 0, 9)], [(OURS, 0, 9)], id="one"),
        pytest.param([(OURS, 0, 4), (THEIRS, 10, 14)], [(OURS, 0, 4), (THEIRS, 10, 14)], id="far apart"),
        pytest.param([(OURS, 0, 4), (THEIRS, 4, 9)], [(OURS, 0, 3), (THEIRS, 5, 9)], id="renewed"),
        pytest.param([(OURS, 0, 9), (THEIRS, 4, 5)], [(OURS, 0, 3), (OURS, 6, 9)], id="another in between"),
        pytest.param([(OURS, 0, 9), (THEIRS, 0, 9)], [], id="two servers"),
    ],
)
def test_a_certificate_is_certain_while_no_other_is_near(
    spans: list[tuple[tuple[str, ...], int, int]], expected: list[tuple[tuple[str, ...], int, int]]
) -> None:
    """From the first to the last message, less the time of any other and an hour around it (change_grace)."""
    seen = [Sighting(names, DAY + a * HOUR, DAY + b * HOUR) for names, a, b in spans]
    instant = timedelta(microseconds=1)

    found = [(p.names, round((p.since - DAY) / HOUR), round((p.until - DAY) / HOUR)) for p in certain(seen, HOUR)]
    assert found == expected
    for p in certain(seen, HOUR):
        near = [s for s in seen if s.first - HOUR <= p.since and p.until - instant <= s.last + HOUR]
        assert [s.names for s in near] == [p.names]


def test_what_the_logs_show_is_said(tmp_path: Path) -> None:
    """Validate names each certificate and its time, and a declared name that the logs contradict."""
    sightings(tmp_path, send_log(session(DAY, certificate=THEIRS[0])))
    (tmp_path / "mailflow.toml").write_text('[onpremises]\ncertificates = ["mail.contoso.com"]\n')
    span = "from 2025-03-24 00:00 to 2025-03-24 00:00 UTC"

    seen, contradicted = (line for line in describe(load_tenant(tmp_path)) if line.startswith("certificate"))
    assert seen == f"certificate mail.fabrikam.com: shown to Office 365 by 1 message in the SMTP send logs, {span}"
    assert contradicted.startswith("certificate mail.contoso.com is declared, the SMTP send logs show mail.fabrikam")
    assert contradicted.endswith(f"{span}: the logs are believed")


def test_what_is_not_used_is_said() -> None:
    """Of two certificates at a time neither is used, and a time left out near another is named."""
    seen = [Sighting(OURS, DAY, DAY + 4 * HOUR, 2), Sighting(THEIRS, DAY + 4 * HOUR, DAY + 4 * HOUR)]

    first, second = sighting_notes(seen, OURS, HOUR)
    assert "used from 2025-03-24 00:00 to 2025-03-24 03:00 UTC" in first
    assert second.endswith("not used, as others were shown in that time")
