"""Measure everything in one go and write RESULTS.md and the chart of docs/performance.md.

    python -m benchmarks.run [--sizes 100000 1000000 5000000 20000000] [--only GROUP ...] [--note TEXT]

All programs that read one log run one after the other, each a whole process with start-up, and the next turn
begins with another one. Single figures drift with whatever else the machine does; the ratio within a turn does
so least. Logs are seeded and kept in bench-out/, in the page cache when they are measured.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks import page, peers, shapes
from benchmarks.measuring import ROOT, Cost, analyze, floor, mailflow, measure, megabytes, traffic
from benchmarks.results import ANALYZE, COPY, NEEDED, Results, Run

OUT = ROOT / "bench-out"
OTHERS = ROOT / "build" / "bench" / "bin" / "python"
SIZES = (100_000, 1_000_000, 5_000_000, 20_000_000)
_FORMATS = {
    "message-trace": "message-trace.csv",
    "message-trace-json": "message-trace.json",
    "extended": "extended.csv",
    "trace-detail": "trace-detail.csv",
    "graph-trace": "graph-trace.ndjson",
    "graph-detail": "graph-detail.ndjson",
    "email-events": "email-events.csv",
    "message-tracking": "message-tracking.log",
    "smtp-receive": "smtp-receive.log",
    "smtp-send": "smtp-send.log",
    "postfix": "postfix.log",
    "sendmail": "sendmail.log",
}
_FORMAT_ROWS = 500_000  # enough that start-up is not most of it
_BY_HAND = 1_000_000  # beyond, the script of an administrator takes minutes and gigabytes
_LINES_A_ROW = 1.95  # of a generated Postfix log, a little less than there are


def _turns(size: int) -> int:
    """Choose how often: the whole takes less than half an hour on two cores."""
    return 5 if size <= 100_000 else 3 if size <= 5_000_000 else 1


@dataclass(frozen=True, slots=True)
class Bench:
    """The plan: each method measures one group."""

    results: Results
    sizes: tuple[int, ...]
    folder: Path = OUT

    def turns(
        self, group: str, size: int, log: Path, commands: Mapping[str, Sequence[str]], *, rows: int | None, turns: int
    ) -> None:
        """Run the programs over one log; `rows` is known, or read from the books of the analysis."""
        names, costs = list(commands), list[tuple[str, int, Cost]]()
        self._warm(log)
        for turn in range(turns):
            first = turn % len(names)
            for name in (*names[first:], *names[:first]):
                costs.append((name, turn, measure(commands[name])))
                print(f"{group} {size:,} {name}: {costs[-1][2].wall:.1f} s", file=sys.stderr)
        rows, size_mb = rows or self.rows_read(), megabytes(log)
        for name, turn, cost in sorted(costs, key=lambda c: names.index(c[0])):
            run = Run(group, size, name, turn, rows, size_mb, cost.wall, cost.cpu, cost.peak_mb)
            self.results.runs.append(run)

    def rows_read(self) -> int:
        """Ask the books of the last analysis how many rows its logs have; they must balance."""
        books = json.loads((self.folder / "report" / "run.json").read_text(encoding="utf-8"))["books"]
        if books["rows"] != books["read"] + books["rejected"] + books["noise"]:
            raise SystemExit(f"rows are missing: {books}")
        rows: int = books["rows"]
        return rows

    @staticmethod
    def _warm(log: Path) -> None:
        """Read the log once, so that every program finds it in the page cache."""
        for file in log.iterdir() if log.is_dir() else (log,):
            with file.open("rb") as source:
                while source.read(1 << 22):
                    pass

    def start(self) -> None:
        """Measure how long the program takes to start."""
        made = traffic(min(self.sizes), self.folder)
        commands = {
            "mailflow --version": mailflow("--version"),
            "mailflow route": mailflow("route", "--tenant", str(made.tenant), "--to", "ann@contoso.com"),
        }
        self.turns("start", 0, made.log(), commands, rows=1, turns=5)

    def summary(self, turns: int | None = None) -> None:
        """Measure the Enhanced summary at every size, beside the floors and other people's readers."""
        for size in self.sizes:
            made = traffic(size, self.folder)
            log, tenant = made.log(), made.tenant
            commands = {
                ANALYZE: analyze(log, tenant, self.folder / "report"),
                COPY: floor("all", log, self.folder / "copied"),
                NEEDED: floor("needed", log, self.folder / "needed"),
                "read only": floor("read", log, self.folder / "read"),
                **{
                    p: [str(OTHERS), "-m", "benchmarks.copies", p, str(log), str(self.folder / p)]
                    for p in ("polars", "duckdb")
                },
            }
            if not OTHERS.is_file():
                print("NOT MEASURED: polars and duckdb; `make bench` installs them", file=sys.stderr)
                del commands["polars"], commands["duckdb"]
            self.turns("summary", size, log, commands, rows=None, turns=turns or _turns(size))
            if size <= _BY_HAND:
                files = (log, tenant, self.folder / "by_hand.csv")
                by_hand = {"pandas": [sys.executable, "-m", "benchmarks.by_hand", *map(str, files)]}
                self.turns("summary", size, log, by_hand, rows=None, turns=turns or (2 if size <= 100_000 else 1))

    def formats(self) -> None:
        """Measure every format that can be generated, beside the copy of its own bytes."""
        size = min(_FORMAT_ROWS, max(self.sizes))
        made = traffic(size, self.folder, *_FORMATS)
        for name, file in _FORMATS.items():
            log = made.log(file)
            commands = {
                ANALYZE: analyze(log, made.tenant, self.folder / "report"),
                COPY: floor("all", log, self.folder / "copied"),
            }
            self.turns(f"format {name}", size, log, commands, rows=None, turns=2)

    def peers(self) -> None:
        """Measure other log analysers on logs of their own, and the Postfix log beside them."""
        there = peers.available()
        made = traffic(round(max(self.sizes) / _LINES_A_ROW), self.folder, "postfix")
        for size in self.sizes:
            log = peers.maillog(made.log("postfix.log"), self.folder / f"maillog-{size}.log", size)
            commands = {name: peers.command(name, log, self.folder / name) for name in there if name != "goaccess"}
            commands[ANALYZE] = analyze(log, made.tenant, self.folder / "report")
            turns = 3 if size <= 1_000_000 else 1
            self.turns("maillog", size, log, commands, rows=size, turns=turns)
            if "goaccess" in there:
                log = peers.access_log(self.folder / f"access-{size}.log", size)
                command = {"goaccess": peers.command("goaccess", log, self.folder / "goaccess")}
                self.turns("access log", size, log, command, rows=size, turns=turns)

    def shapes(self) -> None:
        """Measure hard shapes: many distinct names, many files, a configuration with a history."""
        made, most = traffic(min(self.sizes), self.folder), min(1_000_000, max(self.sizes))
        self._shape("a million distinct names", shapes.distinct(self.folder, 2 * most, most), made.tenant)
        self._shape("10,000 files", shapes.files(self.folder, 10_000, 100), made.tenant)
        plain = traffic(most, self.folder)
        self._shape("one snapshot", plain.log(), plain.tenant)
        self._shape("five snapshots", plain.log(), shapes.snapshots(plain.tenant, self.folder))

    def _shape(self, name: str, log: Path, tenant: Path) -> None:
        self.turns(f"shape {name}", 0, log, {ANALYZE: analyze(log, tenant, self.folder / "report")}, rows=None, turns=1)

    def profile(self) -> None:
        """Tell where the time of the analysis goes."""
        size = max(size for size in self.sizes if size <= 5_000_000)
        made, target = traffic(size, self.folder), self.folder / "profile.json"
        command = analyze(made.log(), made.tenant, self.folder / "report")
        measure([*command[:2], "benchmarks.stages", str(target), *command[3:]])
        self.results.profile = json.loads(target.read_text(encoding="utf-8"))["stages"]
        self.results.profile_rows = self.rows_read()


GROUPS = ("start", "summary", "profile", "formats", "peers", "shapes")


def about(note: str) -> dict[str, str]:
    """Say on what machine, with which versions, and when."""
    others = {name: peers.version(name) for name in peers.PEERS}
    if OTHERS.is_file():
        command = [str(OTHERS), "-c", "import duckdb, polars; print(polars.__version__, duckdb.__version__)"]
        found = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        others |= dict(zip(("polars", "duckdb"), found, strict=True))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "day": f"{datetime.now(UTC):%d %B %Y}",
        "machine": f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}",
        "python": platform.python_version(),
        "packages": ", ".join(f"{name} {version(name)}" for name in ("pyarrow", "numpy", "pandas")),
        "others": ", ".join(f"{name} {number}" for name, number in others.items()),
        "load": f"{os.getloadavg()[0]:.1f}",
        "note": note,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description="Measure mailflow analyze, and what to hold it against.")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="rows of the logs")
    parser.add_argument("--only", choices=GROUPS, nargs="+", default=GROUPS, help="measure only these")
    parser.add_argument("--note", default="", help="a sentence on the circumstances, for the page")
    options = parser.parse_args()
    OUT.mkdir(exist_ok=True)
    started = datetime.now(UTC)
    bench = Bench(Results(about(options.note)), tuple(sorted(options.sizes)))
    for group in options.only:
        getattr(bench, group)()
        bench.results.about["minutes"] = f"{(datetime.now(UTC) - started).total_seconds() / 60:.0f}"
        bench.results.save(OUT / "results.json")
    page.RESULTS.write_text(page.rendered(bench.results), encoding="utf-8")
    measure([sys.executable, "-m", "benchmarks.chart", str(OUT / "results.json")])
    print(page.RESULTS.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
