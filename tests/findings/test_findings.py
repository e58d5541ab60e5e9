"""Findings: each kind is raised by its cause, stays silent at a near miss, and names the property to change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from analyzer.findings import FINDINGS, find_all
from analyzer.lint import CHECKS
from analyzer.schema import CAUSES
from analyzer.schema import FINDINGS as FINDINGS_TABLE
from analyzer.tenant.model import Organization, Snapshot, Tenant
from tests.builders import outbound

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)
PLAIN: dict[str, Any] = {
    "day": date(2026, 10, 5),
    "format": "enhanced-summary",
    "snapshot": "undated",
    "origin": "cloud",
    "destination": "onpremises",
    "path": "cloud>onpremises",
    "vantage": "office365",
    "recipient_domain": "contoso.com",
    "evidence": "outbound",
    "logged_inbound": None,
    "logged_outbound": "Connector 2",
    "selected_inbound": None,
    "selected_outbound": "Connector 2",
    "inbound_verdict": None,
    "outbound_verdict": "match",
    "verdict": "match",
    "reason": "exact-domain",
    "policies": [],
    "bears_out": [],
    "missing": [],
    "changing": [],
    "open_rules": [],
    "source": None,
    "contradicted": False,
    "unknown_connector": None,
    "messages": 7,
    "failed": 0,
    "first_seen": NOON,
    "last_seen": NOON + timedelta(hours=1),
    "examples": ["<a@contoso.com>"],
}
ARRIVAL: dict[str, Any] = {
    "origin": "onpremises",
    "destination": "cloud",
    "path": "onpremises>cloud",
    "evidence": "inbound",
    "logged_outbound": None,
    "selected_outbound": None,
    "outbound_verdict": None,
    "logged_inbound": "(none)",
    "selected_inbound": "From our servers",
    "source": "192.0.2.10",
}


def causes(*changes: dict[str, Any]) -> pa.Table:
    """A cube: one row for each set of changes to a plain match."""
    return pa.Table.from_pylist([{**PLAIN, **c} for c in changes], schema=CAUSES.arrow)


def found(*changes: dict[str, Any], tenant: Tenant | None = None) -> list[dict[str, Any]]:
    """The findings of such a cube."""
    rows: list[dict[str, Any]] = find_all(causes(*changes), tenant or Tenant((Snapshot(),))).to_pylist()
    return rows


OUT = {"outbound_verdict": "mismatch", "verdict": "mismatch", "logged_outbound": "Connector 1"}
MISROUTE = {"outbound_verdict": "misroute", "verdict": "misroute", "logged_outbound": "(none)"}
OPEN = {"outbound_verdict": "undetermined", "verdict": "undetermined"}
AMBIGUOUS = {
    "outbound_verdict": "ambiguous",
    "verdict": "ambiguous",
    "policies": ["precedence=example"],
    "bears_out": ["precedence=list"],
}
WEAK = {
    **ARRIVAL,
    "inbound_verdict": "undetermined",
    "verdict": "undetermined",
    "reason": "weak-origin",
    "missing": ["origin"],
}
# code, the change that raises it, the near miss, a word that the advice must name
RAISED = [
    ("MF101", OUT, {}, "RecipientDomains"),
    ("MF101", {**ARRIVAL, "inbound_verdict": "mismatch", "verdict": "mismatch"}, ARRIVAL, "TlsSenderCertificateName"),
    ("MF101", {**OUT, "logged_outbound": "(none)"}, {}, "Connector 2"),
    ("MF101", {**OUT, "selected_outbound": "(none)"}, {}, "Connector 1"),
    ("MF102", MISROUTE, OUT, "Enabled"),
    ("MF102", {**MISROUTE, "logged_outbound": "Connector 1", "selected_outbound": "(none)"}, OUT, "RecipientDomains"),
    (
        "MF102",
        {**ARRIVAL, "inbound_verdict": "misroute", "verdict": "misroute", "logged_inbound": "From our servers"},
        ARRIVAL,
        "SenderIPAddresses",
    ),
    ("MF103", {"outbound_verdict": "unrouted", "verdict": "unrouted"}, MISROUTE, "RecipientDomains"),
    ("MF104", {**ARRIVAL, "inbound_verdict": "unrouted", "verdict": "unrouted"}, WEAK, "SenderIPAddresses"),
    ("MF105", AMBIGUOUS, OUT, "RecipientDomains"),
    ("MF106", AMBIGUOUS, {**AMBIGUOUS, "bears_out": []}, 'precedence = "list"'),
    ("MF401", {"verdict": "no_evidence", "outbound_verdict": "no_evidence"}, {}, "Start-HistoricalSearch"),
    ("MF402", {**OPEN, "unknown_connector": "Old relay"}, OPEN, "Get-InboundConnector"),
    ("MF402", {**OPEN, "missing": ["outbound_connectors"]}, OPEN, "[exports] empty"),
    ("MF404", {**OPEN, "reason": "change-window", "changing": ["outbound connector Lane"]}, OPEN, "dated sub-folder"),
    ("MF404", {**OPEN, "reason": "before-first-snapshot"}, OPEN, "--judge-earlier"),
    ("MF404", {**OPEN, "reason": "mailbox-moving"}, OPEN, "Get-MoveRequestStatistics"),
    ("MF405", {**OPEN, "missing": ["mx"]}, OPEN, "[mx]"),
    ("MF406", {**OPEN, "missing": ["rule_hit"]}, OPEN, "Get-TransportRule"),
    ("MF406", {**OPEN, "missing": ["rule_hit"], "open_rules": ["Legal: SCLOver"]}, OPEN, "Extended"),
    ("MF407", {**OPEN, "missing": ["destination"]}, OPEN, "Get-EXORecipient"),
    ("MF410", {**ARRIVAL, "reason": "certificate-presumed"}, ARRIVAL, "protocol log"),
    ("MF412", {"contradicted": True}, {}, "Get-EXORecipient"),
    ("MF413", WEAK, {**WEAK, "logged_inbound": "From our servers"}, 'addresses = ["192.0.2.10"]'),
    ("MF413", {**WEAK, "source": ""}, {**WEAK, "source": None}, "within ten days"),
]


@pytest.mark.parametrize("code, raising, near, word", RAISED)
def test_raised_by_its_cause_and_not_by_a_near_miss(
    code: str, raising: dict[str, Any], near: dict[str, Any], word: str
) -> None:
    """A kind is raised by its own cause alone, counts its messages, and its advice names what to change."""
    rows = [r for r in found(raising) if r["code"] == code]

    assert [(r["messages"], r["failed"]) for r in rows] == [(7, 0)]
    assert word in rows[0]["advice"]
    assert code not in [r["code"] for r in found(near)]


@pytest.mark.parametrize("enabled, word", [(True, "RecipientDomains"), (False, "is off in the export")])
def test_a_misroute_over_a_connector_that_is_off_says_so(*, enabled: bool, word: str) -> None:
    """What is off routes nothing: to narrow its domains would change nothing."""
    line = outbound("Connector 1", "fabrikam.com", enabled=enabled)
    raising = {**MISROUTE, "logged_outbound": "Connector 1", "selected_outbound": "(none)"}
    (row,) = (r for r in found(raising, tenant=Tenant((Snapshot(outbound=(line,)),))) if r["code"] == "MF102")

    assert word in row["advice"]


def test_every_kind_has_a_case() -> None:
    """No kind of finding is left out of the table above; the traps of the configuration have tables of their own."""
    traps = {check.code for check in CHECKS} | {"MF325"}
    ways = {f"MF{number}" for number in (107, 108, 110, 112, 113, 114, 115, 116, 117)}  # tests/findings/test_ways.py
    ways |= {"MF111", "MF118", "MF207"}  # tests/findings/test_own_servers.py
    traps |= ways | {
        "MF409",
        "MF411",
        "MF414",
        "MF415",
    }  # of the inputs, not of the cube: tests/pipeline/test_coverage.py
    assert {code for code, *_ in RAISED} | traps == {k.code for k in FINDINGS}


def test_nothing_is_found_in_nothing() -> None:
    """An empty cube gives no finding but all columns."""
    table = find_all(CAUSES.empty(), Tenant((Snapshot(),)))

    assert table.num_rows == 0
    assert table.schema.names == FINDINGS_TABLE.arrow.names


def test_rows_that_stand_for_no_decision_raise_nothing() -> None:
    """A side that alarms on a row without a routing decision is no finding."""
    assert found({**OUT, "verdict": "not_routed"}) == []


@pytest.mark.parametrize("change, severity", [(OUT, "medium"), (MISROUTE, "high"), (AMBIGUOUS, "low")])
def test_failures_raise_the_severity_by_one_step(change: dict[str, Any], severity: str) -> None:
    """Failed messages make a finding one step graver, never graver than high."""
    graver = {"low": "medium", "medium": "high", "high": "high"}[severity]
    calm, failing = (found({**change, "failed": n})[0]["severity"] for n in (0, 2))

    assert (calm, failing) == (severity, graver)


def test_a_cause_gathers_its_days_and_domains() -> None:
    """Days and domains of one cause are one finding, with the busiest domain first and the examples at hand."""
    later = {"day": date(2026, 10, 6), "first_seen": NOON + timedelta(days=1), "last_seen": NOON + timedelta(days=1)}
    other = {**OUT, **later, "recipient_domain": "fabrikam.com", "messages": 9, "examples": ["<b@contoso.com>"]}
    (finding,) = found(OUT, other)

    assert finding["domain"] == "fabrikam.com and 1 more"
    assert (finding["messages"], finding["first_seen"], finding["last_seen"]) == (16, NOON, NOON + timedelta(days=1))
    assert finding["examples"] == ["<a@contoso.com>", "<b@contoso.com>"]


def test_the_gravest_and_busiest_come_first() -> None:
    """Findings are ordered by severity, then by messages."""
    rows = found(
        OUT, {**MISROUTE, "messages": 2}, {**MISROUTE, "recipient_domain": "x", "path": "cloud>cloud"}, AMBIGUOUS
    )

    assert [(r["severity"], r["messages"]) for r in rows][:3] == [("high", 7), ("high", 2), ("medium", 7)]


def test_a_policy_that_the_log_bears_out_is_not_contradicted() -> None:
    """One row that agrees with the setting is enough to keep it."""
    agreed = {"policies": ["precedence=example"], "bears_out": ["precedence=example"]}

    assert "MF106" in [r["code"] for r in found(AMBIGUOUS)]
    assert "MF106" not in [r["code"] for r in found(AMBIGUOUS, agreed)]


def test_mail_refused_at_the_door_is_in_no_trace() -> None:
    """RejectDirectSend is a blind spot of every trace, and the run says so."""
    refusing = Tenant((Snapshot(organization=Organization(reject_direct_send=True)),))

    assert [r["code"] for r in found({}, tenant=refusing)] == ["MF410"]
    assert found({}) == []


def test_a_mailbox_on_the_move_is_no_missing_export() -> None:
    """While a mailbox moves no recipients list would tell its place, so MF407 does not ask for one."""
    row = {**OPEN, "missing": ["destination"]}
    assert [f["code"] for f in found({**row, "reason": "mailbox-moving"})] == ["MF404"]
    assert [f["code"] for f in found({**row, "reason": "input-missing"})] == ["MF407"]


def test_a_rule_that_may_have_fired_is_named_with_its_condition() -> None:
    """MF406 gives one finding for each set of rules and conditions that no log shows."""
    rows = ({**OPEN, "missing": ["rule_hit"], "open_rules": conditions} for conditions in (["Legal: SCLOver"], []))
    causes = [r["cause"] for r in found(*rows) if r["code"] == "MF406"]

    assert sorted(causes) == [
        "The verdict depends on a missing input: rule_hit; no log shows Legal: SCLOver.",
        "The verdict depends on a missing input: rule_hit; the rules were not exported.",
    ]


@pytest.mark.parametrize(
    "conditions, named",
    [
        (["Legal: SCLOver"], "Whether rule Legal fired"),
        (["Legal: HasClassification", "Legal: SCLOver", "Site: new: SCLOver"], "Whether rule Legal or rule Site: new"),
        ([], "Whether a mail flow rule fired"),
    ],
)
def test_a_rule_that_may_have_fired_stands_in_the_title(conditions: list[str], named: str) -> None:
    """Which rule to look at is said in the first words of MF406."""
    (row,) = [r for r in found({**OPEN, "missing": ["rule_hit"], "open_rules": conditions}) if r["code"] == "MF406"]

    assert row["title"].startswith(named)


UNROUTED = {"outbound_verdict": "unrouted", "verdict": "unrouted"}


@pytest.mark.parametrize(
    "code, changes",
    [
        ("MF101", {**OUT, "recipient_domain": "(other)"}),
        ("MF103", {**UNROUTED, "recipient_domain": "(other)"}),
        ("MF104", {**ARRIVAL, "inbound_verdict": "unrouted", "verdict": "unrouted", "source": "(other)"}),
        ("MF112", {**ARRIVAL, "signs": ["sender-not-accepted"], "source": "(other)"}),
        ("MF412", {"contradicted": True, "recipient_domain": "(other)"}),
        ("MF413", {**WEAK, "source": "(other)"}),
    ],
)
def test_what_the_cube_counts_together_is_no_name(code: str, changes: dict[str, Any]) -> None:
    """Rare names that are counted together are raised with their count, and never told as a domain or address."""
    (finding,) = [row for row in found(changes) if row["code"] == code]

    assert finding["messages"] == 7
    assert "(other)" not in str(finding)
    assert finding["title"].startswith(("other domains: ", "other addresses"))


def test_rare_domains_are_told_beside_those_that_have_names() -> None:
    """The busiest domain with a name comes first; how many the others are is not known."""
    rare = [{**OUT, "recipient_domain": "(other)", "messages": 90}]
    one, two = ({**OUT, "recipient_domain": name} for name in ("contoso.com", "fabrikam.com"))

    assert [row["domain"] for row in found(*rare, one) if row["code"] == "MF101"] == ["contoso.com and others"]
    assert [row["domain"] for row in found(*rare, one, two) if row["code"] == "MF101"] == [
        "contoso.com, 1 more and others"
    ]
