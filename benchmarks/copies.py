"""What polars and DuckDB do by themselves: the log from CSV to Parquet, every column as text, two threads.

    build/bench/bin/python -m benchmarks.copies polars LOG.csv OUT.parquet

`make bench` keeps them in an environment of their own: the program does not need them.
"""

from __future__ import annotations

import os
import sys


def by_polars(log: str, out: str) -> None:
    """Scan and sink, streaming, with zstd at the level of the other programs."""
    os.environ["POLARS_MAX_THREADS"] = "2"
    import polars as pl  # noqa: PLC0415 - reads its number of threads when it is imported

    pl.scan_csv(log, infer_schema=False).sink_parquet(out, compression="zstd", compression_level=1)


def by_duckdb(log: str, out: str) -> None:
    """COPY from read_csv, without keeping the order of the rows."""
    import duckdb  # noqa: PLC0415 - one of the two is measured, not both imports

    with duckdb.connect(config={"threads": 2, "preserve_insertion_order": False}) as connection:
        connection.execute(
            f"COPY (SELECT * FROM read_csv('{log}', all_varchar = true, header = true)) "
            f"TO '{out}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
        )


PROGRAMS = {"polars": by_polars, "duckdb": by_duckdb}

if __name__ == "__main__":
    PROGRAMS[sys.argv[1]](sys.argv[2], sys.argv[3])
