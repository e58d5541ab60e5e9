"""Where each mailbox lives, out of one recipients list or several.

A million recipients have two million addresses. They are kept as text in one buffer, in the order
of a checksum that leads to each at once: a fraction of what a dictionary of Python strings takes,
and exact, since the addresses themselves are compared.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.addresses import without_plus
from analyzer.errors import TenantError
from analyzer.tenant.cells import shown
from analyzer.tenant.model import AcceptedDomain, MailboxPlace, Placement
from analyzer.tenant.placing import ENTRIES, PLACES, UNPLACED, entries
from analyzer.tenant.recipients import RecipientList

Rows = npt.NDArray[np.int64]

_EMPTY = ENTRIES.empty_table()
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


class MailDirectory:
    """Where each address of the recipients lists is handled; built by `build_directory`."""

    __slots__ = ("_addresses", "_places", "_recipients", "_shift", "_starts", "_target_of", "_targets")

    def __init__(self, table: pa.Table, *, recipients: int) -> None:
        """Keep distinct addresses with their places and targets (null = their own address)."""
        self._shift = 32 - min(table.num_rows.bit_length() + 1, 31)
        buckets = _checksums(table["address"]) >> self._shift
        order = np.argsort(buckets, kind="stable")
        address, place, target = (table[name].combine_chunks().take(pa.array(order)) for name in table.column_names[:3])
        targets = target.dictionary_encode()
        self._starts = array("i", np.searchsorted(buckets[order], np.arange((1 << 32 >> self._shift) + 1)).astype("i"))
        self._addresses = PackedTexts(address)
        self._places: bytes = place.to_numpy().tobytes()
        self._targets = PackedTexts(targets.dictionary)
        self._target_of = array("i", pc.fill_null(targets.indices, -1).to_numpy().tobytes())
        self._recipients = recipients

    def place(self, address: str) -> Placement | None:
        """Say where a lower-case address lives; `bob+news@` falls back to `bob@`."""
        found = self._exact(address)
        return self._exact(without_plus(address)) if found is None and "+" in address else found

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
        """Count the bytes held."""
        arrays = (self._starts, self._target_of)
        return self._addresses.nbytes + self._targets.nbytes + len(self._places) + sum(4 * len(a) for a in arrays)

    def _exact(self, address: str) -> Placement | None:
        key = address.encode(errors="replace")
        bucket = crc32(key) >> self._shift
        for index in range(self._starts[bucket], self._starts[bucket + 1]):
            if self._addresses[index] == key:
                target = self._target_of[index]
                return Placement(PLACES[self._places[index]], self._targets[target].decode() if target >= 0 else None)
        return None


def _checksums(texts: pa.ChunkedArray) -> npt.NDArray[np.uint32]:
    """Give the CRC-32 of each text: the same in every process, unlike `hash`."""
    sums = np.empty(len(texts), np.uint32)
    for start in range(0, len(texts), _SLICE):
        part = texts.slice(start, _SLICE).cast(pa.large_binary()).to_pylist()
        sums[start : start + len(part)] = [crc32(text) for text in part]
    return sums


def build_directory(lists: Sequence[RecipientList], accepted: tuple[AcceptedDomain, ...] | None) -> MailDirectory:
    """Lay recipients lists over each other; the cloud's list wins where both know an address.

    Raises:
        TenantError: two lists of one side, or two objects of one list, disagree on an address.
    """
    parts = [entries(listed, accepted) for listed in lists]
    table = pa.concat_tables([_EMPTY, *parts]).combine_chunks()
    if not table.num_rows:
        return MailDirectory(_EMPTY, recipients=0)
    source = np.repeat(np.arange(len(parts)), [part.num_rows for part in parts])
    codes = table["address"].chunk(0).dictionary_encode().indices.to_numpy()
    side = np.array([listed.onpremises for listed in lists], np.int8)[source]
    side = np.where(table["place"].to_numpy() == UNPLACED, 2, side)  # whoever knows a place comes first
    order = np.lexsort((side, codes))  # by address, then the cloud's list first; stable within a list
    first = order[np.flatnonzero(np.diff(codes[order], prepend=-1))]
    best = first[codes]  # for each entry the one that wins its address
    equals = np.flatnonzero(side == side[best])
    _refuse_disputed(table, equals, best[equals], lambda row: lists[source[row]].where)
    recipients = np.unique(codes[equals[table["main"].to_numpy()[equals]]])
    return MailDirectory(table.take(pa.array(first)), recipients=len(recipients))


def _refuse_disputed(table: pa.Table, equals: Rows, best: Rows, where: Callable[[int], str]) -> None:
    """Refuse an address that two entries of equal weight place differently."""
    places = table["place"].to_numpy()
    targets = pc.fill_null(table["target"].chunk(0).dictionary_encode().indices, -1).to_numpy()
    disputed = np.flatnonzero((places[equals] != places[best]) | (targets[equals] != targets[best]))
    if len(disputed):
        row = int(disputed[0])
        found = " and as ".join(_spell(table, int(index)) for index in (best[row], equals[row]))
        address = shown(table["address"][int(equals[row])].as_py())
        raise TenantError(where(int(equals[row])), f"{address} is listed as {found}", "one place for each address")


def _spell(table: pa.Table, row: int) -> str:
    """Say what one entry makes of its address."""
    target = table["target"][row].as_py()
    place = PLACES[table["place"][row].as_py()]
    return f"{place} (at {shown(target)})" if target else str(place)
