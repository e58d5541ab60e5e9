"""Random tenants and messages for hypothesis: few names, so that scopes overlap, and every property."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from analyzer.tenant.model import (
    AcceptedDomain,
    ConnectorType,
    DomainType,
    InboundConnector,
    OutboundConnector,
    TransportRule,
)
from analyzer.tenant.policy import POLICIES, Policy
from analyzer.tenant.predicates import Predicate, SenderLocation
from tests.builders import accepted, inbound, networks, outbound, rule

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
        {"type": DomainType.EXTERNAL_RELAY},
    )
    return tuple(a for d in draw(some(OWN_DOMAINS, 4)) for a in accepted(d, **draw(st.sampled_from(types))))


PERSONS = (
    *("bob@contoso.com", "john@contoso.com", "sun@example.net", "erin@example.org", "guest@fabrikam.com"),
    *("sales_eu@contoso.com", "x@eu.contoso.com", "bob.sales@adatum.com", "clerk@notcontoso.com"),
)
_WORDS = ("contoso", "bob", "sales", "@contoso.com", "sun@", "oso")
_PATTERNS = (r"^bob@", r"\.org$", "contoso.com$", "^SUN", "(unread", "[a-z-[b]]ob")
_SENDER = {
    "From": PERSONS,
    "SenderDomainIs": DOMAINS,
    "FromAddressContainsWords": _WORDS,
    "FromAddressMatchesPatterns": _PATTERNS,
    "FromScope": ("inorganization", "notinorganization"),
}
_OTHERS = {
    "SentTo": PERSONS,
    "RecipientDomainIs": DOMAINS,
    "RecipientAddressContainsWords": _WORDS,
    "RecipientAddressMatchesPatterns": _PATTERNS,
    "AnyOfRecipientAddressContainsWords": _WORDS,
    "AnyOfRecipientAddressMatchesPatterns": _PATTERNS,
    "SentToScope": ("inorganization", "notinorganization", "externalpartner", "externalnonpartner"),
    "SenderIpRanges": NETWORKS,
    "MessageSizeOver": ("1000", "50000"),
}
_OTHERS |= {
    "SubjectContainsWords": ("offer", "price list", "re:", "_draft"),
    "SubjectMatchesPatterns": ("^re", "draft$", "(unread"),
}
TITLES = (
    "",
    "Re: Offer 4711",
    "the price list, draft",
    "offer_draft",
    "re offers",
    "offer " * 43,
    "x" * 250 + " offer",
)
_ONE_VALUE = ("FromScope", "SentToScope", "MessageSizeOver")


@st.composite
def predicates(draw: st.DrawFn) -> Predicate:
    """Draw a condition of a mail flow rule that a log may show."""
    name = draw(st.sampled_from((*_SENDER, *_OTHERS)))
    most = 1 if name in _ONE_VALUE else 2
    values = draw(st.lists(st.sampled_from({**_SENDER, **_OTHERS}[name]), min_size=1, max_size=most, unique=True))
    location = draw(st.sampled_from(SenderLocation)) if name in _SENDER else SenderLocation.HEADER
    return Predicate(name, tuple(values), location)


@st.composite
def transport_rules(draw: st.DrawFn) -> tuple[TransportRule, ...]:
    """Draw up to four rules that route, or that only stop those below them."""
    some_predicates = st.lists(predicates(), max_size=2).map(tuple)
    order = draw(st.permutations(range(4)))
    return tuple(
        rule(
            "" if draw(rarely) else "Lane",
            name=NAMES[number],
            stops=True,
            priority=order[number],
            enabled=not draw(rarely),
            conditions=draw(some_predicates),
            exceptions=draw(some_predicates) if draw(flags) else (),
            unmodelled=("SCLOver",) if draw(rarely) else (),
        )
        for number in range(draw(st.integers(0, 4)))
    )
