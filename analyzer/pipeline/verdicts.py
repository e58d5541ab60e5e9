"""Normalised rows in, verdict rows and their cube out: classes, one judgement a distinct key, take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from analyzer.addresses import NULL_SENDER, domain_of
from analyzer.causes import KEYS, fold
from analyzer.compare import Judge, Judgement, Observation, Sharing, SideJudgement
from analyzer.evidence import Carries, ConnectorNames, LoggedFacts, StatusFacts, direction_of, read_status
from analyzer.formats.columns import mapped
from analyzer.pipeline.snapshots import Timeline
from analyzer.schema import CAUSES, CODED, MESSAGES
from analyzer.selection.batch import (
    Classes,
    Codes,
    Ledger,
    class_codes,
    class_codes_of_several,
    combined,
    distinct,
    encoded,
)
from analyzer.selection.decision import Outcome
from analyzer.selection.facts import Lens, RecipientFacts, SenderFacts, SourceFacts
from analyzer.selection.outbound import is_cmt
from analyzer.tenant.model import Tenant


@dataclass(frozen=True, slots=True)
class Result:
    """One distinct judgement and the snapshot it rests on: what the ledger numbers."""

    judgement: Judgement
    snapshot: str


Texts = str | tuple[str, ...] | None
_TAIL = r"(?P<tail>@[^@]*)\z"  # the part of an address that its domain rests on
Mask = NDArray[np.bool_]


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
    if judgement.outbound.verdict is None and judgement.destination == "cloud":
        return Outcome.LOCAL.value
    return _outcome(judgement.outbound)


# What each column of the verdict rows and of the cube shows of a result.
SHOWN: dict[str, Callable[[Result], Texts]] = {
    "origin": lambda r: r.judgement.origin or "unknown",
    "destination": lambda r: r.judgement.destination or "unknown",
    "path": lambda r: r.judgement.path,
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
    "snapshot": lambda r: r.snapshot,
    "logged_inbound": lambda r: _logged_cause(r.judgement.inbound),
    "logged_outbound": lambda r: _logged_cause(r.judgement.outbound),
    "selected_inbound": lambda r: _selected_cause(r.judgement.inbound),
    "selected_outbound": lambda r: _selected_cause(r.judgement.outbound),
    "bears_out": lambda r: tuple(dict.fromkeys((*r.judgement.outbound.bears_out, *r.judgement.inbound.bears_out))),
    "unknown_connector": lambda r: r.judgement.unknown_connector,
}


class Engine:
    """Everything a run shares between its worker threads: lenses, judges, classes, the ledger."""

    def __init__(self, tenant: Tenant) -> None:
        """Compile the tenant."""
        self.tenant = tenant
        self.timeline = Timeline(tenant)
        self.names = tuple(ConnectorNames(tenant.snapshots, own) for own in range(len(tenant.snapshots)))
        following = (*tenant.snapshots[1:], None)
        self.lenses = tuple(Lens(s, tenant.settings, f) for s, f in zip(tenant.snapshots, following, strict=True))
        self.judges = tuple(Judge(lens, tenant.settings.policy) for lens in self.lenses)
        self.any_cmt = any(is_cmt(c) for lens in self.lenses for c in lens.outbound)
        self.ledger: Ledger[Result] = Ledger(SHOWN)
        self.recipients: Classes[str | None, tuple[RecipientFacts, ...]] = Classes(
            lambda a: tuple(lens.recipient(a or "") for lens in self.lenses)
        )
        self.senders: Classes[str | None, tuple[SenderFacts, ...]] = Classes(
            lambda a: tuple(lens.sender(a) for lens in self.lenses)
        )
        self.sources: Classes[tuple[str | None, ...], tuple[SourceFacts, ...]] = Classes(
            lambda ip_host: tuple(lens.source(ip_host[0] or "", ip_host[1] or "") for lens in self.lenses)
        )
        self.statuses: Classes[tuple[str | None, ...], StatusFacts] = Classes(lambda cells: read_status(*cells))
        self.directions = Classes(direction_of)
        self.logged: Classes[tuple[str | None, ...], tuple[LoggedFacts, ...]] = Classes(
            lambda cells: tuple(names.read(*cells) for names in self.names)
        )
        self._decided: dict[tuple[Carries, bool, tuple[int, ...]], int] = {}

    def decide(self, carries: Carries, key: tuple[int, ...], *, has_directionality: bool) -> int:
        """Judge one distinct key and give the number of the result."""
        memo = (carries, has_directionality, key)
        known = self._decided.get(memo)
        if known is None:
            row, epoch = self._observation(carries, key, has_directionality=has_directionality)
            judgement = self.judges[epoch](row)
            known = self.ledger.number(Result(judgement, self.tenant.snapshots[epoch].name))
            if len(self._decided) >= _REMEMBERED_KEYS:
                self._decided.clear()
            self._decided[memo] = known
        return known

    def _observation(
        self, carries: Carries, key: tuple[int, ...], *, has_directionality: bool
    ) -> tuple[Observation, int]:
        recipient, sender, source, status, direction, logged, flags, number, sharing = key
        epoch = self.timeline.epochs[number]
        at, facts = epoch.snapshot, self.statuses.classes[status]
        row = Observation(
            recipient=self.recipients.classes[recipient][at],
            sender=self.senders.classes[sender][at],
            source=self.sources.classes[source][at],
            status=facts,
            direction=self.directions.classes[direction],
            logged=self.logged.classes[logged][at],
            carries=carries,
            has_directionality=has_directionality,
            envelope_known=bool(flags & 1),
            null_sender=bool(flags & 2),
            rule_in_log=bool(flags & 4),
            forwarded=bool(flags & 8) or facts.forwarded,
            delivered_too=bool(flags & 16),
            sharing=_SHARINGS[sharing],
            changing_inbound=epoch.changing_inbound,
            changing_outbound=epoch.changing_outbound,
            early=epoch.early,
        )
        return row, at


_REMEMBERED_KEYS = 1_000_000
_SHARINGS = tuple(Sharing)


def judge_rows(rows: pa.Table, engine: Engine, *, carries: Carries, has_directionality: bool) -> Codes:
    """Judge normalised rows: the number of each row's result in the engine's ledger."""
    parts, several = _key_columns(rows, engine)
    if several.any() and engine.any_cmt:
        parts[6] = parts[6] + 16 * _delivered_too(rows, parts[3], engine)
    numbers, facts = _decided(parts, several, engine, carries, has_directionality=has_directionality)
    if carries is Carries.ONE_COLUMN and several.any():
        sent = np.array([s.send for s in engine.statuses.classes], bool)[parts[3]]
        differ = _groups_that_differ(rows, sent, several > 0, facts)
        if differ.any():
            again, marked = [part[differ] for part in parts], np.full(np.count_nonzero(differ), 2)
            numbers[differ], _ = _decided(again, marked, engine, carries, has_directionality=has_directionality)
    return numbers


def _key_columns(rows: pa.Table, engine: Engine) -> tuple[list[Codes], Codes]:
    envelope, header = rows.column("envelope_sender"), rows.column("header_from")
    stated = pc.is_valid(envelope).to_numpy(zero_copy_only=False)
    null_envelope = _equals(envelope, NULL_SENDER)
    by_header = ~stated | null_envelope
    header_codes = class_codes(engine.senders, header)
    nobody = null_envelope & pc.is_null(header).to_numpy(zero_copy_only=False)
    senders = np.where(by_header, header_codes, class_codes(engine.senders, envelope))
    if nobody.any():
        senders = np.where(nobody, engine.senders.numbers([NULL_SENDER])[0], senders)
    null_sender = null_envelope | (~stated & _equals(header, NULL_SENDER))
    flags = stated * 1 + null_sender * 2 + _true(rows, "routed_by_rule") * 4 + _true(rows, "forwarded") * 8
    times = rows.column("received_at").cast(pa.int64()).to_numpy()
    several = _several(rows.column("source_row").to_numpy())
    parts = [
        class_codes(engine.recipients, rows.column("recipient")),
        senders,
        class_codes_of_several(engine.sources, [rows.column("connecting_ip"), rows.column("connecting_host")]),
        class_codes_of_several(engine.statuses, [rows.column("event"), rows.column("delivery_status")]),
        class_codes(engine.directions, rows.column("directionality")),
        class_codes_of_several(
            engine.logged, [rows.column(c) for c in ("logged_connector", "logged_inbound", "logged_outbound")]
        ),
        flags.astype(np.int64),
        engine.timeline.epoch_numbers(times),
    ]
    return parts, several


def _equals(column: pa.ChunkedArray, text: str) -> Mask:
    values, positions = encoded(column)
    found: Mask = (positions == values.index(text)) if text in values else np.zeros(len(positions), bool)
    return found


def _true(rows: pa.Table, name: str) -> Codes:
    marked = pc.fill_null(rows.column(name), fill_value=False)
    codes: Codes = marked.to_numpy(zero_copy_only=False).astype(np.int64)
    return codes


def _several(source_row: Codes) -> Codes:
    """Mark (1) the rows that share their log row with another recipient; they stand together."""
    same = np.diff(source_row) == 0
    marked: Codes = (np.append(same, False) | np.insert(same, 0, False)).astype(np.int64)
    return marked


def _decided(
    parts: list[Codes], several: Codes, engine: Engine, carries: Carries, *, has_directionality: bool
) -> tuple[Codes, Codes]:
    columns = [*parts, several]
    first, inverse = distinct(combined(columns))
    keys = np.stack([c[first] for c in columns], axis=1).tolist()
    numbers = np.fromiter(
        (engine.decide(carries, tuple(k), has_directionality=has_directionality) for k in keys), np.int64, len(keys)
    )
    return numbers[inverse], _answers(numbers, parts[0][first], engine)[inverse]


def _answers(numbers: Codes, recipients: Codes, engine: Engine) -> Codes:
    """Number the outbound answers, so that recipients of one log row can be compared."""
    known: dict[object, int] = {}
    results = engine.ledger.results
    answers = (results[n].judgement.outbound.answer for n in numbers)
    tokens = (
        (a.outcome, a.connector, a.candidates, int(r) if a.outcome is Outcome.UNDETERMINED else -1)
        for a, r in zip(answers, recipients, strict=True)
    )
    return np.fromiter((known.setdefault(t, len(known)) for t in tokens), np.int64, len(numbers))


def _delivered_too(rows: pa.Table, statuses: Codes, engine: Engine) -> Codes:
    """Mark (1) the rows whose log row shows a delivery to another recipient, who may have forwarded it."""
    delivered = np.array([s.deliver for s in engine.statuses.classes], bool)[statuses]
    group = _groups(rows)
    per_group = np.bincount(group, weights=delivered) > 0
    marked: Codes = (per_group[group] & ~delivered).astype(np.int64)
    return marked


def _groups(rows: pa.Table) -> Codes:
    """Number the log rows; the recipients of one stand together."""
    source_row = rows.column("source_row").to_numpy()
    numbers: Codes = np.cumsum(np.diff(source_row, prepend=source_row[:1]) != 0)
    return numbers


def _groups_that_differ(rows: pa.Table, sent: Mask, several: Mask, answers: Codes) -> Mask:
    """Mark the rows with a Send whose log row holds Sends with different answers."""
    group = _groups(rows)
    concerned = np.flatnonzero(sent & several)
    low = np.full(int(group[-1]) + 1, np.iinfo(np.int64).max)
    high = np.full_like(low, -1)
    np.minimum.at(low, group[concerned], answers[concerned])
    np.maximum.at(high, group[concerned], answers[concerned])
    differ: Mask = sent & several & (low[group] != high[group])
    return differ


def verdict_rows(rows: pa.Table, numbers: Codes, engine: Engine, source_file: str) -> pa.Table:
    """Put the verdict columns beside the log's own: the rows of messages/*.parquet."""
    given = {name: rows.column(name) for name in MESSAGES.arrow.names if name in rows.column_names}
    shown = _shown(numbers, engine, MESSAGES.arrow.names)
    file_name = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows.num_rows, np.int32)), pa.array([source_file]))
    extra = {
        "source_file": file_name,
        "sender_domain": _sender_domains(rows),
        "recipient_domain": _domains(rows.column("recipient")),
    }
    columns = {**given, **shown, **extra}
    return pa.Table.from_arrays([columns[c.name].cast(c.type) for c in MESSAGES], schema=MESSAGES.arrow)


def _shown(numbers: Codes, engine: Engine, names: Sequence[str]) -> dict[str, pa.Array]:
    """Give those columns of SHOWN that are among the names, read once per distinct result."""
    first, inverse = distinct(numbers)
    rows = pa.array(inverse)
    return {name: engine.ledger.column(name, numbers[first]).take(rows) for name in SHOWN if name in names}


def _domains(column: pa.ChunkedArray) -> pa.DictionaryArray:
    addresses = column.combine_chunks()
    tails = pc.extract_regex(addresses.dictionary, _TAIL).field("tail").dictionary_encode()
    domains = pa.array([domain_of(tail or "") or None for tail in tails.dictionary.to_pylist()], pa.string())
    return mapped(addresses, domains.take(tails.indices))


def _sender_domains(rows: pa.Table) -> pa.Array:
    header = _domains(rows.column("header_from"))
    if rows.column("envelope_sender").null_count == rows.num_rows:
        return header
    envelope = _domains(rows.column("envelope_sender"))
    return pc.coalesce(envelope.cast(pa.string()), header.cast(pa.string())).dictionary_encode().cast(CODED)


def partial_cube(rows: pa.Table, numbers: Codes, engine: Engine, format_name: str) -> pa.Table:
    """Fold the verdict rows of one chunk into cube rows keyed by day, result, domain and source."""
    results = engine.ledger.results
    keep = np.array([r.judgement.keep_source for r in results], bool)[numbers]
    failed = np.array([r.judgement.failed for r in results], np.int64)[numbers]
    day = rows.column("received_at").cast(pa.timestamp("us")).cast(pa.date32())
    ids = rows.column("message_id").combine_chunks()
    table = pa.table(
        {
            "day": day,
            "format": pa.DictionaryArray.from_arrays(
                pa.array(np.zeros(rows.num_rows, np.int32)), pa.array([format_name])
            ),
            "result": numbers,
            "recipient_domain": rows.column("recipient_domain"),
            "source": pc.if_else(pa.array(keep), rows.column("connecting_ip"), pa.scalar(None, CODED)),
            "messages": np.ones(rows.num_rows, np.int64),
            "failed": failed,
            "first_seen": rows.column("received_at"),
            "last_seen": rows.column("received_at"),
            "examples": pa.ListArray.from_arrays(np.arange(rows.num_rows + 1, dtype=np.int32), ids),
        }
    )
    return fold(table, PARTIAL_KEYS)


PARTIAL_KEYS = ("day", "format", "result", "recipient_domain", "source")


def expanded(cube: pa.Table, engine: Engine) -> pa.Table:
    """Turn result numbers into the columns of CAUSES."""
    numbers = cube.column("result").to_numpy()
    contradicted = np.array([r.judgement.contradicted for r in engine.ledger.results], bool)[numbers]
    shown = _shown(numbers, engine, KEYS)
    plain = {name: cube.column(name) for name in cube.column_names if name != "result"}
    columns = {**plain, **shown, "contradicted": pa.array(contradicted)}
    return pa.table({c.name: columns[c.name] for c in CAUSES}).cast(CAUSES.arrow)
