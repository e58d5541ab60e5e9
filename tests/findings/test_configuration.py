"""Traps of the configuration as findings: counted where the log shows their harm, and told for their time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from analyzer.findings import find_all
from analyzer.schema import CAUSES
from analyzer.tenant.model import AcceptedDomain, DomainType, Tenant
from tests.builders import outbound
from tests.findings.test_findings import ARRIVAL, PLAIN
from tests.lint.tenants import SETTINGS, WIZARD_IN, WIZARD_OUT, wizard_snapshot, wizard_tenant

RELAYED = (
    AcceptedDomain("contoso.com"),
    AcceptedDomain("fabrikam.com"),
    AcceptedDomain("adatum.com", DomainType.INTERNAL_RELAY),
)
UNROUTED = {"verdict": "unrouted", "outbound_verdict": "unrouted", "recipient_domain": "adatum.com"}
BOTH_SCOPES = replace(WIZARD_OUT, all_accepted_domains=True, recipient_domains=("*",))


def found(tenant: Tenant, *changes: dict[str, Any]) -> list[dict[str, Any]]:
    """The MF3xx findings of a cube with these rows."""
    causes = pa.Table.from_pylist([{**PLAIN, **c} for c in changes], schema=CAUSES.arrow)
    return [row for row in find_all(causes, tenant).to_pylist() if row["code"].startswith("MF3")]


# the tenant's changes, a row in which the trap bit, a row in which it did not, code, severities without and with it
BITES = [
    ({"accepted": RELAYED}, UNROUTED, {**UNROUTED, "recipient_domain": "contoso.com"}, "MF315", ("medium", "medium")),
    ({"outbound": (BOTH_SCOPES,)},
     {"logged_outbound": WIZARD_OUT.name, "destination": "internet"},
     {"logged_outbound": WIZARD_OUT.name, "destination": "onpremises"}, "MF310", ("low", "medium")),
    ({"outbound": (replace(WIZARD_OUT, enabled=False),), "directory": None},
     {**UNROUTED, "recipient_domain": "contoso.com"}, UNROUTED, "MF303", ("low", "medium")),
    ({"outbound": (WIZARD_OUT, outbound("Old", "*.fabrikam.com", tls_settings="EncryptionOnly"),
                   outbound("Older", "*.fabrikam.com", tls_settings="EncryptionOnly"))},
     {"selected_outbound": "(ambiguous)", "recipient_domain": "eu.fabrikam.com"},
     {"selected_outbound": "(ambiguous)", "recipient_domain": "notfabrikam.com"}, "MF301", ("medium", "medium")),
    ({"inbound": (replace(WIZARD_IN, certificate_name="mail.contoso.com"),)},
     {**ARRIVAL, "inbound_verdict": "unrouted", "verdict": "unrouted"}, ARRIVAL, "MF316", ("medium", "medium")),
]  # fmt: skip


@pytest.mark.parametrize("changes, bit, near, code, severities", BITES, ids=[b[3] for b in BITES])
def test_a_trap_counts_the_messages_in_which_it_bit(
    changes: dict[str, Any], bit: dict[str, Any], near: dict[str, Any], code: str, severities: tuple[str, str]
) -> None:
    """Rows that show the harm are counted and make a low trap graver; other rows leave it a trap."""
    calm, bitten = (next(r for r in found(wizard_tenant(**changes), row) if r["code"] == code) for row in (near, bit))

    assert (calm["messages"], bitten["messages"]) == (0, 7)
    assert (calm["severity"], bitten["severity"]) == severities
    assert (calm["examples"], bitten["examples"]) == ([], ["<a@contoso.com>"])


def test_failures_make_a_trap_graver() -> None:
    """Failed messages raise a trap that bit by one step more."""
    (row,) = [r for r in found(wizard_tenant(accepted=RELAYED), {**UNROUTED, "failed": 2}) if r["code"] == "MF315"]

    assert (row["severity"], row["failed"]) == ("high", 2)


def test_a_tenant_in_order_adds_no_finding() -> None:
    """The wizard's tenant raises no trap beside its mail."""
    assert found(wizard_tenant(), {}, ARRIVAL) == []


def test_a_trap_of_the_past_says_so() -> None:
    """A trap that stood while mail was judged is told, with the snapshot; one that judged no mail is not."""
    broken = wizard_snapshot(outbound=(replace(WIZARD_OUT, smart_hosts=()),))
    march, april = (datetime(2026, month, 1, tzinfo=UTC) for month in (3, 4))
    snapshots = replace(broken, name="March", since=march), replace(wizard_snapshot(), name="April", since=april)
    tenant = Tenant(snapshots, SETTINGS)

    (row,) = found(tenant, {"snapshot": "March"})
    assert "It stood in March, and is gone since." in row["cause"]
    assert found(tenant, {"snapshot": "April"}) == []


OWN_SUBDOMAIN = {"recipient_domain": "sales.contoso.com", "destination": "onpremises"}
SUBDOMAINS = [
    ({}, OWN_SUBDOMAIN, True),
    ({}, {**OWN_SUBDOMAIN, "destination": "internet"}, False),  # somebody else may run it
    ({"outbound": (replace(WIZARD_OUT, recipient_domains=("*.contoso.com",)),)},
     {**OWN_SUBDOMAIN, "destination": "internet"}, True),
    ({"accepted": (AcceptedDomain("contoso.com", DomainType.INTERNAL_RELAY, match_subdomains=True),)},
     OWN_SUBDOMAIN, False),
    ({"accepted": (AcceptedDomain("contoso.com"), AcceptedDomain("sales.contoso.com"))}, OWN_SUBDOMAIN, False),
    ({"accepted": None}, OWN_SUBDOMAIN, False),
    ({}, {**OWN_SUBDOMAIN, "recipient_domain": "notcontoso.com"}, False),
]  # fmt: skip


@pytest.mark.parametrize("changes, row, raised", SUBDOMAINS)
def test_a_subdomain_in_use_must_be_accepted(changes: dict[str, Any], row: dict[str, Any], raised: bool) -> None:  # noqa: FBT001
    """MF325: mail to an own subdomain that no accepted domain includes (reference 9.1 row 20)."""
    rows = [r for r in found(wizard_tenant(**changes), row) if r["code"] == "MF325"]

    assert [(r["domain"], r["messages"]) for r in rows] == ([("sales.contoso.com", 7)] if raised else [])
