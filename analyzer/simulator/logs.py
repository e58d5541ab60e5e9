"""The logs: one table of cells a batch and format, appended to its file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.simulator.columns import Columns, dashed, iso, join, next_hop, of_leg, of_scenario, packed
from analyzer.simulator.defender import email_events
from analyzer.simulator.details import trace_detail
from analyzer.simulator.exchange import (
    RECEIVE_HEADER,
    SEND_HEADER,
    TRACKING_HEADER,
    smtp_receive,
    smtp_send,
    tracking,
)
from analyzer.simulator.extended import extended
from analyzer.simulator.mailhosts import postfix, sendmail
from analyzer.simulator.scenario import Event
from analyzer.simulator.traffic import Plan

_STATUS = {
    Event.DELIVER: "Delivered",
    Event.SEND: "Delivered",
    Event.FAIL: "Failed",
    Event.EXPAND: "Expanded",
    Event.DEFER: "Pending",
    Event.QUARANTINE: "Quarantined",
}
_PACKED_STATUS = {
    Event.DELIVER: "Receive, Deliver",
    Event.SEND: "Receive, Send",
    Event.FAIL: "Receive, Fail",
    Event.EXPAND: "Receive, Expand",
    Event.DEFER: "Receive, Defer",
    Event.QUARANTINE: "Receive, Quarantined",
}


def message_trace(columns: Columns, plan: Plan) -> pa.Table:
    """Write a row a recipient, with the columns of Get-MessageTraceV2."""
    batch, spread = columns.batch, columns.to_recipients
    by_server = of_scenario(batch.scenario, lambda scenario: None if scenario.source.submitted else "")
    ends = plan.opens + plan.days * 86_400_000_000
    window = iso(np.array([plan.opens, ends], np.int64))
    return pa.table(
        {
            "MessageId": spread(columns.message_id),
            "Received": spread(iso(batch.received)),
            "SenderAddress": spread(columns.sender),
            "RecipientAddress": columns.recipient,
            "Subject": spread(columns.subject),
            "Status": of_leg(batch.leg, lambda leg: _STATUS[leg.event]),
            "ToIP": next_hop(columns),
            # Blank for mail sent from Exchange Online (reference 10.3).
            "FromIP": spread(join(columns.peer, by_server)),
            "Size": spread(pa.array(batch.size).cast(pa.string())),
            "MessageTraceId": spread(dashed(columns.network_id)),
            "StartDate": pa.repeat(window[0], len(batch.leg)),
            "EndDate": pa.repeat(window[1], len(batch.leg)),
        }
    )


_GRAPH_TRACE = {
    "id": "MessageTraceId",
    "senderAddress": "SenderAddress",
    "recipientAddress": "RecipientAddress",
    "messageId": "MessageId",
    "receivedDateTime": "Received",
    "subject": "Subject",
    "size": "Size",
    "fromIP": "FromIP",
    "toIP": "ToIP",
    "status": "Status",
}
_GRAPH_DETAIL = {
    "id": "MessageTraceId",
    "messageId": "MessageId",
    "dateTime": "Date",
    "event": "Event",
    "action": "Action",
    "description": "Detail",
    "data": "Data",
    "senderAddress": "SenderAddress",
    "recipientAddress": "RecipientAddress",
}


def graph_trace(columns: Columns, plan: Plan) -> pa.Table:
    """Write a row a recipient, with the properties of Graph's list; an address it has not is "", not null."""
    return _renamed(message_trace(columns, plan), _GRAPH_TRACE)


def graph_detail(columns: Columns, plan: Plan) -> pa.Table:
    """Write a row an event of each recipient, with the properties of Graph's details and the addresses asked for."""
    return _renamed(trace_detail(columns, plan), _GRAPH_DETAIL)


def _renamed(cells: pa.Table, names: Mapping[str, str]) -> pa.Table:
    found = {name: pc.fill_null(cells[named], "") for name, named in names.items()}
    zoned = {name: join(found[name], "Z") for name in found if name.lower().endswith("datetime")}
    return pa.table({**found, **zoned})


def enhanced_summary(columns: Columns, plan: Plan) -> pa.Table:  # noqa: ARG001  every log is asked alike
    """Write a row a message, its recipients packed, its network message id without dashes."""
    batch = columns.batch
    status = of_leg(batch.leg, lambda leg: _PACKED_STATUS[leg.event])
    return pa.table(
        {
            "origin_timestamp_utc": join(iso(batch.received), "Z"),
            "sender_address": columns.sender,
            "recipient_status": packed(join(columns.recipient, "##", status), batch.offsets),
            "message_subject": columns.subject,
            "total_bytes": pa.array(batch.size).cast(pa.string()),
            "message_id": columns.message_id,
            "network_message_id": columns.network_id,
            "original_client_ip": columns.peer,
            "directionality": of_scenario(batch.scenario, lambda scenario: "2" if scenario.leaves else "1"),
            "connector_id": of_scenario(batch.scenario, lambda scenario: scenario.cell),
            "delivery_priority": pa.repeat("Normal", len(batch.scenario)),
        }
    )


def _quote(text: pa.StringArray) -> pa.StringArray:
    return join('"', pc.replace_substring(text, '"', '""'), '"')


# The columns whose text may hold a comma, a quotation mark or a line break.
_FREE_TEXT = {"message_subject", "recipient_status", "Subject", "AuthenticationDetails", "Connectors"}
_FREE_TEXT |= {"message-subject", "recipient-status", "data", "context"}


def _csv_cell(name: str, cell: pa.StringArray) -> pa.StringArray:
    """Quote a cell where its text demands it."""
    text = pc.fill_null(cell, "")
    if name not in _FREE_TEXT:
        return text
    return pc.if_else(pc.match_substring_regex(text, '[",\r\n]'), _quote(text), text)


def _quoted_cell(_: str, cell: pa.StringArray) -> pa.StringArray:
    """Quote every cell but a null one, as Export-Csv does."""
    return pc.fill_null(_quote(cell), "")


def _json_member(name: str, cell: pa.StringArray) -> pa.StringArray:
    """Write one member; each distinct text is escaped once."""
    if name in {"Size", "size"}:
        return join(f'"{name}": ', cell)
    coded = cell.dictionary_encode()
    distinct = pa.array([json.dumps(value) for value in coded.dictionary.to_pylist()], pa.string())
    return join(f'"{name}": ', pc.fill_null(distinct.take(coded.indices), "null"))


@dataclass(frozen=True, slots=True)
class Shape:
    """How the cells of a row become text, and what stands before, between and after the rows."""

    cell: Callable[[str, pa.StringArray], pa.StringArray]
    header: str
    row: tuple[str, str, str]  # before the cells, between two, after them
    between: str
    end: str

    def opening(self, names: Sequence[str]) -> bytes:
        """Say what the file begins with."""
        return self.header.format(",".join(names), quoted='","'.join(names)).encode()

    def rows(self, cells: pa.Table) -> bytes:
        """Write rows, without what would stand after the last."""
        before, separator, after = self.row
        written = (self.cell(name, cells[name].combine_chunks()) for name in cells.column_names)
        lines = join(before, join(*written, separator=separator), after)
        together = pa.ListArray.from_arrays(pa.array([0, len(lines)], pa.int32()), lines)
        return bytes(pc.binary_join(together, self.between)[0].as_buffer())


_CSV = Shape(_csv_cell, "{}\r\n", ("", ",", ""), "\r\n", "\r\n")
_EXPORT_CSV = Shape(_quoted_cell, '"{quoted}"\r\n', ("", ",", ""), "\r\n", "\r\n")
_TRACKING = replace(_CSV, header=TRACKING_HEADER)
_SEND, _RECEIVE = replace(_CSV, header=SEND_HEADER), replace(_CSV, header=RECEIVE_HEADER)
_LINES = Shape(lambda _, line: line, "", ("", "", ""), "\n", "\n")
_JSON_LINES = Shape(_json_member, "", ("{", ", ", "}"), "\n", "\n")
_JSON_ARRAY = Shape(_json_member, "[\n", ("  {", ", ", "}"), ",\n", "\n]\n")


@dataclass(frozen=True, slots=True)
class LogFormat:
    """A log that can be written: the name of its format, its file, its cells and their shape.

    `whole` logs hold what never left the own servers, too.
    """

    name: str
    file: str
    cells: Callable[[Columns, Plan], pa.Table]
    shape: Shape
    whole: bool = False


LOG_FORMATS: tuple[LogFormat, ...] = (
    LogFormat("message-trace", "message-trace.csv", message_trace, _EXPORT_CSV),
    LogFormat("message-trace-json", "message-trace.json", message_trace, _JSON_ARRAY),
    LogFormat("trace-detail", "trace-detail.csv", trace_detail, _EXPORT_CSV),
    LogFormat("graph-trace", "graph-trace.ndjson", graph_trace, _JSON_LINES),
    LogFormat("graph-detail", "graph-detail.ndjson", graph_detail, _JSON_LINES),
    LogFormat("enhanced-summary", "enhanced-summary.csv", enhanced_summary, _CSV),
    LogFormat("extended", "extended.csv", extended, _CSV),
    LogFormat("email-events", "email-events.csv", email_events, _CSV),
    LogFormat("message-tracking", "message-tracking.log", tracking, _TRACKING, whole=True),
    LogFormat("smtp-send", "smtp-send.log", smtp_send, _SEND),
    LogFormat("smtp-receive", "smtp-receive.log", smtp_receive, _RECEIVE),
    LogFormat("postfix", "postfix.log", postfix, _LINES),
    LogFormat("sendmail", "sendmail.log", sendmail, _LINES),
)


class Log:
    """One log file, growing by batches; a context manager that ends the file properly."""

    def __init__(self, log_format: LogFormat, folder: Path) -> None:
        self.format = log_format
        self._file = (folder / log_format.file).open("wb")
        self._before: bytes | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._file:
            self._file.write(self.format.shape.end.encode())

    def append(self, columns: Columns, plan: Plan) -> None:
        """Write the rows of one batch."""
        cells, shape = self.format.cells(columns, plan), self.format.shape
        if self._before is None:
            self._file.write(shape.opening(cells.column_names))
            self._before = b""
        if cells.num_rows:
            self._file.write(self._before + shape.rows(cells))
            self._before = shape.between.encode()
