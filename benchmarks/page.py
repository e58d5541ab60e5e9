"""RESULTS.md: every figure is worked out from what was measured; what is missed is said.

python -m benchmarks.page bench-out/results.json     writes the page anew from kept results
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from benchmarks.results import ANALYZE, COPY, Results
from benchmarks.targets import FIVE_MILLION, told

RESULTS = Path(__file__).resolve().parent / "RESULTS.md"
_COLUMNS = "wall, s | processor, s | peak, MB | rows a second | MB a second"
_NAMES = {ANALYZE: "`mailflow analyze`", "pandas": "pandas, by hand"}
_PAGE = """\
# Results

Written by `make bench` on {day}, in {minutes} minutes. Run it on your own machine before relying on a figure;
[docs/performance.md](../docs/performance.md) says what the figures mean.{note}

- Machine: {machine}.
- {busy}
- Python {python}, {packages}. Others: {others}.
- Whole processes, start-up included, two workers each, logs in the page cache. Median (lowest to highest) of turns; a
  ratio is worked out within each turn. One figure alone is one run.

## Targets

{targets}

Why each is missed, and what was tried: [docs/performance.md](../docs/performance.md#what-is-missed-and-why).

## Enhanced summary

The analysis against copying the log to Parquet: all columns, and only those that a verdict needs
([floor.py](floor.py)); by polars and by DuckDB alone ([copies.py](copies.py)); and the script that one writes with
pandas ([by_hand.py](by_hand.py)). The last column says how many times as long the analysis takes.

{summary}

## Memory and growth

{growth}

## Where the time goes

{profile}

## Every format against its own bytes

The floor copies the same file: its columns where it is CSV or JSON lines, its lines as text elsewhere. It joins nothing
and unpacks nothing. Logs of a server (Postfix, sendmail, protocol logs) have several lines a message, and the analysis
joins them.

{formats}

## Other log analysers

Each on logs of its own kind ([peers.py](peers.py)); none of them reruns a decision or writes Parquet. They show the
class of speed that one is used to. The analysis of the same Postfix log stands beside them.

{peers}

## Hard shapes

Logs that are made to be hard ([shapes.py](shapes.py)), one run each. The floor of none of them was measured.

{shapes}

## Start-up

{start}
"""


def rendered(results: Results) -> str:
    """Write the results as a page."""
    about = results.about
    load = float(about["load"])
    busy = f"It had {load:.1f} processes at work when the bench began" + (
        ": other work ran beside it, and wall times are too long." if load > 1 else "."
    )
    lines = f"program | log | lines | {_COLUMNS.replace('rows', 'lines')}"
    page = _PAGE.format(
        **{**about, "note": about["note"] and f"\n\n{about['note']}"},
        busy=busy,
        targets=_table(
            "target | asked | measured |  ", ([t.name, t.asked, t.measured, t.verdict] for t in told(results))
        ),
        summary="\n\n".join(_summary(results)) or "Not measured.",
        growth=_table("rows | MB | wall, s | microseconds a row | peak, MB", _growth(results)),
        profile="\n\n".join(_profile(results)),
        formats=_table(
            "format | rows | MB | analysis, s | peak, MB | rows a second | MB a second | floor, s | ratio",
            _formats(results),
        ),
        peers=_table(lines, _peers(results)),
        shapes=_table(f"shape | rows | MB | {_COLUMNS}", _shapes(results)),
        start=_table("command | wall, s", _start(results)),
    )
    return page.replace("|  |", "| |")


def _table(head: str, rows: Iterator[Sequence[str]]) -> str:
    names = head.split(" | ")
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([f"| {' | '.join(names)} |", f"|{' --- |' * len(names)}", *lines]) if lines else "Not measured."


def _spread(values: Sequence[float], form: str) -> str:
    middle = f"{median(values):{form}}"
    return middle if len(values) == 1 else f"{middle} ({min(values):{form}} to {max(values):{form}})"


def _costs(results: Results, group: str, size: int, program: str) -> list[str]:
    runs = results.of(group, size, program)
    wall = [r.wall for r in runs]
    return [
        _spread(wall, ".2f" if median(wall) < 10 else ".1f"),
        _spread([r.cpu for r in runs], ".1f"),
        _spread([r.peak_mb for r in runs], ".0f"),
        f"{runs[0].rows / median(wall):,.0f}",
        f"{runs[0].megabytes / median(wall):,.0f}",
    ]


def _size(results: Results, group: str, size: int, program: str = ANALYZE) -> list[str]:
    one = results.of(group, size, program)[0]
    return [f"{one.rows:,}", f"{one.megabytes:,.0f}"]


def _summary(results: Results) -> Iterator[str]:
    for size in results.sizes("summary"):
        rows = []
        for program in results.programs("summary", size):
            ratios = results.ratios("summary", size, (ANALYZE, program))
            against = "" if program == ANALYZE else _spread(ratios, ".2f")
            rows.append([_NAMES.get(program, program), *_costs(results, "summary", size, program), against])
        count, megabytes = _size(results, "summary", size)
        yield f"### {count} rows, {megabytes} MB"
        yield _table(f"program | {_COLUMNS} | analysis takes", iter(rows))


def _growth(results: Results) -> Iterator[list[str]]:
    for size in results.sizes("summary"):
        runs = results.of("summary", size, ANALYZE)
        wall, peaks = median(r.wall for r in runs), _spread([r.peak_mb for r in runs], ".0f")
        a_row = f"{wall / runs[0].rows * 1e6:.2f}"
        yield [*_size(results, "summary", size), f"{wall:.1f}", a_row, peaks]


def _profile(results: Results) -> Iterator[str]:
    if not results.profile:
        yield "Not measured."
        return
    rows, whole = results.profile_rows, sum(results.profile.values())
    yield (
        f"Processor time of an analysis of {rows:,} rows with two workers, by the stage at work\n"
        f"([stages.py](stages.py)): {whole:.1f} s in all."
    )
    ordered = sorted(results.profile.items(), key=lambda item: -item[1])
    lines = ([name, f"{s:.2f}", f"{s / rows * 1e9:,.0f}", f"{s / whole:.0%}"] for name, s in ordered)
    yield _table("stage | processor, s | nanoseconds a row | share", lines)
    yield "\n".join(_bottlenecks(results, {name: s / whole for name, s in ordered if not name.startswith("rest")}))


def _bottlenecks(results: Results, shares: dict[str, float]) -> Iterator[str]:
    """Say what removing the largest stages would give, if the wall time follows that of the processor."""
    size = max((s for s in results.sizes("summary") if s <= FIVE_MILLION), default=0)
    ratios = results.ratios("summary", size, (ANALYZE, COPY))
    now = median(ratios) if ratios else None
    yield "The next two bottlenecks, if the time by the wall follows that of the processor:\n"
    for name, share in list(shares.items())[:2]:
        times = f", {now * (1 - share):.2f} instead of {now:.2f} times the copy" if now else ""
        yield f"- Without *{name}* the analysis would take {1 - share:.0%} of its time{times}."
    reading = sum(shares.get(name, 0.0) for name in ("parse CSV", "cut records", "recipients"))
    read, copied = (results.median("summary", size, name, "wall") for name in ("read only", COPY))
    yield (
        f"- A native CSV reader: cutting, parsing and splitting recipients take {reading:.0%}, so one of twice the "
        f"speed saves {reading / 2:.0%} at most."
        + (f" The floor would gain too: reading is {read / copied:.0%} of the copy." if read and copied else "")
    )


def _formats(results: Results) -> Iterator[list[str]]:
    for group in dict.fromkeys(r.group for r in results.runs if r.group.startswith("format ")):
        size = results.sizes(group)[0]
        wall, _, peak, speed, rate = _costs(results, group, size, ANALYZE)
        floor, ratios = _costs(results, group, size, COPY)[0], results.ratios(group, size, (ANALYZE, COPY))
        name = group.removeprefix("format ")
        yield [name, *_size(results, group, size), wall, peak, speed, rate, floor, _spread(ratios, ".1f")]


def _peers(results: Results) -> Iterator[list[str]]:
    for group, kind in (("maillog", "Postfix"), ("access log", "access")):
        for size in results.sizes(group):
            for program in results.programs(group, size):
                name = _NAMES.get(program, program)
                yield [name, kind, f"{size:,}", *_costs(results, group, size, program)]


def _shapes(results: Results) -> Iterator[list[str]]:
    for group in dict.fromkeys(r.group for r in results.runs if r.group.startswith("shape ")):
        yield [group.removeprefix("shape "), *_size(results, group, 0), *_costs(results, group, 0, ANALYZE)]


def _start(results: Results) -> Iterator[list[str]]:
    for program in results.programs("start", 0):
        yield [f"`{program}`", _spread([r.wall for r in results.of("start", 0, program)], ".2f")]


if __name__ == "__main__":
    RESULTS.write_text(rendered(Results.load(Path(sys.argv[1]))), encoding="utf-8")
