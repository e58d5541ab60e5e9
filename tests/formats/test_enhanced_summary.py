"""Enhanced summary of the admin center."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from analyzer.formats import Evidence
from analyzer.formats.enhanced_summary import ENHANCED_SUMMARY
from analyzer.schema import NORMALISED
from tests.formats.reading import SUMMARY, csv_text, read, write


def test_every_column_finds_its_place(tmp_path: Path) -> None:
    """A row gives every column of the normalised table, null where the format says nothing."""
    found = read(write(tmp_path, csv_text(SUMMARY)))

    assert found.log.format is ENHANCED_SUMMARY
    assert found.rows == [
        dict.fromkeys([column.name for column in NORMALISED])
        | {
            "received_at": datetime(2026, 3, 24, 7, 15, 2, 471305, tzinfo=UTC),
            "message_id": "<a1@fabrikam.com>",
            "network_message_id": "2b9e6f3a-51c7-4d0e-8a44-08dd6a11c2e1",
            "header_from": "pat@fabrikam.com",
            "recipient": "michelle@contoso.com",
            "size": 48213,
            "delivery_status": "Receive, Deliver",
            "directionality": "inbound",
            "connecting_ip": "203.0.113.25",
            "logged_connector": "Inbound from plant",
            "routed_by_rule": False,
            "forwarded": False,
            "source_row": 1,
        }
    ]


def test_recipients_become_rows_of_their_record(tmp_path: Path) -> None:
    """Each packed recipient is a row with its own status and the rest of its record."""
    packed = SUMMARY | {
        "recipient_status": "sales@contoso.com##Receive, Expand;chris@contoso.com##Receive, Redirect",
        "message_subject": "Price list\r\n(corrected)",
    }
    found = read(write(tmp_path, csv_text(SUMMARY, packed, SUMMARY)))

    assert found.column("source_row") == [1, 2, 2, 3]
    assert found.column("recipient")[1:3] == ["sales@contoso.com", "chris@contoso.com"]
    assert found.column("forwarded")[1:3] == [False, True]


@pytest.mark.parametrize(
    "change, column, expected",
    [
        ({"connector_id": ""}, "logged_connector", ""),
        ({"directionality": "2"}, "directionality", "outbound"),
        ({"directionality": "Originating"}, "directionality", "originating"),
        ({"directionality": ""}, "directionality", None),
        ({"original_client_ip": ""}, "connecting_ip", ""),
        (
            {"network_message_id": "41f8b3d60e9c4a72a5d808dd6a11fa05"},
            "network_message_id",
            "41f8b3d6-0e9c-4a72-a5d8-08dd6a11fa05",
        ),
        ({"recipient_status": "a@contoso.com##Receive, Resolved"}, "forwarded", True),
    ],
)
def test_cells_keep_their_meaning(tmp_path: Path, change: dict[str, str], column: str, expected: object) -> None:
    """Blank and coded cells become what the schema says of them."""
    found = read(write(tmp_path, csv_text(SUMMARY, SUMMARY | change)))

    assert found.column(column)[1] == expected


def test_the_documented_name_of_the_time_column_is_known_too(tmp_path: Path) -> None:
    """`origin_timestamp` without `_utc`, as the document says, is the same column."""
    text = csv_text(SUMMARY).replace("origin_timestamp_utc", "origin_timestamp")

    assert len(read(write(tmp_path, text)).rows) == 1


def test_a_record_without_recipients_is_a_reject(tmp_path: Path) -> None:
    """A blank list of recipients is no row, and is not lost."""
    found = read(write(tmp_path, csv_text(SUMMARY, SUMMARY | {"recipient_status": ""}, SUMMARY)))

    assert (found.column("source_row"), found.rejects[0][:2]) == ([1, 3], (2, "no recipient"))


def test_it_states_one_connector_without_a_side() -> None:
    """The format has a connector, whose side it does not tell."""
    assert ENHANCED_SUMMARY.evidence is Evidence.ONE_COLUMN


def test_probes_of_the_servers_are_noise(tmp_path: Path) -> None:
    """Mail from a HealthMailbox is the servers' own, and is counted apart."""
    probe = SUMMARY | {"sender_address": "HealthMailbox0659e34@contoso.com"}
    found = read(write(tmp_path, csv_text(SUMMARY, probe)))

    assert (found.column("source_row"), found.noise) == ([1], {"health-mailbox": 1})
