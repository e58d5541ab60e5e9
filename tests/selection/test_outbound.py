"""Outbound selection, rule by rule of reference 3.2 to 3.5, under every policy of 7.2 that concerns it."""

from __future__ import annotations

import pytest

from analyzer.selection.outbound import OutboundView, select_outbound
from analyzer.tenant.model import ConnectorType, OutboundConnector
from analyzer.tenant.policy import Policy
from tests.builders import lens, outbound, rule
from tests.selection.asking import ACCEPTED, asked_outbound, leaving, named

PARTNER = ConnectorType.PARTNER

EXACT = outbound("Exact", "contoso.com")
TWIN = outbound("Twin", "contoso.com", "*.contoso.com")
WILD = outbound("Wild", "*.contoso.com")
DEEP = outbound("Deep", "*.sales.contoso.com")
ALL = outbound("All", all_accepted_domains=True)
STAR = outbound("Star", "*")
P_EXACT = outbound("P exact", "example.org", type=PARTNER)
P_WILD = outbound("P wild", "*.example.org", type=PARTNER)
P_STAR = outbound("P star", "*", type=PARTNER)
BOTH = outbound("Both", "*", all_accepted_domains=True)
CMT = outbound("CMT", "*", route_all_via_onpremises=True)

OFF = {"enabled": False}
SCOPED = {"rule_scoped": True}
TEST = {"test_mode": True}
UNVALIDATED = {"validated": False}

Table = list[tuple[tuple[OutboundConnector, ...], str, str, str]]

# (connectors, recipient domain, policy, who carries it)
MATCHING: Table = [
    ((EXACT,), "contoso.com", "", "Exact"),
    ((EXACT,), "CONTOSO.com", "", "Exact"),  # 3.4 case
    ((EXACT,), "mail.contoso.com", "", "none"),
    ((EXACT,), "notcontoso.com", "", "none"),
    ((WILD,), "mail.contoso.com", "", "Wild"),  # 3.4 *.contoso.com
    ((WILD,), "Mail.Contoso.Com", "", "Wild"),
    ((WILD,), "deep.sub.contoso.com", "", "Wild"),  # 3.4 any depth; 7.4
    ((WILD,), "notcontoso.com", "", "none"),  # 3.4 label boundary
    ((WILD,), "com", "", "none"),
    ((WILD,), "contoso.com", "", "Wild"),  # 3.4 apex
    ((WILD,), "contoso.com", "wildcard_apex=exclude", "none"),
    ((WILD,), "mail.contoso.com", "wildcard_apex=exclude", "Wild"),  # the apex alone is in doubt
    ((EXACT, WILD), "contoso.com", "", "Exact"),
    ((EXACT, WILD), "mail.contoso.com", "", "Wild"),
    ((WILD, DEEP), "eu.sales.contoso.com", "", "Deep"),  # 3.4 longest suffix
    ((WILD, DEEP), "eu.contoso.com", "", "Wild"),
    ((WILD, DEEP), "sales.contoso.com", "", "Deep"),  # the apex of the longer suffix
    ((WILD, DEEP), "sales.contoso.com", "wildcard_apex=exclude", "Wild"),
    ((STAR,), "example.org", "", "Star"),  # 3.4 *
    ((STAR, WILD), "mail.contoso.com", "", "Wild"),  # 3.4 * is the least specific
    ((STAR, EXACT), "contoso.com", "", "Exact"),
    ((), "contoso.com", "", "none"),
    ((outbound("Bare"),), "contoso.com", "", "none"),  # no scope at all
]

ALL_ACCEPTED: Table = [
    ((ALL,), "fabrikam.com", "", "All"),
    ((ALL,), "example.org", "", "none"),
    ((ALL,), "contoso.onmicrosoft.com", "", "All"),  # 7.4
    ((ALL,), "eu.contoso.com", "", "none"),  # a subdomain is not implied
    ((ALL,), "eu.northwindtraders.com", "", "All"),  # 3.4 MatchSubDomains
    ((ALL,), "a.eu.northwindtraders.com", "", "All"),
    ((ALL,), "eu.adatum.com", "", "none"),  # InternalRelay alone does not match subdomains
    ((outbound("P", all_accepted_domains=True, type=PARTNER),), "fabrikam.com", "", "none"),  # 3.4 Partner: no effect
    ((ALL, EXACT), "contoso.com", "", "Exact"),
    ((ALL, STAR), "fabrikam.com", "", "All"),  # 3.5, 5: both readings
    ((ALL, STAR), "fabrikam.com", "precedence=list", "All"),
    ((ALL, STAR), "example.org", "", "Star"),
]

PRECEDENCE: Table = [
    ((ALL, WILD), "sales.contoso.com", "", "Wild"),  # 3.5, the worked example
    ((ALL, WILD), "sales.contoso.com", "precedence=list", "All"),
    ((ALL, WILD), "eu.contoso.com", "precedence=list", "Wild"),  # (a) not an accepted domain
    ((ALL, WILD, EXACT), "contoso.com", "precedence=list", "Exact"),  # (b) an exact connector
    ((ALL, WILD), "fabrikam.com", "", "All"),  # (c) no wildcard matches
    ((WILD,), "sales.contoso.com", "precedence=list", "Wild"),  # (d) no connector for all accepted domains
    ((ALL, WILD), "contoso.com", "", "Wild"),  # (c) can hold for an apex
    ((ALL, WILD), "contoso.com", "precedence=list", "All"),
    ((ALL, WILD), "contoso.com", "wildcard_apex=exclude", "All"),
    ((ALL, WILD, STAR), "sales.contoso.com", "precedence=list", "All"),
]

ONE_WITH_DOMAIN = outbound("Domain too", "contoso.com", all_accepted_domains=True)
P_BOTH = outbound("P both", "example.org", all_accepted_domains=True, type=PARTNER)
SCOPES: Table = [
    ((BOTH,), "example.org", "", "Both"),  # 3.4, seen with gmail
    ((BOTH,), "example.org", "scope_combination=intersection", "none"),
    ((BOTH,), "fabrikam.com", "scope_combination=intersection", "Both"),
    ((BOTH, STAR), "fabrikam.com", "", "Both"),
    ((BOTH, STAR), "fabrikam.com", "scope_combination=intersection", "Both"),  # * and accepted: all accepted domains
    ((ONE_WITH_DOMAIN,), "fabrikam.com", "", "Domain too"),
    ((ONE_WITH_DOMAIN,), "fabrikam.com", "scope_combination=intersection", "none"),
    ((ONE_WITH_DOMAIN,), "contoso.com", "scope_combination=intersection", "Domain too"),
    ((ALL,), "fabrikam.com", "scope_combination=intersection", "All"),  # matters only when both are set
    ((EXACT,), "contoso.com", "scope_combination=intersection", "Exact"),
    ((P_BOTH,), "example.org", "scope_combination=intersection", "P both"),  # on Partner the flag has no effect
]

P_CONTOSO = outbound("A partner", "contoso.com", type=PARTNER)
EQUALS: Table = [
    ((EXACT, TWIN), "contoso.com", "", "Exact | Twin"),  # 3.4 two connectors, same domain
    ((EXACT, TWIN), "contoso.com", "equal_candidates=lowest_name", "Exact"),
    ((EXACT, P_CONTOSO), "contoso.com", "", "A partner | Exact"),  # 3.4 OnPremises vs Partner
    ((EXACT, P_CONTOSO), "contoso.com", "equal_candidates=lowest_name", "A partner"),
    (
        (outbound("zeta", "contoso.com"), outbound("Yotta", "contoso.com"), outbound("alpha", "contoso.com")),
        "contoso.com",
        "equal_candidates=lowest_name",
        "alpha",
    ),  # names compare without regard to case
    ((WILD, TWIN), "mail.contoso.com", "", "Twin | Wild"),
    ((WILD, TWIN), "contoso.com", "", "Twin"),  # one exact, one wildcard: not equal
    ((WILD, TWIN), "contoso.com", "wildcard_apex=exclude", "Twin"),
    ((STAR, P_STAR), "example.org", "", "P star | Star"),
    ((ALL, outbound("All 2", all_accepted_domains=True)), "fabrikam.com", "", "All | All 2"),
    ((EXACT, outbound("Off", "contoso.com", **OFF)), "contoso.com", "", "Exact"),  # two *enabled* connectors
    ((EXACT, TWIN, STAR), "contoso.com", "", "Exact | Twin"),
]

UNUSABLE: Table = [
    ((outbound("Off", "contoso.com", **OFF),), "contoso.com", "", "none"),  # 3.4 disabled
    ((outbound("Off", "contoso.com", **OFF), STAR), "contoso.com", "", "Star"),
    ((outbound("Ruled", "contoso.com", **SCOPED),), "contoso.com", "", "none"),  # 3.4 rule-scoped
    ((outbound("Ruled", "contoso.com", **SCOPED), WILD), "contoso.com", "", "Wild"),
    ((outbound("Test", "contoso.com", **TEST),), "contoso.com", "", "none"),  # 7.4 TestMode
    ((outbound("Test", "contoso.com", **TEST), ALL), "contoso.com", "", "All"),
    ((outbound("New", "contoso.com", **UNVALIDATED),), "contoso.com", "", "New"),  # 3.4 not validated
    ((outbound("New", "contoso.com", **UNVALIDATED),), "contoso.com", "unvalidated=ignored", "none"),
    ((outbound("New", "contoso.com", **UNVALIDATED), ALL), "contoso.com", "unvalidated=ignored", "All"),
    ((outbound("Proven", "contoso.com", validated=True),), "contoso.com", "unvalidated=ignored", "Proven"),
    ((outbound("Unsaid", "contoso.com", validated=None),), "contoso.com", "unvalidated=ignored", "Unsaid"),  # absent
]


@pytest.mark.parametrize(
    "connectors, domain, policy, carrier",
    [*MATCHING, *ALL_ACCEPTED, *PRECEDENCE, *SCOPES, *EQUALS, *UNUSABLE],
    ids=named,
)
def test_selection_by_recipient_domain(
    connectors: tuple[OutboundConnector, ...], domain: str, policy: str, carrier: str
) -> None:
    """The best match among enabled connectors that routing by domain may use carries the mail (3.4, 3.5)."""
    assert leaving(connectors, domain, policy=policy) == carrier


BARE_CMT = outbound("CMT", route_all_via_onpremises=True)
CMT_EXACT = outbound("CMT", "example.org", route_all_via_onpremises=True)
SECOND_CMT = outbound("CMT 2", "*", route_all_via_onpremises=True)

# (connectors, way, recipient domain, policy, who carries it)
TRANSPORT: list[tuple[tuple[OutboundConnector, ...], str, str, str, str]] = [
    ((CMT,), "cloud>internet", "example.org", "", "CMT"),  # 11, case 11
    ((CMT,), "cloud>cloud", "contoso.com", "", "local"),  # 11, case 12
    ((CMT,), "internet>cloud", "contoso.com", "", "CMT"),  # 11, case 13
    ((CMT,), "partner>cloud", "contoso.com", "", "CMT"),  # 2, partner: then as internet
    ((CMT,), "onpremises>cloud", "contoso.com", "", "local"),  # 3.3, 2: never what comes from on-premises
    ((CMT,), "cloud>onpremises", "contoso.com", "", "CMT"),  # 7.4: to on-premises its * counts like any *
    ((CMT,), "internet>onpremises", "contoso.com", "", "CMT"),
    ((CMT,), "onpremises>onpremises", "contoso.com", "", "CMT"),
    ((CMT,), "onpremises>internet", "example.org", "", "none"),  # KB 3194415
    ((CMT,), "onpremises>partner", "woodgrovebank.com", "", "none"),
    ((CMT, STAR), "onpremises>internet", "example.org", "", "Star"),  # only the CMT connector's own * is out
    ((CMT, P_STAR), "onpremises>internet", "example.org", "", "P star"),
    ((CMT_EXACT,), "onpremises>internet", "example.org", "", "CMT"),  # its exact domain still counts
    ((BARE_CMT,), "cloud>internet", "example.org", "", "CMT"),  # covered without any domain
    ((BARE_CMT,), "cloud>onpremises", "contoso.com", "", "none"),  # not covered, and no domain matches
    ((STAR,), "internet>cloud", "contoso.com", "", "local"),  # a * alone is not CMT
    ((STAR,), "onpremises>internet", "example.org", "", "Star"),
    # 3.3, step 5: its * does not count, so only one of the two scopes is left.
    ((outbound("CMT", "*", route_all_via_onpremises=True, all_accepted_domains=True),), "onpremises>internet",
     "fabrikam.com", "scope_combination=intersection", "none"),
    ((outbound("CMT", "*", route_all_via_onpremises=True, **OFF),), "cloud>internet", "example.org", "", "none"),
    ((outbound("CMT", route_all_via_onpremises=True, type=PARTNER),), "cloud>internet", "example.org", "", "none"),
    ((outbound("CMT", "*", route_all_via_onpremises=True, **TEST),), "internet>cloud", "contoso.com", "", "local"),
    ((outbound("CMT", "*", route_all_via_onpremises=True, **SCOPED),), "cloud>internet", "example.org", "", "none"),
    ((outbound("CMT", "*", route_all_via_onpremises=True, **UNVALIDATED),), "internet>cloud", "contoso.com",
     "unvalidated=ignored", "local"),
    ((outbound("CMT", "*", route_all_via_onpremises=True, **UNVALIDATED),), "internet>cloud", "contoso.com", "", "CMT"),
    ((CMT, SECOND_CMT), "cloud>internet", "example.org", "", "CMT | CMT 2"),
    ((CMT, SECOND_CMT), "cloud>internet", "example.org", "equal_candidates=lowest_name", "CMT"),
]  # fmt: skip

EQUAL_CMT = outbound("CMT", "example.org", route_all_via_onpremises=True)
SPECIFIC: list[tuple[tuple[OutboundConnector, ...], str, str, str, str]] = [
    ((CMT, P_EXACT), "cloud>internet", "example.org", "", "P exact"),  # 3.3, 2 against a more specific connector
    ((CMT, P_EXACT), "cloud>internet", "example.org", "cmt_vs_specific=cmt", "CMT"),
    # 3.3, steps 3 and 4: a CMT connector that matches as closely as another one is a candidate beside it.
    ((EQUAL_CMT, P_EXACT), "cloud>internet", "example.org", "", "CMT | P exact"),
    ((EQUAL_CMT, P_EXACT), "cloud>internet", "example.org", "cmt_vs_specific=cmt", "CMT"),
    ((EQUAL_CMT, STAR), "cloud>internet", "example.org", "", "CMT"),
    ((CMT, P_WILD), "cloud>internet", "eu.example.org", "", "P wild"),
    ((CMT, P_WILD), "cloud>internet", "eu.example.org", "cmt_vs_specific=cmt", "CMT"),
    ((CMT, P_WILD), "cloud>internet", "example.org", "", "P wild"),
    ((CMT, P_WILD), "cloud>internet", "example.org", "wildcard_apex=exclude", "CMT"),
    ((CMT, P_EXACT), "cloud>internet", "example.net", "", "CMT"),  # matches nothing here
    ((CMT, P_STAR), "cloud>internet", "example.org", "", "CMT"),  # a * match does not outrank CMT
    ((CMT, P_EXACT), "cloud>partner", "example.org", "", "P exact"),  # CMT against Partner
    ((CMT, P_EXACT), "cloud>partner", "example.org", "cmt_vs_specific=cmt", "CMT"),
    ((CMT,), "cloud>partner", "woodgrovebank.com", "", "CMT"),
    ((CMT, EXACT), "internet>cloud", "contoso.com", "", "Exact"),  # 7.2, internet -> cloud with a domain connector
    ((CMT, EXACT), "internet>cloud", "contoso.com", "cmt_vs_specific=cmt", "CMT"),
    ((CMT, ALL), "internet>cloud", "contoso.com", "", "CMT"),  # an all-accepted match does not outrank CMT
    ((CMT, ALL), "internet>cloud", "contoso.com", "precedence=list", "CMT"),
    ((CMT, ALL, WILD), "internet>cloud", "sales.contoso.com", "", "Wild"),
    ((CMT, ALL, WILD), "internet>cloud", "sales.contoso.com", "precedence=list", "CMT"),
    ((CMT, EXACT), "cloud>onpremises", "contoso.com", "cmt_vs_specific=cmt", "Exact"),  # CMT does not cover it
    ((CMT, EXACT), "onpremises>onpremises", "contoso.com", "cmt_vs_specific=cmt", "Exact"),
    ((CMT, EXACT), "onpremises>cloud", "contoso.com", "", "local"),
    ((CMT, EXACT, TWIN), "internet>cloud", "contoso.com", "", "Exact | Twin"),
    ((CMT_EXACT, P_STAR), "cloud>internet", "example.org", "", "CMT"),
]


@pytest.mark.parametrize("connectors, way, domain, policy, carrier", [*TRANSPORT, *SPECIFIC], ids=named)
def test_centralized_mail_transport(
    connectors: tuple[OutboundConnector, ...], way: str, domain: str, policy: str, carrier: str
) -> None:
    """CMT takes internet mail of cloud mailboxes round by on-premises, and nothing else (3.3, steps 4 and 5)."""
    assert leaving(connectors, domain, way, policy=policy) == carrier


@pytest.mark.parametrize(
    "connectors, way, policy, carrier",
    [
        ((CMT,), "cloud>internet", "", "none"),  # 11, case 15
        ((CMT,), "cloud>internet", "cmt_forwarded=cmt", "CMT"),
        ((CMT,), "internet>internet", "", "none"),
        ((CMT,), "internet>internet", "cmt_forwarded=cmt", "CMT"),
        ((CMT,), "partner>internet", "cmt_forwarded=cmt", "CMT"),
        ((CMT,), "onpremises>internet", "cmt_forwarded=cmt", "none"),  # KB 3194415, whatever the policy
        ((CMT, P_STAR), "cloud>internet", "", "P star"),  # the vendor blog's extra Partner *
        ((CMT, P_STAR), "cloud>internet", "cmt_forwarded=cmt", "CMT"),
        ((CMT, P_EXACT), "cloud>internet", "cmt_forwarded=cmt", "P exact"),
        ((CMT,), "internet>cloud", "", "CMT"),  # to a cloud mailbox the policy does not speak
        ((STAR,), "cloud>internet", "", "Star"),
    ],
    ids=named,
)
def test_forwarded_copies(connectors: tuple[OutboundConnector, ...], way: str, policy: str, carrier: str) -> None:
    """A copy that a cloud mailbox forwards is exempt from CMT under `cmt_forwarded=direct` (3.3, step 5)."""
    domain = "example.org" if way.endswith("internet") else "contoso.com"

    assert leaving(connectors, domain, way, policy=policy, forwarded=True) == carrier


@pytest.mark.parametrize("way", ["internet>internet", "partner>internet"])
def test_foreign_mail_that_leaves_again_is_a_forward(way: str) -> None:
    """7.2: a sender not of ours and an external recipient make a forward, said or not."""
    assert leaving((CMT,), "example.org", way) == "none"
    assert leaving((CMT,), "example.org", way, policy="cmt_forwarded=cmt") == "CMT"


@pytest.mark.parametrize(
    "connectors, way, policy, carrier",
    [
        ((), "cloud>internet", "", "Ruled"),  # 3.3, 1
        ((STAR, P_EXACT), "cloud>internet", "", "Ruled"),
        ((EXACT,), "cloud>onpremises", "", "Ruled"),
        ((), "cloud>cloud", "", "Ruled"),  # wherever the recipient is
        ((), "onpremises>cloud", "", "Ruled"),
        ((CMT,), "cloud>internet", "", "Ruled"),
        ((CMT,), "cloud>internet", "cmt_vs_rule=cmt", "CMT"),
        ((CMT,), "internet>cloud", "cmt_vs_rule=cmt", "CMT"),
        ((CMT,), "cloud>cloud", "cmt_vs_rule=cmt", "Ruled"),  # CMT does not cover it
        ((CMT,), "onpremises>internet", "cmt_vs_rule=cmt", "Ruled"),
        ((STAR,), "cloud>internet", "cmt_vs_rule=cmt", "Ruled"),  # no CMT at all
    ],
    ids=named,
)
def test_a_rule_that_fired(connectors: tuple[OutboundConnector, ...], way: str, policy: str, carrier: str) -> None:
    """A rule with RouteMessageOutboundConnector decides before everything but, by policy, CMT (3.3, step 1)."""
    ruled = outbound("Ruled", rule_scoped=True)
    domain = "example.org" if way.endswith("internet") else "contoso.com"

    assert leaving((*connectors, ruled), domain, way, policy=policy, rule=rule("Ruled")) == carrier


def test_a_rule_may_name_a_domain_connector() -> None:
    """7.4: a rule that names a connector with domains of its own is honoured."""
    assert leaving((EXACT, P_EXACT), "contoso.com", rule=rule("P exact")) == "P exact"


@pytest.mark.parametrize(
    "way, answer",
    [
        ("internet>cloud", "reject 5.4.1"),  # 3.2, at the edge
        ("partner>cloud", "reject 5.4.1"),
        ("cloud>cloud", "reject 5.1.10"),  # 3.2, from the directory
    ],
)
def test_a_recipient_that_nobody_has(way: str, answer: str) -> None:
    """An unknown recipient is refused before any rule or connector is looked at (3.3, step 0)."""
    assert leaving((EXACT, CMT), "contoso.com", way, unknown_recipient=True, rule=rule("Exact")) == answer
    seen = lens(outbound=(EXACT, CMT), accepted=ACCEPTED)
    question = asked_outbound(seen, "contoso.com", way, unknown_recipient=True)
    assert select_outbound(question, OutboundView(seen, Policy())).reason == "recipient-unknown"


@pytest.mark.parametrize(
    "connectors, way, domain, answer",
    [
        ((EXACT,), "cloud>cloud", "contoso.com", "local"),  # 3.2 cloud mailbox
        ((EXACT,), "internet>cloud", "contoso.com", "local"),
        ((EXACT,), "onpremises>cloud", "contoso.com", "local"),
        ((EXACT,), "cloud>internet", "example.org", "none"),  # 3.3, 4: the MX record
        ((EXACT,), "onpremises>internet", "example.org", "none"),
        ((EXACT,), "internet>internet", "example.org", "none"),
        ((P_EXACT,), "cloud>partner", "example.org", "P exact"),
        ((P_EXACT,), "onpremises>partner", "example.org", "P exact"),
        ((P_EXACT,), "cloud>partner", "woodgrovebank.com", "none"),
    ],
    ids=named,
)
def test_without_centralized_transport(
    connectors: tuple[OutboundConnector, ...], way: str, domain: str, answer: str
) -> None:
    """A cloud mailbox needs no connector, and what no connector matches follows the MX record (3.3, steps 2 and 6)."""
    assert leaving(connectors, domain, way) == answer
