"""A log that is read in ranges, side by side, is the log that is read from its beginning."""

from __future__ import annotations

import gzip
import hashlib
import io
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.formats import Log, open_log
from analyzer.formats.cutting import Cut, Cutter, put_together
from analyzer.formats.exchange_layout import TRACKING_FIELDS_2010
from analyzer.inputs import Encoding, Utf8Stream, byte_ranges, find
from analyzer.inputs.sources import Source
from analyzer.inputs.streams import SHORTER
from tests.formats.reading import DETAIL, SUMMARY, SUMMARY_HEADER, TRACE, csv_text, json_lines, write
from tests.formats.test_cutting import PIECES, in_all_sizes
from tests.formats.test_tracking import HEADER as FIELDS
from tests.formats.test_tracking import line

HEADER = SUMMARY_HEADER + "\r\n"
ROWS = [csv_text(SUMMARY | {"message_subject": f'"{n}"\r\n' * n}).split("\r\n", 1)[1] for n in range(12)]
LINES = [line(message_subject=f'" {n}\n', sender_address=f"a{n}@contoso.com") for n in range(12)]


def log_of(folder: Path, data: bytes | str) -> Log:
    """Write a log and open it."""
    return open_log(find([str(write(folder, data))])[0])


def in_ranges(log: Log, size: int) -> list[tuple[bytes, int | None]]:
    """Read all ranges from the last to the first, and cut them in their order."""
    parts = list(log.parts(size=size))
    for part in reversed(parts):
        part.look()
    chunks = [put_together(cut) for part in parts for cut in part.cut()]
    return [(chunk.data, chunk.start) for chunk in chunks]


LOGS: dict[str, bytes | str] = {
    "CSV": HEADER + "".join(ROWS),
    "tracking": FIELDS + "".join(LINES),
    "JSON lines": json_lines([TRACE | {"Size": n, "Subject": '"{' * n} for n in range(12)]),
    "CSV of UTF-16": (HEADER + "".join(ROWS) + "\U0001f4e7 \ud7ff\ue000").encode("utf-16"),
    "gzip": gzip.compress((HEADER + "".join(ROWS)).encode()),
    "trace details": csv_text(*(DETAIL | {"Data": '"\r\n' * n} for n in range(12))),
    "JSON list": "[" + ",\n".join(json_lines([TRACE, TRACE]).split("\n")[:2]) + "]",
}


@pytest.mark.parametrize("data", LOGS.values(), ids=LOGS)
@pytest.mark.parametrize("size", [97, 500, 1_000_000])
def test_ranges_are_read_in_any_order(tmp_path: Path, data: bytes | str, size: int) -> None:
    """Whoever reads which range when, cut in their order they give the chunks and the digest of the whole."""
    log = log_of(tmp_path, data)
    expected = [(chunk.data, chunk.start) for chunk in log.chunks(size=size)]

    assert in_ranges(log, size) == expected
    assert log.digest == hashlib.sha256(log.source.path.read_bytes()).hexdigest()  # type: ignore[union-attr]
    assert log.passed == log.source.size


def cut_all(cutter: Cutter, text: bytes, size: int, *, scout: bool) -> tuple[list[tuple[bytes, int | None]], int]:
    """Cut a text in blocks; give the chunks, and how many of them were cut by what was scouted."""
    cuts: list[object] = []
    for start in range(0, max(len(text), 1), size):
        block, last = text[start : start + size], start + size >= len(text)
        cuts += cutter.cut(block, cutter.scout(block) if scout else None, last=last)
    chunks = [put_together(cut) for cut in cuts]  # type: ignore[arg-type]
    return [(chunk.data, chunk.start) for chunk in chunks], sum(isinstance(cut, Cut) for cut in cuts)


@settings(deadline=None, max_examples=150)
@given(st.lists(st.sampled_from(PIECES), max_size=10), st.integers(1, 1500))
def test_what_was_scouted_changes_no_cut(pieces: list[str], size: int) -> None:
    """Blocks cut by arithmetic end where those end that were looked at in their order, whatever is in them."""
    text = "".join(pieces).encode()
    with TemporaryDirectory() as folder:
        layout = log_of(Path(folder), HEADER + ROWS[0]).layout

    assert cut_all(layout.cutter(), text, size, scout=True)[0] == cut_all(layout.cutter(), text, size, scout=False)[0]


@pytest.mark.parametrize("name", ["CSV", "tracking", "JSON lines"])
def test_regular_blocks_are_cut_by_arithmetic(tmp_path: Path, name: str) -> None:
    """Nothing but the last block is looked at in its order, where every block holds the end of a record."""
    log = log_of(tmp_path, LOGS[name])
    text = log.source.path.read_bytes()[log.layout.skip :]  # type: ignore[union-attr]
    chunks, scouted = cut_all(log.layout.cutter(), text, 1_000, scout=True)

    assert len(chunks) > 3
    assert scouted >= len(chunks) - 1


HALVES = [b"\xd8\x3d", b"\x3d\xd8", b"\xdc\xe7", b"\xe7\xdc"]  # of characters of two units


@settings(deadline=None, max_examples=200)
@given(
    st.lists(
        st.sampled_from(["a", "é", "\u20ac", "\U0001f4e7", b"\xd8\x3d", b"\x3d\xd8", b"\xdc\xe7", b"\xe7\xdc", b"x"])
    ),
    st.sampled_from(["utf-16-le", "utf-16-be"]),
    st.integers(1, 9),
    st.integers(0, 3),
)
def test_ranges_of_utf_16_are_its_text(letters: list[str | bytes], codec: str, size: int, skip: int) -> None:
    """Characters of two units, halves of such, and a last odd byte are read as by one reader."""
    data = b"".join(letter.encode(codec) if isinstance(letter, str) else letter for letter in letters)
    data = "abc".encode(codec) + data
    encoding = Encoding(codec, codec)
    whole = Utf8Stream(_Undamaged(data), encoding)
    expected, ending = whole.read(len(data) * 2), whole.damage
    with TemporaryDirectory() as folder:
        path = write(Path(folder), data)
        ranges = byte_ranges(Source(str(path), len(data), path=path), encoding, skip=skip, size=size)
        assert ranges is not None
        found = [ranges.read(number) for number in range(ranges.count)]
        ranges.close()

    assert b"".join(part.text for part in found) == expected[skip:]
    assert [part.damage for part in found] == [""] * (ranges.count - 1) + [ending]
    assert ranges.head + b"".join(part.raw for part in found) == data
    assert any(part.replaced for part in found) == whole.replaced


class _Undamaged(io.BytesIO):
    """Bytes that are all there."""

    damage = ""


def test_a_code_page_is_one_stream(tmp_path: Path) -> None:
    """A log of a code page that was named is read from its beginning, for its characters may be of any length."""
    path = write(tmp_path, (HEADER + "".join(ROWS)).replace("pat", "päть").encode("gb18030"))
    log = open_log(find([str(path)])[0], encoding="gb18030")

    assert "".join(data.decode() for data, _ in in_ranges(log, 500)) == "".join(ROWS).replace("pat", "päть")
    assert byte_ranges(log.source, log.encoding_found, skip=0, size=500) is None


@pytest.mark.parametrize("size", [400, 100_000])
def test_a_file_that_became_shorter_is_read_to_its_new_end(tmp_path: Path, size: int) -> None:
    """The row that lost its end is a reject that says why; nothing is read behind it, and the digest is of what was."""
    text = (HEADER + "".join(ROWS)).encode()
    log, left = log_of(tmp_path, text), text[: len(text) // 2]
    write(tmp_path, left)
    parsed = []
    for part in log.parts(size=size):
        part.look()
        parsed += [log.parse(put_together(cut)) for cut in part.cut()]

    assert [row["reason"] for one in parsed for row in one.rejects.to_pylist()] == [f"{SHORTER}; the rest is lost"]
    assert sum(one.rows.num_rows for one in parsed) == left.count(b"@fabrikam.com>")
    assert (log.notes, log.digest) == ((SHORTER,), hashlib.sha256(left).hexdigest())


@pytest.mark.parametrize("size", [400, 100_000])
def test_a_file_that_grew_is_read_to_its_old_end(tmp_path: Path, size: int) -> None:
    """What was written meanwhile is left for the next run, and the digest is of what was read."""
    text = (HEADER + "".join(ROWS)).encode()
    log = log_of(tmp_path, text)
    write(tmp_path, text + ROWS[0].encode())

    assert b"".join(data for data, _ in in_ranges(log, size)) == text[len(HEADER) :]
    assert log.digest == hashlib.sha256(text).hexdigest()
    assert log.notes == (f"the file grew while it was read and was read up to the {len(text):,} bytes it had at first",)


def test_the_note_on_other_bytes_comes_once_and_from_anywhere(tmp_path: Path) -> None:
    """Bytes that are not UTF-8 in the middle of a log are put right by whoever reads them, and the log says so."""
    log = log_of(
        tmp_path, (HEADER + "".join(ROWS)).encode() + ROWS[1].encode().replace(b"1", b"\xfc") + ROWS[2].encode() * 9
    )
    for part in log.parts(size=600):
        part.look()
        for cut in part.cut():
            log.enter(log.parse(put_together(cut)))

    assert log.notes == ("bytes that are not UTF-8 were read as Windows-1252",)


def test_a_cut_after_every_byte_of_a_tracking_log_changes_nothing() -> None:
    """Blocks of every length end after each byte once, among quoted line breaks and fields of two versions."""
    data = FIELDS + LINES[1] + line(TRACKING_FIELDS_2010, message_subject='a ""\n') + LINES[2]
    in_all_sizes(data.encode(), list(range(1, len(data) + 1)))
