"""What Format-List prints -> objects: `Name : value`, wrapped where the console ended.

PowerShell wraps at blanks in some cultures and in the middle of a word in others. Within `{a, b}` both
can be undone. Elsewhere a line that is full to the edge does not tell whether a blank stood there: such a
value is marked as cut, and is refused by name if it is ever read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from analyzer.errors import TenantError
from analyzer.tenant.values import shown

_LABEL = re.compile(r"(?P<name>[A-Za-z_][\w.-]*) +(?P<colon>:)(?: .*)?")
_PROMPT = re.compile(r"(\[?PS\]? .*>|>>)")
_LINE = re.compile(r"\r\n|\n|\r")
_HEAD_LINES = 40
_CUT = "\u2026"
_ADVICE = "set $FormatEnumerationLimit = -1 and write it with Out-File -Width 4096, or export it with ConvertTo-Json"


def is_format_list(head: str) -> bool:
    """Tell whether a text begins as Format-List does: two names with their colons one below the other."""
    lines = [line for line in _LINE.split(head)[:_HEAD_LINES] if line.strip() and not _PROMPT.match(line)]
    if len(lines) < 2 or (first := _LABEL.fullmatch(lines[0])) is None:
        return False
    colon = first.start("colon")
    second = _LABEL.fullmatch(lines[1])
    return second.start("colon") == colon if second else lines[1].startswith(" " * (colon + 2))


@dataclass(slots=True)
class _Property:
    """One property of an object: its lines, without the margin; `full` tells of each whether it reaches the edge."""

    name: str
    number: int
    margin: int
    lines: list[str] = field(default_factory=list)
    full: list[bool] = field(default_factory=list)


def read_format_list(text: str, where: str) -> Iterator[Mapping[str, object]]:
    """Walk the objects of a Format-List text.

    Raises:
        TenantError: a line that is no property, a property twice in an object, or a file that was cut.
    """
    lines = _LINE.split(text)
    edge = max((_width(line) for line in lines if line[:1] == " " or _LABEL.fullmatch(line)), default=0)
    before: list[str] = []
    for found in _blocks(lines, where, edge):
        names = [item.name.lower() for item in found]
        if len(names) < len(before) and before[: len(names)] == names:
            line = f"{where}: line {found[-1].number}"
            raise TenantError(line, "the object ends before its last properties", f"the whole output; {_ADVICE}")
        before = names
        yield {item.name: _value(item, where) for item in found}


def _blocks(lines: list[str], where: str, edge: int) -> Iterator[list[_Property]]:
    """Part the lines into objects: a name at the margin after an empty line begins the next.

    A line of nothing but the margin is an empty line of the value above, such as a rule's Description
    ends with; it parts two objects only where a name would stand twice, as in text padded with blanks.
    """
    found: dict[str, _Property] = {}
    last: _Property | None = None
    gap = padded = False
    for number, line in enumerate(lines, start=1):
        if not line.strip() or _PROMPT.match(line):
            inside = last is not None and line.isspace() and len(line) >= last.margin
            padded, gap = padded or inside, gap or not inside
            continue
        if (label := _LABEL.fullmatch(line)) is not None:
            if found and (gap or (padded and label["name"].lower() in found)):
                yield list(found.values())
                found = {}
            last = _Property(label["name"], number, label.end("colon") + 1)
            if found.setdefault(last.name.lower(), last) is not last:
                place = f"{where}: line {number}: {last.name}"
                raise TenantError(place, "stands twice in one object", "an empty line between two objects")
        elif last is None or not line.startswith(" "):
            raise TenantError(f"{where}: line {number}", f"{shown(line[:40])!r} is no property", _ADVICE)
        last.lines.append(line[last.margin :] if label or not line[: last.margin].strip() else line.strip())
        last.full.append(_width(line) >= edge - 1)
        gap = padded = False
    if found:
        yield list(found.values())


def _value(item: _Property, where: str) -> object:
    """Join the lines of a value; nothing is null, `{}` an empty list."""
    text = item.lines[0]
    listed = text.lstrip().startswith("{")
    for full, line in zip(item.full, item.lines[1:], strict=False):
        if text.endswith(" ") or line.startswith(" ") or (full and listed and not text.endswith(",")):
            text += line
        elif full and not listed:
            return text + _CUT
        else:
            text += " " + line
    text = text.strip()
    if listed and not text.endswith("}"):
        place = f"{where}: line {item.number}: {item.name}"
        raise TenantError(place, f"{shown(text[:40])!r} has no end", f"the whole output; {_ADVICE}")
    return [] if text == "{}" else text or None


def _width(line: str) -> int:
    """Count the columns that a line fills: wide characters fill two."""
    if line.isascii():
        return len(line.rstrip())
    return sum(1 + (unicodedata.east_asian_width(letter) in "WF") for letter in line.rstrip())
