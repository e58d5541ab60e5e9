"""Extended: one row an event, connectors by name (log-formats section 3b, and 2 for custom data)."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from analyzer.formats import custom_data
from analyzer.formats.base import EVENT_IDENTITY, Draft, Evidence, Format
from analyzer.formats.chunk import Cells
from analyzer.formats.columns import (
    coded,
    coded_or_null,
    directions,
    first_filled,
    integers,
    message_ids,
    optional,
    text_or_null,
)
from analyzer.formats.event_rows import event_names, idle_events, listed_recipients, marked_elsewhere, only_where

_OUTBOUND_EVENTS = r"^(SEND|FAIL)"


# What a row may say of others of its message.
_SAID = ("custom_data", "source_context", "network_message_id", "recipient_address")


def _joined(cells: Cells, around: Cells) -> Cells:
    """Find the rows of recipients for whom the log notes that a rule chose the connector.

    The note stands where the agent acted (AGENTINFO), the connector where the message was sent.
    """
    both = cells.only(*_SAID).beside(around)
    custom, context = (custom_data.routed_by_rule(coded(both.column(k))) for k in ("custom_data", "source_context"))
    noted = pc.or_(custom, context)
    marks = both.where(noted.to_numpy(zero_copy_only=False))
    marked = marked_elsewhere(cells, marks, "network_message_id", "recipient_address")
    return cells.adding({"by_rule": pc.if_else(pc.or_(noted[: len(cells)], marked), "yes", "")})


def _noise(cells: Cells) -> pa.StringArray:
    """Name every event that routes nothing; null for those that do."""
    return idle_events(cells.column("event_id"))


def _draft(cells: Cells) -> Draft:
    """Put events into our words; a name in the custom data says its side, the connector cell does not."""
    event = event_names(cells.column("event_id"))
    custom = coded(cells.column("custom_data"))
    outbound = pc.match_substring_regex(event, _OUTBOUND_EVENTS)
    hop = first_filled(cells.column("server_ip"), cells.column("server_hostname"))
    return Draft(
        {
            "message_id": text_or_null(cells.column("message_id")),
            "network_message_id": message_ids(cells.column("network_message_id")),
            "envelope_sender": coded_or_null(cells.column("return_path")),
            "header_from": coded_or_null(cells.column("sender_address")),
            "size": integers(cells.column("total_bytes")),
            "event": coded(event),
            "directionality": directions(cells.column("directionality")),
            "connecting_ip": coded(_connecting_ip(cells, custom)),
            "connecting_host": optional(cells, "client_hostname"),
            "next_hop": only_where(pc.starts_with(event, "SEND"), coded_or_null(hop)),
            "tls_version": custom_data.tls_version(custom),
            "tls_cipher": custom_data.tls_cipher(custom),
            "logged_connector": coded(cells.column("connector_id")),
            "logged_inbound": only_where(pc.equal(event, "RECEIVE"), custom_data.inbound_connector(custom)),
            "logged_outbound": only_where(outbound, custom_data.outbound_connectors(custom)),
            "routed_by_rule": pc.equal(cells.column("by_rule"), "yes"),
            "forwarded": pc.not_equal(cells.column("related_recipient_address"), ""),
        },
        listed_recipients(cells, event, status=cells.column("recipient_status")),
    )


def _connecting_ip(cells: Cells, custom: pa.DictionaryArray) -> pa.StringArray:
    """Give the original client, else the one the spam filter saw, else the event's own."""
    seen = custom_data.client_seen(custom).cast(pa.string())
    return first_filled(cells.column("original_client_ip"), pc.fill_null(seen, ""), cells.column("client_ip"))


_READ = (
    "date_time_utc",
    "client_ip",
    "client_hostname",
    "server_ip",
    "server_hostname",
    "source_context",
    "connector_id",
    "source",
    "event_id",
    "message_id",
    "network_message_id",
    "recipient_address",
    "recipient_status",
    "total_bytes",
    "related_recipient_address",
    "sender_address",
    "return_path",
    "directionality",
    "original_client_ip",
    "custom_data",
)

EXTENDED = Format(
    name="extended",
    title="Extended (Start-HistoricalSearch -ReportType MessageTraceDetail)",
    row="an event in a message's life",
    evidence=Evidence.PER_EVENT,
    has_directionality=True,
    carries="The connector at each arrival and each sending, by name and side, and the envelope sender.",
    lacks="It holds about a thousand messages a report, and names no certificate.",
    export="Start-HistoricalSearch -ReportType MessageTraceDetail, or the admin center's Extended report.",
    columns={name: (name,) for name in _READ},
    marks=frozenset({"date_time_utc", "event_id", "connector_id"}),
    time="date_time_utc",
    sender="sender_address",
    needed=("date_time_utc", "event_id", "recipient_address"),
    draft=_draft,
    identity=EVENT_IDENTITY,
    message_cap=1_000,
    noise=_noise,
    joined=_joined,
    subject="message_subject",
)
