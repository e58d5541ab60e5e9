"""Random tenants and messages for hypothesis: few names, so that scopes overlap, and every property."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from analyzer.tenant.model import AcceptedDomain, ConnectorType, DomainType, InboundConnector, OutboundConnector
from analyzer.tenant.policy import POLICIES, Policy
from tests.builders import accepted, inbound, networks, outbound

OWN_DOMAINS = ("contoso.com", "sales.contoso.com", "eu.sales.contoso.com", "fabrikam.com", "contoso.onmicrosoft.com")
FOREIGN_DOMAINS = ("example.org", "eu.example.org", "notcontoso.com", "woodgrovebank.com")
DOMAINS = (*OWN_DOMAINS, *FOREIGN_DOMAINS)
PATTERNS = (*DOMAINS, "*", "*.contoso.com", "*.sales.contoso.com", "*.com", "*.example.org", "*.fabrikam.com")
SUBJECTS = ("*.contoso.com", "mail.contoso.com", "ex1.sales.contoso.com", "contoso.com", "mail.woodgrovebank.com")
CERTIFICATE_NAMES = (*SUBJECTS, "*.sales.contoso.com", "*.woodgrovebank.com", "*.com")
ADDRESSES = ("192.0.2.10", "192.0.2.200", "198.51.100.7", "203.0.113.9")
NETWORKS = ("192.0.2.0/28", "192.0.2.0/24", "198.51.100.7/32", "203.0.113.0/24")

NAMES = ("beta", "Alpha", "Gamma", "delta", "epsilon")  # neither their order nor their case decides

flags = st.booleans()
rarely = st.integers(0, 5).map(lambda n: n == 0)
policies = st.builds(Policy, **{row.name: st.sampled_from(row.values) for row in POLICIES})


def some(values: tuple[str, ...], most: int = 3) -> st.SearchStrategy[tuple[str, ...]]:
    """Draw a few of some values, each once."""
    return st.lists(st.sampled_from(values), max_size=most, unique=True).map(tuple)


@st.composite
def outbound_connectors(draw: st.DrawFn) -> tuple[OutboundConnector, ...]:
    """Draw up to five outbound connectors of every kind."""
    return tuple(
        outbound(
            NAMES[number],
            *draw(some(PATTERNS)),
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
    """Draw up to five inbound connectors: by address, by certificate, by sender domain, restricted or not."""
    return tuple(
        inbound(
            NAMES[number],
            *draw(some(PATTERNS)),
            type=draw(st.sampled_from(ConnectorType)),
            sender_ips=networks(*draw(some(NETWORKS, 2))),
            certificate_name=draw(st.none() | st.sampled_from(CERTIFICATE_NAMES)),
            require_tls=draw(flags),
            restrict_to_ips=draw(rarely),
            restrict_to_certificate=draw(rarely),
            enabled=not draw(rarely),
            associated_accepted_domains=draw(some(OWN_DOMAINS, 2)) if draw(rarely) else (),
            trusted_organizations=("fabrikam.onmicrosoft.com",) if draw(rarely) and draw(rarely) else (),
        )
        for number in range(draw(st.integers(0, 5)))
    )


@st.composite
def accepted_domains(draw: st.DrawFn) -> tuple[AcceptedDomain, ...]:
    """Draw some of the own domains, of each type, with and without subdomains."""
    types: tuple[dict[str, Any], ...] = (
        {},
        {"type": DomainType.INTERNAL_RELAY},
        {"type": DomainType.INTERNAL_RELAY, "match_subdomains": True},
    )
    return tuple(a for d in draw(some(OWN_DOMAINS, 4)) for a in accepted(d, **draw(st.sampled_from(types))))
