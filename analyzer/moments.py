"""Moments as people give them: in UTC unless they carry an offset."""

from __future__ import annotations

from datetime import UTC, datetime

from analyzer.errors import UsageError


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


def _read(text: str, what: str) -> datetime:
    from dateutil.parser import isoparse  # noqa: PLC0415 - only where somebody gives a time

    try:
        # ISO 8601 alone: which number of 03/04/2026 is the month is never guessed.
        return isoparse(text.strip())
    except ValueError:
        accepted = "2026-10-01 or 2026-10-01T14:30+02:00 would be accepted"
        raise UsageError(f"{what} {text}: not a time; {accepted}") from None
