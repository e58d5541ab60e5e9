"""Inbound attribution: how Office 365 recognises a message that arrives (reference 4.2).

The rules are the tuple ORDER, tried in turn; the first that answers decides. What no document says,
how AssociatedAcceptedDomains narrows a connector, is an input of the question, so that both readings
can be asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from analyzer.addresses import covers_host
from analyzer.selection.decision import Answer, Outcome, Step, by_name
from analyzer.selection.facts import DomainFacts, Lens, SourceFacts
from analyzer.tenant.model import ConnectorType, InboundConnector
from analyzer.tenant.policy import Policy

Connectors = tuple[InboundConnector, ...]

DIRECT_SEND_REFUSED = "direct-send-refused"


@dataclass(frozen=True, slots=True)
class InboundQuestion:
    """Everything attribution looks at, complete.

    `certificates` are the subject names presented, lower case; `mail_from` the facts of the MAIL
    FROM domain (`named` is False for the null sender); `rcpt_to` the facts of the recipient's own
    domain; `plain_text` says that the session used no TLS. `presented_to` names the Partner
    connectors whose certificate is taken as presented where no log shows it; `associated_by_sender`
    reads AssociatedAcceptedDomains as domains of MAIL FROM instead of RCPT TO.
    """

    source: SourceFacts
    mail_from: DomainFacts
    rcpt_to: DomainFacts
    certificates: tuple[str, ...] = ()
    plain_text: bool = False
    presented_to: tuple[str, ...] = ()
    associated_by_sender: bool = False

    def concerns(self, connector: InboundConnector) -> bool:
        """Tell whether AssociatedAcceptedDomains leaves the message to the connector (4.1, "narrows scope")."""
        domain = self.mail_from if self.associated_by_sender else self.rcpt_to
        narrowed = connector.associated_accepted_domains
        return not narrowed or domain.exact in narrowed


class InboundView:
    """A snapshot's inbound connectors seen under one policy."""

    def __init__(self, lens: Lens, policy: Policy) -> None:
        """Sort the enabled connectors by type; one for trusted organizations uses no other parameter (4.1)."""
        self.lens, self.policy = lens, policy
        enabled = tuple(i for i in lens.inbound if i.enabled and not i.trusted_organizations)
        self.onpremises = tuple(i for i in enabled if i.type is ConnectorType.ONPREMISES)
        self.partner = tuple(i for i in enabled if i.type is ConnectorType.PARTNER)

    def certificate_accepted(self, connector: InboundConnector) -> bool:
        """Tell whether the connector's certificate domain is an accepted domain (4.2, 1)."""
        name = (connector.certificate_name or "").removeprefix("*.")
        # `*.contoso.com` is valid with contoso.com or a subdomain of it accepted (JP:Three-Key-Points).
        accepted = self.lens.snapshot.accepted or ()
        below = connector.certificate_name != name and any(a.domain.endswith(f".{name}") for a in accepted)
        return self.lens.accepted(name) is not None or below

    def by_certificate(self, names: tuple[str, ...], question: InboundQuestion | None = None) -> Connectors:
        """Find the OnPremises connectors that a presented certificate identifies, the most specific only."""
        found = [
            i
            for i in self.onpremises
            if presents(names, i) and self.certificate_accepted(i) and (question is None or question.concerns(i))
        ]
        best = max((_accuracy(i.certificate_name or "", names) for i in found), default=None)
        return tuple(i for i in found if _accuracy(i.certificate_name or "", names) == best)


def presents(names: tuple[str, ...], connector: InboundConnector) -> bool:
    """Tell whether one of the presented names is the connector's certificate name."""
    wanted = connector.certificate_name
    return wanted is not None and any(certificate_matches(wanted, n) for n in names)


def _accuracy(pattern: str, names: tuple[str, ...]) -> tuple[bool, bool, int]:
    """Say how accurately a certificate pattern names what was presented; more is better (4.2, 1)."""
    return pattern in names, not pattern.startswith("*."), len(pattern)


def certificate_matches(pattern: str, name: str) -> bool:
    """Tell whether TlsSenderCertificateName matches a presented name; either may be a wildcard.

    >>> certificate_matches("*.contoso.com", "mail.contoso.com")
    True
    >>> certificate_matches("mail.contoso.com", "*.contoso.com")
    True
    """
    return pattern == name or covers_host(pattern, name) or (name.startswith("*.") and covers_host(name, pattern))


def _by_certificate(question: InboundQuestion, view: InboundView) -> Answer | None:
    # rule: 4.2, 1. Originating is tried first, the certificate before the address.
    return _one_of(view.by_certificate(question.certificates, question), view.policy, "certificate")


def _by_address(question: InboundQuestion, view: InboundView) -> Answer | None:
    # rule: 4.2, 2. The connector lists the address and an accepted domain stands in MAIL FROM, or,
    # by policy `recipient_fallback`, in RCPT TO.
    listed = tuple(i for i in view.onpremises if i.name in question.source.connectors and question.concerns(i))
    if not listed:
        return None
    if question.mail_from.accepted is not None:
        return _one_of(listed, view.policy, "address")
    if view.policy.recipient_fallback == "on" and question.rcpt_to.accepted is not None:
        return _one_of(listed, view.policy, "address-by-recipient")
    return None


def _relay_denied(question: InboundQuestion, _view: InboundView) -> Answer | None:
    # rule: 4.2, 3 and 4.3. Nobody attributes it and no tenant owns the recipient's domain.
    if question.rcpt_to.accepted is not None or not question.rcpt_to.accepted_known or not question.rcpt_to.named:
        return None
    return Answer(Outcome.REJECT, reason="relay-denied", code="5.7.64")


def _by_restriction(question: InboundQuestion, view: InboundView) -> Answer | None:
    # rule: 4.2, 3. "The restrict connector will take precedence": where a Partner connector restricts the
    # sender's domain, one that restricts must accept the source, whatever others allow.
    ranked = _ranked(question, view, restricting=True)
    allowed = [(r, i) for r, i in ranked if _source_allowed(i, question)]
    if ranked and not allowed:
        return Answer(Outcome.REJECT, reason="partner-source-rejected", code="5.7.51")
    return _best(allowed, question, view)


def _direct_send(question: InboundQuestion, view: InboundView) -> Answer | None:
    # rule: 4.5, 5.7.68. RejectDirectSend: MAIL FROM is ours and no connector was found by address or certificate.
    organization = view.lens.snapshot.organization
    if organization is None or not organization.reject_direct_send or question.mail_from.accepted is None:
        return None
    return Answer(Outcome.REJECT, reason=DIRECT_SEND_REFUSED, code="5.7.68")


def _by_partner(question: InboundQuestion, view: InboundView) -> Answer | None:
    # rule: 4.2, 3. Incoming mail meets the Partner connector with the most specific sender domain.
    return _best(_ranked(question, view, restricting=False), question, view)


Ranked = list[tuple[tuple[int, int], InboundConnector]]


def _ranked(question: InboundQuestion, view: InboundView, *, restricting: bool) -> Ranked:
    """Find the Partner connectors, restricting or not, whose sender domains match."""
    candidates = (i for i in view.partner if restricts(i) is restricting and question.concerns(i))
    return [(r, i) for i in candidates if (r := partner_rank(i, question.mail_from)) is not None]


def _best(ranked: Ranked, question: InboundQuestion, view: InboundView) -> Answer | None:
    best = min((r for r, _ in ranked), default=None)
    winners = tuple(i for r, i in ranked if r == best)
    taking = tuple(i for i in winners if not (question.plain_text and i.require_tls))
    if winners and not taking:
        return Answer(Outcome.REJECT, reason="partner-requires-tls")
    return _one_of(taking, view.policy, "sender-domain")


def restricts(connector: InboundConnector) -> bool:
    """Tell whether a Partner connector refuses its domains' mail from other sources (4.1)."""
    return connector.restrict_to_ips or connector.restrict_to_certificate


def _source_allowed(connector: InboundConnector, question: InboundQuestion) -> bool:
    # rule: 4.2, 3: the address, then the certificate. An address that is not known proves nothing.
    elsewhere = connector.restrict_to_ips and not question.source.blank
    if elsewhere and not question.source.listed_by(connector):
        return False
    shown = presents(question.certificates, connector) or connector.name in question.presented_to
    return not connector.restrict_to_certificate or shown


def _default(_question: InboundQuestion, _view: InboundView) -> Answer:
    # rule: 4.2, 3 "else the default inbound connector"
    return Answer(Outcome.NONE, reason="default-inbound")


def partner_rank(connector: InboundConnector, domain: DomainFacts) -> tuple[int, int] | None:
    """Say how specifically a Partner connector's SenderDomains match; smaller is better, None = not at all.

    `*.x` is "a domain and all subdomains" (4.1), so the apex always counts on this side.
    """
    if domain.exact is not None and domain.exact in connector.sender_domains:
        return (0, 0)
    for wildcard in (*((domain.apex,) if domain.apex else ()), *domain.wildcards):
        if wildcard in connector.sender_domains:
            return (1, -len(wildcard))
    return (2, 0) if "*" in connector.sender_domains else None


# The order of reference 4.2: (what the rule looks at, the rule, where it is stated).
ORDER: tuple[tuple[str, Callable[[InboundQuestion, InboundView], Answer | None], str], ...] = (
    ("presented certificate", _by_certificate, "4.2, 1"),
    ("connecting IP", _by_address, "4.2, 2"),
    ("relay to a foreign domain", _relay_denied, "4.2, 3; 4.3"),
    ("partner connector that restricts", _by_restriction, "4.2, 3"),
    ("direct send refused", _direct_send, "4.5; 5"),
    ("sender domain of a partner", _by_partner, "4.2, 3"),
    ("default inbound connector", _default, "4.2, 3"),
)


def _one_of(connectors: tuple[InboundConnector, ...], policy: Policy, reason: str) -> Answer | None:
    # rule: 4.2, 4 "two equal ones"; policy `equal_candidates`
    names = tuple(sorted((i.name for i in connectors), key=by_name))
    if not names:
        return None
    if len(names) == 1 or policy.equal_candidates == "lowest_name":
        return Answer(Outcome.CONNECTOR, names[0], reason)
    return Answer(Outcome.AMBIGUOUS, reason="equal-candidates", candidates=names)


def select_inbound(question: InboundQuestion, view: InboundView) -> Answer:
    """Answer which inbound connector a message is attributed to, or none, reject or ambiguous."""
    for _, rule, _ in ORDER:
        answer = rule(question, view)
        if answer is not None:
            return answer
    raise AssertionError("the last rule always answers")


def explain_inbound(question: InboundQuestion, view: InboundView) -> tuple[Step, ...]:
    """Tell every rule in order, and below each the connectors that it weighed."""
    steps: list[Step] = []
    for subject, rule, cite in ORDER:
        answer = rule(question, view)
        weighed = tuple(_fate(i, rule, question, view) for i in view.lens.inbound if WEIGHED.get(rule, _none)(i))
        if answer is not None:
            return (*steps, Step(subject, f"decides: {answer.words()} ({answer.reason})", cite, weighed))
        steps.append(Step(subject, "does not apply", cite, weighed))
    raise AssertionError("the last rule always answers")


def _none(_: InboundConnector) -> bool:
    return False


# Which connectors each rule weighs.
WEIGHED: dict[Callable[[InboundQuestion, InboundView], Answer | None], Callable[[InboundConnector], bool]] = {
    _by_certificate: lambda i: i.type is ConnectorType.ONPREMISES and i.certificate_name is not None,
    _by_address: lambda i: i.type is ConnectorType.ONPREMISES,
    _by_restriction: lambda i: i.type is ConnectorType.PARTNER and restricts(i),
    _by_partner: lambda i: i.type is ConnectorType.PARTNER and not restricts(i),
}


def _fate(connector: InboundConnector, rule: object, question: InboundQuestion, view: InboundView) -> Step:
    if not connector.enabled:
        return Step(connector.name, "is off", "3.4 disabled")
    if connector.trusted_organizations:
        return Step(connector.name, "is for trusted organizations, which no log shows", "4.1 TrustedOrganizations")
    if not question.concerns(connector):
        return Step(connector.name, "its AssociatedAcceptedDomains leave the message out", "4.1")
    if rule is _by_certificate:
        return Step(connector.name, _certificate_fate(connector, question, view), "4.2, 1")
    if rule is _by_address:
        listed = connector.name in question.source.connectors
        return Step(connector.name, f"{'lists' if listed else 'does not list'} the connecting IP", "4.2, 2")
    if partner_rank(connector, question.mail_from) is None:
        return Step(connector.name, "sender domain does not match", "4.2, 3")
    refused = restricts(connector) and not _source_allowed(connector, question)
    return Step(connector.name, f"sender domain matches{', the source is refused' if refused else ''}", "4.2, 3")


def _certificate_fate(connector: InboundConnector, question: InboundQuestion, view: InboundView) -> str:
    if not presents(question.certificates, connector):
        return f"no presented certificate matches {connector.certificate_name}"
    if not view.certificate_accepted(connector):
        return f"{connector.certificate_name} is presented, but is under no accepted domain"
    best = connector in view.by_certificate(question.certificates, question)
    outdone = "" if best else ", but another names it more exactly"
    return f"a presented certificate matches {connector.certificate_name}{outdone}"
