"""Small logs written on the spot, and what reading them gives as plain values."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from analyzer.formats import Log, open_log
from analyzer.inputs import find

TRACE_HEADER = (
    "Organization,MessageId,Received,SenderAddress,RecipientAddress,Subject,Status,ToIP,FromIP,Size,MessageTraceId"
)
SUMMARY_HEADER = (
    "origin_timestamp_utc,sender_address,recipient_status,message_subject,total_bytes,message_id,"
    "network_message_id,original_client_ip,directionality,connector_id,delivery_priority"
)
EXTENDED_HEADER = (
    "date_time_utc,client_ip,client_hostname,server_ip,server_hostname,source_context,connector_id,source,event_id,"
    "internal_message_id,message_id,network_message_id,recipient_address,recipient_status,total_bytes,recipient_count,"
    "related_recipient_address,reference,message_subject,sender_address,return_path,message_info,directionality,"
    "tenant_id,original_client_ip,original_server_ip,custom_data"
)

TRACE = {
    "Organization": "contoso.onmicrosoft.com",
    "MessageId": "<a1@fabrikam.com>",
    "Received": "2026-03-24T07:15:02.4713052Z",
    "SenderAddress": "pat@fabrikam.com",
    "RecipientAddress": "Michelle@contoso.com",
    "Subject": "Offer",
    "Status": "Delivered",
    "ToIP": "",
    "FromIP": "203.0.113.25",
    "Size": "48213",
    "MessageTraceId": "2b9e6f3a-51c7-4d0e-8a44-08dd6a11c2e1",
}
DETAIL = {
    "Date": "2026-03-24T07:41:56Z",
    "MessageId": "<scan@plant.contoso.com>",
    "MessageTraceId": "41f8b3d6-0e9c-4a72-a5d8-08dd6a11fa05",
    "SenderAddress": "scanner@plant.contoso.com",
    "RecipientAddress": "michelle@contoso.com",
    "Subject": "Scan",
    "Event": "Receive",
    "Action": "",
    "Detail": "Message received by: AB1P000MB0001",
    "Data": "",
}
GRAPH_ROW = {
    "id": "2b9e6f3a-51c7-4d0e-8a44-08dd6a11c2e1",
    "senderAddress": "pat@fabrikam.com",
    "recipientAddress": "michelle@contoso.com",
    "messageId": "<a1@fabrikam.com>",
    "receivedDateTime": "2026-03-24T07:15:02Z",
    "subject": "Offer",
    "size": "48213",
    "fromIP": "203.0.113.25",
    "toIP": "",
    "status": "Delivered",
}
GRAPH_EVENT = {
    "id": "41f8b3d6-0e9c-4a72-a5d8-08dd6a11fa05",
    "messageId": "<scan@plant.contoso.com>",
    "dateTime": "2026-03-24T07:41:56Z",
    "event": "Receive",
    "action": "",
    "description": "Message received by: AB1P000MB0001",
    "data": "",
    "recipientAddress": "michelle@contoso.com",
}
EMAIL = {
    "Timestamp": "2026-03-24T07:41:55Z",
    "NetworkMessageId": "41f8b3d6-0e9c-4a72-a5d8-08dd6a11fa05",
    "InternetMessageId": "<scan@plant.contoso.com>",
    "SenderMailFromAddress": "scanner@plant.contoso.com",
    "SenderFromAddress": "scanner@plant.contoso.com",
    "SenderIPv4": "198.51.100.10",
    "SenderIPv6": "",
    "RecipientEmailAddress": "michelle@contoso.com",
    "Subject": "Scan",
    "EmailDirection": "Inbound",
    "DeliveryAction": "Delivered",
    "DeliveryLocation": "Inbox/folder",
    "AuthenticationDetails": '{"SPF":"pass","DKIM":"none"}',
    "Connectors": "Inbound from plant",
}
SUMMARY = {
    "origin_timestamp_utc": "2026-03-24T07:15:02.4713052Z",
    "sender_address": "pat@fabrikam.com",
    "recipient_status": "michelle@contoso.com##Receive, Deliver",
    "message_subject": "Offer",
    "total_bytes": "48213",
    "message_id": "<a1@fabrikam.com>",
    "network_message_id": "2b9e6f3a-51c7-4d0e-8a44-08dd6a11c2e1",
    "original_client_ip": "203.0.113.25",
    "directionality": "1",
    "connector_id": "Inbound from plant",
    "delivery_priority": "Normal",
}
EVENT = dict.fromkeys(EXTENDED_HEADER.split(","), "") | {
    "date_time_utc": "2026-03-24T07:41:55.9010000Z",
    "event_id": "RECEIVE",
    "source": "SMTP",
    "message_id": "<scan@plant.contoso.com>",
    "network_message_id": "41f8b3d6-0e9c-4a72-a5d8-08dd6a11fa05",
    "recipient_address": "michelle@contoso.com",
    "total_bytes": "733120",
    "sender_address": "scanner@plant.contoso.com",
    "return_path": "scanner@plant.contoso.com",
    "directionality": "Originating",
}


def csv_text(*rows: Mapping[str, str], delimiter: str = ",", end: str = "\r\n") -> str:
    """Write rows as Export-Csv does: every cell quoted, marks doubled."""
    lines = [[*rows[0]], *([*row.values()] for row in rows)]
    quoted = (['"' + cell.replace('"', '""') + '"' for cell in line] for line in lines)
    return "".join(delimiter.join(line) + end for line in quoted)


@dataclass(frozen=True)
class Reading:
    """Everything a log gave."""

    log: Log
    rows: list[dict[str, Any]]
    rejects: list[tuple[int, str, str]] = field(default_factory=list)
    noise: Mapping[str, int] = field(default_factory=dict)
    records: int = 0

    def column(self, name: str) -> list[Any]:
        """Give one column."""
        return [row[name] for row in self.rows]

    def rejected(self) -> list[int]:
        """Give the numbers of the rejected records."""
        return [number for number, _, _ in self.rejects]


def read(path: Path, *, size: int = 16 << 20, **options: Any) -> Reading:
    """Read a log whole, numbering its records through the file, and check that the books balance."""
    return read_log(open_log(find([str(path)])[0], **options), size=size)


def read_log(log: Log, *, size: int = 16 << 20) -> Reading:
    """Read an opened log whole."""
    rows: list[dict[str, Any]] = []
    rejects: list[tuple[int, str, str]] = []
    noise: Counter[str] = Counter()
    before = 0
    for chunk in log.chunks(size=size):
        parsed = log.parse(chunk)
        log.enter(parsed)
        found = {*parsed.rows["source_row"].to_pylist(), *parsed.rejects["source_row"].to_pylist()}
        assert len(found) + sum(parsed.noise.values()) == parsed.records
        assert all(1 <= number <= parsed.records for number in found)
        rows += numbered(parsed.rows, before)
        rejects += [(row["source_row"], row["reason"], row["raw"]) for row in numbered(parsed.rejects, before)]
        noise.update(parsed.noise)
        before += parsed.records
    return Reading(log, rows, rejects, dict(noise), before)


def numbered(table: pa.Table, before: int) -> list[dict[str, Any]]:
    """Give a table's rows, counted through the file."""
    return [row | {"source_row": row["source_row"] + before} for row in table.to_pylist()]


def write(folder: Path, text: str | bytes, name: str = "log.csv") -> Path:
    """Write a file."""
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def json_lines(rows: Sequence[Mapping[str, object]]) -> str:
    """Write one object a line."""
    return "".join(json.dumps(row) + "\n" for row in rows)
