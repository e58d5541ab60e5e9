"""Verdicts over time, with the rare ones on scales of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import count

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.charts.canvas import VERDICT_COLOURS, head, key, nothing, write
from analyzer.charts.drawing import QUIET, WIDTH, Box, Drawing, Mark, Panel, Ticks
from analyzer.charts.legible import grouped
from analyzer.schema import ALARMS, VERDICTS

OPEN_QUESTIONS = ("ambiguous", "undetermined")
_REST = tuple(verdict for verdict in VERDICTS if verdict not in (*ALARMS, *OPEN_QUESTIONS))

# Name, verdicts from the bottom up, verdicts of the key, inches. Three panels, since ten alarms among
# a hundred thousand messages are less than a hair's breadth.
_PANELS = (
    ("Alarms alone", ALARMS, ALARMS, 1.5),
    ("Open questions alone", OPEN_QUESTIONS, OPEN_QUESTIONS, 1.0),
    ("All messages", VERDICTS[::-1], _REST, 1.7),
)
_LEFT, _RIGHT, _TOP, _GAP = 0.75, 0.15, 1.0, 0.62
_LABELS = 12  # dates that fit below a panel
_STEPS = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8)  # between round numbers, and their tenfold

Counts = npt.NDArray[np.int64]


def verdicts_by_day(table: pa.Table) -> Drawing:
    """Draw a bar a day in three panels: alarms, open questions, all messages."""
    days = _every_day(table["day"].to_pylist())
    if not days:
        return nothing("Verdicts by day", "no message was judged")
    marks: list[Mark] = [*head("Verdicts by day", f"{_span(days)}, UTC; each panel has its own scale")]
    panels, top = [], _TOP
    for name, stack, keyed, high in _PANELS:
        counts = {verdict: _counts(table, verdict, days) for verdict in stack}
        totals = {verdict: int(counts[verdict].sum()) for verdict in keyed}
        marks += _head(name, totals, top=top)
        panels.append(_panel(counts, days, (top, high), none=not any(totals.values())))
        top += high + _GAP
    return Drawing(top - 0.25, tuple(marks), tuple(panels))


def _every_day(seen: Sequence[date]) -> list[date]:
    """Every day from the first to the last: a day without mail is a gap, not left out."""
    if not seen:
        return []
    return [min(seen) + timedelta(days=n) for n in range((max(seen) - min(seen)).days + 1)]


def _span(days: Sequence[date]) -> str:
    first, last = (f"{day.day} {day:%B %Y}" for day in (days[0], days[-1]))
    return first if first == last else f"{first} to {last}"


def _counts(table: pa.Table, verdict: str, days: Sequence[date]) -> Counts:
    """Lay the messages of one verdict out over the days."""
    rows = table.filter(pc.equal(table["verdict"], verdict))
    counts = np.zeros(len(days), np.int64)
    counts[[(day - days[0]).days for day in rows["day"].to_pylist()]] = rows["messages"].to_numpy()
    return counts


def _panel(counts: Mapping[str, Counts], days: Sequence[date], place: tuple[float, float], *, none: bool) -> Panel:
    """Stack the verdicts in the order given, a bar a day."""
    (top, high), right = place, max(len(days), _LABELS) - 0.4
    most = max(1, int(sum(counts.values()).max())) * 1.04  # type: ignore[union-attr]
    marks: list[Mark] = list(_bars(counts))
    if none:
        marks.append(write((right - 0.6) / 2, most / 2, "none", side="center", color=QUIET, size=11))
    return Panel(
        *(_LEFT, top, WIDTH - _LEFT - _RIGHT, high),
        x=(-0.6, right),
        y=(0, most),
        marks=tuple(marks),
        days=_dates(days),
        counts=tuple((count, grouped(count)) for count in round_counts(most)),
    )


def _bars(counts: Mapping[str, Counts]) -> Iterator[Box]:
    base = np.zeros(len(next(iter(counts.values()))), np.int64)
    for verdict, messages in counts.items():
        for place in np.flatnonzero(messages).tolist():
            low, high = int(base[place]), int(messages[place])
            yield Box(place - 0.41, low, 0.82, high, fill=VERDICT_COLOURS[verdict], label=verdict)
        base = base + messages


def _dates(days: Sequence[date]) -> Ticks:
    """Name as many days as fit, a day, a week or months apart."""
    step = next(n for n in (1, 2, 7, 14, 28, 56, 91, len(days)) if len(days) <= n * _LABELS or n == len(days))
    return tuple((place, f"{days[place].day} {days[place]:%b}") for place in range(0, len(days), step))


def round_counts(most: float) -> tuple[int, ...]:
    """Round numbers from nothing to the most, at most three steps of them."""
    magnitudes = (magnitude * step for magnitude in (10**n for n in count()) for step in _STEPS)
    step = next(int(s) for s in magnitudes if s == int(s) and 3 * s >= most)
    return tuple(range(0, int(most) + 1, step))


def _head(name: str, totals: Mapping[str, int], *, top: float) -> Iterator[Mark]:
    """Write above a panel its name, and each verdict with its colour and number."""
    yield write(_LEFT, top - 0.15, name, bold=True, size=9.5)
    colours = {f"{verdict} {grouped(messages)}": VERDICT_COLOURS[verdict] for verdict, messages in totals.items()}
    yield from key(top - 0.15, colours, left=2.75)
