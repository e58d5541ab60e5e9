"""Which configuration was in force when, and what was changing (reference 8, change window).

A configuration is a snapshot, or one composed of two: between two exports each object holds its
earlier settings until it was changed, and the later ones from then on. The certificate that the own
servers presented at the time is part of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzer.moments import microseconds
from analyzer.selection.batch import Codes
from analyzer.tenant.model import Snapshot, Tenant
from analyzer.tenant.presented import Presented, certain, unheard
from analyzer.tenant.versions import KINDS, OWN_KINDS, Change, History, Listed, held, histories, holding

_ALWAYS = -(2**62)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_CONNECTORS = ("outbound", "inbound", *OWN_KINDS)
_NOTHING: Mapping[Listed | None, Listed | None] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Epoch:
    """A stretch of time in which the configuration and what is changing stay the same.

    `configuration` is its place in `Timeline.configurations`; `name` what a row calls it. `early`
    says that the stretch is older than every snapshot and that none may stand in for it. `pending` are
    the dated changes of connectors before the next export, `perhaps` the configuration with all of them:
    only the last date of an object shows in an export, so a change may have been there before it.
    """

    configuration: int
    name: str
    changing: tuple[Change, ...] = ()
    early: bool = False
    pending: tuple[Change, ...] = ()
    perhaps: int | None = None


class Timeline:
    """Cuts time into epochs; a row's epoch is found by binary search.

    `configurations` are the distinct ones in force at any time; `changes` every known change, in
    order of time; `versions` holds every version of an object that is changing at any time.
    """

    def __init__(self, tenant: Tenant) -> None:
        """Collect the moments at which anything changes."""
        self._tenant = tenant
        self._histories = histories(tenant)
        found = (change for history in self._histories.values() for change in history.changes)
        self.changes = tuple(sorted(found, key=lambda c: (c.earliest, c.latest, c.label)))
        self.versions = _versions(self.changes)
        self._starts = [_ALWAYS if s.since is None else _microseconds(s.since) for s in tenant.snapshots]
        self._windows = [(_microseconds(c.start), _microseconds(c.end), c) for c in self.changes]
        self._composed: dict[tuple[object, ...], Snapshot] = {}
        self._known: dict[tuple[object, ...], int] = {}
        self._configurations: list[Snapshot] = []
        self._presented = certain(tenant.sightings, tenant.settings.change_grace, tenant.send_logs)
        edges = {_microseconds(t) for p in self._presented for t in (p.since, p.until)}
        windows = {t for w in self._windows for t in w[:2]}
        cuts = sorted({_ALWAYS, *self._starts, *self._switches(), *windows, *edges})
        self._cuts: NDArray[np.int64] = np.array(cuts, np.int64)
        found_epochs = [self._epoch(moment) for moment in cuts]  # those in force get their names before the others
        self.epochs = tuple(self._with_pending(e, t) for e, t in zip(found_epochs, cuts, strict=True))
        self.configurations = tuple(self._configurations)

    def _switches(self) -> Iterable[int]:
        lives = (life for history in self._histories.values() for life in history.lives)
        return {_microseconds(since) for life in lives for since, _ in life.versions}

    def _current(self, moment: int) -> int:
        return max((i for i, start in enumerate(self._starts) if start <= moment), default=0)

    def _epoch(self, moment: int) -> Epoch:
        current = self._current(moment)
        early = moment < self._starts[0] and not self._tenant.settings.judge_earlier
        number = self._in_force(current, moment)
        first = self._tenant.snapshots[0].name
        return Epoch(
            configuration=number,
            name=f"before {first}" if early else self._configurations[number].name,
            changing=tuple(change for start, end, change in self._windows if start <= moment < end),
            early=early,
        )

    def _with_pending(self, epoch: Epoch, moment: int) -> Epoch:
        """Add what the next export shows as changed at a later moment, where it may have been so already."""
        current = self._current(moment)
        following = self._starts[current + 1] if current + 1 < len(self._starts) else _ALWAYS
        pending = tuple(
            c
            for c in self.changes
            if c.kind in _CONNECTORS
            and c.before is not None
            and c.after is not None
            and c.earliest == c.latest
            and moment < _microseconds(c.latest) < following
        )
        if not pending or moment < self._starts[current]:
            return epoch
        later = {c.before: c.after for c in pending}
        return replace(epoch, pending=pending, perhaps=self._in_force(current, moment, later))

    def _in_force(self, current: int, moment: int, later: Mapping[Listed | None, Listed | None] = _NOTHING) -> int:
        """Number the snapshot with every object as it was at a moment; the snapshot itself where none differs."""
        snapshot, at = self._tenant.snapshots[current], None if moment == _ALWAYS else _moment(moment)
        exported = {kind: held(snapshot, kind) for kind in KINDS}
        in_force: dict[str, tuple[Listed, ...]] = {
            kind: tuple(w for v in _held(self._histories[kind], at, values) if (w := later.get(v, v)) is not None)
            for kind, values in exported.items()
            if values is not None
        }
        differing = {kind: values for kind, values in in_force.items() if values != exported[kind]}
        key = (current, *differing.items())
        if key not in self._composed:  # a name tells since when the exported objects are so
            name = f"{snapshot.name} changed {_written(at)}"
            changed = replace(holding(snapshot, differing), name=name, since=at)
            self._composed[key] = changed if differing else snapshot
        return self._numbered(key, next((p for p in self._presented if _within(p, moment)), None))

    def _numbered(self, key: tuple[object, ...], shown: Presented | None) -> int:
        """Number a configuration under the certificate that the own servers present, and the servers that tell."""
        composed = self._composed[key]
        if shown is not None:
            silent = unheard(composed.own, self._tenant.send_logs, shown.heard)
            composed = replace(composed, presented=shown.names, unheard=silent)
        told = composed.presented, composed.unheard, key
        if told not in self._known:
            self._known[told] = len(self._configurations)
            self._configurations.append(composed)
        return self._known[told]

    def epoch_numbers(self, times: NDArray[np.int64]) -> Codes:
        """Give the number of the epoch of each time (microseconds since 1970, UTC)."""
        return np.searchsorted(self._cuts, times, side="right").astype(np.int64) - 1

    def epoch_at(self, moment: datetime) -> Epoch:
        """Give the epoch of one time."""
        return self.epochs[int(self.epoch_numbers(np.array([_microseconds(moment)]))[0])]


def _held(history: History, at: datetime | None, exported: tuple[Listed, ...]) -> tuple[Listed, ...]:
    """Give the objects in force, in the order of the export where they are the exported ones."""
    held = [v for life in history.lives if (v := life.at(at)) is not None]
    place = {v: i for i, v in enumerate(exported)}
    return tuple(sorted(held, key=lambda v: place.get(v, len(place))))


def _versions(changes: Iterable[Change]) -> Snapshot:
    found: dict[str, Any] = dict.fromkeys(KINDS, ())
    for change in changes:
        found[change.kind] = tuple(dict.fromkeys((*found[change.kind], *change.versions)))
    return holding(Snapshot("every version"), found)


def _within(shown: Presented, moment: int) -> bool:
    return _microseconds(shown.since) <= moment < _microseconds(shown.until)


def _written(at: datetime | None) -> str:
    moment = at or _EPOCH
    return f"{moment:%Y-%m-%dT%H%M%S}" + (f".{moment:%f}" if moment.microsecond else "") + "Z"


def _microseconds(moment: datetime | None) -> int:
    return _ALWAYS if moment is None else microseconds(moment)


def _moment(time: int) -> datetime:
    return _EPOCH + time * _MICROSECOND
