"""Everything of a report but its rows, written into a folder: tables, charts, page and run record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from analyzer import charts, summaries
from analyzer.report.page import page
from analyzer.report.report import SUMMARIES, findings_json
from analyzer.report.run import Run
from analyzer.schema import CAUSES, FINDINGS


def write_report(
    directory: Path, run: Mapping[str, Any], *, causes: pa.Table, findings: pa.Table, coverage: pa.Table
) -> None:
    """Write everything but the rows into a folder: tables, summaries, charts, page and run record.

    Args:
        directory: A folder that nobody reads yet; the caller moves it into place when all is there.
        run: The content of run.json.
        causes: The cube of the run.
        findings: The findings, in the order in which they are to be told.
        coverage: What the logs exercised of the configuration.
    """
    with ThreadPoolExecutor(1) as beside:  # Parquet is written without the interpreter's lock
        written = beside.submit(_write_tables, directory, {CAUSES.name: causes, FINDINGS.name: findings})
        cut = summaries.summarise(causes, findings, coverage)
        _write_tables(directory / SUMMARIES, cut)
        (directory / "findings.json").write_text(findings_json(findings), encoding="utf-8")
        (directory / "charts").mkdir(exist_ok=True)
        drawn = _drawn(cut)
        for name, svg in drawn.items():
            (directory / "charts" / f"{name}.svg").write_text(svg, encoding="utf-8")
        (directory / "report.html").write_text(page(Run.of(run), cut, findings, drawn), encoding="utf-8")
    written.result()
    (directory / "run.json").write_text(json.dumps(run, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def drawn_page(run: Run, cut: Mapping[str, pa.Table], findings: pa.Table) -> str:
    """Draw the charts of a finished run and write its page around them."""
    return page(run, cut, findings, _drawn(cut))


def _drawn(cut: Mapping[str, pa.Table]) -> dict[str, str]:
    return {chart.name: chart.svg(cut[chart.of]) for chart in charts.CHARTS}


def _write_tables(folder: Path, tables: Mapping[str, pa.Table]) -> None:
    folder.mkdir(exist_ok=True)
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet", compression="zstd")
