"""The new rows of an append, set down by day before anything of the store is touched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from analyzer.formats import Format
from analyzer.formats.store import stored_rows
from analyzer.pipeline.parquet import layout
from analyzer.schema import STORED

_DAY = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Staged:
    """The rows of one day (UTC) in a staged file; they are of one format."""

    day: str
    format: Format
    file: Path
    group: int


@dataclass(frozen=True, slots=True)
class Staging:
    """Writes each part into a file with one row group a day."""

    directory: Path

    def __call__(self, rows: pa.Table, format_: Format, part: int) -> tuple[Staged, ...]:
        """Set the rows of a part down; log rows stay whole, for their recipients share one time."""
        file = self.directory / f"staged-{part:05d}.parquet"
        days = rows.column("received_at").cast(pa.int64()).to_numpy() // _DAY
        found = np.unique(days).tolist()
        with writer(file, format_) as parquet:
            for day in found:
                parquet.write_table(rows if len(found) == 1 else rows.filter(pa.array(days == day)))
        names = np.array(found, "datetime64[D]").astype(str).tolist()
        return tuple(Staged(day, format_, file, group) for group, day in enumerate(names))


def writer(file: Path, format_: Format) -> pq.ParquetWriter:
    """Open a file for rows of one format; each table written to it becomes a row group of its own."""
    schema = STORED.arrow.with_metadata({"mailflow.format": format_.name})
    return pq.ParquetWriter(file, schema, **layout(schema))


def staged_rows(groups: Sequence[Staged]) -> Iterator[pa.Table]:
    """Give back the rows of one day, in the order of the input."""
    for staged in groups:
        with pq.ParquetFile(staged.file) as file:
            yield stored_rows(file, staged.group)
