"""Change windows: what was being changed when a row passed, and what that leaves of its verdict (reference 8)."""

from __future__ import annotations

from dataclasses import replace

from analyzer.compare.case import View
from analyzer.compare.judgement import SideJudgement
from analyzer.compare.observation import Observation
from analyzer.compare.sides import ALARMS, Verdict
from analyzer.evidence import Side
from analyzer.selection.decision import Answer, Outcome
from analyzer.selection.inbound import partner_rank
from analyzer.selection.outbound import is_cmt, rank
from analyzer.selection.predicates import Truth
from analyzer.selection.rules import fate
from analyzer.tenant.model import AcceptedDomain, ConnectorType, InboundConnector, OutboundConnector, TransportRule
from analyzer.tenant.policy import Policy
from analyzer.tenant.versions import Change, Listed

BEFORE_HISTORY = "before-first-snapshot"
EARLIER = ("earlier_configuration",)


def weighed(side: SideJudgement, row: Observation, which: Side, view: View) -> SideJudgement:
    """Withhold an alarm while an object that could alter the answer was changing.

    A row that is older than every snapshot has no answer at all: nobody exported the configuration.
    """
    if row.early:
        return unknown(side)
    return withheld(side, tuple(c for c in row.changing if _could_alter(c, side, row, (which, view))))


def unless_changed_before(
    side: SideJudgement, later: SideJudgement, row: Observation, at: tuple[Side, View]
) -> SideJudgement:
    """Withhold an alarm that the settings of the next export explain: they may have been in force already.

    An export shows the last change of an object alone. What it shows may be older than that, if something
    else of the object was changed again.
    """
    if later.verdict is not Verdict.MATCH or later.value is None:
        return side
    return withheld(side, tuple(c for c in row.pending if _could_alter(c, later, row, at)))


def withheld(side: SideJudgement, changes: tuple[Change, ...]) -> SideJudgement:
    """Withhold an alarm because of changes, if there are any."""
    if side.verdict not in ALARMS or not changes:
        return side
    labels = tuple(change.label for change in changes)
    return replace(side, verdict=Verdict.UNDETERMINED, reason="change-window", missing=EARLIER, changing=labels)


def _could_alter(change: Change, side: SideJudgement, row: Observation, at: tuple[Side, View]) -> bool:
    """Tell whether the object of a change is selected or logged, or concerns the row in any of its versions."""
    which, view = at
    named = {*side.answer.names(), *(side.value.names if side.value else ())}
    if change.kind == which.value and not named.isdisjoint(change.names):
        return True
    if change.before is None and _unseen_could(change, side, which, view):
        return True
    return any(_concerns(version, row, which, view.policy) for version in change.versions)


def _unseen_could(change: Change, side: SideJudgement, which: Side, view: View) -> bool:
    """Tell whether settings that no export shows could have made this alarm none, whatever they were.

    The settings of a third connector never make a logged one the right one: the selected one goes before that as
    ever. But where the log names none, because it does not say, any connector may have claimed the message; and
    any rule that names the logged connector, or another rule's, may have fired.
    """
    if change.kind == which.value:
        return side.verdict is Verdict.UNROUTED and side.value is None
    if change.kind != "rules" or which is not Side.OUTBOUND or side.value is None:
        return False
    ruled = {version.connector for version in change.versions if isinstance(version, TransportRule)}
    return any(n in ruled or _rule_scoped(n, view) for n in side.value.names)


def _rule_scoped(name: str, view: View) -> bool:
    connector = view.lens.outbound_named.get(name)
    return connector is not None and connector.rule_scoped


def unknown(side: SideJudgement) -> SideJudgement:
    """Take back what was made of a row whose configuration nobody exported."""
    if side.verdict in (None, Verdict.NO_EVIDENCE):
        return replace(side, answer=Answer(Outcome.UNDETERMINED), policies=(), bears_out=(), candidates=())
    return SideJudgement(
        Verdict.UNDETERMINED, BEFORE_HISTORY, Answer(Outcome.UNDETERMINED), side.value, missing=EARLIER
    )


def _concerns(version: Listed, row: Observation, which: Side, policy: Policy) -> bool:
    """Tell whether an object could alter the answer of a side, whatever its settings beside its scope."""
    match version:
        case OutboundConnector():  # centralized transport may concern any row
            meets = is_cmt(version) or rank(version, row.recipient.domain, policy) is not None
            return which is Side.OUTBOUND and meets
        case InboundConnector():
            return which is Side.INBOUND and _attributes(version, row)
        case TransportRule():
            return which is Side.OUTBOUND and fate(version, row.shown, None).fired is not Truth.FALSE
        case AcceptedDomain():
            # It tells where recipient and sender belong; a certificate counts only while its domain is accepted (4.2).
            domains = (row.recipient.domain, row.recipient.own, row.sender.domain)
            return row.source.onpremises or any(version.domain in d.changing for d in domains if d is not None)
    return False


def _attributes(connector: InboundConnector, row: Observation) -> bool:
    if row.source.listed_by(connector) or (connector.certificate_name and row.source.onpremises):
        return True
    return connector.type is ConnectorType.PARTNER and partner_rank(connector, row.sender.domain) is not None
