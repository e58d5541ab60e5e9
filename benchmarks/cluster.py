"""What a run on a cluster costs its workers and its coordinator: `python -m benchmarks.cluster [ROWS] [KEYS]`.

The first table judges the same logs by threads and by processes of a cluster on this machine. The second
enters keys into the register: in the order of time, as exports bring them, and with the times of each day mixed.
"""

from __future__ import annotations

import os
import platform
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from analyzer.pipeline import Options, run
from analyzer.pipeline.cluster import local
from analyzer.pipeline.identity import Keys
from analyzer.pipeline.register import Register, in_order
from analyzer.simulator import generate
from analyzer.tenant import load_tenant

_BATCH = 50_000
_DAY = 86_400_000_000
_A_DAY = 10_000_000  # rows


def main(rows: int, keys: int) -> None:
    """Measure and print both tables."""
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, {datetime.now(UTC):%Y-%m-%d}\n")
    with tempfile.TemporaryDirectory(prefix="bench-cluster-") as name:
        folder = Path(name)
        print("| rows | crew | wall s | coordinator cpu us/row | workers cpu us/row |\n| --- | --- | --- | --- | --- |")
        for count in (rows // 4, rows):  # the start of a cluster costs the same for few rows and for many
            _runs(folder / str(count), count)
        log, written = (_bytes(folder / str(rows) / part) / rows for part in ("made/logs", "threads/messages"))
        print(f"\nBytes a recipient row: {log:.0f} of the log, {written:.0f} of messages/.")
        print("\n| times | keys entered | us/key, sorted by a worker | us/key, on the coordinator | register GB |")
        print("| --- | --- | --- | --- | --- |")
        _register(folder, keys, mixed=False)
        _register(folder, keys // 10, mixed=True)


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())


def _runs(folder: Path, rows: int) -> None:
    """Judge by threads, and by a cluster of two processes."""
    generate(folder / "made", rows=rows, seed=1, formats=("enhanced-summary",))
    tenant, logs = load_tenant(str(folder / "made" / "tenant")), [str(folder / "made" / "logs")]
    (folder / "threads").mkdir()
    with _timed("2 threads", rows):
        run(logs, tenant, folder / "threads", Options())
    (folder / "cluster").mkdir()
    with _timed("2 processes", rows), local(2) as cluster:
        run(logs, tenant, folder / "cluster", Options(), cluster=cluster)


@contextmanager
def _timed(crew: str, rows: int) -> Iterator[None]:
    started, own, others = time.perf_counter(), time.process_time(), _children()
    yield
    wall, own, others = time.perf_counter() - started, time.process_time() - own, _children() - others
    print(f"| {rows:,} | {crew} | {wall:.1f} | {own / rows * 1e6:.2f} | {others / rows * 1e6:.2f} |")


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _register(folder: Path, keys: int, *, mixed: bool) -> None:
    """Enter keys that are all new, batch by batch and day after day."""
    random, register = np.random.default_rng(1), Register(folder)
    sorting = entering = 0.0
    for start in range(0, keys, _BATCH):
        first, length = start // _A_DAY * _DAY, _DAY
        if not mixed:
            first, length = start * (_DAY // _A_DAY), _BATCH * (_DAY // _A_DAY)
        times, hashes = first + random.integers(0, length, _BATCH), random.integers(0, 1 << 63, _BATCH, np.uint64)
        made = time.process_time()
        known = Keys(hashes, times, hashes, np.ones(_BATCH, np.bool_))
        batch = in_order(known, np.zeros(_BATCH, np.int64), repeats=False)
        taken = time.process_time()
        register.enter(batch)
        sorting, entering = sorting + taken - made, entering + time.process_time() - taken
        done = start + _BATCH
        if done in {keys // 20, keys // 4, keys}:
            per = f"{sorting / done * 1e6:.3f} | {entering / done * 1e6:.3f}"
            print(f"| {'mixed' if mixed else 'in order'} | {done:,} | {per} | {24 * done / 1e9:.1f} |", flush=True)
    register.close()


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:]]
    main(*given, *(4_000_000, 200_000_000)[len(given) :])
