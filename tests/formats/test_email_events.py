"""Defender EmailEvents: the shapes it is exported in, and cells that are not what they seem."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from analyzer.formats import Evidence
from analyzer.formats.clocks import READ_AS_UTC
from analyzer.formats.email_events import EMAIL_EVENTS
from tests.formats.reading import EMAIL, csv_text, json_lines, read, write

STREAMED = {"time": "2026-03-24T07:56:20Z", "category": "AdvancedHunting-EmailEvents", "properties": EMAIL}


def one(folder: Path, **change: str) -> dict[str, Any]:
    """Read a single row of the portal's CSV."""
    (row,) = read(write(folder, csv_text(EMAIL | change))).rows
    return row


def _api(*rows: object) -> str:
    statistics = {"ExecutionTime": 0.1, "resource_usage": {"cache": {"memory": {"hits": 1}}}}
    return json.dumps({"Stats": statistics, "Schema": [{"Name": "Timestamp", "Type": "DateTime"}], "Results": [*rows]})


@pytest.mark.parametrize(
    "text",
    [
        csv_text(EMAIL),
        json.dumps([EMAIL]),
        _api(EMAIL),
        json.dumps({"schema": [{"name": "Timestamp"}], "results": [EMAIL]}),
        json_lines([STREAMED]),
        json_lines([STREAMED | {"tags": [1]}]),
        json_lines([{"Properties": EMAIL, "time": "2026-03-24T09:00:00Z"}]),
    ],
)
def test_every_shape_gives_the_same_row(tmp_path: Path, text: str) -> None:
    """Portal, API and stream hold the same cells; the time of the envelope is not the row's."""
    found = read(write(tmp_path, text))

    assert (found.log.format.name, found.rows) == ("email-events", read(write(tmp_path, csv_text(EMAIL), "a")).rows)
    assert found.column("received_at") == [datetime(2026, 3, 24, 7, 41, 55, tzinfo=UTC)]


def test_sentinels_time_stands_in(tmp_path: Path) -> None:
    """Sentinel has no Timestamp but the time it was generated."""
    row = {("TimeGenerated" if key == "Timestamp" else key): cell for key, cell in EMAIL.items()}

    assert read(write(tmp_path, csv_text(row))).rows == [one(tmp_path)]


def test_a_stream_is_read_alike_row_by_row(tmp_path: Path) -> None:
    """A row whose keys are spelled otherwise sends a chunk down the forgiving path, with the same result."""
    odd = STREAMED | {"properties": {key.lower(): cell for key, cell in EMAIL.items()}}
    found = read(write(tmp_path, json_lines([STREAMED, odd])))

    assert found.rows[1] == found.rows[0] | {"source_row": 2}


def test_other_tables_of_the_stream_are_noise(tmp_path: Path) -> None:
    """A stream carries every table; what is none of e-mail is counted and not rejected."""
    other = {"category": "AdvancedHunting-DeviceEvents", "properties": {"Timestamp": EMAIL["Timestamp"]}}
    found = read(write(tmp_path, json_lines([STREAMED, other])))

    assert (len(found.rows), found.rejects, found.noise) == (1, [], {"other-table": 1})


def test_what_happened_after_delivery_is_another_table() -> None:
    """EmailPostDeliveryEvents has the same ids and is no log of routing."""
    assert not EMAIL_EVENTS.recognises([*EMAIL, "Action", "ActionType", "ActionTrigger"])


@pytest.mark.parametrize(
    "change, column, expected",
    [
        ({"InternetMessageId": "\\u003ca@contoso.com\\u003E"}, "message_id", "<a@contoso.com>"),
        ({"SenderIPv4": "", "SenderIPv6": "2001:db8::7"}, "connecting_ip", "2001:db8::7"),
        ({"SenderIPv4": ""}, "connecting_ip", ""),
        ({"SenderMailFromAddress": ""}, "envelope_sender", None),
        ({"SenderFromAddress": "Scanner@Plant.Contoso.com"}, "header_from", "Scanner@Plant.Contoso.com"),
        ({"DeliveryLocation": ""}, "delivery_status", "Delivered"),
        ({"DeliveryAction": ""}, "delivery_status", "Inbox/folder"),
        ({"EmailDirection": "Intra-org"}, "directionality", "intra-org"),
        ({"NetworkMessageId": "41F8B3D60E9C4A72A5D808DD6A11FA05"}, "network_message_id", EMAIL["NetworkMessageId"]),
        ({"Connectors": "Eingang vom Werk (Süd)"}, "logged_connector", "Eingang vom Werk (Süd)"),
        ({"Connectors": ""}, "logged_connector", None),
    ],
)
def test_cells_keep_their_meaning(tmp_path: Path, change: dict[str, str], column: str, expected: object) -> None:
    """Each cell is read as the reference has it; without a connector's name the row is silent."""
    assert one(tmp_path, **change)[column] == expected


def test_a_query_may_leave_connectors_out(tmp_path: Path) -> None:
    """A projection without the column is read, and says nothing of connectors."""
    row = {key: cell for key, cell in EMAIL.items() if key != "Connectors"}

    assert read(write(tmp_path, csv_text(row))).column("logged_connector") == [None]


def test_it_has_one_column_for_both_sides() -> None:
    """The side is for the tenant's own names to tell."""
    assert EMAIL_EVENTS.evidence is Evidence.ONE_COLUMN


PORTAL = "Mar 24, 2026 8:41:55 AM"  # in Berlin, where the portal is set to it


@pytest.mark.parametrize(
    "column, text, hour",
    [
        ("Timestamp", PORTAL, 7),
        ("Timestamp", "2026-03-24T08:41:55Z", 8),
        ("TimeGenerated [UTC]", "3/24/2026, 8:41:55.000 AM", 8),
    ],
)
def test_the_portals_times_are_of_the_zone_it_is_set_to(tmp_path: Path, column: str, text: str, hour: int) -> None:
    """--timezone shifts a time without a zone (log-formats section 4), and none that says that it is UTC."""
    row = {(column if key == "Timestamp" else key): cell for key, cell in (EMAIL | {"Timestamp": text}).items()}
    found = read(write(tmp_path, csv_text(row)), timezone="Europe/Berlin")

    assert found.column("received_at") == [datetime(2026, 3, 24, hour, 41, 55, tzinfo=UTC)]


def test_the_portals_times_are_said_to_be_taken_for_utc(tmp_path: Path) -> None:
    """Without --timezone such times are read as UTC, and the log says so; a Z needs no word."""
    unsaid = read(write(tmp_path, csv_text(EMAIL | {"Timestamp": PORTAL})))

    assert unsaid.column("received_at") == [datetime(2026, 3, 24, 8, 41, 55, tzinfo=UTC)]
    assert unsaid.log.notes == (READ_AS_UTC,)
    assert read(write(tmp_path, csv_text(EMAIL))).log.notes == ()
