"""The subject of a row: read only where somebody asks, beside the row and never in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from analyzer.formats import FORMATS, Log, open_log
from analyzer.inputs import find
from tests.formats.reading import DETAIL, GRAPH_ROW, SUMMARY, TRACE, csv_text, json_lines, write

SAMPLES = Path(__file__).parents[2] / "sample_logs" / "formats"
FILES = sorted(p for p in SAMPLES.glob("*/*") if not p.name.endswith("expected.json"))
SHOW_ONE = {"message-trace", "graph-trace", "enhanced-summary", "extended", "email-events", "trace-detail"}


def read(path: Path, *, subjects: bool) -> tuple[Log, list[dict[str, Any]], list[str | None] | None]:
    """Read a log whole: its rows, and their subjects where they were asked for and are there."""
    log, rows, found = open_log(find([str(path)])[0]), [], []
    if subjects:
        log.read_subjects()
    for chunk in log.chunks():
        parsed = log.parse(chunk)
        rows += parsed.rows.to_pylist()
        found.append(None if parsed.subjects is None else parsed.subjects.to_pylist())
    return log, rows, None if None in found else [text for part in found for text in part or ()]


def test_the_formats_that_show_a_subject() -> None:
    """Those of Office 365 that have the column; own servers' rows meet no mail flow rule of the cloud."""
    assert {one.name for one in FORMATS if one.subject} == SHOW_ONE


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_the_rows_are_the_same_with_and_without(path: Path) -> None:
    """Asking for the subject changes no row, and without asking there is none."""
    _, plain, nothing = read(path, subjects=False)
    log, rows, subjects = read(path, subjects=True)

    assert not nothing
    assert rows == plain
    assert subjects is None or len(subjects) == len(rows)
    assert bool(subjects) == bool(rows and log.format.subject in {name.lower() for name in log.layout.names})


PRICES = 'Price "list"'
BOTH = "a@contoso.com##Receive, Send; b@contoso.com##Receive, Send"


@pytest.mark.parametrize(
    "text",
    [
        csv_text(
            SUMMARY | {"message_subject": PRICES, "recipient_status": BOTH},
            SUMMARY | {"message_subject": ""},
        ),
        csv_text(*(TRACE | {"Subject": subject} for subject in (PRICES, PRICES, ""))),
        json_lines([TRACE | {"Subject": subject} for subject in (PRICES, PRICES, None)]),
        json_lines([GRAPH_ROW | {"subject": subject} for subject in (PRICES, PRICES, "")]),
    ],
)
def test_every_recipient_has_the_subject_and_a_blank_one_is_not_known(tmp_path: Path, text: str) -> None:
    """A blank cell may stand for an empty subject or for none that was logged: null, never empty."""
    _, rows, subjects = read(write(tmp_path, text), subjects=True)

    assert len(rows) == 3
    assert subjects == [PRICES, PRICES, None]


def test_a_log_without_the_column_has_none(tmp_path: Path) -> None:
    """An export may leave subjects out: they are private."""
    log = {name: cell for name, cell in TRACE.items() if name != "Subject"}
    assert read(write(tmp_path, csv_text(log)), subjects=True)[2] is None


def test_rows_behind_a_header_without_the_column_are_read(tmp_path: Path) -> None:
    """Files put together, of which one leaves subjects out: its rows are read, and their subjects are not known."""
    without = {name: cell for name, cell in TRACE.items() if name != "Subject"}
    path = write(tmp_path, csv_text(TRACE) + csv_text(without))

    assert len(read(path, subjects=True)[1]) == 2
    assert read(path, subjects=True)[1] == read(path, subjects=False)[1]
    assert read(path, subjects=True)[2] is None


def test_a_detail_bears_the_subject_that_its_exporter_added(tmp_path: Path) -> None:
    """Real exporters add Subject to each detail (log-formats, section 2)."""
    _, _, subjects = read(write(tmp_path, csv_text(DETAIL | {"Subject": "Scan"})), subjects=True)
    assert subjects == ["Scan"]
