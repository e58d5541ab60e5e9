"""What one row shows, reduced to facts: the input of a judgement."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from analyzer.evidence import Carries, Direction, Hop, LoggedFacts, Side, StatusFacts
from analyzer.selection.decision import Answer, Outcome
from analyzer.selection.facts import RecipientFacts, SenderFacts, SourceFacts
from analyzer.selection.predicates import NOTHING_SHOWN, Shown
from analyzer.tenant.model import Place
from analyzer.tenant.versions import Change
from analyzer.vantage import Vantage


class Sharing(StrEnum):
    """Whether one connector cell stands for several recipients (evidence rules, Several recipients)."""

    SINGLE = "single"
    SAME = "same"  # all recipients with a Send have the same answer
    DIFFERENT = "different"  # they do not: the cell is no evidence for any of them


@dataclass(frozen=True, slots=True)
class Observation:
    """Everything a verdict rests on.

    `sender` is the envelope sender, or the header sender where `envelope_known` is False or the
    envelope sender is null; `null_sender` says that MAIL FROM is null; `delivered_too` that the same
    message was also delivered to a cloud mailbox, which may have forwarded it here. `changing` holds the
    changes of the configuration in whose window the row falls, `pending` those that the next export dates
    later; `early` says that the row is older than every dated snapshot, and that none may stand in for its
    time. `senders_show`, `size_shows` and `subject_shows` are what the senders, header and envelope apart, the
    size and the subject show to mail flow rules. `hop` is the session that a row of an own server's log tells of.
    """

    recipient: RecipientFacts
    sender: SenderFacts
    source: SourceFacts
    status: StatusFacts = StatusFacts()
    direction: Direction = Direction.UNSTATED
    logged: LoggedFacts = LoggedFacts()
    carries: Carries = Carries.NOTHING
    has_directionality: bool = False
    vantage: Vantage = Vantage.OFFICE365
    envelope_known: bool = False
    null_sender: bool = False
    rule_in_log: bool = False
    forwarded: bool = False
    delivered_too: bool = False
    sharing: Sharing = Sharing.SINGLE
    changing: tuple[Change, ...] = ()
    pending: tuple[Change, ...] = ()
    early: bool = False
    certificates: tuple[str, ...] | None = None
    plain_text: bool = False
    origin: Place | None = None
    destination: Place | None = None
    made_up: bool = False
    senders_show: Shown = NOTHING_SHOWN
    size_shows: Shown = NOTHING_SHOWN
    subject_shows: Shown = NOTHING_SHOWN
    hop: Hop = Hop()

    @property
    def shown(self) -> Shown:
        """Everything the row shows to mail flow rules."""
        of_message = self.senders_show | self.size_shows | self.subject_shows
        return self.recipient.shown | self.source.shown | of_message


@dataclass(frozen=True, slots=True)
class Observed:
    """What the log says of one side: connector names, none at all (empty), or a name nobody knows."""

    names: tuple[str, ...] = ()
    strange: str | None = None


NO_CONNECTOR = Observed()
# The two sides' observed values; None is "unknown", which is not "none".
Pair = tuple[Observed | None, Observed | None]


def observed(row: Observation, origin: Place, leaving: Answer) -> Pair:
    """Tell what the log says on each side, given the origin and the recomputed way out."""
    if row.carries is Carries.PER_EVENT:
        return _of_event(row)
    if row.carries is Carries.ONE_COLUMN:
        return _of_column(row, arrives=origin is not Place.CLOUD, leaves=leaving.outcome is not Outcome.LOCAL)
    return None, None


def _of_event(row: Observation) -> Pair:
    logged = row.logged
    if logged.unknown is not None:
        strange = Observed(strange=logged.unknown)
        return (strange, None) if row.status.side is Side.INBOUND else (None, strange)
    if row.status.side is Side.INBOUND:
        says_none = logged.default or logged.blank
        return (Observed(logged.inbound) if logged.inbound else NO_CONNECTOR if says_none else None), None
    if logged.outbound or logged.inbound:
        # A name of the other side says nothing of the way out.
        return None, Observed(logged.outbound) if logged.outbound else None
    if not (logged.blank or logged.default):
        return None, None  # the row has no connector cell at all: its log does not speak of one
    # A failure that names no connector never came to a Send: unknown, not none.
    return None, None if row.status.failed else NO_CONNECTOR


def _of_column(row: Observation, *, arrives: bool, leaves: bool) -> Pair:
    logged, shared = row.logged, row.sharing is not Sharing.SINGLE
    # In a row with several recipients an outbound name or a blank speaks only of those with a Send.
    speaks_of_leaving = row.status.send or not shared
    if logged.unknown is not None:
        strange = Observed(strange=logged.unknown)
        return (strange if arrives else None), (strange if speaks_of_leaving else None)
    if logged.default:
        return NO_CONNECTOR, None
    if logged.inbound or logged.outbound:
        side = _side_of_name(row, arrives=arrives, leaves=leaves)
        arriving = Observed(logged.inbound) if side is Side.INBOUND else None
        return arriving, Observed(logged.outbound) if side is Side.OUTBOUND and speaks_of_leaving else None
    never_sent = row.status.failed and not row.status.send
    if not logged.blank or never_sent or arrives == leaves or not speaks_of_leaving:
        return None, None
    return (NO_CONNECTOR, None) if arrives else (None, NO_CONNECTOR)


def _side_of_name(row: Observation, *, arrives: bool, leaves: bool) -> Side | None:
    """Find the side of a logged name: the tenant's own names decide, then directionality."""
    if not (row.logged.inbound and row.logged.outbound):
        return Side.INBOUND if row.logged.inbound else Side.OUTBOUND
    if row.direction in (Direction.INBOUND, Direction.OUTBOUND):
        return Side(row.direction.value)
    if arrives == leaves:
        return None
    return Side.INBOUND if arrives else Side.OUTBOUND
