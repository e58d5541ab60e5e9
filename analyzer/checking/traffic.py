"""How many messages of a report meet a filter: a scan by columns, batch by batch."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from functools import reduce
from ipaddress import ip_network

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from analyzer.addresses import covers, domain_of, parse_ip
from analyzer.errors import UsageError

_COLUMNS = ("received_at", "message_id", "envelope_sender", "header_from", "recipient", "connecting_ip")
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Filter:
    """What messages are counted; None lets everything pass. `none` as a connector means that none is logged."""

    sender: str | None = None
    to: str | None = None
    source: str | None = None
    path: str | None = None
    inbound: str | None = None
    outbound: str | None = None
    verdict: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def words(self) -> str:
        """Say the filter in a line."""
        return ", ".join(f"{f.name} {value}" for f in fields(self) if (value := getattr(self, f.name)) is not None)


@dataclass(frozen=True, slots=True)
class Seen:
    """How many recipients of messages met a filter, when, and some of their message ids."""

    messages: int = 0
    first: datetime | None = None
    last: datetime | None = None
    examples: tuple[str, ...] = ()


def count(messages: ds.Dataset, wanted: Filter) -> Seen:
    """Count the rows of a report's messages that meet a filter."""
    total, spans, examples = 0, [], []
    for batch in messages.to_batches(columns=[*_COLUMNS], filter=_of_columns(wanted)):
        kept = batch.filter(_of_values(batch, wanted))
        total += kept.num_rows
        if kept.num_rows:
            spans.append(pc.min_max(kept.column("received_at")).as_py())
            examples += kept.column("message_id").drop_null().slice(0, _EXAMPLES).to_pylist()
    first = min((s["min"] for s in spans), default=None)
    return Seen(total, first, max((s["max"] for s in spans), default=None), tuple(dict.fromkeys(examples))[:_EXAMPLES])


def _of_columns(wanted: Filter) -> ds.Expression | None:
    """Build the part that the scan itself can decide."""
    terms = [ds.field(n) == value for n in ("path", "verdict") if (value := getattr(wanted, n)) is not None]
    terms.extend(_logged(side, name) for side in ("inbound", "outbound") if (name := getattr(wanted, side)) is not None)
    if wanted.since is not None:
        terms.append(ds.field("received_at") >= wanted.since)
    if wanted.until is not None:
        terms.append(ds.field("received_at") < wanted.until)
    return reduce(lambda one, other: one & other, terms) if terms else None


def _logged(side: str, name: str) -> ds.Expression:
    column = ds.field(f"logged_{side}_connector")
    if name != "none":
        return column == name
    # Null says "no connector" only where the log speaks of this side.
    return column.is_null() & ds.field("evidence").isin([side, "both"])


def _of_values(batch: pa.RecordBatch, wanted: Filter) -> pa.BooleanArray:
    """Decide addresses and ranges once for each distinct value."""
    keep = np.ones(batch.num_rows, bool)
    if wanted.sender is not None:
        sender = pc.coalesce(*(batch.column(n).cast(pa.string()) for n in ("envelope_sender", "header_from")))
        keep &= _each(sender, wanted.sender)
    if wanted.to is not None:
        keep &= _each(batch.column("recipient").cast(pa.string()), wanted.to)
    if wanted.source is not None:
        keep &= _in_range(batch.column("connecting_ip").cast(pa.string()), wanted.source)
    return pa.array(keep)


def _each(column: pa.StringArray, pattern: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    pattern = pattern.lower()
    coded = pc.fill_null(column, "").dictionary_encode()
    if "@" in pattern or not pattern:
        met = [value.lower().strip("<>") == pattern for value in coded.dictionary.to_pylist()]
    else:
        met = [covers(pattern, domain_of(value)) for value in coded.dictionary.to_pylist()]
    return np.array(met, bool)[coded.indices.to_numpy()] if met else np.zeros(len(column), bool)


def _in_range(column: pa.StringArray, text: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise UsageError(f"source {text!r}: an address or a range such as 192.0.2.0/24 would be accepted") from None
    coded = pc.fill_null(column, "").dictionary_encode()
    addresses = (parse_ip(value) for value in coded.dictionary.to_pylist())
    met = [a is not None and a.version == network.version and a in network for a in addresses]
    return np.array(met, bool)[coded.indices.to_numpy()] if met else np.zeros(len(column), bool)
