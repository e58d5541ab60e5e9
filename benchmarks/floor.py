"""The floors: read a log and write it as Parquet, with pyarrow and nothing else.

    python -m benchmarks.floor all LOG OUT       every column: "copy all"
    python -m benchmarks.floor needed LOG OUT    an Enhanced summary without the columns that no verdict needs
    python -m benchmarks.floor read LOG OUT      every column, read and not written

No program that reads the whole log and writes Parquet can do much less. The file is cut into chunks of
whole records by bytes (pyarrow's own streaming reader uses one core), two threads parse and write. Only
the time and the size of an Enhanced summary are converted; everything else stays text. What is neither
CSV nor JSON lines has no columns: its lines are copied as one column of text.
"""

from __future__ import annotations

import csv
import shutil
import sys
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.json as pjson
import pyarrow.parquet as pq

WORKERS = 2
CHUNK = 16 << 20
UNNEEDED = ("message_subject", "delivery_priority")
_TYPED = {"origin_timestamp_utc": pa.timestamp("ns", "UTC"), "total_bytes": pa.int64()}
# Ids and subjects hardly repeat: a dictionary would only slow the floor down.
_PLAIN = {"message_id", "network_message_id", "message_subject", "line", *_TYPED}


@dataclass(frozen=True, slots=True)
class Layout:
    """How a log is cut and parsed."""

    parse: Callable[[bytes], pa.Table]
    quotes: bool  # a line break inside quotes ends no record


def layout(file: BinaryIO, *, without: tuple[str, ...] = ()) -> Layout:
    """Tell the layout from the first lines, and leave the file at its first record."""
    first = file.readline()
    if first.startswith(b"#"):
        while not first.startswith(b"#Fields: "):
            first = file.readline()
        return _comma_separated(first.decode().removeprefix("#Fields: ").strip().split(","), without)
    if first.startswith(b"{"):
        file.seek(0)
        return Layout(
            lambda chunk: pjson.read_json(pa.BufferReader(chunk), pjson.ReadOptions(use_threads=False)), False
        )
    names = next(csv.reader([first.decode("utf-8-sig").strip()]))
    if len(names) > 5 and all(name.replace("_", "").isalnum() for name in names):
        return _comma_separated(names, without)
    file.seek(0)
    return Layout(_lines, quotes=False)


def _comma_separated(names: list[str], without: tuple[str, ...]) -> Layout:
    def parse(chunk: bytes) -> pa.Table:
        return pcsv.read_csv(
            pa.BufferReader(chunk),
            read_options=pcsv.ReadOptions(use_threads=False, block_size=1 << 20, column_names=names),
            parse_options=pcsv.ParseOptions(newlines_in_values=True),
            convert_options=pcsv.ConvertOptions(
                column_types={n: _TYPED.get(n, pa.string()) for n in names},
                include_columns=[n for n in names if n not in without],
            ),
        )

    return Layout(parse, quotes=True)


def _lines(chunk: bytes) -> pa.Table:
    return pa.table({"line": pc.split_pattern(pa.array([chunk.decode().removesuffix("\n")]), "\n").flatten()})


def chunks(file: BinaryIO, *, quotes: bool) -> Iterator[bytes]:
    """Cut the rest of a file into runs of whole records."""
    rest = b""
    while block := file.read(CHUNK):
        block = rest + block
        end = block.rfind(b"\n")
        odd = block.count(b'"') if quotes else 0
        while quotes and end >= 0 and (odd - block.count(b'"', end)) % 2:
            end = block.rfind(b"\n", 0, end)
        rest = block[end + 1 :]
        if end >= 0:
            yield block[: end + 1]
    if rest:
        yield rest


def _write(table: pa.Table, target: Path) -> None:
    dictionaries = [name for name in table.column_names if name not in _PLAIN]
    pq.write_table(
        table, target, compression="zstd", compression_level=1, use_dictionary=dictionaries, write_statistics=False
    )


def copy(log: Path, out: Path, *, mode: str = "all") -> int:
    """Copy a whole log and count its records."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)

    def one(chunk: bytes, target: Path) -> int:
        table = form.parse(chunk)
        if mode != "read":
            _write(table, target)
        return int(table.num_rows)

    copied, waiting = 0, deque[Future[int]]()
    with log.open("rb") as file, ThreadPoolExecutor(WORKERS) as pool:
        form = layout(file, without=UNNEEDED if mode == "needed" else ())
        for number, chunk in enumerate(chunks(file, quotes=form.quotes)):
            waiting.append(pool.submit(one, chunk, out / f"part-{number:05d}.parquet"))
            if len(waiting) > WORKERS:
                copied += waiting.popleft().result()
        return copied + sum(done.result() for done in waiting)


if __name__ == "__main__":
    print(copy(Path(sys.argv[2]), Path(sys.argv[3]), mode=sys.argv[1]))
