"""MF401 to MF413: what the input could not tell, and what would tell it (missing inputs: missing.py)."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from analyzer.causes import OTHER
from analyzer.compare.own_server import OWN_SERVER_LOG
from analyzer.findings.base import (
    OTHER_ADDRESSES,
    Context,
    Finding,
    grouped,
    listing,
    measures,
    on_paths,
    routed,
    where,
)
from analyzer.findings.configuration import traps
from analyzer.findings.own_servers import own_exports
from analyzer.vantage import Vantage

_MOST_ADDRESSES = 50


def no_connector_evidence(causes: pa.Table, _context: Context) -> Iterator[Finding]:
    """The log does not say which connector these messages used.

    What it means:
        The format has no connector field, or the cell speaks of neither side of this message. Selection
        was rerun, but there is nothing to compare it with.

    Why it matters:
        Such rows are neither fine nor wrong, and are counted apart.

    What to do:
        Export the same period as a historical search (Enhanced or Extended report), which names connectors.

    Example:
        Get-MessageTraceV2 has no connector column.
    """
    # An own server's log is read for what it tells of Office 365; it cannot name its connectors.
    silent = where(causes, verdict="no_evidence")
    silent = silent.filter(pc.not_equal(silent.column("reason"), OWN_SERVER_LOG))
    for group in grouped(silent, ["format"]):
        yield Finding(
            title=f"{group['format']}: {group['messages']} messages carry no connector evidence",
            cause="The log names no connector for them, so nothing can be compared.",
            advice="Export the period with Start-HistoricalSearch -ReportType MessageTraceDetail (or MessageTrace).",
            measures=measures(group),
            domain=str(group["domain"]),
        )


def config_incomplete(causes: pa.Table, context: Context) -> Iterator[Finding]:
    """The log, a rule or a setting names what the export does not hold, or an export is absent.

    What it means:
        The name in the log belongs to no connector of any snapshot. It may be a connector that was
        deleted or renamed, one that the export leaves out, or a server connector inside the service.

    Why it matters:
        Whether the message went the right way cannot be told; it is not called a mismatch.

    What to do:
        Export again with Get-InboundConnector and the four calls of Get-OutboundConnector in docs/export.md,
        and add older exports as dated snapshots.

    Example:
        The trace names "Old relay", which was deleted in spring.
    """
    named = routed(causes.filter(pc.is_valid(causes.column("unknown_connector"))))
    for group in grouped(named, ["unknown_connector", "vantage"]):
        name, own = str(group["unknown_connector"]), group["vantage"] == Vantage.OWN_SERVER
        yield Finding(
            title=f"The log names {name}, which no export holds",
            cause="No snapshot of the configuration has a connector of this name.",
            advice=_AGAIN[own] + ", or add an older export as a dated snapshot folder.",
            measures=on_paths(where(named, unknown_connector=name, vantage=str(group["vantage"])), group),
            domain=str(group["domain"]),
            logged=name,
        )
    for kind in ("outbound_connectors", "inbound_connectors"):
        for group in grouped(routed(listing(causes, "missing", kind)), ["snapshot"]):
            what = kind.replace("_", " ")
            yield Finding(
                title=f"No complete export of {what} in snapshot {group['snapshot']}",
                cause=f"The {what} are not all in the export, so what they select is unknown.",
                advice=f"Export the {what} with Get-{kind.split('_')[0].title()}Connector; "
                "name a kind that is really empty in mailflow.toml under [exports] empty.",
                measures=measures(group),
                domain=str(group["domain"]),
            )
    yield from own_exports(causes)
    yield from traps("MF402", causes, context)


_AGAIN = {
    False: "Export connectors again (Get-OutboundConnector with the calls for test mode and rules, "
    "Get-InboundConnector)",
    True: "Export the connectors of every own server again (Get-SendConnector, Get-ReceiveConnector)",
}


def change_window(causes: pa.Table, context: Context) -> Iterator[Finding]:
    """The settings that were in force when these messages passed are not known for sure.

    What it means:
        The message lies within the grace time of a change of the configuration (WhenChangedUTC), between
        two exports of which only the later one shows the change and nothing tells when it was made, or
        before a change while no export from before it was given. What looked wrong may have been right
        at that time. Messages older than the first dated snapshot are not judged at all. Or the message
        lies within the grace time of the sender's or recipient's move between the cloud and your servers.

    Why it matters:
        An alarm would rest on settings, or on a place, that were perhaps not in force.

    What to do:
        Add an export from before the change as a dated snapshot folder, or look at later messages. If the
        first snapshot held before its date as well, run `mailflow analyze` with --judge-earlier. For moves,
        export Get-MoveRequestStatistics, which holds the time of completion.

    Example:
        "Connector 2" was changed on 10 March; messages of 9 March disagree with its present settings.
    """
    yield from _older(where(causes, reason="before-first-snapshot"), context)
    for group in grouped(where(causes, reason="change-window"), ["changing", "path"]):
        changing = [str(label) for label in group["changing"]]  # type: ignore[attr-defined] # a list column
        yield Finding(
            title=f"{'; '.join(changing)}: messages within its window disagree",
            cause="The settings in force at that time are not known for sure: " + "; ".join(changing) + ".",
            advice="Add an export from before the change as a dated sub-folder of the tenant folder.",
            measures=measures(group),
            path=str(group["path"]),
            domain=str(group["domain"]),
        )

    yield from _moving(causes)


def _moving(causes: pa.Table) -> Iterator[Finding]:
    for group in grouped(where(causes, reason="mailbox-moving"), ["path"]):
        yield Finding(
            title=f"{group['messages']} messages passed while a mailbox was being moved",
            cause="Within the grace time of a move both sides are possible.",
            advice="Nothing to mend. If these are many, export Get-MoveRequestStatistics, which holds the time of "
            "completion, or shorten change_grace in mailflow.toml under [thresholds].",
            measures=measures(group),
            path=str(group["path"]),
            domain=str(group["domain"]),
        )


def _older(found: pa.Table, context: Context) -> Iterator[Finding]:
    first = context.tenant.snapshots[0].name
    for group in grouped(found, ["reason"]):
        yield Finding(
            title=f"Messages older than the first snapshot, {first}, are not judged",
            cause="No export tells what was in force at that time, so they are not judged.",
            advice="Add an export from before them as a dated sub-folder of the tenant folder; or, if the first "
            "snapshot held at that time as well, run again with --judge-earlier.",
            measures=measures(group),
            domain=str(group["domain"]),
        )


def recipient_location_contradicted(causes: pa.Table, _context: Context) -> Iterator[Finding]:
    """The log and the recipients list disagree on where a mailbox lives.

    What it means:
        A recipient that the list places on-premises was delivered in the cloud, or one that it places in
        the cloud was sent out. The row is believed.

    Why it matters:
        The list is older than the log, or the mailbox was moved in between.

    What to do:
        Export the recipients again, or add the list of the time as a dated snapshot.

    Example:
        ann@contoso.com was moved to the cloud on Tuesday; the list is of Monday.
    """
    found = causes.filter(causes.column("contradicted"))
    for group in grouped(found, ["path", "recipient_domain"]):
        yield Finding(
            title=f"{group['domain']}: the log contradicts the recipients list",
            cause="The delivery shown by the log does not fit the mailbox place in the list; the log is believed.",
            advice="Export the recipients again (Get-EXORecipient), or add the list of that time as a dated snapshot.",
            measures=measures(group),
            path=str(group["path"]),
            domain=str(group["domain"]),
        )


def _declare(address: str) -> str:
    if not address:
        return "Export the log within ten days: client addresses are kept no longer."
    if address == OTHER:
        return (
            "Look them up in messages/*.parquet; declare those that are yours in mailflow.toml, [onpremises] addresses."
        )
    return (
        f'If the address is yours, write into mailflow.toml under [onpremises]: addresses = ["{address}"]; '
        "otherwise the senders are forged."
    )


def _addresses(source: str) -> str:
    return OTHER_ADDRESSES if source == OTHER else source or "No address logged"


def source_unplaced(causes: pa.Table, _context: Context) -> Iterator[Finding]:
    """Senders placed on-premises arrive by the default inbound connector from an undeclared address.

    What it means:
        The recipients list places these senders on your own servers, but the address that handed the
        mail over is not declared as yours. It is either an address that mailflow.toml lacks, or
        somebody who forges your senders.

    Why it matters:
        If the address is yours, this mail meets no inbound connector. If it is not, it is forged.

    What to do:
        If the address is yours, add it to mailflow.toml under [onpremises] addresses.

    Example:
        203.0.113.77 sends as john@contoso.com.
    """
    rows = routed(where(causes, reason="weak-origin", origin="onpremises", logged_inbound="(none)"))
    rows = rows.filter(pc.is_valid(rows.column("source")))
    for number, group in enumerate(grouped(rows, ["source"])):
        if number == _MOST_ADDRESSES:
            break
        yield Finding(
            title=f"{_addresses(str(group['source']))}: senders of yours, from an address that is not declared",
            cause="The recipients list places the senders on-premises; the address is in no [onpremises] list.",
            advice=_declare(str(group["source"])),
            measures=on_paths(where(rows, source=str(group["source"])), group),
            domain=str(group["domain"]),
            logged="no connector",
        )
