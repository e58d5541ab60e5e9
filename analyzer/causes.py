"""The cube: all messages of one day that share path, connectors, verdict and why, counted.

Cubes of batches, workers and machines merge by the same fold; findings, summaries, charts and the
report read the cube alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.hashing import ODD, Hashes, mixed, text_hashes
from analyzer.schema import CAUSES
from analyzer.selection.batch import Codes, combined, distinct

EXAMPLES = 3
OTHER = "(other)"  # names that came too late to have rows of their own (pipeline.tail)
_LOOK_AHEAD = 12
_REDUCED = {"messages": np.add, "failed": np.add, "first_seen": np.minimum, "last_seen": np.maximum}
_MEASURES = (*_REDUCED, "examples")
_SEPARATOR = "\x1f"
_SLICE = 50_000


def fold(table: pa.Table, keys: Sequence[str]) -> pa.Table:
    """Add up the rows that agree in every key column.

    Args:
        table: the key columns and the measures messages, failed, first_seen, last_seen, examples;
            the order of its rows decides which examples are kept.
        keys: names of the key columns; integers, text, dates or lists of text.

    Returns:
        One row a distinct key, in the order of first appearance.
    """
    if table.num_rows == 0:
        return table.select([*keys, *_MEASURES])
    table = table.combine_chunks()
    first, groups = alike([table.column(k) for k in keys])
    columns = {k: table.column(k).take(pa.array(first)) for k in keys}
    for name, reduce in _REDUCED.items():
        column = table.column(name)
        values = column.cast(pa.int64()).to_numpy()
        reduced = np.zeros(len(first), np.int64) if reduce is np.add else values[first]
        reduce.at(reduced, groups, values)
        columns[name] = pa.array(reduced).cast(column.type)
    columns["examples"] = _first_examples(table.column("examples").combine_chunks(), groups, len(first))
    return pa.table(columns)


def alike(columns: Sequence[pa.ChunkedArray]) -> tuple[Codes, Codes]:
    """Group the rows that agree in every column: the first row of each group, and the group of each row."""
    return distinct(combined([_codes(column) for column in columns]))


def holding(causes: pa.Table, column: str, wanted: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """Mark the causes whose list column holds a text that is wanted.

    Args:
        causes: cube rows.
        column: name of a column of lists of text.
        wanted: marks texts; it sees those of all lists one after the other.
    """
    lists = causes.column(column).combine_chunks()
    owners = pc.list_parent_indices(lists).filter(wanted(pc.list_flatten(lists)))
    found = np.zeros(causes.num_rows, np.bool_)
    found[owners.to_numpy()] = True
    return pa.array(found)


def _by_group(groups: Codes, count: int) -> Codes:
    """Order rows by group, those of one group as they came."""
    # numpy sorts 16-bit numbers by radix, ten times as fast; a chunk rarely has more groups.
    few = groups.astype(np.uint16) if count <= 1 << 16 else groups
    order: Codes = np.argsort(few, kind="stable")
    return order


def _codes(column: pa.ChunkedArray) -> Codes:
    if pa.types.is_list(column.type):
        column = pc.binary_join(column, _SEPARATOR)
    if pa.types.is_date(column.type):
        column = column.cast(pa.int32())
    if pa.types.is_integer(column.type) and column.null_count == 0:
        values: Codes = column.to_numpy().astype(np.int64)
        values -= values.min()
        return values
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if not pa.types.is_dictionary(array.type):
        array = array.dictionary_encode()
    codes: Codes = pc.fill_null(array.indices, len(array.dictionary)).to_numpy(zero_copy_only=False).astype(np.int64)
    return codes


def _first_examples(examples: pa.ListArray, groups: Codes, count: int) -> pa.ListArray:
    """Keep the first few distinct message ids of each group."""
    values, parents = examples.flatten(), pc.list_parent_indices(examples)
    owner = groups[parents.to_numpy()]
    if values.null_count:  # a message without an id is no example
        named = pc.is_valid(values)
        values, owner = values.filter(named), owner[named.to_numpy(zero_copy_only=False)]
    # One message has several rows: look a little further than needed, then drop what is there already.
    near = _first_of_each(owner, count, _LOOK_AHEAD)
    owner = owner[near]
    kept, _ = distinct(mixed(_hashes(values, near) + owner.view(np.uint64) * ODD).view(np.int64))
    chosen = kept[_first_of_each(owner[kept], count, EXAMPLES)]
    offsets = np.concatenate([[0], np.cumsum(np.bincount(owner[chosen], minlength=count))]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), values.take(pa.array(near[chosen])))


def _hashes(texts: pa.StringArray, places: Codes) -> Hashes:
    """Hash the texts at some places, not all at once: the ids of a large cube are most of it."""
    parts = (places[start : start + _SLICE] for start in range(0, len(places), _SLICE))
    return np.concatenate([np.zeros(0, np.uint64), *(text_hashes(texts.take(pa.array(part))) for part in parts)])


def _first_of_each(owner: Codes, count: int, most: int) -> Codes:
    """Give the positions of the first `most` members of each group, group by group."""
    order = _by_group(owner, count)
    per_group = np.bincount(owner, minlength=count)
    rank = np.arange(len(order)) - np.repeat(np.cumsum(per_group) - per_group, per_group)
    found: Codes = order[rank < most]
    return found


class Cube:
    """Collects partial cubes in the order of the input and keeps them small."""

    _FOLD_AT = 150_000

    def __init__(self, keys: Sequence[str]) -> None:
        """Start empty; `keys` are the key columns of every part."""
        self._keys = tuple(keys)
        self._parts: list[pa.Table] = []
        self._rows = 0

    def add(self, part: pa.Table) -> None:
        """Add one part; parts must come in the order of the input."""
        self._parts.append(part)
        self._rows += part.num_rows
        if self._rows > self._FOLD_AT:
            self.table()
            self._rows = self._parts[0].num_rows
            self._FOLD_AT = max(self._FOLD_AT, 2 * self._rows)

    def table(self) -> pa.Table | None:
        """Give everything so far as one folded table; None where nothing came."""
        if not self._parts:
            return None
        parts, self._parts = pa.concat_tables(self._parts), []  # so that they do not stand beside their copy
        parts = parts.unify_dictionaries().combine_chunks()
        self._parts = [fold(parts, self._keys)]
        return self._parts[0]


KEYS = tuple(c.name for c in CAUSES if c.name not in _MEASURES)


def merge(cubes: Sequence[pa.Table]) -> pa.Table:
    """Merge finished cubes of several runs into one, sorted by day and key."""
    return in_order(fold(pa.concat_tables(cubes).cast(CAUSES.arrow), KEYS)) if cubes else CAUSES.empty()


def in_order(cube: pa.Table) -> pa.Table:
    """Sort a finished cube, no two rows of which agree in every key, by day and key."""
    if not cube.num_rows:
        return CAUSES.empty()
    texts = [k for k in KEYS if not pa.types.is_list(CAUSES.arrow.field(k).type)]
    lists = {f"_{k}": pc.binary_join(cube.column(k), _SEPARATOR) for k in KEYS if k not in texts}
    keyed = pa.table({**{k: cube.column(k) for k in texts}, **lists})
    order = pc.sort_indices(keyed, sort_keys=[(name, "ascending") for name in keyed.column_names])
    return cube.take(order).select([c.name for c in CAUSES]).cast(CAUSES.arrow)
