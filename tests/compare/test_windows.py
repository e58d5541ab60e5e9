"""Alarms inside a change window are withheld, agreement still counts (reference 8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from analyzer.compare.judgement import SideJudgement
from analyzer.compare.observation import Observed
from analyzer.compare.sides import Verdict
from analyzer.compare.windows import EARLIER, unknown
from analyzer.moments import microseconds
from analyzer.selection.decision import Answer, Outcome
from analyzer.tenant.model import MailboxPlace, Placement, RemoteDomain, Residence
from analyzer.tenant.onpremises import AddressSpace, SendConnector
from analyzer.tenant.versions import Change, Listed, What
from tests.builders import (
    BOB,
    CLOUD,
    FOREIGN_HOST,
    JOHN,
    JULIE,
    SUN,
    accepted,
    directory,
    inbound,
    networks,
    outbound,
    rule,
    snapshot,
    tenant,
)
from tests.compare.builders import (
    DELIVERED,
    ENHANCED,
    EXTENDED,
    FROM_CLOUD,
    FROM_OUR_SERVER,
    NOON,
    SENT,
    SUMMARY,
    OneByOne,
    Row,
    judged,
    row,
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


@pytest.mark.parametrize(
    "kind, changed",
    [
        ("remote", RemoteDomain("Contoso", "contoso.com")),
        ("send", SendConnector("To on-premises", (AddressSpace("contoso.com"),))),
    ],
)
def test_what_selects_no_cloud_connector_excuses_nothing(kind: str, changed: Listed) -> None:
    """Remote domains and the own servers' connectors are no part of an answer of Office 365 (5, 6)."""
    path = OneByOne(tenant(), ENHANCED)
    change = Change(kind, What.CHANGED, None, changed, NOON, NOON, None, NOON + DAY)
    seen = replace(path.observe(row(BY_MX)), changing=(change,))
    assert path.judge(seen, NOON).verdict == "misroute"


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

T0, T1 = NOON - 30 * DAY, NOON - 5 * DAY
CHANGE = NOON - 10 * DAY
LANE = outbound("To on-premises", "contoso.com", changed_at=T0 - DAY)


def _two(before: Any, after: Any, kind: str = "outbound", **settings: Any) -> Any:
    """Build a tenant of two dated snapshots that differ in one kind."""
    shots = (("before", T0, before), ("after", T1, after))
    return tenant(*(snapshot(name=n, since=t, **{kind: v}) for n, t, v in shots), **settings)


CREATED = _two((), (replace(LANE, created_at=CHANGE, changed_at=CHANGE),))
RENAMED = _two((LANE,), (replace(LANE, name="New lane", changed_at=CHANGE),))
OFF = _two((LANE,), (replace(LANE, enabled=False, changed_at=CHANGE),))
TURNED_ON = _two((replace(LANE, enabled=False),), (replace(LANE, changed_at=CHANGE),))
REMOVED = _two((LANE,), ())
MOVED = _two((LANE,), (replace(LANE, recipient_domains=("fabrikam.com",), changed_at=CHANGE),))

DATED = [
    # tenant, the row's time, connector logged, verdict
    pytest.param(CREATED, -20 * DAY, "", "unrouted", id="not created yet: no connector"),
    pytest.param(CREATED, -10 * DAY - 30 * MINUTE, "", "undetermined", id="about to be created"),
    pytest.param(CREATED, -10 * DAY + 30 * MINUTE, "", "undetermined", id="just created"),
    pytest.param(CREATED, -10 * DAY + 30 * MINUTE, "To on-premises", "match", id="just created, and in use"),
    pytest.param(CREATED, -9 * DAY, "", "misroute", id="created, though the next export is days off"),
    pytest.param(CREATED, -4 * DAY, "", "misroute", id="by the later snapshot: past its connector"),
    pytest.param(CREATED, -4 * DAY, "To on-premises", "match", id="by the later snapshot"),
    pytest.param(RENAMED, -11 * DAY, "To on-premises", "match", id="the old name, before"),
    pytest.param(RENAMED, -9 * DAY, "New lane", "match", id="the new name, after"),
    pytest.param(RENAMED, -11 * DAY, "New lane", "undetermined", id="the new name, before: renamed already"),
    pytest.param(RENAMED, -11 * DAY, "", "misroute", id="no name at all: no settings explain that"),
    pytest.param(CREATED, -11 * DAY, "To on-premises", "mismatch", id="nothing is older than its creation"),
    pytest.param(TURNED_ON, -11 * DAY, "To on-premises", "undetermined", id="in use before its date: on already"),
    pytest.param(RENAMED, -9 * DAY, "To on-premises", "mismatch", id="the old name, after"),
    pytest.param(OFF, -11 * DAY, "", "misroute", id="past a connector that was still on"),
    pytest.param(OFF, -9 * DAY, "", "unrouted", id="past one that was off by then"),
    pytest.param(OFF, -10 * DAY, "", "undetermined", id="while it was turned off"),
    pytest.param(REMOVED, -29 * DAY, "", "undetermined", id="removed one day, nobody knows which"),
    pytest.param(REMOVED, -29 * DAY, "To on-premises", "match", id="not removed yet: the log shows it"),
    pytest.param(REMOVED, -5 * DAY + 30 * MINUTE, "", "undetermined", id="removed perhaps just before the export"),
    pytest.param(REMOVED, -4 * DAY, "", "unrouted", id="removed for sure"),
    pytest.param(MOVED, -11 * DAY, "", "misroute", id="past the domain it still had"),
    pytest.param(MOVED, -9 * DAY, "", "unrouted", id="its domain is gone"),
]


@pytest.mark.parametrize("ours, at, logged, verdict", DATED)
def test_a_row_is_judged_by_the_configuration_of_its_time(ours: Any, at: timedelta, logged: str, verdict: str) -> None:
    """A later export tells when its settings came; only the grace around that, or what nothing tells, stays open."""
    found = judged(ours, ENHANCED, BY_MX, received_at=NOON + at, logged_connector=logged)
    assert found.verdict == verdict
    assert (found.reason == "change-window") is bool(found.changing) is (verdict == "undetermined")


def test_a_withheld_row_names_what_was_changing() -> None:
    """The administrator reads which object it was, what became of it and when."""
    found = judged(OFF, ENHANCED, BY_MX, received_at=CHANGE)
    assert found.changing == ("outbound connector To on-premises, turned off 2024-04-21 12:00 UTC",)
    assert found.missing == ("earlier_configuration",)


CONTOSO = accepted("contoso.com", "contoso.onmicrosoft.com")
OTHER_KINDS = [
    # kind, before and after, what the log shows, verdict inside the open interval
    pytest.param("rules", (), (rule("Other"),), {}, "undetermined", id="a rule that may have fired"),
    pytest.param("rules", (), (rule("Other", senders=(JULIE,)),), {}, "misroute", id="a rule for other senders"),
    pytest.param(
        "rules", (), (rule("Other", recipient_domains=("fabrikam.com",)),), {}, "misroute", id="for other domains"
    ),
    pytest.param("accepted", CONTOSO[1:], CONTOSO, {}, "undetermined", id="the recipient's domain"),
    pytest.param(
        "accepted", CONTOSO, (*CONTOSO, *accepted("fabrikam.com")), {}, "misroute", id="a domain of nobody here"
    ),
]


@pytest.mark.parametrize("kind, before, after, cells, verdict", OTHER_KINDS)
def test_rules_and_accepted_domains_have_windows(kind: str, before: Any, after: Any, cells: Row, verdict: str) -> None:
    """Where nothing tells when one was created, it concerns the rows between the exports that it could alter."""
    assert judged(_two(before, after, kind), ENHANCED, BY_MX, cells, received_at=NOON - 20 * DAY).verdict == verdict


# --------------------------------------------------------------------------- older than every snapshot

EARLY = [
    # what the log shows, verdict by the first snapshot if that may stand in
    pytest.param(BY_MX, ENHANCED, "misroute", id="an alarm"),
    pytest.param(BY_CONNECTOR, ENHANCED, "match", id="a match"),
    pytest.param({**FROM_CLOUD, **DELIVERED, "recipient": BOB, "logged_connector": ""}, ENHANCED, "match", id="local"),
    pytest.param(ARRIVED, ENHANCED, "unrouted", id="an arrival"),
]


@pytest.mark.parametrize("cells, log, verdict", EARLY)
def test_a_row_older_than_every_snapshot_is_judged_only_if_told(cells: Row, log: Any, verdict: str) -> None:
    """Nobody exported what held then: no answer, no policy, no verdict; unless the first snapshot may stand in."""
    early: Row = {"received_at": T0 - DAY}
    steady = outbound("To on-premises", "contoso.com")
    found = judged(_two((steady,), (steady,)), log, cells, early)
    assert (found.verdict, found.reason, found.missing) == (
        "undetermined",
        "before-first-snapshot",
        ("earlier_configuration",),
    )
    assert (found.outbound.answer.connector, found.policies) == (None, ())
    assert judged(_two((steady,), (steady,), judge_earlier=True), log, cells, early).verdict == verdict


def test_what_needs_no_configuration_is_said_of_early_rows_too() -> None:
    """A log without connectors is no evidence, and a row that stands for no decision stays that."""
    ours, early = _two((), ()), {"received_at": T0 - DAY}
    to_the_internet: Row = {**FROM_CLOUD, "recipient": SUN, "delivery_status": "Delivered"}
    assert judged(ours, SUMMARY, to_the_internet, early).verdict == "no_evidence"
    assert judged(ours, ENHANCED, BY_MX, early, delivery_status="Receive, Expand").verdict == "not_routed"


def test_the_flag_does_not_outrank_the_services_own_dates() -> None:
    """Before its WhenChangedUTC a connector had other settings, whatever the first snapshot may stand for."""
    ours = _two((LANE,), (LANE,), judge_earlier=True)
    assert judged(ours, ENHANCED, BY_MX, received_at=T0 - 2 * DAY).reason == "change-window"
    assert judged(ours, ENHANCED, BY_MX, received_at=T0 - MINUTE).verdict == "misroute"


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


BY_X = Answer(Outcome.CONNECTOR, "X", "exact-domain")
LOGGED = Observed(("Y",))


@pytest.mark.parametrize(
    "side, left",
    [
        pytest.param(SideJudgement(), SideJudgement(), id="no part"),
        pytest.param(
            SideJudgement(Verdict.NO_EVIDENCE, "no-connector-evidence", BY_X, policies=("a=b",), bears_out=("a=b",)),
            SideJudgement(Verdict.NO_EVIDENCE, "no-connector-evidence"),
            id="nothing logged",
        ),
        pytest.param(
            SideJudgement(Verdict.MATCH, "exact-domain", BY_X, LOGGED, policies=("a=b",), candidates=("X", "Y")),
            SideJudgement(Verdict.UNDETERMINED, "before-first-snapshot", value=LOGGED, missing=EARLIER),
            id="a connector logged",
        ),
    ],
)
def test_of_an_unknown_configuration_only_the_log_is_left(side: SideJudgement, left: SideJudgement) -> None:
    """Nobody exported what was in force, so no answer, policy or candidate of a later export is kept (8)."""
    assert unknown(side) == left
