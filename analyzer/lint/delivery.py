"""Where outbound connectors deliver and how: MF308, MF309, MF312, MF314, MF319."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.lint.base import Scene, Trap, into, is_onmicrosoft, out, several
from analyzer.tenant.model import ConnectorType, InboundConnector, OutboundConnector

_WIZARD = "hybridwizard"


def cmt_scope_invalid(scene: Scene) -> Iterator[Trap]:
    """Centralized mail transport is set on a connector that must not have it.

    What it means:
        RouteAllMessagesViaOnPremises is True on a connector that is not of type OnPremises, or that is
        scoped to the accepted domains.

    Why it matters:
        On a Partner connector it is refused or has no effect; scoped to accepted domains it makes mail loop,
        which ends in 554 5.4.6.

    What to do:
        Use a connector of type OnPremises with RecipientDomains `*` and AllAcceptedDomains False.

    Example:
        "To on-premises" has AllAcceptedDomains and RouteAllMessagesViaOnPremises both True.

    Source:
        Fix NDR error codes 5.4.6 through 5.4.20; New-OutboundConnector (reference 3.3, 9.1 row 17).
    """
    for c in scene.outbound:
        if not c.enabled or not c.route_all_via_onpremises:
            continue
        if c.type is not ConnectorType.ONPREMISES:
            wrong, name, remedy = "is not of type OnPremises", "ConnectorType", "Make it a connector of type OnPremises"
        elif c.all_accepted_domains:
            wrong, name = "is scoped to the accepted domains", "AllAcceptedDomains"
            remedy = "Set AllAcceptedDomains to False and RecipientDomains to *"
        else:
            continue
        yield Trap(
            subject=out(c),
            property=f"RouteAllMessagesViaOnPremises, {name}",
            title=f"{c.name} turns centralized mail transport on, but {wrong}",
            cause="Centralized transport needs type OnPremises and must not be scoped to accepted domains; "
            "else mail loops (5.4.6).",
            advice=f"{remedy}, or set RouteAllMessagesViaOnPremises to False.",
            connector=c.name,
        )


def hybrid_mx_loop(scene: Scene) -> Iterator[Trap]:
    """A connector to your own servers delivers by MX, and the MX points back at Office 365.

    What it means:
        UseMXRecord is True on an OnPremises connector that is selected for an accepted domain whose MX is
        at Office 365 (mailflow.toml, [mx]).

    Why it matters:
        Mail to on-premises recipients comes straight back, again and again, and ends in 5.4.14 or 5.4.6.

    What to do:
        Set UseMXRecord to False and SmartHosts to the name or address of your own servers.

    Example:
        "To on-premises" covers contoso.com by MX, and the MX of contoso.com is
        contoso-com.mail.protection.outlook.com.

    Source:
        Fix NDR error codes 5.4.6 through 5.4.20 (reference 9.1 row 16).
    """
    for c in scene.view.usable:
        if not c.use_mx_record or c.type is not ConnectorType.ONPREMISES:
            continue
        own = [a.domain for a in scene.accepted if not is_onmicrosoft(a.domain)]
        looping = [d for d in own if scene.lens.domain(d).mx == "office365" and c.name in scene.leaving(d).names()]
        if looping:
            yield Trap(
                subject=out(c),
                property="UseMXRecord",
                title=f"{c.name} delivers {several(looping)} by MX, which points back at Office 365",
                cause="Mail to on-premises recipients comes straight back and loops (5.4.14, 5.4.6).",
                advice="Set UseMXRecord to False and SmartHosts to your own servers.",
                domain=several(looping),
                connector=c.name,
            )


def smart_host_missing(scene: Scene) -> Iterator[Trap]:
    """A connector has neither MX delivery nor a smart host.

    What it means:
        UseMXRecord is False and SmartHosts is empty, on an enabled outbound connector.

    Why it matters:
        Whatever selects it has nowhere to go. The shell refuses to make such a connector, so the export may
        have lost the value instead.

    What to do:
        Fill in SmartHosts, or set UseMXRecord to True. If the connector has smart hosts, export it again.

    Example:
        A script wrote the exported properties without SmartHosts.

    Source:
        New-OutboundConnector: SmartHosts is required where UseMXRecord is false (reference 3.1).
    """
    for c in scene.outbound:
        if c.enabled and not c.use_mx_record and not c.smart_hosts:
            yield Trap(
                subject=out(c),
                property="SmartHosts",
                title=f"{c.name} uses no MX record and has no smart host",
                cause="Mail that selects it has nowhere to go.",
                advice="Fill in SmartHosts, or set UseMXRecord to True; export it again if it has smart hosts.",
                connector=c.name,
            )


def tls_opportunistic(scene: Scene) -> Iterator[Trap]:
    """A connector does not insist on TLS.

    What it means:
        TlsSettings is empty on an enabled outbound connector: TLS is used where the other side offers it,
        and plain text where it does not.

    Why it matters:
        A broken certificate, or somebody in between, turns encryption off without a word.

    What to do:
        Set TlsSettings to DomainValidation with TlsDomain, or to CertificateValidation.

    Example:
        "To Woodgrove Bank" was made with the old admin center and TlsSettings left out.

    Source:
        Set up connectors for secure mail flow with a partner; New-OutboundConnector (reference 3.1).
    """
    for c in scene.outbound:
        if c.enabled and c.tls_settings is None:
            yield Trap(
                subject=out(c),
                property="TlsSettings",
                title=f"{c.name} does not insist on TLS",
                cause="TlsSettings is empty: mail goes in plain text wherever the other side offers no TLS.",
                advice="Set TlsSettings to DomainValidation and TlsDomain to the name in the other side's certificate.",
                connector=c.name,
            )


def cloud_services_mail_off(scene: Scene) -> Iterator[Trap]:
    """A hybrid connector does not keep the headers that own mail needs.

    What it means:
        CloudServicesMailEnabled is False on an OnPremises connector that the Hybrid Configuration Wizard
        made, or in one direction while a connector of the other direction has it on.

    Why it matters:
        Mail is routed right, but arrives as if a stranger had sent it: internal senders are filtered,
        out-of-office replies and free/busy go the external way.

    What to do:
        Set CloudServicesMailEnabled to True, or run the Hybrid Configuration Wizard again.

    Example:
        "Inbound from on-premises" has it on, "To on-premises" was made anew by hand without it.

    Source:
        New-OutboundConnector, New-InboundConnector (reference 3.1, 4.1, 9.1 row 27).
    """
    leaving, arriving = _own(scene.outbound), _own(scene.inbound)
    for own, others in ((leaving, arriving), (arriving, leaving)):
        lacking = not any(c.cloud_services_mail_enabled for c in own) and any(
            c.cloud_services_mail_enabled for c in others
        )
        for c in own:
            by_wizard = (c.source or "").lower() == _WIZARD
            if c.cloud_services_mail_enabled is False and (by_wizard or lacking):
                yield Trap(
                    subject=out(c) if isinstance(c, OutboundConnector) else into(c),
                    property="CloudServicesMailEnabled",
                    title=f"{c.name} does not keep the cross-premises headers",
                    cause="Mail between your servers and the cloud arrives as if it came from outside."
                    + ("" if by_wizard else " No connector of this direction keeps them, one of the other does."),
                    advice="Set CloudServicesMailEnabled to True, or run the Hybrid Configuration Wizard again.",
                    connector=c.name,
                )


def _own(connectors: tuple[OutboundConnector, ...] | tuple[InboundConnector, ...]) -> list[
    OutboundConnector | InboundConnector
]:  # fmt: skip
    kept: list[OutboundConnector | InboundConnector] = []
    for c in connectors:
        scoped = isinstance(c, OutboundConnector) and c.rule_scoped
        if c.enabled and c.type is ConnectorType.ONPREMISES and not scoped:
            kept.append(c)
    return kept
