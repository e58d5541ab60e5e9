"""Where the time of an analysis goes, by stage, in processor time.

    python -m benchmarks.stages PROFILE.json analyze LOG --tenant DIR --out DIR --workers 2

A thread looks at all others every few milliseconds: what the clock of a thread's own processor time has gone on
since the last look counts for the stage of the innermost frame that belongs to one. Threads that wait cost
nothing. A stage is told by the module, so the profile follows the code when it changes. Imports are what runs
below the import system.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path
from types import FrameType

ROOT = str(Path(__file__).resolve().parent.parent / "analyzer") + "/"
_EVERY = 0.004
IMPORTS, REST, WRITE = "imports", "rest: interpreter, pool threads, exit", "write Parquet"
# The first prefix of the module's path below analyzer/ decides.
STAGES = (
    ("inputs/", "read and hash"),
    ("hashing", "read and hash"),
    ("formats/csv_cutting", "cut records"),
    ("formats/cutting", "cut records"),
    ("formats/json_cutting", "cut records"),
    ("formats/marks", "cut records"),
    ("formats/ranges", "cut records"),
    ("formats/delimited", "cut records"),
    ("formats/chunk", "cut records"),
    ("formats/objects", "cut records"),
    ("formats/joining", "cut records"),
    ("formats/packed", "recipients"),
    ("formats/csv_layout", "parse CSV"),
    ("formats/", "normalise"),
    ("pipeline/intake", "cut records"),
    ("pipeline/identity", "rows once"),
    ("pipeline/register", "rows once"),
    ("pipeline/held", "rows once"),
    ("pipeline/turns", "rows once"),
    ("pipeline/lots", "normalise"),
    ("pipeline/verdicts", "verdict columns"),
    ("pipeline/tail", "cube"),
    ("pipeline/parquet", WRITE),
    ("causes", "cube"),
    ("selection/batch", "classes and keys"),
    ("pipeline/stages", "classes and keys"),
    ("pipeline/judging", "classes and keys"),
    ("pipeline/engine", "decide"),
    ("selection/", "decide"),
    ("compare/", "decide"),
    ("evidence/", "decide"),
    ("addresses", "decide"),
    ("certificates", "load the tenant"),
    ("paths", "decide"),
    ("tenant/", "load the tenant"),
    ("lint/", "findings"),
    ("findings/", "findings"),
    ("summaries/", "summaries"),
    ("charts/", "charts"),
    ("report/", "report"),
    ("pipeline/", "run the workers"),
    ("cli/", "run the workers"),
)


def stage_of(frame: FrameType | None) -> str | None:
    """Give the stage of a thread from its innermost frame outwards."""
    writing = found = None
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith("<frozen importlib"):
            return IMPORTS
        if found is None and name.startswith(ROOT):
            below = name.removeprefix(ROOT)
            found = next((stage for prefix, stage in STAGES if below.startswith(prefix)), None)
        if found is None and name.endswith("pyarrow/parquet/core.py"):
            writing = WRITE
        frame = frame.f_back
    return writing or found


class Sampler:
    """Adds up the processor time of every other thread by stage."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self.spent: defaultdict[str, float] = defaultdict(float)
        self._last: dict[int, float] = {}
        self._own = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> dict[str, float]:
        """Stop looking; what no stage accounts for is the rest of the process."""
        self._over.set()
        self._thread.join()
        spent = dict(self.spent)
        spent[REST] = spent.get(REST, 0.0) + max(0.0, time.process_time() - self._own - sum(spent.values()))
        return spent

    def _look(self) -> None:
        me = threading.get_ident()
        while not self._over.wait(_EVERY):
            for ident, frame in sys._current_frames().items():  # noqa: SLF001 - the way to see other threads
                if ident == me:
                    continue
                try:
                    now = time.clock_gettime(time.pthread_getcpuclockid(ident))
                except OSError:  # the thread has just ended
                    continue
                before = self._last.get(ident, 0.0)
                # A new thread may get the number of one that ended; its clock begins anew.
                self.spent[stage_of(frame) or REST] += now - before if now >= before else now
                self._last[ident] = now
        self._own = time.thread_time()


def main(target: str, arguments: list[str]) -> None:
    """Run the program under the sampler and write what each stage took."""
    sampler, started = Sampler(), time.perf_counter()
    sampler.start()
    from analyzer.cli import main as program  # noqa: PLC0415 - imports are a stage

    sys.argv = ["mailflow", *arguments]
    try:
        program()
    except SystemExit as end:
        if end.code:
            raise
    stages = sampler.stop()
    wall = time.perf_counter() - started
    Path(target).write_text(json.dumps({"wall": wall, "stages": stages}, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
