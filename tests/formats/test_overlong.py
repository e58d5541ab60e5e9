"""Records too long to be held: one reject each, and the next record is read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.formats.reading import SUMMARY, TRACE, csv_text, json_lines, read, write

LONG = 5 << 20
HEADER, ROW = csv_text(SUMMARY).splitlines(keepends=True)
SIZES = [16 << 20, 2 << 20, 100_000]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("long", ["x" * LONG, "ä" * LONG, '"' + "x" * LONG], ids=["plain", "not ASCII", "quoted"])
def test_a_line_of_any_length_is_one_reject(tmp_path: Path, long: str, end: str, size: int) -> None:
    """Its beginning is kept, and reading goes on behind it."""
    row = ROW.rstrip() + end
    found = read(write(tmp_path, HEADER.rstrip() + end + row + long + end + row), size=size)

    assert found.column("source_row") == [1, 3]
    assert found.rejects == [(2, found.rejects[0][1], long[: 64 << 10])]
    assert found.rejects[0][1].startswith("a row of more than 1 MB")


@pytest.mark.parametrize("size", SIZES)
def test_a_line_of_syslog_of_any_length_is_one_reject(tmp_path: Path, size: int) -> None:
    """The same holds for the lines of mail servers."""
    status = "to=<a@contoso.com>, relay=none, dsn=2.0.0, status=sent (ok)"
    line = f"Mar 24 07:41:55 relay1 postfix/smtp[2480]: 3A24217FBE9: {status}\n"
    found = read(write(tmp_path, line + "Mar 24 07:41:55 relay1 " + "x" * LONG + "\n" + line), size=size)

    assert found.column("source_row") == [1, 3]
    assert (found.rejected(), len(found.rejects[0][2])) == ([2], 64 << 10)


@pytest.mark.parametrize("size", SIZES)
def test_a_file_that_ends_in_a_long_line_is_read_up_to_it(tmp_path: Path, size: int) -> None:
    """Without a line end, what follows the last row is one reject."""
    found = read(write(tmp_path, HEADER + ROW + "x" * LONG), size=size)

    assert (found.column("source_row"), found.rejected()) == ([1], [2])


@pytest.mark.parametrize("size", SIZES)
def test_null_bytes_of_any_length_are_noise(tmp_path: Path, size: int) -> None:
    """A disk's padding stands for nothing, and the row right behind it is read."""
    found = read(write(tmp_path, HEADER + ROW + "\0" * LONG + ROW + "\0" * LONG), size=size)

    assert found.column("source_row") == [1, 3]
    assert found.noise == {"null-bytes": 2}
    assert found.rejects == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("subject", ["x" * LONG, "\\" * LONG, '{"' * (LONG // 2), '"}' * (LONG // 2)])
@pytest.mark.parametrize("wrapping", ["list", "lines", "value"])
def test_an_object_of_any_length_is_one_reject(tmp_path: Path, wrapping: str, subject: str, size: int) -> None:
    """Braces and marks within its text do not end it; the next object is read."""
    rows = [TRACE, TRACE | {"Subject": subject}, TRACE]
    texts = {"list": json.dumps(rows), "lines": json_lines(rows), "value": json.dumps({"value": rows}, indent=1)}
    found = read(write(tmp_path, texts[wrapping], "log.json"), size=size)

    assert found.column("source_row") == [1, 3]
    assert found.rejected() == [2]
    assert "more than 1 MB" in found.rejects[0][1]
    assert len(found.rejects[0][2]) == 64 << 10
    assert found.log.notes == ()


@pytest.mark.parametrize("size", SIZES)
def test_an_object_that_never_ends_is_said(tmp_path: Path, size: int) -> None:
    """What follows a mark or brace that nobody closes cannot be told apart from it."""
    text = json.dumps([TRACE, TRACE | {"Subject": "x" * LONG}])[:-10]
    found = read(write(tmp_path, text, "log.json"), size=size)

    assert (found.column("source_row"), found.rejected()) == ([1], [2])
    assert "seems cut" in found.log.notes[0]
