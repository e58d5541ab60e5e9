"""Headers in the middle of a delimited file, where files of other columns were put together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from analyzer.formats.chunk import Chunk
from analyzer.formats.delimited import Grammar

Names = tuple[str, ...]

_LONGEST = 64 << 10  # bytes of a header


def other_headers(chunk: Chunk, grammar: Grammar, names: Sequence[str], mark: bytes) -> list[tuple[int, Names]]:
    """Find each header that is not the one before it: where it starts, and its names.

    Only lines that hold the mark, the longest of the names to be read, are looked at.
    """
    found: list[tuple[int, Names]] = []
    hit = chunk.data.find(mark) if mark else -1
    while hit >= 0:
        start = max(chunk.data.rfind(end, max(hit - _LONGEST, 0), hit) for end in (b"\n", b"\r")) + 1
        end = grammar.record_end(chunk.data, start) or len(chunk.data)
        cells = header_names(grammar.cells(chunk.data[start:end]))
        if _is_header(cells, names) and lower(cells) != lower(names) and _starts_record(chunk, start):
            found.append((start, cells))
            names = cells
        hit = chunk.data.find(mark, max(end, hit + 1))
    return found


def header_names(cells: Sequence[str]) -> Names:
    """Give the names in a header's cells."""
    return tuple(cell.strip("\ufeff \t") for cell in cells)


def lower(names: Sequence[str]) -> Names:
    """Give names in lower case."""
    return tuple(name.lower() for name in names)


def split_at(chunk: Chunk, starts: Sequence[int]) -> Iterator[Chunk]:
    """Cut a chunk into parts that begin where headers do."""
    bounds = [0, *starts, len(chunk.data)]
    for place, (start, end) in enumerate(pairwise(bounds)):
        last = place == len(starts)
        part = _part(chunk, start, end, last=last)
        if part.data or part.broken or last:
            yield part if last else replace(part, notes=(), onward=None)


def _part(chunk: Chunk, start: int, end: int, *, last: bool) -> Chunk:
    at = None if chunk.start is None else chunk.start + start
    if chunk.spans is None:
        return replace(chunk, data=chunk.data[start:end], start=at)
    first = int(np.searchsorted(chunk.spans[:, 0], start))
    behind = len(chunk.spans) if last else int(np.searchsorted(chunk.spans[:, 0], end))
    broken = {number - first: why for number, why in chunk.broken.items() if first < number <= behind}
    spans = chunk.spans[first:behind] - start
    return replace(chunk, data=chunk.data[start:end], start=at, spans=spans, broken=broken)


def _is_header(cells: Names, names: Sequence[str]) -> bool:
    """Whether most of the cells are names of the header in force; no row has two such cells by chance."""
    known = set(lower(cells)) & set(lower(names)) - {""}
    return len(known) >= max(2, len(cells) // 2)


def _starts_record(chunk: Chunk, start: int) -> bool:
    """Whether a record begins here, and not a line within a quoted cell."""
    if chunk.spans is None:
        return chunk.data.count(b'"', 0, start) % 2 == 0
    place = int(np.searchsorted(chunk.spans[:, 0], start))
    return place < len(chunk.spans) and int(chunk.spans[place][0]) == start
