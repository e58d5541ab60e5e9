"""Chunks that are not at hand, and where they lie: in the log's own bytes, or in files of their own.

Whoever reads a log once from its beginning can so leave its chunks to others: a log of plain UTF-8 whose
records need nothing from the cutter is read by them from the place where a chunk begins; of every other
one (compressed, UTF-16, JSON, lines that belong together) the chunks are set down beside it.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from analyzer.formats.chunk import CHUNK_BYTES, Chunk
from analyzer.formats.log import Log
from analyzer.inputs import Source

_PACKED = "lz4"  # unpacked faster than most disks read


@dataclass(frozen=True, slots=True)
class Placed:
    """A chunk that lies where others can read it.

    Attributes:
        size: Bytes of text.
        start: Where it begins in the log's own bytes, or in what is left of it else.
        left: The chunk without its text; None where it lies in a file of its own.
        file: Path of that file.
        packed: Its size before it was packed.
    """

    size: int
    start: int = 0
    left: Chunk | None = None
    file: str = ""
    packed: int = 0

    def fetched(self, source: Source) -> Chunk:
        """Read the chunk; the source is that of its log."""
        if self.left is not None:
            return replace(self.left, data=source.part(self.start, self.size))
        found: Chunk = pickle.loads(  # noqa: S301 - see above
            pa.decompress(Path(self.file).read_bytes(), self.packed, _PACKED, asbytes=True)
        )
        return found


def placed(log: Log, folder: Path, *, size: int = CHUNK_BYTES) -> Iterator[Placed]:
    """Read a log from its beginning and give its chunks' places.

    Args:
        log: As recognised.
        folder: Where chunks are set down that do not lie in the log as they are; made where it is wanted.
        size: About so many bytes of UTF-8 a chunk.
    """
    for number, chunk in enumerate(log.chunks(size=size)):
        start = log.start_of(chunk)
        if start is not None:
            yield Placed(chunk.size, start, replace(chunk, data=b"", notes=(), onward=None))
            continue
        folder.mkdir(exist_ok=True)
        text = pickle.dumps(replace(chunk, onward=None))
        file = folder / f"{number:06d}"
        file.write_bytes(pa.compress(text, _PACKED, asbytes=True))
        yield Placed(chunk.size, file=str(file), packed=len(text))
