"""Which domains an object concerns, and how mail to each domain leaves before and after (reference 3.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from analyzer.lint.base import Scene, pattern_of
from analyzer.selection.decision import Answer, Outcome
from analyzer.selection.outbound import rank
from analyzer.tenant.model import (
    AcceptedDomain,
    HybridConfiguration,
    InboundConnector,
    OutboundConnector,
    RemoteDomain,
    TransportRule,
)
from analyzer.tenant.onpremises import SendConnector

Sides = tuple[tuple[object, Scene], ...]  # an object and the configuration that it is part of, before and after


def touched(sides: Iterable[tuple[object, Scene]]) -> list[str]:
    """Name the domains that an object concerns in one of its versions, as patterns."""
    return sorted({domain for value, scene in sides for domain in _domains(value, scene)})


def _domains(value: object, scene: Scene) -> Iterable[str]:
    match value:
        case OutboundConnector():
            return _in_scope(value, scene)
        case InboundConnector():
            return value.sender_domains
        case AcceptedDomain():
            return (value.domain, f"*.{value.domain}") if value.match_subdomains else (value.domain,)
        case TransportRule():
            return (d for p in value.conditions if p.name == "RecipientDomainIs" for d in p.values)
        case RemoteDomain():
            return (value.domain,)
        case HybridConfiguration():
            return value.domains
        case SendConnector():
            return (space.domain for space in value.address_spaces)
    return ()


def _in_scope(connector: OutboundConnector, scene: Scene) -> Iterator[str]:
    """Name the domains among those that the configuration tells apart which a connector matches."""
    if connector.rule_scoped:  # it goes by its rule, never by a domain (3.4)
        return
    for domain in scene.probes():
        if rank(connector, scene.lens.domain(domain), scene.settings.policy) is not None:
            yield pattern_of(domain)


def selections(old: Scene, new: Scene, renamed: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Give each domain to which mail from the cloud now leaves otherwise: pattern, way before, way after.

    A connector that only has another name (`renamed`, old name to new) is the same way.
    """
    if old.snapshot.outbound is None or new.snapshot.outbound is None:
        return
    for domain in dict.fromkeys((*new.probes(), *old.probes())):
        before, after = old.leaving(domain), new.leaving(domain)
        same_names = {renamed.get(n, n) for n in before.names()} == set(after.names())
        if before.outcome is not after.outcome or not same_names:
            yield pattern_of(domain), _way(before), _way(after)


def _way(answer: Answer) -> str:
    return "the MX record" if answer.outcome is Outcome.NONE else answer.words()
