"""The stage of each row's sender and recipient: before, during or after the moves of its mailbox.

Addresses whose mailbox moved are few. Only their rows are looked at: the moments of each distinct
address are read once, and the rows compare their times with them in one array operation.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analyzer.selection.batch import Classes, Codes, class_codes, distinct

Edges = tuple[tuple[int, ...], ...]  # for each reader of addresses the moments at which an address changes its place
_NEVER = np.iinfo(np.int64).max


def stages(
    moments: Classes[str | None, Edges],
    addresses: pa.ChunkedArray | pa.Array,
    moved: NDArray[np.bool_],
    *,
    times: Codes,
    readers: Codes,
) -> Codes:
    """Give the stage of each row: how many moments of its address lie at or before its time.

    Args:
        moments: reduces an address to its moments for each reader.
        addresses: the address of each row.
        moved: marks the rows whose address has moments for some reader; all others are at stage 0.
        times: microseconds since 1970 (UTC).
        readers: position of the configuration by which each row's addresses are read.
    """
    found = np.zeros(len(moved), np.int64)
    rows = np.flatnonzero(moved)
    if len(rows):
        codes = class_codes(moments, addresses.take(pa.array(rows)))
        number = int(readers.max()) + 1
        first, inverse = distinct(codes * number + readers[rows])
        edges = [moments.classes[codes[i]][readers[rows[i]]] for i in first.tolist()]
        table = np.full((len(edges), max(map(len, edges))), _NEVER, np.int64)
        for line, moments_of_one in zip(table, edges, strict=True):
            line[: len(moments_of_one)] = moments_of_one
        found[rows] = (table[inverse] <= times[rows, None]).sum(axis=1)
    return found
