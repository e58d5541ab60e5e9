"""A file that is not packed, in ranges of its bytes: read from any place, by several threads, as UTF-8.

A range of UTF-16 begins and ends with a whole character: one that lies across belongs to the range it begins in.
"""

from __future__ import annotations

import codecs
import threading
import weakref
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from analyzer.inputs.compression import BLOCK, told
from analyzer.inputs.encoding import REPLACED, WITHIN_CHARACTER, Encoding
from analyzer.inputs.sources import Source
from analyzer.inputs.streams import SHORTER, grown

_UNITS = {"utf-16-le": "<u2", "utf-16-be": ">u2"}
_WIDTH = {"utf-8": 1, "utf-16-le": 2, "utf-16-be": 2}


@dataclass(frozen=True, slots=True)
class Range:
    """Some of a file.

    Attributes:
        raw: Its own bytes.
        text: The same as UTF-8.
        damage: Why the file ends here before its end; empty where it does not.
        replaced: Whether there were bytes that stand for no character.
    """

    raw: bytes | memoryview
    text: bytes
    damage: str = ""
    replaced: bool = False


class ByteRanges:
    """The bytes of one file behind its header.

    Attributes:
        head: The bytes of the header, and of the byte order mark before it.
        count: How many ranges there are; at least one.
    """

    def __init__(self, source: Source, raw: BinaryIO, encoding: Encoding, *, skip: int, size: int) -> None:
        """Divide what follows the first `skip` bytes of UTF-8 into ranges of about `size` bytes of it."""
        self._close = weakref.finalize(self, raw.close)
        self._raw, self._encoding, self._lock = raw, encoding, threading.Lock()
        self._end = source.size or 0
        self._grows = source.spool is None
        mark, width = len(encoding.mark), _WIDTH[encoding.codec]
        text = self._at(mark, skip * width)[: skip * width]
        if width > 1:
            header = text.decode(encoding.codec, "replace").encode()[:skip]
            text = header.decode("utf-8", "replace").encode(encoding.codec)
        self._begin, self._size = min(mark + len(text), self._end), size * width
        self.head = self._at(0, self._begin)
        self.count = max(1, -(-(self._end - self._begin) // self._size))

    def read(self, number: int) -> Range:
        """Read a range; what is missing of it now was there when the file was found."""
        start = self._begin + number * self._size
        end = min(start + self._size, self._end)
        margin = 2 if self._encoding.codec in _UNITS else 0
        before = min(margin, start)
        around = b"\0" * (margin - before) + self._at(start - before, end - start + before + margin)
        raw = memoryview(around)[margin : margin + end - start]
        damage = self._damage(end, missing=len(raw) < end - start)
        if not margin:
            return Range(raw, around, damage)
        last = end == self._end or bool(damage)
        own, within = _whole_characters(around, len(raw), _UNITS[self._encoding.codec], last=last)
        text, replaced = _utf8(own, self._encoding.codec)
        return Range(raw, text, damage or within, replaced)

    def close(self) -> None:
        """Close the file."""
        self._close()

    def _damage(self, end: int, *, missing: bool) -> str:
        if missing:
            return SHORTER
        return grown(self._end) if self._grows and end == self._end and end and self._at(end, 1) else ""

    def _at(self, start: int, size: int) -> bytes:
        """Read so many bytes, fewer only at the end."""
        with self._lock:
            self._raw.seek(start)
            parts, left = [], size
            while left > 0 and (part := self._raw.read(left)):
                parts.append(part)
                left -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)


def byte_ranges(source: Source, encoding: Encoding, *, skip: int, size: int) -> ByteRanges | None:
    """Open a file to be read in ranges; None where it can be read only from its beginning."""
    if encoding.codec not in _WIDTH or source.member or source.size is None:
        return None
    raw = source.raw()
    if told(raw.read(8)):
        raw.close()
        return None
    return ByteRanges(source, raw, encoding, skip=skip, size=size)


def _whole_characters(around: bytes, size: int, units: str, *, last: bool) -> tuple[memoryview, str]:
    """Take the characters of a range of UTF-16 that has two bytes more on either side.

    Returns:
        Their bytes, and that the file ends within a character where it does.
    """
    kinds = np.frombuffer(around, units, len(around) // 2) & 0xFC00
    high, low = kinds == 0xD800, kinds == 0xDC00  # the two halves of a character of two units
    begin, end, within = 1, 1 + size // 2, last and size % 2 == 1
    begin += bool(size > 1 and high[0] and low[1])
    if end > begin and high[end - 1]:
        if last or end == len(kinds):  # its other half is not there, or not whole
            end, within = end - 1, last
        elif low[end]:
            end += 1
    return memoryview(around)[2 * begin : 2 * end], WITHIN_CHARACTER if within else ""


def _utf8(own: memoryview, codec: str) -> tuple[bytes, bool]:
    """Turn whole characters into UTF-8, piece by piece; and say whether some bytes stand for none."""
    decoder, parts, replaced = codecs.getincrementaldecoder(codec)("replace"), list[bytes](), False
    for start in range(0, len(own), BLOCK):
        text = decoder.decode(own[start : start + BLOCK], final=start + BLOCK >= len(own))
        replaced = replaced or REPLACED in text
        parts.append(text.encode())
    return b"".join(parts), replaced
