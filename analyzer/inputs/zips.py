"""The members of a zip archive: by its own list, or, where that is cut off, one after the other."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import BinaryIO

from analyzer.errors import LogError
from analyzer.inputs.compression import BLOCK, METHODS, measured
from analyzer.inputs.streams import Member

ZIP_MAGIC = b"PK\x03\x04"

_LOCAL_HEADER = 30  # bytes before the name in a local file header (APPNOTE.TXT 4.3.7)
_ENCRYPTED, _SIZES_FOLLOW = 1, 8  # general purpose bits 0 and 3 (4.4.4)
_ZIP64 = 0xFFFFFFFF
_DESCRIPTOR = b"PK\x07\x08"
_RARE = {9: "Deflate64, as Windows Explorer does above 2 GB", 14: "LZMA", 93: "zstd", 95: "xz", 99: "AES encryption"}


def members(name: str, raw: BinaryIO) -> list[Member]:
    """Find the members of an archive, without folders and what an operating system adds.

    Raises:
        LogError: It holds no files, is no archive of logs, or is made to overflow its reader.
    """
    try:
        with zipfile.ZipFile(raw) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        found = [member for member in _walked(name, raw) if _counts(member.name)]
        infos = []
    else:
        found = [_of_info(info, raw) for info in infos if _counts(info.filename)]
    if any(member.name == "[Content_Types].xml" for member in found):
        raise LogError(name, "an Office document, not a log; save the sheet as CSV")
    if not found:
        raise LogError(name, "a zip archive without files")
    ends = sorted((member.offset, member.offset + (member.size or 0)) for member in found)
    if any(end > start for (_, end), (start, _) in pairwise(ends)):
        raise LogError(name, "a zip archive whose members share their bytes, as only a bomb's do")
    return found


def _counts(name: str) -> bool:
    """Whether a member is a file of the user's, not a folder or an operating system's own."""
    parts = name.split("/")
    return not name.endswith("/") and "__MACOSX" not in parts and not parts[-1].startswith(".")


def _refusal(flags: int, method: int) -> str:
    """Say why a member cannot be unpacked; nothing where it can."""
    if flags & _ENCRYPTED:
        return "is encrypted; unpack it first"
    if method not in METHODS:
        return f"is packed with {_RARE.get(method, f'method {method}')}; pack it again as an ordinary zip or gz"
    return ""


def _of_info(info: zipfile.ZipInfo, raw: BinaryIO) -> Member:
    """Make a member of an entry of the archive's list."""
    raw.seek(info.header_offset)
    header = raw.read(_LOCAL_HEADER)
    start = info.header_offset + _LOCAL_HEADER + _number(header, 26, 2) + _number(header, 28, 2)
    problem = _refusal(info.flag_bits, info.compress_type)
    return Member(info.filename, start, info.compress_size, info.compress_type, info.CRC, problem)


def _walked(name: str, raw: BinaryIO) -> Iterator[Member]:
    """Walk an archive without its list by the headers before the members; whether the last is whole nobody knows."""
    before: Member | None = None
    at = 0
    while member := _local(raw, at):
        if before:
            yield before
        before = member
        if member.size is None:
            break
        at = _behind(raw, member)
    if before is None:
        raise LogError(name, "a zip archive cut within its first bytes")
    yield replace(before, checksum=None)


def _local(raw: BinaryIO, at: int) -> Member | None:
    """Read the member whose header lies here; its size is None where its data is cut."""
    raw.seek(at)
    header = raw.read(_LOCAL_HEADER)
    if len(header) < _LOCAL_HEADER or not header.startswith(ZIP_MAGIC):
        return None
    flags, method, checksum, size = (_number(header, *place) for place in ((6, 2), (8, 2), (14, 4), (18, 4)))
    name = raw.read(_number(header, 26, 2)).decode("utf-8", "replace")
    start = raw.tell() + _number(header, 28, 2)
    end = raw.seek(0, 2)
    found: int | None = size
    known: int | None = checksum
    if (flags & _SIZES_FOLLOW or size == _ZIP64) and not _refusal(flags, method):
        raw.seek(start)
        found = measured(iter(lambda: raw.read(BLOCK), b""), method)
        known = None if found is None else _described(raw, start + found)
    if found is None or start + found > end:
        return Member(name, start, None, method, None, _refusal(flags, method))
    return Member(name, start, found, method, known, _refusal(flags, method))


def _described(raw: BinaryIO, at: int) -> int:
    """Read the checksum behind a member's data; a signature before it is optional (APPNOTE.TXT 4.3.9.3)."""
    raw.seek(at)
    return _number(raw.read(8).removeprefix(_DESCRIPTOR), 0, 4)


def _behind(raw: BinaryIO, member: Member) -> int:
    """Find the next header behind a member: at once, or behind what describes its data."""
    assert member.size is not None
    end = member.offset + member.size
    raw.seek(end)
    following = raw.read(32)
    return end + max(following.find(ZIP_MAGIC), 0)


def _number(data: bytes, start: int, size: int) -> int:
    return int.from_bytes(data[start : start + size], "little")
