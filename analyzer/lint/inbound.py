"""Inbound connectors and what they accept: MF316, MF320, MF321, MF323, MF324."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.addresses import covers
from analyzer.lint.base import Scene, Trap, into, is_onmicrosoft, several
from analyzer.selection.inbound import InboundView
from analyzer.tenant.model import ConnectorType, DomainType, InboundConnector


def cert_domain_not_accepted(scene: Scene) -> Iterator[Trap]:
    """The certificate of an inbound connector does not belong to an accepted domain.

    What it means:
        TlsSenderCertificateName of an OnPremises connector names a domain that is not among the accepted
        domains, so a presented certificate cannot attribute mail to your tenant.

    Why it matters:
        Your servers' mail falls to the default inbound connector, and relay is refused with 5.7.64 or 5.7.51,
        unless the connector lists their addresses too.

    What to do:
        Set TlsSenderCertificateName to `*.contoso.com` with contoso.com accepted, or add the domain of the
        certificate to the accepted domains.

    Example:
        TlsSenderCertificateName is mail.contoso.com; only contoso.com is accepted.

    Source:
        Office 365 Message Attribution; the notice on relay through Office 365 (reference 4.2, 9.1 row 5).
    """
    if scene.snapshot.accepted is None:
        return
    view = InboundView(scene.lens, scene.settings.policy)
    for i in view.onpremises:
        if i.certificate_name and not view.certificate_accepted(i):
            yield Trap(
                subject=into(i),
                property="TlsSenderCertificateName",
                title=f"{i.name} names the certificate {i.certificate_name}, whose domain is not accepted",
                cause="A certificate attributes mail only if its domain is an accepted domain of the tenant."
                + (" The addresses that the connector lists still work." if i.sender_ips else ""),
                advice=f"Set TlsSenderCertificateName to *.{i.certificate_name.partition('.')[2]} if that domain is "
                f"accepted, or accept {i.certificate_name.removeprefix('*.')}.",
                domain=i.certificate_name.removeprefix("*."),
                connector=i.name,
                bite={"inbound_verdict": ("unrouted",), "origin": ("onpremises",)},
            )


def partner_ip_and_cert(scene: Scene) -> Iterator[Trap]:
    """A Partner connector holds both addresses and a certificate.

    What it means:
        SenderIPAddresses and TlsSenderCertificateName are both set on one inbound Partner connector.

    Why it matters:
        The vendor advises against it: how the two combine is not what one expects, and mail that meets only
        one of them may be refused.

    What to do:
        Make two connectors for the partner, one by address and one by certificate.

    Example:
        "From Woodgrove Bank" lists 203.0.113.0/28 and mail.woodgrovebank.com.

    Source:
        Configure mail flow using connectors, text of the product group (reference 4.2).
    """
    for i in _partners(scene):
        if i.sender_ips and i.certificate_name:
            yield Trap(
                subject=into(i),
                property="SenderIPAddresses, TlsSenderCertificateName",
                title=f"{i.name} restricts a partner by address and by certificate at once",
                cause="The vendor advises against both in one Partner connector; mail that meets one may be refused.",
                advice="Make one connector by address and another by certificate.",
                connector=i.name,
            )


def partner_allow_shadowed(scene: Scene) -> Iterator[Trap]:
    """A Partner connector that only allows stands beside one that restricts.

    What it means:
        One inbound Partner connector takes a sender domain from anywhere; another takes the same domain only
        from certain addresses or with a certain certificate. The restricting one takes precedence.

    Why it matters:
        The allowing connector does nothing, and mail it was made for is refused with 5.7.51.

    What to do:
        Remove the allowing connector, or the restriction (RestrictDomainsToIPAddresses,
        RestrictDomainsToCertificate).

    Example:
        "Allow Fabrikam" and "Fabrikam by address" both list fabrikam.com.

    Source:
        Configure mail flow using connectors, text of the product group (reference 4.2).
    """
    restricting = [i for i in _partners(scene) if i.restrict_to_ips or i.restrict_to_certificate]
    for i in _partners(scene):
        if i in restricting:
            continue
        for other in restricting:
            taken = [d for d in i.sender_domains if any(_within(d, p) for p in other.sender_domains)]
            if taken:
                yield Trap(
                    subject=into(i),
                    property="SenderDomains",
                    title=f"{i.name} allows {several(taken)}, but {other.name} restricts it",
                    cause="The connector that restricts takes precedence, so this one does nothing for the domain.",
                    advice=f"Remove {several(taken)} from {i.name}, or lift the restriction of {other.name}.",
                    domain=several(taken),
                    connector=i.name,
                )


def _within(pattern: str, other: str) -> bool:
    """Tell whether all that one pattern covers is covered by another."""
    if pattern == "*":
        return other == "*"
    bare = pattern.removeprefix("*.")
    return covers(other, bare) and (bare == pattern or other == "*" or other.startswith("*."))


def _partners(scene: Scene) -> list[InboundConnector]:
    return [i for i in scene.inbound if i.enabled and i.type is ConnectorType.PARTNER]


def relay_on_both_sides(scene: Scene) -> Iterator[Trap]:
    """A domain is InternalRelay in the cloud and on your own servers.

    What it means:
        Both sides hand mail for unknown recipients of the domain to the other.

    Why it matters:
        Mail to an address that exists on neither side goes to and fro until it is refused with 5.4.14.

    What to do:
        Make the domain Authoritative on the side where the last recipient is looked up, usually on your own
        servers.

    Example:
        fabrikam.com is InternalRelay in both exports of Get-AcceptedDomain.

    Source:
        Fix NDR error codes 5.4.6 through 5.4.20 (reference 9.1 row 18).
    """
    own = [a for a in scene.snapshot.own.accepted or () if a.type is DomainType.INTERNAL_RELAY]
    for a in scene.accepted:
        relayed = a.type is DomainType.INTERNAL_RELAY and not is_onmicrosoft(a.domain)
        if relayed and any(covers(o.domain, a.domain) for o in own):
            yield Trap(
                subject=f"accepted domain {a.domain}",
                property="DomainType",
                title=f"{a.domain} is InternalRelay in the cloud and on your own servers",
                cause="Each side hands mail for unknown recipients to the other, until it is refused (5.4.14).",
                advice="Make it Authoritative on the side that knows the last recipient, usually your own servers.",
                domain=a.domain,
            )


def associated_domains_set(scene: Scene) -> Iterator[Trap]:
    """An inbound connector is narrowed to some accepted domains.

    What it means:
        AssociatedAcceptedDomains is not empty, so the connector counts for mail of those domains only.

    Why it matters:
        It is meant for tests. Mail of a domain that is accepted later does not use the connector.

    What to do:
        Empty AssociatedAcceptedDomains, unless the narrowing is meant and documented.

    Example:
        "From on-premises" is associated with contoso.com; fabrikam.com was accepted a year later.

    Source:
        Configure mail flow using connectors, which advises against it (reference 4.1).
    """
    for i in scene.inbound:
        if i.enabled and i.associated_accepted_domains:
            yield Trap(
                subject=into(i),
                property="AssociatedAcceptedDomains",
                title=f"{i.name} counts for {several(i.associated_accepted_domains)} only",
                cause="AssociatedAcceptedDomains narrows it; the vendor advises that for tests alone.",
                advice="Empty AssociatedAcceptedDomains, unless the narrowing is meant.",
                domain=several(i.associated_accepted_domains),
                connector=i.name,
            )
