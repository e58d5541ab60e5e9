"""Why an answer is what it is, as a tree: inputs, arrival, departure, policies, each step with its rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape

from analyzer.compare.case import Case, Inputs, View, inbound_question
from analyzer.compare.observation import Observation
from analyzer.evidence import Places
from analyzer.printable import printable
from analyzer.schema import INPUTS
from analyzer.selection.decision import Answer, Step
from analyzer.selection.facts import DomainFacts, Lens, RecipientFacts
from analyzer.selection.inbound import explain_inbound
from analyzer.selection.outbound import explain_outbound
from analyzer.selection.rules import explain_rules
from analyzer.tenant.model import Place

_INDENT = "  "


def inputs_step(row: Observation, inputs: Inputs, lens: Lens, missing: Sequence[str]) -> Step:
    """Tell what the answer rests on, and what is missing and matters."""
    known = (
        Step("origin", _places(inputs.origin), "evidence, Origin"),
        Step("destination", _places(inputs.destination), "evidence, Destination"),
        Step("recipient", recipient_words(row.recipient), "3.2"),
        Step("sender", _sender(row), "4.2"),
        Step("source", _source(row), "4.2"),
        *_certificate(row, inputs, lens),
        Step("configuration", f"snapshot {lens.snapshot.name}", "8"),
    )
    lacking = tuple(Step(f"missing {name}", INPUTS.get(name, "not known"), "8, missing inputs") for name in missing)
    return Step("inputs", "", "", (*known, *lacking))


def rules_step(row: Observation, inputs: Inputs, lens: Lens) -> Iterator[Step]:
    """Tell how each mail flow rule fared, once for each origin that matters to them; nothing where there are none."""
    if not lens.rulebook.rules:
        return
    seen = row.shown
    told = {place: tuple(explain_rules(lens, seen, place)) for place in inputs.origin.possible}
    if len(set(told.values())) == 1:
        yield Step("mail flow rules", "", "3.3, 1", next(iter(told.values())))
        return
    readings = (Step("reading", f"if it comes from {place}", "8, missing inputs", s) for place, s in told.items())
    yield Step("mail flow rules", "", "3.3, 1", tuple(readings))


def arriving_step(row: Observation, readings: Sequence[Case], view: View, answer: Answer | None) -> Step:
    """Tell how the message is attributed on arrival, once for each answer that the readings give."""
    if answer is None:
        return Step("arrives", "from the cloud: no attribution", "8")
    groups = _by_answer(readings, lambda case: case.arriving[0][0] if case.arriving else None)
    found = tuple(_reading(cases, groups, _attribution(row, cases[0], view)) for cases in groups)
    return Step("arrives", answer.words(), "4.2", tuple(_flat(found)))


def leaving_step(readings: Sequence[Case], view: View, answer: Answer) -> Step:
    """Tell which way the message leaves, once for each answer that the readings give."""
    groups = _by_answer(readings, lambda case: case.leaving)
    found = tuple(_reading(c, groups, explain_outbound(c[0].question, view.outbound)) for c in groups)
    return Step("leaves", answer.words(), "3.3", tuple(_flat(found)))


def policies_step(touched: Iterable[tuple[str, str, str, str]]) -> Step:
    """Tell each policy that matters: name, its value, another value, and what that would have given."""
    steps = tuple(Step(f"{name} = {value}", f"with {other}, {given}", "7.1") for name, value, other, given in touched)
    return Step("policies", "" if steps else "none changes the answer", "7.1", steps)


def printed(steps: Iterable[Step], depth: int = 0) -> Iterator[str]:
    """Print trees as lines, indented by depth, safe for a terminal."""
    for step in steps:
        yield from (_INDENT * (depth + below) + printable(str(s)) for below, s in step.walk())


def html(steps: Iterable[Step]) -> str:
    """Write trees as nested lists; what has something below it can be folded."""
    return f"<ul>{''.join(f'<li>{_item(step)}</li>' for step in steps)}</ul>"


def _item(step: Step) -> str:
    said = escape(str(step))
    return f"<details open><summary>{said}</summary>{html(step.steps)}</details>" if step.steps else said


def _attribution(row: Observation, case: Case, view: View) -> tuple[Step, ...]:
    if not case.arriving:
        return (Step("from the cloud", "no attribution", "8"),)
    others = tuple(
        Step(answer.words(), f"possible as well: {missing.replace('_', ' ')} is not known", "8")
        for answer, missing in case.arriving[1:]
    )
    return (*explain_inbound(inbound_question(row, case.question, view), view.inbound), *others)


Group = list[Case]


def _by_answer(readings: Sequence[Case], answer_of: Callable[[Case], Answer | None]) -> list[Group]:
    groups: dict[object, Group] = {}
    for case in readings:
        answer = answer_of(case)
        key = None if answer is None else (answer.outcome, answer.connector, answer.candidates)
        groups.setdefault(key, []).append(case)
    return list(groups.values())


def _reading(cases: Group, groups: list[Group], steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Put the steps of one answer below the readings that give it, where there are several answers."""
    if len(groups) == 1:
        return steps
    paths = dict.fromkeys(f"{c.origin}>{c.destination}" for c in cases)
    told = f"if the message goes {' or '.join(paths)}{_by_rule(cases, groups)}"
    return (Step("reading", told, "8, missing inputs", steps),)


def _by_rule(cases: Group, groups: list[Group]) -> str:
    """Name the rules of some readings, where the readings differ in them."""
    if len({c.rule for group in groups for c in group}) == 1:
        return ""
    fired = dict.fromkeys(c.rule for c in cases)
    return " and " + " or ".join("no rule routed it" if r is None else f"rule {r.name} fired" for r in fired)


def _flat(groups: Iterable[tuple[Step, ...]]) -> Iterator[Step]:
    for steps in groups:
        yield from steps


def _places(places: Places) -> str:
    words = " or ".join(places.possible)
    return f"{words} (weak evidence)" if places.weak else words


def recipient_words(recipient: RecipientFacts) -> str:
    """Say what is known of a recipient: its domain, the recipients list, and the address it is resolved to."""
    listed = f"listed as {recipient.placement}" if recipient.placement else "in no recipients list"
    resolved = ", routed by its target address" if recipient.resolved else ""
    return f"{_domain(recipient.domain)}, {listed}{resolved}"


def _sender(row: Observation) -> str:
    if row.null_sender:
        return "the null sender"
    if not row.sender.stated:
        return "not stated"
    kind = "" if row.envelope_known or row.made_up else ", known from the header alone"
    listed = f", listed as {row.sender.placement}" if row.sender.placement else ""
    return f"{_domain(row.sender.domain)}{listed}{kind}"


def _domain(domain: DomainFacts) -> str:
    if not domain.named:
        return "no domain"
    if not domain.accepted_known:
        return "domain: accepted or not is unknown, no export tells"
    return f"accepted domain ({domain.accepted})" if domain.accepted else "a domain that is not accepted"


def _certificate(row: Observation, inputs: Inputs, lens: Lens) -> Iterator[Step]:
    """Tell which certificate the own servers present and how that is known, where they may have sent the message."""
    shown, declared = lens.snapshot.presented, lens.settings.onpremises_certificates
    if row.certificates is not None:
        told = f"{', '.join(row.certificates) or 'none'}, as given"
    elif Place.ONPREMISES not in inputs.origin.possible:
        return
    elif shown is not None:
        silent = " and ".join(lens.snapshot.unheard)
        told = f"{', '.join(shown)}, by the SMTP send logs" + (f"; those of {silent} are missing" if silent else "")
    else:
        told = f"{', '.join(declared)}, as declared" if declared else "not known"
    yield Step("certificate", told, "8, certificate rule")


def _source(row: Observation) -> str:
    source = row.source
    if source.blank:
        return "no connecting IP" + (", a declared host or certificate" if source.onpremises else "")
    words = [
        word
        for word, holds in (
            ("declared on-premises", source.onpremises),
            ("a declared service", source.service),
            ("a declared direct-send device", source.direct_send),
        )
        if holds
    ]
    return f"connecting IP {', '.join(words) or 'that nothing declares'}"
