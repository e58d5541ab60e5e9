"""The worlds of a row that lacks inputs (reference 8), and what the configuration answers in each.

A world gives each input that the row does not tell a value: places, the rule that fired, where the MX points; what
the source presented and which domain narrows a connector are told apart where attribution is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from analyzer.tenant.model import AcceptedDomain, ConnectorType, DomainType, InboundConnector, MailboxPlace, Place
from analyzer.tenant.policy import Policy
from tests.reference.answers import Answer
from tests.reference.arriving import Arriving, arrive, certificate_accepted, originating
from tests.reference.evidence import INTERNET, OURS, PARTNER, Shown, destinations, origins
from tests.reference.leaving import Leaving, leave, takes_centralized_transport
from tests.reference.logged import named
from tests.reference.ruling import Seen, ruled

OUTSIDE = {INTERNET, PARTNER}


@dataclass(frozen=True)
class World:
    """One complete reading of a row; `rules` are the connectors one of which a rule chose, none where none fired."""

    origin: Place
    destination: Place
    rules: tuple[str, ...]
    mx: str


def worlds(row: Shown) -> Iterator[World]:
    """Give every world."""
    for origin in sorted(origins(row)[0]):
        for destination in sorted(destinations(row)):
            for rules in _rules(row, origin):
                for mx in _mx(row):
                    yield World(origin, destination, rules, mx)


def _mx(row: Shown) -> tuple[str, ...]:
    """Where the MX of the recipient's domain points: every way where nobody stated it (2)."""
    if row.ours(row.domain) and row.domain.endswith(".onmicrosoft.com"):
        return ("office365",)
    stated = row.settings.mx.get(row.domain, row.settings.mx_default) if row.ours(row.domain) else None
    return (stated,) if stated else ("office365", "onpremises", "thirdparty")


def _rules(row: Shown, origin: Place) -> set[tuple[str, ...]]:
    """Give what mail flow rules may have chosen (3.3, 1; 7.4)."""
    listed = {a: r.at(None) for a, r in getattr(row.held.directory, "residences", {}).items()}
    at_home = (MailboxPlace.CLOUD, MailboxPlace.ONPREMISES, MailboxPlace.MOVING, MailboxPlace.GROUP)
    seen = Seen(
        row.cells["header_from"],
        row.cells["envelope_sender"],
        row.cells["recipient"],
        row.cells["connecting_ip"],
        row.cells["size"],
        row.cells["subject"],
        origin,
        row.held.accepted,
        mailboxes=frozenset(a for a, p in listed.items() if p and p.place in at_home),
        contacts=frozenset(a for a, p in listed.items() if p and p.place not in at_home),
    )
    by_name = {r.name: r.connector for r in row.held.rules or ()}
    fired = {by_name.get(name, "") for name in ruled(seen, row.held.rules or ())}
    if not row.cells["routed_by_rule"]:
        return {(connector,) if connector else () for connector in fired}
    told = fired - {""} or {c.name for c in row.held.outbound or () if c.rule_scoped and c.enabled}
    return {tuple(sorted(told))}


def leaving(row: Shown, world: World, attributed: Answer | None, policy: Policy) -> tuple[Answer, bool]:
    """Say how the copy leaves, and whether centralized transport covers it."""
    accepted = row.held.accepted
    if accepted is None:  # the place assumed for the mailbox says whether the domain is ours
        accepted = () if world.destination in OUTSIDE else (AcceptedDomain(row.domain),)
    connectors = row.held.outbound or ()
    refused = row.absent and row.type_of(row.domain) is DomainType.AUTHORITATIVE and not _exists(row)
    message = Leaving(
        row.domain,
        world.origin,
        world.destination,
        originating=world.origin is OURS
        or (attributed is not None and originating(attributed, row.held.inbound or ())),
        forwarded=bool(row.cells["forwarded"]) or row.words.forwarded,
        rule=world.rules[0] if len(world.rules) == 1 else None,
        unknown=refused,
    )
    covered = takes_centralized_transport(message, connectors, policy)
    if len(world.rules) > 1:  # the log says that a rule chose, not which one
        return Answer("connector", tuple(sorted(world.rules))), covered
    return leave(message, connectors, accepted, policy), covered


def _exists(row: Shown) -> bool:
    """A recipient to whom something was delivered or sent exists, whatever the list says."""
    words = row.words
    return words.delivered or words.sent or (words.went_on and words.side is None)


def at_the_door(row: Shown, world: World) -> tuple[Arriving, bool]:
    """Build what stood at the door, certificates aside; a forward arrived for one of our own (8)."""
    domain = "" if row.null_sender else row.sender_domain
    forward = world.origin in OUTSIDE and world.destination in OUTSIDE
    own = row.own_domain
    return Arriving(row.cells["connecting_ip"], domain, own), forward


def _accepted(row: Shown, world: World) -> tuple[AcceptedDomain, ...]:
    """Give the accepted domains; where nobody exported them, the places say whose domains are ours."""
    if row.held.accepted is not None:
        return row.held.accepted
    told = ((world.origin, row.sender_domain), (world.destination, row.own_domain))
    return tuple(AcceptedDomain(domain) for place, domain in told if place not in OUTSIDE and domain)


def attribute(row: Shown, world: World, asked: Arriving, policy: Policy, *, shown: tuple[str, ...] = ()) -> Answer:
    """Attribute a message; `shown` are Partner connectors whose certificate the source is taken to present."""
    forward = at_the_door(row, world)[1]
    closed = bool(row.held.organization and row.held.organization.reject_direct_send)
    return arrive(
        asked,
        row.held.inbound or (),
        _accepted(row, world),
        policy,
        reject_direct_send=closed,
        to_ourselves=forward,
        presented_to=shown,
        exported=row.held.accepted is not None,
    )


def attributions(row: Shown, world: World, policy: Policy) -> list[Answer]:
    """Give the attribution under everything that no log shows; the one without it first."""
    plain, _ = at_the_door(row, world)
    inbound = row.held.inbound or ()
    listed = any(c.enabled and c.type is ConnectorType.ONPREMISES and row.within(c.sender_ips) for c in inbound)
    usable = [c for c in inbound if c.enabled and not c.trusted_organizations]
    declared = row.held.presented if row.held.presented is not None else row.settings.onpremises_certificates
    ours = world.origin is OURS and row.declared and not row.direct_send and not listed
    presented = row.certificates if row.certificates is not None else declared if ours else ()
    asked = replace(plain, certificates=presented)
    first = attribute(row, world, asked, policy)
    others: list[Answer] = []
    if any(c.associated_accepted_domains for c in inbound):  # 4.1: by which of the two domains nobody says
        others.append(attribute(row, world, replace(asked, by_sender=True), policy))
    if first.code == "5.7.68" and row.cells["envelope_sender"] is None:  # 8, sender kind
        others.append(attribute(row, world, replace(asked, mail_from="elsewhere.example"), policy))
    known = row.certificates is not None or bool(presented) or row.direct_send
    if not known:  # no trace shows a partner's certificate
        narrowed = [c.name for c in usable if c.type is ConnectorType.PARTNER and c.restrict_to_certificate]
        others += [attribute(row, world, asked, policy, shown=(name,)) for name in narrowed]
    by_address = originating(first, inbound) and not presented
    if not known and world.origin is OURS and not by_address:
        others += _presented(row, world, usable)
    name = named(row).inbound
    if any(c.name == name and c.enabled and c.trusted_organizations for c in inbound):
        others.append(Answer("connector", (name or "",)))  # from which tenant it came no log says
    return [first, *others]


def _presented(row: Shown, world: World, usable: list[InboundConnector]) -> Iterator[Answer]:
    """The certificate is in no trace, and a blank address may be any of our own (0007)."""
    own = (c for c in usable if c.type is ConnectorType.ONPREMISES)
    for connector in own:
        if (connector.certificate_name and certificate_accepted(connector, _accepted(row, world))) or (
            not row.cells["connecting_ip"] and connector.sender_ips
        ):
            yield Answer("connector", (connector.name,))
