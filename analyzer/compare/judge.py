"""Logged against selected, path against allowed path: one judgement per distinct observation.

A row is read in every way its missing inputs allow (case.py), each reading is judged side by side
(sides.py), the readings are folded (readings.py) and weighed against every policy value (weighing.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from analyzer.compare.case import Inputs, View, cases, inputs_of
from analyzer.compare.judgement import Judgement, SideJudgement
from analyzer.compare.observation import Observation
from analyzer.compare.own_server import InLight, judged_on_own_server
from analyzer.compare.readings import both_sides
from analyzer.compare.sides import ALARMS, GRAVITY, REJECTED, Verdict
from analyzer.compare.signs import names_source, signs_of
from analyzer.compare.weighing import POLICY_MATTERS, Alternative, weigh
from analyzer.compare.windows import BEFORE_HISTORY, EARLIER, unless_changed_before, weighed
from analyzer.evidence import Carries, Side
from analyzer.selection.facts import Lens
from analyzer.selection.onpremises import internet_egress
from analyzer.tenant.model import Place
from analyzer.tenant.policy import Policy
from analyzer.vantage import Vantage


class Judge:
    """Judges observations against one snapshot under one policy; views are prepared once."""

    def __init__(self, lens: Lens, policy: Policy) -> None:
        """Prepare the view of every policy value."""
        self.lens, self.policy = lens, _settled(lens, policy)
        self.view = View(lens, self.policy)

    @cached_property
    def _alternatives(self) -> tuple[tuple[str, str, View], ...]:
        return tuple((name, value, View(self.lens, p)) for name, value, p in self.policy.alternatives())

    @cached_property
    def _uncertified(self) -> View | None:
        """Without the certificate that the send logs show, where they are not those of every own server."""
        return View(self.lens, self.policy, certificates=()) if self.lens.snapshot.unheard else None

    def __call__(self, row: Observation, later: Later | None = None) -> Judgement:
        """Judge one observation; `later` tells the settings that may have been in force already."""
        if row.vantage is Vantage.OWN_SERVER:
            return judged_on_own_server(row, self.lens, None if later is None else InLight(later.row, later.judge.lens))
        inputs = inputs_of(row, self.lens)
        inbound, outbound = self.sides(row, inputs)
        if later is not None and ALARMS & {inbound.verdict, outbound.verdict}:
            then = later.judge.sides(later.row, inputs_of(later.row, later.judge.lens))
            inbound = unless_changed_before(inbound, then[0], row, (Side.INBOUND, self.view))
            outbound = unless_changed_before(outbound, then[1], row, (Side.OUTBOUND, self.view))
        inbound, outbound = (_certain(side, inputs) for side in (inbound, outbound))
        inbound = self._unless_by_another_server(inbound, row, inputs)
        judged = _headline(row, inputs, inbound, outbound)
        found = signs_of(row, inputs, inbound, self.lens)
        return replace(judged, signs=found, keep_source=judged.keep_source or names_source(row, inputs, found))

    def sides(self, row: Observation, inputs: Inputs) -> tuple[SideJudgement, SideJudgement]:
        """Judge both sides, inbound first, under every policy value and inside the change windows."""
        readings = tuple(cases(row, inputs, self.view))
        plain = both_sides(row, readings, self.view)
        others = [
            (
                Alternative(name, getattr(self.policy, name), value),
                both_sides(row, tuple(cases(row, inputs, view)), view),
            )
            for name, value, view in self.relevant(row, inputs)
        ]
        inbound, outbound = (weigh(side, [(a, both[i]) for a, both in others]) for i, side in enumerate(plain))
        return weighed(inbound, row, Side.INBOUND, self.view), weighed(outbound, row, Side.OUTBOUND, self.view)

    def _unless_by_another_server(self, side: SideJudgement, row: Observation, inputs: Inputs) -> SideJudgement:
        """Withhold an alarm that rests on one server's certificate, where another server may have sent the message."""
        if side.verdict not in ALARMS or self._uncertified is None:
            return side
        # rule: 8, missing inputs and certificate rule. Whatever the other servers present is tried.
        other, _ = both_sides(row, cases(row, inputs, self._uncertified), self._uncertified)
        if other.verdict in ALARMS:
            return side
        return replace(side, verdict=Verdict.UNDETERMINED, reason="certificate-unknown", missing=("send_logs",))

    def relevant(self, row: Observation, inputs: Inputs) -> Iterator[tuple[str, str, View]]:
        """Skip the policies that cannot change an answer for this row: most rows rest on none."""
        for name, value, view in self._alternatives:
            if POLICY_MATTERS[name](row, inputs, self.view, view):
                yield name, value, view


def _settled(lens: Lens, policy: Policy) -> Policy:
    """Let the export of the own servers' Send connectors say what nobody stated (reference 7.2)."""
    way = internet_egress(lens.snapshot.own.send)
    stated = "policy.onprem_internet_egress" in lens.settings.stated
    return policy if way is None or stated else replace(policy, onprem_internet_egress=way)


@dataclass(frozen=True, slots=True)
class Later:
    """The judge of the settings that the next export shows, and the row as they see it."""

    judge: Judge
    row: Observation


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
    elif row.early:
        verdict, reason, missing = Verdict.UNDETERMINED, BEFORE_HISTORY, EARLIER
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
        policies=tuple(dict.fromkeys(p for s in (outbound, inbound) for p in s.policies)),
        changing=tuple(dict.fromkeys(c for s in sides if s.reason == reason for c in s.changing)),
        open_rules=inputs.rule_conditions if verdict is Verdict.UNDETERMINED and "rule_hit" in missing else (),
        # What no export of its time tells about is no contradiction, and no gap of the exports that are there.
        contradicted=inputs.destination.contradicted and not row.early,
        failed=row.status.failed,
        failure=row.status.failure,
        unknown_connector=None if row.early else row.logged.unknown,
        keep_source=not (idle or row.early) and (arriving_alarm or _unplaced(row, inputs)),
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
    withheld = bool(outbound.changing)  # it would be unrouted, were the settings of that time known
    if never_sent and not refused and not withheld and outbound.verdict is not Verdict.UNROUTED:
        return "failed-before-routing"
    return None


def _unplaced(row: Observation, inputs: Inputs) -> bool:
    # MF413: mail of senders the list places on-premises, from addresses nobody declared.
    return inputs.origin.weak and inputs.origin.known is Place.ONPREMISES and not row.source.blank
