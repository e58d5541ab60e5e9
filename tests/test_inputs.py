"""What the user names, opened and unpacked."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import os
import random
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.errors import LogError, UsageError
from analyzer.inputs import Encoding, Source, Utf8Stream, find, repair, sniff_encoding

TEXT = b"a,b\r\n" + b"1,2\r\n" * 1000


def zstd(data: bytes) -> bytes:
    """Compress with zstd."""
    packed = pa.compress(data, "zstd", asbytes=True)
    assert isinstance(packed, bytes)
    return packed


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Make a zip archive."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


def names(*arguments: Path | str) -> list[str]:
    """Find sources by name."""
    return [source.name for source in find([str(argument) for argument in arguments])]


def content(path: Path) -> bytes:
    """Read the one source a path stands for."""
    (source,) = find([str(path)])
    with source.open() as stream:
        data = stream.read()
        assert not stream.damage
        return data


def everything(source: Source) -> bytes:
    """Read a source to its end."""
    with source.open() as stream:
        return stream.read()


def test_folders_globs_and_files_are_found_once_and_in_order(tmp_path: Path) -> None:
    """Each file is found once, sorted, hidden ones left out."""
    for name in ("b.csv", "a.csv", "sub/c.csv", ".hidden", "sub/.DS_Store"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(TEXT)
    expected = [str(tmp_path / name) for name in ("a.csv", "b.csv", "sub/c.csv")]

    assert names(tmp_path) == expected
    assert names(tmp_path / "b.csv", tmp_path, tmp_path) == expected
    assert names(tmp_path / "**" / "*.csv") == expected
    assert names(tmp_path / "?.csv") == expected[:2]


@pytest.mark.parametrize(
    "argument, found", [("absent.csv", "no such file"), ("*.log", "matches no file"), ("", "holds no files")]
)
def test_what_is_not_there_is_an_error(tmp_path: Path, argument: str, found: str) -> None:
    """A name that stands for nothing is named, not passed over."""
    with pytest.raises(LogError, match=found) as error:
        find([str(tmp_path / argument)])
    assert error.value.exit_code == 3


def test_nothing_given_is_a_usage_error() -> None:
    """Without an argument there is nothing to read."""
    with pytest.raises(UsageError):
        find([])


@pytest.mark.parametrize(
    "packed",
    [
        TEXT,
        gzip.compress(TEXT),
        gzip.compress(TEXT[:2000]) + gzip.compress(TEXT[2000:]) + b"\0" * 512,
        zipped({"log.csv": TEXT}),
        zipped({"log.csv.gz": gzip.compress(TEXT)}),
        zipped({"log.csv": TEXT}, zipfile.ZIP_BZIP2),
        zipped({"inner": zipped({"log.csv": TEXT})}),
        bz2.compress(TEXT),
        bz2.compress(TEXT[:2000]) + bz2.compress(TEXT[2000:]) + b"\0",
        lzma.compress(TEXT),
        lzma.compress(TEXT[:2000]) + lzma.compress(TEXT[2000:]) + b"\0" * 8,
        zstd(TEXT),
        zstd(TEXT[:2000]) + zstd(TEXT[2000:]),
    ],
    ids=[
        "plain",
        "gzip",
        "two gzips padded",
        "zip",
        "gzip in zip",
        "bzip2 within zip",
        "zip in zip",
        "bzip2",
        "two bzip2s",
        "xz",
        "two xzs",
        "zstd",
        "two zstds",
    ],
)
def test_compression_is_told_by_content(tmp_path: Path, packed: bytes) -> None:
    """The file's name says nothing; its bytes do."""
    path = tmp_path / "log.txt"
    path.write_bytes(packed)

    assert content(path) == TEXT


def test_reads_of_any_size_give_the_same(tmp_path: Path) -> None:
    """Reading in small bites, or all at once, gives the same bytes."""
    data = random.Random(1).randbytes(3_000_000)
    path = tmp_path / "log.gz"
    path.write_bytes(gzip.compress(data))
    with find([str(path)])[0].open() as stream:
        parts = [stream.read(size) for size in (1, 0, 1000, 1 << 20, 1)]
        rest = stream.read()

    assert [len(part) for part in parts] == [1, 0, 1000, 1 << 20, 1]
    assert b"".join([*parts, rest]) == data


def test_zip_members_are_sources_of_their_own(tmp_path: Path) -> None:
    """Each member has a name of its own and its own bytes; what an operating system adds is left out."""
    path = tmp_path / "logs.zip"
    path.write_bytes(zipped({"b.csv": b"b", "sub/a.csv": b"a", "__MACOSX/x.csv": b"x"}))
    sources = find([str(path)])

    assert [source.name for source in sources] == [f"{path}!b.csv", f"{path}!sub/a.csv"]
    assert [everything(source) for source in sources] == [b"b", b"a"]
    assert sources[0].digest() == hashlib.sha256(b"b").hexdigest()


@pytest.mark.parametrize(
    "packed, found",
    [
        (zipped({"in.zip": zipped({"in.zip": zipped({"a.csv": b"a"})})}), "zip archive within two others"),
        (zipped({"[Content_Types].xml": b"x", "sheet.xml": b"y"}), "an Office document"),
        (zipped({"a/.hidden": b"x"}), "zip archive without files"),
    ],
)
def test_archives_that_hold_no_log_are_refused_when_opened(tmp_path: Path, packed: bytes, found: str) -> None:
    """A bad archive does not keep the good files from being read."""
    (tmp_path / "bad.zip").write_bytes(packed)
    (tmp_path / "good.csv").write_bytes(TEXT)
    bad, good = find([str(tmp_path)])

    assert everything(good) == TEXT
    with pytest.raises(LogError, match=found):
        bad.open()


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    """A member with a password is named with what to do."""
    packed = bytearray(zipped({"a.csv": TEXT}))
    packed[6] |= 1
    packed[packed.rindex(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "a.zip").write_bytes(packed)

    with pytest.raises(LogError, match="is encrypted"):
        find([str(tmp_path)])[0].open()


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstd,
    "zip": lambda data: zipped({"log": data}),
    "stored": lambda data: zipped({"log": data}, zipfile.ZIP_STORED),
    "zip in zip": lambda data: zipped({"in.zip": zipped({"log": data})}),
}


@pytest.mark.parametrize("packed", PACKERS.values(), ids=PACKERS)
def test_a_cut_archive_gives_its_beginning(tmp_path: Path, packed: Callable[[bytes], bytes]) -> None:
    """What can be unpacked comes out unharmed, and the stream says that it is not all."""
    data = random.Random(2).randbytes(4_000_000)
    path = tmp_path / "log"
    path.write_bytes(packed(data)[:3_000_000])
    with find([str(path)])[0].open() as stream:
        got = stream.read()

        assert len(got) > 1_900_000  # bzip2 and zstd pack hundreds of KB together
        assert data.startswith(got)
        assert stream.damage


@pytest.mark.parametrize("kind, lost", [("gzip", 0), ("bzip2", 0), ("xz", 0), ("zstd", 64 << 10)])
def test_bytes_behind_the_end_are_said(tmp_path: Path, kind: str, lost: int) -> None:
    """What compressed data is followed by is neither read nor passed over in silence.

    Arrow's zstd does not give what it had unpacked when it met the damage.
    """
    data = random.Random(3).randbytes(200_000)
    path = tmp_path / "log"
    path.write_bytes(PACKERS[kind](data) + b"something else entirely")
    with find([str(path)])[0].open() as stream:
        got = stream.read()
        assert len(got) >= len(data) - lost
        assert data.startswith(got)
        assert stream.damage


class Onward(io.RawIOBase):
    """A file that can only be written onwards, so that zipfile puts the sizes behind the members."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.data = bytearray()

    def writable(self) -> bool:
        """Say yes."""
        return True

    def write(self, data: object, /) -> int:
        """Write on."""
        assert isinstance(data, bytes)
        self.data += data
        return len(data)


@pytest.mark.parametrize("onward", [False, True], ids=["sizes before", "sizes behind"])
def test_an_archive_without_its_list_gives_every_member(tmp_path: Path, *, onward: bool) -> None:
    """A zip archive cut within its third member gives the first two whole, and says it of the last."""
    data = {name: random.Random(name).randbytes(100_000) for name in "abc"}
    target = Onward() if onward else io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in data.items():
            archive.writestr(name, text)
    whole = bytes(target.data) if isinstance(target, Onward) else target.getvalue()
    path = tmp_path / "log.zip"
    path.write_bytes(whole[:250_000])
    streams = [source.open() for source in find([str(path)])]
    texts = [stream.read() for stream in streams]

    assert texts[:2] == [data["a"], data["b"]]
    assert data["c"].startswith(texts[2])
    assert len(texts[2]) > 40_000
    assert [bool(stream.damage) for stream in streams] == [False, False, True]


def test_members_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    """An archive whose list names the same bytes again and again is a bomb and is not unpacked."""
    packed = bytearray(zipped({"a": TEXT, "b": TEXT}))
    second = packed.rindex(b"PK\x01\x02")
    packed[second + 42 : second + 46] = b"\0\0\0\0"
    (tmp_path / "log.zip").write_bytes(packed)

    with pytest.raises(LogError, match="share their bytes"):
        find([str(tmp_path)])[0].open()


def test_what_grows_is_read_up_to_the_size_it_had(tmp_path: Path) -> None:
    """A log that is still written to is read once, and its digest is that of the bytes that were read."""
    path = tmp_path / "log.csv"
    path.write_bytes(TEXT)
    (source,) = find([str(path)])
    path.write_bytes(TEXT + b"3,4\r\n" * 1000)
    with source.open() as stream:
        assert stream.read() == TEXT
        assert stream.damage.startswith("the file grew while it was read")
        assert stream.digest() == hashlib.sha256(TEXT).hexdigest()


def test_what_shrinks_is_said(tmp_path: Path) -> None:
    """A log that was rotated away meanwhile has not been read whole."""
    path = tmp_path / "log.csv"
    path.write_bytes(TEXT)
    (source,) = find([str(path)])
    path.write_bytes(TEXT[:100])
    with source.open() as stream:
        assert stream.read() == TEXT[:100]
        assert stream.damage == "the file became shorter while it was read"


def test_a_wrong_checksum_is_noticed(tmp_path: Path) -> None:
    """A zip member whose bytes were changed is read, and said to be damaged."""
    packed = bytearray(zipped({"log.csv": TEXT}))
    packed[packed.rindex(b"PK\x01\x02") + 16] ^= 1
    (tmp_path / "log.zip").write_bytes(packed)
    with find([str(tmp_path)])[0].open() as stream:
        stream.read()

        assert "damaged" in stream.damage


def test_standard_input_is_read_as_often_as_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each opening starts at the beginning and is independent of the others; compression is told as ever."""
    path = tmp_path / "stdin"
    path.write_bytes(gzip.compress(TEXT))
    with path.open("rb") as raw, io.TextIOWrapper(raw) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        (source,) = find(["-"])
    first, second = source.open(), source.open()

    assert source.name == "-"
    assert source.size == path.stat().st_size
    assert first.read(10) == second.read(10) == TEXT[:10]
    assert first.read() == second.read() == TEXT[10:]


def test_a_zip_archive_may_come_by_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its members are sources as those of a file are."""
    path = tmp_path / "stdin"
    path.write_bytes(zipped({"a.csv": TEXT, "b.csv": b"b"}))
    with path.open("rb") as raw, io.TextIOWrapper(raw) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        sources = find(["-"])

    assert [(source.name, everything(source)) for source in sources] == [("-!a.csv", TEXT), ("-!b.csv", b"b")]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are a thing of Unix")
def test_a_pipe_is_read_once_and_kept(tmp_path: Path) -> None:
    """A pipe, such as a shell's <(...), may be opened several times like a file."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=[TEXT])
    writer.start()
    (source,) = find([str(path)])
    writer.join()

    assert [everything(source) for _ in range(2)] == [TEXT, TEXT]


def test_progress_counts_compressed_bytes(tmp_path: Path) -> None:
    """What was read is counted as it lies on disk."""
    path = tmp_path / "log.gz"
    path.write_bytes(gzip.compress(TEXT))
    (source,) = find([str(path)])
    with source.open() as stream:
        stream.read()

        assert stream.bytes_read == source.size == path.stat().st_size


@pytest.mark.parametrize(
    "head, name",
    [
        (b"", "utf-8"),
        (b"a,b\n", "utf-8"),
        (b"a\0\0\0\0\0\0\0" * 8, "utf-8"),
        (b"\xef\xbb\xbfa", "utf-8 with BOM"),
        ("Received;Größe".encode("utf-16-le"), "utf-16-le"),
        ("Received;Größe".encode("utf-16-be"), "utf-16-be"),
        ("会議".encode("utf-16"), "utf-16-le with BOM"),
    ],
)
def test_the_encoding_is_told_by_the_bytes(head: bytes, name: str) -> None:
    """Marks count first, then where the zero bytes stand."""
    assert sniff_encoding(head).name == name


class Bites:
    """A stream of memory that may be read from."""

    def __init__(self, data: bytes) -> None:
        self._stream = io.BytesIO(data)
        self.damage = ""

    def read(self, size: int, /) -> bytes:
        """Read."""
        return self._stream.read(size)


@given(st.text(), st.sampled_from(["utf-16-le", "utf-16-be", "utf-8"]), st.integers(1, 7))
def test_text_comes_out_as_utf8_in_any_bites(text: str, codec: str, size: int) -> None:
    """However it is read, the text is the text."""
    stream = Utf8Stream(Bites(text.encode(codec, "replace")), Encoding(codec, codec))
    parts = []
    while part := stream.read(size):
        parts.append(part)

    assert b"".join(parts) == text.encode("utf-8", "replace")


@given(st.lists(st.sampled_from([b"a", "ö".encode(), "ö".encode("cp1252"), b"\x81", "€".encode(), b"\xe2\x82", b"\n"])))
def test_repair_does_not_depend_on_where_lines_are_cut(parts: list[bytes]) -> None:
    """A text repaired line by line is the text repaired at once, and is UTF-8."""
    data = b"".join(parts)

    assert b"".join(repair(line) for line in data.splitlines(keepends=True)) == repair(data)
    repair(data).decode()


def test_repair_leaves_utf8_alone_and_reads_the_rest_as_windows_1252() -> None:
    """Only the bytes that are not UTF-8 are changed."""
    assert repair("größe €".encode()) == "größe €".encode()
    assert repair(b"gr\xf6\xdfe \x80 \x81 ".replace(b" ", b",") + "ö".encode()).decode() == "größe,€,\x81,ö"
