"""Why a row of an own server's log got its verdict: what became of every Send connector (reference 6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from analyzer.compare.own_sides import routed_domains
from analyzer.pipeline.snapshots import Timeline
from analyzer.selection.decision import Step
from analyzer.selection.facts import Lens
from analyzer.selection.onpremises import SendQuestion, explain_send
from analyzer.tenant.model import Tenant

NOT_RERUN = "This is a row of your own server's log: its connectors were held against your own servers' exports alone."


def own_steps(row: Mapping[str, Any], tenant: Tenant) -> tuple[Step, ...]:
    """Tell what became of each Send connector, for every domain by which the recipient may have been routed.

    Args:
        row: a verdict row of an own server's log.
        tenant: the configuration history.
    """
    timeline = Timeline(tenant)
    epoch = timeline.epoch_at(row["received_at"])
    snapshot = timeline.configurations[epoch.configuration]
    if row["outbound_verdict"] is None or snapshot.own.send is None or epoch.early:
        return ()
    return tuple(_of_each_domain(row, Lens(snapshot, tenant.settings)))


def _of_each_domain(row: Mapping[str, Any], lens: Lens) -> Iterator[Step]:
    recipient, connectors = lens.recipient(row["recipient"] or "", row["received_at"]), lens.snapshot.own.send or ()
    for domain in routed_domains(recipient, lens):
        by = "its own address" if domain == recipient.domain else "its hybrid routing address"
        question = SendQuestion(domain, row["size"], row["server"] or "")
        yield Step(f"recipient routed by {by}", "", "6", explain_send(question, connectors))
