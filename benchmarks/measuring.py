"""Run a program as a whole and say what it cost: time by the wall, time of the processor, peak memory."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_UNIT = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is in bytes there, in KiB elsewhere
# An installed program has its bytecode; a checkout gets it at the first run, unless that is forbidden.
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
_RECIPIENTS_A_ROW = 1.062  # of a generated Enhanced summary


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
        child = subprocess.Popen(command, cwd=ROOT, env=_ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=said)
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


def analyze(log: Path, tenant: Path, out: Path) -> list[str]:
    """Give the command that analyses a log with two workers."""
    return mailflow("analyze", str(log), "--tenant", str(tenant), "--out", str(out), "--force", "--workers", "2")


def floor(mode: str, log: Path, out: Path) -> list[str]:
    """Give the command of a floor (floor.py): `all`, `needed` or `read`."""
    return [sys.executable, "-m", "benchmarks.floor", mode, str(log), str(out)]


@dataclass(frozen=True, slots=True)
class Traffic:
    """Generated traffic: its logs, its tenant, its truth."""

    folder: Path

    def log(self, name: str = "enhanced-summary.csv") -> Path:
        """One of its logs."""
        return self.folder / "logs" / name

    @property
    def tenant(self) -> Path:
        """The folder of its tenant."""
        return self.folder / "tenant"


def traffic(rows: int, folder: Path, *formats: str) -> Traffic:
    """Generate seeded traffic, unless the folder holds as much already.

    Args:
        rows: about so many rows of an Enhanced summary.
        folder: where the traffic of every size lies.
        formats: the logs to write; the Enhanced summary, if none is named.
    """
    made = Traffic(folder / "-".join((f"{rows}", *formats)))
    whole = made.folder / ".whole"
    if not whole.is_file():
        shutil.rmtree(made.folder, ignore_errors=True)
        logs = [part for name in formats or ("enhanced-summary",) for part in ("--format", name)]
        recipients = str(round(rows * _RECIPIENTS_A_ROW))
        measure(mailflow("generate", "--out", str(made.folder), "--rows", recipients, *logs))
        whole.touch()
    return made


def megabytes(path: Path) -> float:
    """The size of a file, or of all files of a folder."""
    files = path.rglob("*") if path.is_dir() else (path,)
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6
