"""Export-Clixml -> objects, read as a stream and without trust.

The format is that of [MS-PSRP] 2.2.5: `<Obj>` holds a text (`<ToString>`), properties (`<Props>`, `<MS>`), a list
or a dictionary; simple values are elements named for their type; `<Ref>` stands for an object met before.
A document type is refused, so there are no entities and nothing outside the file is ever asked for. Nesting and
texts have a limit, and references cannot be multiplied into more than the file itself could hold.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from analyzer.errors import TenantError
from analyzer.tenant.values import Rendered, is_lost, shown

_DEPTH = 100  # elements; Export-Clixml -Depth 10 nests about forty
_TEXT = 1 << 20
_CHUNK = 1 << 16
_COPIES = 1_000_000  # values that references may stand for, all together
_REFERENCES_DEPTH = 20
_WHOLE = "the whole export, written again by Export-Clixml"
_CODE = re.compile(r"_x([0-9A-Fa-f]{4})_")

_PROPERTIES = frozenset(("Props", "MS"))
_LISTS = frozenset(("LST", "IE", "QUE", "STK"))
_IGNORED = frozenset(("TN", "T", "TNRef", "BA", "SS", "PR"))  # names of types, bytes, secrets, progress
# A property whose value is not here any more; it is refused like System.Object[] in a CSV, if it is ever read.
_LOST = "System.Object"


@dataclass(slots=True)
class _Frame:
    """An element that is open: what its children have given so far."""

    tag: str
    name: str | None
    reference: str | None = None
    text: list[str] = field(default_factory=list)
    size: int = 0
    rendered: str | None = None
    base: object = None
    properties: dict[str, object] | None = None
    items: list[object] | None = None
    weight: int = 1
    depth: int = 0


def read_clixml(stream: io.RawIOBase | io.BufferedIOBase, where: str) -> Iterator[Mapping[str, object]]:
    """Walk the objects of an Export-Clixml file, given as a stream of UTF-8, one at a time.

    Raises:
        TenantError: the file is cut or malformed, declares a document type, or nests or writes without end.
    """
    reader = _Reader(where)
    while chunk := stream.read(_CHUNK):
        reader.feed(chunk, last=False)
        yield from reader.take()
    reader.feed(b"", last=True)
    yield from reader.take()


class _Reader:
    """Builds the values from the parser's events."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.parser = expat.ParserCreate("utf-8")  # the text was decoded already, whatever its declaration says
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.stack: list[_Frame] = []
        self.known: dict[str, tuple[object, int, int]] = {}
        self.copies = 0
        self.done: list[Mapping[str, object]] = []

    def feed(self, chunk: bytes, *, last: bool) -> None:
        try:
            self.parser.Parse(chunk, last)
        except expat.ExpatError as error:
            raise self._mistake(f"broken XML ({expat.errors.messages[error.code]})") from None

    def take(self) -> Iterator[Mapping[str, object]]:
        done, self.done = self.done, []
        return iter(done)

    def _mistake(self, found: str) -> TenantError:
        return TenantError(f"{self.where}: line {self.parser.CurrentLineNumber}", found, _WHOLE)

    def _doctype(self, *_: object) -> None:
        raise self._mistake("a document type is declared, which no export has; nothing of it is read")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if not self.stack and tag != "Objs":
            raise self._mistake(f"<{shown(tag)}> where Export-Clixml writes <Objs>")
        if len(self.stack) == _DEPTH:
            raise self._mistake(f"elements nested more than {_DEPTH} deep")
        name = attributes.get("N")
        self.stack.append(_Frame(tag, None if name is None else _unescaped(name), attributes.get("RefId")))

    def _characters(self, text: str) -> None:
        if not self.stack or self.stack[-1].tag in _IGNORED:
            return
        frame = self.stack[-1]
        frame.size += len(text)
        if frame.size > _TEXT:
            raise self._mistake(f"a text of more than {_TEXT:,} characters")
        frame.text.append(text)

    def _end(self, tag: str) -> None:
        frame = self.stack.pop()
        if tag == "Objs" or tag in _IGNORED:
            return
        parent = self.stack[-1]
        if tag == "ToString":
            parent.rendered = _unescaped("".join(frame.text))
        elif tag in _PROPERTIES:
            parent.properties = parent.properties or {}
            for name, value in (frame.properties or {}).items():
                parent.properties.setdefault(name, value)
            _grow(parent, frame.weight, frame.depth)
        elif tag in _LISTS:
            parent.items = frame.items or []
            _grow(parent, frame.weight, frame.depth)
        elif tag == "DCT":
            parent.properties = frame.properties or {}
            _grow(parent, frame.weight, frame.depth)
        elif tag == "En":
            pair = frame.properties or {}
            self._put(parent, str(pair.get("Key")), (pair.get("Value"), frame.weight, frame.depth))
        else:
            self._put(parent, frame.name, self._value(frame))

    def _put(self, parent: _Frame, name: str | None, found: tuple[object, int, int]) -> None:
        """Give a value to the element around it."""
        value, weight, depth = found
        if parent.tag == "Objs":
            self.done += [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, dict)]
            return
        _grow(parent, weight, depth)
        if parent.tag in _LISTS:
            parent.items = parent.items or []
            parent.items.append(value)
        elif parent.tag == "Obj":
            parent.base = value
        elif name is not None:
            parent.properties = parent.properties or {}
            parent.properties[name] = value

    def _value(self, frame: _Frame) -> tuple[object, int, int]:
        """Make the value of a closed element, how many values it holds, and how deep they nest."""
        if frame.tag == "Nil":
            return None, 1, 0
        if frame.tag == "Ref":
            return self._referred(frame)
        if frame.tag != "Obj":
            return self._simple(frame), 1, 0
        value = _object(frame)
        found = (value, frame.weight, frame.depth + 1)
        if frame.reference is not None:
            text = value.text if isinstance(value, Rendered) else None
            self.known[frame.reference] = found if text is None else (text, 1, 0)
        return found

    def _simple(self, frame: _Frame) -> object:
        text = _unescaped("".join(frame.text))
        if frame.tag != "B":
            return text
        if text.strip().lower() not in ("true", "false"):
            raise self._mistake(f"{text[:40]!r} in <B>, which is true or false")
        return text.strip().lower() == "true"

    def _referred(self, frame: _Frame) -> tuple[object, int, int]:
        """Give what an earlier object was; one that is still open holds itself, and is known by its text alone."""
        if (found := self.known.get(frame.reference or "")) is not None:
            _, weight, depth = found
            self.copies += weight - 1
            return found if self.copies <= _COPIES and depth < _REFERENCES_DEPTH else (_LOST, 1, 0)
        around = next((f for f in self.stack if f.tag == "Obj" and f.reference == frame.reference), None)
        if around is None:
            raise self._mistake(f"a reference to {frame.reference!r}, which the file does not hold before")
        return around.rendered or _LOST, 1, 0


def _object(frame: _Frame) -> object:
    """Make an object: a list; properties, with the text of the whole; the text, or the value, alone."""
    if frame.items is not None:
        return frame.items
    if frame.properties is not None:
        text = frame.rendered
        return Rendered(frame.properties, None if text is None or is_lost(text) else text)
    return frame.base if frame.rendered is None else frame.rendered


def _grow(frame: _Frame, weight: int, depth: int) -> None:
    frame.weight += weight
    frame.depth = max(frame.depth, depth)


def _unescaped(text: str) -> str:
    """Undo `_x000D_`; two halves of a character beyond U+FFFF come one after the other."""
    if "_x" not in text:
        return text
    plain = _CODE.sub(lambda found: chr(int(found[1], 16)), text)
    return plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
