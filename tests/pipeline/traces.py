"""Message traces of a few rows, written as Export-Csv writes them, and what a run makes of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from analyzer.pipeline import InputBook, Options, Outcome, run
from tests.builders import tenant

COLUMNS = (
    "Received",
    "SenderAddress",
    "RecipientAddress",
    "Status",
    "FromIP",
    "ToIP",
    "Size",
    "MessageId",
    "MessageTraceId",
)

_START = datetime(2026, 3, 2, tzinfo=UTC)


def trace(number: int, **changes: object) -> dict[str, object]:
    """The row of one message, an hour after the one before, with changes."""
    return {
        "Received": f"{_START + timedelta(hours=number):%Y-%m-%dT%H:%M:%S}.0000000Z",
        "SenderAddress": "sun@wingtiptoys.com",
        "RecipientAddress": f"user{number}@contoso.com",
        "Status": "Delivered",
        "FromIP": "203.0.113.9",
        "ToIP": "",
        "Size": 1000 + number,
        "MessageId": f"<{number}@wingtiptoys.com>",
        "MessageTraceId": f"00000000-0000-4000-8000-{number:012d}",
        **changes,
    }


def write(path: Path, rows: Iterable[dict[str, object]]) -> Path:
    """Write rows as a CSV file."""
    lines = [",".join(COLUMNS), *(",".join(str(row[name]) for name in COLUMNS) for row in rows)]
    path.write_text("\r\n".join(lines) + "\r\n", "utf-8")
    return path


def outcome(logs: Sequence[Path | str], out: Path, **options: Any) -> Outcome:
    """Judge logs under a tenant without connectors."""
    out.mkdir()
    return run([str(log) for log in logs], tenant(), out, Options(**options))


def rows(out: Path) -> list[dict[str, Any]]:
    """The verdict rows of a run, part after part."""
    parts = sorted((out / "messages").iterdir())
    table = pa.concat_tables([pq.read_table(part) for part in parts])
    found: list[dict[str, Any]] = table.to_pylist()
    return found


def noise(books: Iterable[InputBook]) -> list[dict[str, int]]:
    """The noise of each input; every book has to balance."""
    kept = list(books)
    assert all(book.balanced for book in kept)
    return [book.noise for book in kept]
