"""One side of a row of an own server's log: every answer that the known inputs allow, held against the log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analyzer.compare.judgement import SideJudgement
from analyzer.compare.observation import NO_CONNECTOR, Observation, Observed
from analyzer.compare.sides import REJECTED, Verdict
from analyzer.evidence import full_name
from analyzer.selection.decision import Answer, Outcome
from analyzer.selection.facts import DomainFacts, Lens, RecipientFacts
from analyzer.selection.onpremises import MESSAGE_SIZE, SITE_COSTS, SendQuestion, possible_send
from analyzer.selection.receiving import NOBODY, Door, ReceiveQuestion, doors, taken_at
from analyzer.tenant.model import DomainType, MailboxPlace
from analyzer.tenant.onpremises import ReceiveConnector, SendConnector

_TOO_LARGE = frozenset(("5.2.3", "5.3.4"))
_NO_ROUTE = ("4.4.", "5.4.")  # classes of codes with which a message leaves the Unreachable queue
_PLACED_ELSEWHERE = (MailboxPlace.ONPREMISES, MailboxPlace.EXTERNAL)


@dataclass(frozen=True, slots=True)
class Leaving:
    """A sending, or the failure of one, with what Send connector selection knows."""

    row: Observation
    lens: Lens
    connectors: tuple[SendConnector, ...]
    must_leave: bool


@dataclass(frozen=True, slots=True)
class _Told:
    """One answer, what it makes of the row, and the values of the open inputs under which it is given."""

    answer: Answer
    verdict: Verdict
    reason: str
    inputs: tuple[tuple[str, object], ...] = ()


def routed_domains(recipient: RecipientFacts, lens: Lens) -> tuple[DomainFacts, ...]:
    """Give the domains by which the own servers may route a recipient (reference 3.2).

    A mailbox in the cloud goes by its hybrid routing address. A log that names the primary address does not
    say whether the servers resolved it, unless they answer for every recipient of its domain.
    """
    domain = recipient.domain
    foreign = domain.accepted_known and domain.accepted is None and domain.accepted_on_own is None
    settled = recipient.resolved or domain.onmicrosoft or domain.declared_onpremises or not domain.named
    if settled or foreign or recipient.placement in _PLACED_ELSEWHERE:
        return (domain,)
    hybrid = tuple(map(lens.domain, lens.hybrid_domains))
    answered = domain.accepted_on_own is DomainType.AUTHORITATIVE
    if hybrid and answered and recipient.placement is MailboxPlace.CLOUD:
        return hybrid
    return tuple(dict.fromkeys((domain, *hybrid)))


def leaving(asked: Leaving) -> SideJudgement:
    """Judge by which Send connector a message left."""
    row, value = asked.row, _value(asked.row, asked.row.logged.outbound)
    if value is not None and value.strange is not None:
        return _unknown_name(value)
    told = [
        _Told(answer, *_of_sending(asked, answer, value), (("routing_address", domain), (MESSAGE_SIZE, size)))
        for domain in routed_domains(row.recipient, asked.lens)
        for size in _sizes(row, asked.connectors)
        for answer in possible_send(SendQuestion(domain, size, row.hop.server), asked.connectors)
    ]
    return _folded(_possible(row, told), value, SITE_COSTS if row.hop.server else "server")


def _sizes(row: Observation, connectors: Iterable[SendConnector]) -> tuple[int, ...]:
    """Give the size, or one size of each class where the row has none (rule: 6, 1)."""
    if row.hop.size is not None:
        return (row.hop.size,)
    return (0, *sorted({c.max_message_size + 1 for c in connectors if c.max_message_size is not None}))


def _of_sending(asked: Leaving, answer: Answer, value: Observed | None) -> tuple[Verdict, str]:
    """Hold one answer against the log (reference 8)."""
    row = asked.row
    if answer.outcome is Outcome.REJECT:
        if row.status.failed and (row.status.code is None or row.status.code in _TOO_LARGE):
            return Verdict.MATCH, REJECTED
        return _silent() if value is None or row.status.failed else (Verdict.UNDETERMINED, "config-incomplete")
    if answer.outcome is Outcome.NONE and value in (None, NO_CONNECTOR):
        stuck = row.status.failed and (row.status.code or "4.4.").startswith(_NO_ROUTE)
        return (Verdict.UNROUTED, answer.reason) if asked.must_leave and stuck else _silent()
    return _compared(answer, value)


def _silent() -> tuple[Verdict, str]:
    return Verdict.NO_EVIDENCE, "no-connector-evidence"


def _compared(answer: Answer, value: Observed | None) -> tuple[Verdict, str]:
    if value is None:
        return _silent()
    if set(value.names) & set(answer.names()):
        return Verdict.MATCH, answer.reason
    return Verdict.MISMATCH, "claimed-by-none" if answer.outcome is Outcome.NONE else "not-the-selected-connector"


def arriving(row: Observation, connectors: tuple[ReceiveConnector, ...]) -> SideJudgement:
    """Judge by which Receive connector a message came in."""
    value, hop = _value(row, row.logged.inbound), row.hop
    if value is not None and value.strange is not None:
        return _unknown_name(value)
    if hop.client is None or not hop.server:
        lacking = ("server",) if hop.client is not None else ("connecting_ip",)
        return _undetermined(value, lacking)
    question = ReceiveQuestion(hop.server, hop.client, hop.port, hop.local)
    told = [
        (door, _Told(answer, *_compared(answer, value)))
        for door in doors(question, connectors)
        if (found := taken_at(door, hop.client)) is not None
        for answer in (_in_full(found, hop.server),)
    ]
    if not told:
        return _folded([_Told(NOBODY, *_compared(NOBODY, value))], value, "local_endpoint")
    # rule: 6 and 8. A connector takes sessions only where it listens, so the logged one rules out every other door.
    # Which is right there is still asked of all its doors, and what may be selected of all doors there are.
    at_its_doors = [t for door, t in told if _listens_at(door, value, hop.server)]
    return _folded([t for _, t in told], value, "local_endpoint", judged=at_its_doors)


def _in_full(answer: Answer, server: str) -> Answer:
    """Name the connectors of an answer by their server, too."""
    names = tuple(full_name(server, name) for name in answer.names())
    if answer.outcome is Outcome.CONNECTOR:
        return Answer(Outcome.CONNECTOR, names[0], answer.reason)
    return Answer(answer.outcome, reason=answer.reason, candidates=names)


def _listens_at(door: Door, value: Observed | None, server: str) -> bool:
    return value is not None and any(full_name(server, c.name) in value.names for c in door.listening)


def _value(row: Observation, names: tuple[str, ...]) -> Observed | None:
    """Say what the log has: names, one nobody knows, none, or nothing; a failure may never have come to a Send."""
    if row.logged.unknown is not None:
        return Observed(strange=row.logged.unknown)
    if names:
        return Observed(names)
    return NO_CONNECTOR if row.logged.blank and not row.status.failed else None


def _unknown_name(value: Observed) -> SideJudgement:
    return SideJudgement(
        Verdict.UNDETERMINED,
        "config-incomplete",
        Answer(Outcome.UNDETERMINED),
        value,
        ("connector_definition",),
    )


def _undetermined(value: Observed | None, missing: tuple[str, ...]) -> SideJudgement:
    return SideJudgement(Verdict.UNDETERMINED, "input-missing", Answer(Outcome.UNDETERMINED), value, missing)


def _possible(row: Observation, told: list[_Told]) -> list[_Told]:
    """Rule out what would have kept back a message that went on its way (reference 8, missing inputs)."""
    if row.status.failed:
        return told
    return [t for t in told if t.answer.outcome not in (Outcome.REJECT, Outcome.NONE)] or told


def _folded(
    told: Sequence[_Told], value: Observed | None, nearness: str, *, judged: Sequence[_Told] = ()
) -> SideJudgement:
    """Fold the answers: verdicts that differ are undetermined and name the input that decides.

    `judged` are those of the answers that the row itself leaves possible; where none are named, all are.
    """
    distinct = tuple({(t.answer.outcome, t.answer.connector, t.answer.candidates): t.answer for t in told}.values())
    names = tuple(dict.fromkeys(n for a in distinct for n in a.names()))
    judged = judged or told
    answer, verdicts = distinct[0], {t.verdict for t in judged}
    if len(distinct) > 1:
        open_to = Outcome.AMBIGUOUS if len(verdicts) == 1 and names else Outcome.UNDETERMINED
        answer = Answer(open_to, reason=answer.reason, candidates=names)
    if len(verdicts) == 1:
        first = judged[0]
        missing = _deciding(judged, nearness) if first.verdict is Verdict.UNDETERMINED else ()
        return SideJudgement(first.verdict, first.reason, answer, value, missing, candidates=answer.candidates)
    return SideJudgement(
        Verdict.UNDETERMINED, "input-missing", answer, value, _deciding(judged, nearness), candidates=names
    )


def _deciding(told: Sequence[_Told], nearness: str) -> tuple[str, ...]:
    """Name the inputs that, changed alone, change what the row comes to; `nearness` is open under equal inputs."""
    by_inputs: dict[tuple[tuple[str, object], ...], set[Verdict]] = {}
    for t in told:
        by_inputs.setdefault(t.inputs, set()).add(t.verdict)
    found = [nearness] if any(len(verdicts) > 1 for verdicts in by_inputs.values()) else []
    for place, (name, _) in enumerate(told[0].inputs):
        groups: dict[object, set[frozenset[Verdict]]] = {}
        for inputs, verdicts in by_inputs.items():
            groups.setdefault((*inputs[:place], *inputs[place + 1 :]), set()).add(frozenset(verdicts))
        found += [name] if any(len(group) > 1 for group in groups.values()) else []
    return tuple(found)
