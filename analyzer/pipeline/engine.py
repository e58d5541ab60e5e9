"""Everything a run shares between its worker threads, and what each column shows of a result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from analyzer.compare import Judge, Judgement, Later, Observation, Sharing, SideJudgement
from analyzer.evidence import (
    ConnectorNames,
    Hop,
    LoggedFacts,
    OwnNames,
    StatusFacts,
    Witness,
    direction_of,
    hop_of,
    read_server_status,
    read_status,
)
from analyzer.pipeline.alike import alike
from analyzer.pipeline.snapshots import Epoch, Timeline
from analyzer.pipeline.stages import Edges
from analyzer.selection.batch import Classes, Ledger
from analyzer.selection.decision import Outcome
from analyzer.selection.facts import Lens, RecipientFacts, SenderFacts, SourceFacts
from analyzer.selection.outbound import is_cmt
from analyzer.selection.predicates import NOTHING_SHOWN, Shown
from analyzer.tenant.model import Tenant
from analyzer.tenant.predicates import Looks
from analyzer.vantage import Vantage

Texts = str | tuple[str, ...] | None
Facts = TypeVar("Facts")
OverTime = tuple[tuple[Facts, ...], ...]  # for each snapshot the facts at each stage of a mailbox's moves


@dataclass(frozen=True, slots=True)
class Result:
    """One distinct judgement and the name of the configuration it rests on: what the ledger numbers."""

    judgement: Judgement
    snapshot: str


def _logged(side: SideJudgement) -> str | None:
    names = side.value.names if side.value else ()
    return "| ".join(names) or None


def _logged_cause(side: SideJudgement) -> str | None:
    if side.value is None:
        return None
    return "| ".join(side.value.names) or side.value.strange or "(none)"


def _outcome(side: SideJudgement) -> str | None:
    return None if side.verdict is None else side.answer.outcome.value


def _selected_cause(side: SideJudgement) -> str | None:
    if side.verdict is None:
        return None
    return side.answer.connector or f"({' or '.join(side.answer.candidates) or side.answer.outcome})"


def _verdict(side: SideJudgement) -> str | None:
    return side.verdict.value if side.verdict else None


def _leaving_outcome(judgement: Judgement) -> str | None:
    # A recipient delivered inside Exchange Online has an answer although the side takes no part.
    ours = judgement.vantage is Vantage.OFFICE365
    if ours and judgement.outbound.verdict is None and judgement.destination == "cloud":
        return Outcome.LOCAL.value
    return _outcome(judgement.outbound)


# What each column of the verdict rows and of the cube shows of a result.
SHOWN: dict[str, Callable[[Result], Texts]] = {
    "origin": lambda r: r.judgement.origin or "unknown",
    "destination": lambda r: r.judgement.destination or "unknown",
    "path": lambda r: r.judgement.path,
    "vantage": lambda r: r.judgement.vantage.value,
    "evidence": lambda r: r.judgement.evidence,
    "logged_inbound_connector": lambda r: _logged(r.judgement.inbound),
    "logged_outbound_connector": lambda r: _logged(r.judgement.outbound),
    "inbound_outcome": lambda r: _outcome(r.judgement.inbound),
    "outbound_outcome": lambda r: _leaving_outcome(r.judgement),
    "selected_inbound_connector": lambda r: r.judgement.inbound.answer.connector,
    "selected_outbound_connector": lambda r: r.judgement.outbound.answer.connector,
    "inbound_verdict": lambda r: _verdict(r.judgement.inbound),
    "outbound_verdict": lambda r: _verdict(r.judgement.outbound),
    "verdict": lambda r: r.judgement.verdict.value,
    "reason": lambda r: r.judgement.reason,
    "policies": lambda r: r.judgement.policies,
    "candidates": lambda r: tuple(dict.fromkeys((*r.judgement.outbound.candidates, *r.judgement.inbound.candidates))),
    "missing": lambda r: r.judgement.missing,
    "changing": lambda r: r.judgement.changing,
    "open_rules": lambda r: r.judgement.open_rules,
    "snapshot": lambda r: r.snapshot,
    "logged_inbound": lambda r: _logged_cause(r.judgement.inbound),
    "logged_outbound": lambda r: _logged_cause(r.judgement.outbound),
    "selected_inbound": lambda r: _selected_cause(r.judgement.inbound),
    "selected_outbound": lambda r: _selected_cause(r.judgement.outbound),
    "bears_out": lambda r: tuple(dict.fromkeys((*r.judgement.outbound.bears_out, *r.judgement.inbound.bears_out))),
    "unknown_connector": lambda r: r.judgement.unknown_connector,
    "failure": lambda r: r.judgement.failure,
    "signs": lambda r: r.judgement.signs,
}


class Engine:
    """Everything a run shares between its worker threads: lenses, judges, classes, the ledger."""

    def __init__(self, tenant: Tenant) -> None:
        """Compile the tenant."""
        self.tenant = tenant
        self.timeline = Timeline(tenant)
        held = self.timeline.configurations
        self.names = tuple(ConnectorNames(held, own) for own in range(len(held)))
        self.lenses = tuple(Lens(c, tenant.settings, self.timeline.versions) for c in held)
        self.judges = tuple(Judge(lens, tenant.settings.policy) for lens in self.lenses)
        self.any_cmt = any(is_cmt(c) for lens in self.lenses for c in lens.outbound)
        self.ledger: Ledger[Result] = Ledger(SHOWN)
        # Configurations that read addresses alike, as all between two exports mostly do, share the facts of each.
        readers = {lens.reading: lens for lens in reversed(self.lenses)}
        numbers = {reading: number for number, reading in enumerate(readers)}
        self.reader_of_epoch = tuple(numbers[self.lenses[e.configuration].reading] for e in self.timeline.epochs)
        told = alike(self.lenses)
        self.recipients: Classes[str | None, OverTime[RecipientFacts]] = Classes(
            lambda a: tuple(lens.recipient_over_time(a) for lens in readers.values()), told.recipients
        )
        self.senders: Classes[str | None, OverTime[SenderFacts]] = Classes(
            lambda a: tuple(lens.sender_over_time(a) for lens in readers.values()), told.senders
        )
        self.moments: Classes[str | None, Edges] = Classes(
            lambda a: tuple(lens.residence(a).edges for lens in readers.values())
        )
        self.sources: Classes[tuple[str | None, ...], tuple[SourceFacts, ...]] = Classes(
            lambda ip_host: tuple(lens.source(ip_host[0] or "", ip_host[1] or "") for lens in self.lenses), told.sources
        )
        self.statuses: dict[Vantage, Classes[tuple[str | None, ...], StatusFacts]] = {
            Vantage.OFFICE365: Classes(lambda cells: read_status(*cells)),
            Vantage.OWN_SERVER: Classes(lambda cells: read_server_status(*cells)),
        }
        books = [lens.rulebook for lens in readers.values()]
        self.rules_look_at = frozenset(looks for looks in Looks if any(book.looks_at(looks) for book in books))
        self.senders_show: Classes[tuple[str | None, ...], tuple[Shown, ...]] = Classes(
            lambda header_envelope: tuple(book.of_senders(*header_envelope) for book in books), told.senders_show
        )
        self.subjects_show: Classes[str | None, tuple[Shown, ...]] = Classes(
            lambda subject: tuple(book.of_subject(subject) for book in books)
        )
        self.size_edges = tuple(sorted({edge for book in books for edge in book.size_edges}))
        self.directions = Classes(direction_of)
        self.own_names = tuple(OwnNames(held, own) for own in range(len(held)))
        self.hops: Classes[tuple[str | None, ...], Hop] = Classes(lambda cells: hop_of(*cells), told.hops)
        self.send_limits = tuple(
            sorted({c.max_message_size for s in held for c in s.own.send or () if c.max_message_size is not None})
        )
        self.logged: dict[Vantage, Classes[tuple[str | None, ...], tuple[LoggedFacts, ...]]] = {
            Vantage.OFFICE365: Classes(lambda cells: tuple(names.read(*cells) for names in self.names)),
            Vantage.OWN_SERVER: Classes(lambda cells: tuple(names.read(*cells) for names in self.own_names)),
        }
        self._decided: dict[tuple[Witness, tuple[int, ...]], int] = {}

    def decide(self, witness: Witness, key: tuple[int, ...]) -> int:
        """Judge one distinct key and give the number of the result."""
        memo = (witness, key)
        known = self._decided.get(memo)
        if known is None:
            row, epoch = self._observation(witness, key)
            judgement = self.judges[epoch.configuration](row, self._later(witness, key, row, epoch))
            known = self.ledger.number(Result(judgement, epoch.name))
            if len(self._decided) >= _REMEMBERED_KEYS:
                self._decided.clear()
            self._decided[memo] = known
        return known

    def _later(self, witness: Witness, key: tuple[int, ...], row: Observation, epoch: Epoch) -> Later | None:
        """Show the row as the connectors of the next export would see it, if they may have been in force already."""
        if epoch.perhaps is None:
            return None
        source, logged = self.sources.classes[key[_SOURCE]], self.logged[witness.vantage].classes[key[_LOGGED]]
        seen = replace(row, source=source[epoch.perhaps], logged=logged[epoch.perhaps], changing=(), pending=())
        return Later(self.judges[epoch.perhaps], seen)

    def _observation(self, witness: Witness, key: tuple[int, ...]) -> tuple[Observation, Epoch]:
        recipient, sender, source, status, direction, logged, flags, number, received, sent, shows, size, *more = key
        subject, *hop, sharing = more
        epoch = self.timeline.epochs[number]
        at, reader = epoch.configuration, self.reader_of_epoch[number]
        asked, reads = (looks in self.rules_look_at for looks in (Looks.SENDER, Looks.SUBJECT))
        facts = self.statuses[witness.vantage].classes[status]
        row = Observation(
            recipient=self.recipients.classes[recipient][reader][received],
            sender=self.senders.classes[sender][reader][sent],
            source=self.sources.classes[source][at],
            status=facts,
            direction=self.directions.classes[direction],
            logged=self.logged[witness.vantage].classes[logged][at],
            carries=witness.carries,
            has_directionality=witness.has_directionality,
            vantage=witness.vantage,
            envelope_known=bool(flags & 1),
            null_sender=bool(flags & 2),
            rule_in_log=bool(flags & 4),
            forwarded=bool(flags & 8) or facts.forwarded,
            delivered_too=bool(flags & 16),
            sharing=_SHARINGS[sharing],
            senders_show=self.senders_show.classes[shows][reader] if asked else NOTHING_SHOWN,
            size_shows=self.lenses[at].rulebook.of_size(self._size_of(size)),
            subject_shows=self.subjects_show.classes[subject][reader] if reads else NOTHING_SHOWN,
            changing=epoch.changing,
            pending=epoch.pending,
            early=epoch.early,
            hop=self._hop(*hop) if hop else Hop(),
        )
        return row, epoch

    def _hop(self, session: int, size: int) -> Hop:
        return replace(self.hops.classes[session], size=None if size == 0 else (0, *self.send_limits)[size - 1] + 1)

    def _size_of(self, bucket: int) -> int | None:
        """Give one size of those between two edges; bucket 0 is a size that is not logged."""
        return None if bucket == 0 else (0, *self.size_edges)[bucket - 1]


_REMEMBERED_KEYS = 100_000  # each takes about a kilobyte; a generated month has hundreds
_SHARINGS = tuple(Sharing)
_SOURCE, _LOGGED = 2, 5  # places in the key of a row
