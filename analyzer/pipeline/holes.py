"""Holes in a log: hours without a row where the rhythm of the other weeks lets many be expected.

The rule, made not to cry at nights, weekends, holidays and small tenants:

- What is usual in an hour is the lower quartile of the same hour of the week in the other weeks; where there are fewer
  than three of them, of the same hour on the other working days (or weekend days); where there are fewer than three of
  these, nothing is usual and no hole is seen.
- A stretch of empty hours is a hole where the usual rows of its hours add up to at least fifty, and the twelve hours
  before it and the twelve after it each hold at least half of what is usual in them: on a holiday the whole day is
  quiet, and then empty hours say nothing.
- What lies before the first row and after the last is no hole: nobody says that the export should hold it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]

_SURE = 50
_NORMAL = 0.5
_OTHERS = 3
_AROUND = 12  # hours on each side that show the level of the day
_WEEK = 168
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # a Thursday


@dataclass(frozen=True, slots=True)
class Hole:
    """A stretch without rows: its first moment, the first after it, and how many rows are usual there."""

    format: str
    since: datetime
    until: datetime
    usual: int

    def __str__(self) -> str:
        """Say it in a line."""
        return (
            f"{self.format}: no row from {self.since:%Y-%m-%d %H:%M} to {self.until:%Y-%m-%d %H:%M} UTC, "
            f"where about {self.usual:,} are usual"
        )


def holes(format_name: str, hours: Mapping[int, int]) -> Iterator[Hole]:
    """Find the holes of one format, in the order of time.

    Args:
        format_name: whose rows they are.
        hours: log rows by hour since 1970.
    """
    if not hours:
        return
    first = min(hours)
    counts = np.zeros(max(hours) - first + 1, np.int64)
    for hour, rows in hours.items():
        counts[hour - first] = rows
    usual = _usual(counts, first)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], counts == 0, [False]]).astype(np.int8)))
    for start, end in edges.reshape(-1, 2).tolist():
        expected = int(usual[start:end].sum())
        if expected >= _SURE and _level(counts, usual, start, end) >= _NORMAL:
            since, until = (_EPOCH + timedelta(hours=first + place) for place in (start, end))
            yield Hole(format_name, since, until, expected)


def _usual(counts: Counts, first: int) -> Counts:
    """Give what is usual in each hour, as seen from an empty one: the hour itself is not counted among the others."""
    hours = first + np.arange(len(counts))
    day = hours // 24
    free = (day + 3) % 7 >= 5
    usual = np.zeros(len(counts), np.int64)
    told = np.zeros(len(counts), np.bool_)
    for kind in (hours % _WEEK, hours % 24 + 24 * free):
        order = np.lexsort((counts, kind))
        kinds, starts, sizes = np.unique(kind[order], return_index=True, return_counts=True)
        # An empty hour is the least of its kind: the others are those behind it.
        quartile = counts[order][np.minimum(starts + 1 + (sizes - 2) // 4, starts + sizes - 1)]
        place = np.searchsorted(kinds, kind)
        fits = ~told & (sizes[place] > _OTHERS)
        usual[fits] = quartile[place][fits]
        told |= fits
    return usual


def _level(counts: Counts, usual: Counts, start: int, end: int) -> float:
    """Give how busy the hours around a stretch are against what is usual there, on the quieter side."""
    sides = (slice(max(start - _AROUND, 0), start), slice(end, end + _AROUND))
    return min(_share(int(counts[side].sum()), int(usual[side].sum())) for side in sides)


def _share(found: int, usual: int) -> float:
    return found / usual if usual else 1.0
