"""Verdicts over time, with the rare ones on scales of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.ticker import FuncFormatter, MaxNLocator

from analyzer.charts.canvas import QUIET, VERDICT_COLOURS, WIDTH, box, key, nothing, sheet, write
from analyzer.legible import grouped
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

Counts = npt.NDArray[np.int64]


def verdicts_by_day(table: pa.Table) -> Figure:
    """Draw a bar a day in three panels: alarms, open questions, all messages."""
    days = _every_day(table["day"].to_pylist())
    if not days:
        with sheet("Verdicts by day", "no message was judged", height=2) as figure:
            nothing(figure, "There is nothing to draw.")
        return figure
    height = _TOP + sum(high + _GAP for *_, high in _PANELS) - 0.25
    with sheet("Verdicts by day", f"{_span(days)}, UTC; each panel has its own scale", height=height) as figure:
        top = _TOP
        for name, stack, keyed, high in _PANELS:
            axes = box(figure, _LEFT, top, width=WIDTH - _LEFT - _RIGHT, height=high)
            counts = {verdict: _counts(table, verdict, days) for verdict in stack}
            _bars(axes, counts)
            _scales(axes, days)
            totals = {verdict: int(counts[verdict].sum()) for verdict in keyed}
            _head(figure, name, totals, top=top)
            if not any(totals.values()):
                write(axes, 0.5, 0.5, "none", transform=axes.transAxes, ha="center", color=QUIET, size=11)
            top += high + _GAP
    return figure


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


def _bars(axes: Axes, counts: Mapping[str, Counts]) -> None:
    """Stack the verdicts in the order given."""
    base = np.zeros(len(next(iter(counts.values()))), np.int64)
    for verdict, messages in counts.items():
        places = np.flatnonzero(messages)
        colour = VERDICT_COLOURS[verdict]
        top = base + messages
        sides, ends = (places - 0.41, places + 0.41), (base[places], top[places])
        corners = np.stack([[sides[x], ends[y]] for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))]).transpose(2, 0, 1)
        # One outline for all days: matplotlib takes its time for each artist.
        bars = Path.make_compound_path_from_polys(corners)
        axes.add_artist(PathPatch(bars, facecolor=colour, linewidth=0, clip_on=False, label=verdict))
        base = top
    axes.set_ylim(0, max(1, int(base.max())) * 1.04)


def _scales(axes: Axes, days: Sequence[date]) -> None:
    step = next(n for n in (1, 2, 7, 14, 28, 56, 91, len(days)) if len(days) <= n * _LABELS or n == len(days))
    labels = [f"{day.day} {day:%b}" for day in days[::step]]
    axes.set_xlim(-0.6, max(len(days), _LABELS) - 0.4)
    axes.set_xticks(range(0, len(days), step), labels)
    axes.yaxis.set_major_locator(MaxNLocator(3, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda count, _: grouped(count)))
    axes.grid(axis="y")
    axes.tick_params(labelsize=8)


def _head(figure: Figure, name: str, totals: Mapping[str, int], *, top: float) -> None:
    """Write above a panel its name, and each verdict with its colour and number."""
    write(figure, _LEFT / WIDTH, 1 - (top - 0.15) / figure.get_figheight(), name, weight="bold", size=9.5)
    colours = {f"{verdict} {grouped(messages)}": VERDICT_COLOURS[verdict] for verdict, messages in totals.items()}
    key(figure, top - 0.15, colours, left=2.75)
