"""One side of a row of an own server's log as a whole: verdict, answer, what is logged, candidates, what is missing."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import pytest

from analyzer.compare.judgement import SideJudgement
from analyzer.compare.observation import NO_CONNECTOR, Observed
from analyzer.compare.sides import Verdict
from analyzer.selection.decision import Answer, Outcome
from analyzer.tenant.onpremises import Binding
from tests.builders import FOREIGN_HOST, SUN
from tests.compare.test_own_server import DENIED, FRONTEND, HUB, RELAY, company, receive, send, sent, taken

ALL = "catch-all-address-space"
FAR: dict[str, Any] = {"source_servers": ("ex2",)}
FARTHER: dict[str, Any] = {"source_servers": ("ex3",)}
SMALL = send("a", "*", max_message_size=10)
OPEN = (send("a", "*", **FAR), send("b", "*", **FARTHER), send("c", "fabrikam.com"))
FAILURE: dict[str, Any] = {"event": "FAIL", "size": 11}
TOO_LARGE = Answer(Outcome.REJECT, reason="too-large-for-every-connector")
NOWHERE = Answer(Outcome.NONE, reason="unreachable-queue")
UNTOLD = Answer(Outcome.UNDETERMINED)


def by(name: str, reason: str = ALL) -> Answer:
    """Answer with one connector."""
    return Answer(Outcome.CONNECTOR, name, reason)


def named(*names: str) -> Observed:
    """Name connectors as the log does."""
    return Observed(names)


def silent(answer: Answer, value: Observed | None = None) -> SideJudgement:
    """Say nothing of a side."""
    return SideJudgement(Verdict.NO_EVIDENCE, "no-connector-evidence", answer, value)


def alarm(answer: Answer, value: Observed | None, **more: Any) -> SideJudgement:
    """Hold another connector than the selected one against it."""
    return SideJudgement(Verdict.MISMATCH, "not-the-selected-connector", answer, value, **more)


# fmt: off
LEFT: tuple[tuple[str, tuple[Any, ...], str | None, dict[str, Any], SideJudgement], ...] = (
    ("the selected one", (send("a", "*"),), "a", {}, SideJudgement(Verdict.MATCH, ALL, by("a"), named("a"))),
    ("another one", (send("a", "*"), send("b", "*;9")), "b", {}, alarm(by("a"), named("b"))),
    ("none, though one is selected", (send("a", "*"),), None, {}, alarm(by("a"), NO_CONNECTOR)),
    ("6, 5: the nearest", (send("a", "*", **FAR), send("b", "*")), "b", {},
        SideJudgement(Verdict.MATCH, ALL, by("b"), named("b"))),
    ("a name in no export", (send("a", "*"),), "Old", {}, SideJudgement(
        Verdict.UNDETERMINED, "config-incomplete", UNTOLD, Observed(strange="Old"), ("connector_definition",))),
    ("6, 4: one of two that may be selected", OPEN, "a", {}, SideJudgement(
        Verdict.UNDETERMINED, "input-missing", Answer(Outcome.UNDETERMINED, reason=ALL, candidates=("a", "b")),
        named("a"), ("site_costs",), candidates=("a", "b"))),
    ("6, 4: none of them", OPEN, "c", {}, alarm(
        Answer(Outcome.AMBIGUOUS, reason=ALL, candidates=("a", "b")), named("c"), candidates=("a", "b"))),
    ("6, 1: sizes one byte apart", (SMALL, send("b", "*", max_message_size=11)), "b", {"size": None}, SideJudgement(
        Verdict.UNDETERMINED, "input-missing", Answer(Outcome.UNDETERMINED, reason=ALL, candidates=("a", "b")),
        named("b"), ("size",), candidates=("a", "b"))),
    ("6, 7: too large, and it failed", (SMALL,), None, {**FAILURE, "delivery_status": "550 5.2.3 too large"},
        SideJudgement(Verdict.MATCH, "rejected-as-expected", TOO_LARGE)),
    ("6, 7: no code says why", (SMALL,), None, {**FAILURE, "delivery_status": ""},
        SideJudgement(Verdict.MATCH, "rejected-as-expected", TOO_LARGE)),
    ("6, 7: refused for another reason", (SMALL,), None, {**FAILURE, "delivery_status": DENIED}, silent(TOO_LARGE)),
    ("6, 7: refused by the next server", (SMALL,), "a", {**FAILURE, "delivery_status": DENIED},
        silent(TOO_LARGE, named("a"))),
    ("6, 7: too large, but it went", (SMALL,), "a", {"size": 11, "delivery_status": None},
        SideJudgement(Verdict.UNDETERMINED, "config-incomplete", TOO_LARGE, named("a"))),
    ("6, 7: the Unreachable queue", (send("c", "fabrikam.com"),), None, {**FAILURE, "delivery_status": ""},
        SideJudgement(Verdict.UNROUTED, "unreachable-queue", NOWHERE)),
    ("6, 7: failed for another reason", (send("c", "fabrikam.com"),), None,
        {**FAILURE, "delivery_status": "550 5.1.10 not found"}, silent(NOWHERE)),
    ("6, 7: none, and none is logged", (send("c", "fabrikam.com"),), None, {}, silent(NOWHERE, NO_CONNECTOR)),
    ("6, 7: none, but one is logged", (send("c", "fabrikam.com"),), "c", {},
        SideJudgement(Verdict.MISMATCH, "claimed-by-none", NOWHERE, named("c"))),
)
# fmt: on


@pytest.mark.parametrize("_, connectors, logged, cells, side", LEFT, ids=[case[0] for case in LEFT])
def test_the_way_out_as_a_whole(
    _: str, connectors: tuple[Any, ...], logged: str | None, *, cells: dict[str, Any], side: SideJudgement
) -> None:
    """6 and 8: what Send connector selection answers, what is logged, and what one comes to beside the other."""
    assert sent(company(send=connectors), SUN, logged, **cells).outbound == side


RANGE = "most-specific-range"
TEN, ELEVEN = (
    receive(name, "0.0.0.0", "255.255.255.255", bindings=(Binding(ip_address(address), 25),))
    for name, address in (("Ten", "192.0.2.10"), ("Eleven", "192.0.2.11"))
)
AT_TEN = {"local_endpoint": "192.0.2.10:25"}

# fmt: off
CAME: tuple[tuple[str, tuple[Any, ...], str, str, dict[str, Any], SideJudgement], ...] = (
    ("the narrowest range", (FRONTEND, RELAY), "192.0.2.61", r"EX1\Relay", AT_TEN,
        SideJudgement(Verdict.MATCH, RANGE, by(r"EX1\Relay", RANGE), named(r"EX1\Relay"))),
    ("a wider one", (FRONTEND, RELAY), "192.0.2.61", r"EX1\Default Frontend EX1", AT_TEN,
        alarm(by(r"EX1\Relay", RANGE), named(r"EX1\Default Frontend EX1"))),
    ("nobody's range", (RELAY,), FOREIGN_HOST, r"EX1\Relay", AT_TEN, SideJudgement(
        Verdict.MISMATCH, "claimed-by-none", Answer(Outcome.NONE, reason="no-receive-connector"), named(r"EX1\Relay"))),
    ("of another address of the server", (TEN, ELEVEN), FOREIGN_HOST, r"EX1\Eleven", AT_TEN,
        alarm(by(r"EX1\Ten", RANGE), named(r"EX1\Eleven"))),
    ("a name in no export", (RELAY,), FOREIGN_HOST, r"EX2\Relay", {}, SideJudgement(
        Verdict.UNDETERMINED, "config-incomplete", UNTOLD, Observed(strange=r"EX2\Relay"), ("connector_definition",))),
    ("no client", (RELAY,), "", r"EX1\Relay", {}, SideJudgement(
        Verdict.UNDETERMINED, "input-missing", UNTOLD, named(r"EX1\Relay"), ("connecting_ip",))),
    ("no server", (RELAY,), FOREIGN_HOST, r"EX1\Relay", {"server": None}, SideJudgement(
        Verdict.UNDETERMINED, "input-missing", UNTOLD, named(r"EX1\Relay"), ("server",))),
    ("two of one range on one address", (FRONTEND, receive("Twin", "0.0.0.0", "255.255.255.255", 25)), FOREIGN_HOST,
        r"EX1\Twin", AT_TEN, SideJudgement(
            Verdict.MATCH, "equal-candidates", Answer(Outcome.AMBIGUOUS, reason="equal-candidates",
                candidates=(r"EX1\Default Frontend EX1", r"EX1\Twin")), named(r"EX1\Twin"),
            candidates=(r"EX1\Default Frontend EX1", r"EX1\Twin"))),
    ("on no port of those that may have been", (FRONTEND, HUB, RELAY), "192.0.2.10", r"EX1\Relay", {}, alarm(
        Answer(Outcome.AMBIGUOUS, reason=RANGE, candidates=(r"EX1\Default Frontend EX1", r"EX1\Default EX1")),
        named(r"EX1\Relay"), candidates=(r"EX1\Default Frontend EX1", r"EX1\Default EX1"))),
)
# fmt: on


@pytest.mark.parametrize("_, connectors, client, logged, cells, side", CAME, ids=[case[0] for case in CAME])
def test_the_way_in_as_a_whole(
    _: str, connectors: tuple[Any, ...], client: str, *, logged: str, cells: dict[str, Any], side: SideJudgement
) -> None:
    """6 and 8: what Receive connector selection answers, what is logged, and what one comes to beside the other."""
    assert taken(company(receive=connectors), client, logged, **cells).inbound == side
