"""Measure how long a recipients list takes to load, and how much memory, and write RECIPIENTS.md.

    python -m benchmarks.recipients [--recipients 1000000]

Each figure is a process of its own, start-up included. What loading takes is its peak over that of a process
that imports the same modules and loads a list of one recipient.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.measuring import ROOT, Cost, measure

OUT = ROOT / "bench-out" / "recipients"
RESULTS = Path(__file__).resolve().parent / "RECIPIENTS.md"
_LOAD = "import sys; from analyzer.tenant import load_tenant; load_tenant(sys.argv[1])"
_ACCEPTED = [{"DomainName": "contoso.com", "DomainType": "Authoritative", "MatchSubDomains": False}]

Row = Mapping[str, str | list[str]]


def _rows(count: int) -> Iterator[Row]:
    """Make recipients of a tenant in the middle of its migration: one in five still on-premises."""
    for number in range(count):
        address = f"firstname.lastname{number}@contoso.com"
        own = number % 5 == 0
        yield {
            "PrimarySmtpAddress": address,
            "RecipientTypeDetails": "MailUser" if own else "UserMailbox",
            "ExternalEmailAddress": f"SMTP:{address}" if own else "",
            "EmailAddresses": [
                f"SMTP:{address}",
                f"smtp:fl{number}@contoso.mail.onmicrosoft.com",
                f"SIP:{address}",
                f"X500:/o=Contoso/ou=Exchange Administrative Group/cn=Recipients/cn={number:032x}",
            ],
        }


def _moves(count: int) -> Iterator[Row]:
    """Make a completed move for each mailbox in the cloud, a thousand of them a night."""
    for number in range(count):
        if number % 5:
            yield {
                "EmailAddress": f"firstname.lastname{number}@contoso.com",
                "Status": "Completed",
                "Direction": "Pull",
                "RequestStyle": "CrossOrg",
                "CompletionTimestamp": f"2025-{1 + number // 28000 % 12:02}-{1 + number // 1000 % 28:02}T01:30:00Z",
            }


def _as_csv(path: Path, rows: Iterator[Row]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        for number, row in enumerate(rows):
            if number == 0:
                writer.writerow(row)
            writer.writerow(v if isinstance(v, str) else ";".join(v) for v in row.values())


def _as_json(path: Path, rows: Iterator[Row]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for number, row in enumerate(rows):
            file.write(("[\n" if number == 0 else ",\n") + json.dumps(row, indent=2))
        file.write("\n]\n")


def tenant(count: int, name: str, write: Callable[[Path, Iterator[Row]], None], *, moves: bool = False) -> Path:
    """Write the tenant folder of so many recipients, unless it is there already."""
    folder = OUT / f"{count}-{name}"
    if not (folder / ".whole").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "AcceptedDomains.json").write_text(json.dumps(_ACCEPTED), encoding="utf-8")
        write(folder / f"Recipients.{name.split('-', maxsplit=1)[0]}", _rows(count))
        if moves:
            write(folder / f"Moves.{name.split('-', maxsplit=1)[0]}", _moves(count // 10))
        (folder / ".whole").touch()
    return folder


def _load(folder: Path) -> Cost:
    return measure([sys.executable, "-c", _LOAD, str(folder)])


def bench(count: int) -> str:
    """Measure every form and say it as a page."""
    base = _load(tenant(1, "csv", _as_csv))
    forms = [
        ("CSV", "csv", _as_csv, False),
        ("JSON", "json", _as_json, False),
        ("CSV, with moves of one in ten", "csv-moves", _as_csv, True),
    ]
    lines = []
    for title, name, write, moves in forms:
        folder = tenant(count, name, write, moves=moves)
        size = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
        cost = _load(folder)
        print(title, cost, file=sys.stderr)
        lines.append(
            f"| {title} | {size:,.0f} | {cost.wall:.1f} | {cost.cpu:.1f} | {cost.peak_mb - base.peak_mb:,.0f} |"
        )
    packages = ", ".join(f"{name} {version(name)}" for name in ("pyarrow", "numpy"))
    return _PAGE.format(
        day=f"{datetime.now(UTC):%d %B %Y}",
        machine=f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        python=platform.python_version(),
        packages=packages,
        load=os.getloadavg()[0],
        count=f"{count:,}",
        base=f"{base.wall:.1f} s and {base.peak_mb:.0f} MB",
        lines="\n".join(lines),
    )


_PAGE = """\
# A large recipients list

Written by `python -m benchmarks.recipients` on {day}. Machine: {machine}, {load:.0f} processes at work beside it;
Python {python}, {packages}.

{count} recipients with two SMTP addresses each (and SIP and X500 ones). Seconds of a whole process, start-up included;
memory is the peak while loading, over the {base} of a process that loads one recipient.

| list | MB | wall, s | processor, s | peak, MB |
| --- | --- | --- | --- | --- |
{lines}
"""


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipients", type=int, default=1_000_000)
    page = bench(parser.parse_args().recipients)
    RESULTS.write_text(page, encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
