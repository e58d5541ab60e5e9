"""What a run rests on: how far its inputs are whole, and how the configuration's age fits the log's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from analyzer.pipeline.books import DUPLICATE_ROW, SUPERSEDED, InputBook
from analyzer.pipeline.holes import Hole, holes
from analyzer.tenant.model import Tenant

_STALE = timedelta(days=7)  # a log that goes on so much longer than its configuration is worth a word
_NAMED = 3
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ConfigurationAge:
    """How old the configuration is against the log; None where it is undated or there are no rows.

    Attributes:
        first: When the first dated snapshot begins.
        newest: When the newest one begins.
        newest_change: The latest change that a connector of any snapshot shows.
        before: How long the log runs before the first snapshot.
        after: How long it runs after the newest.
    """

    first: datetime | None
    newest: datetime | None
    newest_change: datetime | None
    before: timedelta | None
    after: timedelta | None

    @classmethod
    def of(cls, tenant: Tenant, first: datetime | None, last: datetime | None) -> ConfigurationAge:
        """Compare a tenant's snapshots with the first and last row of a log."""
        since = [snapshot.since for snapshot in tenant.snapshots if snapshot.since]
        outbound = (c.changed_at for s in tenant.snapshots for c in s.outbound or ())
        inbound = (c.changed_at for s in tenant.snapshots for c in s.inbound or ())
        changes = [_utc(changed) for changed in (*outbound, *inbound) if changed]
        undated = any(snapshot.since is None for snapshot in tenant.snapshots)
        begin, newest = (None, None) if undated or not since else (min(since), max(since))
        return cls(
            first=begin,
            newest=newest,
            newest_change=max(changes, default=None),
            before=max(begin - first, timedelta(0)) if begin and first else None,
            after=max(last - newest, timedelta(0)) if newest and last else None,
        )

    def notes(self, first: datetime | None, last: datetime | None) -> Iterator[str]:
        """Say where log and configuration do not fit."""
        if self.newest and self.after and self.after > _STALE:
            yield (
                f"configuration: the log goes on {_days(self.after)} after the newest snapshot "
                f"({self.newest:%Y-%m-%d}); changes since then are unknown"
            )
        if self.first and self.before:
            yield (
                f"configuration: the log begins {_days(self.before)} before the first snapshot ({self.first:%Y-%m-%d})"
            )
        if self.newest is None and self.newest_change and first and last and self.newest_change > first:
            when = "after the log ended" if self.newest_change > last else "while the log ran"
            yield (
                f"configuration: undated, and a connector changed {when} ({self.newest_change:%Y-%m-%d}); "
                "what held before is unknown"
            )


@dataclass(frozen=True, slots=True)
class Coverage:
    """How complete the inputs of a run are.

    Attributes:
        first: Time of the first row that counts, and `last` of the last.
        unreadable: A line for each input that could not be read.
        ambiguous: Names of those among them whose dates can be read in two ways.
        capped: Inputs that stop at a number at which exports stop, each with the reason.
        holes: Stretches without rows where many are usual.
        age: The configuration's age against the log's.
        rejected: Rows that could not be read.
        notes: Everything worth a line, the gravest first.
        noise: The declared noise of all inputs, by kind.
    """

    first: datetime | None
    last: datetime | None
    unreadable: tuple[str, ...]
    ambiguous: tuple[str, ...]
    capped: Mapping[str, str]
    holes: tuple[Hole, ...]
    age: ConfigurationAge
    rejected: int
    notes: tuple[str, ...]
    noise: Mapping[str, int] = field(default_factory=dict)

    @property
    def incomplete(self) -> bool:
        """Whether rows are or may be missing."""
        return bool(self.unreadable or self.rejected or self.capped or self.holes)


def cover(
    books: Sequence[InputBook],
    hours: Mapping[str, Counter[int]],
    tenant: Tenant,
    *,
    unreadable: Sequence[str] = (),
    ambiguous: Sequence[str] = (),
) -> Coverage:
    """Work out how complete the inputs are, from their books and the hours of their rows."""
    first = moment(min((b.first for b in books if b.first is not None), default=None))
    last = moment(max((b.last for b in books if b.last is not None), default=None))
    found = tuple(hole for name in sorted(hours) for hole in holes(name, hours[name]))
    age = ConfigurationAge.of(tenant, first, last)
    capped = {book.name: book.capped for book in books if book.capped}
    notes = (
        *unreadable,
        *(f"{name}: {why}" for name, why in capped.items()),
        *map(str, found),
        *age.notes(first, last),
        *_repetitions(books),
        *_side_by_side(books),
        *(f"{book.name}: {note}" for book in books for note in book.notes if note != book.capped),
    )
    rejected = sum(book.rejected for book in books)
    noise: Counter[str] = Counter()
    for book in books:
        noise.update(book.noise)
    return Coverage(first, last, tuple(unreadable), tuple(ambiguous), capped, found, age, rejected, notes, noise)


def _repetitions(books: Sequence[InputBook]) -> Iterator[str]:
    copies = [book for book in books if book.copy_of]
    if copies:
        yield f"copies of other inputs, each counted once: {_named([b.name for b in copies])}"
    repeating = [book for book in books if book.noise.get(DUPLICATE_ROW)]
    if repeating:
        rows = sum(book.noise[DUPLICATE_ROW] for book in repeating)
        yield f"{rows:,} rows repeat earlier ones and count once: {_named([b.name for b in repeating])}"
    if differing := sum(book.differing for book in books):
        yield f"{differing:,} of the repeated rows have another final status than the row that stayed, the first"
    if superseded := sum(book.noise.get(SUPERSEDED, 0) for book in books):
        yield f"{superseded:,} rows were not final and are final in another export, which counts"
    if unknown := sum(book.unidentified for book in books):
        yield f"{unknown:,} rows bear neither trace id nor message id: if they repeat, they count each time"


def _side_by_side(books: Sequence[InputBook]) -> Iterator[str]:
    """Say where two formats of Office 365 cover the same time: a message counts once in each."""
    spans: dict[str, tuple[int, int]] = {}
    for book in books:
        if book.first is None or book.last is None or not book.of_service:
            continue
        for name in book.formats:
            low, high = spans.get(name, (book.first, book.last))
            spans[name] = (min(low, book.first), max(high, book.last))
    together = sorted(name for name, span in spans.items() if any(_meet(span, spans[o]) for o in spans if o != name))
    if together:
        yield f"{' and '.join(together)} cover the same time: a message that several hold counts once in each"


def _meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def moment(microseconds: int | None) -> datetime | None:
    """Give the moment of some microseconds since 1970."""
    return None if microseconds is None else _EPOCH + timedelta(microseconds=microseconds)


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _days(length: timedelta) -> str:
    if length < timedelta(days=1):
        return f"{max(1, round(length / timedelta(hours=1)))} h"
    return f"{length.days} day{'' if length.days == 1 else 's'}"
