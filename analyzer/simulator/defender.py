"""Defender's EmailEvents: a row a recipient to whom something was decided."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.simulator.columns import Columns, dashed, iso, join, legs_that, of_leg, of_scenario
from analyzer.simulator.scenario import PLACES, Event, Scenario
from analyzer.simulator.traffic import Plan

_FATES = {
    Event.DELIVER: ("Delivered", "Inbox/folder"),
    Event.SEND: ("Delivered", "On-premises/External"),
    Event.FAIL: ("Blocked", "Failed"),
    Event.QUARANTINE: ("Blocked", "Quarantine"),
}
_OUTSIDE = {"internet", "partner"}
_AUTHENTICATION = '{"SPF":"pass","DKIM":"none","DMARC":"pass"}'


def _domains(addresses: pa.StringArray) -> pa.StringArray:
    return pc.replace_substring_regex(addresses, "^[^@]*@?", "")


def _from_inside(scenario: Scenario) -> str | None:
    return "" if scenario.source.submitted else None


def _direction(columns: Columns) -> pa.StringArray:
    """Name what a client submits, by whether the recipient is outside, and what other servers hand over."""
    outside = of_leg(columns.batch.leg, lambda leg: "Outbound" if PLACES[leg.to] in _OUTSIDE else None)
    inside = columns.to_recipients(of_scenario(columns.batch.scenario, _from_inside)).is_valid()
    leaves = columns.to_recipients(of_scenario(columns.batch.scenario, lambda one: "" if one.leaves else None))
    outbound = pc.or_(inside, leaves.is_valid())
    return pc.if_else(outbound, pc.fill_null(outside, "Intra-org"), "Inbound")


def _address(columns: Columns) -> tuple[pa.StringArray, pa.StringArray]:
    """Give the relaying server's address by its family; none for what a client submits."""
    relayed = of_scenario(columns.batch.scenario, lambda one: None if one.source.submitted else "")
    address = columns.to_recipients(join(columns.peer, relayed))
    newer = pc.match_substring(address, ":")
    none = pa.scalar(None, pa.string())
    return pc.if_else(newer, none, address), pc.if_else(newer, address, none)


def email_events(columns: Columns, plan: Plan) -> pa.Table:  # noqa: ARG001  every log is asked alike
    """Write a row a recipient after expansion, once its fate is known, with the columns of January 2024 that matter."""
    batch, spread = columns.batch, columns.to_recipients
    blank = pa.repeat(pa.scalar(None, pa.string()), len(batch.leg))
    older, newer = _address(columns)
    inbound = spread(of_scenario(batch.scenario, lambda one: one.logged_inbound))
    stated = pc.not_equal(columns.envelope_sender, "<>")
    envelope = pc.if_else(stated, columns.envelope_sender, pa.scalar(None, pa.string()))
    network_id = spread(dashed(columns.network_id))
    cells = {
        "Timestamp": join(spread(iso(batch.received)), "Z"),
        "NetworkMessageId": network_id,
        "InternetMessageId": spread(columns.message_id),
        "SenderMailFromAddress": spread(envelope),
        "SenderFromAddress": spread(columns.sender),
        "SenderDisplayName": blank,
        "SenderMailFromDomain": spread(_domains(envelope)),
        "SenderFromDomain": spread(_domains(columns.sender)),
        "SenderIPv4": older,
        "SenderIPv6": newer,
        "RecipientEmailAddress": columns.recipient,
        "Subject": spread(columns.subject),
        "EmailDirection": _direction(columns),
        "DeliveryAction": of_leg(batch.leg, lambda leg: _FATES.get(leg.event, ("", ""))[0]),
        "DeliveryLocation": of_leg(batch.leg, lambda leg: _FATES.get(leg.event, ("", ""))[1]),
        "AuthenticationDetails": pa.repeat(_AUTHENTICATION, len(batch.leg)),
        "Connectors": pc.coalesce(of_leg(batch.leg, lambda leg: leg.logged), inbound),
        "ReportId": join(network_id, "-", pa.array(np.arange(len(batch.leg))).cast(pa.string())),
    }
    settled = legs_that(lambda leg: leg.event in _FATES)[batch.leg]
    return pa.table(cells).filter(pa.array(settled))
