"""From a chunk to rows, rejects and noise, each record in exactly one of the three."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.formats.base import IDLE, REJECTED, Format, Parsed, Recipients
from analyzer.formats.chunk import Cells, Chunk, Layout, Positions
from analyzer.formats.clocks import LocalClock
from analyzer.formats.columns import coded, coded_or_null, holds
from analyzer.formats.times import DateOrder, timestamps
from analyzer.schema import NORMALISED, SUBJECT

NO_TIME = "no readable time: ISO 8601, /Date(ms)/ or a date with day, month and a year of four digits is accepted"
NO_ORDER = "is the day or the month first? the file begins with other dates; say it with --date-order dmy or mdy"
OTHER_ORDER = "day and month stand the other way round than in the rest of the file"
HEALTH_MAILBOX = "health-mailbox"  # the servers' own monitoring probes (log-formats section 10, rule 5)

RAW_LIMIT = 64 << 10  # characters of a reject's own text that are kept

_FORWARDED = r"(?i)redirect|\bresolved?\b"


def parse_chunk(
    chunk: Chunk, format_: Format, layout: Layout, *, order: DateOrder | None, clock: LocalClock | None = None
) -> Parsed:
    """Read a chunk."""
    layout = chunk.layout or layout
    cells, odd = layout.read(chunk)
    records = len(cells) + len(odd)
    if format_.joined:
        cells = format_.joined(cells, _around(chunk, layout))
    times = timestamps(cells.column(format_.time), order, clock)
    if times.null_count:
        readable = times.is_valid().to_numpy(zero_copy_only=False)
        odd |= _without_time(cells, ~readable, format_, order)
        cells, times = cells.where(readable), times.drop_null()
    kinds = _kinds(cells, format_)
    idle = _idle(cells.records[kinds.is_valid().to_numpy(zero_copy_only=False)], kinds.drop_null())
    if idle.num_rows:
        cells, times = cells.where(kinds.is_null().to_numpy(zero_copy_only=False)), times.filter(kinds.is_null())
    draft = format_.draft(cells)
    recipients = _named(draft.recipients)
    odd |= dict.fromkeys(_left_out(recipients, cells.records), format_.no_recipient)
    rejects, nothing = _judged(odd, chunk, layout)
    rows = _rows({**draft.columns, "received_at": times, "source_row": pa.array(cells.records)}, recipients)
    idle = pa.concat_tables([idle, nothing]) if nothing.num_rows else idle
    return Parsed(rows, rejects, idle, records, subjects=_subjects(cells, recipients))


def _without_time(
    cells: Cells, unread: npt.NDArray[np.bool_], format_: Format, order: DateOrder | None
) -> dict[int, str]:
    """Say of each row without a readable time what is wrong with it."""
    records: list[int] = cells.records[unread].tolist()
    text, why = cells.column(format_.time).filter(pa.array(unread)), OTHER_ORDER if order else NO_ORDER
    orders = (order.turned,) if order else (DateOrder.DMY, DateOrder.MDY)
    readable = reduce(pc.or_, (timestamps(text, one).is_valid() for one in orders)).to_pylist()
    return {record: why if good else NO_TIME for record, good in zip(records, readable, strict=True)}


def _around(chunk: Chunk, layout: Layout) -> Cells:
    """Read the records around a chunk; those that cannot be read are counted where they are at home."""
    none = Cells({key: pa.array([], pa.string()) for key in layout.columns}, np.zeros(0, np.int64))
    return reduce(Cells.beside, ((edge.layout or layout).read(edge)[0] for edge in chunk.around), none)


def _kinds(cells: Cells, format_: Format) -> pa.StringArray:
    """Name the kind of each row that stands for no message; null for the others."""
    probe = pc.starts_with(cells.column(format_.sender), "HealthMailbox")
    other = format_.noise(cells)
    if other is None and not pc.any(probe).as_py():
        return pa.nulls(len(cells), pa.string())
    return pc.if_else(probe, HEALTH_MAILBOX, pa.scalar(None, pa.string()) if other is None else other)


def _named(recipients: Recipients) -> Recipients:
    """Leave out blank recipients."""
    if recipients.parent is not None or not pc.any(pc.equal(recipients.address, "")).as_py():
        return recipients
    kept = pc.not_equal(recipients.address, "")
    status = None if recipients.status is None else recipients.status.filter(kept)
    return Recipients(recipients.address.filter(kept), status, np.flatnonzero(kept))


def _left_out(recipients: Recipients, records: Positions) -> list[int]:
    """Give the records that have no recipient."""
    if recipients.parent is None:
        return []
    count = np.bincount(recipients.parent, minlength=len(records))
    left_out: list[int] = records[count == 0].tolist()
    return left_out


def _rows(columns: Mapping[str, pa.Array], recipients: Recipients) -> pa.Table:
    """Lay out one row a recipient, with every column of the normalised table."""
    rows, laid = len(recipients.address), dict(columns)
    if recipients.parent is not None:
        take = pa.array(recipients.parent)
        laid = {name: column.take(take) for name, column in columns.items()}
    laid["recipient"] = coded(recipients.address)
    if recipients.status is not None:
        laid["delivery_status"] = coded_or_null(recipients.status)
    laid["forwarded"] = _forwarded(laid, rows)
    laid.setdefault("routed_by_rule", _false(rows))
    nothing = {kind: pa.nulls(rows, kind) for kind in {f.type for f in NORMALISED.arrow if f.name not in laid}}
    return pa.Table.from_arrays(
        [laid[f.name] if f.name in laid else nothing[f.type] for f in NORMALISED.arrow], schema=NORMALISED.arrow
    )


def _subjects(cells: Cells, recipients: Recipients) -> pa.DictionaryArray | None:
    """Give the subject of each recipient's row, where the log was asked for it."""
    text = cells.columns.get(SUBJECT.name)
    if text is None:
        return None
    subjects = coded_or_null(text)
    return subjects if recipients.parent is None else subjects.take(pa.array(recipients.parent))


def _forwarded(laid: Mapping[str, pa.Array], rows: int) -> pa.BooleanArray:
    """Whether the event, the status or the format itself marks a row as a forwarded copy."""
    forwarded = laid.get("forwarded", _false(rows))
    for name in ("event", "delivery_status"):
        if name in laid:
            forwarded = pc.or_(forwarded, holds(laid[name], _FORWARDED))
    return forwarded


def _false(rows: int) -> pa.BooleanArray:
    """Say no for every row."""
    return pa.array(np.zeros(rows, np.bool_))


def _idle(records: Positions | list[int], kinds: pa.StringArray | list[str]) -> pa.Table:
    """Lay out the records that are noise."""
    return pa.Table.from_arrays([pa.array(records, pa.int64()), pa.array(kinds, pa.string())], schema=IDLE)


def _judged(odd: Mapping[int, str], chunk: Chunk, layout: Layout) -> tuple[pa.Table, pa.Table]:
    """Look at the text of each odd record: it stands for nothing, or it is a reject."""
    numbers = sorted(odd)
    texts = layout.texts(chunk, numbers) if numbers else []
    kinds = [layout.stands_for_nothing(text) if text else None for text in texts]
    rejected = [
        (number, odd[number], text[:RAW_LIMIT].rstrip("\r\n"))
        for number, text, kind in zip(numbers, texts, kinds, strict=True)
        if kind is None
    ]
    columns = [[row[place] for row in rejected] for place in range(3)]
    return pa.Table.from_arrays(
        [pa.array(column, field.type) for column, field in zip(columns, REJECTED, strict=True)], schema=REJECTED
    ), _idle([number for number, kind in zip(numbers, kinds, strict=True) if kind], [kind for kind in kinds if kind])
