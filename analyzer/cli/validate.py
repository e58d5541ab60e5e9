"""`mailflow validate`: what the program makes of a tenant folder and of logs, without analysing."""

from __future__ import annotations

import json

import click

from analyzer.cli.options import json_option, reading_options
from analyzer.errors import UsageError


@click.command()
@click.argument("logs", nargs=-1, metavar="[LOG...]")
@click.option("--tenant", "tenant_path", metavar="DIR", help="Folder of configuration exports.")
@reading_options
@json_option
def validate(logs: tuple[str, ...], tenant_path: str | None, *, as_json: bool, **said: str | None) -> int:
    """Say what is recognised in a tenant folder, in logs, or in both.

    Exit code 1 says that rows of a log could not be read.
    """
    from analyzer.report.validation import LogCheck, check_log
    from analyzer.tenant import describe, load_tenant

    if not logs and tenant_path is None:
        raise UsageError("validate: nothing to look at; give LOG..., --tenant DIR, or both")
    lines = describe(load_tenant(tenant_path)) if tenant_path else []
    checks: list[LogCheck] = [c for log in logs for c in check_log(log, **said)]
    if as_json:
        click.echo(json.dumps({"tenant": lines, "logs": [c.as_dict() for c in checks]}, indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join([*lines, *(line for c in checks for line in c.lines())]))
    return 1 if any(c.rejected for c in checks) else 0
