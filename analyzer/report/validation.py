"""What the readers make of a log file, without judging a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from analyzer.formats import open_log
from analyzer.inputs import find


@dataclass(frozen=True, slots=True)
class LogCheck:
    """One log file: what it was recognised as, and its books."""

    name: str
    format: str
    encoding: str
    shape: str
    rows: int
    read: int
    rejected: int
    noise: dict[str, int]
    notes: tuple[str, ...]
    first_reject: str | None

    def as_dict(self) -> dict[str, object]:
        """Give the check as plain values."""
        return asdict(self)

    def lines(self) -> Iterator[str]:
        """Say it in lines for a terminal."""
        yield f"{self.name}: {self.format} ({self.shape}, {self.encoding})"
        noise = sum(self.noise.values())
        yield f"  {self.rows:,} rows = {self.read:,} read + {self.rejected:,} rejected + {noise:,} noise"
        for kind, count in sorted(self.noise.items()):
            yield f"  noise {kind}: {count:,}"
        if self.first_reject:
            yield f"  first reject: {self.first_reject}"
        yield from (f"  note: {note}" for note in self.notes)


def check_log(argument: str, **said: str | None) -> Iterator[LogCheck]:
    """Read every file that an argument stands for to its end, and count; `said` as `open_log` takes it.

    Raises:
        LogError: a file that no format recognises.
    """
    for source in find([argument]):
        log = open_log(source, **said)
        noise: Counter[str] = Counter()
        rows = rejected = 0
        first: str | None = None
        for chunk in log.chunks():
            parsed = log.parse(chunk)
            if first is None and parsed.rejects.num_rows:
                reject = parsed.rejects.slice(0, 1).to_pylist()[0]
                first = f"row {rows + reject['source_row']}: {reject['reason']}"
            rows += parsed.records
            rejected += parsed.rejects.num_rows
            noise.update(parsed.noise)
        yield LogCheck(
            name=source.name,
            format=log.format.name,
            encoding=log.encoding,
            shape=log.shape,
            rows=rows,
            read=rows - rejected - noise.total(),
            rejected=rejected,
            noise=dict(noise),
            notes=tuple(log.notes),
            first_reject=first,
        )
