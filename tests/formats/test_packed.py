"""Recipients packed into one cell."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from analyzer.formats.base import Recipients
from analyzer.formats.packed import split_lists, split_recipients

REGULAR = "a@contoso.com##Receive, Deliver"
CELLS = [
    (REGULAR, [("a@contoso.com", "Receive, Deliver")]),
    ("a@x.example##Receive, Send;b@x.example##Fail", [("a@x.example", "Receive, Send"), ("b@x.example", "Fail")]),
    ("a@x.example##", [("a@x.example", "")]),
    ("a@x.example", [("a@x.example", "")]),
    ("a@x.example##Send; b@x.example##Fail;", [("a@x.example", "Send"), ("b@x.example", "Fail")]),
    (
        "a@x.example##Fail [{LED=550};{MSG=}];b@x.example##Send",
        [("a@x.example", "Fail [{LED=550};{MSG=}]"), ("b@x.example", "Send")],
    ),
    ("a#b@x.example##Send", [("a#b@x.example", "Send")]),
    ("a@x.example##Send ## twice", [("a@x.example", "Send ## twice")]),
    ("a@x.example##Send #1", [("a@x.example", "Send #1")]),
    ("größe@x.example##Send;b@x.example##Fail", [("größe@x.example", "Send"), ("b@x.example", "Fail")]),
    ("", []),
    (";", []),
    ("##Send", []),
]


def listed(found: Recipients, rows: int) -> list[list[tuple[str, str]]]:
    """Give the recipients of each row."""
    parent = range(rows) if found.parent is None else found.parent.tolist()
    result: list[list[tuple[str, str]]] = [[] for _ in range(rows)]
    assert list(parent) == sorted(parent)
    assert found.status is not None
    for row, address, status in zip(parent, found.address.to_pylist(), found.status.to_pylist(), strict=True):
        result[row].append((address, status))
    return result


@pytest.mark.parametrize("cell, expected", CELLS)
def test_a_cell_is_taken_apart_among_regular_ones(cell: str, expected: list[tuple[str, str]]) -> None:
    """Odd cells are read forgivingly and regular neighbours stay as they are."""
    column = pa.array([REGULAR, cell, REGULAR])

    assert listed(split_recipients(column), 3) == [CELLS[0][1], expected, CELLS[0][1]]


@example(
    [("a@x.example", [("a@x.example", "")]), ("a@x.example##Send ## twice", [("a@x.example", "Send ## twice")])], 0
)
@given(st.lists(st.sampled_from(CELLS), max_size=12), st.integers(0, 3))
def test_any_mixture_gives_each_cell_its_own(cells: list[tuple[str, list[tuple[str, str]]]], start: int) -> None:
    """A column gives what its cells give one by one, sliced or not."""
    column = pa.array([cell for cell, _ in cells], pa.string()).slice(start)

    assert listed(split_recipients(column), len(column)) == [expected for _, expected in cells[start:]]


def test_lists_leave_out_blank_places() -> None:
    """A list of addresses is split at its semicolons, without the empty places."""
    found = split_lists(pa.array(["a@x.example;b@x.example", "", ";c@x.example;"]))

    assert found.address.to_pylist() == ["a@x.example", "b@x.example", "c@x.example"]
    assert found.parent is not None
    assert found.parent.tolist() == [0, 0, 2]
