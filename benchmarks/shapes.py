"""Logs of hard shapes: a million distinct names, ten thousand files, a configuration that changed four times."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

_HEADER = (
    "origin_timestamp_utc,sender_address,recipient_status,message_subject,total_bytes,message_id,"
    "network_message_id,original_client_ip,directionality,connector_id,delivery_priority\n"
)
_START = datetime(2026, 10, 1, tzinfo=UTC)
_SINCE = ("2026-09-20T0000Z", "2026-10-06T0000Z", "2026-10-12T0000Z", "2026-10-18T0000Z", "2026-10-24T0000Z")


def _rows(count: int, distinct: int) -> Iterator[str]:
    """Write rows in which sender, client address and recipient domain have so many distinct values each.

    By turns mail of a cloud mailbox to a foreign domain and mail of a foreign domain to a cloud mailbox.
    """
    step = timedelta(days=30) / count
    for number in range(count):
        name = number // 2 * 7919 % distinct
        own, other = f"user{number % 900}@contoso.com", f"ann{name}@d{name}.example.com"
        sender, recipient = (other, own) if number % 2 else (own, other)
        status, way = ("Receive, Deliver", 1) if number % 2 else ("Receive, Send", 2)
        address = f"2001:db8::{name >> 16:x}:{name & 0xFFFF:x}"
        yield (
            f'{_START + number * step:%Y-%m-%dT%H:%M:%S}.0000000Z,{sender},"{recipient}##{status}",Subject {number},'
            f"{1000 + number % 90000},<{number:020x}@contoso.com>,{number:032x},{address},"
            f"{way},,Normal\n"
        )


def distinct(folder: Path, rows: int, values: int) -> Path:
    """Write one file with so many distinct senders, recipient domains and client addresses."""
    log = folder / f"distinct-{rows}-{values}.csv"
    if not log.is_file():
        with (part := log.with_suffix(".part")).open("w", encoding="ascii") as file:
            file.write(_HEADER)
            file.writelines(_rows(rows, values))
        part.rename(log)
    return log


def files(folder: Path, number: int, rows_each: int) -> Path:
    """Write a folder of so many files."""
    logs = folder / f"files-{number}-{rows_each}"
    if not (logs / f"{number - 1:05d}.csv").is_file():
        logs.mkdir(parents=True, exist_ok=True)
        lines = _rows(number * rows_each, 5000)
        for name in range(number):
            text = _HEADER + "".join(line for _, line in zip(range(rows_each), lines, strict=False))
            (logs / f"{name:05d}.csv").write_text(text, encoding="ascii")
    return logs


def snapshots(tenant: Path, folder: Path) -> Path:
    """Make a history of five dated snapshots from one tenant: each time a connector covers one domain more."""
    target = folder / "five-snapshots"
    if not (target / "mailflow.toml").is_file():
        shutil.rmtree(target, ignore_errors=True)
        exported = json.loads((tenant / "OutboundConnectors.json").read_text(encoding="utf-8"))
        listing = next(c for c in exported if isinstance(c.get("RecipientDomains"), list) and c["RecipientDomains"])
        for number, since in enumerate(_SINCE):
            shutil.copytree(tenant, target / since, ignore=shutil.ignore_patterns("mailflow.toml"))
            listing["RecipientDomains"].append(f"branch{number}.contoso.com")
            (target / since / "OutboundConnectors.json").write_text(json.dumps(exported, indent=2), encoding="utf-8")
        shutil.copy(tenant / "mailflow.toml", target)
    return target
