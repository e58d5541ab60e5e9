"""Ask the engine one complete question and read its answer in one word, so that a case is one line."""

from __future__ import annotations

from typing import Any

from analyzer.selection.decision import Answer, Outcome
from analyzer.selection.facts import DomainFacts, Lens
from analyzer.selection.inbound import InboundQuestion, InboundView, select_inbound
from analyzer.selection.outbound import OutboundQuestion, OutboundView, select_outbound
from analyzer.tenant.model import AcceptedDomain, DomainType, InboundConnector, Organization, OutboundConnector, Place
from analyzer.tenant.policy import Policy
from tests.builders import accepted, lens

ACCEPTED = (
    *accepted("contoso.com", "sales.contoso.com", "fabrikam.com", "contoso.onmicrosoft.com"),
    *accepted("northwindtraders.com", type=DomainType.INTERNAL_RELAY, match_subdomains=True),
    *accepted("adatum.com", type=DomainType.INTERNAL_RELAY),
)


def policy_of(text: str) -> Policy:
    """Read `precedence=list unvalidated=ignored`; "" is the default."""
    return Policy(**dict(pair.split("=") for pair in text.split()))


def said(answer: Answer) -> str:
    """Say an answer in one word: a connector, `A | B` where several are equal, or the outcome with its code."""
    if answer.outcome is Outcome.CONNECTOR:
        return str(answer.connector)
    if answer.outcome is Outcome.AMBIGUOUS:
        return " | ".join(answer.candidates)
    return " ".join(filter(None, (answer.outcome.value, answer.code)))


def asked_outbound(seen: Lens, domain: str, way: str, **changes: Any) -> OutboundQuestion:
    """Build the question for a recipient at a domain; `way` is written as in a report: `cloud>internet`."""
    origin, destination = (Place(word) for word in way.split(">"))
    originating = origin is Place.ONPREMISES
    return OutboundQuestion(seen.recipient(f"x@{domain}"), origin, destination, originating=originating, **changes)


def leaving(
    connectors: tuple[OutboundConnector, ...],
    domain: str,
    way: str = "cloud>onpremises",
    *,
    policy: str = "",
    **changes: Any,
) -> str:
    """Say which connector carries mail for a domain."""
    seen = lens(outbound=connectors, accepted=ACCEPTED)
    question = asked_outbound(seen, domain, way, **changes)
    return said(select_outbound(question, OutboundView(seen, policy_of(policy))))


def asked_inbound(seen: Lens, mail_from: str, rcpt_to: str, *, ip: str = "", **changes: Any) -> InboundQuestion:
    """Build the attribution question for two domains; "" is the null sender."""
    sender = seen.domain(mail_from) if mail_from else DomainFacts()
    return InboundQuestion(seen.source(ip), sender, seen.domain(rcpt_to), **changes)


def arriving(
    connectors: tuple[InboundConnector, ...],
    mail_from: str = "example.net",
    rcpt_to: str = "contoso.com",
    *,
    policy: str = "",
    accepted_domains: tuple[AcceptedDomain, ...] | None = ACCEPTED,
    organization: Organization | None = None,
    **changes: Any,
) -> str:
    """Say which connector a message is attributed to."""
    seen = lens(inbound=connectors, accepted=accepted_domains, organization=organization)
    question = asked_inbound(seen, mail_from, rcpt_to, **changes)
    return said(select_inbound(question, InboundView(seen, policy_of(policy))))


def named(value: object) -> str:
    """Name one column of a case in the test's id."""
    if isinstance(value, tuple):
        return "+".join(str(getattr(item, "name", item)) for item in value) or "nothing"
    return str(value) or "default"
