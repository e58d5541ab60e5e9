"""Summaries: named cuts of the cube."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from analyzer.schema import CAUSES, FINDINGS, VERDICTS
from analyzer.summaries import COVERAGE, SUMMARIES, Summary, find, summarise
from tests.report.sample import START, cause, causes, coverage, covered, finding, findings, month, month_findings


def rows(name: str, *given: dict[str, object]) -> list[dict[str, object]]:
    """Cut a summary from some rows of CAUSES."""
    return find(name).cut(causes(*given)).to_pylist()  # type: ignore[no-any-return]


@pytest.mark.parametrize("summary", SUMMARIES, ids=lambda s: s.name)
def test_empty_table_keeps_every_column(summary: Summary) -> None:
    """A run without a row still has every column with its type."""
    cut = summary.cut(summary.of.empty())

    assert cut.schema == summary.schema.arrow


@pytest.mark.parametrize("summary", SUMMARIES, ids=lambda s: s.name)
def test_row_order_of_the_cube_does_not_matter(summary: Summary) -> None:
    """The same causes in another order give the same table."""
    given = {"causes": month(days=5), "findings": month_findings(), "coverage": coverage(covered())}[summary.of.name]
    turned = given.take(list(range(given.num_rows))[::-1])

    assert summary.cut(turned).equals(summary.cut(given))


def test_registry_is_named_and_described() -> None:
    """Names are unique, and each column says what it means in a sentence."""
    assert len({s.name for s in SUMMARIES}) == len(SUMMARIES)
    assert all(c.meaning.endswith(".") for s in SUMMARIES for c in s.schema)


@pytest.mark.parametrize("name", ["verdicts", "verdicts_by_day", "recipient_domains", "paths", "flow"])
def test_no_message_is_lost(name: str) -> None:
    """Cuts over all messages add up to the cube."""
    cube = month(days=9)
    cut = find(name).cut(cube)

    assert [pc.sum(cut[c]).as_py() for c in ("messages", "failed")] == [
        pc.sum(cube[c]).as_py() for c in ("messages", "failed")
    ]


def test_verdicts_names_all_eight() -> None:
    """A verdict that does not occur is there with zero, the gravest first."""
    found = rows("verdicts", cause(verdict="mismatch", messages=3, failed=1))

    assert [row["verdict"] for row in found] == list(VERDICTS)
    assert found[2] == {"verdict": "mismatch", "messages": 3, "failed": 1}
    assert sum(int(str(row["messages"])) for row in found) == 3


def test_verdicts_by_day_goes_by_day_then_gravity() -> None:
    """Days ascend; within one the gravest verdict is first."""
    later = START.replace(day=2)
    found = rows("verdicts_by_day", cause(day=later), cause(), cause(verdict="unrouted"), cause(messages=5))

    assert [(row["day"], row["verdict"], row["messages"]) for row in found] == [
        (START, "unrouted", 10),
        (START, "match", 15),
        (later, "match", 10),
    ]


def test_connectors_counts_each_side_that_takes_part() -> None:
    """A message with two sides counts once on each; a side without verdict does not appear."""
    both = cause(logged_inbound="I", selected_inbound="I", inbound_verdict="match", logged_outbound=None)
    found = rows("connectors", both, cause(messages=4))

    assert [(r["side"], r["logged"], r["selected"], r["messages"]) for r in found] == [
        ("outbound", None, "Connector 2", 10),
        ("outbound", "Connector 2", "Connector 2", 4),
        ("inbound", "I", "I", 10),
    ]


def test_recipient_domains_puts_alarms_first() -> None:
    """A small domain with alarms stands before a large one without."""
    quiet = cause(messages=1000)
    loud = [cause(recipient_domain="fabrikam.com", verdict=verdict, messages=2) for verdict in ("unrouted", "match")]
    found = rows("recipient_domains", quiet, *loud)

    assert [(r["recipient_domain"], r["messages"], r["alarms"], r["unrouted"], r["match"]) for r in found] == [
        ("fabrikam.com", 4, 2, 2, 2),
        ("contoso.com", 1000, 0, 0, 1000),
    ]


def test_missing_counts_a_message_for_each_input_it_lacks() -> None:
    """A message that lacks two inputs counts under both, one that is not undetermined under none."""
    found = rows(
        "missing",
        cause(verdict="undetermined", missing=["origin", "mx"], messages=3),
        cause(verdict="undetermined", missing=["mx"], messages=2),
        cause(verdict="match", missing=["envelope_sender"]),
    )

    assert [(row["missing"], row["messages"]) for row in found] == [("mx", 5), ("origin", 3)]


def test_policies_set_agreement_beside_every_value() -> None:
    """Each allowed value has its row, with the messages on which the log agrees with it."""
    rests = {"policies": ["precedence=example"]}
    found = rows(
        "policies",
        cause(**rests, bears_out=["precedence=list"], messages=7),
        cause(**rests, bears_out=["precedence=example"], messages=2),
        cause(**rests, messages=1),
        cause(),
    )

    assert [(r["setting"], r["value"], r["messages"], r["borne_out"]) for r in found] == [
        ("example", "list", 10, 7),
        ("example", "example", 10, 2),
    ]


@pytest.mark.parametrize(
    "inbound, outbound, connector",
    [
        (None, None, None),
        ("(none)", None, "(none)"),
        (None, "(none)", "(none)"),
        ("(none)", "(none)", "(none)"),
        ("In", None, "In"),
        ("(none)", "Out", "Out"),
        ("In", "(none)", "In"),
        ("In", "Out", "In + Out"),
    ],
)
def test_flow_names_the_connectors_that_the_log_names(
    inbound: str | None, outbound: str | None, connector: str | None
) -> None:
    """Named connectors are joined; none said stays apart from nothing said."""
    [row] = rows("flow", cause(logged_inbound=inbound, logged_outbound=outbound))

    assert row["connector"] == connector


def test_findings_by_code_spans_the_time_of_its_findings() -> None:
    """Findings of one code and severity are counted together, from the first row to the last."""
    early, late = finding(messages=1), finding(messages=2)
    early["first_seen"], late["last_seen"] = early["first_seen"].replace(day=1), late["last_seen"].replace(day=30)
    [row] = find("findings_by_code").cut(findings(early, late)).to_pylist()

    assert (row["findings"], row["messages"], row["failed"]) == (2, 3, 80)
    assert (row["first_seen"].day, row["last_seen"].day) == (1, 30)


def test_top_findings_goes_by_severity_then_messages() -> None:
    """A grave finding with few messages stands before a slight one with many."""
    given = findings(
        finding(severity="low", messages=900), finding(messages=1, code="MF104"), finding(messages=5, code="MF103")
    )
    found = find("top_findings").cut(given)

    assert found["messages"].to_pylist() == [5, 1, 900]


def test_summarise_cuts_everything() -> None:
    """All summaries come at once by name, and the tables given are left as they were."""
    cube, found = month(days=2), month_findings()
    before = pa.concat_tables([cube]), pa.concat_tables([found])
    cut = summarise(cube, found, COVERAGE.empty())

    assert list(cut) == [s.name for s in SUMMARIES]
    assert before == (cube, found)


def test_unknown_name_lists_the_known() -> None:
    """Asking for a summary that does not exist names those that do."""
    with pytest.raises(KeyError, match="verdicts_by_day"):
        find("verdicts_by_week")


def test_findings_have_summaries_of_their_own() -> None:
    """Every summary is cut from the cube, from the findings, or from the cube and the tenant together."""
    assert {s.of.name for s in SUMMARIES} == {CAUSES.name, FINDINGS.name, COVERAGE.name}
