"""Cutting a text into chunks of whole records, block after block.

Where a record ends can be known only from the text before it. So blocks are cut in their order; but nearly
all of the work is to look at bytes, and that is done before (`scout`) and afterwards (`put_together`), side
by side. What is then left to be done in order is some arithmetic (`regular`). A block that is not regular is
cut in its order altogether.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from analyzer.formats.chunk import Chunk, Onward, parts_of, repaired

_PIECE = 1 << 20  # what is read at a time, so that a block is put together only once
_MANY_LINES = 400_000  # in 16 MB; real rows have hundreds of bytes


class Bytes(Protocol):
    """Bytes of UTF-8, a number at a time; fewer than asked for only at the end."""

    @property
    def damage(self) -> str:
        """Why the bytes ended before their end, empty where they did not."""

    def read(self, size: int, /) -> bytes:
        """Give up to `size` bytes."""


class Scouted(Protocol):
    """What was seen in a block."""

    @property
    def lines(self) -> int:
        """How many line feeds there are."""


@dataclass(slots=True)
class Cut:
    """A chunk that is not put together yet: the end of one block and the beginning of the next.

    Attributes:
        start: Where it begins in the text.
        size: Bytes of text.
    """

    _parts: list[bytes | memoryview]
    start: int
    size: int

    def put_together(self) -> Chunk:
        """Give the chunk, once: the blocks are let go, so that they do not stand beside it."""
        data = b"".join(self._parts)
        self._parts.clear()
        return repaired(Chunk(data, start=self.start))


class Cutter(ABC):
    """Cuts the text of one log.

    Attributes:
        done: Whether nothing that follows can be read.
    """

    def __init__(self) -> None:
        """Stand before the first record."""
        self.done = False
        self._rest = b""
        self._wanted = 0
        self._at = 0
        self._onward: Onward | None = None

    @abstractmethod
    def whole(self, text: bytes, /, *, last: bool, damage: str) -> Chunk:
        """Cut the whole records off the front of a text; at the end of the log, all that is left."""

    def scout(self, block: bytes) -> Scouted | None:  # noqa: ARG002 - nothing is to be seen before
        """Look at a block by itself; may be called from several threads."""
        return None

    def regular(self, rest: bytes, block: bytes, seen: Scouted) -> int | None:  # noqa: ARG002
        """Say where in the block the last whole record ends, where nothing else is to be known; None otherwise."""
        return None

    def parts(self, chunk: Chunk) -> Iterator[Chunk]:
        """Part a chunk where that is needed; in their order."""
        yield chunk

    def cut(self, block: bytes, seen: Scouted | None = None, *, last: bool, damage: str = "") -> Iterator[Chunk | Cut]:
        """Cut the next block.

        Args:
            block: What follows the block before.
            seen: What was scouted in it.
            last: Whether it is the last one.
            damage: Why the log ended before its end.
        """
        if self.done:
            return
        end = None
        if seen and not (last or self._wanted or self._onward) and seen.lines <= _MANY_LINES:
            end = self.regular(self._rest, block, seen)
        if end is None:
            yield from self._in_order(block, last=last, damage=damage)
            return
        size = len(self._rest) + end
        yield Cut([self._rest, memoryview(block)[:end]], self._at, size)
        self._rest = block[end:]
        self._at += size

    def _in_order(self, block: bytes, *, last: bool, damage: str) -> Iterator[Chunk]:
        """Cut a block of which nothing is known."""
        rest = b"".join((self._rest, block)) if self._rest else block
        done = len(rest) < self._wanted and not last
        while not done:
            if self._onward:
                self._at += len(rest)
                rest, done = _past(rest, self._onward, last=last)
                self._at -= len(rest)
                if not done:
                    break
            text = _bite(rest, self._wanted)
            done = len(text) == len(rest)
            chunk = self.whole(text, last=last and done, damage=damage)
            self._onward = chunk.onward
            self._wanted = 0 if chunk.data else 2 * len(text)  # a long record: do not look at it again and again
            rest = rest[len(chunk.data) :]
            if chunk.data or chunk.broken or chunk.notes:
                yield from self.parts(repaired(replace(chunk, start=self._at)))
            self._at += len(chunk.data)
            done = done or self.done
        self._rest = rest


def cut_stream(stream: Bytes, size: int, cutter: Cutter) -> Iterator[Chunk]:
    """Cut what can be read only from its beginning, in blocks of about `size` bytes."""
    for block, last in blocks(stream, size):
        for chunk in cutter.cut(block, last=last, damage=stream.damage):
            yield put_together(chunk)
        if cutter.done:
            return


def put_together(chunk: Chunk | Cut) -> Chunk:
    """Give a chunk as one text."""
    return chunk.put_together() if isinstance(chunk, Cut) else chunk


def blocks(stream: Bytes, size: int) -> Iterator[tuple[bytes, bool]]:
    """Give the stream in blocks of about `size` bytes, each with whether it is the last."""
    piece, ahead = min(size, _PIECE), stream.read(min(size, _PIECE))
    while True:
        pieces, have = list[bytes](), 0
        while ahead and have < size:
            pieces.append(ahead)
            have += len(ahead)
            ahead = stream.read(piece)
        yield b"".join(pieces), not ahead
        if not ahead:
            return


def _bite(text: bytes, wanted: int) -> bytes:
    """Take less of the text where it has so many lines that their numbers and reasons alone would fill the memory."""
    if lines_of(text) <= _MANY_LINES:
        return text
    return text[: max(wanted, _PIECE)]


def lines_of(text: bytes) -> int:
    """Count the line feeds."""
    return sum(int(np.count_nonzero(part == ord("\n"))) for part in parts_of(text))


def _past(rest: bytes, onward: Onward, *, last: bool) -> tuple[bytes, bool]:
    """Leave out what still belongs to a record that is too long; it was rejected where it began."""
    end, done = onward(rest, 0)
    return (b"", True) if last and not done else (rest[end:], done)
