"""What stands in the connector cells of a row, and of which side it speaks (docs/connector-selection.md, Evidence)."""

from __future__ import annotations

from dataclasses import dataclass

from analyzer.tenant.model import InboundConnector, OutboundConnector, Snapshot
from tests.reference.evidence import OUTWARD, Shown
from tests.reference.naming import meant, several
from tests.reference.wording import Words


@dataclass(frozen=True)
class Value:
    """What the log says of one side: a connector's name ("" = none), or a name that no export knows."""

    name: str = ""
    strange: bool = False


@dataclass(frozen=True)
class Named:
    """What stands in the connector cells: a name a side, one that nobody knows, the default connector, nothing."""

    inbound: str | None = None
    outbound: str | None = None
    strange: bool = False
    none: bool = False
    blank: bool = False


def named(row: Shown) -> Named:
    """Read the connector cells; a name in the field of its side outranks the column of both."""
    cell = row.cells["logged_connector"]
    into, out = several(row.cells["logged_inbound"]), several(row.cells["logged_outbound"])
    exports = (row.held, *row.exports)
    inbound, outbound = ([c.name for s in exports for c in kind(s) or ()] for kind in (_inbound, _outbound))
    if into or out:
        arriving = meant(into[0], inbound) if into else None
        leaving = meant(out[0], outbound) if out else None
        return Named(arriving, leaving, strange=bool((into and arriving is None) or (out and leaving is None)))
    if cell is None:
        return Named()
    if not cell.strip() or "\\default " in cell.lower():
        return Named(none=True, blank=not cell.strip())
    arriving, leaving = meant(cell, inbound), meant(cell, outbound)
    return Named(arriving, leaving, strange=arriving is None and leaving is None)


def _inbound(held: Snapshot) -> tuple[InboundConnector, ...] | None:
    return held.inbound


def _outbound(held: Snapshot) -> tuple[OutboundConnector, ...] | None:
    return held.outbound


def values(row: Shown, *, arrives: bool, leaves: bool) -> tuple[Value | None, Value | None]:
    """Give what is logged on the way in and on the way out; None says nothing (Evidence, the last three parts)."""
    cells, words = named(row), row.words
    if row.carries == "per-event":
        return _of_event(words, cells)
    if row.carries == "none":
        return None, None
    if cells.strange:
        return (Value(strange=True) if arrives else None), Value(strange=True)
    if cells.none and not cells.blank:
        return Value(), None
    if cells.inbound or cells.outbound:
        side = _side(row, cells, arrives=arrives, leaves=leaves)
        given = {"inbound": (Value(cells.inbound or ""), None), "outbound": (None, Value(cells.outbound or ""))}
        return given.get(side, (None, None))
    if cells.blank and arrives != leaves and not (words.failed and not words.sent):
        return (Value(), None) if arrives else (None, Value())
    return None, None


def _of_event(words: Words, cells: Named) -> tuple[Value | None, Value | None]:
    """An event belongs to one side; a failure that names nothing never came to a Send."""
    if words.side == "inbound":
        found = Value(cells.inbound) if cells.inbound else Value() if cells.none else None
        return (Value(strange=True) if cells.strange else found), None
    if cells.strange:
        return None, Value(strange=True)
    if cells.inbound or cells.outbound:
        return None, Value(cells.outbound) if cells.outbound else None
    return None, Value() if cells.none and not words.failed else None


def _side(row: Shown, cells: Named, *, arrives: bool, leaves: bool) -> str:
    """A name on one side is that side's; on both, the directionality tells, else the one side that takes part."""
    if not (cells.inbound and cells.outbound):
        return "inbound" if cells.inbound else "outbound"
    said = {"inbound": "inbound", "incoming": "inbound", **dict.fromkeys(OUTWARD - {"intra-org"}, "outbound")}
    told = said.get(row.cells["directionality"] or "")
    if told:
        return told
    if arrives == leaves:
        return ""
    return "inbound" if arrives else "outbound"
