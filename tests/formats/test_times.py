"""Every shape of time, and the order of day and month."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.formats.times import DateOrder, decide_order, needs_order, timestamps

QUARTER_PAST_SEVEN = datetime(2026, 3, 24, 7, 15, 2, tzinfo=UTC)

SHAPES = [
    ("2026-03-24T07:15:02Z", 0),
    ("2026-03-24T07:15:02", 0),
    ("2026-03-24 07:15:02", 0),
    ("2026-03-24T07:15:02.4713052Z", 471305),
    ("2026-03-24T07:15:02.4713052", 471305),
    ("2026-03-24T07:15:02.47130529999999Z", 471305),
    ("2026-03-24T07:15:02.4Z", 400000),
    ("2026-03-24 07:15:02,471Z", 471000),
    ("2026-03-24T09:15:02+02:00", 0),
    ("2026-03-24T09:15:02 +0200", 0),
    ("2026-03-24T01:45:02.5-05:30", 500000),
    ("/Date(1774336502000)/", 0),
    ("/Date(1774336502123+0200)/", 123000),
    ("24.03.2026 07:15:02", 0),
    ("24-03-2026 7:15:02", 0),
    ("2026/03/24 07:15:02", 0),
    ("3/24/2026 7:15:02 AM", 0),
    ("3/24/2026 7:15:02\u202fAM", 0),
    ("3/24/2026, 7:15:02 a.m.", 0),
    ("3/24/2026 7:15:02 a. m.", 0),
    ("03/24/2026 07:15:02", 0),
    ("Mar 24, 2026 7:15:02 AM", 0),
    ("Tuesday, March 24, 2026 7:15:02 AM", 0),
    ("  2026-03-24T07:15:02Z ", 0),
]
UNREADABLE = [
    "",
    "yesterday",
    "2026-02-30T07:15:02Z",
    "2026-13-01",
    "30.02.2026 07:15",
    "2/30/2026 7:15:02 AM",
    "13/1/2026 7:15",
    "Feb 30, 2026 7:15:02 AM",
    "Mai 24, 2026 7:15:02 AM",
    "24.03.26 07:15:02",
    "3/24/2026 13:15:02 PM",
    "3/24/2026 25:15",
    "/Date()/",
    "1742803931000",
]


def read(*text: str, order: DateOrder | None = DateOrder.MDY) -> list[datetime | None]:
    """Read times."""
    found: list[datetime | None] = timestamps(pa.array(text, pa.string()), order).to_pylist()
    return found


@pytest.mark.parametrize("text, micros", SHAPES)
def test_each_shape_is_read_alone(text: str, micros: int) -> None:
    """Every shape of time the logs have gives the same moment, cut to the microsecond."""
    assert read(text) == [QUARTER_PAST_SEVEN + timedelta(microseconds=micros)]


@pytest.mark.parametrize("text", UNREADABLE)
def test_what_is_no_time_is_null(text: str) -> None:
    """A cell that is no time is null, and so is a date that no calendar has."""
    assert read(text) == [None]


@pytest.mark.parametrize("first", [text for text, _ in SHAPES] + UNREADABLE)
def test_shapes_may_be_mixed(first: str) -> None:
    """A column of all shapes is read alike whichever stands first."""
    texts = [first, *(text for text, _ in SHAPES), *UNREADABLE]
    expected = [QUARTER_PAST_SEVEN + timedelta(microseconds=micros) for _, micros in SHAPES] + [None] * len(UNREADABLE)

    assert read(*texts)[1:] == expected


@pytest.mark.parametrize(
    "text, order, expected",
    [
        ("5/26/2026 2:41", DateOrder.MDY, datetime(2026, 5, 26, 2, 41, tzinfo=UTC)),
        ("24/03/2026 07:15", DateOrder.DMY, datetime(2026, 3, 24, 7, 15, tzinfo=UTC)),
        ("3/4/2026 12:00:00 AM", DateOrder.MDY, datetime(2026, 3, 4, tzinfo=UTC)),
        ("3/4/2026 12:00:00 PM", DateOrder.DMY, datetime(2026, 4, 3, 12, tzinfo=UTC)),
        ("3/4/2026", DateOrder.DMY, datetime(2026, 4, 3, tzinfo=UTC)),
        ("1/3/2026 11:59:59 PM", DateOrder.MDY, datetime(2026, 1, 3, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_slashes_follow_the_order(text: str, order: DateOrder, expected: datetime) -> None:
    """A date with slashes is read in the order of its file."""
    assert read(text, order=order) == [expected]


def test_slashes_without_an_order_are_not_guessed() -> None:
    """Without an order a date with slashes is unreadable, even if only one order is possible."""
    assert read("3/24/2026 7:15:02 AM", order=None) == [None]


@given(st.lists(st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)), min_size=1))  # noqa: DTZ001
def test_us_dates_survive_the_round_trip(moments: list[datetime]) -> None:
    """Whatever US dates a column holds, the quick way and the careful way give the same moments."""
    texts = [
        f"{m.month}/{m.day}/{m.year} {m.hour % 12 or 12}:{m:%M:%S} {'PM' if m.hour > 11 else 'AM'}" for m in moments
    ]

    assert read(*texts) == [moment.replace(microsecond=0, tzinfo=UTC) for moment in moments]


@pytest.mark.parametrize(
    "texts, expected",
    [
        (["1/2/2026", "13/2/2026"], DateOrder.DMY),
        (["1/2/2026", "2/13/2026 1:00"], DateOrder.MDY),
        (["1/2/2026", "12/12/2026"], None),
        (["2026-03-24", "24.03.2026"], None),
        (["2/13/2026", "13/2/2026"], DateOrder.MDY),
    ],
)
def test_the_first_number_above_twelve_decides(texts: list[str], expected: DateOrder | None) -> None:
    """The order follows from the first date in which one number cannot be a month."""
    assert decide_order(pa.array(texts)) == expected


def test_only_dates_with_slashes_need_an_order() -> None:
    """ISO and dotted dates, and those with the year first, need no decision."""
    assert not needs_order(pa.array(["2026-03-24", "24.03.2026", "2026/03/24"]))
    assert needs_order(pa.array(["2026-03-24", "3/4/2026"]))
