"""Outbound selection: which connector carries a recipient's copy out of Office 365 (reference 3).

The rules are the tuple ORDER, tried in turn; the first that answers decides. Each is one function
(question, view) -> Answer | None. A rule that does not answer leaves a step behind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from analyzer.selection.decision import Answer, Outcome, Step, by_name
from analyzer.selection.facts import DomainFacts, Lens, RecipientFacts
from analyzer.tenant.model import ConnectorType, OutboundConnector, Place, TransportRule
from analyzer.tenant.policy import Policy

_EXTERNAL = (Place.INTERNET, Place.PARTNER)


@dataclass(frozen=True, slots=True)
class OutboundQuestion:
    """Everything outbound selection looks at, complete.

    `rule` is the transport rule with RouteMessageOutboundConnector that fired; `originating` says
    that the message was attributed to the organization's own servers on arrival.
    """

    recipient: RecipientFacts
    origin: Place
    destination: Place
    originating: bool = False
    forwarded: bool = False
    unknown_recipient: bool = False
    rule: TransportRule | None = None


class Rank(IntEnum):
    """How specifically a connector matches a domain; lower is better."""

    EXACT = 0
    SUFFIX = 1
    ALL_ACCEPTED = 2
    STAR = 3


@dataclass(frozen=True, slots=True)
class Match:
    """The best domain match: equally good connectors, how they match, and what became of the others."""

    connectors: tuple[OutboundConnector, ...] = ()
    rank: Rank = Rank.STAR
    steps: tuple[Step, ...] = ()


class OutboundView:
    """A snapshot seen under one policy: domain matches are worked out once per distinct domain facts."""

    def __init__(self, lens: Lens, policy: Policy) -> None:
        """Sort the connectors into those that selection by domain may use and those it may not."""
        self.lens, self.policy = lens, policy
        self.usable = tuple(c for c in lens.outbound if self._unusable(c) is None)
        self.cmt = tuple(c for c in self.usable if is_cmt(c))
        self._matches: dict[tuple[DomainFacts, bool], Match] = {}

    def _unusable(self, connector: OutboundConnector) -> Step | None:
        for reason, applies, fate, cite in UNUSABLE:
            if applies(connector, self.policy):
                return Step(connector.name, f"{fate} ({reason})", cite)
        return None

    def match(self, domain: DomainFacts, *, exempt_from_cmt: bool = False) -> Match:
        """Find the best match for a domain; `exempt_from_cmt` leaves out a CMT connector's own `*`."""
        key = (domain, exempt_from_cmt)
        if key not in self._matches:
            self._matches[key] = self._best(domain, exempt_from_cmt=exempt_from_cmt)
        return self._matches[key]

    def _best(self, domain: DomainFacts, *, exempt_from_cmt: bool) -> Match:
        ranked: list[tuple[tuple[int, int], OutboundConnector, str]] = []
        steps: list[Step] = []
        for connector in self.lens.outbound:
            unusable = self._unusable(connector)
            exempt = exempt_from_cmt and is_cmt(connector)
            found = None if unusable else rank(connector, domain, self.policy, star=not exempt)
            if unusable:
                steps.append(unusable)
            elif found is not None:
                ranked.append((found[:2], connector, found[2]))
            elif exempt and rank(connector, domain, self.policy) is not None:
                # rule: KB 3194415, an exempt message does not fall back onto the CMT connector's own `*`
                steps.append(Step(connector.name, "its * does not count for mail exempt from CMT", "3.3 step 5"))
            else:
                steps.append(Step(connector.name, "does not match the recipient domain", "3.4"))
        return self._winners(ranked, steps)

    def _winners(self, ranked: list[tuple[tuple[int, int], OutboundConnector, str]], steps: list[Step]) -> Match:
        if not ranked:
            return Match(steps=tuple(steps))
        best = min(key for key, _, _ in ranked)
        for key, connector, how in ranked:
            fate = "most specific match" if key == best else "matches, but another is more specific"
            steps.append(Step(connector.name, f"{how}: {fate}", "3.5"))
        order = {place: r for r, place in order_of(self.policy).items()}
        return Match(tuple(c for key, c, _ in ranked if key == best), order[best[0]], tuple(steps))


# Why a connector is never chosen by domain: (reason code, test, what to say, reference).
UNUSABLE: tuple[tuple[str, Callable[[OutboundConnector, Policy], bool], str, str], ...] = (
    ("connector-disabled", lambda c, _: not c.enabled, "is off", "3.4 disabled"),
    ("connector-rule-scoped", lambda c, _: c.rule_scoped, "is used only by a mail flow rule", "3.4 rule-scoped"),
    ("connector-test-mode", lambda c, _: c.test_mode, "is in test mode", "7.4"),
    (
        "connector-unvalidated",
        lambda c, p: p.unvalidated == "ignored" and c.validated is False,
        "was never validated",
        "3.4 not validated, policy unvalidated",
    ),
)


def is_cmt(connector: OutboundConnector) -> bool:
    """Tell whether an enabled connector turns centralized mail transport on (reference 3.3, 2)."""
    return connector.enabled and connector.route_all_via_onpremises and connector.type is ConnectorType.ONPREMISES


def order_of(policy: Policy) -> dict[Rank, int]:
    """Give the place of each rank: the smaller is tried first."""
    # rule: 3.5. Policy `precedence` decides between *.suffix and all accepted domains.
    suffix, accepted = (1, 2) if policy.precedence == "example" else (2, 1)
    return {Rank.EXACT: 0, Rank.SUFFIX: suffix, Rank.ALL_ACCEPTED: accepted, Rank.STAR: 3}


def rank(
    connector: OutboundConnector, domain: DomainFacts, policy: Policy, *, star: bool = True
) -> tuple[int, int, str] | None:
    """Say how well a connector matches: (rank, shorter is better within it, words); None = not at all.

    Without `star` a `*` among its domains does not count.
    """
    order, by_domain = order_of(policy), _by_recipient_domain(connector, domain, policy)
    if by_domain and by_domain[0] is Rank.STAR and not star:
        by_domain = None
    # AllAcceptedDomains is effective only on OnPremises connectors (3.1).
    scoped_to_accepted = connector.all_accepted_domains and connector.type is ConnectorType.ONPREMISES
    accepted = scoped_to_accepted and domain.accepted is not None
    found = [by_domain] if by_domain else []
    both = scoped_to_accepted and bool(connector.recipient_domains) and policy.scope_combination == "intersection"
    if both and not (accepted and by_domain):
        return None
    if accepted:
        found.append((Rank.ALL_ACCEPTED, 0, "all accepted domains"))
    return min(((order[r], length, how) for r, length, how in found), default=None)


def _by_recipient_domain(
    connector: OutboundConnector, domain: DomainFacts, policy: Policy
) -> tuple[Rank, int, str] | None:
    patterns = connector.recipient_domains
    if domain.exact in patterns and domain.exact is not None:
        return Rank.EXACT, 0, f"exact domain {domain.exact}"
    # rule: 3.4, the apex under *.contoso.com is policy `wildcard_apex`; the longest suffix is the most specific.
    apex = (domain.apex,) if domain.apex and policy.wildcard_apex == "include" else ()
    for wildcard in (*apex, *domain.wildcards):
        if wildcard in patterns:
            return Rank.SUFFIX, -len(wildcard), f"wildcard {wildcard}"
    return (Rank.STAR, 0, "*") if "*" in patterns else None


def _refused(question: OutboundQuestion, _: OutboundView) -> Answer | None:
    # rule: 3.3 step 0 and 3.2. DBEB refuses at the edge, the directory refuses mail from inside.
    if not question.unknown_recipient:
        return None
    code = "5.1.10" if question.origin is Place.CLOUD else "5.4.1"
    return Answer(Outcome.REJECT, reason="recipient-unknown", code=code)


def _rule(question: OutboundQuestion, view: OutboundView) -> Answer | None:
    # rule: 3.3 step 1; policy `cmt_vs_rule` where centralized transport covers the message too.
    if question.rule is None:
        return None
    if view.policy.cmt_vs_rule == "cmt" and view.cmt and covered_by_cmt(question, view.policy):
        return None
    return Answer(Outcome.CONNECTOR, question.rule.connector, "rule-routes-to-connector")


def _local(question: OutboundQuestion, view: OutboundView) -> Answer | None:
    # rule: 3.3 step 2; CMT takes internet mail for a cloud mailbox on-premises first.
    if question.destination is not Place.CLOUD or (view.cmt and covered_by_cmt(question, view.policy)):
        return None
    return Answer(Outcome.LOCAL, reason="local")


def _cmt(question: OutboundQuestion, view: OutboundView) -> Answer | None:
    # rule: 3.3 step 4; policy `cmt_vs_specific` where another connector matches exactly or by suffix.
    if not view.cmt or not covered_by_cmt(question, view.policy):
        return None
    match = view.match(question.recipient.domain)
    # Where a CMT connector is one of several that match equally well, step 3 has them all as candidates.
    specific = match.rank <= Rank.SUFFIX and any(not is_cmt(c) for c in match.connectors)
    if specific and view.policy.cmt_vs_specific == "specific":
        return None
    return _one_of(view.cmt, view.policy, "centralized-mail-transport")


def _domain_match(question: OutboundQuestion, view: OutboundView) -> Answer | None:
    # rule: 3.3 steps 3 and 5
    exempt = question.destination in _EXTERNAL and not covered_by_cmt(question, view.policy)
    match = view.match(question.recipient.domain, exempt_from_cmt=exempt)
    return _one_of(match.connectors, view.policy, _REASONS[match.rank]) if match.connectors else None


def _mx(_question: OutboundQuestion, _view: OutboundView) -> Answer:
    # rule: 3.3 step 6, "EOP looks up the MX record"
    return Answer(Outcome.NONE, reason="no-connector-matches")


_REASONS = {
    Rank.EXACT: "exact-domain",
    Rank.SUFFIX: "wildcard-domain",
    Rank.ALL_ACCEPTED: "all-accepted-domains",
    Rank.STAR: "catch-all-domain",
}

# The order of reference 3.3: (what the rule looks at, the rule, where it is stated).
ORDER: tuple[tuple[str, Callable[[OutboundQuestion, OutboundView], Answer | None], str], ...] = (
    ("recipient refused", _refused, "3.3 step 0"),
    ("mail flow rule", _rule, "3.3 step 1"),
    ("delivered inside Exchange Online", _local, "3.3 step 2"),
    ("centralized mail transport", _cmt, "3.3 step 4"),
    ("recipient domain", _domain_match, "3.3 steps 3 and 5"),
    ("MX record", _mx, "3.3 step 6"),
)


def covered_by_cmt(question: OutboundQuestion, policy: Policy) -> bool:
    """Tell whether centralized mail transport covers a message (reference 3.3, 2)."""
    if question.originating or question.origin is Place.ONPREMISES:
        return False  # never mail that comes from on-premises: it would loop
    if question.destination in _EXTERNAL:
        forward = question.forwarded or question.origin is not Place.CLOUD
        return policy.cmt_forwarded == "cmt" if forward else True
    return question.destination is Place.CLOUD and question.origin in _EXTERNAL


def _one_of(connectors: tuple[OutboundConnector, ...], policy: Policy, reason: str) -> Answer:
    # rule: 3.4 "two enabled connectors, same domain"; policy `equal_candidates`
    names = tuple(sorted((c.name for c in connectors), key=by_name))
    if len(names) == 1 or policy.equal_candidates == "lowest_name":
        return Answer(Outcome.CONNECTOR, names[0], reason)
    return Answer(Outcome.AMBIGUOUS, reason="equal-candidates", candidates=names)


def select_outbound(question: OutboundQuestion, view: OutboundView) -> Answer:
    """Answer which connector carries one recipient's copy, or none, local, reject or ambiguous."""
    for _, rule, _ in ORDER:
        answer = rule(question, view)
        if answer is not None:
            return answer
    raise AssertionError("the last rule always answers")


def explain_outbound(question: OutboundQuestion, view: OutboundView) -> tuple[Step, ...]:
    """Tell every rule in order, and below each the connectors that it weighed: what won and why the others fell."""
    steps: list[Step] = []
    for subject, rule, cite in ORDER:
        answer, considered = rule(question, view), _considered(rule, question, view)
        if answer is not None:
            return (*steps, Step(subject, f"decides: {answer.words()} ({answer.reason})", cite, considered))
        steps.append(Step(subject, "does not apply", cite, considered))
    raise AssertionError("the last rule always answers")


def _considered(rule: object, question: OutboundQuestion, view: OutboundView) -> tuple[Step, ...]:
    if rule is _rule and question.rule is not None:
        return (Step(question.rule.name, f"routes to {question.rule.connector}", "3.3, 1"),)
    if rule is _cmt and view.cmt and covered_by_cmt(question, view.policy):
        turned_on = tuple(Step(c.name, "turns centralized mail transport on", "3.3, 2") for c in view.cmt)
        return (*turned_on, *view.match(question.recipient.domain).steps)
    if rule is not _domain_match:
        return ()
    exempt = question.destination in _EXTERNAL and not covered_by_cmt(question, view.policy)
    return view.match(question.recipient.domain, exempt_from_cmt=exempt).steps
