"""Columns to classes and back: equal rows, and only they, meet."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.selection import batch
from analyzer.selection.batch import (
    Classes,
    Ledger,
    class_codes,
    class_codes_of_several,
    combined,
    distinct,
    encoded,
    spread,
)

texts = st.lists(st.sampled_from(["a", "b", "A", "", None]), max_size=20)


@given(texts, st.integers(0, 20))
def test_a_column_comes_back_from_its_values_and_positions(values: list[str | None], cut: int) -> None:
    """However a column is chunked, distinct values and positions give it back."""
    column = pa.chunked_array([pa.array(values[:cut], pa.string()), pa.array(values[cut:], pa.string())])
    found = encoded(column)

    assert found.keys(found.positions) == values
    assert found.is_null.tolist() == [value is None for value in values]


@given(texts)
def test_a_value_is_reduced_once(values: list[str | None]) -> None:
    """The reduction runs once per distinct value, and rows of one class share its number."""
    asked: list[str | None] = []

    def reduce(value: str | None) -> str:
        asked.append(value)
        return (value or "").lower()

    classes: Classes[str | None, str] = Classes(reduce)
    codes = class_codes(classes, pa.array(values, pa.string()))

    assert [classes.classes[c] for c in codes] == [(v or "").lower() for v in values]
    assert len(asked) == len(set(asked))
    assert len(set(classes.classes)) == len(classes.classes)


def test_forgotten_values_keep_their_class(monkeypatch: pytest.MonkeyPatch) -> None:
    """The memory of values is bounded: what it forgets is reduced again, to the number that it had."""
    monkeypatch.setattr(batch, "_REMEMBERED_VALUES", 2)
    asked: list[str | None] = []

    def reduce(value: str | None) -> str:
        asked.append(value)
        return (value or "").lower()

    classes: Classes[str | None, str] = Classes(reduce)
    columns = [pa.array(values, pa.string()) for values in (["a", "A"], ["b"], ["b"], ["a"])]
    codes = [class_codes(classes, column).tolist() for column in columns]

    assert codes == [[0, 0], [2], [2], [0]]  # 1 is the class of null
    assert classes.classes == ["a", "", "b"]
    assert asked.count("a") == 2


@given(st.lists(st.tuples(st.sampled_from(["a", "b", None]), st.sampled_from(["a", "b", None])), max_size=20))
def test_a_class_may_rest_on_several_columns(rows: list[tuple[str | None, str | None]]) -> None:
    """Each row gets the class of its own combination of values, also where whole columns are null."""
    classes: Classes[tuple[str | None, ...], tuple[str | None, ...]] = Classes(lambda key: key)
    columns = [pa.array([row[i] for row in rows], pa.string()) for i in range(2)]

    assert [classes.classes[c] for c in class_codes_of_several(classes, columns)] == rows


@given(st.lists(st.tuples(*[st.sampled_from((0, 1, 2**21 - 1))] * 4), min_size=1, max_size=12))
def test_combined_keys_are_equal_exactly_where_rows_are(rows: list[tuple[int, ...]]) -> None:
    """No number of classes makes two different rows collide, not even beyond 64 bits."""
    keys = combined([np.array(part, np.int64) for part in zip(*rows, strict=True)])

    assert all((keys[i] == keys[j]) == (rows[i] == rows[j]) for i in range(len(rows)) for j in range(len(rows)))


@given(st.lists(st.integers(0, 5), max_size=30))
def test_distinct_keys_lead_to_their_first_row(keys: list[int]) -> None:
    """Every row is found again through the first row of its key."""
    first, inverse = distinct(np.array(keys, np.int64))

    assert [keys[first[i]] for i in inverse] == keys
    assert sorted(first) == sorted({keys.index(k) for k in keys})


@given(st.lists(st.integers(0, 9), min_size=1, max_size=30))
def test_many_keys_are_told_apart_by_their_order_as_few_are_by_a_table(keys: list[int]) -> None:
    """Beyond some number of keys they are sorted; the answer is the same."""
    few = distinct(np.array(keys, np.int64))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch, "_HASHED_KEYS", 0)
        many = distinct(np.array(keys, np.int64))

    assert [codes.tolist() for codes in many] == [codes.tolist() for codes in few]


def test_no_rows_are_no_trouble() -> None:
    """An empty batch has no keys."""
    assert combined([]).tolist() == []
    assert distinct(np.zeros(0, np.int64))[0].tolist() == []


@pytest.mark.parametrize("order", [("x", "y", "x"), ("y", "x", "x")])
def test_a_ledger_column_does_not_depend_on_who_came_first(order: tuple[str, ...]) -> None:
    """The same rows give the same dictionary, in whatever order results were numbered."""
    ledger: Ledger[str] = Ledger({"upper": str.upper, "pair": lambda t: (t, t), "none": lambda _: None})
    for result in order:
        ledger.number(result)
    rows = np.array([ledger.number("y"), ledger.number("x"), ledger.number("y")])

    assert ledger.column("upper", rows).to_pylist() == ["Y", "X", "Y"]
    assert ledger.column("upper", rows).dictionary.to_pylist() == ["X", "Y"]
    assert ledger.column("pair", rows).to_pylist() == [["y", "y"], ["x", "x"], ["y", "y"]]
    assert ledger.column("none", rows).to_pylist() == [None, None, None]


@given(st.lists(st.sampled_from(["x", "y", "", "z"]), min_size=1, max_size=12))
def test_a_ledger_column_holds_what_each_result_shows(results: list[str]) -> None:
    """Text, lists and nulls are read from a result once and found again in each of its rows."""
    reads: dict[str, Callable[[str], str | tuple[str, ...] | None]] = {
        "text": lambda t: t,
        "none": lambda t: t or None,
        "list": lambda t: (t, t),
    }
    ledger: Ledger[str] = Ledger(reads)
    rows = np.array([ledger.number(result) for result in results], np.int64)

    assert len(ledger.results) == len(set(results))
    for name, read in reads.items():
        shown = [list(value) if isinstance(value := read(r), tuple) else value for r in results]
        assert ledger.column(name, rows).to_pylist() == shown


@given(
    st.one_of(
        st.lists(st.sampled_from(["a", "b", None]), min_size=1, max_size=6).map(
            lambda values: pa.array(values, pa.string()).dictionary_encode()
        ),
        st.lists(st.lists(st.sampled_from("ab"), max_size=3), min_size=1, max_size=6).map(
            lambda values: pa.array(values, pa.list_(pa.string()))
        ),
    ),
    st.lists(st.integers(0, 5), max_size=20),
)
def test_a_short_column_is_spread_over_rows_as_arrow_takes_them(column: pa.Array, rows: list[int]) -> None:
    """Text, nulls and lists come out as by Arrow's own take, only faster."""
    places = np.array([row % len(column) for row in rows], np.int64)
    found = spread(column, places)
    found.validate(full=True)

    assert found.to_pylist() == column.take(pa.array(places)).to_pylist()
    assert found.type == column.type
