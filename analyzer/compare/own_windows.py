"""Change windows of the own servers' Send and Receive connectors (windows.py has those of Office 365's)."""

from __future__ import annotations

from dataclasses import dataclass

from analyzer.compare.judgement import SideJudgement
from analyzer.compare.observation import Observation
from analyzer.compare.own_sides import routed_domains
from analyzer.compare.sides import Verdict
from analyzer.compare.windows import unknown, withheld
from analyzer.selection.facts import Lens
from analyzer.selection.onpremises import space_rank
from analyzer.selection.receiving import narrowest
from analyzer.tenant.onpremises import ReceiveConnector, SendConnector
from analyzer.tenant.versions import Change, Listed


@dataclass(frozen=True, slots=True)
class OwnWindows:
    """What was being changed when a row passed; `kind` is that of its connectors, send or receive."""

    row: Observation
    lens: Lens
    kind: str

    def weighed(self, side: SideJudgement) -> SideJudgement:
        """Withhold an alarm while a connector that could alter the answer was changing."""
        return unknown(side) if self.row.early else withheld(side, self._altering(self.row.changing, side))

    def unless_changed_before(self, side: SideJudgement, later: SideJudgement) -> SideJudgement:
        """Withhold an alarm that the settings of the next export explain."""
        if later.verdict is not Verdict.MATCH or later.value is None:
            return side
        return withheld(side, self._altering(self.row.pending, later))

    def _altering(self, changes: tuple[Change, ...], side: SideJudgement) -> tuple[Change, ...]:
        names = {n.casefold() for n in (*side.answer.names(), *(side.value.names if side.value else ()))}

        def alters(change: Change) -> bool:
            if change.kind != self.kind:
                return False
            # What claims nothing now may have claimed the message under settings that no export shows.
            unseen = change.before is None and side.verdict is Verdict.UNROUTED
            called = not names.isdisjoint(n.casefold() for n in change.names)
            return unseen or called or any(map(self._claims, change.versions))

        return tuple(change for change in changes if alters(change))

    def _claims(self, version: Listed) -> bool:
        """Tell whether a connector could claim the message, whatever else is set."""
        if isinstance(version, SendConnector):
            domains = routed_domains(self.row.recipient, self.lens)
            return any(space_rank(s.domain, d) is not None for s in version.address_spaces for d in domains)
        hop = self.row.hop
        return (
            isinstance(version, ReceiveConnector)
            and version.server == hop.server
            and (hop.client is None or narrowest(version.remote_ranges, hop.client) is not None)
        )
