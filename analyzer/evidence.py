"""What a row shows: origin, destination, which sides it speaks of, the connector logged on each.

These are the rules of docs/connector-selection.md, "Evidence". Two of them guard all others: an
input is never inferred from the answer it is compared with, and what a row does not show stays open.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from analyzer.selection.facts import Lens, RecipientFacts, SenderFacts, SourceFacts
from analyzer.selection.outbound import is_cmt
from analyzer.tenant.model import DomainType, MailboxPlace, Place, Snapshot


class Side(StrEnum):
    """The two sides of a message in Office 365."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class Direction(StrEnum):
    """The directionality a log states."""

    UNSTATED = "unstated"  # the format has no such field, or the cell is blank
    INBOUND = "inbound"
    OUTBOUND = "outbound"


_DIRECTIONS = {
    "inbound": Direction.INBOUND,
    "incoming": Direction.INBOUND,
    "outbound": Direction.OUTBOUND,
    "outgoing": Direction.OUTBOUND,
    "originating": Direction.OUTBOUND,
}


def direction_of(word: str | None) -> Direction:
    """Read the log's own word for directionality."""
    return _DIRECTIONS.get((word or "").strip().lower(), Direction.UNSTATED)


@dataclass(frozen=True, slots=True)
class StatusFacts:
    """What event and delivery status say of one recipient.

    `side` is the only side an event row speaks of; None in formats with one row a message.
    `idle` is the reason why the row stands for no routing decision.
    """

    deliver: bool = False
    send: bool = False
    failed: bool = False
    arrived: bool = False
    forwarded: bool = False
    side: Side | None = None
    idle: str | None = None
    code: str | None = None


_IDLE_WORDS = (
    ("expand", "group-expansion"),
    ("quarantine", "quarantined"),
    ("filteredasspam", "quarantined"),
    ("drop", "dropped"),
    ("dsn", "delivery-report"),
    ("journal", "journal-copy"),
    ("pending", "pending"),
    ("gettingstatus", "pending"),
    ("none", "pending"),
    ("defer", "pending"),
)
_CODE = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")


def read_status(event: str | None, status: str | None) -> StatusFacts:
    """Read an event name and the log's status words; both are compared without regard to case."""
    found = _CODE.search(status or "")
    code = found.group(1) if found else None
    if event:
        return _event_facts(event.upper(), (status or "").lower(), code)
    words = tuple(w.strip() for w in (status or "").lower().replace(";", ",").split(","))
    deliver, send = "deliver" in words, any(w.startswith("send") for w in words)
    failed = any(w.startswith("fail") for w in words)
    settled = deliver or send or failed or "delivered" in words
    return StatusFacts(
        deliver=deliver,
        send=send,
        failed=failed,
        arrived=settled and not failed,
        forwarded=any(w.startswith(("redirect", "resolve")) for w in words),
        idle=None if settled else _idle(words),
        code=code,
    )


def _event_facts(event: str, status: str, code: str | None) -> StatusFacts:
    if event == "RECEIVE":
        idle = _idle((status,)) if status in ("dsn", "journal") else None
        return StatusFacts(side=Side.INBOUND, idle=idle, arrived=True)
    return StatusFacts(
        deliver=event == "DELIVER",
        send=event.startswith("SEND"),
        failed=event == "FAIL",
        arrived=event != "FAIL",
        side=Side.OUTBOUND,
        code=code,
    )


def _idle(words: tuple[str, ...]) -> str | None:
    for start, reason in _IDLE_WORDS:
        if any(w.startswith(start) for w in words):
            return reason
    # Only "Receive", or no status at all: the routing is not final.
    return "pending" if words and all(w in ("receive", "") for w in words) and any(words) else None


class Carries(StrEnum):
    """Which connector evidence a format can give."""

    NOTHING = "none"
    ONE_COLUMN = "one-column"
    PER_EVENT = "per-event"


@dataclass(frozen=True, slots=True)
class LoggedFacts:
    """The connector cells of a row, sides resolved as far as the names themselves tell.

    `inbound` and `outbound` hold the tenant's spelling of every connector named on that side; an
    empty tuple says nothing. `default` says that the default inbound connector is named; `blank`
    that the cell is there and empty; `unknown` is a name that no snapshot knows.
    """

    inbound: tuple[str, ...] = ()
    outbound: tuple[str, ...] = ()
    default: bool = False
    blank: bool = False
    unknown: str | None = None


_DEFAULT = re.compile(r"\\Default ", re.IGNORECASE)
_GUID_TAIL = re.compile(r" - [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")


def _spellings(name: str) -> tuple[str, ...]:
    # Compared in this order: as it is, trimmed and folded, without a SERVER\ head, without a GUID tail.
    folded = name.strip().casefold()
    bare = folded.rpartition("\\")[2]
    return name, folded, bare, _GUID_TAIL.sub("", bare)


class ConnectorNames:
    """The connector names of a tenant, to find the tenant's spelling of a logged name.

    The row's own snapshot is asked first, then all others: a connector that was deleted since is
    still a known one.
    """

    def __init__(self, snapshots: Sequence[Snapshot], own: int = 0) -> None:
        """Index the names of each side, those of the row's own snapshot (by its position) apart."""
        self._own = {side: _index(_names(snapshots[own], side)) for side in Side}
        self._any = {side: _index(n for s in snapshots for n in _names(s, side)) for side in Side}

    def find(self, name: str, side: Side) -> str | None:
        """Give the tenant's spelling of a logged name on one side, or None."""
        return _closest(name, self._own[side]) or _closest(name, self._any[side])

    def read(self, connector: str | None, inbound: str | None, outbound: str | None) -> LoggedFacts:
        """Resolve a row's connector cells; a name in the side's own field outranks the shared column."""
        if inbound or outbound:
            return self._of_sides(_split(inbound), _split(outbound))
        if connector is None:
            return LoggedFacts()
        if not connector.strip():
            return LoggedFacts(blank=True)
        if _DEFAULT.search(connector):
            return LoggedFacts(default=True)
        for indexes in (self._own, self._any):
            found = {side: _closest(connector, indexes[side]) for side in Side}
            if any(found.values()):
                arriving, leaving = found[Side.INBOUND], found[Side.OUTBOUND]
                return LoggedFacts((arriving,) if arriving else (), (leaving,) if leaving else ())
        return LoggedFacts(unknown=connector.strip())

    def _of_sides(self, inbound: tuple[str, ...], outbound: tuple[str, ...]) -> LoggedFacts:
        arriving = tuple(self.find(n, Side.INBOUND) for n in inbound)
        leaving = tuple(self.find(n, Side.OUTBOUND) for n in outbound)
        named = zip((*inbound, *outbound), (*arriving, *leaving), strict=True)
        strange = next((name for name, found in named if found is None), None)
        if strange is not None:
            return LoggedFacts(unknown=strange)
        return LoggedFacts(tuple(n for n in arriving if n), tuple(n for n in leaving if n))


Index = tuple[Mapping[str, str], ...]  # the tenant's names by each spelling, closest spelling first


def _names(snapshot: Snapshot, side: Side) -> tuple[str, ...]:
    connectors = snapshot.inbound if side is Side.INBOUND else snapshot.outbound
    return tuple(c.name for c in connectors or ())


def _index(names: Iterable[str]) -> Index:
    levels: tuple[dict[str, str], ...] = ({}, {}, {}, {})
    for name in names:
        for level, spelling in zip(levels, _spellings(name), strict=True):
            level.setdefault(spelling, name)
    return levels


def _closest(name: str, index: Index) -> str | None:
    spelled = zip(_spellings(name), index, strict=True)
    return next((level[spelling] for spelling, level in spelled if spelling in level), None)


def _split(names: str | None) -> tuple[str, ...]:
    return tuple(n.strip() for n in names.split("| ") if n.strip()) if names else ()


@dataclass(frozen=True, slots=True)
class Places:
    """Where a message may come from or go to: one place, or several where the row does not tell.

    `weak` says that a forged sender would look the same; `contradicted` that the row and the
    recipients list disagree; `placed` that a list, not the domain, names the place.
    """

    possible: tuple[Place, ...]
    weak: bool = False
    contradicted: bool = False
    placed: bool = False

    @property
    def known(self) -> Place | None:
        """The one place, or None."""
        return self.possible[0] if len(self.possible) == 1 else None


_ANYWHERE = (Place.CLOUD, Place.ONPREMISES, Place.INTERNET)


def origin_of(
    sender: SenderFacts, source: SourceFacts, direction: Direction, lens: Lens, *, has_directionality: bool
) -> Places:
    """Tell where a message came from (evidence rules, Origin)."""
    cloud_sender = sender.placement is MailboxPlace.CLOUD or sender.domain.onmicrosoft
    outbound = direction is Direction.OUTBOUND
    if source.onpremises and not source.service:
        # People behind the servers' NAT address look like the servers.
        nat = cloud_sender and outbound
        return Places((Place.CLOUD, Place.ONPREMISES)) if nat else Places((Place.ONPREMISES,))
    if cloud_sender and (outbound or (not has_directionality and source.blank)):
        # The client's address is logged too, so the address does not matter.
        return Places((Place.CLOUD,), weak=source.service)
    return _origin_by_domain(sender, source, outbound=outbound, declared=bool(lens.settings.onpremises_addresses))


def _origin_by_domain(sender: SenderFacts, source: SourceFacts, *, outbound: bool, declared: bool) -> Places:
    domain = sender.domain
    if not sender.stated:
        return Places((*_ANYWHERE, Place.PARTNER))
    if not domain.named and outbound:
        return Places(_ANYWHERE)  # a null sender on its way out: anybody's delivery report
    if domain.partner:
        return Places((Place.PARTNER,), weak=source.service)
    if not domain.accepted_known and domain.named:
        return Places(_ANYWHERE)
    if domain.accepted is None:
        return Places((Place.INTERNET,), weak=source.blank or source.service or not declared)
    if sender.placement is MailboxPlace.ONPREMISES:
        return Places((Place.ONPREMISES,), weak=True)
    return Places(_ANYWHERE)


def destination_of(recipient: RecipientFacts, status: StatusFacts, lens: Lens) -> Places:
    """Tell where a recipient is (evidence rules, Destination): the first that knows."""
    placement = recipient.placement
    if status.deliver:
        elsewhere = placement in (MailboxPlace.ONPREMISES, MailboxPlace.EXTERNAL)
        return Places((Place.CLOUD,), contradicted=elsewhere, placed=True)
    detour = status.send and _detour_exists(lens)
    if placement is MailboxPlace.CLOUD and (detour or not status.send):
        return Places((Place.CLOUD,), placed=True)
    if placement is MailboxPlace.ONPREMISES:
        return Places((Place.ONPREMISES,), placed=True)
    if placement is MailboxPlace.EXTERNAL:
        return Places((_external(recipient),), placed=True)
    contradicted = placement is MailboxPlace.CLOUD
    found = _destination_by_domain(recipient, lens, sent=status.send)
    if detour and placement in (None, MailboxPlace.UNPLACED) and _could_be_cloud(recipient, lens):
        # The copy may be on its way round: both are possible.
        return Places(tuple(dict.fromkeys((Place.CLOUD, *found.possible))))
    possible = tuple(p for p in found.possible if p is not Place.CLOUD) if status.send else found.possible
    return Places(possible, contradicted=contradicted, placed=found.placed)


def _destination_by_domain(recipient: RecipientFacts, lens: Lens, *, sent: bool) -> Places:
    domain = recipient.domain
    if domain.declared_onpremises:
        return Places((Place.ONPREMISES,), placed=True)
    if not domain.accepted_known:
        return Places((Place.CLOUD, Place.ONPREMISES, _external(recipient)))
    if domain.accepted is None:
        return Places((_external(recipient),))
    if sent or (domain.accepted is DomainType.INTERNAL_RELAY and _absent_from_complete_list(recipient, lens)):
        return Places((Place.ONPREMISES,))
    return Places((Place.CLOUD, Place.ONPREMISES))


def _external(recipient: RecipientFacts) -> Place:
    return Place.PARTNER if recipient.domain.partner else Place.INTERNET


def _could_be_cloud(recipient: RecipientFacts, lens: Lens) -> bool:
    own = recipient.domain.accepted is not None or not recipient.domain.accepted_known
    return own and not recipient.domain.declared_onpremises and not _absent_from_complete_list(recipient, lens)


def _absent_from_complete_list(recipient: RecipientFacts, lens: Lens) -> bool:
    complete = lens.snapshot.directory is not None and lens.settings.directory_complete
    return complete and recipient.placement is None


def _detour_exists(lens: Lens) -> bool:
    cmt = any(is_cmt(c) for c in lens.outbound)
    return cmt or bool(lens.rules) or any(s.connectors for s in lens.settings.services)


def recipient_refused(recipient: RecipientFacts, status: StatusFacts, lens: Lens) -> bool:
    """Tell whether a complete recipients list shows that nobody has this address (reference 3.2).

    A recipient to whom the message was delivered or sent exists, whatever the list says.
    """
    authoritative = recipient.domain.accepted is DomainType.AUTHORITATIVE
    arrived = status.deliver or status.send or (status.arrived and status.side is None)
    return authoritative and not arrived and _absent_from_complete_list(recipient, lens)
