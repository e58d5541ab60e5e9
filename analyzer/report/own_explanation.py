"""Why a row of an own server's log got its verdict: what became of every Receive or Send connector (reference 6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from analyzer.compare.own_sides import routed_domains
from analyzer.evidence import full_name, hop_of
from analyzer.pipeline.snapshots import Timeline
from analyzer.schema import INPUTS
from analyzer.selection.decision import Answer, Step
from analyzer.selection.facts import Lens
from analyzer.selection.onpremises import SendQuestion, explain_send, possible_send
from analyzer.selection.receiving import ReceiveQuestion, explain_receive, possible_receive
from analyzer.tenant.model import Tenant
from analyzer.tenant.onpremises import ReceiveConnector
from analyzer.tracing import recipient_words

NOT_RERUN = "This is a row of your own server's log: its connectors were held against your own servers' exports alone."


def own_steps(row: Mapping[str, Any], tenant: Tenant) -> tuple[Step, ...]:
    """Tell what the row's answer rests on, and what became of each Receive or Send connector.

    Args:
        row: a verdict row of an own server's log.
        tenant: the configuration history.
    """
    timeline = Timeline(tenant)
    epoch = timeline.epoch_at(row["received_at"])
    lens = Lens(timeline.configurations[epoch.configuration], tenant.settings)
    own = lens.snapshot.own
    if epoch.early:
        return ()
    if row["inbound_verdict"] is not None and own.receive is not None:
        return _inputs(row, epoch.name, _arrival(row, own.receive)), *_arrives(row, lens)
    if row["outbound_verdict"] is not None and own.send is not None:
        return _inputs(row, epoch.name, _sending(row, lens)), _leaves(row, lens)
    return ()


def _inputs(row: Mapping[str, Any], snapshot: str, known: Sequence[Step]) -> Step:
    server = Step("server", row["server"] or "not said by the log", "6")
    lacking = (Step(f"missing {n}", INPUTS.get(n, "not known"), "8, missing inputs") for n in row["missing"] or ())
    return Step("inputs", "", "", (server, *known, Step("configuration", f"snapshot {snapshot}", "8"), *lacking))


def _arrival(row: Mapping[str, Any], connectors: tuple[ReceiveConnector, ...]) -> tuple[Step, ...]:
    front, first = row.get("smtp_client"), row["connecting_ip"]
    client = f"{front}, a front end; the message came from {first}" if front and front != first else front or first
    return (
        Step("client", client or "not said by the log", "6"),
        Step("port and address", row.get("local_endpoint") or f"not said by the log{_listening(row, connectors)}", "6"),
    )


def _listening(row: Mapping[str, Any], connectors: tuple[ReceiveConnector, ...]) -> str:
    """Say where the logged connector listens: there it took the session."""
    logged = row["logged_inbound_connector"]
    bindings = [str(b) for c in connectors if full_name(c.server, c.name) == logged for b in c.bindings]
    return f"; {logged}, which it names, listens on {', '.join(bindings)}" if bindings else ""


def _arrives(row: Mapping[str, Any], lens: Lens) -> Iterator[Step]:
    front = row.get("smtp_client")
    hop = hop_of(row["server"], row.get("local_endpoint"), row["connecting_ip"] if front is None else front)
    if hop.client is not None and hop.server:
        question, connectors = ReceiveQuestion(hop.server, hop.client, hop.port, hop.local), lens.snapshot.own.receive
        answers = possible_receive(question, connectors or ())
        yield Step("arrives", _words(answers), "6", explain_receive(question, connectors or ()))


def _sending(row: Mapping[str, Any], lens: Lens) -> tuple[Step, ...]:
    recipient = lens.recipient(row["recipient"] or "", row["received_at"])
    size = "not said by the log" if row["size"] is None else f"{row['size']:,} bytes"
    return Step("recipient", recipient_words(recipient), "3.2"), Step("size", size, "6, 1")


def _leaves(row: Mapping[str, Any], lens: Lens) -> Step:
    """Ask once for every domain by which the recipient may have been routed."""
    recipient, connectors = lens.recipient(row["recipient"] or "", row["received_at"]), lens.snapshot.own.send or ()
    answers: list[Answer] = []
    steps: list[Step] = []
    for domain in routed_domains(recipient, lens):
        by = "its own address" if domain == recipient.domain else "its hybrid routing address"
        question = SendQuestion(domain, row["size"], row["server"] or "")
        answers += possible_send(question, connectors)
        steps.append(Step(f"recipient routed by {by}", "", "6", explain_send(question, connectors)))
    return Step("leaves", _words(answers), "6", tuple(steps))


def _words(answers: Sequence[Answer]) -> str:
    told = (a.words() if a.names() else f"{a.outcome} ({a.reason})" for a in answers)
    return " or ".join(dict.fromkeys(told))
