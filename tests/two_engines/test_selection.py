"""Selection and attribution against the second engine: random connectors, rules and complete questions."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import event, given
from hypothesis import strategies as st

from analyzer.selection.inbound import InboundView, explain_inbound, select_inbound
from analyzer.selection.outbound import OutboundView, explain_outbound, select_outbound
from analyzer.selection.rules import explain_rules, rules_met
from analyzer.tenant.model import (
    AcceptedDomain,
    InboundConnector,
    MailboxPlace,
    Organization,
    OutboundConnector,
    Place,
    Placement,
    TransportRule,
)
from analyzer.tenant.policy import Policy
from tests.builders import CLOUD, directory, lens, rule
from tests.drawn_tenants import (
    ADDRESSES,
    DOMAINS,
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
from tests.reference_engine import Arriving, Leaving, Seen, arrive, leave, ruled
from tests.selection.asking import asked_inbound, asked_outbound, said
from tests.two_engines.cases import CASES


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
