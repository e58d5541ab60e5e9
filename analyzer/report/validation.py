"""What the readers make of a log file, and what lint says of a configuration, without judging a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from textwrap import wrap

from analyzer.charts.legible import legible
from analyzer.formats import open_input, parse
from analyzer.inputs import find
from analyzer.lint import Caught, lint_tenant
from analyzer.schema import SEVERITIES
from analyzer.tenant.model import Tenant

WIDTH = 100
_LABEL = " " * 7  # below the severity


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
        log = open_input(source, **said)
        noise: Counter[str] = Counter()
        rows = rejected = 0
        first: str | None = None
        for chunk in log.chunks():
            parsed = parse(log, chunk)
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


@dataclass(frozen=True, slots=True)
class TenantCheck:
    """What lint says of a tenant: the traps of the last snapshot, and those that are gone since."""

    standing: tuple[Caught, ...]
    gone: tuple[Caught, ...]

    @classmethod
    def of(cls, tenant: Tenant) -> TenantCheck:
        """Look through every snapshot of a tenant."""
        last, caught = tenant.snapshots[-1].name, lint_tenant(tenant)
        standing = tuple(c for c in caught if last in c.snapshots)
        return cls(standing, tuple(c for c in caught if last not in c.snapshots))

    def fails(self, severity: str) -> bool:
        """Tell whether a trap that stands is at least so severe."""
        return any(SEVERITIES.index(c.check.severity) >= SEVERITIES.index(severity) for c in self.standing)

    def as_dicts(self) -> list[dict[str, object]]:
        """Give all traps as plain values; `standing` says whether the last snapshot holds it."""
        told = [(c, True) for c in self.standing] + [(c, False) for c in self.gone]
        return [{**c.as_dict(), "standing": stands} for c, stands in told]

    def lines(self) -> Iterator[str]:
        """Say it in lines for a terminal, the gravest first."""
        yield ""
        if not self.standing:
            yield "configuration: no traps"
        else:
            yield f"configuration: {_tally(self.standing)}; `mailflow explain CODE` tells more of each"
        for caught in self.standing:
            yield ""
            yield from _trap(caught)
        if self.gone:
            yield ""
            yield f"gone since an earlier snapshot: {', '.join(dict.fromkeys(c.check.code for c in self.gone))}"


def _tally(caught: Sequence[Caught]) -> str:
    counts = Counter(c.check.severity for c in caught)
    parts = ", ".join(f"{counts[severity]} {severity}" for severity in SEVERITIES[::-1] if counts[severity])
    return f"{len(caught)} trap{'s' if len(caught) > 1 else ''} ({parts})"


def _trap(caught: Caught) -> Iterator[str]:
    """Tell one trap: what, where, why, what to do, and on which document it rests."""
    trap = caught.trap
    yield from _wrapped(f"{caught.check.severity:<7}{caught.check.code} {trap.title}", "")
    parts = (
        ("where", f"{trap.subject}: {trap.property}"),
        ("why", trap.cause),
        ("fix", trap.advice),
        ("policy", ", ".join(trap.policies)),
        ("source", caught.check.source),
    )
    for label, text in parts:
        if text:
            yield from _wrapped(text, f"{_LABEL}{label:<7}")


def _wrapped(text: str, head: str) -> Iterator[str]:
    shown = legible(text, 2000, cut="...")
    return iter(
        wrap(f"{head}{shown}", WIDTH, subsequent_indent=" " * (len(head) or len(_LABEL)), break_on_hyphens=False)
    )
