"""The ways in which PowerShell and other tools write the objects of the small tenant to a file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.tenant.contoso import (
    ACCEPTED,
    HYBRID,
    INBOUND,
    MOVES,
    ORGANIZATION,
    OUTBOUND,
    OWN,
    OWN_ACCEPTED,
    RECEIVE,
    RECIPIENTS,
    REMOTE,
    RULES,
    SEND,
    TENANT,
    Object,
)

__all__ = [
    "ACCEPTED",
    "HYBRID",
    "INBOUND",
    "MOVES",
    "ORGANIZATION",
    "OUTBOUND",
    "OWN",
    "OWN_ACCEPTED",
    "RECEIVE",
    "RECIPIENTS",
    "REMOTE",
    "RULES",
    "SEND",
    "TENANT",
    "Object",
]

_ENUMS = ("ConnectorType", "DomainType", "TlsSettings", "TlsAuthLevel", "PermissionGroups")


def changed(objects: Iterable[Object], **changes: Any) -> list[Object]:
    """Copy objects with some properties changed."""
    return [{**properties, **changes} for properties in objects]


def json7(objects: Iterable[Object]) -> bytes:
    """Write objects as PowerShell 7 does: a list, ISO dates, UTF-8."""
    return json.dumps(list(objects), indent=2).encode()


def json51(objects: Iterable[Object]) -> bytes:
    """Write objects as Windows PowerShell 5.1 does: UTF-16, wrapped lists and enums, a single object bare."""
    rendered = [{name: _wrapped(name, value) for name, value in o.items()} for o in objects]
    return json.dumps(rendered[0] if len(rendered) == 1 else {"value": rendered, "Count": len(rendered)}).encode(
        "utf-16"
    )


def _wrapped(name: str, value: Any) -> Any:
    if name == "WhenChangedUTC" and value:
        return {"value": f"/Date({in_utc(value).timestamp() * 1000:.0f})/", "DateTime": "Monday, March 24, 2025"}
    if name in _ENUMS and value:
        return {"value": 1, "Value": value}
    if name == "DomainName":
        return {"Domain": value, "Address": value, "IncludeSubDomains": False}
    return {"value": value, "Count": len(value)} if isinstance(value, list) else value


def comma(objects: Iterable[Object]) -> bytes:
    """Write objects as Export-Csv does on an American PC, lists joined by `;`."""
    return table(objects, delimiter=",", join=";", date="%m/%d/%Y %I:%M:%S %p")


def semicolon(objects: Iterable[Object]) -> bytes:
    """Write objects as Export-Csv -UseCulture does on a German PC, with a `#TYPE` line, lists as `{a, b}`."""
    text = table(objects, delimiter=";", join="{}", date="%d.%m.%Y %H:%M:%S")
    return b"\xef\xbb\xbf#TYPE Selected.System.Object\r\n" + text


def tab(objects: Iterable[Object]) -> bytes:
    """Write objects as a spreadsheet saves Unicode text: UTF-16 without a mark, tabs, lists joined by blanks."""
    return table(objects, delimiter="\t", join=" ", date="%d/%m/%Y %H:%M:%S").decode().encode("utf-16-le")


def table(objects: Iterable[Object], *, delimiter: str, join: str, date: str) -> bytes:
    """Write objects as a CSV with the given separators and culture."""
    objects = list(objects)
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerow(objects[0])
    for properties in objects:
        writer.writerow(_cell(name, value, join=join, date=date) for name, value in properties.items())
    return stream.getvalue().encode()


def _cell(name: str, value: Any, *, join: str, date: str) -> str:
    if value is None:
        return ""
    if name == "WhenChangedUTC":
        return in_utc(value).strftime(date)
    if isinstance(value, list):
        return "{" + ", ".join(value) + "}" if join == "{}" else join.join(value)
    return str(value)


def in_utc(text: str) -> datetime:
    """Read a date of the objects."""
    return datetime.fromisoformat(text).astimezone(UTC)


def write(folder: Path, **files: bytes) -> Path:
    """Write files named after nothing in particular: a name must not matter."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(files.values()):
        (folder / f"export{number}.txt").write_bytes(data)
    return folder


def write_tenant(folder: Path, render: Any = json7, **changes: Iterable[Object]) -> Path:
    """Write the small tenant's cloud, with some kinds replaced, or left out where the change is empty."""
    kinds = {name: list(objects) for name, objects in {**TENANT, **changes}.items()}
    return write(folder, **{name: render(objects) for name, objects in kinds.items() if objects})


def write_own(folder: Path, render: Any = json7) -> Path:
    """Write what the shell of the own servers gives, where it belongs."""
    write(folder / "onpremises", **{name: render(objects) for name, objects in OWN.items()})
    return folder
