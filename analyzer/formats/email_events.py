r"""Defender EmailEvents (advanced hunting): one row a message and recipient (log-formats section 4).

It comes as the portal's CSV, as an answer of the API (`Results` behind their `Schema`), as streamed
lines with the row within `properties`, and from Sentinel with TimeGenerated. Of the connectors it
holds names only: the column is often empty, and nobody says that this means "none".
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from analyzer.formats.base import MESSAGE_IDENTITY, Draft, Evidence, Format, Recipients
from analyzer.formats.chunk import Cells
from analyzer.formats.columns import coded, coded_or_null, directions, first_filled, message_ids, optional, text_or_null

_OTHER_TABLE = "other-table"  # a stream may carry every table of advanced hunting
_ESCAPED = ((r"\u003c", "<"), (r"\u003e", ">"))  # escaped once more than JSON undoes


def _noise(cells: Cells) -> pa.StringArray | None:
    """Name the rows of other tables in the same stream."""
    if "category" not in cells.columns:
        return None
    category = cells.column("category")
    other = pc.invert(pc.match_substring_regex(category, "(?i)^(AdvancedHunting-)?EmailEvents$|^$"))
    return pc.if_else(other, _OTHER_TABLE, pa.scalar(None, pa.string()))


def _draft(cells: Cells) -> Draft:
    """Put rows into our words; a cell without a connector's name is silent."""
    return Draft(
        {
            "message_id": text_or_null(_message_id(cells)),
            "network_message_id": message_ids(cells.column("networkmessageid")),
            "envelope_sender": optional(cells, "sendermailfromaddress"),
            "header_from": coded_or_null(cells.column("senderfromaddress")),
            "directionality": directions(cells.column("emaildirection")),
            "connecting_ip": coded(first_filled(cells.column("senderipv4"), cells.column("senderipv6"))),
            "logged_connector": optional(cells, "connectors"),
        },
        Recipients(cells.column("recipientemailaddress"), _status(cells)),
    )


def _message_id(cells: Cells) -> pa.StringArray:
    """Undo what was escaped twice."""
    found = cells.column("internetmessageid")
    if not pc.any(pc.match_substring(found, "\\")).as_py():
        return found
    for escaped, letter in _ESCAPED:
        found = pc.replace_substring_regex(found, f"(?i){escaped.replace(chr(92), chr(92) * 2)}", letter)
    return found


def _status(cells: Cells) -> pa.StringArray:
    """Give what was done and where the message went, as `Delivered, Inbox/folder`."""
    action, location = (pc.utf8_trim_whitespace(cells.column(key)) for key in ("deliveryaction", "deliverylocation"))
    both = pc.and_(pc.not_equal(action, ""), pc.not_equal(location, ""))
    joined = pc.binary_join_element_wise(action, location, ", ")
    return pc.if_else(both, joined, first_filled(action, location))


_READ = (
    "networkmessageid",
    "internetmessageid",
    "sendermailfromaddress",
    "senderfromaddress",
    "senderipv4",
    "senderipv6",
    "recipientemailaddress",
    "emaildirection",
    "deliveryaction",
    "deliverylocation",
    "connectors",
    "category",
)

EMAIL_EVENTS = Format(
    name="email-events",
    title="Defender EmailEvents (advanced hunting, streaming, Sentinel)",
    row="a message and one of its recipients",
    evidence=Evidence.ONE_COLUMN,
    has_directionality=True,
    carries="The name of a connector that was used, both senders, the direction, and where the message went.",
    lacks=(
        'It does not say on which side a connector is, and an empty cell is silent, not "no connector"; '
        "no size, no next hop, no TLS."
    ),
    export=(
        "Advanced hunting in the Defender portal, the query EmailEvents, exported as CSV (at most 100,000 rows, set to "
        "UTC), its API's answers, or the stream to a storage account."
    ),
    columns={
        "timestamp": ("timestamp", "timegenerated", "timegenerated [utc]", "timestamp [utc]"),
        **{name: (name,) for name in _READ},
    },
    marks=frozenset({"timestamp", "networkmessageid", "internetmessageid", "recipientemailaddress"}),
    foreign=frozenset({"actiontrigger", "actionresult"}),  # then it is EmailPostDeliveryEvents
    time="timestamp",
    local_times=True,  # the portal exports in the zone that its settings name; API, stream and Sentinel write a Z
    sender="senderfromaddress",
    needed=("timestamp", "recipientemailaddress"),
    draft=_draft,
    noise=_noise,
    identity=MESSAGE_IDENTITY,  # a new verdict on a message repeats its row
    caps=(10_000, 30_000, 100_000),
    subject="subject",
)
