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
from analyzer.selection.batch import Classes, Codes, class_codes_of_several, encoded

_ROWS = 50_000
_WRITTEN = 10_000  # rows that wait in memory for others to be written with
_BOOK = pa.field("book", pa.int64())


def unsettled(rows: pa.Table, starts: Codes) -> Mask:
    """Mark the log rows in which the fate of any recipient is still open.

    Args:
        rows: Normalised rows.
        starts: The first row of each log row.
    """
    events = encoded(rows.column("event"))
    if not events.is_null.any() and "" not in events.dictionary.to_pylist():
        return np.zeros(len(starts), np.bool_)  # what an event log tells has happened
    statuses: Classes[tuple[str | None, ...], StatusFacts] = Classes(lambda cells: read_status(*cells))
    codes = class_codes_of_several(statuses, [events, rows.column("delivery_status")])
    pending = np.array([facts.idle == "pending" for facts in statuses.classes], np.bool_)[codes]
    marked: Mask = np.logical_or.reduceat(pending, starts)
    return marked


class Held:
    """Log rows set aside, in one temporary file a format."""

    def __init__(self, directory: Path) -> None:
        """Start without rows; the files go into `directory`."""
        self._directory = directory
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._formats: dict[str, Format] = {}
        self._unwritten: dict[str, list[pa.Table]] = {}

    def hold(self, lot: Lot) -> None:
        """Set rows aside; their numbers must be those of the whole input."""
        name = lot.format.name
        self._formats[name] = lot.format
        lengths = np.diff(np.append(lot.starts, lot.rows.num_rows))
        rows = lot.rows.append_column(_BOOK, pa.array(np.repeat(lot.books, lengths)))
        waiting = self._unwritten.setdefault(name, [])
        waiting.append(_as_text(rows))
        if sum(table.num_rows for table in waiting) >= _WRITTEN:
            self._write(name)

    def lots(self) -> Iterator[Lot]:
        """Give back what was set aside, in the order in which it came."""
        for name, format_ in self._formats.items():
            self._write(name)
            self._writers[name].close()
            with pq.ParquetFile(self._file(name)) as file:
                for groups in _gathered(file):
                    yield _lot(file.read_row_groups(groups), format_)
            self._file(name).unlink()

    def _write(self, name: str) -> None:
        """Write what waits in memory; a batch has few such rows, and a row group costs the same for any number."""
        waiting = self._unwritten[name]
        if waiting and name not in self._writers:
            self._writers[name] = pq.ParquetWriter(self._file(name), waiting[0].schema)
        if waiting:
            self._writers[name].write_table(pa.concat_tables(waiting))
            waiting.clear()

    def _file(self, name: str) -> Path:
        return self._directory / f"held-{name}.parquet"


def _as_text(rows: pa.Table) -> pa.Table:
    """Write encoded columns out: a few rows need not keep the dictionary of a whole batch."""
    texts = [pa.field(f.name, f.type.value_type) if pa.types.is_dictionary(f.type) else f for f in _schema(rows)]
    return rows.select([f.name for f in texts]).cast(pa.schema(texts))


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
    rows = rows.combine_chunks()
    rows = rows.cast(_schema(rows))
    books = rows.column("book").to_numpy()
    starts = record_starts(rows)
    return Lot(format_, rows.drop_columns(["book"]), starts, books[starts], np.zeros(len(starts), np.int64))
