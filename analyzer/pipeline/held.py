"""Rows that are not final yet wait until the end: another export may hold them as they became.

A trace lists a message as Pending, and the next export lists it as Delivered. Only when every input
was read is it known which of them stayed as they were.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from analyzer.evidence import StatusFacts, read_status
from analyzer.formats import Format
from analyzer.formats.store import record_starts
from analyzer.pipeline.identity import Mask
from analyzer.pipeline.lots import Lot
from analyzer.schema import STORED, SUBJECT
from analyzer.selection.batch import Classes, class_codes_of_several

_ROWS = 50_000
_BOOK = pa.field("book", pa.int64())


def unsettled(lot: Lot) -> Mask:
    """Mark the log rows in which the fate of any recipient is still open."""
    if not lot.rows.num_rows:
        return np.zeros(0, np.bool_)
    statuses: Classes[tuple[str | None, ...], StatusFacts] = Classes(lambda cells: read_status(*cells))
    codes = class_codes_of_several(statuses, [lot.rows.column(name) for name in ("event", "delivery_status")])
    pending = np.array([facts.idle == "pending" for facts in statuses.classes], np.bool_)[codes]
    marked: Mask = np.logical_or.reduceat(pending, lot.starts)
    return marked


class Held:
    """Log rows set aside, in one temporary file a format."""

    def __init__(self, directory: Path) -> None:
        """Start without rows; the files go into `directory`."""
        self._directory = directory
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._formats: dict[str, Format] = {}

    def hold(self, lot: Lot) -> None:
        """Set rows aside; their numbers must be those of the whole input."""
        name = lot.format.name
        if name not in self._writers:
            self._writers[name] = pq.ParquetWriter(self._file(name), _schema(lot.rows))
            self._formats[name] = lot.format
        lengths = np.diff(np.append(lot.starts, lot.rows.num_rows))
        schema = _schema(lot.rows)
        rows = lot.rows.append_column(_BOOK, pa.array(np.repeat(lot.books, lengths)))
        self._writers[name].write_table(rows.select(schema.names).cast(schema))

    def lots(self) -> Iterator[Lot]:
        """Give back what was set aside, in the order in which it came."""
        for name, writer in self._writers.items():
            writer.close()
            with pq.ParquetFile(self._file(name)) as file:
                for groups in _gathered(file):
                    yield _lot(file.read_row_groups(groups), self._formats[name])
            self._file(name).unlink()

    def _file(self, name: str) -> Path:
        return self._directory / f"held-{name}.parquet"


def _schema(rows: pa.Table) -> pa.Schema:
    """Give the columns that wait, the subject among them where a rule looks at it."""
    subject = [SUBJECT] if SUBJECT.name in rows.column_names else []
    return pa.schema([*STORED.arrow, *subject, _BOOK])


def _gathered(file: pq.ParquetFile) -> Iterator[list[int]]:
    """Put row groups together until they are worth a part; each holds whole log rows."""
    groups, rows = [], 0
    for group in range(file.num_row_groups):
        groups.append(group)
        rows += file.metadata.row_group(group).num_rows
        if rows >= _ROWS or group == file.num_row_groups - 1:
            yield groups
            groups, rows = [], 0


def _lot(rows: pa.Table, format_: Format) -> Lot:
    rows = rows.unify_dictionaries().combine_chunks()
    books = rows.column("book").to_numpy()
    starts = record_starts(rows)
    return Lot(format_, rows.drop_columns(["book"]), starts, books[starts], np.zeros(len(starts), np.int64))
