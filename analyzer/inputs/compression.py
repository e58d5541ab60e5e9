"""Decompression in steps of bounded size: gzip, bzip2, xz and zstd, told by their first bytes.

What can be unpacked before damage comes out; then `DamageError` says what is wrong. A bomb is cut
short rather than followed: no log of different rows shrinks to a five-hundredth.
"""

from __future__ import annotations

import bz2
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Protocol

import pyarrow as pa

BLOCK = 1 << 20
_STORED, _DEFLATED, _BZIPPED = 0, 8, 12
METHODS = frozenset((_STORED, _DEFLATED, _BZIPPED))  # of zip, undone here (APPNOTE.TXT 4.4.5)

_FED = 64 << 10  # compressed bytes fed at a time: what damage may cost
_XZ_MEMORY = 256 << 20  # the largest dictionary in use takes 64 MB (xz -9)
_BOMB_RATIO, _BOMB_SIZE = 500, 1 << 30
_GZIP_BITS, _RAW_BITS = 31, -15  # zlib's words for a gzip file and for bare deflate data


class DamageError(Exception):
    """The compressed data ends early, or is not what it should be."""


class Step(Protocol):
    """A decompressor of the standard library: one stream, a piece at a time."""

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""

    @property
    def needs_input(self) -> bool:
        """Whether nothing is left of the data given."""

    @property
    def unused_data(self) -> bytes:
        """What follows the end of the stream."""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Give up to `max_length` bytes; what was not used is kept for the next call."""


class _Inflater:
    """zlib's decompressor with the habits of the others."""

    def __init__(self, bits: int) -> None:
        self._inflater = zlib.decompressobj(bits)

    @property
    def eof(self) -> bool:
        return self._inflater.eof

    @property
    def needs_input(self) -> bool:
        return not self._inflater.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inflater.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._inflater.decompress(self._inflater.unconsumed_tail + data, max_length)


@dataclass(frozen=True, slots=True)
class Compression:
    """A way to compress a file: its name, its first bytes, and how it is undone."""

    name: str
    magic: bytes
    undo: Callable[[Iterator[bytes]], Iterator[bytes]]


def _undone(blocks: Iterator[bytes], fresh: Callable[[], Step], magic: bytes) -> Iterator[bytes]:
    """Decompress; several streams one after the other are one file, padding with zeros is none."""
    step = fresh()
    for block in _bites(blocks):
        left = block
        while left:
            if step.eof:
                left = left.lstrip(b"\0")  # tapes and some copies pad a file with zeros
                if not left:
                    break
                if not left.startswith(magic[: len(left)]):
                    raise DamageError("other bytes follow the end of the compressed data")
                step = fresh()
            yield from _pieces(step, left)
            left = step.unused_data if step.eof else b""
    if not step.eof:
        raise DamageError("the compressed file ends early")


def _bites(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Cut blocks into small ones."""
    for block in blocks:
        for start in range(0, len(block), _FED):
            yield block[start : start + _FED]


def _pieces(step: Step, data: bytes) -> Iterator[bytes]:
    """Give what the data unpacks to, in pieces of bounded size; none of them is empty."""
    while True:
        try:
            piece = step.decompress(data, BLOCK)
        except (zlib.error, lzma.LZMAError, OSError, EOFError) as error:
            raise DamageError("the compressed data is damaged") from error
        if piece:
            yield piece
        if step.eof or (step.needs_input and len(piece) < BLOCK):
            return
        data = b""


def inflated(blocks: Iterator[bytes], method: int) -> Iterator[bytes]:
    """Decompress the data of a zip member, whose end the data itself knows."""
    if method == _STORED:
        yield from blocks
        return
    step = _of_method(method)
    for block in _bites(blocks):
        yield from _pieces(step, block)
        if step.eof:
            return
    raise DamageError("the compressed file ends early")


def measured(blocks: Iterator[bytes], method: int) -> int | None:
    """Count the compressed bytes of a zip member that does not say how many; None where they end early."""
    if method == _STORED:
        return None
    step, taken = _of_method(method), 0
    try:
        for block in _bites(blocks):
            taken += len(block)
            for _ in _pieces(step, block):
                pass
            if step.eof:
                return taken - len(step.unused_data)
    except DamageError:
        pass
    return None


def _of_method(method: int) -> Step:
    return bz2.BZ2Decompressor() if method == _BZIPPED else _Inflater(_RAW_BITS)


def _gunzipped(blocks: Iterator[bytes]) -> Iterator[bytes]:
    return _undone(blocks, lambda: _Inflater(_GZIP_BITS), _GZIP.magic)


def _bunzipped(blocks: Iterator[bytes]) -> Iterator[bytes]:
    return _undone(blocks, bz2.BZ2Decompressor, _BZIP2.magic)


def _unxzed(blocks: Iterator[bytes]) -> Iterator[bytes]:
    return _undone(blocks, lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, _XZ_MEMORY), _XZ.magic)


class _Pulled(io.RawIOBase):
    """Blocks as a file that Arrow reads from; what stops them is kept for us, since Arrow would wrap it."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        super().__init__()
        self.problem: DamageError | None = None
        self._blocks, self._ahead = blocks, b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        try:
            self._ahead = self._ahead or next(self._blocks, b"")
        except DamageError as error:
            self.problem = error
        piece, self._ahead = self._ahead[:size], self._ahead[size:]
        return piece


def _unzstded(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Decompress zstd with Arrow, for the standard library has none before Python 3.14."""
    source = _Pulled(_bites(blocks))
    stream = pa.CompressedInputStream(pa.PythonFile(source, "r"), "zstd")
    while True:
        try:
            piece = stream.read(_FED)
        except OSError as error:
            raise source.problem or DamageError("the compressed data is damaged or ends early") from error
        if not piece:
            break
        yield piece
    if source.problem:
        raise source.problem


_GZIP = Compression("gzip", b"\x1f\x8b\x08", _gunzipped)
_BZIP2 = Compression("bzip2", b"BZh", _bunzipped)
_XZ = Compression("xz", b"\xfd7zXZ\0", _unxzed)
_ZSTD = Compression("zstd", b"\x28\xb5\x2f\xfd", _unzstded)
COMPRESSIONS = (_GZIP, _BZIP2, _XZ, _ZSTD)


def told(head: bytes) -> Compression | None:
    """Tell by its first bytes how a file is compressed; None where it is not."""
    return next((compression for compression in COMPRESSIONS if head.startswith(compression.magic)), None)


def bounded(blocks: Iterator[bytes], taken: Callable[[], int]) -> Iterator[bytes]:
    """Pass on what was unpacked until it is too much to be a log; `taken` tells the compressed bytes so far."""
    given = 0
    for block in blocks:
        given += len(block)
        if given > _BOMB_SIZE and given > _BOMB_RATIO * taken():
            raise DamageError(f"it unpacks to more than {_BOMB_RATIO} times its size, as only a bomb does")
        yield block


def peeked(blocks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Look at the first block, and give it back with the others."""
    first = next(blocks, b"")
    return first, chain((first,), blocks)
