"""How rows lie in Parquet: what a reader of the files relies on."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analyzer.pipeline.parquet import layout
from analyzer.schema import CODED, MESSAGES, STORED, TableSchema


def _column(kind: pa.DataType) -> pa.Array:
    if pa.types.is_list(kind):
        return pa.array([["a"], [], ["a", "b"]], kind)
    if kind in {pa.string(), CODED}:
        return pa.array(["a", None, "b"], pa.string()).cast(kind)
    return pa.array([1, 0, 1], pa.int64()).cast(kind)


@pytest.mark.parametrize("schema", [MESSAGES, STORED], ids=lambda schema: schema.name)
def test_what_is_written_comes_back_in_the_encoding_declared(schema: TableSchema, tmp_path: Path) -> None:
    """Every value comes back; text that repeats has a dictionary, and only the time has statistics."""
    table = pa.Table.from_arrays([_column(field.type) for field in schema.arrow], schema=schema.arrow)
    pq.write_table(table, tmp_path / "part.parquet", **layout(schema.arrow))

    assert pq.read_table(tmp_path / "part.parquet").equals(table)
    group = pq.read_metadata(tmp_path / "part.parquet").row_group(0)
    columns = {c.path_in_schema: c for c in map(group.column, range(group.num_columns))}
    assert [name for name, column in columns.items() if column.is_stats_set] == ["received_at"]
    for field in schema.arrow:
        if field.type == CODED:
            assert "RLE_DICTIONARY" in columns[field.name].encodings
    for name in ("received_at", "size", "source_row"):
        assert "DELTA_BINARY_PACKED" in columns[name].encodings
    assert "RLE_DICTIONARY" not in columns["message_id"].encodings
    assert "DELTA_LENGTH_BYTE_ARRAY" in columns["network_message_id"].encodings
    assert [name for name, column in columns.items() if column.compression == "ZSTD"] == [
        "message_id",
        "network_message_id",
    ]
