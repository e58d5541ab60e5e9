"""A store of normalised rows: Parquet parts by day, and a manifest that alone says which of them count.

The manifest is replaced as a whole, so a store is always either as before an append or as after it;
files that it does not name are what an interrupted append left, and nobody reads them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from analyzer.errors import LogError
from analyzer.formats.base import IDLE, REJECTED, Draft, Evidence, Format, Parsed
from analyzer.formats.chunk import Cells, Positions
from analyzer.inputs import STORE_MANIFEST, Source
from analyzer.schema import STORED

SCHEMA_VERSION = 1
_NOTED = 5  # notes on original logs that are told one by one
_ACCEPTED = "a folder written by `mailflow convert` would be accepted"


@dataclass(frozen=True, slots=True)
class Part:
    """A Parquet file of a store: rows of one day (UTC) that one format carried."""

    path: str
    day: str
    format: str
    records: int
    rows: int


@dataclass(frozen=True, slots=True)
class Seen:
    """An input that a store has taken in, and what became of its rows then."""

    name: str
    sha256: str
    format: str
    rows: int
    read: int
    rejected: int
    noise: Mapping[str, int]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a store holds.

    Attributes:
        appends: How many appends changed it; names of new parts bear the number.
        inputs: Every input taken in, in that order.
        parts: The parts that count, by day, format and path.
        rejects: Files with the rows that could not be read.
    """

    appends: int = 0
    inputs: tuple[Seen, ...] = ()
    parts: tuple[Part, ...] = ()
    rejects: tuple[str, ...] = ()

    @classmethod
    def read(cls, store: Path) -> Manifest:
        """Read the manifest of a store.

        Raises:
            LogError: it is not one, or one of another version.
        """
        file = store / STORE_MANIFEST
        try:
            record: dict[str, Any] = json.loads(file.read_text("utf-8"))
            version = record["schema_version"]
            if version == SCHEMA_VERSION:
                inputs = tuple(Seen(**{**seen, "notes": tuple(seen["notes"])}) for seen in record["inputs"])
                parts = tuple(Part(**part) for part in record["parts"])
                return cls(record["appends"], inputs, parts, tuple(record["rejects"]))
        except FileNotFoundError:
            raise LogError(str(store), "there is no store here", _ACCEPTED) from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise LogError(str(file), f"not the manifest of a store ({error})", _ACCEPTED) from None
        raise LogError(str(file), f"the store has schema version {version}", f"this program reads {SCHEMA_VERSION}")

    @property
    def files(self) -> tuple[str, ...]:
        """Every file that counts."""
        return (*(part.path for part in self.parts), *self.rejects)

    def text(self) -> str:
        """Write the manifest, one input and one part a line, so that two of them can be compared."""
        lines = [f'"schema_version": {SCHEMA_VERSION}', f'"appends": {self.appends}']
        for name in ("inputs", "parts", "rejects"):
            values = [json.dumps(_plain(value), ensure_ascii=False) for value in getattr(self, name)]
            lines.append(f'"{name}": [' + ",".join(f"\n{value}" for value in values) + "\n]")
        return "{\n" + ",\n".join(lines) + "\n}\n"


def _plain(value: Part | Seen | str) -> object:
    return value if isinstance(value, str) else asdict(value)


def record_starts(rows: pa.Table) -> Positions:
    """Give the first row of each log row; the recipients of one stand together."""
    if not rows.num_rows:
        return np.zeros(0, np.int64)
    new = np.diff(rows.column("source_row").to_numpy(), prepend=-1) != 0
    if "source_file" in rows.column_names:
        new |= np.diff(rows.column("source_file").combine_chunks().indices.to_numpy(), prepend=-1) != 0
    starts: Positions = np.flatnonzero(new)
    return starts


def stored_rows(file: pq.ParquetFile, group: int) -> pa.Table:
    """Read a row group as rows of STORED; a column that older parts lack is null."""
    rows = file.read_row_group(group, use_threads=False)  # the caller has threads of its own
    held = set(rows.column_names)
    columns = [rows.column(f.name) if f.name in held else pa.nulls(rows.num_rows, f.type) for f in STORED.arrow]
    return pa.table(columns, names=STORED.arrow.names).cast(STORED.arrow)


def stored_group(path: str | Path, group: int) -> pa.Table:
    """Read a row group of a part as rows of STORED; it holds whole log rows."""
    with pq.ParquetFile(path) as file:
        return stored_rows(file, group)


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A row group of a part, and the format its rows came in."""

    format: Format
    file: Path
    group: int
    size: int


def _as_they_are(_: Cells) -> Draft:
    raise AssertionError("the rows of a store are normalised already")


# What `mailflow list formats` says of stores; each row in one keeps the evidence of the format it came from.
NORMALISED = Format(
    name="normalised",
    title="A store of normalised rows (mailflow convert)",
    row="a recipient of a log row, with the file and the number it came from",
    evidence=Evidence.NONE,
    has_directionality=False,
    carries="What the original logs carry: each row keeps the evidence of its own format.",
    lacks="What the original logs lack.",
    export="mailflow convert LOG... --append STORE, then analyze STORE.",
    columns={},
    marks=frozenset({STORE_MANIFEST}),
    time="received_at",
    sender="header_from",
    needed=(STORE_MANIFEST,),
    draft=_as_they_are,
)


@dataclass(slots=True)
class StoredLog:
    """A store, read as a log is read: in chunks that may be parsed in any order.

    Attributes:
        manifest: What the store holds.
        formats: The formats its rows came in, by name.
        digest: SHA-256 of the manifest, which names every part.
        bytes_read: Bytes of the parts read so far, for progress.
    """

    source: Source
    manifest: Manifest
    formats: Mapping[str, Format]
    digest: str
    bytes_read: int = 0
    format: Format = NORMALISED
    encoding: str = "parquet"
    capped: str = ""  # the inputs of a store were looked at when they were taken in

    @classmethod
    def open(cls, source: Source, formats: Iterable[Format]) -> StoredLog:
        """Open a store.

        Raises:
            LogError: its manifest cannot be read, or it holds rows of a format that this version does not know.
        """
        assert source.path
        manifest, known = Manifest.read(source.path), {f.name: f for f in formats}
        strange = next((part.format for part in manifest.parts if part.format not in known), None)
        if strange is not None:
            raise LogError(
                source.name, f"holds rows of the format {strange}", "a newer version of this program reads it"
            )
        return cls(source, manifest, known, sha256(manifest.text().encode()).hexdigest())

    @property
    def shape(self) -> str:
        """What the store holds, in a few words."""
        days = sorted({part.day for part in self.manifest.parts})
        return f"{len(days)} days, {days[0]} to {days[-1]}" if days else "no days"

    @property
    def notes(self) -> tuple[str, ...]:
        """What to know of the inputs that the store has taken in."""
        rejected = sum(seen.rejected for seen in self.manifest.inputs)
        noted = [f"{seen.name}: {note}" for seen in self.manifest.inputs for note in seen.notes]
        lost = f"{rejected:,} rows of the original logs could not be read; they lie in rejects/ of the store"
        more = f"{len(noted) - _NOTED:,} more notes on the original logs stand in {STORE_MANIFEST}"
        return (*((lost,) if rejected else ()), *noted[:_NOTED], *((more,) if len(noted) > _NOTED else ()))

    def within(self, since: datetime | None, until: datetime | None) -> tuple[StoredLog, int]:
        """Leave out the days that lie outside a period; give the store without them, and their number of rows."""
        kept = tuple(part for part in self.manifest.parts if _touches(part.day, since, until))
        left_out = sum(p.records for p in self.manifest.parts) - sum(p.records for p in kept)
        return replace(self, manifest=replace(self.manifest, parts=kept)), left_out

    def chunks(self) -> Iterator[StoredChunk]:
        """Give the row groups, day after day."""
        assert self.source.path
        for part in self.manifest.parts:
            file = self.source.path / part.path
            try:
                found = pq.read_metadata(file)
            except (OSError, pa.ArrowException) as error:
                raise LogError(str(file), f"a part of the store cannot be read ({error})") from None
            for group in range(found.num_row_groups):
                yield StoredChunk(self.formats[part.format], file, group, found.row_group(group).total_byte_size)
            self.bytes_read += file.stat().st_size

    def parse(self, chunk: StoredChunk) -> Parsed:
        """Read one row group; may be called from several threads."""
        rows = stored_group(chunk.file, chunk.group)
        return Parsed(rows, REJECTED.empty_table(), IDLE.empty_table(), len(record_starts(rows)))

    def enter(self, _: object) -> None:
        """Learn nothing: the inputs of a store were looked at when they were taken in."""


def _touches(day: str, since: datetime | None, until: datetime | None) -> bool:
    first = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)
    return not (since and first + timedelta(days=1) <= since) and not (until and first >= until)
