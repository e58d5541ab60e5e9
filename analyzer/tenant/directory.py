"""One recipients list or several -> the directory: what is laid over what, and where the lists disagree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.errors import TenantError
from analyzer.moments import microseconds
from analyzer.tenant.maildirectory import Conflicts, MailDirectory, PackedTexts, People
from analyzer.tenant.model import AcceptedDomain
from analyzer.tenant.placing import CLOUD, EXTERNAL, ONPREMISES, UNPLACED, Placed, placed
from analyzer.tenant.recipients import RecipientList
from analyzer.tenant.values import shown

Rows = npt.NDArray[np.int32]

_EXAMPLES = 3
_SLICE = 100_000  # addresses compared at a time


@dataclass(frozen=True, slots=True)
class _Entries:
    """The addresses of all lists below each other: whose, whether the primary one, and of which weight.

    The lower the weight, the sooner an entry counts: Exchange Online's list, the own servers', and last
    whoever does not know the place.
    """

    addresses: PackedTexts
    owner: Rows
    main: npt.NDArray[np.bool_]
    weight: npt.NDArray[np.int8]


def build_directory(lists: Sequence[RecipientList], accepted: tuple[AcceptedDomain, ...] | None) -> MailDirectory:
    """Lay recipients lists over each other; the cloud's list wins where both know an address.

    Exchange Online routes by its own directory, whatever the organization's servers hold.

    Raises:
        TenantError: two lists of one side, or two objects of one list, disagree on an address.
    """
    parts = [placed(listed, accepted) for listed in lists]
    people = _people(parts, lists)
    pa.default_memory_pool().release_unused()
    entries = _entries(parts, people, lists)
    best = _best(entries)
    _refuse_disputed(entries, best, people, lists)
    equal = entries.weight == entries.weight[best]
    named = np.zeros(len(best), np.bool_)
    named[best[equal & entries.main]] = True
    return MailDirectory(
        entries.addresses,
        entries.owner,
        _joined(people, entries, best),
        counted=best == np.arange(len(best), dtype=np.int32),
        recipients=int(np.count_nonzero(named)),
        conflicts=_conflicts(entries, best, people),
    )


def _people(parts: Sequence[Placed], lists: Sequence[RecipientList]) -> People:
    found = pa.chunked_array([part.targets for part in parts], pa.large_string())
    targets = found.dictionary_encode().combine_chunks()
    places = [np.zeros(0, np.int8), *(part.places for part in parts)]
    sizes = [len(part.places) for part in parts]
    return People(
        places=np.concatenate(places),
        target_of=pc.fill_null(targets.indices, -1).to_numpy().astype(np.int32),
        targets=PackedTexts(pa.chunked_array([targets.dictionary])),
        list_of=np.repeat(np.arange(len(parts), dtype=np.int16), sizes),
        since=tuple(None if one.since is None else microseconds(one.since) for one in lists),
        same_as=np.arange(sum(sizes), dtype=np.int32),
    )


def _entries(parts: Sequence[Placed], people: People, lists: Sequence[RecipientList]) -> _Entries:
    tables = [part.addresses for part in parts]
    first = np.cumsum([0, *(len(part.places) for part in parts)], dtype=np.int32)
    numbered = [table["owner"].to_numpy() + before for table, before in zip(tables, first, strict=False)]
    owner = np.concatenate([np.zeros(0, np.int32), *numbered])
    del numbered
    chunks = [chunk for table in tables for chunk in table["address"].chunks]
    weight = np.array([one.onpremises for one in lists], np.int8)[people.list_of]
    weight[people.places == UNPLACED] = 2
    return _Entries(
        addresses=PackedTexts(pa.chunked_array(chunks, pa.large_string())),
        owner=owner,
        main=np.concatenate([np.zeros(0, np.bool_), *(table["main"].to_numpy() for table in tables)]),
        weight=weight[owner],
    )


def _best(entries: _Entries) -> Rows:
    """Find for each entry the one that counts for its address: of the least weight, and the first of these."""
    hashes = entries.addresses.hashes()
    best = np.arange(len(hashes), dtype=np.int32)
    ordered = np.sort(hashes)
    repeated = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    del ordered
    if len(repeated):  # most addresses are in one list alone, once
        twins = np.flatnonzero(np.isin(hashes, repeated)).astype(np.int32)
        twins = twins[np.lexsort((entries.weight[twins], hashes[twins]))]
        starts = np.flatnonzero(np.diff(hashes[twins], prepend=~hashes[twins[:1]]))
        best[twins] = np.repeat(twins[starts], np.diff(starts, append=len(twins)))
        _compare(entries.addresses, best)
    return best


def _compare(addresses: PackedTexts, best: Rows) -> None:
    """Make sure that entries of one hash are of one address."""
    twins = np.flatnonzero(best != np.arange(len(best), dtype=np.int32))
    texts = addresses.array.combine_chunks()
    for rows in np.array_split(twins, len(twins) // _SLICE + 1):
        same = pc.equal(texts.take(pa.array(rows)), texts.take(pa.array(best[rows]))).to_numpy(zero_copy_only=False)
        if not same.all():
            raise AssertionError("two addresses share a hash of 64 bits")


def _joined(people: People, entries: _Entries, best: Rows) -> People:
    """Count a recipient of both sides' lists once: it is whoever holds its primary address."""
    same_as = people.same_as.copy()
    same_as[entries.owner[entries.main]] = entries.owner[best[entries.main]]
    return replace(people, same_as=same_as)


def _conflicts(entries: _Entries, best: Rows, people: People) -> Conflicts:
    """Find the addresses that both sides' lists place, and place differently."""
    here, there = people.places[entries.owner], people.places[entries.owner[best]]
    mailboxes = np.isin(here, _MAILBOXES) & np.isin(there, _MAILBOXES)
    differ = np.flatnonzero((entries.weight == 1) & (entries.weight[best] == 0) & mailboxes & (here != there))
    examples = tuple(
        f"{_address(entries, row)} ({_spell(entries, people, int(best[row]))}; there {_spell(entries, people, row)})"
        for row in differ[:_EXAMPLES].tolist()
    )
    return Conflicts(len(np.unique(best[differ])), examples)


_MAILBOXES = (CLOUD, ONPREMISES, EXTERNAL)


def _refuse_disputed(entries: _Entries, best: Rows, people: People, lists: Sequence[RecipientList]) -> None:
    """Refuse an address that two entries of equal weight place differently."""
    one, other = entries.owner, entries.owner[best]
    differ = (people.places[one] != people.places[other]) | (people.target_of[one] != people.target_of[other])
    disputed = np.flatnonzero(differ & (entries.weight == entries.weight[best]))
    if len(disputed):
        row = int(disputed[0])
        found = " and as ".join(_spell(entries, people, index) for index in (int(best[row]), row))
        where = lists[people.list_of[entries.owner[row]]].where
        raise TenantError(where, f"{_address(entries, row)} is listed as {found}", "one place for each address")


def _address(entries: _Entries, row: int) -> str:
    return shown(bytes(entries.addresses[row]).decode())


def _spell(entries: _Entries, people: People, row: int) -> str:
    """Say what one entry makes of its address."""
    found = people.placement(int(entries.owner[row]))
    return f"{found.place} (at {shown(found.target)})" if found.target else str(found.place)
