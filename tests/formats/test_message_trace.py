"""Get-MessageTrace and Get-MessageTraceV2."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from analyzer.errors import LogError
from analyzer.formats import Evidence
from analyzer.formats.message_trace import MESSAGE_TRACE
from analyzer.schema import NORMALISED
from tests.formats.reading import TRACE, csv_text, read, write


def test_every_column_finds_its_place(tmp_path: Path) -> None:
    """A row gives every column of the normalised table, null where the format says nothing."""
    found = read(write(tmp_path, csv_text(TRACE | {"ToIP": "198.51.100.7"})))

    assert found.log.format is MESSAGE_TRACE
    assert found.rows == [
        dict.fromkeys([column.name for column in NORMALISED])
        | {
            "received_at": datetime(2026, 3, 24, 7, 15, 2, 471305, tzinfo=UTC),
            "message_id": "<a1@fabrikam.com>",
            "network_message_id": "2b9e6f3a-51c7-4d0e-8a44-08dd6a11c2e1",
            "header_from": "pat@fabrikam.com",
            "recipient": "Michelle@contoso.com",
            "size": 48213,
            "delivery_status": "Delivered",
            "connecting_ip": "203.0.113.25",
            "next_hop": "198.51.100.7",
            "routed_by_rule": False,
            "forwarded": False,
            "source_row": 1,
        }
    ]


def test_it_names_no_connector(tmp_path: Path) -> None:
    """The format has no connector field, and says so."""
    assert MESSAGE_TRACE.evidence is Evidence.NONE
    assert read(write(tmp_path, csv_text(TRACE))).column("logged_connector") == [None]


@pytest.mark.parametrize(
    "change, column, expected",
    [
        ({"FromIP": ""}, "connecting_ip", ""),
        ({"ToIP": ""}, "next_hop", None),
        ({"MessageId": ""}, "message_id", None),
        ({"SenderAddress": ""}, "header_from", None),
        ({"Status": "Resolved"}, "forwarded", True),
        ({"Status": "Expanded"}, "forwarded", False),
        ({"Size": "large"}, "size", None),
        ({"Size": "0"}, "size", 0),
        ({"MessageTraceId": "2B9E6F3A51C74D0E8A4408DD6A11C2E1"}, "network_message_id", TRACE["MessageTraceId"]),
        ({"MessageTraceId": "no id"}, "network_message_id", "no id"),
    ],
)
def test_cells_keep_their_meaning(tmp_path: Path, change: dict[str, str], column: str, expected: object) -> None:
    """Blank and strange cells become what the schema says of them."""
    found = read(write(tmp_path, csv_text(TRACE, TRACE | change)))

    assert found.column(column)[1] == expected


def test_columns_may_come_in_any_order_and_company(tmp_path: Path) -> None:
    """Names are matched whatever their case, order and further columns, two alike among them."""
    header = "Subject,RECIPIENTADDRESS,receivED,Extra,messagetraceid,Extra,SenderAddress,FromIP\n"
    row = (
        "Offer,a@contoso.com,2026-03-24T07:15:02Z,x,2b9e6f3a-51c7-4d0e-8a44-08dd6a11c2e1,y,b@fabrikam.com,203.0.113.9\n"
    )
    found = read(write(tmp_path, header + row))

    assert (found.column("recipient"), found.column("connecting_ip")) == (["a@contoso.com"], ["203.0.113.9"])


def test_an_absent_column_is_null_and_not_blank(tmp_path: Path) -> None:
    """Without a FromIP column the connecting address is unknown, which is not the same as blank."""
    row = {key: value for key, value in TRACE.items() if key != "FromIP"}

    assert read(write(tmp_path, csv_text(row))).column("connecting_ip") == [None]


def test_dates_are_read_in_the_order_of_the_whole_file(tmp_path: Path) -> None:
    """One date late in the file decides for the rows before it."""
    early, late = TRACE | {"Received": "3/4/2026 7:15"}, TRACE | {"Received": "24/3/2026 7:15"}
    found = read(write(tmp_path, csv_text(*[early] * 5000, late)))

    assert found.rows[0]["received_at"] == datetime(2026, 4, 3, 7, 15, tzinfo=UTC)


def test_the_window_of_the_export_may_tell_the_order(tmp_path: Path) -> None:
    """The columns with the query's own dates are of the same culture as the rows."""
    window = {
        "Received": "3/4/2026 7:15:00 AM",
        "StartDate": "3/1/2026 12:00:00 AM",
        "EndDate": "3/31/2026 12:00:00 AM",
    }

    assert read(write(tmp_path, csv_text(TRACE | window))).rows[0]["received_at"] == datetime(
        2026, 3, 4, 7, 15, tzinfo=UTC
    )


def test_undecidable_dates_ask_for_the_order(tmp_path: Path) -> None:
    """Where no date tells, the user is asked, and the answer is obeyed."""
    path = write(tmp_path, csv_text(TRACE | {"Received": "3/4/2026 7:15"}))

    with pytest.raises(LogError, match="--date-order dmy or --date-order mdy"):
        read(path)
    assert read(path, date_order="dmy").rows[0]["received_at"] == datetime(2026, 4, 3, 7, 15, tzinfo=UTC)


def test_a_row_without_recipient_is_a_reject(tmp_path: Path) -> None:
    """A blank recipient is no row, and its neighbours keep their own cells."""
    rows = [TRACE | {"MessageId": f"<{n}>"} for n in range(3)]
    found = read(write(tmp_path, csv_text(rows[0], rows[1] | {"RecipientAddress": ""}, rows[2])))

    assert (found.column("message_id"), found.rejected()) == (["<0>", "<2>"], [2])
    assert found.rejects[0][1] == "no recipient"


def test_blank_rows_of_hand_made_exports_are_noise(tmp_path: Path) -> None:
    """Rows of nothing but delimiters stand for nothing, and are counted."""
    found = read(write(tmp_path, csv_text(TRACE) + ",,,,,,,,,,\r\n" * 30 + "\r\n"))

    assert (len(found.rows), found.noise) == (1, {"blank-row": 31})
