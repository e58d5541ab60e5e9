"""The edges of a chunk: what its neighbours are shown, so that events of one message find each other."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from analyzer.formats.chunk import Chunk, places
from analyzer.formats.marks import quote_positions

EDGE_BYTES = 256 << 10  # hundreds of events on either side; those of one message stand close together
_CHUNKS = 16  # of small ones


def with_neighbours(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """Give each chunk the last records of those before it and the first of those after."""
    before: deque[Chunk] = deque(maxlen=_CHUNKS)
    waiting: deque[Chunk] = deque()
    while True:
        while len(waiting) < 2 or (len(waiting) <= _CHUNKS and _size(waiting) - len(waiting[0].data) < EDGE_BYTES):
            following = next(chunks, None)
            if following is None:
                break
            waiting.append(following)
        if not waiting:
            return
        current = waiting.popleft()
        yield replace(current, around=(*before, *(edge(chunk, front=True) for chunk in waiting)))
        before.append(edge(current, front=False))
        while _size(before) - len(before[0].data) >= EDGE_BYTES:
            before.popleft()


def _size(chunks: Iterable[Chunk]) -> int:
    return sum(len(chunk.data) for chunk in chunks)


def edge(chunk: Chunk, *, front: bool) -> Chunk:
    """Cut the whole records off one end of a chunk."""
    return replace(_edge(chunk, front=front), layout=chunk.layout)


def _edge(chunk: Chunk, *, front: bool) -> Chunk:
    if chunk.spans is None:
        return _by_lines(chunk.data, front=front)
    spans = chunk.spans
    inside = spans[:, 1] <= EDGE_BYTES if front else spans[:, 0] >= len(chunk.data) - EDGE_BYTES
    numbers = np.flatnonzero(inside)
    if not len(numbers):
        return Chunk(b"", spans[:0])
    first, last = int(numbers[0]), int(numbers[-1])
    start, end = int(spans[first][0]), int(spans[last][1])
    broken = {number - first: why for number, why in chunk.broken.items() if first < number <= last + 1}
    return Chunk(chunk.data[start:end], spans[first : last + 1] - start, broken)


def _by_lines(data: bytes, *, front: bool) -> Chunk:
    """Cut at line ends outside of quoted cells; the chunk's marks come in pairs (`Chunk.spans`)."""
    if len(data) <= EDGE_BYTES:
        return Chunk(data)
    part = data[:EDGE_BYTES] if front else data[-EDGE_BYTES:]
    quotes = quote_positions(part)
    ends = places(part, ord("\n"))
    before = np.searchsorted(quotes, ends)
    outside = ends[(before if front else len(quotes) - before) % 2 == 0]
    if not len(outside):
        return Chunk(b"")
    return Chunk(part[: int(outside[-1]) + 1] if front else part[int(outside[0]) + 1 :])
