"""Every log row once, in the order of the input, whoever works it off.

A crew parses batches and works out keys side by side. Then each takes its turn: in the order of the
batches, and so independent of the number of workers, its rows get their numbers and are entered into
the register of keys. What is left goes to the caller's sink, again side by side.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Generic, TypeVar

import pyarrow as pa

from analyzer.pipeline.books import Progress
from analyzer.pipeline.crew import Crew, Done, Sink, Threads
from analyzer.pipeline.held import Held
from analyzer.pipeline.intake import Intake
from analyzer.pipeline.lots import rejects_of
from analyzer.pipeline.register import Register
from analyzer.pipeline.turns import Turn, Turns

T = TypeVar("T")


@dataclass(slots=True)
class Reading(Generic[T]):
    """One pass over all inputs.

    Attributes:
        intake: The inputs and their books.
        directory: Where temporary files may lie.
        sink: Takes the rows of each part; called from several threads.
        rejected: Takes the rejects, in the order of the input.
        progress: Called after each batch.
        crew: Who works off the batches, with a sink like ours; None are the threads of this machine.
        hours: Log rows that count, by format and hour since 1970.
    """

    intake: Intake
    directory: Path
    sink: Sink[T]
    rejected: Callable[[pa.Table], object]
    progress: Callable[[Progress], None] = lambda _: None
    crew: Crew[T] | None = None
    hours: dict[str, Counter[int]] = field(default_factory=dict)
    _records: Counter[int] = field(default_factory=Counter)  # of each book, up to the batch whose turn it is

    def results(self) -> Iterator[T]:
        """Give what the sink makes of each part, in the order of the input; at the end the books are closed."""
        with tempfile.TemporaryDirectory(prefix=".reading-", dir=self.directory) as folder:
            register, held, parts = Register(Path(folder)), Held(Path(folder)), count()
            threads = Threads(self.sink, self.intake.options)
            try:
                turns = Turns(register, self._records, held)
                for done in (self.crew or threads).work(self.intake, parts, turns):
                    yield from self._entered(done)
                late = Turns(register, self._records)
                for done in threads.work_lots(held.lots(), parts, late):
                    yield from self._entered(done)
            finally:
                register.close()
        self.intake.finish()

    def _entered(self, done: Done[T]) -> Iterator[T]:
        """Enter a finished batch into the books."""
        self._enter(done.turn)
        books, turn = self.intake.books, done.turn
        for seen in done.share.seen:
            books[seen.book].seen(seen.first, seen.last, records=seen.records, rows=seen.rows)
        self.hours.setdefault(turn.format, Counter()).update(done.share.hours)
        self.progress(Progress(self.intake.bytes_read, self.intake.bytes_total, self._records.total()))
        if done.value is not None:
            yield done.value

    def _enter(self, turn: Turn) -> None:
        """Enter what a turn showed."""
        books = self.intake.books
        for tally, offset in zip(turn.tallies, turn.answer.offsets, strict=True):
            books[tally.book].rows += tally.records
            books[tally.book].rejected += tally.rejects.num_rows
            books[tally.book].add_noise(tally.noise)
            self.intake.enter(tally.book, tally)
            if tally.rejects.num_rows:
                self.rejected(rejects_of(tally, offset))
        for kind, counts in turn.noise.items():
            for book, records in counts.items():
                books[book].add_noise({kind: records})
        for book, records in turn.differing.items():
            books[book].differing += records
        for book, records in turn.unidentified.items():
            books[book].unidentified += records
