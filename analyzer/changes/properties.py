"""The properties of each kind of object by the vendor's names, and their values as a shell shows them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from analyzer.tenant.model import (
    AcceptedDomain,
    HybridConfiguration,
    InboundConnector,
    Organization,
    OutboundConnector,
    RemoteDomain,
    TransportRule,
)
from analyzer.tenant.onpremises import AddressRange, AddressSpace, Binding, ReceiveConnector, SendConnector

# What is read of each object, by the field that holds it: the cmdlets' own names, the most telling first.
PROPERTIES: Mapping[type, Mapping[str, str]] = MappingProxyType(
    {
        OutboundConnector: {
            "name": "Name",
            "enabled": "Enabled",
            "type": "ConnectorType",
            "recipient_domains": "RecipientDomains",
            "invalid_domains": "RecipientDomains (no domains)",
            "all_accepted_domains": "AllAcceptedDomains",
            "rule_scoped": "IsTransportRuleScoped",
            "route_all_via_onpremises": "RouteAllMessagesViaOnPremises",
            "use_mx_record": "UseMXRecord",
            "smart_hosts": "SmartHosts",
            "tls_settings": "TlsSettings",
            "tls_domain": "TlsDomain",
            "cloud_services_mail_enabled": "CloudServicesMailEnabled",
            "test_mode": "TestMode",
            "validated": "IsValidated",
            "sender_rewriting": "SenderRewritingEnabled",
            "source": "ConnectorSource",
        },
        InboundConnector: {
            "name": "Name",
            "enabled": "Enabled",
            "type": "ConnectorType",
            "sender_domains": "SenderDomains",
            "invalid_domains": "SenderDomains (no domains)",
            "sender_ips": "SenderIPAddresses",
            "certificate_name": "TlsSenderCertificateName",
            "require_tls": "RequireTls",
            "restrict_to_ips": "RestrictDomainsToIPAddresses",
            "restrict_to_certificate": "RestrictDomainsToCertificate",
            "associated_accepted_domains": "AssociatedAcceptedDomains",
            "cloud_services_mail_enabled": "CloudServicesMailEnabled",
            "treat_messages_as_internal": "TreatMessagesAsInternal",
            "trusted_organizations": "TrustedOrganizations",
            "source": "ConnectorSource",
        },
        AcceptedDomain: {
            "domain": "DomainName",
            "type": "DomainType",
            "match_subdomains": "MatchSubDomains",
        },
        TransportRule: {
            "name": "Name",
            "enabled": "State and Mode (acts)",
            "connector": "RouteMessageOutboundConnector",
            "priority": "Priority",
            "stops": "StopRuleProcessing",
            "conditions": "conditions",
            "exceptions": "exceptions",
            "unmodelled": "conditions that no log shows",
        },
        RemoteDomain: {
            "name": "Name",
            "domain": "DomainName",
            "target_delivery_domain": "TargetDeliveryDomain",
            "is_internal": "IsInternal",
            "trusted_mail_inbound": "TrustedMailInboundEnabled",
            "trusted_mail_outbound": "TrustedMailOutboundEnabled",
            "auto_forward": "AutoForwardEnabled",
        },
        SendConnector: {
            "name": "Name",
            "enabled": "Enabled",
            "address_spaces": "AddressSpaces",
            "max_message_size": "MaxMessageSize",
            "scoped": "IsScopedConnector",
            "source_servers": "SourceTransportServers",
            "site": "site of the source servers",
            "dns_routing": "DNSRoutingEnabled",
            "smart_hosts": "SmartHosts",
            "require_tls": "RequireTLS",
            "tls_auth_level": "TlsAuthLevel",
            "tls_domain": "TlsDomain",
            "tls_certificate_name": "TlsCertificateName",
            "cloud_services_mail_enabled": "CloudServicesMailEnabled",
        },
        ReceiveConnector: {
            "name": "Name",
            "server": "Server",
            "enabled": "Enabled",
            "bindings": "Bindings",
            "remote_ranges": "RemoteIPRanges",
            "fqdn": "Fqdn",
            "max_message_size": "MaxMessageSize",
            "require_tls": "RequireTLS",
            "tls_certificate_name": "TlsCertificateName",
            "permission_groups": "PermissionGroups",
        },
        Organization: {"reject_direct_send": "RejectDirectSend"},
        HybridConfiguration: {
            "features": "Features",
            "domains": "Domains",
            "tls_certificate_name": "TlsCertificateName",
        },
    }
)


def written(value: object) -> str | None:
    """Write a value as a shell shows it; None where it is not set."""
    if value is None or value in ((), []):
        return None
    if isinstance(value, list | tuple):
        return ", ".join(str(written(v)) for v in value)
    match value:
        case AddressSpace():
            return f"{value.type}:{value.domain};{value.cost}"
        case AddressRange():
            return str(value.first) if value.first == value.last else f"{value.first}-{value.last}"
        case Binding():
            return f"{value.address or '*'}:{value.port}"
    return str(value)
