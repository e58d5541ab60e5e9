"""Values that are alike share their facts: told a column at a time, each falls into the class that it has alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.evidence import hop_of
from analyzer.pipeline.engine import Engine
from analyzer.selection.batch import Classes, class_codes, class_codes_of_several
from analyzer.selection.facts import Lens, RecipientFacts
from analyzer.selection.receiving import ReceiveQuestion, possible_receive
from analyzer.tenant.model import OwnServers, RemoteDomain, Tenant
from analyzer.tenant.onpremises import ReceiveConnector
from tests.builders import CLOUD, ONPREMISES, accepted, directory, networks, outbound, settings, snapshot, tenant
from tests.drawn_servers import receive_connectors
from tests.drawn_tenants import (
    DOMAINS,
    NETWORKS,
    PATTERNS,
    PERSONS,
    accepted_domains,
    inbound_connectors,
    outbound_connectors,
    some,
    transport_rules,
)

SERVERS = ("ex1", "ex2", "ex3", None)
LOCALS = ("bob", "Bob", "bob+news", "a@b", "", "x.y", "ü")
ENDS = ("", ".", ">", ". ", "..")
texts = st.lists(
    st.one_of(
        st.none(),
        st.sampled_from((*PERSONS, *(p.upper() for p in PERSONS), "<>", "", "@", ".", "nobody", "a..com@.com", "x@*")),
        st.builds(
            lambda local, below, domain, end: f"{local}@{below}{domain}{end}",
            st.sampled_from(LOCALS),
            st.sampled_from(("", "sub.", "deep.sub.", ".", "not", "MAIL.")),
            st.sampled_from((*DOMAINS, "onmicrosoft.com", "com", "example.net", "münchen.example", "x")),
            st.sampled_from(ENDS),
        ),
        st.text("ab@.+<> ü", max_size=9),
    ),
    min_size=1,
    max_size=30,
)
IPS = (
    *("", "192.0.2.10", "192.0.2.15", "192.0.2.16", "192.0.1.255", "198.51.100.7", "198.51.100.8", "203.0.113.255"),
    *("[192.0.2.10]", " 192.0.2.10:25", "::ffff:192.0.2.10", "[::ffff:c000:020a]:25", "192.0.02.10", "192.0.2", "1"),
    *("2001:db8::1", "2001:DB8:0:0::1", "2001:db8:1::", "2001:db8::1%eth0", "fe80::1%3", "2001:db8::g", "::", "a\0b"),
)
HOSTS = (
    "",
    "ex1.corp.contoso.com",
    "EX1.corp.contoso.com.",
    "corp.contoso.com",
    ".corp.contoso.com",
    "mail.adatum.com",
)
ips = st.one_of(st.none(), st.sampled_from(IPS), st.ip_addresses().map(str), st.text("0123456789.:[]% ", max_size=12))


@st.composite
def tenants(draw: st.DrawFn) -> Tenant:
    """Draw a tenant of one or two snapshots with everything that tells addresses apart."""
    held = [
        snapshot(
            since=since,
            outbound=draw(outbound_connectors()),
            inbound=(*draw(inbound_connectors()),),
            accepted=draw(st.none() | accepted_domains()),
            rules=draw(transport_rules()),
            remote=draw(st.none() | some(PATTERNS).map(lambda names: tuple(RemoteDomain(n, n, True) for n in names))),
            directory=draw(st.none() | some(PERSONS).map(lambda people: directory(dict.fromkeys(people, CLOUD)))),
        )
        for since in (None,)
    ]
    declared = settings(
        partner_domains=draw(some(DOMAINS)),
        onpremises_domains=draw(some(tuple(p for p in PATTERNS if p != "*"))),
        mx=dict.fromkeys(draw(some(DOMAINS)), "onpremises"),
        onpremises_addresses=networks(*draw(some((*NETWORKS, "2001:db8::/48", "::/0")))),
        onpremises_hosts=draw(some(("*.corp.contoso.com", "corp.contoso.com", "mail.adatum.com"))),
        direct_send_addresses=draw(some(PERSONS)),
    )
    return Tenant(tuple(held), declared)


def agree(classes: Classes[Any, Any], values: Sequence[object], codes: Sequence[int]) -> None:
    """Hold the class numbers of values against those of each alone."""
    assert [classes.classes[code] for code in codes] == [classes.classes[classes.number(value)] for value in values]


@given(tenants(), texts)
def test_addresses_fall_into_the_classes_they_have_alone(drawn: Tenant, addresses: list[str | None]) -> None:
    """A recipient or sender shows the same whether it is read alone or as one of many that are alike."""
    engine, column = Engine(drawn), pa.array(addresses, pa.string())

    agree(engine.recipients, addresses, class_codes(engine.recipients, column).tolist())
    agree(engine.senders, addresses, class_codes(engine.senders, column).tolist())


@given(tenants(), texts, st.randoms())
def test_senders_show_rules_what_they_show_alone(drawn: Tenant, headers: list[str | None], chance: Random) -> None:
    """The pair of header and envelope sender shows rules the same, read alone or with others."""
    envelopes = list(headers)
    chance.shuffle(envelopes)
    engine, columns = Engine(drawn), [pa.array(side, pa.string()) for side in (headers, envelopes)]

    codes = class_codes_of_several(engine.senders_show, columns).tolist()

    agree(engine.senders_show, list(zip(headers, envelopes, strict=True)), codes)


@given(tenants(), st.lists(st.tuples(ips, st.none() | st.sampled_from(HOSTS)), min_size=1, max_size=30))
def test_sources_fall_into_the_classes_they_have_alone(
    drawn: Tenant, rows: list[tuple[str | None, str | None]]
) -> None:
    """A host shows the same, however its address is written, read alone or as one of many that are alike."""
    engine, columns = Engine(drawn), [pa.array(cells, pa.string()) for cells in zip(*rows, strict=True)]

    codes = class_codes_of_several(engine.sources, columns).tolist()

    agree(engine.sources, rows, codes)


@given(receive_connectors(), st.lists(st.tuples(st.sampled_from(SERVERS), ips), min_size=1, max_size=30))
def test_a_session_stands_for_those_of_clients_in_the_same_ranges(
    drawn: tuple[ReceiveConnector, ...], rows: list[tuple[str | None, str | None]]
) -> None:
    """Of the clients that the same ranges hold one is kept; whichever it is, every Receive connector answers alike."""
    engine = Engine(tenant(own=OwnServers(receive=drawn)))
    sessions = [(server, f"192.0.2.1:{25 + place % 2}", client) for place, (server, client) in enumerate(rows)]
    columns = [pa.array(cells, pa.string()) for cells in zip(*sessions, strict=True)]

    codes = class_codes_of_several(engine.hops, columns).tolist()

    for hop, kept in ((hop_of(*cells), engine.hops.classes[code]) for cells, code in zip(sessions, codes, strict=True)):
        assert replace(hop, client=None) == replace(kept, client=None)
        assert (hop.client is None) == (kept.client is None)
        if hop.client is not None and kept.client is not None:
            one, other = (
                possible_receive(ReceiveQuestion(hop.server, client, hop.port, hop.local), drawn)
                for client in (hop.client, kept.client)
            )
            assert one == other


def test_a_flood_of_new_names_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of ten thousand strangers one is reduced, of ten thousand own addresses that no list holds one more."""
    john = directory({"john@contoso.com": ONPREMISES})
    engine = Engine(tenant(accepted=accepted("contoso.com"), directory=john, outbound=(outbound("O", "contoso.com"),)))
    asked: list[str | None] = []

    def reduced(_: Lens, address: str | None) -> tuple[RecipientFacts, ...]:
        asked.append(address)
        return ()

    monkeypatch.setattr(Lens, "recipient_over_time", reduced)
    strangers = [f"ann{n}@d{n}.example.org" for n in range(10_000)]
    unknown = [f"user{n}@contoso.com" for n in range(10_000)]

    class_codes(engine.recipients, pa.array([*strangers, "john@contoso.com", *unknown, "JOHN@contoso.com"]))

    assert asked[0] == strangers[0]
    assert set(asked[1:]) == {"john@contoso.com", unknown[0], "JOHN@contoso.com", None}
