"""Cuts of the findings."""

from __future__ import annotations

import pyarrow as pa

from analyzer.schema import COUNT, FINDINGS, SEVERITIES, TEXT, TIME, Column, TableSchema
from analyzer.summaries.base import FAILED, MESSAGES, Summary, ordered

_GRAVEST_FIRST = SEVERITIES[::-1]


def _findings_by_code(findings: pa.Table) -> pa.Table:
    keys = ("code", "name", "severity")
    sums = findings.group_by(list(keys), use_threads=False).aggregate(
        [
            ("title", "count"),
            ("messages", "sum"),
            ("failed", "sum"),
            ("first_seen", "min"),
            ("last_seen", "max"),
        ]
    )
    renamed = sums.rename_columns([*keys, "findings", "messages", "failed", "first_seen", "last_seen"])
    return ordered(renamed, "severity", "code", ranks={"severity": _GRAVEST_FIRST})


BY_CODE = Summary(
    TableSchema(
        "findings_by_code",
        "A finding code at one severity.",
        (
            Column("code", TEXT, "Stable code."),
            Column("name", TEXT, "Stable name."),
            Column("severity", TEXT, "high, medium, low or info."),
            Column("findings", COUNT, "How many causes."),
            MESSAGES,
            FAILED,
            Column("first_seen", TIME, "Earliest row."),
            Column("last_seen", TIME, "Latest row."),
        ),
    ),
    "Findings by code",
    FINDINGS,
    _findings_by_code,
)


_TOP = TableSchema(
    "top_findings",
    "A finding, the gravest and largest first.",
    (
        Column("severity", TEXT, "high, medium, low or info."),
        Column("code", TEXT, "Stable code."),
        Column("title", TEXT, "One sentence."),
        MESSAGES,
        FAILED,
        *(c for c in FINDINGS if c.name in {"began", "began_with", "ended", "ended_with"}),
    ),
)


def _top_findings(findings: pa.Table) -> pa.Table:
    order = ("severity", "-messages", "code", "title")
    return ordered(findings.select([c.name for c in _TOP]), *order, ranks={"severity": _GRAVEST_FIRST})


TOP = Summary(_TOP, "Findings by messages", FINDINGS, _top_findings)
