"""Side by side, and yet in order: threads that take turns by their numbers and hand in results by theirs."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class ClosedError(Exception):
    """Nobody waits for the work any more: it failed elsewhere, or was broken off."""


class Order(Generic[T]):
    """Where threads that work side by side wait for each other.

    The thread with the lowest number never waits for another one, so none waits for ever.
    """

    def __init__(self, room: int) -> None:
        """Let up to `room` results wait to be taken before more work is begun."""
        self._room = room
        self._changed = threading.Condition()
        self._had: Counter[str] = Counter()  # turns, by place
        self._results: dict[int, T] = {}
        self._total: int | None = None
        self._closed = False
        self._problem: BaseException | None = None

    @contextmanager
    def turn(self, place: str, number: int) -> Iterator[None]:
        """Wait until all with lower numbers have had their turn at this place; a turn that fails is the last one.

        Raises:
            ClosedError: There is no more to be done.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._had[place] == number)
            self._see_open()
        yield
        with self._changed:
            self._had[place] += 1
            self._changed.notify_all()

    def begin(self) -> None:
        """Wait until there is room for more results.

        Raises:
            ClosedError: There is no more to be done.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or len(self._results) < self._room)
            self._see_open()

    def give(self, number: int, result: T) -> None:
        """Hand in a result."""
        with self._changed:
            self._results[number] = result
            self._changed.notify_all()

    def end(self, total: int) -> None:
        """Say how many results there are in all."""
        with self._changed:
            self._total = total
            self._changed.notify_all()

    def close(self, problem: BaseException | None = None) -> None:
        """Stop whoever waits; the first problem is for whoever takes the results."""
        with self._changed:
            self._problem = self._problem or (None if self._closed else problem)
            self._closed = True
            self._changed.notify_all()

    def results(self) -> Iterator[T]:
        """Give the results by number.

        Raises:
            BaseException: What a thread failed with.
        """
        number = 0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or number in self._results or number == self._total)  # noqa: B023
                if self._problem:
                    raise self._problem
                if number == self._total or self._closed:
                    return
                result = self._results.pop(number)
                self._changed.notify_all()
            yield result
            number += 1

    def _see_open(self) -> None:
        if self._closed:
            raise ClosedError
