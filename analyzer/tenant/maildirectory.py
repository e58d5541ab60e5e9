"""Where each mailbox lives, over time: a million recipients in a small piece of memory.

A million recipients have two million addresses. They are kept as text in one buffer, in the order
of a checksum that leads to each at once: a fraction of what a dictionary of Python strings takes,
and exact, since the addresses themselves are compared.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.addresses import without_plus
from analyzer.tenant.model import MailboxPlace, Placement, Residence
from analyzer.tenant.moves import Listed, Move, directed, in_order, stages
from analyzer.tenant.placing import PLACES

_SLICE = 50_000  # addresses turned into Python objects at a time


class PackedTexts:
    """Many short texts in one buffer, read one by one as UTF-8 bytes."""

    __slots__ = ("_data", "_offsets")

    def __init__(self, texts: pa.Array) -> None:
        """Copy the texts out of Arrow, so that single ones are cheap to read and the whole can be pickled."""
        _, offsets, data = texts.buffers()
        ends = np.frombuffer(offsets, dtype=np.int64)[texts.offset : texts.offset + len(texts) + 1]
        first = int(ends[0]) if len(ends) else 0
        self._data: bytes = data.slice(first, int(ends[-1]) - first).to_pybytes() if len(texts) else b""
        self._offsets = array("q", (ends - first).tobytes())

    def __getitem__(self, index: int) -> bytes:
        """Give one text."""
        return self._data[self._offsets[index] : self._offsets[index + 1]]

    def array(self) -> pa.Array:
        """Give all texts as Arrow sees them, without a copy."""
        buffers = [None, pa.py_buffer(self._offsets), pa.py_buffer(self._data)]
        return pa.Array.from_buffers(pa.large_string(), len(self._offsets) - 1, buffers)

    @property
    def nbytes(self) -> int:
        """Count the bytes held."""
        return len(self._data) + len(self._offsets) * self._offsets.itemsize


@dataclass(frozen=True, slots=True)
class Conflicts:
    """Addresses that the lists of both sides place differently: how many, and the first few in words."""

    count: int = 0
    examples: tuple[str, ...] = ()


class MailDirectory:
    """Where each address of the recipients lists is handled, over time; built by `build_directory`."""

    __slots__ = (
        "_addresses",
        "_history_of",
        "_owners",
        "_places",
        "_recipients",
        "_residences",
        "_shift",
        "_since",
        "_since_of",
        "_starts",
        "_target_of",
        "_targets",
        "conflicts",
        "moved",
    )

    def __init__(
        self, table: pa.Table, *, recipients: int, since: Sequence[int | None] = (), conflicts: Conflicts = Conflicts()
    ) -> None:
        """Keep distinct addresses with their places, targets (null = their own address), owners and lists.

        Columns `owner` and `listed` number the recipients and the lists; `since` dates each list.
        """
        self._shift = 32 - min(table.num_rows.bit_length() + 1, 31)
        buckets = _checksums(table["address"]) >> self._shift
        order = np.argsort(buckets, kind="stable")
        self._starts = array("i", np.searchsorted(buckets[order], np.arange((1 << 32 >> self._shift) + 1)).astype("i"))
        del buckets
        ordered = {name: table[name].combine_chunks().take(pa.array(order)) for name in ("address", "target")}
        targets = ordered.pop("target").dictionary_encode()
        self._addresses = PackedTexts(ordered.pop("address"))
        self._places: bytes = table["place"].to_numpy()[order].tobytes()
        self._targets = PackedTexts(targets.dictionary)
        self._target_of = array("i", pc.fill_null(targets.indices, -1).to_numpy().tobytes())
        self._owners = array("i", table["owner"].to_numpy()[order].astype("i").tobytes())
        self._since_of = array("h", table["listed"].to_numpy()[order].astype("h").tobytes())
        self._since = tuple(since)
        self._recipients = recipients
        self._history_of = array("i")
        self._residences: tuple[tuple[tuple[int, ...], bytes], ...] = ()
        self.conflicts = conflicts
        self.moved = 0

    def residence(self, address: str) -> Residence:
        """Say where a lower-case address lives, over time; `bob+news@` falls back to `bob@`."""
        index = self._find(address)
        if index is None and "+" in address:
            index = self._find(without_plus(address))
        if index is None:
            return Residence()
        listed = self._listed(index)
        history = self._history_of[index] if self._history_of else -1
        if history < 0:
            return Residence((listed,))
        edges, places = self._residences[history]
        return Residence(tuple(_placed(PLACES[code], listed) for code in places), edges)

    def place(self, address: str, at: int | None = None) -> Placement | None:
        """Say where a lower-case address lives at a moment (microseconds since 1970, UTC), or now."""
        return self.residence(address).at(at)

    def domains(self, place: MailboxPlace) -> frozenset[str]:
        """Name the domains by which mail to the recipients of one place is routed."""
        here = np.frombuffer(self._places, np.uint8) == PLACES.index(place)
        targets = np.array(self._target_of, np.int64)
        own = self._addresses.array().take(pa.array(np.flatnonzero(here & (targets < 0))))
        resolved = self._targets.array().take(pa.array(np.unique(targets[here & (targets >= 0)])))
        domains = pc.replace_substring_regex(pa.chunked_array([own, resolved]), r"^.*@", "")
        return frozenset(domains.unique().to_pylist())

    def __len__(self) -> int:
        """Count the recipients (not their addresses)."""
        return self._recipients

    @property
    def nbytes(self) -> int:
        """Count the bytes held, moves aside."""
        arrays = (self._starts, self._target_of, self._owners, self._since_of, self._history_of)
        packed = self._addresses.nbytes + self._targets.nbytes + len(self._places)
        return packed + sum(a.itemsize * len(a) for a in arrays)

    def grouped(self, moves: Iterable[Move]) -> dict[int, list[Move]]:
        """Sort moves to the recipients they concern, by the number of each; unlisted addresses are left out."""
        groups: dict[int, list[Move]] = {}
        for move in moves:
            if (index := self._find(move.address)) is not None:
                groups.setdefault(self._owners[index], []).append(move)
        return groups

    def directed(self, moves: Iterable[Move], grace: int) -> list[Move]:
        """Order the moves of each listed mailbox and tell their directions, by this list where theirs does not."""
        told: list[Move] = []
        for group in self.grouped(moves).values():
            ordered = in_order(group, grace)
            index = self._find(ordered[-1].address)
            told += directed(ordered, self._of_list(index)) if index is not None else ()
        return told

    def moving(self, moves: Iterable[Move], grace: int) -> MailDirectory:
        """Give the directory of mailboxes that moved; every address of a mailbox moves with it.

        Args:
            moves: completed moves, each with its direction.
            grace: for how long around a move both places are possible, in microseconds.
        """
        groups = {owner: in_order(group, grace) for owner, group in self.grouped(moves).items()}
        owners = np.frombuffer(self._owners, "i") if self._owners else np.zeros(0, "i")
        concerned = np.flatnonzero(np.isin(owners, np.fromiter(groups, "i", len(groups))))
        history_of = np.full(len(owners), -1, "i")
        known: dict[tuple[int, Listed], int] = {}
        residences: list[tuple[tuple[int, ...], bytes]] = []
        for index in concerned.tolist():
            owner, listed = self._owners[index], self._of_list(index)
            if (owner, listed) not in known:
                edges, places = stages(groups[owner], listed, grace)
                known[owner, listed] = len(residences)
                residences.append((edges, bytes(map(PLACES.index, places))))
            history_of[index] = known[owner, listed]
        moved = copy(self)
        moved._history_of, moved._residences = array("i", history_of.tobytes()), tuple(residences)  # noqa: SLF001
        moved.moved = len(groups)
        return moved

    def _of_list(self, index: int) -> Listed:
        return Listed(PLACES[self._places[index]], self._since[self._since_of[index]])

    def _listed(self, index: int) -> Placement:
        target = self._target_of[index]
        return Placement(PLACES[self._places[index]], self._targets[target].decode() if target >= 0 else None)

    def _find(self, address: str) -> int | None:
        key = address.encode(errors="replace")
        bucket = crc32(key) >> self._shift
        for index in range(self._starts[bucket], self._starts[bucket + 1]):
            if self._addresses[index] == key:
                return index
        return None


def _placed(place: MailboxPlace, listed: Placement) -> Placement:
    """The target of a list holds while the place is the list's."""
    return listed if place is listed.place else Placement(place)


def _checksums(texts: pa.ChunkedArray) -> npt.NDArray[np.uint32]:
    """Give the CRC-32 of each text: the same in every process, unlike `hash`."""
    sums = np.empty(len(texts), np.uint32)
    for start in range(0, len(texts), _SLICE):
        part = texts.slice(start, _SLICE).cast(pa.large_binary()).to_pylist()
        sums[start : start + len(part)] = [crc32(text) for text in part]
    return sums
