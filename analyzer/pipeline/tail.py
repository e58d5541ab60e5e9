"""Keeps the cube small: rare recipient domains and connecting addresses are counted together as `(other)`.

The first names in the order of the input keep their own rows, so that nothing depends on workers or on how
the input was cut, and what a name counts is all of it: a name is never folded for a part of its messages.
docs/decisions/0012.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from analyzer.causes import OTHER
from analyzer.hashing import Hashes
from analyzer.pipeline.alike import Domains
from analyzer.schema import CODED, TEXT
from analyzer.selection.batch import Encoded, combined, distinct, encoded
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
        configured = {"recipient_domain": Domains(_named_domains(tenant))}
        self._columns = {name: _Names(most, configured.get(name, Domains())) for name, most in kept.items()}
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


@dataclass(slots=True)
class _Names:
    """The names of one column that keep their own rows: the first `most` of each kind.

    Kinds are the verdicts, and apart from each other names that are `configured`, or lie below one that is. Of a name
    only its hash is remembered.
    """

    most: int
    configured: Domains
    seen: dict[tuple[str, bool], Hashes] = field(default_factory=dict)

    def kept(self, verdicts: Encoded, names: pa.ChunkedArray) -> Mask:
        """Mark the rows that keep their name; a row without one keeps that."""
        column = encoded(names)
        first, inverse = distinct(combined([verdicts.positions, column.positions]))
        name, verdict = column.positions[first], verdicts.positions[first]
        configured = np.append(self.configured.hold(column.dictionary), False)[name]
        kept = name == len(column.dictionary)
        for kind, said in enumerate(verdicts.dictionary.to_pylist()):
            for known in (False, True):
                rows = np.flatnonzero((verdict == kind) & (configured == known) & ~kept)
                kept[rows] = self._keep((said, known), column.hashes[name[rows]])
        by_row: Mask = kept[inverse]
        return by_row

    def _keep(self, kind: tuple[str, bool], hashes: Hashes) -> Mask:
        """Mark those of some names that are kept: they were before, or there is room."""
        seen = self.seen.get(kind, hashes[:0])
        kept: Mask = np.isin(hashes, seen)
        new = np.flatnonzero(~kept)[: self.most - len(seen)]
        kept[new] = True
        self.seen[kind] = np.append(seen, hashes[new])
        return kept


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
