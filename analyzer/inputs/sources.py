"""What the user names (files, folders, globs, `-`, zip archives) as a list of single sources."""

from __future__ import annotations

import glob
import io
import os
import stat
import sys
import tempfile
import threading
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from analyzer.errors import LogError, UsageError
from analyzer.inputs.compression import BLOCK
from analyzer.inputs.remote import Remote, find_remote, is_remote
from analyzer.inputs.streams import Member, Stream
from analyzer.inputs.zips import ZIP_MAGIC, members


class Readable(Protocol):
    """Bytes that can be read once."""

    def read(self, size: int, /) -> bytes:
        """Give up to so many bytes, none only at the end."""


class _Spool:
    """What can be read only once, kept in an anonymous temporary file; every opening starts at its beginning."""

    def __init__(self, stream: Readable) -> None:
        """Take in the whole stream."""
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the source does
        weakref.finalize(self, self._file.close)
        self._lock = threading.Lock()
        while block := stream.read(BLOCK):
            self._file.write(block)
        self.size = self._file.tell()

    def read_at(self, position: int, size: int) -> bytes:
        """Read without minding where others read."""
        with self._lock:
            self._file.seek(position)
            return self._file.read(size)


class _SpoolReader(io.RawIOBase):
    """One opening of a spool, with a position of its own."""

    def __init__(self, spool: _Spool) -> None:
        super().__init__()
        self._spool, self._at = spool, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._spool.size}[whence]
        self._at = start + offset
        return self._at

    def read(self, size: int = -1, /) -> bytes:
        block = self._spool.read_at(self._at, size)
        self._at += len(block)
        return block


STORE_MANIFEST = "mailflow-store.json"  # a folder that holds it is one log: a store (analyzer.formats.store)


@dataclass(frozen=True, slots=True)
class Source:
    """One log as the user gave it: a file, stdin, a member of a zip archive, or a store.

    Attributes:
        name: As given; `a.zip!member.csv` for a member, `-` for stdin.
        size: Bytes on disk when it was found, and no more are read; of a member, its compressed bytes.
    """

    name: str
    size: int | None
    path: Path | None = None
    spool: _Spool | None = None
    member: Member | None = None
    problem: str = ""  # why it cannot be opened, kept until someone tries: other sources may be fine
    remote: Remote | None = None

    @property
    def is_store(self) -> bool:
        """Whether it is a folder of normalised rows, which is not read as bytes."""
        return self.path is not None and self.path.is_dir()

    def open(self) -> Stream:
        """Open at the first byte, decompressed; every opening is independent of the others."""
        return Stream(self.raw(), self.member, None if self.spool else self.size)

    def raw(self) -> BinaryIO:
        """Open the file's own bytes, to be read from any place."""
        if self.problem:
            raise LogError(self.name, self.problem)
        return _raw(self)

    def part(self, start: int, size: int) -> bytes:
        """Read some of the file's own bytes.

        Raises:
            LogError: The file is shorter now than it was.
        """
        with _raw(self) as raw:
            raw.seek(start)
            data = b"".join(iter(lambda: raw.read(min(BLOCK, size - raw.tell() + start)), b""))
        if len(data) != size:
            raise LogError(self.name, "became shorter while it was read")
        return data

    @property
    def modified(self) -> date | None:
        """The day (UTC) on which the file was last written to; None where it has no such day."""
        if self.remote:
            return self.remote.day
        return datetime.fromtimestamp(self.path.stat().st_mtime, UTC).date() if self.path else None

    def digest(self) -> str:
        """SHA-256 of the file's own bytes, or of the zip member's."""
        with self.open() as stream:
            return stream.digest()


def find(arguments: Sequence[str], *, remote: bool = False) -> tuple[Source, ...]:
    """Find every log that the arguments name, sorted by name, each path once.

    Args:
        arguments: Files, folders, globs or `-`.
        remote: Whether they may name other file systems too, such as `s3://BUCKET/FOLDER`.

    Raises:
        UsageError: Where nothing was given, or another file system without leave.
        LogError: Where a named file does not exist or a folder or glob holds none.
    """
    if not arguments:
        raise UsageError("no log was given; name files, folders, globs, or - for standard input")
    far = [argument for argument in arguments if is_remote(argument)]
    if far and not remote:
        raise UsageError(
            f"{far[0]}: other file systems are read with --dask or --engine dask only, no network otherwise"
        )
    once: dict[str, str] = {}
    for argument in (argument for argument in arguments if argument not in far):
        for name in _names(argument):
            once.setdefault(name if name == "-" else str(Path(name).resolve()), name)
    sources = [source for name in once.values() for source in _sources(name)]
    found = {file.name: file for argument in far for file in find_remote(argument)}
    for file in found.values():
        sources += _unpacked(Source(file.name, file.size, remote=file))
    return tuple(sorted(sources, key=lambda source: source.name))


def _names(argument: str) -> list[str]:
    """Give the file names an argument stands for."""
    path = Path(argument)
    if argument == "-" or (path.exists() and not path.is_dir()):
        return [argument]
    if is_store(path):
        return [argument]
    if path.is_dir():
        found = [str(file) for file in _below(path)]
    elif glob.has_magic(argument):
        names = glob.glob(argument, recursive=True)  # noqa: PTH207 - Path.glob refuses "/logs/*"
        found = [name for name in sorted(names) if Path(name).is_file()]
    else:
        raise LogError(argument, "no such file", "name files, folders, globs, or - for standard input")
    if not found:
        raise LogError(argument, "holds no files" if path.is_dir() else "matches no file")
    return found


def _below(folder: Path) -> Iterator[Path]:
    """Walk the folder's files in order, leaving out hidden ones: an operating system's own."""
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(".") or entry.name == "__MACOSX":
            continue
        if entry.is_dir() and not entry.is_symlink() and not is_store(entry):
            yield from _below(entry)
        elif entry.is_file() or is_store(entry):
            yield entry


def is_store(folder: Path) -> bool:
    """Whether a folder is a store."""
    return (folder / STORE_MANIFEST).is_file()


def _sources(name: str) -> list[Source]:
    """Make one source of a file, or one of each member where it is a zip archive."""
    if Path(name).is_dir():
        return [Source(name, sum(file.stat().st_size for file in Path(name).rglob("*.parquet")), path=Path(name))]
    if name == "-":
        spool = _Spool(sys.stdin.buffer)
        source = Source(name, spool.size, spool=spool)
    elif stat.S_ISREG(os.stat(name).st_mode):  # noqa: PTH116 - a Path adds nothing here
        source = Source(name, Path(name).stat().st_size, path=Path(name))
    else:  # a pipe, such as a shell's <(...): it can be read only once
        with Path(name).open("rb") as stream:
            spool = _Spool(stream)
        source = Source(name, spool.size, spool=spool)
    return _unpacked(source)


def _unpacked(source: Source, *, nested: bool = False) -> list[Source]:
    """Make a source of each member where a source is a zip archive, one level of nesting included."""
    try:
        with _raw(source) as raw:
            if raw.read(len(ZIP_MAGIC)) != ZIP_MAGIC:
                return [source]
            found = [_of_member(source, member) for member in members(source.name, raw)]
    except LogError as error:
        return [replace(source, problem=error.found)]
    return [inner for member in found for inner in _inner(member, nested=nested)]


def _of_member(source: Source, member: Member) -> Source:
    """Name a member after its archive; one that cannot be read is better named than lost."""
    name = f"{source.name}!{member.name}"
    return Source(name, member.size, source.path, source.spool, member, member.problem, source.remote)


def _inner(source: Source, *, nested: bool) -> list[Source]:
    """Give a member itself, or the members of the zip archive that it is."""
    if source.problem:
        return [source]
    with source.open() as stream:
        if stream.read(len(ZIP_MAGIC)) != ZIP_MAGIC:
            return [source]
    if nested:
        return [replace(source, problem="is a zip archive within two others; unpack it first")]
    with source.open() as stream:
        spool = _Spool(stream)
    return _unpacked(Source(source.name, spool.size, spool=spool), nested=True)


def _raw(source: Source) -> BinaryIO:
    """Open the bytes as they are on disk."""
    if source.spool:
        return cast("BinaryIO", _SpoolReader(source.spool))
    if source.remote:
        return source.remote.open()
    assert source.path
    try:
        return source.path.open("rb", buffering=0)  # our reads are large
    except OSError as error:
        raise LogError(source.name, f"cannot be opened: {error.strerror}") from error
