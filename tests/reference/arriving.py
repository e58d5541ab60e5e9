"""Inbound attribution, as section 4 of the reference has it, for this tenant alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import ip_address

from analyzer.tenant.model import AcceptedDomain, ConnectorType, InboundConnector
from analyzer.tenant.policy import Policy
from tests.reference.answers import NONE, Answer, chosen
from tests.reference.domains import SUFFIX, is_accepted, meets

_OURS = "our.own.example"


@dataclass(frozen=True)
class Arriving:
    """A message at the door of Office 365, with everything known; `mail_from` is a domain, "" the null sender.

    `certificates` are subject and alternative names; `by_sender` reads AssociatedAcceptedDomains by MAIL FROM.
    """

    ip: str
    mail_from: str
    rcpt_to: str
    certificates: tuple[str, ...] = ()
    tls: bool = True
    by_sender: bool = False


def arrive(
    message: Arriving,
    connectors: tuple[InboundConnector, ...],
    accepted: tuple[AcceptedDomain, ...],
    policy: Policy,
    *,
    reject_direct_send: bool,
    to_ourselves: bool = False,
    presented_to: tuple[str, ...] = (),
    exported: bool = True,
) -> Answer:
    """Say by which connector the message is attributed, or why it is refused (4.2).

    `to_ourselves` says that RCPT TO is some recipient of ours, not the one that is named (8, a forward);
    `presented_to` names connectors whose certificate the source presents; nobody is refused for want of an export
    of accepted domains (`exported` is False).
    """
    if to_ourselves:
        message, accepted = replace(message, rcpt_to=_OURS), (*accepted, AcceptedDomain(_OURS))
    usable = [c for c in connectors if c.enabled and not c.trusted_organizations and _concerns(c, message)]
    own = [c for c in usable if c.type is ConnectorType.ONPREMISES]
    partners = [c for c in usable if c.type is ConnectorType.PARTNER]
    originating = _by_certificate(message, own, accepted) or _by_address(message, own, accepted, policy)
    if originating:
        return chosen([c.name for c in originating], policy.equal_candidates)
    if exported and not is_accepted(message.rcpt_to, accepted):  # 4.2 step 3, last sentence; 4.3
        return Answer("reject", code="5.7.64")
    scoped = [c for c in partners if _scope(c, message) is not None]
    restricting = [c for c in scoped if c.restrict_to_ips or c.restrict_to_certificate]
    if restricting:  # "The restrict connector will take precedence"; looked up by address or certificate
        known = [c for c in restricting if _source_fits(c, message, presented=c.name in presented_to)]
        return _closest(known, message, policy) if known else Answer("reject", code="5.7.51")
    if reject_direct_send and is_accepted(message.mail_from, accepted):
        return Answer("reject", code="5.7.68")  # 4.5: no connector by address or certificate
    return _closest(scoped, message, policy) if scoped else NONE


def originating(answer: Answer, connectors: tuple[InboundConnector, ...]) -> bool:
    """Say whether one of the OnPremises connectors claims the message (4.2)."""
    return any(c.type is ConnectorType.ONPREMISES and c.name in answer.names for c in connectors)


def _concerns(connector: InboundConnector, message: Arriving) -> bool:
    """4.1: AssociatedAcceptedDomains narrows the scope; by which of the two domains, nobody says."""
    domain = message.mail_from if message.by_sender else message.rcpt_to
    return not connector.associated_accepted_domains or domain in connector.associated_accepted_domains


def covers(name: str | None, certificates: tuple[str, ...]) -> bool:
    """7.4: `*.x` does not cover a certificate for x only; a wildcard certificate names every host below (0007)."""
    return bool(name) and any(
        meets(name or "", held, apex=False) or (held.startswith("*.") and meets(held, name or "", apex=False))
        for held in certificates
    )


def _by_certificate(
    message: Arriving, own: list[InboundConnector], accepted: tuple[AcceptedDomain, ...]
) -> list[InboundConnector]:
    """Step 1: the most specific certificate name whose domain is accepted."""
    held = [c for c in own if covers(c.certificate_name, message.certificates) and certificate_accepted(c, accepted)]
    best = max((_accuracy(c.certificate_name or "", message) for c in held), default=None)
    return [c for c in held if _accuracy(c.certificate_name or "", message) == best]


def _accuracy(name: str, message: Arriving) -> tuple[bool, bool, int]:
    """4.2, "most accurate": the presented name itself, then a name before a pattern, then the longer (0007)."""
    return name in message.certificates, not name.startswith("*."), len(name)


def certificate_accepted(connector: InboundConnector, accepted: tuple[AcceptedDomain, ...]) -> bool:
    """4.2 step 1: `*.contoso.com` is good with contoso.com or any domain below it; another name must be accepted."""
    name = connector.certificate_name or ""
    if is_accepted(name.removeprefix("*."), accepted):
        return True
    return any(meets(name, a.domain, apex=True) == SUFFIX for a in accepted)


def _by_address(
    message: Arriving, own: list[InboundConnector], accepted: tuple[AcceptedDomain, ...], policy: Policy
) -> list[InboundConnector]:
    """Step 2: the connecting address, with the sender's domain ours, or else the recipient's (recipient_fallback)."""
    ours = is_accepted(message.mail_from, accepted)
    ours = ours or (policy.recipient_fallback == "on" and is_accepted(message.rcpt_to, accepted))
    return [c for c in own if ours and _lists(c, message.ip)]


def _lists(connector: InboundConnector, ip: str) -> bool:
    return bool(ip) and any(ip_address(ip) in network for network in connector.sender_ips)


def _closest(partners: list[InboundConnector], message: Arriving, policy: Policy) -> Answer:
    """Step 3: the Partner connector for the sender's domain; TLS is asked for last (RequireTls, 4.1)."""
    best = max(_scope(c, message) or (0, 0) for c in partners)
    equal = [c for c in partners if _scope(c, message) == best]
    taken = [c for c in equal if message.tls or not c.require_tls]
    return chosen([c.name for c in taken], policy.equal_candidates) if taken else Answer("reject")


def _scope(connector: InboundConnector, message: Arriving) -> tuple[int, int] | None:
    """How closely the connector's SenderDomains fit; `*.x` is "a domain and all subdomains" (4.1)."""
    fits = (
        (1 if pattern == "*" else 2 if kind == SUFFIX else 3, len(pattern))
        for pattern in connector.sender_domains
        if (kind := meets(pattern, message.mail_from, apex=True)) is not None
    )
    return max(fits, default=None)


def _source_fits(connector: InboundConnector, message: Arriving, *, presented: bool) -> bool:
    """4.2: restrictions are checked in the order address, certificate; a blank address proves nothing."""
    if connector.restrict_to_ips and message.ip and not _lists(connector, message.ip):
        return False
    shown = presented or covers(connector.certificate_name, message.certificates)
    return not connector.restrict_to_certificate or shown
