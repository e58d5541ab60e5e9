"""The grammar of JSON files: how the objects are wrapped, and where each begins and ends.

Objects are found by array arithmetic: quotation marks that no backslash escapes bound the text,
and the braces outside of text tell the depth.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from analyzer.formats.chunk import RECORD_LIMIT, Chunk, Positions

Flags = npt.NDArray[np.bool_]

_TEXT = rb'"(?:[^"\\]|\\.)*+"'
_SCALAR = rb"(?:" + _TEXT + rb"|[-+.\w]++)"
_ARRAY = rb"\[(?:[^\[\]\"]|" + _TEXT + rb")*+\]"
_OBJECT = rb"\{(?:[^{}\"]|" + _TEXT + rb")*+\}"
for _ in range(3):  # objects within objects, as deep as the query statistics of Defender's answers
    _OBJECT = rb"\{(?:[^{}\"]|" + _TEXT + rb"|" + _OBJECT + rb")*+\}"
_PAIRS = rb"(?:\s*+" + _SCALAR + rb"\s*:\s*(?:" + _SCALAR + rb"|" + _ARRAY + rb"|" + _OBJECT + rb")\s*,)*?"
# {"value": [ ..., {"d": [ ..., {"d": {"results": [ ..., {"Results": [ ..., each maybe after other properties.
_ENVELOPE = re.compile(
    rb"\s*\{" + _PAIRS + rb'\s*"(?:value|results|d)"\s*:\s*(?:\{' + _PAIRS + rb'\s*"results"\s*:\s*)?\[',
    re.IGNORECASE,
)
_LIST = re.compile(rb"\s*\[")
_NEXT_PAGE = re.compile(rb"[\s}]*+,?" + _ENVELOPE.pattern, re.IGNORECASE)
TAIL = re.compile(rb"[\s,\]]*+(?:" + _SCALAR + rb"\s*:\s*" + _SCALAR + rb"[\s,]*)*+[\s}\]]*+")
_BEGUN = re.compile(rb"[\s,]*+\{")
OVERLONG = "an object of more than 1 MB"
LOST = "no object begins within 1 MB: nothing after it was read"


def wrapping_of(head: bytes) -> tuple[str, int]:
    """Name what the objects are wrapped in, and its length before the first one."""
    if match := _LIST.match(head):
        return "list", match.end()
    if match := _ENVELOPE.match(head):
        return "envelope", match.end()
    first, _, after = head.lstrip().partition(b"\n")
    one_a_line = is_object(first) and (not after.strip() or after.lstrip().startswith(b"{"))
    return ("lines" if one_a_line else "objects"), 0


def find_spans(data: bytes, *, last: bool, headers: list[bytes]) -> Chunk:
    """Find the whole objects by their braces outside of text.

    Args:
        data: Text that begins among the objects, or behind the envelope's list.
        last: Whether the file ends with it.
        headers: Takes up how each further envelope begins, where answers were put one behind the other.
    """
    braces, opening = _braces(data)
    depth = np.cumsum(np.where(opening, 1, -1))
    inside, end = np.ones(len(braces), np.bool_), 0
    for close, after, header in _pages(data, braces, depth):
        inside[close:after] = False
        if header:
            end = header.end()
            headers.append(header.group())
    starts, ends = braces[inside & opening & (depth == 1)], braces[inside & ~opening & (depth == 0)] + 1
    spans = np.stack([starts[: len(ends)], ends], axis=1).astype(np.int64)
    broken = too_long(spans, OVERLONG)
    end = max(end, int(spans[-1][1]) if len(spans) else 0)
    if len(data) - end <= RECORD_LIMIT or (last and TAIL.fullmatch(data, end)):
        return Chunk(data[:end], spans, broken)
    onward = PastObject() if _BEGUN.match(data, end) else None
    stop = onward(data, end)[0] if onward else len(data)
    spans = np.append(spans, [[end, stop]], axis=0)
    broken[len(spans)] = OVERLONG if onward else LOST
    return Chunk(data[:stop], spans, broken, () if onward else (LOST,), onward=onward)


def _pages(data: bytes, braces: Positions, depth: Positions) -> Iterator[tuple[int, int, re.Match[bytes] | None]]:
    """Give for each end of an envelope its brace, the first brace behind, and how the next envelope begins, if any."""
    for close in np.flatnonzero((depth < 0) & (np.append(0, depth[:-1]) == 0)):
        header = _NEXT_PAGE.match(data, int(braces[close]))
        after = int(np.searchsorted(braces, header.end())) if header else len(braces)
        if header is None or depth[after - 1] != 0:
            yield int(close), len(braces), None  # no record comes after it
            return
        yield int(close), after, header


class PastObject:
    """Finds the end of an object that is too long to be held, block by block."""

    def __init__(self) -> None:
        """Stand before the object's first brace."""
        self._depth = 0
        self._in_text = False

    def __call__(self, data: bytes, start: int, /) -> tuple[int, bool]:
        """Say up to where the data belongs to the object, and whether that is its end."""
        stop = len(data) - (len(data) - len(data.rstrip(b"\\"))) % 2  # half an escape waits for its other half
        text = np.frombuffer(data, np.uint8)[start:stop]
        quotes = _unescaped(text, np.flatnonzero(text == ord('"')))
        braces = np.flatnonzero((text == ord("{")) | (text == ord("}")))
        braces = braces[np.searchsorted(quotes, braces) % 2 == self._in_text]
        depth = self._depth + np.cumsum(np.where(text[braces] == ord("{"), 1, -1))
        closed = np.flatnonzero(depth == 0)
        if len(closed):
            return start + int(braces[closed[0]]) + 1, True
        self._depth = int(depth[-1]) if len(depth) else self._depth
        self._in_text ^= len(quotes) % 2 == 1
        return stop, False


def too_long(spans: Positions, why: str) -> dict[int, str]:
    """Find the records over the limit."""
    return {int(over) + 1: why for over in np.flatnonzero(spans[:, 1] - spans[:, 0] > RECORD_LIMIT)}


def _braces(data: bytes) -> tuple[Positions, Flags]:
    """Give the braces that are not inside text, and which of them open."""
    text = np.frombuffer(data, np.uint8)
    quotes = _unescaped(text, np.flatnonzero(text == ord('"')))
    braces = np.flatnonzero((text == ord("{")) | (text == ord("}")))
    braces = braces[np.searchsorted(quotes, braces) % 2 == 0]
    return braces, text[braces] == ord("{")


def _unescaped(text: npt.NDArray[np.uint8], quotes: Positions) -> Positions:
    """Leave out the quotation marks that follow an odd number of backslashes."""
    behind = np.flatnonzero(text[np.maximum(quotes - 1, 0)] == ord("\\"))  # few: only these need counting
    if not len(behind):
        return quotes
    slashes = np.flatnonzero(text == ord("\\"))
    first = np.append(True, np.diff(slashes) != 1)  # of a run of backslashes
    run_start = slashes[np.maximum.accumulate(np.where(first, np.arange(len(slashes)), 0))]
    count = quotes[behind] - run_start[np.searchsorted(slashes, quotes[behind]) - 1]
    return np.delete(quotes, behind[count % 2 == 1])


def parted(data: bytes, spans: Positions) -> bytearray:
    """Put a line end after each object, where a list has its comma."""
    parted = bytearray(data[int(spans[0][0]) : int(spans[-1][1])])
    gaps = np.flatnonzero(spans[1:, 0] > spans[:-1, 1])
    np.frombuffer(parted, np.uint8)[spans[gaps, 1] - spans[0][0]] = ord("\n")
    return parted


def is_object(data: bytes) -> bool:
    """Whether the bytes are one JSON object."""
    return load_object(data) is not None


def load_object(data: bytes) -> dict[str, Any] | None:
    """Read one object; None where it is not one."""
    try:
        found = json.loads(data.decode("utf-8", "replace"))
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
