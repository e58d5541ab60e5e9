"""Where the time of reading goes, line by line of the code, in processor time of one thread.

    python -m benchmarks.lines LOG [LOG ...]

A log is read up to the rows that count, as an analysis reads it; nothing is judged or written. The first pass is
not measured. Following the code takes time of its own: a line that is passed often looks slower than it is, those
that work off whole columns look as they are.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter, defaultdict
from linecache import getline
from pathlib import Path
from types import FrameType

from analyzer.inputs import find
from analyzer.pipeline.books import Options
from analyzer.pipeline.held import Held
from analyzer.pipeline.intake import Intake
from analyzer.pipeline.lots import read_lot
from analyzer.pipeline.register import Register
from analyzer.pipeline.turns import Turns, answered, ask, share

_ROOT = str(Path(__file__).resolve().parent.parent / "analyzer") + "/"
_PASSES, _FILES, _LINES = 3, 10, 40


def read(log: str) -> int:
    """Read a log up to the rows that count, and give their number."""
    rows, options = 0, Options(workers=1)
    with tempfile.TemporaryDirectory() as folder:
        register = Register(Path(folder))
        turns = Turns(register, Counter(), Held(Path(folder)))
        for batch in Intake(find([log]), options).batches():
            lot = read_lot(batch, options)
            lot = answered(lot, turns.take(ask(lot)).answer)
            share(lot)
            rows += lot.rows.num_rows
        register.close()
    return rows


class Tracer:
    """Adds up the processor time of this thread by the line of the program at work."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self.spent: defaultdict[tuple[str, int], float] = defaultdict(float)
        self._callers: list[tuple[str, int] | None] = []
        self._at: tuple[str, int] | None = None
        self._since = 0.0

    def __call__(self, frame: FrameType, event: str, _: object) -> Tracer | None:
        """Book what has passed for the line before."""
        if not frame.f_code.co_filename.startswith(_ROOT):
            return None
        if self._at:
            self.spent[self._at] += time.thread_time() - self._since
        if event == "call":
            self._callers.append(self._at)
        left = event == "return"
        self._at = self._callers.pop() if left and self._callers else (frame.f_code.co_filename, frame.f_lineno)
        self._since = time.thread_time()
        return self


def main(logs: list[str]) -> None:
    """Print the lines that took most, in milliseconds a pass."""
    for log in logs:
        rows, tracer = read(log), Tracer()
        sys.settrace(tracer)
        for _ in range(_PASSES):
            read(log)
        sys.settrace(None)
        print(f"{log}: {rows:,} rows, {1000 * sum(tracer.spent.values()) / _PASSES:.0f} ms")
        files: defaultdict[str, float] = defaultdict(float)
        for (file, _), spent in tracer.spent.items():
            files[file] += spent
        for file, spent in sorted(files.items(), key=_spent)[:_FILES]:
            print(f"{1000 * spent / _PASSES:9.1f}  {file.removeprefix(_ROOT)}")
        for (file, number), spent in sorted(tracer.spent.items(), key=_spent)[:_LINES]:
            code = getline(file, number).strip()
            print(f"{1000 * spent / _PASSES:9.1f}  {file.removeprefix(_ROOT)}:{number}  {code}")


def _spent(item: tuple[object, float]) -> float:
    return -item[1]


if __name__ == "__main__":
    main(sys.argv[1:])
