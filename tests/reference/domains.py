"""Which patterns meet a domain, and which of several is the most specific (reference 3.4, 3.5)."""

from __future__ import annotations

from collections.abc import Iterable

from analyzer.tenant.model import AcceptedDomain

EXACT, SUFFIX, EVERYTHING = "exact", "suffix", "everything"


def meets(pattern: str, domain: str, *, apex: bool) -> str | None:
    """Say how a pattern meets a domain: exactly, by its suffix, as `*`; None where it does not (3.4)."""
    if pattern == "*":
        return EVERYTHING
    if not pattern.startswith("*."):
        return EXACT if pattern == domain else None
    base = pattern[2:]
    if domain == base:  # 3.4, "vs apex": wildcard_apex decides
        return SUFFIX if apex else None
    return SUFFIX if domain.endswith("." + base) else None  # any depth, at a label boundary


def is_accepted(domain: str, accepted: Iterable[AcceptedDomain]) -> bool:
    """Say whether a domain is accepted: an exact entry, or below one with MatchSubDomains (4.3, 5)."""
    return any(
        domain == entry.domain or (entry.match_subdomains and domain.endswith("." + entry.domain)) for entry in accepted
    )
