"""Keys of rows, and the register that knows which were there before."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analyzer.hashing import text_hashes
from analyzer.pipeline import register as module
from analyzer.pipeline.identity import Keys
from analyzer.pipeline.register import Register, in_order

Row = tuple[int, int, int, int]  # hash, time, status, input
TEXTS = st.lists(st.text(max_size=20) | st.sampled_from(["x" * 36, "y" * 36, "z" * 512, "z" * 513]), max_size=8)


@settings(max_examples=200, deadline=None)
@given(TEXTS)
@example(["", "\x01", "a\0", "a", "\0"])
def test_a_text_has_one_hash_in_any_company(texts: list[str]) -> None:
    """The hash of a text depends on nothing but the text, and different texts have different ones."""
    together = text_hashes(pa.array(texts, pa.string())).tolist()

    assert together == [int(text_hashes(pa.array([t]))[0]) for t in texts]
    assert len(set(together)) == len(set(texts))


def keys(rows: Sequence[Row]) -> tuple[Keys, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Put rows into keys, and the numbers of their inputs."""
    columns = [[row[place] for row in rows] for place in range(4)]
    known = np.ones(len(rows), np.bool_)
    hashes, status = np.array(columns[0], np.uint64), np.array(columns[2], np.uint64)
    return Keys(hashes, np.array(columns[1], np.int64), status, known), np.array(columns[3], np.int64)


def entered(chunks: Sequence[Sequence[Row]], *, repeats: bool) -> tuple[list[bool], list[bool]]:
    """Enter chunks one after the other: which rows repeat an earlier one, which of them differ in status."""
    register, repeated, differing = Register(), [], []
    for chunk in chunks:
        of_chunk, inputs = keys(chunk)
        again, other = register.enter(in_order(of_chunk, inputs, repeats=repeats))
        repeated += again.tolist()
        differing += other.tolist()
    register.close()
    return repeated, differing


# Few values, so that rows repeat; hashes that share their word in the filter, and times that share a hash.
HASHES = st.sampled_from([0, 1, 2, 1 << 43, (1 << 43) + 1, (1 << 64) - 1])
ROWS = st.tuples(HASHES, st.integers(0, 3).map(lambda t: t * 1_000_000), st.integers(0, 1), st.just(0))
CHUNKS = st.lists(st.lists(ROWS, max_size=8), max_size=6)


@settings(max_examples=300, deadline=None)
@given(CHUNKS)
def test_the_register_knows_what_a_set_knows(chunks: list[list[Row]]) -> None:
    """Over any cut into chunks, the first row of each time and hash stays and all later ones are known."""
    # Two different rows never share a hash: the hash here is that of the time as well.
    told = [[((h + t) % (1 << 64), t, s, i) for h, t, s, i in chunk] for chunk in chunks]
    first: dict[tuple[int, int], int] = {}
    expected = []
    for h, t, s, _ in (row for chunk in told for row in chunk):
        expected.append(((h, t) in first, first.setdefault((h, t), s) != s))

    repeated, differing = entered(told, repeats=False)
    assert list(zip(repeated, differing, strict=True)) == expected


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(st.tuples(HASHES, st.just(0), st.just(0), st.integers(0, 2)), max_size=6), max_size=5))
def test_like_lines_of_one_server_log_stay(chunks: list[list[Row]]) -> None:
    """Where a format repeats, a row is known only if another input held it before."""
    ordered = sorted((row for chunk in chunks for row in chunk), key=lambda row: row[3])
    cut = [ordered[at : at + 4] for at in range(0, len(ordered), 4)]
    first: dict[int, int] = {}
    expected = [first.setdefault(h, i) != i for h, _, _, i in ordered]

    assert entered(cut, repeats=True)[0] == expected


def test_a_full_filter_costs_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a filter so small that every key looks known, the runs still tell new from old."""
    monkeypatch.setattr(module, "_WORDS", 1)
    spread = [int(h) for h in text_hashes(pa.array([str(n) for n in range(400)]))]
    chunks = [[(h, n, 0, 0) for n, h in enumerate(spread)][at : at + 50] for at in range(0, 400, 50)]

    assert sum(entered(chunks, repeats=False)[0]) == 0
    assert sum(entered([*chunks, *chunks[:2]], repeats=False)[0]) == 100
