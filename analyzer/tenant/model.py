"""The tenant's configuration as frozen values, in the vendor's own words.

Nothing here reads a file or a clock: `exports` and `settings` build these values, `selection`
decides on them. An export that is absent is `None` (unknown); one that is really empty is `()`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from typing import Protocol

from analyzer.tenant.onpremises import ReceiveConnector, SendConnector, SendLog, Sighting
from analyzer.tenant.policy import Policy
from analyzer.tenant.predicates import Predicate

Network = IPv4Network | IPv6Network


class Place(StrEnum):
    """Where a message comes from or goes to (reference 2)."""

    CLOUD = "cloud"
    ONPREMISES = "onpremises"
    INTERNET = "internet"
    PARTNER = "partner"


class ConnectorType(StrEnum):
    """ConnectorType of Get-OutboundConnector and Get-InboundConnector."""

    ONPREMISES = "OnPremises"
    PARTNER = "Partner"


class DomainType(StrEnum):
    """DomainType of Get-AcceptedDomain."""

    AUTHORITATIVE = "Authoritative"
    INTERNAL_RELAY = "InternalRelay"
    EXTERNAL_RELAY = "ExternalRelay"


@dataclass(frozen=True, slots=True)
class OutboundConnector:
    """How mail leaves Office 365; domains are lower case: `contoso.com`, `*.contoso.com` or `*`.

    `invalid_domains` are values of RecipientDomains that are no domain pattern; they match nothing.
    `source` is ConnectorSource: Default, HybridWizard, Migrated or AdminUI (reference 3.1). `guid`,
    `created_at` and `changed_at` (UTC) tell one object from another and one version from the next.
    """

    name: str
    type: ConnectorType
    enabled: bool = True
    recipient_domains: tuple[str, ...] = ()
    all_accepted_domains: bool = False
    rule_scoped: bool = False
    route_all_via_onpremises: bool = False
    use_mx_record: bool = True
    smart_hosts: tuple[str, ...] = ()
    tls_settings: str | None = None
    tls_domain: str | None = None
    cloud_services_mail_enabled: bool | None = None
    test_mode: bool = False
    validated: bool | None = None
    sender_rewriting: bool = False
    source: str | None = None
    guid: str | None = None
    created_at: datetime | None = None
    changed_at: datetime | None = None
    invalid_domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InboundConnector:
    """How Office 365 recognises mail that arrives from the organization's servers or a partner.

    `invalid_domains` are values of SenderDomains that are no domain pattern; they match nothing.
    """

    name: str
    type: ConnectorType
    enabled: bool = True
    sender_domains: tuple[str, ...] = ()
    sender_ips: tuple[Network, ...] = ()
    certificate_name: str | None = None
    require_tls: bool = True
    restrict_to_ips: bool = False
    restrict_to_certificate: bool = False
    associated_accepted_domains: tuple[str, ...] = ()
    cloud_services_mail_enabled: bool | None = None
    treat_messages_as_internal: bool = False
    trusted_organizations: tuple[str, ...] = ()
    source: str | None = None
    guid: str | None = None
    created_at: datetime | None = None
    changed_at: datetime | None = None
    invalid_domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AcceptedDomain:
    """A domain the organization receives mail for, in lower case."""

    domain: str
    type: DomainType = DomainType.AUTHORITATIVE
    match_subdomains: bool = False
    created_at: datetime | None = None
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TransportRule:
    """A mail flow rule that routes to a connector, or (`connector` empty) only stops the rules below it.

    It fires where all of its conditions are met and none of its exceptions. `unmodelled` names every
    condition and exception that no log shows, so that a rule that carries one is "may have fired",
    never a guess. `stops` is StopRuleProcessing: once it fired, no rule of lower priority is tried.
    """

    name: str
    connector: str
    enabled: bool = True
    priority: int = 0
    conditions: tuple[Predicate, ...] = ()
    exceptions: tuple[Predicate, ...] = ()
    unmodelled: tuple[str, ...] = ()
    stops: bool = False
    guid: str | None = None
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Organization:
    """Get-OrganizationConfig, as far as it concerns mail flow; None = the export leaves it out."""

    reject_direct_send: bool | None = False


@dataclass(frozen=True, slots=True)
class RemoteDomain:
    """Get-RemoteDomain; it selects no connector (reference 5). `domain` is lower case: `d`, `*.d` or `*`."""

    name: str
    domain: str
    target_delivery_domain: bool = False
    is_internal: bool = False
    trusted_mail_inbound: bool = False
    trusted_mail_outbound: bool = False
    auto_forward: bool | None = None
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HybridConfiguration:
    """Get-HybridConfiguration: what the wizard was asked for; `features` are lower case (`centralized`)."""

    features: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    tls_certificate_name: str | None = None
    changed_at: datetime | None = None


class MailboxPlace(StrEnum):
    """Where an address is handled.

    UNPLACED = listed, but the list does not tell where; MOVING = a move was being completed, so that
    both cloud and on-premises are possible.
    """

    CLOUD = "cloud"
    ONPREMISES = "onpremises"
    EXTERNAL = "external"
    GROUP = "group"
    UNPLACED = "unplaced"
    MOVING = "moving"


@dataclass(frozen=True, slots=True)
class Placement:
    """What the recipients list says of one address.

    `target` is the address the mail is resolved to (ExternalEmailAddress of a mail user or
    contact), lower case, or None where the recipient is reached under its own address.
    """

    place: MailboxPlace
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Residence:
    """Where an address is handled over time: `places[n]` from `edges[n - 1]` until `edges[n]`.

    The edges are microseconds since 1970 (UTC); a mailbox that never moved has one place and no edge.
    """

    places: tuple[Placement | None, ...] = (None,)
    edges: tuple[int, ...] = ()

    def at(self, moment: int | None) -> Placement | None:
        """Say where the address is handled at a moment (microseconds); None is after the last move."""
        return self.places[-1 if moment is None else bisect_right(self.edges, moment)]


@dataclass(frozen=True, slots=True)
class MoveBatch:
    """Mailboxes that changed sides one soon after the other; the moves were completed from `begin` to `end` (UTC).

    `domains` are those of the moved addresses.
    """

    begin: datetime
    end: datetime
    mailboxes: int
    domains: frozenset[str]


class Directory(Protocol):
    """Where each mailbox lives, over time."""

    def residence(self, address: str) -> Residence:
        """Say where a lower-case address lives, over time; nowhere where the list does not hold it."""

    def place(self, address: str, at: int | None = None) -> Placement | None:
        """Say where it lives at one moment (microseconds since 1970, UTC), or now."""

    @property
    def moved(self) -> int:
        """Count the mailboxes that moved."""

    def domains(self, place: MailboxPlace) -> frozenset[str]:
        """Name the domains by which mail to the recipients of one place is routed."""

    @property
    def address_domains(self) -> frozenset[str]:
        """What stands behind the last `@` of its addresses."""

    def __len__(self) -> int:
        """Count the recipients (not their addresses)."""


@dataclass(frozen=True, slots=True)
class Service:
    """A declared filter, signature or archive service on the way: a planned hop."""

    name: str
    addresses: tuple[Network, ...] = ()
    connectors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """mailflow.toml: what no export carries (reference 7.3). Domains and patterns are lower case.

    `mx_default` and the values of `mx` are `office365`, `onpremises` or `thirdparty`; None means
    that nobody said. `direct_send_*` are the devices for which the default inbound connector is right.
    `day_first` is the order of day and month in exports whose dates do not tell it.
    `stated` names the keys that the file holds, such as `mx.default`.
    `cmt_intent` says whether centralized transport is meant to be on: `auto` (as the wizard was asked), `on`, `off`.
    `judge_earlier` has the first dated snapshot stand for the time before it as well.
    """

    policy: Policy = field(default_factory=Policy)
    mx_default: str | None = None
    mx: Mapping[str, str] = field(default_factory=dict)
    empty_exports: frozenset[str] = frozenset()
    day_first: bool | None = None
    directory_complete: bool = False
    onpremises_addresses: tuple[Network, ...] = ()
    onpremises_hosts: tuple[str, ...] = ()
    onpremises_certificates: tuple[str, ...] = ()
    onpremises_domains: tuple[str, ...] = ()
    cmt_intent: str = "auto"
    direct_send_networks: tuple[Network, ...] = ()
    direct_send_addresses: tuple[str, ...] = ()
    partner_domains: tuple[str, ...] = ()
    services: tuple[Service, ...] = ()
    judge_earlier: bool = False
    change_grace: timedelta = timedelta(minutes=60)
    stated: frozenset[str] = field(default=frozenset(), compare=False)

    def ruled_by(self, given: Policy | Mapping[str, str] | None, *, judge_earlier: bool | None = None) -> Settings:
        """Give the settings with other choices over theirs, None = as they are; a policy given counts as stated.

        Raises:
            UsageError: as `Policy.ruled_by`.
        """
        names = {} if given is None else dict(given.items())
        stated = self.stated | {f"policy.{name}" for name in names}
        earlier = self.judge_earlier if judge_earlier is None else judge_earlier
        return replace(self, policy=self.policy.ruled_by(given), stated=stated, judge_earlier=earlier)


@dataclass(frozen=True, slots=True)
class OwnServers:
    """What the shell of the organization's own servers exports; a kind that is absent is None.

    `accepted` may hold patterns such as `*.contoso.com` (reference 5).
    """

    send: tuple[SendConnector, ...] | None = None
    receive: tuple[ReceiveConnector, ...] | None = None
    accepted: tuple[AcceptedDomain, ...] | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The configuration in force from `since` (UTC) until the next snapshot; None = undated.

    A kind of export that is absent is None. `rules` holds the rules that route to a
    connector, and those that stop the others.
    `carried` names the kinds (fields) that were not exported then but stem from the snapshot before.
    `presented` names the certificate that the logs of the own servers show at that time; None = they do not tell.
    `unheard` names the own servers that may have sent to Office 365 then, and whose logs were not given.
    """

    name: str = "undated"
    since: datetime | None = None
    outbound: tuple[OutboundConnector, ...] | None = None
    inbound: tuple[InboundConnector, ...] | None = None
    accepted: tuple[AcceptedDomain, ...] | None = None
    rules: tuple[TransportRule, ...] | None = None
    organization: Organization | None = None
    directory: Directory | None = None
    remote: tuple[RemoteDomain, ...] | None = None
    hybrid: HybridConfiguration | None = None
    own: OwnServers = OwnServers()
    carried: frozenset[str] = frozenset()
    presented: tuple[str, ...] | None = None
    unheard: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tenant:
    """One organization: its dated snapshots, oldest first, and its settings.

    `digests` maps each file read (path below the folder) to its SHA-256; `notes` say in words what the
    lists of recipients and of moves came to; `batches` are the moves by time; `sightings` the certificates that the
    own servers presented, by their SMTP send logs, and `send_logs` the servers that these are of.
    """

    snapshots: tuple[Snapshot, ...]
    settings: Settings = field(default_factory=Settings)
    path: str = ""
    digests: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    batches: tuple[MoveBatch, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    send_logs: tuple[SendLog, ...] = ()
