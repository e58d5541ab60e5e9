"""Measure `mailflow analyze` against the floor "copy all", in alternating pairs, and write RESULTS.md.

    python -m benchmarks.run [--rows 1000000] [--pairs 3] [--note TEXT]

Both are whole processes with start-up, on the same generated Enhanced summary, with two workers. Single
figures drift with whatever else the machine does; the ratio within a pair does so least.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

from benchmarks.measuring import ROOT, Cost, Traffic, measure, traffic

OUT = ROOT / "bench-out"
RESULTS = Path(__file__).resolve().parent / "RESULTS.md"


@dataclass(frozen=True, slots=True)
class Pair:
    """Both programs, one right after the other."""

    floor: Cost
    analyze: Cost

    @property
    def ratio(self) -> float:
        """How many times as long as the floor the analysis took."""
        return self.analyze.wall / self.floor.wall


@dataclass(frozen=True, slots=True)
class Bench:
    """All pairs on one log."""

    made: Traffic
    pairs: tuple[Pair, ...]
    rows: int
    recipients: int


def bench(recipients: int, pairs: int) -> Bench:
    """Generate the traffic and measure the pairs; every second one begins with the other program."""
    made = traffic(recipients, OUT)
    commands = {"floor": made.copy(OUT / "copy"), "analyze": made.analyze(OUT / "report")}
    for command in commands.values():
        measure(command)  # once unmeasured, so that both find the log in the page cache
    measured = []
    for number in range(pairs):
        order = list(commands)[:: -1 if number % 2 else 1]
        costs = {name: measure(commands[name]) for name in order}
        measured.append(Pair(**costs))
        print(f"pair {number + 1}: ratio {measured[-1].ratio:.2f}", file=sys.stderr)
    books = json.loads((OUT / "report" / "run.json").read_text(encoding="utf-8"))["books"]
    return Bench(made, tuple(measured), rows=books["rows"], recipients=books["verdict_rows"])


def _spread(values: Sequence[float], form: str) -> str:
    return f"{median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


def _line(name: str, costs: Sequence[Cost], of: Bench) -> str:
    wall = [c.wall for c in costs]
    cells = (
        name,
        _spread(wall, ".1f"),
        _spread([c.cpu for c in costs], ".1f"),
        _spread([c.peak_mb for c in costs], ".0f"),
        f"{of.rows / median(wall):,.0f}",
        f"{of.made.megabytes / median(wall):.0f}",
    )
    return f"| {' | '.join(cells)} |"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def rendered(found: Bench, note: str) -> str:
    """Write the results as a page."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("pyarrow", "numpy", "pandas"))
    pairs = found.pairs
    page = f"""# Results

Written by `make bench` on {datetime.now(UTC):%d %B %Y}. Run it on your own machine before relying on a figure.

- Log: a generated Enhanced summary, {found.rows:,} rows with {found.recipients:,} recipients, \
{found.made.megabytes:.0f} MB, in the page cache.
- Machine: {_processor()}, {os.cpu_count()} cores, {platform.system()}; Python {platform.python_version()}, {packages}.
- {len(pairs)} pairs, median (lowest to highest). Whole processes, start-up included, two workers each. {note}

| | wall, s | processor, s | peak memory, MB | rows a second | MB a second |
| --- | --- | --- | --- | --- | --- |
{_line("`mailflow analyze`", [p.analyze for p in pairs], found)}
{_line("floor: copy all", [p.floor for p in pairs], found)}

**Ratio of the wall times within a pair: {_spread([p.ratio for p in pairs], ".2f")}.**

The floor reads every column of the log and writes it as Parquet with pyarrow ([floor.py](floor.py)); it decides
nothing. The analysis writes a row for each recipient, not for each message, and the whole report.
"""
    return page.replace(" \n", "\n")


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description="Measure mailflow analyze against copying the log to Parquet.")
    parser.add_argument("--rows", type=int, default=1_000_000, help="recipients of messages to generate")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--note", default="", help="a sentence on the circumstances, for the page")
    options = parser.parse_args()
    text = rendered(bench(options.rows, options.pairs), options.note)
    RESULTS.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
