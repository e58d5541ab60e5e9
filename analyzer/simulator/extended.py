"""The Extended report (historical search MessageTraceDetail): a row an event.

Each message is received, looked at by the agents, and then delivered, sent, failed or expanded,
where neighbouring recipients that fare alike share one row.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.simulator.columns import Columns, dashed, iso, join, legs_that, of_leg, of_scenario, packed
from analyzer.simulator.company import (
    FROM_NORTHWIND,
    FROM_PROSEWARE,
    FROM_WOODGROVE,
    PEERS,
    RETIRED_INBOUND,
    SMART_HOSTS,
    Peer,
)
from analyzer.simulator.scenario import Event, Leg, Scenario
from analyzer.simulator.traffic import LEGS, Ints, Plan

_TENANT_ID = str(uuid5(NAMESPACE_URL, "https://contoso.com/tenant"))
_PARTNER_CONNECTORS = {FROM_WOODGROVE, FROM_NORTHWIND, FROM_PROSEWARE, RETIRED_INBOUND}
_ANSWERS = {
    Event.DELIVER: "250 2.1.5 Recipient OK",
    Event.SEND: "250 2.1.5 Recipient OK",
    Event.EXPAND: "250 2.1.5 RESOLVER.GRP.Expanded",
    Event.DEFER: "450 4.4.317 Cannot connect to remote server",
}
_SOURCES = {
    Event.DELIVER: "STOREDRIVER",
    Event.SEND: "SMTP",
    Event.FAIL: "ROUTING",
    Event.EXPAND: "ROUTING",
    Event.DEFER: "SMTP",
}
RECEIVE_CONNECTOR = "AB1P000MB0001\\Default AB1P000MB0001"  # of the service: no connector of the tenant
_RECEIVE, _AGENTS, _FATES = 0, 1, 2  # the order of a message's events


@dataclass(frozen=True, slots=True)
class _Events:
    """Events of one kind; `order` tells when in the life of its message each happened."""

    message: Ints
    order: Ints
    cells: pa.Table


def _table(message: Ints, cells: dict[str, pa.StringArray | str | None]) -> pa.Table:
    rows = len(message)
    constant = {name: pa.repeat(pa.scalar(cell, pa.string()), rows) for name, cell in cells.items() if _fixed(cell)}
    return pa.table({name: constant.get(name, cell) for name, cell in cells.items()})


def _fixed(cell: object) -> bool:
    return cell is None or isinstance(cell, str)


def inbound_data(scenario: Scenario) -> str | None:
    """Say in custom_data how the message arrived; a client's submission has none."""
    if scenario.source.submitted:
        return None
    tls = "S:tlsversion=SP_PROT_TLS1_2_SERVER;S:tlscipher=CALG_AES_256"
    if scenario.logged_inbound is None:
        return tls
    kind = "Partner" if scenario.logged_inbound in _PARTNER_CONNECTORS else "OnPremises"
    return f"{tls};'S:InboundConnectorData=Name={scenario.logged_inbound};ConnectorType={kind}'"


def outbound_data(leg: Leg) -> str | None:
    """Say in custom_data by which connector a recipient's copy was sent."""
    if leg.event is not Event.SEND:
        return None
    tls = "S:tlsversion=SP_PROT_TLS1_2_CLIENT"
    name = f"S:Microsoft.Exchange.Hygiene.TenantOutboundConnectorCustomData=Name={leg.logged};" if leg.logged else ""
    return name + tls


def answer_of(leg: Leg) -> str | None:
    """Say how the recipient's server answered."""
    return leg.answer or _ANSWERS.get(leg.event)


def _receive_connector(scenario: Scenario) -> str | None:
    return None if scenario.source.submitted else RECEIVE_CONNECTOR


def _arrivals(columns: Columns) -> tuple[pa.StringArray, pa.StringArray]:
    """Pack the recipients that each message arrived with, and count them."""
    batch = columns.batch
    listed = legs_that(lambda leg: leg.on_arrival)[batch.leg]
    counts = np.bincount(batch.message[listed], minlength=len(batch.scenario))
    offsets = np.concatenate([[0], np.cumsum(counts)])
    return packed(columns.recipient.filter(pa.array(listed)), offsets), pa.array(counts).cast(pa.string())


def _received(columns: Columns, arrivals: tuple[pa.StringArray, pa.StringArray]) -> _Events:
    batch = columns.batch
    message = np.arange(len(batch.scenario))
    cells = {
        "client_ip": columns.peer,
        "connector_id": of_scenario(batch.scenario, _receive_connector),
        "source": of_scenario(batch.scenario, lambda one: "STOREDRIVER" if one.source.submitted else "SMTP"),
        "event_id": "RECEIVE",
        "recipient_address": arrivals[0],
        "recipient_status": None,
        "recipient_count": arrivals[1],
        "related_recipient_address": None,
        "server_ip": None,
        "server_hostname": None,
        "source_context": None,
        "custom_data": of_scenario(batch.scenario, inbound_data),
    }
    return _Events(message, np.full(len(message), _RECEIVE), _table(message, cells))


def _agent_data(columns: Columns) -> pa.StringArray:
    """Say what the agents found: the rule that chose a connector, or the spam filter's stamp with the address."""
    stamp = "S:TRA=ETR|ruleId={}|st=5/6/2024 2:02:37 PM|action=RouteMessageUsingConnector|sev=1|mode=Enforce;"

    def acted(scenario: Scenario) -> str | None:
        named = f"https://contoso.com/{scenario.by_rule}"
        return stamp.format(uuid5(NAMESPACE_URL, named)) if scenario.by_rule else None

    by_rule = of_scenario(columns.batch.scenario, acted)
    return pc.coalesce(by_rule, join("S:SFA=SUM|SFV=NSPM|SCL=1|CIP=", pc.fill_null(columns.peer, ""), "|LANG=en;"))


def _looked_at(columns: Columns, arrivals: tuple[pa.StringArray, pa.StringArray]) -> _Events:
    """Write AGENTINFO for mail from other servers, and where a rule acted."""
    scenario = columns.batch.scenario
    seen = of_scenario(scenario, lambda one: "" if one.by_rule or not one.source.submitted else None).is_valid()
    message = np.flatnonzero(seen.to_numpy(zero_copy_only=False))
    cells = {
        "client_ip": None,
        "connector_id": None,
        "source": "AGENT",
        "event_id": "AGENTINFO",
        "recipient_address": arrivals[0].filter(seen),
        "recipient_status": None,
        "recipient_count": arrivals[1].filter(seen),
        "related_recipient_address": None,
        "server_ip": None,
        "server_hostname": None,
        "source_context": None,
        "custom_data": _agent_data(columns).filter(seen),
    }
    return _Events(message, np.full(len(message), _AGENTS), _table(message, cells))


def _groups(columns: Columns) -> tuple[Ints, Ints]:
    """Cut the recipients into runs that share an event row: where each run begins, and where the last ends."""
    batch = columns.batch
    alike = {leg: number for number, leg in enumerate(dict.fromkeys((leg.event, leg.logged) for leg in LEGS))}
    fate = np.array([alike[leg.event, leg.logged] for leg in LEGS])[batch.leg]
    changes = (np.diff(batch.message) != 0) | (np.diff(fate) != 0)
    starts = np.concatenate([[0], np.flatnonzero(changes) + 1])
    return starts, np.concatenate([starts, [len(fate)]])


def _next_hop(columns: Columns, starts: Ints) -> tuple[pa.StringArray, pa.StringArray]:
    leg = columns.batch.leg[starts]
    hop_ip = of_leg(leg, lambda one: SMART_HOSTS[one.logged][0] if one.logged else None)
    hop_name = of_leg(leg, lambda one: SMART_HOSTS[one.logged][1] if one.logged else None)
    exchangers = PEERS[Peer.INTERNET]
    number = columns.batch.recipient[starts] % len(exchangers)
    mx = pa.array(exchangers, pa.string()).take(pa.array(number))
    name = join("mx", pa.array(number).cast(pa.string()), ".example.net")
    sent = pa.array(legs_that(lambda one: one.event is Event.SEND)[leg])
    return pc.if_else(sent, pc.coalesce(hop_ip, mx), None), pc.if_else(sent, pc.coalesce(hop_name, name), None)


def _forwarded_from(columns: Columns, starts: Ints) -> pa.StringArray:
    batch = columns.batch
    first = columns.recipient.take(pa.array(batch.offsets[batch.message[starts]]))
    return pc.if_else(pa.array(legs_that(lambda leg: leg.forwarded)[batch.leg[starts]]), first, None)


def _fates(columns: Columns) -> _Events:
    """Write what became of the recipients; a quarantined one has no further event."""
    batch = columns.batch
    starts, offsets = _groups(columns)
    leg, message = batch.leg[starts], batch.message[starts]
    answer = of_leg(batch.leg, answer_of)
    server_ip, server_hostname = _next_hop(columns, starts)
    cells = {
        "client_ip": None,
        "connector_id": of_leg(leg, lambda one: one.logged),
        "source": of_leg(leg, lambda one: _SOURCES.get(one.event)),
        "event_id": of_leg(leg, lambda one: one.event.value),
        "recipient_address": packed(columns.recipient, offsets),
        "recipient_status": packed(answer, offsets),
        "recipient_count": pa.array(np.diff(offsets)).cast(pa.string()),
        "related_recipient_address": _forwarded_from(columns, starts),
        "server_ip": server_ip,
        "server_hostname": server_hostname,
        "source_context": of_leg(leg, lambda one: "250 2.0.0 Ok: queued" if one.event is Event.SEND else None),
        "custom_data": of_leg(leg, outbound_data),
    }
    happened = legs_that(lambda one: one.event is not Event.QUARANTINE)[leg]
    order = (_FATES + starts - batch.offsets[message])[happened]
    return _Events(message[happened], order, _table(message, cells).filter(pa.array(happened)))


def _in_order(kinds: tuple[_Events, ...]) -> _Events:
    message = np.concatenate([kind.message for kind in kinds])
    order = np.concatenate([kind.order for kind in kinds])
    rows = np.lexsort((order, message))
    cells = pa.concat_tables([kind.cells for kind in kinds]).take(pa.array(rows))
    # What is refused at the door arrives for nobody: its failure is all there is.
    kept = pc.not_equal(cells["recipient_count"], "0").combine_chunks()
    rows = rows[kept.to_numpy(zero_copy_only=False)]
    return _Events(message[rows], order[rows], cells.filter(kept))


def _directionality(scenario: Scenario) -> str:
    """Originating is what was submitted, or attributed to the organization's own servers."""
    own = scenario.logged_inbound is not None and scenario.logged_inbound not in _PARTNER_CONNECTORS
    return "Originating" if scenario.source.submitted or own else "Incoming"


def _message_cells(columns: Columns, events: _Events) -> dict[str, pa.StringArray]:
    """Repeat for each event what is the same for the whole message."""
    batch, message = columns.batch, pa.array(events.message)
    received = batch.received[events.message]
    # An event each 0.7 s or so, at a distance that depends on nothing but the message.
    happened = received + events.order * (300_000 + received % 800_009)
    ended = pa.array(events.order >= _FATES)
    number = 73_014_444_000 + batch.first_message + events.message
    return {
        "date_time_utc": join(iso(happened), "Z"),
        "internal_message_id": pa.array(number).cast(pa.string()),
        "message_id": columns.message_id.take(message),
        "network_message_id": dashed(columns.network_id).take(message),
        "total_bytes": pa.array(batch.size[events.message]).cast(pa.string()),
        "message_subject": columns.subject.take(message),
        "sender_address": columns.sender.take(message),
        "return_path": columns.envelope_sender.take(message),
        "message_info": pc.if_else(ended, join(pc.utf8_slice_codeunits(iso(received), 0, 23), "Z"), None),
        "directionality": of_scenario(batch.scenario, _directionality).take(message),
        "original_client_ip": columns.peer.take(message),
    }


_HEADER = (
    "date_time_utc,client_ip,client_hostname,server_ip,server_hostname,source_context,connector_id,source,event_id,"
    "internal_message_id,message_id,network_message_id,recipient_address,recipient_status,total_bytes,recipient_count,"
    "related_recipient_address,reference,message_subject,sender_address,return_path,message_info,directionality,"
    "tenant_id,original_client_ip,original_server_ip,custom_data"
)


def extended(columns: Columns, plan: Plan) -> pa.Table:  # noqa: ARG001  every log is asked alike
    """Write a row an event, all events of a message together."""
    arrivals = _arrivals(columns)
    events = _in_order((_received(columns, arrivals), _looked_at(columns, arrivals), _fates(columns)))
    blank = _table(events.message, dict.fromkeys(("client_hostname", "reference", "original_server_ip")))
    constant = _table(events.message, {"tenant_id": _TENANT_ID})
    cells = {name: table[name] for table in (events.cells, blank, constant) for name in table.column_names}
    cells |= _message_cells(columns, events)
    return pa.table({name: cells[name] for name in _HEADER.split(",")})
