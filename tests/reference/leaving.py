"""Outbound selection, as section 3 of the reference has it, step by step."""

from __future__ import annotations

from dataclasses import dataclass

from analyzer.tenant.model import AcceptedDomain, ConnectorType, OutboundConnector, Place
from analyzer.tenant.policy import Policy
from tests.reference.answers import LOCAL, NONE, Answer, chosen
from tests.reference.domains import EVERYTHING, EXACT, SUFFIX, is_accepted, meets

ACCEPTED = "all accepted"
ORDERS = {  # 3.5, items 1 and 7
    "example": (EXACT, SUFFIX, ACCEPTED, EVERYTHING),
    "list": (EXACT, ACCEPTED, SUFFIX, EVERYTHING),
}


@dataclass(frozen=True)
class Leaving:
    """A message for one recipient, with everything known.

    `domain` is that of the resolved recipient (3.2), `originating` the outcome of attribution,
    `rule` the connector of the rule that fired, `unknown` that a complete list does not hold the recipient.
    """

    domain: str
    origin: Place
    destination: Place
    originating: bool = False
    forwarded: bool = False
    rule: str | None = None
    unknown: bool = False


@dataclass(frozen=True)
class Match:
    """How one connector meets the recipient's domain; `length` is that of the pattern."""

    connector: OutboundConnector
    kind: str
    length: int = 0


def leave(
    message: Leaving, connectors: tuple[OutboundConnector, ...], accepted: tuple[AcceptedDomain, ...], policy: Policy
) -> Answer:
    """Say how the message leaves Office 365 (3.3)."""
    if message.unknown:  # step 0: 3.2, the directory refuses mail from inside, the edge mail that arrives
        return Answer("reject", code="5.1.10" if message.origin is Place.CLOUD else "5.4.1")
    centre = _centre(connectors, policy)
    covered = takes_centralized_transport(message, connectors, policy)
    if message.rule is not None and not (policy.cmt_vs_rule == "cmt" and covered):  # step 1
        return Answer("connector", (message.rule,))
    if message.destination is Place.CLOUD and not covered:  # step 2
        return LOCAL
    found = _domain_match(message, connectors, accepted, policy)  # step 3
    if covered:  # step 4
        others = [m for m in found if not _is_cmt(m.connector) and m.kind in {EXACT, SUFFIX}]
        if others and policy.cmt_vs_specific == "specific":
            return chosen([m.connector.name for m in found], policy.equal_candidates)
        return chosen([c.name for c in centre], policy.equal_candidates)
    if found:  # step 5
        return chosen([m.connector.name for m in found], policy.equal_candidates)
    return NONE  # step 6


def takes_centralized_transport(message: Leaving, connectors: tuple[OutboundConnector, ...], policy: Policy) -> bool:
    """Step 4: a connector with centralized transport exists, and it covers the message."""
    return bool(_centre(connectors, policy)) and _cmt_covers(message, policy)


def _centre(connectors: tuple[OutboundConnector, ...], policy: Policy) -> list[OutboundConnector]:
    return [c for c in connectors if _routes(c, policy) and not c.rule_scoped and _is_cmt(c)]


def _routes(connector: OutboundConnector, policy: Policy) -> bool:
    """3.4: disabled is off; 7.4: TestMode does not route; `unvalidated`: an enabled one never validated."""
    ignored = policy.unvalidated == "ignored" and connector.validated is False
    return connector.enabled and not connector.test_mode and not ignored


def _is_cmt(connector: OutboundConnector) -> bool:
    """3.3, item 2: an OnPremises connector with RouteAllMessagesViaOnPremises."""
    return connector.type is ConnectorType.ONPREMISES and connector.route_all_via_onpremises


def _is_external(message: Leaving) -> bool:
    return message.destination in {Place.INTERNET, Place.PARTNER}


def _from_our_servers(message: Leaving) -> bool:
    """3.3, item 2, and the table of 2: attributed as ours, or from our place though attribution missed it (0007)."""
    return message.originating or message.origin is Place.ONPREMISES


def _is_forward(message: Leaving) -> bool:
    """2, last row: from outside to outside is a forward, whether or not the log marks it."""
    outside = message.origin in {Place.INTERNET, Place.PARTNER}
    return _is_external(message) and not _from_our_servers(message) and (message.forwarded or outside)


def _cmt_covers(message: Leaving, policy: Policy) -> bool:
    """3.3, item 2: internet-bound mail from the cloud and mail from outside to a cloud mailbox."""
    if _from_our_servers(message):  # no loop
        return False
    if message.destination is Place.CLOUD:
        return message.origin is not Place.CLOUD
    if not _is_external(message):
        return False
    if _is_forward(message):
        return policy.cmt_forwarded == "cmt"
    return message.origin is Place.CLOUD


def _domain_match(
    message: Leaving, connectors: tuple[OutboundConnector, ...], accepted: tuple[AcceptedDomain, ...], policy: Policy
) -> list[Match]:
    """Step 3: the best matches among those that are enabled, not rule-scoped and not in test mode."""
    matches = [
        match
        for c in connectors
        if _routes(c, policy) and not c.rule_scoped
        if (match := _best(c, message, accepted, policy)) is not None
    ]
    order = ORDERS[policy.precedence]
    best = min(((order.index(m.kind), -m.length) for m in matches), default=None)
    return [m for m in matches if (order.index(m.kind), -m.length) == best]


def _best(
    connector: OutboundConnector, message: Leaving, accepted: tuple[AcceptedDomain, ...], policy: Policy
) -> Match | None:
    """The better of the two scopes of one connector; `intersection` asks for both (scope_combination)."""
    order = ORDERS[policy.precedence]
    apex = policy.wildcard_apex == "include"
    by_domain = [
        Match(connector, kind, len(pattern) if kind == SUFFIX else 0)
        for pattern in connector.recipient_domains
        if (kind := meets(pattern, message.domain, apex=apex)) is not None
        if not (kind == EVERYTHING and _catch_all_is_exempt(connector, message, policy))
    ]
    all_accepted = connector.all_accepted_domains and connector.type is ConnectorType.ONPREMISES  # 3.1
    by_accepted = [Match(connector, ACCEPTED)] if all_accepted and is_accepted(message.domain, accepted) else []
    both_set = all_accepted and bool(connector.recipient_domains)
    if both_set and policy.scope_combination == "intersection" and not (by_domain and by_accepted):
        return None
    return min((*by_domain, *by_accepted), key=lambda m: (order.index(m.kind), -m.length), default=None)


def _catch_all_is_exempt(connector: OutboundConnector, message: Leaving, policy: Policy) -> bool:
    """Step 5: to an external recipient a CMT connector's own `*` does not count for an exempt message."""
    exempt = _from_our_servers(message) or (_is_forward(message) and policy.cmt_forwarded == "direct")
    return _is_cmt(connector) and _is_external(message) and exempt
