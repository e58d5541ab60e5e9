"""Since when: a finding has a beginning and an end only where right mail before and after shows it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from analyzer.findings import find_all
from analyzer.pipeline import Options, run
from analyzer.simulator import FAULTS, generate
from analyzer.tenant import load_tenant
from analyzer.tenant.model import ConnectorType, MoveBatch, Organization, OwnServers, Tenant
from analyzer.tenant.onpremises import AddressSpace, SendConnector
from tests.builders import accepted, directory, inbound, outbound, rule, snapshot, tenant
from tests.findings.test_findings import ARRIVAL, OUT, causes

START = datetime(2026, 10, 5, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
WRONG: dict[str, Any] = {**OUT, "logged_outbound": "Connector 1"}
HELD: dict[str, Any] = {
    "outbound_verdict": "undetermined",
    "verdict": "undetermined",
    "reason": "change-window",
    "changing": ["Connector 2"],
}
PLAIN = tenant(snapshot())


def mail(day: float, messages: int = 20, hours: float = 20, **changes: Any) -> dict[str, Any]:
    """Mail of one day of the log, spread over some hours; right where nothing else is said."""
    first = START + day * DAY
    return {
        "day": first.date(),
        "first_seen": first,
        "last_seen": first + hours * HOUR,
        "messages": messages,
        **changes,
    }


def told(rows: Sequence[dict[str, Any]], given: Tenant = PLAIN, code: str = "MF101") -> dict[str, Any]:
    """The one finding of a code, without the days that PLAIN of the other tests has."""
    (found,) = (f for f in find_all(causes(*rows), given).to_pylist() if f["code"] == code)
    return {name: found[name] for name in ("began", "began_with", "ended", "ended_with")}


RIGHT_THEN_WRONG = [mail(0), mail(1), mail(2, **WRONG), mail(3, **WRONG)]


@pytest.mark.parametrize(
    "rows, began, ended",
    [
        pytest.param(RIGHT_THEN_WRONG, START + 2 * DAY, None, id="right, then wrong to the end"),
        pytest.param([mail(0, **WRONG), mail(1, **WRONG), mail(2)], None, START + DAY + 20 * HOUR, id="mended"),
        pytest.param([mail(0), mail(1, **WRONG), mail(2)], START + DAY, START + DAY + 20 * HOUR, id="an episode"),
        pytest.param([mail(0, **WRONG), mail(1, **WRONG)], None, None, id="as old as the log"),
        pytest.param([mail(0, 2), mail(1, **WRONG)], None, None, id="two right messages are too few"),
        pytest.param([mail(0, 3), mail(1, **WRONG)], START + DAY, None, id="three tell it"),
        pytest.param([mail(0), mail(1, 1, **WRONG)], None, None, id="one wrong message is no episode"),
        pytest.param(
            [mail(0), *(mail(d, n, **w) for d in (1, 2, 3) for n, w in ((30, {}), (3, WRONG))), mail(4)],
            None,
            None,
            id="now and then",
        ),
        pytest.param(
            [mail(0, 500), *(mail(d, n, **w) for d in (1, 2) for n, w in ((30, {}), (15, WRONG)))],
            START + DAY,
            None,
            id="a third of it, after much right mail",
        ),
        pytest.param([mail(0, recipient_domain="x.org"), mail(1, **WRONG)], None, None, id="another domain"),
        pytest.param([mail(0, format="message-tracking"), mail(1, **WRONG)], None, None, id="another log"),
        pytest.param([mail(0, path="cloud>internet"), mail(1, **WRONG)], None, None, id="another path"),
        pytest.param([mail(0, 9, **HELD), mail(0.1), mail(1, **WRONG)], None, None, id="withheld before it all"),
        pytest.param([mail(0), mail(1, 9, **HELD), mail(2, **WRONG)], START + 2 * DAY, None, id="withheld just before"),
        pytest.param([mail(0, **WRONG), mail(1), mail(2, 9, **HELD)], None, None, id="withheld after it all"),
    ],
)
def test_a_beginning_and_an_end_need_right_mail(
    rows: list[dict[str, Any]], began: datetime | None, ended: datetime | None
) -> None:
    """Comparable right mail tells when it began and ended, unless at the finding's rate that could be luck."""
    found = told(rows)

    assert (found["began"], found["ended"]) == (began, ended)


STRANGE = {"outbound_verdict": "undetermined", "verdict": "undetermined", "reason": "config-incomplete"}
NAMED = {**STRANGE, "unknown_connector": "Old relay", "logged_outbound": "Old relay"}
FORGED = {"inbound_verdict": "undetermined", "verdict": "undetermined", "reason": "weak-origin", "missing": ["origin"]}


@pytest.mark.parametrize(
    "right, wrong, code",
    [
        pytest.param({}, NAMED, "MF402", id="a name that no export holds"),
        pytest.param(
            {**ARRIVAL, "logged_inbound": "From our servers", "inbound_verdict": "match", "source": None},
            {**ARRIVAL, **FORGED},
            "MF413",
            id="an address that nobody declared",
        ),
    ],
)
def test_a_finding_of_several_paths_is_dated_by_the_mail_of_them_all(
    right: dict[str, Any], wrong: dict[str, Any], code: str
) -> None:
    """It is one cause on every path: right mail on them before it tells, mail on others does not."""
    other = {"path": "onpremises>onpremises", "destination": "onpremises"}
    later = [mail(2, **wrong), mail(2, **{**wrong, **other})]

    assert told([mail(0, **right), mail(1, **{**right, **other}), *later], code=code)["began"] == START + 2 * DAY
    assert told([mail(0, **{**right, "path": "internet>internet"}), *later], code=code)["began"] is None


AT = START + 2 * DAY - 2 * HOUR  # of a change two hours before the first wrong message
LANE = outbound("Connector 2", "contoso.com", changed_at=AT)


@pytest.mark.parametrize(
    "given, words",
    [
        pytest.param(tenant(outbound=(LANE,)), "2 h after outbound connector Connector 2 was changed", id="selected"),
        pytest.param(
            tenant(outbound=(outbound("Connector 1", "fabrikam.com", changed_at=AT),)),
            "2 h after outbound connector Connector 1 was changed",
            id="logged",
        ),
        pytest.param(
            tenant(outbound=(outbound("Other", "contoso.com", changed_at=AT), LANE)),
            "2 h after outbound connector Connector 2 was changed",
            id="the connector that is named before others of the domain",
        ),
        pytest.param(
            tenant(outbound=(outbound("Other", "*.contoso.com", changed_at=AT),)),
            "2 h after outbound connector Other was changed",
            id="one that covers the domain",
        ),
        pytest.param(
            tenant(rules=(rule("Connector 1", name="Legal", changed_at=AT),)),
            "2 h after transport rule Legal was changed",
            id="a rule that routes there",
        ),
        pytest.param(tenant(rules=(rule("Other", name="Legal", changed_at=AT),)), None, id="a rule to another"),
        pytest.param(tenant(outbound=(outbound("Other", "fabrikam.com", changed_at=AT),)), None, id="another domain's"),
        pytest.param(tenant(inbound=(inbound("Door", changed_at=AT),)), None, id="arrival, for mail of the cloud"),
        pytest.param(
            tenant(outbound=(outbound("Connector 2", "contoso.com", changed_at=AT - DAY),)), None, id="a day earlier"
        ),
        pytest.param(
            tenant(
                snapshot(name="a", since=START - DAY),
                snapshot(name="b", since=AT, organization=Organization(), directory=directory({})),
            ),
            "2 h after snapshot b began, with other recipients and organization settings",
            id="a new snapshot",
        ),
        pytest.param(
            tenant(snapshot(name="a", since=START - DAY), snapshot(name="b", since=AT)),
            None,
            id="a new snapshot of the same",
        ),
        pytest.param(
            tenant(
                snapshot(name="a", since=START - DAY, outbound=(outbound("Connector 2", "contoso.com"),)),
                snapshot(name="b", since=AT + 6 * HOUR, outbound=(outbound("Connector 2", "x.org"),)),
            ),
            "between 2026-10-04 00:00 and 2026-10-07 04:00, when outbound connector Connector 2 was changed",
            id="changed at a time that no export tells",
        ),
        pytest.param(
            Tenant(PLAIN.snapshots, batches=(MoveBatch(AT - HOUR, AT, 37, frozenset({"contoso.com"})),)),
            "2 h after 37 mailboxes were moved",
            id="a migration batch",
        ),
        pytest.param(
            Tenant(PLAIN.snapshots, batches=(MoveBatch(AT - HOUR, AT, 37, frozenset({"x.org"})),)),
            None,
            id="another domain's batch",
        ),
    ],
)
def test_what_it_began_with(given: Tenant, words: str | None) -> None:
    """A change that concerns the finding within the day before is named, with the time between."""
    assert told(RIGHT_THEN_WRONG, given)["began_with"] == words


def test_a_server_s_log_rests_on_the_server_s_connectors() -> None:
    """A change of a Send connector began what a server logs, one of Office 365 what the service logs."""
    lane = SendConnector("Connector 2", (AddressSpace("contoso.com"),), changed_at=AT)
    given = tenant(own=OwnServers(send=(lane,)), outbound=(LANE,))
    own = [{**row, "format": "message-tracking"} for row in RIGHT_THEN_WRONG]

    assert told(own, given)["began_with"] == "2 h after Send connector Connector 2 was changed"
    assert told(RIGHT_THEN_WRONG, given)["began_with"] == "2 h after outbound connector Connector 2 was changed"


def test_right_mail_after_a_change_clears_it() -> None:
    """Mail that still went right past the grace of a change was not broken by it."""
    late = [mail(1.95, 5, 1)]  # from 50 minutes after the change until 10 minutes before the first wrong one

    assert told([*RIGHT_THEN_WRONG, *late], tenant(outbound=(LANE,)))["began_with"] is None


def test_what_it_ended_with() -> None:
    """What was mended is told by the change after the last wrong message."""
    rows = [mail(0, **WRONG), mail(1, **WRONG), mail(2), mail(3)]
    mended = outbound("Connector 2", "contoso.com", changed_at=START + DAY + 20 * HOUR + 40 * MINUTE)

    assert told(rows, tenant(outbound=(mended,)))["ended_with"] == (
        "40 min before outbound connector Connector 2 was changed"
    )


def test_a_new_domain_has_no_right_mail_before() -> None:
    """The first mail of a domain shows since when, where the domain itself was added just before (9.1 row 19)."""
    unrouted: dict[str, Any] = {"outbound_verdict": "unrouted", "verdict": "unrouted", "recipient_domain": "adatum.com"}
    rows = [mail(0), mail(1), mail(2, **unrouted)]
    before = snapshot(name="a", since=START - DAY, accepted=accepted("contoso.com"))
    domains = (*accepted("contoso.com"), *accepted("adatum.com", created_at=AT, changed_at=AT))
    after = snapshot(name="b", since=START + 2 * DAY, accepted=domains)

    assert told(rows, tenant(before, after), "MF103") == {
        "began": START + 2 * DAY,
        "began_with": "2 h after accepted domain adatum.com was created",
        "ended": None,
        "ended_with": None,
    }
    assert told(rows, PLAIN, "MF103")["began"] is None


def test_an_inbound_connector_concerns_what_arrives() -> None:
    """A renewed certificate: mail of our servers meets no connector since the connector was changed."""
    lost: dict[str, Any] = {**ARRIVAL, "inbound_verdict": "unrouted", "verdict": "unrouted"}
    fine: dict[str, Any] = {**ARRIVAL, "inbound_verdict": "match", "logged_inbound": "From our servers", "source": None}
    rows = [mail(0, **fine), mail(1, **fine), mail(2, **lost)]
    given = tenant(inbound=(inbound("From our servers", ConnectorType.ONPREMISES, changed_at=AT),))

    assert told(rows, given, "MF104")["began_with"] == "2 h after inbound connector From our servers was changed"


def test_planted_faults_that_start_late_are_dated_and_no_others(tmp_path: Path) -> None:
    """Over a generated month each fault with a start is dated after it, and a fault without one never."""
    made = generate(tmp_path / "made", rows=60_000, formats=("enhanced-summary",))
    given = load_tenant(made.tenant)
    (tmp_path / "out").mkdir()
    outcome = run([str(made.logs["enhanced-summary"])], given, tmp_path / "out", Options())
    truth = pq.read_table(made.truth, columns=["message_id", "fault", "received_at"]).to_pylist()
    fault_of = {row["message_id"]: row["fault"] for row in truth}
    late, planted = {fault.kind for fault in FAULTS if fault.starts}, 0
    for found in find_all(outcome.causes, given).to_pylist():
        kind = fault_of.get(next(iter(found["examples"]), None))
        if kind and found["path"]:
            planted += 1
            first = min(row["received_at"] for row in truth if row["fault"] == kind)
            assert (found["began"] is not None) == (kind in late), found["title"]
            assert kind not in late or first <= found["began"] <= first + 3 * DAY, found["title"]
            assert found["ended"] is None
    assert planted > len(FAULTS)
