"""Delimited files: finding the header, cutting the file into whole records, reading their cells."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
from pyarrow import csv

from analyzer.formats.chunk import Cells, Chunk, Positions
from analyzer.formats.csv_cutting import BLANK, closed, miscounted, whole_records
from analyzer.formats.cutting import Cutter, Scouted
from analyzer.formats.delimited import Grammar
from analyzer.formats.headers import header_names, lower, other_headers, split_at
from analyzer.formats.marks import Marks, quote_positions, record_spans, regular_end, scouted
from analyzer.schema import SUBJECT

DELIMITERS = (",", ";", "\t")
# Before the header: blank lines, `#TYPE` of Export-Csv without -NoTypeInformation, `sep=` of Excel.
_PREAMBLE = re.compile(rb"(?:[ \t]*(?:#TYPE[^\r\n]*|sep=.)?(?:\r\n|\r|\n))*+", re.IGNORECASE)
_BLOCK = 1 << 20  # larger blocks cost half as much time again: fresh pages instead of warm cache


@dataclass(frozen=True, slots=True)
class CsvLayout:
    """A delimited file's header, and the columns to be read of it.

    Attributes:
        lacking: Columns to be read that a header in the middle of the file does not have: no row behind it is read.
    """

    grammar: Grammar
    names: tuple[str, ...]
    skip: int
    columns: Mapping[str, str] = field(default_factory=dict)
    lacking: tuple[str, ...] = ()

    @property
    def shape(self) -> str:
        """The layout in a few words."""
        return f"csv {'tab' if self.grammar.delimiter == chr(9) else self.grammar.delimiter}"

    def on(self, columns: Mapping[str, str]) -> CsvLayout:
        """Read only these columns."""
        return replace(self, columns=columns)

    def cutter(self) -> Cutter:
        """Cut by the marks' positions or else record by record."""
        return _CsvCutter(self)

    def parts(self, chunk: Chunk) -> Iterator[tuple[Chunk, CsvLayout]]:
        """Part a chunk where a header in it names other columns, or these in another order."""
        headers = other_headers(chunk, self.grammar, self.names, self.telling)
        layouts = [*([] if headers and not headers[0][0] else [self]), *(self._under(names) for _, names in headers)]
        parts = split_at(chunk, [start for start, _ in headers]) if headers else (chunk,)
        yield from zip(parts, layouts, strict=True)

    @property
    def telling(self) -> bytes:
        """A name that stands in every line that may be a header; blank where no column is read."""
        return max(self.columns.values(), key=len, default="").encode()

    def _under(self, names: tuple[str, ...]) -> CsvLayout:
        """Read the same columns under another header."""
        spelled = {name.lower(): name for name in names}
        columns = {key: spelled.get(name.lower(), "") for key, name in self.columns.items()}
        if not columns.get(SUBJECT.name):  # whoever asks for subjects gets no other rows by that
            columns.pop(SUBJECT.name, None)
        lacking = tuple(self.columns[key] for key, name in columns.items() if not name)
        grammar = Grammar(self.grammar.delimiter, len(names))
        return CsvLayout(grammar, names, self.skip, self.columns if lacking else columns, lacking)

    def read(self, chunk: Chunk) -> tuple[Cells, dict[int, str]]:
        """Read the cells with pyarrow, and set apart the records it cannot read."""
        if self.lacking:
            return self._unread(chunk)
        odd = {**chunk.broken, **self._with_nulls(chunk)}
        numbers, data = None, chunk.data
        if odd:
            numbers, data = _without(self._spans(chunk), chunk.data, odd)
        try:
            table, wrong = self._arrow(data)
        except pa.ArrowInvalid:
            return self._one_by_one(chunk, odd)
        if numbers is None:
            numbers = np.arange(1, (len(self._spans(chunk)) if wrong else table.num_rows) + 1)
        if len(numbers) != table.num_rows + len(wrong):  # a lone carriage return, and the like
            return self._one_by_one(chunk, odd)
        odd |= {int(numbers[number - 1]): why for number, why in wrong.items()}
        records = np.delete(numbers, [number - 1 for number in wrong])
        return Cells({key: table[key].combine_chunks() for key in self.columns}, records), odd

    def texts(self, chunk: Chunk, records: list[int]) -> list[str]:
        """Give the text of these records."""
        spans = self._spans(chunk)
        return [chunk.data[slice(*spans[record - 1])].decode("utf-8", "replace") for record in records]

    def stands_for_nothing(self, text: str) -> str | None:
        """Tell blank rows, padding, and headers repeated where files were put together."""
        if not text.strip(BLANK):
            return "null-bytes" if "\0" in text else "blank-row"
        if text.startswith("#TYPE"):
            return "type-line"
        cells = header_names(self.grammar.cells(text.lstrip("\ufeff").encode()))
        return "repeated-header" if lower(cells) == lower(self.names) else None

    def _spans(self, chunk: Chunk) -> Positions:
        """Give the chunk's records, found by the cutter or else now."""
        return record_spans(chunk.data, quote_positions(chunk.data)) if chunk.spans is None else chunk.spans

    def _with_nulls(self, chunk: Chunk) -> dict[int, str]:
        """Find the records that hold null bytes, as padding and damaged disks leave them."""
        if b"\0" not in chunk.data:
            return {}
        starts = self._spans(chunk)[:, 0]
        nulls = np.frombuffer(chunk.data, np.uint8) == 0
        hit = np.logical_or.reduceat(nulls, starts[starts < len(nulls)])
        return {int(record) + 1: "the row holds null bytes" for record in np.flatnonzero(hit)}

    def _unread(self, chunk: Chunk) -> tuple[Cells, dict[int, str]]:
        """Read nothing: under a header that lacks columns, an empty cell would say what nobody wrote."""
        why = f"the header before it in the file lacks {', '.join(self.lacking)}"
        none = Cells({key: pa.array([], pa.string()) for key in self.columns}, np.zeros(0, np.int64))
        return none, dict.fromkeys(range(1, len(self._spans(chunk)) + 1), why) | dict(chunk.broken)

    def _arrow(self, data: bytes) -> tuple[pa.Table, dict[int, str]]:
        """Read whole records at full speed; rows with another number of cells come back apart."""
        wrong: dict[int, str] = {}

        def set_apart(row: csv.InvalidRow) -> str:
            wrong[row.number] = miscounted(row.actual_columns, row.expected_columns)
            return "skip"

        # Columns go by position: a header may name two columns alike, or none.
        wanted = {key: str(self.names.index(name)) for key, name in self.columns.items()}
        if not data:  # pyarrow refuses an empty file
            return pa.table({key: pa.array([], pa.string()) for key in wanted}), wrong
        table = csv.read_csv(
            pa.BufferReader(data),
            csv.ReadOptions(use_threads=False, block_size=_BLOCK, column_names=[*map(str, range(len(self.names)))]),
            csv.ParseOptions(
                delimiter=self.grammar.delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,  # they are records too, and are counted
                invalid_row_handler=set_apart,
            ),
            csv.ConvertOptions(
                check_utf8=False,  # the chunk was made valid UTF-8 as a whole
                column_types=dict.fromkeys(wanted.values(), pa.string()),
                include_columns=[*wanted.values()],
            ),
        )
        return pa.table({key: table[name] for key, name in wanted.items()}), wrong

    def _one_by_one(self, chunk: Chunk, odd: dict[int, str]) -> tuple[Cells, dict[int, str]]:
        """Read record by record with the grammar: slow, and never at a loss."""
        odd, rows, records = dict(odd), [], []
        for number, (start, end) in enumerate(self._spans(chunk), 1):
            if number in odd:
                continue
            cells = self.grammar.cells(chunk.data[start:end])
            if len(cells) != len(self.names):
                odd[number] = miscounted(len(cells), len(self.names))
                continue
            rows.append(cells)
            records.append(number)
        at = {key: self.names.index(name) for key, name in self.columns.items()}
        columns = {key: pa.array([row[place] for row in rows], pa.string()) for key, place in at.items()}
        return Cells(columns, np.array(records, np.int64)), odd


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was seen in a block.

    Attributes:
        header: Whether it may hold a header.
    """

    marks: Marks
    header: bool

    @property
    def lines(self) -> int:
        """How many line feeds there are."""
        return self.marks.lines


class _CsvCutter(Cutter):
    """Cuts a delimited file; the header in force may change on the way."""

    def __init__(self, layout: CsvLayout) -> None:
        super().__init__()
        self._first = self._layout = layout

    def scout(self, block: bytes) -> _Seen:
        """Find the marks of a block, and whether it may hold a header."""
        name = self._first.telling
        return _Seen(scouted(block, self._first.grammar.delimiter), bool(name) and name in block)

    def regular(self, rest: bytes, block: bytes, seen: Scouted) -> int | None:
        """Give the last line end, where all marks are in their places and no header comes."""
        assert isinstance(seen, _Seen)
        name = self._first.telling
        across = name and name in rest + block[: len(name) - 1]
        if seen.header or across or self._layout is not self._first:
            return None
        return regular_end(rest, block, seen.marks, self._first.grammar.delimiter)

    def whole(self, text: bytes, /, *, last: bool, damage: str) -> Chunk:
        """Cut the whole records off the front of a text."""
        chunk = whole_records(text, self._layout.grammar, last=last)
        if not last:
            return chunk
        *_, (_, ending) = self._layout.parts(chunk)
        return closed(chunk, ending.grammar, damage)

    def parts(self, chunk: Chunk) -> Iterator[Chunk]:
        """Part a chunk at headers, and say under which one each part is."""
        for part, layout in self._layout.parts(chunk):
            self._layout = layout
            yield part if layout is self._first else replace(part, layout=layout)


def find_header(head: bytes, delimiter: str) -> CsvLayout | None:
    """Read the first line that is neither blank nor `#TYPE` as a header; None where there is none."""
    preamble = _PREAMBLE.match(head)
    start = preamble.end() if preamble else 0
    grammar = Grammar(delimiter, 0)
    end = grammar.record_end(head, start) or (len(head) if grammar.ends_file(head, start) else None)
    if end is None or end == start:
        return None
    names = tuple(name.strip() for name in grammar.cells(head[start:end]))
    return CsvLayout(Grammar(delimiter, len(names)), names, end)


def _without(spans: Positions, data: bytes, odd: Mapping[int, str]) -> tuple[Positions, bytes]:
    """Take the odd records out; also give the numbers of the others."""
    keep = np.ones(len(spans), np.bool_)
    keep[[number - 1 for number in odd]] = False
    view, parts, start = memoryview(data), [], 0
    for number in sorted(odd):
        parts.append(view[start : spans[number - 1][0]])
        start = spans[number - 1][1]
    return np.flatnonzero(keep) + 1, b"".join([*parts, view[start:]])
