"""Changes as an administrator reads them in a terminal: an object, what became of it, property by property."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC
from itertools import groupby

from analyzer.changes.rows import NOT_COMPARED, SELECTION, Row
from analyzer.printable import printable

_UNSET = "(not set)"
_MOST_DOMAINS = 8


def as_text(found: Sequence[Row]) -> str:
    """Print the changes; text out of exports is made safe for a terminal."""
    if not found:
        return "Nothing differs."
    objects = [row for row in found if row.kind != SELECTION]
    ways = [row for row in found if row.kind == SELECTION]
    lines = [line for _, group in groupby(objects, lambda r: (r.kind, r.object)) for line in _object(list(group))]
    return "\n".join(printable(line) for line in (*lines, "", *_ways(ways)))


def _object(group: Sequence[Row]) -> Iterator[str]:
    first = group[0]
    if first.change == NOT_COMPARED:
        yield f"{first.kind}: not compared ({first.before} before, {first.after} after)"
        return
    when = f", {first.changed_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if first.changed_at else ""
    yield f"{first.kind} {first.object}: {first.change}{when}"
    width = max(len(row.property or "") for row in group)
    for row in group:
        if row.property is not None:
            yield f"    {row.property:<{width}}  {row.before or _UNSET} -> {row.after or _UNSET}"
        elif row.before or row.after:
            yield f"    {row.after or row.before}"
    if first.domains:
        more = f" and {len(first.domains) - _MOST_DOMAINS} more" if len(first.domains) > _MOST_DOMAINS else ""
        yield f"    concerns  {', '.join(first.domains[:_MOST_DOMAINS])}{more}"


def _ways(ways: Sequence[Row]) -> Iterator[str]:
    if not ways:
        yield "Mail from the cloud leaves for every domain as before."
        return
    yield "Mail from the cloud now leaves otherwise:"
    named = [("any other domain" if row.object == "*" else row.object, row) for row in ways]
    width = max(len(name) for name, _ in named)
    for name, row in named:
        yield f"    to {name:<{width}}  {row.before} -> {row.after}"
