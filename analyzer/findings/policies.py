"""MF105 and MF106: answers that rest on a policy, and what the log says of it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from analyzer.causes import fold, holding
from analyzer.findings.base import Context, Finding, grouped, measures
from analyzer.findings.routing import groups, policies_of
from analyzer.tenant.policy import POLICIES


def ambiguous_selection(causes: pa.Table, _context: Context) -> Iterator[Finding]:
    """The log names a connector that is right under another documented reading.

    What it means:
        Microsoft's documents contradict each other on this point. Under the policy in force another
        connector is selected; under the other value the logged one is right.

    Why it matters:
        It is not shown to be wrong, and not shown to be right. See MF106 for what your log bears out.

    What to do:
        Give the domain an exact entry in RecipientDomains of the connector you mean: then every
        reading agrees.

    Example:
        sales.contoso.com is an accepted domain, `*.contoso.com` has a connector and so have all
        accepted domains (policy `precedence`).
    """
    for side, row, group in groups(causes, "ambiguous"):
        policies = policies_of(group)
        yield Finding(
            title=f"{row.domain}: {row.logged} or {row.selected}, depending on {', '.join(policies) or 'a policy'}",
            cause=f"The log names {row.logged} ({side}); under {', '.join(policies)} "
            f"the configuration selects {row.selected}.",
            advice=f"Name {row.domain} exactly in RecipientDomains of the connector you mean."
            if side == "outbound"
            else f"Make {row.logged} and {row.selected} differ in what they match.",
            measures=measures(group),
            path=row.path,
            domain=row.domain,
            logged=row.logged,
            selected=row.selected,
            policies=policies,
        )


def policy_contradicted(causes: pa.Table, _context: Context) -> Iterator[Finding]:
    """The log consistently bears out another value of a policy than the one in force.

    What it means:
        On every row on which the values of a policy give different answers and the log agrees with
        one, it agrees with another value than the setting.

    Why it matters:
        Your tenant is the evidence that the documents lack. With the right value the ambiguous rows
        become matches, and real mismatches stand out.

    What to do:
        Write the line shown into mailflow.toml and run again.

    Example:
        All 412 messages to sales.contoso.com used the connector that `precedence = "list"` selects.
    """
    rows = fold(causes, ["policies", "bears_out"]).to_pylist()
    for policy in POLICIES:
        settings = {p.removeprefix(f"{policy.name}=") for r in rows for p in r["policies"] if _names([p], policy.name)}
        for setting in sorted(settings):
            borne = {v: _borne_out(rows, f"{policy.name}={v}") for v in policy.values}
            others = [v for v in policy.values if v != setting and borne[v]]
            if borne[setting] or len(others) != 1:
                continue
            value = others[0]
            yield Finding(
                title=f"The log bears out {policy.name} = {value}, not {setting}",
                cause=f"{borne[value]} messages agree with {value}, none with {setting}: {policy.meaning}.",
                advice=f'Write into mailflow.toml under [policy]: {policy.name} = "{value}"',
                policies=(f"{policy.name}={setting}",),
                **_touched(causes, policy.name),
            )


def _names(policies: list[str] | None, name: str) -> bool:
    return any(p.startswith(f"{name}=") for p in policies or ())


def _borne_out(rows: list[dict[str, Any]], text: str) -> int:
    return sum(r["messages"] for r in rows if text in r["bears_out"])


def _touched(causes: pa.Table, name: str) -> dict[str, Any]:
    """Measure the rows that rest on a policy, all together."""
    touched = causes.filter(holding(causes, "policies", partial(pc.starts_with, pattern=f"{name}=")))
    everything = touched.append_column("all", pa.array(["all"] * touched.num_rows))
    group = next(grouped(everything, ["all"]))
    return {"measures": measures(group), "domain": str(group["domain"])}
