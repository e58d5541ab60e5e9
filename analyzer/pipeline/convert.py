"""Logs into a store of normalised rows, each row once: an append that is there as a whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from analyzer.errors import LogError, UnreadableInput, UsageError
from analyzer.formats.store import Manifest, Part, Seen
from analyzer.inputs import STORE_MANIFEST, Source, find, is_store
from analyzer.pipeline.books import DUPLICATE_FILE, DUPLICATE_ROW, InputBook, Options, Progress
from analyzer.pipeline.durable import alone, replaced, settled, swept
from analyzer.pipeline.intake import Intake
from analyzer.pipeline.merging import DayMerge, Merged
from analyzer.pipeline.reading import Reading
from analyzer.pipeline.staging import Staged, Staging
from analyzer.schema import REJECTS


@dataclass(frozen=True, slots=True)
class Conversion:
    """What an append did.

    Attributes:
        store: The folder of the store.
        inputs: The books of the inputs; what the store held already is noise in them.
        unreadable: A line for each input that could not be read.
        added: Log rows that are new in the store.
        replaced: Log rows of the store that were not final and gave way to final ones.
        days: Days (UTC) whose parts were written.
        parts: Number of parts that the store holds now.
    """

    store: Path
    inputs: tuple[InputBook, ...]
    unreadable: tuple[str, ...]
    added: int
    replaced: int
    days: tuple[str, ...]
    parts: int


def convert(
    logs: Sequence[str | Path],
    store: str | Path,
    *,
    append: bool = True,
    format_name: str | None = None,
    date_order: str | None = None,
    timezone: str | None = None,
    encoding: str | None = None,
    workers: int | None = None,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Conversion:
    """Write the rows of logs into a store of normalised rows, those left out that it holds already.

    Args:
        logs: files, folders, globs or `-`.
        store: the folder of the store; `analyze` reads it as it reads a log.
        append: carry an existing store on; without it an existing one is refused.
        format_name: the log format, where it is not to be told by content.
        date_order: dmy or mdy, where slash dates are ambiguous.
        timezone: `Europe/Berlin` or `+02:00`, for times without a zone in formats where these are local.
        encoding: a code page such as `cp1251`, where the bytes do not tell.
        workers: threads; None takes one a core.
        progress: called after each batch.

    Raises:
        UsageError: the folder exists and is no store, or is one without `append`; another append is running.
        UnreadableInput: nothing could be read from any of the inputs.
    """
    threads = workers or min(os.cpu_count() or 1, 8)
    options = Options(None, None, format_name, date_order, timezone, encoding, threads)
    folder, sources = Path(store), find([str(log) for log in logs])
    _prepare(folder, append=append)
    with alone(folder):
        manifest = Manifest.read(folder)
        swept(folder, manifest.files)
        found = _Append(folder, manifest, options, progress).run(sources)
        swept(folder, Manifest.read(folder).files)
    return found


def _prepare(store: Path, *, append: bool) -> None:
    """Make the folder of a new store, or see that it is one."""
    if is_store(store):
        if not append:
            raise UsageError(f"{store}: exists already; --append {store} carries the store on")
        return
    if store.exists() and (not store.is_dir() or any(entry.name != ".lock" for entry in store.iterdir())):
        raise UsageError(f"{store}: is not a store of this program; an empty or a new folder would be accepted")
    store.mkdir(parents=True, exist_ok=True)
    with alone(store):
        if not is_store(store):
            replaced(store / STORE_MANIFEST, Manifest().text())


@dataclass(slots=True)
class _Append:
    """One append while it runs."""

    store: Path
    manifest: Manifest
    options: Options
    progress: Callable[[Progress], None]
    days: set[str] = field(default_factory=set)
    added: int = 0
    replaced: int = 0

    def run(self, sources: Sequence[Source]) -> Conversion:
        """Read what is new, merge it day by day, and put the new manifest in the place of the old."""
        new, known = self._told_apart(sources)
        intake = Intake(new, self.options, lenient=bool(known))
        with tempfile.TemporaryDirectory(prefix=".append-", dir=self.store) as folder:
            staged, rejects = self._staged(intake, Path(folder))
            if intake.unreadable and not intake.books and not known:
                raise LogError("logs", f"none of {len(sources)} files could be read", intake.unreadable[0])
            parts = self._merged(staged, intake.books)
        if intake.books:
            self._commit(parts, rejects, intake.books)
        return Conversion(
            self.store,
            tuple(sorted([*intake.books, *known], key=lambda book: book.name)),
            tuple(intake.unreadable),
            self.added,
            self.replaced,
            tuple(sorted(self.days)),
            len(self.manifest.parts),
        )

    def _told_apart(self, sources: Sequence[Source]) -> tuple[list[Source], list[InputBook]]:
        """Tell inputs that the store has taken in before from new ones, by their digests."""
        seen = {s.sha256: s for s in self.manifest.inputs}
        names = {s.name for s in self.manifest.inputs}
        new, known = [], []
        for source in sources:
            if source.is_store:
                raise UsageError(f"{source.name}: is a store already; give the logs that it was made of")
            digest = _digest(source)
            if digest in seen:
                known.append(_known_book(source, seen[digest]))
            else:
                # Yesterday's export under the same name is another file, and its rows must not pass for these.
                own = f"{source.name}@{digest[:8]}" if source.name in names and digest else source.name
                new.append(replace(source, name=own))
        return new, known

    def _staged(self, intake: Intake, folder: Path) -> tuple[dict[tuple[str, str], list[Staged]], Path | None]:
        """Set all new rows down by day, and the rejects beside them."""
        staged: dict[tuple[str, str], list[Staged]] = defaultdict(list)
        file = self.store / "rejects" / f"rejects-{self.manifest.appends:06d}.parquet"
        file.parent.mkdir(exist_ok=True)
        with pq.ParquetWriter(file, REJECTS.arrow, compression="zstd") as rejects:
            counted = _Counting(rejects)
            reading = Reading(intake, folder, Staging(folder), counted.write, self.progress)
            for groups in reading.results():
                for group in groups:
                    staged[group.day, group.format.name].append(group)
        if counted.rows:
            settled(file)
            settled(file.parent)
        return staged, file if counted.rows else None

    def _merged(self, staged: dict[tuple[str, str], list[Staged]], books: Iterable[InputBook]) -> tuple[Part, ...]:
        """Merge each day that new rows touch; the others stay as they are."""
        merge, repeated = DayMerge(self.store, self.manifest.appends), Counter[str]()
        kept = [part for part in self.manifest.parts if (part.day, part.format) not in staged]
        for day, groups in sorted(staged.items()):
            existing = [part for part in self.manifest.parts if (part.day, part.format) == day]
            found: Merged = merge(existing, groups)
            kept += found.parts
            repeated += found.repeated
            self.added += found.added
            self.replaced += found.replaced
            if found.parts != tuple(existing):
                self.days.add(day[0])
        for book in books:
            book.read -= repeated[book.name]
            book.add_noise({DUPLICATE_ROW: repeated[book.name]})
        return tuple(sorted(kept, key=lambda part: (part.day, part.format, part.path)))

    def _commit(self, parts: tuple[Part, ...], rejects: Path | None, books: Sequence[InputBook]) -> None:
        """Make the append count: from the moment the manifest is replaced, and not before."""
        seen = tuple(_seen(book) for book in books)
        files = (f"rejects/{rejects.name}",) if rejects else ()
        before = self.manifest
        self.manifest = Manifest(before.appends + 1, (*before.inputs, *seen), parts, (*before.rejects, *files))
        settled(self.store)
        replaced(self.store / STORE_MANIFEST, self.manifest.text())


@dataclass(slots=True)
class _Counting:
    """Counts the rejects on their way into a file."""

    file: pq.ParquetWriter
    rows: int = 0

    def write(self, rejects: pa.Table) -> None:
        """Write some."""
        self.file.write_table(rejects)
        self.rows += rejects.num_rows


def _digest(source: Source) -> str:
    """Give the digest of an input; what cannot be opened has none."""
    try:
        return source.digest()
    except UnreadableInput:
        return ""


def _known_book(source: Source, seen: Seen) -> InputBook:
    book = InputBook(source.name, seen.format, "", "", rows=seen.rows, sha256=seen.sha256, copy_of=seen.name)
    book.add_noise({DUPLICATE_FILE: seen.rows})
    return book


def _seen(book: InputBook) -> Seen:
    noise = dict(sorted(book.noise.items()))
    return Seen(book.name, book.sha256, book.format, book.rows, book.read, book.rejected, noise, book.notes)
