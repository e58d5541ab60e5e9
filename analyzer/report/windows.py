"""The change windows of a run: what was changing while its messages passed, and how many rows that withheld."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from analyzer.pipeline.snapshots import Timeline
from analyzer.tenant.model import Tenant


def change_windows(tenant: Tenant, causes: pa.Table) -> list[dict[str, Any]]:
    """List the windows that are open at any time between the first row and the last, for run.json.

    Returns:
        For each in order of time: `change` in words, `start` (None = before every row) and `end` of the
        window, and how many `messages` it withheld; a message withheld by two counts in both.
    """
    if causes.num_rows == 0:
        return []
    first, last = pc.min(causes["first_seen"]).as_py(), pc.max(causes["last_seen"]).as_py()
    withheld: dict[str, int] = {}
    for labels, messages in zip(causes["changing"].to_pylist(), causes["messages"].to_pylist(), strict=True):
        for label in labels or ():
            withheld[label] = withheld.get(label, 0) + messages
    return [
        {
            "change": change.label,
            "start": change.start.isoformat() if change.start else None,
            "end": change.end.isoformat(timespec="seconds"),
            "messages": withheld.get(change.label, 0),
        }
        for change in Timeline(tenant).changes
        if _overlap(change.start, change.end, first, last)
    ]


def _overlap(start: datetime | None, end: datetime, first: datetime, last: datetime) -> bool:
    return (start is None or start <= last) and first < end
