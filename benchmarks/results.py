"""What was measured, as values that can be kept in a file and added up."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

ANALYZE, COPY, NEEDED = "analyze", "copy all", "copy needed"


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one program over one log; runs of one round stood side by side."""

    group: str
    size: int
    program: str
    turn: int
    rows: int
    megabytes: float
    wall: float
    cpu: float
    peak_mb: float


@dataclass(slots=True)
class Results:
    """Everything that `make bench` measures.

    Attributes:
        about: Machine, versions, day, note.
        runs: All runs.
        profile: Seconds of processor time by stage, and the wall time of that run.
    """

    about: dict[str, str] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
    profile: dict[str, float] = field(default_factory=dict)
    profile_rows: int = 0

    def save(self, path: Path) -> None:
        """Write it down."""
        path.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Results:
        """Read what was written."""
        kept = json.loads(path.read_text(encoding="utf-8"))
        return cls(kept["about"], [Run(**run) for run in kept["runs"]], kept["profile"], kept["profile_rows"])

    def of(self, group: str, size: int, program: str) -> list[Run]:
        """The runs of one program over one log, in turn."""
        return [r for r in self.runs if (r.group, r.size, r.program) == (group, size, program)]

    def sizes(self, group: str) -> list[int]:
        """The sizes at which a group was measured."""
        return sorted({r.size for r in self.runs if r.group == group})

    def programs(self, group: str, size: int) -> list[str]:
        """The programs that were measured over one log, in the order of the plan."""
        return list(dict.fromkeys(r.program for r in self.runs if (r.group, r.size) == (group, size)))

    def ratios(self, group: str, size: int, programs: tuple[str, str]) -> list[float]:
        """How many times as long as the second program the first took, turn by turn."""
        one, other = ({r.turn: r.wall for r in self.of(group, size, program)} for program in programs)
        return [one[turn] / other[turn] for turn in one if turn in other]

    def median(self, group: str, size: int, program: str, measure: str) -> float | None:
        """The median of one measure; None where nothing was measured."""
        values = [float(getattr(r, measure)) for r in self.of(group, size, program)]
        return median(values) if values else None

    def speed(self, group: str, size: int, program: str) -> float | None:
        """Rows a second."""
        found = self.of(group, size, program)
        return found[0].rows / median(r.wall for r in found) if found else None
