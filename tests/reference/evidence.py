"""What a row of Office 365 shows (docs/connector-selection.md, Evidence): places, and the connector of each side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from analyzer.tenant.model import (
    ConnectorType,
    DomainType,
    MailboxPlace,
    Place,
    Placement,
    Settings,
    Snapshot,
)
from tests.reference.domains import is_accepted, meets
from tests.reference.placing import external, listed
from tests.reference.wording import Words, of_service

CLOUD, OURS, INTERNET, PARTNER = Place.CLOUD, Place.ONPREMISES, Place.INTERNET, Place.PARTNER
OUTWARD = {"outbound", "outgoing", "originating", "intra-org"}  # mail of the organization's own making


@dataclass(frozen=True)
class Shown:
    """A row as it is logged, under the configuration of its time.

    `carries` is what the format has of connectors: none, one-column or per-event; `exports` are those of all times.
    """

    cells: Mapping[str, Any]
    held: Snapshot
    settings: Settings
    carries: str
    directional: bool
    exports: tuple[Snapshot, ...] = ()
    certificates: tuple[str, ...] | None = None

    @property
    def words(self) -> Words:
        """What became of the copy."""
        return of_service(self.cells["event"], self.cells["delivery_status"])

    @property
    def sender(self) -> str | None:
        """MAIL FROM, else the header's sender (8, sender kind); `<>` is nobody, None is not stated."""
        envelope, header = self.cells["envelope_sender"], self.cells["header_from"]
        return str(envelope) if envelope not in {None, "<>"} else header or envelope

    @property
    def null_sender(self) -> bool:
        """MAIL FROM is null."""
        envelope = self.cells["envelope_sender"]
        return envelope == "<>" or (envelope is None and self.cells["header_from"] == "<>")

    @property
    def sender_domain(self) -> str:
        """The domain of the sender, "" for nobody."""
        return (self.sender or "").partition("@")[2]

    @property
    def sender_listed(self) -> Placement | None:
        """Where the list has the sender."""
        return listed(self.sender, self.held)

    @property
    def recipient_listed(self) -> Placement | None:
        """Where the list has the recipient."""
        return listed(self.cells["recipient"], self.held)

    @property
    def domain(self) -> str:
        """The domain of the resolved recipient (3.2)."""
        placed = self.recipient_listed
        return str((placed and placed.target) or self.cells["recipient"]).partition("@")[2]

    @property
    def own_domain(self) -> str:
        """The domain by which the recipient is addressed."""
        return str(self.cells["recipient"]).partition("@")[2]

    def ours(self, domain: str) -> bool:
        """Say whether a domain is accepted, as far as that was exported."""
        return is_accepted(domain, self.held.accepted or ())

    def type_of(self, domain: str) -> DomainType | None:
        """The type of the accepted domain that holds a domain: its own, else the closest above."""
        holding = [a for a in self.held.accepted or () if is_accepted(domain, (a,))]
        return max(holding, key=lambda a: len(a.domain)).type if holding else None

    def within(self, networks: tuple[Any, ...]) -> bool:
        """Say whether the connecting address is in one of some networks."""
        ip = self.cells["connecting_ip"]
        return bool(ip) and any(ip_address(ip) in n for n in networks)

    @property
    def declared_address(self) -> bool:
        """Say whether the address is declared as the own servers'."""
        return self.within(self.settings.onpremises_addresses)

    @property
    def declared(self) -> bool:
        """Say whether address or host name is declared as the own servers'."""
        host = (self.cells["connecting_host"] or "").lower()
        hosts = self.settings.onpremises_hosts
        return self.declared_address or any(meets(h, host, apex=False) is not None for h in hosts if host)

    @property
    def behind_service(self) -> bool:
        """Say whether the address is a declared service's."""
        return self.within(tuple(n for s in self.settings.services for n in s.addresses))

    @property
    def direct_send(self) -> bool:
        """Say whether the source is declared as a device that sends directly."""
        devices = self.within(self.settings.direct_send_networks)
        return devices or (self.sender or "").lower() in self.settings.direct_send_addresses

    @property
    def absent(self) -> bool:
        """Say whether a complete list does not hold the recipient."""
        complete = self.held.directory is not None and self.settings.directory_complete
        return complete and self.recipient_listed is None


def origins(row: Shown) -> tuple[set[Place], bool]:
    """Say where a message may have come from, and whether that is only weakly known (Evidence, Origin)."""
    placed = row.sender_listed.place if row.sender_listed else None
    own_onmicrosoft = row.sender_domain.endswith(".onmicrosoft.com") and row.ours(row.sender_domain)
    cloud = own_onmicrosoft or placed in {MailboxPlace.CLOUD, MailboxPlace.MOVING}
    outward = (row.cells["directionality"] or "") in OUTWARD
    blank, service = not row.cells["connecting_ip"], row.behind_service
    if row.declared and not service:  # 1
        return ({CLOUD, OURS} if cloud and outward else {OURS}), False
    if cloud and (outward or (not row.directional and blank)):  # 2
        return ({CLOUD, OURS} if placed is MailboxPlace.MOVING else {CLOUD}), service
    if row.sender is None:
        return {CLOUD, OURS, INTERNET, PARTNER}, False
    if not row.sender_domain:  # 0007: a null sender that comes in, or goes out
        return ({CLOUD, OURS, INTERNET}, False) if outward else ({INTERNET}, _address_tells_nothing(row))
    if any(meets(p, row.sender_domain, apex=True) for p in row.settings.partner_domains):  # 3
        return {PARTNER}, service
    if row.held.accepted is not None and not row.ours(row.sender_domain):  # 4
        return {INTERNET}, _address_tells_nothing(row)
    if row.held.accepted is not None and placed is MailboxPlace.ONPREMISES:  # 5
        return {OURS}, True
    return {CLOUD, OURS, INTERNET}, False


def _address_tells_nothing(row: Shown) -> bool:
    none_declared = not row.settings.onpremises_addresses
    return not row.cells["connecting_ip"] or none_declared or row.behind_service


def destinations(row: Shown) -> set[Place]:
    """Say where the recipient may be (Evidence, Destination): the first that knows."""
    words, placed = row.words, row.recipient_listed.place if row.recipient_listed else None
    if words.delivered:  # 1
        return {CLOUD}
    detour = words.sent and _detour(row)
    if placed is MailboxPlace.MOVING:
        return {OURS} if words.sent and not detour else {CLOUD, OURS}
    if placed is MailboxPlace.CLOUD and (detour or not words.sent):  # 2
        return {CLOUD}
    if placed is MailboxPlace.ONPREMISES:
        return {OURS}
    if placed is MailboxPlace.EXTERNAL:
        return {external(row.domain, row.settings)}
    found = _by_domain(row)
    no_list = placed is MailboxPlace.UNPLACED or row.held.directory is None
    if detour and no_list and _may_be_ours(row):
        return found | {CLOUD}
    return found - {CLOUD} if words.sent else found


def _by_domain(row: Shown) -> set[Place]:
    if _declared_domain(row):  # 3
        return {OURS}
    if row.held.accepted is None:
        return {CLOUD, OURS, external(row.domain, row.settings)}
    if not row.ours(row.domain):  # 4
        return {external(row.domain, row.settings)}
    relayed = row.type_of(row.domain) is DomainType.INTERNAL_RELAY and row.absent
    return {OURS} if row.words.sent or relayed else {CLOUD, OURS}  # 5


def _declared_domain(row: Shown) -> bool:
    return any(meets(d, row.domain, apex=True) for d in row.settings.onpremises_domains)


def _may_be_ours(row: Shown) -> bool:
    ours = row.held.accepted is None or row.ours(row.domain)
    return ours and not _declared_domain(row) and not row.absent


def _detour(row: Shown) -> bool:
    """What takes mail on a detour: centralized transport, a rule that routes, a declared service."""
    outbound, rules = row.held.outbound or (), row.held.rules or ()
    centre = any(c.enabled and c.route_all_via_onpremises and c.type is ConnectorType.ONPREMISES for c in outbound)
    ruled = any(r.enabled and r.connector for r in rules)
    return centre or ruled or any(s.connectors for s in row.settings.services)
