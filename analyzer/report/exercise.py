"""What the coverage of the configuration says to its administrator: what no message has tried, and since when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import pyarrow as pa

from analyzer.summaries.exercised import OFF, ON

Row = Mapping[str, Any]

NEVER, UNTOLD, FAILING = "never seen", "the logs do not tell", "seen, but every message failed"


def remark(row: Row, end: datetime | None) -> str:
    """Say what is worth a look at one object or path in logs that end then; nothing where all is well."""
    if row["messages"] is None:
        return UNTOLD
    if not row["messages"]:
        return NEVER if row["state"] in (ON, None) else ""
    if row["state"] == OFF:
        return "seen although it is off"
    if row["failed"] == row["messages"]:
        return FAILING
    if end and row["changed_at"] and row["last_seen"] < row["changed_at"] <= end:
        return f"not seen since its change of {row['changed_at']:%Y-%m-%d %H:%M}"
    return ""


def remarked(coverage: pa.Table) -> list[dict[str, Any]]:
    """Give every row of the coverage with its `remark`."""
    rows = coverage.to_pylist()
    end = max((row["last_seen"] for row in rows if row["last_seen"]), default=None)
    return [{**row, "remark": remark(row, end)} for row in rows]


def untried(coverage: pa.Table) -> Iterator[str]:
    """Name what no message has tried, or none since it was changed, in the order of the coverage."""
    for row in remarked(coverage):
        if row["remark"] and row["remark"] != UNTOLD and row["state"] != OFF:
            since = " (since its change)" if row["messages"] and row["remark"] != FAILING else ""
            failing = " (all failed)" if row["remark"] == FAILING else ""
            yield f"{row['kind']} {row['name']}{since}{failing}"
