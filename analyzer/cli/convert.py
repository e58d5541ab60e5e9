"""`mailflow convert`: logs into a store of normalised rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from analyzer.cli.options import json_option, progress_line, reading_options
from analyzer.errors import UsageError
from analyzer.printable import printable

if TYPE_CHECKING:
    from analyzer.pipeline import Conversion


@click.command()
@click.argument("logs", nargs=-1, required=True, metavar="LOG...")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="New store to write.")
@click.option(
    "--append", "store", type=click.Path(path_type=Path), metavar="STORE", help="Store to carry on, or begin."
)
@reading_options
@click.option("--workers", type=click.IntRange(1, 64), help="Threads; one a core where not given.")
@click.option("--strict", is_flag=True, help="Exit 4 when any input was incomplete.")
@json_option
def convert(
    logs: tuple[str, ...],
    out: Path | None,
    store: Path | None,
    *,
    workers: int | None,
    strict: bool,
    as_json: bool,
    **said: str | None,
) -> int:
    """Write the rows of logs as Parquet, each once, by day; `mailflow analyze STORE` reads them.

    With --append, a file that the store has taken in before is left out, rows that it holds already
    count once, and only the days that new rows touch are written. Give it each day's export.
    """
    from analyzer.pipeline import convert as run

    if (out is None) == (store is None):
        raise UsageError("convert: give either --out DIR for a new store or --append STORE")
    target = out or store
    assert target
    done = run(logs, target, append=store is not None, workers=workers, progress=progress_line(), **said)
    click.echo(json.dumps(_record(done), indent=2, ensure_ascii=False) if as_json else "\n".join(_lines(done)))
    incomplete = bool(done.unreadable) or any(book.rejected for book in done.inputs)
    return 4 if strict and incomplete else 0


def _lines(done: Conversion) -> Iterator[str]:
    for book in done.inputs:
        noise = sum(book.noise.values())
        yield f"{printable(book.name)}: {book.format}"
        yield f"  {book.rows:,} rows = {book.read:,} read + {book.rejected:,} rejected + {noise:,} noise"
        for kind, count in sorted(book.noise.items()):
            yield f"  noise {kind}: {count:,}"
        yield from (f"  note: {printable(note)}" for note in book.notes)
    yield from (f"not read: {printable(line)}" for line in done.unreadable)
    replaced = f", {done.replaced:,} rows became final" if done.replaced else ""
    days = f" on {len(done.days)} days, {done.days[0]} to {done.days[-1]}" if done.days else ""
    yield f"{printable(str(done.store))}: {done.added - done.replaced:,} new rows{days}{replaced}"


def _record(done: Conversion) -> dict[str, object]:
    names = ("name", "format", "sha256", "rows", "read", "rejected", "noise", "copy_of", "notes")
    return {
        "store": str(done.store),
        "added": done.added - done.replaced,
        "became_final": done.replaced,
        "days": list(done.days),
        "parts": done.parts,
        "inputs": [{name: getattr(book, name) for name in names} for book in done.inputs],
        "unreadable": list(done.unreadable),
    }
