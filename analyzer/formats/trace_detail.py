"""Get-MessageTraceDetail and Get-MessageTraceDetailV2: one row an event, facts in XML (log-formats section 2).

A row is of one message and one recipient. Most of what it says stands in its Data (`detail_data`),
among it the custom data with the connectors.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.formats import custom_data
from analyzer.formats.base import EVENT_IDENTITY, Draft, Evidence, Format, Recipients
from analyzer.formats.chunk import Cells
from analyzer.formats.columns import (
    coded,
    coded_or_null,
    extracted,
    first_filled,
    message_ids,
    text_or_null,
)
from analyzer.formats.detail_data import elements
from analyzer.formats.event_rows import event_names, idle_events, only_where, said_elsewhere

# Every exporter writes its own beginning: `Deliver` and `Delivered`, `Fail` and `Failed`.
_WORDS = ("RECEIVE", "DELIVER", "FAIL")
# After these, a recipient's rows are those of another one, though listed under the old address.
_REPLACING = r"^(RESOLVE|DROP|REDIRECT)"
_REPLACED = "recipient-replaced"

# Reason: [{LED=550 5.7.64 ...};{MSG=};{FQDN=host};{IP=1.2.3.4};{LRT=}], possibly cut short.
_LED = r"(?s)\{LED=(?P<found>.*?)(?:\}|$)"
_FAILED_IP = r"(?:\{IP=|\[LastAttemptedIP=)\[?(?P<found>\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f:.]+)"
_FAILED_HOST = r"(?:\{FQDN=|\[LastAttemptedServerName=)(?P<found>[^}\]]*)"


# What a row may say of others of its message.
_SAID = ("trace", "who", "word", "new", "client", "cip", "returnpath", "action")


def joined(cells: Cells, around: Cells) -> Cells:
    """Open the Data of each row, and tell it what other rows of its message say."""
    cells = _opened(cells)
    both = cells.only(*_SAID).beside(_opened(around))
    both = both.where(_flags(pc.not_equal(both.column("trace"), "")))
    by_rule = both.where(_flags(custom_data.routed_by_rule(coded(both.column("action")))))
    added = {
        "origin": first_filled(*(said_elsewhere(cells, both, "trace", key) for key in ("client", "cip"))),
        "path": said_elsewhere(cells, both, "trace", "returnpath"),
        "heir": _heirs(cells, both),
        "byrule": pc.if_else(pc.is_in(cells.column("who"), value_set=by_rule.column("who")), "yes", ""),
    }
    return cells.adding(added)


def noise(cells: Cells) -> pa.StringArray:
    """Name every event that routes nothing, and those of a recipient that the log does not name."""
    kinds = idle_events(cells.column("word"))
    replaced = pc.fill_null(pc.equal(cells.column("heir"), ""), fill_value=False)
    return pc.if_else(pc.and_(replaced, pc.is_null(kinds)), _REPLACED, kinds)


def draft(cells: Cells) -> Draft:
    """Put events into our words; a name in the custom data says its side, the connector cell does not."""
    event, custom = cells.column("word"), coded(cells.column("customdata"))
    leaving = pc.match_substring_regex(event, "^(SEND|FAIL)")
    heir = cells.column("heir")
    return Draft(
        {
            "message_id": text_or_null(cells.column("messageid")),
            "network_message_id": message_ids(cells.column("messagetraceid")),
            "envelope_sender": coded_or_null(cells.column("path")),
            "header_from": coded_or_null(cells.column("senderaddress")),
            "event": coded(event),
            "connecting_ip": coded(cells.column("origin")),
            "next_hop": only_where(leaving, coded_or_null(_next_hop(cells))),
            "tls_version": custom_data.tls_version(custom),
            "tls_cipher": custom_data.tls_cipher(custom),
            "logged_connector": _connector(cells).dictionary_encode(),
            "logged_inbound": only_where(pc.equal(event, "RECEIVE"), custom_data.inbound_connector(custom)),
            "logged_outbound": only_where(leaving, custom_data.outbound_connectors(custom)),
            "routed_by_rule": pc.equal(cells.column("byrule"), "yes"),
            "forwarded": heir.is_valid(),
        },
        Recipients(pc.coalesce(heir, cells.column("recipientaddress")), _status(cells)),
    )


def _opened(cells: Cells) -> Cells:
    """Make cells of the elements of Data, and of the event and the recipient in words that can be compared."""
    data = coded(cells.column("data"))
    found = {name: column.take(data.indices) for name, column in elements(data.dictionary).items()}
    word = _words(cells.column("event"))
    recipient = pc.utf8_lower(cells.column("recipientaddress"))
    other = pc.not_equal(pc.utf8_lower(found["relatedrecipient"]), recipient)
    received = pc.equal(word, "RECEIVE")  # at other events the client is a server of the service
    trace = first_filled(cells.column("messagetraceid"), cells.column("messageid"))
    words = {
        "word": word,
        "trace": trace,
        "client": pc.if_else(received, found["clientip"], ""),
        "who": pc.binary_join_element_wise(trace, recipient, " "),
        "new": pc.if_else(other, found["relatedrecipient"], ""),
    }
    kept = cells.only(*(key for key in cells.columns if key != "data"))  # most of the text, and read now
    return kept.adding({**found, **words})


def _words(events: pa.StringArray) -> pa.StringArray:
    """Write event names as the tracking log does: `Send external` is SENDEXTERNAL."""
    names = pc.replace_substring(event_names(events), " ", "").dictionary_encode()
    words = (next((word for word in _WORDS if name.startswith(word)), name) for name in names.dictionary.to_pylist())
    return pa.array(words, pa.string()).take(names.indices)


def _heirs(cells: Cells, both: Cells) -> pa.StringArray:
    """Give the recipient that a row is really of: null its own, blank one that the log does not name.

    After a recipient was resolved, redirected or dropped, its further events are those of another
    (log-formats section 2, traps): of the related one, where the row or all of its message agree on it.
    """
    marks = both.where(_flags(pc.match_substring_regex(both.column("word"), _REPLACING)))
    replaced = pc.is_in(cells.column("who"), value_set=marks.column("who"))
    replaced = pc.and_(replaced, pc.not_equal(cells.column("word"), "RECEIVE"))
    named = both.where(_flags(pc.not_equal(both.column("new"), "")))
    told = pa.table({key: named.column(key) for key in ("who", "new")}).group_by("who")
    told = told.aggregate([("new", "count_distinct"), ("new", "min")])
    told = told.filter(pc.equal(told["new_count_distinct"], 1)).combine_chunks()
    place = pc.index_in(cells.column("who"), value_set=told["who"])
    agreed = pc.fill_null(told["new_min"].take(place), "").combine_chunks()
    return pc.if_else(replaced, first_filled(cells.column("new"), agreed), pa.scalar(None, pa.string()))


def _flags(mask: pa.BooleanArray) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.asarray(mask.to_numpy(zero_copy_only=False), np.bool_)


def _connector(cells: Cells) -> pa.StringArray:
    r"""Give what the row says of a connector besides its custom data: null where it does not speak of any.

    `SERVER\Default SERVER` means that no connector of the tenant matched; other connectors of a server
    are the service's own. Custom data that names no connector says that there was none.
    """
    server = cells.column("connectorid")
    default = pc.match_substring(server, "\\Default ", ignore_case=True)
    plain = pc.and_(pc.not_equal(server, ""), pc.invert(pc.match_substring(server, "\\")))
    none = pc.if_else(pc.not_equal(cells.column("customdata"), ""), "", pa.scalar(None, pa.string()))
    return pc.if_else(pc.or_(default, plain), server, none)


def _next_hop(cells: Cells) -> pa.StringArray:
    """Give where the message was handed to; of a failure, where it was tried."""
    detail = coded(cells.column("detail"))
    tried = (pc.fill_null(extracted(detail, part).cast(pa.string()), "") for part in (_FAILED_IP, _FAILED_HOST))
    sent = (cells.column(key) for key in ("outboundproxytargetipaddress", "outboundproxytargethostname"))
    return first_filled(*sent, cells.column("rcptdomainmailsvr"), *tried)


def _status(cells: Cells) -> pa.StringArray:
    """Give the recipient's status, else the last error within a failure's text, else the text."""
    error = extracted(coded(cells.column("detail")), _LED).cast(pa.string())
    return first_filled(cells.column("recipientstatus"), pc.fill_null(error, ""), cells.column("detail"))


TRACE_DETAIL = Format(
    name="trace-detail",
    title="Get-MessageTraceDetail / Get-MessageTraceDetailV2",
    row="an event of a message and one of its recipients",
    evidence=Evidence.PER_EVENT,
    has_directionality=False,
    carries="The connector at each arrival and each sending, by name and side, and whether a rule chose it.",
    lacks="It says no direction and no size, and one call gives one message: most people have it for samples only.",
    export=(
        "Get-MessageTraceDetailV2 for each row of Get-MessageTraceV2, with SenderAddress and RecipientAddress of that "
        "row added, piped to Export-Csv or ConvertTo-Json; name StartDate and EndDate, else only 48 hours come back."
    ),
    columns={
        "date": ("date",),
        "messageid": ("messageid",),
        "messagetraceid": ("messagetraceid",),
        "senderaddress": ("senderaddress",),
        "recipientaddress": ("recipientaddress",),
        "event": ("event",),
        "action": ("action",),
        "detail": ("detail",),
        "data": ("data",),
    },
    marks=frozenset({"date", "event", "detail", "data"}),
    time="date",
    sender="senderaddress",
    needed=("date", "event", "recipientaddress"),
    dates=("startdate", "enddate"),
    draft=draft,
    identity=EVENT_IDENTITY,
    noise=noise,
    joined=joined,
    no_recipient="no recipient: add RecipientAddress (and SenderAddress) of the traced message to each of its details",
    subject="subject",
)
