"""The stamps of syslog lines: ISO 8601, or BSD without year and zone (log-formats section 7)."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

BSD = r"[A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d(?:\.\d+)?"
ISO = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?"
_PARTS = r"^(?P<month>[A-Z][a-z]{2}) +(?P<day>\d{1,2}) (?P<clock>\S+)$"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def dated(stamps: pa.StringArray, day: date | None) -> tuple[pa.StringArray, bool]:
    """Write BSD stamps as ISO 8601; also say whether there were any.

    Args:
        stamps: Stamps of both kinds; the others stay as they are.
        day: The file's date: no line is later, so a later month is of the year before. A stamp that
            needs a year and gets none is blank.
    """
    coded = stamps.dictionary_encode()
    parts = pc.extract_regex(coded.dictionary, _PARTS)
    if parts.null_count == len(parts):
        return stamps, False
    written = pa.nulls(len(parts), pa.string()) if day is None else _written(parts, day)
    text = pc.if_else(parts.is_valid(), pc.fill_null(written, ""), coded.dictionary)
    return text.take(coded.indices), True


def _written(parts: pa.StructArray, day: date) -> pa.StringArray:
    latest = day + timedelta(days=1)  # the server's clock may be ahead of the file's, which is in UTC
    month = pc.add(pc.index_in(parts.field("month"), value_set=pa.array(_MONTHS)), 1)
    number = pc.cast(pc.if_else(parts.is_valid(), parts.field("day"), "0"), pa.int32())
    later = pc.greater(pc.add(pc.multiply(month, 32), number), latest.month * 32 + latest.day)
    year = pc.subtract(pa.array(np.full(len(parts), latest.year)), later.cast(pa.int64()))
    two = [pc.utf8_lpad(part.cast(pa.string()), 2, "0") for part in (month, number)]
    dates = pc.binary_join_element_wise(year.cast(pa.string()), *two, "-")
    return pc.binary_join_element_wise(dates, parts.field("clock"), "T")
