"""One day of a store and the new rows of that day: what is there already is left out.

Memory holds the keys of the rows of one day and one row group, so that days of any number make a store.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from analyzer.formats import Format
from analyzer.formats.store import Part, record_starts, stored_rows
from analyzer.pipeline.durable import settled
from analyzer.pipeline.held import unsettled
from analyzer.pipeline.identity import Keys, Mask, record_keys
from analyzer.pipeline.staging import Staged, staged_rows, writer
from analyzer.selection.batch import Codes

_MOST_PARTS = 8  # of a day and format; more are put together into one
_GROUP_ROWS = 50_000


@dataclass(slots=True)
class Merged:
    """What became of a day: its parts as they are to be, and how many new rows repeat earlier ones.

    Attributes:
        parts: The day's parts of this format.
        repeated: New log rows that the store held already, by source file.
        replaced: Log rows of the store that were not final and gave way.
        added: New log rows that stay.
    """

    parts: tuple[Part, ...]
    repeated: Counter[str] = field(default_factory=Counter)
    replaced: int = 0
    added: int = 0


@dataclass(frozen=True, slots=True)
class _Keyed:
    """The keys of all log rows of a day, and which of them are not final."""

    keys: Keys
    open: Mask

    def found_in(self, other: _Keyed) -> Codes:
        """Give the place in `other` of each key, -1 where it is not there."""
        known = np.flatnonzero(other.keys.known)
        if not len(known):
            return np.full(len(self.open), -1)
        order = known[np.argsort(other.keys.hash[known])]
        place = np.minimum(np.searchsorted(other.keys.hash[order], self.keys.hash), len(order) - 1)
        at = order[place]
        same = (other.keys.hash[at] == self.keys.hash) & (other.keys.time[at] == self.keys.time) & self.keys.known
        found: Codes = np.where(same, at, -1)
        return found


@dataclass(frozen=True, slots=True)
class DayMerge:
    """Merges days of a store; `append` is the number of the append, and so part of the names it writes."""

    store: Path
    append: int

    def __call__(self, existing: Sequence[Part], staged: Sequence[Staged]) -> Merged:
        """Write the part that a day needs besides those it has, and say which ones count from now on."""
        old = self._keyed(self._stored(existing), staged[0].format)
        new = self._keyed(staged_rows(staged), staged[0].format)
        at = new.found_in(old)
        there = at >= 0
        final_now = there & ~new.open & old.open[at] if len(old.open) else np.zeros(len(at), np.bool_)
        stays, added = np.ones(len(old.open), np.bool_), ~there | final_now
        stays[at[final_now]] = False
        found = Merged(tuple(existing), replaced=int(np.count_nonzero(~stays)), added=int(np.count_nonzero(added)))
        for rows in _selected(staged_rows(staged), ~added):
            found.repeated.update(_files(rows))
        if found.replaced or (found.added and len(existing) >= _MOST_PARTS):
            tables = chain(_selected(self._stored(existing), stays), _selected(staged_rows(staged), added))
            found.parts = (self._written(staged[0], tables),)
        elif found.added:
            found.parts = (*existing, self._written(staged[0], _selected(staged_rows(staged), added)))
        return found

    def _stored(self, parts: Sequence[Part]) -> Iterator[pa.Table]:
        for part in parts:
            with pq.ParquetFile(self.store / part.path) as file:
                for group in range(file.num_row_groups):
                    yield stored_rows(file, group)

    def _keyed(self, tables: Iterable[pa.Table], format_: Format) -> _Keyed:
        """Work out the keys of all log rows, group by group."""
        keys, waiting = [], []
        for rows in tables:
            starts = record_starts(rows)
            keys.append(record_keys(rows, starts, format_))
            waiting.append(unsettled(rows, starts))
        if not keys:
            nothing = np.zeros(0, np.uint64)
            return _Keyed(Keys(nothing, np.zeros(0, np.int64), nothing, np.zeros(0, np.bool_)), np.zeros(0, np.bool_))
        together = (np.concatenate([getattr(k, name) for k in keys]) for name in ("hash", "time", "status", "known"))
        return _Keyed(Keys(*together), np.concatenate(waiting))

    def _written(self, like: Staged, tables: Iterable[pa.Table]) -> Part:
        """Write a new part; its name was never used by an append that came to its end."""
        path = f"day={like.day}/{like.format.name}-{self.append:06d}.parquet"
        file = self.store / path
        file.parent.mkdir(exist_ok=True)
        rows = records = 0
        with writer(file, like.format) as parquet:
            for table in _gathered(tables):
                parquet.write_table(table)
                rows += table.num_rows
                records += len(record_starts(table))
        settled(file)
        settled(file.parent)
        return Part(path, like.day, like.format.name, records, rows)


def _selected(tables: Iterable[pa.Table], kept: Mask) -> Iterator[pa.Table]:
    """Keep some of the log rows of several tables."""
    before = 0
    for rows in tables:
        starts = record_starts(rows)
        own = kept[before : before + len(starts)]
        before += len(starts)
        if own.all():
            yield rows
        elif own.any():
            yield rows.filter(pa.array(np.repeat(own, np.diff(np.append(starts, rows.num_rows)))))


def _gathered(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Put small tables together until they are worth a row group."""
    waiting: list[pa.Table] = []
    for table in tables:
        waiting.append(table)
        if sum(t.num_rows for t in waiting) >= _GROUP_ROWS:
            yield pa.concat_tables(waiting).unify_dictionaries().combine_chunks()
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting).unify_dictionaries().combine_chunks()


def _files(rows: pa.Table) -> Counter[str]:
    """Count log rows by their source file."""
    names = rows.column("source_file").take(pa.array(record_starts(rows)))
    return Counter(names.to_pylist())
