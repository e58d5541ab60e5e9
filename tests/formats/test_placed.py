"""Chunks that others read from where they lie are the chunks that were cut."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from analyzer.errors import LogError
from analyzer.formats import Log, open_log, parse, placed
from analyzer.inputs import find
from tests.formats.reading import TRACE, json_lines, write
from tests.formats.test_samples import OF_FOLDERS

HEAD = "Received,SenderAddress,RecipientAddress,Status,FromIP,ToIP,Size,MessageId,MessageTraceId\r\n"
ROW = '2026-03-02T08:00:{:02d}Z,"sun@wing\r\n{}.com",ann@contoso.com,Delivered,203.0.113.9,,1,<{}@example.org>,\r\n'
TRACES = (HEAD + "".join(ROW.format(n, "tip" * n, n) for n in range(40))).encode()


def log_of(path: Path) -> Log:
    """Open a log."""
    return open_log(find([str(path)])[0])


def same(path: Path, folder: Path, *, size: int) -> list[int | None]:
    """Hold what is fetched against what is cut; give where the chunks that lie in the log begin."""
    places = list(placed(log_of(path), folder, size=size))
    log = log_of(path)
    chunks = list(log.chunks(size=size))
    assert len(places) == len(chunks)
    for place, chunk in zip(places, chunks, strict=True):
        fetched = place.fetched(log.source)
        assert (fetched.data, place.size) == (chunk.data, chunk.size)
        one, other = parse(log, place), parse(log, chunk)
        assert one.rows.equals(other.rows)
        assert replace(one, rows=None, rejects=None) == replace(other, rows=None, rejects=None)
        assert one.rejects.equals(other.rejects)
    return [place.start if place.left else None for place in places]


@pytest.mark.parametrize("file", OF_FOLDERS, ids=lambda file: f"{file.parent.name}-{file.name}")
def test_every_sample_is_read_from_where_its_chunks_lie(file: Path, tmp_path: Path) -> None:
    """Each format, layout and compression gives the same rows, rejects and noise, chunk by chunk."""
    same(file, tmp_path / "chunks", size=1_000 + file.stat().st_size // 5)


@pytest.mark.parametrize("size", [300, 1_001, 4_096])
def test_plain_text_is_read_by_ranges(tmp_path: Path, size: int) -> None:
    """Ranges of a trace with line breaks in its cells begin behind the header; none is set down."""
    path = write(tmp_path, TRACES)
    starts = same(path, tmp_path / "chunks", size=size)

    assert starts[0] == len(HEAD)
    assert None not in starts
    assert not (tmp_path / "chunks").exists()


def test_one_object_a_line_is_read_by_ranges(tmp_path: Path) -> None:
    """Where a line is a record, nobody needs to be told more of a range than where it lies."""
    path = write(tmp_path, json_lines([{"Size": n, **TRACE} for n in range(40)]))
    starts = same(path, tmp_path / "chunks", size=2_000)

    assert starts[0] == 0
    assert None not in starts[:-1]  # the last one was looked at: it may be cut off


CHANGED = {
    "gzip": gzip.compress(TRACES),
    "utf-16": TRACES.decode().encode("utf-16"),
    "bytes that are not UTF-8": TRACES.replace(b"tip", b"t\xfcp"),
}


@pytest.mark.parametrize("data", CHANGED.values(), ids=CHANGED)
def test_what_the_log_does_not_hold_as_it_is_is_set_down(tmp_path: Path, data: bytes) -> None:
    """Text that was unpacked or put right lies in files of its own, and is the same text."""
    starts = same(write(tmp_path, data), tmp_path / "chunks", size=1_000)

    assert starts.count(None) >= len(starts) - 1  # the first row has no byte that had to be put right


@pytest.mark.parametrize("between", [HEAD.replace(",Size", ",Length").encode(), b'"' + b"x" * (2 << 20) + b"\r\n"])
def test_what_lies_between_rows_does_not_shift_them(tmp_path: Path, between: bytes) -> None:
    """Behind a header of other columns, and behind a record too long to be held, ranges still begin where rows do."""
    half = TRACES.index(b"2026-03-02T08:00:20")
    same(write(tmp_path, TRACES[:half] + between + TRACES[half:]), tmp_path / "chunks", size=1_000)


def test_a_log_that_became_shorter_is_told(tmp_path: Path) -> None:
    """A range that is not there any more is an error with the file's name, and no short chunk."""
    path = write(tmp_path, TRACES)
    *_, last = placed(log_of(path), tmp_path / "chunks", size=1_000)
    source = log_of(path).source
    path.write_bytes(TRACES[:-5])

    with pytest.raises(LogError, match=r"log\.csv: became shorter while it was read"):
        last.fetched(source)
