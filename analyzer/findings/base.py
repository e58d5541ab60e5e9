"""What a finding is and how causes are grouped into one."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.causes import OTHER, alike, fold, holding
from analyzer.lint import Caught
from analyzer.pipeline import Coverage
from analyzer.schema import SEVERITIES
from analyzer.tenant.model import Tenant
from analyzer.vantage import Vantage

# What the cube counts together has these names in findings; the rows of messages/ have their own.
OTHER_DOMAINS, OTHER_ADDRESSES = "other domains", "other addresses"
_NAMED = 3  # names in a sentence


@dataclass(frozen=True, slots=True)
class Finding:
    """One cause that an administrator can act on; `measures` holds counts, times, examples, domains and formats.

    `bitten` says of a trap of the configuration that the log shows its harm.
    """

    title: str
    cause: str
    advice: str
    measures: Mapping[str, object]
    path: str | None = None
    domain: str | None = None
    logged: str | None = None
    selected: str | None = None
    policies: tuple[str, ...] = ()
    bitten: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """What a finding may look at besides the cube.

    Attributes:
        tenant: The configuration.
        caught: The traps caught in it.
        coverage: How complete the inputs are; None where a cube is looked at without its run.
    """

    tenant: Tenant
    caught: tuple[Caught, ...] = ()
    coverage: Coverage | None = None


Detect = Callable[[pa.Table, Context], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of finding: a stable code and name, a severity, the function that raises it, and of whose logs."""

    code: str
    name: str
    severity: str
    detect: Detect
    of: Vantage | None = None

    @property
    def explanation(self) -> str:
        """The finding's page: the docstring of the function that raises it."""
        return inspect.getdoc(self.detect) or ""

    def severity_of(self, finding: Finding) -> str:
        """Give the severity: low is a trap that has not bitten, and failures raise it by one step (reference 9.2)."""
        if self.severity == "info":
            return self.severity
        steps = bool(finding.measures["failed"]) + (finding.bitten and self.severity == "low")
        return SEVERITIES[min(SEVERITIES.index(self.severity) + steps, len(SEVERITIES) - 1)]


def grouped(causes: pa.Table, keys: Sequence[str]) -> Iterator[dict[str, object]]:
    """Fold causes by some keys, busiest first, and name the recipient domains concerned.

    Yields:
        The keys and measures of each group, with `domains` and `formats`, and the domains in words as `domain`.
    """
    if causes.num_rows == 0:
        return
    folded = fold(causes, keys)
    domains, formats = (_values_by_group(causes, keys, name) for name in ("recipient_domain", "format"))
    rows = sorted(folded.to_pylist(), key=lambda r: (-r["messages"], [str(r[k]) for k in keys]))
    for row in rows:
        names = domains[_key(row, keys)]
        yield {**row, "domains": names, "formats": formats[_key(row, keys)], "domain": _summed_up(names)}


def _key(row: Mapping[str, object], keys: Sequence[str]) -> tuple[str, ...]:
    return tuple(str(row[k]) for k in keys)


def _values_by_group(causes: pa.Table, keys: Sequence[str], column: str) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Give the values of a column in each group, the busiest first."""
    counts: dict[tuple[str, ...], dict[str, int]] = {}
    for row in fold(causes, [*(k for k in keys if k != column), column]).to_pylist():
        per_value = counts.setdefault(_key(row, keys), {})
        name = row[column] or ""
        per_value[name] = per_value.get(name, 0) + row["messages"]
    return {key: tuple(sorted(per_value, key=lambda d: (-per_value[d], d))) for key, per_value in counts.items()}


def _summed_up(domains: Sequence[str]) -> str:
    known = [domain or "(none)" for domain in domains if domain != OTHER]
    if not known:
        return OTHER_DOMAINS
    more = [f"{len(known) - 1} more"] if len(known) > 1 else []
    *before, last = [known[0], *more, *(["others"] if OTHER in domains else [])]
    return f"{', '.join(before)} and {last}" if before else last


def where(causes: pa.Table, **values: str | None) -> pa.Table:
    """Keep the causes whose columns have these values."""
    columns = [(causes.column(name), value) for name, value in values.items()]
    masks = (pc.is_null(column) if value is None else pc.equal(column, value) for column, value in columns)
    return causes.filter(reduce(pc.and_kleene, masks))  # null is not kept


def written_by(causes: pa.Table, vantage: Vantage | None) -> pa.Table:
    """Keep the causes of whose logs a kind speaks; None = of all."""
    if vantage is None:
        return causes
    own = pc.fill_null(pc.equal(causes.column("vantage"), Vantage.OWN_SERVER.value), fill_value=False)
    kept = own if vantage is Vantage.OWN_SERVER else pc.invert(own)
    return causes if pc.all(kept).as_py() else causes.filter(kept)


def such(causes: pa.Table, columns: Sequence[str], wanted: Callable[..., bool]) -> pa.Table:
    """Keep the causes whose values in some columns are wanted; each distinct combination is asked for once."""
    if not causes.num_rows:
        return causes
    first, groups = alike([causes.column(name) for name in columns])
    values = (causes.column(name).take(pa.array(first)).to_pylist() for name in columns)
    kept = np.fromiter((wanted(*combination) for combination in zip(*values, strict=True)), np.bool_, len(first))
    return causes.filter(pa.array(kept[groups]))


def listing(causes: pa.Table, column: str, text: str) -> pa.Table:
    """Keep the causes whose list column holds a text."""
    return causes.filter(holding(causes, column, lambda texts: pc.equal(texts, text)))


def routed(causes: pa.Table) -> pa.Table:
    """Keep the causes that stand for a routing decision; nearly all do, so it is asked last."""
    return causes.filter(pc.not_equal(causes.column("verdict"), "not_routed"))


def measures(row: Mapping[str, object]) -> dict[str, object]:
    """Pick the counts, times, examples, recipient domains and log formats of a group."""
    names = ("messages", "failed", "first_seen", "last_seen", "examples", "domains", "formats")
    return {name: row[name] for name in names}


def on_paths(causes: pa.Table, group: Mapping[str, object]) -> dict[str, object]:
    """Pick the same of a group that is of several paths, and these: they tell what mail is comparable to it."""
    return {**measures(group), "paths": tuple(causes.column("path").unique().to_pylist())}


def nothing_counted(first: datetime | None = None, last: datetime | None = None) -> Mapping[str, object]:
    """Give measures that count no message: what is missing has not been seen."""
    return {"messages": 0, "failed": 0, "first_seen": first, "last_seen": last, "examples": []}


def busiest(causes: pa.Table, column: str) -> str:
    """Name the few most frequent values of a column, and how many more there are."""
    found: list[dict[str, Any]] = [r for r in fold(causes, [column]).to_pylist() if r[column]]
    found.sort(key=lambda r: (-r["messages"], r[column]))
    names = [str(r[column]) for r in found if r[column] != OTHER]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + (" and others" if len(names) < len(found) else more)
