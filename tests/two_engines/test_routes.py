"""Made-up messages of which everything is given: `route` answers what the second engine does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hypothesis import event, given
from hypothesis import strategies as st

from analyzer import Decision, route
from analyzer.selection.decision import Step
from analyzer.tenant.model import AcceptedDomain, InboundConnector, Organization, OutboundConnector, Place
from analyzer.tenant.policy import Policy
from tests.builders import tenant
from tests.drawn_tenants import (
    ADDRESSES,
    DOMAINS,
    SUBJECTS,
    accepted_domains,
    flags,
    inbound_connectors,
    outbound_connectors,
    policies,
)
from tests.reference.answers import Answer
from tests.reference_engine import Arriving, Leaving, arrive, leave, originating
from tests.two_engines.cases import CASES

OUTSIDE = {Place.INTERNET, Place.PARTNER}


@st.composite
def messages(draw: st.DrawFn) -> tuple[Leaving, Arriving]:
    """Draw a message with both places, its sender and what the source presents."""
    origin, destination = draw(st.sampled_from(Place)), draw(st.sampled_from(Place))
    domain, forwarded = draw(st.sampled_from(DOMAINS)), draw(flags)
    arrived = Arriving(
        draw(st.sampled_from(ADDRESSES)),
        draw(st.sampled_from(("", *DOMAINS))),
        domain,
        (draw(st.sampled_from(SUBJECTS)),),
    )
    return Leaving(domain, origin, destination, forwarded=forwarded), arrived


Ours = tuple[tuple[OutboundConnector, ...], tuple[InboundConnector, ...], tuple[AcceptedDomain, ...], Policy]
OURS: st.SearchStrategy[Ours] = st.tuples(outbound_connectors(), inbound_connectors(), accepted_domains(), policies)


@CASES
@given(messages(), OURS)
def test_a_made_up_message_is_routed_alike(message: tuple[Leaving, Arriving], ours: Ours) -> None:
    """What arrives is attributed or refused, and what was not refused leaves, as the second engine says (3.3, 4.2)."""
    (leaving, arriving), (connectors, inbound, domains, policy) = message, ours
    open_to_all = Organization(reject_direct_send=False)
    built = tenant(outbound=connectors, inbound=inbound, accepted=domains, policy=policy, organization=open_to_all)
    found = route(
        replace(built, snapshots=tuple(replace(s, directory=None) for s in built.snapshots)),
        recipient=f"x@{leaving.domain}",
        sender=f"y@{arriving.mail_from}" if arriving.mail_from else "",
        ip=arriving.ip,
        certificate=arriving.certificates[0],
        forwarded=leaving.forwarded,
        origin=leaving.origin,
        destination=leaving.destination,
    )
    # A copy that a cloud mailbox forwards arrived for that mailbox (8, missing inputs).
    forward = leaving.forwarded and leaving.origin in OUTSIDE and leaving.destination in OUTSIDE
    answers = {
        _answered(leaving, replace(arriving, by_sender=by_sender), forward, ours)
        for by_sender in (False, True)  # no document says which of the two domains narrows a connector (4.1)
    }
    event(found.outcome)
    into, out = ({str(pair[side]) for pair in answers} for side in (0, 1))

    assert _arrives(found) == (into.pop() if len(into) == 1 else "undetermined")
    if not (found.inbound_outcome or "").startswith("reject"):
        assert _leaves(found) == (out.pop() if len(out) == 1 else "undetermined")
    assert all(step.as_dict() == _plain(step) for step in found.steps)
    assert [s for step in found.steps for _, s in step.walk()] == [s for step in found.steps for s in _all(step)]
    assert str(found).count("\n") >= sum(1 for step in found.steps for _ in step.walk())


def _answered(leaving: Leaving, arriving: Arriving, forward: bool, ours: Ours) -> tuple[Answer | None, Answer]:  # noqa: FBT001
    connectors, inbound, accepted, policy = ours
    if leaving.origin is Place.CLOUD:
        return None, leave(leaving, connectors, accepted, policy)
    into = arrive(arriving, inbound, accepted, policy, reject_direct_send=False, to_ourselves=forward)
    claimed = leaving.origin is Place.ONPREMISES or originating(into, inbound)
    return into, leave(replace(leaving, originating=claimed), connectors, accepted, policy)


def _arrives(found: Decision) -> str:
    several = " | ".join(found.candidates)
    if found.inbound_outcome == "ambiguous":
        return several
    code = found.code if found.inbound_outcome == "reject" else None
    return " ".join(filter(None, (found.selected_inbound_connector or str(found.inbound_outcome), code)))


def _leaves(found: Decision) -> str:
    if found.outcome == "ambiguous":
        return " | ".join(found.candidates)
    return found.selected_outbound_connector or found.outcome


def _plain(step: Step) -> dict[str, object]:
    return {"subject": step.subject, "fate": step.fate, "cite": step.cite, "steps": [_plain(s) for s in step.steps]}


def _all(step: Step) -> Iterator[Step]:
    yield step
    for below in step.steps:
        yield from _all(below)
