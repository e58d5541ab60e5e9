"""The logs of the company's Exchange server: message tracking, and the SMTP sessions to and from Office 365."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.simulator.columns import Columns, dashed, join, packed
from analyzer.simulator.hops import (
    MAILBOX_SERVER,
    OFFICE365,
    OFFICE365_IP,
    SERVER,
    Hops,
    hops,
)
from analyzer.simulator.servers import OLD_CONNECTOR, RECEIVE_CONNECTOR, SEND_CONNECTOR, SERVER_IP, stray
from analyzer.simulator.traffic import Ints, Plan

_FIELDS = (
    "date-time,client-ip,client-hostname,server-ip,server-hostname,source-context,connector-id,source,event-id,"
    "internal-message-id,message-id,network-message-id,recipient-address,recipient-status,total-bytes,"
    "recipient-count,related-recipient-address,reference,message-subject,sender-address,return-path,message-info,"
    "directionality,tenant-id,original-client-ip,original-server-ip,custom-data,transport-traffic-type,log-id,"
    "schema-version"
)
_HEADER = "#Software: Microsoft Exchange Server\r\n#Version: {}\r\n#Log-type: {}\r\n#Fields: {{}}\r\n"
TRACKING_HEADER = _HEADER.format("15.02.1544.004", "Message Tracking Log")
SEND_HEADER = _HEADER.format("15.0.0.0", "SMTP Send Protocol Log")
RECEIVE_HEADER = _HEADER.format("15.0.0.0", "SMTP Receive Protocol Log")
_TLS = "TLS protocol SP_PROT_TLS1_2_{} negotiation succeeded using bulk encryption algorithm CALG_AES_256"
_VALID = "2026-05-01T00:00:00.000Z 2027-05-01T00:00:00.000Z"
_CERTIFICATE = f" CN=mail.contoso.com CN=Contoso CA 12AB 0A1B {_VALID} mail.contoso.com"
_NONE_SHOWN = "TlsDomainCapabilities='None'; Status='NoRemoteCertificate'"
_SHOWN = "Sending certificate Subject Issuer name Serial number Thumbprint Not before Not after Subject alternate names"


def tracking(columns: Columns, plan: Plan) -> pa.Table:
    """Write an arrival, and a sending or a delivery, of each message at the server."""
    seen = hops(columns)
    both = [_events(columns, seen, plan, arrival=arrival) for arrival in (True, False)]
    order = np.arange(2 * len(seen.message)).reshape(2, -1).T.ravel()
    return pa.concat_tables(both).take(pa.array(order))


def _events(columns: Columns, seen: Hops, plan: Plan, *, arrival: bool) -> pa.Table:
    batch, message = columns.batch, pa.array(seen.message)
    count = pa.array(np.diff(seen.offsets)).cast(pa.string())
    words = {
        "date-time": seen.at(0 if arrival else 400),
        **(_taken(seen) if arrival else _passed_on(columns, seen, plan)),
        "internal-message-id": pa.array(29_519_000_000 + batch.first_message + seen.message).cast(pa.string()),
        "message-id": columns.message_id.take(message),
        "network-message-id": dashed(columns.network_id).take(message),
        "recipient-address": seen.recipients,
        "total-bytes": pa.array(batch.size[seen.message]).cast(pa.string()),
        "recipient-count": count,
        "message-subject": columns.subject.take(message),
        "sender-address": columns.sender.take(message),
        "return-path": columns.envelope_sender.take(message),
        "directionality": seen.either("Originating", "Incoming"),
        "transport-traffic-type": "Email",
        "schema-version": "15.02.1544.004",
    }
    return _table(words, _FIELDS.split(","), len(seen.message))


_Words = dict[str, pa.StringArray | str]


def _taken(seen: Hops) -> _Words:
    """Say of each arrival who spoke to the server, and by which Receive connector it was taken."""
    return {
        "connector-id": seen.by_server(lambda one: one.receive, RECEIVE_CONNECTOR),
        "source": "SMTP",
        "event-id": "RECEIVE",
        "client-ip": seen.by_server(lambda one: one.front_end or one.client, OFFICE365_IP),
        "server-hostname": "EX1",
        "original-client-ip": seen.by_server(lambda one: one.client if one.front_end else "", ""),
    }


def _passed_on(columns: Columns, seen: Hops, plan: Plan) -> _Words:
    """Say what became of each message: sent on, delivered, or failed for want of a way."""

    def fate(sent: pa.StringArray | str, delivered: str, stuck: str) -> pa.StringArray:
        return pc.if_else(seen.stuck, stuck, seen.either(sent, delivered))

    answers = pc.if_else(pc.equal(seen.answer, ""), "250 2.1.5 Recipient OK", seen.answer)
    return {
        "connector-id": fate(_sent_by(columns, seen, plan), "", ""),
        "source": fate("SMTP", "STOREDRIVER", "ROUTING"),
        "event-id": fate("SENDEXTERNAL", "DELIVER", "FAIL"),
        "client-ip": SERVER_IP,
        "client-hostname": SERVER,
        "server-ip": fate(OFFICE365_IP, "", ""),
        "server-hostname": fate(OFFICE365, "EX1", "EX1"),
        "recipient-status": packed(answers, seen.offsets),
    }


def _sent_by(columns: Columns, seen: Hops, plan: Plan) -> pa.StringArray:
    """Name the Send connector that the log has for each message."""
    strays = pa.array(stray(columns.batch.first_message + seen.message) & plan.strays)
    return pc.if_else(strays, OLD_CONNECTOR, SEND_CONNECTOR)


def _table(words: dict[str, pa.StringArray | str], names: list[str], rows: int) -> pa.Table:
    whole = {name: words.get(name, "") for name in names}
    return pa.table({name: pa.repeat(word, rows) if isinstance(word, str) else word for name, word in whole.items()})


def smtp_send(columns: Columns, plan: Plan) -> pa.Table:
    """Write the sessions in which the server handed messages to Office 365."""
    return _sessions(columns, plan, outgoing=True)


def smtp_receive(columns: Columns, plan: Plan) -> pa.Table:
    """Write the sessions in which the server took messages from Office 365."""
    return _sessions(columns, plan, outgoing=False)


def _sessions(columns: Columns, plan: Plan, *, outgoing: bool) -> pa.Table:
    """Write a session a message: connect, TLS, envelope, reply, disconnect."""
    seen = hops(columns)
    mine = np.flatnonzero(seen.outgoing.to_numpy(zero_copy_only=False) == outgoing)
    message = pa.array(seen.message[mine])
    ask, answer = (">", "<") if outgoing else ("<", ">")
    sender = pc.replace_substring(columns.envelope_sender.take(message), "<>", "")
    size = pa.array(columns.batch.size).cast(pa.string()).take(message)
    host = MAILBOX_SERVER if outgoing else SERVER
    reply = join("250 2.6.0 ", columns.message_id.take(message), f" [InternalId=311, Hostname={host}] Queued mail")
    shown = ("*", _CERTIFICATE, _SHOWN) if outgoing else ("*", "", _NONE_SHOWN)
    before = [("+", "", ""), shown, ("*", "", _TLS.format("CLIENT" if outgoing else "SERVER"))]
    envelope = [(ask, join("MAIL FROM:<", sender, "> SIZE=", size), ""), (answer, "250 2.1.0 Sender OK", "")]
    after = [(ask, "BDAT 4096 LAST", ""), (answer, reply, ""), ("-", "", "Local")]
    rcpt = np.isin(seen.hop, mine)
    own = np.searchsorted(mine, seen.hop[rcpt])
    to = seen.recipient.filter(pa.array(rcpt))
    parts = [_lines(np.arange(len(mine)), n, line) for n, line in enumerate((*before, *envelope))]
    parts += [
        _lines(own, 10, (ask, join("RCPT TO:<", to, ">"), "")),
        _lines(own, 11, (answer, "250 2.1.5 Recipient OK", "")),
    ]
    parts += [_lines(np.arange(len(mine)), 20 + n, line) for n, line in enumerate(after)]
    connector = _sent_by(columns, seen, plan) if outgoing else pa.repeat(RECEIVE_CONNECTOR, len(seen.message))
    local, remote = ("24518", "25") if outgoing else ("25", "40110")
    told = {
        "date-time": seen.at(0).take(pa.array(mine)),
        "connector-id": connector.take(pa.array(mine)),
        "session-id": pc.utf8_upper(pc.utf8_slice_codeunits(columns.network_id, 0, 16)).take(message),
        "local-endpoint": pa.repeat(f"{SERVER_IP}:{local}", len(mine)),
        "remote-endpoint": pa.repeat(f"{OFFICE365_IP}:{remote}", len(mine)),
    }
    return _in_sessions(parts, told)


_Part = tuple[Ints, Ints, pa.StringArray, pa.StringArray, pa.StringArray]


def _lines(session: Ints, order: int, line: tuple[str, pa.StringArray | str, str]) -> _Part:
    """Write one line for each of these sessions."""
    event, data, context = (pa.repeat(word, len(session)) if isinstance(word, str) else word for word in line)
    return session, np.full(len(session), order), event, data, context


def _in_sessions(parts: list[_Part], told: dict[str, pa.StringArray]) -> pa.Table:
    """Put the lines in order; `told` is what every line of a session has."""
    session, order = (np.concatenate([part[n] for part in parts]) for n in (0, 1))
    at = np.lexsort((order, session))  # stable: the recipients of a session stay in their order
    event, data, context = (pa.concat_arrays([part[n] for part in parts]).take(pa.array(at)) for n in (2, 3, 4))
    session = session[at]
    number = np.arange(len(session)) - np.searchsorted(session, session)
    of_session = {name: words.take(pa.array(session)) for name, words in told.items()}
    words = {"sequence-number": pa.array(number).cast(pa.string()), "event": event, "data": data, "context": context}
    names = ("date-time", "connector-id", "session-id", "sequence-number", "local-endpoint", "remote-endpoint")
    return _table({**of_session, **words}, [*names, "event", "data", "context"], len(session))
