"""Connectors that can never be selected: MF327, a number of this project's own beside those of reference 9.2."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.lint.base import Scene, Trap, into, is_onmicrosoft, out, several, spoken
from analyzer.tenant.model import ConnectorType, InboundConnector, OutboundConnector, Place

_ORIGINS = (Place.CLOUD, Place.ONPREMISES, Place.INTERNET)
_DESTINATIONS = (Place.ONPREMISES, Place.INTERNET, Place.CLOUD)


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
        if connector.all_accepted_domains:
            cause += " The onmicrosoft.com names are left aside: their mail stays in Office 365."
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
