"""Rows that lack inputs: both engines and the vectorised path give one verdict, or leave the same rows open (8)."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import assume, event, given
from hypothesis import strategies as st

from analyzer.pipeline.engine import Engine
from analyzer.tenant.model import Tenant
from tests.compare.builders import Log, OneByOne, Row
from tests.drawn_rows import hybrids, office_rows
from tests.drawn_tenants import SUBJECTS, some
from tests.pipeline.test_equality import vectorised
from tests.reference.evidence import Shown, destinations, origins
from tests.reference.open_rows import judge
from tests.two_engines.cases import CASES

Case = tuple[Tenant, tuple[Log, Row]]


CASE = hybrids.flatmap(lambda ours: st.tuples(st.just(ours), office_rows(ours)))


def shown(ours: Tenant, log: Log, cells: Row, certificates: tuple[str, ...] | None = None) -> Shown:
    """Give a row to the second engine."""
    held = ours.snapshots[-1]
    row = Shown(cells, held, ours.settings, log.carries.value, log.has_directionality, ours.snapshots, certificates)
    # Without accepted domains the engine takes the sender's domain for itself and the recipient's for itself.
    assume(held.accepted is not None or row.sender_domain != row.own_domain)
    return row


@CASES
@given(CASE)
def test_a_row_that_lacks_inputs_has_the_same_verdict(case: Case) -> None:
    """Both engines find the same places and the same verdict on each side, whatever the row leaves open."""
    ours, (log, cells) = case
    row = shown(ours, log, cells)
    (found,) = OneByOne(ours, log).log_row([cells])
    assert vectorised(Engine(ours), log, [cells]) == [found]

    places = [next(iter(p)) if len(p) == 1 else None for p in (origins(row)[0], destinations(row))]
    inbound, outbound, headline = judge(row)
    event(found.verdict)

    assert [found.origin, found.destination] == places
    assert (found.inbound.verdict, found.outbound.verdict) == (inbound.verdict, outbound.verdict)
    assert found.verdict == headline


@CASES
@given(CASE, some(SUBJECTS, 2))
def test_a_row_whose_certificate_is_known_has_the_same_verdict(case: Case, presented: tuple[str, ...]) -> None:
    """What a source presented, or that it presented nothing, settles attribution by certificate (8)."""
    ours, (log, cells) = case
    path = OneByOne(ours, log)
    found = path.judge(replace(path.observe(cells), certificates=presented), cells["received_at"])
    inbound, outbound, headline = judge(shown(ours, log, cells, presented))
    event(found.verdict)

    assert (found.inbound.verdict, found.outbound.verdict, found.verdict) == (
        inbound.verdict,
        outbound.verdict,
        headline,
    )
