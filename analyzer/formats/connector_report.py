"""Inbound/Outbound messages report and ConnectorReport: counts a connector and day (log-formats section 8).

There are no messages in it, so each of its rows is noise of a declared kind; what it counts is for
the cross-check with what the logs show (`reported`).
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from analyzer.formats.base import Draft, Evidence, Format, Recipients
from analyzer.formats.chunk import Cells
from analyzer.formats.columns import integers
from analyzer.formats.log import Log
from analyzer.formats.times import timestamps

REPORTED = pa.schema(
    [("day", pa.date32()), ("side", pa.string()), ("connector", pa.string()), ("reported", pa.int64())]
)
NO_CONNECTOR = "(none)"  # as the cube writes it

_KIND = "connector-count"
_NAMED = r"(?i)^\s*(?P<side>inbound|outbound)\b\s*[:,/-]?\s*(?P<connector>.*?)\s*$"
_NONE = r"(?i)^(no ?connector|internet|)$"


def _noise(cells: Cells) -> pa.StringArray:
    """Say that no row stands for a message."""
    return pa.repeat(_KIND, len(cells))


def _draft(cells: Cells) -> Draft:
    """Make no rows: all of them are noise."""
    return Draft({}, Recipients(pa.repeat("", len(cells))))


def reported(log: Log) -> pa.Table:
    """Read the counts of a report: side, connector and day; a row without a count is left out.

    Args:
        log: A log of this format.
    """
    counts = [_counts(log.layout.read(chunk)[0], log) for chunk in log.chunks()]
    return pa.concat_tables([REPORTED.empty_table(), *counts])


def _counts(cells: Cells, log: Log) -> pa.Table:
    named = pc.extract_regex(cells.column("connector"), _NAMED)
    name = named.field("connector")
    table = pa.table(
        {
            "day": timestamps(cells.column("date"), log.order, log.clock).cast(pa.timestamp("us")).cast(pa.date32()),
            "side": pc.if_else(named.is_valid(), pc.utf8_lower(named.field("side")), pa.scalar(None, pa.string())),
            "connector": pc.if_else(pc.match_substring_regex(name, _NONE), NO_CONNECTOR, name),
            "reported": integers(pc.replace_substring_regex(cells.column("volume"), r"[\s.,]", "")),
        }
    )
    return table.drop_null().cast(REPORTED)


CONNECTOR_REPORT = Format(
    name="connector-report",
    title="Inbound messages and Outbound messages report (counts a connector and day)",
    row="a connector on one day",
    evidence=Evidence.NONE,
    has_directionality=False,
    carries="How many messages went through each connector on each day, to check the counts of the logs against.",
    lacks="There are no messages in it: it is not judged, only compared with what the logs of the same days show.",
    export="Exchange admin center, Reports, Mail flow, Inbound messages or Outbound messages, Export.",
    columns={
        "date": ("date",),
        "connector": ("connector direction and name", "connector direction & name", "direction and connector name"),
        "volume": ("volume",),
    },
    marks=frozenset({"date", "connector", "volume"}),
    time="date",
    sender="connector",
    needed=("date", "connector", "volume"),
    draft=_draft,
    noise=_noise,
)
