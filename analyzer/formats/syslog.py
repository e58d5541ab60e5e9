"""Syslog files of mail servers: lines with a stamp, a host and a program, joined by queue id.

The stamp is BSD, without year and zone, or ISO 8601, both within one fleet and one file; lines that a
collector shipped may lack host or program (log-formats section 7). Joining needs the lines in their
order, so the cutter reads them; what is left to the workers is to give the cells their meaning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.formats.chunk import RECORD_LIMIT, Cells, Chunk, Positions, places, torn
from analyzer.formats.columns import among, behind
from analyzer.formats.csv_cutting import past_line
from analyzer.formats.cutting import Cutter
from analyzer.formats.joining import Keyed, Memory
from analyzer.formats.objects import too_long
from analyzer.formats.stamps import BSD, ISO, dated

_STAMP, _HOST, _PROGRAM = (
    rf"(?:<\d{{1,3}}>)?(?P<stamp>{BSD}|{ISO}) +",
    r"(?P<host>[^ :\[\]]+) +",
    r"(?P<program>[\w./-]+)(?:\[\d+\])?: +",
)
# A line is told by its head alone, for to capture what stands behind it would cost as much again. The usual head can
# be read in one way only, and so twice as fast; both read it alike.
USUAL_HEAD = rf"^(?P<head>{_STAMP}{_HOST}{_PROGRAM})"
ANY_HEAD = rf"^(?P<head>{_STAMP}(?:{_HOST})?(?:{_PROGRAM})?)"
NO_STAMP = "no time stamp before the line: a syslog line begins with `Mar 24 07:41:48` or `2026-03-24T07:41:48Z`"
TOO_LONG = "a line of more than 1 MB"
BEGUN_BEFORE = (
    "some lines name a queue id whose first lines are not in this file: without sender, size, Message-ID and client"
)
OTHER_PROGRAM, NO_PROGRAM = "other-program", "without-program"
_TRIED = 2000  # lines of the head


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one mail server writes its lines.

    Attributes:
        name: The format's name.
        program: Its programs; the group `found` is the name of the daemon.
        key: The queue id at the beginning of the text; the group `found` is the id.
        words: What lines say of the messages that later lines name only by id.
        begins: The first line of a queue id's life.
        ends: The last.
        row: A line that stands for a recipient's fate.
        cells: What such a line says itself.
        kinds: Lines that would be rows but are noise, by kind.
    """

    name: str
    program: str
    key: str
    words: Mapping[str, str]
    begins: str
    ends: str
    row: str
    cells: Mapping[str, str]
    kinds: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SyslogLayout:
    """Lines of one mail server's dialect; `day` is the file's date, which tells the year of BSD stamps."""

    dialect: Dialect
    day: date | None
    skip: int = 0

    @property
    def shape(self) -> str:
        """The layout in a few words."""
        return "syslog lines"

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that lines are made into, and the dialect's name, which tells the format."""
        return (self.dialect.name, "time", "daemon", "kind", *dict.fromkeys((*self.dialect.words, *self.dialect.cells)))

    @property
    def columns(self) -> Mapping[str, str]:
        """Every column is read."""
        return {name: name for name in self.names}

    def on(self, columns: Mapping[str, str]) -> SyslogLayout:  # noqa: ARG002  they are made, not chosen
        """Read every column."""
        return self

    def cutter(self) -> Cutter:
        """Cut into whole lines and read them, each with what earlier lines say of it."""
        return _LineCutter(self)

    def read(self, chunk: Chunk) -> tuple[Cells, dict[int, str]]:
        """Give what the cutter read."""
        assert chunk.cells is not None
        return chunk.cells, dict(chunk.broken)

    def texts(self, chunk: Chunk, records: list[int]) -> list[str]:
        """Give the text of these lines."""
        assert chunk.spans is not None
        return [chunk.data[slice(*chunk.spans[record - 1])].decode("utf-8", "replace") for record in records]

    def stands_for_nothing(self, text: str) -> str | None:
        """Tell blank lines, padding and comments."""
        if not text.strip("\0 \t\r\n"):
            return "null-bytes" if "\0" in text else "blank-row"
        return "comment-line" if text.startswith("#") else None

    def _year_note(self) -> str:
        if self.day is None:
            return "the stamps have no year, and the input no date: give the file itself"
        return f"the stamps have no year: they are taken as the twelve months up to the file's date, {self.day}"

    def read_on(self, chunk: Chunk, memory: Memory, before: int) -> Chunk:
        """Read the lines of a chunk, before which there were others."""
        assert chunk.spans is not None
        broken = dict(chunk.broken)
        keep = np.ones(len(chunk.spans), np.bool_)
        keep[[number - 1 for number in broken]] = False
        records = np.flatnonzero(keep) + 1
        text = _texts(chunk).filter(pa.array(keep))
        found = _heads(text)
        good = found["head"].is_valid()
        stamped = good.to_numpy(zero_copy_only=False)
        broken |= dict.fromkeys(records[~stamped].tolist(), NO_STAMP)
        records, head = records[stamped], {name: column.filter(good) for name, column in found.items()}
        head["text"] = behind(text.filter(good), head["head"])
        time, bsd = dated(head["stamp"], self.day)
        lines = _Lines(self.dialect, head, before + records)
        columns = lines.columns(memory)
        notes = (*chunk.notes, *([self._year_note()] if bsd else ()), *([BEGUN_BEFORE] if lines.begun_before else ()))
        return replace(chunk, cells=Cells({"time": time, **columns}, records), broken=broken, notes=notes)


def _heads(text: pa.StringArray) -> dict[str, pa.StringArray]:
    """Read the head of each line and what it is made of; null where it has none."""
    usual = pc.extract_regex(text, USUAL_HEAD)
    found = dict(zip(("head", "stamp", "host", "program"), usual.flatten(), strict=True))
    if usual.null_count:
        odd = usual.is_null()
        others = pc.extract_regex(text.filter(odd), ANY_HEAD).flatten()
        found = {
            name: pc.replace_with_mask(column, odd, other)
            for (name, column), other in zip(found.items(), others, strict=True)
        }
    return found


class _Lines:
    """Lines with a stamp, taken apart as their dialect has it."""

    def __init__(self, dialect: Dialect, head: Mapping[str, pa.StringArray], line: Positions) -> None:
        self.dialect, self.line, self.begun_before = dialect, line, False
        program = head["program"].dictionary_encode()
        known = _found(program.dictionary, dialect.program)
        # Without a program the queue id stands in its place.
        is_key = pc.match_substring_regex(program.dictionary, f"^(?:{dialect.key})$")
        given_away = is_key.take(program.indices)
        self.daemon = pc.fill_null(known, "").take(program.indices)
        nameless = pc.or_(given_away, pc.equal(head["program"], ""))
        self.ours = pc.or_(known.is_valid().take(program.indices), nameless)
        whole = pc.binary_join_element_wise(head["program"], head["text"], ": ")
        text = pc.if_else(given_away, whole, head["text"])
        found = pc.extract_regex(text, rf"^(?P<head>(?P<key>{dialect.key}): +)")
        self.keyed = pc.and_(found.is_valid(), self.ours)
        self.key = pc.binary_join_element_wise(head["host"], found.field("key"), " ")
        self.rest = pc.if_else(self.keyed, behind(text, pc.fill_null(found.field("head"), "")), "")

    def columns(self, memory: Memory) -> dict[str, pa.StringArray]:
        """Make the columns: what each line is, and of rows what they and the lines before them say."""
        row = pc.match_substring_regex(self.rest, self.dialect.row)
        kind = pc.if_else(row, "", self._folded())
        for name, pattern in self.dialect.kinds.items():
            kind = pc.if_else(pc.match_substring_regex(self.rest, pattern), name, kind)
        rows = np.flatnonzero(pc.equal(kind, "").to_numpy(zero_copy_only=False))
        own = self.rest.take(pa.array(rows))
        told = self._told(memory, rows, pc.if_else(row, "", self.rest))
        said = {name: _found(own, pattern) for name, pattern in self.dialect.cells.items()}
        names = dict.fromkeys((*said, *told))
        full = {name: pc.coalesce(*(given[name] for given in (said, told) if name in given)) for name in names}
        lacking = pc.and_(full["sender"].is_null(), pc.starts_with(own, "to="))
        self.begun_before = bool(pc.any(lacking).as_py())
        spread = {name: among(column, rows, len(self.line)) for name, column in full.items()}
        return {"daemon": self.daemon, "kind": kind, **spread}

    def _folded(self) -> pa.StringArray:
        """Name the noise that each line is, should it be no row."""
        named = pc.binary_join_element_wise(self.dialect.name, self.daemon, "-")
        nameless = pc.if_else(self.keyed, f"{self.dialect.name}-line", NO_PROGRAM)
        ours = pc.if_else(pc.is_in(self.daemon, value_set=pa.array(["", self.dialect.name])), nameless, named)
        return pc.if_else(self.ours, ours, OTHER_PROGRAM)

    def _told(self, memory: Memory, rows: Positions, said: pa.StringArray) -> dict[str, pa.StringArray]:
        """Give rows what earlier lines say of their queue id; rows themselves say nothing of later ones."""
        keyed = np.flatnonzero(self.keyed.to_numpy(zero_copy_only=False))
        take = pa.array(keyed)
        rest = self.rest.take(take)
        begins, ends = (
            pc.match_substring_regex(rest, pattern).to_numpy(zero_copy_only=False)
            for pattern in (self.dialect.begins, self.dialect.ends)
        )
        spoken = said.take(take)
        words = {name: _found(spoken, pattern) for name, pattern in self.dialect.words.items()}
        told = memory.told(Keyed(self.key.take(take), self.line[keyed], begins, ends, words))
        place = np.searchsorted(keyed, rows)
        return {name: column.take(pa.array(place)) for name, column in told.items()}


def _found(text: pa.StringArray, pattern: str) -> pa.StringArray:
    """Take what the group `found` matches; null where the pattern does not match."""
    found = pc.extract_regex(text, pattern)
    return pc.if_else(found.is_valid(), found.field("found"), pa.scalar(None, pa.string()))


class _LineCutter(Cutter):
    """Cuts lines and reads them, for what a line means rests on those before it."""

    def __init__(self, layout: SyslogLayout) -> None:
        super().__init__()
        self._layout, self._memory, self._before = layout, Memory(), 0

    def whole(self, text: bytes, /, *, last: bool, damage: str) -> Chunk:
        """Cut the whole lines off the front of a text."""
        chunk = _whole_lines(text, last=last)
        return torn(chunk, damage, whole=chunk.data[-1:] in {b"\n", b""}) if last and damage else chunk

    def parts(self, chunk: Chunk) -> Iterator[Chunk]:
        """Read the lines."""
        assert chunk.spans is not None
        yield self._layout.read_on(chunk, self._memory, self._before)
        self._before += len(chunk.spans)


def _whole_lines(data: bytes, *, last: bool) -> Chunk:
    """Take the whole lines off the front of the data; all of it at the end of the file."""
    end = len(data) if last else data.rfind(b"\n") + 1
    if not end and len(data) > RECORD_LIMIT:
        return Chunk(data, np.array([[0, len(data)]], np.int64), {1: TOO_LONG}, onward=past_line)
    data = data[:end]
    ends = places(data, ord("\n")) + 1
    if end and (not len(ends) or ends[-1] != end):
        ends = np.append(ends, end)
    spans = np.stack([np.append(0, ends[:-1])[: len(ends)], ends], axis=1).astype(np.int64)
    return Chunk(data, spans, too_long(spans, TOO_LONG))


def _texts(chunk: Chunk) -> pa.StringArray:
    """Give the lines as a column, without their ends."""
    assert chunk.spans is not None
    offsets = np.append(chunk.spans[:, 0], len(chunk.data)).astype(np.int32)
    lines = pa.StringArray.from_buffers(len(chunk.spans), pa.py_buffer(offsets), pa.py_buffer(chunk.data))
    return pc.ascii_rtrim(lines, "\r\n")


def find_syslog(head: bytes, dialects: Sequence[Dialect], day: date | None) -> SyslogLayout | None:
    """Tell by the first lines which server wrote them; None where none of them did."""
    found = [_HEAD_LINE.match(line.decode("utf-8", "replace")) for line in head.splitlines()[:_TRIED]]
    lines = [match for match in found if match]
    hits = {dialect.name: sum(_is_of(line, dialect) for line in lines) for dialect in dialects}
    best = max(dialects, key=lambda dialect: hits[dialect.name], default=None)
    return SyslogLayout(best, day) if best and hits[best.name] else None


def _is_of(line: re.Match[str], dialect: Dialect) -> bool:
    program, text = line["program"], line["text"]
    if program and re.match(dialect.program, program):
        return True
    key = re.match(rf"({dialect.key}): +(.*)", text if not program else f"{program}: {text}")
    return key is not None and re.search(dialect.row, key[2]) is not None


_HEAD_LINE = re.compile(f"{ANY_HEAD}(?P<text>.*)$")
