"""Rows of own servers' logs against the second engine: exports that are absent, changes, inputs that no row has."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from hypothesis import event, given
from hypothesis import strategies as st

from analyzer.pipeline.engine import Engine
from analyzer.tenant.model import AcceptedDomain, DomainType, MailboxPlace, OwnServers, Placement, Snapshot, Tenant
from analyzer.tenant.onpremises import AddressSpace, ReceiveConnector, SendConnector
from tests.builders import BANKER, BOB, CLOUD, JOHN, ONPREMISES, SUN, accepted, directory, settings
from tests.compare.builders import NOON, POSTFIX, TRACKING, Log, OneByOne, Row, row
from tests.drawn_servers import CLIENTS, RANGES, ROUTING, receive_connectors, send_connectors
from tests.drawn_tenants import NAMES, flags, rarely
from tests.pipeline.test_equality import vectorised
from tests.reference.own_rows import OwnTime, judge_own_row
from tests.reference.own_seen import OwnRow
from tests.reference.own_servers import LOCAL
from tests.two_engines.cases import CASES

Export = TypeVar("Export")
Connector = TypeVar("Connector", SendConnector, ReceiveConnector)

HOP = "Intra-Organization SMTP Send Connector"
PEOPLE = (BOB, JOHN, SUN, BANKER, f"bob@{ROUTING}", "x@sales.contoso.com", "x@fabrikam.com")
LIVES = (
    *(CLOUD, CLOUD, ONPREMISES, *map(Placement, MailboxPlace)),
    *(Placement(MailboxPlace.CLOUD, f"bob@{ROUTING}"), Placement(MailboxPlace.EXTERNAL, SUN)),
    Placement(MailboxPlace.EXTERNAL, BANKER),
)
CLOUD_DOMAINS = (*accepted("contoso.com", "contoso.onmicrosoft.com"), AcceptedDomain(ROUTING))
RELAYED = AcceptedDomain("sales.contoso.com", DomainType.INTERNAL_RELAY, match_subdomains=True)
OWN_DOMAINS = (AcceptedDomain("contoso.com"), AcceptedDomain("*.contoso.com", DomainType.INTERNAL_RELAY))
DAY = timedelta(days=1)
WORDS = (
    *(None, None, "250 2.1.5 OK", "DSN", "journal", "550 4.4.7 QUEUE.Expired; message expired"),
    *("550 5.3.4 ROUTING.SizeLimit", "5.2.3", "[{LED=550 5.4.4 no route};{MSG=4.4.7}]", "550 5.7.64 Relay", "x"),
)
POSTFIX_WORDS = ("status=sent (250 2.0.0 Ok)", "status=sent (delivered to mailbox)", "status=bounced (550 5.1.1)")


def perhaps(some: st.SearchStrategy[Export]) -> st.SearchStrategy[Export | None]:
    """Leave an export out, sometimes."""
    return rarely.flatmap(lambda none: st.none() if none else some)


@st.composite
def dated(draw: st.DrawFn, some: st.SearchStrategy[tuple[Connector, ...] | None]) -> tuple[Connector, ...] | None:
    """Let each connector have been changed a while ago, or at no known time."""
    changed = st.sampled_from((None, None, NOON, NOON - DAY))
    found = draw(some)
    return None if found is None else tuple(replace(c, changed_at=draw(changed)) for c in found)


@st.composite
def exports(draw: st.DrawFn) -> OwnServers:
    """Draw what the servers' shell exported."""
    send = draw(dated(perhaps(send_connectors(one_server_each=True))))
    receive = draw(dated(perhaps(receive_connectors())))
    return OwnServers(send, receive, draw(st.sampled_from((None, OWN_DOMAINS, OWN_DOMAINS[:1], OWN_DOMAINS[1:]))))


@st.composite
def later(draw: st.DrawFn, before: OwnServers) -> OwnServers:
    """Draw what the same connectors became: turned off, opened to everybody, or only touched."""
    after = st.sampled_from((None, NOON, NOON - DAY))
    everybody = (AddressSpace("*"),)
    send = (
        replace(
            c,
            changed_at=draw(after),
            enabled=draw(flags),
            address_spaces=everybody if draw(flags) else c.address_spaces,
        )
        for c in before.send or ()
    )
    receive = (
        replace(
            c, changed_at=draw(after), enabled=draw(flags), remote_ranges=RANGES if draw(flags) else c.remote_ranges
        )
        for c in before.receive or ()
    )
    return replace(before, send=tuple(send), receive=tuple(receive))


@st.composite
def companies(draw: st.DrawFn, *, changing: bool = False) -> Tenant:
    """Draw the exports of one moment, or of two; `changing`: of two that hold the same connectors."""
    people = draw(perhaps(st.dictionaries(st.sampled_from(PEOPLE[:5]), st.sampled_from(LIVES))))
    plain = Snapshot(
        accepted=draw(st.sampled_from((CLOUD_DOMAINS, (*CLOUD_DOMAINS, RELAYED), None))),
        directory=None if people is None else directory(people),
        own=draw(exports()),
    )
    ours = settings(onpremises_domains=("fabrikam.com",) if draw(flags) else (), directory_complete=draw(flags))
    if not changing and draw(flags):
        return Tenant((plain,), ours)
    first = replace(plain, name="first", since=NOON - 2 * DAY)
    then = draw(later(first.own) if changing else exports())
    return Tenant((first, replace(plain, name="second", since=NOON + DAY, own=then)), ours)


@st.composite
def server_rows(draw: st.DrawFn, log: Log) -> Row:
    """Draw a row of a log of one of the servers."""
    event = draw(st.sampled_from(("RECEIVE", "RECEIVE", "SEND", "SENDEXTERNAL", "FAIL", "DELIVER", "DEFER", None)))
    arrival = event == "RECEIVE"
    name = draw(st.sampled_from((None, HOP, "Nobody's", *NAMES)))
    written = draw(st.sampled_from(("{}", "{}", "{} - 7b0e6f5a-2f3c-4f0d-9a51-6f2f0c1d8e44", " {}"))).format(name)
    into = draw(st.sampled_from((r"EX1\{}", r"EX1\{}", r"ex1.contoso.com\{}", r"EX2\{}", "{}"))).format(name)
    blank = draw(st.sampled_from(("", "", None)))
    return row(
        received_at=NOON + timedelta(hours=draw(st.integers(-60, 30))),
        event=event,
        recipient=draw(st.sampled_from(PEOPLE)),
        header_from=draw(st.sampled_from((JOHN, BOB, SUN, BANKER, "<>", None))),
        delivery_status=draw(st.sampled_from(POSTFIX_WORDS if log is POSTFIX else WORDS)),
        logged_connector=blank if name is None else (into if arrival else written),
        logged_inbound=into if arrival and name else None,
        logged_outbound=written if name and not arrival else None,
        size=draw(st.sampled_from((None, 1, 100, 150, 10**9))),
        connecting_ip=draw(st.sampled_from(("", *CLIENTS))),
        smtp_client=draw(st.sampled_from((None, "", *CLIENTS))),
        local_endpoint=draw(st.sampled_from((None, None, *(f"{a}:{p}" for a in LOCAL for p in (25, 2525))))),
        server=draw(st.sampled_from((None, "ex1", "ex1", "ex1", "ex2"))),
    )


LOGS = st.sampled_from((TRACKING, TRACKING, TRACKING, POSTFIX))


@CASES
@given(companies(), LOGS.flatmap(lambda log: st.tuples(st.just(log), server_rows(log))))
def test_a_row_of_an_own_server_has_the_same_verdict(ours: Tenant, drawn: tuple[Log, Row]) -> None:
    """Both engines and the vectorised path judge sendings, arrivals, failures and deliveries alike (6, 8)."""
    _agree(ours, *drawn)


@CASES
@given(companies(changing=True), server_rows(TRACKING), st.integers(-47, 3))
def test_a_row_has_the_same_verdict_while_connectors_change(ours: Tenant, cells: Row, hours: int) -> None:
    """Both engines withhold the same alarms around a change, and those that the next export explains (8)."""
    _agree(ours, TRACKING, {**cells, "received_at": NOON + timedelta(hours=hours)})


def _agree(ours: Tenant, log: Log, cells: Row) -> None:
    path = OneByOne(ours, log)
    (found,) = path.log_row([cells])
    assert vectorised(Engine(ours), log, [cells]) == [found]

    timeline = path.timeline
    epoch = timeline.epoch_at(cells["received_at"])

    def under(number: int) -> OwnRow:
        held = timeline.configurations
        return OwnRow(cells, held[number], held, ours.settings, names_connectors=log is TRACKING)

    later = None if epoch.perhaps is None else under(epoch.perhaps)
    told = judge_own_row(under(epoch.configuration), OwnTime(epoch.changing, epoch.early, epoch.pending, later))
    event(f"{cells['event']}: {found.verdict}")

    assert (found.inbound.verdict, found.outbound.verdict, found.verdict) == (
        told.inbound,
        told.outbound,
        told.headline,
    )
