"""Get-MessageTrace and Get-MessageTraceV2: one row a recipient, and no connector (log-formats section 1)."""

from __future__ import annotations

import pyarrow as pa

from analyzer.formats.base import MESSAGE_IDENTITY, Draft, Evidence, Format, Recipients
from analyzer.formats.chunk import Cells
from analyzer.formats.columns import coded, coded_or_null, integers, message_ids, optional, text_or_null


def draft_trace(cells: Cells) -> Draft:
    """Put rows into our words; the one sender named goes to header_from (section "Two senders")."""
    return Draft(
        {
            "message_id": text_or_null(cells.column("messageid")),
            "network_message_id": message_ids(cells.column("messagetraceid")),
            "header_from": coded_or_null(cells.column("senderaddress")),
            "size": integers(cells.column("size")),
            "connecting_ip": coded(cells.column("fromip")) if "fromip" in cells.columns else optional(cells, "fromip"),
            "next_hop": optional(cells, "toip"),
        },
        Recipients(cells.column("recipientaddress"), _status(cells)),
    )


def _status(cells: Cells) -> pa.StringArray | None:
    """Give the status, where the export has one."""
    return cells.columns.get("status")


MESSAGE_TRACE = Format(
    name="message-trace",
    title="Get-MessageTrace / Get-MessageTraceV2",
    row="a message and one of its recipients",
    evidence=Evidence.NONE,
    has_directionality=False,
    carries="Which messages went from where to whom, so that the right connector can be worked out.",
    lacks="It names no connector, no direction and no envelope sender, so nothing can be compared with it.",
    export="Get-MessageTraceV2 in Exchange Online PowerShell, piped to Export-Csv or ConvertTo-Json.",
    columns={
        "received": ("received",),
        "messageid": ("messageid",),
        "messagetraceid": ("messagetraceid",),
        "senderaddress": ("senderaddress",),
        "recipientaddress": ("recipientaddress",),
        "status": ("status",),
        "toip": ("toip",),
        "fromip": ("fromip",),
        "size": ("size",),
    },
    marks=frozenset({"messagetraceid", "recipientaddress", "senderaddress", "received"}),
    foreign=frozenset({"event"}),  # then it is a trace detail, one row an event
    time="received",
    sender="senderaddress",
    needed=("received", "recipientaddress"),
    dates=("startdate", "enddate"),
    draft=draft_trace,
    identity=MESSAGE_IDENTITY,
    caps=(1_000, 5_000, 10_000, 20_000, 50_000, 100_000),  # the admin center's Summary stops at 10,000 or 20,000
    subject="subject",
)
