"""MF409 to MF415: what the inputs themselves lack; raised from the books of the run, not from the cube."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from analyzer.findings.base import Context, Finding, nothing_counted

_STALE_DAYS = 7


def export_truncated(_causes: pa.Table, context: Context) -> Iterator[Finding]:
    """A log holds exactly as many rows as its export can hold.

    What it means:
        Exports stop at a number of rows without saying so: 1,000 of Get-MessageTrace by default, 5,000 a
        page, 50,000 messages of an Enhanced summary, 1,000 messages of an Extended report, 100,000 lines
        of any historical search. The file sits on such a number. It is a hint, not a proof.

    Why it matters:
        What lies beyond the limit is missing, and every count is too small.

    What to do:
        Export shorter periods, or page through the rest, until no file sits on the limit.

    Example:
        trace.csv holds exactly 1,000 rows.
    """
    for name, why in context.coverage.capped.items() if context.coverage else ():
        yield Finding(
            title=f"{name} may be cut off: {why.partition(':')[0]}",
            cause=f"The file holds {why}.",
            advice="Export shorter periods, or page through the rest, and give all the files together.",
            measures=nothing_counted(),
        )


def date_ambiguous(_causes: pa.Table, context: Context) -> Iterator[Finding]:
    """The dates of a log can be read in two ways, and nothing in the file tells which.

    What it means:
        No date in the file has a number above 12 in it, so that 3/4/2026 may be in March or in April.
        The file was left out rather than guessed.

    Why it matters:
        Its messages are missing here; read wrongly they would meet another day's configuration.

    What to do:
        Say it with --date-order dmy or --date-order mdy, or export with ISO dates.

    Example:
        trace.csv covers 1 to 12 April and was written on a PC with American dates.
    """
    for name in context.coverage.ambiguous if context.coverage else ():
        yield Finding(
            title=f"{name} was left out: its dates can be read in two ways",
            cause="No date in the file tells whether day or month comes first.",
            advice="Run again with --date-order dmy or --date-order mdy.",
            measures=nothing_counted(),
        )


def log_hole(_causes: pa.Table, context: Context) -> Iterator[Finding]:
    """The log has no row for hours in which many are usual.

    What it means:
        In three of four other weeks (other days, where the log is short) these hours of the week hold
        fifty rows or more together; here there is none. Nights and weekends are so taken into account,
        and a quiet day by the level of the hours around.

    Why it matters:
        An export is missing, was cut, or mail stood still. Nothing is said of those hours.

    What to do:
        Export the hours again. If there really was no mail, this is the finding.

    Example:
        No row on Tuesday from 08:00 to 15:00, where about 2,100 are usual.
    """
    for hole in context.coverage.holes if context.coverage else ():
        yield Finding(
            title=str(hole),
            cause="The same hours of other weeks or days are busy, and so are the hours around.",
            advice="Export these hours again, and give the file together with the others.",
            measures=nothing_counted(hole.since, hole.until),
        )


def config_outdated(_causes: pa.Table, context: Context) -> Iterator[Finding]:
    """The log goes on for more than a week after the newest configuration.

    What it means:
        The newest dated snapshot is taken to hold until the end of the log. A change after it was
        exported is seen by nobody.

    Why it matters:
        What looks wrong in the last days may be right by the settings of those days, and the reverse.

    What to do:
        Export the configuration again into a new dated sub-folder.

    Example:
        The newest snapshot is of 1 March, the log ends on 2 April.
    """
    age = context.coverage.age if context.coverage else None
    if age and age.newest and age.after and age.after.days >= _STALE_DAYS:
        yield Finding(
            title=f"The log goes on for {age.after.days} days after the newest configuration, {age.newest:%Y-%m-%d}",
            cause="No snapshot is newer.",
            advice="Export the configuration into a new dated sub-folder of the tenant folder.",
            measures=nothing_counted(age.newest, context.coverage.last if context.coverage else None),
        )
