"""Send and Receive connectors against the second engine: every way between sites, every size, port and address."""

from __future__ import annotations

from ipaddress import ip_address
from itertools import product

from hypothesis import event, given
from hypothesis import strategies as st

from analyzer.selection.onpremises import ReceiveQuestion, SendQuestion, explain_send, possible_receive, possible_send
from analyzer.tenant.model import OwnServers
from analyzer.tenant.onpremises import AddressRange, AddressSpace, Binding, ReceiveConnector, SendConnector
from tests.builders import lens
from tests.drawn_tenants import DOMAINS, NAMES, PATTERNS, rarely, some
from tests.reference_engine import Sending, receive, send
from tests.two_engines.cases import CASES

WAYS = ((0, 1), (1, 2), (9, 2), (300, 2))  # what the way to a server may cost, and its hops


@st.composite
def send_connectors(draw: st.DrawFn) -> tuple[SendConnector, ...]:
    """Draw up to four Send connectors of three servers."""
    spaces = st.builds(AddressSpace, st.sampled_from(PATTERNS), st.sampled_from((1, 5, 100)))
    return tuple(
        SendConnector(
            name,
            tuple(draw(st.lists(spaces, min_size=1, max_size=2))),
            enabled=not draw(rarely),
            max_message_size=draw(st.sampled_from((None, None, 100, 200))),
            scoped=draw(rarely),
            source_servers=draw(st.sampled_from((("ex1",), ("ex2",), ("ex3",), ("ex1", "ex2"), ("ex2", "ex3")))),
        )
        for name in draw(some(NAMES, 4))
    )


@CASES
@given(send_connectors(), st.sampled_from(DOMAINS), st.sampled_from((None, 1, 150, 10**9)))
def test_the_possible_send_connectors_are_those_and_no_others(
    connectors: tuple[SendConnector, ...], domain: str, size: int | None
) -> None:
    """What the first engine holds possible is what the second answers over all ways between sites and all sizes (6).

    Of a connector with several servers it does not see that now this rival beats it and now that one: it may then name
    one connector too many, which leaves a row undetermined and never makes an alarm.
    """
    facts = lens(own=OwnServers(send=connectors)).domain(domain)
    question = SendQuestion(facts, size, "ex1")
    answers = possible_send(question, connectors)
    words = {a.connector or a.outcome.value for a in answers}
    sizes = (1, 150, 10**9) if size is None else (size,)
    real = {
        str(send(Sending(domain, s, {"ex1": (0, 0), "ex2": second, "ex3": third}), connectors))
        for s, second, third in product(sizes, WAYS, WAYS)
    }

    event("one answer" if len(words) == 1 else "several")
    one_server_each = all(len(c.source_servers) == 1 for c in connectors)
    assert real <= words
    assert (words if one_server_each else words & {"none", "reject"}) <= real
    won = {s.subject for s in explain_send(question, connectors) if ": wins" in s.fate}
    assert won == words - {"none", "reject"}


RANGES = tuple(
    AddressRange(ip_address(first), ip_address(last))
    for first, last in (
        ("192.0.2.0", "192.0.2.15"),
        ("192.0.2.10", "192.0.2.10"),
        ("192.0.2.0", "192.0.2.255"),
        ("0.0.0.0", "255.255.255.255"),
    )
)


@CASES
@given(st.data(), st.sampled_from(("192.0.2.10", "192.0.2.200", "203.0.113.9")), st.sampled_from((25, 2525)))
def test_the_same_receive_connector_takes_a_session(data: st.DataObject, ip: str, port: int) -> None:
    """Both engines find the connector with the narrowest range on the port (6)."""
    ranges = st.sampled_from(RANGES)
    connectors = tuple(
        ReceiveConnector(
            name,
            data.draw(st.sampled_from(("ex1", "ex2"))),
            (Binding(None, data.draw(st.sampled_from((25, 2525)))),),
            (data.draw(ranges), data.draw(ranges)),
            enabled=not data.draw(rarely),
        )
        for name in data.draw(some(NAMES, 4))
    )
    (answer,) = possible_receive(ReceiveQuestion("ex1", ip_address(ip), port), connectors)

    assert (set(answer.names()) or {answer.outcome.value}) == set(
        str(receive(ip, "ex1", port, connectors)).split(" | ")
    )
