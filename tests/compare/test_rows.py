"""Rows of every kind: events, several recipients in one row, and rows that stand for no decision."""

from __future__ import annotations

from typing import Any

import pytest

from analyzer.tenant.model import MailboxPlace, Placement
from tests.builders import BOB, CLOUD, DAVID, JOHN, JULIE, ONPREMISES, SUN, directory, outbound, tenant
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
    judged_together,
    sides,
)

# -------------------------------------------------------------------------------- event rows

NONE = {"logged_connector": ""}
DEFAULT = {"logged_connector": "AB1\\Default AB1"}
LANE = {"logged_outbound": "To on-premises"}
EVENTS = [
    pytest.param(FROM_OUR_SERVER, {"event": "RECEIVE", "logged_inbound": "From on-premises"}, ("match", None), id="in"),
    pytest.param(FROM_OUR_SERVER, {"event": "RECEIVE", **NONE}, ("unrouted", None), id="in, blank"),
    pytest.param(FROM_OUR_SERVER, {"event": "RECEIVE", **DEFAULT}, ("unrouted", None), id="in by default"),
    pytest.param(FROM_OUR_SERVER, {"event": "RECEIVE"}, ("no_evidence", None), id="in, no cell"),
    pytest.param(FROM_CLOUD, {"event": "RECEIVE", **NONE}, (None, None), id="in, from the cloud"),
    pytest.param(FROM_CLOUD, {"event": "SEND", **LANE}, (None, "match"), id="out"),
    pytest.param(FROM_CLOUD, {"event": "SENDEXTERNAL", **NONE}, (None, "misroute"), id="out by MX"),
    pytest.param(FROM_OUR_SERVER, {"event": "SEND", **LANE}, (None, "match"), id="out, not from the cloud"),
    pytest.param(FROM_CLOUD, {"event": "FAIL", **NONE}, (None, "no_evidence"), id="failure, never sent"),
    pytest.param(FROM_CLOUD, {"event": "FAIL", **LANE}, (None, "match"), id="failure of a connector"),
]


@pytest.mark.parametrize("source, cells, both", EVENTS)
def test_an_event_is_judged_on_the_side_it_speaks_of(
    source: Row, cells: Row, both: tuple[str | None, str | None]
) -> None:
    """In event logs only the event's own side takes part in the row."""
    assert sides(judged(tenant(), EXTENDED, source, cells, recipient=JOHN)) == both


def test_a_delivery_is_local() -> None:
    """DELIVER speaks of the outbound side, which takes no part in a local delivery."""
    found = judged(tenant(), EXTENDED, FROM_OUR_SERVER, NONE, event="DELIVER", recipient=BOB)
    assert (sides(found), found.verdict, found.reason) == ((None, None), "match", "local")


# ----------------------------------------------------------------------- several recipients

FORKED = {"outbound": (outbound("To on-premises", "contoso.com"), outbound("To Fabrikam", "fabrikam.com"))}
PAT = "pat@fabrikam.com"  # on-premises, by another connector
PLACES = directory({JOHN: ONPREMISES, JULIE: ONPREMISES, PAT: ONPREMISES, BOB: CLOUD, DAVID: CLOUD})
S, D, F = "Receive, Send", "Receive, Deliver", "Receive, Fail"

TOGETHER = [
    # shared cells, recipient -> status, recipient -> verdicts of (inbound, outbound)
    pytest.param(
        {**FROM_OUR_SERVER, "logged_connector": "From on-premises"},
        {BOB: D, JOHN: S},
        {BOB: ("match", None), JOHN: ("match", "no_evidence")},
        id="an inbound name concerns all",
    ),
    pytest.param(
        {**FROM_CLOUD, "logged_connector": "To on-premises"},
        {JOHN: S, JULIE: S},
        {JOHN: (None, "match"), JULIE: (None, "match")},
        id="an outbound name, one answer",
    ),
    pytest.param(
        {**FROM_CLOUD, "logged_connector": "To Fabrikam"},
        {JOHN: S, JULIE: S},
        {JOHN: (None, "mismatch"), JULIE: (None, "mismatch")},
        id="an outbound name, one answer, wrong",
    ),
    pytest.param(
        {**FROM_CLOUD, "logged_connector": "To on-premises"},
        {JOHN: S, PAT: S},
        {JOHN: (None, "undetermined"), PAT: (None, "undetermined")},
        id="an outbound name, two answers",
    ),
    pytest.param(
        {**FROM_CLOUD, "logged_connector": "To on-premises"},
        {JOHN: S, PAT: F, DAVID: D},
        {JOHN: (None, "match"), PAT: (None, "no_evidence"), DAVID: (None, None)},
        id="an outbound name concerns only those with a Send",
    ),
    pytest.param(
        {**FROM_CLOUD, "logged_connector": ""},
        {SUN: S, "erin@example.org": S},
        {SUN: (None, "match"), "erin@example.org": (None, "match")},
        id="an empty cell, one answer",
    ),
    pytest.param(
        {**FROM_CLOUD, "logged_connector": ""},
        {SUN: S, JOHN: S},
        {SUN: (None, "undetermined"), JOHN: (None, "undetermined")},
        id="an empty cell, two answers",
    ),
    pytest.param(
        {**FROM_CLOUD, "logged_connector": ""},
        {SUN: S, DAVID: D},
        {SUN: (None, "match"), DAVID: (None, None)},
        id="an empty cell and a local copy",
    ),
    pytest.param(
        {**FROM_OUR_SERVER, "logged_connector": ""},
        {BOB: D, JOHN: S},
        {BOB: ("no_evidence", None), JOHN: ("no_evidence", "no_evidence")},
        id="an empty cell says nothing of those without a Send",
    ),
    pytest.param(
        {**FROM_OUR_SERVER, "logged_connector": "AB1\\Default AB1"},
        {BOB: D, JOHN: S},
        {BOB: ("unrouted", None), JOHN: ("unrouted", "no_evidence")},
        id="the default connector concerns all",
    ),
]


@pytest.mark.parametrize("shared, statuses, verdicts", TOGETHER)
def test_one_cell_speaks_of_several_recipients(
    shared: Row, statuses: dict[str, str], verdicts: dict[str, tuple[str | None, str | None]]
) -> None:
    """An inbound name concerns all; an outbound name or a blank those with a Send, if these have one answer."""
    found = judged_together(tenant(**FORKED, directory=PLACES), shared, statuses)
    assert {r: sides(j) for r, j in found.items()} == verdicts


def test_recipients_with_different_answers_say_so() -> None:
    """The row names several recipients as the reason, and what would be needed."""
    shared = {**FROM_CLOUD, "logged_connector": "To on-premises"}
    found = judged_together(tenant(**FORKED, directory=PLACES), shared, {JOHN: S, PAT: S})
    assert {(j.reason, j.missing) for j in found.values()} == {("several-recipients", ("connector_of_recipient",))}


def test_a_recipient_that_no_connector_covers_is_unrouted_beside_others_too() -> None:
    """Unrouted (a) needs no observed connector, so a shared cell cannot hide it."""
    lanes = {"outbound": (outbound("To Fabrikam", "fabrikam.com"),)}
    found = judged_together(
        tenant(**lanes, directory=PLACES), {**FROM_CLOUD, "logged_connector": ""}, {JOHN: S, PAT: S}
    )
    assert (found[JOHN].verdict, found[PAT].verdict) == ("unrouted", "undetermined")


# ------------------------------------------------------------------------------- not routed

GROUP = "all@contoso.com"
WITH_GROUP = directory({GROUP: Placement(MailboxPlace.GROUP), BOB: CLOUD, JOHN: ONPREMISES})

IDLE = [
    pytest.param(ENHANCED, {"delivery_status": "Receive, Expand"}, GROUP, "group-expansion", id="expansion"),
    pytest.param(SUMMARY, {"delivery_status": "Expanded"}, GROUP, "group-expansion", id="expansion in a summary"),
    pytest.param(ENHANCED, {"delivery_status": "Receive"}, JOHN, "pending", id="received, nothing since"),
    pytest.param(SUMMARY, {"delivery_status": "GettingStatus"}, JOHN, "pending", id="getting status"),
    pytest.param(SUMMARY, {"delivery_status": "Pending"}, JOHN, "pending", id="pending"),
    pytest.param(SUMMARY, {"delivery_status": "Quarantined"}, JOHN, "quarantined", id="quarantined"),
    pytest.param(SUMMARY, {"delivery_status": "FilteredAsSpam"}, JOHN, "quarantined", id="spam"),
    pytest.param(ENHANCED, {"delivery_status": "Receive, Drop"}, JOHN, "dropped", id="dropped"),
    pytest.param(EXTENDED, {"event": "RECEIVE", "delivery_status": "DSN"}, JOHN, "delivery-report", id="report"),
    pytest.param(EXTENDED, {"event": "RECEIVE", "delivery_status": "JOURNAL"}, JOHN, "journal-copy", id="journal"),
    pytest.param(ENHANCED, FAILED, JOHN, "failed-before-routing", id="failure without a Send"),
    pytest.param(EXTENDED, {"event": "FAIL"}, JOHN, "failed-before-routing", id="failure event"),
]


@pytest.mark.parametrize("log, cells, recipient, reason", IDLE)
def test_a_row_that_stands_for_no_decision_is_not_routed(log: Log, cells: Row, recipient: str, reason: str) -> None:
    """Expansions, pending, quarantined and dropped copies, reports and early failures are counted by kind."""
    found = judged(tenant(directory=WITH_GROUP), log, FROM_CLOUD, cells, recipient=recipient, logged_connector="")
    assert (found.verdict, found.reason) == ("not_routed", reason)


@pytest.mark.parametrize(
    "changes, cells, verdict",
    [
        pytest.param({"outbound": ()}, FAILED, "unrouted", id="unrouted (a) is still judged"),
        pytest.param({}, {"delivery_status": "Receive, Send, Fail"}, "misroute", id="near: a failure after a Send"),
        pytest.param({}, SENT, "misroute", id="near: sent"),
    ],
)
def test_what_a_failure_still_shows_is_judged(changes: dict[str, Any], cells: Row, verdict: str) -> None:
    """A failure without a Send shows an on-premises recipient that no connector covers, and nothing else."""
    found = judged(tenant(**changes), ENHANCED, FROM_CLOUD, cells, recipient=JOHN, logged_connector="")
    assert (found.verdict, found.failed) == (verdict, cells is not SENT)


def test_the_arrival_of_a_message_for_a_group_is_judged() -> None:
    """A RECEIVE row is an arrival, not an expansion: the inbound side is judged for a group as for anybody."""
    found = judged(
        tenant(directory=WITH_GROUP), EXTENDED, FROM_OUR_SERVER, event="RECEIVE", recipient=GROUP, logged_connector=""
    )
    assert found.verdict == "unrouted"


def test_a_copy_that_may_be_a_forward_is_not_accused_of_passing_centralized_transport() -> None:
    """Beside a Deliver recipient a copy to the internet is possibly a forward (7.2, cmt_forwarded): undetermined."""
    cmt = outbound("CMT", "*", route_all_via_onpremises=True)
    found = judged_together(tenant(outbound=(cmt,)), {**FROM_CLOUD, "logged_connector": ""}, {DAVID: D, SUN: S})
    assert found[SUN].verdict == "undetermined"
    assert "forwarded" in found[SUN].missing


def test_a_marked_forward_is_exempt_from_centralized_transport() -> None:
    """The log's own mark of a redirected copy settles what a row with several recipients leaves open."""
    cmt = outbound("CMT", "*", route_all_via_onpremises=True)
    cells = {**FROM_CLOUD, "event": "SEND", "recipient": SUN, "logged_connector": ""}
    assert judged(tenant(outbound=(cmt,)), EXTENDED, cells, forwarded=True).verdict == "match"
    assert judged(tenant(outbound=(cmt,)), EXTENDED, cells).verdict == "misroute"


def test_a_delivered_copy_contradicts_nothing_it_does_not_speak_of() -> None:
    """A local delivery of internet mail by the default connector is a match on its one side."""
    found = judged(tenant(), ENHANCED, FROM_INTERNET, DELIVERED, recipient=BOB, logged_connector="")
    assert (sides(found), found.verdict) == (("match", None), "match")
