"""Verdicts that rest on a policy: R1, R2, and what the log bears out (reference 7.1, 7.2)."""

from __future__ import annotations

from typing import Any

import pytest

from analyzer.tenant.model import ConnectorType, DomainType
from analyzer.tenant.policy import POLICIES, Policy
from tests.builders import (
    BANKER,
    BOB,
    JOHN,
    ONPREMISES,
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
    FROM_CLOUD,
    FROM_INTERNET,
    FROM_OUR_SERVER,
    SENT,
    SUMMARY,
    Row,
    judged,
    judged_together,
)

PARTNER = ConnectorType.PARTNER
JIM = "jim@sales.contoso.com"
FAB = "x@fabrikam.com"
ON_PREMISES = {"directory": directory(dict.fromkeys((JIM, JOHN, FAB), ONPREMISES))}
DOMAINS = {"accepted": accepted("contoso.com", "sales.contoso.com", "fabrikam.com")}
ALL = outbound("All accepted", all_accepted_domains=True)
WILD = outbound("Wild", "*.contoso.com")
CMT = outbound("CMT", "*", route_all_via_onpremises=True)
BANK = outbound("Bank", "woodgrovebank.com", type=PARTNER)
OTHER = outbound("Other", "example.org")
FORWARD = {**FROM_INTERNET, "event": "SEND", "recipient": "erin@adatum.com"}

# policy, tenant, log, row, and for each value of the policy the connector that is its answer ("" = none)
R1 = [
    pytest.param(
        "precedence",
        {**DOMAINS, **ON_PREMISES, "outbound": (ALL, WILD, OTHER)},
        {**FROM_CLOUD, "event": "SEND", "recipient": JIM},
        {"example": "Wild", "list": "All accepted"},
        id="3.5 precedence",
    ),
    pytest.param(
        "wildcard_apex",
        {**DOMAINS, **ON_PREMISES, "outbound": (ALL, WILD, OTHER)},
        {**FROM_CLOUD, "event": "SEND", "recipient": JOHN},
        {"include": "Wild", "exclude": "All accepted"},
        id="3.4 apex",
    ),
    pytest.param(
        "scope_combination",
        {
            **DOMAINS,
            **ON_PREMISES,
            "outbound": (outbound("Scoped", "contoso.com", all_accepted_domains=True), outbound("Star", "*"), OTHER),
        },
        {**FROM_CLOUD, "event": "SEND", "recipient": FAB},
        {"union": "Scoped", "intersection": "Star"},
        id="3.4 both scopes",
    ),
    pytest.param(
        "cmt_vs_specific",
        {"outbound": (CMT, BANK, OTHER)},
        {**FROM_CLOUD, "event": "SEND", "recipient": BANKER},
        {"specific": "Bank", "cmt": "CMT"},
        id="3.3 CMT against a domain",
    ),
    pytest.param(
        "cmt_vs_rule",
        {"outbound": (CMT, outbound("Rule", rule_scoped=True), OTHER), "rules": (rule("Rule"),)},
        {**FROM_CLOUD, "event": "SEND", "recipient": SUN},
        {"rule": "Rule", "cmt": "CMT"},
        id="3.3 CMT against a rule",
    ),
    pytest.param(
        "cmt_forwarded", {"outbound": (CMT, OTHER)}, FORWARD, {"direct": "", "cmt": "CMT"}, id="3.3 forwards under CMT"
    ),
    pytest.param(
        "unvalidated",
        {
            **DOMAINS,
            **ON_PREMISES,
            "outbound": (outbound("Unproven", "fabrikam.com", validated=False), outbound("Star", "*"), OTHER),
        },
        {**FROM_CLOUD, "event": "SEND", "recipient": FAB},
        {"selectable": "Unproven", "ignored": "Star"},
        id="3.4 not validated",
    ),
]


def _judged(name: str, value: str, changes: dict[str, Any], cells: Row, logged: str) -> Any:
    ours = tenant(**{**changes, "policy": Policy(**{name: value})})
    found = judged(ours, EXTENDED, cells, logged_connector=logged)
    return found, found.outbound


@pytest.mark.parametrize("name, changes, cells, answers", R1)
def test_an_answer_under_another_value_is_ambiguous(
    name: str, changes: dict[str, Any], cells: Row, answers: dict[str, str]
) -> None:
    """R1: what another value of the policy answers is ambiguous, with both answers, whichever value is set."""
    for setting in answers:
        for other, logged in answers.items():
            if other == setting:
                continue
            found, side = _judged(name, setting, changes, cells, logged)
            assert found.verdict == "ambiguous", (setting, logged)
            named = {f"policy-{p.partition('=')[0].replace('_', '-')}" for p in found.policies}
            assert found.reason in named
            assert f"{name}={setting}" in found.policies
            assert f"{name}={other}" in side.bears_out
            assert set(side.candidates) == {a for a in answers.values() if a}


@pytest.mark.parametrize("setting, both", [("direct", ("CMT",)), ("cmt", ())])
def test_a_path_that_another_value_allows_is_no_misroute(setting: str, both: tuple[str, ...]) -> None:
    """8: a misroute is a path that no value of a policy allows; where one does, another connector is a mismatch."""
    ours = tenant(outbound=(CMT, OTHER), policy=Policy(cmt_forwarded=setting))
    found = judged(ours, EXTENDED, FORWARD, logged_connector="Other").outbound
    assert (found.verdict, found.reason, found.candidates) == ("mismatch", "not-the-selected-connector", both)


@pytest.mark.parametrize("name, changes, cells, answers", R1)
def test_the_answer_under_the_setting_matches(
    name: str, changes: dict[str, Any], cells: Row, answers: dict[str, str]
) -> None:
    """R1: the answer under the policy's own setting is a match that names the policy and bears it out."""
    for setting, logged in answers.items():
        found, side = _judged(name, setting, changes, cells, logged)
        assert found.verdict == "match", (setting, logged)
        assert f"{name}={setting}" in found.policies
        assert f"{name}={setting}" in side.bears_out


@pytest.mark.parametrize("name, changes, cells, answers", R1)
def test_what_no_value_explains_stays_an_alarm(
    name: str, changes: dict[str, Any], cells: Row, answers: dict[str, str]
) -> None:
    """R1: a connector that no reading of the documents explains is the ordinary verdict."""
    for setting in answers:
        found, side = _judged(name, setting, changes, cells, "Other")
        assert found.verdict in {"mismatch", "misroute"}, setting
        assert side.bears_out == ()


LISTED = {"inbound": (inbound("Listed", sender_ips=networks("192.0.2.0/28", "203.0.113.0/24")),)}
RELAYED_IN = {**FROM_OUR_SERVER, "envelope_sender": SUN, "event": "RECEIVE", "recipient": BOB}
UNDECLARED = {**FROM_INTERNET, "envelope_sender": SUN, "event": "RECEIVE", "recipient": BOB}


@pytest.mark.parametrize(
    "setting, cells, logged, verdict",
    [
        pytest.param("on", RELAYED_IN, "Listed", "match", id="on, attributed"),
        pytest.param("off", RELAYED_IN, "Listed", "ambiguous", id="off, attributed"),
        pytest.param("on", UNDECLARED, "", "ambiguous", id="on, default connector"),
        pytest.param("off", UNDECLARED, "", "match", id="off, default connector"),
        pytest.param("on", RELAYED_IN, "", "undetermined", id="near: no list places the sender, unrouted (b) or not"),
        pytest.param("off", {**RELAYED_IN, "envelope_sender": JOHN}, "Listed", "match", id="near: the sender is ours"),
    ],
)
def test_attribution_by_the_recipients_domain_rests_on_its_policy(
    setting: str, cells: Row, logged: str, verdict: str
) -> None:
    """4.2, 2: a foreign MAIL FROM from a listed address is attributed by RCPT TO, or not."""
    ours = tenant(**LISTED, policy=Policy(recipient_fallback=setting))
    found = judged(ours, EXTENDED, cells, logged_connector=logged)
    assert found.verdict == verdict


def test_a_match_bears_its_setting_out_even_where_the_other_value_cannot_tell() -> None:
    """7.1: the log agrees with the setting; that the other value ends as undetermined takes nothing away."""
    row = {**FROM_OUR_SERVER, **SENT, "recipient": SUN, "logged_connector": "From on-premises"}
    found = judged(tenant(), ENHANCED, row)
    assert found.verdict == "match"
    assert found.inbound.bears_out == ("onprem_internet_egress=office365",)


def test_a_row_that_lacks_an_input_bears_nothing_out() -> None:
    """A copy that may be a forward is no evidence for a value of `cmt_forwarded`: the missing input explains it too."""
    central = tenant(outbound=(outbound("CMT", "*", route_all_via_onpremises=True),))
    shared = {**FROM_CLOUD, "logged_connector": "CMT"}
    found = judged_together(central, shared, {BOB: "Receive, Deliver", SUN: "Receive, Send"})[SUN]
    assert (found.verdict, found.missing) == ("undetermined", ("forwarded",))
    assert found.outbound.bears_out == ()


def test_a_policy_that_changes_no_verdict_is_not_mentioned() -> None:
    """Where every value gives the same verdict the row names no policy."""
    ours = tenant(**DOMAINS, **ON_PREMISES, outbound=(ALL, WILD, outbound("Exact", "contoso.com")))
    found = judged(ours, EXTENDED, FROM_CLOUD, event="SEND", recipient=JOHN, logged_connector="Exact")
    assert (found.verdict, found.policies) == ("match", ())


@pytest.mark.parametrize(
    "recipient, policies",
    [
        pytest.param(JIM, ("precedence=example",), id="the answers differ"),
        pytest.param(FAB, (), id="the answers agree"),
    ],
)
def test_where_nothing_is_logged_the_answers_are_compared(recipient: str, policies: tuple[str, ...]) -> None:
    """With V unknown a policy is named where its values answer differently."""
    ours = tenant(**DOMAINS, **ON_PREMISES, outbound=(ALL, WILD))
    found = judged(ours, SUMMARY, FROM_CLOUD, recipient=recipient, delivery_status="Delivered")
    assert (found.verdict, found.outbound.policies) == ("no_evidence", policies)


@pytest.mark.parametrize("setting, both", [("include", ("Wild",)), ("exclude", ())])
def test_the_graver_of_two_alarms_stands(setting: str, both: tuple[str, ...]) -> None:
    """R1: where the other value explains the log only by an alarm, the graver alarm stands, with the policy named."""
    # john@contoso.com went by MX: past the wildcard (misroute), or without any connector (unrouted).
    ours = tenant(outbound=(WILD,), policy=Policy(wildcard_apex=setting))
    found = judged(ours, EXTENDED, FROM_CLOUD, event="SEND", recipient=JOHN, logged_connector="")
    assert (found.verdict, found.policies) == ("unrouted", (f"wildcard_apex={setting}",))
    assert (found.reason, found.outbound.candidates) == ("onprem-recipient-unrouted", both)


def test_a_local_delivery_under_another_value_is_ambiguous_too() -> None:
    """V = none agrees with E = local, so a value that delivers locally explains a row without a connector."""
    unproven = outbound("CMT", "*", route_all_via_onpremises=True, validated=False)
    ours = tenant(outbound=(unproven,))
    found = judged(ours, EXTENDED, FROM_INTERNET, event="DELIVER", recipient=BOB, logged_connector="")
    assert (found.verdict, found.policies) == ("ambiguous", ("unvalidated=selectable",))


def test_a_local_delivery_that_another_value_would_not_make_names_the_policy() -> None:
    """7.1: a message delivered locally rests on the policy under whose other value it would have gone round."""
    unproven = outbound("CMT", "*", route_all_via_onpremises=True, validated=False)
    ours = tenant(outbound=(unproven,), policy=Policy(unvalidated="ignored"))
    found = judged(ours, EXTENDED, FROM_INTERNET, event="DELIVER", recipient=BOB, logged_connector="")
    assert (found.verdict, found.reason, found.policies) == ("match", "local", ("unvalidated=ignored",))


# ------------------------------------------------------------------------- R2, equal candidates

TWINS = {"outbound": (outbound("B", "contoso.com"), outbound("A", "contoso.com"), outbound("C", "example.org"))}


@pytest.mark.parametrize(
    "log, logged, verdict",
    [
        pytest.param(ENHANCED, "A", "match", id="one of them"),
        pytest.param(ENHANCED, "B", "match", id="the other"),
        pytest.param(ENHANCED, "C", "mismatch", id="none of them"),
        pytest.param(ENHANCED, "", "misroute", id="no connector at all"),
        pytest.param(SUMMARY, None, "no_evidence", id="V unknown"),
    ],
)
def test_any_of_equal_connectors_is_right(log: Any, logged: str | None, verdict: str) -> None:
    """R2: all equal connectors are listed and each of them is a match."""
    found = judged(tenant(**TWINS), log, FROM_CLOUD, SENT, recipient=JOHN, logged_connector=logged)
    assert (found.verdict, found.outbound.candidates) == (verdict, ("A", "B"))


@pytest.mark.parametrize("logged, alarm", [("A", False), ("B", False), ("C", True)])
def test_equal_connectors_are_never_an_alarm_even_under_a_tie_break(logged: str, alarm: bool) -> None:  # noqa: FBT001
    """With equal_candidates=lowest_name the log may still name the other one."""
    ours = tenant(**TWINS, policy=Policy(equal_candidates="lowest_name"))
    found = judged(ours, ENHANCED, FROM_CLOUD, SENT, recipient=JOHN, logged_connector=logged)
    assert (found.verdict in {"mismatch", "misroute", "unrouted"}) is alarm


def test_two_connectors_for_one_declared_certificate_are_equal() -> None:
    """Equal inbound connectors rest on equal_candidates, and the row says so."""
    names = ("mail.contoso.com",)
    pair = tuple(inbound(n, certificate_name="*.contoso.com") for n in ("A in", "B in"))
    ours = tenant(inbound=pair, onpremises_certificates=names, policy=Policy(equal_candidates="lowest_name"))
    found = judged(ours, ENHANCED, FROM_OUR_SERVER, DELIVERED, recipient=BOB)
    assert found.inbound.policies == ("equal_candidates=lowest_name",)


# ------------------------------------------------------------------------ internal_relay_fallback

RELAYED = {"accepted": accepted("contoso.com", type=DomainType.INTERNAL_RELAY), "outbound": ()}
UNPLACED = "line1@contoso.com"


@pytest.mark.parametrize(
    "setting, changes, recipient, log, verdict",
    [
        pytest.param("unrouted", {}, UNPLACED, ENHANCED, "unrouted", id="unrouted"),
        pytest.param("mx", {}, UNPLACED, ENHANCED, "match", id="mx"),
        pytest.param("mx", {"directory_complete": True}, UNPLACED, SUMMARY, "no_evidence", id="mx, V unknown"),
        pytest.param("mx", {}, JOHN, ENHANCED, "unrouted", id="near: the list places it"),
        pytest.param(
            "mx", {"onpremises_domains": ("contoso.com",)}, UNPLACED, ENHANCED, "unrouted", id="near: declared"
        ),
        pytest.param("mx", {"outbound": (ALL,)}, UNPLACED, ENHANCED, "misroute", id="near: a connector covers it"),
    ],
)
def test_the_internal_relay_policy_decides_between_unrouted_and_match(
    setting: str, changes: dict[str, Any], recipient: str, log: Any, verdict: str
) -> None:
    """Its value decides for recipients that no list places and no connector covers; it is never ambiguous."""
    ours = tenant(**{**RELAYED, **changes, "policy": Policy(internal_relay_fallback=setting)})
    cells = {**FROM_CLOUD, **(SENT if log is ENHANCED else {"delivery_status": "Delivered"})}
    logged = "" if log is ENHANCED else None
    assert judged(ours, log, cells, recipient=recipient, logged_connector=logged).outbound.verdict == verdict


# ------------------------------------------------------------------------------ all of them, by value

# policy, tenant, log, row, and the verdict of the row under each value of the policy
BY_VERDICT = [
    pytest.param(
        "equal_candidates",
        TWINS,
        ENHANCED,
        {**FROM_CLOUD, **SENT, "recipient": JOHN, "logged_connector": "B"},
        {"ambiguous": "match", "lowest_name": "ambiguous"},
        id="7.2 the second of two equal connectors",
    ),
    pytest.param(
        "internal_relay_fallback",
        RELAYED,
        ENHANCED,
        {**FROM_CLOUD, **SENT, "recipient": UNPLACED, "logged_connector": ""},
        {"unrouted": "unrouted", "mx": "match"},
        id="7.2 a relayed recipient that nothing covers",
    ),
    pytest.param(
        "recipient_fallback",
        LISTED,
        EXTENDED,
        {**RELAYED_IN, "logged_connector": "Listed"},
        {"on": "match", "off": "ambiguous"},
        id="4.2 a foreign MAIL FROM from a listed address",
    ),
    pytest.param(
        "onprem_internet_egress",
        {},
        EXTENDED,
        {**FROM_OUR_SERVER, "event": "SEND", "recipient": SUN, "logged_connector": ""},
        {"office365": "match", "direct": "ambiguous"},
        id="2 our own mail to the internet",
    ),
]


@pytest.mark.parametrize("name, changes, log, cells, verdicts", BY_VERDICT)
def test_a_row_has_another_verdict_under_each_value(
    name: str, changes: dict[str, Any], log: Any, cells: Row, verdicts: dict[str, str]
) -> None:
    """7.2: the value of the policy decides what becomes of the row, and the row names it."""
    for value, verdict in verdicts.items():
        found = judged(tenant(**changes, policy=Policy(**{name: value})), log, cells)
        assert (found.verdict, f"{name}={value}" in found.policies) == (verdict, True), value


def test_every_value_of_every_policy_has_a_case_of_its_own() -> None:
    """7.2: a policy, or a value of one, that no case above tells from the others is a hole in this file."""
    told: dict[Any, Any] = {case.values[0]: case.values[-1] for case in (*R1, *BY_VERDICT)}
    assert {name: set(by_value) for name, by_value in told.items()} == {p.name: set(p.values) for p in POLICIES}
    assert [name for name, by_value in told.items() if len(set(by_value.values())) < len(by_value)] == []
