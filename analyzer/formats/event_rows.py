"""Rows of event logs: which events route, what they say of each other, and whose status each is.

One event tells what another needs: a rule's redirect is noted where the rule acted, not where the
message was sent. Such notes are looked up by message among the events of a chunk and of the edges
of its neighbours, so that it does not matter in which order chunks are read (log-formats sections
2, 3b and 6a).
"""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.formats.base import Recipients
from analyzer.formats.chunk import Cells, Positions
from analyzer.formats.packed import split_lists

_KEPT = re.compile(r"(RECEIVE|SEND\w*|DELIVER|FAIL)\Z")
# Not a message's own arrival but the service's: evidence must see it, under delivery_status.
_OWN = {"DSN": "DSN", "JOURNAL": "JOURNAL", "JOURNALING": "JOURNAL"}


def event_names(column: pa.StringArray) -> pa.StringArray:
    """Write event names in upper case."""
    return pc.utf8_upper(pc.utf8_trim_whitespace(column))


def idle_events(column: pa.StringArray) -> pa.StringArray:
    """Name every event that routes nothing; null for those that do."""
    events = event_names(column).dictionary_encode()
    kinds = [None if _KEPT.match(event) else f"event-{event.lower()}" for event in events.dictionary.to_pylist()]
    return pa.array(kinds, pa.string()).take(events.indices)


def only_where(rows: pa.BooleanArray, column: pa.DictionaryArray) -> pa.DictionaryArray:
    """Keep a column's values in these rows; null elsewhere."""
    indices = pc.if_else(rows, column.indices, pa.scalar(None, pa.int32()))
    return pa.DictionaryArray.from_arrays(indices, column.dictionary)


def said_elsewhere(cells: Cells, both: Cells, key: str, words: str) -> pa.StringArray:
    """Tell each row what the first event of its message that fills a column says there; blank where none does.

    Args:
        cells: The rows to tell it.
        both: The same rows and those around.
        key: Column that names the message.
        words: The column.
    """
    ids, said = both.column(key), both.column(words)
    told = pc.and_(pc.not_equal(said, ""), pc.not_equal(ids, ""))
    return pc.fill_null(said.filter(told).take(pc.index_in(cells.column(key), value_set=ids.filter(told))), "")


def marked_elsewhere(cells: Cells, marks: Cells, key: str, recipient: str) -> pa.BooleanArray:
    """Whether one of the marks is of the row's message and names one of its recipients.

    Args:
        cells: The rows, each with one recipient or several between semicolons.
        marks: The rows that are marks; there are few.
        key: Column that names the message.
        recipient: Column that names the recipients.
    """
    ids = cells.column(key)
    concerned = pc.and_(pc.is_in(ids, value_set=marks.column(key)), pc.not_equal(ids, "")).to_numpy(
        zero_copy_only=False
    )
    names, _ = _named(marks, key, recipient)
    own, parent = _named(cells.where(concerned), key, recipient)
    hit = pc.is_in(own, value_set=names).to_numpy(zero_copy_only=False)
    marked = np.zeros(len(cells), np.bool_)
    marked[np.flatnonzero(concerned)[parent[hit]]] = True
    return pa.array(marked)


def _named(cells: Cells, key: str, recipient: str) -> tuple[pa.StringArray, Positions]:
    """Write each recipient behind its message, in lower case; also give the row each is of."""
    found = split_lists(cells.column(recipient))
    assert found.parent is not None
    ids = cells.column(key).take(pa.array(found.parent))
    return pc.utf8_lower(pc.binary_join_element_wise(ids, found.address, " ")), found.parent


def listed_recipients(cells: Cells, event: pa.StringArray, *, status: pa.StringArray) -> Recipients:
    """Take the recipients apart; each has its own status only where there are as many of them."""
    found = split_lists(cells.column("recipient_address"))
    assert found.parent is not None
    own = _own_mail(cells, event)
    status = _statuses(status, found.parent)
    status = pc.coalesce(own.take(pa.array(found.parent)), status)
    return Recipients(found.address, status, found.parent)


def _own_mail(cells: Cells, event: pa.StringArray) -> pa.StringArray:
    """Name what the service itself made (reports, journal copies) where it enters; null elsewhere."""
    source = cells.column("source").dictionary_encode()
    words = pa.array([_OWN.get(value.strip().upper()) for value in source.dictionary.to_pylist()], pa.string())
    return pc.if_else(pc.equal(event, "RECEIVE"), words.take(source.indices), pa.scalar(None, pa.string()))


def _statuses(packed: pa.StringArray, parent: Positions) -> pa.StringArray:
    """Give each recipient its status: the whole cell to an only recipient, else its place in the list."""
    count = np.bincount(parent, minlength=len(packed))
    if (count == 1).all():
        return packed
    whole = packed.take(pa.array(parent, mask=(count != 1)[parent]))
    return pc.coalesce(_zipped(packed, parent, count), _zipped(_by_reply(packed), parent, count), whole)


def _by_reply(packed: pa.StringArray) -> pa.StringArray:
    """Leave only the semicolons before a reply code: a status may hold some of its own (section 6a)."""
    marked = pc.replace_substring_regex(packed, r";([245]\d\d[ -])", "\x01\\1")
    return pc.replace_substring(pc.replace_substring(marked, ";", "\x02"), "\x01", ";")


def _zipped(packed: pa.StringArray, parent: Positions, count: Positions) -> pa.StringArray:
    """Give each of several recipients the status in its place; null where there are more or fewer of them."""
    lists = pc.split_pattern(packed, ";")
    length = pc.list_value_length(lists).to_numpy(zero_copy_only=False)
    fits = (length == count)[parent] & (count > 1)[parent]
    first = np.append(0, np.cumsum(length))[parent]  # of each recipient's row, among all statuses
    place = np.arange(len(parent)) - np.append(0, np.cumsum(count))[parent]
    return pc.replace_substring(lists.flatten().take(pa.array(first + place, mask=~fits)), "\x02", ";")
