"""The quotation marks of delimited text as array arithmetic: where they are, and whether all are in their places.

`analyzer.formats.delimited` has the grammar as an expression, which is its definition. The arithmetic gives the
same records for text whose marks come in pairs, each pair around a whole cell or doubled within one, and nearly
all text is such.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analyzer.formats.chunk import RECORD_LIMIT, Positions, places
from analyzer.formats.cutting import lines_of

Flags = npt.NDArray[np.bool_]

_QUOTE, _CR, _LF = b'"\r\n'
_WINDOW = RECORD_LIMIT // 2


@dataclass(frozen=True, slots=True)
class Marks:
    """The quotation marks of a text.

    Attributes:
        at: Where they are.
        opens: Which of them may open a cell by what stands before: a delimiter, a line end, nothing, or another mark.
        closes: Which may close one by what stands behind.
        lines: How many line feeds the text has.
    """

    at: Positions
    opens: Flags
    closes: Flags
    lines: int = 0

    @classmethod
    def of(cls, text: bytes, delimiter: str, *, lines: int = 0) -> Marks:
        """Find the marks of a text."""
        at = quote_positions(text)
        if not len(at):
            return cls(at, np.zeros(0, np.bool_), np.zeros(0, np.bool_), lines)
        edges = np.zeros(256, np.bool_)
        edges[[ord(delimiter), _CR, _LF]] = True
        letters, last = np.frombuffer(text, np.uint8), len(text) - 1
        opens, closes = edges[letters[at - 1]], edges[letters[np.minimum(at + 1, last)]]
        beside = at[1:] == at[:-1] + 1
        opens[1:] |= beside
        closes[:-1] |= beside
        opens[0] |= at[0] == 0
        closes[-1] |= at[-1] == last
        return cls(at, opens, closes, lines)

    def behind(self, rest: bytes, first: bytes, delimiter: str) -> Marks:
        """Give the marks of a text that begins with a rest and goes on with this one, whose first byte is given."""
        if not rest:
            return self
        front = Marks.of(rest + first, delimiter)
        shared = int(first == b'"')  # the first mark here is the last one there: what stands before it is known there
        own = len(front.at) - shared
        return Marks(
            np.concatenate([front.at[:own], self.at + len(rest)]),
            np.concatenate([front.opens, self.opens[shared:]]),
            np.concatenate([front.closes[:own], self.closes]),
            self.lines,
        )

    def pair(self, end: int) -> bool:
        """Whether the marks before `end` come in pairs, each around a whole cell, or doubled within one."""
        count = int(np.searchsorted(self.at, end))
        return count % 2 == 0 and bool(self.opens[:count:2].all() and self.closes[1:count:2].all())


def quote_positions(data: bytes) -> Positions:
    """Find every quotation mark."""
    return places(data, _QUOTE)


def scouted(block: bytes, delimiter: str) -> Marks:
    """Find the marks of a block, and count its lines."""
    return Marks.of(block, delimiter, lines=lines_of(block))


def regular_end(rest: bytes, block: bytes, seen: Marks, delimiter: str) -> int | None:
    """Say where the last whole record of a rest and a block ends in the block; None where they have to be looked at."""
    marks = seen.behind(rest, block[:1], delimiter)
    quotes, before = marks.at - len(rest), len(rest)
    found = last_line_end(block, quotes, 0, len(block))
    if found is None or not marks.pair(before + found + 1):
        return None
    return found + 1 if records_are_short(block, quotes, start=-before, stop=found + 1) else None


def last_line_end(data: bytes, quotes: Positions, start: int, stop: int) -> int | None:
    """Find the last line feed of a range that is not inside a quoted cell."""
    found = data.rfind(b"\n", start, stop)
    while found >= 0:
        before = int(np.searchsorted(quotes, found))
        if not before % 2:
            return found
        found = data.rfind(b"\n", start, max(int(quotes[before - 1]), start))
    return None


def records_are_short(data: bytes, quotes: Positions, *, start: int, stop: int) -> bool:
    """Whether a record surely ends in every half of the limit, so that none is over the limit.

    A negative start is that of text before the data, in which no record ends.
    """
    starts = range(start, stop - _WINDOW, _WINDOW)
    return all(last_line_end(data, quotes, max(at, 0), max(at + _WINDOW, 0)) is not None for at in starts)


def record_spans(data: bytes, quotes: Positions) -> Positions:
    """Give start and end, line end included, of each record of well-quoted text."""
    text = np.frombuffer(data, np.uint8)
    ends: Flags = text == _LF
    lone = text == _CR
    lone[:-1] &= text[1:] != _LF
    at = np.flatnonzero(ends | lone)
    at = at[np.searchsorted(quotes, at) % 2 == 0] + 1
    if len(data) and (not len(at) or at[-1] != len(data)):
        at = np.append(at, len(data))
    return np.stack([np.append(0, at[:-1]), at], axis=1) if len(at) else np.zeros((0, 2), np.int64)
