"""Where each mailbox lives, over time: a million recipients in a small piece of memory.

A million recipients have two million addresses. They are kept as text in one buffer, in the order
of a checksum that leads to each at once: a fraction of what a dictionary of Python strings takes,
and exact, since the addresses themselves are compared.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from itertools import accumulate
from typing import TypeVar
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.addresses import without_plus
from analyzer.tenant.model import MailboxPlace, Placement, Residence
from analyzer.tenant.moves import Listed, Move, directed, in_order, stages
from analyzer.tenant.placing import PLACES

Number = TypeVar("Number", np.uint32, np.int64)

_SLICE = 50_000  # addresses turned into Python objects at a time


class PackedTexts:
    """Many short texts as Arrow holds them, read one by one as UTF-8 bytes, without a copy of the whole."""

    __slots__ = ("_chunks", "_starts", "array")

    def __init__(self, texts: pa.ChunkedArray) -> None:
        """Take texts of type large_string."""
        self.array = texts
        chunks = [chunk for chunk in texts.chunks if len(chunk)]
        self._starts = [0, *accumulate(map(len, chunks))]
        self._chunks = [_views(chunk) for chunk in chunks]

    def __reduce__(self) -> tuple[type[PackedTexts], tuple[pa.ChunkedArray]]:
        """Travel to another process as Arrow does."""
        return PackedTexts, (self.array,)

    def __getitem__(self, index: int) -> memoryview:
        """Give one text; it equals its bytes."""
        chunk = bisect_right(self._starts, index) - 1
        offsets, data = self._chunks[chunk]
        place = index - self._starts[chunk]
        return data[offsets[place] : offsets[place + 1]]

    def __len__(self) -> int:
        """Count the texts."""
        return len(self.array)

    def checksums(self) -> npt.NDArray[np.uint32]:
        """Give the CRC-32 of each text: the same in every process, unlike `hash`."""
        return self._each(crc32, np.uint32)

    def hashes(self) -> npt.NDArray[np.int64]:
        """Give a number of 64 bits for each text, good for this process alone: equal texts have equal ones."""
        return self._each(hash, np.int64)

    def _each(self, function: Callable[[bytes], int], kind: type[Number]) -> npt.NDArray[Number]:
        numbers = np.empty(len(self), kind)
        for start in range(0, len(self), _SLICE):
            part = self.array.slice(start, _SLICE).cast(pa.large_binary()).to_pylist()
            numbers[start : start + len(part)] = [function(text) for text in part]
        return numbers


def _views(chunk: pa.Array) -> tuple[memoryview, memoryview]:
    """Give the offsets and the bytes of a chunk of texts."""
    _, offsets, data = chunk.buffers()
    return memoryview(offsets).cast("b").cast("q")[chunk.offset :], memoryview(data or b"")


def _starts(buckets: npt.NDArray[np.uint32], count: int) -> npt.NDArray[np.int32]:
    """Give the place at which each bucket begins among sorted ones; slice by slice, as 64-bit places are many bytes."""
    starts = np.empty(count + 1, np.int32)
    for first in range(0, count + 1, _SLICE):
        wanted = np.arange(first, min(first + _SLICE, count + 1), dtype=np.uint32)
        starts[first : first + _SLICE] = np.searchsorted(buckets, wanted)
    return starts


def _packed(numbers: npt.NDArray[np.int32]) -> array[int]:
    """Copy numbers to where single ones are cheap to read."""
    packed = array("i")
    packed.frombytes(numbers.data.cast("b"))
    return packed


@dataclass(frozen=True, slots=True)
class Conflicts:
    """Addresses that the lists of both sides place differently: how many, and the first few in words."""

    count: int = 0
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class People:
    """The recipients of all lists, by number.

    `places` indexes PLACES; `target_of` indexes `targets`, -1 where a recipient is reached under its own
    address; `list_of` numbers the lists, `since` dates these (microseconds; None = undated); `same_as`
    is the number under which a recipient of both sides' lists counts once.
    """

    places: npt.NDArray[np.int8]
    target_of: npt.NDArray[np.int32]
    targets: PackedTexts
    list_of: npt.NDArray[np.int16]
    since: tuple[int | None, ...]
    same_as: npt.NDArray[np.int32]

    def placement(self, number: int) -> Placement:
        """Say where a recipient lives by its list."""
        target = int(self.target_of[number])
        return Placement(PLACES[self.places[number]], bytes(self.targets[target]).decode() if target >= 0 else None)

    def listed(self, number: int) -> Listed:
        """Say where a recipient lives by its list, and since when the list holds."""
        return Listed(PLACES[self.places[number]], self.since[self.list_of[number]])


class MailDirectory:
    """Where each address of the recipients lists is handled, over time; built by `build_directory`."""

    __slots__ = (
        "_addresses",
        "_entries",
        "_history_of",
        "_owners",
        "_people",
        "_recipients",
        "_residences",
        "_shift",
        "_starts",
        "conflicts",
        "moved",
    )

    def __init__(
        self,
        addresses: PackedTexts,
        owners: npt.NDArray[np.int32],
        people: People,
        *,
        counted: npt.NDArray[np.bool_],
        recipients: int,
        conflicts: Conflicts = Conflicts(),
    ) -> None:
        """Index the addresses that count (each is owned by one of the people), by their checksums."""
        entries = np.flatnonzero(counted).astype(np.int32)
        self._shift = 32 - max(len(entries).bit_length() - 1, 1)  # one or two addresses to a bucket
        buckets = addresses.checksums()
        buckets >>= self._shift
        buckets = buckets if counted.all() else buckets[entries]
        order = np.argsort(buckets, kind="stable").astype(np.int32)
        self._starts: array[int] = _packed(_starts(buckets[order], 1 << 32 - self._shift))
        self._entries: array[int] = _packed(entries[order])
        self._addresses, self._owners, self._people = addresses, owners, people
        self._recipients, self.conflicts = recipients, conflicts
        self._history_of: npt.NDArray[np.int32] | None = None
        self._residences: tuple[tuple[tuple[int, ...], bytes], ...] = ()
        self.moved = 0

    def residence(self, address: str) -> Residence:
        """Say where a lower-case address lives, over time; `bob+news@` falls back to `bob@`."""
        owner = self._owner(address)
        if owner is None and "+" in address:
            owner = self._owner(without_plus(address))
        if owner is None:
            return Residence()
        listed = self._people.placement(owner)
        history = -1 if self._history_of is None else int(self._history_of[owner])
        if history < 0:
            return Residence((listed,))
        edges, places = self._residences[history]
        return Residence(tuple(_placed(PLACES[code], listed) for code in places), edges)

    def place(self, address: str, at: int | None = None) -> Placement | None:
        """Say where a lower-case address lives at a moment (microseconds since 1970, UTC), or now."""
        return self.residence(address).at(at)

    def domains(self, place: MailboxPlace) -> frozenset[str]:
        """Name the domains by which mail to the recipients of one place is routed, by their lists."""
        entries = np.array(self._entries, np.int32)
        people = self._people
        here = people.places[self._owners[entries]] == PLACES.index(place)
        targets = people.target_of[self._owners[entries]]
        own = self._addresses.array.take(pa.array(entries[here & (targets < 0)]))
        resolved = people.targets.array.take(pa.array(np.unique(targets[here & (targets >= 0)])))
        texts = pa.chunked_array([*own.chunks, *resolved.chunks], pa.large_string())
        domains = pc.replace_substring_regex(texts, r"^.*@", "")
        return frozenset(domains.unique().to_pylist())

    @property
    def address_domains(self) -> frozenset[str]:
        """What stands behind the last `@` of its addresses."""
        found: set[str] = set()
        for start in range(0, len(self._addresses), _SLICE):
            found.update(text.rpartition("@")[2] for text in self._addresses.array.slice(start, _SLICE).to_pylist())
        return frozenset(found)

    def __len__(self) -> int:
        """Count the recipients (not their addresses)."""
        return self._recipients

    def grouped(self, moves: Iterable[Move]) -> dict[int, list[Move]]:
        """Sort moves to the recipients they concern, by the number of each; unlisted addresses are left out."""
        groups: dict[int, list[Move]] = {}
        for move in moves:
            if (owner := self._owner(move.address)) is not None:
                groups.setdefault(int(self._people.same_as[owner]), []).append(move)
        return groups

    def directed(self, groups: Mapping[int, Sequence[Move]], grace: int) -> dict[int, list[Move]]:
        """Order the moves of each recipient and tell their directions, by this list where theirs does not."""
        return {
            owner: list(directed(in_order(group, grace), self._people.listed(owner))) for owner, group in groups.items()
        }

    def moving(self, moves: Iterable[Move], grace: int) -> MailDirectory:
        """Give the directory of mailboxes that moved; every address of a mailbox moves with it.

        Args:
            moves: completed moves, each with its direction.
            grace: for how long around a move both places are possible, in microseconds.
        """
        groups = {owner: in_order(group, grace) for owner, group in self.grouped(moves).items()}
        same_as = self._people.same_as
        history_of = np.full(len(same_as), -1, np.int32)
        residences: list[tuple[tuple[int, ...], bytes]] = []
        for person in np.flatnonzero(np.isin(same_as, np.fromiter(groups, np.int32, len(groups)))).tolist():
            edges, places = stages(groups[int(same_as[person])], self._people.listed(person), grace)
            history_of[person] = len(residences)
            residences.append((edges, bytes(map(PLACES.index, places))))
        moved = copy(self)
        moved._history_of, moved._residences = history_of, tuple(residences)  # noqa: SLF001
        moved.moved = len(groups)
        return moved

    def _owner(self, address: str) -> int | None:
        """Find whose address it is."""
        key = address.encode(errors="replace")
        bucket = crc32(key) >> self._shift
        for position in range(self._starts[bucket], self._starts[bucket + 1]):
            entry = self._entries[position]
            if self._addresses[entry] == key:
                return int(self._owners[entry])
        return None


def _placed(place: MailboxPlace, listed: Placement) -> Placement:
    """The target of a list holds while the place is the list's."""
    return listed if place is listed.place else Placement(place)
