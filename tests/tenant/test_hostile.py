"""Whatever a tenant folder holds, reading it ends in a tenant or in one line for the user."""

from __future__ import annotations

import contextlib
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.errors import TenantError
from analyzer.tenant import load_tenant
from analyzer.tenant.model import Snapshot
from analyzer.tenant.settings import read_settings
from tests.tenant import renderings as r
from tests.tenant import shapes
from tests.tenant.loading import attempt

SCALARS = st.none() | st.booleans() | st.integers(-9, 10**14) | st.floats() | st.text(max_size=12)
KEYS = st.sampled_from(["Value", "value", "Address", "Domain", "Name", "Count"]) | st.text(max_size=5)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3))
LINES = st.sampled_from(
    ["Name,ConnectorType,RecipientDomains", "DomainName;DomainType", '"a,b\r\n', "x,Partner,*", "\x00"]
)


def load(data: bytes) -> None:
    """Load a folder of one file, which may be refused but in one line only."""
    refusal = ""
    with tempfile.TemporaryDirectory() as folder:
        try:
            load_tenant(r.write(Path(folder), a=data))
        except TenantError as error:
            refusal = str(error)
    assert refusal == "" or refusal.isprintable()


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(sorted(r.TENANT)), st.data())
def test_any_value_of_any_property(kind: str, data: Any) -> None:
    """A property may hold any JSON value at all."""
    properties = dict(r.TENANT[kind][0])
    for name in data.draw(st.lists(st.sampled_from(sorted(properties)), max_size=3)):
        properties[name] = data.draw(VALUES)
    load(json.dumps([properties]).encode())


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=60) | st.lists(LINES, max_size=5).map(lambda lines: "\r\n".join(lines).encode()))
def test_any_bytes(data: bytes) -> None:
    """A file may hold anything."""
    load(data)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 4000), st.sampled_from([r.json7, r.json51, r.comma, r.tab]))
def test_a_file_cut_anywhere(cut: int, render: Any) -> None:
    """A file that was cut while it was copied is refused, or is read as far as it is whole."""
    load(render(r.OUTBOUND)[:cut])


@given(
    st.dictionaries(st.sampled_from(["mx", "policy", "services", "thresholds", "onpremises", "x"]), VALUES, max_size=3)
)
def test_any_settings(tables: dict[str, Any]) -> None:
    """mailflow.toml may hold any value under any key."""
    lines = [f"{key} = {json.dumps(value)}" for key, value in tables.items()]
    with contextlib.suppress(TenantError):
        read_settings("\n".join(lines), "mailflow.toml")


def test_a_hostile_name_in_a_message(tmp_path: Path) -> None:
    """A message is one printable line whatever the object is called."""
    people = [{"PrimarySmtpAddress": "\x1b@x", "RecipientTypeDetails": "a\nb", "EmailAddresses": "System.String[]"}]
    for objects in (r.changed(r.OUTBOUND[:1], Name="a\n\x1b[31mb", ConnectorType="x\ny"), people):
        with pytest.raises(TenantError) as caught:
            load_tenant(r.write(tmp_path, a=r.json7(objects)))
        assert str(caught.value).isprintable()


@pytest.mark.parametrize("name", ["a\nb", "<script>", "\x1b[31m"])
def test_a_hostile_name_stays_a_name(tmp_path: Path, name: str) -> None:
    """A connector may be called anything; escaping is for those who print it."""
    (snapshot,) = load_tenant(r.write(tmp_path, a=r.json7(r.changed(r.OUTBOUND[:1], Name=name)))).snapshots
    assert snapshot.outbound is not None
    assert snapshot.outbound[0].name == name


EDITS = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 6), st.text(max_size=4)), min_size=1, max_size=4)
WRITTEN = {
    "clixml": shapes.clixml(r.OUTBOUND).decode("utf-16"),
    "list": shapes.format_list(r.RECEIVE, width=100).decode(),
    "configuration": shapes.dsc(r.TENANT).decode(),
}


@settings(deadline=None, max_examples=250)
@given(st.sampled_from(sorted(WRITTEN)), EDITS)
def test_any_edit_is_read_or_refused(name: str, edits: list[tuple[int, int, str]]) -> None:
    """A file that was damaged ends in a tenant or in one printable line that names the file."""
    text = WRITTEN[name]
    for position, length, new in edits:
        start = position % len(text)
        text = text[:start] + new + text[start + length :]
    found = attempt(text.encode(errors="replace"))
    if not isinstance(found, Snapshot):
        assert found.isprintable()
        assert found.startswith(("/export0.txt", ": holds no known export"))
