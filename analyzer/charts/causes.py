"""The top causes: findings as bars, the gravest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from matplotlib.figure import Figure

from analyzer.charts.canvas import PAPER, QUIET, RULE, SEVERITY_COLOURS, WIDTH, box, fill, key, nothing, sheet, write
from analyzer.legible import counted, grouped, legible
from analyzer.schema import SEVERITIES

Row = dict[str, Any]  # of the summary `top_findings`
_MOST = 15
_ROW, _TOP, _LEFT, _RIGHT = 0.46, 1.1, 0.9, 1.55


def top_causes(table: pa.Table) -> Figure:
    """Draw a bar a finding: its messages, the part that failed hatched; without messages there is no bar."""
    grave = [row for row in table.to_pylist() if row["severity"] != "info"]
    rows = [row for row in grave if row["messages"]]
    infos, idle = table.num_rows - len(grave), len(grave) - len(rows)
    if not rows:
        with sheet("Top causes", f"{counted(infos, 'finding')} of severity info", height=2) as figure:
            nothing(figure, "No finding above info has messages." if idle else "No finding above info.")
        return figure
    shown = rows[:_MOST]
    height = _TOP + _ROW * len(shown) + 0.15
    with sheet("Top causes", _subtitle(len(rows) - len(shown), idle, infos), height=height) as figure:
        axes = box(figure, _LEFT, _TOP, width=WIDTH - _LEFT - _RIGHT, height=_ROW * len(shown))
        _frame(axes, shown)
        for place, row in enumerate(shown):
            _bar(axes, place, row)
        seen = {row["severity"] for row in shown}
        key(figure, 0.8, {name: SEVERITY_COLOURS[name] for name in SEVERITIES[::-1] if name in seen})
    return figure


def _subtitle(more: int, idle: int, infos: int) -> str:
    left_out = (
        f"{counted(more, 'more finding')}" if more else "",
        f"{counted(idle, 'trap')} without messages" if idle else "",
        f"{grouped(infos)} of severity info" if infos else "",
    )
    said = "findings by severity, then by messages; the hatched part failed"
    return said + (f"; not drawn: {', '.join(filter(None, left_out))}" if any(left_out) else "")


def _frame(axes: Axes, rows: Sequence[Row]) -> None:
    axes.set_axis_off()
    axes.set_ylim(len(rows), 0)
    axes.set_xlim(0, max(1, *(row["messages"] for row in rows)))
    axes.axvline(0, color=RULE, linewidth=1)


def _bar(axes: Axes, place: int, row: Row) -> None:
    """Draw one finding: its sentence, below it the bar, at its end the numbers."""
    messages, failed = row["messages"], row["failed"]
    colour = SEVERITY_COLOURS[row["severity"]]
    y = place + 0.72
    bars = [(row["code"], fill(axes, (0, y - 0.15), messages, 0.3, facecolor=colour))]
    if failed:
        hatched = fill(axes, (0, y - 0.15), failed, 0.3, facecolor=colour, edgecolor=PAPER, hatch="/////")
        bars.append(("failed", hatched))
    for label, bar in bars:
        axes.add_container(BarContainer([bar], label=label))
    head = {"transform": axes.get_yaxis_transform(), "size": 8.5}
    write(axes, -0.012, place + 0.33, row["code"], ha="right", weight="bold", color=colour, **head)
    write(axes, 0.008, place + 0.33, legible(row["title"], 105), **head)
    numbers = grouped(messages) + (f", {grouped(failed)} failed" if failed else "")
    write(axes, messages + 0.008 * axes.get_xlim()[1], y, numbers, size=8, color=QUIET)
