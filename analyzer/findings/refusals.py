"""MF107, MF108 and MF112: mail that Office 365 refused on arrival, or will refuse."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from analyzer.causes import OTHER
from analyzer.compare.signs import SENDER_NOT_ACCEPTED
from analyzer.findings.base import OTHER_ADDRESSES, Context, Finding, busiest, grouped, listing, measures, where
from analyzer.selection.inbound import restricts
from analyzer.tenant.model import ConnectorType
from analyzer.vantage import Vantage

_PLACES = {"onpremises": "your own servers", "partner": "a partner", "internet": "the internet", "cloud": "the cloud"}
# Mail of the cloud, or on its way out, was refused by another organization's Office 365.
_OURS, _OUTSIDE = ("onpremises", "unknown"), ("onpremises", "partner", "internet", "unknown")
_OWN = ("cloud", "onpremises", "unknown")


def relay_denied(causes: pa.Table, _context: Context) -> Iterator[Finding]:
    """Office 365 refused to relay mail (5.7.64, ATTR36).

    What it means:
        The message could not be attributed to your organization: neither the certificate presented nor the
        connecting address met an OnPremises inbound connector, or neither the certificate's domain nor the
        domain of MAIL FROM is an accepted domain. Its recipient is not yours, so nobody would take it. Mail of
        cloud mailboxes that another organization's Office 365 refused is not meant.

    Why it matters:
        The mail is returned to its sender. The usual causes are a renewed certificate with another
        subject, a changed egress address, and delivery reports or forwarded mail over a connector that
        knows your servers by address alone: their MAIL FROM is empty or foreign.

    What to do:
        Compare TlsSenderCertificateName of the inbound connector with the certificate your servers present,
        and SenderIPAddresses with their egress address. A connector by certificate serves every sender.

    Example:
        After the renewal the certificate says mx.contoso.org, and mail to sun@example.net comes back with
        "550 5.7.64 TenantAttribution; Relay Access Denied".

    Source:
        Relay Access Denied; Important notice for customers with connectors (reference 4.3, 4.5, 9.1 rows 1, 3, 5, 20).
    """
    refused = _among(where(causes, failure="5.7.64"), origin=_OURS)
    for group in grouped(refused, ["vantage", "origin", "path"]):
        yield Finding(
            title=f"Mail from {_origin(group)} was refused as relay (5.7.64){_told_by(group)}",
            cause="It met no OnPremises inbound connector, or neither the certificate's domain nor the domain of "
            f"MAIL FROM is accepted{_from(where(refused, path=str(group['path'])))}.",
            advice="Compare TlsSenderCertificateName of the inbound connector with the certificate your servers "
            "present, and SenderIPAddresses with the address they send from; delivery reports and forwarded mail need "
            "a connector by certificate (reference 4.3).",
            measures=measures(group),
            path=str(group["path"]),
            domain=str(group["domain"]),
        )


def partner_source_rejected(causes: pa.Table, context: Context) -> Iterator[Finding]:
    """A Partner connector's restriction refused mail (5.7.51).

    What it means:
        An inbound connector restricts its sender domains to addresses or to a certificate, and the
        message came with neither. Refusals of internet mail by a connector that holds every sender to your
        filter are what that connector is for, and raise nothing.

    Why it matters:
        The mail is returned. A partner that moved to another address or renewed its certificate is shut out;
        from your own servers it is the sign of a wrong certificate.

    What to do:
        Ask the partner from where it sends now, and correct SenderIPAddresses or TlsSenderCertificateName of
        the connector with RestrictDomainsToIPAddresses or RestrictDomainsToCertificate.

    Example:
        Woodgrove Bank sends from a new data center, and its mail comes back with "550 5.7.51
        TenantInboundAttribution".

    Source:
        Set up connectors for secure mail flow with a partner, example 4 (reference 4.5, 9.1 row 24).
    """
    refused = _among(where(causes, failure="5.7.51"), origin=_OUTSIDE, destination=_OWN)
    for group in grouped(refused, ["origin", "path"]):
        if group["origin"] == "internet" and _held_to_filter(context):
            continue
        yield Finding(
            title=f"Mail from {_origin(group)} was refused by a connector's restriction (5.7.51)",
            cause="Its source has neither the addresses nor the certificate to which "
            f"{_restricting(context) or 'a Partner inbound connector'} holds its sender domain"
            f"{_from(where(refused, path=str(group['path'])))}.",
            advice="Check SenderIPAddresses and TlsSenderCertificateName of the connector with "
            "RestrictDomainsToIPAddresses or RestrictDomainsToCertificate against where this mail comes from now.",
            measures=measures(group),
            path=str(group["path"]),
            domain=str(group["domain"]),
        )


def sender_domain_not_accepted(causes: pa.Table, _context: Context) -> Iterator[Finding]:
    """Mail that your own servers relay has an envelope sender outside your accepted domains.

    What it means:
        MAIL FROM of mail from your servers to the internet or a partner is in a domain that Office 365 does
        not know as yours; or mail was refused as coming from an unregistered domain (5.7.750). Looked at
        only where the log shows MAIL FROM; mail to your own mailboxes is not meant, and no delivery report.

    Why it matters:
        A connector by certificate lets it pass, one by address does not. Office 365 counts it (Non-accepted
        domain report), and refuses volumes of it with 5.7.750.

    What to do:
        Add the domain with New-AcceptedDomain if it is yours; otherwise let the application use a sender
        of yours, or send forwarded mail with a rewritten sender.

    Example:
        The billing system sends as billing@contoso-invoices.example, which nobody registered.

    Source:
        Non-accepted domain report; Updated requirements for SMTP relay (reference 4.3, 9.1 row 28).
    """
    relayed = listing(causes, "signs", SENDER_NOT_ACCEPTED)
    for group in grouped(relayed, ["source", "path"]):
        address = OTHER_ADDRESSES if group["source"] == OTHER else group["source"] or "your own servers"
        yield Finding(
            title=f"{address} relays mail whose envelope sender is in no accepted domain",
            cause="The domain of MAIL FROM is in no export of accepted domains.",
            advice="Look at the examples: add their sender domain with New-AcceptedDomain if it is yours, otherwise "
            "let the application send as one of your domains.",
            measures=measures(group),
            path=str(group["path"]),
            domain=str(group["domain"]),
        )
    for group in grouped(where(causes, failure="5.7.750"), ["vantage", "path"]):
        yield Finding(
            title=f"Mail was refused as coming from an unregistered domain (5.7.750){_told_by(group)}",
            cause="Too much mail with sender domains that are not accepted domains came from your organization.",
            advice="Add the sender domains with New-AcceptedDomain, or stop the application that sends with them.",
            measures=measures(group),
            path=str(group["path"]),
            domain=str(group["domain"]),
            bitten=True,
        )


def _among(causes: pa.Table, **values: tuple[str, ...]) -> pa.Table:
    """Keep the causes whose columns have one of these values."""
    for name, allowed in values.items():
        causes = causes.filter(pc.is_in(causes.column(name), pa.array(allowed, pa.string())))
    return causes


def _origin(group: dict[str, object]) -> str:
    return _PLACES.get(str(group["origin"]), "an unknown place")


def _told_by(group: dict[str, object]) -> str:
    # Both sides of a refusal may be among the logs: one count for each, or a message would count twice.
    return ", as your own servers log it" if group["vantage"] == Vantage.OWN_SERVER else ""


def _from(refused: pa.Table) -> str:
    sources = busiest(refused, "source")
    return f"; handed over by {sources}" if sources else ""


def _restricting(context: Context) -> str:
    names = (i.name for i in context.tenant.snapshots[-1].inbound or () if i.enabled and restricts(i))
    return " or ".join(sorted(names))


def _held_to_filter(context: Context) -> bool:
    """Tell whether a connector holds every sender to a filter's addresses: then refusing the others is its purpose."""
    return any(
        i.enabled and i.type is ConnectorType.PARTNER and restricts(i) and "*" in i.sender_domains
        for snapshot in context.tenant.snapshots
        for i in snapshot.inbound or ()
    )
