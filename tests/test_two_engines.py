"""The engine against a second one (tests/reference_engine.py): on random tenants and messages they must agree.

An ordinary run draws 2,000 cases, `pytest --hypothesis-profile nightly tests/test_two_engines.py` 100,000.
"""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from analyzer.compare import Judgement
from analyzer.pipeline.engine import Engine
from analyzer.selection.inbound import InboundView, select_inbound
from analyzer.selection.outbound import OutboundView, select_outbound
from analyzer.tenant.model import (
    AcceptedDomain,
    InboundConnector,
    Organization,
    OutboundConnector,
    Place,
    Tenant,
)
from analyzer.tenant.policy import Policy
from tests.builders import (
    BANKER,
    BOB,
    DAVID,
    ERIN,
    FOREIGN_HOST,
    JOHN,
    JULIE,
    OUR_SERVER,
    SUN,
    accepted,
    lens,
    rule,
    tenant,
)
from tests.compare.builders import EXTENDED, OneByOne, Row, row
from tests.drawn_tenants import (
    ADDRESSES,
    DOMAINS,
    SUBJECTS,
    accepted_domains,
    flags,
    inbound_connectors,
    outbound_connectors,
    policies,
    rarely,
    some,
)
from tests.pipeline.test_equality import vectorised
from tests.reference_engine import (
    Arriving,
    Configuration,
    Leaving,
    arrive,
    destination,
    judge_arriving,
    judge_leaving,
    leave,
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
    question = replace(question, originating=message.originating)

    assert said(select_outbound(question, OutboundView(seen, policy))) == str(leave(message, connectors, ours, policy))


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

    assert said(select_inbound(question, InboundView(seen, policy))) == str(second)


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
