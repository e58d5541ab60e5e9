"""Which certificate is taken as presented at a time, and of which own servers the send logs do not tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from analyzer.pipeline.snapshots import Timeline
from analyzer.tenant import describe, load_tenant
from analyzer.tenant.model import OwnServers, Tenant
from analyzer.tenant.onpremises import AddressSpace, ReceiveConnector, SendConnector, SendLog, Sighting
from analyzer.tenant.presented import certain, sighting_notes
from tests import builders
from tests.send_logs import send_log, session
from tests.tenant import renderings as r

DAY = datetime(2025, 3, 24, tzinfo=UTC)
HOUR = timedelta(hours=1)
OURS, THEIRS = ("mail.contoso.com",), ("mail.fabrikam.com",)


def tenant(*, seen: Sequence[Sighting] = (), logs: Sequence[SendLog] = (), **changes: Any) -> Tenant:
    """Build a tenant whose send logs show this."""
    return replace(builders.tenant(**changes), sightings=tuple(seen), send_logs=tuple(logs))


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
    r.write_tenant(tmp_path)
    (tmp_path / "onpremises").mkdir(exist_ok=True)
    (tmp_path / "onpremises/SEND.log").write_bytes(send_log(session(DAY, certificate=THEIRS[0])))
    (tmp_path / "mailflow.toml").write_text('[onpremises]\ncertificates = ["mail.contoso.com"]\n')
    span = "from 2025-03-24 00:00 to 2025-03-24 00:00 UTC"

    seen, contradicted = (line for line in describe(load_tenant(tmp_path)) if line.startswith("certificate"))
    assert seen == f"certificate mail.fabrikam.com: shown to Office 365 by 1 message in the SMTP send logs, {span}"
    assert contradicted.startswith("certificate mail.contoso.com is declared, the SMTP send logs show mail.fabrikam")
    assert contradicted.endswith(f"{span}: the logs are believed")


def test_what_is_not_used_is_said() -> None:
    """Of two certificates at a time neither is used, and a time left out near another is named."""
    seen = [Sighting(OURS, DAY, DAY + 4 * HOUR, 2), Sighting(THEIRS, DAY + 4 * HOUR, DAY + 4 * HOUR)]

    first, second = sighting_notes(tenant(onpremises_certificates=OURS, seen=seen))
    assert "used from 2025-03-24 00:00 to 2025-03-24 03:00 UTC" in first
    assert second.endswith("not used, as others were shown in that time")


def send(name: str, space: str, *servers: str, **changes: Any) -> SendConnector:
    """Build a Send connector of some servers."""
    return SendConnector(name, (AddressSpace(space),), source_servers=servers, **changes)


def log(server: str, first: int = 0, last: int = 8, *, by_folder: bool = False) -> SendLog:
    """Build the log of a server, in hours of the day."""
    return SendLog(server, DAY + first * HOUR, DAY + last * HOUR, by_folder)


WIZARD = "contoso.mail.onmicrosoft.com"
TO_OFFICE365 = send("Outbound to Office 365", WIZARD, "ex1", "ex2")
BOTH = OwnServers(send=(TO_OFFICE365,))
RECEIVE = tuple(ReceiveConnector("Default", server, (), ()) for server in ("ex1", "ex2.corp.contoso.com"))


@pytest.mark.parametrize(
    "own, logs, silent",
    [
        pytest.param(BOTH, (log("ex1"),), ("ex2",), id="one of two"),
        pytest.param(BOTH, (log("ex1"), log("ex2")), (), id="both"),
        pytest.param(BOTH, (log("ex1"), log("ex2", by_folder=True)), (), id="both, one by its folder"),
        pytest.param(BOTH, (log("mail"),), ("ex1", "ex2"), id="nobody knows whose"),
        pytest.param(BOTH, (log("ex1"), log("ex2", 6, 8)), ("ex2",), id="the other's begins later"),
        pytest.param(BOTH, (log("ex1"), log("ex2", 0, 2)), ("ex2",), id="the other's ends before"),
        pytest.param(BOTH, (log("ex1"), log("ex2", 0, 3)), (), id="the other's ends within change_grace"),
        pytest.param(OwnServers(send=(send("O", WIZARD, "ex1"),)), (log("mail"),), (), id="of the only one any is"),
        pytest.param(
            OwnServers(send=(send("O", WIZARD, "ex1"), send("Internet", "*", "ex2", "ex3"))),
            (log("ex1"),),
            (),
            id="who sends elsewhere does not matter",
        ),
        pytest.param(
            OwnServers(send=(send("O", "*", "ex1", "ex2", smart_hosts=("x.mail.protection.office365.us",)),)),
            (log("ex1"),),
            ("ex2",),
            id="by the smart host",
        ),
        pytest.param(
            OwnServers(send=(send("O", WIZARD, "ex2", enabled=False), send("A", "*", "ex1", "ex3"))),
            (log("ex1"),),
            ("ex3",),
            id="no connector to Office 365 is on: any may send there",
        ),
        pytest.param(OwnServers(receive=RECEIVE), (log("ex1"),), ("ex2",), id="by the Receive connectors"),
        pytest.param(OwnServers(), (log("ex1"),), (), id="no export: one server is known"),
        pytest.param(OwnServers(), (log("ex1"), log("ex2", 7, 8)), ("ex2",), id="no export: another's log of later"),
        pytest.param(OwnServers(), (log("ex1"), log("hub", 7, 8, by_folder=True)), (), id="a folder is no server"),
    ],
)
def test_which_servers_are_silent(own: OwnServers, logs: tuple[SendLog, ...], silent: tuple[str, ...]) -> None:
    """What one server presents is known of it alone; the exports, or logs of other times, say that there are others."""
    ours = tenant(own=own, seen=[Sighting(OURS, DAY, DAY + 8 * HOUR)], logs=logs)
    timeline = Timeline(ours)
    found = timeline.configurations[timeline.epoch_at(DAY + 4 * HOUR).configuration]

    assert (found.presented, found.unheard) == (OURS, silent)
    told = [note.partition(": ")[2].partition(" from ")[0] for note in sighting_notes(ours) if "none of" in note]
    assert set(told) >= {f"none of own server {name}" for name in silent}


def test_when_a_server_is_silent_is_said() -> None:
    """The note names the server and the stretches of time whose logs are missing, put together."""
    seen = [Sighting(OURS, DAY, DAY + 8 * HOUR)]
    (_, note) = sighting_notes(tenant(own=BOTH, seen=seen, logs=(log("ex1"), log("ex2", 3, 5))))

    assert note == (
        "SMTP send logs: none of own server ex2 from 2025-03-24 00:00 to 2025-03-24 02:00 UTC and from "
        "2025-03-24 06:00 to 2025-03-24 08:00 UTC; mail of that "
        "time that another certificate would explain is undetermined"
    )
