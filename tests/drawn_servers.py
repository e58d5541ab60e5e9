"""Random Send and Receive connectors of three own servers."""

from __future__ import annotations

from ipaddress import ip_address

from hypothesis import strategies as st

from analyzer.tenant.onpremises import AddressRange, AddressSpace, Binding, ReceiveConnector, SendConnector
from tests.drawn_tenants import NAMES, PATTERNS, rarely, some
from tests.reference.own_servers import LOCAL, SERVERS

ROUTING = "contoso.mail.onmicrosoft.com"
SPACES = (*PATTERNS, "--", ROUTING, "*.mail.onmicrosoft.com")
SIZES = (1, 150, 10**9)  # one below, between and above the limits that are drawn
CLIENTS = ("192.0.2.10", "192.0.2.200", "203.0.113.9", "2001:db8::9")
RANGES = tuple(
    AddressRange(ip_address(first), ip_address(last))
    for first, last in (
        ("192.0.2.0", "192.0.2.15"),
        ("192.0.2.10", "192.0.2.10"),
        ("192.0.2.0", "192.0.2.255"),
        ("0.0.0.0", "255.255.255.255"),
        ("2001:db8::", "2001:db8::ff"),
    )
)
_ONE_SERVER = tuple((server,) for server in SERVERS)
_SEVERAL = (("ex1", "ex2"), ("ex2", "ex3"))


@st.composite
def send_connectors(draw: st.DrawFn, *, one_server_each: bool = False) -> tuple[SendConnector, ...]:
    """Draw up to four Send connectors."""
    spaces = st.builds(
        AddressSpace,
        st.sampled_from(SPACES),
        st.sampled_from((1, 5, 100)),
        st.sampled_from(("smtp", "smtp", "smtp", "x400")),
    )
    return tuple(
        SendConnector(
            name,
            tuple(draw(st.lists(spaces, min_size=1, max_size=2))),
            enabled=not draw(rarely),
            max_message_size=draw(st.sampled_from((None, None, 100, 200))),
            scoped=draw(rarely),
            source_servers=draw(st.sampled_from(_ONE_SERVER if one_server_each else (*_ONE_SERVER, *_SEVERAL))),
        )
        for name in draw(some(NAMES, 4))
    )


@st.composite
def receive_connectors(draw: st.DrawFn) -> tuple[ReceiveConnector, ...]:
    """Draw up to four Receive connectors; most listen on every address of their server."""
    addresses = st.sampled_from((None, None, None, *map(ip_address, LOCAL)))
    bindings = st.builds(Binding, addresses, st.sampled_from((25, 25, 2525)))
    return tuple(
        ReceiveConnector(
            name,
            draw(st.sampled_from(("ex1", "ex1", "ex2"))),
            tuple(draw(st.lists(bindings, min_size=1, max_size=2))),
            tuple(draw(st.lists(st.sampled_from(RANGES), min_size=1, max_size=2))),
            enabled=not draw(rarely),
        )
        for name in draw(some(NAMES, 4))
    )
