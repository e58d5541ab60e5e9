"""Log rows in one line, and the one-message path that judges them without any column.

`OneByOne` is the plain reading of the evidence rules that the vectorised path must equal: it knows
neither Arrow nor classes. What was in force when it asks of the Timeline, moment by moment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from analyzer.compare import Judge, Judgement, Later, Observation, Sharing
from analyzer.evidence import (
    Carries,
    ConnectorNames,
    Hop,
    OwnNames,
    direction_of,
    hop_of,
    read_server_status,
    read_status,
)
from analyzer.pipeline.snapshots import Timeline
from analyzer.selection.decision import Outcome
from analyzer.selection.facts import Lens
from analyzer.tenant.model import Tenant
from analyzer.vantage import Vantage
from tests.builders import BOB, FOREIGN_HOST, JOHN, OUR_SERVER, SUN

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Log:
    """What a log format can show."""

    carries: Carries
    has_directionality: bool
    vantage: Vantage = Vantage.OFFICE365


SUMMARY = Log(Carries.NOTHING, has_directionality=False)
ENHANCED = Log(Carries.ONE_COLUMN, has_directionality=True)
EXTENDED = Log(Carries.PER_EVENT, has_directionality=True)
TRACKING = Log(Carries.PER_EVENT, has_directionality=True, vantage=Vantage.OWN_SERVER)
POSTFIX = Log(Carries.NOTHING, has_directionality=False, vantage=Vantage.OWN_SERVER)

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)

FROM_CLOUD = {"header_from": BOB, "directionality": "outbound"}
FROM_OUR_SERVER = {"header_from": JOHN, "connecting_ip": OUR_SERVER, "directionality": "inbound"}
FROM_INTERNET = {"header_from": SUN, "connecting_ip": FOREIGN_HOST, "directionality": "inbound"}

SENT = {"delivery_status": "Receive, Send"}
DELIVERED = {"delivery_status": "Receive, Deliver"}
FAILED = {"delivery_status": "Receive, Fail"}

_BLANK: Row = {
    "received_at": NOON,
    "message_id": "<m1@example.com>",
    "network_message_id": None,
    "envelope_sender": None,
    "header_from": None,
    "recipient": None,
    "size": 1,
    "subject": None,
    "event": None,
    "delivery_status": None,
    "directionality": None,
    "connecting_ip": "",
    "next_hop": None,
    "tls_version": None,
    "logged_connector": None,
    "connecting_host": None,
    "logged_inbound": None,
    "logged_outbound": None,
    "routed_by_rule": False,
    "forwarded": False,
    "server": None,
    "local_endpoint": None,
    "smtp_client": None,
    "source_row": 1,
}


def row(*parts: Row, **cells: Any) -> Row:
    """Build one normalised row; later parts win over earlier ones, and cells over parts."""
    merged: dict[str, Any] = dict(_BLANK)
    for part in (*parts, cells):
        strange = part.keys() - _BLANK.keys()
        if strange:
            raise TypeError(f"no such column: {sorted(strange)}")
        merged |= part
    return merged


class OneByOne:
    """Judges log rows one at a time from their raw cells."""

    def __init__(self, tenant: Tenant, log: Log) -> None:
        """Prepare one judge a snapshot."""
        self.tenant, self.log = tenant, log
        self.timeline = Timeline(tenant)
        held = self.timeline.configurations
        self.names = [ConnectorNames(held, own) for own in range(len(held))]
        self.own_names = [OwnNames(held, own) for own in range(len(held))]
        self.lenses = [Lens(c, tenant.settings, self.timeline.versions) for c in held]
        self.judges = [Judge(lens, tenant.settings.policy) for lens in self.lenses]

    def log_row(self, rows: Sequence[Row]) -> list[Judgement]:
        """Judge the recipients of one log row; a connector cell they share is weighed over those with a Send."""
        seen = [self._beside(r, rows) for r in rows]
        if len(rows) > 1 and self.log.carries is Carries.ONE_COLUMN:
            seen = [replace(o, sharing=Sharing.SAME) for o in seen]
            moment = rows[0]["received_at"]
            differ = len({self._answer(o, moment) for o in seen if o.status.send}) > 1
            seen = [replace(o, sharing=Sharing.DIFFERENT) if differ and o.status.send else o for o in seen]
        return [self._judged(o, r) for o, r in zip(seen, rows, strict=True)]

    def _judged(self, seen: Observation, row: Row) -> Judgement:
        """Judge a row; where the next export's connectors may have been in force already, in their light too."""
        epoch = self.timeline.epoch_at(row["received_at"])
        if epoch.perhaps is None:
            return self.judges[epoch.configuration](seen)
        other = self.observe(row, epoch.perhaps)
        then = replace(seen, source=other.source, logged=other.logged, changing=(), pending=())
        return self.judges[epoch.configuration](seen, Later(self.judges[epoch.perhaps], then))

    def _beside(self, row: Row, rows: Sequence[Row]) -> Observation:
        """Say what one row shows beside the other recipients of its log row."""
        seen = self.observe(row)
        delivered = any(read_status(r["event"], r["delivery_status"]).deliver for r in rows)
        return replace(seen, delivered_too=delivered and not seen.status.deliver)

    def _answer(self, seen: Observation, moment: datetime) -> object:
        answer = self.judge(seen, moment).outbound.answer
        # Two answers that cannot be told are the same only for recipients that nothing tells apart.
        who = seen.recipient if answer.outcome is Outcome.UNDETERMINED else None
        return answer.outcome, answer.connector, answer.candidates, who

    def judge(self, seen: Observation, moment: datetime) -> Judgement:
        """Judge what was seen at a moment."""
        return self.judges[self.in_force(moment)](seen)

    def observe(self, row: Row, configuration: int | None = None) -> Observation:
        """Say what one row shows by itself, to the configuration of its time if no other is given."""
        moment = row["received_at"]
        number = self.in_force(moment) if configuration is None else configuration
        ours = self.log.vantage is Vantage.OWN_SERVER
        lens, status = (
            self.lenses[number],
            (read_server_status if ours else read_status)(row["event"], row["delivery_status"]),
        )
        cells = row["logged_connector"], row["logged_inbound"], row["logged_outbound"]
        client = row["connecting_ip"] if row["smtp_client"] is None else row["smtp_client"]
        envelope, header = row["envelope_sender"], row["header_from"]
        # The header sender stands in for an envelope sender that is not stated, or null (reference 8, Sender kind).
        sender = envelope if envelope not in {None, "<>"} else header or envelope
        return Observation(
            recipient=lens.recipient(row["recipient"] or "", moment),
            sender=lens.sender(sender, moment),
            source=lens.source(row["connecting_ip"] or "", row["connecting_host"] or ""),
            status=status,
            direction=direction_of(row["directionality"]),
            logged=self.own_names[number].read(*cells, row["server"]) if ours else self.names[number].read(*cells),
            vantage=self.log.vantage,
            hop=replace(hop_of(row["server"], row["local_endpoint"], client), size=row["size"]) if ours else Hop(),
            carries=self.log.carries,
            has_directionality=self.log.has_directionality,
            envelope_known=envelope is not None,
            null_sender=envelope == "<>" or (envelope is None and header == "<>"),
            rule_in_log=bool(row["routed_by_rule"]),
            forwarded=bool(row["forwarded"]) or status.forwarded,
            changing=self.timeline.epoch_at(moment).changing,
            pending=self.timeline.epoch_at(moment).pending,
            early=self.timeline.epoch_at(moment).early,
            senders_show=lens.rulebook.of_senders(header, envelope),
            size_shows=lens.rulebook.of_size(row["size"]),
            subject_shows=lens.rulebook.of_subject(row["subject"]),
        )

    def in_force(self, moment: datetime) -> int:
        """Give the position of the configuration in force at a moment."""
        return self.timeline.epoch_at(moment).configuration


def judged(tenant: Tenant, log: Log, *parts: Row, **cells: Any) -> Judgement:
    """Judge one row with one recipient."""
    return OneByOne(tenant, log).log_row([row(*parts, **cells)])[0]


def judged_together(tenant: Tenant, shared: Row, recipients: Mapping[str, str]) -> dict[str, Judgement]:
    """Judge one Enhanced summary row: recipient to status words, and what the row says of all."""
    rows = [row(shared, recipient=r, delivery_status=s) for r, s in recipients.items()]
    return dict(zip(recipients, OneByOne(tenant, ENHANCED).log_row(rows), strict=True))


def sides(found: Judgement) -> tuple[str | None, str | None]:
    """Give the verdicts of the inbound and the outbound side; None takes no part."""
    inbound, outbound = found.inbound.verdict, found.outbound.verdict
    return (inbound.value if inbound else None, outbound.value if outbound else None)
