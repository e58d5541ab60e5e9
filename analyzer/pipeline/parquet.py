"""How rows lie in Parquet: each column in the encoding and compression that its values are worth."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from analyzer.schema import CODED

_IDS = ("message_id", "network_message_id")  # they hardly repeat: a dictionary of them would only cost time
# The steps from one number to the next are small; the lengths of these ids, kept apart, are all the same.
_ENCODED = {
    "received_at": "DELTA_BINARY_PACKED",
    "size": "DELTA_BINARY_PACKED",
    "source_row": "DELTA_BINARY_PACKED",
    "network_message_id": "DELTA_LENGTH_BYTE_ARRAY",
}
_AT_ONCE = 1 << 14  # values; of its own accord the writer takes up a thousand at a time


def layout(schema: pa.Schema) -> dict[str, Any]:
    """Give the options of a Parquet writer for messages/*.parquet and the parts of a store.

    Text that repeats is a dictionary and small numbers, for which zstd costs more time than it saves room; of
    the steps between numbers it saves none. The ids are most of a file, and worth it. Only the time is looked
    for, so only it has statistics.
    """
    coded = [field.name for field in schema if field.type == CODED]
    lists = [f"{field.name}.list.element" for field in schema if pa.types.is_list(field.type)]
    return {
        "use_dictionary": coded,
        "column_encoding": _ENCODED,
        "compression": dict.fromkeys((*coded, *lists), "snappy") | dict.fromkeys(_IDS, "zstd"),
        "compression_level": dict.fromkeys(_IDS, 1),
        "write_statistics": ["received_at"],
        "write_batch_size": _AT_ONCE,
    }
