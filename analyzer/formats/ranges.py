"""A log in parts that are read and looked at side by side, and cut in their order.

A part begins anywhere in a record. What lies before its first record's beginning is cut off with the part
before; so only the cuts are made in order, and of ranges of a file the digest is taken then too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from analyzer.formats.chunk import Chunk
from analyzer.formats.cutting import Cut, Cutter, Scouted
from analyzer.inputs import ByteRanges, Range

T = TypeVar("T")
Noted = Callable[[Iterator[Chunk | Cut]], Iterator[Chunk | Cut]]  # takes note of what passes


@dataclass(frozen=True, slots=True)
class Read:
    """Some of a log that was read.

    Attributes:
        found: Its bytes.
        seen: What was seen in its text.
        last: Whether nothing follows.
        chunks: Its chunks, where it is the only one and so already cut.
    """

    found: Range
    seen: Scouted | None = None
    last: bool = False
    chunks: tuple[Chunk | Cut, ...] | None = None


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """Some of a log, as whoever is free takes it."""

    _look: Callable[[], T]
    _cut: Callable[[T], Iterator[Chunk | Cut]]
    _seen: list[T] = field(default_factory=list)

    def look(self) -> None:
        """Read it and look at it; side by side with others, and once."""
        self._seen.append(self._look())

    def cut(self) -> Iterator[Chunk | Cut]:
        """Cut it; once, and after all parts before it."""
        yield from self._cut(self._seen.pop())


def ready(chunk: Chunk, noted: Noted) -> Part[Chunk]:
    """Give a part that was cut when it was taken."""
    return Part(lambda: chunk, lambda cut: noted(iter((cut,))))


def block(text: bytes, cutter: Cutter, noted: Noted, *, last: bool, damage: str) -> Part[Read]:
    """Give a part of a stream, which was read when it was taken."""

    def look() -> Read:
        return Read(Range(b"", text, damage), None if last else cutter.scout(text), last)

    def cut(read: Read) -> Iterator[Chunk | Cut]:
        return noted(cutter.cut(read.found.text, read.seen, last=read.last, damage=read.found.damage))

    return Part(look, cut)


class Ranges:
    """The ranges of one log.

    Attributes:
        count: How many there are.
        passed: Bytes of the file up to the range cut last.
        digest: SHA-256 of the file's own bytes; empty until the last range was cut.
        replaced: Whether there were bytes that stand for no character.
    """

    def __init__(self, found: ByteRanges, cutter: Cutter) -> None:
        """Stand before the first range."""
        self.count = found.count
        self.passed = len(found.head)
        self.digest = ""
        self.replaced = False
        self._found, self._cutter = found, cutter
        self._hash = hashlib.sha256(found.head)
        self._ended = False

    def read(self, number: int) -> Read:
        """Read a range and look at it; may be called from several threads, and once a range."""
        found, last = self._found.read(number), number == self.count - 1
        if self.count == 1:
            return Read(found, None, last, tuple(self._cut(found, None, last=True)))
        return Read(found, None if last else self._cutter.scout(found.text), last)

    def cut(self, read: Read) -> Iterator[Chunk | Cut]:
        """Cut a range; after all those before it."""
        yield from self._cut(read.found, read.seen, last=read.last) if read.chunks is None else read.chunks
        if read.last:
            self.digest = self._hash.hexdigest()
            self._found.close()

    def _cut(self, found: Range, seen: Scouted | None, *, last: bool) -> Iterator[Chunk | Cut]:
        self._hash.update(found.raw)
        self.passed += len(found.raw)
        self.replaced |= found.replaced
        if not self._ended:
            self._ended = bool(found.damage)  # a file that became shorter ends here, whatever may follow
            yield from self._cutter.cut(found.text, seen, last=last or self._ended, damage=found.damage)
