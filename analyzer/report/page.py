"""The page report.html: what it says is gathered here, how it looks is in page.html.j2.

Every value that the template prints passes through `_finalize`, which makes text legible, and then
through the autoescape of Jinja; only our own drawings are marked as safe.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Any

import pyarrow as pa
from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from analyzer.charts import CHARTS
from analyzer.charts.canvas import SEVERITY_COLOURS, VERDICT_COLOURS
from analyzer.legible import counted, grouped, legible, share
from analyzer.report.exercise import remarked
from analyzer.report.run import Run
from analyzer.report.wording import (
    JUDGED,
    VERDICT_WORDS,
    Totals,
    calibrations,
    faults,
    headline,
    is_trap,
    moment,
    period,
    since,
)
from analyzer.schema import ALARMS, INPUTS, SEVERITIES, VERDICTS
from analyzer.tenant.policy import POLICIES

_CARDS = 60  # findings shown as cards; the rest is one line each
_INFORMING = 100  # info findings in one table; the rest is in findings.parquet
_WINDOWS = 100  # change windows; all are in run.json
_TRAPS = 100  # the same for traps of the configuration
_MOST = {"recipient_domains": 50, "connectors": 100, "paths": 100}  # rows of a table; the rest is counted
_COVERED = 200  # rows of the coverage; all are in summaries/coverage.parquet
_TOP = 3  # causes named at the head of the page


def page(run: Run, summaries: Mapping[str, pa.Table], findings: pa.Table, drawn: Mapping[str, str]) -> str:
    """Write the page: one file that opens offline, runs no script and asks for nothing.

    Args:
        run: The run record.
        summaries: Every summary by name.
        findings: The findings.
        drawn: Every chart by name, as SVG of our own drawing.
    """
    totals = Totals.of(summaries["verdicts"])
    rows = _ordered(findings)
    traps = [row for row in rows if is_trap(row["code"])]
    grave = [row for row in rows if row["severity"] != "info" and row not in traps]
    informing = [row for row in rows if row["severity"] == "info"]
    return _PAGE.render(
        run=run,
        period=period(run),
        headline=headline(totals, own_servers=run.own_servers_alone),
        totals=totals,
        faults=faults(run, totals),
        judged=totals.count(*JUDGED),
        top=grave[:_TOP],
        cards=grave[:_CARDS],
        more_findings=grave[_CARDS:],
        traps=traps[:_TRAPS],
        traps_more=len(traps[_TRAPS:]),
        windows=run.windows[:_WINDOWS],
        windows_more=len(run.windows[_WINDOWS:]),
        informing=informing[:_INFORMING],
        informing_more=len(informing[_INFORMING:]),
        inputs=INPUTS,
        missing=summaries["missing"].to_pylist(),
        charts=[(chart, Markup(drawn[chart.name])) for chart in CHARTS],  # noqa: S704  our own drawing
        policy_table={policy.name: policy for policy in POLICIES},
        calibrations=calibrations(summaries["policies"]),
        coverage=remarked(summaries["coverage"])[:_COVERED],
        coverage_more=max(summaries["coverage"].num_rows - _COVERED, 0),
        tables={name: summaries[name].slice(0, most).to_pylist() for name, most in _MOST.items()},
        left_out={name: _left_out(summaries[name], most) for name, most in _MOST.items()},
    )


def _ordered(findings: pa.Table) -> list[dict[str, Any]]:
    """The findings, the gravest and then the largest first, each with its anchor on the page."""
    gravity = SEVERITIES[::-1].index
    rows = sorted(findings.to_pylist(), key=lambda row: (gravity(row["severity"]), -row["messages"], row["code"]))
    return [{**row, "anchor": f"finding-{place}"} for place, row in enumerate(rows, 1)]


def _left_out(summary: pa.Table, most: int) -> dict[str, int]:
    """Count the rows that a table of the page has no room for, and their messages."""
    rest = summary.slice(most)
    return {"rows": rest.num_rows, "messages": sum(rest["messages"].to_pylist())}


def _template() -> Template:
    # autoescape is on for everything; an unknown name is an error, not an empty string.
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, finalize=_finalize, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(n=grouped, moment=moment, share=share, counted=counted, since=since)
    environment.globals.update(
        verdicts=VERDICTS,
        alarms=ALARMS,
        verdict_words=VERDICT_WORDS,
        verdict_colours=VERDICT_COLOURS,
        severity_colours=SEVERITY_COLOURS,
    )
    return environment.from_string(resources.files(__package__).joinpath("page.html.j2").read_text("utf-8"))


def _finalize(value: object) -> object:
    return legible(value, 2000) if isinstance(value, str) and not isinstance(value, Markup) else value


_PAGE = _template()  # compiled once a process
