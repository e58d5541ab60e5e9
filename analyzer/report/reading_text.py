"""The tenant as the engine sees it, in lines for a terminal of 100 columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Any

from analyzer.legible import legible
from analyzer.report.own_reading import receive_words, send_words

WIDTH = 100
_LEFT, _NAME = 32, 30  # columns of what a connector is for, and of its name

_Entry = Mapping[str, Any]


def reading_lines(reading: _Entry) -> Iterator[str]:
    """Write what `tenant_reading` gives; our own words are ASCII."""
    yield f"Snapshot {_shown(reading['snapshot'], 60)}{_of_several(reading)}, as the engine reads it"
    if reading["absent"]:
        yield f"  not exported, so unknown: {', '.join(reading['absent'])}"
    yield from ("", "Outbound connectors, in the order of selection")
    yield from _classes(reading["outbound"], _sending)
    yield "  none of these: by the MX record, without a connector"
    yield from ("", "Inbound connectors, in the order of attribution")
    yield from _classes(reading["inbound"], _receiving)
    yield "  none of these: the default inbound connector"
    yield from ("", "Accepted domains, and what takes mail to an on-premises recipient")
    yield from _rows([_domain(entry) for entry in reading["accepted"]], (_LEFT, 15, 13))
    yield from ("", "Mail flow rules that route to a connector, or stop the others")
    yield from (line for entry in reading["rules"] for line in _rule(entry))
    yield from () if reading["rules"] else ("  none",)
    yield from _own_servers(reading["own_servers"])
    yield from ("", "Policies")
    yield from _rows([(p["policy"], f"({p['from']})", p["value"]) for p in reading["policies"]], (26, 16))
    yield from ("", "Settings")
    yield from _rows([(s["setting"], f"({s['from']})", _value(s["value"])) for s in reading["settings"]], (26, 16))


def _own_servers(own: _Entry) -> Iterator[str]:
    """Write the connectors of the own servers, where they were exported."""
    if own["send"] is not None:
        yield from ("", "Send connectors of your own servers, in the order of selection")
        yield from _classes(own["send"], send_words)
        yield "  none of these: the Unreachable queue"
    if own["receive"] is not None:
        yield from ("", "Receive connectors of your own servers, the narrowest range first")
        yield from _classes(own["receive"], receive_words)


def _of_several(reading: _Entry) -> str:
    snapshots = reading["snapshots"]
    since = snapshots[-1]["since"]
    whole = f", in force from {since[:16].replace('T', ' ')} UTC" if since else ""
    return whole + (f", the last of {len(snapshots)}" if len(snapshots) > 1 else "")


def _shown(text: object, width: int) -> str:
    return legible(str(text), width, cut="...")


def _classes(classes: Sequence[_Entry], rest: Any) -> Iterator[str]:  # noqa: ANN401  a function of an entry
    for number, part in enumerate(classes, 1):
        heading = part["class"]
        yield f"  {'-' if heading.startswith('never') else number} {heading}{'' if part['connectors'] else ': none'}"
        for entry in part["connectors"]:
            cells = (entry["for"], entry["connector"], rest(entry))
            yield from _rows([cells], (_LEFT, _NAME), indent=6)


def _sending(entry: _Entry) -> str:
    return f"{entry['type']} {entry['delivers']}"


def _receiving(entry: _Entry) -> str:
    return f"{entry['type']}{', only from ' if entry['only_from'] else ''}{', '.join(entry['only_from'])}"


def _domain(entry: _Entry) -> tuple[str, str, str, str]:
    below = "*." if entry["match_subdomains"] else ""
    names = " or ".join(entry["covered_by"])
    mx = f"MX {entry['mx'] or 'not said'}"
    how = f"{names} ({entry['reason']})" if names else "no connector"
    return f"{below}{entry['domain']}", entry["type"], mx, how


def _rule(entry: _Entry) -> Iterator[str]:
    state = "" if entry["acts"] else " (off or in test)"
    where = f"-> {_shown(entry['connector'], 36)}" if entry["connector"] else "routes nowhere"
    stops = ", stops the rules below" if entry["stops"] else ""
    yield f"  {entry['priority']:>3} {_shown(entry['rule'], 44)} {where}{stops}{state}"
    when = [f"{name} {', '.join(values)}" for name, values in entry["conditions"].items()]
    when += [f"{name} (a log does not show it)" for name in entry["not_in_a_log"]]
    yield from _wrapped("      when ", "; ".join(when) or "always")


def _value(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(v) for v in value) or "none"
    words = {None: "not said", True: "true", False: "false"}
    return words[value] if value is None or isinstance(value, bool) else str(value)


def _rows(rows: Sequence[Sequence[object]], widths: Sequence[int], *, indent: int = 2) -> Iterator[str]:
    """Write rows in columns of given widths; a long cell is cut, the last goes on below itself."""
    for *cells, last in rows:
        shown = (f"{_shown(cell, width - 1):<{width}}" for cell, width in zip(cells, widths, strict=True))
        head = " " * indent + "".join(shown)
        yield from _wrapped(head, str(last))


def _wrapped(head: str, text: str) -> list[str]:
    return wrap(f"{head}{_shown(text, 2000)}", WIDTH, subsequent_indent=" " * len(head), break_on_hyphens=False)
