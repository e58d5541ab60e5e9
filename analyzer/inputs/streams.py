"""From the bytes on disk to the bytes of the log: zip members and compression, each a step over blocks.

The steps are our own so that a damaged file gives what can still be read of it and says what is
wrong, and so that the file's own bytes are counted and hashed on the way, without a second pass.
"""

from __future__ import annotations

import hashlib
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from analyzer.inputs.compression import BLOCK, DamageError, bounded, inflated, peeked, told

GROWN = "the file grew while it was read"
SHORTER = "the file became shorter while it was read"


def grown(limit: int) -> str:
    """Say that a file grew, and up to where it was read."""
    return f"{GROWN} and was read up to the {limit:,} bytes it had at first"


@dataclass(frozen=True, slots=True)
class Member:
    """Where a zip member's data lies.

    Attributes:
        size: Its compressed bytes; None where it is the last of an archive that is cut.
        checksum: CRC-32 of its text; None where nobody knows whether the member is whole.
        problem: Why it cannot be unpacked; empty where it can.
    """

    name: str
    offset: int
    size: int | None
    method: int
    checksum: int | None
    problem: str = ""


class Stream(io.RawIOBase):
    """The bytes of a source after decompression.

    Attributes:
        compression: What the bytes were packed with, as `zip > gzip`; empty where they were not.
        damage: Why the data ended before its end; empty while all is well.
        bytes_read: Bytes of the file (compressed, if it is) consumed so far.
    """

    def __init__(self, raw: BinaryIO, member: Member | None = None, limit: int | None = None) -> None:
        """Read `raw` up to the limit, or one member of the zip archive in it; both are closed together."""
        super().__init__()
        self.compression = ""
        self.damage = ""
        self.bytes_read = 0
        self._raw = raw
        self._hash = hashlib.sha256()
        blocks = bounded(_member(self._part(member), member), self._taken) if member else self._upto(limit)
        self._own = self._hashed(blocks)
        self._blocks = self._unpacked(member)
        self._ahead: bytes | memoryview = b""

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def close(self) -> None:
        """Close the file underneath too."""
        self._raw.close()
        super().close()

    def read(self, size: int = -1, /) -> bytes:
        """Give `size` bytes, fewer only at the end; all that is left where size is negative."""
        parts, have = [self._ahead], len(self._ahead)  # the last of them is cut as a view: one copy in all
        while (size < 0 or have < size) and (block := self._next()):
            parts.append(block)
            have += len(block)
        last = memoryview(parts[-1])
        end = len(last) - max(have - size, 0) if size >= 0 else len(last)
        parts[-1], self._ahead = last[:end], last[end:]
        return b"".join(parts)

    def digest(self) -> str:
        """SHA-256 of the file's own bytes (of a zip member's), reading on to its end if need be."""
        try:
            for _ in self._own:
                pass
        except DamageError as error:
            self.damage = self.damage or str(error)
        return self._hash.hexdigest()

    def _next(self) -> bytes:
        """Give the next block, or none: at the end, and from the damage on."""
        try:
            return next(self._blocks, b"")
        except DamageError as error:
            self.damage = str(error)
            return b""

    def _part(self, member: Member) -> Iterator[bytes]:
        """Read the part of the file that holds the member."""
        self._raw.seek(member.offset)
        yield from self._counted(member.size)

    def _upto(self, limit: int | None) -> Iterator[bytes]:
        """Read the file up to the size it had: one that is written to meanwhile would never end."""
        yield from self._counted(limit)
        if limit and self.bytes_read < limit:
            raise DamageError(SHORTER)
        if limit and self._raw.read(1):
            raise DamageError(grown(limit))

    def _counted(self, left: int | None) -> Iterator[bytes]:
        """Read so many bytes, or to the end."""
        while block := self._raw.read(BLOCK if left is None else min(BLOCK, left)):
            self.bytes_read += len(block)
            left = None if left is None else left - len(block)
            yield block

    def _taken(self) -> int:
        return self.bytes_read

    def _unpacked(self, member: Member | None) -> Iterator[bytes]:
        """Decompress what is compressed, told by its first bytes, and pass everything else."""
        first, blocks = peeked(self._own)
        found = told(first)
        self.compression = " > ".join([*(["zip"] if member else []), *([found.name] if found else [])])
        yield from bounded(found.undo(blocks), self._taken) if found else blocks

    def _hashed(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """Hash what passes."""
        for block in blocks:
            self._hash.update(block)
            yield block


def _member(blocks: Iterator[bytes], member: Member) -> Iterator[bytes]:
    """Decompress a zip member and check it against the archive's own checksum."""
    checksum = 0
    for block in inflated(blocks, member.method):
        checksum = zlib.crc32(block, checksum)
        yield block
    if member.checksum not in {None, checksum}:
        raise DamageError("the zip archive is damaged or cut")
    if member.checksum is None:
        raise DamageError("the zip archive is cut: its list of files is missing")
