"""Columns to classes and back: decide once per distinct input (docs/decisions/0003).

The only module of selection that knows Arrow. A column is dictionary-encoded, each distinct value
is reduced once to a numbered class, rows become integer keys, and what was decided per distinct key
is scattered back by `take`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Generic, Protocol, TypeAlias, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from analyzer.hashing import NULL, Hashes, text_hashes, together

K = TypeVar("K", bound=Hashable)
K_co = TypeVar("K_co", covariant=True)
T = TypeVar("T", bound=Hashable)

Codes = NDArray[np.int64]

# Of each kind: senders, recipients, addresses ... A value takes 12 bytes; one that is forgotten, microseconds.
_REMEMBERED_VALUES = 1_000_000
_REMEMBERED_ALIKE = 250_000
_UNKNOWN = -1
_HASHED_KEYS = 100_000


class Values(Protocol[K_co]):
    """Distinct values by their places: texts, or rows of them."""

    def texts(self, places: Codes) -> list[pa.StringArray]:
        """Give the values at some places, column by column."""

    def keys(self, places: Codes) -> Sequence[K_co]:
        """Give the values at some places, one by one."""


# Gives each row of some columns a token; values of one token surely fall into one class.
Alike = Callable[[Sequence[pa.StringArray]], Hashes]


class Classes(Generic[K, T]):
    """Numbers the classes that distinct values fall into; shared by all worker threads.

    Of a value only its hash is remembered, and their number is bounded: what is forgotten is reduced again.
    The classes themselves stay, they are as many as the configuration can tell apart.
    """

    def __init__(self, reduce: Callable[[K], T], alike: Alike | None = None) -> None:
        """Start without classes; `reduce` gives the class of one value, and is asked once for values that are alike."""
        self._reduce, self._alike = reduce, alike
        self._remembered, self._of_token = _NOTHING, _NOTHING
        # A value that is alike to one that was reduced is soon learned again.
        self._most = _REMEMBERED_ALIKE if alike else _REMEMBERED_VALUES
        self._number: dict[T, int] = {}
        self._lock = Lock()
        self.classes: list[T] = []

    def number(self, value: K) -> int:
        """Reduce one value and give the number of its class."""
        found = self._reduce(value)
        with self._lock:
            number = self._number.setdefault(found, len(self.classes))
            if number == len(self.classes):
                self.classes.append(found)
            return number

    def numbers(self, hashes: Hashes, values: Values[K]) -> Codes:
        """Give the class number of each of some distinct values.

        Args:
            hashes: One a value.
            values: Gives the values at some places; asked only of those that are not remembered.
        """
        numbers = self._remembered.numbers(hashes)
        unknown = np.flatnonzero(numbers == _UNKNOWN)
        if len(unknown):
            numbers[unknown] = self._learned(values, unknown)
            with self._lock:
                self._remembered = self._remembered.with_more(hashes[unknown], numbers[unknown], self._most)
        return numbers

    def _learned(self, values: Values[K], places: Codes) -> Codes:
        """Reduce the values at some places; of those that are alike the first."""
        if self._alike is None:
            return np.array([self.number(value) for value in values.keys(places)], np.int64)
        tokens, inverse = np.unique(self._alike(values.texts(places)), return_inverse=True)
        numbers = self._of_token.numbers(tokens)
        unknown = np.flatnonzero(numbers == _UNKNOWN)
        if len(unknown):
            first = np.full(len(tokens), len(places))
            np.minimum.at(first, inverse, np.arange(len(places)))
            numbers[unknown] = [self.number(value) for value in values.keys(places[first[unknown]])]
            with self._lock:
                self._of_token = self._of_token.with_more(tokens[unknown], numbers[unknown], _REMEMBERED_VALUES)
        return numbers[inverse]


@dataclass(frozen=True, slots=True)
class _Remembered:
    """The numbers of values by their hashes, which are in order."""

    hashes: Hashes
    found: NDArray[np.int32]

    def numbers(self, hashes: Hashes) -> Codes:
        """Give each value's number; `_UNKNOWN` where it is not remembered."""
        if not len(self.hashes):
            return np.full(len(hashes), _UNKNOWN)
        at = np.minimum(np.searchsorted(self.hashes, hashes), len(self.hashes) - 1)
        return np.where(self.hashes[at] == hashes, self.found[at], _UNKNOWN).astype(np.int64)

    def with_more(self, hashes: Hashes, numbers: Codes, most: int) -> _Remembered:
        """Remember more values; where they are too many in all, these alone."""
        new = np.flatnonzero(self.numbers(hashes) == _UNKNOWN)  # another thread may have been first
        before = self if len(self.hashes) + len(new) <= most else _NOTHING
        order = new[np.argsort(hashes[new])]
        at = np.searchsorted(before.hashes, hashes[order])
        return _Remembered(
            np.insert(before.hashes, at, hashes[order]), np.insert(before.found, at, numbers[order].astype(np.int32))
        )


_NOTHING = _Remembered(np.zeros(0, np.uint64), np.zeros(0, np.int32))


@dataclass(frozen=True, slots=True)
class Encoded:
    """The distinct values of a column, and each row's position among them; null is one more, the last.

    `hashes` are those of the distinct values, null included.
    """

    dictionary: pa.StringArray
    positions: Codes
    hashes: Hashes

    @property
    def is_null(self) -> NDArray[np.bool_]:
        """Mark the rows without a value."""
        null: NDArray[np.bool_] = self.positions == len(self.dictionary)
        return null

    def text(self, places: Codes) -> pa.StringArray:
        """Give the distinct values at some places."""
        return self.dictionary.take(pa.array(places, mask=places == len(self.dictionary)))

    def texts(self, places: Codes) -> list[pa.StringArray]:
        """Give the distinct values at some places, as a class that rests on several columns has them."""
        return [self.text(places)]

    def keys(self, places: Codes) -> list[str | None]:
        """Give the distinct values at some places, one by one."""
        found: list[str | None] = self.text(places).to_pylist()
        return found


@dataclass(frozen=True, slots=True)
class _Rows:
    """The distinct rows of several encoded columns: the place of each one's cell in every column."""

    columns: Sequence[Encoded]
    cells: Sequence[Codes]

    def texts(self, places: Codes) -> list[pa.StringArray]:
        """Give the rows at some places, column by column."""
        return [column.text(cells[places]) for column, cells in zip(self.columns, self.cells, strict=True)]

    def keys(self, places: Codes) -> list[tuple[str | None, ...]]:
        """Give the rows at some places, one by one."""
        return list(zip(*(text.to_pylist() for text in self.texts(places)), strict=True))


Column: TypeAlias = pa.ChunkedArray | pa.Array | Encoded


def encoded(column: Column) -> Encoded:
    """Encode a column, unless it was: what several classes rest on is encoded once."""
    if isinstance(column, Encoded):
        return column
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if not pa.types.is_dictionary(array.type):
        array = array.dictionary_encode()
    indices = pc.fill_null(array.indices, len(array.dictionary)).to_numpy(zero_copy_only=False)
    return Encoded(array.dictionary, indices.astype(np.int64), np.append(text_hashes(array.dictionary), NULL))


def class_codes(classes: Classes[str | None, T], column: Column) -> Codes:
    """Give each row's class number; the reduction runs once per distinct value."""
    found = encoded(column)
    return classes.numbers(found.hashes, found)[found.positions]


def class_codes_of_several(classes: Classes[tuple[str | None, ...], T], columns: Sequence[Column]) -> Codes:
    """As `class_codes`, for a class that rests on several columns together."""
    parts = [encoded(c) for c in columns]
    filled = [part for part in parts if len(part.dictionary)]
    if len(filled) == 1:  # the others are null throughout, as columns are that the format lacks
        inverse = filled[0].positions
        first = np.arange(len(filled[0].dictionary) + 1)
        places = [first if part is filled[0] else np.zeros_like(first) for part in parts]
    else:
        first, inverse = distinct(combined([part.positions for part in parts]))
        places = [part.positions[first] for part in parts]
    hashes = together([part.hashes[place] for part, place in zip(parts, places, strict=True)])
    return classes.numbers(hashes, _Rows(parts, places))[inverse]


def combined(parts: Sequence[Codes]) -> Codes:
    """Join several columns of non-negative codes into one; equal rows, and only they, get equal codes.

    Codes are renumbered whenever their product would outgrow 62 bits, so no number of classes collides.
    """
    result = np.zeros(len(parts[0]), np.int64) if parts else np.zeros(0, np.int64)
    span = 1
    for part in parts:
        width = int(part.max(initial=0)) + 1
        if width == 1:
            continue  # alike in every row
        if span * width >= 1 << 62:
            distinct, result = np.unique(result, return_inverse=True)
            span = len(distinct)
        result = result * width + part
        span *= width
    return result


def distinct(keys: Codes) -> tuple[Codes, Codes]:
    """Give the first row of each distinct key, in the order of the rows, and each row's position among them."""
    if len(keys) > _HASHED_KEYS:
        return _distinct_by_order(keys)
    encoded_keys = pa.array(keys).dictionary_encode()
    inverse = encoded_keys.indices.to_numpy().astype(np.int64)
    first = np.full(len(encoded_keys.dictionary), len(keys), np.int64)
    np.minimum.at(first, inverse, np.arange(len(keys)))
    return first, inverse


def _distinct_by_order(keys: Codes) -> tuple[Codes, Codes]:
    """As `distinct`, without a hash table: so many keys are mostly distinct, and it would take ten times their room."""
    order = np.argsort(keys, kind="stable")
    inverse = keys[order]
    new = np.append(True, inverse[1:] != inverse[:-1])
    first = order[new]
    by_row = np.argsort(first)
    place = np.empty_like(by_row)
    place[by_row] = np.arange(len(by_row))
    inverse[order] = np.repeat(place, np.diff(np.append(np.flatnonzero(new), len(keys))))
    return first[by_row], inverse


def spread(column: pa.Array, rows: Codes) -> pa.Array:
    """Give the values of a short column at many rows, as `take` does, but several times as fast."""
    if pa.types.is_list(column.type):
        return _spread_lists(column, rows)
    # Arrow's own take is slow where there are nulls.
    indices = pc.fill_null(column.indices, _UNKNOWN).to_numpy()[rows]
    bits = pa.py_buffer(np.packbits(indices >= 0, bitorder="little")) if column.null_count else None
    spread_out = pa.Array.from_buffers(column.type.index_type, len(rows), [bits, pa.py_buffer(indices)])
    return pa.DictionaryArray.from_arrays(spread_out, column.dictionary, safe=False)  # they were in bounds before


def _spread_lists(column: pa.ListArray, rows: Codes) -> pa.ListArray:
    """Give the lists, none of which is null, at many rows."""
    offsets = np.zeros(len(rows) + 1, np.int32)
    if not len(column.values):
        return pa.ListArray.from_arrays(offsets, column.values)
    bounds = column.offsets.to_numpy()
    length = np.diff(bounds)[rows]
    np.cumsum(length, out=offsets[1:])
    filled = np.flatnonzero(length)  # most lists are empty
    inner = np.arange(offsets[-1]) + np.repeat(bounds[rows[filled]] - offsets[filled], length[filled])
    return pa.ListArray.from_arrays(offsets, column.values.take(pa.array(inner)))


class Ledger(Generic[T]):
    """Numbers results and keeps, for each named column, what every result shows there.

    `columns` maps a column name to the function that reads its value from a result: text, or a tuple
    of texts for list columns.
    """

    def __init__(self, columns: dict[str, Callable[[T], str | tuple[str, ...] | None]]) -> None:
        """Start without results."""
        self._read = columns
        self._number: dict[T, int] = {}
        self._lock = Lock()
        self.results: list[T] = []
        self._values: dict[str, dict[str | tuple[str, ...] | None, int]] = {name: {} for name in columns}
        self._codes: dict[str, list[int]] = {name: [] for name in columns}

    def number(self, result: T) -> int:
        """Give a result its number."""
        with self._lock:
            number = self._number.get(result)
            if number is None:
                number = self._number[result] = len(self.results)
                self.results.append(result)
                for name, read in self._read.items():
                    known = self._values[name]
                    self._codes[name].append(known.setdefault(read(result), len(known)))
            return number

    def column(self, name: str, numbers: Codes) -> pa.Array:
        """Scatter one column over rows: dictionary-encoded text, or lists of text."""
        with self._lock:
            values, codes = list(self._values[name]), np.array(self._codes[name], np.int32)
        rows = codes[numbers]
        if any(isinstance(v, tuple) for v in values):
            return pa.array([list(v or ()) for v in values], pa.list_(pa.string())).take(pa.array(rows))
        # Sorted, and only what the rows use: the same rows give the same bytes, whichever thread was first.
        used = np.flatnonzero(np.bincount(rows, minlength=len(values)))
        texts = sorted(v for i in used if isinstance(v := values[i], str))
        place = {v: i for i, v in enumerate(texts)}
        lookup = np.array([place.get(v, -1) if isinstance(v, str) else -1 for v in values], np.int32)
        indices = lookup[rows]
        return pa.DictionaryArray.from_arrays(pa.array(indices, mask=indices < 0), pa.array(texts, pa.string()))
