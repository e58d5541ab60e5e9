"""Columns to classes and back: decide once per distinct input (docs/decisions/0003).

The only module of selection that knows Arrow. A column is dictionary-encoded, each distinct value
is reduced once to a numbered class, rows become integer keys, and what was decided per distinct key
is scattered back by `take`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import repeat
from threading import Lock
from typing import Generic, NamedTuple, TypeAlias, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

K = TypeVar("K", bound=Hashable)
T = TypeVar("T", bound=Hashable)

Codes = NDArray[np.int64]

# Of each kind: senders, recipients, addresses ... A value takes some 200 bytes; one that is forgotten, microseconds.
_REMEMBERED_VALUES = 200_000
_UNKNOWN = -1


class Classes(Generic[K, T]):
    """Numbers the classes that distinct values fall into; shared by all worker threads.

    The memory of values is bounded and may be forgotten; the classes themselves stay, they are as
    many as the configuration can tell apart.
    """

    def __init__(self, reduce: Callable[[K], T]) -> None:
        """Start without classes; `reduce` gives the class of one value."""
        self._reduce = reduce
        self._of_value: dict[K, int] = {}
        self._number: dict[T, int] = {}
        self._lock = Lock()
        self.classes: list[T] = []

    def numbers(self, values: Sequence[K]) -> Codes:
        """Give the class number of each value."""
        numbers = np.fromiter(map(self._of_value.get, values, repeat(_UNKNOWN)), np.int64, len(values))
        for place in np.flatnonzero(numbers == _UNKNOWN).tolist():
            numbers[place] = self._learn(values[place])
        return numbers

    def _learn(self, value: K) -> int:
        found = self._reduce(value)
        with self._lock:
            if len(self._of_value) >= _REMEMBERED_VALUES:
                self._of_value.clear()
            number = self._number.get(found)
            if number is None:
                number = len(self.classes)
                self.classes.append(found)
                self._number[found] = number
            self._of_value[value] = number
            return number


class Encoded(NamedTuple):
    """The distinct values of a column, None last, and each row's position among them."""

    values: list[str | None]
    positions: Codes

    @property
    def is_null(self) -> NDArray[np.bool_]:
        """Mark the rows without a value."""
        null: NDArray[np.bool_] = self.positions == len(self.values) - 1
        return null


Column: TypeAlias = pa.ChunkedArray | pa.Array | Encoded


def encoded(column: Column) -> Encoded:
    """Encode a column, unless it was: what several classes rest on is encoded once."""
    if isinstance(column, Encoded):
        return column
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if not pa.types.is_dictionary(array.type):
        array = array.dictionary_encode()
    values: list[str | None] = [*array.dictionary.to_pylist(), None]
    indices = pc.fill_null(array.indices, len(values) - 1).to_numpy(zero_copy_only=False)
    return Encoded(values, indices.astype(np.int64))


def class_codes(classes: Classes[str | None, T], column: Column) -> Codes:
    """Give each row's class number; the reduction runs once per distinct value."""
    values, positions = encoded(column)
    return classes.numbers(values)[positions]


def class_codes_of_several(classes: Classes[tuple[str | None, ...], T], columns: Sequence[Column]) -> Codes:
    """As `class_codes`, for a class that rests on several columns together."""
    parts = [encoded(c) for c in columns]
    filled = [place for place, (values, _) in enumerate(parts) if len(values) > 1]
    if len(filled) <= 1:  # the other columns are null throughout, as those are that the format lacks
        values, positions = parts[filled[0] if filled else 0]
        blank = (None,) * len(parts)
        place = filled[0] if filled else 0
        return classes.numbers([(*blank[:place], value, *blank[place + 1 :]) for value in values])[positions]
    keys = combined([p for _, p in parts])
    first, inverse = distinct(keys)
    columns_of_first = [[values[i] for i in positions[first]] for values, positions in parts]
    return classes.numbers(list(zip(*columns_of_first, strict=True)))[inverse]


def combined(parts: Sequence[Codes]) -> Codes:
    """Join several columns of non-negative codes into one; equal rows, and only they, get equal codes.

    Codes are renumbered whenever their product would outgrow 62 bits, so no number of classes collides.
    """
    result = np.zeros(len(parts[0]), np.int64) if parts else np.zeros(0, np.int64)
    span = 1
    for part in parts:
        width = int(part.max(initial=0)) + 1
        if span * width >= 1 << 62:
            distinct, result = np.unique(result, return_inverse=True)
            span = len(distinct)
        result = result * width + part
        span *= width
    return result


def distinct(keys: Codes) -> tuple[Codes, Codes]:
    """Give the first row of each distinct key and each row's position among them."""
    encoded_keys = pa.array(keys).dictionary_encode()
    inverse = encoded_keys.indices.to_numpy().astype(np.int64)
    first = np.full(len(encoded_keys.dictionary), len(keys), np.int64)
    np.minimum.at(first, inverse, np.arange(len(keys)))
    return first, inverse


def spread(column: pa.Array, rows: Codes) -> pa.Array:
    """Give the values of a short column at many rows, as `take` does, but several times as fast."""
    if pa.types.is_list(column.type):
        return _spread_lists(column, rows)
    # Arrow's own take is slow where there are nulls.
    indices = pc.fill_null(column.indices, _UNKNOWN).to_numpy()[rows]
    valid = indices >= 0
    bits = None if valid.all() else pa.py_buffer(np.packbits(valid, bitorder="little"))
    spread_out = pa.Array.from_buffers(column.type.index_type, len(rows), [bits, pa.py_buffer(indices)])
    return pa.DictionaryArray.from_arrays(spread_out, column.dictionary)


def _spread_lists(column: pa.ListArray, rows: Codes) -> pa.ListArray:
    """Give the lists, none of which is null, at many rows."""
    bounds = column.offsets.to_numpy().astype(np.int64)
    start, length = bounds[:-1][rows], np.diff(bounds)[rows]
    offsets = np.append(0, np.cumsum(length))
    inner = np.arange(offsets[-1]) + np.repeat(start - offsets[:-1], length)
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), column.values.take(pa.array(inner)))


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
