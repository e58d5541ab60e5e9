"""`mailflow demo`: made-up traffic, analysed."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from analyzer.cli.options import progress_line
from analyzer.errors import UsageError

_MARK = "mailflow-demo.txt"


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("mailflow-demo"),
    show_default=True,
    metavar="DIR",
    help="Folder to write.",
)
@click.option("--rows", type=click.IntRange(min=100), default=20_000, show_default=True, help="Recipients of messages.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Another seed, other traffic.")
@click.option("--force", is_flag=True, help="Replace an earlier demo.")
def demo(out: Path, rows: int, seed: int, *, force: bool) -> None:
    """Generate a small hybrid company with planted faults and analyse its month of traffic.

    DIR gets data/ (logs, tenant, the truth) and report/.
    """
    from analyzer.report.analysis import analyze
    from analyzer.simulator import generate
    from analyzer.tenant import load_tenant

    _make_room(out, force=force)
    made = generate(out / "data", rows=rows, seed=seed, formats=("enhanced-summary",))
    report = analyze(list(made.logs.values()), load_tenant(made.tenant), out=out / "report", progress=progress_line())
    click.echo(report.text())


def _make_room(out: Path, *, force: bool) -> None:
    if out.exists():
        if not force:
            raise UsageError(f"{out}: exists already; give another --out, or --force to replace an earlier demo")
        if not (out / _MARK).is_file():
            raise UsageError(f"{out}: is not an earlier demo, so --force does not replace it")
        shutil.rmtree(out)
    out.mkdir(parents=True)
    (out / _MARK).write_text("Made by `mailflow demo`; may be deleted.\n", encoding="utf-8")
