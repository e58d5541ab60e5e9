"""Logged against selected, path against allowed path: one judgement per distinct observation.

A row is read in every way its missing inputs allow (case.py), each reading is judged side by side
(sides.py), and what differs between readings or between policy values is named, never folded away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from analyzer.compare.case import EXTERNAL, OPEN_INPUTS, Case, Inputs, View, cases, inputs_of
from analyzer.compare.observation import NO_CONNECTOR, Observation, Observed
from analyzer.compare.sides import ALARMS, GRAVITY, REJECTED, SideResult, Verdict, inbound_side, outbound_side
from analyzer.evidence import Carries, Side
from analyzer.selection.decision import Answer, Outcome
from analyzer.selection.facts import Lens
from analyzer.selection.inbound import partner_rank
from analyzer.selection.outbound import is_cmt, rank
from analyzer.tenant.model import ConnectorType, DomainType, Place
from analyzer.tenant.policy import POLICIES, Policy

Reading = tuple[Case, str, SideResult | None]  # the case, the attribution's missing input, what a side came to


@dataclass(frozen=True, slots=True)
class SideJudgement:
    """What one side comes to over all readings: no verdict where it takes no part."""

    verdict: Verdict | None = None
    reason: str = ""
    answer: Answer = Answer(Outcome.UNDETERMINED)
    value: Observed | None = None
    missing: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    bears_out: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict of a row with everything it rests on."""

    origin: Place | None
    destination: Place | None
    inbound: SideJudgement
    outbound: SideJudgement
    verdict: Verdict
    reason: str
    missing: tuple[str, ...]
    policies: tuple[str, ...]
    contradicted: bool = False
    failed: bool = False
    unknown_connector: str | None = None
    keep_source: bool = False

    @property
    def path(self) -> str:
        """The pair of places as `origin>destination`."""
        return f"{self.origin or 'unknown'}>{self.destination or 'unknown'}"

    @property
    def evidence(self) -> str:
        """The sides on which the log speaks of a connector."""
        arriving, leaving = self.inbound.value is not None, self.outbound.value is not None
        return {(True, True): "both", (True, False): "inbound", (False, True): "outbound"}.get(
            (arriving, leaving), "none"
        )


class Judge:
    """Judges observations against one snapshot under one policy; views are prepared once."""

    def __init__(self, lens: Lens, policy: Policy) -> None:
        """Prepare the view of every policy value."""
        self.lens, self.policy = lens, policy
        self.view = View(lens, policy)

    @cached_property
    def _alternatives(self) -> tuple[tuple[str, str, View], ...]:
        return tuple((name, value, View(self.lens, p)) for name, value, p in self.policy.alternatives())

    def __call__(self, row: Observation) -> Judgement:
        """Judge one observation."""
        inputs = inputs_of(row, self.lens)
        readings = tuple(cases(row, inputs, self.view))
        plain = _both_sides(row, readings, self.view)
        others = [
            (
                Alternative(name, getattr(self.policy, name), value),
                _both_sides(row, tuple(cases(row, inputs, view)), view),
            )
            for name, value, view in self.relevant(row, inputs)
        ]
        inbound, outbound = (_weighed(side, [(a, both[i]) for a, both in others]) for i, side in enumerate(plain))
        inbound = _in_window(inbound, row, self._touching_inbound(row, inbound) & row.changing_inbound)
        outbound = _in_window(outbound, row, self._touching_outbound(row, outbound) & row.changing_outbound)
        inbound, outbound = (_certain(side, inputs) for side in (inbound, outbound))
        return _headline(row, inputs, inbound, outbound)

    def relevant(self, row: Observation, inputs: Inputs) -> Iterator[tuple[str, str, View]]:
        """Skip the policies that cannot change an answer for this row: most rows rest on none."""
        for name, value, view in self._alternatives:
            if POLICY_MATTERS[name](row, inputs, self.view, view):
                yield name, value, view

    def _touching_outbound(self, row: Observation, side: SideJudgement) -> frozenset[str]:
        """Name the outbound connectors that could alter the answer: in scope, selected or logged."""
        domain, policy = row.recipient.domain, self.policy
        scope = {c.name for c in self.lens.outbound_ever if is_cmt(c) or rank(c, domain, policy) is not None}
        return frozenset(scope | set(side.answer.names()) | set(side.value.names if side.value else ()))

    def _touching_inbound(self, row: Observation, side: SideJudgement) -> frozenset[str]:
        scope = {
            i.name
            for i in self.lens.inbound_ever
            if i.name in row.source.listing
            or (i.type is ConnectorType.PARTNER and partner_rank(i, row.sender.domain) is not None)
            or (i.certificate_name and row.source.onpremises)
        }
        return frozenset(scope | set(side.answer.names()) | set(side.value.names if side.value else ()))


def _domain_answers_differ(row: Observation, _i: Inputs, base: View, other: View) -> bool:
    domain = row.recipient.domain
    domains = (domain,) if domain.accepted_known else (domain, replace(domain, accepted=DomainType.AUTHORITATIVE))
    pairs = ((base.outbound.match(d), other.outbound.match(d)) for d in domains)
    return any(a.connectors != b.connectors or a.rank != b.rank for a, b in pairs)


def _cmt_exists(_r: Observation, _i: Inputs, base: View, _o: View) -> bool:
    return bool(base.outbound.cmt)


def _equals_exist(row: Observation, _i: Inputs, base: View, other: View) -> bool:
    matches = (v.outbound.match(row.recipient.domain).connectors for v in (base, other))
    several = (
        base.outbound.cmt,
        base.inbound.partner,
        row.source.connectors,
        base.inbound.by_certificate(row.certificates or base.lens.settings.onpremises_certificates),
    )
    return any(len(m) > 1 for m in matches) or any(len(s) > 1 for s in several)


def _leaves_onpremises(_r: Observation, inputs: Inputs, _b: View, _o: View) -> bool:
    return Place.ONPREMISES in inputs.origin.possible and any(d in EXTERNAL for d in inputs.destination.possible)


def _validation_matters(row: Observation, inputs: Inputs, base: View, other: View) -> bool:
    return _domain_answers_differ(row, inputs, base, other) or base.outbound.cmt != other.outbound.cmt


def _rule_meets_cmt(_r: Observation, inputs: Inputs, base: View, _o: View) -> bool:
    return bool(base.outbound.cmt) and inputs.rules != (None,)


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


def _both_sides(row: Observation, readings: Iterable[Case], view: View) -> tuple[SideJudgement, SideJudgement]:
    arriving: list[Reading] = []
    leaving: list[Reading] = []
    for case in readings:
        leaving.append((case, "", outbound_side(row, case, view)))
        attributions = case.arriving or ((Answer(Outcome.NONE), ""),)
        arriving.extend((case, name, inbound_side(row, case, answer, view)) for answer, name in attributions)
    return _combined(row, arriving), _combined(row, leaving)


def _combined(row: Observation, readings: list[Reading]) -> SideJudgement:
    """Fold the readings of one side: what differs is undetermined and names the input that matters."""
    readings = _possible(row, readings)
    results = [r for _, _, r in readings if r is not None]
    if not results:
        return SideJudgement()
    verdicts = {_statement(r) for _, _, r in readings}
    answers = {(r.answer.outcome, r.answer.connector, r.answer.candidates) for r in results}
    answer = results[0].answer if len(answers) == 1 and len(results) == len(readings) else Answer(Outcome.UNDETERMINED)
    values = {r.value for r in results}
    value = results[0].value if len(values) == 1 else None
    missing = tuple(dict.fromkeys(m for r in results for m in r.missing))
    if len(verdicts) == 1:
        first = min(results, key=lambda r: GRAVITY[r.verdict])
        open_inputs = deciding(readings, _answer_of) if value is None and answer.outcome is Outcome.UNDETERMINED else ()
        return SideJudgement(
            first.verdict,
            _reason(results, first),
            answer,
            value,
            (*missing, *open_inputs),
            candidates=answer.candidates,
        )
    if values == {None}:
        # A side whose V is unknown gives unrouted only where every reading does, else no evidence.
        return SideJudgement(Verdict.NO_EVIDENCE, "no-connector-evidence", answer, None, deciding(readings, _answer_of))
    named = tuple(dict.fromkeys((*deciding(readings, _statement_of), *missing)))
    reason = "rule-hit-unknown" if named == ("rule_hit",) else "input-missing"
    if any(r.reason == "direct-send-possible" for r in results) and not named:
        reason = "direct-send-possible"
    return SideJudgement(Verdict.UNDETERMINED, reason, answer, value, named)


def _reason(results: list[SideResult], first: SideResult) -> str:
    # The first reading is the one without what is missing; its reason is the humblest.
    return next(r.reason for r in results if r.verdict is first.verdict)


def _possible(row: Observation, readings: list[Reading]) -> list[Reading]:
    """Rule out readings in which a delivered or sent message would have been refused (reference 8)."""
    if row.made_up or row.status.failed or not (row.status.arrived or row.status.send):
        return readings
    kept = [x for x in readings if x[2] is None or x[2].answer.outcome is not Outcome.REJECT]
    return kept or readings


def _statement(result: SideResult | None) -> Verdict:
    # No part in the row and no evidence both say nothing of the side.
    return Verdict.NO_EVIDENCE if result is None else result.verdict


def _statement_of(reading: Reading) -> object:
    return _statement(reading[2])


def _answer_of(reading: Reading) -> object:
    result = reading[2]
    return None if result is None else (result.answer.outcome, result.answer.connector, result.answer.candidates)


def deciding(readings: list[Reading], outcome_of: Callable[[Reading], object]) -> tuple[str, ...]:
    """Name the inputs that, changed alone, change the outcome; all that vary where only several together do."""
    named = [n for n in OPEN_INPUTS if _alone_decides(readings, n, outcome_of)]
    attributions = {name for case, name, _ in readings if name and _attribution_matters(readings, case, outcome_of)}
    found = (*named, *sorted(attributions))
    if found or len({outcome_of(r) for r in readings}) == 1:
        return found
    return tuple(n for n in OPEN_INPUTS if len({r[0].value(n) for r in readings}) > 1)


def _alone_decides(readings: list[Reading], name: str, outcome_of: Callable[[Reading], object]) -> bool:
    groups: dict[object, set[object]] = {}
    for reading in readings:
        others = (reading[1], *(reading[0].value(n) for n in OPEN_INPUTS if n != name))
        groups.setdefault(others, set()).add(outcome_of(reading))
    return any(len(g) > 1 for g in groups.values())


def _attribution_matters(readings: list[Reading], case: Case, outcome_of: Callable[[Reading], object]) -> bool:
    return len({outcome_of(r) for r in readings if r[0] is case}) > 1


@dataclass(frozen=True, slots=True)
class Alternative:
    """One policy at another value than its setting."""

    name: str
    setting: str
    value: str


def _weighed(plain: SideJudgement, others: list[tuple[Alternative, SideJudgement]]) -> SideJudgement:
    """Weigh a side against its judgement under every other policy value (reference 7.1)."""
    weighed = plain
    for alternative, found in others:
        other = _locally(plain, found)
        if _differs(plain, other):
            weighed = _ruled(_named(weighed, plain, other, alternative), plain, other, alternative)
    return weighed


def _locally(plain: SideJudgement, other: SideJudgement) -> SideJudgement:
    """V = none agrees with E = local (reference 8), though a side delivered locally takes no part."""
    if other.verdict is not None or plain.value != NO_CONNECTOR:
        return other
    return replace(other, verdict=Verdict.MATCH, answer=Answer(Outcome.LOCAL), value=plain.value)


def _differs(plain: SideJudgement, other: SideJudgement) -> bool:
    if plain.verdict is None or other.verdict is None:
        return False
    # Where V is unknown the answers are compared instead of the verdicts.
    unseen = plain.value is None and other.value is None
    return plain.verdict is not other.verdict or (unseen and not plain.answer.same_as(other.answer))


def _named(weighed: SideJudgement, plain: SideJudgement, other: SideJudgement, a: Alternative) -> SideJudgement:
    """Name the policy and the values that the log bears out."""
    seen = ((a.setting, plain), (a.value, other))
    borne = (f"{a.name}={v}" for v, side in seen if side.verdict is Verdict.MATCH and side.value is not None)
    return replace(
        weighed,
        policies=tuple(dict.fromkeys((*weighed.policies, f"{a.name}={a.setting}"))),
        bears_out=tuple(dict.fromkeys((*weighed.bears_out, *borne))),
    )


def _ruled(weighed: SideJudgement, plain: SideJudgement, other: SideJudgement, a: Alternative) -> SideJudgement:
    """Apply R1: an alarm that another value explains is ambiguous, unless that value alarms as well."""
    if plain.verdict not in ALARMS or weighed.verdict not in ALARMS or a.name == "internal_relay_fallback":
        return weighed
    both = tuple(dict.fromkeys((*plain.candidates, *plain.answer.names(), *other.answer.names())))
    if other.verdict is Verdict.MATCH:
        return replace(weighed, verdict=Verdict.AMBIGUOUS, reason=f"policy-{a.name.replace('_', '-')}", candidates=both)
    agrees = other.value is not None and not other.value.names and other.answer.outcome is Outcome.NONE
    if other.verdict in ALARMS and agrees and GRAVITY[other.verdict] < GRAVITY[weighed.verdict]:
        return replace(weighed, verdict=other.verdict, reason=other.reason, candidates=both)
    return weighed


def _in_window(side: SideJudgement, row: Observation, changing: frozenset[str]) -> SideJudgement:
    """Withhold an alarm while a connector that could alter the answer was changing (reference 8)."""
    if side.verdict not in ALARMS or not (changing or row.early):
        return side
    return replace(side, verdict=Verdict.UNDETERMINED, reason="change-window", missing=("earlier_configuration",))


def _certain(side: SideJudgement, inputs: Inputs) -> SideJudgement:
    """Withhold an alarm that rests on a weakly known origin: a forged sender looks the same."""
    if side.verdict not in ALARMS or not inputs.origin.weak:
        return side
    return replace(side, verdict=Verdict.UNDETERMINED, reason="weak-origin", missing=("origin",))


def _headline(row: Observation, inputs: Inputs, inbound: SideJudgement, outbound: SideJudgement) -> Judgement:
    sides = [s for s in (outbound, inbound) if s.verdict is not None]
    missing: tuple[str, ...] = ()
    verdict, reason = Verdict.MATCH, "local"
    if sides:
        first = min(sides, key=lambda s: GRAVITY[s.verdict or Verdict.NOT_ROUTED])
        verdict, reason, missing = first.verdict or verdict, first.reason, first.missing
    elif row.carries is Carries.NOTHING:
        verdict, reason = Verdict.NO_EVIDENCE, "no-connector-evidence"
    idle = _idle(row, inbound, outbound)
    if idle:
        verdict, reason, missing = Verdict.NOT_ROUTED, idle, ()
    arriving_alarm = inbound.verdict in (*ALARMS, Verdict.UNDETERMINED) and outbound.verdict not in ALARMS
    return Judgement(
        origin=inputs.origin.known,
        destination=inputs.destination.known,
        inbound=inbound,
        outbound=outbound,
        verdict=verdict,
        reason=reason,
        missing=missing,
        policies=tuple(dict.fromkeys(p for s in sides for p in s.policies)),
        contradicted=inputs.destination.contradicted,
        failed=row.status.failed,
        unknown_connector=row.logged.unknown,
        keep_source=not idle and (arriving_alarm or _unplaced(row, inputs)),
    )


def _idle(row: Observation, inbound: SideJudgement, outbound: SideJudgement) -> str | None:
    """Say why a row stands for no routing decision, or None where it does."""
    if row.status.idle:
        return row.status.idle
    arrival = row.status.side is Side.INBOUND  # a group's mail arrives like any other
    if row.recipient.placement == "group" and not (row.status.deliver or row.status.send or row.made_up or arrival):
        return "group-expansion"
    never_sent = row.status.failed and not row.status.send and outbound.value is None
    refused = REJECTED in (inbound.reason, outbound.reason)
    if never_sent and not refused and outbound.verdict is not Verdict.UNROUTED:
        return "failed-before-routing"
    return None


def _unplaced(row: Observation, inputs: Inputs) -> bool:
    # MF413: mail of senders the list places on-premises, from addresses nobody declared.
    return inputs.origin.weak and inputs.origin.known is Place.ONPREMISES and not row.source.blank
