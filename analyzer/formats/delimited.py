"""The grammar of delimited text as a regular expression, which is its definition.

A cell is quoted only if a quotation mark opens it; elsewhere the mark is an ordinary character; text after the
closing mark is kept. pyarrow reads alike. `analyzer.formats.marks` has the same as array arithmetic.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from analyzer.formats.chunk import RECORD_LIMIT


@dataclass(frozen=True, slots=True)
class Grammar:
    """Records of `width` cells between delimiters."""

    delimiter: str
    width: int
    _cell: re.Pattern[bytes] = field(init=False, repr=False)
    _record: re.Pattern[bytes] = field(init=False, repr=False)
    _final: re.Pattern[bytes] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Compile the expressions; possessive, so that no text makes them slow."""
        mark = re.escape(self.delimiter).encode()
        plain = rb"[^" + mark + rb"\r\n]*+"
        cell = rb'(?:"[^"]*+(?:""[^"]*+)*+"' + plain + rb'|(?!")' + plain + rb")"
        row = cell + rb"(?:" + mark + cell + rb")*+"
        object.__setattr__(self, "_cell", re.compile(rb"(" + cell + rb")(?:" + mark + rb"|[\r\n]*\Z)"))
        object.__setattr__(self, "_record", re.compile(row + rb"(?:\r\n|\r|\n)"))
        object.__setattr__(self, "_final", re.compile(row + rb"\Z"))

    def record_end(self, data: bytes, start: int) -> int | None:
        """Give the end of the record that starts here; None where it has none within the limit."""
        match = self._record.match(data, start, start + RECORD_LIMIT)
        return match.end() if match else None

    def ends_file(self, data: bytes, start: int) -> bool:
        """Whether what starts here is a whole record up to the end, without a line end."""
        return self._final.match(data, start) is not None

    def cells(self, record: bytes) -> list[str]:
        """Split a record into its cells; an unclosed cell counts as one, as it stands."""
        found, at = [], 0
        while match := self._cell.match(record, at):
            found.append(_unquoted(match[1]))
            if match.end() == match.end(1) or (match.end() == len(record) and record[match.end() - 1] in b"\r\n"):
                return found
            at = match.end()
        return [*found, record[at:].decode("utf-8", "replace")]


def _unquoted(cell: bytes) -> str:
    """Take the marks off a cell."""
    text = cell.decode("utf-8", "replace")
    if not text.startswith('"'):
        return text
    end = re.match(r'"(?:[^"]|"")*+', text)
    assert end
    return text[1 : end.end()].replace('""', '"') + text[end.end() + 1 :]
