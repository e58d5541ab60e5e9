"""Enhanced summary: one row a message, recipients packed, one connector (log-formats section 3a)."""

from __future__ import annotations

from analyzer.formats.base import MESSAGE_IDENTITY, Draft, Evidence, Format
from analyzer.formats.chunk import Cells
from analyzer.formats.columns import (
    coded,
    coded_or_null,
    constant,
    directions,
    integers,
    message_ids,
    text_or_null,
)
from analyzer.formats.packed import split_recipients


def _draft(cells: Cells) -> Draft:
    """Put rows into our words; a blank connector cell stays blank, for it says "none"."""
    ip = "original_client_ip"
    return Draft(
        {
            "message_id": text_or_null(cells.column("message_id")),
            "network_message_id": message_ids(cells.column("network_message_id")),
            "header_from": coded_or_null(cells.column("sender_address")),
            "size": integers(cells.column("total_bytes")),
            "directionality": directions(cells.column("directionality")),
            "connecting_ip": coded(cells.column(ip)) if ip in cells.columns else constant(None, len(cells)),
            "logged_connector": coded(cells.column("connector_id")),
        },
        split_recipients(cells.column("recipient_status")),
    )


ENHANCED_SUMMARY = Format(
    name="enhanced-summary",
    title="Enhanced summary (Start-HistoricalSearch -ReportType MessageTrace)",
    row="a message, with all its recipients",
    evidence=Evidence.ONE_COLUMN,
    has_directionality=True,
    carries="One connector name a message, its direction, and the fate of each recipient.",
    lacks="It does not say whether the connector is inbound or outbound, and has one name for all recipients.",
    export="Start-HistoricalSearch -ReportType MessageTrace, or the admin center's Enhanced summary report.",
    columns={
        "origin_timestamp": ("origin_timestamp_utc", "origin_timestamp"),
        "sender_address": ("sender_address",),
        "recipient_status": ("recipient_status",),
        "total_bytes": ("total_bytes",),
        "message_id": ("message_id",),
        "network_message_id": ("network_message_id",),
        "original_client_ip": ("original_client_ip",),
        "directionality": ("directionality",),
        "connector_id": ("connector_id",),
    },
    marks=frozenset({"origin_timestamp", "recipient_status", "connector_id"}),
    time="origin_timestamp",
    sender="sender_address",
    needed=("origin_timestamp", "recipient_status"),
    draft=_draft,
    identity=MESSAGE_IDENTITY,
    subject="message_subject",
)
