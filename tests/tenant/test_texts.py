"""A file as UTF-8 block by block, and a JSON text value by value: wherever a block ends."""

from __future__ import annotations

import io
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.tenant import texts
from analyzer.tenant.files import decode
from analyzer.tenant.texts import JsonText, Utf8File

SMALL = settings(deadline=None)
CONTENT = st.lists(st.sampled_from(["a", "\n", "é", "€", "𝄞", "\r\n", " "]), max_size=30).map("".join)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@SMALL
@given(CONTENT, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]), st.integers(1, 9))
def test_blocks_do_not_show_in_a_text(content: str, encoding: str, block: int) -> None:
    """A file read in blocks of any size is the file decoded whole."""
    raw = content.encode(encoding, "replace")
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        file = Path(folder) / "text"
        file.write_bytes(raw)
        patch.setattr(texts, "_BLOCK", block)
        with Utf8File(file) as stream:
            assert stream.read() == decode(raw)


@SMALL
@given(st.lists(VALUES, max_size=6), st.integers(1, 12), st.sampled_from([None, 2]))
def test_blocks_do_not_show_in_a_list(values: list[Any], block: int, indent: int | None) -> None:
    """The values of a list come one by one, whatever of the text is ahead."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(texts, "_BLOCK", block)
        patch.setattr(texts, "_TOKEN", 40)
        assert list(JsonText(io.StringIO(json.dumps(values, indent=indent))).values()) == values


BROKEN = [
    ("[1, 2", 1, "Expecting ]"),
    ('[{"a": 1},\n{"b" 2}]', 2, "Expecting ':' delimiter"),
    ('[{"a": 1}] x', 1, "Expecting the end"),
    ('[\n"a', 2, "Unterminated string starting at"),
    ("", 1, "Expecting value"),
]


@pytest.mark.parametrize("block", [1, 5, 1 << 20])
@pytest.mark.parametrize("content, line, message", BROKEN)
def test_a_broken_text_is_told_by_its_line(
    monkeypatch: pytest.MonkeyPatch, content: str, line: int, message: str, block: int
) -> None:
    """The line of the mistake is that of the file, not of the block."""
    monkeypatch.setattr(texts, "_BLOCK", block)
    text = JsonText(io.StringIO(content))
    with pytest.raises(json.JSONDecodeError) as caught:
        list(text.values())
    assert (text.line(caught.value), caught.value.msg) == (line, message)


def test_a_mistake_early_in_a_long_text_is_told_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest of the text is not read to find that it does not mend the mistake."""
    monkeypatch.setattr(texts, "_BLOCK", 100)
    source = io.StringIO("[{'a': 1}, " + " " * 100_000 + "]")
    with pytest.raises(json.JSONDecodeError):
        list(JsonText(source).values())
    assert source.tell() <= 200
