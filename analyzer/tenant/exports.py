"""What administrators can export -> the model: objects are recognised by their properties."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from analyzer.tenant.cells import Record
from analyzer.tenant.cloud import accepted, hybrid, inbound, organization, outbound, own_accepted, remote
from analyzer.tenant.model import (
    AcceptedDomain,
    HybridConfiguration,
    InboundConnector,
    Organization,
    OutboundConnector,
    RemoteDomain,
    TransportRule,
)
from analyzer.tenant.onpremises import ReceiveConnector, SendConnector
from analyzer.tenant.rules import transport_rule
from analyzer.tenant.servers import receive, send

Exported = (
    OutboundConnector
    | InboundConnector
    | AcceptedDomain
    | RemoteDomain
    | TransportRule
    | Organization
    | HybridConfiguration
    | SendConnector
    | ReceiveConnector
)


class Kind(StrEnum):
    """A kind of export; those of `[exports] empty` by the name they have there."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"
    ACCEPTED = "accepted"
    REMOTE = "remote"
    RULES = "rules"
    ORGANIZATION = "organization"
    HYBRID = "hybrid"
    RECIPIENTS = "recipients"
    MOVES = "moves"
    SEND = "send"
    RECEIVE = "receive"
    OWN_ACCEPTED = "own accepted"


# What an export from the own servers' shell is taken for; other kinds of theirs play no part in the answers.
OWN_KINDS: Mapping[Kind, Kind] = {
    Kind.SEND: Kind.SEND,
    Kind.RECEIVE: Kind.RECEIVE,
    Kind.ACCEPTED: Kind.OWN_ACCEPTED,
    Kind.HYBRID: Kind.HYBRID,
}


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
    Signature(
        Kind.REMOTE,
        "Get-RemoteDomain",
        _marks(
            "DomainName IsInternal TargetDeliveryDomain TrustedMailInboundEnabled TrustedMailOutboundEnabled"
            " AutoForwardEnabled AllowedOOFType"
        ),
        3,
    ),
    # A rules export without this property tells nothing of routing: it is no rules export for us.
    Signature(Kind.RULES, "Get-TransportRule", _marks("RouteMessageOutboundConnector"), 1),
    Signature(
        Kind.ORGANIZATION,
        "Get-OrganizationConfig",
        _marks("RejectDirectSend IsDehydrated OAuth2ClientProfileEnabled"),
        1,
    ),
    Signature(
        Kind.HYBRID,
        "Get-HybridConfiguration",
        _marks(
            "Features Domains OnPremisesSmartHost ReceivingTransportServers SendingTransportServers"
            " EdgeTransportServers ClientAccessServers SecureMailCertificateThumbprint"
        ),
        3,
    ),
    Signature(
        Kind.SEND,
        "Get-SendConnector",
        _marks(
            "AddressSpaces SourceTransportServers DNSRoutingEnabled IsScopedConnector IsSmtpConnector"
            " SmartHostAuthMechanism SourceRoutingGroup"
        ),
        2,
    ),
    Signature(
        Kind.RECEIVE,
        "Get-ReceiveConnector",
        _marks("Bindings RemoteIPRanges PermissionGroups TransportRole AuthMechanism MaxHopCount"),
        2,
    ),
    Signature(
        Kind.RECIPIENTS,
        "Get-EXORecipient or Get-Recipient",
        _marks("RecipientTypeDetails PrimarySmtpAddress EmailAddresses"),
        2,
    ),
    Signature(
        Kind.MOVES,
        "Get-MigrationUser or Get-MoveRequestStatistics",
        _marks(
            "Status StatusSummary BatchId BatchName CompletionTimestamp LastSuccessfulSyncTime MailboxEmailAddress"
            " RemoteHostName RequestStyle TargetDatabase"
        ),
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


def cmdlet_of(kind: Kind) -> str:
    """Name the cmdlet that exports a kind."""
    cloud = next((seen for seen, own in OWN_KINDS.items() if own is kind), kind)
    return next(signature.cmdlet for signature in SIGNATURES if signature.kind is cloud)


def missing(kind: Kind, properties: Mapping[str, object]) -> set[str]:
    """Name what an object (lower-case names) leaves out of the properties that selection rests on."""
    return {name for name in _SELECTING.get(kind, ()) if name.lower() not in properties}


def convert(kind: Kind, record: Record) -> Exported | None:
    """Turn an object into its value; None for a rule that routes to no connector."""
    return _CONVERTERS[kind](record)


def key_of(value: Exported) -> str:
    """Give what an object is told by within its kind."""
    if isinstance(value, AcceptedDomain):
        return value.domain
    if isinstance(value, Organization | HybridConfiguration):
        return ""
    name = value.name.casefold()
    return f"{value.server}\\{name}" if isinstance(value, ReceiveConnector) else name


def date_texts(objects: Iterable[Mapping[str, object]]) -> list[str]:
    """Collect every date of a file, from which the order of day and month is told."""
    return [
        value
        for properties in objects
        for name, value in properties.items()
        if isinstance(value, str) and (name.lower().startswith("when") or name.lower().endswith("timestamp"))
    ]


_SELECTING: Mapping[Kind, tuple[str, ...]] = {
    Kind.OUTBOUND: (
        "Enabled",
        "RecipientDomains",
        "AllAcceptedDomains",
        "IsTransportRuleScoped",
        "RouteAllMessagesViaOnPremises",
        "UseMXRecord",
    ),
    Kind.INBOUND: (
        "Enabled",
        "SenderDomains",
        "SenderIPAddresses",
        "TlsSenderCertificateName",
        "RestrictDomainsToIPAddresses",
        "RestrictDomainsToCertificate",
    ),
    Kind.SEND: ("Enabled", "AddressSpaces", "IsScopedConnector", "MaxMessageSize", "SourceTransportServers"),
    Kind.RECEIVE: ("Enabled", "Bindings", "RemoteIPRanges"),
}
_CONVERTERS: Mapping[Kind, Callable[[Record], Exported | None]] = {
    Kind.OUTBOUND: outbound,
    Kind.INBOUND: inbound,
    Kind.ACCEPTED: accepted,
    Kind.REMOTE: remote,
    Kind.RULES: transport_rule,
    Kind.ORGANIZATION: organization,
    Kind.HYBRID: hybrid,
    Kind.SEND: send,
    Kind.RECEIVE: receive,
    Kind.OWN_ACCEPTED: own_accepted,
}
