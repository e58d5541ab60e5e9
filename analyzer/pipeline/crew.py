"""Who works off the batches of a reading: here the threads of one machine.

Whoever it is: lots are read side by side, their turns are taken in the order of the input, and what
counts of them goes to the sink, again side by side. So the output does not depend on the crew.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Generic, Protocol, TypeVar

import pyarrow as pa

from analyzer.formats import Format
from analyzer.pipeline.books import Options
from analyzer.pipeline.intake import Batch
from analyzer.pipeline.lots import Lot, read_lot
from analyzer.pipeline.turns import Share, Turn, Turns, answered, ask, share

T = TypeVar("T")
Sink = Callable[[pa.Table, Format, int], T]  # rows of STORED, their format, the number of the part


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """A finished batch: what the sink made of its rows, and its share of the books."""

    value: T | None
    turn: Turn
    share: Share


class Crew(Protocol[T]):
    """Works off batches."""

    def work(self, batches: Iterator[tuple[Batch, int]], turns: Turns) -> Iterator[Done[T]]:
        """Read, ask, take the turns and hand on what counts; the results are in the order of the batches."""


@dataclass(frozen=True, slots=True)
class Threads(Generic[T]):
    """The threads of one machine; at most one batch more than there are of them is in flight.

    Attributes:
        sink: Takes the rows of each part; called from several threads.
        options: How many threads, and how the batches are read.
    """

    sink: Sink[T]
    options: Options

    def work(self, batches: Iterator[tuple[Batch, int]], turns: Turns) -> Iterator[Done[T]]:
        """Work off batches."""
        return self._in_turn(((partial(_read, [batch], self.options), part) for batch, part in batches), turns)

    def work_lots(self, lots: Iterator[tuple[Lot, int]], turns: Turns) -> Iterator[Done[T]]:
        """Work off lots that were read before."""
        return self._in_turn(((partial(_itself, lot), part) for lot, part in lots), turns)

    def _in_turn(self, lots: Iterator[tuple[Callable[[], Lot], int]], turns: Turns) -> Iterator[Done[T]]:
        waiting: deque[Future[Done[T]]] = deque()
        before: Future[None] = Future()
        before.set_result(None)
        with ThreadPoolExecutor(self.options.workers) as pool:
            for lot, part in lots:
                after: Future[None] = Future()
                waiting.append(pool.submit(self._work, lot, part, turns, (before, after)))
                before = after
                if len(waiting) > self.options.workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

    def _work(
        self, read: Callable[[], Lot], part: int, turns: Turns, turn: tuple[Future[None], Future[None]]
    ) -> Done[T]:
        """Do one batch: parse, wait for the turn, keep what is new, hand it on."""
        before, after = turn
        try:
            lot = read()
            asked = ask(lot, last=turns.held is None)
            before.result()
            taken = turns.take(asked)
            after.set_result(None)
        except BaseException as problem:
            after.set_exception(problem)
            raise
        lot = answered(lot, taken.answer)
        del asked  # its keys are not wanted any more, and the sink needs room
        return Done(delivered(lot, self.sink, part), taken, share(lot))


def delivered(lot: Lot, sink: Sink[T], part: int) -> T | None:
    """Hand a lot to the sink; none of it is no part."""
    return sink(lot.rows, lot.format, part) if lot.rows.num_rows else None


def _read(batch: list[Batch], options: Options) -> Lot:
    """Parse a batch, and let go of its text: whoever keeps the job keeps an empty list."""
    return read_lot(batch.pop(), options)


def _itself(lot: Lot) -> Lot:
    return lot
