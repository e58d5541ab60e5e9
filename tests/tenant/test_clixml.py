"""Export-Clixml: the same values however it is written; what is cut or malformed is refused."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.errors import TenantError
from analyzer.tenant.clixml import read_clixml
from analyzer.tenant.model import Snapshot
from tests.tenant import renderings as r
from tests.tenant import shapes
from tests.tenant.expected import EXPECTED
from tests.tenant.loading import attempt, load

CLIXML = shapes.clixml(r.OUTBOUND).decode("utf-16")
BROKEN_CLIXML = [
    (CLIXML.replace('<DT N="WhenChangedUTC">2025-03', '<DT N="WhenChangedUTC">2025-13'),
     "object 1 (Connector 1): WhenChangedUTC: '2025-13-24T07:15:02.0000000Z' is no date"),
    (CLIXML.replace("*.Contoso.com</S>", "System.Object[]</S>"),
     "object 2 (Connector 3): RecipientDomains: 'System.Object[]' stands in the place"),
    (CLIXML.replace('<B N="Enabled">true', '<B N="Enabled">yes'), "line 2: 'yes' in <B>, which is true or false"),
    (CLIXML.replace("</Objs>", '<Ref RefId="4711" /></Objs>'), "a reference to '4711', which the file does not hold"),
    (CLIXML.replace("</Objs>", ""), "broken XML (no element found)"),
    (CLIXML.replace("</Props>", ""), "broken XML (mismatched tag)"),
    (CLIXML.replace("Connector 1", "Connector &one;"), "broken XML (undefined entity)"),
    ("<?xml version='1.0'?><list><Objs /></list>", "<list> where Export-Clixml writes <Objs>"),
]  # fmt: skip


@pytest.mark.parametrize("text, expected", BROKEN_CLIXML, ids=range(len(BROKEN_CLIXML)))
def test_a_broken_clixml_is_named(tmp_path: Path, text: str, expected: str) -> None:
    """What Export-Clixml did not write is refused, with its line or its object and property."""
    with pytest.raises(TenantError) as caught:
        load(r.write(tmp_path, a=text.encode()))
    assert expected in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "export0.txt"))


SAME = [
    ("LST>", "IE>"), ("LST>", "STK>"), ("LST>", "QUE>"), ("Props>", "MS>"), ("<Nil ", "\n<!-- none --><Nil "),
    ("<Props>", "<Props>\r\n  <?pi x?>"), ("true</B>", "<![CDATA[true]]></B>"),
    ('<S N="TlsDomain">*.contoso.com</S>', '<Version N="TlsDomain">*.contoso.com</Version>'),
    ("Contoso", "_x0043_ontoso"), ("<Objs", "<?xml version='1.0' encoding='utf-16'?>\n<Objs"),
    ("<ToString>Connector 1", "<Ref N='Parent' RefId='0'/><ToString>Connector 1"),
]  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(st.sets(st.sampled_from(SAME)), st.sampled_from(["utf-8", "utf-16", "utf-16-be", "utf-8-sig"]))
def test_clixml_written_otherwise_is_the_same(changes: set[tuple[str, str]], encoding: str) -> None:
    """Other containers, types, comments, escapes and encodings change no value."""
    text = CLIXML
    for old, new in changes:
        text = text.replace(old, new)
    found = attempt(text.encode(encoding))
    assert isinstance(found, Snapshot), found
    assert found.outbound == EXPECTED.outbound


@settings(deadline=None, max_examples=80)
@given(st.data())
def test_a_clixml_that_was_cut_is_refused(data: Any) -> None:
    """However much of the file is missing at its end, it is never taken for the whole."""
    cut = data.draw(st.integers(1, len(CLIXML) - 1))
    with pytest.raises(TenantError):
        list(read_clixml(io.BytesIO(CLIXML[:cut].encode()), "x"))


def test_what_the_shell_escapes(tmp_path: Path) -> None:
    """Control characters, characters beyond U+FFFF and what looks like an escape come back as they were."""
    name = "a_x0041_b\tc \U0001f600"
    halves = name.encode("utf-16-be")[-4:].hex().upper()
    text = shapes.clixml(r.changed(r.OUTBOUND[:1], Name=name)).decode("utf-16")
    text = text.replace("\U0001f600", f"_x{halves[:4]}__x{halves[4:]}_")
    snapshot = load(r.write(tmp_path, a=text.encode()))
    assert snapshot.outbound is not None
    assert snapshot.outbound[0].name == name


def test_objects_below_a_name_of_their_own(tmp_path: Path) -> None:
    """A hashtable of several exports, and a list as one object, hold the same objects."""
    inner = CLIXML[CLIXML.index("<Obj ") : CLIXML.rindex("</Objs>")]
    table = (
        f'<Objs><Obj RefId="x"><DCT><En><S N="Key">Out</S><Obj N="Value" RefId="y"><LST>{inner}</LST></Obj></En></DCT>'
    )
    for text in (f"{table}</Obj></Objs>", f'<Objs><Obj RefId="x"><LST>{inner}</LST></Obj></Objs>'):
        assert load(r.write(tmp_path, a=text.encode())).outbound == EXPECTED.outbound
