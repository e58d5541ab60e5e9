"""`mailflow generate`: traffic with planted faults, the tenant it belongs to, and the truth."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from analyzer.errors import UsageError

# Written out: to import the simulator for its names would slow down every command.
_TOPOLOGY = (
    "The design of mail flow, each with faults of its own: hybrid, cloud-only (none), filtered (the MX at a filter "
    "service), centralized, accident (centralized by mistake), catch-all, migrated, listed or own-servers (their logs)."
)


@click.command()
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder to write into.")
@click.option("--rows", type=click.IntRange(min=1), default=10_000, show_default=True, help="Recipients of messages.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Another seed, other traffic.")
@click.option("--days", type=click.IntRange(min=1), default=30, show_default=True, help="Length of the period.")
@click.option("--format", "formats", multiple=True, metavar="NAME", help="Write only this log; may be repeated.")
@click.option("--topology", default="hybrid", show_default=True, metavar="NAME", help=_TOPOLOGY)
@click.option("--no-faults", is_flag=True, help="A tenant in order: nothing is planted.")
@click.option("--force", is_flag=True, help="Replace what was generated before.")
def generate(
    out: Path,
    rows: int,
    seed: int,
    *,
    days: int,
    formats: tuple[str, ...],
    topology: str,
    no_faults: bool,
    force: bool,
) -> None:
    """Write logs with planted faults, their tenant, and the truth.

    OUT gets a tenant folder, logs in every format that can be generated, and truth.parquet with the
    right connectors and the verdict due for every recipient. The same options give the same files.
    """
    from analyzer import simulator

    _refuse(out, force=force)
    with click.progressbar(length=rows, label="generating", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        made = simulator.generate(
            out,
            rows=rows,
            seed=seed,
            days=days,
            formats=formats or simulator.ALL,
            faults=not no_faults,
            topology=topology,
            progress=bar.update,
        )
    click.echo(f"{made.rows:,} recipients in {len(made.logs)} logs, with tenant and truth", err=True)
    click.echo(str(out))


def _refuse(out: Path, *, force: bool) -> None:
    if out.exists() and not force:
        raise UsageError(f"--out {out}: exists already; give another folder, or --force to replace what is there")
