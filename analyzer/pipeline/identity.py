"""Which rows are the same row met again: a key for each log row, worked out a column at a time.

A key is the row's time and a 64-bit hash of what the format's `Identity` names. Two different rows of
the same microsecond would have to share the hash to be taken for one; among 20 million rows of one
second that is less likely than 1 in 90 000, among rows spread over time it does not happen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from analyzer.formats.base import Format
from analyzer.hashing import NULL, ODD, Hashes, mixed, text_hashes
from analyzer.schema import NORMALISED
from analyzer.selection.batch import Codes

Mask = NDArray[np.bool_]

_IDS = ("network_message_id", "message_id")
_PLACED = frozenset({"received_at", "recipient", "source_row"})  # counted apart, or no part of the row itself
_COLUMNS = tuple(c.name for c in NORMALISED if c.name not in _PLACED)
_SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of log rows.

    Attributes:
        hash: Of everything that makes the row itself.
        time: Microseconds since 1970, as far as they count.
        status: Of the log's words on it, to see where repetitions differ.
        known: Whether the row can be known again at all.
    """

    hash: Hashes
    time: Codes
    status: Hashes
    known: Mask

    def where(self, kept: Mask) -> Keys:
        """Keep some of the keys."""
        return Keys(self.hash[kept], self.time[kept], self.status[kept], self.known[kept])


def record_keys(rows: pa.Table, starts: Codes, format_: Format) -> Keys:
    """Work out the key of each log row; the order of its recipients does not matter.

    Args:
        rows: Normalised rows of one format.
        starts: The first row of each log row.
        format_: Their format; rows of two formats are never the same.
    """
    identity = format_.identity
    times = rows.column("received_at").cast(pa.int64()).to_numpy()
    if identity.whole_seconds:
        times = times // _SECOND * _SECOND
    missing = _missing(rows, _IDS[0])
    unknown = missing & _missing(rows, _IDS[1])
    columns = identity.columns or _COLUMNS
    hashes = _rows_hashed(rows, columns, format_.name)
    if identity.columns and missing.any():
        # Without the service's id the whole row has to be alike.
        hashes = np.where(missing, _rows_hashed(rows, _COLUMNS, format_.name), hashes)
    hashes = mixed(hashes + times.view(np.uint64) * ODD)
    status = _column_hashes(rows.column("delivery_status"))
    known = np.ones(len(missing), np.bool_) if identity.repeats else ~unknown
    if len(starts) == len(hashes):
        return Keys(hashes, times, status, known)
    return Keys(np.add.reduceat(hashes, starts), times[starts], np.add.reduceat(status, starts), known[starts])


def _missing(rows: pa.Table, name: str) -> Mask:
    column = rows.column(name)
    if not column.null_count:
        return np.zeros(rows.num_rows, np.bool_)
    missing: Mask = pc.is_null(column).to_numpy(zero_copy_only=False)
    return missing


def _rows_hashed(rows: pa.Table, columns: tuple[str, ...], format_name: str) -> Hashes:
    result = np.full(rows.num_rows, text_hashes(pa.array([format_name]))[0])
    for name in ("recipient", *columns):
        column = rows.column(name)
        blank = column.null_count == rows.num_rows
        result = result * ODD + (NULL if blank else _column_hashes(column))
    return result


def _column_hashes(column: pa.ChunkedArray) -> Hashes:
    array = column.combine_chunks()
    if pa.types.is_dictionary(array.type):
        values = np.append(text_hashes(array.dictionary), NULL)
        places = pc.fill_null(array.indices, len(values) - 1).to_numpy(zero_copy_only=False)
        hashes: Hashes = values[places]
        return hashes
    missing = pc.is_null(array).to_numpy(zero_copy_only=False) if array.null_count else None
    if pa.types.is_string(array.type):
        hashes = text_hashes(pc.fill_null(array, "") if array.null_count else array)
    else:
        numbers = pc.fill_null(array.cast(pa.int64()), 0).to_numpy()
        hashes = mixed(numbers.view(np.uint64) + ODD)
    return hashes if missing is None else np.where(missing, NULL, hashes)
