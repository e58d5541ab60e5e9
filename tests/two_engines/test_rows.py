"""Rows on which everything is known: both engines and the vectorised path give one verdict (reference 8)."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import event, given
from hypothesis import strategies as st

from analyzer.compare import Judgement
from analyzer.pipeline.engine import Engine
from analyzer.tenant.model import Place, Tenant
from tests.builders import BANKER, BOB, DAVID, ERIN, FOREIGN_HOST, JOHN, JULIE, OUR_SERVER, SUN, accepted, tenant
from tests.compare.builders import EXTENDED, OneByOne, Row, row
from tests.drawn_tenants import flags, inbound_connectors, outbound_connectors, policies
from tests.pipeline.test_equality import vectorised
from tests.reference_engine import Arriving, Configuration, Leaving, destination, judge_arriving, judge_leaving
from tests.two_engines.cases import CASES

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
