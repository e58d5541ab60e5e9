"""Microsoft Graph, list of message traces: one row a recipient, and no connector (log-formats section 5)."""

from __future__ import annotations

from analyzer.formats.base import MESSAGE_IDENTITY, Evidence, Format
from analyzer.formats.message_trace import draft_trace

GRAPH_TRACE = Format(
    name="graph-trace",
    title="Microsoft Graph message traces (list)",
    row="a message and one of its recipients",
    evidence=Evidence.NONE,
    has_directionality=False,
    carries="Which messages went from where to whom, so that the right connector can be worked out.",
    lacks="It names no connector, no direction and no envelope sender, so nothing can be compared with it.",
    export="GET /admin/exchange/tracing/messageTraces, every page behind @odata.nextLink, answers saved as JSON.",
    columns={
        "received": ("receiveddatetime",),
        "messageid": ("messageid",),
        "messagetraceid": ("id",),
        "senderaddress": ("senderaddress",),
        "recipientaddress": ("recipientaddress",),
        "status": ("status",),
        "toip": ("toip",),
        "fromip": ("fromip",),
        "size": ("size",),
    },
    marks=frozenset({"received", "recipientaddress"}),
    time="received",
    sender="senderaddress",
    needed=("received", "recipientaddress"),
    draft=draft_trace,
    identity=MESSAGE_IDENTITY,
    subject="subject",
)
