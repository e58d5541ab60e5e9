"""`mailflow explain`: a logged message, or a finding code."""

from __future__ import annotations

import json
from pathlib import Path

import click

from analyzer.cli.options import json_option
from analyzer.errors import UsageError


@click.command()
@click.argument("what", metavar="MESSAGE_ID|CODE")
@click.option("--report", "report_path", type=click.Path(path_type=Path), metavar="DIR", help="A finished report.")
@click.option("--tenant", "tenant_path", metavar="DIR", help="The tenant folder, where it was moved since.")
@click.option("--subject", metavar="TEXT", help="The message's subject, for rules that look at it: reports keep none.")
@json_option
def explain(
    what: str, report_path: Path | None, tenant_path: str | None, subject: str | None, *, as_json: bool
) -> None:
    """Explain one message of a report, or the page of a finding code such as MF101."""
    from analyzer.findings import FINDINGS

    kind = next((k for k in FINDINGS if what.upper() in (k.code, k.name.upper())), None)
    if kind is not None:
        page = {"code": kind.code, "name": kind.name, "severity": kind.severity, "page": kind.explanation}
        click.echo(
            json.dumps(page, indent=2)
            if as_json
            else f"{kind.code} {kind.name} ({kind.severity})\n\n{kind.explanation}"
        )
        return
    if report_path is None:
        known = ", ".join(k.code for k in FINDINGS)
        raise UsageError(f"{what}: not a finding code ({known}); a message id needs --report DIR")
    from analyzer.report.explanation import explain_message

    explained = explain_message(what, report_path, tenant_path, subject=subject)
    if as_json:
        click.echo(json.dumps([e.as_dict() for e in explained], indent=2, ensure_ascii=False, default=str))
    else:
        click.echo("\n\n".join(str(e) for e in explained))
