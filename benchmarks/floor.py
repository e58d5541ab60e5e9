"""The floor "copy all": read every column of a log and write it as Parquet, with pyarrow and nothing else.

    python -m benchmarks.floor LOG.csv OUT

No program that reads the whole log and writes Parquet can do much less. The file is cut into chunks of
whole records by bytes (pyarrow's own streaming reader uses one core), two threads parse and write. Only
the time and the size are converted; everything else stays text.
"""

from __future__ import annotations

import shutil
import sys
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

WORKERS = 2
CHUNK = 16 << 20
_TYPED = {"origin_timestamp_utc": pa.timestamp("ns", "UTC"), "total_bytes": pa.int64()}
# Ids and subjects hardly repeat: a dictionary would only slow the floor down.
_PLAIN = {"message_id", "network_message_id", "message_subject", *_TYPED}


def chunks(file: BinaryIO) -> Iterator[bytes]:
    """Cut the rest of a CSV file into runs of whole records: a line break inside quotes ends none."""
    rest = b""
    while block := file.read(CHUNK):
        block = rest + block
        quotes, end = block.count(b'"'), block.rfind(b"\n")
        while end >= 0 and (quotes - block.count(b'"', end)) % 2:
            end = block.rfind(b"\n", 0, end)
        rest = block[end + 1 :]
        if end >= 0:
            yield block[: end + 1]
    if rest:
        yield rest


def copy_chunk(chunk: bytes, names: list[str], target: Path) -> int:
    """Parse one chunk, write it as one Parquet part, and count its rows."""
    table = pcsv.read_csv(
        pa.BufferReader(chunk),
        read_options=pcsv.ReadOptions(use_threads=False, block_size=1 << 20, column_names=names),
        parse_options=pcsv.ParseOptions(newlines_in_values=True),
        convert_options=pcsv.ConvertOptions(column_types={n: _TYPED.get(n, pa.string()) for n in names}),
    )
    dictionaries = [name for name in names if name not in _PLAIN]
    pq.write_table(
        table, target, compression="zstd", compression_level=1, use_dictionary=dictionaries, write_statistics=False
    )
    return int(table.num_rows)


def copy_all(log: Path, out: Path) -> int:
    """Copy a whole log and count its rows."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    copied, waiting = 0, deque[Future[int]]()
    with log.open("rb") as file, ThreadPoolExecutor(WORKERS) as pool:
        names = file.readline().decode("utf-8-sig").strip().split(",")
        for number, chunk in enumerate(chunks(file)):
            waiting.append(pool.submit(copy_chunk, chunk, names, out / f"part-{number:05d}.parquet"))
            if len(waiting) > WORKERS:
                copied += waiting.popleft().result()
        return copied + sum(one.result() for one in waiting)


if __name__ == "__main__":
    print(copy_all(Path(sys.argv[1]), Path(sys.argv[2])))
