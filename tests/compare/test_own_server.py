"""Logs of the organization's own servers are held against their Send and Receive connectors alone (6, 8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_address
from itertools import product
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from analyzer.compare import Judgement
from analyzer.findings import find_all
from analyzer.pipeline import Options, run
from analyzer.tenant.model import AcceptedDomain, DomainType, OwnServers, Tenant
from analyzer.tenant.onpremises import AddressRange, AddressSpace, Binding, ReceiveConnector, SendConnector
from tests.builders import BANKER, BOB, FOREIGN_HOST, JOHN, OUR_SERVER, SUN, accepted, snapshot, tenant
from tests.compare.builders import EXTENDED, FROM_OUR_SERVER, NOON, POSTFIX, TRACKING, judged, row

ROUTING = "contoso.mail.onmicrosoft.com"
BOB_ROUTED, JULIA = f"bob@{ROUTING}", "julia@marketing.contoso.com"
EXAMPLE = Path(__file__).parents[2] / "sample_logs/formats/message-tracking/exchange-2019.log"
DENIED = "550 5.7.64 TenantAttribution; Relay Access Denied"


def send(name: str, *spaces: str, **changes: Any) -> SendConnector:
    """Build a Send connector of EX1; a space is `domain` or `domain;cost`."""
    parts = (space.partition(";") for space in spaces)
    plain = {"source_servers": ("ex1",), **changes}
    return SendConnector(name, tuple(AddressSpace(d, int(cost or 1)) for d, _, cost in parts), **plain)


def receive(name: str, first: str, last: str, *ports: int, **changes: Any) -> ReceiveConnector:
    """Build a Receive connector of EX1 for a range of clients."""
    held = AddressRange(ip_address(first), ip_address(last))
    plain = {"server": "ex1", "bindings": tuple(Binding(None, port) for port in ports), **changes}
    return ReceiveConnector(name, remote_ranges=(held,), **plain)


def at(address: str, connector: ReceiveConnector) -> ReceiveConnector:
    """Bind a connector to one address of the server."""
    return replace(connector, bindings=tuple(Binding(ip_address(address), b.port) for b in connector.bindings))


HYBRID_SEND = (send("Outbound to Office 365", ROUTING), send("Internet", "*"))
FRONTEND = receive("Default Frontend EX1", "0.0.0.0", "255.255.255.255", 25)
RELAY = receive("Relay", "192.0.2.60", "192.0.2.69", 25)
BOTH = receive("Both", "0.0.0.0", "255.255.255.255", 25, 2525)
HUB = receive("Default EX1", "0.0.0.0", "255.255.255.255", 2525)
OWN_ACCEPTED = (*accepted("contoso.com"), AcceptedDomain(ROUTING, DomainType.INTERNAL_RELAY))


def company(**own: Any) -> Tenant:
    """Build the plain hybrid tenant with the exports of its own servers."""
    plain = {"send": HYBRID_SEND, "receive": (FRONTEND, RELAY, HUB), "accepted": OWN_ACCEPTED, **own}
    return tenant(own=OwnServers(**plain))


def sent(ours: Tenant, recipient: str, connector: str | None, **cells: Any) -> Judgement:
    """Judge a row in which EX1 handed a message of John's to the next server."""
    plain = {"event": "SENDEXTERNAL", "delivery_status": "250 2.1.5 OK", "server": "ex1", "header_from": JOHN, **cells}
    return judged(
        ours, TRACKING, recipient=recipient, logged_connector=connector or "", logged_outbound=connector, **plain
    )


def taken(ours: Tenant, client: str, connector: str | None, **cells: Any) -> Judgement:
    """Judge a row in which EX1 took in a message for Bob."""
    plain = {"event": "RECEIVE", "server": "ex1", "connecting_ip": client, "header_from": JOHN, **cells}
    return judged(ours, TRACKING, recipient=BOB, logged_connector=connector or "", logged_inbound=connector, **plain)


def told(found: Judgement) -> tuple[str, str, tuple[str, ...]]:
    """Give verdict, reason and what is missing."""
    return found.verdict.value, found.reason, found.missing


UNREACHABLE = {"event": "FAIL", "delivery_status": "550 4.4.7 QUEUE.Expired; message expired"}
FAR = {"source_servers": ("ex2",)}

# fmt: off
# section, recipient, logged connector, exports of the servers, other cells -> verdict, reason, missing
SENT: tuple[tuple[str, str, str | None, dict[str, Any], dict[str, Any], tuple[str, str, tuple[str, ...]]], ...] = (
    ("11, 14", BOB_ROUTED, "Outbound to Office 365", {}, {}, ("match", "exact-address-space", ())),
    ("11, 14 by the directory", BOB, "Outbound to Office 365", {}, {}, ("match", "exact-address-space", ())),
    ("11, 14 gone another way", BOB_ROUTED, "Internet", {}, {}, ("mismatch", "not-the-selected-connector", ())),
    ("8, nobody says who answers for the domain", BOB, "Outbound to Office 365", {"accepted": None}, {},
        ("undetermined", "input-missing", ("routing_address",))),
    ("6, rule 8: a GUID behind the name", BOB_ROUTED,
        "Outbound to Office 365 - 7b0e6f5a-2f3c-4f0d-9a51-6f2f0c1d8e44", {}, {}, ("match", "exact-address-space", ())),
    ("internet mail", SUN, "Internet", {}, {}, ("match", "catch-all-address-space", ())),
    ("11, 30", JULIA, "Exact", {"send": (send("All", "*"), send("Wild", "*.contoso.com"),
        send("Exact", "marketing.contoso.com"))}, {}, ("match", "exact-address-space", ())),
    ("11, 30 but the wildcard", JULIA, "Wild", {"send": (send("All", "*"), send("Wild", "*.contoso.com"),
        send("Exact", "marketing.contoso.com"))}, {}, ("mismatch", "not-the-selected-connector", ())),
    ("11, 31", JULIA, "All", {"send": (send("All", "*"),)}, {}, ("match", "catch-all-address-space", ())),
    ("11, 32", SUN, "a", {"send": (send("b", "*"), send("a", "*"))}, {}, ("match", "catch-all-address-space", ())),
    ("11, 32 but the other name", SUN, "b", {"send": (send("b", "*"), send("a", "*"))}, {},
        ("mismatch", "not-the-selected-connector", ())),
    ("11, 33", SUN, None, {"send": (send("Other", "fabrikam.com"),)}, UNREACHABLE,
        ("unrouted", "unreachable-queue", ())),
    ("11, 33 refused for another reason", SUN, None, {"send": (send("Other", "fabrikam.com"),)},
        {"event": "FAIL", "delivery_status": "550 5.1.10 RESOLVER.ADR.RecipientNotFound"},
        ("not_routed", "failed-before-routing", ())),
    ("11, 33 but it went", SUN, "Other", {"send": (send("Other", "fabrikam.com"),)}, {},
        ("mismatch", "claimed-by-none", ())),
    ("11, 34", SUN, None, {"send": (send("a", "*", max_message_size=10),)},
        {"event": "FAIL", "delivery_status": "550 5.3.4 ROUTING.SizeLimit", "size": 11},
        ("match", "rejected-as-expected", ())),
    ("11, 34 the next larger one", SUN, "b", {"send": (send("a", "*", max_message_size=10), send("b", "*;9"))},
        {"size": 11}, ("match", "catch-all-address-space", ())),
    ("6, 1: the row has no size", SUN, "b", {"send": (send("a", "*", max_message_size=10), send("b", "*;9"))},
        {"size": None}, ("undetermined", "input-missing", ("size",))),
    ("11, 35", "x@sub.contoso.com", "All", {"send": (send("Apex", "contoso.com"), send("All", "*"))}, {},
        ("match", "catch-all-address-space", ())),
    ("11, 35 but the apex", "x@sub.contoso.com", "Apex", {"send": (send("Apex", "contoso.com"), send("All", "*"))}, {},
        ("mismatch", "not-the-selected-connector", ())),
    ("6, 4: two far servers", SUN, "a", {"send": (send("a", "*", **FAR), send("b", "*", source_servers=("ex3",)))}, {},
        ("undetermined", "input-missing", ("site_costs",))),
    ("6, 4: neither of two far servers", SUN, "c", {"send": (send("a", "*", **FAR), send("c", "fabrikam.com"),
        send("b", "*", source_servers=("ex3",)))}, {}, ("mismatch", "not-the-selected-connector", ())),
    ("6, 5: who wrote the row", SUN, "a", {"send": (send("a", "*"), send("b", "*", **FAR))}, {"server": None},
        ("undetermined", "input-missing", ("server",))),
    ("an open scope is no refusal: it went", SUN, "a", {"send": (send("a", "*", scoped=True, **FAR),)}, {},
        ("match", "catch-all-address-space", ())),
    ("no such connector", SUN, "Old relay", {}, {}, ("undetermined", "config-incomplete", ("connector_definition",))),
    ("a hop", SUN, "Inbound Proxy Internal Send Connector", {}, {}, ("not_routed", "internal-hop", ())),
    ("no export", SUN, "Internet", {"send": None}, {}, ("no_evidence", "own-server-log", ("send_connectors",))),
    ("refused there", SUN, "Internet", {}, {"event": "FAIL", "delivery_status": DENIED},
        ("match", "catch-all-address-space", ())),
)

TAKEN: tuple[tuple[str, str, str | None, dict[str, Any], dict[str, Any], tuple[str, str, tuple[str, ...]]], ...] = (
    ("the narrowest range", "192.0.2.61", r"EX1\Relay", {}, {"local_endpoint": "192.0.2.10:25"},
        ("match", "most-specific-range", ())),
    ("a wider one", "192.0.2.61", r"EX1\Default Frontend EX1", {}, {"local_endpoint": "192.0.2.10:25"},
        ("mismatch", "not-the-selected-connector", ())),
    ("the port is not told: the connector's own", "192.0.2.10", r"EX1\Default EX1", {}, {},
        ("match", "most-specific-range", ())),
    ("the port is told: not the connector's own", "192.0.2.10", r"EX1\Default EX1", {},
        {"local_endpoint": "192.0.2.10:25"}, ("mismatch", "not-the-selected-connector", ())),
    ("the port is not told, a narrower range on one of two", "192.0.2.61", r"EX1\Both", {"receive": (BOTH, RELAY)}, {},
        ("undetermined", "input-missing", ("local_endpoint",))),
    ("the port is not told, a narrower range on both", "192.0.2.61", r"EX1\Both",
        {"receive": (BOTH, RELAY, replace(RELAY, name="Relay 2", bindings=HUB.bindings))}, {},
        ("mismatch", "not-the-selected-connector", ())),
    ("the address is not told, a narrower range on another one", "192.0.2.61", r"EX1\Relay",
        {"receive": (at("192.0.2.10", RELAY), at("192.0.2.11", replace(RELAY, name="Other")))}, {},
        ("match", "most-specific-range", ())),
    ("the connector is off", "192.0.2.61", r"EX1\Relay",
        {"receive": (FRONTEND, replace(RELAY, enabled=False), HUB)}, {},
        ("mismatch", "not-the-selected-connector", ())),
    ("wrong on every port", "192.0.2.10", r"EX1\Relay", {}, {}, ("mismatch", "not-the-selected-connector", ())),
    ("one port alone", "192.0.2.10", r"EX1\Default EX1", {"receive": (HUB,)}, {},
        ("match", "most-specific-range", ())),
    ("no range holds the client", FOREIGN_HOST, r"EX1\Relay", {"receive": (RELAY,)}, {},
        ("mismatch", "claimed-by-none", ())),
    ("the front end is the client", FOREIGN_HOST, r"EX1\Relay", {"receive": (RELAY,)}, {"smtp_client": "192.0.2.60"},
        ("match", "most-specific-range", ())),
    ("a bare name, and the server beside it", "192.0.2.61", "Relay", {"receive": (RELAY,)}, {},
        ("match", "most-specific-range", ())),
    ("another server's", "192.0.2.61", r"EX2\Relay", {}, {},
        ("undetermined", "config-incomplete", ("connector_definition",))),
    ("no address", "", r"EX1\Relay", {}, {}, ("undetermined", "input-missing", ("connecting_ip",))),
    ("from a mailbox", "", None, {}, {}, ("not_routed", "local-submission", ())),
    ("a report", "", None, {}, {"delivery_status": "DSN"}, ("not_routed", "delivery-report", ())),
    ("no export", "192.0.2.61", r"EX1\Relay", {"receive": None}, {},
        ("no_evidence", "own-server-log", ("receive_connectors",))),
)
# fmt: on


@pytest.mark.parametrize("_, recipient, connector, own, cells, expected", SENT, ids=[case[0] for case in SENT])
def test_what_a_server_sent(
    _: str, recipient: str, connector: str | None, *, own: dict[str, Any], cells: dict[str, Any], expected: object
) -> None:
    """A sending is held against the Send connector that size, scope, space, cost, nearness and name select (6)."""
    assert told(sent(company(**own), recipient, connector, **cells)) == expected


@pytest.mark.parametrize("_, client, connector, own, cells, expected", TAKEN, ids=[case[0] for case in TAKEN])
def test_what_a_server_took_in(
    _: str, client: str, connector: str | None, *, own: dict[str, Any], cells: dict[str, Any], expected: object
) -> None:
    """An arrival is held against the Receive connector with the narrowest range that holds the client (6)."""
    assert told(taken(company(**own), client, connector, **cells)) == expected


def test_what_is_selected_does_not_rest_on_what_is_logged() -> None:
    """The logged connector tells at which port it took the session, never which one the configuration selects (8)."""
    found = taken(company(), "192.0.2.10", r"EX1\Default EX1").inbound

    assert (found.answer.outcome, found.answer.connector) == ("ambiguous", None)
    assert found.candidates == (r"EX1\Default Frontend EX1", r"EX1\Default EX1")


def test_did_the_message_leave_by_the_connector_to_office_365() -> None:
    """Path, both connectors and the reason answer it, and the row says whose connectors they are."""
    found = sent(company(), BOB_ROUTED, "Internet")

    assert (found.path, found.vantage, found.evidence) == ("onpremises>cloud", "own-server", "outbound")
    assert found.outbound.value is not None
    assert found.outbound.value.names == ("Internet",)
    assert found.outbound.answer.connector == "Outbound to Office 365"


def test_connectors_of_office_365_never_answer() -> None:
    """An outbound connector with the logged name and domain neither explains a row nor is compared with it."""
    ours = company(send=(send("Elsewhere", "*"),))

    assert told(sent(ours, JOHN, "To on-premises"))[0] == "undetermined"
    assert told(taken(company(), OUR_SERVER, "From on-premises"))[0] == "undetermined"


@pytest.mark.parametrize(
    "event, ip, recipient, path",
    [
        ("RECEIVE", OUR_SERVER, BOB, "onpremises>cloud"),
        ("RECEIVE", FOREIGN_HOST, JOHN, "unknown>onpremises"),
        ("SENDEXTERNAL", "", SUN, "onpremises>internet"),
        ("SENDEXTERNAL", "", BOB, "onpremises>cloud"),
        ("SENDEXTERNAL", "", "new.hire@contoso.mail.onmicrosoft.com", "onpremises>cloud"),
        ("SENDEXTERNAL", "", BANKER, "onpremises>partner"),
        ("DELIVER", "", JOHN, "onpremises>onpremises"),
    ],
)
def test_only_what_a_server_can_know_is_said(event: str, ip: str, recipient: str, path: str) -> None:
    """Address or directory tell the origin; a mailbox of the server, the directory or the domain the destination."""
    cells = {"event": event, "connecting_ip": ip, "recipient": recipient, "header_from": JOHN, "server": "ex1"}

    assert judged(company(), TRACKING, **cells).path == path


def test_a_delivery_on_the_server_is_local() -> None:
    """No connector takes part in it; where the list has the mailbox in the cloud, the row contradicts the list."""
    here, there = (judged(company(), TRACKING, event="DELIVER", recipient=r, server="ex1") for r in (JOHN, BOB))

    assert told(here) == ("match", "local", ())
    assert (here.contradicted, there.contradicted) == (False, True)


def test_a_log_without_connectors_stays_without_a_verdict() -> None:
    """Postfix and sendmail have no Send connectors: nothing of Exchange's is compared with them."""
    found = judged(company(), POSTFIX, event="SMTP", recipient=SUN, delivery_status="status=sent", header_from=JOHN)

    assert told(found) == ("no_evidence", "own-server-log", ())


def changed(after: timedelta) -> Tenant:
    """Change the connector to Office 365 so long after noon; an earlier export knows it under another space."""
    old, new = send("To Office 365", "fabrikam.com"), send("To Office 365", ROUTING, changed_at=NOON + after)
    plain: dict[str, Any] = {"receive": None, "accepted": OWN_ACCEPTED}
    return tenant(
        snapshot(name="a", since=NOON - timedelta(days=9), own=OwnServers(send=(old, send("All", "*")), **plain)),
        snapshot(name="b", since=NOON + timedelta(days=9), own=OwnServers(send=(new, send("All", "*")), **plain)),
    )


@pytest.mark.parametrize(
    "hours, connector, expected",
    [
        (5, "All", ("match", "catch-all-address-space", ())),
        (0.5, "To Office 365", ("undetermined", "change-window", ("earlier_configuration",))),
        (0.5, "All", ("match", "catch-all-address-space", ())),
        (-5, "To Office 365", ("match", "exact-address-space", ())),
        (-5, "All", ("mismatch", "not-the-selected-connector", ())),
        (5, "To Office 365", ("undetermined", "change-window", ("earlier_configuration",))),
    ],
)
def test_change_windows_hold_for_send_connectors(hours: float, connector: str, expected: object) -> None:
    """Within the grace time, or where the next export explains it, an alarm is withheld; a match stays one (8)."""
    found = sent(changed(timedelta(hours=hours)), BOB_ROUTED, connector)

    assert told(found) == expected
    assert all(label.startswith("Send connector To Office 365, changed") for label in found.changing)


def test_change_windows_hold_for_receive_connectors() -> None:
    """A Receive connector that was changed later is no alarm: nobody exported its earlier ranges (8)."""
    ours = company(receive=(FRONTEND, replace(RELAY, changed_at=NOON + timedelta(hours=2)), HUB))
    found = taken(ours, "192.0.2.61", r"EX1\Default Frontend EX1", local_endpoint="192.0.2.10:25")

    assert told(found) == ("undetermined", "change-window", ("earlier_configuration",))


@pytest.mark.parametrize(
    "changes, reason",
    [
        ({}, "change-window"),
        ({"server": "ex2"}, "not-the-selected-connector"),
        ({"remote_ranges": RELAY.remote_ranges[:0]}, "not-the-selected-connector"),
    ],
)
def test_only_a_receive_connector_that_could_take_the_session_excuses(changes: dict[str, Any], reason: str) -> None:
    """One that was just switched off counts where its ranges hold the client, on the server that logs (8)."""
    other = replace(RELAY, name="Old relay", enabled=False, changed_at=NOON - timedelta(minutes=1), **changes)
    found = taken(company(receive=(FRONTEND, RELAY, HUB, other)), "192.0.2.61", r"EX1\Default Frontend EX1")

    assert found.reason == reason


def test_of_equal_receive_connectors_on_one_address_each_is_right() -> None:
    """Where the log has the local address too, nothing is left that would tell equal connectors apart."""
    ours = company(receive=(RELAY, replace(RELAY, name="Twin")))
    found = taken(ours, "192.0.2.61", r"EX1\Twin", local_endpoint="192.0.2.10:25")

    assert told(found) == ("match", "equal-candidates", ())
    assert found.inbound.candidates == (r"EX1\Relay", r"EX1\Twin")
    alone = taken(company(), "192.0.2.61", r"EX1\Relay", local_endpoint="192.0.2.10:25")
    assert (alone.inbound.answer.outcome, alone.inbound.answer.connector) == ("connector", r"EX1\Relay")


def test_a_message_that_went_although_every_connector_is_too_small_shows_a_gap() -> None:
    """6, 7: the configuration would have refused it, so the export is not the one that was in force."""
    found = sent(company(send=(send("Small", "*", max_message_size=10),)), SUN, "Small", size=1000)

    assert told(found) == ("undetermined", "config-incomplete", ())


def test_a_partner_is_known_by_its_domain() -> None:
    """[partners] names the sender's domain, so the origin of what a server took in."""
    cells = {"event": "RECEIVE", "connecting_ip": FOREIGN_HOST, "recipient": BOB, "header_from": BANKER}

    assert judged(company(), TRACKING, server="ex1", **cells).path == "partner>cloud"


def test_before_every_snapshot_nothing_is_said() -> None:
    """A row older than the first dated export is not judged (8)."""
    ours = tenant(snapshot(since=NOON + timedelta(days=1), own=OwnServers(send=HYBRID_SEND)))

    assert told(sent(ours, SUN, "Internet"))[:2] == ("undetermined", "before-first-snapshot")


def test_without_an_export_a_tracking_log_raises_no_alarm(tmp_path: Path) -> None:
    """Its rows keep the servers' connector names, have no verdict on either side, and say what would tell."""
    found = run([str(EXAMPLE)], tenant(), tmp_path, Options())
    rows = pq.read_table(tmp_path / "messages").to_pandas()

    assert set(rows["verdict"]) == {"no_evidence"}
    assert set(rows["reason"]) == {"own-server-log"}
    assert set(rows["vantage"]) == {"own-server"}
    assert rows[["inbound_verdict", "outbound_verdict", "outbound_outcome", "inbound_outcome"]].isna().all(axis=None)
    assert set(rows["logged_outbound_connector"].dropna()) == {
        "Outbound to Office 365 - 7b0e6f5a-2f3c-4f0d-9a51-6f2f0c1d8e44",
        "To archive",
    }
    assert set(rows["logged_inbound_connector"].dropna()) == {r"EX1\Default EX1"}
    assert found.inputs[0].balanced
    assert "MF401" not in find_all(found.causes, tenant()).column("code").to_pylist()


def test_a_tracking_log_is_rerun(tmp_path: Path) -> None:
    """The rows of the example log, held against the exports of its server."""
    own = OwnServers(
        send=(send("Outbound to Office 365", ROUTING), send("To archive", "example.net"), send("Internet", "*")),
        receive=(HUB,),
        accepted=OWN_ACCEPTED,
    )
    run([str(EXAMPLE)], tenant(own=own), tmp_path, Options())
    rows = pq.read_table(tmp_path / "messages").to_pylist()

    assert [(r["source_row"], r["verdict"], r["reason"]) for r in rows] == [
        (1, "match", "most-specific-range"),
        (3, "match", "exact-address-space"),
        (4, "not_routed", "local-submission"),
        (4, "not_routed", "local-submission"),
        (5, "match", "exact-address-space"),
        (5, "mismatch", "not-the-selected-connector"),
        (8, "match", "exact-address-space"),
        (10, "match", "local"),
    ]


def test_a_folder_of_many_servers_is_read_whole(tmp_path: Path) -> None:
    """Hundreds of hourly files of several servers, one of them of an older version, are one log."""
    new = EXAMPLE.read_bytes()
    old = (EXAMPLE.parent / "exchange-2010.log").read_bytes()
    for server, hour in product(range(4), range(50)):
        folder = tmp_path / "logs" / f"EX{server}"
        folder.mkdir(parents=True, exist_ok=True)
        text = new.replace(b"EX1", b"EX%d" % server).replace(b"06:41", b"%02d:%02d" % divmod(hour, 60))
        (folder / f"MSGTRK2026100506-{hour}.LOG").write_bytes(old if hour == 0 and server == 0 else text)
    (tmp_path / "out").mkdir()
    found = run([str(tmp_path / "logs")], tenant(), tmp_path / "out", Options())

    assert len(found.inputs) == 200
    assert all(book.balanced and not book.rejected for book in found.inputs)
    assert {book.format for book in found.inputs} == {"message-tracking"}
    assert sum(book.rows for book in found.inputs) == 2 + 199 * 10


THROUGH_OFFICE365 = row(
    FROM_OUR_SERVER, recipient=SUN, envelope_sender=JOHN, event="RECEIVE", logged_connector="From on-premises"
)


@pytest.mark.parametrize(
    "send_connectors, stated, verdict",
    [
        (None, None, "match"),
        ((send("Relay", "*", smart_hosts=("contoso-com.mail.protection.outlook.com",)),), None, "match"),
        ((send("Internet", "*"),), None, "ambiguous"),
        ((send("Internet", "*"),), "office365", "match"),
        ((send("Relay", "*", smart_hosts=("contoso-com.mail.protection.outlook.com",)),), "direct", "ambiguous"),
    ],
)
def test_the_send_connector_for_all_says_how_internet_mail_leaves(
    send_connectors: tuple[SendConnector, ...] | None, stated: str | None, verdict: str
) -> None:
    """7.2: the export overrides the default of `onprem_internet_egress`, and not what somebody stated."""
    ours = tenant(own=OwnServers(send=send_connectors))
    if stated is not None:
        ours = replace(ours, settings=ours.settings.ruled_by({"onprem_internet_egress": stated}))

    assert judged(ours, EXTENDED, THROUGH_OFFICE365).verdict == verdict
