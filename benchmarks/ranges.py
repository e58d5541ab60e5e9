"""What reading, cutting and putting together a log costs a part of 16 MB, in processor time; one thread does all of it.

python -m benchmarks.ranges LOG
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from analyzer.formats import Chunk, Cut, open_log
from analyzer.formats.cutting import put_together
from analyzer.inputs import find

T = TypeVar("T")


def main() -> None:
    """Print milliseconds a part: what is done side by side, what in turn, and what afterwards."""
    spent, count = {"read and look": 0.0, "in turn": 0.0, "put together": 0.0}, 0

    def timed(what: str, work: Callable[[], T]) -> T:
        before = time.thread_time()
        found = work()
        spent[what] += time.thread_time() - before
        return found

    for part in open_log(find(sys.argv[1:])[0]).parts():
        timed("read and look", part.look)
        cuts: list[Chunk | Cut] = timed("in turn", partial(list, part.cut()))
        timed("put together", partial(list, map(put_together, cuts)))
        count += 1
    for what, seconds in spent.items():
        print(f"{what:<14} {seconds / count * 1e3:6.1f} ms a part of {count:,}")


if __name__ == "__main__":
    main()
