"""What a summary is, and the few operations that every cut is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from analyzer.schema import ALARMS, COUNT, TEXT, VERDICTS, Column, TableSchema

MESSAGES = Column("messages", COUNT, "Recipients of messages.")
FAILED = Column("failed", COUNT, "How many of them failed.")


@dataclass(frozen=True, slots=True)
class Summary:
    """One cut: its columns, its title, the table it is cut from, and how."""

    schema: TableSchema
    title: str
    of: TableSchema
    rows: Callable[[pa.Table], pa.Table]

    @property
    def name(self) -> str:
        """The name of the summary and of its file."""
        return self.schema.name

    def cut(self, table: pa.Table) -> pa.Table:
        """Cut the table of `of`, with exactly the declared columns."""
        return self.rows(table).select([c.name for c in self.schema]).cast(self.schema.arrow)


def total(table: pa.Table, keys: tuple[str, ...], *, counts: tuple[str, ...] = ("messages", "failed")) -> pa.Table:
    """Add up the counts for each distinct combination of the keys."""
    sums = table.group_by(list(keys), use_threads=False).aggregate([(count, "sum") for count in counts])
    return sums.select([*keys, *(f"{count}_sum" for count in counts)]).rename_columns([*keys, *counts])


def ordered(table: pa.Table, *keys: str, ranks: Mapping[str, Iterable[str]] | None = None) -> pa.Table:
    """Order rows by the keys; `-key` is descending, and a key of `ranks` goes by the place in that list."""
    names = list(table.column_names)
    for name, order in (ranks or {}).items():
        table = table.append_column(f"{name} rank", pc.index_in(table[name], pa.array(order, TEXT)))
    ranked = {name: f"{name} rank" for name in ranks or {}}
    order_by = [
        (ranked.get(key.lstrip("-"), key.lstrip("-")), "descending" if key.startswith("-") else "ascending")
        for key in keys
    ]
    return table.sort_by(order_by).select(names)


def by_verdict(table: pa.Table, keys: tuple[str, ...]) -> pa.Table:
    """Total with one column a verdict and the sum of the alarms."""
    columns = {name: table[name] for name in (*keys, "messages", "failed")}
    for verdict in VERDICTS:
        columns[verdict] = pc.if_else(pc.equal(table["verdict"], verdict), table["messages"], 0)
    columns["alarms"] = pc.if_else(pc.is_in(table["verdict"], pa.array(ALARMS)), table["messages"], 0)
    return total(pa.table(columns), keys, counts=("messages", "failed", "alarms", *VERDICTS))


def one_row_a_value(table: pa.Table, column: str, *keys: str) -> pa.Table:
    """Repeat the counts and keys of each row for each value of its list in `column`."""
    lists = table[column].combine_chunks()
    repeated = table.select(["messages", "failed", *keys]).take(pc.list_parent_indices(lists))
    return repeated.append_column(column, pc.list_flatten(lists))
