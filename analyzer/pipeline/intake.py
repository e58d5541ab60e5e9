"""From sources to batches of work: files opened one after the other, small ones put together.

A large file is cut into chunks, each a batch of its own. The chunks of small files of one format are
gathered until they are worth a part, so ten thousand files do not make ten thousand parts. A file
that is a copy of an earlier one is told before it is read.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from analyzer.errors import AmbiguousDates, UnreadableInput
from analyzer.formats import CHUNK_BYTES, Chunk, Format, Log, Placed, StoredChunk, StoredLog, open_input
from analyzer.formats.log import Shown
from analyzer.inputs import Source
from analyzer.pipeline.books import DUPLICATE_FILE, OUTSIDE, InputBook, Options
from analyzer.pipeline.copies import Copies, beginning
from analyzer.vantage import Vantage

logger = logging.getLogger(__name__)

_BATCH_BYTES = CHUNK_BYTES // 2
_BATCH_PIECES = 1_000


@dataclass(frozen=True, slots=True)
class Piece:
    """A chunk of a log, and the number of the input's book."""

    book: int
    log: Log | StoredLog
    chunk: Chunk | StoredChunk | Placed


@dataclass(frozen=True, slots=True)
class Batch:
    """Pieces of one format, in the order of the input; at least one."""

    format: Format
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """A source that can be read.

    Attributes:
        chunks: Its chunks, which are read now or were placed before.
        begins: Hash of how its content begins; none of a store.
        left_out: Rows of a store on days outside the period.
    """

    log: Log | StoredLog
    chunks: Iterator[Chunk | StoredChunk | Placed]
    begins: bytes = b""
    left_out: int = 0


def opened(source: Source, options: Options) -> Opened:
    """Open a source to be read here and now.

    Raises:
        UnreadableInput: It cannot be read.
    """
    said = {name: getattr(options, name) for name in ("format_name", "date_order", "timezone", "encoding")}
    log = open_input(source, **said)
    if isinstance(log, StoredLog):
        log, left_out = log.within(options.since, options.until)
        return Opened(log, log.chunks(), left_out=left_out)
    if options.subjects:
        log.read_subjects()
    return Opened(log, log.chunks(), beginning(source))


@dataclass(slots=True)
class _Gathering:
    """Pieces of one format that wait until they are worth a batch."""

    format: Format
    pieces: list[Piece] = field(default_factory=list)
    size: int = 0

    def take(self) -> Iterator[Batch]:
        """Give what has gathered and start again."""
        if self.pieces:
            yield Batch(self.format, tuple(self.pieces))
        self.pieces, self.size = [], 0

    def add(self, piece: Piece) -> Iterator[Batch]:
        """Take up a piece; give the batches that are full by it."""
        size = piece.chunk.size
        if size >= _BATCH_BYTES:
            yield from self.take()
        self.pieces.append(piece)
        self.size += size
        if self.size >= _BATCH_BYTES or len(self.pieces) >= _BATCH_PIECES:
            yield from self.take()


@dataclass(slots=True)
class Intake:
    """Opens the sources of a run in order and keeps one book for each that can be read.

    Attributes:
        books: One for each readable input.
        unreadable: A line for each input that could not be read.
        ambiguous: Names of those among them whose dates can be read in two ways.
        lenient: Whether to go on where the only source cannot be read.
        open: Opens a source.
    """

    sources: Sequence[Source]
    options: Options
    lenient: bool = False
    open: Callable[[Source, Options], Opened] = opened
    books: list[InputBook] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    ambiguous: list[str] = field(default_factory=list)
    _logs: list[Log | StoredLog | None] = field(default_factory=list)
    _copies: Copies = field(default_factory=Copies)
    _gathering: dict[str, _Gathering] = field(default_factory=dict)
    _behind: int = 0
    _current: Log | StoredLog | None = None

    def batches(self) -> Iterator[Batch]:
        """Give the work in order.

        Raises:
            UnreadableInput: The only source cannot be read.
        """
        for source in self.sources:
            try:
                yield from self._of_source(source)
            except UnreadableInput as problem:
                if len(self.sources) == 1 and not self.lenient:
                    raise
                self.unreadable.append(str(problem))
                if isinstance(problem, AmbiguousDates):
                    self.ambiguous.append(source.name)
                logger.warning("%s", problem)
            self._behind += source.size or 0
            self._current = None
        for gathering in self._gathering.values():
            yield from gathering.take()

    @property
    def bytes_total(self) -> int:
        """Bytes of all sources, as they lie on disk."""
        return sum(source.size or 0 for source in self.sources)

    @property
    def bytes_read(self) -> int:
        """Bytes of the sources read so far."""
        return self._behind + (self._current.bytes_read if self._current else 0)

    def _of_source(self, source: Source) -> Iterator[Batch]:
        found = self.open(source, self.options)
        log = found.log
        book = InputBook(source.name, log.format.name, log.encoding, log.shape, rows=found.left_out)
        book.add_noise({OUTSIDE: found.left_out})
        if found.begins:
            book.copy_of = self._copies.original(source, found.begins)
        self.books.append(book)
        self._logs.append(None if book.copy_of else log)
        if book.copy_of:
            book.sha256 = source.digest()
            return
        self._current, number = log, len(self.books) - 1
        for chunk in found.chunks:
            format_ = chunk.format if isinstance(chunk, StoredChunk) else log.format
            book.formats[format_.name] = None
            book.of_service = format_.vantage is Vantage.OFFICE365
            yield from self._gathering.setdefault(format_.name, _Gathering(format_)).add(Piece(number, log, chunk))

    def enter(self, book: int, found: Shown) -> None:
        """Take note of what a piece shows of its input as a whole; in the order of the input."""
        log = self._logs[book]
        if log is not None:
            log.enter(found)

    def finish(self) -> None:
        """Write into the books what is known only when every row has been read."""
        for book, log in zip(self.books, self._logs, strict=True):
            if log is not None:
                book.sha256, book.notes = log.digest, tuple(log.notes)
                book.capped = log.capped
        rows = {book.name: book.rows for book in self.books if not book.copy_of}
        for book in self.books:
            if book.copy_of:
                book.rows = rows[book.copy_of]
                book.add_noise({DUPLICATE_FILE: book.rows})
