"""Read, normalise, select, compare, write and fold: one pass, chunk by chunk, in flat memory.

One reader cuts each file into chunks of whole records; worker threads parse, judge and write one
Parquet part a chunk; the cube and the books are folded in the order of the input, so the output
does not depend on the number of workers (docs/decisions/0002).
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analyzer.causes import Cube, merge
from analyzer.errors import LogError, UnreadableInput
from analyzer.evidence import Carries, Witness
from analyzer.formats import open_log
from analyzer.formats.chunk import Chunk
from analyzer.formats.log import CAPS, Log
from analyzer.inputs import Source, find
from analyzer.pipeline.engine import Engine
from analyzer.pipeline.judging import judge_rows
from analyzer.pipeline.verdicts import PARTIAL_KEYS, expanded, partial_cube, verdict_rows
from analyzer.schema import CAUSES, MESSAGES, REJECTS
from analyzer.tenant.model import Tenant

logger = logging.getLogger(__name__)

# Columns whose values hardly repeat: a Parquet dictionary would only cost time.
_PLAIN = frozenset(
    ("received_at", "message_id", "network_message_id", "size", "source_row", "policies", "candidates", "missing")
)
_OUTSIDE = "outside-period"


@dataclass(slots=True)
class InputBook:
    """What became of one input file: rows = read + rejected + declared noise."""

    name: str
    format: str
    encoding: str
    shape: str
    rows: int = 0
    read: int = 0
    rejected: int = 0
    noise: dict[str, int] = field(default_factory=dict)
    verdict_rows: int = 0
    sha256: str = ""
    notes: tuple[str, ...] = ()

    @property
    def incomplete(self) -> bool:
        """Tell whether rows are lost: unreadable ones, or an export that stopped at its limit."""
        return self.rejected > 0 or self.rows - sum(self.noise.values()) in CAPS

    @property
    def balanced(self) -> bool:
        """Tell whether every row is accounted for."""
        return self.rows == self.read + self.rejected + sum(self.noise.values())


@dataclass(frozen=True, slots=True)
class Options:
    """How to run: the period (UTC, `until` excluded), what the user says of the logs, the workers."""

    since: datetime | None = None
    until: datetime | None = None
    format_name: str | None = None
    date_order: str | None = None
    timezone: str | None = None
    encoding: str | None = None
    workers: int = 2


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run gives besides its files: the books, the cube, the inputs that could not be read."""

    inputs: tuple[InputBook, ...]
    unreadable: tuple[str, ...]
    causes: pa.Table


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: bytes of input read of all, source rows done, seconds are the caller's."""

    bytes_read: int
    bytes_total: int
    rows: int


@dataclass(frozen=True, slots=True)
class _Done:
    """One finished chunk."""

    cube: pa.Table | None
    rejects: pa.Table
    noise: Mapping[str, int]
    records: int
    read: int
    verdict_rows: int


def run(
    logs: Sequence[str],
    tenant: Tenant,
    directory: Path,
    options: Options,
    *,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Outcome:
    """Judge every row of the logs and write messages/ and rejects.parquet into a directory.

    Args:
        logs: files, folders, globs or `-`.
        tenant: the configuration history.
        directory: an existing, empty folder.
        options: period, format, workers.
        progress: called after each chunk.

    Raises:
        LogError: nothing could be read from any of the inputs.
    """
    sources = find(logs)
    engine = Engine(tenant)
    cube = Cube(PARTIAL_KEYS)
    (directory / "messages").mkdir()
    books: list[InputBook] = []
    unreadable: list[str] = []
    run_so_far = _Running(
        directory=directory,
        engine=engine,
        options=options,
        cube=cube,
        bytes_total=sum(s.size or 0 for s in sources),
        progress=progress,
    )
    with pq.ParquetWriter(directory / "rejects.parquet", REJECTS.arrow, compression="zstd") as rejects:
        for source in sources:
            try:
                books.append(run_so_far.one_input(source, rejects))
            except UnreadableInput as problem:
                if len(sources) == 1:
                    raise
                unreadable.append(str(problem))
                logger.warning("%s", problem)
    if unreadable and not books:
        raise LogError("logs", f"none of {len(sources)} files could be read", unreadable[0])
    if not run_so_far.parts:
        pq.write_table(MESSAGES.empty(), directory / "messages" / "part-00000.parquet")
    folded = cube.table()
    causes = merge([expanded(folded, engine)]) if folded is not None else CAUSES.empty()
    return Outcome(tuple(books), tuple(unreadable), causes)


@dataclass(slots=True)
class _Running:
    """The state of a run while its inputs are read one after the other."""

    directory: Path
    engine: Engine
    options: Options
    cube: Cube
    bytes_total: int
    progress: Callable[[Progress], None]
    parts: int = 0
    rows: int = 0
    bytes_before: int = 0

    def one_input(self, source: Source, rejects: pq.ParquetWriter) -> InputBook:
        """Read one input to its end."""
        log = open_log(
            source,
            format_name=self.options.format_name,
            date_order=self.options.date_order,
            timezone=self.options.timezone,
            encoding=self.options.encoding,
        )
        book = InputBook(source.name, log.format.name, log.encoding, log.shape)
        for done in self._chunks(log):
            book.rows += done.records
            book.read += done.read
            book.rejected += done.rejects.num_rows
            book.verdict_rows += done.verdict_rows
            for kind, count in done.noise.items():
                book.noise[kind] = book.noise.get(kind, 0) + count
            if done.rejects.num_rows:
                rejects.write_table(done.rejects)
            if done.cube is not None:
                self.cube.add(done.cube)
            self.rows += done.records
            self.progress(Progress(self.bytes_before + log.bytes_read, self.bytes_total, self.rows))
        self.bytes_before += source.size or 0
        book.sha256, book.notes = log.digest, tuple(log.notes)
        return book

    def _chunks(self, log: Log) -> Iterator[_Done]:
        """Give the finished chunks of one input in order; at most one more than the workers is in flight."""
        waiting: deque[Future[_Done]] = deque()
        before: Future[int] = Future()
        before.set_result(0)
        with ThreadPoolExecutor(self.options.workers) as pool:
            for chunk in log.chunks():
                after: Future[int] = Future()
                waiting.append(pool.submit(self._one_chunk, log, chunk, part=self.parts, rows=(before, after)))
                before, self.parts = after, self.parts + 1
                if len(waiting) > self.options.workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

    def _one_chunk(self, log: Log, chunk: Chunk, *, part: int, rows: tuple[Future[int], Future[int]]) -> _Done:
        """Parse, judge, write and fold one chunk; `rows` are the record counts before and after it."""
        before, after = rows
        try:
            parsed = log.parse(chunk)
            offset = before.result()
            after.set_result(offset + parsed.records)
        except BaseException as problem:
            after.set_exception(problem)
            raise
        inside, outside = _within(parsed.rows, self.options)
        read = _distinct_rows(inside)
        cube = self._judged(_shifted(inside, offset), log, part) if inside.num_rows else None
        noise = {**parsed.noise, **({_OUTSIDE: outside} if outside else {})}
        rejects = _rejects(parsed.rejects, log.source.name, offset)
        return _Done(cube, rejects, noise, parsed.records, read, inside.num_rows)

    def _judged(self, rows: pa.Table, log: Log, part: int) -> pa.Table:
        carries = Carries(log.format.evidence.value)
        witness = Witness(carries, log.format.has_directionality, log.format.vantage)
        numbers = judge_rows(rows, self.engine, witness)
        verdicts = verdict_rows(rows, numbers, self.engine, log.source.name)
        pq.write_table(
            verdicts,
            self.directory / "messages" / f"part-{part:05d}.parquet",
            compression="zstd",
            compression_level=1,
            use_dictionary=[n for n in verdicts.column_names if n not in _PLAIN],
            write_statistics=["received_at"],
        )
        return partial_cube(verdicts, numbers, self.engine, log.format.name)


def _within(rows: pa.Table, options: Options) -> tuple[pa.Table, int]:
    """Keep the rows of the period; count the log rows outside it."""
    if options.since is None and options.until is None:
        return rows, 0
    times = rows.column("received_at")
    keep = pa.chunked_array([pa.array(np.ones(rows.num_rows, bool))])
    if options.since is not None:
        keep = pc.and_(keep, pc.greater_equal(times, pa.scalar(options.since, times.type)))
    if options.until is not None:
        keep = pc.and_(keep, pc.less(times, pa.scalar(options.until, times.type)))
    kept = rows.filter(keep)
    return kept, _distinct_rows(rows) - _distinct_rows(kept)


def _distinct_rows(rows: pa.Table) -> int:
    """Count the log rows; the recipients of one stand together."""
    numbers = rows.column("source_row").to_numpy()
    return int(np.count_nonzero(np.diff(numbers, prepend=-1)))


def _shifted(rows: pa.Table, offset: int) -> pa.Table:
    position = rows.schema.get_field_index("source_row")
    return rows.set_column(position, "source_row", pc.add(rows.column(position), offset))


def _rejects(rejects: pa.Table, source_file: str, offset: int) -> pa.Table:
    names = pa.array([source_file] * rejects.num_rows, pa.string())
    shifted = pc.add(rejects.column("source_row"), offset).cast(pa.int64())
    columns = [names, shifted, rejects.column("reason"), rejects.column("raw")]
    return pa.Table.from_arrays(columns, schema=REJECTS.arrow)
