"""The books of a run: what became of each input, to the row; and how a run is asked for and followed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

OUTSIDE = "outside-period"
DUPLICATE_ROW = "duplicate-row"  # the row was in an input before, or earlier in this one
DUPLICATE_FILE = "duplicate-file"  # every row of a file that is a copy of another
SUPERSEDED = "superseded-row"  # not final here, and final in another row


@dataclass(slots=True)
class InputBook:
    """What became of one input file: rows = read + rejected + declared noise.

    Attributes:
        first: Earliest and `last` latest time of a row that counts, in microseconds since 1970; None without any.
        differing: Duplicate rows whose status words are not those of the row that stayed.
        copy_of: Name of the input of which this one is a copy; empty where it is none.
        formats: The formats its rows came in, in the order of their appearance: several in a store.
        of_service: Whether it is a log of Office 365, and not of an own server.
        unidentified: Rows that bear no id by which a repetition could be known.
        capped: Why the export seems to be cut at a limit; empty where it does not.
    """

    name: str
    format: str
    encoding: str
    shape: str
    rows: int = 0
    read: int = 0
    rejected: int = 0
    noise: dict[str, int] = field(default_factory=dict)
    verdict_rows: int = 0
    sha256: str = ""
    notes: tuple[str, ...] = ()
    first: int | None = None
    last: int | None = None
    differing: int = 0
    copy_of: str = ""
    formats: dict[str, None] = field(default_factory=dict)
    of_service: bool = True
    unidentified: int = 0
    capped: str = ""

    @property
    def balanced(self) -> bool:
        """Tell whether every row is accounted for."""
        return self.rows == self.read + self.rejected + sum(self.noise.values())

    def add_noise(self, kinds: Mapping[str, int]) -> None:
        """Count rows as noise, by kind."""
        for kind, count in kinds.items():
            if count:
                self.noise[kind] = self.noise.get(kind, 0) + count

    def seen(self, first: int, last: int, *, records: int, rows: int) -> None:
        """Count log rows, and the recipients in them, and take note of their times."""
        self.read += records
        self.verdict_rows += rows
        self.first = first if self.first is None else min(self.first, first)
        self.last = last if self.last is None else max(self.last, last)


@dataclass(frozen=True, slots=True)
class Options:
    """How to run: the period (UTC, `until` excluded), what the user says of the logs, the workers.

    `subjects` says that a mail flow rule looks at them, so that the rows have to bear them.
    """

    since: datetime | None = None
    until: datetime | None = None
    format_name: str | None = None
    date_order: str | None = None
    timezone: str | None = None
    encoding: str | None = None
    workers: int = 2
    subjects: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: bytes of input read of all, source rows done, seconds are the caller's."""

    bytes_read: int
    bytes_total: int
    rows: int
