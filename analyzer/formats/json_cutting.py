"""Cutting JSON files into chunks of whole objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from analyzer.formats.chunk import RECORD_LIMIT, Chunk, Positions, places, torn
from analyzer.formats.csv_cutting import past_line
from analyzer.formats.cutting import Cutter, Scouted, lines_of
from analyzer.formats.objects import LOST, TAIL, find_spans, is_object, too_long

SEEMS_CUT = "the file seems cut: its last object or list is not closed"
LONG_LINE = "a line of more than 1 MB"
AFTER_END = "text after the end of the list"
MORE_PAGES = "the answer names a next page: this file holds only a part of the result"


@dataclass(frozen=True, slots=True)
class _Seen:
    """How many lines a block has."""

    lines: int


class LineCutter(Cutter):
    """Cuts where there is one object a line: a broken line then costs one record and no more."""

    def __init__(self, *, paged: bool) -> None:
        """Stand before the first line; the envelope may have named a next page."""
        super().__init__()
        self._paged = paged

    def scout(self, block: bytes) -> _Seen:
        """Count the lines of a block."""
        return _Seen(lines_of(block))

    def regular(self, rest: bytes, block: bytes, seen: Scouted) -> int | None:  # noqa: ARG002 - lines end alike
        """Give the last line end."""
        return block.rfind(b"\n") + 1 or None

    def whole(self, text: bytes, /, *, last: bool, damage: str) -> Chunk:
        """Cut the whole lines off the front of a text."""
        chunk = _whole_lines(text, last=last)
        if not last:
            return chunk
        assert chunk.spans is not None
        if len(chunk.spans) and not is_object(chunk.data[slice(*chunk.spans[-1])]):
            chunk = replace(chunk, broken={**chunk.broken, len(chunk.spans): SEEMS_CUT}, notes=(SEEMS_CUT,))
        return _ended(chunk, damage, paged=self._paged)


class ObjectCutter(Cutter):
    """Cuts between objects, wherever their lines end."""

    def __init__(self, wrapping: str, *, paged: bool) -> None:
        """Stand before the first object; the envelope before it may have named a next page."""
        super().__init__()
        self._wrapping, self._paged = wrapping, paged
        self._headers: list[bytes] = []

    def whole(self, text: bytes, /, *, last: bool, damage: str) -> Chunk:
        """Cut the whole objects off the front of a text."""
        chunk = find_spans(text, last=last, headers=self._headers)
        return self._closed(chunk, text[len(chunk.data) :], damage) if last else chunk

    def parts(self, chunk: Chunk) -> Iterator[Chunk]:
        """Stop where no object can be found any more."""
        yield chunk
        self.done = LOST in chunk.notes

    def _closed(self, chunk: Chunk, rest: bytes, damage: str) -> Chunk:
        """Look at what follows the last whole object of the file."""
        assert chunk.spans is not None
        data, spans, broken, why = chunk.data + rest, chunk.spans, dict(chunk.broken), ""
        if not TAIL.fullmatch(rest.strip(b"\0")):
            spans = np.append(spans, [[len(chunk.data), len(data)]], axis=0)
            why = broken[len(spans)] = AFTER_END if rest.lstrip().startswith(b"]") else SEEMS_CUT
        elif self._wrapping != "objects" and b"]" not in rest and not damage:
            why = SEEMS_CUT
        paged = b"nextlink" in self._headers[-1].lower() if self._headers else self._paged
        notes = (*chunk.notes, *((why,) if why else ()))
        chunk = replace(chunk, data=data, spans=spans, broken=broken, notes=notes)
        return _ended(chunk, damage, paged=paged or b"nextlink" in rest.lower())


def _ended(chunk: Chunk, damage: str, *, paged: bool) -> Chunk:
    """End the last chunk."""
    assert chunk.spans is not None
    count = len(chunk.spans)
    if paged:
        chunk = replace(chunk, notes=(*chunk.notes, MORE_PAGES))
    return torn(chunk, damage, whole=count not in chunk.broken) if damage else chunk


def spans_of(chunk: Chunk) -> tuple[Positions, Mapping[int, str]]:
    """Give the objects of a chunk, and which of them are broken; found now, where the cutter saw only line ends."""
    found = chunk if chunk.spans is not None else _whole_lines(chunk.data, last=True)
    assert found.spans is not None
    return found.spans, found.broken


def _whole_lines(data: bytes, *, last: bool) -> Chunk:
    """Cut at line ends."""
    end = len(data) if last else data.rfind(b"\n") + 1
    if not end and len(data) > RECORD_LIMIT:
        return Chunk(data, np.array([[0, len(data)]], np.int64), {1: LONG_LINE}, onward=past_line)
    data = data[:end]
    ends: Positions = places(data, ord("\n")) + 1
    if end and (not len(ends) or ends[-1] != end):
        ends = np.append(ends, end)
    starts = np.append(0, ends[:-1])[: len(ends)]
    filled = ends - starts > 2
    for line in np.flatnonzero(~filled).tolist():
        filled[line] = bool(data[starts[line] : ends[line]].strip())
    spans = np.stack([starts, ends], axis=1)[filled]
    return Chunk(data, spans, too_long(spans, LONG_LINE))
