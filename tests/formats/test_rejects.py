"""What cannot be read is a row of the rejects, with its own text; what stands for nothing is counted."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tests.formats.reading import SUMMARY, SUMMARY_HEADER, TRACE, csv_text, json_lines, read, write

GOOD = csv_text(SUMMARY).split("\r\n", 1)[1]
UNQUOTED = ",".join(SUMMARY.values()).replace("Receive, ", "") + "\r\n"


@pytest.mark.parametrize(
    "odd, reason",
    [
        ("too,few\r\n", "2 cells where the header has 11"),
        (UNQUOTED.replace("Normal", "Normal,more"), "12 cells where the header has 11"),
        (GOOD.replace("2026-03-24T", "today "), "no readable time"),
        (GOOD.replace("michelle", "mic\0helle"), "the row holds null bytes"),
    ],
)
def test_an_odd_row_is_a_reject_among_good_ones(tmp_path: Path, odd: str, reason: str) -> None:
    """The row is kept as it stands, with its number and the reason, and its neighbours are read."""
    found = read(write(tmp_path, SUMMARY_HEADER + "\r\n" + GOOD + odd + GOOD))
    (reject,) = found.rejects

    assert found.column("source_row") == [1, 3]
    assert (reject[0], reject[2]) == (2, odd.rstrip())
    assert reject[1].startswith(reason)


@pytest.mark.parametrize(
    "text, kind",
    [
        ("\r\n", "blank-row"),
        (",,,,,,,,,,\r\n", "blank-row"),
        ('"","","","","","","","","","",""\r\n', "blank-row"),
        (SUMMARY_HEADER + "\r\n", "repeated-header"),
        ("\ufeff" + SUMMARY_HEADER.upper() + "\r\n", "repeated-header"),
        ("#TYPE Selected.System.Management\r\n", "type-line"),
        ("\0\0\0\0\r\n", "null-bytes"),
    ],
)
def test_what_stands_for_nothing_is_noise(tmp_path: Path, text: str, kind: str) -> None:
    """Blank lines, padding and headers of files put together are counted by kind, not rejected."""
    found = read(write(tmp_path, SUMMARY_HEADER + "\r\n" + GOOD + text + GOOD))

    assert (found.column("source_row"), found.noise, found.rejects) == ([1, 3], {kind: 1}, [])


@pytest.mark.parametrize("end", [GOOD[:40], GOOD[:120], GOOD[:150].replace("Offer", "Of\r\nfer")])
def test_a_file_cut_within_a_row_says_so(tmp_path: Path, end: str) -> None:
    """The piece of a row is one reject, and the notes say that the file seems cut."""
    found = read(write(tmp_path, SUMMARY_HEADER + "\r\n" + GOOD + end))
    (reject,) = found.rejects

    assert (found.column("source_row"), reject[0], reject[2]) == ([1], 2, end)
    assert found.log.notes == ("the file seems cut inside its last row",)


def test_a_last_row_without_a_line_end_is_a_row(tmp_path: Path) -> None:
    """Many programs write no line end after the last row."""
    found = read(write(tmp_path, SUMMARY_HEADER + "\r\n" + GOOD + GOOD.rstrip()))

    assert (found.column("source_row"), found.log.notes) == ([1, 2], ())


@pytest.mark.parametrize("kept", [0.3, 0.9, 0.999])
def test_a_truncated_gzip_gives_what_it_holds(tmp_path: Path, kept: float) -> None:
    """What can be unpacked is read; the rest is one reject and a note."""
    packed = gzip.compress(
        (SUMMARY_HEADER + "\r\n" + "".join(GOOD.replace("a1", f"a{n}") for n in range(3000))).encode()
    )
    found = read(write(tmp_path, packed[: int(len(packed) * kept)], "log.csv.gz"))

    assert len(found.rows) == found.records - 1 > 0
    assert [reason for _, reason, _ in found.rejects] == ["the compressed file ends early; the rest is lost"]
    assert found.log.notes == ("the compressed file ends early",)


def test_bytes_that_are_not_utf8_are_read_as_windows_1252(tmp_path: Path) -> None:
    """A file in the PC's code page is read, and the notes say how."""
    row = csv_text(TRACE | {"SenderAddress": "jürgen@fabrikam.com", "Status": "größe €"})
    found = read(write(tmp_path, row.encode("cp1252")))

    assert (found.column("header_from"), found.column("delivery_status")) == (["jürgen@fabrikam.com"], ["größe €"])
    assert found.log.notes == ("bytes that are not UTF-8 were read as Windows-1252",)


def test_rejects_of_such_a_file_keep_their_place(tmp_path: Path) -> None:
    """Bytes that grow when they become UTF-8 do not shift the text of the rejects."""
    lines = [TRACE_LINE, "größe,zwei", TRACE_LINE, "café"]
    text = ",".join(TRACE) + "\n" + "".join(line + "\n" for line in lines) + '"öffnet\n'
    found = read(write(tmp_path, text.encode("cp1252")), size=150)

    assert [(number, raw) for number, _, raw in found.rejects] == [(2, "größe,zwei"), (4, "café"), (5, '"öffnet')]


TRACE_LINE = ",".join(TRACE.values()).replace("Offer", "Prüfung")


def test_a_count_at_a_known_cap_is_noted(tmp_path: Path) -> None:
    """A thousand rows exactly are what a default page holds: perhaps not all there were."""
    rows = json_lines([TRACE] * 1000)

    assert read(write(tmp_path, rows, "log.json")).log.notes == (
        "exactly 1,000 rows: exports stop at this number, so some may be missing",
    )
    assert read(write(tmp_path, rows + json_lines([TRACE]), "log.json")).log.notes == ()
