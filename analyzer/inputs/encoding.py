"""The encoding of a text file, told by its bytes, and its text as UTF-8 without a byte order mark.

Exports come as UTF-8, as UTF-16 with and without a mark, and, from Windows PowerShell 5.1, in the
PC's own code page. So bytes that are not valid UTF-8 are read as Windows-1252, one by one: the
answer then depends on the bytes alone and not on where a block happens to end. Which other code page
it may have been no byte tells: the user names it.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa

from analyzer.errors import UsageError

_HANDLER = "mailflow-windows-1252"
_SNIFFED = 512  # the header of every format lies here, and header names are ASCII
_DECODED = 1 << 20  # bytes of UTF-16 turned at a time
REPLACED = "\ufffd"
WITHIN_CHARACTER = "the file ends within a character"


def _one_by_one(error: UnicodeError) -> tuple[str, int]:
    """Read the bytes that are not UTF-8 as Windows-1252; its five holes as Latin-1."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return "".join(_WINDOWS_1252[byte] for byte in wrong), error.end


_WINDOWS_1252 = [bytes([n]).decode("cp1252", "ignore") or chr(n) for n in range(256)]
codecs.register_error(_HANDLER, _one_by_one)


class Readable(Protocol):
    """Anything that gives up to so many bytes, and none only at the end."""

    @property
    def damage(self) -> str:
        """Why the bytes ended before their end, empty where they did not."""

    def read(self, size: int, /) -> bytes:
        """Give up to `size` bytes."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding: its name as shown, its Python codec, and the byte order mark to skip."""

    name: str
    codec: str
    mark: bytes = b""


_MARKED = (
    Encoding("utf-8 with BOM", "utf-8", codecs.BOM_UTF8),
    Encoding("utf-16-le with BOM", "utf-16-le", codecs.BOM_UTF16_LE),
    Encoding("utf-16-be with BOM", "utf-16-be", codecs.BOM_UTF16_BE),
)
_LITTLE = Encoding("utf-16-le", "utf-16-le")
_BIG = Encoding("utf-16-be", "utf-16-be")
_UTF8 = Encoding("utf-8", "utf-8")


def named_encoding(name: str) -> Encoding:
    """Give the encoding of a name that Python knows, such as `cp1251` or `utf-16-le`.

    Raises:
        UsageError: There is no such text encoding.
    """
    try:
        b"Received\xff".decode(name, "replace")
    except (LookupError, ValueError):  # unknown or not of text; not for any bytes
        accepted = "cp1252, cp1251, cp1250, cp850, utf-8 and utf-16-le would be accepted, among others"
        raise UsageError(f"--encoding {name}: not an encoding this program knows; {accepted}") from None
    codec = codecs.lookup(name).name
    return Encoding(f"{codec} as said", codec)


def sniff_encoding(head: bytes, named: Encoding | None = None) -> Encoding:
    """Tell the encoding: by its mark, else as the user named it, else by where the zero bytes stand."""
    for encoding in _MARKED:
        if head.startswith(encoding.mark):
            return encoding
    if named:
        return named
    sample = np.frombuffer(head[:_SNIFFED], np.uint8)
    even, odd = (sample[start::2] == 0 for start in (0, 1))
    if len(odd) and odd.mean() > 0.5 and even.mean() < 0.1:
        return _LITTLE
    if len(odd) and even.mean() > 0.5 and odd.mean() < 0.1:
        return _BIG
    return _UTF8


class Utf8Stream:
    """The text of a stream as UTF-8 without a byte order mark; UTF-8 itself passes unchanged.

    Attributes:
        replaced: Whether there were bytes that stand for no character; each became U+FFFD.
    """

    def __init__(self, stream: Readable, encoding: Encoding) -> None:
        """Read `stream`, which stands at its first byte."""
        self.replaced = False
        self._stream = stream
        self._codec = encoding.codec
        self._ahead = stream.read(len(encoding.mark))[len(encoding.mark) :]
        self._decoder = codecs.getincrementaldecoder(encoding.codec)("replace")
        self._cut = ""

    @property
    def damage(self) -> str:
        """Why the bytes ended before their end, empty where they did not."""
        return self._stream.damage or self._cut

    def read(self, size: int, /) -> bytes:
        """Give `size` bytes, fewer only at the end."""
        if self._codec == "utf-8":
            return self._stream.read(size)
        parts, have = [self._ahead], len(self._ahead)
        while have < size:
            block = self._stream.read(_DECODED)
            parts.append(self._decoded(block))
            have += len(parts[-1])
            if not block:
                break
        whole = b"".join(parts)
        self._ahead = whole[size:]
        return whole[:size]

    def _decoded(self, block: bytes) -> bytes:
        """Turn a block into UTF-8; half a character at the end of all is left out, and said."""
        if not block and self._decoder.getstate()[0]:
            self._decoder.reset()
            self._cut = WITHIN_CHARACTER
        text = self._decoder.decode(block, final=not block)
        self.replaced = self.replaced or REPLACED in text
        return text.encode("utf-8", "replace")


def repair(data: bytes) -> bytes:
    """Give the data itself where it is valid UTF-8, else with its other bytes read as Windows-1252."""
    if data.isascii() or _is_utf8(data):
        return data
    return data.decode("utf-8", _HANDLER).encode()


def _is_utf8(data: bytes) -> bool:
    """Whether the data is valid UTF-8; Arrow's test is ten times as fast as decoding."""
    ends = pa.py_buffer(np.array([0, len(data)], np.int32))
    value = pa.Array.from_buffers(pa.binary(), 1, [None, ends, pa.py_buffer(data)])
    try:
        value.cast(pa.string())
    except pa.ArrowInvalid:
        return False
    return True
