"""Why a row of an own server's log got its verdict: inputs, and what became of every connector (reference 6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from analyzer.report.explanation import Explanation
from analyzer.report.own_explanation import own_steps
from analyzer.schema import MESSAGES
from analyzer.tenant.model import OwnServers
from analyzer.tracing import printed
from tests.builders import BOB, JOHN, snapshot, tenant
from tests.compare.builders import NOON
from tests.compare.test_own_server import FRONTEND, HUB, RELAY, company, send

ARRIVAL: dict[str, Any] = {
    **dict.fromkeys(MESSAGES.arrow.names),
    "received_at": NOON,
    "message_id": "<1@contoso.com>",
    "recipient": BOB,
    "connecting_ip": "192.0.2.61",
    "server": "ex1",
    "logged_inbound_connector": r"EX1\Default Frontend EX1",
    "inbound_verdict": "mismatch",
    "missing": [],
    "source_file": "<b>.log",
    "source_row": 7,
}
DEPARTURE: dict[str, Any] = {
    **ARRIVAL,
    "size": 2000,
    "logged_inbound_connector": None,
    "inbound_verdict": None,
    "outbound_verdict": "match",
}

UNTOLD = r"""
inputs
  server: ex1 [6]
  client: 192.0.2.61 [6]
  port and address: not said by the log; EX1\Default Frontend EX1, which it names, listens on *:25 [6]
  configuration: snapshot undated [8]
arrives: Relay or Default EX1 [6]
  port 25: taken by Relay [6]
    Default Frontend EX1: 0.0.0.0-255.255.255.255 holds the client: 192.0.2.60-192.0.2.69 of Relay is more specific [6]
    Relay: 192.0.2.60-192.0.2.69 holds the client: the most specific [6]
  port 2525: taken by Default EX1 [6]
    Default EX1: 0.0.0.0-255.255.255.255 holds the client: the most specific [6]
"""
FRONT_END = r"""
inputs
  server: ex1 [6]
  client: 192.0.2.10, a front end; the message came from 192.0.2.61 [6]
  port and address: 192.0.2.10:2525 [6]
  configuration: snapshot undated [8]
arrives: Default EX1 [6]
  port 2525 of 192.0.2.10: taken by Default EX1 [6]
    Default EX1: 0.0.0.0-255.255.255.255 holds the client: the most specific [6]
  Default Frontend EX1: listens on *:25, not where the client came to [6]
  Relay: listens on *:25, not where the client came to [6]
"""
NO_CLIENT = r"""
inputs
  server: ex1 [6]
  client: not said by the log [6]
  port and address: not said by the log; EX1\Default Frontend EX1, which it names, listens on *:25 [6]
  configuration: snapshot undated [8]
  missing connecting_ip: the connecting address: the service keeps it for ten days only [8, missing inputs]
"""
SENDING = """
inputs
  server: ex1 [6]
  recipient: accepted domain (Authoritative), listed as cloud [3.2]
  size: 2,000 bytes [6, 1]
  configuration: snapshot undated [8]
leaves: Outbound to Office 365 [6]
  recipient routed by its hybrid routing address [6]
    Outbound to Office 365: address space contoso.mail.onmicrosoft.com at cost 1: wins [6, 3-6]
    Internet: address space * at cost 1: Outbound to Office 365 is more specific [6, 3]
"""
UNCLAIMED = """
inputs
  server: not said by the log [6]
  recipient: accepted domain (Authoritative), listed as cloud [3.2]
  size: not said by the log [6, 1]
  configuration: snapshot undated [8]
leaves: none (unreachable-queue) [6]
  recipient routed by its hybrid routing address [6]
    Elsewhere: no address space matches the recipient domain [6, 2]
"""


@pytest.mark.parametrize(
    "row, own, told",
    [
        pytest.param(ARRIVAL, {}, UNTOLD, id="a tracking log"),
        pytest.param(
            {**ARRIVAL, "smtp_client": "192.0.2.10", "local_endpoint": "192.0.2.10:2525"},
            {},
            FRONT_END,
            id="behind a front end, with the port",
        ),
        pytest.param({**ARRIVAL, "connecting_ip": "", "missing": ["connecting_ip"]}, {}, NO_CLIENT, id="no client"),
        pytest.param(DEPARTURE, {}, SENDING, id="a sending"),
        pytest.param(
            {**DEPARTURE, "server": None, "size": None},
            {"send": (send("Elsewhere", "fabrikam.com"),)},
            UNCLAIMED,
            id="claimed by none",
        ),
    ],
)
def test_each_connector_and_each_input_is_told(row: dict[str, Any], own: dict[str, Any], told: str) -> None:
    """The steps name what was known, what is missing, every connector, and by what rule it won or lost."""
    assert "\n".join(printed(own_steps(row, company(**own)))) == told.strip()


@pytest.mark.parametrize(
    "row, own",
    [
        pytest.param(ARRIVAL, {"receive": None}, id="no export of Receive connectors"),
        pytest.param(DEPARTURE, {"send": None}, id="no export of Send connectors"),
        pytest.param({**ARRIVAL, "inbound_verdict": None}, {}, id="no side takes part"),
    ],
)
def test_what_was_not_rerun_has_no_steps(row: dict[str, Any], own: dict[str, Any]) -> None:
    """Without an export, or where the row stands for no decision, there is nothing to tell."""
    assert own_steps(row, company(**own)) == ()


def test_before_every_export_there_are_no_steps() -> None:
    """What was in force then nobody exported."""
    servers = OwnServers(receive=(FRONTEND, RELAY, HUB))

    assert own_steps(ARRIVAL, tenant(snapshot(since=NOON + timedelta(days=1), own=servers))) == ()


def test_an_explanation_prints_in_a_terminal_in_jupyter_and_as_plain_values() -> None:
    """Three forms of the same steps; what a log or an export says is escaped on the page."""
    odd = replace(RELAY, name="<i>Relay</i>")
    steps = own_steps(ARRIVAL, company(receive=(FRONTEND, odd)))
    told = Explanation({**ARRIVAL, "header_from": f"<script>{JOHN}"}, None, "A note & more.", steps)

    page = told._repr_html_()
    assert "port 25: taken by <i>Relay</i>" in str(told)
    assert "<summary>port 25: taken by &lt;i&gt;Relay&lt;/i&gt; [6]</summary>" in page
    assert "<td>&lt;script&gt;john@contoso.com</td>" in page
    assert "(&lt;b&gt;.log, row 7)" in page
    assert "<p>A note &amp; more.</p>" in page
    assert not {"<script>", "<i>", "<b>.log"} & set(page.split())
    assert told.as_dict()["steps"] == [step.as_dict() for step in steps]
