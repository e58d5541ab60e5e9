"""Many files in one run: one pool, parts worth their name, and the same output for any number of workers."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from analyzer.formats import Log
from analyzer.pipeline import batches
from tests.pipeline.traces import noise, outcome, rows, trace, write

FILES = 300


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of many small files, each overlapping the next, a bad one and an Enhanced summary among them."""
    folder = tmp_path_factory.mktemp("many")
    for number in range(FILES):
        write(folder / f"{number:04d}.csv", [trace(number), trace(number + 1, Status="Pending"), trace(number + 1)])
    (folder / "0100.bad").write_bytes(b"Name,Colour\nrose,red\n")
    head = "origin_timestamp_utc,sender_address,recipient_status,message_id,directionality,connector_id\r\n"
    line = "2026-03-02T08:00:00Z,sun@wingtiptoys.com,ann@contoso.com##Deliver,<1@wingtiptoys.com>,1,\r\n"
    (folder / "0200.other").write_text(head + line, "utf-8")
    return folder


def test_small_files_share_parts(folder: Path, tmp_path: Path) -> None:
    """Hundreds of files make a part a format, not a part a file; the bad one is named and the rest is counted."""
    found = outcome([folder], tmp_path / "out")

    assert [line.partition(":")[0] for line in found.unreadable] == [str(folder / "0100.bad")]
    assert len(found.inputs) == FILES + 1
    assert len(list((tmp_path / "out" / "messages").iterdir())) <= 3
    assert {book.format for book in found.inputs} == {"message-trace", "enhanced-summary"}


def test_each_row_keeps_its_file_and_number(folder: Path, tmp_path: Path) -> None:
    """Rows of files that were put together still bear their own file and number, and their books balance."""
    found = outcome([folder], tmp_path / "out")
    traces = [m for m in rows(tmp_path / "out") if m["connecting_ip"]]

    first, rest = {"superseded-row": 1}, {"duplicate-row": 1, "superseded-row": 1}
    assert noise(b for b in found.inputs if b.format == "message-trace") == [first, *[rest] * (FILES - 1)]
    assert [(Path(m["source_file"]).name, m["source_row"]) for m in traces[:3]] == [
        ("0000.csv", 1),
        ("0000.csv", 3),
        ("0001.csv", 3),
    ]
    assert len(traces) == FILES + 1


@pytest.mark.parametrize("pieces", [1, 7, 1000])
def test_neither_workers_nor_batches_change_the_rows(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pieces: int
) -> None:
    """Any number of workers and any size of batch give the same rows; any number of workers the same bytes."""
    expected = outcome([folder], tmp_path / "plain", workers=1)
    monkeypatch.setattr(batches, "_BATCH_PIECES", pieces)
    found = [outcome([folder], tmp_path / str(workers), workers=workers) for workers in (1, 4)]

    one, plain = (sorted(map(str, rows(tmp_path / name))) for name in ("1", "plain"))
    assert one == plain
    assert [f.causes.equals(expected.causes) for f in found] == [True, True]
    parts = [sorted((tmp_path / name / "messages").iterdir()) for name in ("1", "4")]
    assert [p.read_bytes() for p in parts[0]] == [p.read_bytes() for p in parts[1]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_ranges_of_one_file_are_read_side_by_side(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    """A log in hundreds of ranges, none of which begins where a row does, gives the same bytes for any number of
    workers, and the rows, numbers and digest of the log read as one.
    """
    lines = [trace(n % 900, SenderAddress=f'"a{n % 7}\r\nb""@wingtiptoys.com"') for n in range(1_000)]
    path = write(tmp_path / "log.csv", [*lines, trace(2_000, Received="soon")])
    path.write_bytes(path.read_text("utf-8").encode(encoding))
    whole = outcome([path], tmp_path / "whole", workers=1)
    monkeypatch.setattr(batches, "_BATCH_PIECES", 1)
    monkeypatch.setitem(cast("dict[str, int]", Log.parts.__kwdefaults__), "size", 1_009)
    found = [outcome([path], tmp_path / str(workers), workers=workers) for workers in (1, 4)]

    assert [one.inputs for one in found] == [whole.inputs] * 2
    assert found[0].inputs[0].balanced
    assert [one.causes.equals(whole.causes) for one in found] == [True, True]
    parts = [sorted((tmp_path / name / "messages").iterdir()) for name in ("1", "4")]
    assert len(parts[0]) > 100
    assert [p.read_bytes() for p in parts[0]] == [p.read_bytes() for p in parts[1]]
    assert rows(tmp_path / "1") == rows(tmp_path / "whole")
