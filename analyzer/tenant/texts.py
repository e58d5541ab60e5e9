"""The text of a file as UTF-8, block by block, and the values of a JSON text one by one.

A recipients list may be as large as a log: neither its bytes nor its text is ever held whole.
"""

from __future__ import annotations

import codecs
import io
import json
from collections.abc import Iterator
from pathlib import Path

from analyzer.errors import TenantError
from analyzer.inputs import repair, sniff_encoding

_HEAD = 65536
_BLOCK = 1 << 18
_TOKEN = 32  # no number, escape or literal that a block cuts is as long


def open_binary(file: Path) -> io.BufferedReader:
    """Open a file that an administrator gave.

    Raises:
        TenantError: it cannot be read.
    """
    try:
        return file.open("rb")
    except OSError as error:
        raise TenantError(str(file), f"cannot be read ({error.strerror})", "a readable file") from None


class Utf8File(io.RawIOBase):
    """UTF-8 or UTF-16, with or without a byte order mark, as bare UTF-8; other bytes are Windows-1252."""

    def __init__(self, file: Path) -> None:
        """Open the file and tell its encoding."""
        super().__init__()
        self._raw = open_binary(file)
        encoding = sniff_encoding(self._raw.read(_HEAD))
        self._raw.seek(len(encoding.mark))
        self._utf8 = encoding.codec == "utf-8"
        self._decoder = codecs.getincrementaldecoder(encoding.codec)("replace")
        self._rest = b""  # of UTF-8, what follows the last line break
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, target: bytearray | memoryview, /) -> int:  # type: ignore[override]
        """Fill the target as far as a block goes; 0 at the end."""
        while not self._ready:
            block = self._raw.read(_BLOCK)
            self._ready = memoryview(self._repaired(block) if self._utf8 else self._decoded(block))
            if not block:
                break
        size = min(len(target), len(self._ready))
        target[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size

    def close(self) -> None:
        """Close the file below."""
        self._raw.close()
        super().close()

    def _repaired(self, block: bytes) -> bytes:
        """Read bytes that are no UTF-8 as Windows-1252; a block ends with a line, never within a character."""
        end = block.rfind(b"\n") + 1 if block else 0
        if block and not end:
            self._rest += block
            return b""
        whole, self._rest = self._rest + block[:end], block[end:]
        return repair(whole)

    def _decoded(self, block: bytes) -> bytes:
        return self._decoder.decode(block, final=not block).encode(errors="replace")


class JsonText:
    """The values of a JSON text: one, or those of its list, one at a time."""

    def __init__(self, text: io.TextIOBase) -> None:
        """Take a text that stands at its beginning."""
        self._text = text
        self._ahead = ""
        self._position = 0
        self._lines = 0  # before what is ahead
        self._decode = json.JSONDecoder().raw_decode

    def values(self) -> Iterator[object]:
        """Decode the values.

        Raises:
            json.JSONDecodeError: the text is broken.
        """
        if self._next() != "[":
            yield self._value()
        else:
            yield from self._items()
        self._demand("")

    def line(self, error: json.JSONDecodeError) -> int:
        """Give the line of the text at which an error of `values` was found."""
        return self._lines + error.lineno

    def _items(self) -> Iterator[object]:
        self._position += 1
        while self._next() != "]":
            yield self._value()
            if self._next() == ",":
                self._position += 1
            else:
                self._demand("]")
        self._position += 1

    def _value(self) -> object:
        """Decode one value; where it fails, or ends, at the end of what is ahead, more is read."""
        while True:
            try:
                value, end = self._decode(self._ahead, self._position)
            except json.JSONDecodeError as error:
                cut = "Unterminated" in error.msg or error.pos > len(self._ahead) - _TOKEN
                if not cut or not self._more():
                    raise
                continue
            if end < len(self._ahead) - _TOKEN or not self._more():  # `0` may go on as `0.5`
                self._position = end
                return value

    def _next(self) -> str:
        """Step over white space and give the character there, empty at the end."""
        while True:
            while self._position < len(self._ahead) and self._ahead[self._position] in " \t\r\n":
                self._position += 1
            if self._position < len(self._ahead) or not self._more():
                return self._ahead[self._position : self._position + 1]

    def _more(self) -> bool:
        """Read at least as much as there is ahead; tell whether there was any more."""
        block = self._text.read(max(_BLOCK, len(self._ahead) - self._position))
        if block:
            self._lines += self._ahead.count("\n", 0, self._position)
            self._ahead, self._position = self._ahead[self._position :] + block, 0
        return bool(block)

    def _demand(self, mark: str) -> None:
        """Refuse a text that does not go on with the mark; the empty mark is the end."""
        if self._next() != mark:
            raise json.JSONDecodeError(f"Expecting {mark or 'the end'}", self._ahead, self._position)
