"""MF110, MF113 and MF114: mail that arrives or leaves by more ways than it should."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from analyzer.causes import OTHER, fold
from analyzer.compare.signs import MX_BYPASSED
from analyzer.findings.base import Context, Finding, busiest, grouped, listing, measures, routed, where
from analyzer.findings.tenants import declared_service, naming
from analyzer.tenant.model import ConnectorType, OutboundConnector

_OWN = pa.array(["cloud", "onpremises"], pa.string())


def mx_bypass(causes: pa.Table, _context: Context) -> Iterator[Finding]:
    """Internet mail came to Office 365 directly, past the service or the servers that the MX names.

    What it means:
        mailflow.toml says that the MX of the domain points elsewhere, yet the message met the default inbound
        connector, from an address that belongs to neither the declared services nor your servers nor any
        connector. Raised only where the way is known: services with addresses or connectors under [services]
        (or a Partner connector for `*` with addresses or a certificate), or addresses under [onpremises].

    Why it matters:
        The sender went round your filter: Office 365 takes such mail as long as no connector refuses it.

    What to do:
        Hold a Partner inbound connector for `*` to the addresses of the service (RestrictDomainsToIPAddresses),
        so that other mail is refused. If the addresses are the service's own, add them to mailflow.toml.

    Example:
        fabrikam.com's MX is a filter service; 203.0.113.9 sends straight to fabrikam-com.mail.protection.outlook.com.

    Source:
        Manage mail flow using a third-party cloud service; Direct Send vs sending directly (reference 2, 9.1 row 23).
    """
    bypassed = listing(causes, "signs", MX_BYPASSED)
    for group in grouped(bypassed, ["path"]):
        sources = busiest(where(bypassed, path=str(group["path"])), "source")
        yield Finding(
            title=f"{group['domain']}: internet mail arrived past the MX ({group['path']})",
            cause="The MX points elsewhere (mailflow.toml, [mx]), but the message came from an address that is neither "
            f"the service's nor yours, by the default inbound connector{f': {sources}' if sources else ''}.",
            advice="Hold a Partner inbound connector with SenderDomains * to the service's addresses "
            "(RestrictDomainsToIPAddresses); if the senders are the service, add its addresses under [services].",
            measures=measures(group),
            path=str(group["path"]),
            domain=str(group["domain"]),
            logged="no connector",
        )


def connector_flapping(causes: pa.Table, _context: Context) -> Iterator[Finding]:
    """The mail of one domain goes now by one connector, now by another.

    What it means:
        Several enabled connectors match the domain equally well, and the log names them in turn: mail by
        one of them stands between mail by the other. One lasting change of connector is not meant.

    Why it matters:
        No tie-break is documented. If the connectors differ in smart host or TLS, mail fails now and then,
        and nobody can say which.

    What to do:
        Leave the domain in RecipientDomains of one connector.

    Example:
        "Connector 2" and "Copy of Connector 2" both list contoso.com, and mail to it is logged on either.

    Source:
        Set up connectors for secure mail flow with a partner, "don't create duplicate connectors" (reference 3.4,
        9.1 row 12).
    """
    equal = routed(where(causes, outbound_verdict="match"))
    # Rare domains that are counted together may each have a connector of their own: nothing alternates there.
    equal = equal.filter(pc.not_equal(pc.fill_null(equal.column("recipient_domain"), ""), OTHER))
    keys = ["recipient_domain", "path", "selected_outbound"]
    named = equal.filter(
        pc.match_substring_regex(pc.fill_null(equal.column("selected_outbound"), ""), r"^\(.* or .*\)$")
    )
    spans: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in fold(named, [*keys, "logged_outbound"]).to_pylist():
        if row["logged_outbound"] not in (None, "(none)"):
            spans.setdefault(tuple(str(row[k]) for k in keys), []).append(row)
    for group in grouped(named, keys):
        lines = spans.get(tuple(str(group[k]) for k in keys), [])
        if not any(_alternate(a, b) for a, b in combinations(lines, 2)):
            continue
        counts = ", ".join(f"{row['logged_outbound']} ({row['messages']})" for row in lines)
        domain, candidates = str(group["recipient_domain"]), str(group["selected_outbound"])[1:-1]
        yield Finding(
            title=f"{domain}: the log alternates between {' and '.join(str(row['logged_outbound']) for row in lines)}",
            cause=f"{candidates} match the domain equally well, and no document says which is used; logged: {counts}.",
            advice=f"Leave {domain} in RecipientDomains of one of these connectors.",
            measures=measures(group),
            path=str(group["path"]),
            domain=domain,
            logged=", ".join(str(row["logged_outbound"]) for row in lines),
            selected=candidates,
            policies=("equal_candidates=ambiguous",),
        )


def _alternate(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Tell whether mail by one connector stands between mail by the other; a single switch does not overlap."""
    overlap: bool = one["first_seen"] < other["last_seen"] and other["first_seen"] < one["last_seen"]
    return overlap


def rule_overreach(causes: pa.Table, context: Context) -> Iterator[Finding]:
    """A mail flow rule sends internal mail through its connector.

    What it means:
        A rule with RouteMessageOutboundConnector fired for mail between your own people, which needs no such
        connector: mail between cloud mailboxes, or mail to your servers that went by a Partner connector. A
        connector declared under [services] is meant to be so and raises nothing.

    Why it matters:
        Internal mail leaves the organization and has to come back; if the rule is broader than meant, it also
        goes where it should not.

    What to do:
        Add a condition such as SentToScope NotInOrganization to the rule. If a signature or archive service is
        to see internal mail, declare its connectors in mailflow.toml under [services].

    Example:
        The rule for legal@contoso.com lacks a recipient condition, and its mail to Bob leaves for the archive.

    Source:
        Conditional mail routing (reference 2, 9.1 row 11).
    """

    def undeclared(connector: OutboundConnector) -> bool:
        return not declared_service(connector.name, context)

    def to_others(connector: OutboundConnector) -> bool:
        return undeclared(connector) and connector.rule_scoped and connector.type is ConnectorType.PARTNER

    wanted = {"cloud": undeclared, "onpremises": to_others}
    matched = {place: where(causes, outbound_verdict="match", destination=place) for place in wanted}
    found = [naming(rows, "logged_outbound", wanted[place], context) for place, rows in matched.items()]
    sent = pa.concat_tables(found)
    internal = routed(sent.filter(pc.is_in(sent.column("origin"), _OWN)))
    for group in grouped(internal, ["logged_outbound", "path"]):
        name = str(group["logged_outbound"])
        yield Finding(
            title=f"{name}: a rule sends internal mail there ({group['path']})",
            cause="A mail flow rule chose the connector; mail between these places needs none, or one of type "
            "OnPremises.",
            advice=f"Add SentToScope NotInOrganization (or the recipients meant) to the rule that routes to {name}; "
            "if a service is to see internal mail, declare its connectors in mailflow.toml under [services].",
            measures=measures(group),
            path=str(group["path"]),
            domain=str(group["domain"]),
            logged=name,
        )
