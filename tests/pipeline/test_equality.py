"""The vectorised path gives for every row what the one-message path gives (architecture, section 1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import groupby

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.compare import Judge, Judgement, Observation
from analyzer.compare.case import Inputs, View
from analyzer.evidence import Witness
from analyzer.moments import microseconds
from analyzer.pipeline.engine import Engine
from analyzer.pipeline.judging import judge_rows
from analyzer.schema import NORMALISED, SUBJECT
from analyzer.tenant.model import MailboxPlace, Placement, Residence, Tenant
from analyzer.tenant.policy import Policy
from analyzer.tenant.predicates import Predicate, SenderLocation
from tests.builders import (
    BOB,
    CLOUD,
    FOREIGN_HOST,
    JOHN,
    ONPREMISES,
    SUN,
    directory,
    inbound,
    networks,
    outbound,
    rule,
    snapshot,
    tenant,
)
from tests.compare.builders import (
    ENHANCED,
    EXTENDED,
    FROM_CLOUD,
    FROM_OUR_SERVER,
    Log,
    OneByOne,
    Row,
    row,
)
from tests.compare.worlds import START, logs, tenants

MODEST = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example],
)


def as_table(rows: Sequence[Row]) -> pa.Table:
    """Put rows into the normalised table."""
    return pa.Table.from_pylist([dict(r) for r in rows], schema=NORMALISED.arrow.append(SUBJECT))


def vectorised(engine: Engine, log: Log, rows: Sequence[Row]) -> list[Judgement]:
    """Judge a table of rows."""
    numbers = judge_rows(as_table(rows), engine, Witness(log.carries, log.has_directionality, log.vantage))
    return [engine.ledger.results[n].judgement for n in numbers]


def one_by_one(ours: Tenant, log: Log, rows: Sequence[Row]) -> list[Judgement]:
    """Judge the same rows, one log row after the other."""
    plain = OneByOne(ours, log)
    return [j for _, group in groupby(rows, lambda r: r["source_row"]) for j in plain.log_row(list(group))]


@MODEST
@given(ours=tenants(), drawn=logs())
def test_a_table_is_judged_as_its_single_rows(ours: Tenant, drawn: tuple[Log, list[Row]]) -> None:
    """Every row of a table gets the judgement that its raw cells get alone."""
    log, rows = drawn
    assert vectorised(Engine(ours), log, rows) == one_by_one(ours, log, rows)


@MODEST
@given(ours=tenants(), drawn=logs(), data=st.data())
def test_neither_order_nor_split_changes_a_judgement(
    ours: Tenant, drawn: tuple[Log, list[Row]], data: st.DataObject
) -> None:
    """Shuffled log rows, cut anywhere between them, are judged as the whole table."""
    log, rows = drawn
    engine = Engine(ours)
    expected = _by_recipient(rows, vectorised(engine, log, rows))
    groups = [list(g) for _, g in groupby(rows, lambda r: r["source_row"])]
    shuffled = data.draw(st.permutations(groups))
    cut = data.draw(st.integers(0, len(shuffled)))
    parts = [[r for g in part for r in g] for part in (shuffled[:cut], shuffled[cut:])]
    again = [(r, j) for part in parts if part for r, j in zip(part, vectorised(engine, log, part), strict=True)]
    assert _by_recipient([r for r, _ in again], [j for _, j in again]) == expected


def _by_recipient(rows: Sequence[Row], judgements: Sequence[Judgement]) -> dict[int, list[Judgement]]:
    found: dict[int, list[Judgement]] = {}
    for r, judgement in zip(rows, judgements, strict=True):
        found.setdefault(r["source_row"], []).append(judgement)
    return found


class _Thorough(Judge):
    """A judge that weighs every policy, whether it can matter or not."""

    def relevant(self, row: Observation, inputs: Inputs) -> Iterator[tuple[str, str, View]]:  # noqa: ARG002
        """Skip nothing."""
        yield from self._alternatives


@MODEST
@given(ours=tenants(), drawn=logs())
def test_a_policy_that_is_skipped_would_have_changed_nothing(ours: Tenant, drawn: tuple[Log, list[Row]]) -> None:
    """The policies that a row passes over are those whose values give it the same judgement."""
    log, rows = drawn
    plain = OneByOne(ours, log)
    thorough = [_Thorough(lens, ours.settings.policy) for lens in plain.lenses]
    for r in rows:
        seen, number = plain.observe(r), plain.in_force(r["received_at"])
        assert plain.judges[number](seen) == thorough[number](seen)


# A world in which every cell of a row has a say.
EVERY_CELL = tenant(
    outbound=(
        outbound("CMT", "*", route_all_via_onpremises=True, changed_at=START),
        outbound("To on-premises", "contoso.com"),
        outbound("Ruled", rule_scoped=True),
    ),
    inbound=(inbound("From on-premises", sender_ips=networks("192.0.2.0/28")), inbound("Bank", "woodgrovebank.com")),
    onpremises_hosts=("*.corp.contoso.com",),
    policy=Policy(recipient_fallback="off"),
)
LEAVING = row(FROM_CLOUD, event="SEND", recipient=SUN, logged_connector="")
ARRIVING = row(
    FROM_OUR_SERVER, envelope_sender=JOHN, event="RECEIVE", recipient=BOB, logged_connector="From on-premises"
)


# A world in which rules look at everything that a row shows them.
RULES_LOOK = tenant(
    outbound=(outbound("To on-premises", "contoso.com"), outbound("Ruled", rule_scoped=True)),
    rules=(
        rule("", name="stop", stops=True, conditions=(Predicate("From", (JOHN,)),)),
        rule("Ruled", name="big", priority=1, conditions=(Predicate("MessageSizeOver", ("1000",)),)),
        rule("Ruled", name="out", priority=2, conditions=(Predicate("From", (SUN,), SenderLocation.ENVELOPE),)),
        rule("Ruled", name="near", priority=3, conditions=(Predicate("SenderIpRanges", ("192.0.2.12/32",)),)),
        rule("Ruled", name="to", priority=4, conditions=(Predicate("RecipientDomainIs", ("example.org",)),)),
        rule("Ruled", name="about", priority=5, conditions=(Predicate("SubjectContainsWords", ("offer",)),)),
    ),
)
FROM_SERVER = row(
    FROM_OUR_SERVER,
    envelope_sender=BOB,
    header_from=BOB,
    event="SEND",
    recipient=SUN,
    logged_connector="",
    subject="Invoice",
)


@pytest.mark.parametrize(
    "base, changed",
    [
        (row(FROM_SERVER, size=900_000), {"header_from": JOHN}),
        (FROM_SERVER, {"envelope_sender": SUN}),
        (FROM_SERVER, {"size": 900_000}),
        (FROM_SERVER, {"size": 2000}),
        (FROM_SERVER, {"size": None}),
        (FROM_SERVER, {"recipient": "x@example.org"}),
        (FROM_SERVER, {"connecting_ip": "192.0.2.12"}),
        (FROM_SERVER, {"subject": "An offer"}),
        (FROM_SERVER, {"subject": None}),
    ],
)
def test_what_rules_look_at_has_a_say_on_both_paths(base: Row, changed: Row) -> None:
    """A row that differs in what a rule looks at is judged differently, and equally on both paths."""
    rows = [base, {**base, **changed, "source_row": 2}]
    together = vectorised(Engine(RULES_LOOK), EXTENDED, rows)
    assert together == one_by_one(RULES_LOOK, EXTENDED, rows)
    assert together[0] != together[1]


@pytest.mark.parametrize(
    "base, changed",
    [
        pytest.param(base, changed, id=f"{base['event']} {next(iter(changed))}")
        for base, changed in (
            (LEAVING, {"forwarded": True}),
            (LEAVING, {"routed_by_rule": True}),
            (LEAVING, {"recipient": JOHN}),
            (LEAVING, {"header_from": SUN}),
            (LEAVING, {"directionality": "inbound"}),
            (LEAVING, {"event": "FAIL"}),
            (LEAVING, {"logged_connector": "CMT"}),
            (LEAVING, {"logged_outbound": "CMT"}),
            (LEAVING, {"received_at": START}),
            (ARRIVING, {"envelope_sender": "<>"}),
            (ARRIVING, {"connecting_ip": FOREIGN_HOST}),
            (ARRIVING, {"connecting_ip": FOREIGN_HOST, "connecting_host": "ex1.corp.contoso.com"}),
            (ARRIVING, {"delivery_status": "DSN"}),
            (ARRIVING, {"logged_inbound": "Bank"}),
        )
    ],
)
def test_every_cell_has_a_say_on_both_paths(base: Row, changed: Row) -> None:
    """A row that differs in one cell is judged differently, and equally on both paths."""
    rows = [base, {**base, **changed, "source_row": 2}]
    together = vectorised(Engine(EVERY_CELL), EXTENDED, rows)
    assert together == one_by_one(EVERY_CELL, EXTENDED, rows)
    assert together[0] != together[1]


MOVED = Residence(
    (ONPREMISES, Placement(MailboxPlace.MOVING), CLOUD),
    (microseconds(START + timedelta(hours=10)), microseconds(START + timedelta(hours=12))),
)
HOURS = st.integers(0, 24)


@MODEST
@given(
    st.lists(st.tuples(st.sampled_from((JOHN, BOB, SUN)), st.sampled_from((JOHN, BOB, SUN)), HOURS, st.booleans())),
    st.booleans(),
)
def test_a_moved_mailbox_is_judged_by_its_day(
    drawn: list[tuple[str, str, int, bool]],
    twice: bool,  # noqa: FBT001
) -> None:
    """Senders and recipients are before, within and after their moves on both paths alike, in every snapshot."""
    listed = snapshot(directory=directory({JOHN: MOVED, BOB: CLOUD}))
    later = snapshot(since=START + timedelta(hours=11), directory=directory({JOHN: CLOUD, BOB: MOVED}))
    ours = tenant(replace(listed, since=START), later) if twice else tenant(listed)
    rows = [
        row(
            FROM_CLOUD,
            header_from=header,
            envelope_sender=header if stated else None,
            recipient=to,
            delivery_status="Receive, Delivered",
            received_at=START + timedelta(hours=hours),
            source_row=number,
        )
        for number, (header, to, hours, stated) in enumerate(drawn, 1)
    ]
    if rows:
        assert vectorised(Engine(ours), ENHANCED, rows) == one_by_one(ours, ENHANCED, rows)


def test_the_day_of_a_moved_mailbox_tells() -> None:
    """The same message is judged differently before, during and after the recipient's move."""
    ours = tenant(directory=directory({JOHN: MOVED, BOB: CLOUD}))
    rows = [
        row(
            FROM_CLOUD,
            recipient=JOHN,
            logged_connector="",
            received_at=START + timedelta(hours=hours),
            source_row=hours,
        )
        for hours in (9, 11, 13)
    ]
    found = vectorised(Engine(ours), ENHANCED, rows)
    assert [j.destination for j in found] == ["onpremises", None, "cloud"]
    assert found == one_by_one(ours, ENHANCED, rows)
