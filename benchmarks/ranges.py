"""What reading, cutting and putting together a log costs a range, in processor time; one thread does all of it.

python -m benchmarks.ranges LOG
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from analyzer.formats import Chunk, Cut, Log, open_log
from analyzer.formats.cutting import put_together
from analyzer.formats.ranges import Ranges, Read
from analyzer.inputs import find

T = TypeVar("T")


def _cut(log: Log, ranges: Ranges, read: Callable[[], Read]) -> list[Chunk | Cut]:
    return list(log.cut(ranges, read()))


def main() -> None:
    """Print milliseconds a range: what is done side by side, what in turn, and what afterwards."""
    log = open_log(find(sys.argv[1:])[0])
    ranges = log.ranges()
    if ranges is None:
        sys.exit(f"{sys.argv[1]} is one stream, and has no ranges")
    spent = {"read and look": 0.0, "in turn": 0.0, "put together": 0.0}

    def timed(what: str, work: Callable[[], T]) -> T:
        before = time.thread_time()
        found = work()
        spent[what] += time.thread_time() - before
        return found

    for number in range(ranges.count):
        parts = [timed("read and look", partial(ranges.read, number))]
        cuts = timed("in turn", partial(_cut, log, ranges, parts.pop))
        timed("put together", partial(list, map(put_together, cuts)))
    for what, seconds in spent.items():
        print(f"{what:<14} {seconds / ranges.count * 1e3:6.1f} ms of {ranges.count:,} ranges")


if __name__ == "__main__":
    main()
