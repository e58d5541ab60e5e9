"""The summary that ends a run: plain text of at most 40 lines and 100 columns, completeness first.

Our own words are ASCII, so that any terminal can print them; text from logs is made legible.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from textwrap import wrap
from typing import Any

import pyarrow as pa

from analyzer.legible import THIN, counted, grouped, legible, share
from analyzer.report.exercise import untried
from analyzer.report.run import Run, WindowRecord
from analyzer.report.wording import Calibration, Totals, calibrations, faults, headline, is_trap, period, since
from analyzer.schema import VERDICTS

WIDTH = 100
_INDENT = 13  # of what is said below a finding
_NOTES, _FINDINGS, _CALIBRATIONS, _MISSING, _WINDOWS = 2, 6, 2, 4, 3  # at most so many of each, then "and n more"
NEEDED = ("verdicts", "policies", "missing", "top_findings", "coverage")  # summaries
_FINDING_LINES, _ROOM_UNSEEN = 8, 50


def summary_text(run: Run, summaries: Mapping[str, pa.Table], *, where: str) -> str:
    """Write the summary from those NEEDED; `where` is the folder that holds the rest."""
    totals, decided = Totals.of(summaries["verdicts"]), calibrations(summaries["policies"])
    room = _NOTES + 2 * (_CALIBRATIONS - min(len(decided), _CALIBRATIONS))  # lines that calibration leaves free
    blocks = (
        [f"{run.tool} {run.version}: {_n(len(run.inputs), 'log')}, {period(run)}"],
        _headline(totals, run),
        [*_books(run), *_faults(run, totals), *_notes(run.remarks, room)],
        [*_verdicts(totals), *_missing(summaries["missing"])],
        [*_findings(summaries["top_findings"]), *_traps(summaries["top_findings"])],
        list(_windows(run.windows)),
        list(_unseen(list(untried(summaries["coverage"])))),
        list(_calibration(decided)),
        [_shown(f"All of it: {where}/report.html", WIDTH)],
    )
    return "\n\n".join("\n".join(line.rstrip() for line in block) for block in blocks if block)


def _n(number: int, noun: str = "") -> str:
    return counted(number, noun, mark=",") if noun else grouped(number, mark=",")


def _shown(text: str, width: int) -> str:
    """Make text from a log or a configuration fit to print; our own mark for a cut is ASCII."""
    return legible(text, width, cut="...")


def _headline(totals: Totals, run: Run) -> list[str]:
    return wrap(headline(totals, own_servers=run.own_servers_alone).sentence.replace(THIN, ","), WIDTH)


def _books(run: Run) -> Iterator[str]:
    books = run.books
    parts = f"{_n(books.read)} read + {_n(books.rejected)} rejected + {_n(books.noise)} noise"
    yield f"Rows      {_n(books.rows)} {'=' if books.balanced else 'but'} {parts}"
    if run.noise:
        noise = ", ".join(f"{kind} {_n(rows)}" for kind, rows in run.noise.items())
        yield f"          noise: {_shown(noise, WIDTH - 17)}"
    if books.rejected:
        yield "          rejects.parquet says which and why; `mailflow validate LOG` shows the first"
    evidence = "" if run.evidence_share is None else f"; {share(*_ratio(run.evidence_share))} with connector evidence"
    yield f"Messages  {_n(books.verdict_rows)}, {run.counted}{evidence}"


def _faults(run: Run, totals: Totals) -> Iterator[str]:
    for fault in faults(run, totals):
        yield f"FAULT     {fault.replace(THIN, ',')}"


def _ratio(part: float) -> tuple[int, int]:
    return round(part * 1_000_000), 1_000_000


def _notes(notes: Sequence[str], room: int) -> Iterator[str]:
    for note in notes[:room]:
        yield f"Note      {_shown(note, WIDTH - 10)}"
    if len(notes) > room:
        yield f"          and {_n(len(notes) - room, 'more note')}"


def _verdicts(totals: Totals) -> Iterator[str]:
    if totals.all:
        yield f"{'Verdict':<14}{'messages':>14}{'share':>10}{'failed':>14}"
    for verdict in VERDICTS:
        if messages := totals.messages[verdict]:
            portion = share(messages, totals.all)
            yield f"{verdict:<14}{_n(messages):>14}{portion:>10}{_n(totals.failed[verdict]):>14}"


def _missing(missing: pa.Table) -> Iterator[str]:
    """Name the inputs whose lack left messages undetermined, in one line."""
    rows = missing.to_pylist()
    if rows:
        named = ", ".join(f"{row['missing']} ({_n(row['messages'])})" for row in rows[:_MISSING])
        yield f"  undetermined for want of {_shown(named + ', ...' * (len(rows) > _MISSING), WIDTH - 27)}"


def _findings(findings: pa.Table) -> Iterator[str]:
    rows = [row for row in findings.to_pylist() if not is_trap(row["code"])]
    if not rows:
        yield "No findings."
        return
    shown = _fitting(rows)
    counts = max(len("messages"), *(len(_n(row["messages"])) for row in shown))
    room = _FINDING_LINES - sum(1 + len(_dated(row)) for row in shown)
    yield f"{'Findings':<13}{'messages':>{counts}}"
    for row in shown:
        head = f"{row['severity']:<7}{row['code']:<6}{_n(row['messages']):>{counts}}  "
        first, *more = _titled(row, WIDTH - len(head), 1 + room)
        room -= len(more)
        yield f"{head}{first}"
        yield from (f"{'':{len(head)}}{line}" for line in more)
        yield from (f"{'':{_INDENT}}{_shown(when, WIDTH - _INDENT)}" for when in _dated(row))
    if len(rows) > len(shown):
        yield f"and {_n(len(rows) - len(shown), 'more finding')}"


def _titled(row: Mapping[str, Any], width: int, most: int) -> list[str]:
    """Write a title on as many lines as it needs, or shortened on one where there is no room for that."""
    failed = f" ({_n(row['failed'])} failed)" if row["failed"] else ""
    lines = wrap(f"{legible(row['title'])}{failed}", width)
    return lines if len(lines) <= most else [f"{_shown(row['title'], width - len(failed))}{failed}"]


def _dated(row: Mapping[str, Any]) -> tuple[str, ...]:
    return () if row["severity"] == "info" else since(row)


def _fitting(rows: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Give as many of the first findings as there is room for; to say since when takes lines of its own."""
    used = accumulate(1 + len(_dated(row)) for row in rows)
    return rows[: min(_FINDINGS, sum(lines <= _FINDING_LINES for lines in used))]


def _traps(findings: pa.Table) -> Iterator[str]:
    """Count the traps of the configuration, the gravest first, in one line."""
    rows = [row for row in findings.to_pylist() if is_trap(row["code"])]
    if rows:
        counts = Counter(row["severity"] for row in rows)
        told = ", ".join(f"{count} {severity}" for severity, count in counts.items())
        codes = ", ".join(dict.fromkeys(row["code"] for row in rows))
        yield _shown(f"Traps     {_n(len(rows), 'trap')} in the configuration ({told}): {codes}", WIDTH)


def _windows(windows: Sequence[WindowRecord]) -> Iterator[str]:
    """Name the changes that withheld most, and count the rest: there an alarm would not be sure."""
    rows = sorted(windows, key=lambda w: -w.messages)
    for row in rows[:_WINDOWS]:
        withheld = f": {_n(row.messages)} withheld" if row.messages else ": none withheld"
        yield f"Change    {_shown(row.change, WIDTH - 10 - len(withheld))}{withheld}"
    if len(rows) > _WINDOWS:
        yield f"          and {_n(len(rows) - _WINDOWS, 'more change')} in this time; see Change windows in the report"


def _unseen(names: Sequence[str]) -> Iterator[str]:
    """Name in a line what no message has tried: as much of it as has room."""
    if names:
        fitting = [n for n in range(1, len(names)) if len("; ".join(names[:n])) <= _ROOM_UNSEEN]
        told = names if len("; ".join(names)) <= _ROOM_UNSEEN else names[: max(fitting, default=1)]
        rest = f" and {_n(len(names) - len(told))} more" if len(names) > len(told) else ""
        yield f"Unseen    {_shown('; '.join(told), _ROOM_UNSEEN)}{rest}; see Coverage in the report"


def _calibration(found: Sequence[Calibration]) -> Iterator[str]:
    """Say what the log says of each policy; a line to write is never left out, and those come first."""
    shown = found[: max(_CALIBRATIONS, sum(c.line is not None for c in found))]
    for calibration in shown:
        yield f"Policy    {_shown(calibration.sentence(','), WIDTH - 10)}"
        if calibration.line:
            yield f"          the log says otherwise; [policy] in mailflow.toml: {_shown(calibration.line, WIDTH - 61)}"
    if len(found) > len(shown):
        yield f"          and as much for {_n(len(found) - len(shown))} more; see Calibration in the report"
