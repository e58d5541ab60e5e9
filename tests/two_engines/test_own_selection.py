"""Send and Receive connectors against the second engine: every way between sites, every size, port and address."""

from __future__ import annotations

from ipaddress import ip_address

from hypothesis import event, given
from hypothesis import strategies as st

from analyzer.selection.onpremises import SendQuestion, explain_send, internet_egress, possible_send
from analyzer.selection.receiving import ReceiveQuestion, possible_receive
from analyzer.tenant.model import AcceptedDomain, OwnServers
from analyzer.tenant.onpremises import ReceiveConnector, SendConnector
from tests.builders import lens
from tests.drawn_servers import CLIENTS, SIZES, receive_connectors, send_connectors
from tests.drawn_tenants import DOMAINS, accepted_domains, flags
from tests.reference.own_servers import LOCAL, sites
from tests.reference_engine import Sending, egress, receive, send
from tests.two_engines.cases import CASES


@CASES
@given(
    send_connectors(),
    accepted_domains(),
    st.sampled_from(DOMAINS),
    st.sampled_from((None, *SIZES)),
    st.sampled_from(("ex1", "ex1", "ex1", "")),
)
def test_the_possible_send_connectors_are_those_and_no_others(
    connectors: tuple[SendConnector, ...],
    ours: tuple[AcceptedDomain, ...],
    domain: str,
    size: int | None,
    server: str,
) -> None:
    """What the first engine holds possible is what the second answers over all ways between sites and all sizes (6).

    Of a connector with several servers it does not see that now this rival beats it and now that one: it may then name
    one connector too many, which leaves a row undetermined and never makes an alarm.
    """
    facts = lens(own=OwnServers(send=connectors, accepted=ours)).domain(domain)
    question = SendQuestion(facts, size, server)
    answers = possible_send(question, connectors)
    words = {a.connector or a.outcome.value for a in answers} or {"none"}
    real = {
        str(send(Sending(domain, s, ways, ours=domain in {a.domain for a in ours}), connectors))
        for s in (SIZES if size is None else (size,))
        for ways in sites(server)
    }

    event("one answer" if len(words) == 1 else "several")
    one_server_each = all(len(c.source_servers) == 1 for c in connectors)
    assert real <= words
    assert (words if one_server_each else words & {"none", "reject"}) <= real
    won = {s.subject for s in explain_send(question, connectors) if ": wins" in s.fate}
    assert won == words - {"none", "reject"}


@CASES
@given(
    receive_connectors(),
    st.sampled_from(CLIENTS),
    st.sampled_from((None, 25, 2525)),
    st.sampled_from((None, *LOCAL, "192.0.2.4")),
)
def test_the_possible_receive_connectors_are_those_and_no_others(
    connectors: tuple[ReceiveConnector, ...], ip: str, port: int | None, local: str | None
) -> None:
    """The narrowest range takes a session, at every door of the server that it may have come to (6)."""
    at = ip_address(local) if local else None
    answers = possible_receive(ReceiveQuestion("ex1", ip_address(ip), port, at), connectors)
    words = {" | ".join(a.names()) or a.outcome.value for a in answers}
    doors = [(p, a) for p in ((25, 2525) if port is None else (port,)) for a in ((local,) if local else (None, *LOCAL))]
    real = {str(receive(ip, "ex1", p, connectors, a)) for p, a in doors}

    event("one answer" if len(words) == 1 else "several")
    assert words == (real - {"none"} or real)  # a session that somebody took was taken by a connector


@CASES
@given(send_connectors(), st.lists(st.tuples(flags, st.sampled_from(("", "office365", "gateway"))), min_size=4))
def test_the_way_of_internet_mail_is_read_alike(
    connectors: tuple[SendConnector, ...], hosts: list[tuple[bool, str]]
) -> None:
    """Both engines read from the Send connectors for `*` how the own servers' internet mail leaves (7.2)."""
    names = {"": (), "office365": ("contoso-com.mail.protection.outlook.com",), "gateway": ("mail.contoso.com",)}
    built = tuple(
        SendConnector(c.name, c.address_spaces, c.enabled, dns_routing=dns, smart_hosts=names[host])
        for c, (dns, host) in zip(connectors, hosts, strict=False)
    )

    assert internet_egress(built) == egress(built)
