"""Moments as people write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from analyzer.errors import UsageError
from analyzer.moments import utc

NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)
WRITTEN = [
    (None, None),
    (NOON, NOON),
    (datetime(2026, 10, 1, 12), NOON),  # noqa: DTZ001 - a naive time is UTC
    (datetime(2026, 10, 1, 14, tzinfo=timezone(timedelta(hours=2))), NOON),
    ("2026-10-01", NOON - timedelta(hours=12)),
    ("2026-10-01 12:00", NOON),
    ("2026-10-01T14:00+02:00", NOON),
    ("2026-10-01T12:00:00Z", NOON),
]


@pytest.mark.parametrize("written, moment", WRITTEN)
def test_moments_are_utc_unless_they_carry_an_offset(written: datetime | str | None, moment: datetime | None) -> None:
    """A date is its midnight; a time without an offset is UTC; an offset is honoured."""
    assert utc(written) == moment


@pytest.mark.parametrize("text", ["someday", "", "2026-13-45", "03/04/2026", "10.3.2026", "10:00"])
def test_what_is_no_time_is_refused(text: str) -> None:
    """Text that is no time says what would be accepted."""
    with pytest.raises(UsageError, match=r"--since .*not a time; 2026-10-01"):
        utc(text, "--since")
