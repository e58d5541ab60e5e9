"""The recipe of docs/spark.md, run as it stands where pyspark is installed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from analyzer.pipeline import Options, convert, run
from analyzer.tenant import load_tenant
from tests.test_house import FENCED, read

pytest.importorskip("pyspark")
SAMPLES = Path(__file__).parents[2] / "sample_logs"


def lines(table: pa.Table) -> list[str]:
    """Rows in an order that does not depend on parts."""
    found: list[dict[str, Any]] = table.to_pylist()
    return sorted(str({**row, "source_file": ""}) for row in found)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # pyspark's own
def test_the_recipe_gives_the_rows_of_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spark's rows are those of `analyze` over the same store, column by column."""
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    monkeypatch.syspath_prepend(str(SAMPLES.parent))
    (tmp_path / "tenant").symlink_to(SAMPLES / "tenant")
    convert([SAMPLES / "logs"], tmp_path / "store")
    recipe = next(body for language, body in FENCED.findall(read("docs/spark.md")) if language == "python")
    names: dict[str, Any] = {}
    exec(recipe.replace('"/share', f'"{tmp_path}'), names)
    names["spark"].stop()
    (tmp_path / "out").mkdir()
    run([str(tmp_path / "store")], load_tenant(str(SAMPLES / "tenant")), tmp_path / "out", Options())
    here, there = (ds.dataset(tmp_path / name, format="parquet").to_table() for name in ("out/messages", "messages"))

    assert there.column_names == here.column_names
    assert lines(there.cast(names["plain"](here.schema))) == lines(here)
