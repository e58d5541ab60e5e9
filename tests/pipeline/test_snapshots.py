"""Epochs: which snapshot holds, and what is changing, at every moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from analyzer.pipeline.snapshots import Timeline
from tests.builders import inbound, outbound, snapshot, tenant

JANUARY, MARCH = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC)
CHANGE = datetime(2024, 2, 10, 8, tzinfo=UTC)
GRACE, MICROSECOND = timedelta(minutes=60), timedelta(microseconds=1)

FIRST = snapshot(name="first", since=JANUARY)
SECOND = snapshot(name="second", since=MARCH)


@pytest.mark.parametrize(
    "moment, number, early",
    [
        pytest.param(JANUARY - MICROSECOND, 0, True, id="before every snapshot"),
        pytest.param(JANUARY, 0, False, id="from the first moment on"),
        pytest.param(MARCH - MICROSECOND, 0, False, id="until the next"),
        pytest.param(MARCH, 1, False, id="the next, from its first moment on"),
        pytest.param(MARCH + timedelta(days=3650), 1, False, id="the last holds on"),
    ],
)
def test_a_snapshot_holds_until_the_next(moment: datetime, number: int, early: bool) -> None:  # noqa: FBT001
    """A dated snapshot is in force from its moment until the next; rows older than all are marked as early."""
    epoch = Timeline(tenant(FIRST, SECOND)).epoch_at(moment)
    assert (epoch.snapshot, epoch.early) == (number, early)


def test_an_undated_snapshot_holds_always() -> None:
    """Without dates there is one epoch and nothing is early."""
    timeline = Timeline(tenant())
    assert len(timeline.epochs) == 1
    assert not timeline.epoch_at(datetime(1999, 1, 1, tzinfo=UTC)).early


LANE = outbound("Lane", changed_at=CHANGE)
DOOR = inbound("Door", changed_at=CHANGE)
UNDATED = tenant(outbound=(LANE, outbound("Still")), inbound=(DOOR,))
DATED = tenant(FIRST, snapshot(name="second", since=MARCH, outbound=(LANE,), inbound=(DOOR,)))
CARRIED = tenant(
    snapshot(name="first", since=CHANGE + timedelta(days=1), outbound=(LANE,), inbound=(DOOR,)),
    snapshot(name="second", since=MARCH, outbound=(LANE,), inbound=(DOOR,)),
)


@pytest.mark.parametrize(
    "given, moment, changing",
    [
        pytest.param(UNDATED, CHANGE - timedelta(days=900), True, id="before the change of the only export"),
        pytest.param(UNDATED, CHANGE, True, id="the change"),
        pytest.param(UNDATED, CHANGE + GRACE, True, id="the grace, its last moment"),
        pytest.param(UNDATED, CHANGE + GRACE + MICROSECOND, False, id="past the grace"),
        pytest.param(DATED, CHANGE - GRACE - MICROSECOND, False, id="an earlier snapshot tells the earlier settings"),
        pytest.param(DATED, CHANGE - GRACE, True, id="the grace before"),
        pytest.param(DATED, CHANGE + GRACE, True, id="the grace after"),
        pytest.param(DATED, MARCH - MICROSECOND, True, id="changed, but not exported yet"),
        pytest.param(DATED, MARCH, False, id="exported, past the grace"),
        pytest.param(CARRIED, MARCH - MICROSECOND, False, id="a change that the snapshot before already holds"),
        pytest.param(CARRIED, CHANGE, True, id="early, and changing"),
    ],
)
def test_a_change_opens_a_window(given: object, moment: datetime, changing: bool) -> None:  # noqa: FBT001
    """A connector is changing within the grace of its WhenChangedUTC, and wherever no export tells its settings."""
    epoch = Timeline(given).epoch_at(moment)  # type: ignore[arg-type] # the table's column
    expected = (frozenset({"Door"}), frozenset({"Lane"})) if changing else (frozenset(), frozenset())
    assert (epoch.changing_inbound, epoch.changing_outbound) == expected


def test_the_tenants_own_grace_counts() -> None:
    """change_grace sets the width of the window."""
    timeline = Timeline(tenant(outbound=(LANE,), change_grace=timedelta(minutes=5)))
    assert timeline.epoch_at(CHANGE + timedelta(minutes=5)).changing_outbound
    assert not timeline.epoch_at(CHANGE + timedelta(minutes=6)).changing_outbound


def test_no_change_date_opens_no_window() -> None:
    """An export without WhenChangedUTC says nothing of changes."""
    assert Timeline(tenant(outbound=(outbound("Lane"),))).epochs[0].changing_outbound == frozenset()


def test_many_times_are_placed_at_once() -> None:
    """The epochs of a whole column are those of its single moments, in any order."""
    timeline = Timeline(DATED)
    moments = [MARCH, JANUARY - MICROSECOND, CHANGE, CHANGE + GRACE, MARCH - MICROSECOND, JANUARY]
    column = np.array([np.datetime64(m.replace(tzinfo=None), "us").astype(np.int64) for m in moments])
    numbers = timeline.epoch_numbers(column)
    assert [timeline.epochs[n] for n in numbers] == [timeline.epoch_at(m) for m in moments]


def test_a_moment_of_another_zone_is_the_same_moment() -> None:
    """A time with another offset than UTC falls into the epoch of its UTC moment."""
    elsewhere = MARCH.astimezone(timezone(timedelta(hours=-5)))
    assert Timeline(tenant(FIRST, SECOND)).epoch_at(elsewhere).snapshot == 1
