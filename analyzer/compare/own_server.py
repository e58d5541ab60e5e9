"""What a row of an own server's log comes to: where the message was, and never a verdict on Office 365.

Such a log names the server's own Receive and Send connectors. They answer to no inbound and no outbound
connector of the tenant (log-formats section 6a), so the row takes part in neither side; the names stand
beside it as they were logged.
"""

from __future__ import annotations

from analyzer.compare.judgement import Judgement, SideJudgement
from analyzer.compare.observation import Observation, Observed
from analyzer.compare.sides import Verdict
from analyzer.evidence import StatusFacts, destination_of
from analyzer.selection.facts import Lens
from analyzer.tenant.model import Place

OWN_SERVER_LOG = "own-server-log"


def seen_from_own_server(row: Observation, lens: Lens) -> Judgement:
    """Place a row of an own server's log."""
    return Judgement(
        origin=_origin(row),
        destination=_destination(row, lens),
        inbound=SideJudgement(value=_named(row.logged.inbound)),
        outbound=SideJudgement(value=_named(row.logged.outbound)),
        verdict=Verdict.NO_EVIDENCE,
        reason=OWN_SERVER_LOG,
        missing=(),
        policies=(),
        failed=row.status.failed,
        failure=row.status.failure,
        vantage=row.vantage,
    )


def _named(names: tuple[str, ...]) -> Observed | None:
    return Observed(names) if names else None


def _origin(row: Observation) -> Place | None:
    # Only an address tells: directionality says who authenticated, not from where the mail came (section 6a).
    return Place.ONPREMISES if row.source.onpremises and not row.source.service else None


def _destination(row: Observation, lens: Lens) -> Place | None:
    if row.status.deliver:  # into a mailbox of this very server
        return Place.ONPREMISES
    # A Send may be to the next own server, so the row rules out nothing: the directory and the domain speak.
    return destination_of(row.recipient, StatusFacts(), lens).known
