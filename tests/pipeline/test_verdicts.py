"""Columns worked out on distinct values say the same as the scalar definitions."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.addresses import domain_of
from analyzer.formats.columns import message_ids
from analyzer.pipeline.verdicts import _domains
from analyzer.schema import CODED

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
