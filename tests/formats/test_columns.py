"""Text columns taken apart and put together by the places of their bytes."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.formats.columns import among, behind, message_ids

TEXT = st.text(max_size=5)


@given(st.lists(TEXT | st.none()))
def test_what_some_rows_say_stands_among_all(cells: list[str | None]) -> None:
    """Rows that say something say the same among all rows; every other row is blank."""
    rows = [place for place, cell in enumerate(cells) if cell is not None and place % 2]
    said = pa.array([cells[place] for place in rows], pa.string())
    found = among(said, np.array(rows, np.int64), len(cells))

    found.validate(full=True)
    assert found.to_pylist() == [cell if place in rows else "" for place, cell in enumerate(cells)]


def test_null_is_blank_among_the_others() -> None:
    """A row that is null where it comes from is blank among the others."""
    assert among(pa.array(["a", None, "b"]), np.array([0, 2, 3]), 5).to_pylist() == ["a", "", "", "b", ""]


@given(st.lists(st.tuples(TEXT, TEXT)), st.integers(0, 2))
def test_what_stands_behind_a_head(cells: list[tuple[str, str]], skipped: int) -> None:
    """The head of each text is taken off, also where the column begins inside its buffer."""
    whole = pa.array(["".join(cell) for cell in cells], pa.string())[skipped:]
    heads = pa.array([head for head, _ in cells], pa.string())[skipped:]

    assert behind(whole, heads).to_pylist() == [rest for _, rest in cells[skipped:]]


HEX = "f3bf1e5865ff433b81bea0ca6967424f"
DASHED = "f3bf1e58-65ff-433b-81be-a0ca6967424f"


@pytest.mark.parametrize("others", [[], [DASHED], ["of no use"], [""], [HEX[:-1] + "g"]])
def test_ids_get_their_dashes_whatever_stands_beside_them(others: list[str]) -> None:
    """An id without dashes gets them, in one step where all are such and one by one where they are not (section 3a)."""
    found = message_ids(pa.array([HEX.upper(), *others, HEX]))

    assert found.to_pylist() == [DASHED, *(other or None for other in others), DASHED]
