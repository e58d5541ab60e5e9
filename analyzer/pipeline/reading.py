"""Every log row once, in the order of the input, by as many workers as there are.

Workers parse batches and work out keys side by side. Then each waits for its turn: in the order of the
batches, and so independent of the number of workers, its rows get their numbers and are entered into
the register of keys. What is left goes to the caller's sink, again side by side.
"""

from __future__ import annotations

import tempfile
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
import pyarrow as pa

from analyzer.formats import Format
from analyzer.pipeline.books import DUPLICATE_ROW, SUPERSEDED, Options, Progress
from analyzer.pipeline.held import Held
from analyzer.pipeline.identity import Keys, Mask, record_keys
from analyzer.pipeline.intake import Batch, Intake
from analyzer.pipeline.lots import Lot, Tally, read_lot, rejects_of
from analyzer.pipeline.register import Register, Sorted, in_order

T = TypeVar("T")
Sink = Callable[[pa.Table, Format, int], T]  # rows of STORED, their format, the number of the part

_HOUR = 3_600_000_000


@dataclass(frozen=True, slots=True)
class _Done(Generic[T]):
    """A finished batch: what the sink made of its rows, and its share of the books."""

    value: T | None
    turn: _Turn
    seen: tuple[_Seen, ...]
    hours: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class _Seen:
    """The rows of one input in a batch that count: how many, and from when to when."""

    book: int
    records: int
    rows: int
    first: int
    last: int


@dataclass(slots=True)
class Reading(Generic[T]):
    """One pass over all inputs.

    Attributes:
        intake: The inputs and their books.
        directory: Where temporary files may lie.
        sink: Takes the rows of each part; called from several threads.
        rejected: Takes the rejects, in the order of the input.
        progress: Called after each batch.
        hours: Log rows that count, by format and hour since 1970.
    """

    intake: Intake
    directory: Path
    sink: Sink[T]
    rejected: Callable[[pa.Table], object]
    progress: Callable[[Progress], None] = lambda _: None
    hours: dict[str, Counter[int]] = field(default_factory=dict)
    _records: Counter[int] = field(default_factory=Counter)  # of each book, up to the batch whose turn it is
    _parts: int = 0

    def results(self) -> Iterator[T]:
        """Give what the sink makes of each part, in the order of the input; at the end the books are closed."""
        with (
            tempfile.TemporaryDirectory(prefix=".reading-", dir=self.directory) as folder,
            ThreadPoolExecutor(self.intake.options.workers) as pool,
        ):
            register, held = Register(Path(folder)), Held(Path(folder))
            try:
                options = self.intake.options
                lots = (partial(_read, [batch], options) for batch in self.intake.batches())
                yield from self._in_turn(pool, lots, _Turns(register, self._records, held))
                late = (partial(_itself, lot) for lot in held.lots())
                yield from self._in_turn(pool, late, _Turns(register, self._records))
            finally:
                register.close()
        self.intake.finish()

    def _in_turn(self, pool: ThreadPoolExecutor, lots: Iterator[Callable[[], Lot]], turns: _Turns) -> Iterator[T]:
        """Work side by side, and give the results in order; at most one more than the workers is in flight."""
        waiting: deque[Future[_Done[T]]] = deque()
        before: Future[None] = Future()
        before.set_result(None)
        for lot in lots:
            after: Future[None] = Future()
            waiting.append(pool.submit(self._work, lot, self._parts, turns, (before, after)))
            before, self._parts = after, self._parts + 1
            if len(waiting) > self.intake.options.workers:
                yield from self._entered(waiting.popleft().result())
        while waiting:
            yield from self._entered(waiting.popleft().result())

    def _work(
        self, read: Callable[[], Lot], part: int, turns: _Turns, turn: tuple[Future[None], Future[None]]
    ) -> _Done[T]:
        """Do one batch: parse, wait for the turn, keep what is new, hand it on."""
        before, after = turn
        try:
            prepared = turns.prepared(read())
            before.result()
            taken = turns.take(prepared)
            after.set_result(None)
        except BaseException as problem:
            after.set_exception(problem)
            raise
        lot = prepared.lot.numbered(taken.offsets).where(taken.kept)
        del prepared  # its rows and keys are not wanted any more, and the sink needs room
        value = self.sink(lot.rows, lot.format, part) if lot.rows.num_rows else None
        hours, counts = np.unique(lot.times() // _HOUR, return_counts=True)
        return _Done(value, taken, tuple(_seen(lot)), dict(zip(hours.tolist(), counts.tolist(), strict=True)))

    def _entered(self, done: _Done[T]) -> Iterator[T]:
        """Enter a finished batch into the books."""
        books, turn = self.intake.books, done.turn
        for tally, offset in zip(turn.tallies, turn.offsets, strict=True):
            books[tally.book].rows += tally.records
            books[tally.book].rejected += tally.rejects.num_rows
            books[tally.book].add_noise(tally.noise)
            if tally.rejects.num_rows:
                self.rejected(rejects_of(tally, offset))
        for kind, counts in turn.noise.items():
            for book, count in counts.items():
                books[book].add_noise({kind: count})
        for book, count in turn.differing.items():
            books[book].differing += count
        for book, count in turn.unidentified.items():
            books[book].unidentified += count
        for seen in done.seen:
            books[seen.book].seen(seen.first, seen.last, records=seen.records, rows=seen.rows)
        self.hours.setdefault(turn.format, Counter()).update(done.hours)
        self.progress(Progress(self.intake.bytes_read, self.intake.bytes_total, self._records.total()))
        if done.value is not None:
            yield done.value


def _seen(lot: Lot) -> Iterator[_Seen]:
    """Note of each input how many rows there are, and from when to when."""
    times, lengths = lot.times(), np.diff(np.append(lot.starts, lot.rows.num_rows))
    for book in np.unique(lot.books).tolist():
        own = np.flatnonzero(lot.books == book)
        first, last = int(times[own].min()), int(times[own].max())
        yield _Seen(book, len(own), int(lengths[own].sum()), first, last)


def _read(batch: list[Batch], options: Options) -> Lot:
    """Parse a batch, and let go of its text: whoever keeps the job keeps an empty list."""
    return read_lot(batch.pop(), options)


def _itself(lot: Lot) -> Lot:
    return lot


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A lot with its keys in order, all but those of rows that are not final."""

    lot: Lot
    keys: Sorted
    known: Mask
    open: Mask


@dataclass(frozen=True, slots=True)
class _Turns:
    """What the batches do one after the other; without `held` they are those that waited to the end."""

    register: Register
    records: Counter[int]
    held: Held | None = None

    def prepared(self, lot: Lot) -> _Prepared:
        """Work out the keys; this needs no turn."""
        unsettled = self.held.unsettled(lot) if self.held else np.zeros(len(lot.starts), np.bool_)
        keys = record_keys(lot.rows, lot.starts, lot.format)
        settled = Keys(keys.hash, keys.time, keys.status, keys.known & ~unsettled)
        return _Prepared(lot, in_order(settled, lot.books, repeats=lot.format.identity.repeats), keys.known, unsettled)

    def take(self, prepared: _Prepared) -> _Turn:
        """Find the number of the first row, set those aside that are not final, and tell what was there before."""
        lot, offsets = prepared.lot, []
        for tally in lot.tallies:
            offsets.append(0 if tally.stored else self.records[tally.book])
            self.records[tally.book] += tally.records
        repeated, differing = self.register.enter(prepared.keys)
        noise = {DUPLICATE_ROW: lot.counted(repeated)}
        if self.held is None:
            noise = {DUPLICATE_ROW: lot.counted(repeated & ~differing), SUPERSEDED: lot.counted(differing)}
            differing = np.zeros_like(differing)
        elif prepared.open.any():
            self.held.hold(lot.numbered(offsets).where(prepared.open))
        kept = ~repeated & ~prepared.open
        unidentified = lot.counted(kept & ~prepared.known)
        return _Turn(lot.format.name, lot.tallies, tuple(offsets), kept, noise, lot.counted(differing), unidentified)


@dataclass(frozen=True, slots=True)
class _Turn:
    """What the turn of a batch showed.

    Attributes:
        offsets: Records of its input before each piece.
        kept: The log rows that count.
        noise: By kind and book, the rows that repeat an earlier one.
        differing: By book, those that repeat one with other status words.
        unidentified: By book, those that count and could not be known again.
    """

    format: str
    tallies: tuple[Tally, ...]
    offsets: tuple[int, ...]
    kept: Mask
    noise: Mapping[str, Mapping[int, int]]
    differing: Mapping[int, int]
    unidentified: Mapping[int, int]
