"""MF111, MF118 and MF207: what only the logs of the organization's own servers and devices tell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from analyzer.findings.base import (
    Context,
    Finding,
    grouped,
    listing,
    measures,
    nothing_counted,
    routed,
    where,
)
from analyzer.formats.tracking import CERTIFICATE_DEFERRAL


def own_server_unrouted(causes: pa.Table, _context: Context) -> Iterator[Finding]:
    """No Send connector of your own servers claims mail that has to leave them.

    What it means:
        The recipient is in Office 365, at a partner or on the internet, no enabled Send connector has an
        address space for the domain, and the message failed for want of a way.

    Why it matters:
        Such mail waits in the Unreachable queue until it expires, and is then returned.

    What to do:
        Add the domain, or `*`, to AddressSpaces of an enabled Send connector. Mail of moved mailboxes goes by
        the hybrid routing address: the connector to Office 365 needs TENANT.mail.onmicrosoft.com.

    Example:
        The connector to Office 365 was deleted; mail to bob@contoso.mail.onmicrosoft.com expires.

    Source:
        Connector selection in Exchange Server (reference 6, step 7).
    """
    for group in grouped(where(causes, outbound_verdict="unrouted"), ["path"]):
        domain, several = str(group["domain"]), group["domains"] != (group["domain"],)
        it, its = ("them", "their") if several else ("it", "its")
        what = "the domains, or *," if several else f"{domain} (or *)"
        yield Finding(
            title=f"{domain}: no Send connector of your own servers claims {it}",
            cause=f"No enabled Send connector has an address space for {domain}, so {its} mail waits in the "
            "Unreachable queue until it expires.",
            advice=f"Add {what} to AddressSpaces of an enabled Send connector, with Set-SendConnector.",
            measures=measures(group),
            path=str(group["path"]),
            domain=domain,
            logged="no connector",
            selected="no connector",
        )


@dataclass(frozen=True, slots=True)
class _Refused:
    """What a code says of the certificate of a Send connector."""

    title: str
    cause: str
    advice: str


_NOT_FOUND = "4.7.5"
_CERTIFICATE = {
    "5.7.51": _Refused(
        "Office 365 refused the certificate of your own servers (5.7.51)",
        "Office 365 found your organization, but the Send connector presented no certificate, or another one than "
        "TlsSenderCertificateName of the inbound connector asks for.",
        "Compare TlsCertificateName of {} with TlsSenderCertificateName of the inbound connector in Office 365; "
        "after a renewal, set it to the new certificate's issuer and subject (Set-SendConnector).",
    ),
    _NOT_FOUND: _Refused(
        "The certificate of a Send connector was not found on the server (4.7.5)",
        "TlsCertificateName names a certificate that the server does not have, or whose private key it cannot use.",
        "Set TlsCertificateName of {} to the issuer and subject of the certificate that is there now "
        "(Get-ExchangeCertificate, Set-SendConnector), and enable that certificate for SMTP.",
    ),
}


def send_certificate(causes: pa.Table, context: Context) -> Iterator[Finding]:
    """A Send connector of your own servers presents the wrong certificate, or none.

    What it means:
        A server's own log shows that Office 365 refused the session for its certificate (550 5.7.51), or that
        the certificate which the Send connector names is not on the server (454 4.7.5). Of the latter, attempts
        that were put off count as well: a message fails only after days, so they are told as attempts, not messages.

    Why it matters:
        The mail waits and is returned. After a renewal of the certificate this is the usual fault: the
        connector still names the old one.

    What to do:
        Set TlsCertificateName of the Send connector to the new certificate, and compare its subject with
        TlsSenderCertificateName of the inbound connector in Office 365.

    Example:
        "550 5.7.51 TenantInboundAttribution" in the tracking log, on "Outbound to Office 365".

    Source:
        TLS certificates in Exchange hybrid, Exchange Team Blog (reference 4.5, 9.1 row 6).
    """
    deferred = context.coverage.noise.get(CERTIFICATE_DEFERRAL, 0) if context.coverage else 0
    if deferred and not where(causes, failure=_NOT_FOUND).num_rows:
        yield _put_off(deferred)
    for code, refused in _CERTIFICATE.items():
        tried = _attempts(deferred) if deferred and code == _NOT_FOUND else ""
        for group in grouped(where(causes, failure=code), ["logged_outbound", "path"]):
            connector = str(group["logged_outbound"] or "the Send connector")
            yield Finding(
                title=f"{refused.title}: {connector}",
                cause=refused.cause + tried,
                advice=refused.advice.format(connector),
                measures=measures(group),
                path=str(group["path"]),
                domain=str(group["domain"]),
                logged=connector,
            )


def _attempts(deferred: int) -> str:
    return f" The tracking logs show {deferred:,} attempts that were put off; a message is tried until it expires."


def _put_off(deferred: int) -> Finding:
    """Say that mail was put off; an attempt is no message, so none is counted."""
    refused = _CERTIFICATE[_NOT_FOUND]
    return Finding(
        title=f"{refused.title}: {deferred:,} attempts were put off, none has failed yet",
        cause=refused.cause + _attempts(deferred),
        advice=refused.advice.format("the Send connector"),
        measures=nothing_counted(),
    )


def direct_send_rejected(causes: pa.Table, _context: Context) -> Iterator[Finding]:
    """Office 365 refused mail of one of your own senders that no connector claims (5.7.68).

    What it means:
        RejectDirectSend is on, MAIL FROM is in an accepted domain, and the sending server or device met no
        inbound connector by address or certificate. No trace shows such refusals; this log is the sender's.

    Why it matters:
        Mail of scanners, applications or whole servers is lost without a word in Office 365.

    What to do:
        Give the source an inbound connector of type OnPremises by its certificate or address, or let it send
        by your own servers. Mail of strangers in your name is refused rightly.

    Example:
        The scanner at 192.0.2.44 sends as scan@contoso.com and gets "550 5.7.68 TenantInboundAttribution; Direct
        Send not allowed for this organization from unauthorized sources".

    Source:
        Set-OrganizationConfig, RejectDirectSend (reference 4.5).
    """
    for group in grouped(where(causes, failure="5.7.68"), ["path", "format"]):
        yield Finding(
            title=f"{group['messages']} messages of your own senders were refused as Direct Send (5.7.68)",
            cause="RejectDirectSend is on, and the source met no inbound connector by its address or certificate.",
            advice="Add the source's address to SenderIPAddresses of an OnPremises inbound connector, or send with the "
            "certificate that one names; or route it through your own servers.",
            measures=measures(group),
            path=str(group["path"]),
            domain=str(group["domain"]),
        )


def own_exports(causes: pa.Table) -> Iterator[Finding]:
    """Say which export of the own servers would let their logs be rerun (MF402)."""
    for kind, cmdlet in (("send_connectors", "Get-SendConnector"), ("receive_connectors", "Get-ReceiveConnector")):
        for group in grouped(routed(listing(causes, "missing", kind)), ["snapshot"]):
            what = kind.replace("_", " ").capitalize()
            yield Finding(
                title=f"{what} of your own servers were not exported; {group['messages']} messages of theirs are open",
                cause=f"The logs of your own servers name {what}, and snapshot {group['snapshot']} holds none.",
                advice=f"Run {cmdlet} | Export-Clixml in the shell of your own servers, and put the file below "
                "onpremises/ in the tenant folder.",
                measures=measures(group),
                domain=str(group["domain"]),
            )
