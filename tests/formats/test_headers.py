"""Files of other columns put together, dates of both orders put together."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.formats.reading import SUMMARY, TRACE, csv_text, read, write

TURNED = dict(reversed(SUMMARY.items()))
FEWER = {name: cell for name, cell in SUMMARY.items() if name not in {"delivery_priority", "message_subject"}}
WITHOUT_CONNECTOR = {name: cell for name, cell in SUMMARY.items() if name != "connector_id"}
NEXT = {"network_message_id": "9d04e7b2-3c18-4f6b-b1f0-08dd6a11d7f3"}


@pytest.mark.parametrize("size", [16 << 20, 400, 100])
@pytest.mark.parametrize("other", [TURNED, FEWER, SUMMARY], ids=["turned", "fewer", "same"])
def test_a_header_in_the_middle_is_obeyed(tmp_path: Path, other: dict[str, str], size: int) -> None:
    """Behind a header with the columns in another order, or with fewer, each cell is still what its column says."""
    parts = [csv_text(SUMMARY, SUMMARY), csv_text(other | NEXT), csv_text(SUMMARY | {"total_bytes": "7"})]
    found = read(write(tmp_path, "".join(parts)), size=size)

    assert found.noise == {"repeated-header": 2}
    assert found.rejects == []
    assert found.column("source_row") == [1, 2, 4, 6]
    assert found.column("size") == [48213, 48213, 48213, 7]
    assert found.column("network_message_id")[2] == NEXT["network_message_id"]
    assert set(found.column("logged_connector")) == {"Inbound from plant"}


@pytest.mark.parametrize("size", [16 << 20, 400, 100])
def test_rows_under_a_header_that_lacks_a_column_are_rejected(tmp_path: Path, size: int) -> None:
    """A column that is not there is not an empty cell: nothing is read until a header has it again."""
    parts = [csv_text(SUMMARY), csv_text(WITHOUT_CONNECTOR, WITHOUT_CONNECTOR), csv_text(SUMMARY)]
    found = read(write(tmp_path, "".join(parts)), size=size)

    assert found.column("source_row") == [1, 6]
    assert {reason for _, reason, _ in found.rejects} == {"the header before it in the file lacks connector_id"}
    assert found.rejected() == [3, 4]
    assert found.noise == {"repeated-header": 2}


def test_a_header_within_a_cell_is_text(tmp_path: Path) -> None:
    """Somebody mails an export: its header stands within a quoted cell, on a line of its own."""
    quoted = csv_text(TURNED).splitlines()[0].replace('"', "")
    found = read(write(tmp_path, csv_text(SUMMARY | {"message_subject": f"see\n{quoted}\nthere"}, SUMMARY)))

    assert (len(found.rows), found.rejects, found.noise) == (2, [], {})


def test_the_last_row_under_a_shorter_header_is_not_cut(tmp_path: Path) -> None:
    """Whether the file's last row is whole is told by the header before it."""
    whole = csv_text(SUMMARY) + csv_text(FEWER).rstrip()
    cut = whole[: whole.rindex(",")]

    assert read(write(tmp_path, whole)).rejects == []
    assert "seems cut" in read(write(tmp_path, cut)).rejects[0][1]


def test_the_date_that_tells_the_order_may_come_late(tmp_path: Path) -> None:
    """Day and month are told apart by a row megabytes into the file, and for all rows before it."""
    early = [TRACE | {"Received": "04/03/2026 07:15:02"}] * 4000
    path = write(tmp_path, csv_text(*early, TRACE | {"Received": "13/03/2026 07:15:02"}))
    found = read(path)

    assert path.stat().st_size > 2 * (256 << 10)
    assert found.column("received_at")[0] == datetime(2026, 3, 4, 7, 15, 2, tzinfo=UTC)
    assert found.rejects == []


def test_dates_of_both_orders_are_said(tmp_path: Path) -> None:
    """Exports of two PCs in one file: what cannot be so is rejected, and the log says that the rest may be wrong."""
    dates = ["13/3/2026 7:15", "3/14/2026 7:15", "3/4/2026 7:15"]
    found = read(write(tmp_path, csv_text(*(TRACE | {"Received": date} for date in dates))))

    assert [reason for _, reason, _ in found.rejects] == [
        "day and month stand the other way round than in the rest of the file"
    ]
    assert len(found.rows) == 2
    assert found.log.notes[0].startswith("its dates are of both orders")


def test_slash_dates_behind_others_ask_for_the_order(tmp_path: Path) -> None:
    """A file that begins with ISO times is not read through for an order that it may not need."""
    rows = [*[TRACE] * 1500, TRACE | {"Received": "3/4/2026 7:15"}]
    path = write(tmp_path, csv_text(*rows))

    assert "say it with --date-order" in read(path).rejects[0][1]
    assert read(path, date_order="mdy").column("received_at")[-1] == datetime(2026, 3, 4, 7, 15, tzinfo=UTC)
