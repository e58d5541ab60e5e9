"""`mailflow validate LOG`: what a file is recognised as, why, and how it would be read."""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from analyzer.cli import cli
from tests.formats.reading import SUMMARY, TRACE, csv_text, write


def validate(*arguments: object) -> tuple[int, str]:
    """Run the command; give its exit code and what it prints."""
    done = CliRunner().invoke(cli, ["validate", *map(str, arguments)], standalone_mode=False)
    return done.return_value, done.stdout


def told(*arguments: object) -> dict[str, Any]:
    """Give what the command says of one file."""
    (check,) = json.loads(validate(*arguments, "--json")[1])["logs"]
    assert isinstance(check, dict)
    return check


def test_a_log_is_told_with_its_reasons(tmp_path: Path) -> None:
    """Encoding, compression, layout, format, dates, zone, period and books, each with how it is known."""
    rows = [TRACE | {"Received": date} for date in ("14/03/2026 07:15", "15/03/2026 07:15", "soon")]
    path = write(tmp_path, lzma.compress(csv_text(*rows, delimiter=";").encode("utf-16")))
    check = told(path, "--timezone", "Europe/Berlin")

    assert (check["format"], check["shape"], check["encoding"]) == ("message-trace", "csv ;", "utf-16-le with BOM")
    assert check["compression"] == "xz"
    assert check["why"] == ["MessageTraceId", "Received", "RecipientAddress", "SenderAddress"]
    assert check["date_order"] == "dmy, by 14/03/2026 in it"
    assert check["times"] == "UTC by definition of the format, so --timezone does not count"
    assert (check["first"], check["last"]) == ("2026-03-14T07:15:00Z", "2026-03-15T07:15:00Z")
    assert (check["rows"], check["read"], check["rejected"]) == (3, 2, 1)
    assert [(reject["row"], reject["reason"].split(":")[0]) for reject in check["rejects"]] == [(3, "no readable time")]
    assert len(check["sha256"]) == 64


def test_the_text_says_it_in_lines(tmp_path: Path) -> None:
    """A person reads the same under a label a line, in lines that fit the terminal."""
    code, text = validate(write(tmp_path, csv_text(SUMMARY, SUMMARY | {"origin_timestamp_utc": "soon"})))

    assert code == 1
    assert "  format    enhanced-summary, by its columns connector_id, origin_timestamp_utc, recipient_status\n" in text
    assert "  rows      2 = 1 read + 1 rejected + 0 noise\n" in text
    assert "  reject    row 2: no readable time" in text
    assert all(len(line) <= 100 for line in text.splitlines() if str(tmp_path) not in line)


def test_near_misses_name_what_speaks_against_them(tmp_path: Path) -> None:
    """A file that is almost another format says what keeps it from being that one."""
    both = {**TRACE, "origin_timestamp_utc": "", "recipient_status": ""}
    check = told(write(tmp_path, csv_text(both)))

    assert check["format"] == "message-trace"
    assert "enhanced-summary, which needs connector_id" in check["near"]


def test_a_number_of_rows_that_is_a_cap_is_noted(tmp_path: Path) -> None:
    """A file of exactly 1,000 rows may be the first page only."""
    assert any("exactly 1,000 rows" in note for note in told(write(tmp_path, csv_text(*[TRACE] * 1000)))["notes"])


@pytest.mark.parametrize(
    "content, problem",
    [
        (b"", "the file is empty"),
        (b"rose,red\n", "not a log this program knows"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(100), "a 7z archive; unpack it"),
        (b"Rar!\x1a\x07\x01\0", "a rar archive"),
        (b"logs/a.csv".ljust(257, b"\0") + b"ustar\0" + bytes(200), "a tar archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "an Excel or Outlook file; save the sheet as CSV"),
        (b"%PDF-1.7\n", "a PDF"),
        (b"Received,SenderAddress,RecipientAddress\n", "it lacks the column messagetraceid"),
    ],
)
def test_what_cannot_be_read_is_told_and_the_others_still(tmp_path: Path, content: bytes, problem: str) -> None:
    """A bad file alone is exit code 3; beside a good one it is 1, and the good one is told too."""
    bad = write(tmp_path, content, "bad.log")
    assert problem in told(bad)["problem"]
    assert validate(bad)[0] == 3

    code, text = validate(write(tmp_path, csv_text(TRACE), "good.csv"), bad)
    assert code == 1
    assert "message-trace" in text
    assert "  problem   " in text


def test_every_file_in_order_is_exit_code_0(tmp_path: Path) -> None:
    """Nothing lost, nothing failed."""
    write(tmp_path, csv_text(TRACE), "a.csv")
    write(tmp_path, csv_text(SUMMARY), "b.csv")
    code, text = validate(tmp_path)

    assert code == 0
    assert text.count("  format    ") == 2
