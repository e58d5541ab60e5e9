"""Microsoft Graph, details of a message trace: trace details under other names (log-formats section 5)."""

from __future__ import annotations

from analyzer.formats.base import EVENT_IDENTITY, Evidence, Format
from analyzer.formats.trace_detail import draft, joined, noise

GRAPH_DETAIL = Format(
    name="graph-detail",
    title="Microsoft Graph message trace details (getDetailsByRecipient)",
    row="an event of a message and one of its recipients",
    evidence=Evidence.PER_EVENT,
    has_directionality=False,
    carries="The connector at each arrival and each sending, by name and side, and whether a rule chose it.",
    lacks="Its rows do not name the recipient or the sender that were asked for, nor a direction or a size.",
    export=(
        "GET .../messageTraces/{id}/getDetailsByRecipient(recipientAddress='...') for each row of the list; add "
        "recipientAddress and senderAddress of that row to each detail, and save the details as JSON."
    ),
    columns={
        "date": ("datetime",),
        "messageid": ("messageid",),
        "messagetraceid": ("id", "messagetraceid"),
        "senderaddress": ("senderaddress",),
        "recipientaddress": ("recipientaddress",),
        "event": ("event",),
        "action": ("action",),
        "detail": ("description",),
        "data": ("data",),
    },
    marks=frozenset({"date", "event", "detail", "data"}),
    time="date",
    sender="senderaddress",
    needed=("date", "event"),
    draft=draft,
    identity=EVENT_IDENTITY,
    noise=noise,
    joined=joined,
    no_recipient="no recipient: add recipientAddress (and senderAddress) of the call to each detail it returned",
)
