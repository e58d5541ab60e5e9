"""Alarms inside a change window are withheld, agreement still counts (reference 8)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from analyzer.moments import microseconds
from analyzer.tenant.model import MailboxPlace, Placement, Residence
from tests.builders import BOB, CLOUD, FOREIGN_HOST, JOHN, SUN, directory, inbound, networks, outbound, snapshot, tenant
from tests.compare.builders import (
    DELIVERED,
    ENHANCED,
    EXTENDED,
    FROM_CLOUD,
    FROM_OUR_SERVER,
    NOON,
    SENT,
    Row,
    judged,
)

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
BY_MX: Row = {**FROM_CLOUD, **SENT, "recipient": JOHN, "logged_connector": ""}
BY_CONNECTOR: Row = {**BY_MX, "logged_connector": "To on-premises"}


def _changed(at: timedelta, **changes: Any) -> Any:
    """Build the tenant whose outbound connector was changed at noon plus `at`."""
    return tenant(outbound=(outbound("To on-premises", "contoso.com", changed_at=NOON + at, **changes),))


WINDOW = [
    # when the connector changed, seen from the row
    pytest.param(-61 * MINUTE, BY_MX, "misroute", id="long before the row"),
    pytest.param(-60 * MINUTE, BY_MX, "undetermined", id="an hour before the row"),
    pytest.param(-MINUTE, BY_MX, "undetermined", id="just before the row"),
    pytest.param(30 * MINUTE, BY_MX, "undetermined", id="just after the row"),
    pytest.param(30 * DAY, BY_MX, "undetermined", id="long after the row: nobody knows the earlier settings"),
    pytest.param(-MINUTE, BY_CONNECTOR, "match", id="agreement counts, after the change"),
    pytest.param(30 * DAY, BY_CONNECTOR, "match", id="agreement counts, before the change"),
]


@pytest.mark.parametrize("at, cells, verdict", WINDOW)
def test_an_alarm_inside_the_window_is_withheld(at: timedelta, cells: Row, verdict: str) -> None:
    """Within change_grace of a change, and before the change of an only export, an alarm is undetermined."""
    found = judged(_changed(at), ENHANCED, cells)
    assert found.verdict == verdict
    assert (found.reason == "change-window") is (verdict == "undetermined")


def test_the_grace_is_the_tenants_own() -> None:
    """change_grace widens or narrows the window."""
    lane = (outbound("To on-premises", "contoso.com", changed_at=NOON - 30 * MINUTE),)
    for minutes, verdict in ((20, "misroute"), (40, "undetermined")):
        ours = tenant(outbound=lane, change_grace=timedelta(minutes=minutes))
        assert judged(ours, ENHANCED, BY_MX).verdict == verdict


RECENT = NOON - MINUTE
CONCERNED = [
    # the other connector beside the (unchanged) selected one, and what the log names
    pytest.param(outbound("Other", "fabrikam.com", changed_at=RECENT), "", "misroute", id="unrelated domain"),
    pytest.param(outbound("Other", "*", changed_at=RECENT), "", "undetermined", id="a catch-all could alter it"),
    pytest.param(
        outbound("Other", "*.contoso.com", changed_at=RECENT, enabled=False), "", "undetermined", id="just switched off"
    ),
    pytest.param(outbound("Other", "fabrikam.com", changed_at=RECENT), "Other", "undetermined", id="the logged one"),
    pytest.param(
        outbound("Other", all_accepted_domains=True, changed_at=RECENT), "", "undetermined", id="all accepted"
    ),
    pytest.param(outbound("Other", route_all_via_onpremises=True, changed_at=RECENT), "", "undetermined", id="CMT"),
]


@pytest.mark.parametrize("other, logged, verdict", CONCERNED)
def test_only_a_connector_that_could_alter_the_answer_opens_a_window(other: Any, logged: str, verdict: str) -> None:
    """A change elsewhere in the configuration excuses nothing."""
    ours = tenant(outbound=(outbound("To on-premises", "contoso.com"), other))
    assert judged(ours, ENHANCED, {**BY_MX, "logged_connector": logged}).verdict == verdict


ARRIVED: Row = {**FROM_OUR_SERVER, **DELIVERED, "recipient": BOB, "logged_connector": ""}
OURS = networks("192.0.2.0/28")

ARRIVALS = [
    pytest.param((inbound("In", sender_ips=OURS, changed_at=RECENT),), "undetermined", id="lists the address"),
    pytest.param(
        (inbound("In", sender_ips=OURS, changed_at=RECENT, enabled=False),), "undetermined", id="just switched off"
    ),
    pytest.param(
        (inbound("In", certificate_name="*.contoso.com", changed_at=RECENT),), "undetermined", id="by certificate"
    ),
    pytest.param(
        (inbound("In", sender_ips=networks("198.51.100.0/24"), changed_at=RECENT),), "unrouted", id="unrelated address"
    ),
    pytest.param((inbound("In", "fabrikam.com", changed_at=RECENT),), "unrouted", id="unrelated partner"),
    pytest.param((inbound("In", sender_ips=OURS, changed_at=NOON - DAY),), "unrouted", id="changed long ago"),
]


@pytest.mark.parametrize("connectors, verdict", ARRIVALS)
def test_the_inbound_side_has_its_window_too(connectors: Any, verdict: str) -> None:
    """An unattributed source is withheld while an inbound connector that could attribute it was changing."""
    assert judged(tenant(inbound=connectors), ENHANCED, ARRIVED).verdict == verdict


def test_a_window_of_one_side_leaves_the_other_alone() -> None:
    """A changing inbound connector does not excuse the way out."""
    ours = tenant(inbound=(inbound("From on-premises", sender_ips=OURS, changed_at=RECENT),))
    cells: Row = {**FROM_OUR_SERVER, "event": "SEND", "recipient": JOHN, "logged_connector": ""}
    assert judged(ours, EXTENDED, cells).verdict == "misroute"


# --------------------------------------------------------------------------- dated snapshots

BEFORE = snapshot(name="before", since=NOON - 30 * DAY, outbound=())
LANE = outbound("To on-premises", "contoso.com", changed_at=NOON - 10 * DAY)
AFTER = snapshot(name="after", since=NOON - 5 * DAY, outbound=(LANE,))

DATED = [
    pytest.param(-40 * DAY, "", "undetermined", id="older than every snapshot"),
    pytest.param(-20 * DAY, "", "unrouted", id="by the earlier snapshot: no connector"),
    pytest.param(-10 * DAY + 30 * MINUTE, "", "undetermined", id="just changed, the next snapshot tells"),
    pytest.param(-10 * DAY - 30 * MINUTE, "", "undetermined", id="about to change"),
    pytest.param(-10 * DAY + 30 * MINUTE, "To on-premises", "undetermined", id="the new connector, not exported yet"),
    pytest.param(-4 * DAY, "", "misroute", id="by the later snapshot: past its connector"),
    pytest.param(-4 * DAY, "To on-premises", "match", id="by the later snapshot"),
]


@pytest.mark.parametrize("at, logged, verdict", DATED)
def test_a_row_is_judged_by_the_snapshot_of_its_time(at: timedelta, logged: str, verdict: str) -> None:
    """An earlier snapshot tells the earlier settings, so that only the change itself opens a window."""
    found = judged(tenant(BEFORE, AFTER), ENHANCED, BY_MX, received_at=NOON + at, logged_connector=logged)
    assert found.verdict == verdict


def test_mail_to_the_internet_is_untouched_by_an_onpremises_connectors_window() -> None:
    """The window belongs to the recipients whose answer the connector could alter."""
    cells: Row = {**FROM_CLOUD, **SENT, "recipient": SUN, "logged_connector": "Lane"}
    lanes = (outbound("To on-premises", "contoso.com", changed_at=RECENT), outbound("Lane", "fabrikam.com"))
    assert judged(tenant(outbound=lanes), ENHANCED, cells).verdict == "misroute"


def _moved(places: tuple[MailboxPlace, MailboxPlace], **changes: Any) -> Any:
    """Build the tenant whose John changed sides at noon, with an hour of grace."""
    edges = (microseconds(NOON - 60 * MINUTE), microseconds(NOON + 60 * MINUTE))
    before, after = (Placement(place) for place in places)
    life = Residence((before, Placement(MailboxPlace.MOVING), after), edges)
    return tenant(directory=directory({JOHN: life, BOB: CLOUD}), **changes)


ONBOARDING = (MailboxPlace.ONPREMISES, MailboxPlace.CLOUD)
MOVED = [
    # when the row was logged, seen from the move, and what it shows
    pytest.param(-2 * 60 * MINUTE, {}, BY_CONNECTOR, "match", id="before: to our servers"),
    pytest.param(2 * 60 * MINUTE, {**DELIVERED}, {**BY_MX}, "match", id="after: delivered locally"),
    pytest.param(-2 * 60 * MINUTE, {}, BY_MX, "misroute", id="before: sent by MX"),
    pytest.param(0 * MINUTE, {"delivery_status": "Delivered"}, BY_MX, "undetermined", id="during: perhaps by MX"),
    pytest.param(0 * MINUTE, {**DELIVERED}, BY_MX, "match", id="during: delivered is delivered"),
    pytest.param(0 * MINUTE, {}, BY_CONNECTOR, "match", id="during: a Send by the connector"),
]


@pytest.mark.parametrize("at, more, cells, verdict", MOVED)
def test_a_recipient_is_judged_by_where_the_mailbox_lived_that_day(
    at: timedelta, more: Row, cells: Row, verdict: str
) -> None:
    """Before the move our servers, after it the cloud, and in between nothing is guessed."""
    found = judged(_moved(ONBOARDING), ENHANCED, cells, more, received_at=NOON + at)
    assert found.verdict == verdict
    assert (found.reason == "mailbox-moving") is (verdict == "undetermined")


SENT_BY_JOHN: Row = {"header_from": JOHN, "connecting_ip": FOREIGN_HOST, "directionality": "outbound", **SENT}


@pytest.mark.parametrize(
    "hours, origin", [(-2, "onpremises"), (0, None), (2, "cloud")], ids=["before", "during", "after"]
)
def test_a_sender_is_judged_by_where_the_mailbox_lived_that_day(hours: int, origin: str | None) -> None:
    """Mail that leaves for the internet comes from the cloud once its sender's mailbox is there."""
    cells = {**SENT_BY_JOHN, "recipient": SUN, "logged_connector": ""}
    found = judged(_moved(ONBOARDING), ENHANCED, cells, received_at=NOON + hours * 60 * MINUTE)
    assert found.origin == origin
