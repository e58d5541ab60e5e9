"""What an engine answers: one word, and the connectors where there are any."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """`word` is connector, none, local or reject; several `names` are equal candidates (7.1, R2)."""

    word: str
    names: tuple[str, ...] = ()
    code: str | None = None

    def __str__(self) -> str:
        """Write it as tests compare it: `OB1`, `OB1 | OB2`, `none`, `reject 5.7.64`."""
        return " ".join(filter(None, (" | ".join(self.names) or self.word, self.code)))


NONE, LOCAL = Answer("none"), Answer("local")


def chosen(names: list[str], equal_candidates: str) -> Answer:
    """Take the one connector, or treat several equal ones as the policy equal_candidates says (7.2)."""
    ordered = sorted(names, key=str.casefold)
    if equal_candidates == "lowest_name":
        ordered = ordered[:1]
    return Answer("connector", tuple(ordered))
