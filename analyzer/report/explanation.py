"""Why a logged message got its verdict: the stored row, and selection rerun with all its steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds

from analyzer.addresses import NULL_SENDER
from analyzer.errors import TenantError, UnreadableInput, UsageError
from analyzer.printable import printable
from analyzer.report.own_explanation import NOT_RERUN, own_steps
from analyzer.report.report import Report
from analyzer.routing import Decision, route
from analyzer.selection.decision import Step
from analyzer.tenant import load_tenant
from analyzer.tenant.model import Tenant
from analyzer.tenant.policy import Policy
from analyzer.tenant.predicates import Looks
from analyzer.tracing import html, printed
from analyzer.vantage import Vantage

_MOST_ROWS = 50
_SUBJECT_UNKNOWN = "A mail flow rule looks at the subject, which a report does not keep; give it with --subject TEXT."
_TOLD = (
    ("received", "received_at"),
    ("from", "envelope_sender"),
    ("header from", "header_from"),
    ("to", "recipient"),
    ("event", "event"),
    ("status", "delivery_status"),
    ("connecting IP", "connecting_ip"),
    ("path", "path"),
    ("own server", "server"),
    ("evidence", "evidence"),
    ("logged inbound", "logged_inbound_connector"),
    ("logged outbound", "logged_outbound_connector"),
    ("selected inbound", "selected_inbound_connector"),
    ("selected outbound", "selected_outbound_connector"),
    ("inbound", "inbound_verdict"),
    ("outbound", "outbound_verdict"),
    ("verdict", "verdict"),
    ("reason", "reason"),
    ("policies", "policies"),
    ("candidates", "candidates"),
    ("missing", "missing"),
    ("changing", "changing"),
    ("open rules", "open_rules"),
    ("snapshot", "snapshot"),
)


@dataclass(frozen=True, slots=True)
class Explanation:
    """One verdict row and the decision behind it; `note` says what selection was rerun on, or why it was not.

    A row of an own server's log has no decision of Office 365 behind it, but `steps` of its own.
    """

    row: Mapping[str, Any]
    decision: Decision | None
    note: str = ""
    steps: tuple[Step, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """Give the explanation as plain values."""
        return {
            "row": dict(self.row),
            "decision": self.decision.as_dict() if self.decision else None,
            "note": self.note,
            "steps": [step.as_dict() for step in self.steps],
        }

    def __str__(self) -> str:
        """Print the row as a card, then the steps."""
        width = max(len(label) for label, _ in _TOLD)
        card = [f"{label:<{width}}  {said}" for label, said in self._card()]
        tail = [str(self.decision)] if self.decision else list(printed(self.steps, depth=0))
        return "\n".join([self._head(), *card, *([printable(self.note)] if self.note else []), *tail])

    def _head(self) -> str:
        return f"{_text(self.row['message_id'])}  ({_text(self.row['source_file'])}, row {self.row['source_row']})"

    def _card(self) -> Iterator[tuple[str, str]]:
        yield from ((label, _text(self.row[n])) for label, n in _TOLD if self.row[n] not in (None, "", []))

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><th>{label}</th><td>{escape(said)}</td></tr>" for label, said in self._card())
        note = f"<p>{escape(printable(self.note))}</p>" if self.note else ""
        tail = self.decision._repr_html_() if self.decision else html(self.steps)
        return f"<p><b>{escape(self._head())}</b></p><table>{rows}</table>{note}{tail}"


def _text(value: object) -> str:
    return printable(", ".join(map(str, value)) if isinstance(value, list) else str(value))


def explain_message(
    message_id: str, report_path: Path, tenant_path: str | None, *, subject: str | None = None
) -> tuple[Explanation, ...]:
    """Explain every row of one message.

    Args:
        message_id: Internet message ID with or without its angle brackets, or a network message ID.
        report_path: a finished report.
        tenant_path: the tenant folder; None takes the one that the report names.
        subject: the message's subject, for mail flow rules that look at it; a report keeps none.

    Raises:
        UsageError: the report holds no such message.
    """
    report = Report.open(report_path)
    wanted = [message_id, f"<{message_id.strip('<>')}>"]
    ids = ds.field("message_id").isin(wanted) | (ds.field("network_message_id") == message_id.lower())
    rows = report.messages().head(_MOST_ROWS, filter=ids).to_pylist()
    if not rows:
        raise UsageError(f"{message_id}: no message of {report_path} has this id")
    tenant, why_not = _tenant(report, tenant_path)
    return tuple(_explained(row, report, tenant, why_not, subject=subject) for row in rows)


def _explained(
    row: Mapping[str, Any], report: Report, tenant: Tenant | None, note: str, *, subject: str | None
) -> Explanation:
    if tenant is None:
        return Explanation(row, None, note)
    if row["vantage"] == Vantage.OWN_SERVER:
        return Explanation(row, None, " ".join(filter(None, (note, NOT_RERUN))), own_steps(row, tenant))
    by_header = row["envelope_sender"] is None and row["header_from"] is not None
    stands_in = "The log does not say MAIL FROM; the steps take the header sender for it." if by_header else ""
    unread = _SUBJECT_UNKNOWN if subject is None and _looks_at_subjects(tenant) else ""
    told = " ".join(filter(None, (note, stands_in, unread)))
    return Explanation(row, _rerun(row, report, tenant, subject), told)


def _looks_at_subjects(tenant: Tenant) -> bool:
    rules = (r for s in tenant.snapshots for r in s.rules or () if r.enabled)
    return any(p.looks is Looks.SUBJECT for r in rules for p in (*r.conditions, *r.exceptions))


def _tenant(report: Report, given: str | None) -> tuple[Tenant | None, str]:
    path = given or report.run["tenant"]["path"]
    try:
        tenant = load_tenant(path)
    except (TenantError, UnreadableInput) as problem:
        return None, f"The steps need the tenant folder ({problem}); give it with --tenant DIR."
    changed = dict(tenant.digests) != dict(report.run["tenant"]["files"])
    return tenant, "The tenant folder has changed since this report; the steps show it as it is now." if changed else ""


def _rerun(row: Mapping[str, Any], report: Report, tenant: Tenant, subject: str | None) -> Decision:
    chosen = {n: record["value"] for n, record in report.run["policies"].items() if record["origin"] != "default"}
    stated = frozenset(key for key in tenant.settings.stated if not key.startswith("policy."))
    tenant = replace(tenant, settings=replace(tenant.settings, policy=Policy(), stated=stated))
    known = {place: None if (value := row[place]) == "unknown" else value for place in ("origin", "destination")}
    return route(
        tenant,
        recipient=row["recipient"] or "",
        sender="" if row["envelope_sender"] == NULL_SENDER else row["envelope_sender"],
        header_from=row["header_from"],
        size=row["size"],
        subject=subject,
        ip=row["connecting_ip"] or None,
        origin=known["origin"],
        destination=known["destination"],
        at=row["received_at"],
        policy=chosen,
        judge_earlier=report.run["settings"].get("judge_earlier"),
    )
