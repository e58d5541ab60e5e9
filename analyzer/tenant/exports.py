"""What administrators can export -> the model: objects are recognised by their properties."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from analyzer.tenant.cells import Record
from analyzer.tenant.dates import has_zone
from analyzer.tenant.model import (
    AcceptedDomain,
    ConnectorType,
    DomainType,
    InboundConnector,
    Organization,
    OutboundConnector,
    TransportRule,
)
from analyzer.tenant.rules import transport_rule

Exported = OutboundConnector | InboundConnector | AcceptedDomain | TransportRule | Organization


class Kind(StrEnum):
    """A kind of export, by its name in `[exports] empty`."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"
    ACCEPTED = "accepted"
    RULES = "rules"
    ORGANIZATION = "organization"
    RECIPIENTS = "recipients"


@dataclass(frozen=True, slots=True)
class Signature:
    """How the objects of a cmdlet are recognised: at least so many of these properties (lower case)."""

    kind: Kind
    cmdlet: str
    marks: frozenset[str]
    least: int


def _marks(text: str) -> frozenset[str]:
    return frozenset(text.lower().split())


SIGNATURES = (
    Signature(
        Kind.OUTBOUND,
        "Get-OutboundConnector",
        _marks(
            "ConnectorType RecipientDomains AllAcceptedDomains IsTransportRuleScoped UseMXRecord"
            " RouteAllMessagesViaOnPremises"
        ),
        2,
    ),
    Signature(
        Kind.INBOUND,
        "Get-InboundConnector",
        _marks(
            "ConnectorType SenderDomains SenderIPAddresses TlsSenderCertificateName RequireTls"
            " RestrictDomainsToIPAddresses RestrictDomainsToCertificate AssociatedAcceptedDomains"
        ),
        2,
    ),
    Signature(Kind.ACCEPTED, "Get-AcceptedDomain", _marks("DomainName DomainType"), 2),
    # A rules export without this property tells nothing of routing: it is no rules export for us.
    Signature(Kind.RULES, "Get-TransportRule", _marks("RouteMessageOutboundConnector"), 1),
    Signature(
        Kind.ORGANIZATION,
        "Get-OrganizationConfig",
        _marks("RejectDirectSend IsDehydrated OAuth2ClientProfileEnabled"),
        1,
    ),
    Signature(
        Kind.RECIPIENTS,
        "Get-EXORecipient or Get-Recipient",
        _marks("RecipientTypeDetails PrimarySmtpAddress EmailAddresses"),
        2,
    ),
)
CMDLETS = ", ".join(signature.cmdlet for signature in SIGNATURES)


@lru_cache(maxsize=1024)
def recognise(properties: tuple[str, ...]) -> Kind | None:
    """Tell what an object with these properties is; None where it is no known export, or two at once."""
    present = frozenset(name.lower() for name in properties)
    scores = [(len(s.marks & present), s.kind) for s in SIGNATURES if len(s.marks & present) >= s.least]
    best = max((score for score, _ in scores), default=0)
    kinds = [kind for score, kind in scores if score == best]
    return kinds[0] if len(kinds) == 1 else None


def convert(kind: Kind, record: Record) -> Exported | None:
    """Turn an object into its value; None for a rule that routes to no connector."""
    return _CONVERTERS[kind](record)


def key_of(value: Exported) -> str:
    """Give what an object is told by within its kind."""
    if isinstance(value, AcceptedDomain):
        return value.domain
    return "" if isinstance(value, Organization) else value.name.casefold()


def date_texts(objects: Iterable[Mapping[str, object]]) -> list[str]:
    """Collect every date of a file, from which the order of day and month is told."""
    return [
        value
        for properties in objects
        for name, value in properties.items()
        if isinstance(value, str) and (name.lower().startswith("when") or name.lower().endswith("timestamp"))
    ]


def _outbound(record: Record) -> OutboundConnector:
    tls = record.text("TlsSettings")
    domain = record.patterns("TlsDomain")
    return OutboundConnector(
        name=record.required("Name"),
        type=_connector_type(record),
        enabled=_flag(record, "Enabled", absent=True),
        recipient_domains=record.patterns("RecipientDomains"),
        all_accepted_domains=_flag(record, "AllAcceptedDomains", absent=False),
        rule_scoped=_flag(record, "IsTransportRuleScoped", absent=False),
        route_all_via_onpremises=_flag(record, "RouteAllMessagesViaOnPremises", absent=False),
        use_mx_record=_flag(record, "UseMXRecord", absent=True),
        smart_hosts=tuple(host.strip("[]") for host in record.texts("SmartHosts")),
        tls_settings=_TLS_LEVELS.get(tls, tls) if tls else None,
        tls_domain=domain[0] if domain else None,
        cloud_services_mail_enabled=record.flag("CloudServicesMailEnabled"),
        test_mode=_flag(record, "TestMode", absent=False),
        validated=record.flag("IsValidated"),
        changed_at=_changed_at(record),
    )


def _inbound(record: Record) -> InboundConnector:
    certificate = record.text("TlsSenderCertificateName")
    return InboundConnector(
        name=record.required("Name"),
        type=_connector_type(record),
        enabled=_flag(record, "Enabled", absent=True),
        sender_domains=record.patterns("SenderDomains"),
        sender_ips=record.networks("SenderIPAddresses"),
        certificate_name=certificate.lower() if certificate else None,
        require_tls=_flag(record, "RequireTls", absent=True),
        restrict_to_ips=_flag(record, "RestrictDomainsToIPAddresses", absent=False),
        restrict_to_certificate=_flag(record, "RestrictDomainsToCertificate", absent=False),
        associated_accepted_domains=record.patterns("AssociatedAcceptedDomains"),
        cloud_services_mail_enabled=record.flag("CloudServicesMailEnabled"),
        treat_messages_as_internal=_flag(record, "TreatMessagesAsInternal", absent=False),
        changed_at=_changed_at(record),
    )


def _accepted(record: Record) -> AcceptedDomain:
    names = record.patterns("DomainName")
    if len(names) != 1 or names[0].startswith("*"):
        accepted = "the bare domain, as Exchange Online lists it (an export of your own servers lies below onpremises/)"
        raise record.mistake("DomainName", f"{record.text('DomainName')!r} is no single domain", accepted)
    return AcceptedDomain(
        domain=names[0],
        type=record.choice("DomainType", DomainType, _DOMAIN_CODES),
        match_subdomains=_flag(record, "MatchSubDomains", absent=False),
    )


def _organization(record: Record) -> Organization:
    return Organization(reject_direct_send=_flag(record, "RejectDirectSend", absent=False))


def _connector_type(record: Record) -> ConnectorType:
    return record.choice("ConnectorType", ConnectorType, _TYPE_CODES)


def _flag(record: Record, name: str, *, absent: bool) -> bool:
    """Read a boolean; where the export leaves it out, the cmdlet's own default holds (reference 3.1, 4.1)."""
    flag = record.flag(name)
    return absent if flag is None else flag


def _changed_at(record: Record) -> datetime | None:
    """WhenChangedUTC; else WhenChanged, where it says its offset (a wall clock's time is no point in time)."""
    changed = record.moment("WhenChangedUTC")
    local = record.text("WhenChanged") if changed is None else None
    return record.moment("WhenChanged") if local and has_zone(local) else changed


# The numbers behind the names, as ConvertTo-Json of Windows PowerShell 5.1 writes an enum.
_TYPE_CODES = {"1": ConnectorType.ONPREMISES, "2": ConnectorType.PARTNER}
_DOMAIN_CODES = {"0": DomainType.AUTHORITATIVE, "1": DomainType.EXTERNAL_RELAY, "2": DomainType.INTERNAL_RELAY}
_TLS_LEVELS = {"1": "EncryptionOnly", "2": "CertificateValidation", "4": "DomainValidation"}

_CONVERTERS: Mapping[Kind, Callable[[Record], Exported | None]] = {
    Kind.OUTBOUND: _outbound,
    Kind.INBOUND: _inbound,
    Kind.ACCEPTED: _accepted,
    Kind.RULES: transport_rule,
    Kind.ORGANIZATION: _organization,
}
