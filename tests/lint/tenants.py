"""Tenants in order, as the vendor's own tools leave them: hybrid by the wizard, and cloud only."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address
from typing import Any

from analyzer.tenant.model import (
    AcceptedDomain,
    ConnectorType,
    DomainType,
    HybridConfiguration,
    InboundConnector,
    MailboxPlace,
    Organization,
    OutboundConnector,
    OwnServers,
    Placement,
    RemoteDomain,
    Settings,
    Snapshot,
    Tenant,
)
from analyzer.tenant.onpremises import AddressRange, AddressSpace, Binding, ReceiveConnector, SendConnector
from tests.builders import BOB, CLOUD, DAVID, JOHN, JULIE, OUR_SERVERS, accepted, directory, networks

GUID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
ROUTING = "contoso.mail.onmicrosoft.com"

# reference 2, 3.1, 10.2: one connector in each direction, TLS checked by name, headers kept.
WIZARD_OUT = OutboundConnector(
    name=f"Outbound to {GUID}",
    type=ConnectorType.ONPREMISES,
    recipient_domains=("contoso.com", "fabrikam.com"),
    use_mx_record=False,
    smart_hosts=("mail.contoso.com",),
    tls_settings="DomainValidation",
    tls_domain="mail.contoso.com",
    cloud_services_mail_enabled=True,
    validated=False,  # the wizard does not run Validate-OutboundConnector
    source="HybridWizard",
)
# reference 4.1, 4.2: SenderDomains smtp:*;1, and a certificate name whose domain is accepted.
WIZARD_IN = InboundConnector(
    name=f"Inbound from {GUID}",
    type=ConnectorType.ONPREMISES,
    sender_domains=("*",),
    certificate_name="*.contoso.com",
    require_tls=True,
    cloud_services_mail_enabled=True,
    source="HybridWizard",
)


def _own_servers() -> OwnServers:
    anywhere = AddressRange(ip_address("0.0.0.0"), ip_address("255.255.255.255"))
    return OwnServers(
        send=(
            SendConnector(
                name=f"Outbound to Office 365 - {GUID}",
                address_spaces=(AddressSpace(ROUTING),),
                source_servers=("ex1",),
                require_tls=True,
                tls_auth_level="DomainValidation",
                tls_domain="mail.protection.outlook.com",
                tls_certificate_name="<I>CN=Example CA<S>CN=mail.contoso.com",
                cloud_services_mail_enabled=True,
            ),
            SendConnector(name="Internet", address_spaces=(AddressSpace("*"),), source_servers=("ex1",)),
        ),
        receive=(
            ReceiveConnector("Default Frontend EX1", "ex1", (Binding(None, 25),), (anywhere,), fqdn="mail.contoso.com"),
            ReceiveConnector("Default EX1", "ex1", (Binding(None, 2525),), (anywhere,)),
        ),
        accepted=(*accepted("contoso.com", "fabrikam.com"), AcceptedDomain(ROUTING, DomainType.INTERNAL_RELAY)),
    )


def wizard_snapshot(**changes: Any) -> Snapshot:
    """Build the configuration that the Hybrid Configuration Wizard leaves, with some kinds changed."""
    plain: dict[str, Any] = {
        "outbound": (WIZARD_OUT,),
        "inbound": (WIZARD_IN,),
        "accepted": accepted("contoso.com", "fabrikam.com", "contoso.onmicrosoft.com", ROUTING),
        "rules": (),
        "organization": Organization(),
        "remote": (
            RemoteDomain("Default", "*", auto_forward=True),
            RemoteDomain(f"Hybrid Domain - {ROUTING}", ROUTING, target_delivery_domain=True, is_internal=True),
        ),
        "hybrid": HybridConfiguration(features=("moverequest", "securemail"), domains=("contoso.com", "fabrikam.com")),
        "directory": directory(
            {
                JOHN: Placement(MailboxPlace.ONPREMISES, JOHN),
                JULIE: Placement(MailboxPlace.ONPREMISES, JULIE),
                BOB: CLOUD,
                DAVID: CLOUD,
            }
        ),
        "own": _own_servers(),
    }
    return Snapshot(**{**plain, **changes})


SETTINGS = Settings(mx_default="office365", onpremises_addresses=networks(OUR_SERVERS))


def wizard_tenant(settings: Settings = SETTINGS, **changes: Any) -> Tenant:
    """Build the tenant of the wizard; changes are those of its snapshot."""
    return Tenant((wizard_snapshot(**changes),), settings)


def cloud_only_tenant() -> Tenant:
    """Build a tenant without a server of its own."""
    snapshot = Snapshot(
        outbound=(),
        inbound=(),
        accepted=accepted("contoso.com", "contoso.onmicrosoft.com"),
        rules=(),
        organization=Organization(reject_direct_send=True),
        directory=directory({BOB: CLOUD, DAVID: CLOUD}),
    )
    return Tenant((snapshot,), Settings(mx_default="office365"))


def with_cmt() -> Tenant:
    """Build the tenant of the wizard with centralized mail transport asked for."""
    connector = replace(WIZARD_OUT, recipient_domains=("*",), route_all_via_onpremises=True)
    hybrid = HybridConfiguration(features=("centralized", "securemail"), domains=("contoso.com", "fabrikam.com"))
    return wizard_tenant(outbound=(connector,), hybrid=hybrid)
