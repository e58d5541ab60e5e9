"""Answers and the steps that explain them: every connector considered, every rule in the reference's order."""

from __future__ import annotations

from typing import Any

import pytest

from analyzer.selection.decision import Answer, Outcome, Step
from analyzer.selection.inbound import ORDER, InboundView, explain_inbound
from analyzer.selection.outbound import OutboundView, explain_outbound
from analyzer.tenant.model import ConnectorType, InboundConnector, OutboundConnector
from analyzer.tenant.policy import Policy
from tests.builders import OUR_SERVER, OUR_SERVERS, inbound, lens, networks, outbound, rule
from tests.selection.asking import ACCEPTED, asked_inbound, asked_outbound, named

EXACT = outbound("Exact", "contoso.com")
CMT = outbound("CMT", "*", route_all_via_onpremises=True)
P_STAR = outbound("P star", "*", type=ConnectorType.PARTNER)

# Each connector with a word of its fate where the recipient is at contoso.com and Exact wins.
FATES = (
    (EXACT, "most specific match"),
    (outbound("Wild", "*.contoso.com"), "another is more specific"),
    (outbound("All", all_accepted_domains=True), "another is more specific"),
    (outbound("Star", "*"), "another is more specific"),
    (outbound("Other", "fabrikam.com"), "does not match"),
    (outbound("Off", "contoso.com", enabled=False), "connector-disabled"),
    (outbound("Ruled", "contoso.com", rule_scoped=True), "connector-rule-scoped"),
    (outbound("Test", "contoso.com", test_mode=True), "connector-test-mode"),
    (outbound("New", "contoso.com", validated=False), "connector-unvalidated"),
)


def all_of(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Give every step of the trees, in order."""
    return tuple(step for tree in steps for _, step in tree.walk())


def outbound_steps(connectors: tuple[OutboundConnector, ...], way: str, **changes: Any) -> tuple[Step, ...]:
    """Explain mail for a recipient: at contoso.com where it is ours, else at example.org."""
    seen = lens(outbound=connectors, accepted=ACCEPTED)
    domain = "contoso.com" if way.endswith(("cloud", "onpremises")) else "example.org"
    policy = Policy(unvalidated="ignored")
    return explain_outbound(asked_outbound(seen, domain, way, **changes), OutboundView(seen, policy))


def test_every_connector_tells_why_it_won_or_fell() -> None:
    """A decision by domain names each connector of the snapshot once, with the rule that settled its fate."""
    steps = all_of(outbound_steps(tuple(c for c, _ in FATES), "cloud>onpremises"))
    told = {c.name: [s for s in steps if s.subject == c.name] for c, _ in FATES}

    assert {name: len(found) for name, found in told.items()} == dict.fromkeys(told, 1)
    assert [(c.name, fate) for c, fate in FATES if fate not in told[c.name][0].fate] == []
    assert all(step.cite for step in steps)


def test_the_rules_stand_in_the_order_of_the_reference() -> None:
    """3.3: refused, rule, local, centralized transport, recipient domain, MX; the last one decides."""
    rules = outbound_steps((outbound("Other", "fabrikam.com"),), "cloud>internet")

    assert [s.cite for s in rules] == [
        "3.3 step 0", "3.3 step 1", "3.3 step 2", "3.3 step 4", "3.3 steps 3 and 5", "3.3 step 6",
    ]  # fmt: skip
    assert [s.fate for s in rules] == ["does not apply"] * 5 + ["decides: none (no-connector-matches)"]
    assert [s.subject for s in rules[-2].steps] == ["Other"]  # weighed below the rule that weighs it


@pytest.mark.parametrize(
    "connectors, way, changes, cite, words",
    [
        ((EXACT,), "cloud>onpremises", {}, "3.3 steps 3 and 5", "Exact (exact-domain)"),
        ((EXACT,), "cloud>cloud", {}, "3.3 step 2", "local"),
        ((EXACT,), "internet>cloud", {"unknown_recipient": True}, "3.3 step 0", "reject (recipient-unknown)"),
        ((EXACT,), "cloud>internet", {"rule": rule("Exact")}, "3.3 step 1", "Exact (rule-routes-to-connector)"),
        ((CMT, P_STAR), "cloud>internet", {}, "3.3 step 4", "CMT (centralized-mail-transport)"),
        ((EXACT, outbound("Twin", "contoso.com")), "cloud>onpremises", {}, "3.3 steps 3 and 5", "Exact or Twin"),
    ],
    ids=named,
)
def test_the_last_step_decides(
    connectors: tuple[OutboundConnector, ...], way: str, changes: dict[str, object], *, cite: str, words: str
) -> None:
    """The explanation ends with the rule that decided and its answer."""
    last = outbound_steps(connectors, way, **changes)[-1]

    assert last.cite == cite
    assert words in last.fate


def test_an_exempt_message_is_told_why_the_cmt_connector_fell() -> None:
    """KB 3194415 is named where a CMT connector's own * does not count (3.3, step 5)."""
    steps = {s.subject: s for s in all_of(outbound_steps((CMT, P_STAR), "onpremises>internet"))}

    assert "does not count for mail exempt from CMT" in steps["CMT"].fate
    assert "most specific match" in steps["P star"].fate


def test_centralized_transport_tells_what_it_outranked() -> None:
    """Step 4 weighs the domain match against CMT, so the connectors it looked at are told too (3.3)."""
    steps = all_of(outbound_steps((CMT, P_STAR), "cloud>internet"))

    assert {"CMT", "P star"} <= {s.subject for s in steps}


IP = inbound("IP", sender_ips=networks(OUR_SERVERS))
CERT = inbound("Cert", certificate_name="*.contoso.com")
PARTNER = inbound("Partner", "wingtiptoys.com")
OFF = inbound("Off", sender_ips=networks(OUR_SERVERS), enabled=False)
TRUSTED = inbound("Trusted", "*", trusted_organizations=("fabrikam.onmicrosoft.com",))
NARROWED = inbound("Narrowed", sender_ips=networks(OUR_SERVERS), associated_accepted_domains=("fabrikam.com",))
STRICT = inbound("Strict", "woodgrovebank.com", restrict_to_ips=True, sender_ips=networks("198.51.100.0/24"))
SALES_CERT = inbound("Sales cert", certificate_name="*.sales.contoso.com")
UNOWNED = inbound("Unowned", certificate_name="*.adventure-works.com")
EVERYONE = (PARTNER, OFF, CERT, IP, TRUSTED, NARROWED, STRICT, SALES_CERT, UNOWNED)


def inbound_steps(connectors: tuple[InboundConnector, ...], mail_from: str, **changes: Any) -> tuple[Step, ...]:
    """Explain the attribution of mail for contoso.com."""
    seen = lens(inbound=connectors, accepted=ACCEPTED)
    return explain_inbound(asked_inbound(seen, mail_from, "contoso.com", **changes), InboundView(seen, Policy()))


def test_attribution_tells_every_connector_and_every_rule_in_order() -> None:
    """4.2: the rules stand in their order; below each what the connectors that it weighs have to do with it."""
    steps = inbound_steps(EVERYONE, "example.net")

    assert [s.cite for s in steps] == [cite for _, _, cite in ORDER]
    assert {s.subject for s in all_of(steps)} >= {c.name for c in EVERYONE}
    assert steps[-1].fate == "decides: none (default-inbound)"


@pytest.mark.parametrize(
    "mail_from, ip, names, subject, words",
    [
        ("contoso.com", OUR_SERVER, (), "IP", "lists the connecting IP"),
        ("contoso.com", OUR_SERVER, (), "Off", "is off"),
        ("contoso.com", OUR_SERVER, ("mail.contoso.com",), "Cert", "a presented certificate matches *.contoso.com"),
        ("contoso.com", OUR_SERVER, ("a.sales.contoso.com",), "Cert", "another names it more exactly"),
        ("contoso.com", "", ("mail.adventure-works.com",), "Unowned", "is under no accepted domain"),
        ("contoso.com", "203.0.113.9", (), "IP", "does not list the connecting IP"),
        ("contoso.com", "203.0.113.9", (), "Cert", "no presented certificate matches *.contoso.com"),
        ("wingtiptoys.com", "203.0.113.9", (), "Partner", "sender domain matches"),
        ("example.net", "203.0.113.9", (), "Partner", "does not match"),
        ("woodgrovebank.com", "203.0.113.9", (), "Strict", "the source is refused"),
        ("woodgrovebank.com", "198.51.100.7", (), "Strict", "sender domain matches"),
        ("example.net", "203.0.113.9", (), "Trusted", "which no log shows"),
        ("contoso.com", OUR_SERVER, (), "Narrowed", "leave the message out"),
    ],
)
def test_why_an_inbound_connector_was_or_was_not_met(
    mail_from: str, ip: str, names: tuple[str, ...], *, subject: str, words: str
) -> None:
    """Each connector's step says what of the message meets it, or what does not (4.2)."""
    steps = all_of(inbound_steps(EVERYONE, mail_from, ip=ip, certificates=names))

    assert any(words in step.fate for step in steps if step.subject == subject)


def test_a_step_prints_as_one_line() -> None:
    """A step is what was looked at, how it fared, and where that is stated."""
    step = Step("C1", "is off", "3.4 disabled")
    assert str(step) == "C1: is off [3.4 disabled]"
    assert str(Step("Outbound", "", "", (step,))) == "Outbound"  # what only gathers others


def test_a_tree_of_steps_is_plain_values() -> None:
    """The JSON of `route` and `explain` holds the steps below each step."""
    leaf = {"subject": "C1", "fate": "is off", "cite": "3.4 disabled", "steps": []}
    tree = Step("Outbound", "", "", (Step("C1", "is off", "3.4 disabled"),))
    assert tree.as_dict() == {"subject": "Outbound", "fate": "", "cite": "", "steps": [leaf]}


def test_answers_are_equal_whatever_led_there() -> None:
    """Steps explain an answer and are no part of it; the reason is, but not of what it says."""
    plain = Answer(Outcome.CONNECTOR, "C1", "exact-domain")
    explained = Answer(Outcome.CONNECTOR, "C1", "exact-domain", steps=(Step("C1", "wins", "3.5"),))
    otherwise = Answer(Outcome.CONNECTOR, "C1", "wildcard-domain")

    assert plain == explained != otherwise
    assert plain.same_as(otherwise)
    assert not plain.same_as(Answer(Outcome.CONNECTOR, "C2", "exact-domain"))


@pytest.mark.parametrize(
    "answer, names",
    [
        (Answer(Outcome.CONNECTOR, "C1"), ("C1",)),
        (Answer(Outcome.AMBIGUOUS, candidates=("C1", "C2")), ("C1", "C2")),
        (Answer(Outcome.NONE), ()),
    ],
)
def test_the_names_that_would_be_right(answer: Answer, names: tuple[str, ...]) -> None:
    """One connector, every candidate, or nothing (7.1, R2)."""
    assert answer.names() == names
