"""What may have begun or ended a finding: changes of objects, moves of mailboxes, new snapshots."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from analyzer.addresses import covers
from analyzer.formats import FORMATS
from analyzer.tenant.model import AcceptedDomain, InboundConnector, MoveBatch, OutboundConnector, Tenant, TransportRule
from analyzer.tenant.versions import OWN_KINDS, Change, Listed, histories
from analyzer.vantage import Vantage

OWN_FORMATS = frozenset(f.name for f in FORMATS if f.vantage is Vantage.OWN_SERVER)
_FEW_MINUTES = 100  # beyond that a time is told in hours

# Fields of a snapshot whose changes no WhenChangedUTC tells: the export itself is what is known.
_UNDATED = {
    "directory": "recipients",
    "organization": "organization settings",
    "hybrid": "hybrid configuration",
    "remote": "remote domains",
}

Row = Mapping[str, Any]  # a finding's columns, and the `domains` and `formats` of its messages


@dataclass(frozen=True, slots=True)
class Event:
    """Something that may have begun or ended a finding: known to be between two moments, which may be one."""

    words: str
    earliest: datetime
    latest: datetime
    of: Change | MoveBatch | None = None

    def told(self, moment: datetime) -> str:
        """Say how a moment lies to it."""
        if self.earliest <= moment < self.latest:
            first, last = (f"{t.astimezone(UTC):%Y-%m-%d %H:%M}" for t in (self.earliest, self.latest))
            return f"between {first} and {last}, when {self.words}"
        least = " at the latest" if isinstance(self.of, Change) and self.earliest < self.latest else ""
        if moment >= self.latest:
            return f"{_length(moment - self.latest)} after {self.words}{least}"
        return f"{_length(self.earliest - moment)} before {self.words}"

    def distance(self, moment: datetime) -> timedelta:
        """Give the time between it and a moment."""
        return max(moment - self.latest, self.earliest - moment, timedelta(0))

    def rank(self, row: Row) -> int | None:
        """Tell how close it is to a finding: 0 names its connector; None = it does not concern it."""
        match self.of:
            case Change() as change:
                if (change.kind in OWN_KINDS) != OWN_FORMATS.issuperset(row["formats"]):
                    return None  # a server's log rests on its own connectors, the service's on those of the tenant
                named = not {row["logged"], row["selected"]}.isdisjoint(_names(change))
                return 0 if named else 1 if any(_concerns(v, row) for v in change.versions) else None
            case MoveBatch(domains=domains):
                return 2 if not domains.isdisjoint(row["domains"]) else None
        return 3


def _names(change: Change) -> set[str]:
    routes = {v.connector for v in change.versions if isinstance(v, TransportRule)}
    return {*change.names, *routes}


def _concerns(version: Listed, row: Row) -> bool:
    match version:
        case OutboundConnector():
            named = any(covers(p, d) for p in version.recipient_domains for d in row["domains"])
            return named or version.all_accepted_domains or version.route_all_via_onpremises
        case InboundConnector():  # no mail of the cloud arrives by one
            return not str(row["path"]).startswith("cloud>")
        case AcceptedDomain():
            above = f"*.{version.domain}" if version.match_subdomains else version.domain
            return any(covers(above, d) for d in row["domains"])
    return False


def events(tenant: Tenant) -> Iterator[Event]:
    """Give every change of an object, every batch of moves, and every snapshot that brought what has no date."""
    for history in histories(tenant).values():
        yield from (Event(c.words, c.earliest, c.latest, c) for c in history.changes)
    for batch in tenant.batches:
        moved = "a mailbox was" if batch.mailboxes == 1 else f"{batch.mailboxes:,} mailboxes were"
        yield Event(f"{moved} moved", batch.begin, batch.end, batch)
    for before, snapshot in pairwise(tenant.snapshots):
        new = [words for name, words in _UNDATED.items() if _differs(getattr(before, name), getattr(snapshot, name))]
        if new and snapshot.since is not None:
            told = f"snapshot {snapshot.name} began, with other {' and '.join(new)}"
            yield Event(told, snapshot.since, snapshot.since)


def _differs(before: object, after: object) -> bool:
    # Two lists of recipients are not compared: one that was not carried over is another.
    return before is not after and before != after


def _length(time: timedelta) -> str:
    minutes = max(round(time / timedelta(minutes=1)), 1)
    return f"{minutes} min" if minutes < _FEW_MINUTES else f"{round(minutes / 60)} h"
