"""JSON gives what the same rows give as CSV, in every wrapping."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.formats.reading import EVENT, SUMMARY, TRACE, csv_text, json_lines, read, write

ROWS: list[dict[str, Any]] = [
    TRACE,
    TRACE | {"Subject": 'Shift plan "week 13" {', "RecipientAddress": "größe@contoso.com", "Size": "0"},
    TRACE | {"Received": "2026-03-24T07:21:40.096137Z", "ToIP": "203.0.113.30", "FromIP": "", "Subject": "back\\"},
]
TYPED = [
    row | {"Size": int(row["Size"]), "ToIP": row["ToIP"] or None, "__metadata": {"id": "{1}", "list": [1, {"a": "}"}]}}
    for row in ROWS
]
WRAPPINGS = {
    "list": json.dumps(TYPED),
    "pretty list": json.dumps(TYPED, indent=4).replace("\n", "\r\n"),
    "lines": json_lines(TYPED),
    "lines apart": json_lines(TYPED).replace("\n", "\r\n\r\n"),
    "single objects": "\n".join(json.dumps(row, indent=2) for row in TYPED),
    "value": json.dumps({"odata.metadata": "https://example.com/$metadata", "value": TYPED}),
    "value with count": json.dumps({"value": TYPED, "Count": 3}, indent=1),
    "results": json.dumps({"d": {"results": TYPED}}),
    "d": json.dumps({"d": TYPED}),
    "answers put together": "".join(json.dumps({"@odata.nextLink": "x", "value": [row]}) for row in TYPED[:2])
    + json.dumps({"@odata.context": "y", "value": TYPED[2:]}, indent=1),
    "answers apart": "\n".join(json.dumps({"d": {"results": [row], "__count": 1}}) for row in TYPED),
    "answer without rows": json.dumps({"value": TYPED}) + json.dumps({"value": []}),
    "lists put together": json.dumps(TYPED[:1]) + "\n" + json.dumps(TYPED[1:]),
    "keys sorted": json.dumps(TYPED, sort_keys=True),
    "escapes": json.dumps(TYPED).replace("<", "\\u003c").replace("@", "\\u0040"),
    "keys in camel case": json.dumps(
        [{key[0].lower() + key[1:]: value for key, value in row.items()} for row in TYPED]
    ),
    "spellings mixed": json.dumps(
        [TYPED[0], *({key.upper(): value for key, value in row.items()} for row in TYPED[1:])]
    ),
    "numbers as text": json.dumps(ROWS),
    "numbers mixed": json.dumps([*TYPED[:1], *ROWS[1:]]),
    "blanks left out": json_lines([{key: value for key, value in row.items() if value} for row in ROWS]),
}


@pytest.mark.parametrize("name", WRAPPINGS)
def test_every_wrapping_equals_csv(tmp_path: Path, name: str) -> None:
    """The rows are those of the same table as CSV, with nothing rejected."""
    expected = read(write(tmp_path, csv_text(*ROWS))).rows
    if name == "blanks left out":
        expected[1]["size"] = 0
    found = read(write(tmp_path, WRAPPINGS[name], "log.json"))

    assert (found.rows, found.rejects, found.noise, found.log.notes) == (expected, [], {}, ())


@pytest.mark.parametrize("row", [SUMMARY, EVENT])
def test_other_formats_may_be_json_too(tmp_path: Path, row: dict[str, str]) -> None:
    """The layout is independent of the format."""
    expected = read(write(tmp_path, csv_text(row)))

    assert read(write(tmp_path, json.dumps(row | {"directionality": 1}), "log.json")).rows == [
        expected.rows[0] | {"directionality": "inbound"}
    ]


def test_epoch_dates_and_objects_for_dates(tmp_path: Path) -> None:
    """Dates as Windows PowerShell writes them are read, as text or as an object."""
    epoch = "/Date(1774336502000)/"
    text = json.dumps([TRACE | {"Received": epoch}, TRACE | {"Received": {"value": epoch, "DateTime": "Tuesday"}}])
    found = read(write(tmp_path, text.replace("/", "\\/"), "log.json"))

    assert [str(time) for time in found.column("received_at")] == ["2026-03-24 07:15:02+00:00"] * 2


def test_a_broken_line_costs_one_record(tmp_path: Path) -> None:
    """In a file of lines, one that is no object is a reject, and an empty object is noise."""
    good = json.dumps(TRACE)
    found = read(write(tmp_path, "\n".join([good, good[:50], '{"a": "', good, "{}", good]) + "\n", "log.json"))

    assert (found.column("source_row"), found.rejected(), found.noise) == ([1, 4, 6], [2, 3], {"blank-row": 1})


@pytest.mark.parametrize("name", ["list", "pretty list", "lines", "value", "results"])
def test_a_cut_file_says_so(tmp_path: Path, name: str) -> None:
    """The piece of an object at the end is one reject, and the notes tell."""
    text = WRAPPINGS[name]
    found = read(
        write(tmp_path, text[: text.rindex("Index") if "Index" in text else text.rindex("__metadata")], "log.json")
    )

    assert (found.column("source_row"), found.rejected()) == ([1, 2], [3])
    assert found.log.notes == ("the file seems cut: its last object or list is not closed",)


def test_a_next_page_is_noted(tmp_path: Path) -> None:
    """An answer that names a next page is not the whole result."""
    for envelope in ({"@odata.nextLink": "x", "value": [TRACE]}, {"value": [TRACE], "@odata.nextLink": "x"}):
        found = read(write(tmp_path, json.dumps(envelope), "log.json"))

        assert len(found.rows) == 1
        assert found.log.notes == ("the answer names a next page: this file holds only a part of the result",)


def test_what_follows_the_list_is_not_lost_silently(tmp_path: Path) -> None:
    """What follows the end of the list and is no further answer is a reject."""
    page = json.dumps({"value": [TRACE]})
    found = read(write(tmp_path, page + "\n" + json.dumps([TRACE]), "log.json"))

    assert (len(found.rows), found.rejected()) == (1, [2])
    assert found.rejects[0][1] == "text after the end of the list"


@pytest.mark.parametrize("size", [1, 700, 5_000, 1 << 20])
def test_pages_put_together_are_read_whole(tmp_path: Path, size: int) -> None:
    """Answers page behind page, as a script appends them, give every row wherever the file is cut into chunks."""
    statistics = {"Stats": {"rows": {"n": 1}}, "Schema": [{"Name": "Received"}]}
    pages = [{**statistics, "Results": TYPED[: number % 4]} for number in range(30)]
    found = read(write(tmp_path, "\n".join(map(json.dumps, [{"value": TYPED}, *pages])), "log.json"), size=size)

    assert (found.records, len(found.rows)) == (3 + sum(number % 4 for number in range(30)),) * 2
    assert (found.rejects, found.noise, found.log.notes) == ([], {}, ())


def test_only_the_last_page_says_whether_another_follows(tmp_path: Path) -> None:
    """A next page that is in the file is none that is missing."""
    paged = json.dumps({"@odata.nextLink": "x", "value": [TRACE]})
    whole = read(write(tmp_path, paged + json.dumps({"value": [TRACE]}), "log.json"))
    partial = read(write(tmp_path, json.dumps({"value": [TRACE]}) + paged, "log.json"))

    assert (len(whole.rows), whole.log.notes) == (2, ())
    assert partial.log.notes == ("the answer names a next page: this file holds only a part of the result",)
