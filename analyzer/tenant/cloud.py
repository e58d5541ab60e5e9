"""The exports of Exchange Online -> their values, property by property (reference 3.1, 4.1, 5).

Where an export leaves a property out, the cmdlet's own default holds. The hybrid configuration is
kept by the organization's own servers, but is read the same way.
"""

from __future__ import annotations

from analyzer.tenant.cells import Record
from analyzer.tenant.model import (
    AcceptedDomain,
    ConnectorType,
    DomainType,
    HybridConfiguration,
    InboundConnector,
    Organization,
    OutboundConnector,
    RemoteDomain,
)

# The numbers behind the names, as ConvertTo-Json writes an enum.
_TYPE_CODES = {"1": ConnectorType.ONPREMISES, "2": ConnectorType.PARTNER}
_DOMAIN_CODES = {"0": DomainType.AUTHORITATIVE, "1": DomainType.EXTERNAL_RELAY, "2": DomainType.INTERNAL_RELAY}
TLS_LEVELS = {"1": "EncryptionOnly", "2": "CertificateValidation", "4": "DomainValidation"}


def outbound(record: Record) -> OutboundConnector:
    """Read one object of Get-OutboundConnector."""
    tls = record.text("TlsSettings")
    domain = record.patterns("TlsDomain")
    recipient_domains, invalid = record.domains("RecipientDomains")
    return OutboundConnector(
        name=record.required("Name"),
        type=_connector_type(record),
        enabled=record.switch("Enabled", absent=True),
        recipient_domains=recipient_domains,
        invalid_domains=invalid,
        all_accepted_domains=record.switch("AllAcceptedDomains", absent=False),
        rule_scoped=record.switch("IsTransportRuleScoped", absent=False),
        route_all_via_onpremises=record.switch("RouteAllMessagesViaOnPremises", absent=False),
        use_mx_record=record.switch("UseMXRecord", absent=True),
        smart_hosts=tuple(host.strip("[]") for host in record.texts("SmartHosts")),
        tls_settings=TLS_LEVELS.get(tls, tls) if tls else None,
        tls_domain=domain[0] if domain else None,
        cloud_services_mail_enabled=record.flag("CloudServicesMailEnabled"),
        test_mode=record.switch("TestMode", absent=False),
        validated=record.flag("IsValidated"),
        sender_rewriting=record.switch("SenderRewritingEnabled", absent=False),
        source=record.text("ConnectorSource"),
        guid=record.guid(),
        created_at=record.created_at(),
        changed_at=record.changed_at(),
    )


def inbound(record: Record) -> InboundConnector:
    """Read one object of Get-InboundConnector."""
    certificate = record.text("TlsSenderCertificateName")
    sender_domains, invalid = record.domains("SenderDomains")
    return InboundConnector(
        name=record.required("Name"),
        type=_connector_type(record),
        enabled=record.switch("Enabled", absent=True),
        sender_domains=sender_domains,
        invalid_domains=invalid,
        sender_ips=record.networks("SenderIPAddresses"),
        certificate_name=certificate.lower() if certificate else None,
        require_tls=record.switch("RequireTls", absent=True),
        restrict_to_ips=record.switch("RestrictDomainsToIPAddresses", absent=False),
        restrict_to_certificate=record.switch("RestrictDomainsToCertificate", absent=False),
        associated_accepted_domains=record.patterns("AssociatedAcceptedDomains"),
        cloud_services_mail_enabled=record.flag("CloudServicesMailEnabled"),
        treat_messages_as_internal=record.switch("TreatMessagesAsInternal", absent=False),
        trusted_organizations=record.texts("TrustedOrganizations"),
        source=record.text("ConnectorSource"),
        guid=record.guid(),
        created_at=record.created_at(),
        changed_at=record.changed_at(),
    )


def accepted(record: Record) -> AcceptedDomain:
    """Read one object of Get-AcceptedDomain, as Exchange Online lists it: the bare domain and a flag."""
    value = own_accepted(record)
    if value.domain.startswith("*"):
        hint = "the bare domain, as Exchange Online lists it (an export of your own servers lies below onpremises/)"
        raise record.mistake("DomainName", f"{value.domain!r} is no single domain", hint)
    return value


def own_accepted(record: Record) -> AcceptedDomain:
    """Read one object of the own servers' Get-AcceptedDomain; it may be a pattern (reference 5)."""
    return AcceptedDomain(
        domain=_one_domain(record),
        type=record.choice("DomainType", DomainType, _DOMAIN_CODES),
        match_subdomains=record.switch("MatchSubDomains", absent=False),
        created_at=record.created_at(),
        changed_at=record.changed_at(),
    )


def remote(record: Record) -> RemoteDomain:
    """Read one object of Get-RemoteDomain."""
    return RemoteDomain(
        name=record.required("Name"),
        domain=_one_domain(record),
        target_delivery_domain=record.switch("TargetDeliveryDomain", absent=False),
        is_internal=record.switch("IsInternal", absent=False),
        trusted_mail_inbound=record.switch("TrustedMailInboundEnabled", absent=False),
        trusted_mail_outbound=record.switch("TrustedMailOutboundEnabled", absent=False),
        auto_forward=record.flag("AutoForwardEnabled"),
        changed_at=record.changed_at(),
    )


def organization(record: Record) -> Organization:
    """Read Get-OrganizationConfig."""
    return Organization(reject_direct_send=record.flag("RejectDirectSend"))


def hybrid(record: Record) -> HybridConfiguration:
    """Read Get-HybridConfiguration; `autod:` only marks the domain for Autodiscover."""
    features = record.texts("Features")
    if numbers := [feature for feature in features if feature.isdigit()]:
        accepted = "their names, as Export-Clixml writes them"
        raise record.mistake("Features", f"{numbers[0]!r} is the number of a feature", accepted)
    return HybridConfiguration(
        features=features,
        domains=record.patterns("Domains", prefix="autod:"),
        tls_certificate_name=record.certificate("TlsCertificateName"),
        changed_at=record.changed_at(),
    )


def _one_domain(record: Record) -> str:
    names = record.patterns("DomainName")
    if len(names) != 1:
        raise record.mistake("DomainName", f"{record.text('DomainName')!r} is no single domain", "one domain an object")
    return names[0]


def _connector_type(record: Record) -> ConnectorType:
    return record.choice("ConnectorType", ConnectorType, _TYPE_CODES)
