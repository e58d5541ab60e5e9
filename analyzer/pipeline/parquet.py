"""How rows lie in Parquet: each column in the encoding and compression that its values are worth."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from analyzer.schema import CODED

_HARDLY_REPEAT = ("message_id", "network_message_id")  # a dictionary of them would only cost time
_NUMBERS = ("received_at", "size", "source_row")


def layout(schema: pa.Schema) -> dict[str, Any]:
    """Give the options of a Parquet writer for messages/*.parquet and the parts of a store.

    Text that repeats is a dictionary and small numbers, for which zstd costs more time than it saves room.
    The ids are most of a file. Only the time is looked for, so only it has statistics.
    """
    coded = [field.name for field in schema if field.type == CODED]
    lists = [f"{field.name}.list.element" for field in schema if pa.types.is_list(field.type)]
    return {
        "use_dictionary": coded,
        "column_encoding": dict.fromkeys(_NUMBERS, "DELTA_BINARY_PACKED"),
        "compression": dict.fromkeys((*coded, *lists), "snappy") | dict.fromkeys((*_HARDLY_REPEAT, *_NUMBERS), "zstd"),
        "compression_level": dict.fromkeys((*_HARDLY_REPEAT, *_NUMBERS), 1),
        "write_statistics": ["received_at"],
    }
