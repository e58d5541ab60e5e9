"""What a row comes to: one judgement, with everything it rests on."""

from __future__ import annotations

from dataclasses import dataclass

from analyzer.compare.observation import Observed
from analyzer.compare.sides import Verdict
from analyzer.selection.decision import Answer, Outcome
from analyzer.tenant.model import Place
from analyzer.vantage import Vantage


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
    changing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict of a row with everything it rests on.

    `open_rules` names the conditions of mail flow rules that no log shows, where they leave the verdict open;
    `failure` is the enhanced status code of a failure; `signs` what else the row shows that a finding reads.
    """

    origin: Place | None
    destination: Place | None
    inbound: SideJudgement
    outbound: SideJudgement
    verdict: Verdict
    reason: str
    missing: tuple[str, ...]
    policies: tuple[str, ...]
    changing: tuple[str, ...] = ()
    open_rules: tuple[str, ...] = ()
    contradicted: bool = False
    failed: bool = False
    unknown_connector: str | None = None
    keep_source: bool = False
    failure: str | None = None
    signs: tuple[str, ...] = ()
    vantage: Vantage = Vantage.OFFICE365

    @property
    def path(self) -> str:
        """The pair of places as `origin>destination`."""
        return f"{self.origin or 'unknown'}>{self.destination or 'unknown'}"

    @property
    def evidence(self) -> str:
        """The sides on which the log speaks of a connector of the tenant."""
        arriving, leaving = (s.verdict is not None and s.value is not None for s in (self.inbound, self.outbound))
        return {(True, True): "both", (True, False): "inbound", (False, True): "outbound"}.get(
            (arriving, leaving), "none"
        )
