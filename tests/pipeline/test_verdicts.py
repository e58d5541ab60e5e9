"""Columns worked out on distinct values say the same as the scalar definitions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.addresses import domain_of
from analyzer.compare import Judgement, SideJudgement, Verdict
from analyzer.formats.columns import message_ids
from analyzer.pipeline.engine import Engine, Result
from analyzer.pipeline.verdicts import _domains, expanded
from analyzer.schema import CAUSES, CODED, TIME
from tests.builders import tenant

PLAIN = "41f8b3d60e9c4a72a5d808dd6a11fa05"
DASHED = "41f8b3d6-0e9c-4a72-a5d8-08dd6a11fa05"
PIECES = st.sampled_from(["a", "B", "@", ".", "com", "Contoso.com", "<", ">", " ", "é", "<>", ""])
ADDRESSES = st.one_of(st.none(), st.lists(PIECES, max_size=6).map("".join))


@settings(max_examples=200, deadline=None)
@given(st.lists(ADDRESSES, max_size=12))
def test_domains_of_a_column_are_those_of_its_addresses(addresses: list[str | None]) -> None:
    """Whatever stands in the cells, the column's domains equal `domain_of`, with nothing where there is none."""
    column = pa.chunked_array([pa.array(addresses, pa.string()).dictionary_encode().cast(CODED)])

    assert _domains(column).to_pylist() == [None if a is None else domain_of(a) or None for a in addresses]


def test_network_ids_get_dashes_wherever_they_lack_them() -> None:
    """32 hexadecimal digits are dashed and lowered, in a column of nothing else and in a mixed one alike."""
    assert message_ids(pa.array([PLAIN, PLAIN.upper()])).to_pylist() == [DASHED, DASHED]
    assert message_ids(pa.array([PLAIN, DASHED, "odd"])).to_pylist() == [DASHED, DASHED, "odd"]


def test_results_that_show_the_same_are_one_cause() -> None:
    """What no column of the cube shows tells no causes apart, and their messages add up; all else does."""
    engine, noon = Engine(tenant()), datetime(2026, 3, 2, 12, tzinfo=UTC)
    plain = Judgement(None, None, SideJudgement(), SideJudgement(), Verdict.NO_EVIDENCE, "no-evidence", (), ())
    results = [plain, replace(plain, keep_source=True), replace(plain, contradicted=True)]
    cube = pa.table(
        {
            "day": pa.array([date(2026, 3, 2)] * 3),
            "format": ["message-trace"] * 3,
            "result": [engine.ledger.number(Result(result, "undated")) for result in results],
            "recipient_domain": ["contoso.com"] * 3,
            "source": pa.nulls(3, pa.string()),
            "messages": [1, 2, 4],
            "failed": [0, 1, 0],
            **dict.fromkeys(("first_seen", "last_seen"), pa.array([noon] * 3, TIME)),
            "examples": [["<1>"], ["<2>"], ["<3>"]],
        }
    )

    causes = expanded(cube, engine)

    assert causes.schema == CAUSES.arrow
    assert causes.select(["contradicted", "messages", "failed", "examples", "verdict"]).to_pylist() == [
        {"contradicted": False, "messages": 3, "failed": 1, "examples": ["<1>", "<2>"], "verdict": "no_evidence"},
        {"contradicted": True, "messages": 4, "failed": 0, "examples": ["<3>"], "verdict": "no_evidence"},
    ]
