"""Normalised rows to result numbers: one judgement a distinct key, scattered back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from analyzer.addresses import NULL_SENDER
from analyzer.evidence import Carries, StatusFacts, Witness
from analyzer.formats.store import record_starts
from analyzer.pipeline.engine import Engine, OverTime
from analyzer.pipeline.stages import stages
from analyzer.schema import SUBJECT
from analyzer.selection.batch import (
    Codes,
    Encoded,
    class_codes,
    class_codes_of_several,
    combined,
    distinct,
    encoded,
)
from analyzer.selection.decision import Outcome
from analyzer.selection.facts import RecipientFacts
from analyzer.tenant.predicates import Looks
from analyzer.vantage import Vantage

T = TypeVar("T")
Mask = NDArray[np.bool_]
_CELLS = ("logged_connector", "logged_inbound", "logged_outbound")
# A Receive connector is named by its server as well.
_NAMING = {Vantage.OFFICE365: _CELLS, Vantage.OWN_SERVER: (*_CELLS, "server")}
_RECIPIENT, _STATUS, _FLAGS, _EPOCH, _STAGE, _SEVERAL = 0, 3, 6, 7, 8, -1  # places in a row's key (Engine.decide)
_SENDERS = ("header_from", "envelope_sender")
_SOURCE = ("connecting_ip", "connecting_host")
_FATE = ("event", "delivery_status")


def judge_rows(rows: pa.Table, engine: Engine, witness: Witness) -> Codes:
    """Judge normalised rows: the number of each row's result in the engine's ledger."""
    parts, several = _key_columns(rows, engine, witness.vantage)
    if witness.vantage is Vantage.OWN_SERVER:
        parts += _hops(rows, engine)
    statuses = engine.statuses[witness.vantage].classes
    if several.any() and engine.any_cmt:
        parts[_FLAGS] = parts[_FLAGS] + 16 * _delivered_too(rows, parts[_STATUS], statuses)
    decided = _decided([*parts, several], engine, witness)
    numbers = decided.by_row
    if witness.carries is Carries.ONE_COLUMN and several.any():
        sent = np.array([s.send for s in statuses], bool)[parts[_STATUS]]
        differ = _groups_that_differ(rows, sent, several > 0, _answers(decided, engine))
        if differ.any():
            marked = np.full(np.count_nonzero(differ), 2)
            numbers[differ] = _decided([*(part[differ] for part in parts), marked], engine, witness).by_row
    return numbers


def _key_columns(rows: pa.Table, engine: Engine, vantage: Vantage) -> tuple[list[Codes], Codes]:
    names = ("recipient", "directionality", *_SENDERS, *_SOURCE, *_FATE, *_NAMING[vantage])
    read = {name: encoded(rows.column(name)) for name in names}
    header, envelope = (read[name] for name in _SENDERS)
    stated, null_envelope = ~envelope.is_null, _equals(envelope, NULL_SENDER)
    by_header = ~stated | null_envelope
    header_codes = class_codes(engine.senders, header)
    nobody = null_envelope & header.is_null
    senders = np.where(by_header, header_codes, class_codes(engine.senders, envelope))
    if nobody.any():
        senders = np.where(nobody, engine.senders.number(NULL_SENDER), senders)
    null_sender = null_envelope | (~stated & _equals(header, NULL_SENDER))
    flags = stated * 1 + null_sender * 2 + _true(rows, "routed_by_rule") * 4 + _true(rows, "forwarded") * 8
    times = rows.column("received_at").cast(pa.int64()).to_numpy()
    several = _several(rows)
    recipients = class_codes(engine.recipients, read["recipient"])
    epochs = engine.timeline.epoch_numbers(times)
    parts = [
        recipients,
        senders,
        class_codes_of_several(engine.sources, [read[name] for name in _SOURCE]),
        class_codes_of_several(engine.statuses[vantage], [read[name] for name in _FATE]),
        class_codes(engine.directions, read["directionality"]),
        class_codes_of_several(engine.logged[vantage], [read[name] for name in _NAMING[vantage]]),
        flags,
        epochs,
        *_stages(rows, engine, recipients=recipients, senders=senders, by_header=by_header, epochs=epochs),
        *_for_rules(rows, read, engine),
    ]
    return parts, several


def _hops(rows: pa.Table, engine: Engine) -> list[Codes]:
    """Give the session that a row of an own server's log tells of, and its size between the connectors' limits."""
    peers = (rows.column(name).cast(pa.string()) for name in ("smtp_client", "connecting_ip"))
    client = pc.coalesce(*peers)
    sessions = class_codes_of_several(engine.hops, [rows.column("server"), rows.column("local_endpoint"), client])
    logged = pc.fill_null(rows.column("size"), -1).to_numpy()
    sizes = np.where(logged < 0, 0, 1 + np.searchsorted(np.array(engine.send_limits), logged, side="left"))
    return [sessions, sizes]


def _for_rules(rows: pa.Table, read: Mapping[str, Encoded], engine: Engine) -> tuple[Codes, Codes, Codes]:
    """Give what senders, size and subject show to mail flow rules; nothing is read where no rule looks at it."""
    senders = sizes = subjects = np.zeros(rows.num_rows, np.int64)
    if Looks.SENDER in engine.rules_look_at:
        senders = class_codes_of_several(engine.senders_show, [read[name] for name in _SENDERS])
    if Looks.SIZE in engine.rules_look_at:
        logged = pc.fill_null(rows.column("size"), -1).to_numpy()
        sizes = np.where(logged < 0, 0, 1 + np.searchsorted(np.array(engine.size_edges), logged, side="right"))
    if Looks.SUBJECT in engine.rules_look_at:
        named = SUBJECT.name in rows.column_names
        column = rows.column(SUBJECT.name) if named else pa.nulls(rows.num_rows, SUBJECT.type)
        subjects = class_codes(engine.subjects_show, column)
    return senders, sizes, subjects


def _stages(
    rows: pa.Table, engine: Engine, *, recipients: Codes, senders: Codes, by_header: Mask, epochs: Codes
) -> tuple[Codes, Codes]:
    """Give the stages of recipient and sender: whether their mailboxes had moved by then."""
    times = rows.column("received_at").cast(pa.int64()).to_numpy()
    readers = np.array(engine.reader_of_epoch, np.int64)[epochs]
    to, by = (rows.column(name) for name in ("recipient", "header_from"))
    to_moved = _moved(engine.recipients.classes)[recipients]
    by_moved = _moved(engine.senders.classes)[senders]
    if by_moved.any():  # else nobody looks at the addresses
        by = pc.if_else(pa.array(by_header), by, rows.column("envelope_sender"))
    received = stages(engine.moments, to, to_moved, times=times, readers=readers)
    return received, stages(engine.moments, by, by_moved, times=times, readers=readers)


def _moved(classes: Sequence[OverTime[T]]) -> Mask:
    return np.array([any(len(over_time) > 1 for over_time in facts) for facts in classes], bool)


def _equals(column: Encoded, text: str) -> Mask:
    place = pc.index(column.dictionary, text).as_py()  # -1 where it is not there
    found: Mask = column.positions == place
    return found


def _true(rows: pa.Table, name: str) -> Codes | int:
    """Mark (1) the rows where a column is true; 0 where none is, as mostly."""
    if not pc.any(rows.column(name)).as_py():
        return 0
    marked = pc.fill_null(rows.column(name), fill_value=False)
    codes: Codes = marked.to_numpy(zero_copy_only=False).astype(np.int64)
    return codes


def _several(rows: pa.Table) -> Codes:
    """Mark (1) the rows that share their log row with another recipient; they stand together."""
    lengths = np.diff(np.append(record_starts(rows), rows.num_rows))
    marked: Codes = np.repeat(lengths > 1, lengths).astype(np.int64)
    return marked


@dataclass(frozen=True, slots=True)
class _Decided:
    """The distinct keys of some rows, the number of each one's result, and which of them each row has."""

    keys: list[list[int]]
    numbers: Codes
    inverse: Codes

    @property
    def by_row(self) -> Codes:
        """Give the number of each row's result."""
        return self.numbers[self.inverse]


def _decided(columns: Sequence[Codes], engine: Engine, witness: Witness) -> _Decided:
    first, inverse = distinct(combined(columns))
    keys: list[list[int]] = np.stack([c[first] for c in columns], axis=1).tolist()
    numbers = np.fromiter((engine.decide(witness, tuple(k)) for k in keys), np.int64, len(keys))
    return _Decided(keys, numbers, inverse)


def _answers(decided: _Decided, engine: Engine) -> Codes:
    """Number the outbound answers, so that recipients of one log row can be compared; 0 for those that are alone."""
    known: dict[object, int] = {}
    answers = np.zeros(len(decided.keys), np.int64)
    for place, key in enumerate(decided.keys):
        if key[_SEVERAL]:
            a = engine.ledger.results[decided.numbers[place]].judgement.outbound.answer
            open_to = _recipient(key, engine) if a.outcome is Outcome.UNDETERMINED else None
            token = (a.outcome, a.connector, a.candidates, open_to)
            answers[place] = known.setdefault(token, len(known))
    return answers[decided.inverse]


def _recipient(key: Sequence[int], engine: Engine) -> RecipientFacts:
    reader = engine.reader_of_epoch[key[_EPOCH]]
    return engine.recipients.classes[key[_RECIPIENT]][reader][key[_STAGE]]


def _delivered_too(rows: pa.Table, statuses: Codes, classes: Sequence[StatusFacts]) -> Codes:
    """Mark (1) the rows whose log row shows a delivery to another recipient, who may have forwarded it."""
    delivered = np.array([s.deliver for s in classes], bool)[statuses]
    group = _groups(rows)
    per_group = np.bincount(group, weights=delivered) > 0
    marked: Codes = (per_group[group] & ~delivered).astype(np.int64)
    return marked


def _groups(rows: pa.Table) -> Codes:
    """Number the log rows; the recipients of one stand together."""
    starts = record_starts(rows)
    numbers: Codes = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, rows.num_rows)))
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
