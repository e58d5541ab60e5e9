"""Who claims which domain: MF301, MF302, MF310, MF315, MF317, MF327."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.addresses import covers
from analyzer.lint.base import Scene, Trap, into, is_onmicrosoft, out, pattern_of, several, spoken, subdomain
from analyzer.selection.decision import Answer, Outcome
from analyzer.tenant.model import (
    ConnectorType,
    DomainType,
    InboundConnector,
    MailboxPlace,
    OutboundConnector,
    Place,
)

_ORIGINS = (Place.CLOUD, Place.ONPREMISES, Place.INTERNET)
_DESTINATIONS = (Place.ONPREMISES, Place.INTERNET, Place.CLOUD)


def duplicate_domain(scene: Scene) -> Iterator[Trap]:
    """Two enabled connectors of one type claim the same domain equally well.

    What it means:
        RecipientDomains (or AllAcceptedDomains) of several enabled outbound connectors match a domain with
        the same precision, or two inbound Partner connectors list the same SenderDomains. No tie-break is
        published.

    Why it matters:
        Mail may flip between the connectors, and can fail where only one of the two ways works.

    What to do:
        Let one connector list the domain: take it out of RecipientDomains (or SenderDomains) of the others,
        or switch off the one that is not needed.

    Example:
        "Connector 1" and "Old relay" both list fabrikam.com.

    Source:
        Set up connectors for secure mail flow with a partner; Validate connectors (reference 3.4).
    """
    for names, domains in _equals(scene, mixed=False):
        yield _claimed(names, domains, "all are of one type")
    open_partners = [i for i in scene.inbound if i.enabled and _unrestricted_partner(i)]
    for number, one in enumerate(open_partners):
        for other in open_partners[number + 1 :]:
            if shared := [d for d in one.sender_domains if d in other.sender_domains]:
                yield Trap(
                    subject=into(one),
                    property="SenderDomains",
                    title=f"{one.name} and {other.name} both list {several(shared)} in SenderDomains",
                    cause="Which of two equal Partner connectors takes the mail is not documented.",
                    advice=f"Take {several(shared)} out of SenderDomains of one of them, or switch one off.",
                    domain=several(shared),
                    connector=one.name,
                    policies=("equal_candidates=" + scene.settings.policy.equal_candidates,),
                )


def _unrestricted_partner(connector: InboundConnector) -> bool:
    restricted = connector.restrict_to_ips or connector.restrict_to_certificate
    return connector.type is ConnectorType.PARTNER and not restricted


def _equals(scene: Scene, *, mixed: bool) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Give each set of equally good outbound connectors with its domains; `mixed` = of both types."""
    types = {c.name: c.type for c in scene.outbound}
    found: dict[tuple[str, ...], list[str]] = {}
    for domain in scene.probes():
        answer = scene.leaving(domain)
        if answer.outcome is Outcome.AMBIGUOUS:
            found.setdefault(answer.candidates, []).append(domain)
    for names, domains in found.items():
        if (len({types[n] for n in names}) > 1) is mixed:
            yield names, domains


def _claimed(names: tuple[str, ...], domains: list[str], how: str) -> Trap:
    listed, claimed = " and ".join(names), several(spoken(d) for d in domains)
    return Trap(
        subject=f"outbound connectors {', '.join(names)}",
        property="RecipientDomains",
        title=f"{listed} claim {claimed} equally well",
        cause=f"They match with the same precision and {how}; which of them is used is not documented.",
        advice=f"Let one of them cover {claimed}: change RecipientDomains or AllAcceptedDomains of the others, "
        "or switch one off.",
        domain=several(domains) if all(spoken(d) == d for d in domains) else None,
        connector=names[0],
        bite={"selected_outbound": ("(ambiguous)",), "recipient_domain": tuple(pattern_of(d) for d in domains)},
    )


def type_conflict(scene: Scene) -> Iterator[Trap]:
    """An OnPremises and a Partner connector claim the same domain equally well.

    What it means:
        One enabled outbound connector says that a domain is the organization's own, another that it belongs
        to somebody else, with the same precision. No tie-break is published.

    Why it matters:
        The two go to different servers, and only an OnPremises connector keeps the headers that own mail
        needs.

    What to do:
        Decide whose domain it is, and take it out of RecipientDomains of the other connector.

    Example:
        "To on-premises" (OnPremises) and "To Fabrikam" (Partner) both list fabrikam.com.

    Source:
        No document decides it; the types are those of New-OutboundConnector (reference 3.4).
    """
    for names, domains in _equals(scene, mixed=True):
        yield _claimed(names, domains, "are of both types, OnPremises and Partner")


def all_accepted_with_catch_all(scene: Scene) -> Iterator[Trap]:
    """A connector has both scopes: all accepted domains, and domains of its own.

    What it means:
        AllAcceptedDomains is True and RecipientDomains is not empty. The two add up: each alone is enough.

    Why it matters:
        With `*` among RecipientDomains the connector for your own domains takes the mail to the whole
        internet as well, past filters and limits that are meant for it.

    What to do:
        Empty RecipientDomains, or set AllAcceptedDomains to False.

    Example:
        "To on-premises" has AllAcceptedDomains and RecipientDomains {*}; mail to gmail.com went by it.

    Source:
        office-docs-powershell issue 8739, seen in one tenant (reference 3.4; policy scope_combination).
    """
    for c in scene.outbound:
        if not (c.enabled and c.all_accepted_domains and c.recipient_domains) or c.route_all_via_onpremises:
            continue  # MF308 speaks of centralized transport
        if c.type is ConnectorType.PARTNER:
            continue  # MF322: AllAcceptedDomains has no effect there
        reach = "the whole internet" if "*" in c.recipient_domains else several(c.recipient_domains)
        yield Trap(
            subject=out(c),
            property="AllAcceptedDomains, RecipientDomains",
            title=f"{c.name} takes all accepted domains and {reach}",
            cause="AllAcceptedDomains and RecipientDomains add up; neither narrows the other.",
            advice="Empty RecipientDomains if the connector is for your own domains only, else set AllAcceptedDomains "
            "to False.",
            connector=c.name,
            policies=("scope_combination=" + scene.settings.policy.scope_combination,),
            bite={"logged_outbound": (c.name,), "destination": ("internet",)},
        )


def accepted_domain_uncovered(scene: Scene) -> Iterator[Trap]:
    """An accepted domain with recipients on your own servers is covered by no outbound connector.

    What it means:
        The domain is InternalRelay, is declared in [onpremises] domains, or has on-premises recipients in
        the list, and selection finds no connector for it.

    Why it matters:
        Mail to those recipients is looked up by MX. Where the MX points at Office 365 it loops or is
        refused; it never reaches your servers by the way that was set up.

    What to do:
        Add the domain to RecipientDomains of the connector to your servers. Make it Authoritative if all of
        its mailboxes are in the cloud.

    Example:
        fabrikam.com was added as an accepted domain after the merger; "To on-premises" lists contoso.com only.

    Source:
        Manage accepted domains; Enable mail flow for subdomains; Set up connectors (reference 3.2, 5).
    """
    if scene.snapshot.outbound is None:
        return
    placed = _onpremises_domains(scene)
    for a in scene.accepted:
        why = _needs_cover(scene, a.domain, a.type, placed)
        if why is None or is_onmicrosoft(a.domain):
            continue
        bare = not _covered(scene, a.domain)
        if not bare and (not a.match_subdomains or _covered(scene, subdomain(a.domain))):
            continue
        named = a.domain if bare else f"{a.domain}: its subdomains"
        yield Trap(
            subject=f"accepted domain {a.domain}",
            property="RecipientDomains of the outbound connectors",
            title=f"{named} {'is' if bare else 'are'} covered by no outbound connector",
            cause=f"{why[0].upper()}{why[1:]}; mail to its on-premises recipients is looked up by MX instead."
            + _aside(scene, a.domain),
            advice=f"Add {a.domain if bare else f'*.{a.domain}'} to RecipientDomains of the connector to your servers; "
            "make it Authoritative if all of its mailboxes are in the cloud.",
            domain=a.domain,
            bite={"recipient_domain": (a.domain,), "outbound_verdict": ("unrouted",)},
        )


def _covered(scene: Scene, domain: str) -> bool:
    return scene.leaving(domain, destination=Place.ONPREMISES).outcome is not Outcome.NONE


def _aside(scene: Scene, domain: str) -> str:
    """Name the connectors that list the domain but are off, in test mode, or wait for a rule."""
    listing = [c for c in scene.outbound if any(covers(p, domain) for p in c.recipient_domains)]
    return f" {several(c.name for c in listing)} would cover it, but is not selected by domain." if listing else ""


def _onpremises_domains(scene: Scene) -> frozenset[str]:
    directory = scene.snapshot.directory
    return directory.domains(MailboxPlace.ONPREMISES) if directory is not None else frozenset()


def _needs_cover(scene: Scene, domain: str, kind: DomainType, placed: frozenset[str]) -> str | None:
    """Say why a domain needs a connector; None where nothing says that it has on-premises recipients."""
    if domain in placed:
        return "the recipients list places recipients of it on-premises"
    if any(covers(p, domain) for p in scene.settings.onpremises_domains):
        return "[onpremises] domains declares it"
    relayed = kind is DomainType.INTERNAL_RELAY and scene.settings.policy.internal_relay_fallback == "unrouted"
    return "it is InternalRelay, so unknown recipients are relayed to your servers" if relayed else None


def apex_coverage_assumed(scene: Scene) -> Iterator[Trap]:
    """A bare domain is covered only through a wildcard.

    What it means:
        Which connector the domain itself takes changes with the reading of `*.contoso.com`: an example of
        Microsoft's includes the apex contoso.com, administrators' folklore excludes it.

    Why it matters:
        If the apex is not included, its mail takes another connector, or leaves by MX.

    What to do:
        List the bare domain beside the wildcard in RecipientDomains; then no reading matters.

    Example:
        RecipientDomains is {*.contoso.com}, and users have addresses at contoso.com.

    Source:
        New-OutboundConnector, example 1, against folklore (reference 3.4; policy wildcard_apex).
    """
    included, excluded = scene.with_policy(wildcard_apex="include"), scene.with_policy(wildcard_apex="exclude")
    apexes = dict.fromkeys(p[2:] for c in scene.outbound for p in c.recipient_domains if p.startswith("*."))
    for apex in apexes:
        answer, other = included.leaving(apex), excluded.leaving(apex)
        if answer.same_as(other):
            continue
        yield Trap(
            subject=f"outbound connector {answer.connector or several(answer.candidates)}",
            property="RecipientDomains",
            title=f"{apex} is covered only through *.{apex}",
            cause=f"If the wildcard does not include the apex, mail to {apex} goes {_way(other)}.",
            advice=f"Add {apex} to RecipientDomains beside *.{apex}.",
            domain=apex,
            connector=answer.connector,
            policies=("wildcard_apex=" + scene.settings.policy.wildcard_apex,),
        )


def _way(answer: Answer) -> str:
    names = answer.names()
    return f"by {' or '.join(names)}" if names else "by its MX record, without a connector"


def connector_shadowed(scene: Scene) -> Iterator[Trap]:
    """An enabled connector can never be selected.

    What it means:
        Every domain that the outbound connector claims is taken by a more specific one, or it claims none.
        An inbound connector is never selected if it lists neither what identifies your servers nor a
        partner's domain.

    Why it matters:
        It looks as if it were in use. Whoever changes or removes the connector before it wakes it up.

    What to do:
        Switch it off or remove it, or give it a domain, address or certificate of its own.

    Example:
        "Backup relay" takes all accepted domains, each of which "To on-premises" lists by name.

    Source:
        The order of selection (reference 3.3, 3.5, 4.2), run over every domain of the configuration.
    """
    routed_to = {r.connector for r in scene.rules}
    for c in scene.view.usable:
        if c.name in routed_to or (c.all_accepted_domains and scene.snapshot.accepted is None):
            continue
        if not _ever_selected(scene, c):
            yield _shadowed(scene, c)
    for i in scene.inbound:
        lacks = _identifies_nobody(i)
        if i.enabled and lacks:
            yield Trap(
                subject=into(i),
                property=lacks,
                title=f"{i.name} can never be selected: it lists no {lacks.replace(', ', ' and no ')}",
                cause="Nothing tells the service which mail belongs to this connector.",
                advice=f"Fill in {lacks.replace(', ', ' or ')}, or remove the connector.",
                connector=i.name,
            )


def _ever_selected(scene: Scene, connector: OutboundConnector) -> bool:
    answers = (
        scene.leaving(domain, origin=origin, destination=destination)
        for domain in _claims(scene, connector) or scene.probes()
        for origin in _ORIGINS
        for destination in _DESTINATIONS
    )
    return any(connector.name in answer.names() for answer in answers)


def _claims(scene: Scene, connector: OutboundConnector) -> tuple[str, ...]:
    """Name what a connector claims; all accepted domains without the names that every tenant has.

    Mail to `*.onmicrosoft.com` stays in Office 365 whatever a connector says (reference 3.2).
    """
    listed = connector.recipient_domains
    return tuple(d for d in scene.scope(connector) if d in listed or not is_onmicrosoft(d))


def _shadowed(scene: Scene, connector: OutboundConnector) -> Trap:
    claimed = _claims(scene, connector)
    by = [name for d in claimed for name in scene.leaving(d).names()]
    if not claimed or not by:
        title, cause = f"{connector.name} can never be selected: it claims no domain", "It matches no recipient domain."
    else:
        title = (
            f"{connector.name} can never be selected: {several(by)} {'is' if len(set(by)) == 1 else 'are'} before it"
        )
        cause = f"Every domain that it claims ({several(spoken(d) for d in claimed)}) is matched more specifically."
    return Trap(
        subject=out(connector),
        property="RecipientDomains, AllAcceptedDomains",
        title=title,
        cause=cause,
        advice="Switch it off or remove it, or list in RecipientDomains a domain that only it covers.",
        connector=connector.name,
    )


def _identifies_nobody(connector: InboundConnector) -> str | None:
    """Name the properties whose emptiness leaves an inbound connector without mail."""
    if connector.type is ConnectorType.PARTNER:
        return None if connector.sender_domains or connector.trusted_organizations else "SenderDomains"
    named = connector.sender_ips or connector.certificate_name or connector.trusted_organizations
    return None if named else "SenderIPAddresses, TlsSenderCertificateName"
