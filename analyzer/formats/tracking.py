"""Message tracking logs of Exchange Server, as the servers write them and as the shell exports them.

One row an event (log-formats section 6a). The connectors are the servers' own: a Receive connector on
RECEIVE, a Send connector on SEND and SENDEXTERNAL.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from analyzer.formats.base import EVENT_IDENTITY, Draft, Evidence, Format
from analyzer.formats.chunk import Cells
from analyzer.formats.columns import (
    coded,
    coded_or_null,
    directions,
    extracted,
    first_filled,
    host_and_address,
    integers,
    mapped,
    message_ids,
    server_names,
    text_or_null,
)
from analyzer.formats.event_rows import event_names, idle_events, listed_recipients, only_where
from analyzer.vantage import Vantage

CERTIFICATE_DEFERRAL = "event-defer-4.7.5"  # reference 4.5: the certificate of a Send connector is not found
_NO_CERTIFICATE = r"(?:^|[^\d.])454[ -]4\.7\.5\b"
_BETWEEN_SERVERS = "intra-organization smtp send connector"
_PROXIED = r"(?i)S:ProxiedClientIPAddress=(?P<found>[^;']*)"
_FROM = r"(?i)S:OriginalFromAddress=(?P<found>[^;']*)"
_ZONE = r"%\w*$"  # of a link-local IPv6 address
_REPLY = r"(?:^|[;=\s])(?P<found>[245]\d\d[ -][245]\.\d{1,3}\.\d{1,3}.*)$"


def _noise(cells: Cells) -> pa.StringArray:
    """Name events that route nothing, hops between the organization's own servers, and health probes."""
    kinds = idle_events(cells.column("event_id"))
    connector = pc.utf8_lower(cells.column("connector_id"))
    hop = pc.and_(pc.starts_with(event_names(cells.column("event_id")), "SEND"), pc.equal(connector, _BETWEEN_SERVERS))
    kinds = _deferred(cells, pc.if_else(hop, "internal-hop", kinds))
    return pc.if_else(pc.starts_with(cells.column("recipient_address"), "HealthMailbox"), "health-mailbox", kinds)


def _deferred(cells: Cells, kinds: pa.StringArray) -> pa.StringArray:
    """Count apart what was put off for want of a certificate: a message may be tried for days before it fails."""
    deferred = pc.fill_null(pc.equal(kinds, "event-defer"), fill_value=False)
    if not pc.any(deferred).as_py():
        return kinds
    told = (
        pc.match_substring_regex(cells.column(name), _NO_CERTIFICATE) for name in ("recipient_status", "source_context")
    )
    return pc.if_else(pc.and_(deferred, pc.or_(*told)), CERTIFICATE_DEFERRAL, kinds)


def _draft(cells: Cells) -> Draft:
    """Put events into our words."""
    event = event_names(cells.column("event_id"))
    arrival, sending = pc.equal(event, "RECEIVE"), pc.starts_with(event, "SEND")
    leaving = pc.or_(sending, pc.equal(event, "FAIL"))
    connector = coded_or_null(cells.column("connector_id"))
    custom = coded(cells.column("custom_data"))
    hop = host_and_address(cells.column("server_hostname"), cells.column("server_ip"))
    return Draft(
        {
            "message_id": _bracketed(cells.column("message_id")),
            "network_message_id": message_ids(cells.column("network_message_id")),
            "envelope_sender": coded_or_null(cells.column("return_path")),
            "header_from": _header_from(cells, custom),
            "size": integers(cells.column("total_bytes")),
            "event": coded(event),
            "directionality": directions(cells.column("directionality")),
            "connecting_ip": _connecting_ip(cells, custom, arrival),
            "next_hop": only_where(sending, coded_or_null(hop)),
            "logged_connector": coded(cells.column("connector_id")),
            "logged_inbound": only_where(arrival, connector),
            "logged_outbound": only_where(leaving, connector),
            "forwarded": pc.not_equal(cells.column("related_recipient_address"), ""),
            "server": _server(cells, arrival),
            "smtp_client": only_where(arrival, _without_zone(coded_or_null(cells.column("client_ip")))),
        },
        listed_recipients(cells, event, status=_status(cells, leaving)),
    )


def _bracketed(text: pa.StringArray) -> pa.StringArray:
    """Put a Message-ID that was written without them into its angle brackets."""
    bare = pc.and_(pc.not_equal(text, ""), pc.invert(pc.starts_with(text, "<")))
    if pc.any(bare).as_py():
        text = pc.if_else(bare, pc.binary_join_element_wise("<", text, ">", ""), text)
    return text_or_null(text)


def _header_from(cells: Cells, custom: pa.DictionaryArray) -> pa.DictionaryArray:
    """Give the sender; of journal copies and reports the custom data still names it."""
    sender = cells.column("sender_address")
    if not pc.any(pc.equal(sender, "")).as_py():
        return coded(sender)
    return coded_or_null(first_filled(sender, pc.fill_null(extracted(custom, _FROM).cast(pa.string()), "")))


def _connecting_ip(cells: Cells, custom: pa.DictionaryArray, arrival: pa.BooleanArray) -> pa.DictionaryArray:
    """Give who handed the message over: behind a front end not the client of the event but the original one."""
    proxied = pc.fill_null(extracted(custom, _PROXIED).cast(pa.string()), "")
    direct = pc.if_else(arrival, cells.column("client_ip"), "")  # of a sending: the server itself
    return _without_zone(coded(first_filled(cells.column("original_client_ip"), proxied, direct)))


def _without_zone(addresses: pa.DictionaryArray) -> pa.DictionaryArray:
    return mapped(addresses, pc.replace_substring_regex(addresses.dictionary, _ZONE, ""))


def _server(cells: Cells, arrival: pa.BooleanArray) -> pa.DictionaryArray:
    """Give the server whose row it is: the one that received, or the client of the next one."""
    return server_names(pc.if_else(arrival, cells.column("server_hostname"), cells.column("client_hostname")))


def _status(cells: Cells, leaving: pa.BooleanArray) -> pa.StringArray:
    """Give the recipients' statuses, and where they are blank the reply of the other server."""
    status = cells.column("recipient_status")
    silent = pc.and_(pc.equal(status, ""), leaving)
    if not pc.any(silent).as_py():
        return status
    reply = pc.extract_regex(cells.column("source_context"), _REPLY).field("found")
    return pc.if_else(silent, pc.fill_null(reply, ""), status)


_READ = (
    "date-time",
    "client-ip",
    "client-hostname",
    "server-ip",
    "server-hostname",
    "source-context",
    "connector-id",
    "source",
    "event-id",
    "internal-message-id",
    "message-id",
    "network-message-id",
    "recipient-address",
    "recipient-status",
    "total-bytes",
    "related-recipient-address",
    "sender-address",
    "return-path",
    "directionality",
    "original-client-ip",
    "custom-data",
)

MESSAGE_TRACKING = Format(
    name="message-tracking",
    title="Message tracking log (Exchange Server)",
    row="an event in a message's life on one server",
    evidence=Evidence.PER_EVENT,
    has_directionality=True,
    carries="The servers' own Receive and Send connector at each arrival and each sending, the envelope sender, "
    "and what the next server answered.",
    lacks="It names no connector of Office 365, no TLS version and no certificate, and says of directionality only "
    "who authenticated.",
    export="Copy the files of %ExchangeInstallPath%TransportRoles\\Logs\\MessageTracking, of every server.",
    columns={name.replace("-", "_"): (name,) for name in _READ},
    marks=frozenset({"date_time", "event_id", "internal_message_id", "connector_id"}),
    time="date_time",
    sender="sender_address",
    needed=("date_time", "event_id", "recipient_address"),
    draft=_draft,
    identity=EVENT_IDENTITY,
    caps=(),
    noise=_noise,
    vantage=Vantage.OWN_SERVER,
)

# Export-Csv writes the name of a list's type in its place.
_JOINED = "Select-Object *,@{n='Recipients';e={$_.Recipients -join ';'}} -ExcludeProperty Recipients"
# Get-MessageTrackingLog drops the dashes and renames these three.
_RENAMED = {"date_time": "timestamp", "recipient_address": "recipients", "sender_address": "sender"}

TRACKING_EXPORT = Format(
    name="message-tracking-export",
    title="Get-MessageTrackingLog",
    row=MESSAGE_TRACKING.row,
    evidence=MESSAGE_TRACKING.evidence,
    has_directionality=True,
    carries=MESSAGE_TRACKING.carries,
    lacks=f"{MESSAGE_TRACKING.lacks} The cmdlet stops at 1,000 results without -ResultSize Unlimited.",
    export=f"Get-MessageTrackingLog -ResultSize Unlimited | {_JOINED} | Export-Csv; better: the log files themselves.",
    columns={key: (_RENAMED.get(key, key.replace("_", "")),) for key in MESSAGE_TRACKING.columns},
    marks=frozenset({"date_time", "event_id", "recipient_address", "connector_id"}),
    time="date_time",
    sender="sender_address",
    needed=MESSAGE_TRACKING.needed,
    draft=_draft,
    identity=EVENT_IDENTITY,
    caps=(1_000,),  # without -ResultSize (log-formats section 11)
    local_times=True,
    noise=_noise,
    vantage=Vantage.OWN_SERVER,
    lost=("System.String[]", f"export again with the lists joined: {_JOINED}, or give the log files themselves"),
)
