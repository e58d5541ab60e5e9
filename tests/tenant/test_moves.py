"""Completed moves out of migration lists, and where a mailbox lived before, during and after them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.errors import TenantError
from analyzer.moments import microseconds
from analyzer.tenant import describe, load_tenant
from analyzer.tenant.migrations import COMPLETED, LOCAL, UNFINISHED, UNNAMED, UNTIMED, MigrationBuilder, MigrationList
from analyzer.tenant.model import MailboxPlace, MoveBatch, Placement, Tenant
from analyzer.tenant.moves import Listed, Move, batches, directed, in_order, stages
from tests.tenant import renderings as r

CLOUD, EXTERNAL, GROUP, ONPREMISES, UNPLACED, MOVING = (
    MailboxPlace.CLOUD,
    MailboxPlace.EXTERNAL,
    MailboxPlace.GROUP,
    MailboxPlace.ONPREMISES,
    MailboxPlace.UNPLACED,
    MailboxPlace.MOVING,
)
NOON = datetime(2025, 3, 15, 12, tzinfo=UTC)
AT = microseconds(NOON)
HOUR = 3_600_000_000
DAY = 24 * HOUR
BOB = "bob@contoso.com"

USER: r.Object = {
    "Identity": BOB,
    "BatchId": "Pilot",
    "Status": "Completed",
    "LastSuccessfulSyncTime": NOON.isoformat(),
}
REQUEST: r.Object = {
    "EmailAddress": BOB,
    "Status": "Completed",
    "RequestStyle": "CrossOrg",
    "Direction": "Pull",
    "RemoteHostName": "mail.contoso.com",
    "CompletionTimestamp": NOON.isoformat(),
}


def migrations(*objects: r.Object, onpremises: bool = False) -> MigrationList:
    """Read objects of a migration list."""
    builder = MigrationBuilder("list", onpremises)
    for properties in objects:
        builder.add_object(properties)
    built = builder.build()
    assert built is not None
    return built


def only(*objects: r.Object, onpremises: bool = False) -> Move:
    """Read a list that holds one move."""
    (move,) = migrations(*objects, onpremises=onpremises).moves
    return move


STATES = [
    # properties, counted as
    ({"Status": "Completed"}, COMPLETED),
    ({"Status": "CompletedWithWarnings"}, COMPLETED),
    ({"Status": "CompletedWithWarning"}, COMPLETED),
    ({"Status": {"value": 6, "Value": "Completed"}}, COMPLETED),
    ({"Status": "CompletionFailed"}, UNFINISHED),
    ({"Status": "Completing"}, UNFINISHED),
    ({"Status": "Synced"}, UNFINISHED),
    ({"Status": "Failed"}, UNFINISHED),
    ({"Status": None}, UNFINISHED),
    ({"CompletionTimestamp": None}, UNTIMED),
    ({"CompletionTimestamp": "0001-01-01T00:00:00"}, UNTIMED),
    ({"EmailAddress": None, "Alias": "bob", "Identity": "contoso.com/Users/Bob"}, UNNAMED),
    ({"RequestStyle": "IntraOrg", "RemoteHostName": ""}, LOCAL),
    ({"Flags": "IntraOrg, Pull", "RequestStyle": None}, LOCAL),
    ({"Flags": "CrossOrg, Pull, MoveOnlyArchiveMailbox"}, LOCAL),
    ({"MigrationType": "IMAP"}, LOCAL),
    ({"MigrationType": "ExchangeLocalMove"}, LOCAL),
    ({"RemoteHostName": "outlook.office.com"}, LOCAL),
]


@pytest.mark.parametrize("changes, name", STATES)
def test_what_counts_as_a_move(changes: r.Object, name: str) -> None:
    """Only a completed move between both sides, with its time and an address, is one; the rest is counted."""
    read = migrations({**REQUEST, **changes})
    assert read.counts == {name: 1}
    assert len(read.moves) == (name is COMPLETED)


DIRECTIONS: list[tuple[dict[str, Any], bool, MailboxPlace | None]] = [
    # properties, list of own servers, where the mailbox went
    ({"Direction": "Pull"}, False, CLOUD),
    ({"Direction": "Push"}, False, ONPREMISES),
    ({"Direction": "Pull"}, True, ONPREMISES),
    ({"Direction": "Push"}, True, CLOUD),
    ({"Direction": None, "Flags": "CrossOrg, Push"}, False, ONPREMISES),
    ({"Direction": None, "WorkloadType": "Onboarding"}, False, CLOUD),
    ({"Direction": "Push", "WorkloadType": "Offboarding"}, True, ONPREMISES),
    ({"Direction": None, "BatchDirection": "Offboarding"}, False, ONPREMISES),
    ({"Direction": None}, False, None),
]


@pytest.mark.parametrize("changes, onpremises, to", DIRECTIONS)
def test_which_way_a_mailbox_went(changes: r.Object, onpremises: bool, to: MailboxPlace | None) -> None:  # noqa: FBT001
    """Pull is towards the side whose shell wrote the list; onboarding is to the cloud from either."""
    assert only({**REQUEST, **changes}, onpremises=onpremises).to is to


def test_an_own_move_request_may_be_local() -> None:
    """On the own servers a move without a sign of the other side may be from one database to the next."""
    bare = {**REQUEST, "RequestStyle": None, "RemoteHostName": None}
    assert migrations(bare, onpremises=True).counts == {LOCAL: 1}
    assert only(bare).to is CLOUD


TIMES = [
    # properties, hours before noon, hours after noon
    ({"CompletionTimestamp": "2025-03-15T12:00:00Z"}, 0, 0),
    ({"CompletionTimestamp": "2025-03-15T13:00:00+01:00"}, 0, 0),
    ({"CompletionTimestamp": {"value": f"/Date({AT // 1000})/", "DateTime": "Saturday"}}, 0, 0),
    ({"CompletionTimestamp": "15.03.2025 12:00:00"}, 14, 12),
    ({"CompletionTimestamp": "2025-03-15T12:00:00"}, 14, 12),
    ({"CompletionTimestamp": None, "LastSuccessfulSyncTime": "2025-03-15T12:00:00Z"}, 0, 24),
    ({"CompletionTimestamp": None, "LastSuccessfulSyncTimestamp": "15.03.2025 12:00"}, 14, 36),
    ({"LastSuccessfulSyncTime": "2025-03-14T09:00:00Z"}, 0, 0),
]


@pytest.mark.parametrize("changes, before, after", TIMES)
def test_when_a_move_was_completed(changes: r.Object, before: int, after: int) -> None:
    """A wall clock's time may lie anywhere on earth; after the last sync completion took a day at most."""
    move = only({**REQUEST, **changes})
    assert (move.begin, move.end) == (AT - before * HOUR, AT + after * HOUR)


def test_a_date_of_two_meanings_is_refused() -> None:
    """No date is guessed: the list is named with its object and the property."""
    with pytest.raises(TenantError, match=r"list: object 1: CompletionTimestamp: '03/04/2025 10:00' can be read as"):
        migrations({**REQUEST, "CompletionTimestamp": "03/04/2025 10:00"})


NAMES = [
    {"Identity": "Bob@Contoso.com"},
    {"Identity": {"Id": "bob@contoso.com", "JobItemGuid": "c1d8"}},
    {"Identity": "contoso.com/Bob", "MailboxEmailAddress": "bob@contoso.com"},
    {"Identity": None, "EmailAddress": "SMTP:bob@contoso.com"},
    {"Identity": None, "PrimarySmtpAddress": {"Local": "bob", "Domain": "contoso.com", "Address": "bob@contoso.com"}},
]


@pytest.mark.parametrize("changes", NAMES)
def test_by_what_a_list_names_the_mailbox(changes: r.Object) -> None:
    """Any property that holds an e-mail address does."""
    assert only({**USER, **changes}).address == BOB


# One move to the cloud at AT: what the list says, when it was taken, the place before and after.
LISTS = [
    (CLOUD, None, ONPREMISES, CLOUD),
    (ONPREMISES, None, ONPREMISES, CLOUD),  # an undated list may be older than the move
    (EXTERNAL, None, ONPREMISES, EXTERNAL),
    (GROUP, None, ONPREMISES, GROUP),
    (UNPLACED, None, ONPREMISES, CLOUD),
    (CLOUD, AT + DAY, ONPREMISES, CLOUD),
    (ONPREMISES, AT + DAY, ONPREMISES, ONPREMISES),  # moved back since, or never listed anew
    (EXTERNAL, AT + DAY, ONPREMISES, EXTERNAL),
    (ONPREMISES, AT - DAY, ONPREMISES, CLOUD),
    (CLOUD, AT - DAY, MOVING, CLOUD),  # there already before the move: one back is in no list
    (EXTERNAL, AT - DAY, EXTERNAL, CLOUD),
    (UNPLACED, AT - DAY, ONPREMISES, CLOUD),
    (ONPREMISES, AT, ONPREMISES, CLOUD),
]


@pytest.mark.parametrize("place, since, before, after", LISTS)
def test_a_list_and_one_move(place: MailboxPlace, since: int | None, before: MailboxPlace, after: MailboxPlace) -> None:
    """The later of list and move is believed; within the grace time both places are possible."""
    edges, places = stages([Move(BOB, AT, AT, CLOUD)], Listed(place, since), HOUR)
    assert (edges, places) == ((AT - HOUR, AT + HOUR + 1), (before, MOVING, after))


def test_there_and_back() -> None:
    """Between two moves the mailbox is where the first took it; two moves to one side leave it open."""
    there, back = Move(BOB, AT, AT, CLOUD), Move(BOB, AT + DAY, AT + DAY, ONPREMISES)
    now = Listed(ONPREMISES)
    assert stages([there, back], now, HOUR)[1] == (ONPREMISES, MOVING, CLOUD, MOVING, ONPREMISES)
    again = Move(BOB, AT + DAY, AT + DAY, CLOUD)
    assert stages([there, again], Listed(CLOUD), HOUR)[1] == (ONPREMISES, MOVING, MOVING, MOVING, CLOUD)


def test_moves_that_overlap_are_one_open_time() -> None:
    """While either of two moves may be in progress nothing is said."""
    moves = [Move(BOB, AT, AT + DAY, CLOUD), Move(BOB, AT + HOUR, AT + HOUR, ONPREMISES)]
    edges, places = stages(moves, Listed(CLOUD), 0)
    assert places == (ONPREMISES, MOVING, MOVING, MOVING, CLOUD)
    assert edges == (AT, AT + HOUR, AT + HOUR + 1, AT + DAY + 1)


def test_one_move_in_two_lists() -> None:
    """The sharper time and the told direction of one move hold, whichever list gives them."""
    user, request = only(USER), only(REQUEST)
    late = Move(BOB, AT + 10 * DAY, AT + 10 * DAY)
    assert in_order([late, request, user], HOUR) == [Move(BOB, AT, AT, CLOUD), late]


def test_moves_close_to_each_other_are_a_batch() -> None:
    """The time of a batch goes from its first move to its last; a pause longer than the gap begins another."""
    ann, eve = (replace(Move(BOB, AT, AT, CLOUD), address=name) for name in ("ann@contoso.com", "eve@fabrikam.com"))
    moves = [Move(BOB, AT, AT, CLOUD), replace(ann, begin=AT + HOUR, end=AT + HOUR), replace(eve, end=AT + HOUR)]
    later = Move(BOB, AT + 3 * HOUR, AT + 3 * HOUR, ONPREMISES)

    assert list(batches([later, *moves], HOUR)) == [
        MoveBatch(NOON, NOON + timedelta(hours=1), 3, frozenset({"contoso.com", "fabrikam.com"})),
        MoveBatch(NOON + timedelta(hours=3), NOON + timedelta(hours=3), 1, frozenset({"contoso.com"})),
    ]
    assert list(batches([], HOUR)) == []


def test_the_direction_told_by_where_the_mailbox_lives_now() -> None:
    """Each move without a direction leads to where the next one, or the list, finds the mailbox."""
    first, second = Move(BOB, AT, AT), Move(BOB, AT + DAY, AT + DAY)

    def to(*moves: Move, now: Listed) -> Sequence[MailboxPlace | None]:
        return [move.to for move in directed(moves, now)]

    assert to(first, now=Listed(CLOUD)) == [CLOUD]
    assert to(first, second, now=Listed(CLOUD)) == [ONPREMISES, CLOUD]
    assert to(first, now=Listed(ONPREMISES, AT + DAY)) == [ONPREMISES]
    assert to(first, now=Listed(CLOUD, AT - DAY)) == []
    assert to(first, now=Listed(EXTERNAL)) == []
    assert to(first, Move(BOB, AT + DAY, AT + DAY, ONPREMISES), now=Listed(EXTERNAL)) == [CLOUD, ONPREMISES]


@given(
    st.lists(
        st.builds(
            lambda begin, width, to: Move(BOB, begin, begin + width, to),
            st.integers(0, 100),
            st.integers(0, 20),
            st.sampled_from((CLOUD, ONPREMISES)),
        ),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from((CLOUD, ONPREMISES, EXTERNAL, UNPLACED)),
    st.none() | st.integers(-10, 130),
)
def test_a_move_is_open_while_it_may_last(moves: list[Move], place: MailboxPlace, since: int | None) -> None:
    """At no moment within a move and its grace time is a place stated, and edges are in order."""
    ordered = in_order(moves, 2)
    edges, places = stages(ordered, Listed(place, since), 2)
    assert list(edges) == sorted(set(edges))
    assert len(places) == len(edges) + 1
    for number, edge in enumerate(edges, 1):
        if any(m.begin - 2 <= edge <= m.end + 2 for m in ordered):
            assert places[number] is MOVING


def moved(folder: Path, people: Sequence[r.Object], moves: Sequence[r.Object], **more: bytes) -> Tenant:
    """Load a tenant of the given recipients and moves."""
    data = {"a": r.json7(r.ACCEPTED), "b": r.json7(people), "c": r.json7(moves)}
    return load_tenant(r.write(folder, **data, **more))


PEOPLE = [
    {
        "PrimarySmtpAddress": BOB,
        "RecipientTypeDetails": "UserMailbox",
        "EmailAddresses": [f"SMTP:{BOB}", "smtp:robert@contoso.com", "smtp:bob@contoso.mail.onmicrosoft.com"],
        "ExternalEmailAddress": None,
    },
    {
        "PrimarySmtpAddress": "ann@contoso.com",
        "RecipientTypeDetails": "UserMailbox",
        "EmailAddresses": ["SMTP:ann@contoso.com"],
        "ExternalEmailAddress": None,
    },
]


def test_every_address_of_a_mailbox_moves_with_it(tmp_path: Path) -> None:
    """Proxy, plus and hybrid routing addresses follow the one that the migration list names."""
    (snapshot,) = moved(tmp_path, PEOPLE, [REQUEST]).snapshots
    directory = snapshot.directory
    assert directory is not None
    for address in (BOB, "robert@contoso.com", "bob@contoso.mail.onmicrosoft.com", "robert+news@contoso.com"):
        places = [directory.place(address, AT + hours * HOUR) for hours in (-2, 0, 2)]
        assert places == [Placement(ONPREMISES), Placement(MOVING), Placement(CLOUD)]
        assert directory.place(address) == Placement(CLOUD)
    assert directory.residence("ann@contoso.com").edges == ()
    assert directory.moved == 1


@pytest.mark.parametrize("render", [r.json7, r.json51, r.comma, r.semicolon, r.tab])
def test_a_list_in_every_form(tmp_path: Path, render: Any) -> None:
    """A migration list is recognised by what it holds, however it was exported."""
    (snapshot,) = moved(tmp_path, PEOPLE, [], d=render([REQUEST])).snapshots
    assert snapshot.directory is not None
    assert snapshot.directory.place(BOB, AT - DAY) == Placement(ONPREMISES)


def test_a_move_holds_for_all_snapshots(tmp_path: Path) -> None:
    """A list exported later tells where the mailbox was while an earlier snapshot was in force."""
    before = {**PEOPLE[0], "RecipientTypeDetails": "MailUser", "ExternalEmailAddress": f"SMTP:{BOB}"}
    r.write(tmp_path / "2025-03-01T0000Z", a=r.json7(r.ACCEPTED), b=r.json7([before]))
    r.write(tmp_path / "2025-04-01T0000Z", b=r.json7(PEOPLE), c=r.json7([USER]))
    tenant = load_tenant(tmp_path)
    first, second = tenant.snapshots
    assert [(b.begin, b.mailboxes, b.domains) for b in tenant.batches] == [(NOON, 1, frozenset({"contoso.com"}))]
    assert first.directory is not None
    assert second.directory is not None
    early, late = AT - 10 * DAY, AT + 10 * DAY
    assert first.directory.place(BOB, early) == Placement(ONPREMISES, BOB)
    assert first.directory.place(BOB, AT + 12 * HOUR) == Placement(MOVING)
    assert first.directory.place(BOB, late) == Placement(CLOUD)
    assert second.directory.place(BOB, early) == Placement(ONPREMISES)
    assert second.directory.place(BOB, late) == Placement(CLOUD)


def test_validate_counts_the_moves(tmp_path: Path) -> None:
    """Each list is counted by what its entries are, and what they came to is said."""
    unfinished = {**REQUEST, "EmailAddress": "ann@contoso.com", "Status": "Synced"}
    gone = {**REQUEST, "EmailAddress": "gone@contoso.com"}
    lines = describe(moved(tmp_path, PEOPLE, [REQUEST, unfinished, gone]))
    assert f"moves in {tmp_path / 'export2.txt'}: 2 completed; 1 not completed" in lines
    said = "moves: 1 mailbox changed sides; its place is that of each message's day"
    assert f"{said}; 1 address is in no recipients list" in lines


def test_moves_without_a_recipients_list_come_to_nothing(tmp_path: Path) -> None:
    """Nobody knows whose addresses they concern, and that is said."""
    tenant = load_tenant(r.write(tmp_path, a=r.json7(r.ACCEPTED), c=r.json7([REQUEST])))
    assert tenant.snapshots[0].directory is None
    assert "moves: 1 completed, and no recipients list says whose addresses they concern" in describe(tenant)


def test_the_grace_time_is_a_setting(tmp_path: Path) -> None:
    """`change_grace` says for how long around a move both places are possible."""
    grace = b"[thresholds]\nchange_grace = '5 minutes'"
    (tmp_path / "mailflow.toml").write_bytes(grace)
    (snapshot,) = moved(tmp_path, PEOPLE, [REQUEST]).snapshots
    assert snapshot.directory is not None
    minutes = int(timedelta(minutes=1).total_seconds() * 1_000_000)
    assert snapshot.directory.place(BOB, AT + 6 * minutes) == Placement(CLOUD)
    assert snapshot.directory.place(BOB, AT + 5 * minutes) == Placement(MOVING)
