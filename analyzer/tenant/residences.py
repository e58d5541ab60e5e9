"""Migration lists laid over the directories of all snapshots: a move is a fact of its own day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from analyzer.tenant.maildirectory import MailDirectory
from analyzer.tenant.migrations import MigrationList
from analyzer.tenant.model import Snapshot
from analyzer.tenant.moves import Move

_MICROSECOND = timedelta(microseconds=1)


def with_moves(
    snapshots: Sequence[Snapshot], migrations: Sequence[MigrationList], grace: timedelta
) -> tuple[tuple[Snapshot, ...], tuple[str, ...]]:
    """Move the mailboxes of every snapshot's directory, and say what the lists came to.

    Whatever snapshot a list lies in, its moves hold for all of them. Which way a mailbox went is told
    by the migration list, else by the latest recipients list.
    """
    notes = [*_lists(migrations), *_conflicts(snapshots)]
    moves = tuple(dict.fromkeys(move for listed in migrations for move in listed.moves))
    latest = snapshots[-1].directory
    if not moves or not isinstance(latest, MailDirectory):
        lost = f"moves: {len(moves)} completed, and no recipients list says whose addresses they concern"
        return tuple(snapshots), (*notes, lost) if moves else tuple(notes)
    width = grace // _MICROSECOND
    told = _directed(moves, latest, width)
    done: dict[int, MailDirectory] = {}
    for snapshot in snapshots:
        if isinstance(snapshot.directory, MailDirectory) and id(snapshot.directory) not in done:
            done[id(snapshot.directory)] = snapshot.directory.moving(told, width)
    moved = tuple(replace(s, directory=done.get(id(s.directory), s.directory)) for s in snapshots)
    return moved, (*notes, _outcome(moves, told, latest, max(d.moved for d in done.values())))


def _directed(moves: Sequence[Move], latest: MailDirectory, grace: int) -> list[Move]:
    """Tell every direction; an address that the latest list has no more counts if its move tells it."""
    gone = [move for move in moves if move.to is not None and latest.place(move.address) is None]
    return latest.directed(moves, grace) + gone


def _lists(migrations: Sequence[MigrationList]) -> Iterator[str]:
    for listed in migrations:
        counts = "; ".join(f"{number:,} {name}" for name, number in sorted(listed.counts.items()))
        yield f"moves in {listed.where}: {counts}"


def _outcome(moves: Sequence[Move], told: Sequence[Move], latest: MailDirectory, moved: int) -> str:
    unlisted = sum(latest.place(address) is None for address in {move.address for move in moves})
    silent = len(latest.grouped(moves).keys() - latest.grouped(told).keys())
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
