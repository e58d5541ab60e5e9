"""Inbound attribution, rule by rule of reference 4.2 and 4.3."""

from __future__ import annotations

from typing import Any

import pytest

from analyzer.selection.inbound import InboundView, certificate_matches, select_inbound
from analyzer.tenant.model import ConnectorType, InboundConnector, Organization
from analyzer.tenant.policy import Policy
from tests.builders import FOREIGN_HOST, OUR_SERVER, OUR_SERVERS, accepted, inbound, lens, networks
from tests.selection.asking import ACCEPTED, arriving, asked_inbound, named

IP = inbound("IP", sender_ips=networks(OUR_SERVERS))
IP_TWIN = inbound("IP twin", sender_ips=networks(OUR_SERVER))
STAR_CERT = inbound("Star cert", certificate_name="*.contoso.com")

P_EXACT = inbound("P exact", "woodgrovebank.com")
P_WILD = inbound("P wild", "*.woodgrovebank.com")
P_DEEP = inbound("P deep", "*.eu.woodgrovebank.com")
P_STAR = inbound("P star", "*")

Connectors = tuple[InboundConnector, ...]


@pytest.mark.parametrize(
    "connectors, names, answer",
    [
        ((STAR_CERT,), ("exchange.contoso.com",), "Star cert"),  # 11, case 19; 4.2, 5
        ((STAR_CERT,), ("exchange.fabrikam.com",), "none"),
        ((STAR_CERT,), (), "none"),  # nothing presented
        ((STAR_CERT,), ("contoso.com",), "none"),  # 7.4: a wildcard does not cover its apex
        ((STAR_CERT,), ("exchange.notcontoso.com",), "none"),
        ((STAR_CERT,), ("*.contoso.com",), "Star cert"),
        ((STAR_CERT,), ("cdn.example.net", "exchange.contoso.com"), "Star cert"),  # subject and SAN
        ((STAR_CERT, IP), ("exchange.contoso.com",), "Star cert"),
        ((inbound("Apex cert", certificate_name="contoso.com"),), ("contoso.com",), "Apex cert"),
        # keep those whose certificate domain is an accepted domain
        ((inbound("Foreign", certificate_name="*.example.net"),), ("mail.example.net",), "none"),
        ((inbound("Host", certificate_name="mail.contoso.com"),), ("mail.contoso.com",), "none"),  # 9.1, 5
        ((inbound("Host", certificate_name="sales.contoso.com"),), ("sales.contoso.com",), "Host"),
        ((inbound("Host", certificate_name="eu.northwindtraders.com"),), ("eu.northwindtraders.com",), "Host"),
        # only enabled OnPremises connectors
        ((inbound("Off", certificate_name="*.contoso.com", enabled=False),), ("exchange.contoso.com",), "none"),
        (
            (inbound("P", "example.org", certificate_name="*.contoso.com"),), ("exchange.contoso.com",), "none",
        ),
    ],
    ids=named,
)  # fmt: skip
def test_attribution_by_certificate(connectors: Connectors, names: tuple[str, ...], answer: str) -> None:
    """An OnPremises connector whose certificate domain is accepted takes what presents a matching name (4.2, 1)."""
    assert arriving(connectors, certificates=names) == answer


@pytest.mark.parametrize(
    "domain, answer",
    [("contoso.com", "Star cert"), ("jpn.contoso.com", "Star cert"), ("notcontoso.com", "none"), ("com", "none")],
)
def test_which_accepted_domain_bears_out_a_wildcard(domain: str, answer: str) -> None:
    """4.2, 1: `*.contoso.com` is valid with contoso.com or a domain below it accepted."""
    names = ("jpn.contoso.com",)

    assert arriving((STAR_CERT,), "", domain, accepted_domains=accepted(domain), certificates=names) == answer


SALES = inbound("Sales cert", certificate_name="sales.contoso.com")
SALES_STAR = inbound("Sales star", certificate_name="*.sales.contoso.com")
TWIN_CERT = inbound("Twin cert", certificate_name="*.contoso.com")
ONE_LETTER = inbound("One letter", certificate_name="a.northwindtraders.com")
ALL_LETTERS = inbound("All letters", certificate_name="*.northwindtraders.com")


@pytest.mark.parametrize(
    "connectors, name, policy, answer",
    [
        ((STAR_CERT, SALES), "sales.contoso.com", "", "Sales cert"),  # exact before wildcard
        ((STAR_CERT, SALES_STAR), "mail.sales.contoso.com", "", "Sales star"),  # the longer wildcard
        ((STAR_CERT, SALES_STAR), "mail.contoso.com", "", "Star cert"),
        ((ONE_LETTER, ALL_LETTERS), "a.northwindtraders.com", "", "One letter"),  # a name as long as the wildcard
        ((SALES, STAR_CERT), "*.contoso.com", "", "Star cert"),  # the very name is the most accurate
        ((STAR_CERT, TWIN_CERT), "mail.contoso.com", "", "Star cert | Twin cert"),  # 4.2, 4: two equal ones
        ((STAR_CERT, TWIN_CERT), "mail.contoso.com", "equal_candidates=lowest_name", "Star cert"),
    ],
    ids=named,
)
def test_the_most_accurate_certificate_wins(connectors: Connectors, name: str, policy: str, answer: str) -> None:
    """Among certificate connectors the most specific name decides; two equal ones stay open (4.2, 1 and 4)."""
    assert arriving(connectors, certificates=(name,), policy=policy) == answer


@pytest.mark.parametrize(
    "pattern, name, matches",
    [
        ("mail.contoso.com", "mail.contoso.com", True),
        ("*.contoso.com", "mail.contoso.com", True),
        ("*.contoso.com", "contoso.com", False),  # 7.4
        ("*.contoso.com", "*.contoso.com", True),
        ("mail.contoso.com", "contoso.com", False),
        ("mail.contoso.com", "mx.contoso.com", False),
        ("mail.contoso.com", "*.contoso.com", True),  # a wildcard certificate names every host below it (0007)
        ("mail.contoso.com", "*.fabrikam.com", False),
    ],
)
def test_when_a_presented_name_matches(pattern: str, name: str, matches: bool) -> None:  # noqa: FBT001
    """TlsSenderCertificateName is a name, or a wildcard for the names below one."""
    assert certificate_matches(pattern, name) is matches


@pytest.mark.parametrize(
    "connectors, mail_from, ip, policy, answer",
    [
        ((IP,), "contoso.com", OUR_SERVER, "", "IP"),  # 11, case 20
        ((IP,), "contoso.com", "192.0.2.16", "", "none"),  # the next address
        ((IP,), "contoso.com", "", "", "none"),  # the address is missing
        ((IP,), "example.net", OUR_SERVER, "", "IP"),  # fallback: the recipient's domain is accepted
        ((IP,), "example.net", OUR_SERVER, "recipient_fallback=off", "none"),
        ((IP,), "", OUR_SERVER, "", "IP"),  # null sender, accepted recipient
        ((IP,), "", OUR_SERVER, "recipient_fallback=off", "none"),
        ((IP,), "contoso.com", OUR_SERVER, "recipient_fallback=off", "IP"),
        ((inbound("Host bits", sender_ips=networks("192.0.2.1/25")),), "contoso.com", "192.0.2.100", "", "Host bits"),
        ((inbound("Off", sender_ips=networks(OUR_SERVERS), enabled=False),), "contoso.com", OUR_SERVER, "", "none"),
        ((inbound("P", "example.org", sender_ips=networks(OUR_SERVERS)),), "contoso.com", OUR_SERVER, "", "none"),
        ((IP, IP_TWIN), "contoso.com", OUR_SERVER, "", "IP | IP twin"),  # 4.2, 4
        ((IP, IP_TWIN), "contoso.com", OUR_SERVER, "equal_candidates=lowest_name", "IP"),
        ((IP, IP_TWIN), "contoso.com", "192.0.2.9", "", "IP"),
    ],
    ids=named,
)
def test_attribution_by_address(connectors: Connectors, mail_from: str, ip: str, policy: str, answer: str) -> None:
    """A listed address is ours where an accepted domain stands in MAIL FROM or, by policy, in RCPT TO (4.2, 2)."""
    assert arriving(connectors, mail_from, ip=ip, policy=policy) == answer


def test_the_certificate_comes_before_the_address() -> None:
    """4.2, 4: certificate before IP, even where another connector lists the address."""
    both = (IP, STAR_CERT)

    assert arriving(both, "contoso.com", ip=OUR_SERVER, certificates=("exchange.contoso.com",)) == "Star cert"
    assert arriving(both, "contoso.com", ip=OUR_SERVER, certificates=("exchange.fabrikam.com",)) == "IP"


@pytest.mark.parametrize(
    "connectors, mail_from, ip, names, answer",
    [
        ((IP,), "contoso.com", OUR_SERVER, (), "IP"),  # 4.3: both conditions
        ((IP,), "example.net", OUR_SERVER, (), "reject 5.7.64"),  # 11, case 21
        ((IP,), "", OUR_SERVER, (), "reject 5.7.64"),  # 11, case 22
        ((IP,), "eu.contoso.com", OUR_SERVER, (), "reject 5.7.64"),  # 4.3: a subdomain is not implied
        ((IP,), "eu.northwindtraders.com", OUR_SERVER, (), "IP"),  # unless MatchSubDomains
        ((IP,), "contoso.com", FOREIGN_HOST, (), "reject 5.7.64"),  # 9.1, 3: the address changed
        ((STAR_CERT,), "", OUR_SERVER, ("exchange.contoso.com",), "Star cert"),  # 11, case 23
        ((STAR_CERT,), "example.net", FOREIGN_HOST, ("exchange.contoso.com",), "Star cert"),
        ((STAR_CERT,), "contoso.com", OUR_SERVER, ("exchange.fabrikam.com",), "reject 5.7.64"),  # 9.1, 1: renewed
        ((P_STAR,), "example.net", FOREIGN_HOST, (), "reject 5.7.64"),  # 11, case 29: nobody's recipient
        ((), "contoso.com", FOREIGN_HOST, (), "reject 5.7.64"),
    ],
    ids=named,
)
def test_relay_to_the_internet(
    connectors: Connectors, mail_from: str, ip: str, names: tuple[str, ...], answer: str
) -> None:
    """Mail to a domain that is not ours is taken in only from an attributed source (4.3)."""
    assert arriving(connectors, mail_from, "example.org", ip=ip, certificates=names) == answer


def test_nobody_is_refused_for_want_of_an_export() -> None:
    """Without the accepted domains nobody knows whose recipient it is, so no relay is denied for certain (4.3)."""
    assert arriving((), "example.net", "example.org", ip=FOREIGN_HOST, accepted_domains=None) == "none"
    assert arriving((), "example.net", "example.org", ip=FOREIGN_HOST, accepted_domains=()) == "reject 5.7.64"


@pytest.mark.parametrize("policy", ["", "recipient_fallback=off"])
def test_the_recipient_fallback_never_relays(policy: str) -> None:
    """4.3: with attribution by address a foreign sender works only toward an accepted recipient domain."""
    assert arriving((IP,), "example.net", "example.org", ip=OUR_SERVER, policy=policy) == "reject 5.7.64"


@pytest.mark.parametrize(
    "connectors, mail_from, policy, answer",
    [
        ((P_EXACT,), "woodgrovebank.com", "", "P exact"),
        ((P_EXACT,), "eu.woodgrovebank.com", "", "none"),
        ((P_EXACT,), "example.net", "", "none"),
        ((P_EXACT,), "", "", "none"),  # a null sender has no domain
        ((P_WILD,), "eu.woodgrovebank.com", "", "P wild"),
        ((P_WILD,), "woodgrovebank.com", "", "P wild"),  # 4.1: a domain and all subdomains
        ((P_WILD,), "woodgrovebank.com", "wildcard_apex=exclude", "P wild"),  # the policy is about RecipientDomains
        ((P_WILD,), "notwoodgrovebank.com", "", "none"),
        ((P_WILD, P_EXACT), "woodgrovebank.com", "", "P exact"),
        ((P_WILD, P_DEEP), "a.eu.woodgrovebank.com", "", "P deep"),
        ((P_STAR,), "example.net", "", "P star"),
        ((P_STAR,), "", "", "P star"),
        ((P_STAR, P_EXACT), "woodgrovebank.com", "", "P exact"),
        ((P_EXACT, inbound("P twin", "woodgrovebank.com")), "woodgrovebank.com", "", "P exact | P twin"),
        ((P_EXACT, inbound("P twin", "woodgrovebank.com")), "woodgrovebank.com", "equal_candidates=lowest_name",
         "P exact"),
        ((inbound("Off", "woodgrovebank.com", enabled=False),), "woodgrovebank.com", "", "none"),
        ((inbound("Typed", type=ConnectorType.PARTNER),), "woodgrovebank.com", "", "none"),  # no SenderDomains
        ((inbound("O", "woodgrovebank.com", type=ConnectorType.ONPREMISES),), "woodgrovebank.com", "", "none"),  # 4.1
    ],
    ids=named,
)  # fmt: skip
def test_partners_by_sender_domain(connectors: Connectors, mail_from: str, policy: str, answer: str) -> None:
    """Incoming mail meets the Partner connector that matches its sender's domain best (4.2, 3)."""
    assert arriving(connectors, mail_from, ip=FOREIGN_HOST, policy=policy) == answer


def test_our_own_servers_come_before_partners() -> None:
    """4.2: Originating is tried first, then Incoming."""
    both = (P_STAR, IP)

    assert arriving(both, "contoso.com", ip=OUR_SERVER) == "IP"
    assert arriving(both, "contoso.com", ip=FOREIGN_HOST) == "P star"


@pytest.mark.parametrize(
    "connector, plain_text, answer",
    [
        (P_EXACT, True, "reject"),  # 11, case 26; 4.2, 3: no code is known
        (P_EXACT, False, "P exact"),
        (inbound("Lenient", "woodgrovebank.com", require_tls=False), True, "Lenient"),
    ],
    ids=named,
)
def test_plain_text_from_a_partner(connector: InboundConnector, plain_text: bool, answer: str) -> None:  # noqa: FBT001
    """RequireTls refuses a session without encryption (4.1)."""
    assert arriving((connector,), "woodgrovebank.com", plain_text=plain_text) == answer


def test_an_equal_partner_connector_that_would_refuse_plain_text_is_no_candidate() -> None:
    """4.1, 4.2, 4: of two equal connectors the one that asks for TLS cannot have taken a session without it."""
    both = (P_EXACT, inbound("Lenient", "woodgrovebank.com", require_tls=False))

    assert arriving(both, "woodgrovebank.com", plain_text=True) == "Lenient"
    assert arriving(both, "woodgrovebank.com") == "Lenient | P exact"


def test_require_tls_applies_only_to_partners() -> None:
    """4.1: RequireTls on an OnPremises connector refuses nothing."""
    assert arriving((IP,), "contoso.com", ip=OUR_SERVER, plain_text=True) == "IP"


def test_everything_else_is_the_default_inbound_connector() -> None:
    """11, case 24: another address, no certificate, an accepted recipient, no Partner connector."""
    assert arriving((IP, STAR_CERT), "example.net", ip=FOREIGN_HOST) == "none"
    assert arriving((), "example.net", ip=FOREIGN_HOST) == "none"


BANK_RANGE = "198.51.100.0/24"
BANK_HOST, BANK_CERT = "198.51.100.7", "mail.woodgrovebank.com"
BY_IP = inbound("By IP", "woodgrovebank.com", restrict_to_ips=True, sender_ips=networks(BANK_RANGE))
BY_CERT = inbound("By cert", "woodgrovebank.com", restrict_to_certificate=True, certificate_name="*.woodgrovebank.com")
FILTER = inbound("Filter", "*", restrict_to_ips=True, sender_ips=networks("203.0.113.200/32"))
BOTH = inbound(
    "Both",
    "woodgrovebank.com",
    restrict_to_ips=True,
    sender_ips=networks(BANK_RANGE),
    restrict_to_certificate=True,
    certificate_name="*.woodgrovebank.com",
)
OWN_BY_CERT = inbound("Own by cert", certificate_name="*.contoso.com")
COEXISTING = inbound("Coexisting", "*", restrict_to_certificate=True, certificate_name="*.contoso.com")
REFUSED = "reject 5.7.51"


@pytest.mark.parametrize(
    "connectors, mail_from, asked, answer",
    [
        ((BY_IP,), "woodgrovebank.com", {"ip": BANK_HOST}, "By IP"),  # listed
        ((BY_IP,), "woodgrovebank.com", {"ip": FOREIGN_HOST}, REFUSED),  # 11, cases 25 and 27
        ((BY_IP,), "woodgrovebank.com", {}, "By IP"),  # an address that is not known proves nothing
        ((BY_IP,), "example.net", {"ip": FOREIGN_HOST}, "none"),  # another domain
        ((FILTER,), "example.net", {"ip": FOREIGN_HOST}, REFUSED),  # 11, case 25
        ((BY_CERT,), "woodgrovebank.com", {"certificates": (BANK_CERT,)}, "By cert"),
        ((BY_CERT,), "woodgrovebank.com", {"certificates": ("mail.example.net",)}, REFUSED),
        ((BY_CERT,), "woodgrovebank.com", {}, REFUSED),  # 7.4: without the certificate it rejects
        ((BY_CERT,), "woodgrovebank.com", {"presented_to": ("By cert",)}, "By cert"),
        # both are asked of a connector that has both, the address first
        ((BOTH,), "woodgrovebank.com", {"ip": BANK_HOST, "certificates": (BANK_CERT,)}, "Both"),
        ((BOTH,), "woodgrovebank.com", {"ip": BANK_HOST}, REFUSED),
        ((BOTH,), "woodgrovebank.com", {"ip": FOREIGN_HOST, "certificates": (BANK_CERT,)}, REFUSED),
        # "the restrict connector will take precedence" over one that allows by sender domain
        ((FILTER, P_EXACT), "woodgrovebank.com", {"ip": FOREIGN_HOST}, REFUSED),
        ((FILTER, P_EXACT), "woodgrovebank.com", {"ip": "203.0.113.200"}, "Filter"),
        # of several that restrict, one that accepts the source is enough, the most specific first
        ((FILTER, BY_IP), "woodgrovebank.com", {"ip": BANK_HOST}, "By IP"),
        ((FILTER, BY_IP), "woodgrovebank.com", {"ip": "203.0.113.200"}, "Filter"),
        ((FILTER, BY_IP), "woodgrovebank.com", {"ip": FOREIGN_HOST}, REFUSED),
        # restrictions count on Partner connectors alone (4.1), and go after attribution as our own
        ((inbound("IP", sender_ips=networks(OUR_SERVERS), restrict_to_ips=True),), "contoso.com", {}, "none"),
        ((OWN_BY_CERT, COEXISTING), "example.net", {"certificates": ("mail.contoso.com",)}, "Own by cert"),
        # TLS is asked last and has no code (4.2)
        ((BY_IP,), "woodgrovebank.com", {"ip": BANK_HOST, "plain_text": True}, "reject"),
        ((BY_IP,), "woodgrovebank.com", {"ip": FOREIGN_HOST, "plain_text": True}, REFUSED),
    ],
    ids=named,
)
def test_partner_restrictions(connectors: Connectors, mail_from: str, asked: dict[str, Any], answer: str) -> None:
    """A Partner connector that restricts its domains to addresses or a certificate refuses other sources (4.2, 3)."""
    assert arriving(connectors, mail_from, **asked) == answer


STRICT, LAX = Organization(reject_direct_send=True), Organization()


@pytest.mark.parametrize(
    "organization, connectors, mail_from, asked, answer",
    [
        (STRICT, (IP,), "contoso.com", {"ip": FOREIGN_HOST}, "reject 5.7.68"),  # 11, case 28
        (LAX, (IP,), "contoso.com", {"ip": FOREIGN_HOST}, "none"),
        (None, (IP,), "contoso.com", {"ip": FOREIGN_HOST}, "none"),  # 7.4: no export, taken as false
        (STRICT, (IP,), "contoso.com", {"ip": OUR_SERVER}, "IP"),  # found by its address
        (STRICT, (STAR_CERT,), "contoso.com", {"certificates": ("mail.contoso.com",)}, "Star cert"),
        (STRICT, (IP,), "example.net", {"ip": FOREIGN_HOST}, "none"),  # MAIL FROM is not ours
        (STRICT, (IP,), "", {"ip": FOREIGN_HOST}, "none"),  # the null sender
        (STRICT, (P_STAR,), "contoso.com", {"ip": FOREIGN_HOST}, "reject 5.7.68"),  # allowed by domain only
        (STRICT, (FILTER,), "contoso.com", {"ip": "203.0.113.200"}, "Filter"),  # a filter, by its address
    ],
    ids=named,
)
def test_direct_send(
    organization: Organization | None, connectors: Connectors, mail_from: str, *, asked: dict[str, Any], answer: str
) -> None:
    """RejectDirectSend refuses our own MAIL FROM where neither address nor certificate finds a connector (4.5)."""
    assert arriving(connectors, mail_from, organization=organization, **asked) == answer


NARROWED = inbound("Narrowed", sender_ips=networks(OUR_SERVERS), associated_accepted_domains=("fabrikam.com",))


@pytest.mark.parametrize(
    "mail_from, rcpt_to, by_sender, answer",
    [
        ("fabrikam.com", "fabrikam.com", False, "Narrowed"),
        ("fabrikam.com", "fabrikam.com", True, "Narrowed"),
        ("contoso.com", "contoso.com", False, "none"),
        ("contoso.com", "contoso.com", True, "none"),
        ("contoso.com", "fabrikam.com", False, "Narrowed"),  # here the two readings part
        ("contoso.com", "fabrikam.com", True, "none"),
    ],
)
def test_associated_accepted_domains(mail_from: str, rcpt_to: str, *, by_sender: bool, answer: str) -> None:
    """AssociatedAcceptedDomains narrows a connector; by whose domain, no document says (4.1)."""
    assert arriving((NARROWED,), mail_from, rcpt_to, ip=OUR_SERVER, associated_by_sender=by_sender) == answer


def test_a_connector_for_trusted_organizations_uses_no_other_parameter() -> None:
    """4.1 TrustedOrganizations: neither its addresses nor its sender domains attribute anything."""
    trusted = {"trusted_organizations": ("fabrikam.onmicrosoft.com",)}
    own = inbound("Own", sender_ips=networks(OUR_SERVERS), **trusted)
    partner = inbound("Partner", "woodgrovebank.com", **trusted)

    assert arriving((own, partner), "contoso.com", ip=OUR_SERVER) == "none"
    assert arriving((own, partner), "woodgrovebank.com") == "none"


@pytest.mark.parametrize(
    "organization, connectors, addresses, asked, reason",
    [
        (LAX, (IP,), ("contoso.com", "example.org"), {"ip": FOREIGN_HOST}, "relay-denied"),
        (LAX, (BY_IP,), ("woodgrovebank.com", "contoso.com"), {"ip": FOREIGN_HOST}, "partner-source-rejected"),
        (LAX, (P_EXACT,), ("woodgrovebank.com", "contoso.com"), {"plain_text": True}, "partner-requires-tls"),
        (STRICT, (IP,), ("contoso.com", "contoso.com"), {"ip": FOREIGN_HOST}, "direct-send-refused"),
    ],
)
def test_each_refusal_says_why(
    organization: Organization,
    connectors: Connectors,
    addresses: tuple[str, str],
    *,
    asked: dict[str, Any],
    reason: str,
) -> None:
    """The reason of a refusal is a stable code of its own (4.2, 4.3, 4.5)."""
    seen = lens(inbound=connectors, accepted=ACCEPTED, organization=organization)
    answer = select_inbound(asked_inbound(seen, *addresses, **asked), InboundView(seen, Policy()))

    assert (answer.outcome, answer.reason) == ("reject", reason)
