"""Keeps the cube small: rare recipient domains and connecting addresses are counted together as `(other)`.

The first names in the order of the input keep their own rows, so that nothing depends on workers or on how
the input was cut, and what a name counts is all of it: a name is never folded for a part of its messages.
docs/decisions/0012.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from analyzer.addresses import parents
from analyzer.causes import OTHER
from analyzer.schema import CODED, TEXT
from analyzer.selection.batch import Codes, combined, distinct
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
        kinds, counts = _codes(verdicts), part.column("messages").to_numpy()
        for name, names in self._columns.items():
            column = part.column(name).cast(TEXT).combine_chunks()
            kept = names.kept(column, verdicts, kinds)
            self.messages[name] += int(counts[~kept].sum())
            shown = pc.if_else(pa.array(kept), column, OTHER).dictionary_encode().cast(CODED)
            part = part.set_column(part.schema.get_field_index(name), name, shown)
        return part


@dataclass(slots=True)
class _Names:
    """The names of one column that keep their own rows: the first `most` of each kind."""

    most: int
    configured: Callable[[str], bool]
    seen: dict[tuple[str, bool], set[str]] = field(default_factory=dict)

    def kept(self, names: pa.Array, verdicts: pa.Array, kinds: Codes) -> Mask:
        """Mark the rows that keep their name; a row without one keeps that."""
        first, inverse = distinct(combined([kinds, _codes(names)]))
        pairs = zip(verdicts.take(pa.array(first)).to_pylist(), names.take(pa.array(first)).to_pylist(), strict=True)
        found: Mask = np.fromiter((self._keeps(*pair) for pair in pairs), np.bool_, len(first))[inverse]
        return found

    def _keeps(self, verdict: str, name: str | None) -> bool:
        if name is None:
            return True
        seen = self.seen.setdefault((verdict, self.configured(name)), set())
        if len(seen) < self.most:
            seen.add(name)
        return name in seen


def _codes(column: pa.Array) -> Codes:
    """Number the values of a column."""
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    codes: Codes = pc.fill_null(encoded.indices, len(encoded.dictionary)).to_numpy(zero_copy_only=False)
    return codes.astype(np.int64)


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
