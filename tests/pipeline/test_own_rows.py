"""Rows of own servers' logs: the vectorised path gives what the one-message path gives."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from analyzer.pipeline.engine import Engine
from analyzer.tenant.model import OwnServers, Tenant
from tests.builders import BANKER, BOB, FOREIGN_HOST, JOHN, OUR_SERVER, SUN, snapshot, tenant
from tests.compare.builders import NOON, TRACKING, Row, row
from tests.compare.test_own_server import FRONTEND, HUB, HYBRID_SEND, OWN_ACCEPTED, RELAY, ROUTING, send
from tests.pipeline.test_equality import MODEST, one_by_one, vectorised

SENDS = (
    *HYBRID_SEND,
    send("Small", "*.com", max_message_size=1000),
    send("Far", "contoso.com;3", source_servers=("ex2",)),
    send("Scoped", "*.contoso.com", scoped=True, source_servers=("ex3",), changed_at=NOON),
    send("Off", ROUTING, enabled=False),
)
RECEIVES = (FRONTEND, RELAY, HUB)
NAMES = (None, *(c.name for c in SENDS), "Intra-Organization SMTP Send Connector", "Nobody knows it")
HEADED = (None, *(rf"EX1\{c.name}" for c in RECEIVES), r"EX2\Relay", "Relay")


@st.composite
def companies(draw: st.DrawFn) -> Tenant:
    """Draw exports of the own servers, some of them absent, over one snapshot or two."""

    def own() -> OwnServers:
        chosen: dict[str, Any] = {
            "send": draw(st.none() | st.lists(st.sampled_from(SENDS), unique=True).map(tuple)),
            "receive": draw(st.none() | st.lists(st.sampled_from(RECEIVES), unique=True).map(tuple)),
            "accepted": draw(st.none() | st.just(OWN_ACCEPTED)),
        }
        return OwnServers(**chosen)

    if draw(st.booleans()):
        return tenant(own=own())
    days = (timedelta(days=-1), timedelta(hours=1))
    return tenant(*(snapshot(name=str(d), since=NOON + d, own=own()) for d in days))


@st.composite
def server_rows(draw: st.DrawFn) -> Row:
    """Draw a row of a tracking or protocol log."""
    event = draw(st.sampled_from(("RECEIVE", "SEND", "SENDEXTERNAL", "FAIL", "DELIVER")))
    arrival = event == "RECEIVE"
    name = draw(st.sampled_from(HEADED if arrival else NAMES))
    return row(
        received_at=NOON + timedelta(minutes=draw(st.integers(-2880, 240))),
        event=event,
        recipient=draw(st.sampled_from((BOB, JOHN, SUN, BANKER, f"bob@{ROUTING}", "x@sub.contoso.com"))),
        header_from=draw(st.sampled_from((JOHN, BOB, SUN))),
        delivery_status=draw(st.sampled_from((None, "DSN", "250 2.1.5 OK", "550 4.4.7 QUEUE.Expired", "550 5.3.4"))),
        logged_connector=name or "",
        logged_inbound=name if arrival else None,
        logged_outbound=None if arrival else name,
        size=draw(st.sampled_from((None, 999, 1000, 1001))),
        connecting_ip=draw(st.sampled_from(("", OUR_SERVER, FOREIGN_HOST))),
        smtp_client=draw(st.sampled_from((None, "192.0.2.61"))),
        local_endpoint=draw(st.sampled_from((None, "192.0.2.10:25", "192.0.2.10:2525"))),
        server=draw(st.sampled_from((None, "ex1", "ex2"))),
    )


@MODEST
@given(ours=companies(), drawn=st.lists(server_rows(), min_size=1, max_size=12))
def test_a_table_of_an_own_server_is_judged_as_its_single_rows(ours: Tenant, drawn: list[Row]) -> None:
    """Every row gets the judgement that its raw cells get alone, whatever was exported and whenever it changed."""
    rows = [{**r, "source_row": number} for number, r in enumerate(drawn, 1)]

    assert vectorised(Engine(ours), TRACKING, rows) == one_by_one(ours, TRACKING, rows)
