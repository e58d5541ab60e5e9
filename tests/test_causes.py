"""The cube: its fold counts, keeps first examples, and does not depend on how the rows were cut."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.causes import EXAMPLES, KEYS, Cube, fold, merge
from analyzer.schema import CAUSES, CODED, COUNT, TEXTS, TIME

DAY_ONE = datetime(2024, 5, 1, tzinfo=UTC)
KEY = ("verdict", "number", "policies")
SHAPE = pa.schema(
    [
        ("verdict", CODED),
        ("number", COUNT),
        ("policies", TEXTS),
        ("messages", COUNT),
        ("failed", COUNT),
        ("first_seen", TIME),
        ("last_seen", TIME),
        ("examples", TEXTS),
    ]
)


def _row(
    verdict: str | None, number: int, policies: tuple[str, ...], minute: int, failed: int, name: str | None
) -> Any:
    seen = DAY_ONE + timedelta(minutes=minute)
    examples = [name]
    return dict(zip(SHAPE.names, (verdict, number, list(policies), 1, failed, seen, seen, examples), strict=True))


def _table(rows: Sequence[Any]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=SHAPE)


ROWS = st.lists(
    st.builds(
        _row,
        st.sampled_from(("match", "unrouted", None)),
        st.integers(0, 3),
        st.sampled_from(((), ("precedence=example",), ("precedence=example", "wildcard_apex=include"))),
        st.integers(0, 3000),
        st.integers(0, 1),
        st.sampled_from((None, "<a@example.com>", "<b@example.com>", "<c@example.com>", "<d@example.com>")),
    ),
    max_size=25,
)


def _by_hand(rows: Sequence[Any]) -> list[Any]:
    """Fold in plain Python, in order of first appearance."""
    groups: dict[Any, list[Any]] = {}
    for r in rows:
        groups.setdefault((r["verdict"], r["number"], tuple(r["policies"])), []).append(r)
    return [
        {
            "verdict": verdict,
            "number": number,
            "policies": list(policies),
            "messages": len(group),
            "failed": sum(r["failed"] for r in group),
            "first_seen": min(r["first_seen"] for r in group),
            "last_seen": max(r["last_seen"] for r in group),
            "examples": list(dict.fromkeys(e for r in group for e in r["examples"] if e is not None))[:EXAMPLES],
        }
        for (verdict, number, policies), group in groups.items()
    ]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(ROWS)
def test_a_fold_adds_up_what_shares_a_key(rows: list[Any]) -> None:
    """Counts are added, times span the rows, and the first three messages that have an id are the examples."""
    assert fold(_table(rows), KEY).to_pylist() == _by_hand(rows)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(ROWS, st.integers(0, 25), st.integers(0, 25))
def test_a_fold_of_folds_is_the_fold_of_all(rows: list[Any], one: int, other: int) -> None:
    """However the rows are cut into three, and whichever two parts are folded first, the cube is the same."""
    first, second = sorted((one, other))
    parts = [fold(_table(p), KEY) for p in (rows[:first], rows[first:second], rows[second:])]

    def joined(*tables: pa.Table) -> pa.Table:
        return fold(pa.concat_tables(t.cast(SHAPE) for t in tables), KEY)

    left, right = joined(joined(*parts[:2]), parts[2]), joined(parts[0], joined(*parts[1:]))
    assert left.to_pylist() == right.to_pylist() == _by_hand(rows)


@pytest.mark.parametrize("fold_at", [1, 3, 1000])
def test_a_cube_folds_when_it_grows_and_says_the_same(fold_at: int) -> None:
    """The moment at which a growing cube is folded does not show in its table."""
    rows = [_row("match", n % 3, (), n, n % 2, f"<{n}@example.com>") for n in range(12)]
    cube = Cube(KEY)
    cube._FOLD_AT = fold_at
    for r in rows:
        cube.add(_table([r]))
    found = cube.table()
    assert found is not None
    assert found.to_pylist() == _by_hand(rows)


def test_an_empty_cube_has_no_table() -> None:
    """Where no part came there is nothing to fold."""
    assert Cube(KEY).table() is None


def test_a_message_without_an_id_is_no_example() -> None:
    """Rows without a message id are counted and give no example."""
    rows = [_row("match", 1, (), 0, 0, name) for name in (None, "<a@example.com>", None)]
    (folded,) = fold(_table(rows), KEY).to_pylist()
    assert (folded["messages"], folded["examples"]) == (3, ["<a@example.com>"])


def test_keys_that_look_alike_stay_apart() -> None:
    """A null is no empty text, and a list is more than its letters."""
    rows = [
        _row(None, 0, (), 0, 0, None),
        _row("", 0, (), 0, 0, None),
        _row("", 0, ("a", "b"), 0, 0, None),
        _row("", 0, ("ab",), 0, 0, None),
    ]
    assert fold(_table(rows), KEY).num_rows == 4


# --------------------------------------------------------------------------- finished cubes


def _cause(**changes: Any) -> dict[str, Any]:
    seen = changes.pop("seen", DAY_ONE)
    blank: dict[str, Any] = dict.fromkeys(CAUSES.arrow.names)
    plain = {
        "day": date(2024, 5, 1),
        "format": "extended",
        "verdict": "match",
        "policies": [],
        "bears_out": [],
        "missing": [],
        "contradicted": False,
        "messages": 1,
        "failed": 0,
        "first_seen": seen,
        "last_seen": seen,
        "examples": ["<a@example.com>"],
    }
    return {**blank, **plain, **changes}


def _cube(*rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=CAUSES.arrow)


def test_merged_runs_add_up() -> None:
    """Cubes of several runs merge by the same fold."""
    later = DAY_ONE + timedelta(hours=5)
    (found,) = merge(
        [
            _cube(_cause(messages=2, failed=1, examples=["<a@example.com>", "<b@example.com>"])),
            _cube(_cause(messages=3, seen=later, examples=["<c@example.com>", "<d@example.com>"])),
        ]
    ).to_pylist()
    assert (found["messages"], found["failed"]) == (5, 1)
    assert (found["first_seen"], found["last_seen"]) == (DAY_ONE, later)
    assert found["examples"] == ["<a@example.com>", "<b@example.com>", "<c@example.com>"]


@pytest.mark.parametrize("key", [k for k in KEYS if k not in {"day", "contradicted"}])
def test_every_key_keeps_causes_apart(key: str) -> None:
    """Rows that differ in any one key column stay two causes."""
    value = ["x=y"] if pa.types.is_list(CAUSES.arrow.field(key).type) else "x"
    assert merge([_cube(_cause(), _cause(**{key: value}))]).num_rows == 2


def test_days_and_contradictions_stay_apart() -> None:
    """Another day, and a row that contradicts the list, are causes of their own."""
    merged = merge([_cube(_cause(), _cause(day=date(2024, 5, 2)), _cause(contradicted=True))])
    assert merged.num_rows == 3


def test_a_merged_cube_is_sorted_whatever_the_order_of_its_parts() -> None:
    """The order of the runs does not show in the order of the causes."""
    parts = [_cube(_cause(day=date(2024, 5, d), verdict=v)) for d in (3, 1, 2) for v in ("unrouted", "match")]
    one, other = merge(parts), merge(parts[::-1])
    assert one.to_pylist() == other.to_pylist()
    assert one.column("day").to_pylist() == sorted(one.column("day").to_pylist())
    assert one.schema == CAUSES.arrow


def test_nothing_merges_to_an_empty_cube() -> None:
    """A run without rows still has every column."""
    assert merge([]).schema == CAUSES.arrow
    assert merge([CAUSES.empty()]).num_rows == 0
