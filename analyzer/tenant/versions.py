"""What became of each object from one export to the next, and when that is known (reference 3.4, 8).

An object is followed over the snapshots by its Guid, else by its name, else by being the only one with
the same settings under another name. WhenChangedUTC tells when the settings of the later export came
into force; where nothing tells, the time between the two exports stays open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any

from analyzer.tenant.model import (
    AcceptedDomain,
    InboundConnector,
    OutboundConnector,
    RemoteDomain,
    Snapshot,
    Tenant,
    TransportRule,
)
from analyzer.tenant.onpremises import ReceiveConnector, SendConnector

# What an export holds a list of.
Listed = (
    OutboundConnector
    | InboundConnector
    | AcceptedDomain
    | TransportRule
    | RemoteDomain
    | SendConnector
    | ReceiveConnector
)

# The fields of Snapshot, and of its own servers, whose objects are followed.
OWN_KINDS = ("send", "receive")
KINDS = ("outbound", "inbound", "accepted", "rules", *OWN_KINDS)
NOUNS = {
    "outbound": "outbound connector",
    "inbound": "inbound connector",
    "accepted": "accepted domain",
    "rules": "transport rule",
    "send": "Send connector",
    "receive": "Receive connector",
}
_INSTANT = timedelta(microseconds=1)


def held(snapshot: Snapshot, kind: str) -> tuple[Listed, ...] | None:
    """Give the objects of a kind that a snapshot holds; None where their export is absent."""
    found: tuple[Listed, ...] | None = getattr(snapshot.own if kind in OWN_KINDS else snapshot, kind)
    return found


def holding(snapshot: Snapshot, objects: Mapping[str, tuple[Listed, ...]]) -> Snapshot:
    """Give a snapshot with other objects of some kinds."""
    own: dict[str, Any] = {kind: values for kind, values in objects.items() if kind in OWN_KINDS}
    others: dict[str, Any] = {kind: values for kind, values in objects.items() if kind not in OWN_KINDS}
    return replace(snapshot, own=replace(snapshot.own, **own), **others)


class What(StrEnum):
    """What became of an object."""

    CHANGED = "changed"
    RENAMED = "renamed"
    TURNED_OFF = "turned off"
    TURNED_ON = "turned on"
    CREATED = "created"
    REPLACED = "replaced"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of an object, and the time in which its settings are not known for sure.

    It happened between `earliest` and `latest`, which are one moment where the export tells it. The
    window goes from `start` (None = as far back as there are messages) up to, not including, `end`.
    `before` is None where the object did not exist, or where no export shows its earlier settings.
    """

    kind: str
    what: What
    before: Listed | None
    after: Listed | None
    earliest: datetime
    latest: datetime
    start: datetime | None
    end: datetime

    @property
    def versions(self) -> tuple[Listed, ...]:
        """The known settings before and after."""
        return tuple(v for v in (self.before, self.after) if v is not None)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the object, before and after."""
        return tuple(dict.fromkeys(name_of(v) for v in self.versions))

    @property
    def words(self) -> str:
        """Say what became of which object."""
        first, *_, last = (*self.names, self.names[-1])
        told = f"{first} was renamed to {last}" if self.what is What.RENAMED else f"{last} was {self.what}"
        return f"{NOUNS[self.kind]} {told}"

    @property
    def label(self) -> str:
        """Say in words which object was changing and when: what a withheld row names."""
        renamed = " to ".join(self.names) if self.what is What.RENAMED else self.names[-1]
        first, last = (f"{t.astimezone(UTC):%Y-%m-%d %H:%M}" for t in (self.earliest, self.latest))
        when = first if self.earliest == self.latest else f"between {first} and {last}"
        return f"{NOUNS[self.kind]} {renamed}, {self.what} {when} UTC"


@dataclass(slots=True)
class Life:
    """One object over time: from when (None = the beginning) which settings hold; None = it does not exist."""

    versions: list[tuple[datetime | None, Listed | None]]

    def at(self, moment: datetime | None) -> Listed | None:
        """Give the settings in force at a moment; None is before everything."""
        begun = [v for since, v in self.versions if since is None or (moment is not None and since <= moment)]
        return begun[-1] if begun else None

    def add(self, since: datetime, value: Listed | None) -> None:
        """Let other settings hold from a moment, which is not before those known so far."""
        last, held = self.versions[-1]
        if held != value:
            self.versions.append((since if last is None else max(since, last), value))


def name_of(value: Listed) -> str:
    """Give the name by which administrators know an object."""
    if isinstance(value, ReceiveConnector):
        return f"{value.server}\\{value.name}"
    return value.domain if isinstance(value, AcceptedDomain) else value.name


_TELLING = ("guid", "created_at", "changed_at")


def settings_of(value: Listed) -> Mapping[str, object]:
    """Give the settings of an object by name: all but what tells its versions apart; lists have no order."""
    found = {f.name: getattr(value, f.name) for f in fields(value) if f.name not in _TELLING}
    return {name: frozenset(v) if isinstance(v, tuple) else v for name, v in found.items()}


def paired(before: Sequence[Listed], after: Sequence[Listed]) -> Iterator[tuple[Listed | None, Listed | None]]:
    """Find the same object in two exports; one side is None where it was removed or created.

    The pairs come in the order of `after`, then what was removed.
    """
    left, partner = dict(enumerate(before)), dict[int, int]()
    for key in (_guid, _folded_name, _nameless):
        old = _numbers_by_key(left, key)
        new = _numbers_by_key({i: v for i, v in enumerate(after) if i not in partner}, key)
        for same in old.keys() & new.keys():
            if len(old[same]) == len(new[same]) == 1:
                partner[new[same][0]] = old[same][0]
                del left[old[same][0]]
    for number, value in enumerate(after):
        yield (before[partner[number]] if number in partner else None), value
    yield from ((old, None) for old in left.values())


def _numbers_by_key(values: Mapping[int, Listed], key: Callable[[Listed], object]) -> dict[object, list[int]]:
    found: dict[object, list[int]] = {}
    for number, value in values.items():
        if (told := key(value)) is not None:
            found.setdefault(told, []).append(number)
    return found


def _guid(value: Listed) -> object:
    return getattr(value, "guid", None)


def _folded_name(value: Listed) -> str:
    return name_of(value).casefold()


def _nameless(value: Listed) -> object:
    # A new name for the same settings. An accepted domain is its name, and another Guid is another object.
    if isinstance(value, AcceptedDomain) or _guid(value):
        return None
    return tuple(setting for name, setting in settings_of(value).items() if name != "name")


def what_became(before: Listed | None, after: Listed | None) -> What | None:
    """Say what became of an object; None where its settings are the same."""
    if before is None or after is None:
        return None if before is after else What.CREATED if before is None else What.REMOVED
    if _guid(before) and _guid(after) and _guid(before) != _guid(after):
        return What.REPLACED
    if settings_of(before) == settings_of(after):
        return None
    if _folded_name(before) != _folded_name(after):
        return What.RENAMED
    switched = getattr(before, "enabled", True), getattr(after, "enabled", True)
    return {(True, False): What.TURNED_OFF, (False, True): What.TURNED_ON}.get(switched, What.CHANGED)


@dataclass(frozen=True, slots=True)
class History:
    """The objects of one kind over all exports, and every change of them."""

    lives: tuple[Life, ...]
    changes: tuple[Change, ...]


def history_of(tenant: Tenant, kind: str) -> History:
    """Follow the objects of one kind over the snapshots that really exported it."""
    exported = [s for s in tenant.snapshots if held(s, kind) is not None and kind not in s.carried]
    if not exported:
        return History((), ())
    grace = tenant.settings.change_grace
    lives = {id(v): Life([(None, v)]) for v in _objects(exported[0], kind)}
    everything = list(lives.values())
    changes = [c for v in _objects(exported[0], kind) if (c := _first(kind, v, grace))]
    for earlier, later in pairwise(exported):
        between = _Between(kind, _begin(earlier), _begin(later), grace)
        going: dict[int, Life] = {}
        for old, new in paired(_objects(earlier, kind), _objects(later, kind)):
            life = lives[id(old)] if old is not None else Life([(None, None)])
            everything += [life] if old is None else []
            since, change = between(old, new)
            life.add(since, new)
            changes += [change] if change else []
            going |= {} if new is None else {id(new): life}
        lives = going
    return History(tuple(everything), tuple(changes))


def _begin(snapshot: Snapshot) -> datetime:
    if snapshot.since is None:
        raise ValueError(f"snapshot {snapshot.name} is one of several and has no date")
    return snapshot.since


def _objects(snapshot: Snapshot, kind: str) -> tuple[Listed, ...]:
    return held(snapshot, kind) or ()


def _first(kind: str, value: Listed, grace: timedelta) -> Change | None:
    """Nobody exported what held before the change of an object that the first export shows."""
    # Every accepted domain has a WhenChangedUTC, and one that is looked at apart is a class of its own to
    # selection: thousands of them would no longer be decided together. Only changes between exports count.
    at = None if isinstance(value, AcceptedDomain) else value.changed_at
    return None if at is None else Change(kind, What.CHANGED, None, value, at, at, None, at + grace + _INSTANT)


@dataclass(frozen=True, slots=True)
class _Between:
    """Two exports of a kind, one after the other, and what the time between them leaves open."""

    kind: str
    earlier: datetime
    later: datetime
    grace: timedelta

    def __call__(self, old: Listed | None, new: Listed | None) -> tuple[datetime, Change | None]:
        """Say from when the settings of the later export hold, and the change that brought them, if any."""
        what, at = what_became(old, new), self._changed(old, new)
        if what is None:
            # Changed and put back, or in a property that is not read: still a change, if it is a new one.
            seen = at is None or at <= self.earlier
            return self.later, None if seen else self._change(What.CHANGED, old, new, at or self.later)
        if what is What.CREATED and new is not None:
            return self._created(new, at)
        if at is None:
            return self.later, self._open(what, old, new, self.later)
        # Between the one that was removed and the one that replaced it there may have been none.
        change = self._open if what is What.REPLACED else self._change
        return at, change(what, old, new, at)

    def _changed(self, old: Listed | None, new: Listed | None) -> datetime | None:
        """When the later settings came into force; None where no property tells."""
        at: datetime | None = new.changed_at if new is not None else None
        known: datetime | None = old.changed_at if old is not None else None
        # A change that the earlier export had seen already cannot have brought the difference.
        return at if at is not None and at > (known or self.earlier) else None

    def _created(self, new: Listed, at: datetime | None) -> tuple[datetime, Change]:
        created: datetime | None = getattr(new, "created_at", None)
        if created is None or created <= self.earlier:
            return at or self.later, self._open(What.CREATED, None, new, at or self.later)
        # From its creation to its last change it held settings that no export shows.
        change = self._change(What.CREATED, None, new, created)
        return created, replace(change, end=max(change.end, (at or created) + self.grace + _INSTANT))

    def _change(self, what: What, old: Listed | None, new: Listed | None, at: datetime) -> Change:
        return Change(self.kind, what, old, new, at, at, at - self.grace, at + self.grace + _INSTANT)

    def _open(self, what: What, old: Listed | None, new: Listed | None, latest: datetime) -> Change:
        end = latest + self.grace + _INSTANT
        return Change(self.kind, what, old, new, self.earlier, latest, self.earlier, end)


def histories(tenant: Tenant) -> dict[str, History]:
    """Follow the objects of every kind."""
    return {kind: history_of(tenant, kind) for kind in KINDS}
