"""A lot: the normalised rows of one batch, and what became of every record of its pieces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.formats import Format, Parsed, parse
from analyzer.formats.store import record_starts
from analyzer.pipeline.books import OUTSIDE, Options
from analyzer.pipeline.identity import Mask
from analyzer.pipeline.intake import Batch, Piece
from analyzer.schema import REJECTS, STORED, SUBJECT
from analyzer.selection.batch import Codes


@dataclass(frozen=True, slots=True)
class Tally:
    """What a piece adds to the book of its input, besides the rows that count.

    The rows of a log are numbered from 1 in each piece; `stored` ones bear the numbers of their own files.
    `notes` and `messages` are those of `Parsed`.
    """

    book: int
    records: int
    rejects: pa.Table
    noise: Mapping[str, int]
    source_file: str
    notes: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    stored: bool = False


@dataclass(frozen=True, slots=True)
class Lot:
    """Normalised rows of one format with their files.

    Attributes:
        rows: Of schema STORED, beside them the SUBJECT where a rule looks at it; the row numbers of a piece begin
            with 1 until `numbered`.
        starts: First row of each log row.
        books: Number of the book that each log row belongs to.
        piece: Place in `tallies` of the piece that each log row comes from.
        tallies: One a piece; none where the rows were counted before.
    """

    format: Format
    rows: pa.Table
    starts: Codes
    books: Codes
    piece: Codes
    tallies: tuple[Tally, ...] = ()

    def where(self, kept: Mask) -> Lot:
        """Keep some of the log rows."""
        if kept.all():
            return self
        lengths = np.diff(np.append(self.starts, self.rows.num_rows))
        left = lengths[kept]
        starts = np.cumsum(left) - left
        rows = self.rows.filter(pa.array(np.repeat(kept, lengths)))
        return replace(self, rows=rows, starts=starts, books=self.books[kept], piece=self.piece[kept])

    def numbered(self, offsets: Sequence[int]) -> Lot:
        """Count the rows of each piece on from the records of its input before it."""
        if not any(offsets) or not self.rows.num_rows:
            return self
        lengths = np.diff(np.append(self.starts, self.rows.num_rows))
        shift = np.repeat(np.array(offsets, np.int64)[self.piece], lengths)
        place = self.rows.schema.get_field_index("source_row")
        return replace(
            self, rows=self.rows.set_column(place, "source_row", pc.add(self.rows.column(place), pa.array(shift)))
        )

    def times(self) -> Codes:
        """Give the time of each log row, in microseconds since 1970."""
        times: Codes = self.rows.column("received_at").cast(pa.int64()).to_numpy()[self.starts]
        return times


def read_lot(batch: Batch, options: Options) -> Lot:
    """Parse the pieces of a batch; rows outside the period become noise of their piece."""
    read = [(piece, parse(piece.log, piece.chunk)) for piece in batch.pieces]
    tables = [_sourced(piece, parsed) for piece, parsed in read]
    if options.subjects:
        tables = [_with_subjects(table, parsed) for table, (_, parsed) in zip(tables, read, strict=True)]
    rows = tables[0] if len(tables) == 1 else pa.concat_tables(tables).unify_dictionaries().combine_chunks()
    starts = _starts(tables)
    of_piece = np.repeat(np.arange(len(tables)), [len(s) for s in starts])
    offsets = np.cumsum([0, *(t.num_rows for t in tables[:-1])])
    whole = np.concatenate([s + o for s, o in zip(starts, offsets, strict=True)])
    books = np.array([piece.book for piece in batch.pieces], np.int64)
    tallies = tuple(_tally(piece, parsed) for piece, parsed in read)
    return _within(Lot(batch.format, rows, whole, books[of_piece], of_piece, tallies), options)


def _tally(piece: Piece, parsed: Parsed) -> Tally:
    return Tally(
        piece.book,
        parsed.records,
        parsed.rejects,
        parsed.noise,
        piece.log.source.name,
        parsed.notes,
        parsed.messages,
        _is_stored(parsed),
    )


def _starts(tables: Sequence[pa.Table]) -> list[Codes]:
    return [record_starts(table) for table in tables]


def _sourced(piece: Piece, parsed: Parsed) -> pa.Table:
    """Name the file of each row; rows that were normalised before bear their own."""
    rows = parsed.rows
    if _is_stored(parsed):
        return rows
    name = pa.array([piece.log.source.name], pa.string())
    files = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows.num_rows, np.int32)), name)
    return rows.append_column(STORED.arrow.field("source_file"), files)


def _with_subjects(rows: pa.Table, parsed: Parsed) -> pa.Table:
    """Put the subject beside each row; null where the log has none, or a store kept none."""
    subjects = pa.nulls(rows.num_rows, SUBJECT.type) if parsed.subjects is None else parsed.subjects
    return rows.append_column(SUBJECT, subjects)


def _is_stored(parsed: Parsed) -> bool:
    return "source_file" in parsed.rows.column_names


def _within(lot: Lot, options: Options) -> Lot:
    """Keep the rows of the period."""
    if (options.since is None and options.until is None) or not lot.rows.num_rows:
        return lot
    times = lot.rows.column("received_at").take(pa.array(lot.starts))
    kept = np.ones(len(lot.starts), np.bool_)
    for bound, within in ((options.since, pc.greater_equal), (options.until, pc.less)):
        if bound is not None:
            kept &= within(times, pa.scalar(bound, times.type)).to_numpy()
    outside = np.bincount(lot.piece[~kept], minlength=len(lot.tallies)).tolist()
    tallies = (replace(t, noise={**t.noise, OUTSIDE: n}) for t, n in zip(lot.tallies, outside, strict=True))
    return replace(lot.where(kept), tallies=tuple(tallies))


def rejects_of(tally: Tally, offset: int) -> pa.Table:
    """Give the rejects of a piece as rows of REJECTS."""
    names = pa.array([tally.source_file] * tally.rejects.num_rows, pa.string())
    numbers = pc.add(tally.rejects.column("source_row"), offset).cast(pa.int64())
    columns = [names, numbers, tally.rejects.column("reason"), tally.rejects.column("raw")]
    return pa.Table.from_arrays(columns, schema=REJECTS.arrow)
