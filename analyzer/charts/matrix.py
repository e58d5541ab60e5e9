"""Logged against selected connector, as a matrix a side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log1p

import pyarrow as pa
import pyarrow.compute as pc

from analyzer.charts.canvas import VERDICT_COLOURS, head, key, nothing, write
from analyzer.charts.drawing import INK, PAPER, QUIET, RULE, WIDTH, Box, Drawing, Mark, Panel
from analyzer.charts.legible import grouped, legible
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


def connector_matrix(table: pa.Table) -> Drawing:
    """Draw a matrix a side: a row for each logged connector, a column for each selected one."""
    sides = [side for name in _SIDES if (side := _side(table, name)).cells]
    if not sides:
        return nothing(_TITLE, "no side of any message took part")
    colours = {verdict: VERDICT_COLOURS[verdict] for verdict in _KEY}
    marks: list[Mark] = [*head(_TITLE, _subtitle(sides)), *key(0.83, colours)]
    panels, top = [], _TOP
    for side in sides:
        marks.append(write(0.012 * WIDTH, top + 0.3, _SIDES[side.name], bold=True, size=9.5))
        marks.append(write(0.012 * WIDTH, top + _HEAD - 0.12, "logged ↓ · selected →", color=QUIET, size=8))
        panels.append(_matrix(side, top))
        top += side.height
    return Drawing(top, tuple(marks), tuple(panels))


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


def _matrix(side: _Side, top: float) -> Panel:
    """Draw one side: heads, cells, numbers."""
    wide = min((WIDTH - _LEFT - _RIGHT) / len(side.columns), _CELL_WIDE)
    most = max(part.messages for parts in side.cells.values() for part in parts)
    cells = [
        mark
        for row, logged in enumerate(side.rows)
        for column, selected in enumerate(side.columns)
        for mark in _cell((column, row), side.cells.get((logged, selected), ()), most=most)
    ]
    return Panel(
        *(_LEFT, top + _HEAD, wide * len(side.columns), _CELL_HIGH * len(side.rows)),
        x=(0, len(side.columns)),
        y=(len(side.rows), 0),
        marks=(*_heads(side), *cells),
    )


def _heads(side: _Side) -> Iterator[Mark]:
    for row, name in enumerate(side.rows):
        yield write(-0.08, row + 0.5, legible(name, 32), side="right", size=8.5)
    for column, name in enumerate(side.columns):
        yield write(column + 0.4, -0.15, legible(name, 26), size=8.5, slant=40, level="bottom")


def _cell(corner: tuple[int, int], parts: Sequence[_Part], *, most: int) -> Iterator[Mark]:
    """Draw one cell: a band and a number for each part, the frame over them."""
    column, row = corner
    high = 1 / max(1, len(parts))
    for place, part in enumerate(parts):
        red, green, blue = _shade(part, most)
        dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.55
        colour = "#" + "".join(f"{round(255 * light):02x}" for light in (red, green, blue))
        yield Box(column, row + place * high, 1, high, fill=colour, label=part.verdict)
        size = 8 if len(parts) == 1 else 7
        middle = row + (place + 0.52) * high
        ink = PAPER if dark else INK
        yield write(column + 0.5, middle, _short(part.messages), side="center", size=size, color=ink)
    yield Box(column, row, 1, 1, edge=RULE)


def _short(count: int) -> str:
    return grouped(count) if count < 1_000_000 else f"{count / 1e6:.1f} M"


def _shade(part: _Part, most: int) -> tuple[float, ...]:
    """Mix a verdict's colour with paper: agreement by its number, an alarm always in full."""
    colour = bytes.fromhex(VERDICT_COLOURS[part.verdict][1:])  # red, green, blue
    full = 1.0 if part.verdict in ALARMS else 0.3 + 0.7 * log1p(part.messages) / log1p(max(most, 2))
    return tuple(1 - full * (1 - light / 255) for light in colour)
