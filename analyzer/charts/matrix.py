"""Logged against selected connector, as a matrix a side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from analyzer.charts.canvas import (
    INK,
    PAPER,
    QUIET,
    RULE,
    VERDICT_COLOURS,
    WIDTH,
    box,
    fill,
    key,
    nothing,
    sheet,
    write,
)
from analyzer.legible import grouped, legible
from analyzer.schema import ALARMS, VERDICTS

NOT_SAID = "(log does not say)"
_TITLE = "Logged and selected connectors"
_MOST = 11  # named connectors of one matrix: more cannot be read at the width of a page
_CELL_HIGH, _CELL_WIDE = 0.32, 1.15  # inches; a cell is as wide as there is room, and no wider
_TOP, _HEAD, _LEFT, _RIGHT = 1.0, 1.35, 2.45, 1.25
_SIDES = {
    "outbound": "Outbound",
    "inbound": "Inbound",
    "send": "Send connectors of your own servers",
    "receive": "Receive connectors of your own servers",
}
_KEY = VERDICTS[:-1]  # a row that was not routed has no side

Pair = tuple[str, str]  # logged, selected


@dataclass(frozen=True, slots=True)
class _Part:
    """The alarms of a cell, or the rest of it: messages, and the verdict that colours them."""

    messages: int
    verdict: str


@dataclass(frozen=True, slots=True)
class _Side:
    """The cells of one side; alarms are a part of their own, lest one colours a thousand matches."""

    name: str
    cells: Mapping[Pair, tuple[_Part, ...]]
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    left_out: int
    alarms_left_out: int

    @property
    def height(self) -> float:
        """Inches that the matrix takes with its heads."""
        return _HEAD + _CELL_HIGH * len(self.rows) + 0.35


def connector_matrix(table: pa.Table) -> Figure:
    """Draw a matrix a side: a row for each logged connector, a column for each selected one."""
    sides = [side for name in _SIDES if (side := _side(table, name)).cells]
    if not sides:
        with sheet(_TITLE, "no side of any message took part", height=2) as figure:
            nothing(figure, "There is nothing to draw.")
        return figure
    height = _TOP + sum(side.height for side in sides)
    with sheet(_TITLE, _subtitle(sides), height=height) as figure:
        key(figure, 0.83, {verdict: VERDICT_COLOURS[verdict] for verdict in _KEY})
        top = _TOP
        for side in sides:
            _matrix(figure, side, top)
            top += side.height
    return figure


def _subtitle(sides: Sequence[_Side]) -> str:
    left_out, alarms = sum(side.left_out for side in sides), sum(side.alarms_left_out for side in sides)
    if left_out:
        others = f"{grouped(left_out)} messages of other connectors, {grouped(alarms)} of them alarms, are left out"
        return f"messages by logged (rows) and selected (columns) connector; {others}"
    return "messages by the connector that the log names (rows) and the one that the configuration selects (columns)"


def _side(table: pa.Table, name: str) -> _Side:
    """Take the cells of one side; of many names keep those with most alarms, then the busiest."""
    counts: dict[Pair, dict[str, int]] = {}
    for row in table.filter(pc.equal(table["side"], name)).to_pylist():
        verdicts = counts.setdefault((row["logged"] or NOT_SAID, row["selected"] or NOT_SAID), {})
        verdicts[row["verdict"]] = row["messages"]
    cells = {pair: _parts(verdicts) for pair, verdicts in counts.items()}
    kept = _kept(cells)
    shown = {pair: parts for pair, parts in cells.items() if set(pair) <= set(kept)}
    return _Side(
        name,
        shown,
        rows=tuple(name for name in kept if any(logged == name for logged, _ in shown)),
        columns=tuple(name for name in kept if any(selected == name for _, selected in shown)),
        left_out=_messages(cells, VERDICTS) - _messages(shown, VERDICTS),
        alarms_left_out=_messages(cells, ALARMS) - _messages(shown, ALARMS),
    )


def _parts(verdicts: Mapping[str, int]) -> tuple[_Part, ...]:
    """Part the verdicts of a cell into alarms, under the gravest, and the rest, under the most frequent."""
    alarms = {verdict: verdicts[verdict] for verdict in ALARMS if verdict in verdicts}
    rest = {verdict: count for verdict, count in verdicts.items() if verdict not in alarms}
    return tuple(
        _Part(sum(part.values()), shown)
        for part, shown in ((alarms, next(iter(alarms), "")), (rest, max(rest, key=rest.__getitem__, default="")))
        if part
    )


def _messages(cells: Mapping[Pair, tuple[_Part, ...]], verdicts: Sequence[str]) -> int:
    return sum(part.messages for parts in cells.values() for part in parts if part.verdict in verdicts)


def _kept(cells: Mapping[Pair, tuple[_Part, ...]]) -> tuple[str, ...]:
    """The names to show, in one order for rows and columns so that agreement is the diagonal."""
    names = {name for pair in cells for name in pair}
    of = {name: {pair: parts for pair, parts in cells.items() if name in pair} for name in names}
    alarms = {name: _messages(of[name], ALARMS) for name in names}
    busy = {name: _messages(of[name], VERDICTS) for name in names}
    outcomes = {name for name in names if name.startswith("(")}  # `(none)` and its like are few, and never left out
    named = sorted(names - outcomes, key=lambda name: (-alarms[name], -busy[name], name))[:_MOST]
    return (
        *sorted(named, key=lambda name: (-busy[name], name)),
        *sorted(outcomes, key=lambda name: (name == NOT_SAID, -busy[name], name)),
    )


def _matrix(figure: Figure, side: _Side, top: float) -> None:
    """Draw one side: heads, cells, numbers."""
    wide = min((WIDTH - _LEFT - _RIGHT) / len(side.columns), _CELL_WIDE)
    size = {"width": wide * len(side.columns), "height": _CELL_HIGH * len(side.rows)}
    axes = box(figure, _LEFT, top + _HEAD, **size)
    axes.set_xlim(0, len(side.columns))
    axes.set_ylim(len(side.rows), 0)
    axes.set_axis_off()
    _heads(figure, axes, side, top=top)
    most = max(part.messages for parts in side.cells.values() for part in parts)
    for row, logged in enumerate(side.rows):
        for column, selected in enumerate(side.columns):
            _cell(axes, (column, row), side.cells.get((logged, selected), ()), most=most)


def _heads(figure: Figure, axes: Axes, side: _Side, *, top: float) -> None:
    high = figure.get_figheight()
    write(figure, 0.012, 1 - (top + 0.3) / high, _SIDES[side.name], weight="bold", size=9.5)
    write(figure, 0.012, 1 - (top + _HEAD - 0.12) / high, "logged ↓ · selected →", color=QUIET, size=8)
    for row, name in enumerate(side.rows):
        write(axes, -0.08, row + 0.5, legible(name, 32), ha="right", size=8.5)
    for column, name in enumerate(side.columns):
        slanted = {"rotation": 40, "rotation_mode": "anchor", "va": "bottom"}
        write(axes, column + 0.4, -0.15, legible(name, 26), size=8.5, **slanted)


def _cell(axes: Axes, corner: tuple[int, int], parts: Sequence[_Part], *, most: int) -> None:
    """Draw one cell: a band and a number for each part, the frame over them."""
    column, row = corner
    high = 1 / max(1, len(parts))
    for place, part in enumerate(parts):
        colour = _shade(part, most)
        dark = float(np.dot(colour, (0.299, 0.587, 0.114))) < 0.55
        fill(axes, (column, row + place * high), 1, high, facecolor=colour)
        style = {"ha": "center", "size": 8 if len(parts) == 1 else 7, "color": PAPER if dark else INK}
        write(axes, column + 0.5, row + (place + 0.52) * high, _short(part.messages), **style)
    fill(axes, corner, 1, 1, fill=False, edgecolor=RULE, linewidth=0.7, clip_on=False)


def _short(count: int) -> str:
    return grouped(count) if count < 1_000_000 else f"{count / 1e6:.1f} M"


def _shade(part: _Part, most: int) -> tuple[float, float, float]:
    """Mix a verdict's colour with paper: agreement by its number, an alarm always in full."""
    red, green, blue = to_rgb(VERDICT_COLOURS[part.verdict])
    full = 1.0 if part.verdict in ALARMS else 0.3 + 0.7 * float(np.log1p(part.messages) / np.log1p(max(most, 2)))
    return (1 - full * (1 - red), 1 - full * (1 - green), 1 - full * (1 - blue))
