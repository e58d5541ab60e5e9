"""`mailflow list`: formats, findings, schema, policies, charts."""

from __future__ import annotations

import json
from collections.abc import Callable

import click

from analyzer.cli.options import json_option

Entry = dict[str, object]


def _formats() -> list[Entry]:
    from analyzer.formats import FORMATS

    names = ("name", "title", "row", "carries", "lacks", "export")
    return [
        {
            **{n: getattr(f, n) for n in names},
            "evidence": f.evidence.value,
            "sides": f.evidence.sides,
            "vantage": f.vantage.value,
        }
        for f in FORMATS
    ]


def _findings() -> list[Entry]:
    from analyzer.findings import FINDINGS

    return [
        {"code": k.code, "name": k.name, "severity": k.severity, "meaning": k.explanation.partition("\n")[0]}
        for k in FINDINGS
    ]


def _schema() -> list[Entry]:
    from analyzer.schema import CHANGES, TABLES

    tables = (*TABLES, CHANGES)
    return [{"table": t.name, "column": c.name, "type": str(c.type), "meaning": c.meaning} for t in tables for c in t]


def _policies() -> list[Entry]:
    from analyzer.tenant.policy import POLICIES

    names = ("name", "default", "meaning", "why", "source")
    return [
        {**{n: getattr(p, n) for n in names}, "values": ", ".join(p.values), "rule": p.rule.value} for p in POLICIES
    ]


def _charts() -> list[Entry]:
    from analyzer.charts import CHARTS

    return [{"name": c.name, "title": c.title} for c in CHARTS]


_LISTS: dict[str, Callable[[], list[Entry]]] = {
    "formats": _formats,
    "findings": _findings,
    "schema": _schema,
    "policies": _policies,
    "charts": _charts,
}


@click.command("list")
@click.argument("what", type=click.Choice(list(_LISTS)))
@json_option
def list_command(what: str, *, as_json: bool) -> None:
    """Show what the program knows: formats, findings, schema, policies or charts.

    `mailflow list schema --json` also holds the JSON Schema of mailflow.toml.
    """
    entries = _LISTS[what]()
    if not as_json:
        click.echo("\n".join(_block(e) for e in entries))
        return
    if what != "schema":
        click.echo(json.dumps(entries, indent=2, ensure_ascii=False))
        return
    from analyzer.tenant.settings import json_schema

    click.echo(json.dumps({"columns": entries, "mailflow.toml": json_schema()}, indent=2, ensure_ascii=False))


def _block(entry: Entry) -> str:
    (_, first), *rest = entry.items()
    return "\n".join([str(first), *(f"    {name:<10} {value}" for name, value in rest)])
