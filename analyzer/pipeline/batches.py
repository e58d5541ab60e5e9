"""Batches of work: the chunks of a large file one by one, those of small files of one format put together.

So ten thousand files do not make ten thousand parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from analyzer.formats import CHUNK_BYTES, Chunk, Cut, Format, Log, Placed, StoredChunk, StoredLog

_BATCH_BYTES = CHUNK_BYTES // 2
_BATCH_PIECES = 1_000


@dataclass(frozen=True, slots=True)
class Piece:
    """A chunk of a log, and the number of the input's book."""

    book: int
    log: Log | StoredLog
    chunk: Chunk | Cut | StoredChunk | Placed

    @property
    def format(self) -> Format:
        """The format of its rows; a store has several."""
        return self.chunk.format if isinstance(self.chunk, StoredChunk) else self.log.format


@dataclass(frozen=True, slots=True)
class Batch:
    """Pieces of one format, in the order of the input; at least one."""

    format: Format
    pieces: tuple[Piece, ...]


@dataclass(slots=True)
class _Waiting:
    """Pieces of one format that wait until they are worth a batch."""

    format: Format
    pieces: list[Piece] = field(default_factory=list)
    size: int = 0

    def take(self) -> Iterator[Batch]:
        """Give what has gathered and start again."""
        if self.pieces:
            yield Batch(self.format, tuple(self.pieces))
        self.pieces, self.size = [], 0

    def add(self, piece: Piece) -> Iterator[Batch]:
        """Take up a piece; give the batches that are full by it."""
        size = piece.chunk.size
        if size >= _BATCH_BYTES:
            yield from self.take()
        self.pieces.append(piece)
        self.size += size
        if self.size >= _BATCH_BYTES or len(self.pieces) >= _BATCH_PIECES:
            yield from self.take()


@dataclass(frozen=True, slots=True)
class Gathering:
    """The pieces of all formats that wait."""

    _formats: dict[str, _Waiting] = field(default_factory=dict)

    def add(self, piece: Piece) -> Iterator[Batch]:
        """Take up a piece; give the batches that are full by it."""
        yield from self._formats.setdefault(piece.format.name, _Waiting(piece.format)).add(piece)

    def rest(self) -> Iterator[Batch]:
        """Give what has gathered."""
        for waiting in self._formats.values():
            yield from waiting.take()
