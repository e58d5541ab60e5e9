"""What a connector report counted beside what the logs show, for the days that both cover."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from analyzer.schema import CAUSES, COUNT, TEXT, Column, TableSchema

CONNECTOR_REPORT = TableSchema(
    "connector_report",
    "A connector on one day, as a connector report counts it and as the logs show it.",
    (
        Column("day", pa.date32(), "Day in UTC."),
        Column("side", TEXT, "inbound or outbound."),
        Column("connector", TEXT, "Connector as the report names it; (none) where no connector was used."),
        Column("reported", COUNT, "Messages by the report."),
        Column("logged", COUNT, "Recipients of messages that the logs show on that side with that connector."),
    ),
)
_KEYS = ("day", "side", "connector")
_TELLING = 0.1  # the report counts messages, a log recipients: a smaller difference says nothing


def cross_check(causes: pa.Table, reported: pa.Table) -> pa.Table:
    """Put the counts of the logs beside those of the reports.

    Args:
        causes: The cube.
        reported: Columns day, side, connector, reported, as `formats.connector_report.reported` gives them.
    """
    both = reported.filter(pc.is_in(reported["day"], value_set=pc.unique(causes["day"])))
    totals = both.group_by(list(_KEYS), use_threads=False).aggregate([("reported", "sum")])
    logged: Counter[tuple[object, ...]] = Counter()
    for key, count in (*_logged(causes, "inbound"), *_logged(causes, "outbound")):
        logged[key] += count  # a name may be spelled in several ways
    rows = []
    for row in totals.sort_by([(key, "ascending") for key in _KEYS]).to_pylist():
        count = logged[_key(row["day"], row["side"], row["connector"])]
        rows.append({**row, "reported": row["reported_sum"], "logged": count})
    return pa.Table.from_pylist(rows, schema=CONNECTOR_REPORT.arrow)


def differences(checked: pa.Table) -> Iterator[str]:
    """Say for each connector in a line where its counts differ by more than a tenth over all days."""
    keys = ["side", "connector"]
    totals = checked.group_by(keys, use_threads=False).aggregate([("reported", "sum"), ("logged", "sum")])
    for row in totals.sort_by([(key, "ascending") for key in keys]).to_pylist():
        report, log = row["reported_sum"], row["logged_sum"]
        if abs(report - log) > _TELLING * max(report, log):
            yield (
                f"connector report: {row['side']} {row['connector']}: {report:,} messages reported, the logs of the "
                f"same days show {log:,} recipients; see summaries/connector_report.parquet"
            )


def _logged(causes: pa.Table, side: str) -> Iterator[tuple[tuple[object, ...], int]]:
    """Count the log's messages by day and connector on one side, where it speaks of that side."""
    ours = pc.fill_null(pc.not_equal(causes["vantage"], "own-server"), fill_value=True)
    spoken = causes.filter(pc.and_(ours, pc.is_in(causes["evidence"], value_set=pa.array([side, "both"]))))
    column = CAUSES.arrow.field(f"logged_{side}").name
    sums = spoken.group_by(["day", column], use_threads=False).aggregate([("messages", "sum")])
    for row in sums.to_pylist():
        yield _key(row["day"], side, row[column] or "(none)"), row["messages_sum"]


def _key(day: object, side: str, connector: str) -> tuple[object, ...]:
    return day, side, connector.strip().casefold()
