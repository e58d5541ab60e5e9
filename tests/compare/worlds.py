"""Random tenants and random logs, few names in each, so that they meet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from analyzer.moments import microseconds
from analyzer.tenant.model import (
    AcceptedDomain,
    ConnectorType,
    DomainType,
    InboundConnector,
    MailboxPlace,
    Organization,
    OutboundConnector,
    Placement,
    Residence,
    Service,
    Settings,
    Snapshot,
    Tenant,
    TransportRule,
)
from analyzer.tenant.onpremises import SendLog, Sighting
from analyzer.tenant.policy import POLICIES, Policy
from analyzer.tenant.predicates import Predicate, SenderLocation
from tests.builders import directory, networks
from tests.compare.builders import (
    ENHANCED,
    EXTENDED,
    SUMMARY,
    Log,
    Row,
    row,
)

# Small worlds: few names, so that they meet.
OUTBOUND_NAMES, INBOUND_NAMES = ("Out A", "Out B", "Shared"), ("In A", "In B", "Shared")
ADDRESSES = (
    "john@contoso.com",
    "bob@contoso.com",
    "new@contoso.com",
    "jim@sales.contoso.com",
    "pat@fabrikam.com",
    "teams@contoso.onmicrosoft.com",
    "banker@woodgrovebank.com",
    "sun@example.net",
)
PATTERNS = (
    "contoso.com",
    "*.contoso.com",
    "sales.contoso.com",
    "fabrikam.com",
    "*",
    "woodgrovebank.com",
    "example.net",
)
RANGES = ("192.0.2.0/28", "198.51.100.0/24", "203.0.113.9/32", "2001:db8::/32")
IPS = ("", "192.0.2.10", "198.51.100.7", "203.0.113.9", "2001:db8::1", "203.0.113.200")
START = datetime(2024, 1, 1, tzinfo=UTC)
MOMENTS = tuple(START + timedelta(hours=h) for h in range(-48, 24 * 60, 36))

TYPES = st.sampled_from(ConnectorType)
FLAG = st.booleans()
MAYBE = st.sampled_from((None, True, False))
CHANGED = st.sampled_from((None, None, None, *MOMENTS[::8]))


def _mostly(found: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Leave out one export in eight: where everything is unknown, everything is undetermined."""
    return st.integers(0, 7).flatmap(lambda n: found if n else st.none())


def _few(values: Sequence[Any], most: int = 2) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(st.sampled_from(values), max_size=most, unique=True).map(tuple)


def _outbound(name: str) -> st.SearchStrategy[OutboundConnector]:
    return st.builds(
        OutboundConnector,
        st.just(name),
        TYPES,
        enabled=st.sampled_from((True, True, True, False)),
        recipient_domains=_few(PATTERNS),
        all_accepted_domains=FLAG,
        rule_scoped=st.sampled_from((False, False, True)),
        route_all_via_onpremises=st.sampled_from((False, False, True)),
        test_mode=st.sampled_from((False, False, False, True)),
        validated=MAYBE,
        changed_at=CHANGED,
    )


def _inbound(name: str) -> st.SearchStrategy[InboundConnector]:
    return st.builds(
        InboundConnector,
        st.just(name),
        TYPES,
        enabled=st.sampled_from((True, True, True, False)),
        sender_domains=_few(PATTERNS),
        sender_ips=_few(RANGES, 3).map(lambda r: networks(*r)),
        certificate_name=st.sampled_from((None, None, "*.contoso.com", "mail.fabrikam.com")),
        restrict_to_ips=st.sampled_from((False, False, True)),
        restrict_to_certificate=st.sampled_from((False, False, True)),
        associated_accepted_domains=st.sampled_from(((), (), (), ("contoso.com",))),
        trusted_organizations=st.sampled_from(((), (), (), ("fabrikam.onmicrosoft.com",))),
        changed_at=CHANGED,
    )


def _connectors(names: Sequence[str], build: Any) -> st.SearchStrategy[Any]:
    chosen = st.lists(st.sampled_from(names), unique=True, min_size=1, max_size=3)
    return _mostly(chosen.flatmap(lambda found: st.tuples(*(build(n) for n in found))))


PREDICATES = (
    *(Predicate("From", (address,), location) for address in ADDRESSES[:3] for location in SenderLocation),
    Predicate("SenderDomainIs", ("contoso.com", "example.net")),
    Predicate("FromAddressContainsWords", ("contoso", "@example.net")),
    Predicate("FromAddressMatchesPatterns", ("^(john|sun)@", "(unread")),
    *(Predicate("FromScope", ("inorganization",), location) for location in SenderLocation),
    Predicate("FromScope", ("notinorganization",)),
    Predicate("SubjectContainsWords", ("offer", "price list")),
    Predicate("SubjectMatchesPatterns", ("^re:",)),
    Predicate("SentTo", ADDRESSES[:2]),
    Predicate("RecipientDomainIs", ("contoso.com",)),
    Predicate("RecipientAddressContainsWords", ("sales",)),
    Predicate("AnyOfRecipientAddressMatchesPatterns", (r"\.net$",)),
    *(Predicate("SentToScope", (s,)) for s in ("inorganization", "notinorganization", "externalpartner")),
    Predicate("SenderIpRanges", ("192.0.2.0/28", "2001:db8::/32")),
    Predicate("MessageSizeOver", ("1000000",)),
    Predicate("MessageSizeOver", ("1030000",)),
)
RULES = st.lists(
    st.builds(
        TransportRule,
        st.sampled_from(("rule 1", "rule 2", "rule 3")),
        st.sampled_from((*OUTBOUND_NAMES, "Gone", "")),
        enabled=FLAG,
        priority=st.integers(0, 2),
        conditions=_few(PREDICATES, 2),
        exceptions=_few(PREDICATES, 1),
        unmodelled=_few(("SCLOver",), 1),
        stops=FLAG,
    ),
    max_size=3,
    unique_by=lambda r: r.name,
).map(tuple)
PLAIN_DOMAINS = (AcceptedDomain("contoso.com"), AcceptedDomain("contoso.onmicrosoft.com"))
PLACEMENTS = st.builds(
    Placement, st.sampled_from(MailboxPlace), st.sampled_from((None, None, "x@example.net", "x@contoso.com"))
)
MOVED = st.builds(
    lambda at, before, after: Residence(
        (before, Placement(MailboxPlace.MOVING), after), (microseconds(at), microseconds(at + timedelta(hours=30)))
    ),
    st.sampled_from(MOMENTS),
    PLACEMENTS,
    PLACEMENTS,
)
LIVES = PLACEMENTS | MOVED
ACCEPTED = st.just(PLAIN_DOMAINS) | st.lists(
    st.builds(
        AcceptedDomain,
        st.sampled_from(("contoso.com", "sales.contoso.com", "fabrikam.com", "contoso.onmicrosoft.com")),
        st.sampled_from(DomainType),
        FLAG,
    ),
    max_size=4,
    unique_by=lambda a: a.domain,
).map(tuple)
POLICY = st.builds(Policy, **{p.name: st.sampled_from(p.values) for p in POLICIES})
SETTINGS = st.builds(
    Settings,
    policy=POLICY,
    mx_default=st.sampled_from((None, "office365", "onpremises", "thirdparty")),
    directory_complete=FLAG,
    onpremises_addresses=_few(RANGES, 1).map(lambda r: networks(*r)),
    onpremises_hosts=_few(("*.corp.contoso.com",), 1),
    onpremises_certificates=_few(("mail.contoso.com", "mail.fabrikam.com"), 1),
    onpremises_domains=_few(("fabrikam.com",), 1),
    direct_send_addresses=_few(ADDRESSES, 1),
    partner_domains=_few(("woodgrovebank.com",), 1),
    services=_few((Service("filter", networks("198.51.100.0/24"), ("Out B",)),), 1),
)


SIGHTINGS = st.lists(
    st.builds(
        lambda name, a, b: Sighting((name,), min(a, b), max(a, b)),
        st.sampled_from(("mail.contoso.com", "mail.fabrikam.com", "mx.example.org")),
        st.sampled_from(MOMENTS),
        st.sampled_from(MOMENTS),
    ),
    max_size=2,
    unique_by=lambda seen: seen.names,
).map(tuple)


# Without exports of the own servers the logs say which there are: one, or two of which one is silent at times.
SEND_LOGS = st.lists(
    st.builds(
        lambda name, a, b: SendLog(name, min(a, b), max(a, b)),
        st.sampled_from(("ex1", "ex2")),
        st.sampled_from(MOMENTS),
        st.sampled_from(MOMENTS),
    ),
    max_size=2,
    unique_by=lambda log: log.server,
).map(tuple)


@st.composite
def tenants(draw: st.DrawFn) -> Tenant:
    """Draw a tenant: connectors of all kinds, a list of recipients, policies, dated snapshots."""
    dates = draw(st.sampled_from(((None,), (START,), (START, START + timedelta(days=20)))))
    snapshots = tuple(
        Snapshot(
            f"snapshot {number}",
            since,
            outbound=draw(_connectors(OUTBOUND_NAMES, _outbound)),
            inbound=draw(_connectors(INBOUND_NAMES, _inbound)),
            accepted=draw(_mostly(ACCEPTED)),
            rules=draw(_mostly(RULES)),
            organization=draw(st.sampled_from((None, Organization(), Organization(reject_direct_send=True)))),
            directory=draw(_mostly(st.dictionaries(st.sampled_from(ADDRESSES), LIVES, min_size=4).map(directory))),
        )
        for number, since in enumerate(dates)
    )
    return Tenant(snapshots, draw(SETTINGS), sightings=draw(SIGHTINGS), send_logs=draw(SEND_LOGS))


CELLS = (*OUTBOUND_NAMES, *INBOUND_NAMES, "AB1\\Default AB1", "Nobody's", "", "", "", None, "out a")
SENT = "Receive, Send"
STATUSES = (SENT, SENT, SENT, "Receive, Deliver", "Receive, Fail", "Delivered", "Receive, Expand", "Failed", None)
EVENTS = ("RECEIVE", "SEND", "SENDEXTERNAL", "DELIVER", "FAIL")
SENDERS = (*ADDRESSES, "<>", None)


@st.composite
def log_rows(draw: st.DrawFn, log: Log) -> list[Row]:
    """Draw one log row with one recipient or several."""
    shared: dict[str, Any] = {
        "received_at": draw(st.sampled_from(MOMENTS)),
        "header_from": draw(st.sampled_from(SENDERS)),
        "envelope_sender": draw(st.sampled_from((None, *SENDERS))),
        "connecting_ip": draw(st.sampled_from(IPS)),
        "connecting_host": draw(st.sampled_from((None, "ex1.corp.contoso.com"))),
        "directionality": draw(st.sampled_from(("inbound", "outbound", None))) if log.has_directionality else None,
        "logged_connector": draw(st.sampled_from(CELLS)) if log is not SUMMARY else None,
        "routed_by_rule": draw(st.sampled_from((False, False, False, True))),
        "forwarded": draw(st.sampled_from((False, False, False, True))),
        "size": draw(st.sampled_from((None, 0, 999_999, 1_000_000, 1_065_536, 1_065_537, 2_000_000))),
        "subject": draw(st.sampled_from((None, "", "Re: Offer", "Price\r\nlist", "Invoice", "offer " * 50))),
    }
    if log is EXTENDED:
        shared |= {
            "event": draw(st.sampled_from(EVENTS)),
            "logged_inbound": draw(st.sampled_from((*[None] * 6, *INBOUND_NAMES))),
            "logged_outbound": draw(st.sampled_from((*[None] * 6, "Out A", "Out A| Out B"))),
        }
    several = st.lists(st.sampled_from(ADDRESSES), min_size=1, max_size=1 if log is SUMMARY else 4)
    return [row(shared, recipient=r, delivery_status=draw(st.sampled_from(STATUSES))) for r in draw(several)]


@st.composite
def logs(draw: st.DrawFn) -> tuple[Log, list[Row]]:
    """Draw a log: rows of one format in any order, each recipient with its log row's number."""
    log = draw(st.sampled_from((SUMMARY, ENHANCED, EXTENDED)))
    drawn = draw(st.lists(log_rows(log), min_size=1, max_size=10))
    return log, [{**r, "source_row": number} for number, rows in enumerate(drawn, 1) for r in rows]
