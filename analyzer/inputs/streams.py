"""From the bytes on disk to the bytes of the log: zip members and gzip, each a step over blocks.

The steps are our own so that a damaged file gives what can still be read of it and says what is
wrong, and so that the file's own bytes are counted and hashed on the way, without a second pass.
"""

from __future__ import annotations

import hashlib
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO

BLOCK = 1 << 20
GZIP_MAGIC = b"\x1f\x8b\x08"
STORED, DEFLATED = 0, 8
_GZIP_BITS, _RAW_BITS = 31, -15  # zlib's words for a gzip file and for bare deflate data


@dataclass(frozen=True, slots=True)
class Member:
    """Where a zip member lies; size and checksum are None where the zip's own list is lost."""

    name: str
    offset: int
    size: int | None
    method: int
    checksum: int | None


class _DamageError(Exception):
    """The compressed data ends early, or is not what it should be."""


class Stream(io.RawIOBase):
    """The bytes of a source after decompression.

    Attributes:
        damage: Why the data ended before its end; empty while all is well.
        bytes_read: Bytes of the file (compressed, if it is) consumed so far.
    """

    def __init__(self, raw: BinaryIO, member: Member | None = None) -> None:
        """Read `raw`, or one member of the zip archive in it; both are closed together."""
        super().__init__()
        self.damage = ""
        self.bytes_read = 0
        self._raw = raw
        self._hash = hashlib.sha256()
        self._own = self._hashed(_member(self._counted(member), member) if member else self._counted(member))
        self._blocks = _unpacked(self._own)
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
        except _DamageError as error:
            self.damage = self.damage or str(error)
        return self._hash.hexdigest()

    def _next(self) -> bytes:
        """Give the next block, or none: at the end, and from the damage on."""
        try:
            return next(self._blocks, b"")
        except _DamageError as error:
            self.damage = str(error)
            return b""

    def _counted(self, member: Member | None) -> Iterator[bytes]:
        """Read the file, or the part of it that holds the member."""
        left = None if member is None else member.size
        if member:
            self._raw.seek(member.offset)
        while block := self._raw.read(BLOCK if left is None else min(BLOCK, left)):
            self.bytes_read += len(block)
            left = None if left is None else left - len(block)
            yield block

    def _hashed(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """Hash what passes."""
        for block in blocks:
            self._hash.update(block)
            yield block


def _member(blocks: Iterator[bytes], member: Member) -> Iterator[bytes]:
    """Decompress a zip member and check it against the archive's own checksum."""
    checksum = 0
    for block in blocks if member.method == STORED else _inflated(blocks, _RAW_BITS):
        checksum = zlib.crc32(block, checksum)
        yield block
    if member.checksum not in {None, checksum}:
        raise _DamageError("the zip archive is damaged or cut")
    if member.checksum is None:
        raise _DamageError("the zip archive is cut: its list of files is missing")


def _unpacked(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Decompress gzip, told by its first bytes, and pass everything else."""
    first = next(blocks, b"")
    whole = chain((first,), blocks)
    yield from _inflated(whole, _GZIP_BITS) if first.startswith(GZIP_MAGIC) else whole


def _inflated(blocks: Iterator[bytes], bits: int) -> Iterator[bytes]:
    """Decompress zlib data in pieces of bounded size; several gzip files in a row are one."""
    inflater = zlib.decompressobj(bits)
    for block in blocks:
        left = block
        while left:
            if inflater.eof:
                left = left.lstrip(b"\0")  # tapes and some copies pad a gzip file with zeros
                if bits == _RAW_BITS or not left:
                    break
                inflater = zlib.decompressobj(bits)
            try:
                piece = inflater.decompress(left, BLOCK)
            except zlib.error as error:
                raise _DamageError("the compressed data is damaged") from error
            if piece:  # a header alone gives none, and none would mean the end
                yield piece
            left = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
    if piece := inflater.flush():
        yield piece
    if not inflater.eof:
        raise _DamageError("the compressed file ends early")
