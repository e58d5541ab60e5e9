"""Findings: causes an administrator can act on. Each kind is one function and one line here."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from analyzer.findings import (
    centralized,
    certificates,
    completeness,
    configuration,
    inputs,
    missing,
    own_servers,
    policies,
    refusals,
    routing,
    ways,
)
from analyzer.findings.base import Context, Finding, Kind, written_by
from analyzer.findings.since import Since
from analyzer.lint import CHECKS, lint_tenant
from analyzer.pipeline import Coverage
from analyzer.schema import FINDINGS as FINDINGS_TABLE
from analyzer.schema import SEVERITIES
from analyzer.tenant.model import Tenant
from analyzer.vantage import Vantage

_OFFICE365, _OWN_SERVER = Vantage.OFFICE365, Vantage.OWN_SERVER

# Kinds of their own; the kinds of trap that lint looks for stand beside them.
_OF_MAIL: tuple[Kind, ...] = (
    Kind("MF101", "connector-mismatch", "medium", routing.connector_mismatch),
    Kind("MF102", "misroute", "high", routing.misroute, of=_OFFICE365),
    Kind("MF103", "onprem-recipient-unrouted", "high", routing.onprem_recipient_unrouted, of=_OFFICE365),
    Kind("MF104", "onprem-source-unattributed", "medium", routing.onprem_source_unattributed, of=_OFFICE365),
    Kind("MF105", "ambiguous-selection", "low", policies.ambiguous_selection, of=_OFFICE365),
    Kind("MF106", "policy-contradicted", "low", policies.policy_contradicted, of=_OFFICE365),
    Kind("MF107", "relay-denied", "high", refusals.relay_denied),
    Kind("MF108", "partner-source-rejected", "medium", refusals.partner_source_rejected, of=_OFFICE365),
    Kind("MF110", "mx-bypass", "medium", ways.mx_bypass, of=_OFFICE365),
    Kind("MF111", "direct-send-rejected", "medium", own_servers.direct_send_rejected),
    Kind("MF112", "sender-domain-not-accepted", "low", refusals.sender_domain_not_accepted),
    Kind("MF113", "connector-flapping", "medium", ways.connector_flapping, of=_OFFICE365),
    Kind("MF114", "rule-overreach", "low", ways.rule_overreach, of=_OFFICE365),
    Kind("MF115", "catch-all-captures-internet", "high", centralized.catch_all_captures_internet, of=_OFFICE365),
    Kind("MF116", "cmt-unplanned", "medium", centralized.cmt_unplanned, of=_OFFICE365),
    Kind("MF117", "cmt-leak", "low", centralized.cmt_leak, of=_OFFICE365),
    Kind("MF118", "own-server-unrouted", "high", own_servers.own_server_unrouted, of=_OWN_SERVER),
    Kind("MF207", "send-certificate", "high", own_servers.send_certificate, of=_OWN_SERVER),
    Kind("MF325", "subdomain-not-accepted", "low", configuration.subdomain_not_accepted),
    Kind("MF401", "no-connector-evidence", "info", completeness.no_connector_evidence),
    Kind("MF402", "config-incomplete", "info", completeness.config_incomplete),
    Kind("MF404", "change-window", "info", completeness.change_window),
    Kind("MF405", "mx-unknown", "info", missing.mx_unknown),
    Kind("MF406", "rule-hit-unknown", "info", missing.rule_hit_unknown),
    Kind("MF407", "recipient-location-unknown", "info", missing.recipient_location_unknown),
    Kind("MF409", "export-truncated", "info", inputs.export_truncated),
    Kind("MF410", "trace-blind-spot", "info", certificates.trace_blind_spot),
    Kind("MF411", "date-ambiguous", "info", inputs.date_ambiguous),
    Kind("MF412", "recipient-location-contradicted", "info", completeness.recipient_location_contradicted),
    Kind("MF413", "source-unplaced", "info", completeness.source_unplaced),
    Kind("MF414", "log-hole", "info", inputs.log_hole),
    Kind("MF415", "config-outdated", "info", inputs.config_outdated),
)
_OF_CONFIGURATION = tuple(
    Kind(check.code, check.name, check.severity, configuration.detector(check))
    for check in CHECKS
    if check.code not in {kind.code for kind in _OF_MAIL}
)
FINDINGS: tuple[Kind, ...] = tuple(sorted((*_OF_MAIL, *_OF_CONFIGURATION), key=lambda kind: kind.code))


def find_all(causes: pa.Table, tenant: Tenant, coverage: Coverage | None = None) -> pa.Table:
    """Raise every finding of the cube, and of how complete the inputs are.

    Returns:
        A table of schema FINDINGS, gravest first, then busiest.
    """
    context, since = Context(tenant, lint_tenant(tenant), coverage), Since(causes, tenant)
    of = {vantage: written_by(causes, vantage) for vantage in (None, *Vantage)}
    rows = [{**row, **since.columns(row)} for kind in FINDINGS for row in _rows(kind, of[kind.of], context)]
    rows.sort(
        key=lambda r: (-SEVERITIES.index(str(r["severity"])), -int(str(r["messages"])), str(r["code"]), str(r["title"]))
    )
    return pa.Table.from_pylist(rows, schema=FINDINGS_TABLE.arrow)


def _rows(kind: Kind, causes: pa.Table, context: Context) -> Iterator[dict[str, object]]:
    for finding in kind.detect(causes, context):
        yield {"code": kind.code, "name": kind.name, "severity": kind.severity_of(finding), **_columns(finding)}


def _columns(finding: Finding) -> dict[str, object]:
    texts = ("title", "cause", "path", "domain", "logged", "selected", "advice")
    return {**{name: getattr(finding, name) for name in texts}, "policies": list(finding.policies), **finding.measures}


__all__ = ["FINDINGS", "Finding", "Kind", "find_all"]
