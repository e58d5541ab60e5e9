"""Summaries as pictures. A chart draws what a summary holds; it folds only what has no room, and says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
from matplotlib.figure import Figure

from analyzer.charts.canvas import to_png, to_svg
from analyzer.charts.causes import top_causes
from analyzer.charts.days import verdicts_by_day
from analyzer.charts.matrix import connector_matrix
from analyzer.charts.sankey import flow
from analyzer.errors import UsageError


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart: its name and title, what to see in it, the summary that it draws, and how."""

    name: str
    title: str
    see: str
    of: str
    draw: Callable[[pa.Table], Figure]

    def svg(self, summary: pa.Table) -> str:
        """Draw the chart as an SVG element with a label for those who do not see it."""
        return to_svg(self.draw(summary), name=self.name, label=f"{self.title}. {self.see}")

    def png(self, summary: pa.Table) -> bytes:
        """Draw the chart as a PNG picture."""
        return to_png(self.draw(summary))


CHARTS: tuple[Chart, ...] = (
    Chart(
        "verdicts_by_day",
        "Verdicts by day",
        "When alarms began, and whether they grow with the traffic or by themselves.",
        "verdicts_by_day",
        verdicts_by_day,
    ),
    Chart(
        "connector_matrix",
        "Logged and selected connectors",
        "Grey cells agree; a coloured cell is mail that used another connector than the configuration selects.",
        "connectors",
        connector_matrix,
    ),
    Chart(
        "flow",
        "Flow of messages",
        "Which way the mail takes through the connectors, with the alarms in colour.",
        "flow",
        flow,
    ),
    Chart(
        "top_causes",
        "Top causes",
        "What to mend first: each bar is one cause with its messages, the hatched part of them failed.",
        "top_findings",
        top_causes,
    ),
)


def find(name: str) -> Chart:
    """The chart of that name; UsageError names those that exist."""
    for chart in CHARTS:
        if chart.name == name:
            return chart
    raise UsageError(f"no chart {name!r}; there are {', '.join(chart.name for chart in CHARTS)}")
