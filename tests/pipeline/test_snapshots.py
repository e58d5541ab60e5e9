"""Epochs: which configuration is in force, and what is changing, at every moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.pipeline.snapshots import Timeline
from analyzer.tenant.model import AcceptedDomain, OutboundConnector, Snapshot, Tenant
from analyzer.tenant.onpremises import Sighting
from tests.builders import accepted, inbound, outbound, rule, snapshot, tenant

JANUARY, MARCH = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC)
CHANGE = datetime(2024, 2, 10, 8, tzinfo=UTC)
GRACE, MICROSECOND, DAY = timedelta(minutes=60), timedelta(microseconds=1), timedelta(days=1)

FIRST = snapshot(name="first", since=JANUARY)
SECOND = snapshot(name="second", since=MARCH)


@pytest.mark.parametrize(
    "moment, name, early",
    [
        pytest.param(JANUARY - MICROSECOND, "before first", True, id="before every snapshot"),
        pytest.param(JANUARY, "first", False, id="from the first moment on"),
        pytest.param(MARCH - MICROSECOND, "first", False, id="until the next"),
        pytest.param(MARCH, "second", False, id="the next, from its first moment on"),
        pytest.param(MARCH + timedelta(days=3650), "second", False, id="the last holds on"),
    ],
)
def test_a_snapshot_holds_until_the_next(moment: datetime, name: str, early: bool) -> None:  # noqa: FBT001
    """A dated snapshot is in force from its moment until the next; rows older than all are marked as early."""
    epoch = Timeline(tenant(FIRST, SECOND)).epoch_at(moment)
    assert (epoch.name, epoch.early) == (name, early)


def test_the_first_snapshot_stands_for_the_time_before_it_only_if_told() -> None:
    """`judge_earlier` lets the first snapshot hold for what is older; its name stands on the rows."""
    epoch = Timeline(tenant(FIRST, SECOND, judge_earlier=True)).epoch_at(JANUARY - DAY)
    assert (epoch.name, epoch.early) == ("first", False)


def test_an_undated_snapshot_holds_always() -> None:
    """Without dates there is one epoch and nothing is early."""
    timeline = Timeline(tenant())
    assert len(timeline.epochs) == 1
    assert not timeline.epoch_at(datetime(1999, 1, 1, tzinfo=UTC)).early


def test_a_certificate_that_was_presented_cuts_time_and_renames_nothing() -> None:
    """Reference 8: it holds from the first to the last message under it, under the snapshot that is in force."""
    seen = Sighting(("mail.contoso.com",), MARCH - DAY, MARCH + DAY)
    timeline = Timeline(replace(tenant(FIRST, SECOND), sightings=(seen,)))
    moments = (seen.first - MICROSECOND, seen.first, MARCH, seen.last, seen.last + MICROSECOND)
    epochs = [timeline.epoch_at(moment) for moment in moments]

    assert [e.name for e in epochs] == ["first", "first", "second", "second", "second"]
    assert [timeline.configurations[e.configuration].presented for e in epochs] == [
        None, seen.names, seen.names, seen.names, None,
    ]  # fmt: skip
    assert {e.changing for e in epochs} == {()}


def test_several_snapshots_need_dates() -> None:
    """Two configurations without a date cannot be put in order."""
    with pytest.raises(ValueError, match="has no date"):
        Timeline(tenant(snapshot(), snapshot()))


# --------------------------------------------------------------------------- one export

LANE = outbound("Lane", changed_at=CHANGE)
DOOR = inbound("Door", changed_at=CHANGE)


@pytest.mark.parametrize(
    "moment, changing",
    [
        pytest.param(CHANGE - timedelta(days=900), True, id="before the change of the only export"),
        pytest.param(CHANGE, True, id="the change"),
        pytest.param(CHANGE + GRACE, True, id="the grace, its last moment"),
        pytest.param(CHANGE + GRACE + MICROSECOND, False, id="past the grace"),
    ],
)
def test_the_settings_before_the_change_of_an_only_export_are_unknown(moment: datetime, changing: bool) -> None:  # noqa: FBT001
    """Up to the grace past WhenChangedUTC nobody knows what held; after that nothing is open."""
    timeline = Timeline(tenant(outbound=(LANE, outbound("Still")), inbound=(DOOR,)))
    assert names(timeline, moment) == ({"Door", "Lane"} if changing else set())


def test_a_date_of_an_accepted_domain_alone_opens_no_window() -> None:
    """Of accepted domains only what two exports show to differ counts; of rules the date does."""
    ours = tenant(accepted=accepted("contoso.com", changed_at=CHANGE), rules=(rule("Lane", changed_at=CHANGE),))
    assert names(Timeline(ours), CHANGE) == {"to Lane"}


def test_the_tenants_own_grace_counts() -> None:
    """change_grace sets the width of the window."""
    timeline = Timeline(tenant(outbound=(LANE,), change_grace=timedelta(minutes=5)))
    assert names(timeline, CHANGE + timedelta(minutes=5)) == {"Lane"}
    assert names(timeline, CHANGE + timedelta(minutes=6)) == set()


def test_no_change_date_opens_no_window() -> None:
    """An export without WhenChangedUTC says nothing of changes."""
    assert Timeline(tenant(outbound=(outbound("Lane"),))).changes == ()


def names(timeline: Timeline, moment: datetime) -> set[str]:
    """Name what is changing at a moment."""
    return {name for change in timeline.epoch_at(moment).changing for name in change.names}


# --------------------------------------------------------------------------- two exports

OLD = outbound("Lane", "contoso.com", changed_at=JANUARY - DAY)
NEW = outbound("Lane", "fabrikam.com", changed_at=CHANGE)
OTHER_NAME = outbound("New lane", "contoso.com", changed_at=CHANGE)
OPEN = (JANUARY, MARCH + GRACE)
AROUND = (CHANGE - GRACE, CHANGE + GRACE)
LATER = CHANGE + 3 * DAY


def two(before: Any, after: Any, kind: str = "outbound") -> Tenant:
    """Build a tenant of two snapshots that differ in one kind."""
    return tenant(replace(FIRST, **{kind: before}), replace(SECOND, **{kind: after}))


TWO = [
    # exports before and after, what it is called, in force from, the window (both ends included)
    pytest.param((OLD,), (NEW,), "changed", CHANGE, AROUND, id="changed at a known time"),
    pytest.param((OLD,), (replace(OLD, enabled=False, changed_at=CHANGE),), "turned off", CHANGE, AROUND, id="off"),
    pytest.param((replace(OLD, enabled=False),), (replace(OLD, changed_at=CHANGE),), "turned on", CHANGE, AROUND,
                 id="on"),
    pytest.param((OLD,), (OTHER_NAME,), "renamed", CHANGE, AROUND, id="renamed, told by its settings"),
    pytest.param((replace(OLD, guid="1"),), (replace(NEW, name="New lane", guid="1"),), "renamed", CHANGE, AROUND,
                 id="renamed and changed, told by its Guid"),
    pytest.param((OLD,), (replace(OLD, changed_at=CHANGE),), "changed", MARCH, AROUND, id="changed and put back"),
    pytest.param((OLD,), (replace(NEW, changed_at=None),), "changed", MARCH, OPEN, id="changed, nothing tells when"),
    pytest.param((OLD,), (replace(NEW, changed_at=OLD.changed_at),), "changed", MARCH, OPEN,
                 id="changed without a new date"),
    pytest.param((OLD,), (), "removed", MARCH, OPEN, id="removed between two exports"),
    pytest.param((), (replace(OLD, created_at=CHANGE, changed_at=CHANGE),), "created", CHANGE, AROUND,
                 id="created at a known time"),
    pytest.param((), (replace(OLD, created_at=CHANGE, changed_at=LATER),), "created", CHANGE,
                 (CHANGE - GRACE, LATER + GRACE), id="created, then changed: what held between is unknown"),
    pytest.param((), (NEW,), "created", CHANGE, (JANUARY, CHANGE + GRACE), id="created before its last change"),
    pytest.param((), (replace(NEW, changed_at=None),), "created", MARCH, OPEN, id="created, nothing tells when"),
    pytest.param((replace(OLD, guid="1"),), (replace(NEW, guid="2"),), "replaced", CHANGE, (JANUARY, CHANGE + GRACE),
                 id="replaced by another of its name"),
    pytest.param((OLD,), (replace(NEW, changed_at=JANUARY - timedelta(hours=2)),), "changed",
                 JANUARY - timedelta(hours=2), (JANUARY - 3 * GRACE, JANUARY - GRACE),
                 id="an export older than its folder says: the service's own date stands"),
]  # fmt: skip


@pytest.mark.parametrize("before, after, what, since, window", TWO)
def test_what_happens_between_two_exports(before: Any, after: Any, what: str, since: datetime, window: Any) -> None:
    """WhenChangedUTC narrows a change to the grace around it; where nothing tells, the whole interval is open."""
    timeline = Timeline(two(before, after))
    (change,) = [c for c in timeline.changes if c.start is not None]
    assert change.what == what
    assert (change.start, change.end) == (window[0], window[1] + MICROSECOND)
    assert in_force(timeline, since - MICROSECOND) == before
    assert in_force(timeline, since) == after


def in_force(timeline: Timeline, moment: datetime) -> Any:
    """Give the outbound connectors in force."""
    return timeline.configurations[timeline.epoch_at(moment).configuration].outbound


def test_nothing_changed_is_no_change() -> None:
    """The same export again, or one that shows no more than the one before, opens no window."""
    known = [c for c in Timeline(two((OLD,), (OLD,))).changes if c.start is not None]
    undated = replace(OLD, changed_at=None)
    assert known == [c for c in Timeline(two((undated,), (undated,))).changes if c.start is not None] == []


@pytest.mark.parametrize(
    "kind, before, after",
    [
        ("inbound", (inbound("Door"),), (inbound("Door", enabled=False, changed_at=CHANGE),)),
        ("accepted", accepted("contoso.com"), accepted("contoso.com", match_subdomains=True, changed_at=CHANGE)),
        ("rules", (rule("Lane"),), (rule("Lane", enabled=False, changed_at=CHANGE),)),
    ],
)
def test_every_kind_of_object_is_followed(kind: str, before: Any, after: Any) -> None:
    """Connectors, accepted domains and rules are each in force from their own change."""
    timeline = Timeline(two(before, after, kind))
    found = [
        getattr(timeline.configurations[timeline.epoch_at(moment).configuration], kind)
        for moment in (CHANGE - MICROSECOND, CHANGE)
    ]
    assert found == [before, after]
    assert [c.start for c in timeline.epoch_at(CHANGE).changing] == [CHANGE - GRACE]


def test_an_export_without_a_kind_says_nothing_of_it() -> None:
    """What a snapshot carries over was not exported then: the change lies between the exports around it."""
    between = replace(FIRST, name="between", since=JANUARY + 50 * DAY, outbound=(OLD,))
    first, last = replace(FIRST, outbound=(OLD,)), replace(SECOND, outbound=())
    really = Timeline(tenant(first, between, last)).changes[-1]
    carried = Timeline(tenant(first, replace(between, carried=frozenset({"outbound"})), last)).changes[-1]
    assert (really.start, carried.start) == (JANUARY + 50 * DAY, JANUARY)


def test_a_kind_that_was_never_exported_before_has_no_earlier_settings() -> None:
    """Before its first export a kind stays unknown; nothing is put in its place."""
    timeline = Timeline(two(None, (NEW,)))
    assert in_force(timeline, MARCH - DAY) is None
    assert in_force(timeline, MARCH) == (NEW,)


def test_a_composed_configuration_is_named_by_the_snapshot_and_the_moment() -> None:
    """A row after the change, before the next export, rests on the older snapshot with what changed by then."""
    also = outbound("Also", changed_at=LATER)
    timeline = Timeline(two((OLD, replace(also, changed_at=None, enabled=False)), (NEW, also)))
    moments = (CHANGE - DAY, CHANGE, LATER, MARCH)
    assert [timeline.epoch_at(m).name for m in moments] == [
        "first",
        "first changed 2024-02-10T080000Z",
        "first changed 2024-02-13T080000Z",
        "second",
    ]


@pytest.mark.parametrize(
    "tenant_of, label",
    [
        (two((OLD,), (NEW,)), "outbound connector Lane, changed 2024-02-10 08:00 UTC"),
        (two((OLD,), (OTHER_NAME,)), "outbound connector Lane to New lane, renamed 2024-02-10 08:00 UTC"),
        (two((OLD,), ()), "outbound connector Lane, removed between 2024-01-01 00:00 and 2024-03-01 00:00 UTC"),
        (
            two(accepted("contoso.com"), accepted("contoso.com", "fabrikam.com"), "accepted"),
            "accepted domain fabrikam.com, created between 2024-01-01 00:00 and 2024-03-01 00:00 UTC",
        ),
    ],
)
def test_a_change_says_what_became_of_what_and_when(tenant_of: Tenant, label: str) -> None:
    """The words that stand on a withheld row: the kind of object, its name, what happened, when."""
    assert Timeline(tenant_of).changes[-1].label == label


def test_many_times_are_placed_at_once() -> None:
    """The epochs of a whole column are those of its single moments, in any order."""
    timeline = Timeline(two((OLD,), (NEW,)))
    moments = [MARCH, JANUARY - MICROSECOND, CHANGE, CHANGE + GRACE, MARCH - MICROSECOND, JANUARY]
    column = np.array([np.datetime64(m.replace(tzinfo=None), "us").astype(np.int64) for m in moments])
    numbers = timeline.epoch_numbers(column)
    assert [timeline.epochs[n] for n in numbers] == [timeline.epoch_at(m) for m in moments]


def test_a_moment_of_another_zone_is_the_same_moment() -> None:
    """A time with another offset than UTC falls into the epoch of its UTC moment."""
    elsewhere = MARCH.astimezone(timezone(timedelta(hours=-5)))
    assert Timeline(tenant(FIRST, SECOND)).epoch_at(elsewhere).name == "second"


# --------------------------------------------------------------------------- laws

DAYS = st.integers(0, 60).map(lambda n: JANUARY + n * DAY)


@st.composite
def lives(draw: st.DrawFn) -> tuple[Tenant, list[tuple[datetime, OutboundConnector]]]:
    """Draw what one connector really was over time, and the exports of it at some moments."""
    changed = sorted(draw(st.sets(DAYS, max_size=4)))
    truth = [
        (at, outbound("Lane", f"{n}.example.org", changed_at=at)) for n, at in enumerate([JANUARY - DAY, *changed])
    ]
    taken = sorted(draw(st.sets(DAYS, min_size=1, max_size=4)))
    snapshots = tuple(snapshot(name=f"{t:%m-%d}", since=t, outbound=(really(truth, t),)) for t in taken)
    return tenant(*snapshots), truth


def really(truth: list[tuple[datetime, OutboundConnector]], moment: datetime) -> OutboundConnector:
    """Give what the connector really was."""
    return [value for at, value in truth if at <= moment][-1]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(drawn=lives(), moment=st.integers(0, 61 * 24).map(lambda n: JANUARY + timedelta(hours=n, minutes=30)))
def test_what_is_held_for_sure_is_what_really_was(
    drawn: tuple[Tenant, list[tuple[datetime, OutboundConnector]]], moment: datetime
) -> None:
    """Outside its windows a connector is as it really was, as long as no change was hidden by a later one."""
    given_exports, truth = drawn
    timeline = Timeline(given_exports)
    epoch = timeline.epoch_at(moment)
    exported = [s.since for s in given_exports.snapshots if s.since]
    hidden = any(len([at for at, _ in truth if a < at <= b]) > 1 for a, b in pairwise(exported))
    after_last = [at for at, _ in truth if at > exported[-1]]
    if epoch.early or epoch.changing or hidden or (after_last and moment >= after_last[0]):
        return
    assert in_force(timeline, moment) == (really(truth, moment),)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(drawn=lives())
def test_at_the_moment_of_an_export_its_own_objects_are_in_force(drawn: tuple[Tenant, Any]) -> None:
    """Whatever the history, a row of the moment of an export is judged by that very snapshot."""
    timeline = Timeline(drawn[0])
    for taken in drawn[0].snapshots:
        assert taken.since is not None
        assert timeline.configurations[timeline.epoch_at(taken.since).configuration] == taken


def test_hundreds_of_accepted_domains_are_followed() -> None:
    """A tenant of many domains and many snapshots has as many configurations as there are changes."""
    domains = tuple(AcceptedDomain(f"d{n}.example.org") for n in range(400))
    taken = [Snapshot(f"s{n}", JANUARY + n * DAY, accepted=domains[: 390 + n]) for n in range(10)]
    timeline = Timeline(tenant(*taken))
    assert len(timeline.configurations) == 10
    assert len(timeline.changes) == 9
