"""Message tracking logs of Exchange Server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.errors import LogError
from analyzer.formats import FORMATS, Evidence
from analyzer.formats.chunk import Cells
from analyzer.formats.event_rows import listed_recipients
from analyzer.formats.exchange_layout import TRACKING_FIELDS, TRACKING_FIELDS_2010
from analyzer.formats.tracking import MESSAGE_TRACKING
from analyzer.vantage import Vantage
from tests.formats.reading import csv_text, read, write
from tests.formats.test_cutting import in_all_sizes

EVENT = dict.fromkeys(TRACKING_FIELDS, "") | {
    "date-time": "2026-10-05T06:41:50.201Z",
    "connector-id": r"EX1\Default EX1",
    "source": "SMTP",
    "event-id": "RECEIVE",
    "internal-message-id": "311",
    "message-id": "<scan@contoso.com>",
    "network-message-id": "41f8b3d6-0e9c-4a72-a5d8-08dd6a11fa05",
    "recipient-address": "bob@contoso.com",
    "total-bytes": "512",
    "sender-address": "scanner@contoso.com",
    "return-path": "scanner@contoso.com",
    "directionality": "Incoming",
}
HEADER = "#Log-type: Message Tracking Log\r\n#Fields: " + ",".join(TRACKING_FIELDS) + "\r\n"
HEADER_2010 = "#Log-Type: Message Tracking Log\r\n#Fields: " + ",".join(TRACKING_FIELDS_2010) + "\r\n"


def line(_fields: tuple[str, ...] = TRACKING_FIELDS, /, **change: str) -> str:
    """Write one event."""
    cells = EVENT | {name.replace("_", "-"): cell for name, cell in change.items()}
    return csv_text({name: cells[name] for name in _fields}).split("\r\n", 1)[1]


def one(folder: Path, **change: str) -> dict[str, Any]:
    """Read a single event of one recipient."""
    (row,) = read(write(folder, HEADER + line(**change))).rows
    return row


@pytest.mark.parametrize(
    "change, column, expected",
    [
        ({}, "logged_inbound", r"EX1\Default EX1"),
        ({}, "logged_outbound", None),
        ({"event_id": "SendExternal", "connector_id": "To Office 365"}, "logged_outbound", "To Office 365"),
        ({"event_id": "SEND"}, "logged_inbound", None),
        ({"event_id": "DELIVER", "connector_id": ""}, "logged_outbound", None),
        ({"event_id": "SEND", "server_ip": "203.0.113.7", "server_hostname": "mx.example.org"}, "next_hop",
         "mx.example.org[203.0.113.7]"),
        ({"event_id": "SEND", "server_ip": "203.0.113.7"}, "next_hop", "203.0.113.7"),
        ({"server_ip": "192.0.2.10"}, "next_hop", None),
        ({"client_ip": "192.0.2.10"}, "connecting_ip", "192.0.2.10"),
        ({"client_ip": "192.0.2.10", "custom_data": "S:A=1;S:ProxiedClientIPAddress=192.0.2.61;S:B=2"}, "connecting_ip",
         "192.0.2.61"),
        ({"client_ip": "192.0.2.10", "original_client_ip": "192.0.2.62"}, "connecting_ip", "192.0.2.62"),
        ({"event_id": "SEND", "client_ip": "192.0.2.10"}, "connecting_ip", ""),
        ({"client_ip": "2001:db8::61%3"}, "connecting_ip", "2001:db8::61"),
        ({"message_id": "bare@contoso.com"}, "message_id", "<bare@contoso.com>"),
        ({"message_id": ""}, "message_id", None),
        ({"sender_address": "", "return_path": "<>", "custom_data": "S:OriginalFromAddress=a@contoso.com"},
         "header_from", "a@contoso.com"),
        ({"sender_address": "", "return_path": "<>"}, "envelope_sender", "<>"),
        ({"directionality": "Undefined"}, "directionality", "undefined"),
        ({"source": "DSN"}, "delivery_status", "DSN"),
        ({"event_id": "FAIL", "recipient_status": "550 5.7.64 TenantAttribution; Relay Access Denied"},
         "delivery_status", "550 5.7.64 TenantAttribution; Relay Access Denied"),
        ({"event_id": "FAIL", "source_context": "08DE;550 5.7.51 TenantInboundAttribution; x"},
         "delivery_status", "550 5.7.51 TenantInboundAttribution; x"),
        ({"source_context": "08DE04A7C0DE0001;2026-10-05T06:41:49.888Z;0"}, "delivery_status", None),
    ],
)  # fmt: skip
def test_cells_keep_their_meaning(tmp_path: Path, change: dict[str, str], column: str, expected: object) -> None:
    """Each cell is read as its event allows (log-formats section 6a)."""
    assert one(tmp_path, **change)[column] == expected


@pytest.mark.parametrize(
    "change, kind",
    [
        ({"event_id": "HAREDIRECT"}, "event-haredirect"),
        ({"event_id": "NOTIFYMAPI", "recipient_address": ""}, "event-notifymapi"),
        ({"event_id": "SUBMIT"}, "event-submit"),
        ({"event_id": "DEFER"}, "event-defer"),
        ({"event_id": "DEFER", "recipient_status": "[{LED=454 4.7.5 The certificate was not found};{MSG=}]"},
         "event-defer-4.7.5"),
        ({"event_id": "Defer", "source_context": "454-4.7.5 certificate"}, "event-defer-4.7.5"),
        ({"event_id": "DEFER", "recipient_status": "[{LED=454 4.7.54 x}]"}, "event-defer"),
        ({"event_id": "DEFER", "recipient_status": "[{LED=451 4.4.0 DNS query failed}]"}, "event-defer"),
        ({"event_id": "THROTTLE", "recipient_status": "454 4.7.5 x"}, "event-throttle"),
        ({"event_id": "SEND", "connector_id": "Intra-Organization SMTP Send Connector"}, "internal-hop"),
        ({"recipient_address": "HealthMailbox1@contoso.com"}, "health-mailbox"),
        ({"sender_address": "HealthMailbox1@contoso.com"}, "health-mailbox"),
    ],
)  # fmt: skip
def test_what_routes_nothing_is_noise_by_kind(tmp_path: Path, change: dict[str, str], kind: str) -> None:
    """Shadow copies, submissions, hops inside the organization and probes are counted and leave no row."""
    found = read(write(tmp_path, HEADER + line(**change)))

    assert (found.rows, found.rejects, found.noise) == ([], [], {kind: 1})


def test_rows_tell_their_fields_by_the_number_of_their_cells(tmp_path: Path) -> None:
    """Without a header, with one that is damaged, and where servers of two versions are put together."""
    new, old = line(event_id="SEND", server_ip="203.0.113.7"), line(TRACKING_FIELDS_2010)
    damaged = HEADER.replace("message-id,network-message-id", "message-id,message-id").replace(
        "log-id,schema-version", "log-idschema-version,date-time,client-ip"
    )
    expected = read(write(tmp_path, HEADER + new)).rows
    for text in (new, damaged + new, "\r\n" + new, HEADER_2010 + new, HEADER_2010.split("\r\n")[0] + "\r\n" + new):
        assert read(write(tmp_path, text)).rows == expected
    mixed = read(write(tmp_path, HEADER_2010 + old + HEADER + new + old))
    assert mixed.column("event") == ["RECEIVE", "SEND", "RECEIVE"]
    assert mixed.column("network_message_id") == [None, EVENT["network-message-id"], None]
    assert mixed.noise == {"comment-line": 2}


def test_a_file_that_ends_within_a_row_says_so(tmp_path: Path) -> None:
    """A log that is being written ends in half a row; one that ends in a comment is whole."""
    cut = read(write(tmp_path, HEADER + line() + line()[:40]))
    whole = read(write(tmp_path, HEADER + line() + HEADER))

    assert (cut.rejected(), len(cut.log.notes)) == ([2], 1)
    assert (whole.rejects, whole.noise, whole.log.notes) == ([], {"comment-line": 2}, ())


PIECES = [
    line(),
    line(TRACKING_FIELDS_2010),
    line(event_id="SENDEXTERNAL", recipient_address="a@contoso.com;b@contoso.com", message_subject='5" and, more'),
    line(event_id="NOTIFYMAPI", recipient_address=""),
    line(date_time="soon"),
    line(recipient_address=""),
    HEADER,
    HEADER_2010,
    "#\r\n",
    "\r\n",
    "too,few\r\n",
]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from(PIECES), max_size=8), st.sampled_from([HEADER, line()]), st.integers(1, 2000))
def test_a_log_reads_alike_in_chunks_of_any_size(pieces: list[str], first: str, size: int) -> None:
    """Rows, rejects and noise do not depend on where the file is cut."""
    in_all_sizes((first + "".join(pieces)).encode(), [size, 3 * size], "msgtrk.log")


def test_statuses_that_hold_semicolons_are_not_mixed_up() -> None:
    """Several statuses are told apart by their reply codes; where that does not fit either, nobody has one."""
    statuses = [
        "250 2.1.5 OK;550 5.7.64 TenantAttribution; Relay Access Denied",
        "550 4.4.7 QUEUE.Expired;<ErrorText>;550 4.4.7 QUEUE.Expired;<ErrorText>",
        "odd;text;throughout",
        "To;Cc",
    ]
    columns = {
        "recipient_address": pa.array(["a@contoso.com;b@contoso.com"] * 4),
        "source": pa.array([""] * 4),
    }
    cells = Cells(columns, np.arange(1, 5))
    found = listed_recipients(cells, pa.array(["FAIL"] * 4), status=pa.array(statuses))

    assert found.status is not None
    assert found.status.to_pylist() == [
        "250 2.1.5 OK",
        "550 5.7.64 TenantAttribution; Relay Access Denied",
        "550 4.4.7 QUEUE.Expired;<ErrorText>",
        "550 4.4.7 QUEUE.Expired;<ErrorText>",
        None,
        None,
        "To",
        "Cc",
    ]


def test_an_export_that_lost_its_recipients_is_refused_with_advice(tmp_path: Path) -> None:
    """Export-Csv writes `System.String[]` for a list: nothing can be made of that, and the line says what to do."""
    text = "Timestamp,EventId,ConnectorId,Sender,Recipients\r\n2026-10-05 06:41:50,SEND,x,a@contoso.com,"

    with pytest.raises(LogError, match=r"System\.String\[\].*Recipients -join"):
        read(write(tmp_path, text + '"System.String[]"\r\n'))
    assert read(write(tmp_path, text + '"b@contoso.com;c@contoso.com"\r\n')).column("recipient") == [
        "b@contoso.com",
        "c@contoso.com",
    ]


def test_both_are_an_own_servers_logs() -> None:
    """Their events name connectors, but the servers' own."""
    own = [one.name for one in FORMATS if one.vantage is Vantage.OWN_SERVER]

    assert own[:2] == ["message-tracking", "message-tracking-export"]
    assert MESSAGE_TRACKING.evidence is Evidence.PER_EVENT
