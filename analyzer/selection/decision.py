"""The values that selection takes and gives: a complete question, an answer, its steps."""

from __future__ import annotations

from collections.abc import Iterator
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
    """A test on the way to an answer: what was looked at, how it fared, the rule behind it, and what it rests on.

    `cite` is a section of docs/connector-selection.md, empty where the step only gathers others.
    """

    subject: str
    fate: str
    cite: str
    steps: tuple[Step, ...] = ()

    def __str__(self) -> str:
        """Print the step itself as one line."""
        said = f"{self.subject}: {self.fate}" if self.fate else self.subject
        return f"{said} [{self.cite}]" if self.cite else said

    def walk(self, depth: int = 0) -> Iterator[tuple[int, Step]]:
        """Give the step and all below it in order, each with its depth."""
        yield depth, self
        for step in self.steps:
            yield from step.walk(depth + 1)

    def as_dict(self) -> dict[str, object]:
        """Give the tree as plain values."""
        below = [step.as_dict() for step in self.steps]
        return {"subject": self.subject, "fate": self.fate, "cite": self.cite, "steps": below}


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

    def words(self) -> str:
        """Say the answer in a word or two: a connector, several, or the outcome."""
        return " or ".join(self.names()) or self.outcome.value

    def same_as(self, other: Answer) -> bool:
        """Tell whether both say the same, reasons aside."""
        return (self.outcome, self.connector, self.candidates) == (other.outcome, other.connector, other.candidates)


def by_name(name: str) -> tuple[str, str]:
    """Order connector names without regard to case, as they are compared; policy `lowest_name` goes by it."""
    return name.casefold(), name
