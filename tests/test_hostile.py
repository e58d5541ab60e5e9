"""Damaged and hostile logs through the real command: bounded memory, balanced books, nothing lost in silence."""

from __future__ import annotations

import gzip
import io
import json
import lzma
import os
import random
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from analyzer.pipeline.books import DUPLICATE_FILE, DUPLICATE_ROW
from tests.formats.reading import SUMMARY, TRACE, csv_text

pytestmark = pytest.mark.skipif(not hasattr(os, "wait4"), reason="peak memory is measured as Unix does")

TENANT = Path(__file__).parent.parent / "sample_logs" / "tenant"
HEADER, ROW = csv_text(SUMMARY).encode().splitlines(keepends=True)
MB = b"x" * (1 << 20)
CEILING = 600  # MB of the whole process; the program itself with its libraries takes 170
_UNIT = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is in bytes there, in KiB elsewhere
# A child's peak is never below what its parent held when it was started: so a small process lies between.
_MEASURE = """
import os, subprocess, sys
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(child.pid, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_maxrss)
"""


@dataclass(frozen=True)
class Done:
    """A finished run: exit code, peak memory in MB, the record of the run if there is one, the messages."""

    code: int
    peak: float
    run: dict[str, Any]
    said: str


def analyze(folder: Path, *logs: Path | str) -> Done:
    """Run `mailflow analyze --strict` as a process of its own and measure it."""
    out = folder / "out"
    command = [sys.executable, "-m", "analyzer", "analyze", *map(str, logs), "--tenant", str(TENANT), "--strict"]
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, *command, "--out", str(out)], capture_output=True, check=True, text=True
    )
    code, peak = map(int, done.stdout.splitlines()[-1].split())
    record = out / "run.json"
    run = json.loads(record.read_text("utf-8")) if record.is_file() else {}
    return Done(code, peak * _UNIT / 1e6, run, done.stderr)


def books(done: Done) -> tuple[int, int, int]:
    """Give rows, those understood (a row that was there before counts as noise) and those rejected; they balance."""
    found = done.run["books"]
    assert found["rows"] == found["read"] + found["rejected"] + found["noise"]
    again = sum(one["noise"].get(kind, 0) for one in done.run["inputs"] for kind in (DUPLICATE_ROW, DUPLICATE_FILE))
    return found["rows"], found["read"] + again, found["rejected"]


def written(path: Path, *parts: bytes, times: int = 1) -> Path:
    """Write a file; the middle part, if there are three, so many times."""
    with path.open("wb") as file:
        file.writelines(repeated(parts, times))
    return path


def packed(path: Path, *parts: bytes, times: int = 1) -> Path:
    """The same as gzip."""
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.writelines(repeated(parts, times))
    return path


def repeated(parts: tuple[bytes, ...], times: int) -> Iterator[bytes]:
    """Give the parts, the middle one many times."""
    first, *middle, last = parts
    yield first
    for _ in range(times):
        yield from middle
    yield last


@pytest.mark.parametrize("kind", ["gz", "xz", "zip"])
def test_a_truncated_archive_gives_what_is_left_of_it(tmp_path: Path, kind: str) -> None:
    """Rows before the cut are read, the rest is one reject and a note."""
    ids = random.Random(4)
    rows = b"".join(ROW.replace(b"<a1@", b"<%032x@" % ids.getrandbits(128)) for _ in range(5000))
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("log.csv", HEADER + rows)
    whole = {"gz": gzip.compress(HEADER + rows), "xz": lzma.compress(HEADER + rows), "zip": target.getvalue()}[kind]
    done = analyze(tmp_path, written(tmp_path / "log", whole[: len(whole) // 2], b""))
    total, read, rejected = books(done)

    assert done.code == 4
    assert 1000 < read < 5000
    assert (rejected, total) == (1, read + 1)
    assert any("early" in note or "cut" in note for note in done.run["inputs"][0]["notes"])


def test_utf16_cut_at_an_odd_byte(tmp_path: Path) -> None:
    """The row that the cut went through is a reject."""
    text = (HEADER + ROW * 100).decode().encode("utf-16")
    done = analyze(tmp_path, written(tmp_path / "log.csv", text[:-61], b""))

    assert (done.code, books(done)) == (4, (100, 99, 1))
    assert done.run["inputs"][0]["notes"] == ["the file ends within a character"]


def test_binary_garbage(tmp_path: Path) -> None:
    """Alone it is refused in one line; behind a log's rows each of its lines is a reject or padding."""
    garbage = random.Random(5).randbytes(1 << 20)
    alone = analyze(tmp_path, written(tmp_path / "garbage", garbage, b""))
    behind = analyze(tmp_path, written(tmp_path / "log.csv", HEADER + ROW * 3 + garbage, b""))

    assert alone.code == 3
    assert alone.said.count("\n") == 1
    assert "not a log this program knows" in alone.said
    assert behind.code == 4
    assert books(behind)[1] == 3
    assert books(behind)[2] > 1000


@pytest.mark.parametrize("opening", [b"", b'"'], ids=["line", "cell"])
def test_a_line_of_200_mb(tmp_path: Path, opening: bytes) -> None:
    """It is one reject, and the row behind it is read."""
    log = packed(tmp_path / "log.gz", HEADER + ROW + opening, MB, opening + b"\r\n" + ROW, times=200)
    done = analyze(tmp_path, log)

    assert (done.code, books(done)) == (4, (3, 2, 1))
    assert done.peak < CEILING
    assert (tmp_path / "out" / "rejects.parquet").stat().st_size < 1 << 20


def test_an_object_of_100_mb(tmp_path: Path) -> None:
    """The same in JSON: one reject, and the object behind it is read."""
    one = json.dumps(TRACE).encode()
    log = packed(tmp_path / "log.gz", b"[" + one + b',{"Subject":"', MB, b'"},' + one + b"]", times=100)
    done = analyze(tmp_path, log)

    assert (done.code, books(done)) == (4, (3, 2, 1))
    assert done.peak < CEILING


@pytest.mark.slow
def test_a_bomb_of_one_line_is_cut_short(tmp_path: Path) -> None:
    """What unpacks to more than 1 GB and 500 times its size is no log; the rows before are read."""
    ends = [HEADER + ROW, b"x\r\n"]
    data = zipfile.ZipFile(tmp_path / "log.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9)
    with data as archive, archive.open("log.csv", "w", force_zip64=True) as member:
        member.write(ends[0])
        for _ in range(1200):
            member.write(MB)
        member.write(ends[1])
    done = analyze(tmp_path, tmp_path / "log.zip")

    assert (done.code, books(done)[1]) == (4, 1)
    assert "only a bomb" in done.run["inputs"][0]["notes"][0]
    assert done.peak < CEILING


def test_a_log_that_packs_well_is_no_bomb(tmp_path: Path) -> None:
    """The same row again and again packs 150 times over, and every row is read."""
    done = analyze(tmp_path, packed(tmp_path / "log.gz", HEADER, ROW * 1000, ROW, times=300))

    assert (done.code, books(done)) == (0, (300_001, 300_001, 0))
    assert done.peak < CEILING


def test_lines_of_one_letter_are_rejected_in_bounded_memory(tmp_path: Path) -> None:
    """The numbers and reasons of masses of rejects are not held at once."""
    done = analyze(tmp_path, packed(tmp_path / "log.gz", HEADER + ROW, b"x\n" * 1000, ROW, times=500))

    assert (done.code, books(done)) == (4, (500_002, 2, 500_000))
    assert done.peak < CEILING


@pytest.mark.slow
def test_ten_thousand_small_files(tmp_path: Path) -> None:
    """A folder of many files is read file by file; the bad one among them is named."""
    folder = tmp_path / "logs"
    folder.mkdir()
    for number in range(10_000):
        (folder / f"{number:05}.csv").write_bytes(HEADER + ROW)
    (folder / "00000.csv").write_bytes(b"rose,red\n")
    done = analyze(tmp_path, folder)

    assert (done.code, books(done)[0]) == (4, 9999)
    assert "00000.csv" in " ".join(done.run["completeness"]["notes"])
    assert done.peak < CEILING
