"""The connector cells of a row: whose name stands there, and on which side."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from analyzer.evidence.status import Side
from analyzer.tenant.model import Snapshot


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


class OwnNames:
    """The connector names of the own servers: Send connectors by their name, Receive connectors by server and name.

    Names of connectors of Office 365 never answer. Where a kind was never exported, its names stand as logged.
    """

    def __init__(self, snapshots: Sequence[Snapshot], own: int) -> None:
        """Index the names of each kind, those of the row's own snapshot (by its position) apart."""
        first = (snapshots[own], *snapshots)
        self._send = _index(c.name for s in first for c in s.own.send or ())
        self._receive = {
            full_name(c.server, c.name).casefold(): full_name(c.server, c.name)
            for s in reversed(first)
            for c in s.own.receive or ()
        }
        self._exported = (
            any(s.own.receive is not None for s in snapshots),
            any(s.own.send is not None for s in snapshots),
        )

    def read(self, connector: str | None, inbound: str | None, outbound: str | None, server: str | None) -> LoggedFacts:
        """Resolve a row's connector cells."""
        arriving, leaving = _split(inbound), _split(outbound)
        if not (arriving or leaving):
            return LoggedFacts(blank=connector is not None and not connector.strip())
        found = self._found(arriving, leaving, server or "")
        strange = next((name for name, known in found if known is None), None)
        if strange is not None:
            return LoggedFacts(unknown=strange)
        names = tuple(known for _, known in found if known)
        return LoggedFacts(names[: len(arriving)], names[len(arriving) :])

    def _found(
        self, arriving: tuple[str, ...], leaving: tuple[str, ...], server: str
    ) -> tuple[tuple[str, str | None], ...]:
        receive, send = self._exported
        into = ((n, self._receive.get(_headed(n, server).casefold()) if receive else n) for n in arriving)
        return (*into, *((n, _closest(n, self._send) if send else n) for n in leaving))


def full_name(server: str, connector: str) -> str:
    """Name a Receive connector as the shell does, since every server has its own: the server, then its name."""
    return f"{server.upper()}\\{connector}"


def _headed(name: str, server: str) -> str:
    head, mark, bare = name.strip().rpartition("\\")
    return full_name(head.partition(".")[0] if mark else server, bare)


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
