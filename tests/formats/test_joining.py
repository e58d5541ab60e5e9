"""What earlier lines say of later ones, held against a loop over the lines."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.formats import joining
from analyzer.formats.joining import Keyed, Memory

Line = tuple[int, str, bool, bool, str | None, str | None]
LINES = st.lists(
    st.tuples(
        st.integers(1, 9),
        st.sampled_from("abc"),
        st.booleans(),
        st.booleans(),
        st.sampled_from([None, "x", "y", ""]),
        st.sampled_from([None, "p", "q"]),
    ),
    max_size=30,
)


def keyed(lines: list[Line]) -> Keyed:
    """Put lines into columns."""
    number, key, begins, ends, one, two = zip(*lines, strict=True) if lines else ([], [], [], [], [], [])
    words = {"one": pa.array(one, pa.string()), "two": pa.array(two, pa.string())}
    flags = (np.array(begins, np.bool_), np.array(ends, np.bool_))
    return Keyed(pa.array(key, pa.string()), np.array(number, np.int64), *flags, words)


def by_loop(lines: list[Line], window: int) -> list[tuple[str | None, str | None]]:
    """Say the same line by line."""
    known: dict[str, tuple[int, str | None, str | None]] = {}
    told = []
    for number, key, begins, ends, one, two in lines:
        before = known.pop(key, None)
        if begins or before is None or number - before[0] > window:
            before = (number, None, None)
        said = (before[1] if one is None else one, before[2] if two is None else two)
        told.append(said)
        if not ends:
            known[key] = (number, *said)
    return told


@settings(deadline=None, max_examples=200)
@given(LINES, st.lists(st.integers(0, 30), max_size=4), st.integers(3, 40))
def test_the_last_word_is_told_wherever_the_lines_are_cut(lines: list[Line], cuts: list[int], window: int) -> None:
    """Blocks of any size give what a loop over all lines gives, forgetting included."""
    at = 0
    counted = [(at := at + line[0], *line[1:]) for line in lines]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(joining, "REMEMBERED_LINES", window)
        memory, found = Memory(), []
        bounds = [0, *sorted(min(cut, len(counted)) for cut in cuts), len(counted)]
        for start, end in pairwise(bounds):
            told = memory.told(keyed(counted[start:end]))
            found += list(zip(told["one"].to_pylist(), told["two"].to_pylist(), strict=True))

    assert found == by_loop(counted, window)


def test_a_key_that_ended_or_was_silent_for_long_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory holds the open keys only, and never more than were spoken of in the last lines."""
    monkeypatch.setattr(joining, "REMEMBERED_LINES", 10)
    memory = Memory()
    ended: list[Line] = [(2, "b", True, False, "y", None), (3, "b", False, True, None, None)]
    memory.told(keyed([(1, "a", True, False, "x", None), *ended]))
    assert len(memory) == 1
    memory.told(keyed([(20, "c", True, False, "z", None)]))
    assert len(memory) == 1
