"""What follows the pass: findings, run record, tables, charts and page.

A module of its own, loaded after the pass: matplotlib does not stand beside its batches in memory.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from analyzer.findings import find_all
from analyzer.formats import open_log
from analyzer.formats.connector_report import CONNECTOR_REPORT, reported
from analyzer.inputs import find
from analyzer.pipeline import Options, Outcome
from analyzer.report.record import run_record
from analyzer.report.report import SUMMARIES, Report
from analyzer.report.writing import write_report
from analyzer.summaries import exercised
from analyzer.summaries.cross_check import CONNECTOR_REPORT as CHECKED
from analyzer.summaries.cross_check import cross_check, differences
from analyzer.tenant.model import Tenant


def conclude(
    directory: Path,
    outcome: Outcome,
    options: Options,
    *,
    logs: Sequence[str],
    ruled: Tenant,
    given: Tenant,
    chosen: Mapping[str, str],
    started: datetime,
) -> Report:
    """Write everything but the rows into the folder of a pass.

    Args:
        directory: where the pass wrote its rows; nobody reads it yet.
        outcome: what the pass gave.
        options: how it was run.
        logs: the logs as they were named.
        ruled: the tenant with the policies in force.
        given: the tenant as its folder says.
        chosen: policies given as options.
        started: when the run began.
    """
    record = run_record(outcome, options, ruled=ruled, given=given, chosen=chosen, started=started)
    checked = _cross_checked(logs, outcome, options)
    record["completeness"]["notes"] += [] if checked is None else differences(checked)
    findings, coverage = find_all(outcome.causes, ruled, outcome.coverage), exercised(outcome.causes, ruled)
    write_report(directory, record, causes=outcome.causes, findings=findings, coverage=coverage)
    if checked is not None:
        pq.write_table(checked, directory / SUMMARIES / f"{CHECKED.name}.parquet")
    return Report(directory, json.loads(json.dumps(record)), outcome.causes, findings, coverage)


def _cross_checked(logs: Sequence[str], outcome: Outcome, options: Options) -> pa.Table | None:
    """Read the counts of the connector reports among the inputs; None where there are none.

    They are small, and so read again once the logs' own counts are known.
    """
    names = {book.name for book in outcome.inputs if book.format == CONNECTOR_REPORT.name}
    sources = [source for source in find(logs, remote=True) if source.name in names] if names else []
    opened = [
        open_log(s, format_name=options.format_name, date_order=options.date_order, encoding=options.encoding)
        for s in sources
    ]
    return cross_check(outcome.causes, pa.concat_tables(map(reported, opened))) if opened else None
