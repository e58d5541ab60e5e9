"""Moments and time zones as people give them: moments are in UTC unless they carry an offset."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from analyzer.errors import UsageError

_LARGEST_OFFSET = 14 * 60  # minutes; Kiritimati
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def utc(moment: datetime | str | None, what: str = "time") -> datetime | None:
    """Give a moment in UTC.

    Args:
        moment: a time, or text such as `2026-10-01` or `2026-10-01T14:30+02:00`.
        what: how to call it in a message.

    Raises:
        UsageError: the text is no time.
    """
    if isinstance(moment, str):
        moment = _read(moment, what)
    if moment is None:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def microseconds(moment: datetime) -> int:
    """Give a moment as microseconds since 1970; a naive one is UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1)


def _read(text: str, what: str) -> datetime:
    from dateutil.parser import isoparse  # noqa: PLC0415 - only where somebody gives a time

    try:
        # ISO 8601 alone: which number of 03/04/2026 is the month is never guessed.
        return isoparse(text.strip())
    except ValueError:
        accepted = "2026-10-01 or 2026-10-01T14:30+02:00 would be accepted"
        raise UsageError(f"{what} {text}: not a time; {accepted}") from None


def time_zone(text: str, what: str = "time zone") -> tzinfo:
    """Give the zone of a name such as `Europe/Berlin`, or of an offset such as `+02:00`.

    Raises:
        UsageError: the text is neither.
    """
    text = text.strip()
    if text.upper() in {"Z", "UTC"}:
        return UTC
    if offset := re.fullmatch(r"([+-])(\d\d):?([0-5]\d)", text):
        minutes = int(offset[2]) * 60 + int(offset[3])
        if minutes <= _LARGEST_OFFSET:
            return timezone(timedelta(minutes=-minutes if offset[1] == "-" else minutes))
    try:
        return ZoneInfo(text)
    except (KeyError, ValueError, OSError):  # unknown; not a zone's name at all; a folder of zones
        accepted = "a name such as Europe/Berlin or an offset such as +02:00 would be accepted"
        raise UsageError(f"{what} {text}: not a time zone; {accepted}") from None
