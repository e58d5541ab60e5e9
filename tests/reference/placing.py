"""Where people are, as lists and domains tell it (docs/connector-selection.md, Evidence)."""

from __future__ import annotations

from analyzer.tenant.model import Place, Placement, Settings, Snapshot
from tests.reference.domains import meets


def listed(address: str | None, held: Snapshot, at: int | None = None) -> Placement | None:
    """Give what the recipients list says of an address at a moment."""
    return held.directory.place(address.lower(), at) if held.directory is not None and address else None


def external(domain: str, settings: Settings) -> Place:
    """A domain that is not ours: a declared partner's, or the internet's."""
    partner = any(meets(p, domain, apex=True) for p in settings.partner_domains)
    return Place.PARTNER if partner else Place.INTERNET
