"""What a row of an own server's log shows: domains, places, and the connectors it names (reference 6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analyzer.tenant.model import AcceptedDomain, DomainType, MailboxPlace, Place, Placement, Settings, Snapshot
from tests.reference.domains import is_accepted, meets
from tests.reference.naming import meant, several
from tests.reference.placing import external, listed
from tests.reference.wording import Words, of_server

HOPS = {"intra-organization smtp send connector", "client proxy send connector"}


@dataclass(frozen=True)
class OwnRow:
    """A row of an own server's log under one configuration; `exports` are those of all times, which know the names."""

    cells: Mapping[str, Any]
    held: Snapshot
    exports: tuple[Snapshot, ...]
    settings: Settings
    names_connectors: bool = True

    @property
    def words(self) -> Words:
        """What became of the message."""
        return of_server(self.cells["event"], self.cells["delivery_status"])

    @property
    def client(self) -> str:
        """Who spoke to the server."""
        told = self.cells["smtp_client"]
        return (self.cells["connecting_ip"] if told is None else told) or ""

    @property
    def placed(self) -> Placement | None:
        """Where the list places the recipient."""
        return listed(self.cells["recipient"], self.held)

    def accepted_by_servers(self, domain: str) -> DomainType | None:
        """How the servers accept a domain; patterns hold what is below them, the longest counts (5)."""
        holding = [a for a in self.held.own.accepted or () if meets(a.domain, domain, apex=True)]
        return max(holding, key=lambda a: len(a.domain)).type if holding else None


def domains(row: OwnRow) -> set[str]:
    """Give the domains by which the servers may route the recipient (3.2, 6)."""
    address, placed = row.cells["recipient"], row.placed
    target = placed.target if placed else None
    domain = (target or address).partition("@")[2]
    cloud = row.held.accepted or ()
    answered = row.accepted_by_servers(domain)
    foreign = row.held.accepted is not None and not is_accepted(domain, cloud) and answered is None
    straight = domain.endswith(".onmicrosoft.com") and is_accepted(domain, cloud)
    declared = any(meets(d, domain, apex=True) for d in row.settings.onpremises_domains)
    at_hand = placed is not None and placed.place in {MailboxPlace.ONPREMISES, MailboxPlace.EXTERNAL}
    if (target and target != address) or foreign or straight or declared or at_hand:
        return {domain}
    every = {a.domain for a in cloud} | {s.domain for c in row.held.own.send or () for s in c.address_spaces}
    hybrid = {d for d in every if d.endswith(".mail.onmicrosoft.com")}
    in_cloud = placed is not None and placed.place is MailboxPlace.CLOUD
    return hybrid if hybrid and in_cloud and answered is DomainType.AUTHORITATIVE else {domain, *hybrid}


def goes_to(row: OwnRow) -> Place | None:
    """Say where the recipient is: a delivery is on this server; a Send may be to the next one and says nothing."""
    placed, settings = row.placed, row.settings
    domain = ((placed and placed.target) or row.cells["recipient"]).partition("@")[2]
    accepted = row.held.accepted
    if row.words.delivered:
        return Place.ONPREMISES
    if placed is None and domain.endswith(".onmicrosoft.com") and is_accepted(domain, accepted or ()):
        return Place.CLOUD
    known = {MailboxPlace.CLOUD: Place.CLOUD, MailboxPlace.ONPREMISES: Place.ONPREMISES}
    if placed is not None and placed.place in known:
        return known[placed.place]
    if placed is not None and placed.place is MailboxPlace.EXTERNAL:
        return external(domain, settings)
    if placed is not None and placed.place is MailboxPlace.MOVING:
        return None
    if any(meets(d, domain, apex=True) for d in settings.onpremises_domains):
        return Place.ONPREMISES
    if accepted is None:
        return None
    if not is_accepted(domain, accepted):
        return external(domain, settings)
    unlisted = row.held.directory is not None and settings.directory_complete and placed is None
    relayed = _type_of(domain, accepted) is DomainType.INTERNAL_RELAY
    return Place.ONPREMISES if unlisted and relayed else None


def _type_of(domain: str, accepted: tuple[AcceptedDomain, ...]) -> DomainType:
    return max((a for a in accepted if is_accepted(domain, (a,))), key=lambda a: len(a.domain)).type


def logged(row: OwnRow) -> tuple[list[str], list[str], str | None]:
    """Give the connectors named on each side in the tenant's spelling, and a name that no export knows."""
    into, out = several(row.cells["logged_inbound"]), several(row.cells["logged_outbound"])
    receives = [f"{c.server.upper()}\\{c.name}" for s in row.exports for c in s.own.receive or ()]
    sends = [c.name for s in (row.held, *row.exports) for c in s.own.send or ()]
    server = row.cells["server"] or ""
    headed = [n if "\\" in n else f"{server}\\{n}" for n in into]
    full = [f"{n.partition(chr(92))[0].partition('.')[0]}\\{n.partition(chr(92))[2]}" for n in headed]
    by_fold = {n.lower(): n for n in receives}
    arriving = [by_fold.get(n.lower()) for n in full] if any(s.own.receive is not None for s in row.exports) else into
    leaving = [meant(n, sends) for n in out] if any(s.own.send is not None for s in row.exports) else out
    for name, found in zip((*into, *out), (*arriving, *leaving), strict=True):
        if found is None:
            return [], [], name
    return [n for n in arriving if n], [n for n in leaving if n], None


def blank(row: OwnRow) -> bool:
    """Say whether the cell of the connector is there and empty."""
    cell = row.cells["logged_connector"]
    named = several(row.cells["logged_inbound"]) or several(row.cells["logged_outbound"])
    return cell is not None and not cell.strip() and not named


def is_hop(row: OwnRow) -> bool:
    """Say whether mail went from one own server, or service, to the next."""
    _, leaving, strange = logged(row)
    return bool({n.lower() for n in (*leaving, strange or "")} & HOPS)
