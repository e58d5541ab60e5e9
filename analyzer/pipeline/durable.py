"""What an append needs of the disk: one at a time, all or nothing, and safe against a pulled plug."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from analyzer.errors import UsageError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder; the system lets go of it when the process ends, however it ends.

    Raises:
        UsageError: another process holds it.
    """
    with (folder / ".lock").open("wb") as file:
        try:
            if sys.platform == "win32":
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UsageError(f"{folder}: another append is running; wait for it to end") from None
        yield


def settled(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk."""
    if path.is_dir() and sys.platform == "win32":  # folders cannot be opened there; its file system keeps names itself
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replaced(file: Path, text: str) -> None:
    """Put a whole new text in the place of a file in one step."""
    aside = file.with_name(f".{file.name}.new")
    aside.write_text(text, encoding="utf-8")
    settled(aside)
    aside.replace(file)
    settled(file.parent)


def swept(folder: Path, kept: Iterable[str]) -> None:
    """Remove what an interrupted append left: every part and working folder that nothing names."""
    names = {folder / name for name in kept}
    for file in folder.rglob("*.parquet"):
        if file not in names:
            file.unlink()
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name.startswith(".append-"):
            shutil.rmtree(entry)
        elif entry.is_dir() and not any(entry.iterdir()):
            entry.rmdir()
