"""Extended report: one row an event."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from analyzer.formats import Evidence
from analyzer.formats.extended import EXTENDED
from tests.formats.reading import EVENT, csv_text, read, write

INBOUND = (
    "S:tlsversion=SP_PROT_TLS1_2_SERVER;S:tlscipher=CALG_AES_256;"
    "'S:InboundConnectorData=Name=Inbound from plant;ConnectorType=OnPremises'"
)
OUTBOUND = (
    "S:Microsoft.Exchange.Hygiene.TenantOutboundConnectorCustomData=Name=Outbound to plant| Name=Outbound to lab;"
    "S:tlsversion=SP_PROT_TLS1_2_CLIENT"
)


def one(folder: Path, **change: str) -> dict[str, Any]:
    """Read a single event of one recipient."""
    (row,) = read(write(folder, csv_text(EVENT | change))).rows
    return row


def test_an_arrival_names_its_inbound_connector(tmp_path: Path) -> None:
    """A RECEIVE gives the sender, the client and the connector that the custom data names."""
    row = one(
        tmp_path,
        connector_id=r"AB1\Default AB1",
        custom_data=INBOUND,
        client_ip="192.0.2.1",
        client_hostname="mail.plant.contoso.com",
        original_client_ip="198.51.100.10",
        server_ip="192.0.2.99",
    )

    assert row["received_at"] == datetime(2026, 3, 24, 7, 41, 55, 901000, tzinfo=UTC)
    assert (
        row
        | {
            "event": "RECEIVE",
            "envelope_sender": "scanner@plant.contoso.com",
            "header_from": "scanner@plant.contoso.com",
            "logged_connector": r"AB1\Default AB1",
            "logged_inbound": "Inbound from plant",
            "logged_outbound": None,
            "tls_version": "SP_PROT_TLS1_2_SERVER",
            "connecting_ip": "198.51.100.10",
            "connecting_host": "mail.plant.contoso.com",
            "next_hop": None,
            "directionality": "originating",
            "size": 733120,
            "routed_by_rule": False,
            "forwarded": False,
        }
        == row
    )


def test_a_sending_names_its_outbound_connectors(tmp_path: Path) -> None:
    """A SENDEXTERNAL gives the next hop and every name, joined."""
    row = one(
        tmp_path,
        event_id="SendExternal",
        server_ip="198.51.100.10",
        connector_id="Outbound to plant",
        custom_data=OUTBOUND,
    )

    assert row["event"] == "SENDEXTERNAL"
    assert (row["logged_outbound"], row["logged_inbound"]) == ("Outbound to plant| Outbound to lab", None)
    assert (row["next_hop"], row["tls_version"]) == ("198.51.100.10", "SP_PROT_TLS1_2_CLIENT")


@pytest.mark.parametrize(
    "change, column, expected",
    [
        ({"event_id": "SEND", "custom_data": INBOUND}, "logged_inbound", None),
        ({"event_id": "FAIL", "custom_data": OUTBOUND}, "logged_outbound", "Outbound to plant| Outbound to lab"),
        ({"event_id": "DELIVER", "custom_data": OUTBOUND}, "logged_outbound", None),
        ({"event_id": "DELIVER", "connector_id": ""}, "logged_connector", ""),
        ({"event_id": "SEND", "server_hostname": "mail.contoso.com"}, "next_hop", "mail.contoso.com"),
        ({"client_ip": "192.0.2.1"}, "connecting_ip", "192.0.2.1"),
        (
            {"client_ip": "192.0.2.1", "custom_data": "S:SFA=SUM|SFV=NSPM|CIP=192.0.2.7|LANG=en;"},
            "connecting_ip",
            "192.0.2.7",
        ),
        ({}, "connecting_ip", ""),
        ({"return_path": "<>"}, "envelope_sender", "<>"),
        ({"return_path": ""}, "envelope_sender", None),
        ({"related_recipient_address": "old@contoso.com"}, "forwarded", True),
        ({"custom_data": "S:TRA=ETR|action=RouteMessageUsingConnector|x"}, "routed_by_rule", True),
        ({"source_context": "routemessageusingconnector"}, "routed_by_rule", True),
        ({"source": "DSN", "recipient_status": "To"}, "delivery_status", "DSN"),
        ({"source": "Journal"}, "delivery_status", "JOURNAL"),
        ({"source": "DSN", "event_id": "SEND", "recipient_status": "250 OK"}, "delivery_status", "250 OK"),
        ({"recipient_status": "550 5.7.64 [{LED=x};{MSG=}]"}, "delivery_status", "550 5.7.64 [{LED=x};{MSG=}]"),
    ],
)
def test_cells_keep_their_meaning(tmp_path: Path, change: dict[str, str], column: str, expected: object) -> None:
    """Each cell is read as its event allows."""
    assert one(tmp_path, **change)[column] == expected


def test_statuses_go_to_recipients_where_the_counts_fit(tmp_path: Path) -> None:
    """Each recipient has its own status; where there are more or fewer of them, none has."""
    rows = [
        EVENT | {"recipient_address": "a@contoso.com;b@contoso.com", "recipient_status": "To;Cc"},
        EVENT | {"recipient_address": "a@contoso.com;b@contoso.com", "recipient_status": "550 x;y;z"},
        EVENT | {"recipient_address": "a@contoso.com;b@contoso.com;c@contoso.com", "recipient_status": "1;2;3"},
    ]
    found = read(write(tmp_path, csv_text(*rows)))

    assert found.column("recipient") == [f"{name}@contoso.com" for name in "abababc"]
    assert found.column("delivery_status") == ["To", "Cc", None, None, "1", "2", "3"]
    assert found.column("source_row") == [1, 1, 2, 2, 3, 3, 3]


def test_other_events_are_noise_by_kind(tmp_path: Path) -> None:
    """Events that route nothing are counted by name, and the rest keep their numbers."""
    events = ["AGENTINFO", "RECEIVE", "AgentInfo", "EXPAND", "SEND", "HAREDIRECT"]
    found = read(write(tmp_path, csv_text(*(EVENT | {"event_id": event} for event in events))))

    assert found.noise == {"event-agentinfo": 2, "event-expand": 1, "event-haredirect": 1}
    assert found.column("source_row") == [2, 5]


@pytest.mark.parametrize("size", [700, 16 << 20])
@pytest.mark.parametrize("first", [True, False])
def test_a_rules_redirect_is_joined_to_the_sending(tmp_path: Path, *, first: bool, size: int) -> None:
    """The note stands on AGENTINFO; it marks the sendings of its message to its recipients, in either order."""
    note = EVENT | {"event_id": "AGENTINFO", "custom_data": "S:TRA=ETR|action=RouteMessageUsingConnector|sev=1"}
    note |= {"recipient_address": "PAT@contoso.com;sun@contoso.com"}
    sent = EVENT | {"event_id": "SENDEXTERNAL", "recipient_address": "pat@contoso.com"}
    others = [sent | {"recipient_address": "kim@contoso.com"}, sent | {"network_message_id": "another"}]
    rows = [note, sent] if first else [sent, note]
    found = read(write(tmp_path, csv_text(*rows, *others)), size=size)

    assert found.column("routed_by_rule") == [True, False, False]


def test_it_states_a_connector_for_each_event() -> None:
    """The format's events tell the side."""
    assert EXTENDED.evidence is Evidence.PER_EVENT
