"""Run a program as a whole and say what it cost: time by the wall, time of the processor, peak memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_UNIT = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is in bytes there, in KiB elsewhere


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run of a program took."""

    wall: float
    cpu: float
    peak_mb: float


def measure(command: Sequence[str]) -> Cost:
    """Run a command to its end, start-up included.

    The peak of a child is never below what its parent held when it was started (Linux counts it so).
    Whoever measures must stay small, and so loads neither pyarrow nor pandas.

    Raises:
        SystemExit: the command failed; its own messages are shown.
    """
    with tempfile.TemporaryFile() as said:
        started = time.perf_counter()
        child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=said)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            said.seek(0)
            raise SystemExit(
                f"{' '.join(command)}: exit code {child.returncode}\n{said.read().decode(errors='replace')}"
            )
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * _UNIT / 1e6)


def mailflow(*arguments: str) -> list[str]:
    """Give the command that starts the program of this checkout."""
    return [sys.executable, "-m", "analyzer", *arguments]


@dataclass(frozen=True, slots=True)
class Traffic:
    """Generated traffic: its log, its tenant, its truth, and the size of the log."""

    folder: Path

    @property
    def log(self) -> Path:
        """The Enhanced summary."""
        return self.folder / "logs" / "enhanced-summary.csv"

    @property
    def megabytes(self) -> float:
        """The size of the log."""
        return self.log.stat().st_size / 1e6

    def analyze(self, out: Path) -> list[str]:
        """Give the command that analyses the log with two workers."""
        tenant = str(self.folder / "tenant")
        return mailflow("analyze", str(self.log), "--tenant", tenant, "--out", str(out), "--force", "--workers", "2")

    def copy(self, out: Path) -> list[str]:
        """Give the command of the floor: the log copied to Parquet with two workers."""
        return [sys.executable, "-m", "benchmarks.floor", str(self.log), str(out)]


def traffic(rows: int, folder: Path) -> Traffic:
    """Generate seeded traffic, unless the folder holds as much already."""
    made = Traffic(folder / f"{rows}-recipients")
    if not made.log.is_file():
        command = mailflow("generate", "--out", str(made.folder), "--rows", str(rows), "--format", "enhanced-summary")
        measure([*command, "--force"])
    return made
