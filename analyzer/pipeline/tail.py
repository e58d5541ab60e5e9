"""Keeps the cube small: rare recipient domains and connecting addresses are counted together as `(other)`.

The first names in the order of the input keep their own rows, so that nothing depends on workers or on how
the input was cut, and what a name counts is all of it: a name is never folded for a part of its messages.
docs/decisions/0012.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from analyzer.addresses import parents
from analyzer.causes import OTHER
from analyzer.schema import CODED, TEXT
from analyzer.selection.batch import Classes, Encoded, class_codes_of_several, encoded
from analyzer.tenant.model import Tenant

Mask = NDArray[np.bool_]
# Per verdict; of domains as many again of those that the configuration names.
KEPT: Mapping[str, int] = {"recipient_domain": 10_000, "source": 1_000}
_WORDS = {"recipient_domain": "recipient domains", "source": "connecting addresses"}


class Tail:
    """Folds the names of one run, part by part."""

    def __init__(self, tenant: Tenant, kept: Mapping[str, int] | None = None) -> None:
        """Start without names; `kept` says of each column how many it keeps, else `KEPT` does."""
        kept = kept or KEPT
        named = _named_domains(tenant)
        configured = {"recipient_domain": lambda domain: not named.isdisjoint((domain, *parents(domain)))}
        self._columns = {name: _Names(most, configured.get(name, _never)) for name, most in kept.items()}
        self.messages = dict.fromkeys(kept, 0)  # how many of them were counted as `(other)`, by column

    def folded(self, part: pa.Table, verdicts: pa.Array) -> pa.Table:
        """Fold the names of one part of the cube; parts must come in the order of the input.

        Args:
            part: rows of the cube, in the order of first appearance.
            verdicts: the verdict of each row.
        """
        kinds = encoded(verdicts)
        for name, names in self._columns.items():
            kept = names.kept(kinds, part.column(name))
            if not kept.all():
                self.messages[name] += int(part.column("messages").to_numpy()[~kept].sum())
                shown = pc.if_else(pa.array(kept), part.column(name).cast(TEXT), OTHER).combine_chunks()
                shown = shown.dictionary_encode().cast(CODED)
                part = part.set_column(part.schema.get_field_index(name), name, shown)
        return part


class _Names:
    """The names of one column that keep their own rows: the first `most` of each kind."""

    def __init__(self, most: int, configured: Callable[[str], bool]) -> None:
        """Start without names; those that are `configured` are a kind of their own."""
        self._most, self._configured = most, configured
        self._seen: dict[tuple[str | None, bool], set[str]] = {}
        self._asked: Classes[tuple[str | None, ...], bool] = Classes(lambda pair: self._keeps(*pair))

    def kept(self, verdicts: Encoded, names: pa.ChunkedArray) -> Mask:
        """Mark the rows that keep their name; a row without one keeps that."""
        codes = class_codes_of_several(self._asked, [verdicts, names])
        found: Mask = np.array(self._asked.classes, np.bool_)[codes]
        return found

    def _keeps(self, verdict: str | None, name: str | None) -> bool:
        if name is None:
            return True
        seen = self._seen.setdefault((verdict, self._configured(name)), set())
        if len(seen) < self._most:
            seen.add(name)
        return name in seen


def _never(_name: str) -> bool:
    return False


def _named_domains(tenant: Tenant) -> frozenset[str]:
    """Give the domains that the configuration names at any time; `*` names none."""
    patterns = [*tenant.settings.onpremises_domains, *tenant.settings.partner_domains, *tenant.settings.mx]
    for snapshot in tenant.snapshots:
        patterns += [a.domain for a in (*(snapshot.accepted or ()), *(snapshot.own.accepted or ()))]
        patterns += [d for c in snapshot.outbound or () for d in c.recipient_domains]
        patterns += [space.domain for c in snapshot.own.send or () for space in c.address_spaces]
    return frozenset(p.removeprefix("*.") for p in patterns if p != "*")


def folding_notes(folded: Mapping[str, int]) -> Iterator[str]:
    """Say what a reader of the report has to know of it, from the messages folded in each column."""
    for name, messages in folded.items():
        if messages:
            yield (
                f"{messages:,} messages count under {OTHER} among {_WORDS[name]}: the first {KEPT[name]:,} of each "
                "verdict are told apart; messages/*.parquet has all"
            )
