"""Cutting a file into chunks may never change what is in it."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.formats.delimited import Grammar
from analyzer.formats.marks import Marks, quote_positions, record_spans
from tests.formats.reading import SUMMARY, SUMMARY_HEADER, TRACE, Reading, csv_text, json_lines, read, write

GOOD = csv_text(SUMMARY).split("\r\n", 1)[1]
PIECES = [
    GOOD,
    csv_text(SUMMARY | {"message_subject": 'Price "list"\r\n(corrected)\n'}).split("\r\n", 1)[1],
    csv_text(SUMMARY | {"recipient_status": "a@contoso.com##Send;b@contoso.com##Fail"}).split("\r\n", 1)[1],
    csv_text(SUMMARY | {"recipient_status": ""}).split("\r\n", 1)[1],
    csv_text(SUMMARY | {"origin_timestamp_utc": "soon"}).split("\r\n", 1)[1],
    GOOD.replace("\r\n", "\n"),
    GOOD.replace("\r\n", "\r"),
    GOOD.replace('"', "").replace("Offer", '5" disk'),
    GOOD.replace('"Offer"', '"Of"fer, again"'),
    GOOD.replace('"Offer"', '"Offer'),
    GOOD.replace('"Offer"', "Größe"),
    GOOD.replace('"Offer"', "null \0 byte"),
    SUMMARY_HEADER + "\r\n",
    "\r\n",
    "\n",
    ",,,,,,,,,,\r\n",
    "too,few\r\n",
    "#TYPE Selected.System.Object\r\n",
    "\0\0\0\0\r\n",
]
ENDS = ["", GOOD.rstrip(), GOOD[:60], GOOD[:100].replace('"Offer', '"Of\nfer'), "2026-03", '"', "\0\0\0"]


def outcome(reading: Reading) -> object:
    """Give all that may not depend on how a file was cut."""
    return reading.rows, reading.rejects, reading.noise, reading.records, sorted(reading.log.notes)


def in_all_sizes(text: bytes, sizes: list[int], name: str = "log.csv") -> None:
    """Read a file whole and in chunks of other sizes."""
    with TemporaryDirectory() as folder:
        path = write(Path(folder), text, name)
        whole = outcome(read(path))
        for size in sizes:
            assert outcome(read(path, size=size)) == whole


BROKEN_LINES = "".join((SUMMARY_HEADER, "\r\n", PIECES[1], GOOD.replace('"Offer"', '"a ""b""\n\n"'), GOOD))


@pytest.mark.parametrize(
    "data, name",
    [
        (BROKEN_LINES.encode(), "log.csv"),
        (BROKEN_LINES.encode("utf-16"), "log.csv"),
        (json_lines([TRACE, TRACE | {"Subject": 'line\n"{[' + "]}"}]).encode(), "log.ndjson"),
    ],
    ids=["delimited", "UTF-16", "JSON lines"],
)
def test_a_cut_after_every_byte_changes_nothing(data: bytes, name: str) -> None:
    """Blocks of every length end after each byte once, among quoted line breaks and doubled quotes too."""
    in_all_sizes(data, list(range(1, len(data) + 1)), name)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from(PIECES), max_size=8), st.sampled_from(ENDS), st.integers(1, 1200))
def test_a_delimited_file_reads_alike_in_chunks_of_any_size(pieces: list[str], end: str, size: int) -> None:
    """Rows, rejects, noise and notes are the same in whatever chunks a file comes, however broken it is."""
    in_all_sizes((SUMMARY_HEADER + "\r\n" + "".join(pieces) + end).encode(), [size, 2 * size])


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.sampled_from(["Offer", 'q"uo"te', "back\\slash\\", "{[}]", "größe", '\\"{', "line\nend"]), max_size=6),
    st.sampled_from(["list", "pretty", "value", "results", "lines", "objects"]),
    st.integers(1, 900),
    st.integers(0, 120),
)
def test_a_json_file_reads_alike_in_chunks_of_any_size(subjects: list[str], wrapping: str, size: int, cut: int) -> None:
    """The same holds for JSON in every wrapping, whole or cut off."""
    rows = [TRACE | {"Subject": subject, "Size": index} for index, subject in enumerate(["first", *subjects])]
    text = wrapped(rows, wrapping)
    in_all_sizes(text[: max(len(text) - cut, 700)], [size, 3 * size], "log.json")


def wrapped(rows: list[dict[str, object]], wrapping: str) -> bytes:
    """Write rows as JSON in one of the accepted wrappings."""
    if wrapping == "lines":
        return json_lines(rows).encode()
    if wrapping == "objects":
        return "\r\n".join(json.dumps(row, indent=2) for row in rows).encode()
    shapes: dict[str, object] = {
        "list": rows,
        "pretty": rows,
        "value": {"odata.metadata": "x", "value": rows, "Count": len(rows)},
        "results": {"d": {"results": rows}},
    }
    return json.dumps(shapes[wrapping], indent=4 if wrapping == "pretty" else None).encode()


@settings(deadline=None)
@given(st.text(st.sampled_from('a",\n\r;'), max_size=40))
def test_array_arithmetic_and_expression_agree(text: str) -> None:
    """Where the marks are in place, both ways of finding records find the same ones."""
    data, grammar = text.encode(), Grammar(",", 1)
    if not Marks.of(data, ",").pair(len(data)):
        return
    ends, at = [], 0
    while at < len(data):
        at = grammar.record_end(data, at) or len(data)
        ends.append(at)

    assert record_spans(data, quote_positions(data))[:, 1].tolist() == ends


@pytest.mark.parametrize(
    "record, cells",
    [
        (b'a,"b, ""c""\nd",\r\n', ["a", 'b, "c"\nd', ""]),
        (b'a,5" disk,c', ["a", '5" disk', "c"]),
        (b'"a"b,c\n', ["ab", "c"]),
        (b"\r\n", [""]),
        (b"a,\n", ["a", ""]),
        (b",", ["", ""]),
        (b'a,"open', ["a", '"open']),
    ],
)
def test_a_record_is_split_into_cells(record: bytes, cells: list[str]) -> None:
    """Cells lose their marks, and only theirs."""
    assert Grammar(",", 3).cells(record) == cells


@pytest.mark.parametrize(
    "text, expected",
    [
        (b"", True),
        (b'"a","b ""c"" d",""\r\n"e"', True),
        (b'a,"b,\nc"\r"d","e"', True),
        (b'a,""""\n', True),
        (b'a "b" c\n', False),
        (b'"a"b,c\n', False),
        (b'"a" ,c\n', False),
        (b'a,"b\n', False),
    ],
)
def test_marks_in_their_places_are_told_from_stray_ones(text: bytes, expected: bool) -> None:  # noqa: FBT001
    """Only text whose marks surround whole cells is cut the quick way."""
    assert Marks.of(text, ",").pair(len(text)) is expected


def test_a_stray_quote_near_the_end_costs_one_row(tmp_path: Path) -> None:
    """Where rows follow, the file is not cut: the mark was stray."""
    plain = ",".join(SUMMARY.values()).replace("Receive, Deliver", "Deliver") + "\n"
    found = read(write(tmp_path, SUMMARY_HEADER + "\n" + plain.replace("Offer", '"Offer') + plain * 3))

    assert (found.rejected(), found.column("source_row"), found.log.notes) == ([1], [2, 3, 4], ())


def test_a_stray_quote_costs_one_row_among_unquoted_ones(tmp_path: Path) -> None:
    """A mark that opens a cell and is never closed takes its own line and not the file."""
    plain = ",".join(SUMMARY.values()).replace("Receive, Deliver", "Deliver") + "\n"
    text = SUMMARY_HEADER + "\n" + plain + plain.replace("Offer", '"Offer') + plain * 20_000
    found = read(write(tmp_path, text))

    assert (found.rejected(), len(found.rows)) == ([2], 20_001)


def test_a_record_over_the_limit_is_a_reject(tmp_path: Path) -> None:
    """A record of more than a megabyte is a reject, and reading goes on behind it."""
    long = csv_text(SUMMARY, SUMMARY | {"message_subject": "x" * 1_100_000}, SUMMARY)
    found = read(write(tmp_path, long), size=100_000)

    assert found.column("source_row")[0] == 1
    assert found.column("message_id") == ["<a1@fabrikam.com>"] * 2
    assert found.rejects[0][:2] == (2, "a row of more than 1 MB, or a quotation mark that is never closed")
    assert outcome(read(tmp_path / "log.csv")) == outcome(found)


def test_spans_cover_everything() -> None:
    """Records lie end to end."""
    data = b'a\r\n"b\r\n"\rc'
    spans = record_spans(data, quote_positions(data))

    assert spans.tolist() == [[0, 3], [3, 9], [9, 10]]
    assert np.diff(spans.ravel())[1::2].tolist() == [0, 0]
