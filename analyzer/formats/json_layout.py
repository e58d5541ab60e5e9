"""JSON files: a list, single objects, one object a line, or a list within an envelope.

However they are wrapped, the records are the objects at the outermost brace once the wrapping
before the first one is skipped; commas, blanks and line ends between them mean nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import json as arrow_json

from analyzer.formats.chunk import Cells, Chunk, Positions
from analyzer.formats.cutting import Cutter
from analyzer.formats.json_cutting import LineCutter, ObjectCutter, spans_of
from analyzer.formats.objects import find_spans, load_object, parted, wrapping_of

_BLANK = "\0 \t\r\n{}[],"
_BLOCK = 1 << 20
_WITHIN = "properties"  # of the records that Azure streams
_SAMPLE = 50  # objects whose keys are looked at to know the file's spelling


@dataclass(frozen=True, slots=True)
class JsonLayout:
    """How a JSON file wraps its objects, and the keys to be read of them.

    Attributes:
        numbers: Keys whose values are whole numbers, as far as was seen.
        paged: Whether the envelope, the first where several follow one another, names a next page before its list.
        within: Key of the object that holds the row, where each is streamed in an envelope of its own.
        outer: The keys beside it.
    """

    wrapping: str
    names: tuple[str, ...]
    skip: int
    numbers: frozenset[str] = frozenset()
    paged: bool = False
    within: str = ""
    outer: frozenset[str] = frozenset()
    columns: Mapping[str, str] = field(default_factory=dict)

    @property
    def shape(self) -> str:
        """The layout in a few words."""
        return f"json {self.wrapping}"

    def on(self, columns: Mapping[str, str]) -> JsonLayout:
        """Read only these keys."""
        return replace(self, columns=columns)

    def cutter(self) -> Cutter:
        """Cut between whole objects; one a line, at line ends."""
        return (
            LineCutter(paged=self.paged) if self.wrapping == "lines" else ObjectCutter(self.wrapping, paged=self.paged)
        )

    def read(self, chunk: Chunk) -> tuple[Cells, dict[int, str]]:
        """Read the objects with pyarrow; where it refuses or finds other spellings, one by one."""
        spans, broken = spans_of(chunk)
        odd = dict(broken)
        keep = np.ones(len(spans), np.bool_)
        keep[[number - 1 for number in odd]] = False
        records = np.flatnonzero(keep) + 1
        try:
            table = self._arrow(chunk.data, spans[keep])
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            table = None
        if table is None or table.num_rows != len(records) or _any_without_cells(self._own(table)):
            return self._one_by_one(chunk, odd)
        return Cells({key: table[key].combine_chunks() for key in self.columns}, records), odd

    def texts(self, chunk: Chunk, records: list[int]) -> list[str]:
        """Give the text of these objects."""
        spans, _ = spans_of(chunk)
        return [chunk.data[slice(*spans[record - 1])].decode("utf-8", "replace") for record in records]

    def stands_for_nothing(self, text: str) -> str | None:
        """Tell padding and empty objects."""
        if text.strip(_BLANK):
            return None
        return "null-bytes" if "\0" in text else "blank-row"

    def _arrow(self, data: bytes, spans: Positions) -> pa.Table:
        """Read whole objects at full speed into text columns."""
        fields = [(name, pa.int64() if name in self.numbers else pa.string()) for name in self.columns.values()]
        if self.within:
            inner = pa.struct([field for field in fields if field[0] not in self.outer])
            fields = [*(field for field in fields if field[0] in self.outer), (self.within, inner)]
        if not len(spans):
            return pa.table({key: pa.array([], pa.string()) for key in self.columns})
        table = arrow_json.read_json(
            pa.BufferReader(data if self.wrapping == "lines" else parted(data, spans)),
            arrow_json.ReadOptions(use_threads=False, block_size=_BLOCK),
            arrow_json.ParseOptions(
                explicit_schema=pa.schema(fields), newlines_in_values=True, unexpected_field_behavior="ignore"
            ),
        )
        columns = {key: self._column(table, name).cast(pa.string()) for key, name in self.columns.items()}
        return pa.table({key: pc.fill_null(column, "") for key, column in columns.items()})

    def _own(self, table: pa.Table) -> pa.Table:
        """Leave out what stands beside the rows, not in them."""
        return table.select([key for key, name in self.columns.items() if name not in self.outer])

    def _column(self, table: pa.Table, name: str) -> pa.ChunkedArray:
        """Find a column, at the top or within."""
        if not self.within or name in self.outer:
            return table[name]
        return pc.struct_field(table[self.within], name)

    def _one_by_one(self, chunk: Chunk, odd: dict[int, str]) -> tuple[Cells, dict[int, str]]:
        """Read object by object, keys in any spelling."""
        odd, rows, records = dict(odd), [], []
        for number, (start, end) in enumerate(spans_of(chunk)[0], 1):
            if number in odd:
                continue
            found = load_object(chunk.data[start:end])
            if found is None:
                odd[number] = "not a JSON object"
                continue
            rows.append({name.lower(): _text(value) for name, value in _opened(found, self.within).items()})
            records.append(number)
        columns = {
            key: pa.array([row.get(name.lower(), "") for row in rows], pa.string())
            for key, name in self.columns.items()
        }
        return Cells(columns, np.array(records, np.int64)), odd


def find_objects(head: bytes, *, whole: bool) -> JsonLayout | None:
    """Tell how the objects are wrapped and which keys they have; None where there is no whole object.

    Args:
        head: The beginning of the file.
        whole: Whether that is the whole file.
    """
    wrapping, skip = wrapping_of(head)
    chunk = find_spans(head[skip:], last=whole, headers=[])
    assert chunk.spans is not None
    found = [load_object(head[skip + start : skip + end]) for start, end in chunk.spans[:_SAMPLE]]
    rows = [row for row in found if row]
    if not rows:
        return None
    within = _envelope_key(rows)
    opened = [_opened(row, within) for row in rows]
    names = tuple(dict.fromkeys(name for row in opened for name in row))
    numbers = (name for name in names if any(type(row.get(name)) is int for row in opened))
    outer = set(names).difference(*(row[within] for row in rows if within in row)) if within else set[str]()
    return JsonLayout(
        wrapping,
        names,
        skip,
        frozenset(numbers),
        paged=b"nextlink" in head[:skip].lower(),
        within=within,
        outer=frozenset(outer),
    )


def _envelope_key(rows: Sequence[Mapping[str, Any]]) -> str:
    """Find the key of the object that is the row itself; blank where the rows are not wrapped."""
    return next((key for key in rows[0] if key.lower() == _WITHIN and isinstance(rows[0][key], dict)), "")


def _opened(row: Mapping[str, Any], within: str) -> Mapping[str, Any]:
    """Take a row out of its envelope; what stands beside it comes last, and never instead of its own."""
    inner = row.get(within) if within else None
    return {**inner, **{key: row[key] for key in row if key != within and key not in inner}} if inner else row


def _any_without_cells(table: pa.Table) -> bool:
    """Whether some object had none of the keys: it is empty, or spells them in another way."""
    filled = np.zeros(table.num_rows, np.bool_)
    for column in table.columns:
        filled |= pc.not_equal(column, "").to_numpy()
    return not filled.all()


def _text(value: object) -> str:
    """Write a JSON value as the text a CSV export has for it."""
    if value is None:
        return ""
    if isinstance(value, list):
        return ";".join(_text(item) for item in value)
    if isinstance(value, dict):  # a date or an enumeration written as an object by PowerShell 5.1
        return _text(value.get("value", value.get("Value", "")))
    return str(value).encode("utf-8", "replace").decode()
