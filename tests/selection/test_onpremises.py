"""Send and Receive connector selection on the organization's own servers (reference 6, 11)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.selection.onpremises import SendQuestion, explain_send, internet_egress, possible_send
from analyzer.tenant.model import OwnServers
from analyzer.tenant.onpremises import AddressSpace, SendConnector
from tests.builders import accepted, lens

JULIA = "julia@marketing.contoso.com"
NARROW, MIDDLE, ALL = "marketing.contoso.com", "*.contoso.com", "*"


def send(name: str, *spaces: str, **changes: Any) -> SendConnector:
    """Build a Send connector; a space is `domain` or `domain;cost`."""
    parts = (space.partition(";") for space in spaces)
    return SendConnector(name, tuple(AddressSpace(d, int(cost or 1)) for d, _, cost in parts), **changes)


def sent(recipient: str, *connectors: SendConnector, size: int | None = 1000, server: str = "ex1") -> list[str]:
    """Give every possible answer in one word each."""
    facts = lens(own=OwnServers(send=connectors, accepted=accepted("contoso.com"))).domain(recipient.partition("@")[2])
    return [a.connector or a.reason for a in possible_send(SendQuestion(facts, size, server), connectors)]


def small(name: str, **changes: Any) -> SendConnector:
    """Build a Send connector for every domain that is too small for the message, scoped to its site."""
    return send(name, ALL, **{"scoped": True, "max_message_size": 10, **changes})


HERE: dict[str, Any] = {"source_servers": ("ex1",)}
AWAY: dict[str, Any] = {"source_servers": ("ex2",)}

# fmt: off
SENT: tuple[tuple[str, str, tuple[SendConnector, ...], list[str]], ...] = (
    ("11, 30", JULIA, (send("All", ALL), send("Middle", MIDDLE), send("Narrow", NARROW)), ["Narrow"]),
    ("11, 31", JULIA, (send("All", ALL),), ["All"]),
    ("11, 32", JULIA, (send("b", ALL, **HERE), send("a", ALL, **HERE)), ["a"]),
    ("11, 33", JULIA, (send("Other", "fabrikam.com"),), ["unreachable-queue"]),
    ("11, 34", JULIA, (send("a", ALL, max_message_size=10), send("b", ALL, max_message_size=20)),
        ["too-large-for-every-connector"]),
    ("11, 35", "x@sub.contoso.com", (send("Apex", "contoso.com"),), ["unreachable-queue"]),
    ("size goes first", JULIA, (send("Narrow", NARROW, max_message_size=999), send("All", ALL)), ["All"]),
    ("a size that just fits", JULIA, (send("Narrow", NARROW, max_message_size=1000), send("All", ALL)), ["Narrow"]),
    ("off", JULIA, (send("Narrow", NARROW, enabled=False), send("All", ALL)), ["All"]),
    ("specificity before cost", JULIA, (send("Narrow", NARROW + ";50"), send("All", ALL + ";1")), ["Narrow"]),
    ("longest suffix", JULIA, (send("Top", "*.com"), send("Middle", MIDDLE)), ["Middle"]),
    ("the apex is included", "x@contoso.com", (send("Middle", MIDDLE), send("All", ALL)), ["Middle"]),
    ("cost on one server", JULIA, (send("a", ALL + ";9", **HERE), send("b", ALL + ";2", **HERE)), ["b"]),
    ("cost, same sources elsewhere", JULIA, (send("a", ALL + ";9", **AWAY), send("b", ALL + ";2", **AWAY)), ["b"]),
    ("the local server is nearest", JULIA, (send("a", ALL, **AWAY), send("b", ALL, **HERE)), ["b"]),
    ("cheaper elsewhere", JULIA, (send("a", ALL + ";1", **AWAY), send("b", ALL + ";5", **HERE)), ["b", "a"]),
    ("two elsewhere are open", JULIA, (send("a", ALL, **AWAY), send("b", ALL, source_servers=("ex3",))), ["a", "b"]),
    ("in scope", JULIA, (send("Narrow", NARROW, scoped=True, **HERE), send("All", ALL)), ["Narrow"]),
    ("open scope", JULIA, (send("Narrow", NARROW, scoped=True, **AWAY), send("All", ALL, **HERE)), ["Narrow", "All"]),
    ("only a scoped one", JULIA, (send("Narrow", NARROW, scoped=True, **AWAY),), ["Narrow", "unreachable-queue"]),
    ("a scoped one that fits", JULIA, (send("Narrow", NARROW, scoped=True, max_message_size=1000, **AWAY),),
        ["Narrow", "unreachable-queue"]),
    ("in scope all are too small", JULIA, (send("Fits", NARROW, scoped=True, **AWAY), small("Small", **HERE)),
        ["Fits", "too-large-for-every-connector"]),
    ("beside one elsewhere, the local one is too small", JULIA,
        (send("Fits", NARROW, scoped=True, **AWAY), small("Small", source_servers=("ex1", "ex2"))),
        ["Fits", "too-large-for-every-connector"]),
    ("of one site with one that fits, in no scope", JULIA,
        (send("Fits", NARROW, scoped=True, **AWAY), small("Small", scoped=False, **AWAY)),
        ["Fits", "too-large-for-every-connector"]),
    ("of one site with one that fits", JULIA, (send("Fits", NARROW, scoped=True, **AWAY), small("Small", **AWAY)),
        ["Fits", "unreachable-queue"]),
    ("of another site", JULIA,
        (send("Fits", NARROW, scoped=True, **AWAY), small("Small", source_servers=("ex2", "ex3"))),
        ["Fits", "too-large-for-every-connector", "unreachable-queue"]),
    ("of nobody knows which site", JULIA, (send("Fits", NARROW, scoped=True, **AWAY), small("Small")),
        ["Fits", "too-large-for-every-connector", "unreachable-queue"]),
    ("all accepted domains", "x@contoso.com", (send("Edge", "--"), send("All", ALL)), ["Edge"]),
    ("a foreign domain under --", "x@example.org", (send("Edge", "--"), send("All", ALL)), ["All"]),
    ("not SMTP", JULIA, (SendConnector("X400", (AddressSpace("*", type="x400"),)), send("All", ALL)), ["All"]),
)
# fmt: on


@pytest.mark.parametrize("_, recipient, connectors, expected", SENT, ids=[row[0] for row in SENT])
def test_send(_: str, recipient: str, connectors: tuple[SendConnector, ...], expected: list[str]) -> None:
    """The documented order decides: size, scope, specificity, cost, nearness, name (6)."""
    assert sent(recipient, *connectors) == expected


def test_an_unknown_size_leaves_a_limited_connector_open() -> None:
    """6, 1: where the log has no size, a connector with a limit may have been dropped."""
    assert sent(JULIA, send("Narrow", NARROW, max_message_size=10), send("All", ALL), size=None) == ["Narrow", "All"]
    assert sent(JULIA, send("Narrow", NARROW, max_message_size=10), size=None) == [
        "Narrow",
        "too-large-for-every-connector",
    ]


@pytest.mark.parametrize(
    "recipient, space, reason",
    [
        (JULIA, NARROW, "exact-address-space"),
        (JULIA, MIDDLE, "wildcard-address-space"),
        ("x@contoso.com", "--", "all-accepted-domains"),
        (JULIA, ALL, "catch-all-address-space"),
    ],
)
def test_the_reason_says_how_the_address_space_matches(recipient: str, space: str, reason: str) -> None:
    """6, 3: each kind of match has a stable code."""
    connectors = (send("One", space),)
    seen = lens(own=OwnServers(send=connectors, accepted=accepted("contoso.com")))
    (answer,) = possible_send(SendQuestion(seen.domain(recipient.partition("@")[2]), 1000, "ex1"), connectors)

    assert (answer.connector, answer.reason) == ("One", reason)


def test_the_steps_name_the_winner_and_the_rule() -> None:
    """Every connector has one step, with what beat it and where that is stated."""
    connectors = (
        send("Off", ALL, enabled=False),
        send("Small", NARROW, max_message_size=1),
        send("Other", "fabrikam.com"),
        send("Dear", NARROW + ";9", **HERE),
        send("Far", NARROW, **AWAY),
        send("Won", NARROW, **HERE),
        send("X", NARROW, **HERE),
        send("Wide", ALL, **HERE),
    )
    facts = lens(own=OwnServers(send=connectors)).domain(NARROW)

    steps = explain_send(SendQuestion(facts, 1000, "ex1"), connectors)

    assert [str(step) for step in steps] == [
        "Off: is off [6, 2]",
        "Small: takes 1 bytes at most [6, 1]",
        "Other: no address space matches the recipient domain [6, 2]",
        f"Dear: address space {NARROW} at cost 9: Won costs less [6, 4]",
        f"Far: address space {NARROW} at cost 1: Won is nearer [6, 5]",
        f"Won: address space {NARROW} at cost 1: wins [6, 3-6]",
        f"X: address space {NARROW} at cost 1: Won has the lower name [6, 6]",
        "Wide: address space * at cost 1: Dear is more specific [6, 3]",
    ]


def test_the_steps_say_that_a_scoped_connector_wins_only_in_scope() -> None:
    """6, 2: nobody knows whether the server that chooses is of the connector's site."""
    connectors = (send("Site", NARROW, scoped=True, **AWAY),)
    facts = lens(own=OwnServers(send=connectors)).domain(NARROW)
    (step,) = explain_send(SendQuestion(facts, 1000, "ex1"), connectors)

    assert str(step) == f"Site: address space {NARROW} at cost 1: wins if it is in scope [6, 3-6]"


SPACES = st.sampled_from((NARROW, MIDDLE, ALL, "*.com", "fabrikam.com"))
CONNECTORS = st.lists(
    st.builds(
        lambda name, space, cost, limit, scoped, servers: SendConnector(
            name,
            (AddressSpace(space, cost),),
            max_message_size=limit,
            scoped=scoped,
            source_servers=servers,
        ),
        st.sampled_from("abcdef"),
        SPACES,
        st.integers(1, 3),
        st.sampled_from((None, 500, 5000)),
        st.booleans(),
        st.sampled_from(((), ("ex1",), ("ex2",), ("ex1", "ex2"))),
    ),
    unique_by=lambda c: c.name,
    max_size=6,
)


@given(CONNECTORS, st.sampled_from((None, 100, 1000)), st.randoms(use_true_random=False))
def test_the_order_of_the_export_does_not_matter(
    connectors: list[SendConnector], size: int | None, random: Any
) -> None:
    """The same connectors in another order give the same answers."""
    shuffled = random.sample(connectors, len(connectors))

    assert sent(JULIA, *connectors, size=size) == sent(JULIA, *shuffled, size=size)


@given(CONNECTORS, st.sampled_from((None, 100, 1000)))
def test_there_is_always_an_answer(connectors: list[SendConnector], size: int | None) -> None:
    """Something becomes of every message: a connector, a delivery report or the Unreachable queue."""
    assert sent(JULIA, *connectors, size=size)


BY_OFFICE365: dict[str, Any] = {"smart_hosts": ("contoso-com.mail.protection.outlook.com",), "dns_routing": False}
BY_GATEWAY: dict[str, Any] = {"smart_hosts": ("gateway.contoso.com",), "dns_routing": False}


@pytest.mark.parametrize(
    "connectors, way",
    [
        (None, None),
        ((), None),
        ((send("Internet", ALL),), "direct"),
        ((send("Relay", ALL, **BY_OFFICE365),), "office365"),
        ((send("Gateway", ALL, **BY_GATEWAY),), None),
        ((send("Relay", ALL, **BY_OFFICE365), send("Internet", ALL)), None),
        ((send("Relay", ALL, **BY_OFFICE365), send("Off", ALL, enabled=False)), "office365"),
        ((send("Office 365", "contoso.mail.onmicrosoft.com"),), None),
    ],
)
def test_internet_egress(connectors: tuple[SendConnector, ...] | None, way: str | None) -> None:
    """7.2: the Send connector for `*` says how on-premises mail reaches the internet, where it is one way."""
    assert internet_egress(connectors) == way
