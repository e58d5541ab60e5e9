"""The register of keys: which log rows were there before, in memory that does not grow with the log.

A bit array of fixed size tells most new keys from all earlier ones. Only for the others are the keys
themselves looked up: they lie in a temporary file, one sorted run a chunk, and a run whose times do
not meet the chunk's is not read. A filter that is full costs time, never an answer.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from analyzer.hashing import Hashes
from analyzer.pipeline.identity import Keys, Mask
from analyzer.selection.batch import Codes

_WORDS = 22  # log2 of the number of 64-bit words in the filter: 32 MiB
_BITS = 4  # set in the word of a key; at 20 million keys about 1 new key in 100 looks known
_SIX = np.uint64(6)
_STATUS = np.uint64(0xFFFF_FFFF)


@dataclass(frozen=True, slots=True)
class Sorted:
    """Keys of a chunk in the order of their hashes; equal ones in the order of the input.

    Attributes:
        rows: Number of log rows in the chunk; those that cannot be known again have no key.
        order: Number of the log row each key is of.
        tag: In its upper half the number of the input, in its lower half what the status words hash to.
        repeated: Whether the key repeats one before it in the chunk.
        differing: Whether it does, with other status words.
        repeats: Whether like rows of one input are events of their own.
    """

    rows: int
    hash: Hashes
    time: Codes
    tag: Hashes
    order: Codes
    repeated: Mask
    differing: Mask
    repeats: bool

    def __len__(self) -> int:
        return len(self.hash)


def in_order(keys: Keys, inputs: Codes, *, repeats: bool) -> Sorted:
    """Sort the keys of a chunk and find what repeats within it: the first in the order of the input stays.

    Args:
        keys: One a log row.
        inputs: Number of the input each log row comes from.
        repeats: Whether like rows of one input are events of their own.
    """
    known = np.flatnonzero(keys.known)
    order = known[np.argsort(keys.hash[known])]
    alike = bool((np.diff(keys.hash[order]) == 0).any())
    if alike:
        order = known[np.lexsort((known, keys.time[known], keys.hash[known]))]
    hashes, times = keys.hash[order], keys.time[order]
    tag = (inputs[order].astype(np.uint64) << np.uint64(32)) | (keys.status[order] & _STATUS)
    nothing = np.zeros(len(order), np.bool_)
    again, other = _repeated(hashes, times, tag, repeats=repeats) if alike else (nothing, nothing)
    return Sorted(len(keys.hash), hashes, times, tag, order, again, other, repeats)


def _repeated(hashes: Hashes, times: Codes, tag: Hashes, *, repeats: bool) -> tuple[Mask, Mask]:
    """Mark the keys that repeat the first of their kind, and those among them that differ from it in status."""
    new = np.append(True, (np.diff(hashes) != 0) | (np.diff(times) != 0))
    first = np.flatnonzero(new)[np.cumsum(new) - 1]
    again = ~new
    if repeats:
        again &= ~_same_input(tag, tag[first])
    return again, again & _differs(tag, tag[first])


def _same_input(one: Hashes, other: Hashes) -> Mask:
    same: Mask = (one >> np.uint64(32)) == (other >> np.uint64(32))
    return same


def _differs(one: Hashes, other: Hashes) -> Mask:
    differs: Mask = (one & _STATUS) != (other & _STATUS)
    return differs


@dataclass(frozen=True, slots=True)
class _Run:
    """Where the keys of one chunk lie in the file, and the times they span."""

    offset: int
    keys: int
    first: int
    last: int


class Register:
    """Every key so far; chunks are entered one after the other, in the order of the input."""

    def __init__(self, directory: Path | None = None) -> None:
        """Start empty; the keys go to an anonymous file in `directory`, or where temporary files go."""
        self._filter = np.zeros(1 << _WORDS, np.uint64)
        self._runs: list[_Run] = []
        self._file: BinaryIO = tempfile.TemporaryFile(dir=directory)  # noqa: SIM115 - closed by close()
        self._end = 0

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def enter(self, keys: Sorted) -> tuple[Mask, Mask]:
        """Enter the keys of a chunk; give the log rows that repeat an earlier one, and those that differ in status."""
        repeated, differing = np.zeros(keys.rows, np.bool_), np.zeros(keys.rows, np.bool_)
        if not len(keys):
            return repeated, differing
        again, other = keys.repeated.copy(), keys.differing.copy()
        seen = np.flatnonzero(self._marked(keys.hash))
        if len(seen):
            known, differs = self._found(keys, seen)
            again[seen] |= known
            other[seen[known]] = differs[known]
        self._write(keys, ~again)
        repeated[keys.order], differing[keys.order] = again, other
        return repeated, differing

    def _marked(self, hashes: Hashes) -> Mask:
        """Say which keys the filter may have met, and mark all of them."""
        word = (hashes >> np.uint64(64 - _WORDS)).astype(np.int64)
        bits = np.zeros(len(hashes), np.uint64)
        for place in range(_BITS):
            bits |= np.uint64(1) << ((hashes >> (_SIX * np.uint64(place))) & np.uint64(63))
        there = self._filter[word]
        marked: Mask = (there & bits) == bits
        self._filter[word] = there | bits
        # Of those that go into the same word, which are neighbours, only the last is in it now.
        lost = np.flatnonzero(word[1:] == word[:-1])
        np.bitwise_or.at(self._filter, word[lost], bits[lost])
        return marked

    def _found(self, keys: Sorted, seen: Codes) -> tuple[Mask, Mask]:
        """Look some keys up in the runs whose times meet theirs."""
        hashes, times, tags = keys.hash[seen], keys.time[seen], keys.tag[seen]
        known, differing = np.zeros(len(seen), np.bool_), np.zeros(len(seen), np.bool_)
        earliest, latest = int(times.min()), int(times.max())
        for run in self._runs:
            if run.last < earliest or run.first > latest:
                continue
            there = self._read(run, 0)
            at = np.minimum(np.searchsorted(there, hashes), run.keys - 1)
            hit = np.flatnonzero((there[at] == hashes) & ~known)
            if not len(hit):
                continue
            of_run, tag = self._read(run, 1).view(np.int64)[at[hit]], self._read(run, 2)[at[hit]]
            same = of_run == times[hit]
            if keys.repeats:
                same &= ~_same_input(tag, tags[hit])
            known[hit] |= same
            differing[hit] |= same & _differs(tag, tags[hit])
        return known, differing

    def _read(self, run: _Run, column: int) -> Hashes:
        self._file.seek(run.offset + column * run.keys * 8)
        column_read: NDArray[np.uint64] = np.frombuffer(self._file.read(run.keys * 8), np.uint64)
        return column_read

    def _write(self, keys: Sorted, new: Mask) -> None:
        if not new.any():
            return
        hashes, times, tags = keys.hash[new], keys.time[new], keys.tag[new]
        self._file.seek(self._end)
        for column in (hashes.data, times.data, tags.data):
            self._file.write(column)
        self._runs.append(_Run(self._end, len(times), int(times.min()), int(times.max())))
        self._end = self._file.tell()
