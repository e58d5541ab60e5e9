"""Tables and a run record as a run leaves them, at any size, without running anything."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from analyzer.charts import CHARTS
from analyzer.report.page import page
from analyzer.report.run import Run
from analyzer.schema import CAUSES, FINDINGS
from analyzer.summaries import COVERAGE, summarise

START = date(2026, 10, 1)


def cause(**changes: Any) -> dict[str, Any]:
    """One row of CAUSES: ten right messages from the cloud to the servers, with changes."""
    row: dict[str, Any] = {
        "day": START,
        "format": "enhanced-summary",
        "snapshot": "undated",
        "origin": "cloud",
        "destination": "onpremises",
        "recipient_domain": "contoso.com",
        "evidence": "outbound",
        "logged_inbound": None,
        "logged_outbound": "Connector 2",
        "selected_inbound": None,
        "selected_outbound": "Connector 2",
        "inbound_verdict": None,
        "outbound_verdict": "match",
        "verdict": "match",
        "reason": "as-selected",
        "policies": [],
        "bears_out": [],
        "missing": [],
        "source": None,
        "contradicted": False,
        "unknown_connector": None,
        "messages": 10,
        "failed": 0,
        "examples": ["<1@contoso.com>"],
        **changes,
    }
    noon = datetime.combine(row["day"], datetime.min.time(), UTC) + timedelta(hours=12)
    return {"path": f"{row['origin']}>{row['destination']}", "first_seen": noon, "last_seen": noon, **row}


def causes(*rows: dict[str, Any]) -> pa.Table:
    """The CAUSES table of some rows."""
    return pa.Table.from_pylist(list(rows), CAUSES.arrow)


def finding(**changes: Any) -> dict[str, Any]:
    """One row of FINDINGS, with changes."""
    return {
        "code": "MF103",
        "name": "onprem-recipient-unrouted",
        "severity": "high",
        "title": "Mail to fabrikam.com leaves by the MX record although the mailboxes are on your servers",
        "cause": "No enabled outbound connector covers fabrikam.com.",
        "path": "cloud>onpremises",
        "domain": "fabrikam.com",
        "logged": None,
        "selected": "(none)",
        "messages": 312,
        "failed": 40,
        "first_seen": datetime(2026, 10, 3, 8, 5, tzinfo=UTC),
        "last_seen": datetime(2026, 10, 29, 17, 40, tzinfo=UTC),
        "examples": ["<a1@contoso.com>", "<a2@contoso.com>"],
        "policies": [],
        "advice": "Add fabrikam.com to RecipientDomains of an enabled outbound connector.",
        **changes,
    }


def findings(*rows: dict[str, Any]) -> pa.Table:
    """The FINDINGS table of some rows."""
    return pa.Table.from_pylist(list(rows), FINDINGS.arrow)


def run(messages: int = 130, **changes: Any) -> dict[str, Any]:
    """The content of run.json after a run over one log that gave so many messages, with changes."""
    return {
        "schema_version": 1,
        "tool": {"name": "mailflow-analyzer", "version": "0.1.0"},
        "started_at": "2026-11-02T07:00:00+00:00",
        "finished_at": "2026-11-02T07:00:09+00:00",
        "options": {"format": None, "since": None, "until": None, "workers": 2},
        "tenant": {
            "path": "tenant",
            "digest": "ab" * 32,
            "files": {"OutboundConnectors.json": "cd" * 32, "mailflow.toml": "ef" * 32},
            "snapshots": [
                {
                    "name": "undated",
                    "since": None,
                    "outbound": 5,
                    "inbound": 3,
                    "accepted": 5,
                    "rules": 1,
                    "recipients": None,
                }
            ],
        },
        "policies": {
            "precedence": {"value": "example", "origin": "default", "touched": 120},
            "wildcard_apex": {"value": "include", "origin": "mailflow.toml", "touched": 0},
        },
        "inputs": [
            {
                "name": "logs/enhanced-summary.csv",
                "format": "enhanced-summary",
                "encoding": "utf-16-le",
                "shape": "csv ,",
                "sha256": "12" * 32,
                "rows": 113,
                "read": 100,
                "rejected": 2,
                "noise": {"blank-row": 11},
                "notes": ["the file ends inside a row"],
            }
        ],
        "books": {"rows": 113, "read": 100, "rejected": 2, "noise": 11, "verdict_rows": messages},
        "settings": {"change_grace_minutes": 60},
        "completeness": {
            "first": "2026-10-01T00:00:12+00:00",
            "last": "2026-10-30T23:59:02+00:00",
            "connector_evidence_share": 0.842,
            "notes": ["1 of 1 inputs names connectors"],
        },
        **changes,
    }


def month(*, days: int = 30, connectors: int = 8, domains: int = 12, seed: int = 1) -> pa.Table:
    """A month of traffic with rare alarms, policies that differ and inputs that are missing."""
    random = np.random.default_rng(seed)
    names = [f"Connector {n}" for n in range(1, connectors + 1)]
    rows = []
    for number in range(days):
        day = START + timedelta(days=number)
        busy = 0.25 if day.weekday() >= 5 else 1.0

        def some(most: float, *, busy: float = busy) -> int:
            return int(random.poisson(most * busy))

        for place in range(domains):
            domain, name = f"d{place}.example.com", names[place % connectors]
            out = {"recipient_domain": domain, "logged_outbound": name, "selected_outbound": name, "day": day}
            rows.append(cause(**out, messages=1 + some(2400 / (1 + place))))
            if place % 4 == 1:
                other = names[(place + 1) % connectors]
                wrong = {**out, "logged_outbound": other, "verdict": "mismatch", "outbound_verdict": "mismatch"}
                rows.append(cause(**wrong, messages=1 + some(6), failed=1))
        rows += _month_day(day, some)
    return causes(*(row for row in rows if row["messages"]))


def _month_day(day: date, some: Any) -> list[dict[str, Any]]:
    """The rows of one day that do not depend on the number of connectors."""
    inbound = {
        "day": day,
        "evidence": "inbound",
        "origin": "onpremises",
        "destination": "cloud",
        "logged_outbound": None,
        "selected_outbound": None,
        "outbound_verdict": None,
        "logged_inbound": "Inbound from servers",
        "selected_inbound": "Inbound from servers",
        "inbound_verdict": "match",
    }
    internet = {**inbound, "origin": "internet", "logged_inbound": "(none)", "selected_inbound": "(none)"}
    sent = {
        "day": day,
        "destination": "internet",
        "recipient_domain": "example.net",
        "logged_outbound": "(none)",
        "selected_outbound": "(none)",
    }
    unrouted = {"verdict": "unrouted", "failed": 2}
    return [
        cause(**inbound, messages=some(1800)),
        cause(**internet, messages=some(2600)),
        cause(**sent, messages=some(1500)),
        cause(
            **{**sent, "destination": "onpremises", "recipient_domain": "fabrikam.com"},
            **unrouted,
            outbound_verdict="unrouted",
            messages=(2 + some(9)) if day.day > 12 else 0,
        ),
        cause(
            **{**inbound, "logged_inbound": "(none)", "inbound_verdict": "unrouted"},
            **unrouted,
            messages=(2 + some(14)) if day.day > 20 else 0,
        ),
        cause(
            **{**sent, "logged_outbound": "Connector 1", "outbound_verdict": "misroute"},
            verdict="misroute",
            messages=some(2),
        ),
        cause(
            day=day,
            recipient_domain="sales.contoso.com",
            logged_outbound="Connector 1",
            selected_outbound="Connector 3",
            outbound_verdict="ambiguous",
            verdict="ambiguous",
            policies=["precedence=example"],
            bears_out=["precedence=list"],
            messages=some(40),
        ),
        cause(
            **{**inbound, "origin": "unknown", "inbound_verdict": "undetermined", "selected_inbound": "(undetermined)"},
            verdict="undetermined",
            missing=["origin"],
            messages=some(90),
        ),
        cause(
            **{**inbound, "evidence": "none", "logged_inbound": None, "inbound_verdict": "no_evidence"},
            verdict="no_evidence",
            messages=some(300),
        ),
        cause(
            **{**inbound, "logged_inbound": None, "inbound_verdict": None, "selected_inbound": None},
            verdict="not_routed",
            messages=some(60),
        ),
    ]


def month_findings() -> pa.Table:
    """A dozen findings of every severity."""
    titles = (
        ("MF103", "onprem-recipient-unrouted", "high", 412, 36, "Mail to fabrikam.com leaves by the MX record"),
        ("MF104", "onprem-source-unattributed", "high", 203, 20, "192.0.2.14 arrives by the default inbound connector"),
        ("MF101", "connector-mismatch", "medium", 640, 90, "Mail to d1.example.com uses Connector 3, not Connector 2"),
        ("MF101", "connector-mismatch", "medium", 380, 80, "Mail to d5.example.com uses Connector 7, not Connector 6"),
        ("MF101", "connector-mismatch", "medium", 250, 30, "Mail to d9.example.com uses Connector 3, not Connector 2"),
        ("MF102", "misroute", "medium", 44, 0, "Internet mail from the cloud goes through Connector 1"),
        ("MF105", "ambiguous-selection", "low", 960, 0, "Mail to sales.contoso.com rests on the policy precedence"),
        ("MF106", "policy-contradicted", "low", 960, 0, "The log bears out precedence = list"),
        ("MF412", "recipient-location-contradicted", "low", 12, 0, "12 rows contradict the recipients list"),
        ("MF401", "no-connector-evidence", "info", 7200, 0, "One of the logs names no connector"),
        ("MF413", "source-unplaced", "info", 2100, 0, "198.51.100.7 may be a server of yours"),
        ("MF410", "trace-blind-spot", "info", 0, 0, "A trace does not show which certificate was presented"),
    )
    return findings(
        *(
            finding(code=code, name=name, severity=severity, messages=messages, failed=failed, title=title)
            for code, name, severity, messages, failed, title in titles
        )
    )


def covered(**changes: Any) -> dict[str, Any]:
    """One row of COVERAGE: a connector that the log shows, with changes."""
    return {
        "kind": "outbound connector",
        "name": "Connector 2",
        "state": "on",
        "messages": 10,
        "failed": 0,
        "selected": 10,
        "first_seen": datetime(2026, 10, 3, 8, 5, tzinfo=UTC),
        "last_seen": datetime(2026, 10, 29, 17, 40, tzinfo=UTC),
        **changes,
    }


def coverage(*rows: dict[str, Any]) -> pa.Table:
    """The COVERAGE table of some rows."""
    return pa.Table.from_pylist(list(rows), COVERAGE.arrow)


def page_of(record: Run, cube: pa.Table, found: pa.Table, shown: pa.Table | None = None) -> str:
    """The page of a run, with its charts drawn."""
    cut = summarise(cube, found, coverage(covered()) if shown is None else shown)
    return page(record, cut, found, {chart.name: chart.svg(cut[chart.of]) for chart in CHARTS})
