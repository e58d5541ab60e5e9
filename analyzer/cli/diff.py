"""`mailflow diff`: what changed between two configurations."""

from __future__ import annotations

import json

import click

from analyzer.cli.options import json_option


@click.command()
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@json_option
def diff(old: str, new: str, *, as_json: bool) -> None:
    """Show what changed between two tenant folders, or two dated snapshots of one.

    OLD and NEW are tenant folders (of several snapshots the last counts) or single snapshots, such as
    tenant/2024-03-01T0000Z. Mail is followed as well: to which domains it now leaves by another way.
    """
    from analyzer.changes import as_text, changes

    found = changes(old, new)
    if as_json:
        plain = {"old": old, "new": new, "changes": [row.as_dict() for row in found]}
        click.echo(json.dumps(plain, indent=2, ensure_ascii=False))
    else:
        click.echo(as_text(found))
