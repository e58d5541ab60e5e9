"""Which configuration was in force when, and which connectors were changing (reference 8, change window)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from analyzer.selection.batch import Codes
from analyzer.tenant.model import InboundConnector, OutboundConnector, Snapshot, Tenant

_ALWAYS = -(2**62)


@dataclass(frozen=True, slots=True)
class Epoch:
    """A stretch of time in which snapshot and changing connectors stay the same."""

    snapshot: int
    changing_inbound: frozenset[str] = frozenset()
    changing_outbound: frozenset[str] = frozenset()
    early: bool = False


@dataclass(frozen=True, slots=True)
class _Window:
    start: int
    end: int
    snapshot: int
    side: str
    name: str


class Timeline:
    """Cuts time into epochs; a row's epoch is found by binary search."""

    def __init__(self, tenant: Tenant) -> None:
        """Collect the moments at which anything changes."""
        self._starts = [_ALWAYS if s.since is None else _microseconds(s.since) for s in tenant.snapshots]
        self._windows = tuple(_windows(tenant, self._starts))
        cuts = {_ALWAYS, *self._starts, *(w.start for w in self._windows), *(w.end for w in self._windows)}
        self._cuts: NDArray[np.int64] = np.array(sorted(cuts), np.int64)
        self.epochs = tuple(self._epoch(int(t)) for t in self._cuts)

    def _epoch(self, moment: int) -> Epoch:
        current = max((i for i, s in enumerate(self._starts) if s <= moment), default=0)
        open_now = [w for w in self._windows if w.snapshot == current and w.start <= moment < w.end]
        return Epoch(
            snapshot=current,
            changing_inbound=frozenset(w.name for w in open_now if w.side == "inbound"),
            changing_outbound=frozenset(w.name for w in open_now if w.side == "outbound"),
            # Nobody exported the configuration of that time; the first snapshot stands in for it.
            early=moment < self._starts[0],
        )

    def epoch_numbers(self, microseconds: NDArray[np.int64]) -> Codes:
        """Give the number of the epoch of each time (microseconds since 1970, UTC)."""
        return np.searchsorted(self._cuts, microseconds, side="right").astype(np.int64) - 1

    def epoch_at(self, moment: datetime) -> Epoch:
        """Give the epoch of one time."""
        return self.epochs[int(self.epoch_numbers(np.array([_microseconds(moment)]))[0])]


def _windows(tenant: Tenant, starts: list[int]) -> Iterator[_Window]:
    grace = int(tenant.settings.change_grace.total_seconds() * 1_000_000)
    for number, snapshot in enumerate(tenant.snapshots):
        for side, name, changed in _changes(snapshot):
            # Before the change the earlier settings held, and no earlier snapshot tells them.
            begin = _ALWAYS if number == 0 else changed - grace
            yield _Window(begin, changed + grace + 1, number, side, name)
            if number and changed > starts[number - 1]:
                # The snapshot before was still the latest export, but no longer true of this connector.
                yield _Window(changed - grace, starts[number], number - 1, side, name)


def _changes(snapshot: Snapshot) -> Iterator[tuple[str, str, int]]:
    sides: tuple[tuple[str, tuple[InboundConnector, ...] | tuple[OutboundConnector, ...]], ...] = (
        ("inbound", snapshot.inbound or ()),
        ("outbound", snapshot.outbound or ()),
    )
    for side, connectors in sides:
        for connector in connectors:
            if connector.changed_at is not None:
                yield side, connector.name, _microseconds(connector.changed_at)


def _microseconds(moment: datetime) -> int:
    utc = moment.astimezone(UTC) if moment.tzinfo else moment
    return int(np.datetime64(utc.replace(tzinfo=None), "us").astype(np.int64))
