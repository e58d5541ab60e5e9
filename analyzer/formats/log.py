"""A recognised log: what it is, its chunks, and what they hold."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pyarrow.compute as pc

from analyzer.formats.around import with_neighbours
from analyzer.formats.base import Format, Parsed
from analyzer.formats.chunk import CHUNK_BYTES, Chunk, Layout
from analyzer.formats.clocks import LocalClock
from analyzer.formats.parsing import OTHER_ORDER, parse_chunk
from analyzer.formats.times import DateOrder
from analyzer.inputs import Encoding, Source, Stream, Utf8Stream

BOTH_ORDERS = "its dates are of both orders of day and month: those with a day up to 12 may be read the wrong way round"


# Kinds of noise that no export counts as a row of its own.
NO_DATA = ("blank-row", "null-bytes", "type-line", "repeated-header", "comment-line")


@dataclass(slots=True)
class Log:
    """A log whose format and layout are known.

    Attributes:
        order: Order of day and month in dates with slashes, where the file has such.
        order_told: How that is known.
        clock: The clock of times without a zone; None where these are UTC by definition of the format.
        digest: SHA-256 of the file's own bytes; empty until the last chunk was read.
    """

    source: Source
    format: Format
    layout: Layout
    encoding_found: Encoding
    order: DateOrder | None = None
    order_told: str = ""
    clock: LocalClock | None = None
    digest: str = ""
    _said: dict[str, None] = field(default_factory=dict)
    _records: int = 0
    _messages: set[str] = field(default_factory=set)  # one more than the format's cap at most
    _stream: Stream | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def encoding(self) -> str:
        """The encoding's name."""
        return self.encoding_found.name

    @property
    def compression(self) -> str:
        """What the file was packed with, once it was read; empty where it was not."""
        return self._stream.compression if self._stream else ""

    @property
    def shape(self) -> str:
        """How the records lie in the file, in a few words."""
        return self.layout.shape

    @property
    def bytes_read(self) -> int:
        """Bytes of the (compressed) file read so far, for progress."""
        return self._stream.bytes_read if self._stream else 0

    @property
    def notes(self) -> tuple[str, ...]:
        """What to know of the file as a whole; complete once every chunk was parsed."""
        hint = self.capped
        return (*self._said, *(self.clock.notes if self.clock else ()), *((hint,) if hint else ()))

    @property
    def capped(self) -> str:
        """Why the export seems to be cut at a limit; empty where it does not. Complete with the last chunk."""
        if self.digest and self._records in self.format.caps:
            return f"exactly {self._records:,} rows: exports stop at this number, so some may be missing"
        if self.digest and self._messages and len(self._messages) == self.format.message_cap:
            return f"exactly {len(self._messages):,} messages: exports stop at this number, so some may be missing"
        return ""

    def chunks(self, *, size: int = CHUNK_BYTES) -> Iterator[Chunk]:
        """Read the log from its beginning in chunks of whole records, about `size` bytes of UTF-8 each."""
        self._records, self.digest = 0, ""
        self._messages.clear()
        with self.source.open() as stream:
            self._stream = stream
            text = Utf8Stream(stream, self.encoding_found)
            text.read(self.layout.skip)
            cut = self.layout.cut(text, size)
            for chunk in with_neighbours(cut) if self.format.joined else cut:
                self._said.update(dict.fromkeys(chunk.notes))
                yield chunk
            if text.replaced:
                self._said[f"bytes that are not {self.encoding_found.codec} were replaced by \ufffd"] = None
            self.digest = stream.digest()

    def parse(self, chunk: Chunk) -> Parsed:
        """Read one chunk; may be called from several threads."""
        parsed = parse_chunk(chunk, self.format, self.layout, order=self.order, clock=self.clock)
        with self._lock:
            self._records += parsed.records - sum(parsed.noise.get(kind, 0) for kind in NO_DATA)
            self._count_messages(parsed)
            if self.order and pc.any(pc.equal(parsed.rejects["reason"], OTHER_ORDER)).as_py():
                self._said[BOTH_ORDERS] = None
        return parsed

    def _count_messages(self, parsed: Parsed) -> None:
        """Count messages up to the number at which the format's exports stop."""
        cap = self.format.message_cap
        if cap is not None and len(self._messages) <= cap:
            ids = pc.unique(parsed.rows.column("network_message_id")).drop_null()
            self._messages.update(ids.slice(0, cap + 1).to_pylist())
