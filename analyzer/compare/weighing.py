"""Policies weighed: which can change an answer, and what it means that one does (reference 7.1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from analyzer.compare.case import EXTERNAL, Inputs, View
from analyzer.compare.judgement import SideJudgement
from analyzer.compare.observation import NO_CONNECTOR, Observation
from analyzer.compare.sides import ALARMS, GRAVITY, Verdict
from analyzer.selection.decision import Answer, Outcome
from analyzer.tenant.model import DomainType, Place
from analyzer.tenant.policy import POLICIES, PolicyRule


def _domain_answers_differ(row: Observation, _i: Inputs, base: View, other: View) -> bool:
    domain = row.recipient.domain
    domains = (domain,) if domain.accepted_known else (domain, replace(domain, accepted=DomainType.AUTHORITATIVE))
    exempt = (False, True) if base.outbound.cmt else (False,)
    asked = [(d, e) for d in domains for e in exempt]
    pairs = ((base.outbound.match(d, exempt_from_cmt=e), other.outbound.match(d, exempt_from_cmt=e)) for d, e in asked)
    return any(a.connectors != b.connectors or a.rank != b.rank for a, b in pairs)


def _cmt_exists(_r: Observation, _i: Inputs, base: View, _o: View) -> bool:
    return bool(base.outbound.cmt)


def _equals_exist(row: Observation, _i: Inputs, base: View, other: View) -> bool:
    matches = (v.outbound.match(row.recipient.domain).connectors for v in (base, other))
    several = (
        base.outbound.cmt,
        base.inbound.partner,
        row.source.connectors,
        base.inbound.by_certificate(row.certificates or base.certificates),
    )
    return any(len(m) > 1 for m in matches) or any(len(s) > 1 for s in several)


def _leaves_onpremises(_r: Observation, inputs: Inputs, _b: View, _o: View) -> bool:
    return Place.ONPREMISES in inputs.origin.possible and any(d in EXTERNAL for d in inputs.destination.possible)


def _validation_matters(row: Observation, inputs: Inputs, base: View, other: View) -> bool:
    return _domain_answers_differ(row, inputs, base, other) or base.outbound.cmt != other.outbound.cmt


def _rule_meets_cmt(_r: Observation, inputs: Inputs, base: View, _o: View) -> bool:
    return bool(base.outbound.cmt) and any(rules != (None,) for rules in inputs.rules.values())


def _internal_relay(row: Observation, _i: Inputs, _b: View, _o: View) -> bool:
    return row.recipient.domain.accepted is DomainType.INTERNAL_RELAY


def _address_listed(row: Observation, _i: Inputs, _b: View, _o: View) -> bool:
    return bool(row.source.connectors)


# When each policy can change an answer at all; everything else is left to the comparison itself.
POLICY_MATTERS: dict[str, Callable[[Observation, Inputs, View, View], bool]] = {
    "precedence": _domain_answers_differ,
    "wildcard_apex": _domain_answers_differ,
    "scope_combination": _domain_answers_differ,
    "unvalidated": _validation_matters,
    "cmt_vs_specific": _cmt_exists,
    "cmt_vs_rule": _rule_meets_cmt,
    "cmt_forwarded": _cmt_exists,
    "equal_candidates": _equals_exist,
    "internal_relay_fallback": _internal_relay,
    "recipient_fallback": _address_listed,
    "onprem_internet_egress": _leaves_onpremises,
}
if set(POLICY_MATTERS) != {p.name for p in POLICIES}:
    raise AssertionError("every policy says when it matters")


_BY_VALUE = {p.name for p in POLICIES if p.rule is PolicyRule.VALUE}


@dataclass(frozen=True, slots=True)
class Alternative:
    """One policy at another value than its setting."""

    name: str
    setting: str
    value: str


def weigh(plain: SideJudgement, others: list[tuple[Alternative, SideJudgement]]) -> SideJudgement:
    """Weigh a side against its judgement under every other policy value (reference 7.1)."""
    weighed = plain
    for alternative, found in others:
        own, other = _locally(plain, found), _locally(found, plain)
        if _differs(own, other):
            weighed = _ruled(_named(weighed, own, other, alternative), own, other, alternative)
    return weighed


def _locally(side: SideJudgement, beside: SideJudgement) -> SideJudgement:
    """V = none agrees with E = local (reference 8), though a side delivered locally takes no part."""
    if side.verdict is not None or beside.value != NO_CONNECTOR:
        return side
    return replace(side, verdict=Verdict.MATCH, answer=Answer(Outcome.LOCAL), value=beside.value)


def _differs(plain: SideJudgement, other: SideJudgement) -> bool:
    if plain.verdict is None or other.verdict is None:
        return False
    # Where V is unknown the answers are compared instead of the verdicts.
    unseen = plain.value is None and other.value is None
    return plain.verdict is not other.verdict or (unseen and not plain.answer.same_as(other.answer))


def _named(weighed: SideJudgement, plain: SideJudgement, other: SideJudgement, a: Alternative) -> SideJudgement:
    """Name the policy and the values that the log bears out."""
    # A row that lacks an input under the setting bears nothing out: that input may explain the log as well.
    # Nor does a policy whose value alone decides: mail by MX is what both of its values look like in a log.
    told = plain.verdict is not Verdict.UNDETERMINED and a.name not in _BY_VALUE
    seen = ((a.setting, plain), (a.value, other)) if told else ()
    borne = (f"{a.name}={v}" for v, side in seen if side.verdict is Verdict.MATCH and side.value is not None)
    return replace(
        weighed,
        policies=tuple(dict.fromkeys((*weighed.policies, f"{a.name}={a.setting}"))),
        bears_out=tuple(dict.fromkeys((*weighed.bears_out, *borne))),
    )


def _ruled(weighed: SideJudgement, plain: SideJudgement, other: SideJudgement, a: Alternative) -> SideJudgement:
    """Apply R1: an alarm that another value explains is ambiguous, unless that value alarms as well."""
    if plain.verdict not in ALARMS or weighed.verdict not in ALARMS or a.name in _BY_VALUE:
        return weighed
    both = tuple(dict.fromkeys((*plain.candidates, *plain.answer.names(), *other.answer.names())))
    if other.verdict is Verdict.MATCH:
        return replace(weighed, verdict=Verdict.AMBIGUOUS, reason=f"policy-{a.name.replace('_', '-')}", candidates=both)
    if weighed.verdict is Verdict.MISROUTE and other.verdict is Verdict.MISMATCH and not _borne_out(plain):
        # rule: 8, a misroute is a path that no value of a policy allows; this value allows it, to another connector.
        return replace(weighed, verdict=Verdict.MISMATCH, reason=other.reason, candidates=both)
    agrees = other.value is not None and not other.value.names and other.answer.outcome is Outcome.NONE
    if other.verdict in ALARMS and agrees and GRAVITY[other.verdict] < GRAVITY[weighed.verdict]:
        return replace(weighed, verdict=other.verdict, reason=other.reason, candidates=both)
    return weighed


def _borne_out(side: SideJudgement) -> bool:
    """Tell whether the log has what was selected, so that only the path is wrong."""
    return side.value is not None and bool(set(side.value.names) & set(side.answer.names()))
