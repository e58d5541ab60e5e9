"""The readings of a row folded into one judgement a side: what differs is named, never folded away."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from analyzer.compare.case import OPEN_INPUTS, Case, View
from analyzer.compare.judgement import SideJudgement
from analyzer.compare.observation import Observation
from analyzer.compare.sides import GRAVITY, SideResult, Verdict, inbound_side, outbound_side
from analyzer.selection.decision import Answer, Outcome
from analyzer.tenant.model import MailboxPlace

Reading = tuple[Case, str, SideResult | None]  # the case, the attribution's missing input, what a side came to


def both_sides(row: Observation, readings: Iterable[Case], view: View) -> tuple[SideJudgement, SideJudgement]:
    """Judge both sides of a row over all its readings under one policy: inbound, outbound."""
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
    if _moving(row, named):
        reason = "mailbox-moving"
    return SideJudgement(Verdict.UNDETERMINED, reason, answer, value, named)


def _moving(row: Observation, named: tuple[str, ...]) -> bool:
    # Within the grace time of its move a mailbox may be on either side: reported, not guessed.
    places = {"destination": row.recipient.placement, "origin": row.sender.placement}
    return any(places.get(name) is MailboxPlace.MOVING for name in named)


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
