"""Laws of selection over random configurations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.selection.decision import Answer, Outcome
from analyzer.selection.inbound import InboundView, select_inbound
from analyzer.selection.outbound import OutboundView, select_outbound
from analyzer.tenant.model import ConnectorType, InboundConnector, OutboundConnector, Place
from analyzer.tenant.policy import POLICIES, Policy
from tests.builders import inbound, lens, networks, outbound
from tests.selection.asking import ACCEPTED, asked_inbound, asked_outbound

DOMAINS = ("contoso.com", "sales.contoso.com", "eu.sales.contoso.com", "fabrikam.com", "eu.northwindtraders.com")
FOREIGN = ("example.org", "eu.example.org", "notcontoso.com")
PATTERNS = ("contoso.com", "*.contoso.com", "*.sales.contoso.com", "*.com", "fabrikam.com", "example.org", "*")
WAYS = tuple(f"{a.value}>{b.value}" for a in Place for b in Place)
OWN = {Place.CLOUD, Place.ONPREMISES}

policies = st.builds(Policy, **{row.name: st.sampled_from(row.values) for row in POLICIES})
patterns = st.lists(st.sampled_from(PATTERNS), max_size=3, unique=True).map(tuple)
flags = st.booleans()
rarely = st.integers(0, 4).map(lambda n: n == 0)


@st.composite
def outbound_connectors(draw: st.DrawFn) -> tuple[OutboundConnector, ...]:
    """Draw up to five connectors of every kind."""
    return tuple(
        outbound(
            f"C{number}",
            *draw(patterns),
            type=draw(st.sampled_from(ConnectorType)),
            all_accepted_domains=draw(flags),
            route_all_via_onpremises=draw(flags),
            enabled=not draw(rarely),
            rule_scoped=draw(rarely),
            test_mode=draw(rarely),
            validated=draw(st.sampled_from((None, True, False))),
        )
        for number in range(draw(st.integers(0, 5)))
    )


@st.composite
def inbound_connectors(draw: st.DrawFn) -> tuple[InboundConnector, ...]:
    """Draw up to four connectors by address, by certificate and by sender domain."""
    return tuple(
        inbound(
            f"C{number}",
            *draw(st.lists(st.sampled_from((*PATTERNS, "*.example.org")), max_size=2, unique=True)),
            type=draw(st.sampled_from(ConnectorType)),
            sender_ips=networks(*draw(st.lists(st.sampled_from(("192.0.2.0/24", "192.0.2.1")), max_size=1))),
            certificate_name=draw(st.sampled_from((None, "*.contoso.com", "contoso.com", "sales.contoso.com"))),
            enabled=not draw(rarely),
            require_tls=draw(flags),
        )
        for number in range(draw(st.integers(0, 4)))
    )


@st.composite
def outbound_asked(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a message: its domain fits its destination."""
    way = draw(st.sampled_from(WAYS))
    own = Place(way.split(">")[1]) in OWN
    return {"domain": draw(st.sampled_from(DOMAINS if own else FOREIGN)), "way": way, "forwarded": draw(flags)}


inbound_asked = st.fixed_dictionaries(
    {
        "mail_from": st.sampled_from(("", *DOMAINS, *FOREIGN)),
        "rcpt_to": st.sampled_from((*DOMAINS, *FOREIGN)),
        "ip": st.sampled_from(("", "192.0.2.1", "192.0.2.2", "203.0.113.9")),
        "certificates": st.sampled_from(((), ("mail.contoso.com",), ("sales.contoso.com", "contoso.com"))),
        "plain_text": flags,
    }
)


def leaves(connectors: tuple[OutboundConnector, ...], policy: Policy, asked: dict[str, Any]) -> Answer:
    """Answer a drawn outbound question."""
    seen = lens(outbound=connectors, accepted=ACCEPTED)
    return select_outbound(asked_outbound(seen, **asked), OutboundView(seen, policy))


def arrives(connectors: tuple[InboundConnector, ...], policy: Policy, asked: dict[str, Any]) -> Answer:
    """Answer a drawn attribution question."""
    seen = lens(inbound=connectors, accepted=ACCEPTED)
    return select_inbound(asked_inbound(seen, **asked), InboundView(seen, policy))


@pytest.mark.parametrize("change", [{"enabled": False}, {"rule_scoped": True}, {"test_mode": True}], ids=str)
@given(data=st.data(), connectors=outbound_connectors(), policy=policies, asked=outbound_asked())
@settings(max_examples=100, deadline=None)
def test_what_domains_cannot_choose_changes_nothing(
    change: dict[str, Any],
    *,
    data: st.DataObject,
    connectors: tuple[OutboundConnector, ...],
    policy: Policy,
    asked: dict[str, Any],
) -> None:
    """Adding a disabled, rule-scoped or test-mode connector changes no answer by domain (3.4)."""
    more = tuple(replace(c, name=f"Extra {c.name}", **change) for c in data.draw(outbound_connectors()))

    assert leaves((*connectors, *more), policy, asked) == leaves(connectors, policy, asked)


@given(connectors=inbound_connectors(), more=inbound_connectors(), policy=policies, asked=inbound_asked)
@settings(max_examples=100, deadline=None)
def test_a_disabled_inbound_connector_changes_nothing(
    connectors: tuple[InboundConnector, ...],
    more: tuple[InboundConnector, ...],
    policy: Policy,
    *,
    asked: dict[str, Any],
) -> None:
    """Adding a disabled connector changes no attribution (3.4)."""
    off = tuple(replace(c, name=f"Extra {c.name}", enabled=False) for c in more)

    assert arrives((*off, *connectors), policy, asked) == arrives(connectors, policy, asked)


@given(data=st.data(), leave=outbound_connectors(), arrive=inbound_connectors(), policy=policies)
@settings(max_examples=150, deadline=None)
def test_the_order_of_the_export_never_matters(
    data: st.DataObject, leave: tuple[OutboundConnector, ...], arrive: tuple[InboundConnector, ...], *, policy: Policy
) -> None:
    """No page gives connectors a priority, so their order in an export decides nothing (10.2)."""
    leave_asked, arrive_asked = data.draw(outbound_asked()), data.draw(inbound_asked)
    leave_mixed = tuple(data.draw(st.permutations(leave)))
    arrive_mixed = tuple(data.draw(st.permutations(arrive)))

    assert leaves(leave_mixed, policy, leave_asked) == leaves(leave, policy, leave_asked)
    assert arrives(arrive_mixed, policy, arrive_asked) == arrives(arrive, policy, arrive_asked)


@given(data=st.data(), leave=outbound_connectors(), arrive=inbound_connectors(), policy=policies)
@settings(max_examples=150, deadline=None)
def test_names_never_decide(
    data: st.DataObject, leave: tuple[OutboundConnector, ...], arrive: tuple[InboundConnector, ...], *, policy: Policy
) -> None:
    """Renaming connectors renames the answer and changes nothing else, unless names break ties (7.2)."""
    policy = replace(policy, equal_candidates="ambiguous")
    names = data.draw(st.permutations([f"N{n}" for n in range(6)]))
    new = {f"C{n}": name for n, name in enumerate(names)}
    leave_asked, arrive_asked = data.draw(outbound_asked()), data.draw(inbound_asked)

    assert leaves(_renamed(leave, new), policy, leave_asked) == _answer(leaves(leave, policy, leave_asked), new)
    assert arrives(_renamed(arrive, new), policy, arrive_asked) == _answer(arrives(arrive, policy, arrive_asked), new)


def _renamed(connectors: tuple[Any, ...], new: dict[str, str]) -> tuple[Any, ...]:
    return tuple(replace(c, name=new[c.name]) for c in connectors)


def _answer(answer: Answer, new: dict[str, str]) -> Answer:
    name = new[answer.connector] if answer.connector else None
    return replace(answer, connector=name, candidates=tuple(sorted(new[c] for c in answer.candidates)))


@given(
    leave=outbound_connectors(), policy=policies, asked=outbound_asked(), turn=st.sampled_from((str.upper, str.title))
)
@settings(max_examples=100, deadline=None)
def test_the_case_of_a_domain_never_matters(
    leave: tuple[OutboundConnector, ...], policy: Policy, asked: dict[str, Any], *, turn: Callable[[str], str]
) -> None:
    """SMTP domains compare without regard to case (3.4)."""
    assert leaves(leave, policy, {**asked, "domain": turn(asked["domain"])}) == leaves(leave, policy, asked)


@given(leave=outbound_connectors(), policy=policies, asked=outbound_asked())
@settings(max_examples=100, deadline=None)
def test_lowest_name_is_the_first_candidate(
    leave: tuple[OutboundConnector, ...], policy: Policy, asked: dict[str, Any]
) -> None:
    """`equal_candidates` decides between the candidates and nothing else (7.2)."""
    several, one = (
        leaves(leave, replace(policy, equal_candidates=value), asked) for value in ("ambiguous", "lowest_name")
    )

    if several.outcome is Outcome.AMBIGUOUS:
        assert one.connector == several.candidates[0]
    else:
        assert one == several
