"""The top causes: findings as bars, the gravest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from analyzer.charts.canvas import SEVERITY_COLOURS, head, key, nothing, write
from analyzer.charts.drawing import QUIET, WIDTH, Box, Drawing, Line, Mark, Panel
from analyzer.charts.legible import counted, grouped, legible
from analyzer.schema import SEVERITIES

Row = dict[str, Any]  # of the summary `top_findings`
_MOST = 15
_ROW, _TOP, _LEFT, _RIGHT = 0.46, 1.1, 0.9, 1.55


def top_causes(table: pa.Table) -> Drawing:
    """Draw a bar a finding: its messages, the part that failed hatched; without messages there is no bar."""
    grave = [row for row in table.to_pylist() if row["severity"] != "info"]
    rows = [row for row in grave if row["messages"]]
    infos, idle = table.num_rows - len(grave), len(grave) - len(rows)
    if not rows:
        why = "No finding above info has messages." if idle else "No finding above info."
        return nothing("Top causes", f"{counted(infos, 'finding')} of severity info", why)
    shown = rows[:_MOST]
    seen = {row["severity"] for row in shown}
    colours = {name: SEVERITY_COLOURS[name] for name in SEVERITIES[::-1] if name in seen}
    subtitle = _subtitle(len(rows) - len(shown), idle, infos)
    return Drawing(
        _TOP + _ROW * len(shown) + 0.15,
        (*head("Top causes", subtitle), *key(0.8, colours)),
        (_panel(shown),),
    )


def _subtitle(more: int, idle: int, infos: int) -> str:
    left_out = (
        f"{counted(more, 'more finding')}" if more else "",
        f"{counted(idle, 'trap')} without messages" if idle else "",
        f"{grouped(infos)} of severity info" if infos else "",
    )
    said = "findings by severity, then by messages; the hatched part failed"
    return said + (f"; not drawn: {', '.join(filter(None, left_out))}" if any(left_out) else "")


def _panel(rows: Sequence[Row]) -> Panel:
    most = max(row["messages"] for row in rows)
    bars = [mark for place, row in enumerate(rows) for mark in _bar(place, row, most)]
    return Panel(
        *(_LEFT, _TOP, WIDTH - _LEFT - _RIGHT, _ROW * len(rows)),
        x=(0, most),
        y=(len(rows), 0),
        marks=(Line((0, len(rows)), (0, 0)), *bars),
    )


def _bar(place: int, row: Row, most: int) -> Iterator[Mark]:
    """Draw one finding: its sentence, below it the bar, at its end the numbers."""
    messages, failed = row["messages"], row["failed"]
    colour = SEVERITY_COLOURS[row["severity"]]
    y = place + 0.72
    yield Box(0, y - 0.15, messages, 0.3, fill=colour, label=row["code"])
    if failed:
        yield Box(0, y - 0.15, failed, 0.3, fill=colour, hatched=True, label="failed")
    yield write(-0.012 * most, place + 0.33, row["code"], side="right", bold=True, color=colour, size=8.5)
    yield write(0.008 * most, place + 0.33, legible(row["title"], 105), size=8.5)
    numbers = grouped(messages) + (f", {grouped(failed)} failed" if failed else "")
    yield write(messages + 0.008 * most, y, numbers, size=8, color=QUIET)
