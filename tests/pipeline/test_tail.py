"""Rare names are counted together: bounded, the same however the input is cut, with every message counted."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import analyzer
from analyzer.causes import EXAMPLES, OTHER, Cube, fold
from analyzer.pipeline import tail
from analyzer.pipeline.tail import Tail
from analyzer.schema import CODED, TIME
from analyzer.tenant.model import Snapshot, Tenant
from tests.builders import accepted, outbound, tenant
from tests.pipeline.traces import trace, write

KEYS = ("verdict", "recipient_domain", "source")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SHAPE = pa.schema(
    [
        *((name, CODED) for name in KEYS),
        ("messages", pa.int64()),
        ("failed", pa.int64()),
        ("first_seen", TIME),
        ("last_seen", TIME),
        ("examples", pa.list_(pa.string())),
    ]
)
ROWS = st.lists(
    st.tuples(
        st.sampled_from(("match", "mismatch")),
        st.sampled_from((None, *(f"d{n}.example.com" for n in range(6)), "a.contoso.com", "b.contoso.com")),
        st.sampled_from((None, "192.0.2.1", "192.0.2.2", "192.0.2.3")),
    ),
    min_size=1,
    max_size=40,
)
Row = tuple[str, str | None, str | None]


def _part(rows: list[Row]) -> pa.Table:
    """A part of the cube, one message a row."""
    records = [
        dict(zip(SHAPE.names, (*row, 1, 0, NOON, NOON, [f"<{row[1]}@example.com>"]), strict=True)) for row in rows
    ]
    return fold(pa.Table.from_pylist(records, schema=SHAPE), KEYS)


def _cube(parts: list[list[Row]], most: int) -> dict[Row, int]:
    """The counts of a cube whose tail is folded."""
    cut, cube = Tail(tenant(accepted=accepted("contoso.com")), {"recipient_domain": most, "source": 2}), Cube(KEYS)
    for part in map(_part, filter(None, parts)):
        cube.add(cut.folded(part, part.column("verdict").combine_chunks()))
    table = cube.table()
    assert table is not None
    assert max(map(len, table.column("examples").to_pylist())) <= EXAMPLES
    assert cut.messages["recipient_domain"] == sum(
        r["messages"] for r in table.to_pylist() if r["recipient_domain"] == OTHER
    )
    return {tuple(r[k] for k in KEYS): r["messages"] for r in table.to_pylist()}


def _by_hand(rows: list[Row], most: int) -> Counter[Row]:
    """The same in plain Python, row by row."""
    domains: dict[Any, set[str]] = {}
    sources: dict[Any, set[str]] = {}

    def kept(name: str | None, seen: set[str], limit: int) -> str | None:
        if name is not None and len(seen) < limit:
            seen.add(name)
        return name if name is None or name in seen else OTHER

    found: Counter[Row] = Counter()
    for verdict, domain, source in rows:
        kind = verdict, bool(domain and domain.endswith("contoso.com"))
        one = kept(domain, domains.setdefault(kind, set()), most)
        found[verdict, one, kept(source, sources.setdefault(verdict, set()), 2)] += 1
    return found


@settings(max_examples=100, deadline=None, derandomize=True)
@given(ROWS, st.integers(1, 4), st.integers(0, 40), st.integers(0, 40))
def test_the_tail_is_that_of_the_rows_one_by_one(rows: list[Row], most: int, one: int, other: int) -> None:
    """Wherever the rows are cut into parts, the first names of each verdict stay, and no message is lost."""
    first, second = sorted((one, other))

    found = _cube([rows[:first], rows[first:second], rows[second:]], most)

    assert found == _by_hand(rows, most)
    assert sum(found.values()) == len(rows)


def test_foreign_domains_cannot_push_out_those_of_the_configuration() -> None:
    """A domain that the configuration names, or one below it, keeps its row however many others came before."""
    held = Tenant((Snapshot(outbound=(outbound("Lane", "*.fabrikam.com"),), accepted=accepted("contoso.com")),))
    domains = ["one.example", "two.example", "mail.fabrikam.com", "sales.contoso.com", "three.example"]
    part = _part([("match", domain, None) for domain in domains])

    folded = Tail(held, {"recipient_domain": 2}).folded(part, part.column("verdict").combine_chunks())

    assert folded.column("recipient_domain").to_pylist() == [*domains[:4], OTHER]


def test_a_run_tells_what_it_counts_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run record, terminal and page say so; counts, books and rows are whole; one worker gives what three do."""
    monkeypatch.setattr(tail, "KEPT", {"recipient_domain": 3, "source": 2})
    log = write(
        tmp_path / "trace.csv",
        (trace(n, RecipientAddress=f"a@d{n % 9}.example.com", SenderAddress="ann@contoso.com") for n in range(45)),
    )
    held = tenant(accepted=accepted("contoso.com"))

    reports = [analyzer.analyze([log], held, out=tmp_path / f"{n}", workers=n) for n in (1, 3)]

    run = json.loads((tmp_path / "3" / "run.json").read_text("utf-8"))
    (note,) = [n for n in run["completeness"]["notes"] if OTHER in n]
    domains = reports[0].summary("recipient_domains")
    assert run["completeness"]["folded"] == {"recipient_domain": 30, "source": 0}
    assert note.startswith("30 messages count under (other) among recipient domains: the first 3")
    assert "30 messages count under (other)" in reports[0].text()
    assert note in (tmp_path / "1" / "report.html").read_text("utf-8")
    assert dict(zip(domains["recipient_domain"], domains["messages"], strict=True))[OTHER] == 30
    assert domains["messages"].sum() == run["books"]["verdict_rows"] == 45
    assert reports[0].causes.equals(reports[1].causes)
    assert len(pq.read_table(tmp_path / "1" / "messages").column("recipient_domain").unique().dictionary) == 9


def test_the_bound_is_generous() -> None:
    """Organizations of every usual size see each of their domains: only extremes are folded."""
    assert tail.KEPT["recipient_domain"] >= 10_000
    assert tail.KEPT["source"] >= 1_000
