"""`mailflow validate`: what the program makes of a tenant folder and of logs, without analysing."""

from __future__ import annotations

import json

import click

from analyzer.cli.options import json_option, policy_option, policy_values, reading_options
from analyzer.errors import UnreadableInput, UsageError
from analyzer.schema import SEVERITIES

_THRESHOLD = "medium"


@click.command()
@click.argument("logs", nargs=-1, metavar="[LOG...]")
@click.option("--tenant", "tenant_path", metavar="DIR", help="Folder of configuration exports.")
@click.option("--show", is_flag=True, help="Print the tenant as the engine sees it, instead of its traps.")
@click.option(
    "--fail-on",
    type=click.Choice(SEVERITIES),
    default=_THRESHOLD,
    show_default=True,
    help="Exit 1 when a trap of the configuration is at least this severe.",
)
@policy_option
@reading_options
@json_option
def validate(
    logs: tuple[str, ...],
    tenant_path: str | None,
    *,
    show: bool,
    fail_on: str,
    policies: tuple[str, ...],
    as_json: bool,
    **said: str | None,
) -> int:
    """Say what is recognised in a tenant folder, in logs, or in both, and what is wrong in the configuration.

    Of each log: format and why, what it almost is, layout, encoding, compression, dates, period, rows and
    the first rejects. Exit code 1 says that a trap of the configuration is at least as severe as --fail-on,
    or that something of a log could not be read; 3, that nothing could be.
    """
    from analyzer.report.log_check import LogCheck, check_log

    if not logs and tenant_path is None:
        raise UsageError("validate: nothing to look at; give LOG..., --tenant DIR, or both")
    if show and tenant_path is None:
        raise UsageError("validate --show: there is no tenant to show; give --tenant DIR")
    told, lines, failed = _tenant(tenant_path, policies, show=show, fail_on=fail_on) if tenant_path else ({}, [], False)
    checks: list[LogCheck] = [c for log in logs for c in check_log(log, **said)]
    if as_json:
        whole = {"tenant": [], "traps": [], **told, "logs": [c.as_dict() for c in checks]}
        click.echo(json.dumps(whole, indent=2, ensure_ascii=False))
    else:
        blocks = [lines, *(list(c.lines()) for c in checks)]
        click.echo("\n\n".join("\n".join(block) for block in blocks if block))
    if checks and all(c.problem for c in checks) and not tenant_path:
        return UnreadableInput.exit_code
    return 1 if failed or any(c.failed for c in checks) else 0


def _tenant(
    path: str, policies: tuple[str, ...], *, show: bool, fail_on: str
) -> tuple[dict[str, object], list[str], bool]:
    """Look at a tenant folder: what to print as JSON, what as text, and whether it fails."""
    from dataclasses import replace
    from textwrap import wrap

    from analyzer.report.reading import tenant_reading
    from analyzer.report.reading_text import reading_lines
    from analyzer.report.validation import TenantCheck
    from analyzer.tenant import describe, load_tenant

    tenant, chosen = load_tenant(path), policy_values(policies)
    settings = replace(tenant.settings, policy=tenant.settings.policy.ruled_by(chosen))
    check = TenantCheck.of(replace(tenant, settings=settings))
    told: dict[str, object] = {"tenant": describe(tenant), "traps": check.as_dicts()}
    lines = [line for text in describe(tenant) for line in wrap(text, 100, subsequent_indent="  ")]
    lines += [] if show else check.lines()
    if show:
        reading = tenant_reading(tenant, chosen)
        told["reading"] = reading
        lines += ["", *reading_lines(reading)]
    return told, lines, check.fails(fail_on) and not show
