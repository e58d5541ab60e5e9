"""Which rows are the same row met again: a key for each log row, worked out a column at a time.

A key is the row's time and a 64-bit hash of what the format's `Identity` names. Two different rows of
the same microsecond would have to share the hash to be taken for one; among 20 million rows of one
second that is less likely than 1 in 90 000, among rows spread over time it does not happen.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from analyzer.formats.base import Format
from analyzer.formats.packed import Letters, raw_text
from analyzer.schema import NORMALISED
from analyzer.selection.batch import Codes

Hashes = NDArray[np.uint64]
Mask = NDArray[np.bool_]

_IDS = ("network_message_id", "message_id")
_PLACED = frozenset({"received_at", "recipient", "source_row"})  # counted apart, or no part of the row itself
_COLUMNS = tuple(c.name for c in NORMALISED if c.name not in _PLACED)
_SECOND = 1_000_000
_WORD, _HALF = 8, 4
_LONG = 64 * _WORD  # longer texts are rare, and are hashed in steps of their own
_ODD = np.uint64(0x9E37_79B9_7F4A_7C15)  # 2**64 over the golden ratio: spreads neighbouring numbers
_MIX = (np.uint64(0xBF58_476D_1CE4_E5B9), np.uint64(0x94D0_49BB_1331_11EB))  # finalizer of splitmix64
_NULL = np.uint64(0x5851_F42D_4C95_7F2D)


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
    hashes = _mixed(hashes + times.view(np.uint64) * _ODD)
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
        result = result * _ODD + (_NULL if blank else _column_hashes(column))
    return result


def _column_hashes(column: pa.ChunkedArray) -> Hashes:
    array = column.combine_chunks()
    if pa.types.is_dictionary(array.type):
        values = np.append(text_hashes(array.dictionary), _NULL)
        places = pc.fill_null(array.indices, len(values) - 1).to_numpy(zero_copy_only=False)
        hashes: Hashes = values[places]
        return hashes
    missing = pc.is_null(array).to_numpy(zero_copy_only=False) if array.null_count else None
    if pa.types.is_string(array.type):
        hashes = text_hashes(pc.fill_null(array, "") if array.null_count else array)
    else:
        numbers = pc.fill_null(array.cast(pa.int64()), 0).to_numpy()
        hashes = _mixed(numbers.view(np.uint64) + _ODD)
    return hashes if missing is None else np.where(missing, _NULL, hashes)


def text_hashes(column: pa.StringArray) -> Hashes:
    """Hash each text, eight bytes at a time for all of them together."""
    offsets, text = raw_text(column)
    start, length = offsets[:-1], np.diff(offsets)
    if len(length) and 0 < length[0] <= _LONG and not length[0] % _HALF and (length == length[0]).all():
        return _mixed(_of_one_length(text.reshape(len(length), -1)))
    padded = np.zeros(len(text) + _WORD, np.uint8)
    padded[: len(text)] = text
    words = np.ndarray((len(text) + 1,), "<u8", padded, strides=(1,))
    result = _seeds(length.astype(np.uint64))
    for at in range(0, min(int(length.max(initial=0)), _LONG), _WORD):
        result = _with_word(result, words, start + at, length - at)
    for row in np.flatnonzero(length > _LONG).tolist():
        result[row] = _long_hash(result[row], text[start[row] + _LONG : start[row] + length[row]].tobytes())
    return _mixed(result)


def _of_one_length(letters: Letters) -> Hashes:
    """Hash texts of one length, a multiple of four bytes (ids, mostly): their words lie side by side."""
    result = _seeds(np.full(len(letters), letters.shape[1], np.uint64))
    whole = letters.shape[1] // _WORD * _WORD
    for at in range(0, whole, _WORD):
        result = _stirred(result ^ np.ascontiguousarray(letters[:, at : at + _WORD]).view("<u8")[:, 0])
    if whole < letters.shape[1]:
        result = _stirred(result ^ np.ascontiguousarray(letters[:, whole:]).view("<u4")[:, 0])
    return result


def _seeds(lengths: Hashes) -> Hashes:
    """Begin with the length, spread over all bits: else a short text could undo it with its own bytes."""
    return (lengths + np.uint64(1)) * _MIX[0]


def _with_word(result: Hashes, words: Hashes, start: Codes, left: Codes) -> Hashes:
    """Take up the next word of each text that is not at its end."""
    if (left >= _WORD).all():
        return _stirred(result ^ words[start])
    live = np.flatnonzero(left > 0)
    unused = (_WORD - np.minimum(left[live], _WORD)).astype(np.uint64) * np.uint64(8)
    result[live] = _stirred(result[live] ^ (words[start[live]] & (~np.uint64(0) >> unused)))
    return result


def _stirred(hashes: Hashes) -> Hashes:
    hashes = hashes * _ODD
    return hashes ^ (hashes >> np.uint64(29))


def _mixed(hashes: Hashes) -> Hashes:
    """Let every bit of a number bear on every bit of the result (splitmix64)."""
    hashes = (hashes ^ (hashes >> np.uint64(30))) * _MIX[0]
    hashes = (hashes ^ (hashes >> np.uint64(27))) * _MIX[1]
    return hashes ^ (hashes >> np.uint64(31))


def _long_hash(start: np.uint64, rest: bytes) -> np.uint64:
    """Hash what is left of a long text."""
    digest = blake2b(rest, digest_size=_WORD, key=int(start).to_bytes(_WORD, "little")).digest()
    return np.uint64(int.from_bytes(digest, "little"))
