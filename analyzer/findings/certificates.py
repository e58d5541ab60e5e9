"""What no trace shows of certificates, and what the SMTP send logs of the own servers tell instead (MF410)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from analyzer.findings.base import Context, Finding, grouped, listing, measures, where
from analyzer.tenant.model import Tenant
from analyzer.tenant.presented import Presented, certain, unheard


def trace_blind_spot(causes: pa.Table, context: Context) -> Iterator[Finding]:
    """Something that no trace shows was taken on trust.

    What it means:
        No trace holds the certificate that a server presented. Where the source is one of your declared
        addresses and the log names an enabled certificate connector, that is counted as a match.
        Mail refused by RejectDirectSend (5.7.68) is in no trace at all.

    Why it matters:
        These matches rest on your declaration of the addresses, not on the certificate.

    What to do:
        Put the SMTP send logs of all your own servers below onpremises/ in the tenant folder, best in one folder
        for each server that bears its name: the certificate that they show is used instead. While those of a
        server are missing, what its certificate could explain stays undetermined.

    Example:
        192.0.2.10 is declared, the log names "Inbound from on-premises" with `*.contoso.com`.
    """
    for group in grouped(where(causes, reason="certificate-presumed"), ["logged_inbound"]):
        yield Finding(
            title=f"{group['logged_inbound']}: the certificate is presumed, no trace shows it",
            cause="The source is declared on-premises and the log names this certificate connector.",
            advice="Nothing to change; the SMTP send protocol logs of your servers, below onpremises/ in the tenant "
            "folder, show what they present.",
            measures=measures(group),
            domain=str(group["domain"]),
            logged=str(group["logged_inbound"]),
        )
    for group in grouped(listing(causes, "missing", "send_logs"), ["logged_inbound", "path"]):
        servers = " and ".join(_silent(context, group)) or "other own servers"
        yield Finding(
            title=f"{group['logged_inbound']}: the SMTP send logs of {servers} are missing, "
            f"{group['messages']} messages are open",
            cause="The certificate that the send logs show fits another connector than the logged one; a server whose "
            "logs are not there may have presented one that fits.",
            advice=f"Put the SMTP send logs of {servers} for that time below onpremises/ in the tenant folder, in a "
            "folder that bears the server's name.",
            measures=measures(group),
            path=str(group["path"]),
            domain=str(group["domain"]),
            logged=str(group["logged_inbound"]),
        )
    refusing = [s.name for s in context.tenant.snapshots if s.organization and s.organization.reject_direct_send]
    if refusing and causes.num_rows:
        group = next(grouped(causes, ["verdict"]))
        yield Finding(
            title="RejectDirectSend is on: mail refused with 5.7.68 is in no trace",
            cause="Refusals at the protocol layer leave no row in a message trace.",
            advice="Look for 5.7.68 in the logs of the devices and servers that send directly.",
            measures={**measures(group), "messages": 0, "failed": 0, "examples": []},
        )


def _used(tenant: Tenant, group: Mapping[str, Any]) -> Iterator[Presented]:
    """Give the certificates taken as presented at any time between a group's first and last message."""
    stretches = certain(tenant.sightings, tenant.settings.change_grace, tenant.send_logs)
    return (p for p in stretches if p.since <= group["last_seen"] and group["first_seen"] < p.until)


def _silent(context: Context, group: Mapping[str, Any]) -> list[str]:
    """Name the servers whose logs do not tell of a group's time."""
    tenant, owns = context.tenant, [snapshot.own for snapshot in context.tenant.snapshots]
    return sorted({s for p in _used(tenant, group) for own in owns for s in unheard(own, tenant.send_logs, p.heard)})


def shown_words(context: Context, group: Mapping[str, Any], *connectors: str) -> str:
    """Say which certificate the send logs show at a group's time, where one of the connectors works by certificate."""
    inbound = (i for s in context.tenant.snapshots for i in s.inbound or ())
    if not any(i.certificate_name and i.name in connectors for i in inbound):
        return ""
    names = dict.fromkeys(", ".join(p.names) for p in _used(context.tenant, group))
    return f" By their SMTP send logs your servers presented {' and then '.join(names)}." if names else ""
