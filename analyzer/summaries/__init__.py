"""Named cuts of the cube: what the charts draw, the report tabulates and `summaries/` holds.

A summary reads CAUSES, FINDINGS or COVERAGE and nothing else. Its columns are declared, so that a run without
a row still has them all, and its rows are ordered, so that the same run gives the same file.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from analyzer.schema import CAUSES, FINDINGS
from analyzer.summaries import of_causes, of_findings
from analyzer.summaries.base import Summary
from analyzer.summaries.exercised import COVERAGE, COVERED, exercised

__all__ = ["COVERAGE", "SUMMARIES", "Summary", "exercised", "find", "summarise"]

SUMMARIES: tuple[Summary, ...] = (
    of_causes.VERDICTS_TOTAL,
    of_causes.VERDICTS_BY_DAY,
    of_causes.CONNECTORS,
    of_causes.RECIPIENT_DOMAINS,
    of_causes.PATHS,
    of_causes.MISSING,
    of_causes.CALIBRATION,
    of_causes.FLOW,
    of_findings.BY_CODE,
    of_findings.TOP,
    COVERED,
)


def summarise(causes: pa.Table, findings: pa.Table, coverage: pa.Table) -> Mapping[str, pa.Table]:
    """Cut every summary of SUMMARIES, by name."""
    tables = {CAUSES.name: causes, FINDINGS.name: findings, COVERAGE.name: coverage}
    return {summary.name: summary.cut(tables[summary.of.name]) for summary in SUMMARIES}


def find(name: str) -> Summary:
    """The summary of that name; KeyError names those that exist."""
    for summary in SUMMARIES:
        if summary.name == name:
            return summary
    raise KeyError(f"no summary {name!r}; there are {', '.join(s.name for s in SUMMARIES)}")
