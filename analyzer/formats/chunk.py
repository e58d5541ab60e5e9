"""What is passed on between cutting a file, reading its cells and giving them their meaning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analyzer.inputs import GROWN, repair

if TYPE_CHECKING:
    from analyzer.formats.cutting import Cutter

CHUNK_BYTES = 16 << 20
RECORD_LIMIT = 1 << 20  # pyarrow's block, and so the longest record it is sure to read

_CACHED = 256 << 10
NOT_UTF8 = "bytes that are not UTF-8 were read as Windows-1252"

Positions = npt.NDArray[np.int64]


class Onward(Protocol):
    """Looks for the end of a record that is too long to be held."""

    def __call__(self, data: bytes, start: int, /) -> tuple[int, bool]:
        """Say up to where the data from `start` belongs to the record, and whether that is its end."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole records of a file, as valid UTF-8.

    Attributes:
        data: The records' text.
        start: Where it begins in the text of the log behind the header; None where that does not hold it as it is.
        spans: Start and end of each record; None where they are wanted by nobody yet.
        broken: Number in the chunk (from 1) of each record not worth parsing, and why.
        notes: What the reader should know about the file as a whole.
        layout: How its records lie, where that is not as at the beginning of the file.
        onward: Finds the end of the last record, which is too long to be held, in what follows.
        around: The last records of the chunk before and the first of the one after, where the format joins events.
        cells: The cells, where records can be read only with those before them, and so by the cutter.
    """

    data: bytes
    spans: Positions | None = None
    broken: Mapping[int, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    layout: Layout | None = None
    onward: Onward | None = None
    around: tuple[Chunk, ...] = ()
    cells: Cells | None = None
    start: int | None = None

    @property
    def size(self) -> int:
        """Bytes of text."""
        return len(self.data)


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of the readable records: one text column a log column, blank where empty.

    Attributes:
        columns: Columns by the format's own key; a column that the log lacks is missing here.
        records: Number in the chunk, from 1, of the record each row came from.
    """

    columns: Mapping[str, pa.StringArray]
    records: Positions

    def __len__(self) -> int:
        return len(self.records)

    def where(self, mask: npt.NDArray[np.bool_]) -> Cells:
        """Keep the rows where the mask is true."""
        if mask.all():
            return self
        arrow = pa.array(mask)
        kept = {key: column.filter(arrow) for key, column in self.columns.items()}
        return replace(self, columns=kept, records=self.records[mask])

    def adding(self, columns: Mapping[str, pa.StringArray]) -> Cells:
        """Put further columns beside those there are."""
        return replace(self, columns={**self.columns, **columns})

    def only(self, *keys: str) -> Cells:
        """Keep some of the columns."""
        return replace(self, columns={key: self.column(key) for key in keys})

    def beside(self, other: Cells) -> Cells:
        """Put the rows of others behind these, with the columns of these."""
        columns = {key: pa.concat_arrays([column, other.column(key)]) for key, column in self.columns.items()}
        return Cells(columns, np.concatenate([self.records, other.records]))

    def column(self, key: str) -> pa.StringArray:
        """Give a column, blank throughout where the log lacks it."""
        found = self.columns.get(key)
        return pa.repeat(pa.scalar(""), len(self)) if found is None else found


def torn(chunk: Chunk, damage: str, *, whole: bool) -> Chunk:
    """End the last chunk of a damaged file: what lies behind its last whole record is one broken record.

    A file that is still written to has lost nothing as long as it was read up to a record's end.
    """
    spans = np.zeros((0, 2), np.int64) if chunk.spans is None else chunk.spans
    if whole and damage.startswith(GROWN):
        return replace(chunk, notes=(*chunk.notes, damage))
    if whole:  # the damage came exactly at a record's end: the record behind it has no text
        spans = np.append(spans, [[len(chunk.data)] * 2], axis=0)
    lost = "the row was not complete yet" if damage.startswith(GROWN) else "the rest is lost"
    broken = {**chunk.broken, len(spans): f"{damage}; {lost}"}
    return replace(chunk, spans=spans, broken=broken, notes=(*chunk.notes, damage))


def repaired(chunk: Chunk) -> Chunk:
    """Make the chunk valid UTF-8, and its spans fit what grew longer by that."""
    data = repair(chunk.data)
    if data is chunk.data:
        return chunk
    if chunk.spans is None:
        return replace(chunk, data=data, start=None, notes=(*chunk.notes, NOT_UTF8))
    bounds = chunk.spans.ravel()
    lengths = [len(repair(chunk.data[start:end])) for start, end in zip((0, *bounds[:-1]), bounds, strict=True)]
    spans = np.cumsum(lengths).reshape(-1, 2)
    return replace(chunk, data=data, start=None, notes=(*chunk.notes, NOT_UTF8), spans=spans)


def places(data: bytes, letter: int) -> Positions:
    """Find every place of a byte."""
    found = [np.flatnonzero(part == letter) + number * _CACHED for number, part in enumerate(parts_of(data))]
    return np.concatenate(found) if found else np.zeros(0, np.int64)


def parts_of(data: bytes) -> Iterator[npt.NDArray[np.uint8]]:
    """Give the bytes in parts so small that what is made of each stays in the processor's cache."""
    letters = np.frombuffer(data, np.uint8)
    return (letters[start : start + _CACHED] for start in range(0, len(letters), _CACHED))


class Layout(Protocol):
    """How the records lie in a file: delimited cells or JSON objects."""

    @property
    def shape(self) -> str:
        """The layout in a few words, as shown to the user."""

    @property
    def skip(self) -> int:
        """Bytes of UTF-8 before the first record."""

    @property
    def names(self) -> tuple[str, ...]:
        """Column names as the file spells them."""

    @property
    def columns(self) -> Mapping[str, str]:
        """The columns to be read: the format's key to the file's spelling."""

    def on(self, columns: Mapping[str, str]) -> Layout:
        """Read only these columns: the format's key to the file's spelling."""

    def cutter(self) -> Cutter:
        """Begin to cut what follows the skipped bytes into chunks of whole records."""

    def read(self, chunk: Chunk) -> tuple[Cells, dict[int, str]]:
        """Read a chunk's cells; records that have none come back by number, with the reason."""

    def texts(self, chunk: Chunk, records: list[int]) -> list[str]:
        """Give the text of these records."""

    def stands_for_nothing(self, text: str) -> str | None:
        """Name the kind of noise a record's text is, or None where it should have been a row."""
