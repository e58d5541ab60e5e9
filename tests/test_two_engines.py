"""The engine against a second one (tests/reference_engine.py): on random tenants and messages they must agree.

An ordinary run draws 3,500 cases, `pytest --hypothesis-profile nightly tests/test_two_engines.py` 105,000.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address
from itertools import product

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from analyzer.compare import Judgement
from analyzer.pipeline.engine import Engine
from analyzer.selection.inbound import InboundView, explain_inbound, select_inbound
from analyzer.selection.onpremises import ReceiveQuestion, SendQuestion, explain_send, possible_receive, possible_send
from analyzer.selection.outbound import OutboundView, explain_outbound, select_outbound
from analyzer.selection.rules import explain_rules, rules_met
from analyzer.tenant.model import (
    AcceptedDomain,
    InboundConnector,
    MailboxPlace,
    Organization,
    OutboundConnector,
    OwnServers,
    Place,
    Placement,
    Tenant,
    TransportRule,
)
from analyzer.tenant.onpremises import AddressRange, AddressSpace, Binding, ReceiveConnector, SendConnector
from analyzer.tenant.policy import Policy
from tests.builders import (
    BANKER,
    BOB,
    CLOUD,
    DAVID,
    ERIN,
    FOREIGN_HOST,
    JOHN,
    JULIE,
    OUR_SERVER,
    SUN,
    accepted,
    directory,
    lens,
    rule,
    tenant,
)
from tests.compare.builders import EXTENDED, OneByOne, Row, row
from tests.drawn_tenants import (
    ADDRESSES,
    DOMAINS,
    NAMES,
    PATTERNS,
    PERSONS,
    SUBJECTS,
    TITLES,
    accepted_domains,
    flags,
    inbound_connectors,
    outbound_connectors,
    policies,
    rarely,
    some,
    transport_rules,
)
from tests.pipeline.test_equality import vectorised
from tests.reference_engine import (
    Arriving,
    Configuration,
    Leaving,
    Seen,
    Sending,
    arrive,
    destination,
    judge_arriving,
    judge_leaving,
    leave,
    receive,
    ruled,
    send,
)
from tests.selection.asking import asked_inbound, asked_outbound, said

CASES = settings(
    max_examples=5 * settings().max_examples,
    deadline=None,
    derandomize=settings.get_current_profile_name() != "nightly",  # an ordinary run draws the same cases each time
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example],
)


@st.composite
def leaving(draw: st.DrawFn) -> Leaving:
    """Draw a message for one recipient."""
    origin, destination = draw(st.sampled_from(Place)), draw(st.sampled_from(Place))
    return Leaving(
        draw(st.sampled_from(DOMAINS)),
        origin,
        destination,
        originating=origin is Place.ONPREMISES and not draw(rarely),
        forwarded=draw(flags),
        rule="beta" if draw(rarely) else None,
        unknown=draw(rarely),
    )


@CASES
@given(leaving(), outbound_connectors(), accepted_domains(), policies)
def test_a_message_leaves_by_the_same_connector(
    message: Leaving, connectors: tuple[OutboundConnector, ...], ours: tuple[AcceptedDomain, ...], policy: Policy
) -> None:
    """Both engines select the same outbound connector, or equal candidates, or none (3)."""
    seen = lens(outbound=connectors, accepted=ours)
    fired = rule(message.rule) if message.rule else None
    way = f"{message.origin.value}>{message.destination.value}"
    question = asked_outbound(seen, message.domain, way, forwarded=message.forwarded, rule=fired)
    question = replace(question, originating=message.originating, unknown_recipient=message.unknown)
    view = OutboundView(seen, policy)
    answer = select_outbound(question, view)

    assert said(answer) == str(leave(message, connectors, ours, policy))
    assert explain_outbound(question, view)[-1].fate == f"decides: {answer.words()} ({answer.reason})"


@st.composite
def arriving(draw: st.DrawFn) -> Arriving:
    """Draw a message at the door; a certificate takes TLS."""
    tls = draw(flags)
    return Arriving(
        draw(st.sampled_from(ADDRESSES)),
        draw(st.sampled_from(("", *DOMAINS))),
        draw(st.sampled_from(DOMAINS)),
        draw(some(SUBJECTS, 2)) if tls else (),
        tls,
        draw(flags),
    )


@CASES
@given(arriving(), inbound_connectors(), accepted_domains(), policies, flags)
def test_a_message_is_attributed_alike(
    message: Arriving,
    connectors: tuple[InboundConnector, ...],
    ours: tuple[AcceptedDomain, ...],
    policy: Policy,
    closed: bool,  # noqa: FBT001
) -> None:
    """Both engines attribute the message to the same inbound connector, or refuse it alike (4)."""
    seen = lens(inbound=connectors, accepted=ours, organization=Organization(reject_direct_send=closed))
    question = asked_inbound(
        seen,
        message.mail_from,
        message.rcpt_to,
        ip=message.ip,
        certificates=message.certificates,
        plain_text=not message.tls,
        associated_by_sender=message.by_sender,
    )
    second = arrive(message, connectors, ours, policy, reject_direct_send=closed)

    view = InboundView(seen, policy)
    answer = select_inbound(question, view)

    assert said(answer) == str(second)
    assert explain_inbound(question, view)[-1].fate == f"decides: {answer.words()} ({answer.reason})"


CONTACT = Placement(MailboxPlace.EXTERNAL)


@st.composite
def seen(draw: st.DrawFn) -> Seen:
    """Draw what a log shows of a message to a mail flow rule."""
    senders = st.sampled_from((None, "<>", *PERSONS))
    listed = draw(some(PERSONS, 6))
    return Seen(
        draw(senders),
        draw(senders),
        draw(st.sampled_from(PERSONS)),
        draw(st.sampled_from(("", *ADDRESSES))),
        draw(st.sampled_from((None, 10, 2_000, 70_000, 200_000))),
        draw(st.sampled_from((None, *TITLES))),
        draw(st.sampled_from(Place)),
        None if draw(rarely) else draw(accepted_domains()),
        mailboxes=frozenset(listed[::2]),
        contacts=frozenset(listed[1::2]),
    )


@CASES
@given(seen(), transport_rules())
def test_the_same_rules_may_have_fired(message: Seen, rules: tuple[TransportRule, ...]) -> None:
    """Both engines name the same rules that may have decided, over every value of what no log shows (3.3, 1)."""
    people = dict.fromkeys(message.mailboxes, CLOUD) | dict.fromkeys(message.contacts, CONTACT)
    compiled = lens(rules=rules, accepted=message.accepted, directory=directory(people))
    book = compiled.rulebook
    shows = compiled.recipient(message.recipient).shown | compiled.source(message.ip).shown
    shows |= book.of_senders(message.header, message.envelope) | book.of_size(message.size)
    shows |= book.of_subject(message.subject)
    met, unseen = rules_met(compiled, shows, message.origin)
    steps = list(explain_rules(compiled, shows, message.origin))
    event("certain" if len(met) == 1 else "open")

    assert {r.name if r else "" for r in met} == ruled(message, rules)
    assert bool(unseen) == (len(met) > 1)
    assert [step.subject for step in steps] == [f"rule {r.name}" for r in book.rules[: len(steps)]]
    assert [step.fate.startswith("fired") for step in steps[:-1]] == [False] * len(steps[:-1])


CLERK = "clerk@woodgrovebank.com"
PEOPLE = {
    JOHN: Place.ONPREMISES,
    JULIE: Place.ONPREMISES,
    BOB: Place.CLOUD,
    DAVID: Place.CLOUD,
    SUN: Place.INTERNET,
    ERIN: Place.INTERNET,
    BANKER: Place.PARTNER,
    CLERK: Place.PARTNER,
}
OURS = accepted("contoso.com", "contoso.onmicrosoft.com")


def configuration() -> st.SearchStrategy[Configuration]:
    """Draw a configuration whose inbound connectors need no certificate, which no log shows."""
    uncertified = inbound_connectors().map(
        lambda cs: tuple(
            replace(
                c,
                certificate_name=None,
                restrict_to_certificate=False,
                associated_accepted_domains=(),
                trusted_organizations=(),
            )
            for c in cs
        )
    )
    mx = st.sampled_from(("office365", "onpremises", "thirdparty"))
    return st.builds(Configuration, outbound_connectors(), uncertified, st.just(OURS), policies, mx)


def tenant_of(ours: Configuration) -> Tenant:
    """Build the plain hybrid tenant with this configuration."""
    return tenant(
        outbound=ours.outbound, inbound=ours.inbound, accepted=ours.accepted, policy=ours.policy, mx_default=ours.mx
    )


def judged(ours: Configuration, message: Row) -> Judgement:
    """Judge one row by the one-message path and by the vectorised one, which must agree."""
    ours_whole = tenant_of(ours)
    (alone,) = OneByOne(ours_whole, EXTENDED).log_row([message])
    (together,) = vectorised(Engine(ours_whole), EXTENDED, [message])
    assert alone == together
    return alone


@CASES
@given(configuration(), st.data())
def test_a_row_leaves_with_the_same_verdict(ours: Configuration, data: st.DataObject) -> None:
    """Both engines and the vectorised path judge a SEND or DELIVER alike (8)."""
    sender, recipient = (
        data.draw(st.sampled_from((JOHN, BOB, SUN, BANKER))),
        data.draw(st.sampled_from((JULIE, DAVID, ERIN, CLERK))),
    )
    logged = data.draw(st.sampled_from([None, *(c.name for c in ours.outbound)]))
    happened = "DELIVER" if PEOPLE[recipient] is Place.CLOUD and (logged is None or data.draw(flags)) else "SEND"
    origin, place = PEOPLE[sender], destination(PEOPLE[recipient], happened, ours.outbound)
    ip = {Place.ONPREMISES: OUR_SERVER, Place.CLOUD: ""}.get(origin, FOREIGN_HOST)
    message = row(
        envelope_sender=sender,
        header_from=sender,
        recipient=recipient,
        connecting_ip=ip,
        directionality="outbound" if origin is Place.CLOUD else "inbound",
        event=happened,
        logged_connector=logged or "",
    )
    left = Leaving(recipient.partition("@")[2], origin, place)
    outside = {Place.INTERNET, Place.PARTNER}
    # A forward arrived for one of our own recipients (8, missing inputs).
    addressed = "contoso.com" if {origin, place} <= outside else left.domain
    arrived = None if origin is Place.CLOUD else Arriving(ip, sender.partition("@")[2], addressed)
    found = judged(ours, message)
    event(found.verdict)

    assert (found.path, found.outbound.verdict) == (
        f"{origin}>{place}",
        judge_leaving(left, arrived, logged, ours),
    )


@CASES
@given(configuration(), st.data())
def test_a_row_arrives_with_the_same_verdict(ours: Configuration, data: st.DataObject) -> None:
    """Both engines and the vectorised path judge a RECEIVE alike (8)."""
    sender = data.draw(st.sampled_from([JOHN, SUN, BANKER]))
    recipient = data.draw(st.sampled_from([JULIE, DAVID]))
    origin = PEOPLE[sender]
    logged = data.draw(st.sampled_from([None, *(c.name for c in ours.inbound)]))
    ip = OUR_SERVER if origin is Place.ONPREMISES else FOREIGN_HOST
    message = row(
        envelope_sender=sender,
        header_from=sender,
        recipient=recipient,
        connecting_ip=ip,
        directionality="inbound",
        event="RECEIVE",
        logged_connector=logged or "",
    )
    arrived = Arriving(ip, sender.partition("@")[2], recipient.partition("@")[2])
    found = judged(ours, message)
    event(found.verdict)

    assert found.inbound.verdict == judge_arriving(
        arrived, (origin, PEOPLE[recipient]), logged, ours, listed=sender == JOHN
    )


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
