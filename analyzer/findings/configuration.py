"""MF3xx: the traps of the configuration (analyzer.lint), with the messages in which they bit."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial, reduce, wraps

import pyarrow as pa
import pyarrow.compute as pc

from analyzer.addresses import covers, parents
from analyzer.findings.base import Context, Detect, Finding, grouped, measures, such
from analyzer.lint import Caught, Check, Trap
from analyzer.tenant.model import ConnectorType, Snapshot

_NONE: dict[str, object] = {"messages": 0, "failed": 0, "first_seen": None, "last_seen": None, "examples": []}


def detector(check: Check) -> Detect:
    """Make the function that raises one kind of trap as findings; its page is that of the check."""

    @wraps(check.look)
    def detect(causes: pa.Table, context: Context) -> Iterator[Finding]:
        yield from traps(check.code, causes, context)

    return detect


def traps(code: str, causes: pa.Table, context: Context) -> Iterator[Finding]:
    """Raise the traps of one kind that stand in a snapshot that judged mail, or in the last."""
    last = context.tenant.snapshots[-1].name
    judged = {*causes.column("snapshot").unique().to_pylist(), last}
    for caught in context.caught:
        if caught.check.code == code and judged.intersection(caught.snapshots):
            yield _finding(caught, causes, last)


def _finding(caught: Caught, causes: pa.Table, last: str) -> Finding:
    trap = caught.trap
    past = "" if last in caught.snapshots else f" It stood in {', '.join(caught.snapshots)}, and is gone since."
    counts = _bitten(trap, causes, caught.snapshots)
    return Finding(
        title=trap.title,
        cause=f"{trap.subject[0].upper()}{trap.subject[1:]}, {trap.property}: {trap.cause}{past}",
        advice=f"{trap.advice} Source: {caught.check.source}",
        measures=counts,
        domain=trap.domain,
        policies=trap.policies,
        bitten=bool(counts["messages"]),
    )


def _bitten(trap: Trap, causes: pa.Table, snapshots: tuple[str, ...]) -> dict[str, object]:
    """Count the messages that show the harm of a trap, in the snapshots where it stands."""
    if trap.bite is None:
        return _NONE
    masks = [pc.is_in(causes.column("snapshot"), pa.array(snapshots, pa.string()))]
    for column, allowed in trap.bite.items():
        values, held = causes.column(column), allowed
        if column == "recipient_domain":
            held = tuple(d for d in values.unique().to_pylist() if d and any(covers(p, d) for p in allowed))
        masks.append(pc.is_in(values, pa.array(held, pa.string())))
    rows = causes.filter(reduce(pc.and_, masks))
    whole = rows.set_column(0, "day", pa.nulls(rows.num_rows, pa.date32()))
    return next((measures(group) for group in grouped(whole, ["day"])), _NONE)


def subdomain_not_accepted(causes: pa.Table, context: Context) -> Iterator[Finding]:
    """A subdomain that is treated as the organization's own is not an accepted domain.

    What it means:
        Mail was sent to a subdomain of an accepted domain. Its recipients are on-premises, or an OnPremises
        connector covers it, but neither is it accepted itself nor does MatchSubDomains include it.

    Why it matters:
        Office 365 takes it for a foreign domain: mail from the internet is refused, relay from your servers
        ends in 5.7.64, and a connector for all accepted domains does not take it.

    What to do:
        Add the subdomain with New-AcceptedDomain, or make the parent InternalRelay with MatchSubDomains True.

    Example:
        Users have addresses at sales.contoso.com; only contoso.com is accepted.

    Source:
        Updated requirements for SMTP relay; Enable mail flow for subdomains (reference 4.3, 9.1 row 20).
    """
    for snapshot in context.tenant.snapshots:
        if snapshot.accepted is None:
            continue
        rows = such(causes, ("snapshot", "recipient_domain", "destination"), partial(_unaccepted, snapshot))
        for group in grouped(rows, ["recipient_domain", "destination"]):
            domain = str(group["recipient_domain"])
            above = _accepted_above(domain, snapshot)
            yield Finding(
                title=f"{domain} is used as an own domain, but is not accepted",
                cause=f"Only {above} is accepted, without its subdomains; Office 365 takes {domain} for foreign.",
                advice=f"Add {domain} with New-AcceptedDomain, or set {above} to InternalRelay with "
                "MatchSubDomains True.",
                measures=measures(group),
                domain=domain,
            )


def _unaccepted(snapshot: Snapshot, label: str | None, domain: str | None, destination: str) -> bool:
    """Tell whether a domain of this snapshot's mail is treated as an own one and is not accepted."""
    if label != snapshot.name or domain is None or _accepted_above(domain, snapshot) is None:
        return False
    return destination == "onpremises" or _claimed(domain, snapshot)


def _accepted_above(domain: str, snapshot: Snapshot) -> str | None:
    """Name the accepted domain above one that is not accepted; None where it is, or none is above it."""
    accepted = {a.domain: a.match_subdomains for a in snapshot.accepted or ()}
    above = [p for p in parents(domain) if p in accepted]
    return None if domain in accepted or not above or any(accepted[p] for p in above) else above[0]


def _claimed(domain: str, snapshot: Snapshot) -> bool:
    """Tell whether a connector to the own servers lists the domain, otherwise than by `*`."""
    own = [c for c in snapshot.outbound or () if c.enabled and c.type is ConnectorType.ONPREMISES]
    return any(covers(p, domain) for c in own for p in c.recipient_domains if p != "*")
