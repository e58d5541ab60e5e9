"""Threads that work side by side take turns and hand in results in order, and none waits for ever."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest

from analyzer.formats import Format
from analyzer.inputs import find
from analyzer.pipeline.books import Options
from analyzer.pipeline.intake import Intake
from analyzer.pipeline.order import ClosedError, Order
from analyzer.pipeline.reading import Reading
from tests.pipeline.traces import trace, write

WAIT = 30  # seconds after which a test has failed; nothing here takes long


def test_turns_and_results_are_in_order_whoever_comes_first() -> None:
    """Threads that come in the opposite order have their turns and give their results by number."""
    order: Order[int] = Order(room=8)
    turns: list[int] = []

    def take(number: int) -> None:
        with order.turn("cut", number):
            turns.append(number)
        order.give(number, number * 10)

    with ThreadPoolExecutor(8) as pool:
        for number in reversed(range(8)):
            pool.submit(take, number)
        order.end(8)
        results = list(order.results())

    assert (turns, results) == ([*range(8)], [n * 10 for n in range(8)])


def test_a_turn_that_fails_frees_all_who_wait() -> None:
    """Whoever waits behind it stops, and whoever takes the results is told why."""
    order: Order[int] = Order(room=2)
    freed = threading.Event()

    def waits() -> None:
        try:
            with order.turn("cut", 1):
                raise AssertionError("had its turn")
        except ClosedError:
            freed.set()

    thread = threading.Thread(target=waits)
    thread.start()
    order.close(ValueError("broken"))
    thread.join(WAIT)

    assert freed.is_set()
    with pytest.raises(ValueError, match="broken"):
        list(order.results())


def test_results_that_nobody_takes_hold_up_the_work() -> None:
    """No more work is begun while there is no room for results; taking one makes room."""
    order: Order[str] = Order(room=1)
    order.give(0, "first")
    begun = threading.Event()

    def begins() -> None:
        order.begin()
        begun.set()

    thread = threading.Thread(target=begins)
    thread.start()
    assert not begun.wait(0.05)
    assert next(order.results()) == "first"
    thread.join(WAIT)
    assert begun.is_set()


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[list[str]]:
    """Twenty small traces, each worth a batch of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("analyzer.pipeline.batches._BATCH_PIECES", 1)
        yield [str(write(tmp_path / f"{number:02d}.csv", [trace(number)])) for number in range(20)]


def reading(logs: list[str], folder: Path, part_fails: int = -1) -> Reading[int]:
    """Read logs with four threads; the sink gives the number of each part, and fails over one of them."""

    def sink(_: pa.Table, __: Format, part: int) -> int:
        if part == part_fails:
            raise MemoryError("no room")
        return part

    intake = Intake(find(logs), Options(workers=4))
    return Reading(intake, folder, sink, lambda _: None)


def test_what_fails_in_a_thread_is_raised_where_the_results_are_taken(logs: list[str], tmp_path: Path) -> None:
    """The results before it may have come; none after it does, and no thread is left over."""
    got, before = list[int](), threading.active_count()
    with pytest.raises(MemoryError, match="no room"):
        got.extend(reading(logs, tmp_path, part_fails=5).results())

    assert got == [*range(len(got))]
    assert len(got) <= 5
    assert threading.active_count() == before


def test_whoever_stops_taking_stops_the_threads(logs: list[str], tmp_path: Path) -> None:
    """A reading that is broken off, as by Ctrl-C, leaves no thread and no file behind."""
    before, threads = sorted(tmp_path.iterdir()), threading.active_count()
    results = reading(logs, tmp_path).results()
    assert next(results) == 0
    results.close()  # type: ignore[attr-defined]

    assert threading.active_count() == threads
    assert sorted(tmp_path.iterdir()) == before
