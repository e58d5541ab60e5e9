"""The logs that Exchange Server itself writes: `#` lines, fields named by `#Fields:`, delimited rows.

The `#Fields:` line may be missing (rows shipped by a collector), damaged, in the middle (files put
together), and another one may follow with other fields (servers of two versions): how many cells a row
has then tells which fields they are (log-formats section 6a).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from analyzer.formats.chunk import Cells, Chunk
from analyzer.formats.csv_cutting import closed, miscounted, whole_records
from analyzer.formats.csv_layout import CsvLayout
from analyzer.formats.cutting import Cutter, Scouted
from analyzer.formats.delimited import Grammar
from analyzer.formats.marks import Marks, quote_positions, record_spans, regular_end, scouted

_TRACKING_LINE = (
    "date-time,client-ip,client-hostname,server-ip,server-hostname,source-context,connector-id,source,event-id,"
    "internal-message-id,message-id,network-message-id,recipient-address,recipient-status,total-bytes,"
    "recipient-count,related-recipient-address,reference,message-subject,sender-address,return-path,message-info,"
    "directionality,tenant-id,original-client-ip,original-server-ip,custom-data,transport-traffic-type,log-id,"
    "schema-version"
)
TRACKING_FIELDS = tuple(_TRACKING_LINE.split(","))
_NEWER = {"network-message-id", "transport-traffic-type", "log-id", "schema-version"}
TRACKING_FIELDS_2010 = tuple(name for name in TRACKING_FIELDS if name not in _NEWER)
_PROTOCOL_LINE = "date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context"
PROTOCOL_FIELDS = tuple(_PROTOCOL_LINE.split(","))
_TRACKING = (TRACKING_FIELDS, TRACKING_FIELDS_2010)
_KNOWN = {len(names): names for names in (*_TRACKING, PROTOCOL_FIELDS)}

_COMMA = Grammar(",", 0)
_TITLE = re.compile(rb"#(?:Log-type|Fields|Software: Microsoft Exchange)", re.IGNORECASE)
_FIELDS = re.compile(rb"#Fields:\s*", re.IGNORECASE)
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_MARKS = frozenset("+-><*")  # connect, disconnect, sent, received, information


@dataclass(frozen=True, slots=True)
class ExchangeLayout:
    """The fields of a log, and the other fields that its rows may turn out to have.

    Attributes:
        sets: Field sets by the number of cells of a row, the file's own first.
        skip: Bytes of UTF-8 before the first record.
    """

    sets: tuple[CsvLayout, ...]
    skip: int

    @property
    def shape(self) -> str:
        """The layout in a few words."""
        return "Exchange Server log"

    @property
    def names(self) -> tuple[str, ...]:
        """Every field that a row may have."""
        return tuple(dict.fromkeys(name for one in self.sets for name in one.names))

    @property
    def columns(self) -> Mapping[str, str]:
        """The fields to be read."""
        return {key: name for one in reversed(self.sets) for key, name in one.columns.items()}

    def on(self, columns: Mapping[str, str]) -> ExchangeLayout:
        """Read only these fields."""
        chosen = (one.on({key: name for key, name in columns.items() if name in one.names}) for one in self.sets)
        return replace(self, sets=tuple(chosen))

    def cutter(self) -> Cutter:
        """Cut by the marks' positions or else record by record."""
        return _ExchangeCutter(self)

    def read(self, chunk: Chunk) -> tuple[Cells, dict[int, str]]:
        """Read the cells as the file's own fields, and rows of another known number of cells as theirs."""
        own, *others = self.sets
        cells, odd = own.read(chunk)
        for other in others:
            why = miscounted(len(other.names), len(own.names))
            numbers = sorted(number for number, reason in odd.items() if reason == why)
            if not numbers:
                continue
            more, wrong = other.read(_only(chunk, numbers))
            found = np.array(numbers, np.int64)[more.records - 1]
            odd = {number: why for number, why in odd.items() if number not in set(found.tolist())}
            odd |= {numbers[number - 1]: reason for number, reason in wrong.items()}
            cells = _together(cells, replace(more, records=found), self.columns)
        return cells, odd

    def texts(self, chunk: Chunk, records: list[int]) -> list[str]:
        """Give the text of these records."""
        return self.sets[0].texts(chunk, records)

    def stands_for_nothing(self, text: str) -> str | None:
        """Tell comment lines, blank rows and padding."""
        return "comment-line" if text.startswith("#") else self.sets[0].stands_for_nothing(text)

    def ending(self, chunk: Chunk) -> Grammar:
        """Say how many cells the file's last record must have not to be one that was cut."""
        own = self.sets[0].grammar
        spans = record_spans(chunk.data, quote_positions(chunk.data)) if chunk.spans is None else chunk.spans
        text = chunk.data[slice(*spans[-1])] if len(spans) else b""
        other = len(own.cells(text)) in {len(one.names) for one in self.sets}
        return _COMMA if text.startswith(b"#") or other else own


class _ExchangeCutter(Cutter):
    """Cuts a log of Exchange Server, as every other delimited file."""

    def __init__(self, layout: ExchangeLayout) -> None:
        super().__init__()
        self._layout = layout

    def scout(self, block: bytes) -> Marks:
        """Find the marks of a block."""
        return scouted(block, _COMMA.delimiter)

    def regular(self, rest: bytes, block: bytes, seen: Scouted) -> int | None:
        """Give the last line end, where all marks are in their places."""
        assert isinstance(seen, Marks)
        return regular_end(rest, block, seen, _COMMA.delimiter)

    def whole(self, text: bytes, /, *, last: bool, damage: str) -> Chunk:
        """Cut the whole records off the front of a text."""
        chunk = whole_records(text, self._layout.sets[0].grammar, last=last)
        return closed(chunk, self._layout.ending(chunk), damage) if last else chunk


def _only(chunk: Chunk, numbers: Sequence[int]) -> Chunk:
    """Give a chunk of these records alone."""
    spans = record_spans(chunk.data, quote_positions(chunk.data)) if chunk.spans is None else chunk.spans
    texts = [chunk.data[slice(*spans[number - 1])] for number in numbers]
    ends = np.cumsum([len(text) for text in texts])
    return Chunk(b"".join(texts), np.stack([np.append(0, ends[:-1]), ends], axis=1))


def _together(one: Cells, other: Cells, keys: Mapping[str, str]) -> Cells:
    """Put two readings of a chunk into the order of its records."""
    records = np.concatenate([one.records, other.records])
    order = np.argsort(records)
    take = pa.array(order)
    columns = {key: pa.concat_arrays([one.column(key), other.column(key)]).take(take) for key in keys}
    return Cells(columns, records[order])


def find_exchange_log(head: bytes) -> ExchangeLayout | None:
    """Tell a log of Exchange Server by its `#` lines, or by the shape of its first row; None where it is none."""
    names: tuple[str, ...] = ()
    skip, titled, row = 0, False, None
    for line in head.splitlines(keepends=True):
        if line.startswith(b"#"):
            titled |= _TITLE.match(line) is not None
            fields = _FIELDS.match(line)
            names = names or (tuple(_COMMA.cells(line[fields.end() :])) if fields else ())
        elif row is None and line.strip(b"\0 \t\r\n"):
            row = _COMMA.cells(line)
        if row is None:
            skip += len(line)
        elif titled or _is_known(row):
            break
        else:
            return None
    if not titled and row is None:
        return None
    return _layout(_fields(names, row), skip)


def _is_known(row: Sequence[str]) -> bool:
    """Whether a row without a header reads as one of the logs that we know."""
    if not _STAMP.match(row[0]):
        return False
    return len(row) in map(len, _TRACKING) or (len(row) == len(PROTOCOL_FIELDS) and row[6] in _MARKS)


def _fields(named: tuple[str, ...], row: Sequence[str] | None) -> tuple[str, ...]:
    """Believe `#Fields:` where it fits the rows, and else the number of their cells."""
    names = tuple(name.strip().lower() for name in named)
    if row is None or (len(names) == len(row) and len(set(names)) == len(names)):
        return names
    return _KNOWN.get(len(row), names)


def _layout(names: tuple[str, ...], skip: int) -> ExchangeLayout | None:
    if not names:
        return None
    others = [known for known in _TRACKING if len(known) != len(names)] if "event-id" in names else []
    return ExchangeLayout(tuple(CsvLayout(Grammar(",", len(one)), one, 0) for one in (names, *others)), skip)
