"""Everything that is said of a row of an own server's log beside its verdict, and where nothing is (6, 8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from analyzer.compare.observation import Observed
from analyzer.tenant.model import OwnServers, Tenant
from tests.builders import JOHN, SUN, snapshot, tenant
from tests.compare.builders import NOON, POSTFIX, TRACKING, judged, sides
from tests.compare.test_own_server import (
    BOB_ROUTED,
    DENIED,
    FRONTEND,
    HUB,
    HYBRID_SEND,
    OWN_ACCEPTED,
    RELAY,
    ROUTING,
    company,
    send,
    sent,
    taken,
    told,
)

HOP = "Inbound Proxy Internal Send Connector"
NOTHING: dict[str, Any] = {"send": None, "receive": None}


@pytest.mark.parametrize(
    "connector, cells, expected",
    [
        pytest.param("Internet", {}, (False, None, None), id="sent"),
        pytest.param("Old relay", {}, (False, None, "Old relay"), id="a name in no export"),
        pytest.param(HOP, {}, (False, None, None), id="a hop within the organization"),
        pytest.param(
            "Internet", {"event": "FAIL", "delivery_status": DENIED}, (True, "5.7.64", None), id="refused there"
        ),
    ],
)
def test_a_row_says_whether_it_failed_and_which_name_nobody_knows(
    connector: str, cells: dict[str, Any], expected: tuple[bool, str | None, str | None]
) -> None:
    """MF107 and MF402 read failure, code and the unknown name; a hop's connector is in no export by design."""
    found = sent(company(), SUN, connector, **cells)

    assert (found.failed, found.failure, found.unknown_connector) == expected


def test_a_name_is_not_unknown_before_every_export() -> None:
    """A row older than the first export may name a connector that was there (8)."""
    ours = tenant(snapshot(since=NOON + timedelta(days=1), own=OwnServers(send=HYBRID_SEND)))

    assert sent(ours, SUN, "Old relay").unknown_connector is None


@pytest.mark.parametrize(
    "own, event, connector, expected",
    [
        pytest.param({}, "SENDEXTERNAL", HOP, ("not_routed", "internal-hop", ()), id="a hop"),
        pytest.param(
            {"receive": None}, "SENDEXTERNAL", HOP, ("not_routed", "internal-hop", ()), id="Send alone: a hop"
        ),
        pytest.param(
            {"send": None}, "SENDEXTERNAL", HOP, ("not_routed", "internal-hop", ()), id="Receive alone: a hop"
        ),
        pytest.param({"receive": None}, "DELIVER", None, ("match", "local", ()), id="Send alone: local"),
        pytest.param({"send": None}, "DELIVER", None, ("match", "local", ()), id="Receive alone: local"),
        pytest.param(NOTHING, "DELIVER", None, ("no_evidence", "own-server-log", ()), id="no export: nothing"),
        pytest.param(NOTHING, "SEND", None, ("no_evidence", "own-server-log", ()), id="no connector named: none lacks"),
        pytest.param(
            NOTHING, "SEND", "Internet", ("no_evidence", "own-server-log", ("send_connectors",)), id="Send lacks"
        ),
    ],
)
def test_no_side_takes_part(own: dict[str, Any], event: str, connector: str | None, expected: object) -> None:
    """Hops, deliveries on the server and rows without an export have no verdict on either side."""
    found = sent(company(**own), SUN, connector, event=event)

    assert told(found) == expected
    assert sides(found) == (None, None)
    assert found.inbound.value is None
    known = connector is not None and own.get("send", HYBRID_SEND) is None  # as logged: nothing was exported
    assert found.outbound.value == (Observed((connector or "",)) if known else None)


def test_an_arrival_says_which_export_lacks() -> None:
    """Where neither kind was exported, an arrival asks for the Receive connectors."""
    found = taken(company(**NOTHING), "192.0.2.61", r"EX1\Relay")

    assert told(found) == ("no_evidence", "own-server-log", ("receive_connectors",))
    assert (found.inbound.value, found.outbound.value) == (Observed((r"EX1\Relay",)), None)


def test_a_log_that_names_no_connector_is_never_compared() -> None:
    """A format without connectors gives no evidence, even in the words of Exchange (6a)."""
    found = judged(company(), POSTFIX, event="SEND", recipient=SUN, header_from=JOHN, server="ex1")

    assert sides(found) == (None, None)


@pytest.mark.parametrize(
    "own, sender, path",
    [
        pytest.param({}, SUN, "internet>cloud", id="a foreign domain"),
        pytest.param({"accepted": None}, SUN, "internet>cloud", id="the own servers' domains are not known"),
        pytest.param({"accepted": None}, JOHN, "unknown>cloud", id="ours, though the own servers do not say so"),
        pytest.param({}, "<>", "unknown>cloud", id="the null sender"),
    ],
)
def test_a_foreign_sender_comes_from_the_internet(own: dict[str, Any], sender: str, path: str) -> None:
    """A domain that neither Office 365 nor the own servers accept is not ours."""
    assert taken(company(**own), "203.0.113.9", r"EX1\Relay", header_from=sender).path == path


LATER: dict[str, Any] = {"changed_at": NOON + timedelta(hours=5)}


def between(a: dict[str, Any], b: dict[str, Any]) -> Tenant:
    """Export the own servers nine days before noon and nine days after."""
    plain: dict[str, Any] = {"send": None, "receive": None, "accepted": OWN_ACCEPTED}
    return tenant(
        snapshot(name="a", since=NOON - timedelta(days=9), own=OwnServers(**{**plain, **a})),
        snapshot(name="b", since=NOON + timedelta(days=9), own=OwnServers(**{**plain, **b})),
    )


def test_a_later_export_of_receive_connectors_may_explain_an_arrival() -> None:
    """8: the ranges of the next export may have been in force already."""
    old, new = replace(RELAY, remote_ranges=HUB.remote_ranges), replace(RELAY, **LATER)
    ours = between({"receive": (FRONTEND, replace(old, bindings=HUB.bindings))}, {"receive": (FRONTEND, new)})
    found = taken(ours, "192.0.2.61", r"EX1\Relay", local_endpoint="192.0.2.10:25")

    assert told(found) == ("undetermined", "change-window", ("earlier_configuration",))
    assert [label.partition(", changed")[0] for label in found.changing] == [r"Receive connector ex1\Relay"]


def test_every_change_that_may_explain_a_sending_is_named() -> None:
    """8: the connector that the log names, and one that is off and would claim the message."""
    old = (send("To Office 365", "fabrikam.com"), send("All", "*"), send("Old", "example.net", enabled=False))
    new = (send("To Office 365", ROUTING, **LATER), send("All", "*"), send("Old", ROUTING, enabled=False, **LATER))
    found = sent(between({"send": old}, {"send": new}), BOB_ROUTED, "To Office 365")

    assert told(found)[1] == "change-window"
    assert [label.partition(", changed")[0] for label in found.changing] == [
        "Send connector Old",
        "Send connector To Office 365",
    ]


def test_no_address_of_a_log_without_connectors_is_asked_for() -> None:
    """A tracking row of a submission has no client and misses none."""
    assert judged(company(), TRACKING, event="RECEIVE", recipient=SUN, server="ex1", logged_connector="").missing == ()
