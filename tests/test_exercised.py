"""Coverage: what the logs exercised of the configuration, and what no message has tried."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from analyzer.formats.tracking import MESSAGE_TRACKING
from analyzer.report.exercise import remarked, untried
from analyzer.summaries import COVERAGE, exercised
from analyzer.tenant.model import ConnectorType, OwnServers, Tenant
from analyzer.tenant.onpremises import AddressSpace, SendConnector
from tests.builders import accepted, inbound, outbound, rule, snapshot, tenant
from tests.report.sample import cause, causes, coverage, covered

OCTOBER = datetime(2026, 10, 1, 12, tzinfo=UTC)  # when the rows of `cause` were seen
DAY = timedelta(days=1)
PARTNER = ConnectorType.PARTNER
ARRIVING: dict[str, Any] = {
    "evidence": "inbound",
    "origin": "onpremises",
    "destination": "cloud",
    "logged_inbound": "Door",
    "selected_inbound": "Door",
    "inbound_verdict": "match",
    "logged_outbound": None,
    "selected_outbound": None,
    "outbound_verdict": None,
}


def of(given: Tenant, *rows: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """The coverage of a tenant by some rows, by kind and name."""
    return {(r["kind"], r["name"]): r for r in exercised(causes(*rows), given).to_pylist()}


def counts(row: dict[str, Any]) -> tuple[Any, ...]:
    """What the log shows of an object."""
    return row["state"], row["messages"], row["failed"], row["selected"], row["last_seen"]


def test_connectors_are_counted_by_what_the_log_names() -> None:
    """A connector counts what is logged on it, in any case of its letters, and what selects it; others have none."""
    given = tenant(outbound=(outbound("Connector 2"), outbound("connector 1"), outbound("Old", enabled=False)))
    found = of(given, cause(), cause(logged_outbound="Connector 1", failed=4), cause(logged_outbound="(none)"))

    assert counts(found["outbound connector", "Connector 2"]) == ("on", 10, 0, 30, OCTOBER)
    assert counts(found["outbound connector", "connector 1"]) == ("on", 10, 4, 0, OCTOBER)
    assert counts(found["outbound connector", "Old"]) == ("off", 0, 0, 0, None)


def test_a_cell_may_name_several_connectors() -> None:
    """Each connector of a cell that names several counts the row."""
    found = of(
        tenant(outbound=(outbound("A"), outbound("B", test_mode=True))),
        cause(logged_outbound="A| B", selected_outbound="A"),
    )

    assert [found["outbound connector", n]["messages"] for n in "AB"] == [10, 10]
    assert found["outbound connector", "B"]["state"] == "test mode"


def test_a_log_that_names_no_connector_tells_nothing() -> None:
    """Without evidence on a side nobody can say that a connector there was never used; its selections count."""
    found = of(tenant(outbound=(outbound("Connector 2"),), inbound=(inbound("Door"),)), cause(evidence="none"))

    assert counts(found["outbound connector", "Connector 2"]) == ("on", None, None, 10, None)
    assert found["inbound connector", "Door"]["messages"] is None
    assert of(tenant(inbound=(inbound("Door"),)), cause(**ARRIVING))["inbound connector", "Door"]["messages"] == 10


@pytest.mark.parametrize(
    "since, state",
    [
        pytest.param((-30, -20, 30), {"Second": "on"}, id="replaced before the log"),
        pytest.param((-30, 1, 30), {"First": "removed", "Second": "on"}, id="replaced while it ran"),
        pytest.param((10, 20, 30), {"First": "on"}, id="older than the first"),
    ],
)
def test_the_snapshots_of_the_log_count(since: tuple[int, int, int], state: dict[str, str]) -> None:
    """Connectors of every snapshot in force while the log ran are there, and no others."""
    names = ("First", "Second", "Third")
    dated = zip(names, since, strict=True)
    given = tenant(*(snapshot(name=n, since=OCTOBER + d * DAY, outbound=(outbound(n),)) for n, d in dated))
    later = date(2026, 10, 5)
    found = of(given, cause(), cause(day=later))

    assert {name: row["state"] for (kind, name), row in found.items() if kind == "outbound connector"} == state


RULED = {"outbound": (outbound("Site", type=PARTNER, rule_scoped=True), outbound("Connector 2"))}


@pytest.mark.parametrize(
    "changes, name, messages",
    [
        pytest.param({**RULED, "rules": (rule("Site", name="R"),)}, "Site", 10, id="its connector shows it"),
        pytest.param({**RULED, "rules": (rule("Site", name="R"),)}, "Connector 2", 0, id="its connector was not used"),
        pytest.param(
            {**RULED, "rules": (rule("Site", name="R"), rule("Site", name="S"))}, "Site", None, id="one of two rules"
        ),
        pytest.param(
            {**RULED, "rules": (rule("Connector 2", name="R"),)}, "Connector 2", None, id="its connector goes by domain"
        ),
        pytest.param({**RULED, "rules": (rule("Gone", name="R"),)}, "Site", None, id="its connector is in no export"),
    ],
)
def test_a_rule_is_shown_by_its_own_connector(changes: dict[str, Any], name: str, messages: int | None) -> None:
    """A rule is exercised where mail used a connector that only this rule leads to; else no log tells."""
    found = of(tenant(**changes), cause(logged_outbound=name))

    assert found["transport rule", "R"]["messages"] == messages


def test_accepted_domains_are_counted_by_their_mail() -> None:
    """Mail to an accepted domain exercises it, with its subdomains where these are accepted with it."""
    domains = (*accepted("contoso.com"), *accepted("adatum.com", match_subdomains=True), *accepted("fabrikam.com"))
    rows = [cause(recipient_domain=d) for d in ("contoso.com", "sales.contoso.com", "adatum.com", "lab.adatum.com")]
    found = of(tenant(accepted=domains), *rows)
    hidden = of(tenant(accepted=domains), cause(recipient_domain="(other)"))

    assert [found["accepted domain", d.domain]["messages"] for d in domains] == [10, 20, 0]
    assert hidden["accepted domain", "contoso.com"]["messages"] is None


BOTH = {"outbound": (outbound("Connector 2", "contoso.com"),), "inbound": (inbound("Door"),)}
TESTS = {"internet>onpremises", "onpremises>internet"}  # Sun to John, John to Sun


@pytest.mark.parametrize(
    "changes, made_for",
    [
        pytest.param(BOTH, TESTS, id="both directions"),
        pytest.param({**BOTH, "mx_default": "onpremises"}, {"onpremises>internet"}, id="MX at the own servers"),
        pytest.param({"outbound": BOTH["outbound"], "inbound": ()}, {"internet>onpremises"}, id="one direction"),
        pytest.param({"outbound": (outbound("P", type=PARTNER),), "inbound": ()}, set(), id="no own servers"),
    ],
)
def test_the_two_test_messages_are_asked_for(changes: dict[str, Any], made_for: set[str]) -> None:
    """What the configuration is made for is listed though never seen: John to Sun and Sun to John after a set-up."""
    found = of(tenant(**changes), cause())
    never = {name for (kind, name), row in found.items() if kind == "path" and row["messages"] == 0}

    assert never & TESTS == made_for
    assert found["path", "cloud>onpremises"]["messages"] == 10


def test_rows_without_a_decision_exercise_nothing() -> None:
    """Mail that failed before it was routed, and places that nothing tells, are no coverage."""
    found = of(tenant(outbound=(outbound("Connector 2"),)), cause(verdict="not_routed"), cause(destination="unknown"))

    assert found["outbound connector", "Connector 2"]["messages"] == 10
    assert ("path", "cloud>unknown") not in found


def test_own_servers_count_their_own_connectors() -> None:
    """A server's log exercises Send and Receive connectors, and no connector of Office 365 of the same name."""
    lane = SendConnector("Connector 2", (AddressSpace("*"),))
    given = tenant(outbound=(outbound("Connector 2"),), own=OwnServers(send=(lane,)))
    found = of(given, cause(format=MESSAGE_TRACKING.name))

    assert found["Send connector", "Connector 2"]["messages"] == 10
    assert found["outbound connector", "Connector 2"]["messages"] is None


def test_an_empty_log_tells_nothing() -> None:
    """Without a row nothing is said to be unused."""
    found = exercised(causes(), tenant())

    assert found.schema == COVERAGE.arrow
    assert set(found["messages"].to_pylist()) == {None}


@pytest.mark.parametrize(
    "changes, remark, named",
    [
        ({}, "", None),
        ({"messages": 0, "last_seen": None}, "never seen", "outbound connector Connector 2"),
        ({"messages": 0, "last_seen": None, "state": "off"}, "", None),
        ({"messages": 0, "last_seen": None, "state": "removed"}, "", None),
        ({"kind": "path", "name": "a>b", "state": None, "messages": 0, "last_seen": None}, "never seen", "path a>b"),
        ({"messages": None, "last_seen": None}, "the logs do not tell", None),
        ({"state": "off"}, "seen although it is off", None),
        ({"failed": 10}, "seen, but every message failed", "outbound connector Connector 2 (all failed)"),
        (
            {"changed_at": datetime(2026, 10, 29, 18, tzinfo=UTC)},
            "not seen since its change of 2026-10-29 18:00",
            "outbound connector Connector 2 (since its change)",
        ),
        ({"changed_at": datetime(2026, 11, 29, tzinfo=UTC)}, "", None),  # after the log ended
        ({"changed_at": datetime(2026, 10, 29, tzinfo=UTC)}, "", None),
    ],
)
def test_remarks(changes: dict[str, Any], remark: str, named: str | None) -> None:
    """What was never seen, or not since its change, is named; what is off and unused is as it should be."""
    end = covered(name="Connector 1", last_seen=datetime(2026, 10, 30, tzinfo=UTC))
    table = coverage(covered(**changes), end)

    assert [row["remark"] for row in remarked(table)] == [remark, ""]
    assert list(untried(table)) == ([named] if named else [])
