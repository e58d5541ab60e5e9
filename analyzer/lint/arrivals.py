"""Made-up arrivals that an inbound connector claims, and what the engine makes of them."""

from __future__ import annotations

from dataclasses import dataclass

from analyzer.lint.base import Scene, representatives, spoken
from analyzer.selection.decision import Answer
from analyzer.selection.inbound import InboundQuestion, InboundView, select_inbound
from analyzer.tenant.model import ConnectorType, InboundConnector


@dataclass(frozen=True, slots=True)
class Claim:
    """One way in which mail reaches a connector: by certificate, by address, or from a sender domain.

    `recipient` is a domain that AssociatedAcceptedDomains asks for.
    """

    certificate: str = ""
    address: str = ""
    sender: str = ""
    recipient: str = ""

    def __str__(self) -> str:
        """Say it as the end of a sentence."""
        if self.sender:
            return f"from {spoken(self.sender)}"
        return f"with the certificate {self.certificate}" if self.certificate else f"from {self.address}"


def claims_of(connector: InboundConnector) -> tuple[Claim, ...]:
    """List what a connector claims: one address of each range, its certificate name, its sender domains."""
    first = next((str(n.network_address) for n in connector.sender_ips), "")
    certificate = (connector.certificate_name or "").replace("*.", "mail.", 1)
    recipient = next(iter(connector.associated_accepted_domains), "")
    if connector.type is ConnectorType.PARTNER:
        senders = [d for pattern in connector.sender_domains for d in representatives(pattern)]
        return tuple(Claim(certificate, first, sender, recipient) for sender in senders)
    named = (Claim(certificate=certificate, recipient=recipient),) if certificate else ()
    addresses = (str(network.network_address) for network in connector.sender_ips)
    return (*named, *(Claim(address=address, recipient=recipient) for address in addresses))


def taken_in(scene: Scene, claim: Claim) -> Answer:
    """Ask the engine to which connector such an arrival for an own recipient is attributed."""
    view = InboundView(scene.lens, scene.view.policy)
    own = claim.recipient or next((a.domain for a in scene.accepted), "")
    question = InboundQuestion(
        source=scene.lens.source(claim.address),
        mail_from=scene.lens.domain(claim.sender or own),
        rcpt_to=scene.lens.domain(own),
        certificates=(claim.certificate,) if claim.certificate else (),
    )
    return select_inbound(question, view)
