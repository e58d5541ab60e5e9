"""Lint: what is wrong in the configuration before any mail proves it (MF3xx, reference 9.2).

Each kind is one function over a scene, one snapshot and the settings, and one line here. Nothing is
guessed: whether a connector would be selected is asked of the engine itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from analyzer.lint import coverage, delivery, domains, inbound, properties, shadowed, standing_aside
from analyzer.lint.base import Check, Scene, Trap
from analyzer.schema import SEVERITIES
from analyzer.tenant.model import Settings, Snapshot, Tenant

# Severity: high = the configuration alone loses mail; medium = mail takes another way than meant, or two
# documents contradict each other on a domain; low = a trap that has not bitten; info = what is not known.
CHECKS: tuple[Check, ...] = (
    Check("MF301", "duplicate-domain", "medium", domains.duplicate_domain),
    Check("MF302", "type-conflict", "medium", domains.type_conflict),
    Check("MF303", "connector-disabled", "low", standing_aside.connector_disabled),
    Check("MF304", "connector-test-mode", "low", standing_aside.connector_test_mode),
    Check("MF305", "connector-unvalidated", "low", standing_aside.connector_unvalidated),
    Check("MF306", "rule-connector-orphan", "low", standing_aside.rule_connector_orphan),
    Check("MF307", "rule-names-domain-connector", "low", standing_aside.rule_names_domain_connector),
    Check("MF308", "cmt-scope-invalid", "high", delivery.cmt_scope_invalid),
    Check("MF309", "hybrid-mx-loop", "high", delivery.hybrid_mx_loop),
    Check("MF310", "all-accepted-with-catch-all", "low", domains.all_accepted_with_catch_all),
    Check("MF312", "smart-host-missing", "high", delivery.smart_host_missing),
    Check("MF314", "tls-opportunistic", "low", delivery.tls_opportunistic),
    Check("MF315", "accepted-domain-uncovered", "medium", coverage.accepted_domain_uncovered),
    Check("MF316", "cert-domain-not-accepted", "medium", inbound.cert_domain_not_accepted),
    Check("MF317", "apex-coverage-assumed", "low", coverage.apex_coverage_assumed),
    Check("MF319", "cloud-services-mail-off", "low", delivery.cloud_services_mail_off),
    Check("MF320", "partner-ip-and-cert", "low", inbound.partner_ip_and_cert),
    Check("MF321", "partner-allow-shadowed", "low", inbound.partner_allow_shadowed),
    Check("MF322", "property-without-effect", "low", properties.property_without_effect),
    Check("MF323", "relay-on-both-sides", "medium", inbound.relay_on_both_sides),
    Check("MF324", "associated-domains-set", "low", inbound.associated_domains_set),
    Check("MF326", "domain-pattern-invalid", "medium", properties.domain_pattern_invalid),
    Check("MF327", "connector-shadowed", "low", shadowed.connector_shadowed),
    Check("MF402", "config-incomplete", "info", properties.dangling_names),
    Check("MF403", "test-mode-not-exported", "info", properties.hidden_in_test_mode),
)


@dataclass(frozen=True, slots=True)
class Caught:
    """A trap, the kind it is of, and the snapshots that hold it, oldest first."""

    check: Check
    trap: Trap
    snapshots: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """Give it as plain values, as `mailflow validate --json` prints it."""
        kind, trap = self.check, self.trap
        return {
            "code": kind.code,
            "name": kind.name,
            "severity": kind.severity,
            "object": trap.subject,
            "property": trap.property,
            "title": trap.title,
            "why": trap.cause,
            "fix": trap.advice,
            "source": kind.source,
            "domain": trap.domain,
            "connector": trap.connector,
            "policies": list(trap.policies),
            "snapshots": list(self.snapshots),
        }


def lint(snapshot: Snapshot, settings: Settings) -> tuple[Caught, ...]:
    """Look for every kind of trap in one snapshot, the gravest first."""
    scene = Scene(snapshot, settings)
    found = [Caught(check, trap, (snapshot.name,)) for check in CHECKS for trap in check.look(scene)]
    return tuple(sorted(found, key=_gravest_first))


def lint_tenant(tenant: Tenant) -> tuple[Caught, ...]:
    """Look through every snapshot; a trap that stands in several is told once, with all of them."""
    merged: dict[tuple[str, Trap], Caught] = {}
    for snapshot in tenant.snapshots:
        for caught in lint(snapshot, tenant.settings):
            key = (caught.check.code, replace(caught.trap, bite=None))
            before = merged.get(key)
            merged[key] = replace(caught, snapshots=(*(before.snapshots if before else ()), *caught.snapshots))
    return tuple(sorted(merged.values(), key=_gravest_first))


def _gravest_first(caught: Caught) -> tuple[int, str]:
    return -SEVERITIES.index(caught.check.severity), caught.check.code


__all__ = ["CHECKS", "Caught", "Check", "Scene", "Trap", "lint", "lint_tenant"]
