"""What we ask of the program on two cores, and by how much it is met or missed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

from benchmarks.results import ANALYZE, COPY, Results

FIVE_MILLION = 5_000_000


@dataclass(frozen=True, slots=True)
class Told:
    """A target, what was asked, what was measured, and whether that is enough."""

    name: str
    asked: str
    measured: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Target:
    """A figure that has to stay below a limit, or above it."""

    name: str
    limit: float
    form: str
    figure: Callable[[Results], float | None]
    at_least: bool = False

    def told(self, results: Results) -> Told:
        """Hold what was measured against the limit."""
        asked = f"at {'least' if self.at_least else 'most'} {self.limit:{self.form}}"
        found = self.figure(results)
        if found is None:
            return Told(self.name, asked, "not measured", "cannot tell")
        off = self.limit / found if self.at_least else found / self.limit
        verdict = "met" if off <= 1 else f"**missed**, {off:.2f} times off"
        return Told(self.name, asked, f"{found:{self.form}}", verdict)


def _ratio(program: str, size: int = FIVE_MILLION) -> Callable[[Results], float | None]:
    return lambda results: _median(results.ratios("summary", size, (ANALYZE, program)))


def _median(values: list[float]) -> float | None:
    return median(values) if values else None


def _quotient(one: float | None, other: float | None) -> float | None:
    return None if one is None or not other else one / other


def _speed(results: Results) -> float | None:
    return results.speed("summary", FIVE_MILLION, ANALYZE)


def _best(results: Results, group: str, program: str, measure: str) -> float | None:
    """The best rate of another program at whatever size: `rows` or `megabytes` a second."""
    runs = [r for r in results.runs if (r.group, r.program) == (group, program)]
    return max((float(getattr(r, measure)) / r.wall for r in runs), default=None)


def _lead_in_bytes(results: Results) -> float | None:
    runs = results.of("summary", FIVE_MILLION, ANALYZE)
    rate = median(r.megabytes / r.wall for r in runs) if runs else None
    return _quotient(rate, _best(results, "maillog", "lnav", "megabytes"))


def _lead_in_lines(group: str, program: str) -> Callable[[Results], float | None]:
    return lambda results: _quotient(_speed(results), _best(results, group, program, "rows"))


def _peak(results: Results, size: int = FIVE_MILLION) -> float | None:
    return results.median("summary", size, ANALYZE, "peak_mb")


def _shape(name: str) -> Callable[[Results], float | None]:
    return lambda results: results.median(f"shape {name}", 0, ANALYZE, "peak_mb")


def _start(name: str) -> Callable[[Results], float | None]:
    return lambda results: results.median("start", 0, name, "wall")


TARGETS = (
    Target("5M rows, times as long as copying all columns", 1.5, ".2f", _ratio(COPY)),
    Target("the same, as we would like it", 1.25, ".2f", _ratio(COPY)),
    Target("5M rows, rows a second", 600_000, ",.0f", _speed, at_least=True),
    Target(
        "rows a second at 5M, times those of the pandas script at 1M",
        50,
        ".0f",
        lambda r: _quotient(_speed(r), r.speed("summary", 1_000_000, "pandas")),
        at_least=True,
    ),
    Target("MB a second at 5M, times those of lnav", 1, ".2f", _lead_in_bytes, at_least=True),
    Target(
        "rows a second at 5M, times the lines of pflogsumm",
        5,
        ".1f",
        _lead_in_lines("maillog", "pflogsumm"),
        at_least=True,
    ),
    Target(
        "rows a second at 5M, times the lines of goaccess",
        5,
        ".1f",
        _lead_in_lines("access log", "goaccess"),
        at_least=True,
    ),
    Target("start-up of `mailflow --version`, s", 0.3, ".2f", _start("mailflow --version")),
    Target("start-up of `mailflow route`, s", 1, ".2f", _start("mailflow route")),
    Target("100k rows all told, s", 3, ".2f", lambda r: r.median("summary", 100_000, ANALYZE, "wall")),
    Target("5M rows, peak memory, MB", 600, ".0f", _peak),
    Target("20M rows, times the peak at 5M", 1.1, ".2f", lambda r: _quotient(_peak(r, 20_000_000), _peak(r))),
    Target(
        "a million distinct domains, senders and addresses, peak, MB", 600, ".0f", _shape("a million distinct names")
    ),
    Target("10,000 files, peak, MB", 600, ".0f", _shape("10,000 files")),
)


def told(results: Results) -> Iterator[Told]:
    """Hold every target against what was measured."""
    return (target.told(results) for target in TARGETS)
