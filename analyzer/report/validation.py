"""What lint says of a configuration, without judging a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap

from analyzer.legible import legible
from analyzer.lint import Caught, lint_tenant
from analyzer.report.log_check import WIDTH
from analyzer.schema import SEVERITIES
from analyzer.tenant.model import Tenant

_LABEL = " " * 7  # below the severity


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
