"""Rows of own servers' logs, judged against the servers' own Send and Receive connectors (reference 6 and 8).

Such a log names the server's own connectors (log-formats section 6a). They answer to no inbound and no
outbound connector of the tenant and are never compared with one: arrivals are held against the Receive
connectors of the server, sendings against the Send connectors of the organization.
"""

from __future__ import annotations

from dataclasses import dataclass

from analyzer.compare.judgement import Judgement, SideJudgement
from analyzer.compare.observation import Observation, Observed
from analyzer.compare.own_sides import Leaving, arriving, leaving
from analyzer.compare.own_windows import OwnWindows
from analyzer.compare.sides import ALARMS, REJECTED, Verdict
from analyzer.compare.windows import BEFORE_HISTORY, EARLIER
from analyzer.evidence import Carries, Side, StatusFacts, destination_of
from analyzer.selection.facts import Lens
from analyzer.tenant.model import MailboxPlace, Place

OWN_SERVER_LOG = "own-server-log"
# Built into every Exchange server and in no export: hops from one server, or service, to the next.
IMPLICIT = frozenset(
    (
        "intra-organization smtp send connector",
        "inbound proxy internal send connector",
        "client proxy send connector",
        "outbound proxy send connector",
    )
)


@dataclass(frozen=True, slots=True)
class InLight:
    """A row in the light of the settings that the next export shows, which may have been in force already."""

    row: Observation
    lens: Lens


def judged_on_own_server(row: Observation, lens: Lens, later: InLight | None = None) -> Judgement:
    """Judge a row of an own server's log."""
    inbound, outbound = _sides(row, lens)
    if later is not None and ALARMS & {inbound.verdict, outbound.verdict}:
        then = _sides(later.row, later.lens)
        inbound = OwnWindows(row, lens, "receive").unless_changed_before(inbound, then[0])
        outbound = OwnWindows(row, lens, "send").unless_changed_before(outbound, then[1])
    sides = [s for s in (outbound, inbound) if s.verdict is not None]
    idle = _idle(row, sides, lens)
    verdict, reason, missing = _headline(row, sides, lens)
    if idle:
        verdict, reason, missing = Verdict.NOT_ROUTED, idle, ()
    return Judgement(
        origin=_origin(row),
        destination=destination(row, lens),
        inbound=inbound,
        outbound=outbound,
        verdict=verdict,
        reason=reason,
        missing=missing,
        policies=(),
        changing=tuple(dict.fromkeys(c for s in sides for c in s.changing)),
        contradicted=not row.early and row.status.deliver and row.recipient.placement is MailboxPlace.CLOUD,
        failed=row.status.failed,
        failure=row.status.failure,
        unknown_connector=None if row.early or idle else row.logged.unknown,
        vantage=row.vantage,
    )


def _sides(row: Observation, lens: Lens) -> tuple[SideJudgement, SideJudgement]:
    """Judge both sides, inbound first; a side that takes no part keeps what was logged."""
    own, silent = lens.snapshot.own, row.carries is Carries.NOTHING or _is_hop(row) or row.status.idle is not None
    inbound, outbound = (SideJudgement(value=_named(n)) for n in (row.logged.inbound, row.logged.outbound))
    if silent or row.status.deliver:
        return inbound, outbound
    if row.status.side is Side.INBOUND and own.receive is not None and not row.logged.blank:
        inbound = OwnWindows(row, lens, "receive").weighed(arriving(row, own.receive))
    if row.status.side is Side.OUTBOUND and own.send is not None:
        must_leave = destination(row, lens) not in (None, Place.ONPREMISES)
        found = leaving(Leaving(row, lens, own.send, must_leave=must_leave))
        outbound = OwnWindows(row, lens, "send").weighed(found)
    return inbound, outbound


def _named(names: tuple[str, ...]) -> Observed | None:
    return Observed(names) if names else None


def _is_hop(row: Observation) -> bool:
    return (row.logged.unknown or "").casefold() in IMPLICIT or any(
        n.casefold() in IMPLICIT for n in row.logged.outbound
    )


def _headline(row: Observation, sides: list[SideJudgement], lens: Lens) -> tuple[Verdict, str, tuple[str, ...]]:
    if sides:
        return sides[0].verdict or Verdict.NO_EVIDENCE, sides[0].reason, sides[0].missing
    own = lens.snapshot.own
    if row.status.deliver and row.carries is not Carries.NOTHING and (own.send is not None or own.receive is not None):
        return (Verdict.UNDETERMINED, BEFORE_HISTORY, EARLIER) if row.early else (Verdict.MATCH, "local", ())
    return Verdict.NO_EVIDENCE, OWN_SERVER_LOG, _lacking(row, lens)


def _lacking(row: Observation, lens: Lens) -> tuple[str, ...]:
    """Name the export that would tell; no export tells of a log that names no connector."""
    own = lens.snapshot.own
    if row.logged.outbound and own.send is None:
        return ("send_connectors",)
    return ("receive_connectors",) if row.logged.inbound and own.receive is None else ()


def _idle(row: Observation, sides: list[SideJudgement], lens: Lens) -> str | None:
    """Say why a row stands for no decision of the own servers, or None where it does."""
    own = lens.snapshot.own
    if row.carries is Carries.NOTHING or (own.send is None and own.receive is None):
        return None
    if row.status.idle or _is_hop(row):
        return row.status.idle or "internal-hop"
    if row.status.side is Side.INBOUND and row.logged.blank:
        return "local-submission"  # from a mailbox, or made by the server: no Receive connector takes part
    never_sent = row.status.failed and all(s.value is None for s in sides)
    told = any(s.verdict is Verdict.UNROUTED or s.reason == REJECTED or s.changing for s in sides)
    return "failed-before-routing" if never_sent and row.logged.unknown is None and not told else None


def _origin(row: Observation) -> Place | None:
    """Say where a message came from; no answer of the own servers rests on it."""
    if row.source.onpremises and not row.source.service:
        return Place.ONPREMISES
    domain = row.sender.domain
    if domain.partner:
        return Place.PARTNER
    if domain.named and domain.accepted_known and domain.accepted is None and domain.accepted_on_own is None:
        return Place.INTERNET
    # A sending names no source. Of an arrival only an address tells: directionality says who authenticated (6a).
    if row.status.side is Side.INBOUND or not row.source.blank:
        return None
    return {MailboxPlace.ONPREMISES: Place.ONPREMISES, MailboxPlace.CLOUD: Place.CLOUD}.get(
        row.sender.placement or MailboxPlace.UNPLACED
    )


def destination(row: Observation, lens: Lens) -> Place | None:
    """Say where the recipient is: the server's own mailbox, or what directory and domain tell."""
    if row.status.deliver:  # into a mailbox of this very server
        return Place.ONPREMISES
    if row.recipient.placement is None and row.recipient.domain.onmicrosoft:
        return Place.CLOUD  # rule: 3.2, such names always route straight to Office 365
    # A Send may be to the next own server, so the row rules out nothing: the directory and the domain speak.
    return destination_of(row.recipient, StatusFacts(), lens).known
