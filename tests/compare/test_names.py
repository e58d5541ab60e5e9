"""Logged names: their spelling, the side they are on, and what an empty cell says (architecture, section 4)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from analyzer.evidence import (
    Carries,
    ConnectorNames,
    LoggedFacts,
    OwnNames,
    Side,
)
from analyzer.tenant.model import OwnServers, Snapshot
from analyzer.tenant.onpremises import ReceiveConnector
from tests.builders import (
    BOB,
    JOHN,
    JULIE,
    OUR_SERVERS,
    SUN,
    inbound,
    networks,
    outbound,
    snapshot,
    tenant,
)
from tests.compare.builders import (
    DELIVERED,
    ENHANCED,
    EXTENDED,
    FROM_CLOUD,
    FROM_OUR_SERVER,
    SENT,
    SUMMARY,
    Row,
    judged,
    row,
    sides,
)

TAIL = " - 1f0c5a62-93d4-4e7b-8c2f-6a1b2c3d4e5f"


def _names(*, inbound_names: tuple[str, ...] = (), outbound_names: tuple[str, ...] = ()) -> ConnectorNames:
    exported = snapshot(
        inbound=tuple(inbound(n) for n in inbound_names), outbound=tuple(outbound(n) for n in outbound_names)
    )
    return ConnectorNames((exported,))


SPELLINGS = [
    # logged, names of the tenant, found (log-formats 10, rule 8)
    pytest.param("Hybrid", ("Hybrid",), "Hybrid", id="exact"),
    pytest.param("  hYBRID ", ("Hybrid",), "Hybrid", id="trimmed and folded"),
    pytest.param("EX01\\Hybrid", ("Hybrid",), "Hybrid", id="without the server"),
    pytest.param(f"Hybrid{TAIL}", ("Hybrid",), "Hybrid", id="without the GUID of the log"),
    pytest.param("Hybrid", (f"Hybrid{TAIL}",), f"Hybrid{TAIL}", id="without the GUID of the tenant"),
    pytest.param(f"EX01\\hybrid{TAIL}", ("Hybrid",), "Hybrid", id="all of them together"),
    pytest.param("Hybrid 2", ("Hybrid",), None, id="another name"),
    pytest.param("Hybrid - 1f0c5a62", ("Hybrid",), None, id="no whole GUID"),
    pytest.param("Hybrid", (f"Hybrid{TAIL}", "Hybrid"), "Hybrid", id="exact before a stripped one"),
    pytest.param("hybrid", (f"Hybrid{TAIL}", "Hybrid"), "Hybrid", id="folded before a stripped one"),
    pytest.param("x", ("EX01\\X", "X"), "X", id="folded before one without its server"),
]


@pytest.mark.parametrize("logged, known, found", SPELLINGS)
def test_a_logged_name_is_found_by_the_closest_spelling(logged: str, known: tuple[str, ...], found: str | None) -> None:
    """Exact first, then trimmed and folded, then without the server, then without the GUID, on both sides."""
    assert _names(outbound_names=known).find(logged, Side.OUTBOUND) == found


@pytest.mark.parametrize(
    "cell, inbound_field, outbound_field, facts",
    [
        pytest.param("In", None, None, LoggedFacts(inbound=("In",)), id="the name is inbound"),
        pytest.param("Out", None, None, LoggedFacts(outbound=("Out",)), id="the name is outbound"),
        pytest.param("Both", None, None, LoggedFacts(("Both",), ("Both",)), id="the name is on both sides"),
        pytest.param("Nobody's", None, None, LoggedFacts(unknown="Nobody's"), id="no snapshot knows it"),
        pytest.param("AB1\\Default AB1", None, None, LoggedFacts(default=True), id="the default inbound connector"),
        pytest.param("ab1\\default ab1", None, None, LoggedFacts(default=True), id="default, any case"),
        pytest.param("Default AB1", None, None, LoggedFacts(unknown="Default AB1"), id="no server: not the default"),
        pytest.param("", None, None, LoggedFacts(blank=True), id="empty"),
        pytest.param(None, None, None, LoggedFacts(), id="no such cell"),
        pytest.param("AB1\\Default AB1", "In", None, LoggedFacts(inbound=("In",)), id="rule 9: the field outranks"),
        pytest.param("", None, "Out", LoggedFacts(outbound=("Out",)), id="rule 9, outbound"),
        pytest.param("", None, "Out| Both", LoggedFacts(outbound=("Out", "Both")), id="two names in one field"),
        pytest.param("", None, "In", LoggedFacts(unknown="In"), id="the field's side has no such name"),
    ],
)
def test_the_tenants_own_names_tell_the_side(
    cell: str | None, inbound_field: str | None, outbound_field: str | None, facts: LoggedFacts
) -> None:
    """Where the log does not say the side, the snapshot's own names do."""
    names = _names(inbound_names=("In", "Both"), outbound_names=("Out", "Both"))
    assert names.read(cell, inbound_field, outbound_field) == facts


def test_a_name_of_another_snapshot_is_known_on_its_own_side() -> None:
    """A connector that was deleted since is still a known one, on the side where it stood."""
    old, new = snapshot(inbound=(inbound("In"),), outbound=(outbound("Out"),)), snapshot(inbound=(), outbound=())
    names = ConnectorNames((new, old))

    assert [names.find(name, side) for side in Side for name in ("In", "Out")] == ["In", None, None, "Out"]
    assert [names.read(name, None, None) for name in ("in", "out")] == [LoggedFacts(("In",)), LoggedFacts((), ("Out",))]


@pytest.mark.parametrize(
    "inbound_field, server, facts",
    [
        (r"EX1\Relay", None, LoggedFacts((r"EX1\Relay",))),
        (r"ex1.corp.contoso.com\relay", None, LoggedFacts((r"EX1\Relay",))),
        ("Relay", "ex1", LoggedFacts((r"EX1\Relay",))),
        ("Relay", "ex2", LoggedFacts(unknown="Relay")),
        ("Relay", None, LoggedFacts(unknown="Relay")),
        (r"EX2\Relay", "ex1", LoggedFacts(unknown=r"EX2\Relay")),
    ],
)
def test_a_receive_connector_is_known_by_its_server_and_name(
    inbound_field: str, server: str | None, facts: LoggedFacts
) -> None:
    """6: each server has connectors of its own; a log names the server in full, in short, or as who wrote the row."""
    relay = ReceiveConnector("Relay", server="ex1", bindings=(), remote_ranges=())
    names = OwnNames((snapshot(own=OwnServers(receive=(relay,))),), 0)

    assert names.read("", inbound_field, None, server) == facts


BOTH_SIDES = {
    "outbound": (outbound("Hybrid", "contoso.com"),),
    "inbound": (inbound("Hybrid", sender_ips=networks("192.0.2.0/28")),),
}


@pytest.mark.parametrize(
    "log, cells, expected",
    [
        pytest.param(EXTENDED, {"event": "RECEIVE", "directionality": "outbound"}, ("match", None), id="the event"),
        pytest.param(
            EXTENDED, {"event": "SEND", "directionality": "inbound"}, (None, "match"), id="the event, leaving"
        ),
        pytest.param(ENHANCED, {**SENT, "directionality": "inbound"}, ("match", "no_evidence"), id="directionality"),
        pytest.param(
            ENHANCED, {**SENT, "directionality": "outbound"}, ("no_evidence", "match"), id="directionality, outbound"
        ),
    ],
)
def test_a_name_on_both_sides_goes_by_event_then_directionality(
    log: Any, cells: dict[str, Any], expected: tuple[str | None, str | None]
) -> None:
    """A name that both sides carry is put on a side by the event, and only then by directionality."""
    # From our server to John: both sides take part in a row of a message.
    ours = tenant(**BOTH_SIDES)
    found = judged(ours, log, FROM_OUR_SERVER, cells, recipient=JOHN, logged_connector="Hybrid")
    assert sides(found) == expected


def test_the_rows_own_snapshot_decides_the_side_of_a_name() -> None:
    """A name that another snapshot has on the other side does not blur the snapshot in force."""
    before = snapshot(
        name="before", since=datetime(2024, 1, 1, tzinfo=UTC), outbound=(outbound("Hybrid", "contoso.com"),)
    )
    after = Snapshot(
        name="after",
        since=datetime(2024, 6, 1, tzinfo=UTC),
        outbound=(outbound("To on-premises", "contoso.com"),),
        inbound=(inbound("Hybrid", sender_ips=networks("192.0.2.0/28")),),
        accepted=before.accepted,
        rules=(),
        directory=before.directory,
    )
    cells = {**FROM_OUR_SERVER, **SENT, "recipient": JOHN, "logged_connector": "Hybrid"}
    found = judged(tenant(before, after), ENHANCED, cells)
    assert (found.evidence, sides(found)[1]) == ("outbound", "match")


@pytest.mark.parametrize("log, event", [(ENHANCED, None), (EXTENDED, "SEND")])
def test_a_name_that_no_snapshot_knows_is_undetermined(log: Any, event: str | None) -> None:
    """An unknown name is no mismatch: it is undetermined, missing the connector's definition, and kept for MF402."""
    found = judged(tenant(), log, FROM_CLOUD, SENT, event=event, recipient=JOHN, logged_connector="Nobody's")
    assert (found.verdict, found.missing, found.unknown_connector) == (
        "undetermined",
        ("connector_definition",),
        "Nobody's",
    )


# ------------------------------------------------------------------------ empty is not absent

EMPTY = [
    # log, row, evidence
    pytest.param(ENHANCED, row(FROM_CLOUD, SENT, recipient=SUN, logged_connector=""), "outbound", id="only outbound"),
    pytest.param(
        ENHANCED,
        row(FROM_OUR_SERVER, recipient=BOB, delivery_status="Receive, Deliver", logged_connector=""),
        "inbound",
        id="only inbound",
    ),
    pytest.param(ENHANCED, row(FROM_OUR_SERVER, SENT, recipient=SUN, logged_connector=""), "none", id="both take part"),
    pytest.param(ENHANCED, row(FROM_CLOUD, SENT, recipient=SUN), "none", id="no cell at all"),
    pytest.param(
        EXTENDED, row(FROM_OUR_SERVER, event="RECEIVE", recipient=SUN, logged_connector=""), "inbound", id="r"
    ),
    pytest.param(EXTENDED, row(FROM_OUR_SERVER, event="SEND", recipient=SUN, logged_connector=""), "outbound", id="s"),
    pytest.param(EXTENDED, row(FROM_CLOUD, event="FAIL", recipient=SUN, logged_connector=""), "none", id="f"),
]


@pytest.mark.parametrize("log, cells, evidence", EMPTY)
def test_an_empty_cell_speaks_of_the_side_that_takes_part(log: Any, cells: Any, evidence: str) -> None:
    """An empty cell means no connector where one side takes part, and nothing where both do."""
    assert judged(tenant(), log, cells).evidence == evidence


def test_a_send_that_names_an_inbound_connector_says_nothing_of_the_way_out() -> None:
    """A name that only the other side has is no statement of "no connector" on this one."""
    cells = {**FROM_CLOUD, "event": "SEND", "recipient": JOHN, "logged_connector": "From on-premises"}
    assert judged(tenant(), EXTENDED, cells).verdict == "no_evidence"


def test_a_format_without_a_connector_gives_no_evidence() -> None:
    """A log that never names a connector supports no mismatch."""
    assert SUMMARY.carries is Carries.NOTHING
    assert judged(tenant(), SUMMARY, FROM_CLOUD, recipient=SUN, delivery_status="Delivered").verdict == "no_evidence"


HUB = {
    "outbound": (outbound("Hub", "contoso.com"),),
    "inbound": (inbound("Hub", sender_ips=networks(OUR_SERVERS)),),
}
WITHIN = {"directionality": "intra-org", "logged_connector": "Hub"}


@pytest.mark.parametrize(
    "cells, verdicts",
    [
        pytest.param({**FROM_CLOUD, **SENT, "recipient": JOHN}, (None, "match"), id="it only leaves"),
        pytest.param({**FROM_OUR_SERVER, **DELIVERED, "recipient": BOB}, ("match", None), id="it only arrives"),
        pytest.param(
            {**FROM_OUR_SERVER, **SENT, "recipient": JULIE}, ("no_evidence", "no_evidence"), id="it does both"
        ),
    ],
)
def test_a_name_on_both_sides_without_a_direction_goes_by_the_way_taken(
    cells: Row, verdicts: tuple[str | None, str | None]
) -> None:
    """Evidence rules: where the log states no side, the one that takes part; where both do, nothing is known."""
    assert sides(judged(tenant(**HUB), ENHANCED, cells, WITHIN)) == verdicts
