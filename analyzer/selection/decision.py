"""The values that selection takes and gives: a complete question, an answer, its steps."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Outcome(StrEnum):
    """How a message is taken in or leaves."""

    CONNECTOR = "connector"
    NONE = "none"
    LOCAL = "local"
    REJECT = "reject"
    AMBIGUOUS = "ambiguous"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True)
class Step:
    """One test on the way to an answer: what was looked at, how it fared, and the rule behind it."""

    subject: str
    fate: str
    cite: str

    def __str__(self) -> str:
        """Print the step as one line."""
        return f"{self.subject}: {self.fate} [{self.cite}]"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the configuration answers on one side.

    `candidates` holds every equally good connector where the outcome is ambiguous. Two answers are
    equal when they say the same, whatever steps led there.
    """

    outcome: Outcome
    connector: str | None = None
    reason: str = ""
    candidates: tuple[str, ...] = ()
    code: str | None = None
    steps: tuple[Step, ...] = field(default=(), compare=False, repr=False)

    def names(self) -> tuple[str, ...]:
        """Every connector that would be a right one."""
        return (self.connector,) if self.connector is not None else self.candidates

    def same_as(self, other: Answer) -> bool:
        """Tell whether both say the same, reasons aside."""
        return (self.outcome, self.connector, self.candidates) == (other.outcome, other.connector, other.candidates)
