"""The elements of a trace detail's Data."""

from __future__ import annotations

import re

import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from analyzer.formats.detail_data import ELEMENTS, elements

NAMES = st.sampled_from([*ELEMENTS, "customdata", "SFV", "ClientName", "IP"])
VALUES = st.text("aO' \n;=<>é&", max_size=6)
DOUBLE = st.builds('<MEP Name="{}" {}="{}"/>'.format, NAMES, st.sampled_from(["String", "Blob", "Integer "]), VALUES)
SINGLE = st.builds("<MEP name = '{}' String= '{}'/>".format, NAMES, st.text("a;=", max_size=4))
OTHER = st.sampled_from(['<MEP ... String="x"/>', '"', "'", "Name=", 'Name="CIP"', ' Name="CIP" String=', "\n"])
DATA = st.lists(DOUBLE | SINGLE | OTHER, max_size=5).map("".join)
ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&#39;": "'", "&amp;": "&"}


def expected(text: str, name: str) -> str:
    """Search one text for one element."""
    found = re.search(rf"""(?i)\bName\s*=\s*["']{name}["']\s+\w+\s*=\s*(?:"([^"]*)|'([^']*))""", text)
    value = (found[1] or found[2] or "") if found else ""
    for entity, letter in ENTITIES.items():
        value = value.replace(entity, letter)
    return value.strip()


@given(st.lists(st.tuples(DATA, st.integers(0, 200)), max_size=6))
@example([('<MEP Name="CIP" String="a"/><MEP Name="CIP" String="b"/>', 200), ('<MEP Name="CIP" String="c"/>', 20)])
@example([('<MEP Name="CIP" String=""/><MEP Name="CIP" String="b"/>', 200), ("", 0)])
def test_elements_are_found_whatever_stands_beside_them(texts: list[tuple[str, int]]) -> None:
    """The first element of a name counts, in any quotation marks, its value cut or whole (section 2)."""
    data = [text[:length] for text, length in texts]
    found = elements(pa.array(data, pa.string()))

    assert list(found) == [name.lower() for name in ELEMENTS]
    for name in ELEMENTS:
        assert found[name.lower()].to_pylist() == [expected(text, name) for text in data]
