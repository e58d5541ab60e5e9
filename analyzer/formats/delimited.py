"""The grammar of delimited text, once as a regular expression and once as array arithmetic.

The expression is the definition. A cell is quoted only if a quotation mark opens it; elsewhere the
mark is an ordinary character; text after the closing mark is kept. pyarrow reads alike. The array
arithmetic gives the same records for text whose marks are all in their places, which is nearly all
text; `well_quoted` tells whether they are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from analyzer.formats.chunk import RECORD_LIMIT, Positions, places

_QUOTE, _CR, _LF = b'"\r\n'
_WINDOW = RECORD_LIMIT // 2


@dataclass(frozen=True, slots=True)
class Grammar:
    """Records of `width` cells between delimiters."""

    delimiter: str
    width: int
    _cell: re.Pattern[bytes] = field(init=False, repr=False)
    _record: re.Pattern[bytes] = field(init=False, repr=False)
    _final: re.Pattern[bytes] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Compile the expressions; possessive, so that no text makes them slow."""
        mark = re.escape(self.delimiter).encode()
        plain = rb"[^" + mark + rb"\r\n]*+"
        cell = rb'(?:"[^"]*+(?:""[^"]*+)*+"' + plain + rb'|(?!")' + plain + rb")"
        row = cell + rb"(?:" + mark + cell + rb")*+"
        object.__setattr__(self, "_cell", re.compile(rb"(" + cell + rb")(?:" + mark + rb"|[\r\n]*\Z)"))
        object.__setattr__(self, "_record", re.compile(row + rb"(?:\r\n|\r|\n)"))
        object.__setattr__(self, "_final", re.compile(row + rb"\Z"))

    def record_end(self, data: bytes, start: int) -> int | None:
        """Give the end of the record that starts here; None where it has none within the limit."""
        match = self._record.match(data, start, start + RECORD_LIMIT)
        return match.end() if match else None

    def ends_file(self, data: bytes, start: int) -> bool:
        """Whether what starts here is a whole record up to the end, without a line end."""
        return self._final.match(data, start) is not None

    def cells(self, record: bytes) -> list[str]:
        """Split a record into its cells; an unclosed cell counts as one, as it stands."""
        found, at = [], 0
        while match := self._cell.match(record, at):
            found.append(_unquoted(match[1]))
            if match.end() == match.end(1) or (match.end() == len(record) and record[match.end() - 1] in b"\r\n"):
                return found
            at = match.end()
        return [*found, record[at:].decode("utf-8", "replace")]


def _unquoted(cell: bytes) -> str:
    """Take the marks off a cell."""
    text = cell.decode("utf-8", "replace")
    if not text.startswith('"'):
        return text
    end = re.match(r'"(?:[^"]|"")*+', text)
    assert end
    return text[1 : end.end()].replace('""', '"') + text[end.end() + 1 :]


def quote_positions(data: bytes) -> Positions:
    """Find every quotation mark."""
    return places(data, _QUOTE)


def well_quoted(data: bytes, quotes: Positions, delimiter: str) -> bool:
    """Whether the marks come in pairs, each around a whole cell, or doubled within one."""
    if not len(quotes):
        return True
    if len(quotes) % 2:
        return False
    text = np.frombuffer(data, np.uint8)
    opening, closing = quotes[0::2], quotes[1::2]
    doubled = np.zeros(len(opening) + 1, np.bool_)
    doubled[1:-1] = opening[1:] == closing[:-1] + 1
    before = text[opening - 1] if opening[0] else np.append(np.uint8(_LF), text[opening[1:] - 1])
    after = text[np.minimum(closing + 1, len(text) - 1)]
    mark = ord(delimiter)
    opens = doubled[:-1] | (before == mark) | (before == _LF) | (before == _CR)
    closes = doubled[1:] | (after == mark) | (after == _CR) | (after == _LF)
    closes[-1] |= closing[-1] == len(text) - 1
    return bool(opens.all() and closes.all())


def last_line_end(data: bytes, quotes: Positions, start: int, stop: int) -> int | None:
    """Find the last line feed of a range that is not inside a quoted cell."""
    found = data.rfind(b"\n", start, stop)
    while found >= 0:
        before = int(np.searchsorted(quotes, found))
        if not before % 2:
            return found
        found = data.rfind(b"\n", start, int(quotes[before - 1]))
    return None


def records_are_short(data: bytes, quotes: Positions) -> bool:
    """Whether a record surely ends in every half of the limit, so that none is over the limit."""
    starts = range(0, len(data) - _WINDOW, _WINDOW)
    return all(last_line_end(data, quotes, start, start + _WINDOW) is not None for start in starts)


def record_spans(data: bytes, quotes: Positions) -> Positions:
    """Give start and end, line end included, of each record of well-quoted text."""
    text = np.frombuffer(data, np.uint8)
    ends: npt.NDArray[np.bool_] = text == _LF
    lone = text == _CR
    lone[:-1] &= text[1:] != _LF
    at = np.flatnonzero(ends | lone)
    at = at[np.searchsorted(quotes, at) % 2 == 0] + 1
    if len(data) and (not len(at) or at[-1] != len(data)):
        at = np.append(at, len(data))
    return np.stack([np.append(0, at[:-1]), at], axis=1) if len(at) else np.zeros((0, 2), np.int64)
