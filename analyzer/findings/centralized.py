"""MF115 to MF117: internet mail and the connectors that take all of it."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from analyzer.findings.base import Context, Finding, grouped, listing, measures, routed, such, where
from analyzer.findings.tenants import declared_service, naming, snapshot_of
from analyzer.selection.outbound import is_cmt
from analyzer.tenant.model import ConnectorType, OutboundConnector

_EXTERNAL = pa.array(["internet", "partner"], pa.string())
_DIRECT = "(none)"


def catch_all_captures_internet(causes: pa.Table, context: Context) -> Iterator[Finding]:
    """Internet mail leaves by a connector to your own servers because of its `*`.

    What it means:
        An OnPremises outbound connector has `*` in RecipientDomains without RouteAllMessagesViaOnPremises, and
        the log shows mail to the internet on it. Together with AllAcceptedDomains the two scopes add up; they
        do not narrow each other. Not meant are a Partner connector with `*` (a filter or signature service)
        and a connector declared under [services].

    Why it matters:
        Mail for the whole internet is handed to your servers, which may refuse it, send it back, or send it on
        from an address that no one expects it from. The rows are misroutes (MF102) as well.

    What to do:
        Take `*` out of RecipientDomains. If all mail is to leave by your servers, set
        RouteAllMessagesViaOnPremises instead.

    Example:
        "To our servers" has AllAcceptedDomains and `*`, and mail to gmail.com arrives at mail.contoso.com.

    Source:
        New-OutboundConnector; office-docs-powershell issue 8739 (reference 3.4, 9.1 row 13).
    """

    def caught(connector: OutboundConnector) -> bool:
        takes_all = "*" in connector.recipient_domains and not connector.rule_scoped
        ours = connector.type is ConnectorType.ONPREMISES and not declared_service(connector.name, context)
        return takes_all and ours and not is_cmt(connector)

    sent = routed(_to(naming(causes, "logged_outbound", caught, context), "destination"))
    for group in grouped(sent, ["logged_outbound", "path"]):
        name = str(group["logged_outbound"])
        yield Finding(
            title=f"{name}: its * takes mail to the internet ({group['path']})",
            cause=f"RecipientDomains of {name} hold *, and centralized mail transport is not set on it. MF102 counts "
            "these messages as well.",
            advice=f"Take * out of RecipientDomains of {name}; or set RouteAllMessagesViaOnPremises, if all mail is to "
            "leave by your servers.",
            measures=measures(group),
            path=str(group["path"]),
            domain=str(group["domain"]),
            logged=name,
        )


def cmt_unplanned(causes: pa.Table, context: Context) -> Iterator[Finding]:
    """Internet mail goes through your own servers by centralized mail transport that nobody asked for.

    What it means:
        A connector has RouteAllMessagesViaOnPremises, and the log shows internet mail on it; but the
        wizard was not asked for it (Features of Get-HybridConfiguration lack Centralized), or mailflow.toml
        says `cmt_intent = "off"`. Without either, a connector that has it counts as meant.

    Why it matters:
        All mail of the cloud hangs on your servers and their line, and leaves from their address.

    What to do:
        Clear RouteAllMessagesViaOnPremises with Set-OutboundConnector; or, if it is meant, write into
        mailflow.toml under [onpremises]: cmt_intent = "on".

    Example:
        It was set during a test; since then Bob's mail to sun@example.net leaves from mail.contoso.com.

    Source:
        Transport routing in Exchange hybrid deployments; Set-HybridConfiguration (reference 5, 7.3, 9.1 row 14).
    """
    carried = routed(naming(where(causes, outbound_verdict="match"), "logged_outbound", is_cmt, context))
    carried = carried.filter(pc.or_(_external(carried, "origin"), _external(carried, "destination")))
    for group in grouped(_meant(carried, context, meant=False), ["logged_outbound", "path"]):
        name = str(group["logged_outbound"])
        yield Finding(
            title=f"{name}: centralized mail transport takes {group['path']} mail, and is not meant to be on",
            cause=f"RouteAllMessagesViaOnPremises is set on {name}, but {_not_meant(context)}.",
            advice=f"Clear RouteAllMessagesViaOnPremises of {name}; if it is meant, write into mailflow.toml under "
            '[onpremises]: cmt_intent = "on".',
            measures=measures(group),
            path=str(group["path"]),
            domain=str(group["domain"]),
            logged=name,
        )


def cmt_leak(causes: pa.Table, context: Context) -> Iterator[Finding]:
    """Mail leaves for the internet directly although centralized mail transport is on.

    What it means:
        The log shows a Send to the internet or a partner without connector. Either the message is a forwarded
        copy, which Office 365 was seen to send directly (policy `cmt_forwarded`); or it comes from a cloud
        mailbox and should have gone through your servers: then it is a misroute (MF102) as well. Mail from
        your own servers is exempt and not meant.

    Why it matters:
        What your servers do to all mail, such as archiving, signing or filtering, is not done to this mail.

    What to do:
        For forwards: forbid them (Set-RemoteDomain -AutoForwardEnabled $false), or give them a Partner
        connector for `*`. For others: check Enabled and RecipientDomains of the connector at that time.

    Example:
        A cloud mailbox forwards to someone@example.org, and the copy never passes mail.contoso.com.

    Source:
        KB 3194415; OfficeDocs-Exchange issue 799 (reference 3.3, 7.2 cmt_forwarded, 9.1 row 15).
    """
    matched = where(causes, logged_outbound=_DIRECT, outbound_verdict="match")
    forwards = _to(listing(matched, "policies", "cmt_forwarded=direct"), "destination")
    broken = where(causes, logged_outbound=_DIRECT, outbound_verdict="misroute", origin="cloud")
    bypassed = _to(naming(broken, "selected_outbound", is_cmt, context), "destination")
    for rows, what, bitten in ((forwards, "Forwarded copies", False), (bypassed, "Mail of cloud mailboxes", True)):
        for group in grouped(_meant(routed(rows), context, meant=True), ["path"]):
            yield Finding(
                title=f"{what} left directly, past centralized mail transport",
                cause=f"The log shows a Send without connector ({group['path']}), {_LEAKS[bitten][0]}",
                advice=_LEAKS[bitten][1],
                measures=measures(group),
                path=str(group["path"]),
                domain=str(group["domain"]),
                logged="no connector",
                policies=() if bitten else ("cmt_forwarded=direct",),
                bitten=bitten,
            )


# By whether selection was broken: why it is so, and what to do.
_LEAKS = {
    False: (
        "and policy cmt_forwarded takes forwards as exempt from centralized transport.",
        "Forbid such forwards (Set-RemoteDomain -AutoForwardEnabled $false), or give them a Partner connector for *.",
    ),
    True: (
        "although the connector with RouteAllMessagesViaOnPremises applies. MF102 counts these messages as well.",
        "Check Enabled and RecipientDomains of the connector with RouteAllMessagesViaOnPremises at that time.",
    ),
}


def _meant(causes: pa.Table, context: Context, *, meant: bool) -> pa.Table:
    """Keep the causes of snapshots in which centralized transport is meant to be on, or of the others."""
    # rule: 7.3, cmt_intent. Where the wizard's answers were not exported, what is set is taken as meant.
    said = context.tenant.settings.cmt_intent

    def wanted(label: str | None) -> bool:
        hybrid = snapshot_of(label, context).hybrid
        asked = hybrid.features if hybrid else None
        return (said == "on" or (said == "auto" and (asked is None or "centralized" in asked))) is meant

    return such(causes, ("snapshot",), wanted)


def _not_meant(context: Context) -> str:
    if context.tenant.settings.cmt_intent == "off":
        return 'mailflow.toml says cmt_intent = "off"'
    return "Features of Get-HybridConfiguration lack Centralized"


def _external(causes: pa.Table, column: str) -> pa.ChunkedArray:
    return pc.is_in(causes.column(column), _EXTERNAL)


def _to(causes: pa.Table, column: str) -> pa.Table:
    return causes.filter(_external(causes, column))
