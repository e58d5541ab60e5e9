"""One made-up message: how would the configuration take it in and send it on, and why?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from html import escape

from analyzer.addresses import NULL_SENDER
from analyzer.compare.case import Case, cases, inputs_of
from analyzer.compare.judge import Judge
from analyzer.compare.observation import Observation
from analyzer.compare.readings import Reading, deciding
from analyzer.compare.sides import SideResult, Verdict, relayed_by_mx
from analyzer.compare.windows import BEFORE_HISTORY, EARLIER
from analyzer.errors import UsageError
from analyzer.moments import utc
from analyzer.pipeline.snapshots import Epoch, Timeline
from analyzer.printable import printable
from analyzer.selection.decision import Answer, Outcome, Step
from analyzer.selection.facts import Lens
from analyzer.tenant.model import Place, Snapshot, Tenant
from analyzer.tenant.policy import Policy
from analyzer.tracing import arriving_step, html, inputs_step, leaving_step, policies_step, printed, rules_step


@dataclass(frozen=True, slots=True)
class Decision:
    """What the configuration answers for one message, with every step that led there.

    `outcome` is how it leaves: connector, none, local, reject, ambiguous, undetermined;
    `inbound_outcome` uses the same words and is None where the message comes from the cloud.
    """

    path: str
    outcome: str
    inbound_outcome: str | None
    selected_inbound_connector: str | None
    selected_outbound_connector: str | None
    code: str | None
    candidates: tuple[str, ...]
    missing: tuple[str, ...]
    reason: str
    policies: Mapping[str, str]
    snapshot: str
    steps: tuple[Step, ...]

    def as_dict(self) -> dict[str, object]:
        """Give the decision as plain values, as `mailflow route --json` prints it."""
        names = [n for n in self.__dataclass_fields__ if n != "steps"]
        plain = {n: list(v) if isinstance(v := getattr(self, n), tuple) else v for n in names}
        return {**plain, "policies": dict(self.policies), "steps": [step.as_dict() for step in self.steps]}

    def headline(self) -> str:
        """Say the answer in one line."""
        how = {
            "connector": f"by {self.selected_outbound_connector}",
            "none": "by the MX record, no connector",
            "local": "delivered inside Exchange Online, no connector",
            "reject": f"rejected{f' with {self.code}' if self.code else ''}",
            "ambiguous": f"by one of {', '.join(self.candidates)}; the documents do not say which",
            "undetermined": f"cannot tell, because this is missing: {', '.join(self.missing)}",
        }[self.outcome]
        return f"{self.path}: {how}"

    def __str__(self) -> str:
        """Print the headline, what it rests on, and the tree of steps."""
        lines = [self.headline(), f"  reason: {self.reason}"]
        if self.inbound_outcome is not None:
            lines.append(f"  arrives: {self.selected_inbound_connector or self.inbound_outcome}")
        if self.policies:
            lines.append("  rests on: " + ", ".join(f"{n}={v}" for n, v in self.policies.items()))
        if self.missing and self.outcome != "undetermined":
            lines.append(f"  missing: {', '.join(self.missing)}")
        return "\n".join((*map(printable, lines), *printed(self.steps, depth=2)))

    def _repr_html_(self) -> str:
        return f"<p><b>{escape(self.headline())}</b> ({escape(self.reason)})</p>{html(self.steps)}"


def route(
    tenant: Tenant,
    *,
    recipient: str,
    sender: str | None = None,
    ip: str | None = None,
    certificate: str | None = None,
    tls: bool | None = None,
    header_from: str | None = None,
    size: int | None = None,
    subject: str | None = None,
    forwarded: bool = False,
    origin: str | None = None,
    destination: str | None = None,
    at: datetime | str | None = None,
    policy: Policy | Mapping[str, str] | None = None,
    judge_earlier: bool | None = None,
) -> Decision:
    """Decide one made-up message.

    Args:
        tenant: the configuration history.
        recipient: envelope recipient.
        sender: envelope sender; "" is the null sender, None leaves it open.
        ip: connecting address.
        certificate: subject name the source presents.
        tls: False says that the session is in plain text.
        header_from: the sender in the header, for mail flow rules; None = the same as the envelope's. It stands in
            for an envelope sender that is open or null (reference 8, Sender kind).
        size: bytes of the message, for mail flow rules that look at it.
        subject: of the message, for the same; "" is an empty one, None leaves it open.
        forwarded: the message is a copy that a cloud mailbox forwards.
        origin: cloud, onpremises, internet or partner; None derives it from sender and source.
        destination: as origin, for the recipient.
        at: the moment, for dated snapshots; None takes the latest. Naive times are UTC.
        policy: policies instead of the tenant's own, or single values over them.
        judge_earlier: decide a moment before the first dated snapshot by that one; None leaves it to mailflow.toml.
    """
    moment = utc(at, "at")
    tenant = replace(tenant, settings=tenant.settings.ruled_by(policy, judge_earlier=judge_earlier))
    snapshot, epoch = _in_force(tenant, moment)
    lens = Lens(snapshot, tenant.settings)
    stated = NULL_SENDER if sender == "" else sender
    row = Observation(
        recipient=lens.recipient(recipient, moment),
        sender=lens.sender(header_from or stated if sender in (None, "") else stated, moment),
        source=lens.source(ip or "", certificate=certificate or ""),
        envelope_known=sender is not None,
        null_sender=sender == "",
        forwarded=forwarded,
        certificates=(certificate.lower(),) if certificate else None,
        plain_text=tls is False,
        origin=_place(origin, "origin"),
        destination=_place(destination, "destination"),
        made_up=True,
        senders_show=lens.rulebook.of_senders(header_from or stated, stated),
        size_shows=lens.rulebook.of_size(size),
        subject_shows=lens.rulebook.of_subject(subject),
    )
    decision = _decided(row, lens, tenant.settings.policy)
    return decision if epoch is None else _at_its_time(decision, epoch)


def _in_force(tenant: Tenant, moment: datetime | None) -> tuple[Snapshot, Epoch | None]:
    """Find the configuration of a moment; without one, the latest snapshot."""
    if moment is None:
        return tenant.snapshots[-1], None
    timeline = Timeline(tenant)
    epoch = timeline.epoch_at(moment)
    return timeline.configurations[epoch.configuration], epoch


def _at_its_time(decision: Decision, epoch: Epoch) -> Decision:
    """Say what was changing at the moment; before every snapshot nobody can tell."""
    open_then = tuple(Step("history", f"not sure at this time: {c.label}", "8, change window") for c in epoch.changing)
    if not epoch.early:
        return replace(decision, steps=(*open_then, *decision.steps))
    return replace(
        decision,
        outcome=Outcome.UNDETERMINED.value,
        inbound_outcome=Outcome.UNDETERMINED.value if decision.inbound_outcome else None,
        selected_inbound_connector=None,
        selected_outbound_connector=None,
        code=None,
        candidates=(),
        missing=EARLIER,
        reason=BEFORE_HISTORY,
        policies={},
        snapshot=epoch.name,
        steps=(Step("history", "older than the first snapshot: no export tells what was in force", "8"),),
    )


def _place(name: str | None, what: str) -> Place | None:
    if name is None or name in list(Place):
        return Place(name) if name else None
    raise UsageError(f"{what} {name!r} is not one of {', '.join(Place)}")


@dataclass(frozen=True, slots=True)
class _Both:
    """The answers of both sides over all readings; None = takes no part."""

    arriving: Answer | None
    leaving: Answer
    missing: tuple[str, ...]

    def beside(self, other: _Both) -> str:
        """Say in a line what differs from other answers."""
        out = () if self.leaving.same_as(other.leaving) else (f"leaves: {self.leaving.words()}",)
        into = () if _same_way_in(self, other) or self.arriving is None else (f"arrives: {self.arriving.words()}",)
        return ", ".join((*out, *into))


def _decided(row: Observation, lens: Lens, policy: Policy) -> Decision:
    inputs, judge = inputs_of(row, lens), Judge(lens, policy)
    readings = tuple(cases(row, inputs, judge.view))
    both = _answers(readings, lens)
    others = (
        (name, value, _answers(tuple(cases(row, inputs, view)), lens))
        for name, value, view in judge.relevant(row, inputs)
    )
    touched = [(name, value, other) for name, value, other in others if not _same(both, other)]
    told = [(name, getattr(policy, name), value, other.beside(both)) for name, value, other in touched]
    refused = both.arriving is not None and both.arriving.outcome is Outcome.REJECT
    answer = both.arriving if refused and both.arriving else both.leaving
    unrouted = inputs.destination.known is Place.ONPREMISES and answer.outcome is Outcome.NONE
    unrouted = unrouted and not relayed_by_mx(row, judge.view)
    return Decision(
        path=f"{inputs.origin.known or 'unknown'}>{inputs.destination.known or 'unknown'}",
        outcome=answer.outcome.value,
        inbound_outcome=both.arriving.outcome.value if both.arriving else None,
        selected_inbound_connector=both.arriving.connector if both.arriving else None,
        selected_outbound_connector=None if refused else both.leaving.connector,
        code=answer.code,
        candidates=answer.candidates or (both.arriving.candidates if both.arriving else ()),
        missing=both.missing,
        reason="onprem-recipient-unrouted" if unrouted else answer.reason or "input-missing",
        policies={name: value for name, value in policy.items() if name in {name for name, *_ in touched}},
        snapshot=lens.snapshot.name,
        steps=(
            inputs_step(row, inputs, lens, both.missing),
            arriving_step(row, readings, judge.view, both.arriving),
            *rules_step(row, inputs, lens),
            leaving_step(readings, judge.view, both.leaving),
            policies_step(told),
        ),
    )


def _same(one: _Both, other: _Both) -> bool:
    return _same_way_in(one, other) and one.leaving.same_as(other.leaving)


def _same_way_in(one: _Both, other: _Both) -> bool:
    return one.arriving is other.arriving or (
        one.arriving is not None and other.arriving is not None and one.arriving.same_as(other.arriving)
    )


def _answers(readings: tuple[Case, ...], lens: Lens) -> _Both:
    arriving: list[Reading] = []
    leaving: list[Reading] = []
    for case in readings:
        leaving.append((case, "", _held(case.leaving)))
        arriving.extend((case, name, _held(answer)) for answer, name in case.arriving or ((None, ""),))
    into, missing_in = _folded(arriving)
    out, missing_out = _folded(leaving)
    unknown = Answer(Outcome.UNDETERMINED)
    if lens.snapshot.inbound is None and into is not None:
        into, missing_in = unknown, (*missing_in, "inbound_connectors")
    if any(_dangling(case, lens) for case in readings):
        out, missing_out = unknown, (*missing_out, "outbound_connectors")
    if lens.snapshot.outbound is None and out is not None and out.outcome not in (Outcome.LOCAL, Outcome.REJECT):
        out, missing_out = unknown, (*missing_out, "outbound_connectors")
    return _Both(into, out or unknown, tuple(dict.fromkeys((*missing_out, *missing_in))))


def _dangling(case: Case, lens: Lens) -> bool:
    # rule: 7.4, a rule whose connector is missing from the export is an export gap
    chosen = case.leaving.connector
    return case.rule is not None and chosen == case.rule.connector and chosen not in lens.outbound_named


def _held(answer: Answer | None) -> SideResult | None:
    return None if answer is None else SideResult(Verdict.NO_EVIDENCE, answer.reason, answer, None)


def _folded(readings: list[Reading]) -> tuple[Answer | None, tuple[str, ...]]:
    distinct = {_said(r) for r in readings}
    if len(distinct) > 1:
        return Answer(Outcome.UNDETERMINED), deciding(readings, _said)
    result = readings[0][2]
    return (result.answer if result else None), ()


def _said(reading: Reading) -> object:
    result = reading[2]
    return None if result is None else (result.answer.outcome, result.answer.connector, result.answer.candidates)
