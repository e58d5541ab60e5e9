"""The verdicts of each side and the headline over both (reference 8)."""

from __future__ import annotations

from typing import Any

import pytest

from analyzer.tenant.model import ConnectorType, DomainType, Service
from tests.builders import (
    BANKER,
    BOB,
    DAVID,
    FOREIGN_HOST,
    JOHN,
    OUR_SERVER,
    SUN,
    accepted,
    directory,
    inbound,
    networks,
    outbound,
    rule,
    tenant,
)
from tests.compare.builders import (
    DELIVERED,
    ENHANCED,
    EXTENDED,
    FAILED,
    FROM_CLOUD,
    FROM_INTERNET,
    FROM_OUR_SERVER,
    SENT,
    SUMMARY,
    Log,
    Row,
    judged,
    sides,
)

PARTNER = ConnectorType.PARTNER
TO_FABRIKAM = outbound("To Fabrikam", "fabrikam.com")
TO_ONPREMISES = outbound("To on-premises", "contoso.com")
TO_BANK = outbound("To the bank", "woodgrovebank.com", type=PARTNER)
FROM_BANK = inbound("From the bank", "woodgrovebank.com")
FROM_ONPREMISES = inbound("From on-premises", sender_ips=networks("192.0.2.0/28"))
CMT = outbound("CMT", "*", route_all_via_onpremises=True)
SPLIT = {"outbound": (TO_ONPREMISES, TO_FABRIKAM, TO_BANK), "inbound": (FROM_ONPREMISES, FROM_BANK)}
NO_OUTBOUND: dict[str, Any] = {"outbound": ()}

FROM_PARTNER = {"header_from": BANKER, "connecting_ip": FOREIGN_HOST, "directionality": "inbound"}

# tenant, log, row, recipient, logged name, verdict of the side and of the row, reason
OUTBOUND = [
    # match: E and V known, V = E
    pytest.param(SPLIT, ENHANCED, (FROM_CLOUD, SENT), JOHN, "To on-premises", "match", "exact-domain", id="connector"),
    pytest.param(SPLIT, ENHANCED, (FROM_CLOUD, SENT), SUN, "", "match", "no-connector-matches", id="by MX"),
    pytest.param(SPLIT, ENHANCED, (FROM_CLOUD, SENT), BANKER, "To the bank", "match", "exact-domain", id="partner"),
    # mismatch: V differs from E on a path that section 2 allows
    pytest.param(
        SPLIT,
        ENHANCED,
        (FROM_CLOUD, SENT),
        JOHN,
        "To Fabrikam",
        "mismatch",
        "not-the-selected-connector",
        id="another connector of the right type",
    ),
    pytest.param(
        SPLIT, ENHANCED, (FROM_CLOUD, SENT), BANKER, "", "mismatch", "not-the-selected-connector", id="partner by MX"
    ),
    # misroute: the path is not one that section 2 allows
    pytest.param(
        SPLIT, ENHANCED, (FROM_CLOUD, SENT), JOHN, "", "misroute", "onprem-recipient-by-mx", id="on-premises by MX"
    ),
    pytest.param(
        SPLIT,
        ENHANCED,
        (FROM_CLOUD, SENT),
        SUN,
        "To on-premises",
        "misroute",
        "internet-mail-through-connector",
        id="internet mail through an OnPremises connector",
    ),
    pytest.param(
        SPLIT,
        ENHANCED,
        (FROM_CLOUD, SENT),
        JOHN,
        "To the bank",
        "misroute",
        "path-not-allowed",
        id="on-premises mail through a Partner connector that nobody selected",
    ),
    pytest.param(
        SPLIT,
        EXTENDED,
        (FROM_CLOUD, {"event": "DELIVER"}),
        BOB,
        "To on-premises",
        "misroute",
        "local-mail-through-connector",
        id="cloud to cloud through a connector without a rule",
    ),
    pytest.param(
        {"outbound": (CMT,)}, ENHANCED, (FROM_CLOUD, SENT), SUN, "", "misroute", "connector-bypassed", id="past CMT"
    ),
    pytest.param({"outbound": (CMT,)}, ENHANCED, (FROM_CLOUD, SENT), SUN, "CMT", "match", None, id="by CMT"),
    # A Partner connector that the configuration selects is allowed where none or O stands (section 2).
    pytest.param(
        {"outbound": (outbound("Filter", "*", type=PARTNER),)},
        ENHANCED,
        (FROM_CLOUD, SENT),
        SUN,
        "Filter",
        "match",
        "catch-all-domain",
        id="a Partner catch-all for internet mail",
    ),
    pytest.param(
        {"outbound": (outbound("Filter", "*", type=PARTNER),)},
        ENHANCED,
        (FROM_CLOUD, SENT),
        JOHN,
        "Filter",
        "match",
        "catch-all-domain",
        id="a Partner catch-all for on-premises mail",
    ),
    # An OnPremises catch-all that is selected for internet mail: V = E, but the path is not allowed.
    pytest.param(
        {"outbound": (outbound("All", "*"),)},
        ENHANCED,
        (FROM_CLOUD, SENT),
        SUN,
        "All",
        "misroute",
        "path-not-allowed",
        id="the selected connector on a path that is not allowed",
    ),
    # unrouted (a): on-premises recipient, E = none, V = none or unknown
    pytest.param(
        NO_OUTBOUND, ENHANCED, (FROM_CLOUD, SENT), JOHN, "", "unrouted", "onprem-recipient-unrouted", id="(a), V none"
    ),
    pytest.param(
        NO_OUTBOUND,
        ENHANCED,
        (FROM_CLOUD, SENT),
        JOHN,
        None,
        "unrouted",
        "onprem-recipient-unrouted",
        id="(a), V unknown",
    ),
    pytest.param(
        NO_OUTBOUND,
        SUMMARY,
        (FROM_CLOUD, {"delivery_status": "Delivered"}),
        JOHN,
        None,
        "unrouted",
        "onprem-recipient-unrouted",
        id="(a), from a summary",
    ),
    pytest.param(
        NO_OUTBOUND,
        SUMMARY,
        (FROM_CLOUD, {"delivery_status": "Failed"}),
        JOHN,
        None,
        "unrouted",
        "onprem-recipient-unrouted",
        id="(a), from a failure",
    ),
    # V is a connector while E = none: a mismatch, not unrouted.
    pytest.param(
        {"outbound": (TO_FABRIKAM,)},
        ENHANCED,
        (FROM_CLOUD, SENT),
        JOHN,
        "To Fabrikam",
        "mismatch",
        "not-by-mx",
        id="near (a): V is a connector",
    ),
    # V unknown gives no evidence.
    pytest.param(SPLIT, ENHANCED, (FROM_CLOUD, SENT), JOHN, None, "no_evidence", None, id="no cell"),
    pytest.param(SPLIT, SUMMARY, (FROM_CLOUD,), JOHN, None, "no_evidence", None, id="format without connectors"),
    # undetermined: the path is not in the table
    pytest.param(
        SPLIT, EXTENDED, (FROM_INTERNET, {"event": "SEND"}), BANKER, "", "undetermined", "path-not-modelled", id="path"
    ),
]


@pytest.mark.parametrize("changes, log, parts, recipient, logged, verdict, reason", OUTBOUND)
def test_the_way_out_is_judged_by_answer_and_path(
    changes: dict[str, Any],
    log: Log,
    parts: tuple[Row, ...],
    recipient: str,
    logged: str | None,
    verdict: str,
    reason: str | None,
) -> None:
    """Each verdict of the outbound side follows its definition, and here it is the headline too."""
    found = judged(tenant(**changes), log, *parts, recipient=recipient, logged_connector=logged)
    assert (found.outbound.verdict, found.verdict) == (verdict, verdict)
    assert reason in {None, found.reason}


HEADLINES = [
    # the first of unrouted > misroute > mismatch > ambiguous > undetermined > match > no_evidence
    pytest.param(
        {},
        {**FROM_OUR_SERVER, **SENT, "recipient": JOHN, "logged_inbound": "From on-premises", "logged_outbound": None},
        ("match", "no_evidence"),
        "match",
        id="match over no_evidence",
    ),
    pytest.param(
        NO_OUTBOUND,
        {**FROM_OUR_SERVER, **SENT, "recipient": JOHN, "logged_inbound": "From on-premises"},
        ("match", "unrouted"),
        "unrouted",
        id="unrouted over match",
    ),
    pytest.param(
        NO_OUTBOUND,
        {**FROM_PARTNER, **SENT, "recipient": JOHN, "logged_connector": "Nobody's"},
        ("undetermined", "undetermined"),
        "undetermined",
        id="undetermined on both",
    ),
]


@pytest.mark.parametrize("changes, cells, both, headline", HEADLINES)
def test_the_headline_is_the_gravest_side(
    changes: dict[str, Any], cells: Row, both: tuple[str, str], headline: str
) -> None:
    """One row has one headline: the gravest verdict over the sides that take part."""
    found = judged(tenant(**changes), ENHANCED, cells)
    assert (sides(found), found.verdict) == (both, headline)


@pytest.mark.parametrize("log, headline", [(ENHANCED, "match"), (EXTENDED, "match"), (SUMMARY, "no_evidence")])
def test_a_row_on_which_no_side_takes_part_is_local(log: Log, headline: str) -> None:
    """Cloud to cloud, delivered locally, is a match where the format names connectors, else no evidence."""
    event = "DELIVER" if log is EXTENDED else None
    found = judged(tenant(), log, FROM_CLOUD, DELIVERED, event=event, recipient=DAVID, logged_connector="")
    assert (sides(found), found.verdict) == ((None, None), headline)


def test_v_none_agrees_with_local() -> None:
    """A delivery event without a connector bears a local delivery out."""
    found = judged(tenant(), EXTENDED, FROM_CLOUD, event="DELIVER", recipient=DAVID, logged_connector="")
    assert (found.verdict, found.reason) == ("match", "local")


def test_a_declared_services_connector_is_allowed_on_any_path() -> None:
    """A connector under [services] is no misroute; that another one was selected stays a mismatch."""
    hop = Service("signatures", connectors=("Signatures",))
    changes = {"outbound": (TO_ONPREMISES, outbound("Signatures", "fabrikam.com")), "services": (hop,)}
    cells = {**FROM_CLOUD, **SENT, "recipient": SUN, "logged_connector": "Signatures"}
    assert judged(tenant(**changes), ENHANCED, cells).verdict == "mismatch"
    assert judged(tenant(**{**changes, "services": ()}), ENHANCED, cells).verdict == "misroute"


@pytest.mark.parametrize(
    "mx, verdict",
    [
        pytest.param("office365", "misroute", id="no such way in"),
        pytest.param("onpremises", "match", id="the documented way: on-premises, then I, local"),
    ],
)
def test_internet_mail_may_come_through_our_servers_where_the_mx_points_there(mx: str, verdict: str) -> None:
    """With the MX on-premises, internet mail arrives through an OnPremises connector (section 2, last column)."""
    # The address is the connector's own but not under [onpremises] addresses, so the sender tells the origin.
    ours = tenant(mx_default=mx, inbound=(inbound("From on-premises", sender_ips=networks("203.0.113.0/24")),))
    cells = {**FROM_INTERNET, **DELIVERED, "envelope_sender": SUN, "recipient": BOB}
    assert judged(ours, ENHANCED, cells, logged_connector="From on-premises").verdict == verdict


REFUSED = {"directory_complete": True}
NEWCOMER = "new@contoso.com"
RELAY = {"header_from": SUN, "envelope_sender": SUN, "connecting_ip": OUR_SERVER, "directionality": "inbound"}

REJECTS = [
    pytest.param(REFUSED, ENHANCED, (FROM_INTERNET, FAILED), NEWCOMER, "match", "rejected-as-expected", id="failed"),
    pytest.param(
        REFUSED,
        EXTENDED,
        (FROM_INTERNET, {"event": "FAIL", "delivery_status": "550 5.1.10"}),
        NEWCOMER,
        "match",
        "rejected-as-expected",
        id="failure event",
    ),
    pytest.param(
        REFUSED,
        SUMMARY,
        (FROM_INTERNET, {"delivery_status": "Failed"}),
        NEWCOMER,
        "match",
        "rejected-as-expected",
        id="summary",
    ),
    pytest.param({}, ENHANCED, (FROM_INTERNET, FAILED), NEWCOMER, "not_routed", None, id="near: the list may lack it"),
    pytest.param(REFUSED, ENHANCED, (FROM_INTERNET, DELIVERED), NEWCOMER, "match", "default-inbound", id="delivered"),
    # 4.3: nobody attributes the relay, and no tenant owns the recipient's domain.
    pytest.param(
        {"inbound": ()}, ENHANCED, (RELAY, FAILED), "erin@example.org", "match", "rejected-as-expected", id="relay"
    ),
]


@pytest.mark.parametrize("changes, log, parts, recipient, verdict, reason", REJECTS)
def test_a_refusal_is_compared_with_the_failure(
    changes: dict[str, Any], log: Log, parts: tuple[Row, ...], recipient: str, verdict: str, reason: str | None
) -> None:
    """With E = reject, V is the failure; a delivered message was not rejected."""
    found = judged(tenant(**changes), log, *parts, recipient=recipient, logged_connector="")
    assert found.verdict == verdict
    assert reason in {None, found.reason}


def test_an_unattributed_relay_that_was_delivered_was_not_rejected() -> None:
    """A message that arrived cannot confirm a refusal, and the disagreement is no alarm."""
    ours = tenant(inbound=())
    found = judged(ours, EXTENDED, RELAY, event="RECEIVE", recipient="erin@example.org", logged_connector="")
    assert found.verdict in {"undetermined", "unrouted"}
    assert found.inbound.reason != "rejected-as-expected"


INTERNAL_RELAY = {
    "accepted": accepted("contoso.com", type=DomainType.INTERNAL_RELAY),
    "outbound": (),
    "directory": directory({}),
    "directory_complete": True,
}


def test_internal_relay_without_a_connector_is_unrouted() -> None:
    """Oracle case 18: an address of an InternalRelay domain that no list holds needs a connector."""
    found = judged(tenant(**INTERNAL_RELAY), ENHANCED, FROM_CLOUD, SENT, recipient=JOHN, logged_connector="")
    assert (found.verdict, found.outbound.policies) == ("unrouted", ("internal_relay_fallback=unrouted",))


def test_a_rule_that_points_nowhere_shown_is_no_alarm() -> None:
    """A rule whose connector is missing from the export is an export gap (7.4): undetermined, never a mismatch."""
    ours = tenant(rules=(rule("Gone"),))
    found = judged(ours, ENHANCED, FROM_CLOUD, SENT, recipient=SUN, logged_connector="")
    assert (found.verdict, found.reason, found.missing) == (
        "undetermined",
        "config-incomplete",
        ("outbound_connectors",),
    )
