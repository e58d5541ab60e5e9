"""What earlier lines say of a later one: the last word on each key, carried from block to block.

A mail server writes who sends, how much and by which id on lines of their own, and of the delivery on
another. They belong together by host and queue id; the ids are used again (log-formats section 7).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analyzer.formats.chunk import Positions

Flags = npt.NDArray[np.bool_]
REMEMBERED_LINES = 200_000  # after so many lines without a word on it a key is forgotten: memory stays bounded


@dataclass(frozen=True, slots=True)
class Keyed:
    """Lines that have a key.

    Attributes:
        key: What tells which lines belong together.
        line: Number of each line in the file, ascending.
        begins: Whether the line is the first of a new life of its key.
        ends: Whether it is the last.
        words: What each line says, by what it speaks of; null where it says nothing.
    """

    key: pa.StringArray
    line: Positions
    begins: Flags
    ends: Flags
    words: Mapping[str, pa.StringArray]


@dataclass(slots=True)
class Memory:
    """The last words on every key that may still be spoken of."""

    _key: pa.StringArray = field(default_factory=lambda: pa.array([], pa.string()))
    _line: Positions = field(default_factory=lambda: np.zeros(0, np.int64))
    _words: dict[str, pa.StringArray] = field(default_factory=dict)

    def __len__(self) -> int:
        """Count the keys."""
        return len(self._key)

    def told(self, lines: Keyed) -> dict[str, pa.StringArray]:
        """Give each line the last word on its key up to and with itself; null where there was none."""
        known, count = len(self._key), len(self._key) + len(lines.key)
        codes = pa.concat_arrays([self._key, lines.key]).dictionary_encode()
        line = np.concatenate([self._line, lines.line])
        begins = np.concatenate([np.zeros(known, np.bool_), lines.begins])
        ends = np.concatenate([np.zeros(known, np.bool_), lines.ends])
        key = codes.indices.to_numpy()
        order = np.argsort(key, kind="stable")
        starts = _starts(key[order], line[order], begins[order], ends[order])
        life = np.maximum.accumulate(np.where(starts, np.arange(count), 0)) if count else np.zeros(0, np.int64)
        last = np.flatnonzero(np.append(key[order][1:] != key[order][:-1], np.ones(min(count, 1), np.bool_)))
        kept = last[~ends[order][last]]
        found, words = {}, {}
        for name, said in lines.words.items():
            before = self._words.get(name, pa.nulls(known, pa.string()))
            both = pa.concat_arrays([before, said])
            place = _last_said(both.is_valid().to_numpy(zero_copy_only=False)[order], life)
            source = np.where(place < 0, -1, order[place])
            told = np.empty(count, np.int64)
            told[order] = source
            found[name] = both.take(pa.array(told[known:], mask=told[known:] < 0))
            words[name] = both.take(pa.array(source[kept], mask=source[kept] < 0))
        self._keep(codes.dictionary.take(pa.array(key[order][kept])), line[order][kept], words)
        return found

    def _keep(self, key: pa.StringArray, line: Positions, words: Mapping[str, pa.StringArray]) -> None:
        """Remember what was said of keys of which something was said, and not too long ago."""
        said = np.zeros(len(key), np.bool_)
        for column in words.values():
            said |= column.is_valid().to_numpy(zero_copy_only=False)
        said &= line >= (line.max(initial=0) - REMEMBERED_LINES)
        keep = pa.array(said)
        self._key, self._line = key.filter(keep), line[said]
        self._words = {name: column.filter(keep) for name, column in words.items()}


def _starts(key: Positions, line: Positions, begins: Flags, ends: Flags) -> Flags:
    """Mark where a life of a key begins: another key, a first line, after a last line, after a long silence."""
    starts = begins.copy()
    starts[:1] = True
    starts[1:] |= (key[1:] != key[:-1]) | ends[:-1] | (line[1:] - line[:-1] > REMEMBERED_LINES)
    return starts


def _last_said(said: Flags, life: Positions) -> Positions:
    """Find, for each line, the last one of the same life that says something; -1 where none does."""
    place = np.maximum.accumulate(np.where(said, np.arange(len(said)), -1)) if len(said) else np.zeros(0, np.int64)
    return np.where(place >= life, place, -1)
