"""A file of the tenant folder as text, and that text as objects: JSON, a CSV table, and other shapes.

What the file holds decides how it is read, never its name; only a file that could be anything
(`README.txt`, a picture) is left alone without a word.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from analyzer.errors import TenantError
from analyzer.inputs import repair, sniff_encoding
from analyzer.tenant.clixml import read_clixml
from analyzer.tenant.dsc import is_configuration, read_configuration
from analyzer.tenant.formatlist import is_format_list, read_format_list
from analyzer.tenant.texts import JsonText, Utf8File, open_binary
from analyzer.tenant.values import shown

_JSON_START = re.compile(r"\s*(\[\s*[{\]]|\{\s*[\"}])")
_HEADER_CELL = re.compile(r"[A-Za-z@][\w@. -]*")
_XML_START = re.compile(r"\s*(<\?xml\b|<!--|<!DOCTYPE\s(?!\s*html\b)|<Objs\b)", re.IGNORECASE)
_TABLE = re.compile(r"\s*[A-Z]\w*( +\w+)+ *(\r\n?|\n) *-{2,}( +-+)+ *(\r|\n|$)")
_CLIXML = re.compile(r"<(!DOCTYPE\s+)?Objs\b")
_HEAD = 65536
_LARGEST = 256 << 20  # of the shapes that are read whole, or point back into what was read
_CUT = "the whole export, written again"


class Shape(StrEnum):
    """What kind of text a file holds."""

    JSON = "JSON"
    CSV = "CSV"
    CLIXML = "Clixml"
    FORMAT_LIST = "Format-List"
    CONFIGURATION = "Microsoft365DSC"
    XML = "XML"
    TABLE = "Format-Table"
    BLANK = "blank"
    OTHER = "other"


# What is no export for us, and why; a note or a picture needs no word.
LEFT_OUT = {
    Shape.OTHER: None,
    Shape.XML: "it is XML, but not of Export-Clixml",
    Shape.TABLE: "it is what Format-Table prints, which leaves out and cuts values; export with ConvertTo-Json",
}


@dataclass(frozen=True, slots=True)
class Document:
    """One file of the tenant folder, read when its objects are asked for.

    Of a CSV also the header, the delimiter, and whether the `#TYPE` line of Windows PowerShell comes first.
    """

    where: str
    path: str
    digest: str
    shape: Shape
    header: tuple[str, ...] = ()
    delimiter: str = ","
    typed: bool = False

    def open(self) -> Utf8File:
        """Open its text as UTF-8, to be read block by block."""
        return Utf8File(Path(self.where))

    def text(self) -> str:
        """Read its text whole."""
        with self.open() as stream:
            return stream.read().decode()

    def objects(self) -> Iterator[Mapping[str, object]]:
        """Walk the objects of the document one at a time, whatever its shape: properties by name."""
        match self.shape:
            case Shape.JSON:
                return self._json()
            case Shape.CSV:
                return self._rows()
            case Shape.CLIXML:
                return self._clixml()
            case Shape.FORMAT_LIST:
                return read_format_list(self.text(), self.where)
            case Shape.CONFIGURATION:
                return read_configuration(self.text(), self.where)
            case _:
                return iter(())

    def _clixml(self) -> Iterator[Mapping[str, object]]:
        with self.open() as stream:
            yield from read_clixml(stream, self.where)

    def _json(self) -> Iterator[Mapping[str, object]]:
        with self.open() as stream:
            text = JsonText(io.TextIOWrapper(io.BufferedReader(stream), "utf-8", newline=""))
            try:
                for value in text.values():
                    if isinstance(value, dict):
                        yield value
            except json.JSONDecodeError as error:
                line = text.line(error)
                raise TenantError(f"{self.where}: line {line}", f"broken JSON ({error.msg})", _CUT) from None
            except RecursionError:
                raise TenantError(self.where, "broken JSON (nested without end)", _CUT) from None

    def _rows(self) -> Iterator[Mapping[str, object]]:
        with self.open() as stream:
            yield from self._records(io.TextIOWrapper(io.BufferedReader(stream), "utf-8", newline=""))

    def _records(self, text: io.TextIOBase) -> Iterator[Mapping[str, object]]:
        reader = csv.reader(text, delimiter=self.delimiter, strict=True)
        try:
            for _ in range(1 + self.typed):
                next(reader)
            for cells in reader:
                if not any(cells):
                    continue
                if len(cells) != len(self.header):
                    found = f"{len(cells)} cells under {len(self.header)} column names"
                    raise TenantError(f"{self.where}: line {reader.line_num}", found, _CUT)
                yield {name: cell or None for name, cell in zip(self.header, cells, strict=True)}
        except csv.Error as error:
            raise TenantError(
                f"{self.where}: line {reader.line_num}", f"broken CSV ({shown(str(error))})", _CUT
            ) from None


def open_document(file: Path, folder: Path) -> Document:
    """Read a file below the tenant folder; one that is no export by its beginning is not read further."""
    with open_binary(file) as stream:
        head = stream.read(_HEAD)
        shape = _shape(decode(head).decode(), file.suffix.lower())
        if shape in (Shape.CLIXML, Shape.FORMAT_LIST, Shape.CONFIGURATION):
            _refuse_huge(file, shape)
        stream.seek(0)
        digest = "" if shape in LEFT_OUT else hashlib.file_digest(stream, "sha256").hexdigest()
    path = file.relative_to(folder).as_posix()
    if shape is not Shape.CSV:
        return Document(str(file), path, digest, shape)
    text = decode(head)
    header, delimiter = _header(text.decode(errors="replace"))
    return Document(str(file), path, digest, shape, header, delimiter, typed=text.startswith(b"#TYPE"))


def _refuse_huge(file: Path, shape: Shape) -> None:
    if (size := file.stat().st_size) > _LARGEST:
        found = f"{size >> 20:,} MB of {shape} in one file"
        raise TenantError(str(file), found, f"{_LARGEST >> 20} MB at most; export a list as long as that as CSV")


def decode(raw: bytes) -> bytes:
    """Turn UTF-8 or UTF-16, with or without a byte order mark, into bare UTF-8; other bytes are Windows-1252."""
    encoding = sniff_encoding(raw)
    if encoding.codec == "utf-8":
        return repair(raw[len(encoding.mark) :] if encoding.mark else raw)
    return raw[len(encoding.mark) :].decode(encoding.codec, errors="replace").encode(errors="replace")


def _shape(head: str, suffix: str) -> Shape:
    """Tell the shape of a text from its beginning."""
    if not head or head.isspace():
        return Shape.BLANK
    if _XML_START.match(head):
        return Shape.CLIXML if _CLIXML.search(head) else Shape.XML
    if _JSON_START.match(head) or suffix == ".json":
        return Shape.JSON
    if is_configuration(head):
        return Shape.CONFIGURATION
    if is_format_list(head):
        return Shape.FORMAT_LIST
    if _TABLE.match(head):
        return Shape.TABLE
    header, _ = _header(head)
    named = bool(header) and all(_HEADER_CELL.fullmatch(cell) for cell in header)
    is_csv = named and (len(header) > 1 or suffix == ".csv" or head.startswith("#TYPE"))
    return Shape.CSV if is_csv else Shape.OTHER


def _header(head: str) -> tuple[tuple[str, ...], str]:
    """Split the header line by the delimiter that gives most columns."""
    lines = re.split(r"\r\n?|\n", head, maxsplit=2)
    line = lines[1] if lines[0].startswith("#TYPE") and len(lines) > 1 else lines[0]
    options = ((next(csv.reader([line], delimiter=mark), []), mark) for mark in (",", ";", "\t"))
    cells, delimiter = max(options, key=lambda option: len(option[0]))
    return tuple(cells), delimiter
