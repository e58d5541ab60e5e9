"""MF405 to MF407: a single input that is missing, and where to get it."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from analyzer.findings.base import Context, Finding, grouped, listing, measures, where


def mx_unknown(causes: pa.Table, _context: Context) -> Iterator[Finding]:
    """Where the MX record of a domain points decides here, and nobody said.

    What it means:
        Under centralized mail transport the allowed way of internet mail depends on where the MX
        record points. No export holds it.

    Why it matters:
        The rows concerned stay undetermined.

    What to do:
        Write into mailflow.toml under [mx]: default = "office365" (or onpremises, thirdparty).

    Example:
        fabrikam.com's MX points at a filter service.
    """
    yield from _missing(
        causes,
        "mx",
        "Where the MX record points is not known",
        'Write into mailflow.toml under [mx]: default = "office365", or a line for the domain.',
    )


def rule_hit_unknown(causes: pa.Table, _context: Context) -> Iterator[Finding]:
    """Whether a mail flow rule chose the connector cannot be seen.

    What it means:
        A rule that routes to a connector has a condition that the log does not show, or the rules were
        not exported while the log names a rule-scoped connector. The finding names rules and conditions.

    Why it matters:
        With the rule the way was right, without it wrong.

    What to do:
        Export Get-TransportRule; use message trace details, which show RouteMessageUsingConnector.

    Example:
        A rule on a header word routes to "To partner".
    """
    for group in grouped(_lacking(causes, "rule_hit"), ["path", "open_rules"]):
        conditions = [str(condition) for condition in group["open_rules"]]  # type: ignore[attr-defined] # a list column
        hidden = f"no log shows {'; '.join(conditions)}" if conditions else "the rules were not exported"
        yield Finding(
            title=f"Whether {_rules(conditions)} fired cannot be seen: {group['messages']} messages {group['path']}",
            cause=f"The verdict depends on a missing input: rule_hit; {hidden}.",
            advice="Use an Extended report, which shows RouteMessageUsingConnector."
            if conditions
            else "Export Get-TransportRule, or use an Extended report, which shows RouteMessageUsingConnector.",
            measures=measures(group),
            path=str(group["path"]),
            domain=str(group["domain"]),
        )


def _rules(conditions: list[str]) -> str:
    """Name the rules of some conditions, each `rule: condition`."""
    names = dict.fromkeys(condition.rpartition(": ")[0] for condition in conditions)
    return " or ".join(f"rule {name}" for name in names) or "a mail flow rule"


def recipient_location_unknown(causes: pa.Table, _context: Context) -> Iterator[Finding]:
    """Where the recipient's mailbox lives decides here, and the input does not say.

    What it means:
        The recipient's domain is yours, but whether the mailbox is in the cloud or on your servers is
        neither in the log nor in a recipients list.

    Why it matters:
        Local delivery and delivery through a connector cannot be told apart.

    What to do:
        Put a recipients list (Get-EXORecipient or Get-Recipient) into the tenant folder, or name whole
        domains in mailflow.toml under [onpremises] domains.

    Example:
        A summary trace without a recipients list.
    """
    yield from _missing(
        causes,
        "destination",
        "Where the recipient's mailbox lives is not known",
        "Export the recipients (Get-EXORecipient -ResultSize Unlimited) into the tenant folder, "
        "or list on-premises domains in mailflow.toml under [onpremises] domains.",
    )


def _lacking(causes: pa.Table, name: str) -> pa.Table:
    open_rows = where(causes, verdict="undetermined")
    told = pc.field("reason") != "mailbox-moving"  # MF404: no export would tell
    return listing(open_rows.filter(told), "missing", name)


def _missing(causes: pa.Table, name: str, title: str, advice: str) -> Iterator[Finding]:
    for group in grouped(_lacking(causes, name), ["path"]):
        yield Finding(
            title=f"{title}: {group['messages']} messages {group['path']}",
            cause=f"The verdict depends on a missing input: {name}.",
            advice=advice,
            measures=measures(group),
            path=str(group["path"]),
            domain=str(group["domain"]),
        )
