"""Who works off what an intake gives: here the threads of one machine.

Whoever it is: lots are read side by side, their turns are taken in the order of the input, and what
counts of them goes to the sink, again side by side. So the output does not depend on the crew.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain, count
from typing import Generic, Protocol, TypeVar

import pyarrow as pa

from analyzer.formats import Format
from analyzer.pipeline.batches import Batch
from analyzer.pipeline.books import Options
from analyzer.pipeline.intake import Intake
from analyzer.pipeline.lots import Lot, read_lot
from analyzer.pipeline.order import ClosedError, Order
from analyzer.pipeline.turns import Share, Turn, Turns, answered, ask, share

T = TypeVar("T")
Sink = Callable[[pa.Table, Format, int], T]  # rows of STORED, their format, the number of the part

_CUT, _ENTER = "cut", "enter"  # where the order of the input counts


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """A finished batch: what the sink made of its rows, and its share of the books."""

    value: T | None
    turn: Turn
    share: Share


class Crew(Protocol[T]):
    """Works off what an intake gives."""

    def work(self, intake: Intake, parts: Iterator[int], turns: Turns) -> Iterator[Done[T]]:
        """Read, ask, take the turns and hand on what counts; the results are in the order of the batches."""


class _Portion(Protocol):
    """Some of the input, as a thread takes it."""

    def read(self) -> None:
        """Read it; side by side with others, and once."""

    def batches(self) -> Iterator[Batch | Lot]:
        """Give what it holds; once, and after all portions before it."""


@dataclass(frozen=True, slots=True)
class Threads(Generic[T]):
    """The threads of one machine: each takes the next portion when it is free, so one a thread is in flight.

    Attributes:
        sink: Takes the rows of each part; called from several threads.
        options: How many threads, and how the batches are read.
    """

    sink: Sink[T]
    options: Options

    def work(self, intake: Intake, parts: Iterator[int], turns: Turns) -> Iterator[Done[T]]:
        """Work off the portions of an intake."""
        return self._shared(intake.portions(), parts, turns)

    def work_lots(self, lots: Iterator[Lot], parts: Iterator[int], turns: Turns) -> Iterator[Done[T]]:
        """Work off lots that were read before."""
        return self._shared(map(_Known, lots), parts, turns)

    def _shared(self, portions: Iterator[_Portion], parts: Iterator[int], turns: Turns) -> Iterator[Done[T]]:
        """Let every thread take portions until there are none."""
        shift = _Shift(self, enumerate(chain(portions, [None])), parts, turns, Order(self.options.workers))
        with ThreadPoolExecutor(self.options.workers) as pool:
            try:
                for _ in range(self.options.workers):
                    pool.submit(shift.work)
                yield from shift.order.results()
            finally:
                shift.order.close()


@dataclass(frozen=True, slots=True)
class _Known:
    """A portion that is a lot read before."""

    lot: Lot

    def read(self) -> None:
        """Leave it as it is."""

    def batches(self) -> Iterator[Lot]:
        """Give it."""
        yield self.lot


@dataclass(frozen=True, slots=True)
class _Shift(Generic[T]):
    """What the threads share while they work off one stretch of portions; None is its end."""

    threads: Threads[T]
    portions: Iterator[tuple[int, _Portion | None]]
    parts: Iterator[int]
    turns: Turns
    order: Order[Done[T]]
    _taking: threading.Lock = field(default_factory=threading.Lock)
    _numbers: Iterator[int] = field(default_factory=count)

    def work(self) -> None:
        """Take portion after portion and work it off; what goes wrong ends the work of all."""
        try:
            while taken := self._take():
                batches = self._cut(*taken)
                del taken  # a portion holds its text, and so would this frame
                while batches:
                    self._work_off(batches)
        except ClosedError:
            return
        except BaseException as problem:  # noqa: BLE001 - raised where the results are taken
            self.order.close(problem)

    def _take(self) -> tuple[int, _Portion | None] | None:
        self.order.begin()
        with self._taking:
            return next(self.portions, None)

    def _cut(self, number: int, portion: _Portion | None) -> deque[tuple[Batch | Lot, int, int]]:
        """Read a portion; then number its batches and their parts, when it is its turn."""
        if portion:
            portion.read()
        with self.order.turn(_CUT, number):
            if portion is None:
                self.order.end(next(self._numbers))
                return deque()
            return deque((batch, next(self._numbers), next(self.parts)) for batch in portion.batches())

    def _work_off(self, batches: deque[tuple[Batch | Lot, int, int]]) -> None:
        """Do the first batch: parse, wait for the turn, keep what is new, hand it on."""
        batch, number, part = batches.popleft()
        lot = read_lot(batch, self.threads.options) if isinstance(batch, Batch) else batch
        del batch
        asked = ask(lot, last=self.turns.held is None)
        with self.order.turn(_ENTER, number):
            taken = self.turns.take(asked)
        lot = answered(lot, taken.answer)
        del asked  # its keys are not wanted any more, and the sink needs room
        self.order.give(number, Done(delivered(lot, self.threads.sink, part), taken, share(lot)))


def delivered(lot: Lot, sink: Sink[T], part: int) -> T | None:
    """Hand a lot to the sink; none of it is no part."""
    return sink(lot.rows, lot.format, part) if lot.rows.num_rows else None
