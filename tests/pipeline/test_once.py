"""Every log row counts once: files given twice, exports that overlap, rows that were not final yet."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from analyzer.pipeline import batches, held
from tests.pipeline.traces import noise, outcome, rows, trace, write


def test_a_copy_counts_once_under_any_name_and_compression(tmp_path: Path) -> None:
    """A file, its copy and its gzip are one file; the copies' rows are noise and name the original's digest."""
    original = write(tmp_path / "b.csv", [trace(n) for n in range(5)])
    (tmp_path / "c.csv").write_bytes(original.read_bytes())
    (tmp_path / "d.log").write_bytes(gzip.compress(original.read_bytes()))
    found = outcome([tmp_path], tmp_path / "out")

    assert noise(found.inputs) == [{}, {"duplicate-file": 5}, {"duplicate-file": 5}]
    assert [book.copy_of for book in found.inputs] == ["", str(original), str(original)]
    assert found.inputs[0].sha256 == found.inputs[1].sha256 != found.inputs[2].sha256
    assert len(rows(tmp_path / "out")) == 5


def test_overlapping_exports_count_once(tmp_path: Path) -> None:
    """Rows that two exports hold stay where they came first; the second says how many it repeats."""
    write(tmp_path / "1.csv", [trace(n) for n in range(10)])
    write(tmp_path / "2.csv", [trace(n) for n in range(6, 15)])
    found = outcome([tmp_path / "1.csv", tmp_path / "2.csv"], tmp_path / "out")
    messages = rows(tmp_path / "out")

    assert noise(found.inputs) == [{}, {"duplicate-row": 4}]
    assert [m["recipient"] for m in messages] == [f"user{n}@contoso.com" for n in range(15)]
    assert [(Path(m["source_file"]).name, m["source_row"]) for m in messages][9:11] == [("1.csv", 10), ("2.csv", 5)]


def test_a_row_on_two_pages_counts_once(tmp_path: Path) -> None:
    """What paging repeats within one file counts once, also where another tool wrote the time without fractions."""
    again = trace(2, Received="2026-03-02T02:00:00Z")
    found = outcome([write(tmp_path / "1.csv", [*map(trace, range(5)), again, trace(5)])], tmp_path / "out")

    assert noise(found.inputs) == [{"duplicate-row": 1}]
    assert [m["source_row"] for m in rows(tmp_path / "out")] == [1, 2, 3, 4, 5, 7]


APART = {
    "another trace id": trace(1, MessageId="<0@wingtiptoys.com>"),
    "another recipient": {**trace(0), "RecipientAddress": "user9@contoso.com"},
    "another time": {**trace(0), "Received": "2026-03-02T00:00:04Z"},
    "another trace id at the same time": {**trace(0), "MessageTraceId": "00000000-0000-4000-8000-00000000ffff"},
}


@pytest.mark.parametrize("other", APART.values(), ids=APART)
def test_legs_of_one_message_do_not_collapse(tmp_path: Path, other: dict[str, object]) -> None:
    """Two traces with one Message-ID are two legs, and both count."""
    found = outcome([write(tmp_path / "1.csv", [trace(0), other])], tmp_path / "out")

    assert noise(found.inputs) == [{}]
    assert len(rows(tmp_path / "out")) == 2


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
@pytest.mark.parametrize("word", ["Pending", "GettingStatus"])
def test_the_final_status_stays(tmp_path: Path, order: tuple[str, str], word: str) -> None:
    """A row that was Pending in one export and Delivered in another counts as delivered, whichever was read first."""
    write(tmp_path / f"{order[0]}.csv", [trace(0, Status=word), trace(1)])
    write(tmp_path / f"{order[1]}.csv", [trace(0), trace(2)])
    found = outcome([tmp_path / "a.csv", tmp_path / "b.csv"], tmp_path / "out")
    messages = rows(tmp_path / "out")

    assert sorted(map(str, noise(found.inputs))) == ["{'superseded-row': 1}", "{}"]
    assert sorted((m["recipient"], m["delivery_status"]) for m in messages) == [
        (f"user{n}@contoso.com", "Delivered") for n in range(3)
    ]


@pytest.mark.parametrize("written", [1, 10_000])
def test_what_never_became_final_counts_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: int) -> None:
    """A row that is Pending in two exports and final in none counts once, from the first, with its own number."""
    monkeypatch.setattr(held, "_WRITTEN", written)
    monkeypatch.setattr(batches, "_BATCH_BYTES", 1)
    write(tmp_path / "1.csv", [trace(0), trace(1, Status="Pending")])
    write(tmp_path / "2.csv", [trace(1, Status="Pending"), trace(2), trace(3, Status="Pending")])
    found = outcome([tmp_path / "1.csv", tmp_path / "2.csv"], tmp_path / "out")
    pending = [m for m in rows(tmp_path / "out") if m["delivery_status"] == "Pending"]

    assert noise(found.inputs) == [{}, {"duplicate-row": 1}]
    assert [(Path(m["source_file"]).name, m["source_row"]) for m in pending] == [("1.csv", 2), ("2.csv", 3)]
    assert [(book.rows, book.read, book.verdict_rows) for book in found.inputs] == [(2, 2, 2), (3, 2, 2)]


def test_two_final_words_are_said(tmp_path: Path) -> None:
    """Where both rows are final and differ, the first stays and the book counts the contradiction."""
    write(tmp_path / "1.csv", [trace(0, Status="Quarantined")])
    write(tmp_path / "2.csv", [trace(0), trace(1)])
    found = outcome([tmp_path / "1.csv", tmp_path / "2.csv"], tmp_path / "out")

    assert [book.differing for book in found.inputs] == [0, 1]
    assert [m["delivery_status"] for m in rows(tmp_path / "out")] == ["Quarantined", "Delivered"]


def test_without_a_trace_id_the_whole_row_must_be_alike(tmp_path: Path) -> None:
    """Rows with a Message-ID alone are the same only where every column is."""
    plain = trace(0, MessageTraceId="")
    found = outcome([write(tmp_path / "1.csv", [plain, plain, {**plain, "Size": 7}])], tmp_path / "out")

    assert noise(found.inputs) == [{"duplicate-row": 1}]
    assert len(rows(tmp_path / "out")) == 2


def test_rows_without_any_id_are_never_taken_for_one(tmp_path: Path) -> None:
    """Nothing tells two messages without ids apart from one met twice, so both count."""
    blank = trace(0, MessageTraceId="", MessageId="")
    found = outcome([write(tmp_path / "1.csv", [blank, blank])], tmp_path / "out")

    assert noise(found.inputs) == [{}]
    assert len(rows(tmp_path / "out")) == 2


PACKED = (
    "origin_timestamp_utc,sender_address,recipient_status,total_bytes,message_id,network_message_id,"
    "original_client_ip,directionality,connector_id\r\n"
)
CELLS = "2026-03-02T08:00:00Z,sun@wingtiptoys.com,{},100,<1@wingtiptoys.com>,{},203.0.113.9,1,\r\n"
ANN, BEN = "ann@contoso.com##Receive, Deliver", "ben@contoso.com##Receive, Deliver"
ID = "00000000-0000-4000-8000-000000000001"


def test_a_message_with_several_recipients_is_one_row(tmp_path: Path) -> None:
    """A packed row counts once with its recipients in any order; with another recipient it is another row."""
    log = tmp_path / "log.csv"
    cells = [f'"{ANN};{BEN}"', f'"{BEN};{ANN}"', f'"{ANN}"']
    log.write_text(PACKED + "".join(CELLS.format(c, ID) for c in cells), "utf-8")
    found = outcome([log], tmp_path / "out")

    assert noise(found.inputs) == [{"duplicate-row": 1}]
    assert [(m["source_row"], m["recipient"][:3]) for m in rows(tmp_path / "out")] == [
        (1, "ann"),
        (1, "ben"),
        (3, "ann"),
    ]


def test_rows_outside_the_period_are_noise_of_that_kind(tmp_path: Path) -> None:
    """What --since leaves out is counted as outside the period and not looked at for repetitions."""
    from datetime import UTC, datetime

    log = write(tmp_path / "1.csv", [trace(0), trace(0), trace(30), trace(30)])
    found = outcome([log], tmp_path / "out", since=datetime(2026, 3, 3, tzinfo=UTC))

    assert noise(found.inputs) == [{"outside-period": 2, "duplicate-row": 1}]
