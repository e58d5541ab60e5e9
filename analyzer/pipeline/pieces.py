"""The pieces of a batch, parsed: each alone, or many small ones of like files at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, repeat

import numpy as np
import pyarrow as pa

from analyzer.formats import Chunk, Cut, Log, Parsed, Placed, parse, read_alike, read_together
from analyzer.formats.store import record_starts
from analyzer.pipeline.batches import Piece
from analyzer.schema import STORED, SUBJECT
from analyzer.selection.batch import Codes

_Plain = tuple[Log, Chunk]


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
class Read:
    """Pieces that were parsed at once.

    Attributes:
        rows: Of schema STORED, numbered from 1 in each piece.
        starts: First row of each log row.
        piece: Place in `tallies` of the piece that each log row comes from.
    """

    rows: pa.Table
    starts: Codes
    piece: Codes
    tallies: tuple[Tally, ...]


def read_pieces(pieces: Sequence[Piece], *, subjects: bool = False) -> Iterator[Read]:
    """Parse pieces in their order; with `subjects` these stand beside the rows."""
    for run in _runs(list(map(_fetched, pieces))):
        together = _together(run, subjects=subjects) if len(run) > 1 else None
        yield from [together] if together else (_alone(piece, subjects=subjects) for piece in run)


def _fetched(piece: Piece) -> Piece:
    """Bring the text of a piece together, wherever it lies."""
    match piece.log, piece.chunk:
        case Log() as log, Placed() as chunk:
            return replace(piece, chunk=chunk.fetched(log.source))
        case Log(), Cut() as chunk:
            return replace(piece, chunk=chunk.put_together())
    return piece


def _runs(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    """Put pieces that follow each other together where they can be read as one."""
    run, before = list[Piece](), None
    for piece in pieces:
        plain = _plain(piece)
        if run and not (before and plain and read_alike(before, plain)):
            yield run
            run = []
        run.append(piece)
        before = plain
    yield run


def _plain(piece: Piece) -> _Plain | None:
    """Give the log and the text of a piece; rows of a store are not read from text."""
    return (piece.log, piece.chunk) if isinstance(piece.log, Log) and isinstance(piece.chunk, Chunk) else None


def _alone(piece: Piece, *, subjects: bool) -> Read:
    assert not isinstance(piece.chunk, Cut)
    parsed = parse(piece.log, piece.chunk)
    starts, stored = record_starts(parsed.rows), "source_file" in parsed.rows.column_names
    rows = parsed.rows if stored else _sourced(parsed.rows, [piece], np.zeros(parsed.rows.num_rows, np.int32))
    tally = Tally(
        piece.book,
        parsed.records,
        parsed.rejects,
        parsed.noise,
        piece.log.source.name,
        parsed.notes,
        parsed.messages,
        stored,
    )
    return Read(_with_subjects(rows, parsed) if subjects else rows, starts, np.zeros(len(starts), np.int64), (tally,))


def _together(run: Sequence[Piece], *, subjects: bool) -> Read | None:
    """Parse pieces as one, and part what belongs to each."""
    plain = [found for piece in run if (found := _plain(piece))]
    read = read_together(plain)
    if read is None:
        return None
    parsed, counts = read
    before = np.append(0, np.cumsum(counts))
    rows, starts = parsed.rows, record_starts(parsed.rows)
    numbers = rows.column("source_row").to_numpy()
    of_row = np.searchsorted(before, numbers) - 1  # rows are numbered from 1
    rows = _sourced(_renumbered(rows, before[of_row]), run, of_row.astype(np.int32))
    rejects = [_renumbered(own, before[place]) for place, own in enumerate(_parted(parsed.rejects, before))]
    noise = [Counter(own["kind"].to_pylist()) for own in _parted(parsed.idle.sort_by("source_row"), before)]
    tallies = tuple(
        Tally(piece.book, records, rejects[place], noise[place], log.source.name, tuple(log.notes_on(rejects[place])))
        for place, (piece, (log, _), records) in enumerate(zip(run, plain, counts.tolist(), strict=True))
    )
    return Read(_with_subjects(rows, parsed) if subjects else rows, starts, of_row[starts], tallies)


def _renumbered(table: pa.Table, before: Codes) -> pa.Table:
    """Number records from the first of their own piece."""
    if not table.num_rows:
        return table
    place = table.schema.get_field_index("source_row")
    return table.set_column(place, table.schema.field(place), pa.array(table["source_row"].to_numpy() - before))


def _parted(table: pa.Table, before: Codes) -> Iterator[pa.Table]:
    """Part a table, in the order of its source rows, at those with which a piece begins."""
    if not table.num_rows:
        yield from repeat(table, len(before) - 1)
        return
    bounds = np.searchsorted(table["source_row"].to_numpy(), before, side="right").tolist()
    yield from (table.slice(start, end - start) for start, end in pairwise(bounds))


def _sourced(rows: pa.Table, pieces: Sequence[Piece], of_row: Codes) -> pa.Table:
    """Name the file of each row."""
    names = pa.array([piece.log.source.name for piece in pieces], pa.string()).dictionary_encode()
    files = pa.DictionaryArray.from_arrays(names.indices.take(pa.array(of_row)), names.dictionary)
    return rows.append_column(STORED.arrow.field("source_file"), files)


def _with_subjects(rows: pa.Table, parsed: Parsed) -> pa.Table:
    """Put the subject beside each row; null where the log has none, or a store kept none."""
    subjects = pa.nulls(rows.num_rows, SUBJECT.type) if parsed.subjects is None else parsed.subjects
    return rows.append_column(SUBJECT, subjects)
