"""Logs on file systems that are not this machine's: object stores and whatever else pyarrow knows by its URI.

Only a run on a cluster asks for them; every other one refuses their names.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC, date
from fnmatch import fnmatchcase
from typing import BinaryIO, cast

import pyarrow as pa
from pyarrow.fs import FileInfo, FileSelector, FileSystem, FileType

from analyzer.errors import LogError, UsageError

_AHEAD = 8 << 20  # bytes asked for at a time: a store answers slowly and then gives much
_ACCEPTED = "s3://BUCKET/FOLDER?region=NAME would be accepted, for one"


@dataclass(frozen=True, slots=True)
class Remote:
    """A file of another file system.

    Attributes:
        name: As shown; what the URI says of the file system is left out.
        day: On which it was last written to (UTC).
    """

    filesystem: FileSystem
    path: str
    name: str
    size: int
    day: date | None

    def open(self) -> BinaryIO:
        """Open it at its first byte.

        Raises:
            LogError: It cannot be opened.
        """
        try:
            return cast("BinaryIO", io.BufferedReader(self.filesystem.open_input_file(self.path), _AHEAD))
        except OSError as problem:
            raise LogError(self.name, f"cannot be opened: {problem}") from problem


def is_remote(argument: str) -> bool:
    """Whether an argument names another file system."""
    return "://" in argument


def find_remote(argument: str) -> list[Remote]:
    """Find the files that a URI stands for: a file, all below a folder, or those that match `*`, sorted by name.

    Raises:
        UsageError: It is of no file system that is known here.
        LogError: There are no such files, or the file system refuses.
    """
    place, mark, query = argument.partition("?")
    scheme, _, path = place.partition("://")
    fixed = path.split("*")[0].rpartition("/")[0] if "*" in path else path
    try:
        filesystem, base = FileSystem.from_uri(f"{scheme}://{fixed}{mark}{query}")
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as problem:
        raise UsageError(f"{place}: no file system that is known here ({problem}); {_ACCEPTED}") from problem
    pattern = base + path[len(fixed) :]
    try:
        infos = _below(filesystem, base)
    except OSError as problem:
        raise LogError(place, f"cannot be listed: {problem}", _ACCEPTED) from problem
    wanted = [info for info in infos if "*" not in path or fnmatchcase(info.path, pattern)]
    if not wanted:
        raise LogError(place, "no such file", "a file, a folder or a name with * would be accepted")
    before = path[: len(path) - len(pattern)] if path.endswith(pattern) else ""
    return [_remote(filesystem, info, f"{scheme}://{before}{info.path}") for info in wanted]


def _below(filesystem: FileSystem, base: str) -> list[FileInfo]:
    """Give a file itself, or the files below a folder but for hidden ones."""
    info = filesystem.get_file_info(base)
    if info.type is FileType.File:
        return [info]
    below = filesystem.get_file_info(FileSelector(base, allow_not_found=True, recursive=True))
    shown = (one for one in below if one.type is FileType.File and "/." not in one.path[len(base) :])
    return sorted(shown, key=lambda one: one.path)


def _remote(filesystem: FileSystem, info: FileInfo, name: str) -> Remote:
    return Remote(filesystem, info.path, name, info.size, info.mtime.astimezone(UTC).date() if info.mtime else None)
