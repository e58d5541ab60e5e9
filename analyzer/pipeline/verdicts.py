"""Result numbers to verdict rows, and to the cube of a chunk."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.addresses import domain_of
from analyzer.causes import KEYS, alike, fold
from analyzer.formats.columns import mapped
from analyzer.pipeline.engine import SHOWN, Engine
from analyzer.schema import CAUSES, CODED, MESSAGES
from analyzer.selection.batch import Codes, spread


def verdict_rows(rows: pa.Table, numbers: Codes, engine: Engine) -> pa.Table:
    """Put the verdict columns beside the log's own: the rows of messages/*.parquet."""
    given = {name: rows.column(name) for name in MESSAGES.arrow.names if name in rows.column_names}
    shown = _shown(numbers, engine, MESSAGES.arrow.names)
    extra = {
        "sender_domain": _sender_domains(rows),
        "recipient_domain": _domains(rows.column("recipient")),
    }
    columns = {**given, **shown, **extra}
    schema = MESSAGES.arrow
    return pa.Table.from_arrays([_typed(columns[field.name], field.type) for field in schema], schema=schema)


def _typed(column: pa.Array, kind: pa.DataType) -> pa.Array:
    return column if column.type == kind else column.cast(kind)


def _shown(numbers: Codes, engine: Engine, names: Sequence[str]) -> dict[str, pa.Array]:
    """Give those columns of SHOWN that are among the names, read once per distinct result."""
    results = np.flatnonzero(np.bincount(numbers))
    place = np.zeros(len(engine.ledger.results), np.int64)
    place[results] = np.arange(len(results))
    rows = place[numbers]
    return {name: spread(engine.ledger.column(name, results), rows) for name in SHOWN if name in names}


def _domains(column: pa.ChunkedArray) -> pa.DictionaryArray:
    addresses = column.combine_chunks()
    return mapped(addresses, domains_of(addresses.dictionary))


def _sender_domains(rows: pa.Table) -> pa.Array:
    header = _domains(rows.column("header_from"))
    if rows.column("envelope_sender").null_count == rows.num_rows:
        return header
    both = pa.chunked_array([_domains(rows.column("envelope_sender")), header]).unify_dictionaries()
    indices = pc.coalesce(*(chunk.indices for chunk in both.chunks))
    return pa.DictionaryArray.from_arrays(indices, both.chunk(0).dictionary, safe=False)


def domains_of(addresses: pa.StringArray) -> pa.StringArray:
    """Give the domain of each mailbox as `domain_of` does; null where there is none."""
    if not pc.all(pc.string_is_ascii(addresses)).as_py():
        return pa.array([domain_of(address) or None for address in addresses.to_pylist()], pa.string())
    parts = pc.split_pattern(addresses, "@", max_splits=1, reverse=True)
    last = parts.values.take(pc.subtract(parts.offsets[1:], 1))
    domains = pc.ascii_lower(pc.ascii_rtrim(last, ".> "))
    found = pc.and_(pc.greater(pc.list_value_length(parts), 1), pc.not_equal(domains, ""))
    return pc.if_else(found, domains, pa.scalar(None, pa.string()))


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
    """Turn result numbers into the columns of CAUSES; results that show the same there become one."""
    numbers = cube.column("result").to_numpy()
    used = np.flatnonzero(np.bincount(numbers))
    shown = {name: engine.ledger.column(name, used) for name in SHOWN if name in KEYS}
    contradicted = pa.array([engine.ledger.results[number].judgement.contradicted for number in used])
    first, groups = alike([*shown.values(), contradicted])
    place = np.zeros(len(engine.ledger.results), np.int64)
    place[used] = groups
    cube = cube.set_column(cube.schema.get_field_index("result"), "result", pa.array(place[numbers]))
    if len(first) < len(used):
        cube = fold(cube, PARTIAL_KEYS)
    rows = cube.column("result").to_numpy()
    plain = {name: cube.column(name) for name in cube.column_names if name != "result"}
    spreads = {name: spread(column.take(pa.array(first)), rows) for name, column in shown.items()}
    columns = {**plain, **spreads, "contradicted": contradicted.take(pa.array(first)).take(pa.array(rows))}
    return pa.table({c.name: columns[c.name] for c in CAUSES}).cast(CAUSES.arrow)
