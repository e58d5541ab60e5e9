"""From sources to portions of work: files opened one after the other, each in portions that threads take.

A portion is read side by side with others; what is in it is told in the order of the input. A file
that is a copy of an earlier one is told before it is read.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from analyzer.errors import AmbiguousDates, UnreadableInput
from analyzer.formats import Log, Placed, StoredChunk, StoredLog, open_input
from analyzer.formats.log import Shown
from analyzer.formats.ranges import Part
from analyzer.inputs import Source
from analyzer.pipeline.batches import Batch, Gathering, Piece
from analyzer.pipeline.books import DUPLICATE_FILE, OUTSIDE, InputBook, Options
from analyzer.pipeline.copies import Copies
from analyzer.vantage import Vantage

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Opened:
    """A source that can be read.

    Attributes:
        parts: Its parts, or chunks that were placed before.
        begins: Hash of how its content begins; none of a store.
        left_out: Rows of a store on days outside the period.
    """

    log: Log | StoredLog
    parts: Iterator[Part[Any] | StoredChunk | Placed]
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
    return Opened(log, log.parts(), log.begins)


@dataclass(frozen=True, slots=True)
class Portion:
    """Some of the input, as whoever is free takes it.

    Attributes:
        part: Part of a log, or a chunk that is at hand or placed elsewhere.
    """

    intake: Intake
    book: int
    log: Log | StoredLog
    part: Part[Any] | StoredChunk | Placed

    def read(self) -> None:
        """Read it and look at it; side by side with others, and once."""
        if isinstance(self.part, Part):
            self.part.look()

    def batches(self) -> Iterator[Batch]:
        """Give the batches that are full by it; once, and after all portions before it."""
        for chunk in self.part.cut() if isinstance(self.part, Part) else (self.part,):
            yield from self.intake.entered(Piece(self.book, self.log, chunk))


@dataclass(frozen=True, slots=True)
class Rest:
    """What has gathered to the end of the input."""

    gathering: Gathering

    def read(self) -> None:
        """Do nothing: it is at hand."""

    def batches(self) -> Iterator[Batch]:
        """Give it; after all portions."""
        yield from self.gathering.rest()


@dataclass(slots=True)
class Intake:
    """Opens the sources of a run in order and keeps one book for each that can be read.

    Attributes:
        books: One for each readable input.
        unreadable: A line for each input that could not be read.
        ambiguous: Names of those among them whose dates can be read in two ways.
        lenient: Whether to go on where the only source cannot be read.
        open: Opens a source.
        gathering: Pieces that wait until they are worth a batch.
    """

    sources: Sequence[Source]
    options: Options
    lenient: bool = False
    open: Callable[[Source, Options], Opened] = opened
    books: list[InputBook] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    ambiguous: list[str] = field(default_factory=list)
    gathering: Gathering = field(default_factory=Gathering)
    _logs: list[Log | StoredLog | None] = field(default_factory=list)
    _copies: Copies = field(default_factory=Copies)
    _behind: int = 0
    _current: Log | StoredLog | None = None

    def batches(self) -> Iterator[Batch]:
        """Read one portion after the other and give what is in them.

        Raises:
            UnreadableInput: The only source cannot be read.
        """
        for portion in self.portions():
            portion.read()
            yield from portion.batches()

    def portions(self) -> Iterator[Portion | Rest]:
        """Open the sources one after the other, and give each in portions.

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
        yield Rest(self.gathering)

    @property
    def bytes_total(self) -> int:
        """Bytes of all sources, as they lie on disk."""
        return sum(source.size or 0 for source in self.sources)

    @property
    def bytes_read(self) -> int:
        """Bytes of the sources read so far."""
        current = self._current
        return self._behind + (current.bytes_read if current else 0)

    def _of_source(self, source: Source) -> Iterator[Portion]:
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
        for part in found.parts:
            yield Portion(self, number, log, part)

    def entered(self, piece: Piece) -> Iterator[Batch]:
        """Enter a piece into its book and put it with others; give the batches that are full by it."""
        book = self.books[piece.book]
        book.formats[piece.format.name] = None
        book.of_service = piece.format.vantage is Vantage.OFFICE365
        yield from self.gathering.add(piece)

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
