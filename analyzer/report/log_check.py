"""What the readers make of a log file and why, without judging a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from textwrap import wrap

import pyarrow.compute as pc

from analyzer.errors import UnreadableInput
from analyzer.formats import FORMATS, Log, Parsed, open_input, parse
from analyzer.formats.likeness import likenesses
from analyzer.inputs import Source, find
from analyzer.legible import legible

WIDTH = 100
_SAMPLE = 3  # reasons for rejects, each with the first row it struck
_RAW = 120  # characters of a reject's own text


@dataclass(slots=True)
class LogCheck:
    """One log file: what it was recognised as and why, and its books.

    Attributes:
        problem: Why nothing of it can be read; then the rest is empty.
        why: The columns that mark its format, as the file spells them.
        near: Formats that it is almost, and why it is not.
        date_order: Order of day and month in dates with slashes, and how it is known.
        times: In which zone times without one are read.
        rejects: The first row of each of the first few reasons.
    """

    name: str
    problem: str = ""
    compression: str = ""
    encoding: str = ""
    shape: str = ""
    header: tuple[str, ...] = ()
    format: str = ""
    why: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    date_order: str = ""
    times: str = ""
    first: str | None = None
    last: str | None = None
    rows: int = 0
    read: int = 0
    rejected: int = 0
    noise: dict[str, int] = field(default_factory=dict)
    rejects: list[dict[str, object]] = field(default_factory=list)
    notes: tuple[str, ...] = ()
    sha256: str = ""

    @property
    def failed(self) -> bool:
        """Whether something of the file could not be read."""
        return bool(self.problem or self.rejected)

    def as_dict(self) -> dict[str, object]:
        """Give the check as plain values."""
        return asdict(self)

    def lines(self) -> Iterator[str]:
        """Say it in lines for a terminal."""
        yield legible(self.name, 1000)
        if self.problem:
            yield from _labelled("problem", self.problem)
            return
        noise = ", ".join(f"{kind} {count:,}" for kind, count in sorted(self.noise.items()))
        sums = f"{self.read:,} read + {self.rejected:,} rejected + {sum(self.noise.values()):,} noise"
        by = f", by its columns {', '.join(self.why)}" if self.why else ""
        yield from _labelled("format", self.format + by)
        for other in self.near:
            yield from _labelled("not", other)
        yield from _labelled("layout", self.shape + (f", packed with {self.compression}" if self.compression else ""))
        yield from _labelled("encoding", self.encoding)
        for label, text in (("columns", ", ".join(self.header)), ("dates", self.date_order), ("times", self.times)):
            yield from _labelled(label, text)
        yield from _labelled("period", f"{self.first} to {self.last}" if self.first else "no row was read")
        yield from _labelled("rows", f"{self.rows:,} = {sums}{f' ({noise})' if noise else ''}")
        for reject in self.rejects:
            yield from _labelled("reject", f"row {reject['row']:,}: {reject['reason']}: {reject['raw']}")
        for note in self.notes:
            yield from _labelled("note", note)


def check_log(argument: str, **said: str | None) -> Iterator[LogCheck]:
    """Read every file that an argument stands for to its end, and count; `said` as `open_log` takes it.

    Raises:
        LogError: there is no such file.
        UsageError: what is said makes no sense.
    """
    for source in find([argument]):
        try:
            yield _checked(source, said)
        except UnreadableInput as problem:
            yield LogCheck(source.name, problem=str(problem).removeprefix(f"{source.name}: "))


def _checked(source: Source, said: dict[str, str | None]) -> LogCheck:
    """Read a log to its end."""
    log = open_input(source, **said)
    check = LogCheck(source.name, encoding=log.encoding, shape=log.shape, format=log.format.name)
    if isinstance(log, Log):
        _explain(check, log, said.get("timezone"))
    noise: Counter[str] = Counter()
    for chunk in log.chunks():
        parsed = parse(log, chunk)
        log.enter(parsed)
        _sample(check, parsed)
        _span(check, parsed)
        check.rows += parsed.records
        check.rejected += parsed.rejects.num_rows
        noise.update(parsed.noise)
    check.noise, check.read = dict(noise), check.rows - check.rejected - noise.total()
    check.notes, check.sha256 = tuple(log.notes), log.digest
    check.compression = log.compression if isinstance(log, Log) else ""
    return check


def _explain(check: LogCheck, log: Log, zone: str | None) -> None:
    """Say why the log is taken for what it is."""
    likest = likenesses(log.layout.names, FORMATS)
    check.header = tuple(legible(name, 100) for name in log.layout.names)
    check.why = next(one.found for one in likest if one.format is log.format)
    others = (one for one in likest if one.near and one.format is not log.format)
    check.near = tuple(f"{one.format.name}, {_against(one.missing, one.against)}" for one in others)
    check.date_order = f"{log.order.value}, {log.order_told}" if log.order else "no day and month to tell apart"
    check.times = _times(log, zone)


def _against(missing: tuple[str, ...], against: tuple[str, ...]) -> str:
    """Say what keeps a file from being of a format."""
    lacks = f"which needs {', '.join(missing)}" if missing else ""
    has = f"which never has {', '.join(against)}" if against else ""
    return " and ".join(part for part in (lacks, has) if part) or "asked for another format"


def _times(log: Log, zone: str | None) -> str:
    """Say in which zone times without one are read."""
    if log.clock is None:
        return "UTC by definition of the format" + (", so --timezone does not count" if zone else "")
    return f"where they carry no zone, {zone} as said" if zone else "where they carry no zone, read as UTC"


def _sample(check: LogCheck, parsed: Parsed) -> None:
    """Keep the first row of each of the first few reasons."""
    if len(check.rejects) == _SAMPLE or not parsed.rejects.num_rows:
        return
    known = {reject["reason"] for reject in check.rejects}
    for reason in parsed.rejects["reason"].unique().to_pylist():
        if reason in known or len(check.rejects) == _SAMPLE:
            continue
        row = parsed.rejects.slice(pc.index(parsed.rejects["reason"], reason).as_py(), 1).to_pylist()[0]
        raw = legible(row["raw"], _RAW)
        check.rejects.append({"row": check.rows + row["source_row"], "reason": reason, "raw": raw})


def _span(check: LogCheck, parsed: Parsed) -> None:
    """Widen the period to the rows that were read."""
    spread = pc.min_max(parsed.rows["received_at"])
    first, last = spread["min"].as_py(), spread["max"].as_py()
    if first and last:
        check.first = min(check.first or _stamp(first), _stamp(first))
        check.last = max(check.last or "", _stamp(last))


def _stamp(moment: datetime) -> str:
    """Write a moment so that its text sorts as it does."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _labelled(label: str, text: str) -> list[str]:
    return wrap(
        legible(text, 4000),
        WIDTH,
        initial_indent=f"  {label:<9} ",
        subsequent_indent=" " * 12,
        break_on_hyphens=False,
        break_long_words=False,
    )
