"""A recognised log: what it is, its chunks, and what they hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from analyzer.formats.around import with_neighbours
from analyzer.formats.base import Format, Parsed
from analyzer.formats.chunk import CHUNK_BYTES, NOT_UTF8, Chunk, Layout
from analyzer.formats.clocks import LocalClock
from analyzer.formats.cutting import Cut, Cutter, blocks, cut_stream, put_together
from analyzer.formats.parsing import OTHER_ORDER, parse_chunk
from analyzer.formats.ranges import Part, Ranges, Read, block, ready
from analyzer.formats.times import DateOrder
from analyzer.inputs import Encoding, Source, Stream, Utf8Stream, byte_ranges
from analyzer.schema import SUBJECT

BOTH_ORDERS = "its dates are of both orders of day and month: those with a day up to 12 may be read the wrong way round"
BEGINNING = 64 << 10

# Kinds of noise that no export counts as a row of its own.
NO_DATA = ("blank-row", "null-bytes", "type-line", "repeated-header", "comment-line")


class Shown(Protocol):
    """What a chunk showed of its file: how many records, what became of them, and what to know of the file."""

    @property
    def records(self) -> int:
        """Distinct source rows."""

    @property
    def noise(self) -> Mapping[str, int]:
        """Rows that stand for no message, by kind."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What to know of the file as a whole."""

    @property
    def messages(self) -> tuple[str, ...]:
        """Some ids of messages, where the format's exports stop at a number of them."""


@dataclass(slots=True)
class Log:
    """A log whose format and layout are known.

    It remembers nothing of what it parses, so that a copy of it can parse anywhere; what the chunks show of the file
    as a whole is entered afterwards.

    Attributes:
        order: Order of day and month in dates with slashes, where the file has such.
        order_told: How that is known.
        clock: The clock of times without a zone; None where these are UTC by definition of the format.
        begins: SHA-256 of its first BEGINNING bytes, decompressed.
        digest: SHA-256 of the file's own bytes; empty until the last chunk was read.
        compression: What the file was packed with, once it was read; empty where it was not.
        passed: Bytes of the file whose chunks were given, while it is not being read here.
    """

    source: Source
    format: Format
    layout: Layout
    encoding_found: Encoding
    order: DateOrder | None = None
    order_told: str = ""
    clock: LocalClock | None = None
    begins: bytes = b""
    digest: str = ""
    compression: str = ""
    passed: int = 0
    _said: dict[str, None] = field(default_factory=dict)
    _found: dict[str, None] = field(default_factory=dict)
    _records: int = 0
    _messages: set[str] = field(default_factory=set)  # few more than the format's cap
    _stream: Stream | None = None

    @property
    def encoding(self) -> str:
        """The encoding's name."""
        return self.encoding_found.name

    @property
    def shape(self) -> str:
        """How the records lie in the file, in a few words."""
        return self.layout.shape

    @property
    def bytes_read(self) -> int:
        """Bytes of the (compressed) file read so far, for progress."""
        stream = self._stream  # another thread may be reading
        return stream.bytes_read if stream else self.passed

    @property
    def notes(self) -> tuple[str, ...]:
        """What to know of the file as a whole; complete once every chunk was entered."""
        hint = self.capped
        found = sorted(self._found.keys() - self._said.keys())
        return (*self._said, *found, *((hint,) if hint else ()))

    @property
    def capped(self) -> str:
        """Why the export seems to be cut at a limit; empty where it does not; complete once every chunk was entered."""
        if self.digest and self._records in self.format.caps:
            return f"exactly {self._records:,} rows: exports stop at this number, so some may be missing"
        if self.digest and self._messages and len(self._messages) == self.format.message_cap:
            return f"exactly {len(self._messages):,} messages: exports stop at this number, so some may be missing"
        return ""

    def read_subjects(self) -> None:
        """Read the subjects too, where the log has them."""
        found = next((name for name in self.layout.names if name.lower() == self.format.subject), None)
        if found is not None:
            self.layout = self.layout.on({**self.layout.columns, SUBJECT.name: found})

    def chunks(self, *, size: int = CHUNK_BYTES) -> Iterator[Chunk]:
        """Read the log from its beginning in chunks of whole records, about `size` bytes of UTF-8 each."""
        for part in self.parts(size=size):
            part.look()
            for cut in part.cut():
                chunk = put_together(cut)
                self._found.update(dict.fromkeys(chunk.notes))
                yield chunk

    def parts(self, *, size: int = CHUNK_BYTES) -> Iterator[Part[Any]]:
        """Read the log in parts of about `size` bytes of UTF-8: fixed ranges of its bytes, or blocks of a stream."""
        self._forget()
        cutter, place = self.layout.cutter(), {"skip": self.layout.skip, "size": size}
        found = None if self.format.joined else byte_ranges(self.source, self.encoding_found, **place)
        if found:
            ranges = Ranges(found, cutter)
            for number in range(ranges.count):
                yield Part(partial(ranges.read, number), partial(self._cut, ranges))
            return
        with self._opened() as (stream, text):
            for part in self._joined(text, size, cutter) if self.format.joined else self._blocks(text, size, cutter):
                self.compression = stream.compression
                yield part

    def _cut(self, ranges: Ranges, read: Read) -> Iterator[Chunk | Cut]:
        """Cut a range of this log."""
        yield from self._noted(ranges.cut(read))
        self.passed, self.digest = ranges.passed, ranges.digest
        if self.digest and ranges.replaced:
            self._said[self._replaced] = None

    def _noted(self, chunks: Iterator[Chunk | Cut]) -> Iterator[Chunk | Cut]:
        """Take note of what the cutter says of the file."""
        for chunk in chunks:
            if isinstance(chunk, Chunk):
                self._said.update(dict.fromkeys(chunk.notes))
            yield chunk

    def _joined(self, text: Utf8Stream, size: int, cutter: Cutter) -> Iterator[Part[Any]]:
        """Cut a stream whose chunks are shown to their neighbours, and so before they are given."""
        for chunk in with_neighbours(cut_stream(text, size, cutter)):
            yield ready(chunk, self._noted)

    def _blocks(self, text: Utf8Stream, size: int, cutter: Cutter) -> Iterator[Part[Any]]:
        """Give a stream block by block."""
        for piece, last in blocks(text, size):
            if cutter.done:
                return
            yield block(piece, cutter, self._noted, last=last, damage=text.damage)

    @contextmanager
    def _opened(self) -> Iterator[tuple[Stream, Utf8Stream]]:
        """Open the log behind its header, and take note of what is known of it at its end."""
        with self.source.open() as stream:
            self._stream = stream
            text = Utf8Stream(stream, self.encoding_found)
            text.read(self.layout.skip)
            yield stream, text
            if text.replaced:
                self._said[self._replaced] = None
            self.digest, self.compression = stream.digest(), stream.compression  # of an empty log too
            self.passed, self._stream = stream.bytes_read, None  # so that a read log can be sent elsewhere

    def _forget(self) -> None:
        """Forget what was read of the log before."""
        self._records, self.digest = 0, ""
        self._found.clear()
        self._messages.clear()

    @property
    def _replaced(self) -> str:
        return f"bytes that are not {self.encoding_found.codec} were replaced by \ufffd"

    def start_of(self, chunk: Chunk) -> int | None:
        """Give the byte of the file at which a chunk begins; None where the file does not hold it as it is.

        Spans and cells are the cutter's work, which nobody should do again.
        """
        plain = self.encoding_found.codec == "utf-8" and not self.compression and not self.source.spool
        if chunk.start is None or chunk.spans is not None or chunk.cells or chunk.around or not plain:
            return None
        return len(self.encoding_found.mark) + self.layout.skip + chunk.start

    def parse(self, chunk: Chunk) -> Parsed:
        """Read one chunk; may be called from several threads."""
        parsed = parse_chunk(chunk, self.format, self.layout, order=self.order, clock=self.clock)
        notes = (*(note for note in chunk.notes if note == NOT_UTF8), *self.notes_on(parsed.rejects))
        return replace(parsed, notes=notes, messages=self._some_messages(parsed))

    def notes_on(self, rejects: pa.Table) -> Iterator[str]:
        """Say what a chunk, with these rejects, shows of the file as a whole."""
        if self.order and pc.any(pc.equal(rejects["reason"], OTHER_ORDER)).as_py():
            yield BOTH_ORDERS
        yield from self.clock.notes if self.clock else ()

    def _some_messages(self, parsed: Parsed) -> tuple[str, ...]:
        """Give ids of messages up to the number at which the format's exports stop, and one more."""
        if self.format.message_cap is None:
            return ()
        ids = pc.unique(parsed.rows.column("network_message_id")).drop_null()
        return tuple(ids.slice(0, self.format.message_cap + 1).to_pylist())

    def enter(self, found: Shown) -> None:
        """Take note of what a chunk shows of the file as a whole; in the order of the chunks."""
        self._records += found.records - sum(found.noise.get(kind, 0) for kind in NO_DATA)
        self._found.update(dict.fromkeys(found.notes))
        if len(self._messages) <= (self.format.message_cap or 0):
            self._messages.update(found.messages)
