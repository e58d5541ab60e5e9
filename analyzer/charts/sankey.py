"""The flow of messages: where from, by which connector, where to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from analyzer.charts.canvas import INK, PAPER, QUIET, VERDICT_COLOURS, WIDTH, box, fill, key, nothing, sheet, write
from analyzer.legible import grouped, legible
from analyzer.schema import ALARMS

Row = dict[str, Any]  # of the summary `flow`
NOT_SAID = "log does not say"
_OTHER_VERDICTS = "all other verdicts"
_MOST = 12  # connectors drawn by name
_COLUMNS = ("origin", "connector", "destination")
_X = (0.0, 0.5, 1.0)
_BAR = 0.012  # width of a node
_GAP = 0.022  # between nodes
_LEAST = 0.022  # height of a node: its label must fit
_HAIR = 0.004  # height of an alarm however rare
_KINDS = (*ALARMS, "ambiguous", "undetermined", "other")
_COLOURS = {**VERDICT_COLOURS, "other": "#c3c9cf"}
_NAMES: Mapping[str | None, str] = {"(none)": "no connector", None: NOT_SAID, "onpremises": "on-premises"}


@dataclass(frozen=True, slots=True)
class _Others:
    """The connectors that have no room, as one node."""

    count: int


# What a node stands for: a name as it is in the summary (shortened only when written, lest two become one).
Key = str | _Others | None


@dataclass(frozen=True, slots=True)
class _Link:
    """Messages of one kind between a node and a node of the next column."""

    start: Key
    end: Key
    kind: str
    messages: int


@dataclass(frozen=True, slots=True)
class _Node:
    """Where a node stands: its lower end and its height, and the messages through it."""

    low: float
    high: float
    messages: int


def flow(table: pa.Table) -> Figure:
    """Draw bands from origin over connector to destination, as wide as their messages."""
    rows = table.to_pylist()
    if not rows:
        with sheet("Flow of messages", "no message was judged", height=2) as figure:
            nothing(figure, "There is nothing to draw.")
        return figure
    named = _namer(rows)
    rows = [{**row, "connector": named(row["connector"])} for row in rows]
    height = 2.2 + 0.42 * max(6, len({row["connector"] for row in rows}))
    with sheet("Flow of messages", _subtitle(rows), height=height) as figure:
        _heads(figure, rows)
        axes = box(figure, 1.5, 1.45, width=WIDTH - 3.0, height=height - 1.6)
        axes.set_axis_off()
        axes.set_xlim(0, 1 + _BAR)
        axes.set_ylim(0, 1)
        _draw(axes, rows)
    return figure


def _subtitle(rows: Sequence[Row]) -> str:
    total = sum(row["messages"] for row in rows)
    return (
        f"{grouped(total)} messages by origin, logged connector and destination; alarms are drawn at least a hair wide"
    )


def _namer(rows: Iterable[Row]) -> Callable[[str | None], Key]:
    """Keep the connectors with most alarms and then the busiest as they are; the others become one."""
    alarms: Counter[str] = Counter()
    busy: Counter[str] = Counter()
    for row in rows:
        if row["connector"] not in _NAMES:
            busy[row["connector"]] += row["messages"]
            alarms[row["connector"]] += row["messages"] if row["verdict"] in ALARMS else 0
    folded = set(sorted(busy, key=lambda name: (-alarms[name], -busy[name], name))[_MOST:])
    return lambda name: _Others(len(folded)) if name in folded else name


def _label(meant: Key) -> str:
    if isinstance(meant, _Others):
        return f"{meant.count} other connectors"
    return _NAMES.get(meant) or legible(meant, 38)


def _draw(axes: Axes, rows: Sequence[Row]) -> None:
    """Place the nodes of the three columns and draw the bands between them, alarms on top."""
    columns = [_weights(rows, column) for column in _COLUMNS]
    scale = min((1 - _GAP * (len(c) - 1) - _LEAST * len(c)) / sum(c.values()) for c in columns)
    placed = [_placed(column, scale) for column in columns]
    for side in (0, 1):
        links = _links(rows, _COLUMNS[side], _COLUMNS[side + 1])
        _bands(axes, links, (placed[side], placed[side + 1]), x=(_X[side] + _BAR, _X[side + 1]), scale=scale)
    for column, nodes in enumerate(placed):
        for meant, node in nodes.items():
            _node(axes, _label(meant), node, column=column)


def _weights(rows: Iterable[Row], column: str) -> dict[Key, int]:
    """The messages through each node of a column, the largest first and the rest of the connectors last."""
    weights: Counter[Key] = Counter()
    for row in rows:
        weights[row[column]] += row["messages"]
    return dict(sorted(weights.items(), key=lambda item: (isinstance(item[0], _Others), -item[1], _label(item[0]))))


def _placed(weights: Mapping[Key, int], scale: float) -> dict[Key, _Node]:
    """Stack the nodes from the top, the largest first, centred on the sheet."""
    heights = {meant: _LEAST + messages * scale for meant, messages in weights.items()}
    top = 0.5 + (sum(heights.values()) + _GAP * (len(heights) - 1)) / 2
    placed = {}
    for meant, high in heights.items():
        placed[meant] = _Node(top - high, high, weights[meant])
        top -= high + _GAP
    return placed


def _links(rows: Iterable[Row], start: str, end: str) -> list[_Link]:
    sums: Counter[tuple[Key, Key, str]] = Counter()
    for row in rows:
        kind = row["verdict"] if row["verdict"] in _KINDS else "other"
        sums[row[start], row[end], kind] += row["messages"]
    return [_Link(*ends, messages) for ends, messages in sums.items()]


def _bands(
    axes: Axes,
    links: Sequence[_Link],
    nodes: tuple[Mapping[Key, _Node], Mapping[Key, _Node]],
    *,
    x: tuple[float, float],
    scale: float,
) -> None:
    """Draw the bands of one half, in the order in which their ends lie so that few cross."""
    starts, ends = nodes
    order = {"start": list(starts), "end": list(ends)}
    by_start = sorted(links, key=lambda k: (order["start"].index(k.start), order["end"].index(k.end), _gravity(k)))
    by_end = sorted(links, key=lambda k: (order["end"].index(k.end), order["start"].index(k.start), _gravity(k)))
    left = _ends(by_start, starts, at=lambda link: link.start, scale=scale)
    right = _ends(by_end, ends, at=lambda link: link.end, scale=scale)
    for link in sorted(links, key=_gravity, reverse=True):
        thick = max(link.messages * scale, _HAIR if link.kind != "other" else 0.0)
        _band(axes, x, (left[link], right[link]), thick=thick, kind=link.kind)


def _gravity(link: _Link) -> int:
    return _KINDS.index(link.kind)


def _ends(
    links: Iterable[_Link], nodes: Mapping[Key, _Node], *, at: Callable[[_Link], Key], scale: float
) -> dict[_Link, float]:
    """The upper end of each band at its node; bands share the node's height in order."""
    used: dict[Key, float] = {}
    ends = {}
    for link in links:
        node = nodes[at(link)]
        stretch = node.high / max(node.messages, 1)  # a node is a little higher than its bands
        start = used.get(at(link), 0.0)
        ends[link] = node.low + node.high - start - (stretch - scale) * link.messages / 2
        used[at(link)] = start + stretch * link.messages
    return ends


def _band(axes: Axes, x: tuple[float, float], tops: tuple[float, float], *, thick: float, kind: str) -> None:
    (x0, x1), (y0, y1) = x, tops
    middle = (x0 + x1) / 2
    vertices = [
        (x0, y0), (middle, y0), (middle, y1), (x1, y1),
        (x1, y1 - thick), (middle, y1 - thick), (middle, y0 - thick), (x0, y0 - thick), (x0, y0),
    ]  # fmt: skip
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    quiet = kind == "other"
    patch = PathPatch(
        Path(vertices, codes), facecolor=_COLOURS[kind], alpha=0.55 if quiet else 0.9, linewidth=0, label=f"band-{kind}"
    )
    axes.add_artist(patch)


def _node(axes: Axes, name: str, node: _Node, *, column: int) -> None:
    """Draw a node and write its name and number beside it."""
    fill(axes, (_X[column], node.low), _BAR, node.high, facecolor=INK)
    x = (_X[0] - 0.012, _X[1] + _BAR + 0.008, _X[2] + _BAR + 0.012)[column]
    y = node.low + node.high / 2
    plate = {"facecolor": PAPER, "alpha": 0.82, "linewidth": 0, "pad": 1.2} if column == 1 else None
    text = f"{name} · {grouped(node.messages)}" if column == 1 else f"{name}\n{grouped(node.messages)}"
    write(axes, x, y, text, ha="right" if column == 0 else "left", size=8.5, bbox=plate, linespacing=1.35)


def _heads(figure: Figure, rows: Iterable[Row]) -> None:
    """Name the colours that occur, and the three columns."""
    seen = {row["verdict"] for row in rows}
    key(
        figure,
        0.83,
        {_OTHER_VERDICTS if kind == "other" else kind: _COLOURS[kind] for kind in _KINDS if kind in {*seen, "other"}},
    )
    heads = ((0.15, "FROM", "right"), (0.5, "LOGGED CONNECTOR", "center"), (0.85, "TO", "left"))
    for x, name, side in heads:
        write(figure, x, 1 - 1.2 / figure.get_figheight(), name, ha=side, size=7.5, color=QUIET)
