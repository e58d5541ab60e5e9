"""How like each format a file's columns are: why it was recognised, and what speaks against the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analyzer.formats.base import Format


@dataclass(frozen=True, slots=True)
class Likeness:
    """What of a format's marks a file has.

    Attributes:
        format: The format.
        found: The columns that mark the format, as the file spells them.
        missing: The marks that are not there.
        against: Columns that the format never has, as the file spells them.
    """

    format: Format
    found: tuple[str, ...]
    missing: tuple[str, ...]
    against: tuple[str, ...]

    @property
    def near(self) -> bool:
        """Whether most of the marks are there: somebody may have meant this format."""
        return len(self.missing) < (len(self.found) + len(self.missing)) / 2


def likenesses(names: Sequence[str], formats: Iterable[Format]) -> list[Likeness]:
    """Compare column names with every format, the likest first."""
    found = [_likeness(names, format_) for format_ in formats]
    return sorted(found, key=lambda one: (len(one.missing) + len(one.against), -len(one.found)))


def _likeness(names: Sequence[str], format_: Format) -> Likeness:
    located = format_.located(names)
    return Likeness(
        format_,
        tuple(sorted(located[key] for key in format_.marks & located.keys())),
        tuple(sorted(format_.marks - located.keys())),
        tuple(name for name in names if name.lower() in format_.foreign),
    )
