"""Mailboxes that changed sides, and what that says of their place before, during and after.

A recipients list tells where a mailbox lived on one day; a completed move tells that it lived on the
other side before. Both are laid together here, by rules that docs/export.md states to the reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from analyzer.addresses import domain_of
from analyzer.tenant.model import MailboxPlace, MoveBatch

_OTHER = {MailboxPlace.CLOUD: MailboxPlace.ONPREMISES, MailboxPlace.ONPREMISES: MailboxPlace.CLOUD}


@dataclass(frozen=True, slots=True)
class Move:
    """A completed move of one mailbox between Exchange Online and the organization's own servers.

    It was completed between `begin` and `end` (microseconds since 1970, UTC; equal where the list
    holds the time of completion). `to` is CLOUD or ONPREMISES, or None where the list does not tell.
    """

    address: str
    begin: int
    end: int
    to: MailboxPlace | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """What the recipients list says of a mailbox, and since when (microseconds); None = undated, as of now."""

    place: MailboxPlace
    since: int | None = None


def in_order(moves: Iterable[Move], grace: int) -> list[Move]:
    """Sort the moves of one mailbox; two lists that tell of the same move count once, by the sharper time."""
    kept: list[Move] = []
    for move in sorted(moves, key=lambda m: (m.begin, m.end)):
        last = kept[-1] if kept else None
        same = last and move.begin - grace <= last.end + grace and (last.to or move.to) == (move.to or last.to)
        if last and same:
            sharper = min(last, move, key=lambda m: m.end - m.begin)
            kept[-1] = replace(sharper, to=last.to or move.to)
        else:
            kept.append(move)
    return kept


def batches(moves: Iterable[Move], gap: int) -> Iterator[MoveBatch]:
    """Gather moves into batches: the next one begins where nothing was completed for a while (microseconds)."""
    ordered = sorted(moves, key=lambda m: (m.end, m.begin, m.address))
    cuts = [n for n, (one, other) in enumerate(pairwise(ordered), 1) if other.begin - one.end > gap]
    for start, stop in pairwise((0, *cuts, len(ordered))):
        batch = ordered[start:stop]
        if batch:
            addresses = {move.address for move in batch}
            begin, end = min(m.begin for m in batch), max(m.end for m in batch)
            yield MoveBatch(_moment(begin), _moment(end), len(addresses), frozenset(map(domain_of, addresses)))


def _moment(time: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time)


def directed(moves: Sequence[Move], now: Listed) -> Iterator[Move]:
    """Give the moves of one mailbox a direction where they lack it, told by where the mailbox lives now.

    A move whose direction neither its list nor a later recipients list tells is left out.
    """
    current = now.place if now.place in _OTHER else None
    told: list[Move] = []
    for move in reversed(moves):
        if now.since is not None and now.since < move.end:
            current = None  # the list is older: whether it knows of this move cannot be told
        to = move.to or current
        if to is not None:
            told.append(replace(move, to=to))
        current = None if to is None else _OTHER[to]
    return reversed(told)


def stages(moves: Sequence[Move], listed: Listed, grace: int) -> tuple[tuple[int, ...], tuple[MailboxPlace, ...]]:
    """Cut the life of a mailbox at its moves: the moments, and its place before, between and after them.

    Within the grace time of a move the place is MOVING. `moves` are those of `in_order`, all directed.
    """
    windows = [(m.begin - grace, m.end + grace + 1, m) for m in moves]
    edges = sorted({edge for begin, end, _ in windows for edge in (begin, end)})
    moments = [edges[0] - 1, *edges]
    return tuple(edges), tuple(_place_at(moment, windows, listed) for moment in moments)


_Windows = list[tuple[int, int, Move]]


def _place_at(moment: int, windows: _Windows, listed: Listed) -> MailboxPlace:
    """Tell the place at a moment: the latest fact before it, or what the next move reveals."""
    if any(begin <= moment < end for begin, end, _ in windows):
        return MailboxPlace.MOVING
    before = sorted((w for w in windows if w[1] <= moment), key=lambda w: w[1])
    after = [w for w in windows if w[0] > moment]
    if not after:
        return _after(before[-1], listed)
    if not before:
        return _before(after[0], listed)
    # Two moves to the same side: one between them is in no list.
    return _place(before[-1]) if _place(before[-1]) is not _place(after[0]) else MailboxPlace.MOVING


def _after(last: tuple[int, int, Move], listed: Listed) -> MailboxPlace:
    """A list of a later day is the later fact; an undated one may be older than the move it contradicts."""
    if listed.place is MailboxPlace.UNPLACED:
        return _place(last)
    newer = listed.since is None and listed.place not in _OTHER
    return listed.place if newer or (listed.since is not None and listed.since >= last[1]) else _place(last)


def _before(first: tuple[int, int, Move], listed: Listed) -> MailboxPlace:
    """Before its first move a mailbox lived on the other side, unless an earlier list says otherwise."""
    earlier = listed.since is not None and listed.since < first[0]
    if earlier and listed.place is _place(first):
        return MailboxPlace.MOVING  # the list had it there already: a move back is in no list
    if earlier and listed.place not in (*_OTHER, MailboxPlace.UNPLACED):
        return listed.place
    return _OTHER[_place(first)]


def _place(window: tuple[int, int, Move]) -> MailboxPlace:
    to = window[2].to
    if to is None:
        raise AssertionError("only directed moves have a place")
    return to
