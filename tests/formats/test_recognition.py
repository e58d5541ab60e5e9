"""Files are recognised by what they hold, and refused with one clear line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from analyzer.cli.listing import list_command
from analyzer.errors import LogError, UsageError
from analyzer.formats import FORMATS, open_log
from analyzer.inputs import find
from tests.formats.reading import (
    DETAIL,
    EMAIL,
    EVENT,
    GRAPH_EVENT,
    GRAPH_ROW,
    SUMMARY,
    TRACE,
    csv_text,
    json_lines,
    read,
    write,
)

SAMPLES = {
    "message-trace": TRACE,
    "trace-detail": DETAIL,
    "graph-trace": GRAPH_ROW,
    "graph-detail": GRAPH_EVENT,
    "enhanced-summary": SUMMARY,
    "extended": EVENT,
    "email-events": EMAIL,
}
ENCODINGS = {
    "utf-8": "utf-8",
    "utf-8 with BOM": "utf-8-sig",
    "utf-16-le with BOM": "utf-16",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_of_exactly_one_format(name: str) -> None:
    """Recognition does not depend on the order of the formats."""
    assert [format_.name for format_ in FORMATS if format_.recognises(SAMPLES[name])] == [name]


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encoding_and_delimiter_do_not_matter(tmp_path: Path, name: str, encoding: str, delimiter: str) -> None:
    """A sample reads alike in every encoding and with every delimiter, `#TYPE` line and quoted line ends included."""
    key = next((key for key in SAMPLES[name] if key.lower().endswith("subject")), "subject")
    row = SAMPLES[name] | {key: "Žluťoučký,\tkůň; \r\n会議"}
    expected = read(write(tmp_path, csv_text(row)))
    text = "#TYPE Selected.System.Object\r\n" + csv_text(row, row, delimiter=delimiter)
    found = read(write(tmp_path, text.encode(ENCODINGS[encoding]), "other.csv"), size=300)

    assert (found.log.format.name, found.log.encoding) == (name, encoding)
    assert found.log.shape == f"csv {'tab' if delimiter == chr(9) else delimiter}"
    assert found.rows == [expected.rows[0], expected.rows[0] | {"source_row": 2}]


@pytest.mark.parametrize("encoding", ENCODINGS.values())
def test_json_may_be_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    """ConvertTo-Json with Out-File of Windows PowerShell gives UTF-16."""
    found = read(write(tmp_path, json.dumps([TRACE], ensure_ascii=False).encode(encoding), "log.json"))

    assert (found.log.shape, len(found.rows)) == ("json list", 1)


@pytest.mark.parametrize(
    "content, found, accepted",
    [
        (b"", "the file is empty", ""),
        (b"\xef\xbb\xbf\r\n\r\n", "the file is empty", ""),
        (b"\x1f\x8b\x08\x00", "the compressed file ends early", ""),
        (b"PK\x03\x04 short", "a zip archive cut within its first bytes", ""),
        (
            b"Mar 24 07:41:48 relay1 dovecot: imap-login: connect\n",
            "begins with: Mar 24 07:41:48 relay1",
            "enhanced-summary",
        ),
        (b"\x89PNG\r\n\x1a\n\0\0", r"begins with: \x89PNG".replace("\\x89", "‰"), "extended"),
        (b'{"Name": "Inbound from plant"}', 'begins with: {"Name": "Inbound from plant"}', "message-trace"),
        (b"[]", "no whole JSON object", "JSON lists"),
        (b'[{"Name": "Inbound', "no whole JSON object", "JSON lists"),
        (b"Received,SenderAddress,RecipientAddress\n", "begins with: Received", "it lacks the column messagetraceid"),
        (b"Event,Detail,Data,MessageTraceId,RecipientAddress,Received\n", "not a log", "lacks the column date"),
    ],
)
def test_what_is_no_log_is_refused_in_one_line(tmp_path: Path, content: bytes, found: str, accepted: str) -> None:
    """The line names the file, what was found, and what would be accepted."""
    path = write(tmp_path, content, "other.log")

    with pytest.raises(LogError) as refusal:
        read(path)
    message = str(refusal.value)
    assert message.startswith(f"{path}: ")
    assert found in message
    assert accepted in message
    assert "\n" not in message


def test_a_format_asked_for_needs_only_its_time_and_recipient(tmp_path: Path) -> None:
    """With a format's name, an export of a few chosen columns is read too."""
    path = write(tmp_path, "Received,RecipientAddress\n2026-03-24T07:15:02Z,a@contoso.com\n")

    assert read(path, format_name="message-trace").column("recipient") == ["a@contoso.com"]
    with pytest.raises(LogError, match="lacks the columns date_time_utc, event_id, recipient_address"):
        read(path, format_name="extended")


def test_unknown_names_are_answered_with_the_known_ones(tmp_path: Path) -> None:
    """A wrong format or date order is the user's mistake, and the answer lists the right ones."""
    source = find([str(write(tmp_path, csv_text(TRACE)))])[0]

    with pytest.raises(UsageError, match=re.escape(f"known are {', '.join(f.name for f in FORMATS)}")):
        open_log(source, format_name="pigeon-post")
    with pytest.raises(UsageError, match="known are dmy"):
        open_log(source, date_order="ymd")


def test_a_header_without_rows_is_an_empty_log(tmp_path: Path) -> None:
    """A report without hits is no mistake."""
    found = read(write(tmp_path, ",".join(SUMMARY) + "\r\n"))

    assert (found.rows, found.rejects, found.records, found.log.notes) == ([], [], 0, ())
    assert found.log.digest


def test_the_digest_is_that_of_the_file(tmp_path: Path) -> None:
    """Reading on the way gives the same digest as reading for it, in any chunks."""
    path = write(tmp_path, json_lines([TRACE] * 10), "log.json")
    found = read(path, size=100)

    assert found.log.digest == find([str(path)])[0].digest()
    assert found.log.bytes_read == path.stat().st_size


def test_a_format_says_on_which_side_it_names_connectors() -> None:
    """Who lists the formats sees for each whether it names connectors, and of which side."""
    listed = json.loads(CliRunner().invoke(list_command, ["formats", "--json"]).output)

    assert {one["evidence"]: one["sides"].split()[0] for one in listed} == {
        "none": "none",
        "one-column": "inbound",
        "per-event": "inbound",
    }
    assert {one["name"] for one in listed if one["evidence"] == "one-column"} == {"enhanced-summary", "email-events"}


@pytest.mark.parametrize("format_", FORMATS, ids=lambda format_: format_.name)
def test_a_format_describes_itself(format_: object) -> None:
    """Each format says in full sentences what it carries, what it lacks and how it is exported."""
    for name in ("carries", "lacks", "export"):
        assert re.fullmatch(r"[A-Z].{20,}\.", getattr(format_, name))


@pytest.mark.parametrize("codec", ["cp1251", "cp850", "iso8859-2", "utf-16-be", "shift_jis"])
def test_an_encoding_that_no_byte_tells_may_be_named(tmp_path: Path, codec: str) -> None:
    """A code page that the user names is believed, and the log shows that it was."""
    subject = {"cp1251": "Привет", "iso8859-2": "Łódź", "shift_jis": "会議"}.get(codec, "Größe")
    path = write(tmp_path, csv_text(TRACE | {"SenderAddress": f"{subject}@fabrikam.com"}).encode(codec))
    found = read(path, encoding=codec)

    assert found.column("header_from") == [f"{subject}@fabrikam.com"]
    assert found.log.encoding.endswith("as said")
    assert found.log.notes == ()


def test_a_byte_order_mark_outranks_the_encoding_named(tmp_path: Path) -> None:
    """One encoding may be named for a folder of logs of which some tell their own."""
    path = write(tmp_path, csv_text(TRACE).encode("utf-16"))

    assert read(path, encoding="cp1251").log.encoding == "utf-16-le with BOM"


def test_bytes_that_the_named_encoding_lacks_are_replaced_and_said(tmp_path: Path) -> None:
    """A wrong guess of the user's does not pass in silence."""
    path = write(tmp_path, csv_text(TRACE | {"Subject": "?"}).encode().replace(b'"?"', b'"\x98"'))

    assert read(path, encoding="cp1251").log.notes == ("bytes that are not cp1251 were replaced by \ufffd",)


@pytest.mark.parametrize("name", ["klingon", "base64", "hex", "rot13", "idna"])
def test_an_unknown_encoding_is_a_usage_error(tmp_path: Path, name: str) -> None:
    """A name that stands for no encoding of text lists some that do."""
    source = find([str(write(tmp_path, csv_text(TRACE)))])[0]
    with pytest.raises(UsageError, match=f"--encoding {name}: not an encoding"):
        open_log(source, encoding=name)


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf16_cut_within_a_character_rejects_its_last_row(tmp_path: Path, codec: str) -> None:
    """Half a character is no text: the row it stands in is rejected, the rows before it are read."""
    text = csv_text(TRACE, TRACE | {"Subject": "Second"}).encode(codec)
    found = read(write(tmp_path, text[:-31]))

    assert len(found.rows) == 1
    assert [reason for _, reason, _ in found.rejects] == ["the file ends within a character; the rest is lost"]
    assert "\ufffd" not in found.rejects[0][2]
