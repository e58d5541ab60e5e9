"""Every shape of time the logs have, a column at a time, as microseconds in UTC.

A time without a zone is UTC, or of the clock that the format and the user name (`clocks`).

A column is nearly always of one shape, which Arrow's own cast reads. Where that fails, each shape is
looked for in turn; what no shape fits is null and so a reject. Whether `3/4/2025` is in March or in
April is decided for a whole file, never for a row (log-formats section 1, Export-Csv traps).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.formats.clocks import UNREADABLE, LocalClock, Micros
from analyzer.schema import TIME

_SECOND = 1_000_000

_CLOCK = (
    r"(?:[T, \x{00a0}]+(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2}))?(?:[.]\d+)?"
    r"(?:[ \x{00a0}\x{202f}]?(?P<half>[AaPp])[.]?[ \x{00a0}]?[Mm][.]?)?)?"
)
SLASHES = re.compile(rb"/\d{1,2}/\d{4}")  # a text without it has no date whose order might be asked for
_ISO = r"^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)?"
_ZONE = r" ?(?:Z|[+-]\d\d:?\d\d)$"


class DateOrder(Enum):
    """The order of day and month in a date with slashes."""

    DMY = "dmy"
    MDY = "mdy"

    @property
    def turned(self) -> DateOrder:
        """The other order."""
        return DateOrder.MDY if self is DateOrder.DMY else DateOrder.DMY


@dataclass(frozen=True, slots=True)
class _Shape:
    """A shape of time: how to know it, how to read it, and whether it says its zone."""

    pattern: str
    read: Callable[[pa.StringArray], Micros]
    zoned: bool = False


def timestamps(
    text: pa.StringArray, order: DateOrder | None = None, clock: LocalClock | None = None
) -> pa.TimestampArray:
    """Read times; those without a zone are of the clock, else UTC; null where there is none to read."""
    first = text[0].as_py().strip() if len(text) else ""
    if re.match(_ISO, first):
        kind = pa.timestamp("ns", "UTC" if re.search(_ZONE, first) else None)
        try:
            read = text.cast(kind).cast(pa.timestamp("us", kind.tz), safe=False).cast(TIME)
        except pa.ArrowInvalid:
            return _by_shape(pc.utf8_trim_whitespace(text), order, clock)
        return read if kind.tz or clock is None else _as_times(clock.to_utc(_as_numbers(read)))
    text = pc.utf8_trim_whitespace(text)
    form = next((form for form in _forms(order) if _fits(first, form)), None)
    return _by_shape(text, order, clock) if form is None else _quickly(text, form, order, clock)


def _forms(order: DateOrder | None) -> tuple[str, ...]:
    """Give the culture dates that strptime can read at once."""
    dates = ("%d.%m.%Y", *({DateOrder.DMY: ("%d/%m/%Y",), DateOrder.MDY: ("%m/%d/%Y",)}[order] if order else ()))
    return tuple(f"{date} {clock}" for date in dates for clock in ("%I:%M:%S %p", "%H:%M:%S", "%H:%M"))


def _fits(text: str, form: str) -> bool:
    """Whether strptime reads the text so."""
    return bool(pc.strptime(pa.array([text]), format=form, unit="s", error_is_null=True)[0].is_valid)


def _quickly(text: pa.StringArray, form: str, order: DateOrder | None, clock: LocalClock | None) -> pa.TimestampArray:
    """Read most of a column with strptime, and with care what it may have read wrongly.

    It lets 31 February run on into March, and takes the year 25 for 25 AD; so the first days of
    each month, times before 1970 and what it did not read are read again.
    """
    read = pc.strptime(text, format=form, unit="s", error_is_null=True)
    seconds = pc.fill_null(read.cast(pa.int64()), -1).to_numpy()
    day = pc.fill_null(pc.day(read), 0).to_numpy()
    doubtful = np.flatnonzero((seconds < 0) | (day <= 3))
    result = seconds * _SECOND
    result[doubtful] = UNREADABLE
    if clock:
        result = clock.to_utc(result)
    careful = _by_shape(text.take(pa.array(doubtful)), order, clock).cast(pa.int64())
    result[doubtful] = pc.fill_null(careful, UNREADABLE).to_numpy()
    return _as_times(result)


def decide_order(text: pa.StringArray) -> DateOrder | None:
    """Find the order by the first date with slashes in which one number is above 12; None where there is none."""
    found = telling_date(text)
    return found[0] if found else None


def telling_date(text: pa.StringArray) -> tuple[DateOrder, str] | None:
    """Find the first date with slashes in which one number is above 12, and the order it tells."""
    dates = pc.extract_regex(text, r"^\s*(?P<a>\d{1,2})/(?P<b>\d{1,2})/(?P<year>\d{4})").drop_null()
    first, second = (_numbers(dates.field(name)) for name in ("a", "b"))
    telling = np.flatnonzero((first > 12) != (second > 12))
    if not len(telling):
        return None
    place = int(telling[0])
    date = "/".join(dates.field(name)[place].as_py() for name in ("a", "b", "year"))
    return (DateOrder.DMY if first[place] > 12 else DateOrder.MDY), date


def needs_order(text: pa.StringArray) -> bool:
    """Whether any of the times is a date with slashes, day and month first."""
    return bool(pc.any(pc.match_substring_regex(text, r"^\s*\d{1,2}/\d{1,2}/\d{4}")).as_py())


def _by_shape(text: pa.StringArray, order: DateOrder | None, clock: LocalClock | None) -> pa.TimestampArray:
    """Read a column of mixed shapes."""
    result = np.full(len(text), UNREADABLE, np.int64)
    for shape in _shapes(order):
        rows = np.flatnonzero(pc.match_substring_regex(text, shape.pattern).to_numpy(zero_copy_only=False))
        if len(rows):
            read = shape.read(text.take(pa.array(rows)))
            result[rows] = read if shape.zoned or clock is None else clock.to_utc(read)
    return _as_times(result)


def _as_times(result: Micros) -> pa.TimestampArray:
    """Make times of microseconds."""
    return pa.array(result, pa.int64(), mask=result == UNREADABLE).cast(TIME)


def _shapes(order: DateOrder | None) -> tuple[_Shape, ...]:
    """Give the shapes; no text is of two."""
    slashes = () if order is None else (_Shape(r"^\d{1,2}/\d{1,2}/\d{4}", partial(_culture, date=_ORDERS[order])),)
    return (
        _Shape(_ISO + _ZONE, partial(_iso, kind=TIME), zoned=True),
        _Shape(_ISO + "$", partial(_iso, kind=pa.timestamp("us"))),
        _Shape(r"^/Date\(-?\d{1,15}(?:[+-]\d{4})?\)/$", _epoch, zoned=True),
        _Shape(r"^\d{1,2}[.-]\d{1,2}[.-]\d{4}", partial(_culture, date=_DOTTED)),
        _Shape(r"^\d{4}/\d{1,2}/\d{1,2}", partial(_culture, date=_YEAR_FIRST)),
        _Shape(_SPELLED, _spelled),
        *slashes,
    )


_DOTTED = r"(?P<day>\d{1,2})[.-](?P<month>\d{1,2})[.-](?P<year>\d{4})"
_YEAR_FIRST = r"(?P<year>\d{4})/(?P<month>\d{1,2})/(?P<day>\d{1,2})"
_ORDERS = {
    DateOrder.DMY: r"(?P<day>\d{1,2})/(?P<month>\d{1,2})/(?P<year>\d{4})",
    DateOrder.MDY: r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})",
}


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# As Microsoft's portals and PowerShell's own text of a date write it: `Mar 24, 2025`, `Monday, March 24, 2025`.
_SPELLED = rf"(?i)^(?:[a-z]+, )?({'|'.join(_MONTHS)})[a-z]*\.? (\d{{1,2}}), (\d{{4}})"


def _spelled(text: pa.StringArray) -> Micros:
    """Read a date whose month is an English name; there is no order to tell."""
    numbered = pc.replace_substring_regex(text, _SPELLED, r"\1/\2/\3")
    for number, name in enumerate(_MONTHS, 1):
        numbered = pc.replace_substring_regex(numbered, f"(?i)^{name}/", f"{number}/")
    return _culture(numbered, date=_ORDERS[DateOrder.MDY])


def _iso(text: pa.StringArray, *, kind: pa.TimestampType) -> Micros:
    """Read ISO 8601; digits below the microsecond are cut off."""
    short = pc.replace_substring_regex(text, r"[.,](\d{1,6})\d*", r".\1")
    return _cast(pc.replace_substring_regex(short, r" (Z|[+-])", r"\1"), kind)


def _cast(text: pa.StringArray, kind: pa.TimestampType) -> Micros:
    """Cast, halving where that fails until only the impossible dates (30 February) stand alone."""
    try:
        return _as_numbers(text.cast(kind))
    except pa.ArrowInvalid:
        if len(text) == 1:
            return np.array([UNREADABLE])
        half = len(text) // 2
        return np.concatenate([_cast(text[:half], kind), _cast(text[half:], kind)])


def _epoch(text: pa.StringArray) -> Micros:
    """Read `/Date(ms)/`; an offset behind the number says where it was written, not when."""
    found = pc.extract_regex(text, r"^/Date\((?P<ms>-?\d+)")
    return _as_numbers(found.field("ms")) * 1000


def _culture(text: pa.StringArray, *, date: str) -> Micros:
    """Read a date and time as some culture writes them."""
    parts = pc.extract_regex(text, "^" + date + _CLOCK + "$")
    day, month, year, hour, minute, second = (
        _numbers(parts.field(name)) for name in ("day", "month", "year", "hour", "minute", "second")
    )
    half = pc.utf8_lower(pc.fill_null(parts.field("half"), ""))
    noon, halved, good = (
        np.asarray(flags) for flags in (pc.equal(half, "p"), pc.not_equal(half, ""), parts.is_valid())
    )
    good &= (month >= 1) & (month <= 12) & (day >= 1)
    good &= (hour < 24) & (minute < 60) & (second < 60) & (~halved | ((hour >= 1) & (hour <= 12)))
    start = ((year - 1970) * 12 + np.clip(month, 1, 12) - 1).astype("datetime64[M]")
    days = (start.astype("datetime64[D]") + (day - 1)).astype("datetime64[D]")
    good &= days.astype("datetime64[M]") == start  # no 30 February
    hour = np.where(halved, hour % 12 + 12 * noon, hour)
    seconds = days.astype(np.int64) * 86_400 + hour * 3600 + minute * 60 + second
    return np.where(good, seconds * _SECOND, UNREADABLE)


def _numbers(text: pa.StringArray) -> Micros:
    """Read short runs of digits; 0 where there are none."""
    padded = pc.binary_join_element_wise("0", pc.fill_null(text, ""), "")
    return _as_numbers(padded)


def _as_numbers(column: pa.Array) -> Micros:
    """Make numbers of a column without nulls."""
    return np.asarray(column.cast(pa.int64()), np.int64)
