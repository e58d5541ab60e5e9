"""Random hybrid tenants and rows of Office 365 in which anything may be missing: exports, lists, settings, cells."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

from hypothesis import strategies as st

from analyzer.tenant.model import (
    MailboxPlace,
    Organization,
    Placement,
    Service,
    Settings,
    Snapshot,
    Tenant,
    TransportRule,
)
from tests.builders import CLOUD, ONPREMISES, directory, networks
from tests.compare.builders import ENHANCED, EXTENDED, NOON, SUMMARY, Log, Row, row
from tests.drawn_tenants import (
    ADDRESSES,
    NAMES,
    PERSONS,
    TITLES,
    accepted_domains,
    flags,
    inbound_connectors,
    outbound_connectors,
    policies,
    rarely,
    some,
    transport_rules,
)

Export = TypeVar("Export")

PEOPLE = (*PERSONS[:6], "teams@contoso.onmicrosoft.com", "banker@woodgrovebank.com", "jim@sales.contoso.com")
LIVES = (
    *(CLOUD, CLOUD, ONPREMISES, ONPREMISES, *map(Placement, MailboxPlace)),
    Placement(MailboxPlace.CLOUD, "x@contoso.onmicrosoft.com"),
    *(Placement(MailboxPlace.EXTERNAL, a) for a in ("x@example.org", "x@woodgrovebank.com")),
)


def perhaps(some_export: st.SearchStrategy[Export]) -> st.SearchStrategy[Export | None]:
    """Leave an export out, sometimes."""
    return st.integers(0, 7).flatmap(lambda n: some_export if n else st.none())


@st.composite
def routing_rules(draw: st.DrawFn) -> tuple[TransportRule, ...]:
    """Draw rules, most of which route to some connector of the tenant."""
    lanes = st.sampled_from((*NAMES, "Gone"))
    rules = draw(transport_rules()) if draw(rarely) else ()
    return tuple(replace(r, connector=draw(lanes) if r.connector else "") for r in rules)


SETTINGS = st.builds(
    Settings,
    policy=policies,
    mx_default=st.sampled_from((None, "office365", "office365", "onpremises", "thirdparty")),
    directory_complete=flags,
    onpremises_addresses=st.sampled_from(((), networks("192.0.2.0/28"), networks("192.0.2.0/28"))),
    onpremises_hosts=some(("*.corp.contoso.com",), 1),
    onpremises_certificates=some(("mail.contoso.com", "mail.woodgrovebank.com"), 1),
    onpremises_domains=some(("fabrikam.com",), 1),
    direct_send_addresses=some(PEOPLE[:2], 1),
    partner_domains=some(("woodgrovebank.com",), 1),
    services=st.sampled_from(((), (), (Service("filter", networks("198.51.100.0/24"), ("delta",)),))),
)


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    """Draw the exports of one moment."""
    people = draw(perhaps(st.dictionaries(st.sampled_from(PEOPLE), st.sampled_from(LIVES), min_size=3)))
    return Snapshot(
        outbound=draw(perhaps(outbound_connectors())),
        inbound=draw(perhaps(inbound_connectors())),
        accepted=draw(perhaps(accepted_domains())),
        rules=draw(perhaps(routing_rules())),
        organization=draw(st.sampled_from((None, Organization(), Organization(reject_direct_send=True)))),
        directory=None if people is None else directory(people),
    )


hybrids = st.builds(lambda held, settings: Tenant((held,), settings), snapshots(), SETTINGS)

SENT, ARRIVED = "Receive, Send", "Receive, Deliver"
STATUSES = (
    SENT,
    SENT,
    SENT,
    ARRIVED,
    ARRIVED,
    "Receive, Fail",
    "Delivered",
    "Expanded",
    "Failed",
    "Pending",
    "Receive",
)
CODES = (None, "DSN", "550 5.4.1 Recipient address rejected", "550 5.7.64 TenantAttribution", "250 2.1.5 OK")
EVENTS = ("RECEIVE", "RECEIVE", "SEND", "SEND", "SENDEXTERNAL", "DELIVER", "FAIL")


@st.composite
def office_rows(draw: st.DrawFn, ours: Tenant) -> tuple[Log, Row]:
    """Draw a row of one recipient, in a log that names connectors in one column, event by event or not at all."""
    log = draw(st.sampled_from((EXTENDED, EXTENDED, EXTENDED, ENHANCED, ENHANCED, SUMMARY)))
    held = ours.snapshots[-1]
    outbound, inbound = ([c.name for c in kind or ()] for kind in (held.outbound, held.inbound))
    event = draw(st.sampled_from(EVENTS)) if log is EXTENDED else None
    names = inbound if event == "RECEIVE" else outbound if event else [*inbound, *outbound]
    cell = draw(st.sampled_from([*names, *names, "", "", r"AB1\Default AB1", "Nobody's", None, *NAMES]))
    sender = draw(st.sampled_from((*PEOPLE, *PEOPLE, "<>", None)))
    cells: dict[str, Any] = {
        "event": event,
        "delivery_status": draw(st.sampled_from(CODES if event else STATUSES)),
        "header_from": sender,
        "envelope_sender": draw(st.sampled_from((None, sender, sender, "<>", *PEOPLE[:4]))),
        "recipient": draw(st.sampled_from(PEOPLE)),
        "connecting_ip": draw(st.sampled_from(("", "192.0.2.10", *ADDRESSES))),
        "connecting_host": draw(st.sampled_from((None, None, None, "ex1.corp.contoso.com"))),
        "directionality": draw(st.sampled_from(("inbound", "outbound", "incoming", "originating", "intra-org", None)))
        if log.has_directionality
        else None,
        "logged_connector": None if log is SUMMARY else cell,
        "routed_by_rule": draw(rarely),
        "forwarded": draw(rarely),
        "size": draw(st.sampled_from((None, 10, 2_000, 70_000, 200_000))),
        "subject": draw(st.sampled_from((None, *TITLES))),
    }
    if log is EXTENDED and cell in (inbound if event == "RECEIVE" else outbound) and draw(flags):
        cells["logged_inbound" if event == "RECEIVE" else "logged_outbound"] = cell
    return log, row(cells, received_at=NOON)
