"""Mail flow rules that route to a connector: fired, possibly fired, not exported (reference 3.3 step 1, 7.4)."""

from __future__ import annotations

from typing import Any

import pytest

from analyzer.tenant.model import Service
from analyzer.tenant.predicates import Predicate, SenderLocation
from tests.builders import BOB, DAVID, JOHN, SUN, outbound, rule, tenant
from tests.compare.builders import ENHANCED, EXTENDED, FROM_CLOUD, SENT, Row, judged

TO_ONPREMISES = outbound("To on-premises", "contoso.com")
RULED = outbound("Ruled", rule_scoped=True)
BOTH = {"outbound": (TO_ONPREMISES, RULED)}
FROM_BOB = rule("Ruled", senders=(BOB,))

FIRED = [
    # rules, recipient, logged, verdict, reason
    pytest.param((FROM_BOB,), SUN, "Ruled", "match", "rule-routes-to-connector", id="fired"),
    pytest.param((FROM_BOB,), SUN, "", "mismatch", "not-the-selected-connector", id="fired, but by MX"),
    pytest.param((FROM_BOB,), JOHN, "To on-premises", "mismatch", None, id="fired, but by the domain's connector"),
    pytest.param((rule("Ruled", senders=(DAVID,)),), SUN, "Ruled", "misroute", None, id="near: another sender"),
    pytest.param((rule("Ruled", senders=(BOB,), enabled=False),), SUN, "Ruled", "misroute", None, id="near: off"),
    pytest.param((rule("Ruled", recipients=(JOHN,)),), SUN, "Ruled", "misroute", None, id="near: another recipient"),
    pytest.param((rule("Ruled", sender_domains=("contoso.com",)),), SUN, "Ruled", "match", None, id="sender domain"),
    pytest.param((rule("Ruled", recipient_domains=("example.net",)),), SUN, "Ruled", "match", None, id="rcpt domain"),
    pytest.param((rule("To on-premises", senders=(BOB,)),), SUN, "To on-premises", "match", None, id="domain-scoped"),
    pytest.param(
        (rule("Ruled", name="second", priority=1), rule("To on-premises", name="first", priority=0)),
        SUN,
        "To on-premises",
        "match",
        None,
        id="the first by priority decides",
    ),
    # predicates that a log cannot show
    pytest.param(
        (rule("Ruled", unmodelled=("FromScope",)),), SUN, "Ruled", "undetermined", "rule-hit-unknown", id="maybe fired"
    ),
    pytest.param(
        (rule("Ruled", unmodelled=("FromScope",)),), SUN, "", "undetermined", "rule-hit-unknown", id="maybe, by MX"
    ),
    pytest.param(
        (rule("Ruled", senders=(DAVID,), unmodelled=("FromScope",)),), SUN, "", "match", None, id="surely not fired"
    ),
    pytest.param(
        (rule("Ruled", name="a", unmodelled=("FromScope",)), rule("Ruled", name="b", priority=1)),
        SUN,
        "Ruled",
        "match",
        None,
        id="maybe one, surely the next, one connector",
    ),
    # no rules export
    pytest.param(None, SUN, "", "match", None, id="no export: no rule is taken to have fired"),
    pytest.param(None, SUN, "Ruled", "undetermined", "rule-hit-unknown", id="no export, a rule-scoped connector"),
    pytest.param(None, JOHN, "Ruled", "undetermined", "rule-hit-unknown", id="no export, on-premises recipient"),
    pytest.param(None, SUN, "To on-premises", "misroute", None, id="near: no export, a connector chosen by domain"),
    pytest.param((), SUN, "Ruled", "misroute", None, id="near: an export without rules"),
    # a rule whose connector is missing from the export
    pytest.param((rule("Gone"),), SUN, "", "undetermined", "config-incomplete", id="the connector is missing"),
]


@pytest.mark.parametrize("rules, recipient, logged, verdict, reason", FIRED)
def test_a_rule_decides_where_what_the_log_shows_proves_it(
    rules: Any, recipient: str, logged: str, verdict: str, reason: str | None
) -> None:
    """A rule that surely fired decides; one that may have leaves the row open; nothing is guessed."""
    ours = tenant(**BOTH, rules=rules)
    found = judged(ours, ENHANCED, FROM_CLOUD, SENT, recipient=recipient, logged_connector=logged)
    assert found.verdict == verdict
    assert reason in {None, found.reason}


HEADER_OR_ENVELOPE = [
    ({}, "mismatch"),  # the rule looks at the header, and there it is Bob: the rule's connector is due
    ({"location": SenderLocation.ENVELOPE}, "match"),  # MAIL FROM is David's
    ({"location": SenderLocation.EITHER}, "mismatch"),
]


@pytest.mark.parametrize("where, verdict", HEADER_OR_ENVELOPE)
def test_header_and_envelope_sender_are_told_apart(where: dict[str, Any], verdict: str) -> None:
    """A rule looks where SenderAddressLocation says, whichever sender the verdict's origin rests on."""
    ours = tenant(**BOTH, rules=(rule("Ruled", conditions=(Predicate("From", (BOB,), **where),)),))
    cells: Row = {**FROM_CLOUD, "envelope_sender": DAVID, "event": "SEND", "recipient": SUN, "logged_connector": ""}
    assert judged(ours, EXTENDED, cells).verdict == verdict


SIZES = [(10, "match"), (5_000_000, "undetermined"), (9_000_000, "mismatch"), (None, "undetermined")]


@pytest.mark.parametrize("size, verdict", SIZES)
def test_a_rule_on_the_size_decides_where_the_log_proves_it(size: int | None, verdict: str) -> None:
    """Below the limit the rule did not fire, well above it it did, and in between no log shows it."""
    ours = tenant(**BOTH, rules=(rule("Ruled", conditions=(Predicate("MessageSizeOver", ("5000000",)),)),))
    assert judged(ours, ENHANCED, FROM_CLOUD, SENT, recipient=SUN, logged_connector="", size=size).verdict == verdict


def test_a_rule_for_insiders_follows_the_origin_of_the_reading() -> None:
    """FromScope is met by the mail of cloud mailboxes; that of strangers meets its opposite."""
    inside, outside = (
        tenant(**BOTH, rules=(rule("Ruled", conditions=(Predicate("FromScope", (scope,)),)),))
        for scope in ("inorganization", "notinorganization")
    )
    cells: Row = {**FROM_CLOUD, "event": "SEND", "recipient": SUN, "logged_connector": "Ruled"}
    assert judged(inside, EXTENDED, cells).verdict == "match"
    assert judged(outside, EXTENDED, cells).verdict == "misroute"


def test_the_open_conditions_are_named() -> None:
    """A verdict that hangs on a rule says on which rule and which condition; others name none."""
    ours = tenant(**BOTH, rules=(rule("Ruled", unmodelled=("RecipientADAttributeContainsWords",)),))
    hangs = judged(ours, ENHANCED, FROM_CLOUD, SENT, recipient=SUN, logged_connector="Ruled")
    assert (hangs.reason, hangs.open_rules) == ("rule-hit-unknown", ("to Ruled: RecipientADAttributeContainsWords",))
    told = judged(
        ours, EXTENDED, FROM_CLOUD, event="SEND", recipient=SUN, logged_connector="Ruled", routed_by_rule=True
    )
    assert (told.verdict, told.open_rules) == ("match", ())


def test_a_rule_that_stops_hides_those_below_it() -> None:
    """Behind a rule that surely fired and stops processing, the rule's connector is used without its rule."""
    stop = rule("", name="Stop", stops=True, senders=(BOB,))
    ours = tenant(**BOTH, rules=(stop, rule("Ruled", priority=1)))
    assert judged(ours, ENHANCED, FROM_CLOUD, SENT, recipient=SUN, logged_connector="").verdict == "match"
    assert judged(ours, ENHANCED, FROM_CLOUD, SENT, recipient=SUN, logged_connector="Ruled").verdict == "misroute"


def test_a_rule_reaches_a_cloud_mailbox_too() -> None:
    """The connector of a rule that fired is allowed on any path, cloud to cloud included."""
    cells: Row = {**FROM_CLOUD, "event": "SEND", "recipient": DAVID, "logged_connector": "Ruled"}
    assert judged(tenant(**BOTH, rules=(FROM_BOB,)), EXTENDED, cells).verdict == "match"
    assert judged(tenant(**BOTH, rules=(rule("Ruled", senders=(SUN,)),)), EXTENDED, cells).verdict == "misroute"


NAMED_BY_LOG = [
    pytest.param(None, "Ruled", "match", id="no export"),
    pytest.param((), "Ruled", "match", id="the export has no such rule"),
    pytest.param(
        (rule("Ruled", unmodelled=("FromScope",)),), "Ruled", "match", id="the log settles a hidden condition"
    ),
    pytest.param((FROM_BOB,), "To on-premises", "mismatch", id="another connector than the rule's"),
    pytest.param(None, "To on-premises", "undetermined", id="no export: the rule may name any connector"),
]


@pytest.mark.parametrize("rules, logged, verdict", NAMED_BY_LOG)
def test_the_logs_own_mark_of_a_rule_is_believed(rules: Any, logged: str, verdict: str) -> None:
    """RouteMessageUsingConnector says that a rule fired; which one, the rules and the connectors tell."""
    cells: Row = {**FROM_CLOUD, "event": "SEND", "recipient": SUN, "logged_connector": logged, "routed_by_rule": True}
    assert judged(tenant(**BOTH, rules=rules), EXTENDED, cells).verdict == verdict


def test_without_a_rules_export_a_services_rule_connector_is_no_alarm() -> None:
    """A would-be alarm whose V is a rule-scoped connector is undetermined, declared under [services] or not."""
    ours = tenant(**BOTH, rules=None, services=(Service("signatures", connectors=("Ruled",)),))
    found = judged(ours, ENHANCED, FROM_CLOUD, SENT, recipient=JOHN, logged_connector="Ruled")
    assert (found.verdict, found.reason) == ("undetermined", "rule-hit-unknown")
