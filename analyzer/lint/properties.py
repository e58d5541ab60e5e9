"""Properties that say nothing, and what the exports leave open: MF322, MF326, MF402, MF403."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.addresses import covers
from analyzer.lint.base import Scene, Trap, into, out, several
from analyzer.lint.coverage import accepted_domain_uncovered
from analyzer.selection.ways_in import WAYS_IN
from analyzer.tenant.model import ConnectorType, DomainType, InboundConnector, OutboundConnector


def property_without_effect(scene: Scene) -> Iterator[Trap]:
    """A property is set where it has no effect.

    What it means:
        The property belongs to the other type of connector, or needs another property beside it.

    Why it matters:
        Whoever set it believes that it works: a restriction that does not restrict, a name that nobody
        checks.

    What to do:
        Clear the property, or set what it needs.

    Example:
        TlsDomain is filled in, TlsSettings is CertificateValidation: the name is not checked.

    Source:
        New-OutboundConnector, New-InboundConnector, Set-AcceptedDomain (reference 3.1, 4.1, 5).
    """
    for c in scene.outbound:
        for name, why, remedy in _idle_outbound(c) if c.enabled else ():
            yield _idle(out(c), c.name, (name, why, remedy))
    for i in scene.inbound:
        for name, why, remedy in _idle_inbound(i) if i.enabled else ():
            yield _idle(into(i), i.name, (name, why, remedy))
    for a in scene.accepted:
        if a.match_subdomains and a.type is not DomainType.INTERNAL_RELAY:
            words = ("MatchSubDomains", "counts only on InternalRelay domains", "Set it to False")
            yield _idle(f"accepted domain {a.domain}", a.domain, words)


def _idle(subject: str, name: str, words: tuple[str, str, str]) -> Trap:
    named, why, remedy = words
    return Trap(
        subject=subject,
        property=named,
        title=f"{name}: {named} is set, but {why}",
        cause="It looks as if it worked, and does nothing.",
        advice=f"{remedy}.",
        connector=name if "connector" in subject else None,
    )


def _idle_outbound(c: OutboundConnector) -> Iterator[tuple[str, str, str]]:
    partner = c.type is ConnectorType.PARTNER
    if partner and c.all_accepted_domains:
        yield "AllAcceptedDomains", "counts only on OnPremises connectors", "Set it to False, or list RecipientDomains"
    if partner and c.sender_rewriting:
        yield "SenderRewritingEnabled", "counts only on OnPremises connectors", "Set it to False"
    if c.tls_domain and c.tls_settings != "DomainValidation":
        yield "TlsDomain", "is checked only with TlsSettings DomainValidation", "Set TlsSettings to DomainValidation"
    if c.use_mx_record and c.smart_hosts:
        yield "SmartHosts", "UseMXRecord is True, so mail goes by MX", "Set UseMXRecord to False, or clear SmartHosts"


def _idle_inbound(i: InboundConnector) -> Iterator[tuple[str, str, str]]:
    partner = i.type is ConnectorType.PARTNER
    for name, held in (
        ("RestrictDomainsToIPAddresses", i.restrict_to_ips),
        ("RestrictDomainsToCertificate", i.restrict_to_certificate),
    ):
        if held and not partner:
            yield name, "counts only on Partner connectors", "Set it to False"
    if not partner and any(d != "*" for d in i.sender_domains):
        yield "SenderDomains", "is the scope of Partner connectors only", "Set it to *"
    if partner and i.sender_ips and not i.restrict_to_ips:
        yield "SenderIPAddresses", "counts only with RestrictDomainsToIPAddresses", "Set RestrictDomainsToIPAddresses"
    if i.treat_messages_as_internal and (partner or i.cloud_services_mail_enabled):
        why = "counts only on OnPremises connectors with CloudServicesMailEnabled False"
        yield "TreatMessagesAsInternal", why, "Set it to False"


def domain_pattern_invalid(scene: Scene) -> Iterator[Trap]:
    """A domain pattern is malformed and matches nothing.

    What it means:
        A value of RecipientDomains or SenderDomains is neither a domain, nor `*.` before a whole domain, nor
        `*`. It is left out of selection; the rest of the connector is judged.

    Why it matters:
        Mail of the domain that was meant takes another connector, or none.

    What to do:
        Write contoso.com or *.contoso.com. If the connector itself is right, the export has spoilt the value:
        export it again as JSON.

    Example:
        RecipientDomains holds *contoso.com, mail.*.contoso.com or contoso..com.

    Source:
        New-OutboundConnector; New-SendConnector (reference 3.1, 3.4).
    """
    for c in scene.outbound:
        if c.enabled:
            yield from _invalid(out(c), c.name, ("RecipientDomains", c.invalid_domains))
    for i in scene.inbound:
        if i.enabled:
            yield from _invalid(into(i), i.name, ("SenderDomains", i.invalid_domains))


def _invalid(subject: str, name: str, held: tuple[str, tuple[str, ...]]) -> Iterator[Trap]:
    if held[1]:
        yield Trap(
            subject=subject,
            property=held[0],
            title=f"{name}: {held[0]} holds {several(held[1])}, which is no domain pattern",
            cause="It matches nothing; the connector is judged by its other domains alone.",
            advice="Write contoso.com, *.contoso.com or *; export the connector again if it is right there.",
            connector=name,
        )


def dangling_names(scene: Scene) -> Iterator[Trap]:
    """The configuration names something that the exports do not hold.

    What it means:
        A rule or [services] names a connector that is in no export; [mx], AssociatedAcceptedDomains or the
        hybrid configuration names a domain that is not accepted; or [mx] names a filter service or your servers,
        and nothing tells their mail from other mail.

    Why it matters:
        Either the export is incomplete or the name is stale. What depends on it cannot be told, or does
        nothing.

    What to do:
        Export again with the four calls of Get-OutboundConnector in docs/export.md, or correct the name.

    Example:
        The rule "Legal by archive" routes to "To archive", which no export holds.

    Source:
        Get-OutboundConnector hides test-mode and perhaps rule-scoped connectors (reference 10.1, 7.4).
    """
    outbound = {c.name.casefold() for c in scene.outbound}
    if scene.snapshot.outbound is not None:
        for r in scene.rules:
            if r.connector.casefold() not in outbound:
                yield _dangling(f"rule {r.name}", "RouteMessageOutboundConnector", r.connector)
    if scene.snapshot.outbound is not None and scene.snapshot.inbound is not None:
        known = outbound | {i.name.casefold() for i in scene.inbound}
        for s in scene.settings.services:
            for name in s.connectors:
                if name.casefold() not in known:
                    yield _dangling(f"mailflow.toml [services.{s.name}]", "connectors", name)
    if scene.snapshot.accepted is not None:
        yield from _dangling_domains(scene)
        yield from _unknown_ways_in(scene)


def _dangling(subject: str, named: str, missing: str) -> Trap:
    return Trap(
        subject=subject,
        property=named,
        title=f"{subject[0].upper()}{subject[1:]} names {missing}, which no export holds",
        cause="No outbound or inbound connector of this name is in the exports.",
        advice="Export connectors again with the four calls of docs/export.md, or correct the name.",
        connector=missing,
    )


def _dangling_domains(scene: Scene) -> Iterator[Trap]:
    named: list[tuple[str, str, str]] = [("mailflow.toml", "[mx]", d) for d in scene.settings.mx]
    for i in scene.inbound:
        named += [(into(i), "AssociatedAcceptedDomains", d) for d in i.associated_accepted_domains]
    if scene.snapshot.hybrid is not None:
        named += [("hybrid configuration", "Domains", d.removeprefix("autod:")) for d in scene.snapshot.hybrid.domains]
    for subject, where, domain in named:
        held = any(covers(domain, a.domain) for a in scene.accepted) if domain.startswith("*.") else False
        if not held and scene.lens.accepted(domain) is None:
            yield Trap(
                subject=subject,
                property=where,
                title=f"{subject[0].upper()}{subject[1:]}: {where} names {domain}, which is no accepted domain",
                cause="The export of accepted domains does not hold it.",
                advice="Export the accepted domains again, or correct the name.",
                domain=domain,
            )


def _unknown_ways_in(scene: Scene) -> Iterator[Trap]:
    for mx, (what, declare) in _DECLARE.items():
        domains = [a.domain for a in scene.accepted if scene.lens.domain(a.domain).mx == mx]
        if domains and not WAYS_IN[mx](scene.lens).known:
            yield Trap(
                subject="mailflow.toml",
                property="[mx]",
                title=f"The MX of {several(domains)} points at {what}, but nothing tells what came that way",
                cause="Whether internet mail comes past the MX (MF110) cannot be told.",
                advice=f"Declare {declare} in mailflow.toml.",
            )


_DECLARE = {
    "thirdparty": ("a filter service", "its addresses or connectors under [services.NAME]"),
    "onpremises": ("your own servers", "their addresses under [onpremises]"),
}


def hidden_in_test_mode(scene: Scene) -> Iterator[Trap]:
    """The export of outbound connectors may lack those in test mode, and one would explain a gap.

    What it means:
        No connector of the export is in test mode, and a domain is uncovered or a connector is named that
        the export does not hold. Get-OutboundConnector leaves connectors in test mode out unless asked.

    Why it matters:
        The connector that seems to be missing may exist and only wait to be taken out of test mode.

    What to do:
        Export with -IncludeTestModeConnectors $true as well; docs/export.md has the four calls.

    Example:
        fabrikam.com is uncovered; "To Fabrikam" exists, in test mode.

    Source:
        Get-OutboundConnector; DLConversionV2 issue 159 (reference 10.1, trap 1).
    """
    if scene.snapshot.outbound is None or any(c.test_mode for c in scene.outbound):
        return
    gaps = [t.domain or "" for t in accepted_domain_uncovered(scene)]
    gaps += [t.connector for t in dangling_names(scene) if t.connector]
    if gaps:
        yield Trap(
            subject="export of outbound connectors",
            property="TestMode",
            title=f"A connector in test mode may explain {several(gaps)}; the export holds none",
            cause="Get-OutboundConnector leaves connectors in test mode out unless asked.",
            advice="Export with -IncludeTestModeConnectors $true as well; docs/export.md has the four calls.",
        )
