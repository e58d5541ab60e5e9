"""Message trace details: for each recipient an arrival, a rule that acted, and what became of the message."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.simulator.columns import Columns, dashed, iso, join, legs_that, next_hop, of_leg, of_scenario
from analyzer.simulator.company import SMART_HOSTS
from analyzer.simulator.extended import RECEIVE_CONNECTOR, answer_of, inbound_data, outbound_data
from analyzer.simulator.scenario import Event, Leg, Scenario
from analyzer.simulator.traffic import Ints, Plan

_WORDS = {
    Event.DELIVER: "Deliver",
    Event.SEND: "Send external",
    Event.FAIL: "Fail",
    Event.EXPAND: "Expand",
    Event.DEFER: "Defer",
}
_SERVER = "AB1P000MB0001"


def _element(name: str, value: pa.StringArray | str, attribute: str = "String") -> pa.StringArray:
    """Write an element of Data; blank where there is no value."""
    return pc.fill_null(join(f'<MEP Name="{name}" {attribute}="', value, '"/>'), "")


def _escaped(text: pa.StringArray) -> pa.StringArray:
    return pc.replace_substring(pc.replace_substring(text, "<", "&lt;"), ">", "&gt;")


def _client(scenario: Scenario) -> str | None:
    """Mark mail of other servers; a client's address is not told (reference 10.3, blank FromIP)."""
    return None if scenario.source.submitted else ""


def _arrivals(columns: Columns) -> dict[str, pa.StringArray | str]:
    scenario = columns.batch.scenario
    data = join(
        f'<root><MEP Name="ServerHostName" String="{_SERVER}"/>',
        _element("ClientIP", join(columns.peer, of_scenario(scenario, _client))),
        _element("ConnectorId", of_scenario(scenario, lambda one: RECEIVE_CONNECTOR if _client(one) == "" else None)),
        _element("ReturnPath", _escaped(columns.envelope_sender)),
        _element("CustomData", of_scenario(scenario, inbound_data), "Blob"),
        "</root>",
    )
    return {
        "Event": "Receive",
        "Action": "",
        "Detail": f"Message received by: {_SERVER}",
        "Data": columns.to_recipients(data),
    }


def _rules(columns: Columns) -> dict[str, pa.StringArray | str]:
    named = of_scenario(columns.batch.scenario, lambda one: one.by_rule)
    return {
        "Event": "Transport rule",
        "Action": "RouteMessageUsingConnector",
        "Detail": columns.to_recipients(join("Transport rule: '", named, "'")),
        "Data": '<root><MEP Name="SourceContext" String="Transport Rule Agent"/></root>',
    }


def _failure(leg: Leg) -> str:
    if leg.event is Event.FAIL:
        return f"Reason: [{{LED={leg.answer}}};{{MSG=}};{{FQDN=}};{{IP=}};{{LRT=}}]"
    return {Event.DELIVER: "The message was successfully delivered.", Event.SEND: "Message sent."}.get(leg.event, "")


def _fates(columns: Columns) -> dict[str, pa.StringArray | str]:
    leg = columns.batch.leg
    host = of_leg(leg, lambda one: SMART_HOSTS[one.logged][1] if one.logged and one.event is Event.SEND else None)
    data = join(
        "<root>",
        _element("OutboundProxyTargetIPAddress", next_hop(columns)),
        _element("OutboundProxyTargetHostName", host),
        _element("RecipientStatus", of_leg(leg, lambda one: answer_of(one) if one.event is Event.FAIL else None)),
        _element("CustomData", of_leg(leg, outbound_data), "Blob"),
        "</root>",
    )
    words = of_leg(leg, lambda one: _WORDS.get(one.event, ""))
    return {"Event": words, "Action": "", "Detail": of_leg(leg, _failure), "Data": data}


def trace_detail(columns: Columns, plan: Plan) -> pa.Table:  # noqa: ARG001  every log is asked alike
    """Write a row an event of each recipient, with the columns of Get-MessageTraceDetailV2 and the traced addresses."""
    batch = columns.batch
    listed = legs_that(lambda leg: leg.on_arrival)[batch.leg]
    by_rule = of_scenario(batch.scenario, lambda one: "" if one.by_rule else None).is_valid().to_numpy(False)
    happened = legs_that(lambda leg: leg.event in _WORDS)[batch.leg]
    kinds = (
        (listed, _arrivals(columns)),
        (listed & by_rule[batch.message], _rules(columns)),
        (happened, _fates(columns)),
    )
    rows = [np.flatnonzero(kept) for kept, _ in kinds]
    recipient, order = np.concatenate(rows), np.repeat(np.arange(len(kinds)), [len(kept) for kept in rows])
    sorting = pa.array(np.lexsort((order, recipient)))
    recipient, order = recipient[sorting], order[sorting]
    cells = {
        name: pa.concat_arrays([_taken(words[name], kept) for (_, words), kept in zip(kinds, rows, strict=True)])
        for name in ("Event", "Action", "Detail", "Data")
    }
    return pa.table(
        {
            **_message_cells(columns, recipient, order),
            **{name: cell.take(sorting) for name, cell in cells.items()},
        }
    )


def _taken(words: pa.StringArray | str, rows: Ints) -> pa.StringArray:
    return pa.repeat(words, len(rows)) if isinstance(words, str) else words.take(pa.array(rows))


def _message_cells(columns: Columns, recipient: Ints, order: Ints) -> dict[str, pa.StringArray]:
    """Repeat for each event what is the same for the whole message, and say when it happened."""
    batch, message = columns.batch, columns.batch.message[recipient]
    received = batch.received[message]
    by_message = {
        "MessageId": columns.message_id,
        "MessageTraceId": dashed(columns.network_id),
        "SenderAddress": columns.sender,
        "Subject": columns.subject,
    }
    return {
        "Date": iso(received + order * (300_000 + received % 800_009)),
        **{name: cell.take(pa.array(message)) for name, cell in by_message.items()},
        "RecipientAddress": columns.recipient.take(pa.array(recipient)),
    }
