"""The values that the small tenant must load to, whatever its form."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import ip_address, ip_network

from analyzer.tenant.model import (
    AcceptedDomain,
    ConnectorType,
    DomainType,
    HybridConfiguration,
    InboundConnector,
    Organization,
    OutboundConnector,
    OwnServers,
    RemoteDomain,
    Snapshot,
    TransportRule,
)
from analyzer.tenant.onpremises import AddressRange, AddressSpace, Binding, ReceiveConnector, SendConnector
from analyzer.tenant.predicates import Predicate

CHANGED = datetime(2025, 3, 24, 7, 15, 2, tzinfo=UTC)
LATER = datetime(2025, 4, 3, 19, 5, tzinfo=UTC)
CERTIFICATE = "<I>CN=Contoso CA, O=Contoso, C=US<S>CN=mail.contoso.com"


def span(first: str, last: str) -> AddressRange:
    """Make a range of addresses from its two ends."""
    return AddressRange(ip_address(first), ip_address(last))


EXPECTED = Snapshot(
    outbound=(
        OutboundConnector(
            name="Connector 1",
            type=ConnectorType.ONPREMISES,
            all_accepted_domains=True,
            use_mx_record=False,
            smart_hosts=("mail.contoso.com", "192.0.2.1"),
            tls_settings="CertificateValidation",
            cloud_services_mail_enabled=True,
            validated=True,
            sender_rewriting=True,
            source="HybridWizard",
            changed_at=CHANGED,
        ),
        OutboundConnector(
            name="Connector 3",
            type=ConnectorType.PARTNER,
            enabled=False,
            recipient_domains=("*.contoso.com", "contoso.com"),
            rule_scoped=True,
            tls_domain="*.contoso.com",
            cloud_services_mail_enabled=False,
            test_mode=True,
            source="AdminUI",
            changed_at=LATER,
        ),
    ),
    inbound=(
        InboundConnector(
            name="Inbound from plant",
            type=ConnectorType.ONPREMISES,
            sender_domains=("*",),
            sender_ips=(ip_network("192.0.2.0/25"), ip_network("203.0.113.9/32")),
            certificate_name="*.contoso.com",
            cloud_services_mail_enabled=True,
            source="HybridWizard",
            changed_at=CHANGED,
        ),
        InboundConnector(
            name="Partner",
            type=ConnectorType.PARTNER,
            sender_domains=("woodgrovebank.com", "*.adatum.com"),
            require_tls=False,
            restrict_to_ips=True,
            associated_accepted_domains=("contoso.com",),
            cloud_services_mail_enabled=False,
            trusted_organizations=("adatum.onmicrosoft.com",),
            source="Default",
        ),
    ),
    accepted=(
        AcceptedDomain("contoso.com"),
        AcceptedDomain("fabrikam.com", DomainType.INTERNAL_RELAY, match_subdomains=True),
    ),
    rules=(
        TransportRule(
            name="To the archive",
            connector="Connector 3",
            priority=3,
            conditions=(
                Predicate("SenderDomainIs", ("contoso.com",)),
                Predicate("SentTo", ("line1@plant.contoso.com",)),
                Predicate("RecipientDomainIs", ("adatum.com", "wingtiptoys.com")),
            ),
        ),
    ),
    organization=Organization(reject_direct_send=True),
    remote=(
        RemoteDomain("Default", "*", auto_forward=False, changed_at=CHANGED),
        RemoteDomain(
            "Hybrid Domain - contoso.mail.onmicrosoft.com",
            "contoso.mail.onmicrosoft.com",
            target_delivery_domain=True,
            is_internal=True,
            trusted_mail_inbound=True,
            trusted_mail_outbound=True,
            auto_forward=True,
        ),
    ),
    hybrid=HybridConfiguration(
        features=("freebusy", "securemail", "centralized"),
        domains=("contoso.com", "fabrikam.com"),
        tls_certificate_name=CERTIFICATE,
        changed_at=CHANGED,
    ),
    own=OwnServers(
        send=(
            SendConnector(
                name="Outbound to Office 365",
                address_spaces=(AddressSpace("contoso.mail.onmicrosoft.com"),),
                max_message_size=36_700_160,
                source_servers=("ex1", "ex2"),
                require_tls=True,
                tls_auth_level="DomainValidation",
                tls_domain="mail.protection.outlook.com",
                tls_certificate_name=CERTIFICATE,
                cloud_services_mail_enabled=True,
                changed_at=CHANGED,
            ),
            SendConnector(
                name="Internet",
                address_spaces=(
                    AddressSpace("*", 10),
                    AddressSpace("*.fabrikam.com", 2),
                    AddressSpace("c=us", 5, "x400"),
                ),
                enabled=False,
                scoped=True,
                source_servers=("ex1",),
                dns_routing=False,
                smart_hosts=("192.0.2.25",),
                cloud_services_mail_enabled=False,
                changed_at=LATER,
            ),
        ),
        receive=(
            ReceiveConnector(
                name="Default EX1",
                server="ex1",
                bindings=(Binding(None, 2525),),
                remote_ranges=(
                    span("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
                    span("0.0.0.0", "255.255.255.255"),
                ),
                fqdn="ex1.contoso.com",
                max_message_size=37_748_736,
                permission_groups=("exchangeusers", "exchangeservers", "exchangelegacyservers"),
                changed_at=CHANGED,
            ),
            ReceiveConnector(
                name="From plant",
                server="ex1",
                bindings=(Binding(ip_address("192.0.2.10")), Binding(ip_address("2001:db8::10"))),
                remote_ranges=(
                    span("192.0.2.77", "192.0.2.77"),
                    span("198.51.100.0", "198.51.100.255"),
                    span("203.0.113.0", "203.0.113.127"),
                    span("192.0.2.1", "192.0.2.9"),
                ),
                enabled=False,
                fqdn="mail.contoso.com",
                max_message_size=10_485_760,
                require_tls=True,
                tls_certificate_name=CERTIFICATE,
                permission_groups=("anonymoususers",),
                changed_at=LATER,
            ),
        ),
        accepted=(
            AcceptedDomain("contoso.com"),
            AcceptedDomain("*.plant.contoso.com", DomainType.INTERNAL_RELAY),
        ),
    ),
)
