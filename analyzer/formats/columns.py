"""Text columns of a log turned into the columns of our tables, a whole column at a time.

What repeats is dictionary-encoded first; whatever is asked of it is then asked of its distinct values.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.formats.chunk import Cells, Positions
from analyzer.hashing import Letters, raw_text
from analyzer.schema import CODED

DIRECTIONS = {"1": "inbound", "2": "outbound"}  # log-formats section 3a
_UUID_DIGITS = 32
_UUID_CUTS = ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32))
_UUID_WIDTH = _UUID_DIGITS + len(_UUID_CUTS) - 1
# The same as whole numbers of bytes: where they stand without dashes, where with them, and how many.
_UUID_WORDS = ((0, 0, 8), (8, 9, 4), (12, 14, 4), (16, 19, 4), (20, 24, 8), (28, 32, 4))
_HEX = r"^[0-9a-f]{32}$"


def coded(text: pa.StringArray) -> pa.DictionaryArray:
    """Encode a column whose blank cells mean blank."""
    return text.dictionary_encode()


def coded_or_null(text: pa.StringArray) -> pa.DictionaryArray:
    """Encode a column whose blank cells say nothing."""
    return without_blank(text.dictionary_encode())


def without_blank(column: pa.DictionaryArray) -> pa.DictionaryArray:
    """Make the blank values of an encoded column null."""
    blank = pc.index(column.dictionary, "").as_py()
    if blank < 0:
        return column
    indices = pc.if_else(pc.equal(column.indices, blank), pa.scalar(None, pa.int32()), column.indices)
    return pa.DictionaryArray.from_arrays(indices, column.dictionary)


def mapped(column: pa.DictionaryArray, values: pa.Array) -> pa.DictionaryArray:
    """Put other texts, which may repeat, in the place of an encoded column's distinct values."""
    again = values.dictionary_encode()
    return pa.DictionaryArray.from_arrays(again.indices.take(column.indices), again.dictionary)


def constant(text: str | None, rows: int) -> pa.DictionaryArray:
    """Encode the same text for every row; None is null."""
    if text is None:
        return pa.nulls(rows, CODED)
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array([text]))


def text_or_null(text: pa.StringArray) -> pa.StringArray:
    """Make blank cells null."""
    blank = pc.equal(pc.binary_length(text), 0)
    return pc.if_else(blank, pa.scalar(None, pa.string()), text) if pc.any(blank).as_py() else text


def directions(text: pa.StringArray) -> pa.DictionaryArray:
    """Write the log's word of direction in lower case, its numbers 1 and 2 in words."""
    column = coded_or_null(text)
    lower = (value.strip().lower() for value in column.dictionary.to_pylist())
    return mapped(column, pa.array([DIRECTIONS.get(value, value) for value in lower], pa.string()))


def message_ids(text: pa.StringArray) -> pa.StringArray:
    """Write the service's ids in lower case with dashes; what is no such id stays as it is."""
    lower = pc.ascii_lower(text)
    long = pc.equal(pc.binary_length(lower), _UUID_DIGITS)
    if not pc.any(long).as_py():
        return text_or_null(lower)
    if pc.all(long).as_py() and _are_hex(digits := raw_text(lower)[1]):
        return _dashed(digits.reshape(-1, _UUID_DIGITS))
    parts = [pc.binary_slice(lower.cast(pa.binary()), start, end).cast(pa.string()) for start, end in _UUID_CUTS]
    dashed = pc.binary_join_element_wise(*parts, "-")
    return text_or_null(pc.if_else(pc.match_substring_regex(lower, _HEX), dashed, lower))


def _are_hex(letters: Letters) -> bool:
    # Unsigned, so that what lies below the first digit or letter turns out large.
    return bool((((letters - ord("0")) < 10) | ((letters - ord("a")) < 6)).all())


def _dashed(digits: Letters) -> pa.StringArray:
    """Write dashes between the parts of ids, one a line, of 32 digits each."""
    rows = len(digits)
    ids = np.full(rows * _UUID_WIDTH, ord("-"), np.uint8)
    for start, place, size in _UUID_WORDS:
        words = np.ndarray((rows,), f"u{size}", ids, place, (_UUID_WIDTH,))
        words[:] = np.ndarray((rows,), f"u{size}", digits, start, (_UUID_DIGITS,))
    offsets = np.arange(0, len(ids) + 1, _UUID_WIDTH, dtype=np.int32)
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(ids))


def integers(text: pa.StringArray) -> pa.Int64Array:
    """Read whole numbers; a cell that is none is null."""
    try:
        return text.cast(pa.int64())
    except pa.ArrowInvalid:
        readable = pc.match_substring_regex(text, r"^\d{1,18}$")
        return pc.if_else(readable, text, pa.scalar(None, pa.string())).cast(pa.int64())


def extracted(column: pa.DictionaryArray, pattern: str) -> pa.DictionaryArray:
    """Take what the pattern's group `found` matches; null where it does not, or matches nothing."""
    found = pc.extract_regex(column.dictionary, pattern)
    values = found.field("found")
    if found.null_count:
        values = pc.if_else(found.is_valid(), values, pa.scalar("", pa.string()))
    return without_blank(mapped(column, pc.utf8_trim_whitespace(values)))


def holds(column: pa.DictionaryArray, pattern: str) -> pa.BooleanArray:
    """Whether each value holds the pattern; false where it is null."""
    hit = pc.match_substring_regex(column.dictionary, pattern)
    if not pc.any(hit).as_py():
        return pa.array(np.zeros(len(column), np.bool_))
    return pc.fill_null(hit.take(column.indices), False)


def first_filled(*columns: pa.StringArray) -> pa.StringArray:
    """Take the first of several columns that is not blank in the row; blank where all are."""
    return pc.fill_null(pc.coalesce(*(text_or_null(column) for column in columns)), "")


def host_and_address(host: pa.StringArray, address: pa.StringArray) -> pa.StringArray:
    """Write `host[address]`, or the one of them that is there; blank where neither is."""
    both = pc.binary_join_element_wise(host, "[", address, "]", "")
    neither_blank = pc.and_(pc.not_equal(host, ""), pc.not_equal(address, ""))
    return pc.if_else(neither_blank, both, first_filled(host, address))


def server_names(hosts: pa.StringArray) -> pa.DictionaryArray:
    """Write the names of servers in lower case and without their domain; null where a cell is none."""
    return extracted(pc.utf8_lower(hosts).dictionary_encode(), r"^(?P<found>[a-z][\w-]*)(?:\.|$)")


def optional(cells: Cells, key: str) -> pa.DictionaryArray:
    """Encode a column that the log may lack, null where blank."""
    return coded_or_null(cells.column(key)) if key in cells.columns else constant(None, len(cells))


def among(column: pa.StringArray, rows: Positions, count: int) -> pa.StringArray:
    """Put the values of some rows, which ascend, among all of them, the others blank; null becomes blank."""
    offsets, text = raw_text(pc.fill_null(column, "") if column.null_count else column)
    ends = np.zeros(count + 1, np.int32)
    ends[rows + 1] = np.diff(offsets)
    np.cumsum(ends, out=ends)
    return pa.StringArray.from_buffers(count, pa.py_buffer(ends), pa.py_buffer(text))


def texts_between(text: Letters, start: Positions, end: Positions) -> pa.StringArray:
    """Make an array of the texts between starts and ends.

    Each text and the gap behind it are laid as two neighbours over the same bytes; taking every
    second one leaves the texts.
    """
    offsets = np.empty(2 * len(start) + 1, np.int32)
    offsets[0:-1:2], offsets[1::2], offsets[-1] = start, end, len(text)
    both = pa.StringArray.from_buffers(2 * len(start), pa.py_buffer(offsets), pa.py_buffer(text))
    return both.take(pa.array(np.arange(0, 2 * len(start), 2)))


def behind(text: pa.StringArray, heads: pa.StringArray) -> pa.StringArray:
    """Give what stands behind the head of each text; nothing of it is null."""
    offsets, letters = raw_text(text)
    return texts_between(letters, offsets[:-1] + pc.binary_length(heads).to_numpy(), offsets[1:])
