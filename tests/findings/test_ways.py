"""MF107 to MF117 over cubes: raised by their own cause, silent at a near miss."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from analyzer.tenant.model import ConnectorType, HybridConfiguration, Service, Settings, Snapshot, Tenant
from tests.builders import inbound, networks, outbound
from tests.findings.test_findings import ARRIVAL, found

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)
PARTNER = ConnectorType.PARTNER
HELD = inbound("From the bank", "woodgrovebank.com", sender_ips=networks("198.51.100.0/24"), restrict_to_ips=True)
LOCK = inbound("From filter", "*", sender_ips=networks("198.51.100.0/24"), restrict_to_ips=True)
CMT = outbound("To our servers", "*", route_all_via_onpremises=True)
CATCH_ALL = outbound("To our servers", "*", all_accepted_domains=True)
BY_RULE = outbound("To the archive", type=PARTNER, rule_scoped=True)
SITE = outbound("New Orleans", rule_scoped=True)
COPIES = (outbound("Connector 2", "contoso.com"), outbound("Copy", "contoso.com"))


def of(*connectors: Any, hybrid: HybridConfiguration | None = None, **settings: Any) -> Tenant:
    """A tenant with these outbound connectors and settings."""
    return Tenant((Snapshot(outbound=connectors, hybrid=hybrid),), Settings(**settings))


REFUSED = {"verdict": "not_routed", "reason": "failed-before-routing", "outbound_verdict": "no_evidence", "failed": 7}
RELAY = {**REFUSED, "origin": "onpremises", "destination": "internet", "path": "onpremises>internet"}
DENIED = {**RELAY, "failure": "5.7.64", "source": "192.0.2.10"}
REJECTED = {**REFUSED, "origin": "partner", "destination": "cloud", "path": "partner>cloud", "failure": "5.7.51"}
FROM_INTERNET = {"origin": "internet", "path": "internet>cloud"}
OUTWARD = {"origin": "cloud", "destination": "internet", "path": "cloud>internet", "recipient_domain": "example.net"}
BY_LINE = {**OUTWARD, "logged_outbound": "To our servers", "selected_outbound": "To our servers"}
WRONG = {"verdict": "misroute", "outbound_verdict": "misroute", "reason": "path-not-allowed"}
UNPLANNED = HybridConfiguration(features=("securemail",))
ASKED = HybridConfiguration(features=("centralized", "securemail"))
PAST = {**OUTWARD, "logged_outbound": "(none)", "selected_outbound": "To our servers", **WRONG}
FORWARD = {
    **OUTWARD,
    "origin": "internet",
    "path": "internet>internet",
    "logged_outbound": "(none)",
    "selected_outbound": "(none)",
    "policies": ["cmt_forwarded=direct"],
}
INTERNAL = {"origin": "cloud", "destination": "cloud", "path": "cloud>cloud", "logged_outbound": "To the archive"}
ARCHIVE = (Service("archive", connectors=("To the archive",)),)

# code, tenant, the row that raises it, a word of the advice, near misses: (tenant, row)
CASES: list[tuple[str, Tenant, dict[str, Any], str, list[tuple[Tenant, dict[str, Any]]]]] = [
    ("MF107", of(), DENIED, "TlsSenderCertificateName", [
        (of(), {**DENIED, "failure": "5.x.x"}),
        (of(), {**DENIED, "failure": "5.4.1"}),
        (of(), {**DENIED, "origin": "cloud", "path": "cloud>internet"}),  # another organization refused it
        (of(), {**DENIED, "origin": "internet", "path": "internet>internet"}),  # so did it a forwarded copy
    ]),
    ("MF108", Tenant((Snapshot(inbound=(HELD,)),)), REJECTED, "SenderIPAddresses", [
        (of(), {**REJECTED, "failure": "5.7.64"}),
        (of(), {**REJECTED, "origin": "cloud", "destination": "partner"}),  # the partner refused it
        (of(), {**REJECTED, "vantage": "own-server"}),  # MF207: what our own servers were told
        (Tenant((Snapshot(inbound=(LOCK,)),)), {**REJECTED, **FROM_INTERNET}),  # the purpose of such a connector
    ]),
    ("MF110", of(), {**FROM_INTERNET, "destination": "cloud", "signs": ["mx-bypassed"]}, "RestrictDomainsToIPAddresses",
     [(of(), {**FROM_INTERNET, "destination": "cloud"})]),
    ("MF112", of(), {**ARRIVAL, "signs": ["sender-not-accepted"]}, "New-AcceptedDomain", [(of(), ARRIVAL)]),
    ("MF112", of(), {**RELAY, "failure": "5.7.750"}, "New-AcceptedDomain", [(of(), {**RELAY, "failure": "5.7.705"})]),
    ("MF114", of(BY_RULE), INTERNAL, "NotInOrganization", [
        (of(BY_RULE), {**INTERNAL, "destination": "internet", "path": "cloud>internet"}),  # what rules are for
        (of(BY_RULE, services=ARCHIVE), INTERNAL),  # a planned hop
        (of(BY_RULE), {**INTERNAL, "logged_outbound": "(none)"}),
        (of(BY_RULE), {**INTERNAL, **WRONG}),  # the rule did not fire: MF102
        (of(SITE), {**INTERNAL, "destination": "onpremises", "logged_outbound": "New Orleans"}),  # conditional routing
    ]),
    ("MF114", of(BY_RULE), {**INTERNAL, "destination": "onpremises", "path": "cloud>onpremises"}, "To the archive", []),
    ("MF115", of(CATCH_ALL), {**BY_LINE, **WRONG}, "RouteAllMessagesViaOnPremises", [
        (of(CMT), BY_LINE),
        (of(outbound("To our servers", "example.net")), {**BY_LINE, **WRONG}),  # named, not caught by *
        (of(outbound("To our servers", "*", type=PARTNER)), BY_LINE),  # a filter on the way out
        (of(CATCH_ALL, services=(Service("x", connectors=("To our servers",)),)), BY_LINE),
        (of(CATCH_ALL), {**BY_LINE, "destination": "onpremises", "path": "cloud>onpremises"}),
    ]),
    ("MF116", of(CMT, hybrid=UNPLANNED), BY_LINE, 'cmt_intent = "on"', [
        (of(CMT, hybrid=ASKED), BY_LINE),
        (of(CMT), BY_LINE),  # nobody says that it is not meant
        (of(CMT, hybrid=UNPLANNED, cmt_intent="on"), BY_LINE),
        (of(CMT, hybrid=UNPLANNED), {**BY_LINE, "destination": "onpremises", "path": "cloud>onpremises"}),
        (of(CATCH_ALL, hybrid=UNPLANNED), {**BY_LINE, **WRONG}),
    ]),
    ("MF116", of(CMT, hybrid=ASKED, cmt_intent="off"), BY_LINE, "RouteAllMessagesViaOnPremises", []),
    ("MF117", of(CMT), PAST, "RecipientDomains", [
        (of(CMT), BY_LINE),
        (of(CATCH_ALL), PAST),
        (of(CMT, hybrid=UNPLANNED), PAST),  # what is not meant does not leak
        (of(CMT), {**PAST, "origin": "onpremises", "path": "onpremises>internet"}),  # exempt
    ]),
    ("MF117", of(CMT), FORWARD, "Set-RemoteDomain", [
        (of(CMT), {**FORWARD, "policies": []}),  # no centralized transport for it in any reading
        (of(CMT, cmt_intent="off"), FORWARD),
    ]),
]  # fmt: skip


@pytest.mark.parametrize("code, tenant, raising, word, nears", CASES, ids=[c[0] for c in CASES])
def test_raised_by_its_cause_and_by_no_near_miss(
    code: str, tenant: Tenant, raising: dict[str, Any], word: str, nears: list[tuple[Tenant, dict[str, Any]]]
) -> None:
    """A kind is raised once by its own cause, counts its messages, names what to change, and passes over the rest."""
    rows = [r for r in found(raising, tenant=tenant) if r["code"] == code]

    assert [(r["messages"], r["failed"]) for r in rows] == [(7, raising.get("failed", 0))]
    assert word in rows[0]["advice"]
    for other, near in nears:
        assert code not in [r["code"] for r in found(near, tenant=other)], near


def span(connector: str, start: int, end: int, **changes: Any) -> dict[str, Any]:
    """Mail to contoso.com by one connector from one hour to another."""
    first, last = NOON + timedelta(hours=start), NOON + timedelta(hours=end)
    equal = {"selected_outbound": "(Connector 2 or Copy)", "reason": "equal-candidates", "logged_outbound": connector}
    return {**equal, "first_seen": first, "last_seen": last, **changes}


@pytest.mark.parametrize(
    "rows, counted",
    [
        ([span("Connector 2", 0, 4), span("Copy", 1, 9)], [14]),
        ([span("Connector 2", 0, 4), span("Copy", 1, 1)], [14]),
        ([span("Connector 2", 0, 4), span("Copy", 1, 9, policies=["equal_candidates=ambiguous"])], [14]),
        ([span("Connector 2", 0, 4), span("Copy", 4, 9)], []),  # one change, and it lasted
        ([span("Connector 2", 0, 9)], []),  # duplicates, but one is used
        ([span("Connector 2", 0, 4), span("Copy", 1, 9, recipient_domain="fabrikam.com")], []),
        ([span("Connector 2", 0, 4), span("Copy", 1, 9, **WRONG)], []),  # not a candidate: MF101, MF102
        ([span("Connector 2", 0, 4), span("(none)", 1, 9)], []),
        # Rare domains counted together: each may have kept to one connector.
        ([span(name, 0, 9, recipient_domain="(other)") for name in ("Connector 2", "Copy")], []),
        ([span("Connector 2", 0, 4, selected_outbound="Copy"), span("Copy", 1, 9)], []),  # another rule decides
    ],
)
def test_a_domain_alternates_only_where_equal_connectors_take_turns(
    rows: list[dict[str, Any]], counted: list[int]
) -> None:
    """MF113: mail by one connector stands between mail by the other (reference 9.1 row 12)."""
    raised = [r for r in found(*rows, tenant=of(*COPIES)) if r["code"] == "MF113"]

    assert [r["messages"] for r in raised] == counted
    assert all("RecipientDomains" in r["advice"] for r in raised)


def test_refusals_name_the_busiest_servers() -> None:
    """MF107 names a few of the addresses that were refused, and how many more there are; rare ones are others."""
    rows = [{**DENIED, "source": f"192.0.2.{n}", "messages": n, "failed": n} for n in range(1, 6)]
    (row,) = [r for r in found(*rows) if r["code"] == "MF107"]

    assert "192.0.2.5, 192.0.2.4, 192.0.2.3 and 2 more" in row["cause"]
    assert (row["severity"], row["failed"]) == ("high", 15)

    rows.append({**DENIED, "source": "(other)", "messages": 99, "failed": 99})
    (row,) = [r for r in found(*rows) if r["code"] == "MF107"]
    assert "192.0.2.5, 192.0.2.4, 192.0.2.3 and others" in row["cause"]
    assert row["messages"] == 114


def test_a_refusal_that_both_sides_log_is_not_counted_twice() -> None:
    """MF107 and MF112 count what Office 365 logs, and what the own servers log, each for itself."""
    for code, row in (("MF107", DENIED), ("MF112", {**RELAY, "failure": "5.7.750"})):
        rows = [r for r in found(row, {**row, "vantage": "own-server"}) if r["code"] == code]

        assert [r["messages"] for r in rows] == [7, 7]
        assert [r["title"].endswith(", as your own servers log it") for r in rows].count(True) == 1


def test_a_bypass_names_the_busiest_addresses() -> None:
    """MF110 shows who came round the MX; without an address it says nothing of it."""
    row = {**FROM_INTERNET, "destination": "cloud", "signs": ["mx-bypassed"]}
    causes = [
        next(r["cause"] for r in found({**row, "source": s}) if r["code"] == "MF110") for s in ("203.0.113.9", None)
    ]

    assert causes[0].endswith("by the default inbound connector: 203.0.113.9.")
    assert causes[1].endswith("by the default inbound connector.")


@pytest.mark.parametrize("row, severity", [(FORWARD, "low"), (PAST, "medium")])
def test_a_leak_that_breaks_selection_is_graver_than_a_forward(row: dict[str, Any], severity: str) -> None:
    """MF117: what the documents call by design is a trap, what they do not is harm."""
    (leak,) = [r for r in found(row, tenant=of(CMT)) if r["code"] == "MF117"]

    assert leak["severity"] == severity


def test_the_configuration_of_its_time_says_what_was_meant() -> None:
    """Each snapshot's own wizard answers count, also for a state that was composed after it."""
    march, april = (
        Snapshot(name, datetime(2026, month, 1, tzinfo=UTC), outbound=(CMT,), hybrid=hybrid)
        for name, month, hybrid in (("March", 3, UNPLANNED), ("April", 4, ASKED))
    )
    tenant = Tenant((march, april))

    for label, codes in (("March", ["MF116"]), ("March changed 2026-03-09T000000Z", ["MF116"]), ("April", [])):
        assert [r["code"] for r in found({**BY_LINE, "snapshot": label}, tenant=tenant) if r["code"] < "MF3"] == codes
