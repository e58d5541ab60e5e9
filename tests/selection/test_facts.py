"""What an address, a sender or a source is reduced to: all that selection may rest on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analyzer.selection.facts import DomainFacts, Lens, SourceFacts
from analyzer.tenant.model import DomainType, MailboxPlace, Placement, Service, Snapshot
from tests.builders import (
    BOB,
    CLOUD,
    FOREIGN_HOST,
    JOHN,
    OUR_SERVER,
    OUR_SERVERS,
    accepted,
    directory,
    inbound,
    lens,
    networks,
    outbound,
    rule,
    settings,
    snapshot,
)
from tests.selection.asking import ACCEPTED

EXTERNAL, ONPREM, GROUP = MailboxPlace.EXTERNAL, MailboxPlace.ONPREMISES, MailboxPlace.GROUP


@pytest.mark.parametrize(
    "domain, kind",
    [
        ("contoso.com", DomainType.AUTHORITATIVE),
        ("eu.contoso.com", None),  # 4.3: a subdomain is not implied
        ("eu.northwindtraders.com", DomainType.INTERNAL_RELAY),  # 5, MatchSubDomains
        ("a.eu.northwindtraders.com", DomainType.INTERNAL_RELAY),
        ("notnorthwindtraders.com", None),
        ("eu.adatum.com", None),
        ("com", None),
        ("example.net", None),
    ],
)
def test_which_domains_are_accepted(domain: str, kind: DomainType | None) -> None:
    """An accepted domain is an exact entry, or stands above with MatchSubDomains (4.3, 5)."""
    assert lens(accepted=ACCEPTED).domain(domain).accepted is kind


def test_the_nearest_accepted_domain_counts() -> None:
    """An entry of its own outranks an entry above with MatchSubDomains."""
    above = accepted("contoso.com", type=DomainType.INTERNAL_RELAY, match_subdomains=True)
    seen = lens(accepted=(*above, *accepted("eu.contoso.com")))

    assert seen.domain("eu.contoso.com").accepted is DomainType.AUTHORITATIVE
    assert seen.domain("us.contoso.com").accepted is DomainType.INTERNAL_RELAY


def test_a_missing_export_of_accepted_domains_is_not_an_empty_one() -> None:
    """Absent is not false: without the export nobody knows whether a domain is accepted."""
    unknown, none = (lens(accepted=domains).domain("contoso.com") for domains in (None, ()))

    assert (unknown.accepted, unknown.accepted_known) == (None, False)
    assert (none.accepted, none.accepted_known) == (None, True)


def test_domains_with_equal_facts_are_one_class() -> None:
    """Millions of foreign domains reduce to one value; only configured patterns tell domains apart."""
    seen = lens(outbound=(outbound("O", "*.example.org"),))

    assert seen.domain("example.net") == seen.domain("other.example.com") != seen.domain("a.example.org")
    assert seen.domain("") == DomainFacts()


@pytest.mark.parametrize(
    "domain, mx",
    [
        ("contoso.com", "thirdparty"),
        ("fabrikam.com", "onpremises"),
        ("contoso.onmicrosoft.com", "office365"),  # 2: always office365
        ("example.net", None),  # not ours: nobody asks
    ],
)
def test_where_the_mx_points(domain: str, mx: str | None) -> None:
    """The MX of an accepted domain is what mailflow.toml says of it, else its default (2, 7.3)."""
    seen = lens(accepted=ACCEPTED, mx_default="thirdparty", mx={"fabrikam.com": "onpremises"})

    assert seen.domain(domain).mx == mx


RECIPIENTS = directory(
    {
        BOB: CLOUD,
        "julie@contoso.com": Placement(ONPREM, "julie@corp.fabrikam.com"),
        "erin@contoso.com": Placement(EXTERNAL, "erin@example.org"),
        "all@contoso.com": Placement(GROUP),
    }
)


@pytest.mark.parametrize(
    "address, place, routed_by, resolved",
    [
        (BOB, MailboxPlace.CLOUD, "contoso.com", False),
        ("BOB@Contoso.com", MailboxPlace.CLOUD, "contoso.com", False),
        ("julie@contoso.com", ONPREM, "corp.fabrikam.com", True),  # 3.2: select on the resolved address
        ("erin@contoso.com", EXTERNAL, "example.org", True),
        ("all@contoso.com", GROUP, "contoso.com", False),
        ("nobody@contoso.com", None, "contoso.com", False),
    ],
)
def test_recipients(address: str, place: MailboxPlace | None, routed_by: str, resolved: bool) -> None:  # noqa: FBT001
    """A recipient is routed by the domain of the address it is resolved to (3.2)."""
    patterns = (outbound("O", "contoso.com", "corp.fabrikam.com", "example.org"),)
    found = lens(outbound=patterns, directory=RECIPIENTS).recipient(address)

    assert (found.placement, found.domain.exact, found.resolved) == (place, routed_by, resolved)


@pytest.mark.parametrize("address", [BOB, "BOB@Contoso.com", "Julie@contoso.com", "Nobody@contoso.com"])
def test_a_recipient_over_time_is_the_recipient_of_each_moment(address: str) -> None:
    """What the columns of a log are reduced to is what one address is, whatever its case (3.4)."""
    rules = (rule("A", recipients=("bob@contoso.com",)), rule("B", recipients=("julie@contoso.com",)))
    seen = lens(directory=RECIPIENTS, rules=rules)

    assert seen.recipient_over_time(address) == (seen.recipient(address.lower()),)
    assert seen.sender_over_time(address) == (seen.sender(address.lower()),)


def test_rules_look_at_the_address_as_it_was_sent() -> None:
    """A mail user's rule predicates meet its own address, its routing the target's domain."""
    rules = (rule("A", recipient_domains=("contoso.com",)), rule("B", recipient_domains=("fabrikam.com",)))

    assert lens(rules=rules, directory=RECIPIENTS).recipient("julie@contoso.com").shown.met == {rules[0].conditions[0]}


@pytest.mark.parametrize(
    "address, stated, named",
    [(JOHN, True, True), ("<>", True, False), (None, False, False), ("", False, False)],
)
def test_senders(address: str | None, stated: bool, named: bool) -> None:  # noqa: FBT001
    """The null sender is a sender without a domain; a missing one is nobody (1, P1)."""
    found = lens().sender(address)

    assert (found.stated, found.domain.named) == (stated, named)


def test_a_sender_is_placed_without_regard_to_case() -> None:
    """3.4, case: the recipients list is asked in lower case."""
    assert lens().sender("BOB@contoso.com").placement is MailboxPlace.CLOUD


DECLARED = {
    "onpremises_addresses": networks(OUR_SERVERS),
    "onpremises_hosts": ("*.corp.contoso.com",),
    "direct_send_networks": networks("192.0.2.12"),
    "services": (Service("filter", networks("198.51.100.0/24")),),
    "inbound": (
        inbound("IP", sender_ips=networks(OUR_SERVER)),
        inbound("Range", sender_ips=networks(OUR_SERVERS)),
        inbound("Off", sender_ips=networks(OUR_SERVERS), enabled=False),
        inbound("P", "example.org", sender_ips=networks(OUR_SERVERS)),
    ),
}


@pytest.mark.parametrize(
    "ip, host, source",
    [
        ("", "", SourceFacts()),
        (OUR_SERVER, "", SourceFacts(blank=False, onpremises=True, by_address=True, connectors=("IP", "Range"))),
        ("192.0.2.9", "", SourceFacts(blank=False, onpremises=True, by_address=True, connectors=("Range",))),
        ("192.0.2.12", "", SourceFacts(
            blank=False, onpremises=True, by_address=True, direct_send=True, connectors=("Range",))),
        ("198.51.100.7", "", SourceFacts(blank=False, service=True)),
        (FOREIGN_HOST, "", SourceFacts(blank=False)),
        (FOREIGN_HOST, "MX.corp.contoso.com.", SourceFacts(blank=False, onpremises=True)),
        ("", "mx.corp.contoso.com", SourceFacts(onpremises=True)),
        ("", "corp.contoso.com", SourceFacts()),
        ("", "mx.corp.contoso.com.example.net", SourceFacts()),
        ("unreadable", "", SourceFacts()),
    ],
)  # fmt: skip
def test_sources(ip: str, host: str, source: SourceFacts) -> None:
    """A source is what is declared of its address and name, and the OnPremises connectors that list it (4.2, 2)."""
    assert replace(lens(**DECLARED).source(ip, host), ranges=frozenset()) == source


def test_every_connector_that_lists_an_address_is_known() -> None:
    """Connectors that are off or of another type decide nothing, but a change of theirs could have (8)."""
    built = lens(**DECLARED)
    source = built.source("192.0.2.12")
    assert [i.name for i in built.inbound if source.listed_by(i)] == ["Range", "Off", "P"]


@pytest.mark.parametrize(
    "domain, below, changing",
    [
        ("contoso.com", False, {"contoso.com"}),
        ("eu.contoso.com", False, set()),
        ("eu.contoso.com", True, {"contoso.com"}),
        ("notcontoso.com", True, set()),
    ],
)
def test_a_domain_knows_which_changing_accepted_domain_holds_it(
    domain: str, *, below: bool, changing: set[str]
) -> None:
    """A changed accepted domain concerns its subdomains where it has MatchSubDomains (5, 8)."""
    versions = Snapshot(accepted=accepted("contoso.com", match_subdomains=below))

    assert Lens(snapshot(), settings(), versions).domain(domain).changing == changing
