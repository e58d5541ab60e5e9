"""Which of the tenant's connectors a logged name means (docs/connector-selection.md, Evidence)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

_GUID = re.compile(r" - [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")


def meant(name: str, names: Iterable[str]) -> str | None:
    """Find the spelling of the tenant: case, the name of a server before it and a GUID behind it do not tell."""
    known = tuple(names)
    for form in _FORMS:
        found = [n for n in known if form(n) == form(name)]
        if found:
            return found[0]
    return None


def _folded(name: str) -> str:
    return name.strip().lower()


def _headless(name: str) -> str:
    return _folded(name).split("\\")[-1]


_FORMS: tuple[Callable[[str], str], ...] = (str, _folded, _headless, lambda name: _GUID.sub("", _headless(name)))


def several(names: str | None) -> list[str]:
    """Split the cell of one side, which may hold several names."""
    return [n.strip() for n in (names or "").split("| ") if n.strip()]
