"""64-bit hashes of text, worked out a column at a time: what is remembered of a value without keeping it.

Among a million different texts the odds that any two share their hash are 1 in 37 million.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Letters = NDArray[np.uint8]

NULL = np.uint64(0x5851_F42D_4C95_7F2D)  # of a value that is not there
ODD = np.uint64(0x9E37_79B9_7F4A_7C15)  # 2**64 over the golden ratio: spreads neighbouring numbers
_WORD, _HALF = 8, 4
_LONG = 64 * _WORD  # longer texts are rare, and are hashed in steps of their own
_MIX = (np.uint64(0xBF58_476D_1CE4_E5B9), np.uint64(0x94D0_49BB_1331_11EB))  # finalizer of splitmix64


def raw_text(column: pa.StringArray) -> tuple[NDArray[np.int64], Letters]:
    """Give a text column's offsets, from zero, and its bytes."""
    if not len(column):
        return np.zeros(1, np.int64), np.zeros(0, np.uint8)
    _, offsets, text = column.buffers()
    bounds = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1].astype(np.int64)
    whole = np.frombuffer(text, np.uint8) if text else np.zeros(0, np.uint8)
    return bounds - bounds[0], whole[bounds[0] : bounds[-1]]


def text_hashes(column: pa.StringArray) -> Hashes:
    """Hash each text, eight bytes at a time for all of them together."""
    offsets, text = raw_text(column)
    start, length = offsets[:-1], np.diff(offsets)
    if len(length) and 0 < length[0] <= _LONG and not length[0] % _HALF and (length == length[0]).all():
        return mixed(_of_one_length(text.reshape(len(length), -1)))
    return slice_hashes(text, start, length)


def slice_hashes(text: Letters, start: NDArray[np.int64], length: NDArray[np.int64]) -> Hashes:
    """Hash parts of a text, each as `text_hashes` hashes a text of its own."""
    padded = np.zeros(len(text) + _WORD, np.uint8)
    padded[: len(text)] = text
    words = np.ndarray((len(text) + 1,), "<u8", padded, strides=(1,))
    result = _seeds(length.astype(np.uint64))
    for at in range(0, min(int(length.max(initial=0)), _LONG), _WORD):
        result = _with_word(result, words, start + at, length - at)
    for row in np.flatnonzero(length > _LONG).tolist():
        result[row] = _long_hash(result[row], text[start[row] + _LONG : start[row] + length[row]].tobytes())
    return mixed(result)


def _of_one_length(letters: Letters) -> Hashes:
    """Hash texts of one length, a multiple of four bytes (ids, mostly): their words lie one step apart."""
    rows, width = letters.shape
    result = _seeds(np.full(rows, width, np.uint64))
    for at in range(0, width, _WORD):
        kind = "<u8" if at + _WORD <= width else "<u4"
        result ^= np.ndarray((rows,), kind, letters, at, (width,))
        result = _stirred(result)
    return result


def _seeds(lengths: Hashes) -> Hashes:
    """Begin with the length, spread over all bits: else a short text could undo it with its own bytes."""
    return (lengths + np.uint64(1)) * _MIX[0]


def _with_word(result: Hashes, words: Hashes, start: NDArray[np.int64], left: NDArray[np.int64]) -> Hashes:
    """Take up the next word of each text that is not at its end."""
    if (left >= _WORD).all():
        return _stirred(result ^ words[start])
    live = np.flatnonzero(left > 0)
    unused = (_WORD - np.minimum(left[live], _WORD)).astype(np.uint64) * np.uint64(8)
    result[live] = _stirred(result[live] ^ (words[start[live]] & (~np.uint64(0) >> unused)))
    return result


def _stirred(hashes: Hashes) -> Hashes:
    hashes = hashes * ODD
    hashes ^= hashes >> np.uint64(29)
    return hashes


def mixed(hashes: Hashes) -> Hashes:
    """Let every bit of a number bear on every bit of the result (splitmix64)."""
    hashes = hashes ^ (hashes >> np.uint64(30))
    hashes *= _MIX[0]
    hashes ^= hashes >> np.uint64(27)
    hashes *= _MIX[1]
    hashes ^= hashes >> np.uint64(31)
    return hashes


def _long_hash(start: np.uint64, rest: bytes) -> np.uint64:
    """Hash what is left of a long text."""
    digest = blake2b(rest, digest_size=_WORD, key=int(start).to_bytes(_WORD, "little")).digest()
    return np.uint64(int.from_bytes(digest, "little"))


def together(columns: Sequence[Hashes]) -> Hashes:
    """Hash rows of several columns by the hashes of their cells; the order of the columns counts."""
    result = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        result = _stirred(result * ODD ^ column)
    return mixed(result)
