"""Two configurations -> what differs, row by row in the administrator's words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from analyzer.changes.properties import PROPERTIES, written
from analyzer.changes.touched import Sides, selections, touched
from analyzer.lint.base import Scene
from analyzer.tenant.model import HybridConfiguration, Organization, Snapshot
from analyzer.tenant.policy import POLICIES
from analyzer.tenant.stated import Stated, by_key
from analyzer.tenant.versions import Listed, What, name_of, paired, settings_of, what_became


@dataclass(frozen=True, slots=True)
class Row:
    """One difference; the fields are the columns of `schema.CHANGES`."""

    kind: str
    object: str
    change: str
    property: str | None = None
    before: str | None = None
    after: str | None = None
    changed_at: datetime | None = None
    domains: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Give the row as plain values, as `mailflow diff --json` prints it."""
        return {**asdict(self), "changed_at": self.changed_at.isoformat() if self.changed_at else None}


NOT_COMPARED = "not compared"
SELECTION = "selection"
_WORDS = {What.CREATED: "added"}
# What a configuration holds lists of, in the order in which an administrator asks.
_LISTS: tuple[tuple[str, str], ...] = (
    ("outbound connector", "outbound"),
    ("inbound connector", "inbound"),
    ("accepted domain", "accepted"),
    ("transport rule", "rules"),
    ("remote domain", "remote"),
    ("Send connector", "own.send"),
    ("Receive connector", "own.receive"),
    ("accepted domain of the own servers", "own.accepted"),
)


def rows(old: Scene, new: Scene) -> Iterator[Row]:
    """Walk what differs: connectors, domains, rules, organization, settings, policies, and where mail now goes."""
    for kind, place in _LISTS:
        yield from _list(kind, _held(old.snapshot, place), _held(new.snapshot, place), (old, new))
    for kind, one, other in (
        ("organization", old.snapshot.organization, new.snapshot.organization),
        ("hybrid configuration", old.snapshot.hybrid, new.snapshot.hybrid),
    ):
        yield from _single(kind, one, other, (old, new))
    yield from _recipients(old, new)
    yield from _settings(old, new)
    for domain, before, after in selections(old, new, _renamed(old, new)):
        yield Row(SELECTION, domain, What.CHANGED, "way out of Office 365", before, after, None, [domain])


def _renamed(old: Scene, new: Scene) -> dict[str, str]:
    pairs = paired(old.outbound, new.outbound)
    return {name_of(one): name_of(other) for one, other in pairs if one is not None and other is not None}


def _held(snapshot: Snapshot, place: str) -> Sequence[Listed] | None:
    *own, name = place.split(".")
    held: Sequence[Listed] | None = getattr(snapshot.own if own else snapshot, name)
    return held


def _list(
    kind: str, before: Sequence[Listed] | None, after: Sequence[Listed] | None, scenes: tuple[Scene, Scene]
) -> Iterator[Row]:
    if before is None or after is None:
        yield from _unknown(kind, before, after)
        return
    for old, new in paired(before, after):
        what = what_became(old, new)
        if what is not None:
            yield from _object(kind, what, (old, new), scenes)


def _unknown(kind: str, before: Sequence[object] | None, after: Sequence[object] | None) -> Iterator[Row]:
    """Where one side lacks the export, nobody knows what differs."""
    if before is not None or after is not None:
        one, other = ("no export" if side is None else f"{len(side)} exported" for side in (before, after))
        yield Row(kind, "(all)", NOT_COMPARED, None, one, other)


def _object(
    kind: str, what: What, versions: tuple[Listed | None, Listed | None], scenes: tuple[Scene, Scene]
) -> Iterator[Row]:
    old, new = versions
    there = [v for v in versions if v is not None]
    sides: Sides = tuple((v, s) for v, s in zip(versions, scenes, strict=True) if v is not None)
    name, word, domains = name_of(there[-1]), _WORDS.get(what, what.value), touched(sides)
    # A date that the older configuration shows as well tells of an earlier change.
    changed_at = new.changed_at if new is not None and (old is None or new.changed_at != old.changed_at) else None
    if old is None or new is None:
        summary = _summary(there[-1])
        before, after = (None, summary) if old is None else (summary, None)
        yield Row(kind, name, word, None, before, after, changed_at, domains)
        return
    for named, before, after in _properties(old, new):
        yield Row(kind, name, word, named, before, after, changed_at, domains)
    if settings_of(old) == settings_of(new):  # another object of the same name and settings
        yield Row(kind, name, word, None, None, None, changed_at, domains)


def _properties(old: object, new: object) -> Iterator[tuple[str, str | None, str | None]]:
    for name, vendors in PROPERTIES[type(new)].items():
        before, after = getattr(old, name), getattr(new, name)
        same = set(before) == set(after) if isinstance(before, tuple) and isinstance(after, tuple) else before == after
        if not same:
            yield vendors, written(before), written(after)


def _summary(value: Listed) -> str:
    """Say in a line what an object is: its first properties that are set, after its name."""
    set_ = (
        f"{vendors} {text}"
        for name, vendors in PROPERTIES[type(value)].items()
        if name not in ("name", "domain", "server") and (text := written(getattr(value, name))) not in (None, "False")
    )
    return ", ".join(set_)


Single = Organization | HybridConfiguration


def _single(kind: str, old: Single | None, new: Single | None, scenes: tuple[Scene, Scene]) -> Iterator[Row]:
    if old is None or new is None:
        yield from _unknown(kind, None if old is None else (old,), None if new is None else (new,))
        return
    domains = touched(((old, scenes[0]), (new, scenes[1])))
    for named, before, after in _properties(old, new):
        yield Row(kind, kind, What.CHANGED, named, before, after, getattr(new, "changed_at", None), domains)


def _recipients(old: Scene, new: Scene) -> Iterator[Row]:
    """Count the recipients; where each lives is told by `mailflow route`, and moves by migration lists."""
    before, after = (s.snapshot.directory for s in (old, new))
    if before is None or after is None:
        held = [None if d is None else range(len(d)) for d in (before, after)]
        yield from _unknown("recipients", *held)
    elif len(before) != len(after):
        yield Row("recipients", "recipients list", What.CHANGED, "recipients", str(len(before)), str(len(after)))


def _settings(old: Scene, new: Scene) -> Iterator[Row]:
    before, after = by_key(old.settings), by_key(new.settings)
    for key in dict.fromkeys((*before, *after)):
        one, other = before.get(key), after.get(key)
        if one != other:
            domains = _concerned(key, one, other)
            yield Row("setting", "mailflow.toml", What.CHANGED, key, written(one), written(other), None, domains)
    for policy in POLICIES:
        setting, now = (getattr(s.settings.policy, policy.name) for s in (old, new))
        if setting != now:
            yield Row("policy", policy.name, What.CHANGED, f"policy.{policy.name}", setting, now)


def _concerned(key: str, before: Stated, after: Stated) -> list[str]:
    """Name the domains that a setting speaks of, where it speaks of domains."""
    if key in ("onpremises.domains", "partners.domains"):
        one, other = (set(v) if isinstance(v, list) else set() for v in (before, after))
        return sorted(one ^ other)
    domain = key.removeprefix("mx.")
    return [domain] if key.startswith("mx.") and domain != "default" else []
