"""`mailflow check`: statements and expectations against configuration and judged traffic."""

from __future__ import annotations

import json
from pathlib import Path

import click

from analyzer.cli.options import json_option
from analyzer.errors import UsageError

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.option("--tenant", "tenant_path", metavar="DIR", help="Folder of configuration exports.")
@click.option("--report", "report_path", type=click.Path(path_type=Path), metavar="DIR", help="A finished report.")
@click.option("--observed", type=_FILE, metavar="FILE", help="Ground truth: a domain or address and its connector.")
@click.option("--expect", type=_FILE, metavar="FILE", help="Expectations as TOML: [[route]] and [[traffic]].")
@click.option("--junit", type=_FILE, metavar="FILE", help="Write the results as JUnit XML too.")
@click.option("--strict", is_flag=True, help="Exit 4 where a check cannot be told.")
@json_option
def check(
    tenant_path: str | None,
    report_path: Path | None,
    observed: Path | None,
    *,
    expect: Path | None,
    junit: Path | None,
    strict: bool,
    as_json: bool,
) -> int:
    r"""Check what you know, or expect, against the configuration and a report.

    Exits with 1 where a check fails.

    \b
    Examples:
      mailflow check --tenant DIR --observed connectors.csv
      mailflow check --tenant DIR --report audit --expect routes.toml --junit result.xml
    """
    from analyzer import checking
    from analyzer.checking.result import tally
    from analyzer.report.report import Report
    from analyzer.tenant import load_tenant

    if observed is None and expect is None:
        raise UsageError("nothing to check: give --observed FILE or --expect FILE")
    if observed is not None and tenant_path is None:
        raise UsageError("--observed is compared with the configuration: name it with --tenant DIR")
    tenant = load_tenant(tenant_path) if tenant_path else None
    checks = checking.check_observed(tenant, observed) if observed and tenant else ()
    if expect is not None:
        report = Report.open(report_path) if report_path else None
        checks += checking.check_expected(expect, tenant, report)
    if junit is not None:
        junit.write_text(checking.junit(checks, "mailflow check"), encoding="utf-8")
    if as_json:
        click.echo(json.dumps([c.as_dict() for c in checks], indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join((*map(str, checks), "", tally(checks))))
    ended = {c.status for c in checks}
    if checking.Status.FAILED in ended:
        return 1
    return 4 if strict and checking.Status.UNKNOWN in ended else 0
