"""What is decided batch after batch: which numbers its rows get, and which of them were there before.

The rows need not be at hand for that. `ask` puts together what a turn has to know of a lot, wherever
the lot was read; the turn's answer says which of its rows count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from analyzer.pipeline.books import DUPLICATE_ROW, SUPERSEDED
from analyzer.pipeline.held import Held, unsettled
from analyzer.pipeline.identity import Keys, Mask, record_keys
from analyzer.pipeline.lots import Lot
from analyzer.pipeline.pieces import Tally
from analyzer.pipeline.register import Register, Sorted, in_order
from analyzer.selection.batch import Codes

_HOUR = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Question:
    """What the turn of a lot has to know: some fifty bytes a log row.

    Attributes:
        format: Name of the lot's format.
        tallies: What its pieces add to the books.
        books: Number of the book that each log row belongs to.
        keys: Of the rows that are final, in order.
        known: Which rows can be known again.
        unsettled: Which rows are not final.
        waiting: These rows, where they have to wait until every input was read.
    """

    format: str
    tallies: tuple[Tally, ...]
    books: Codes
    keys: Sorted
    known: Mask
    unsettled: Mask
    waiting: Lot | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What becomes of a lot's rows: the records of its input before each piece, and the log rows that count."""

    offsets: tuple[int, ...]
    kept: Mask


@dataclass(frozen=True, slots=True)
class Turn:
    """What the turn of a batch showed, for the books.

    Attributes:
        noise: By kind and book, the rows that repeat an earlier one.
        differing: By book, those that repeat one with other status words.
        unidentified: By book, those that count and could not be known again.
    """

    answer: Answer
    format: str
    tallies: tuple[Tally, ...]
    noise: Mapping[str, Mapping[int, int]]
    differing: Mapping[int, int]
    unidentified: Mapping[int, int]


def ask(lot: Lot, *, last: bool = False) -> Question:
    """Work out what the turn of a lot has to know; at last, rows that are not final count as they are."""
    waiting = np.zeros(len(lot.starts), np.bool_) if last else unsettled(lot.rows, lot.starts)
    keys = record_keys(lot.rows, lot.starts, lot.format)
    settled = Keys(keys.hash, keys.time, keys.status, keys.known & ~waiting)
    return Question(
        lot.format.name,
        lot.tallies,
        lot.books,
        in_order(settled, lot.books, repeats=lot.format.identity.repeats),
        keys.known,
        waiting,
        replace(lot, tallies=()).where(waiting) if waiting.any() else None,
    )


@dataclass(frozen=True, slots=True)
class Turns:
    """What the batches do one after the other; without `held` they are those that waited to the end."""

    register: Register
    records: Counter[int]
    held: Held | None = None

    def take(self, asked: Question) -> Turn:
        """Find the number of the first row, set those aside that are not final, and tell what was there before."""
        offsets = tuple(self._offset(tally) for tally in asked.tallies)
        repeated, differing = self.register.enter(asked.keys)
        noise = {DUPLICATE_ROW: counted(asked.books, repeated)}
        if self.held is None:
            same = repeated & ~differing
            noise = {DUPLICATE_ROW: counted(asked.books, same), SUPERSEDED: counted(asked.books, differing)}
            differing = np.zeros_like(differing)
        elif asked.waiting is not None:
            self.held.hold(asked.waiting.numbered(offsets))
        kept = ~repeated & ~asked.unsettled
        unidentified = counted(asked.books, kept & ~asked.known)
        answer, differs = Answer(offsets, kept), counted(asked.books, differing)
        return Turn(answer, asked.format, asked.tallies, noise, differs, unidentified)

    def _offset(self, tally: Tally) -> int:
        before = 0 if tally.stored else self.records[tally.book]
        self.records[tally.book] += tally.records
        return before


def counted(books: Codes, records: Mask) -> dict[int, int]:
    """Count some of the log rows by their book."""
    numbers, counts = np.unique(books[records], return_counts=True)
    return dict(zip(numbers.tolist(), counts.tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class Seen:
    """The rows of one input in a batch that count: how many, and from when to when."""

    book: int
    records: int
    rows: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Share:
    """What the rows of a lot that count add to the books, and how many there are by hour since 1970."""

    seen: tuple[Seen, ...]
    hours: Mapping[int, int]


def answered(lot: Lot, answer: Answer) -> Lot:
    """Give what counts of a lot, under its final numbers."""
    return replace(lot, tallies=()).numbered(answer.offsets).where(answer.kept)


def share(lot: Lot) -> Share:
    """Work out what the rows of a lot add to the books."""
    times = lot.times()
    hours, counts = np.unique(times // _HOUR, return_counts=True)
    return Share(tuple(_seen(lot, times)), dict(zip(hours.tolist(), counts.tolist(), strict=True)))


def _seen(lot: Lot, times: Codes) -> Iterator[Seen]:
    """Note how many rows of an input stand together, and from when to when."""
    runs = np.flatnonzero(np.diff(lot.books, prepend=-1))
    if len(runs):
        records = np.diff(np.append(runs, len(lot.books)))
        rows = np.diff(np.append(lot.starts[runs], lot.rows.num_rows))
        bounds = (bound.reduceat(times, runs) for bound in (np.minimum, np.maximum))
        yield from map(Seen, *(column.tolist() for column in (lot.books[runs], records, rows, *bounds)))
