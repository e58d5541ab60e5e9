"""One complete reading of a row: every input has a value, so each side has its answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product

from analyzer.compare.observation import Observation
from analyzer.evidence import Places, destination_of, origin_of, recipient_refused
from analyzer.paths import AllowedPath, allowed_path
from analyzer.selection.decision import Answer, Outcome
from analyzer.selection.facts import DomainFacts, Lens
from analyzer.selection.inbound import DIRECT_SEND_REFUSED, InboundQuestion, InboundView, select_inbound
from analyzer.selection.outbound import OutboundQuestion, OutboundView, covered_by_cmt, select_outbound
from analyzer.selection.rules import rules_met
from analyzer.tenant.model import DomainType, Place, TransportRule
from analyzer.tenant.policy import Policy

EXTERNAL = (Place.INTERNET, Place.PARTNER)
_OWN_DOMAIN = DomainFacts(named=True, accepted=DomainType.AUTHORITATIVE)
_MX = ("office365", "onpremises", "thirdparty")


class View:
    """A snapshot and its settings under one policy, with what is worked out once for all rows.

    `certificates` are the names that the own servers present; none where nobody knows.
    """

    def __init__(self, lens: Lens, policy: Policy, *, certificates: tuple[str, ...] | None = None) -> None:
        """Prepare both sides; the certificates are those of the lens where no others are given."""
        self.lens, self.policy = lens, policy
        self.certificates = lens.certificates if certificates is None else certificates
        self.inbound, self.outbound = InboundView(lens, policy), OutboundView(lens, policy)


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a row leaves open: the possible origins, destinations and rules, and what they rest on.

    `rules` holds for each origin the rules that may have decided (None = none did), `rule_conditions` what of
    them no log shows.
    """

    origin: Places
    destination: Places
    refused: bool
    rules: Mapping[Place, tuple[TransportRule | None, ...]]
    rule_conditions: tuple[str, ...]


def inputs_of(row: Observation, lens: Lens) -> Inputs:
    """Collect the possible values of every input that the row does not fix; none depends on a policy."""
    origin = (
        Places((row.origin,))
        if row.origin
        else origin_of(row.sender, row.source, row.direction, lens, has_directionality=row.has_directionality)
    )
    destination = Places((row.destination,)) if row.destination else destination_of(row.recipient, row.status, lens)
    refused = row.destination is None and recipient_refused(row.recipient, row.status, lens)
    seen = row.shown
    met = {place: rules_met(lens, seen, place) for place in origin.possible}
    if row.rule_in_log:
        rules = {place: _told_by_log(found, lens) for place, (found, _) in met.items()}
        return Inputs(origin, destination, refused, rules, ())
    rules = {place: found for place, (found, _) in met.items()}
    conditions = tuple(sorted({c for _, unseen in met.values() for c in unseen}))
    return Inputs(origin, destination, refused, rules, conditions)


def _told_by_log(rules: tuple[TransportRule | None, ...], lens: Lens) -> tuple[TransportRule | None, ...]:
    """Give the rules one of which fired, as the log says; any that could name a connector where none is known."""
    return (
        tuple(r for r in rules if r is not None)
        or tuple(TransportRule("(named by the log)", c.name) for c in lens.outbound if c.rule_scoped and c.enabled)
        or (None,)
    )


@dataclass(frozen=True, slots=True)
class Case:
    """One complete reading and what the configuration answers to it.

    `arriving` holds every possible inbound answer with the missing input that tells it from the
    first; it is empty where the message comes from the cloud.
    """

    question: OutboundQuestion
    mx: str | None
    arriving: tuple[tuple[Answer, str], ...]
    leaving: Answer
    allowed: AllowedPath | None

    @property
    def origin(self) -> Place:
        """Where the message comes from in this reading."""
        return self.question.origin

    @property
    def destination(self) -> Place:
        """Where the recipient is in this reading."""
        return self.question.destination

    @property
    def rule(self) -> TransportRule | None:
        """The rule that routed the message in this reading."""
        return self.question.rule

    def value(self, name: str) -> object:
        """Give the value of one open input of this reading by its name in `missing`."""
        return OPEN_INPUTS[name](self)


# The inputs that a reading fixes, by the names that the column `missing` uses.
OPEN_INPUTS: dict[str, Callable[[Case], object]] = {
    "origin": lambda case: case.question.origin,
    "destination": lambda case: case.question.destination,
    "mx": lambda case: case.mx,
    "rule_hit": lambda case: case.question.rule,
    "forwarded": lambda case: case.question.forwarded,
}


def cases(row: Observation, inputs: Inputs, view: View) -> Iterator[Case]:
    """Walk every complete reading of a row."""
    for asked in _questions(row, inputs, view):
        # rule: 3.3, attribution runs first: what it claims as our own is exempt from CMT.
        arriving = arriving_answers(row, asked, view)
        question = replace(asked, originating=_attributed(arriving, view))
        leaving = _leaving(row, inputs, question, view)
        by_cmt = bool(view.outbound.cmt) and covered_by_cmt(question, view.policy)
        for mx in _mx_values(question, matters=by_cmt or bool(row.logged.inbound)):
            allowed = allowed_path(
                question.origin, question.destination, covered_by_cmt=by_cmt, mx=mx, policy=view.policy
            )
            yield Case(question, mx, arriving, leaving, allowed)


def _attributed(arriving: tuple[tuple[Answer, str], ...], view: View) -> bool:
    own = {i.name for i in view.inbound.onpremises}
    return bool(arriving) and bool(own.intersection(arriving[0][0].names()))


def _questions(row: Observation, inputs: Inputs, view: View) -> Iterator[OutboundQuestion]:
    places = product(inputs.origin.possible, inputs.destination.possible)
    for origin, destination, rule in ((o, d, r) for o, d in places for r in inputs.rules[o]):
        external = destination in EXTERNAL
        # Whether a cloud mailbox of the same message forwarded this copy is asked only where it matters: under CMT.
        perhaps = row.delivered_too and external and bool(view.outbound.cmt) and not row.forwarded
        for forwarded in (False, True) if perhaps else (row.forwarded,):
            yield OutboundQuestion(
                recipient=replace(row.recipient, domain=_owned(row.recipient.domain, own=not external)),
                origin=origin,
                destination=destination,
                forwarded=forwarded,
                unknown_recipient=inputs.refused,
                rule=rule,
            )


def _owned(domain: DomainFacts, *, own: bool) -> DomainFacts:
    # Without the accepted domains, the place assumed for the mailbox says whether the domain is ours.
    if domain.accepted_known or not domain.named:
        return domain
    return replace(domain, accepted=DomainType.AUTHORITATIVE if own else None)


def _mx_values(question: OutboundQuestion, *, matters: bool) -> tuple[str | None, ...]:
    # Where the MX points decides how mail from outside may reach a cloud mailbox, and nothing else.
    from_outside = question.origin in EXTERNAL and question.destination is Place.CLOUD
    mx = question.recipient.domain.mx
    return _MX if matters and from_outside and mx is None else (mx,)


def _leaving(row: Observation, inputs: Inputs, question: OutboundQuestion, view: View) -> Answer:
    if row.rule_in_log:
        # The log says that a rule chose the connector, not which rule: each of theirs is right.
        names = tuple(sorted({r.connector for r in inputs.rules[question.origin] if r is not None}))
        if len(names) > 1:
            return Answer(Outcome.AMBIGUOUS, reason="rule-in-log", candidates=names)
    return select_outbound(question, view.outbound)


def inbound_question(row: Observation, question: OutboundQuestion, view: View) -> InboundQuestion:
    """Build the attribution question of a complete reading."""
    sender = DomainFacts() if row.null_sender else _owned(row.sender.domain, own=question.origin not in EXTERNAL)
    # A forward arrived for one of our own recipients; this row's recipient came later (reference 8).
    outside = question.destination in EXTERNAL and question.origin in EXTERNAL
    forward = outside and (question.forwarded or not row.made_up)
    addressed = question.recipient.own or question.recipient.domain
    return InboundQuestion(
        source=row.source,
        mail_from=sender,
        rcpt_to=_OWN_DOMAIN if forward else _owned(addressed, own=question.destination not in EXTERNAL),
        certificates=_certificates(row, question, view),
        plain_text=row.plain_text,
    )


def _certificates(row: Observation, question: OutboundQuestion, view: View) -> tuple[str, ...]:
    if row.certificates is not None:
        return row.certificates
    # Section 8, certificate rule: a shown or declared certificate is used. A device presents none, and a server
    # whose address is listed is taken by its address (docs/decisions/0007).
    device = row.source.direct_send or row.sender.direct_send
    by_address = bool(row.source.connectors)
    ours = question.origin is Place.ONPREMISES and row.source.onpremises and not device and not by_address
    return view.certificates if ours else ()


def arriving_answers(row: Observation, question: OutboundQuestion, view: View) -> tuple[tuple[Answer, str], ...]:
    """Give every possible attribution: the one without what is missing first."""
    if question.origin is Place.CLOUD:
        return ()
    asked = inbound_question(row, question, view)
    first = (select_inbound(asked, view.inbound), "")
    device = row.source.direct_send or row.sender.direct_send
    known = row.certificates is not None or bool(asked.certificates) or device
    others = [*_open_inputs(row, asked, first[0], view), *_open_partners(row, asked, view, known=known)]
    if not known and question.origin is Place.ONPREMISES:
        others += _other_attributions(row, first[0], view)
    return (first, *((answer, missing) for answer, missing in others if not answer.same_as(first[0])))


def _open_inputs(row: Observation, asked: InboundQuestion, first: Answer, view: View) -> Iterator[tuple[Answer, str]]:
    # rule: 4.1, AssociatedAcceptedDomains "narrows scope": by RCPT TO or by MAIL FROM, no document says.
    if any(i.associated_accepted_domains for i in view.lens.inbound):
        yield select_inbound(replace(asked, associated_by_sender=True), view.inbound), "associated_domains"
    # rule: 8, sender kind. 5.7.68 asks for MAIL FROM, and only the header sender is known.
    if first.reason == DIRECT_SEND_REFUSED and not (row.envelope_known or row.made_up):
        yield select_inbound(replace(asked, mail_from=DomainFacts(named=True)), view.inbound), "envelope_sender"


def _open_partners(
    row: Observation, asked: InboundQuestion, view: View, *, known: bool
) -> Iterator[tuple[Answer, str]]:
    # No trace shows a partner's certificate, nor from which tenant a message comes.
    for connector in view.inbound.partner:
        if connector.restrict_to_certificate and not known:
            shown = replace(asked, presented_to=(connector.name,))
            yield select_inbound(shown, view.inbound), "certificate"
    for name in row.logged.inbound:
        connector_named = view.lens.inbound_named.get(name)
        if connector_named is not None and connector_named.enabled and connector_named.trusted_organizations:
            yield Answer(Outcome.CONNECTOR, name, "trusted-organization"), "source_tenant"


def _other_attributions(row: Observation, first: Answer, view: View) -> Iterator[tuple[Answer, str]]:
    # The presented certificate is in no trace, and a blank address may be any of our own.
    if first.reason in ("address", "address-by-recipient"):
        return
    for connector in view.inbound.onpremises:
        if connector.certificate_name and view.inbound.certificate_accepted(connector):
            yield Answer(Outcome.CONNECTOR, connector.name, "certificate"), "certificate"
        elif row.source.blank and connector.sender_ips:
            yield Answer(Outcome.CONNECTOR, connector.name, "address"), "connecting_ip"
