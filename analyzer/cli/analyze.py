"""`mailflow analyze`: the main job."""

from __future__ import annotations

import json
from pathlib import Path

import click

from analyzer.cli.options import json_option, policy_option, policy_values, progress_line, reading_options
from analyzer.moments import utc
from analyzer.schema import SEVERITIES


@click.command()
@click.argument("logs", nargs=-1, required=True, metavar="LOG...")
@click.option("--tenant", "tenant_path", required=True, metavar="DIR", help="Folder of configuration exports.")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="DIR", help="Folder to write.")
@reading_options
@click.option("--since", metavar="TIME", help="First moment; UTC unless it carries an offset.")
@click.option("--until", metavar="TIME", help="First moment after the period.")
@click.option("--workers", type=click.IntRange(1, 64), help="Threads; one a core where not given.")
@click.option("--engine", type=click.Choice(["threads", "dask"]), help="dask: a cluster of --workers processes here.")
@click.option("--dask", metavar="ADDRESS", help="Scheduler of a Dask cluster that does the work: tcp://HOST:8786.")
@policy_option
@click.option(
    "--judge-earlier", is_flag=True, default=None, help="Judge rows older than the first dated snapshot by that one."
)
@click.option("--fail-on", type=click.Choice(SEVERITIES), help="Exit 1 when a finding is at least this severe.")
@click.option("--strict", is_flag=True, help="Exit 4 when any input was incomplete.")
@click.option("--force", is_flag=True, help="Replace an earlier report.")
@json_option
def analyze(
    logs: tuple[str, ...],
    tenant_path: str,
    out: Path,
    *,
    format_name: str | None,
    date_order: str | None,
    timezone: str | None,
    encoding: str | None,
    since: str | None,
    until: str | None,
    workers: int | None,
    engine: str | None,
    dask: str | None,
    policies: tuple[str, ...],
    judge_earlier: bool | None,
    fail_on: str | None,
    strict: bool,
    force: bool,
    as_json: bool,
) -> int:
    """Judge every message of the logs and write a report.

    LOG is a file, a folder, a glob, a zip or gz archive, or - for standard input; compression,
    encoding and format are told by content.
    """
    from analyzer.report.analysis import analyze as run
    from analyzer.tenant import load_tenant

    tenant = load_tenant(tenant_path)
    report = run(
        logs,
        tenant,
        out=out,
        since=utc(since, "--since"),
        until=utc(until, "--until"),
        format_name=format_name,
        date_order=date_order,
        timezone=timezone,
        encoding=encoding,
        policy=policy_values(policies),
        judge_earlier=judge_earlier,
        workers=workers,
        engine=engine,
        dask=dask,
        force=force,
        progress=progress_line(),
    )
    if as_json:
        click.echo(json.dumps({"run": report.run, **json.loads(report.findings_json())}, indent=2, ensure_ascii=False))
    else:
        click.echo(report.text())
    if strict and report.run["completeness"]["incomplete"]:
        return 4
    severe = SEVERITIES[SEVERITIES.index(fail_on) :] if fail_on else ()
    return 1 if any(severity in severe for severity in report.finding_rows["severity"].to_pylist()) else 0
