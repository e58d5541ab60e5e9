"""Migration lists laid over the directories of all snapshots: a move is a fact of its own day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from analyzer.tenant.maildirectory import MailDirectory
from analyzer.tenant.migrations import MigrationList
from analyzer.tenant.model import MoveBatch, Snapshot
from analyzer.tenant.moves import batches

_MICROSECOND = timedelta(microseconds=1)


def with_moves(
    snapshots: Sequence[Snapshot], migrations: Sequence[MigrationList], grace: timedelta
) -> tuple[tuple[Snapshot, ...], tuple[str, ...], tuple[MoveBatch, ...]]:
    """Move the mailboxes of every snapshot's directory, say what the lists came to, and give the batches.

    Whatever snapshot a list lies in, its moves hold for all of them. Which way a mailbox went is told
    by the migration list, else by the latest recipients list.
    """
    notes = [*_lists(migrations), *_conflicts(snapshots)]
    moves = tuple(dict.fromkeys(move for listed in migrations for move in listed.moves))
    latest = snapshots[-1].directory
    if not moves or not isinstance(latest, MailDirectory):
        lost = f"moves: {len(moves)} completed, and no recipients list says whose addresses they concern"
        return tuple(snapshots), (*notes, lost) if moves else tuple(notes), ()
    width = grace // _MICROSECOND
    groups = latest.grouped(moves)
    told = latest.directed(groups, width)
    listed = {move.address for group in groups.values() for move in group}
    # An address that the latest list has no more counts in earlier ones, if its move tells the direction.
    gone = [move for move in moves if move.address not in listed]
    facts = [*(move for group in told.values() for move in group), *(move for move in gone if move.to is not None)]
    done: dict[int, MailDirectory] = {}
    for snapshot in snapshots:
        if isinstance(snapshot.directory, MailDirectory) and id(snapshot.directory) not in done:
            done[id(snapshot.directory)] = snapshot.directory.moving(facts, width)
    moved = tuple(replace(s, directory=done.get(id(s.directory), s.directory)) for s in snapshots)
    most = max(directory.moved for directory in done.values())
    silent = sum(not group for group in told.values())
    outcome = _outcome(most, unlisted=len({move.address for move in gone}), silent=silent)
    return moved, (*notes, outcome), tuple(batches(facts, width))


def _lists(migrations: Sequence[MigrationList]) -> Iterator[str]:
    for listed in migrations:
        counts = "; ".join(f"{number:,} {name}" for name, number in sorted(listed.counts.items()))
        yield f"moves in {listed.where}: {counts}"


def _outcome(moved: int, *, unlisted: int, silent: int) -> str:
    possessive = "its place is" if moved == 1 else "their place is"
    parts = [f"moves: {_count(moved, 'mailbox', 'mailboxes')} changed sides; {possessive} that of each message's day"]
    if unlisted:
        parts.append(f"{_count(unlisted, 'address is', 'addresses are')} in no recipients list")
    if silent:
        parts.append(f"{_count(silent, 'mailbox', 'mailboxes')} moved in a direction that no list tells")
    return "; ".join(parts)


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _conflicts(snapshots: Sequence[Snapshot]) -> Iterator[str]:
    known: set[int] = set()
    for snapshot in snapshots:
        directory = snapshot.directory
        if isinstance(directory, MailDirectory) and directory.conflicts.count and id(directory) not in known:
            known.add(id(directory))
            more = ", ..." if directory.conflicts.count > len(directory.conflicts.examples) else ""
            yield (
                f"recipients of {snapshot.name}: {directory.conflicts.count:,} addresses that both sides' lists place "
                f"differently; Exchange Online's list counts: {', '.join(directory.conflicts.examples)}{more}"
            )
