"""Receive connectors: at the door where the client came the most specific remote range wins (reference 6)."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import pytest

from analyzer.selection.decision import Outcome
from analyzer.selection.receiving import ReceiveQuestion, explain_receive, possible_receive
from analyzer.tenant.onpremises import AddressRange, Binding, ReceiveConnector
from analyzer.tracing import printed


def receive(name: str, *ranges: str, port: int = 25, **changes: Any) -> ReceiveConnector:
    """Build a Receive connector of server ex1; a range is `first-last` or one address."""
    parts = [r.partition("-") for r in ranges]
    found = tuple(AddressRange(ip_address(first), ip_address(last or first)) for first, _, last in parts)
    return ReceiveConnector(
        name, **{"server": "ex1", "bindings": (Binding(None, port),), "remote_ranges": found, **changes}
    )


EVERYONE = "0.0.0.0-255.255.255.255"
RELAY = receive("Relay", "192.0.2.10-192.0.2.20")
FRONT = receive("Default Frontend EX1", EVERYONE, "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")
CLIENT = receive("Client Frontend EX1", EVERYONE, port=587)


@pytest.mark.parametrize(
    "client, port, expected",
    [
        ("192.0.2.12", 25, ["Relay"]),  # the narrowest range wins
        ("192.0.2.21", 25, ["Default Frontend EX1"]),  # just outside it
        ("192.0.2.12", 587, ["Client Frontend EX1"]),
        ("192.0.2.12", None, ["Relay", "Client Frontend EX1"]),  # nobody knows the port
        ("2001:db8::1", 25, ["Default Frontend EX1"]),
        ("2001:db8::1", 587, ["no-receive-connector"]),
    ],
)
def test_receive(client: str, port: int | None, expected: list[str]) -> None:
    """The most specific RemoteIPRanges that hold the client win, port by port (6)."""
    question = ReceiveQuestion("ex1", ip_address(client), port)

    assert [a.connector or a.reason for a in possible_receive(question, (FRONT, CLIENT, RELAY))] == expected


@pytest.mark.parametrize("changes", [{"enabled": False}, {"server": "ex2"}])
def test_a_connector_that_is_off_or_another_servers_takes_nothing(changes: dict[str, Any]) -> None:
    """Only enabled connectors of the server itself are asked."""
    relay = receive("Relay", "192.0.2.10-192.0.2.20", **changes)
    (answer,) = possible_receive(ReceiveQuestion("ex1", ip_address("192.0.2.12"), 25), (FRONT, relay))

    assert answer.connector == "Default Frontend EX1"


def test_equal_ranges_on_two_local_addresses_are_ambiguous() -> None:
    """Which local address was spoken to is not known, so both are candidates."""
    two = (receive("a", EVERYONE), receive("b", EVERYONE))
    (answer,) = possible_receive(ReceiveQuestion("ex1", ip_address("192.0.2.12"), 25), two)

    assert (answer.outcome, answer.candidates) == (Outcome.AMBIGUOUS, ("a", "b"))


AT_TEN, AT_ELEVEN = (
    receive(name, EVERYONE, bindings=(Binding(ip_address(address), 25),))
    for name, address in (("Ten", "192.0.2.10"), ("Eleven", "192.0.2.11"))
)


@pytest.mark.parametrize(
    "local, expected",
    [
        ("192.0.2.10", ["Ten"]),
        ("192.0.2.11", ["Eleven"]),
        ("192.0.2.12", ["no-receive-connector"]),
        (None, ["Ten", "Eleven"]),
    ],
)
def test_a_connector_listens_on_its_own_addresses(local: str | None, expected: list[str]) -> None:
    """6: a binding names an address of the server, and takes no session at another one."""
    question = ReceiveQuestion("ex1", ip_address("203.0.113.9"), 25, ip_address(local) if local else None)

    assert [a.connector or a.reason for a in possible_receive(question, (AT_ELEVEN, AT_TEN))] == expected


INNER = receive("Inner", "192.0.2.0-192.0.2.255", bindings=(Binding(ip_address("192.0.2.2"), 25),))
OFF, ELSEWHERE = receive("Old relay", EVERYONE, enabled=False), receive("Elsewhere", EVERYONE, server="ex2")

TOLD = """\
port 25: taken by Relay [6]
  Default Frontend EX1: 0.0.0.0-255.255.255.255 holds the client: 192.0.2.10-192.0.2.20 of Relay is more specific [6]
  Relay: 192.0.2.10-192.0.2.20 holds the client: the most specific [6]
port 25 of 192.0.2.2: taken by Relay [6]
  Default Frontend EX1: 0.0.0.0-255.255.255.255 holds the client: 192.0.2.10-192.0.2.20 of Relay is more specific [6]
  Relay: 192.0.2.10-192.0.2.20 holds the client: the most specific [6]
  Inner: 192.0.2.0-192.0.2.255 holds the client: 192.0.2.10-192.0.2.20 of Relay is more specific [6]
port 587: taken by Client Frontend EX1 [6]
  Client Frontend EX1: 0.0.0.0-255.255.255.255 holds the client: the most specific [6]
Old relay: is off [6]"""

AT_ONE_DOOR = """\
port 587 of 2001:db8::2: no range holds the client [6]
  Client Frontend EX1: no remote range holds the client [6]
Default Frontend EX1: listens on *:25, not where the client came to [6]
Relay: listens on *:25, not where the client came to [6]
Inner: listens on 192.0.2.2:25, not where the client came to [6]
Old relay: is off [6]"""


@pytest.mark.parametrize(
    "client, port, local, told",
    [("192.0.2.12", None, None, TOLD), ("2001:db8::9", 587, "2001:db8::2", AT_ONE_DOOR)],
    ids=["every door", "one door"],
)
def test_what_became_of_each_receive_connector(client: str, port: int | None, local: str | None, told: str) -> None:
    """Each door with its connectors, the range that holds the client, and who was more specific; others aside (6)."""
    question = ReceiveQuestion("ex1", ip_address(client), port, ip_address(local) if local else None)
    steps = explain_receive(question, (FRONT, RELAY, CLIENT, INNER, OFF, ELSEWHERE))

    assert "\n".join(printed(steps)) == told
