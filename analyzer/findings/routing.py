"""MF101 to MF104: what the alarms of reference section 8 mean to an administrator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from analyzer.causes import OTHER
from analyzer.findings.base import (
    OTHER_ADDRESSES,
    OTHER_DOMAINS,
    Context,
    Finding,
    grouped,
    measures,
    routed,
    where,
)
from analyzer.findings.certificates import shown_words
from analyzer.tenant.model import Place
from analyzer.vantage import Vantage

_SIDES = ("outbound", "inbound")
_CLAIMS = {
    "outbound": "RecipientDomains",
    "inbound": "SenderIPAddresses, SenderDomains and TlsSenderCertificateName",
}
_OWN_CLAIMS = {
    "outbound": "AddressSpaces (with their cost), SourceTransportServers, IsScopedConnector and MaxMessageSize",
    "inbound": "Bindings and RemoteIPRanges",
}
_SIDE_WORDS = {
    False: {side: side for side in _SIDES},
    True: {"outbound": "Send connector", "inbound": "Receive connector"},
}
_NONE = {"(none)": "no connector", None: "not logged"}
_IN_ROWS = " (messages/*.parquet names them)"


@dataclass(frozen=True, slots=True)
class Group:
    """A group of one side, in words."""

    path: str
    domain: str
    logged: str
    selected: str
    reason: str
    origin: str
    destination: str
    vantage: str


def groups(causes: pa.Table, verdict: str) -> Iterator[tuple[str, Group, dict[str, object]]]:
    """Group the causes of one verdict by side, path and connectors: the side, the words, the measures."""
    for side in _SIDES:
        found = routed(where(causes, **{f"{side}_verdict": verdict}))
        for group in grouped(
            found, ["vantage", "path", "origin", "destination", f"logged_{side}", f"selected_{side}", "policies"]
        ):
            words = Group(
                path=str(group["path"]),
                domain=str(group["domain"]),
                logged=_word(group[f"logged_{side}"]),
                selected=_word(group[f"selected_{side}"]),
                reason="",
                origin=_place(group["origin"]),
                destination=_place(group["destination"]),
                vantage=str(group["vantage"]),
            )
            yield side, words, group


def _word(name: object) -> str:
    if name in ("(none)", None):
        return _NONE[None if name is None else "(none)"]
    text = str(name)
    words = {"(local)": "local delivery", "(none)": "no connector", "(undetermined)": "another connector"}
    return words.get(text, text.strip("()") if text.startswith("(") else text)


def _place(name: object) -> str:
    return {"onpremises": "on-premises", "unknown": "an unknown place"}.get(str(name), str(name))


def policies_of(group: dict[str, object]) -> tuple[str, ...]:
    """Give the policies that a group rests on."""
    found = group.get("policies")
    return tuple(str(p) for p in found) if isinstance(found, list) else ()


def connector_mismatch(causes: pa.Table, context: Context) -> Iterator[Finding]:
    """The log names another connector than the one the configuration selects.

    What it means:
        The message took an allowed kind of way, but not the connector that the exported configuration
        selects for it, under any documented reading of the rules.

    Why it matters:
        The other connector may use another smart host, certificate or TLS setting. If it is switched
        off as unused, this mail stops.

    What to do:
        Compare RecipientDomains (outbound) or SenderIPAddresses, SenderDomains and
        TlsSenderCertificateName (inbound) of both connectors; in logs of your own servers AddressSpaces of
        the Send connectors or RemoteIPRanges of the Receive connectors. Either the export is older than the
        log, or two connectors claim the same mail.

    Example:
        Mail to fabrikam.com is logged on "Connector 2"; only "Connector 1" covers fabrikam.com.
    """
    for side, row, group in groups(causes, "mismatch"):
        own = row.vantage == Vantage.OWN_SERVER
        log, properties = ("your server's log", _OWN_CLAIMS[side]) if own else ("the log", _CLAIMS[side])
        by_certificate = side == "inbound" and not own and row.origin == _place(Place.ONPREMISES)
        shown = shown_words(context, group, row.logged, row.selected) if by_certificate else ""
        yield Finding(
            title=f"{row.domain}: {log} names {row.logged}, the configuration selects {row.selected}",
            cause=f"Mail from {row.origin} to {row.destination} {_went(row.logged)} ({_SIDE_WORDS[own][side]}); "
            f"the exported configuration selects {row.selected}.{shown}",
            advice=_mismatch_advice(row, properties),
            measures=measures(group),
            path=row.path,
            domain=row.domain,
            logged=row.logged,
            selected=row.selected,
            policies=policies_of(group),
        )


def _went(logged: str) -> str:
    return "used no connector" if logged == _NONE["(none)"] else f"went by {logged}"


def _mismatch_advice(row: Group, properties: str) -> str:
    if row.logged == _NONE["(none)"]:
        return (
            f"Check that {row.selected} was enabled at that time and that its {properties}, or the rule that routes to "
            "it, covered this mail; export the connectors and rules again if they were changed since."
        )
    if row.selected == _NONE["(none)"]:
        return f"Nothing in the export selects {row.logged} for this mail: check its {properties} and the rules."
    return (
        f"Compare {properties} of {row.logged} and {row.selected}; export the connectors again if they were changed "
        "after the log, otherwise correct the one that claims this mail wrongly."
    )


def misroute(causes: pa.Table, context: Context) -> Iterator[Finding]:
    """The message took a way that is not an allowed one between these places.

    What it means:
        The pair of places and the type of connector used do not belong together: on-premises mail
        that left by the MX record, internet mail through an on-premises connector, mail between two
        cloud mailboxes through a connector without a rule.

    Why it matters:
        Such mail loops, is refused, loses its cross-premises headers, or leaves the organization by a
        way that nobody protects.

    What to do:
        For mail that bypassed its connector: check Enabled and RecipientDomains of the selected
        connector at that time. For mail that used a connector it should not: narrow RecipientDomains,
        take `*` out of it, or clear AllAcceptedDomains.

    Example:
        john@contoso.com has his mailbox on-premises, "Connector 2" covers contoso.com, and the log
        shows a Send without connector.
    """
    for side, row, group in groups(causes, "misroute"):
        bypassed = row.logged == "no connector"
        yield Finding(
            title=f"{row.domain}: mail from {row.origin} to {row.destination} {_went(row.logged)}",
            cause=(
                f"{row.selected} applies, but the log shows {row.logged} on the {side} side."
                if bypassed
                else f"{row.logged} is not an allowed way from {row.origin} to {row.destination}; "
                f"the configuration selects {row.selected}."
            ),
            advice=_misroute_advice(side, row, context),
            measures=measures(group),
            path=row.path,
            domain=row.domain,
            logged=row.logged,
            selected=row.selected,
            policies=policies_of(group),
        )


def _misroute_advice(side: str, row: Group, context: Context) -> str:
    if row.logged == _NONE["(none)"]:
        where_lives = ", and whether the recipient's mailbox was still in the cloud" if side == "outbound" else ""
        claims = "domains" if side == "outbound" else "SenderIPAddresses and TlsSenderCertificateName"
        return f"Check Enabled and the {claims} of {row.selected} at that time{where_lives}."
    if _is_off(row.logged, side, context):
        return (
            f"{row.logged} is off in the export, yet the log names it: find out who turned it on or off, and when; "
            "add an export of that time as a dated snapshot if its settings were others."
        )
    if side == "inbound":
        return (
            f"Check SenderIPAddresses and TlsSenderCertificateName of {row.logged}: they claim mail that your own "
            "servers did not send. Anybody with that address or certificate is trusted as you are."
        )
    return f"Narrow RecipientDomains (remove `*`) or AllAcceptedDomains of {row.logged}, or the rule that routes to it."


def _is_off(name: str, side: str, context: Context) -> bool:
    """Tell whether the last snapshot that knows a connector has it off."""
    for snapshot in reversed(context.tenant.snapshots):
        connectors = (snapshot.outbound if side == "outbound" else snapshot.inbound) or ()
        found = next((c for c in connectors if c.name == name), None)
        if found is not None:
            return not found.enabled
    return False


def onprem_recipient_unrouted(causes: pa.Table, _context: Context) -> Iterator[Finding]:
    """The recipient's mailbox is on-premises and no outbound connector covers it.

    What it means:
        No enabled outbound connector matches the recipient's domain, so Office 365 looks up the MX
        record, which usually points back at Office 365.

    Why it matters:
        Without connectors, mail does not flow to your own servers: it loops or is returned (5.4.6, 5.4.14).

    What to do:
        Add the domain to RecipientDomains of the connector to your servers, or set AllAcceptedDomains,
        and make sure that Enabled is true and TestMode false.

    Example:
        A mailbox in plant.contoso.com on your servers, while connectors exist only for contoso.com.
    """
    found = routed(where(causes, outbound_verdict="unrouted"))
    for group in grouped(found, ["recipient_domain", "path", "policies"]):
        domain = str(group["domain"])
        it, its = ("them", "their MX records are") if domain == OTHER_DOMAINS else ("it", "its MX record is")
        which = f"{domain}{_IN_ROWS}" if domain == OTHER_DOMAINS else domain
        yield Finding(
            title=f"{domain}: on-premises recipients, but no outbound connector for {it}",
            cause=f"No enabled outbound connector matches {domain}; {its} used instead.",
            advice=f"Add {which} to RecipientDomains of the outbound connector to your own servers "
            "(or set AllAcceptedDomains), with Enabled true.",
            measures=measures(group),
            path=str(group["path"]),
            domain=domain,
            logged="no connector",
            selected="no connector",
            policies=policies_of(group),
        )


def onprem_source_unattributed(causes: pa.Table, _context: Context) -> Iterator[Finding]:
    r"""Mail from your own servers was not attributed to any inbound connector of yours.

    What it means:
        The connecting address is one of your own, the sender's mailbox is on-premises, but the message
        fell to the default inbound connector: Office 365 treated it as mail from the internet.

    Why it matters:
        It loses its cross-premises trust, is filtered as foreign mail, and relay to the internet is
        refused (5.7.64). The usual causes are a renewed certificate with another subject and a changed
        egress address.

    What to do:
        Compare TlsSenderCertificateName of the inbound connector with the certificate your servers
        present, and SenderIPAddresses with the address shown.

    Example:
        203.0.113.9 sends as ann@contoso.com and the trace names `...\Default ...`.
    """
    found = routed(where(causes, inbound_verdict="unrouted"))
    for group in grouped(found, ["source", "path", "destination", "policies"]):
        address = str(group["source"] or "an unnamed address")
        address = OTHER_ADDRESSES if address == OTHER else address
        each = f"each of the {address}{_IN_ROWS}" if address == OTHER_ADDRESSES else address
        yield Finding(
            title=f"{address}: mail from your own servers to {_place(group['destination'])} met no inbound connector",
            cause=f"Mail that {address} handed over fell to the default inbound connector.",
            advice=f"Check that the server at {each} presents the certificate named in TlsSenderCertificateName "
            f"of the inbound connector, or add {address} to its SenderIPAddresses; if the device may send "
            "without a connector, list it in mailflow.toml under [onpremises] direct_send.",
            measures=measures(group),
            path=str(group["path"]),
            domain=str(group["domain"]),
            logged="no connector",
            policies=policies_of(group),
        )
