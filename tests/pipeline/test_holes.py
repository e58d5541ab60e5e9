"""Holes in the time line: found where many rows are usual, and never cried at nights, weekends and small tenants."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from analyzer.pipeline.holes import holes

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Quiet = Callable[[datetime], float]


def weekday(moment: datetime) -> float:
    """The rhythm of an office: busy from eight to six on working days, little at night, less at weekends."""
    if moment.weekday() >= 5:
        return 0.02
    return 1.0 if 8 <= moment.hour < 18 else 0.05


def traffic(per_hour: float, *, weeks: int = 8, seed: int = 1, quiet: Quiet = lambda _: 1.0) -> dict[int, int]:
    """Rows by hour of a tenant with so many in a busy hour; `quiet` makes some hours quieter."""
    random, found = np.random.default_rng(seed), {}
    for place in range(weeks * 168):
        moment = MONDAY + timedelta(hours=place)
        rows = int(random.poisson(per_hour * weekday(moment) * quiet(moment)))
        if rows:
            found[(moment - EPOCH) // timedelta(hours=1)] = rows
    return found


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("weeks", [1, 2, 5, 12])
@pytest.mark.parametrize("per_hour", [0.5, 3, 20, 200, 20_000])
def test_a_whole_log_has_no_hole(per_hour: float, weeks: int, seed: int) -> None:
    """No night, weekend or quiet hour of any tenant, small or large, is taken for a hole."""
    assert list(holes("trace", traffic(per_hour, weeks=weeks, seed=seed))) == []


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("left", [0.0, 0.002, 0.01, 0.05])
def test_a_holiday_is_no_hole_while_any_mail_comes(left: float, seed: int) -> None:
    """A public holiday on which a little mail still comes is quiet, not lost; a day without any is said."""
    holiday = MONDAY + timedelta(days=21)
    log = traffic(200, seed=seed, quiet=lambda m: left if m.date() == holiday.date() else 1.0)
    found = list(holes("trace", log))

    assert (len(found) == 1) == (left == 0.0)


LOST = {
    "a working afternoon": (MONDAY + timedelta(days=22, hours=12), MONDAY + timedelta(days=22, hours=17)),
    "a whole working day": (MONDAY + timedelta(days=9), MONDAY + timedelta(days=10)),
    "a week": (MONDAY + timedelta(days=14), MONDAY + timedelta(days=21)),
    "a day of a short log": (MONDAY + timedelta(days=3), MONDAY + timedelta(days=4)),
}


@pytest.mark.parametrize("name", LOST)
def test_lost_hours_are_found(name: str) -> None:
    """Hours cut out of a busy log are one hole, with its bounds and about the number of rows that are usual."""
    since, until = LOST[name]
    whole = traffic(100, weeks=2 if "short" in name else 8)
    cut = {h: n for h, n in whole.items() if not since <= EPOCH + timedelta(hours=h) < until}
    (found,) = holes("trace", cut)
    lost = sum(whole.values()) - sum(cut.values())

    assert found.since <= since
    assert found.until >= until
    assert found.until - found.since <= until - since + timedelta(hours=24)
    assert 0.7 * lost <= found.usual <= 1.1 * lost
    assert str(found).startswith("trace: no row from 2026-03-")


def test_a_weekend_counts_where_weekends_are_busy() -> None:
    """A service that sends all week has a hole where a Saturday is lost."""
    hours = {(MONDAY - EPOCH) // timedelta(hours=1) + n: 30 for n in range(5 * 168)}
    saturday = (MONDAY - EPOCH) // timedelta(hours=1) + 2 * 168 + 5 * 24
    cut = {h: n for h, n in hours.items() if not saturday <= h < saturday + 24}
    (found,) = holes("trace", cut)

    assert (found.since, found.until - found.since) == (EPOCH + timedelta(hours=saturday), timedelta(hours=24))
    assert found.usual == 720


def test_nothing_is_said_of_a_log_too_short_to_have_a_rhythm() -> None:
    """Three days do not tell what is usual."""
    hours = {(MONDAY - EPOCH) // timedelta(hours=1) + n: 500 for n in range(72) if not 30 <= n < 40}

    assert list(holes("trace", hours)) == []
    assert list(holes("trace", {})) == []
