"""Cutting a delimited file into chunks of whole records, whatever is wrong with its quotation marks."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from analyzer.formats.chunk import RECORD_LIMIT, Chunk, Onward, torn
from analyzer.formats.delimited import Grammar
from analyzer.formats.marks import Marks, last_line_end, quote_positions, record_spans, records_are_short

BLANK = "\0 \t\r\n\"',;"
INSIDE_ROW = "the file ends inside this row"
SEEMS_CUT = "the file seems cut inside its last row"
OVERLONG = "a row of more than 1 MB, or a quotation mark that is never closed"

_LINE_END = re.compile(rb"\n|\r\n|\r(?!\Z)")
_NULLS = re.compile(rb"\0*+")


def whole_records(data: bytes, grammar: Grammar, *, last: bool) -> Chunk:
    """Take as many whole records as there are from the front of the data; all of it at the end of the file."""
    return _plain(data, grammar, last=last) or _scanned(data, grammar, last=last)


def miscounted(found: int, wanted: int) -> str:
    """Say that a row has the wrong number of cells."""
    return f"{found} cells where the header has {wanted}"


def _plain(data: bytes, grammar: Grammar, *, last: bool) -> Chunk | None:
    """Cut at the last line end outside quotes; None where the marks are not all in place."""
    marks = Marks.of(data, grammar.delimiter)
    if not last:
        found = last_line_end(data, marks.at, 0, len(data))
        if found is None:
            return None if len(data) > RECORD_LIMIT else Chunk(b"")
        data = data[: found + 1]
    if not marks.pair(len(data)) or not records_are_short(data, marks.at, start=0, stop=len(data)):
        return None
    return Chunk(data)


def _scanned(data: bytes, grammar: Grammar, *, last: bool) -> Chunk:
    """Walk record by record; a line that opens a quote nobody closes is broken, and the next goes on."""
    ends, broken, at = [0], {}, 0
    onward: Onward | None = None
    while at < len(data):
        end = grammar.record_end(data, at)
        whole = last or at + RECORD_LIMIT <= len(data)
        if not whole and (end is None or end == len(data)):  # a lone CR at the end may be half a line end
            break
        if end is None and _is_overlong(data, at):
            onward = past_nulls if _is_null(data, at) else past_line
            end, done = onward(data, at)
            if onward is past_line:
                broken[len(ends)] = OVERLONG
            onward = None if done else onward
        elif end is None:
            end, why = _unended(data, at, grammar)
            if why:
                broken[len(ends)] = why
        ends.append(end)
        at = end
        if onward:
            break
    spans = np.stack([ends[:-1], ends[1:]], axis=1).astype(np.int64)
    return Chunk(data[:at], spans, broken, onward=onward)


def _is_overlong(data: bytes, start: int) -> bool:
    """Whether no line ends within the limit."""
    return len(data) - start > RECORD_LIMIT and data.find(b"\n", start, start + RECORD_LIMIT) < 0


def _is_null(data: bytes, start: int) -> bool:
    return not data[start : start + RECORD_LIMIT].strip(b"\0")


def past_line(data: bytes, start: int, /) -> tuple[int, bool]:
    """Find the end of a line; a CR at the end of the data may be half a line end."""
    if found := _LINE_END.search(data, start):
        return found.end(), True
    return len(data) - data.endswith(b"\r"), False


def past_nulls(data: bytes, start: int, /) -> tuple[int, bool]:
    """Find the end of the null bytes with which a disk was filled up."""
    found = _NULLS.match(data, start)
    assert found
    return found.end(), found.end() < len(data)


def _unended(data: bytes, start: int, grammar: Grammar) -> tuple[int, str]:
    """Say where a record without an end of its own ends, and what is wrong with it."""
    line = data.find(b"\n", start, start + RECORD_LIMIT) + 1 or min(start + RECORD_LIMIT, len(data))
    if len(data) - start > RECORD_LIMIT:
        return line, OVERLONG
    if grammar.ends_file(data, start):
        return len(data), ""
    if _any_row(data, line, grammar):
        return line, "a quotation mark that is never closed"
    return len(data), INSIDE_ROW


def _any_row(data: bytes, start: int, grammar: Grammar) -> bool:
    """Whether a later line reads as a row: then a mark was stray, and the file is not cut here."""
    while start < len(data):
        end = grammar.record_end(data, start)
        if end and len(grammar.cells(data[start:end])) == grammar.width > 1:
            return True
        start = data.find(b"\n", start) + 1 or len(data)
    return False


def closed(chunk: Chunk, grammar: Grammar, damage: str) -> Chunk:
    """Look at the last record of the file, which a cut leaves short."""
    spans = record_spans(chunk.data, quote_positions(chunk.data)) if chunk.spans is None else chunk.spans
    if damage:
        return torn(replace(chunk, spans=spans), damage, whole=chunk.data[-1:] in {b"\n", b""})
    if not len(spans):
        return chunk
    text, number = chunk.data[slice(*spans[-1])], len(spans)
    if chunk.broken.get(number) == INSIDE_ROW:
        return replace(chunk, notes=(SEEMS_CUT,))
    cells = grammar.cells(text)
    if number in chunk.broken or len(cells) >= grammar.width or not text.strip(BLANK.encode()):
        return chunk
    why = f"{miscounted(len(cells), grammar.width)}; {SEEMS_CUT}"
    return replace(chunk, spans=spans, broken={**chunk.broken, number: why}, notes=(SEEMS_CUT,))
