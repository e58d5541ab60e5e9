"""A lot: the normalised rows of one batch, and what became of every record of its pieces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.formats import Format
from analyzer.pipeline.batches import Batch
from analyzer.pipeline.books import OUTSIDE, Options
from analyzer.pipeline.identity import Mask
from analyzer.pipeline.pieces import Tally, read_pieces
from analyzer.schema import REJECTS
from analyzer.selection.batch import Codes


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
        rows = _filtered(self.rows, pa.array(np.repeat(kept, lengths)), int(left.sum()))
        return replace(self, rows=rows, starts=starts, books=self.books[kept], piece=self.piece[kept])

    def numbered(self, offsets: Sequence[int]) -> Lot:
        """Count the rows of each piece on from the records of its input before it."""
        if not any(offsets) or not self.rows.num_rows:
            return self
        shift: pa.Scalar | pa.Array = pa.scalar(offsets[0])
        if len(offsets) > 1:
            lengths = np.diff(np.append(self.starts, self.rows.num_rows))
            shift = pa.array(np.repeat(np.array(offsets, np.int64)[self.piece], lengths))
        place = self.rows.schema.get_field_index("source_row")
        rows = self.rows.set_column(place, "source_row", pc.add(self.rows.column(place), shift))
        return replace(self, rows=rows)

    def times(self) -> Codes:
        """Give the time of each log row, in microseconds since 1970."""
        times: Codes = self.rows.column("received_at").cast(pa.int64()).to_numpy()[self.starts]
        return times


def _filtered(rows: pa.Table, mask: pa.BooleanArray, left: int) -> pa.Table:
    """Keep some rows: column by column several times as fast as all at once, and nothing to look at in empty ones."""
    columns = [c[:left] if c.null_count == len(c) else c.filter(mask) for c in rows.columns]
    return pa.Table.from_arrays(columns, schema=rows.schema)


def read_lot(batch: Batch, options: Options) -> Lot:
    """Parse the pieces of a batch; rows outside the period become noise of their piece."""
    reads = list(read_pieces(batch.pieces, subjects=options.subjects))
    tables = [read.rows for read in reads]
    rows = tables[0] if len(tables) == 1 else pa.concat_tables(tables).unify_dictionaries().combine_chunks()
    rows_before = np.cumsum([0, *(table.num_rows for table in tables)])
    pieces_before = np.cumsum([0, *(len(read.tallies) for read in reads)])
    starts = np.concatenate([read.starts + n for read, n in zip(reads, rows_before, strict=False)])
    piece = np.concatenate([read.piece + n for read, n in zip(reads, pieces_before, strict=False)])
    books = np.array([piece.book for piece in batch.pieces], np.int64)
    tallies = tuple(tally for read in reads for tally in read.tallies)
    return _within(Lot(batch.format, rows, starts, books[piece], piece, tallies), options)


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
