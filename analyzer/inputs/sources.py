"""What the user names (files, folders, globs, `-`, zip archives) as a list of single sources."""

from __future__ import annotations

import glob
import io
import os
import shutil
import stat
import sys
import tempfile
import threading
import weakref
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, cast

from analyzer.errors import LogError, UsageError
from analyzer.inputs.streams import BLOCK, DEFLATED, STORED, Member, Stream

_ZIP_MAGIC = b"PK\x03\x04"
_LOCAL_HEADER = 30  # bytes before the name in a zip's local file header (APPNOTE.TXT 4.3.7)


class _Spool:
    """What can be read only once, kept in an anonymous temporary file; every opening starts at its beginning."""

    def __init__(self, stream: IO[bytes]) -> None:
        """Take in the whole stream."""
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the source does
        weakref.finalize(self, self._file.close)
        self._lock = threading.Lock()
        shutil.copyfileobj(stream, self._file, BLOCK)
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


@dataclass(frozen=True, slots=True)
class Source:
    """One log as the user gave it: a file, stdin, or a member of a zip archive.

    Attributes:
        name: As given; `a.zip!member.csv` for a member, `-` for stdin.
        size: Bytes on disk, for progress; of a member, its compressed bytes.
    """

    name: str
    size: int | None
    path: Path | None = None
    spool: _Spool | None = None
    member: Member | None = None
    problem: str = ""  # why it cannot be opened, kept until someone tries: other sources may be fine

    def open(self) -> Stream:
        """Open at the first byte, decompressed; every opening is independent of the others."""
        if self.problem:
            raise LogError(self.name, self.problem)
        return Stream(_raw(self), self.member)

    def digest(self) -> str:
        """SHA-256 of the file's own bytes, or of the zip member's."""
        with self.open() as stream:
            return stream.digest()


def find(arguments: Sequence[str]) -> tuple[Source, ...]:
    """Find every log that the arguments name, sorted by name, each path once.

    Raises:
        UsageError: Where nothing was given.
        LogError: Where a named file does not exist or a folder or glob holds none.
    """
    if not arguments:
        raise UsageError("no log was given; name files, folders, globs, or - for standard input")
    once: dict[str, str] = {}
    for argument in arguments:
        for name in _names(argument):
            once.setdefault(name if name == "-" else str(Path(name).resolve()), name)
    sources = (source for name in once.values() for source in _sources(name))
    return tuple(sorted(sources, key=lambda source: source.name))


def _names(argument: str) -> list[str]:
    """Give the file names an argument stands for."""
    path = Path(argument)
    if argument == "-" or (path.exists() and not path.is_dir()):
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
        if entry.is_dir() and not entry.is_symlink():
            yield from _below(entry)
        elif entry.is_file():
            yield entry


def _sources(name: str) -> list[Source]:
    """Make one source of a file, or one of each member where it is a zip archive."""
    if name == "-":
        spool = _Spool(sys.stdin.buffer)
        source = Source(name, spool.size, spool=spool)
    elif stat.S_ISREG(os.stat(name).st_mode):  # noqa: PTH116 - a Path adds nothing here
        source = Source(name, Path(name).stat().st_size, path=Path(name))
    else:  # a pipe, such as a shell's <(...): it can be read only once
        with Path(name).open("rb") as stream:
            spool = _Spool(stream)
        source = Source(name, spool.size, spool=spool)
    try:
        with _raw(source) as raw:
            return _members(source, raw) if raw.read(len(_ZIP_MAGIC)) == _ZIP_MAGIC else [source]
    except LogError as error:
        return [Source(name, source.size, problem=error.found)]


def _raw(source: Source) -> BinaryIO:
    """Open the bytes as they are on disk."""
    if source.spool:
        return cast("BinaryIO", _SpoolReader(source.spool))
    assert source.path
    try:
        return source.path.open("rb", buffering=0)  # our reads are large
    except OSError as error:
        raise LogError(source.name, f"cannot be opened: {error.strerror}") from error


def _members(source: Source, raw: BinaryIO) -> list[Source]:
    """Make a source of each member of a zip archive."""
    try:
        with zipfile.ZipFile(raw) as archive:
            infos = [info for info in archive.infolist() if _counts(info.filename)]
    except (zipfile.BadZipFile, OSError):
        return [_of_member(source, _first_member(source, raw))]
    if any(info.filename == "[Content_Types].xml" for info in infos):
        raise LogError(source.name, "an Office document, not a log; save the sheet as CSV")
    if not infos:
        raise LogError(source.name, "a zip archive without files")
    return [_of_info(source, info, raw) for info in infos]


def _counts(name: str) -> bool:
    """Whether a member is a file of the user's, not a folder or an operating system's own."""
    parts = name.split("/")
    return not name.endswith("/") and "__MACOSX" not in parts and not parts[-1].startswith(".")


def _of_info(source: Source, info: zipfile.ZipInfo, raw: BinaryIO) -> Source:
    """Make the source of one member of an intact archive."""
    member = Member(info.filename, info.header_offset, info.compress_size, info.compress_type, info.CRC)
    if info.flag_bits & 1:
        return _refused(source, member, "is encrypted; unpack it first")
    if info.compress_type not in {STORED, DEFLATED}:
        return _refused(source, member, "is packed in a rare way; pack it again as an ordinary zip or gz")
    raw.seek(info.header_offset)
    header = raw.read(_LOCAL_HEADER)
    return _of_member(source, _at_data(member, header))


def _first_member(source: Source, raw: BinaryIO) -> Member:
    """Read the first local header of an archive whose list of files, at its end, is cut off."""
    raw.seek(0)
    header = raw.read(_LOCAL_HEADER)
    if len(header) < _LOCAL_HEADER:
        raise LogError(source.name, "a zip archive cut within its first bytes")
    name = raw.read(int.from_bytes(header[26:28], "little")).decode("utf-8", "replace")
    return _at_data(Member(name, 0, None, int.from_bytes(header[8:10], "little"), None), header)


def _at_data(member: Member, header: bytes) -> Member:
    """Move from the member's local header to its data: the name and the extra field lie between."""
    between = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    offset = member.offset + _LOCAL_HEADER + between
    return Member(member.name, offset, member.size, member.method, member.checksum)


def _of_member(source: Source, member: Member) -> Source:
    """Name a member after its archive."""
    name = f"{source.name}!{member.name}"
    if member.name.lower().endswith(".zip"):
        return _refused(source, member, "is a zip archive inside a zip archive; unpack it first")
    return Source(name, member.size, path=source.path, spool=source.spool, member=member)


def _refused(source: Source, member: Member, why: str) -> Source:
    """Keep a member that cannot be read: to name it is better than to lose it."""
    return Source(f"{source.name}!{member.name}", member.size, problem=why)
