"""Local times of formats that are not UTC by definition, and what the user says of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.errors import UsageError
from analyzer.formats.clocks import CLOCK_CHANGED, READ_AS_UTC, LocalClock
from analyzer.formats.message_trace import MESSAGE_TRACE
from analyzer.formats.recognition import Said, recognise
from analyzer.formats.times import DateOrder, timestamps
from analyzer.inputs import find
from analyzer.moments import time_zone
from tests.formats.reading import TRACE, Reading, csv_text, read, read_log, write

BERLIN = ZoneInfo("Europe/Berlin")
LOCAL = replace(MESSAGE_TRACE, name="local", local_times=True)

SUMMER = ["2026-07-01T12:00:00", "01.07.2026 12:00:00", "7/1/2026 12:00:00 PM", "07/01/2026 12:00"]
ZONED = ["2026-07-01T10:00:00Z", "2026-07-01T11:00:00+01:00", "/Date(1782900000000)/"]


def moments(clock: LocalClock, *texts: str) -> list[datetime | None]:
    """Read a column of times by a clock."""
    found: list[datetime | None] = timestamps(pa.array(texts, pa.string()), DateOrder.MDY, clock).to_pylist()
    return found


@pytest.mark.parametrize("text", [*SUMMER, *ZONED])
def test_only_times_without_a_zone_are_of_the_clock(text: str) -> None:
    """A time that says its zone is the same whatever the clock, one without is the clock's; alone or among others."""
    ten = datetime(2026, 7, 1, 10, tzinfo=UTC)

    assert moments(LocalClock(BERLIN), text) == [ten]
    assert moments(LocalClock(BERLIN), *SUMMER, *ZONED, text) == [ten] * 8
    assert moments(LocalClock(BERLIN), text, "nonsense", text) == [ten, None, ten]


@pytest.mark.parametrize(
    "text, hour, changed",
    [
        ("2026-03-29T01:59:59", 0, False),
        ("2026-03-29T02:30:00", 1, True),  # left out: the clocks go from 2 to 3
        ("2026-03-29T03:00:00", 1, False),
        ("2026-10-25T02:30:00", 0, True),  # repeated: the clocks go from 3 back to 2
        ("2026-10-25T03:00:00", 2, False),
    ],
)
def test_an_hour_repeated_or_left_out_has_the_offset_before_the_change(text: str, hour: int, *, changed: bool) -> None:
    """The rule of PEP 495 for fold=0, and the log says that it was needed."""
    clock = LocalClock(BERLIN)
    (found,) = moments(clock, text)

    assert found
    assert found.hour == hour
    assert (CLOCK_CHANGED in clock.notes) is changed


@given(
    st.lists(st.datetimes(datetime(1975, 1, 1), datetime(2040, 1, 1)), max_size=8),  # noqa: DTZ001 - local times
    st.sampled_from(["Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe", "+05:45", "-00:30"]),
)
def test_a_column_is_read_as_the_standard_library_reads_one_time(times: list[datetime], name: str) -> None:
    """The column's arithmetic is that of `astimezone`, time by time."""
    zone = time_zone(name)
    expected = [time.replace(tzinfo=zone).astimezone(UTC) for time in times]

    assert moments(LocalClock(zone), *[time.isoformat(timespec="microseconds") for time in times]) == expected


def read_as(path: Path, said: Said) -> Reading:
    """Read a log of a format whose times are local."""
    return read_log(recognise(find([str(path)])[0], [LOCAL], said))


def test_local_times_are_said_to_be_read_as_utc_until_the_zone_is_known(tmp_path: Path) -> None:
    """Without a zone the log says how it was read, and with one it is read by it."""
    path = write(tmp_path, csv_text(TRACE | {"Received": "2026-07-01T12:00:00"}))
    unsaid, said = read_as(path, Said()), read_as(path, Said(zone="Europe/Berlin"))

    assert unsaid.column("received_at") == [datetime(2026, 7, 1, 12, tzinfo=UTC)]
    assert unsaid.log.notes == (READ_AS_UTC,)
    assert said.column("received_at") == [datetime(2026, 7, 1, 10, tzinfo=UTC)]
    assert said.log.notes == ()


def test_times_that_are_utc_by_definition_are_never_shifted(tmp_path: Path) -> None:
    """The message trace is in UTC whatever zone is named for other logs beside it (log-formats section 1)."""
    path = write(tmp_path, csv_text(TRACE | {"Received": "2026-07-01T12:00:00"}))
    found = read(path, timezone="Europe/Berlin")

    assert found.column("received_at") == [datetime(2026, 7, 1, 12, tzinfo=UTC)]
    assert found.log.notes == ()


def test_zones_are_names_or_offsets() -> None:
    """A name of the tz database or an offset; everything else says what would be accepted."""
    assert time_zone(" Europe/Berlin ") == BERLIN
    assert time_zone("utc") == time_zone("Z") == UTC
    assert time_zone("-0330") == timezone(-timedelta(hours=3, minutes=30))
    for wrong in ("CEST", "+25:00", "+2", "../etc/passwd", "Europe", ""):
        with pytest.raises(UsageError, match=r"--timezone .*: not a time zone; a name such as Europe/Berlin"):
            time_zone(wrong, "--timezone")
