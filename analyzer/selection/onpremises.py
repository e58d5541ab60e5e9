"""Selection of Send connectors on the organization's own servers (reference 6).

A Send connector is chosen by size, scope, address space, specificity, cost, nearness and name. No export
holds the costs between sites, nor which servers share a site, so several connectors may be possible; then
all of them are told, and what would tell them apart is named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from analyzer.addresses import OFFICE365_HOSTS
from analyzer.selection.decision import Answer, Outcome, Step
from analyzer.selection.facts import DomainFacts
from analyzer.tenant.onpremises import SendConnector

SITE_COSTS = "site_costs"  # the missing input where nearness decides
MESSAGE_SIZE = "size"


@dataclass(frozen=True, slots=True)
class SendQuestion:
    """What Send connector selection looks at.

    `domain` holds the facts of the domain the message is routed by, `size` is in bytes (None = not known),
    `server` is the lower-case name of the server that chooses ("" = not known).
    """

    domain: DomainFacts
    size: int | None = None
    server: str = ""


class SpaceRank(IntEnum):
    """How specifically an address space matches; lower is better."""

    EXACT = 0
    SUFFIX = 1
    ALL_ACCEPTED = 2
    STAR = 3


@dataclass(frozen=True, slots=True)
class _Match:
    """A connector in play: how its best address space matches, and what is certain about it: its size, its nearness."""

    connector: SendConnector
    rank: tuple[int, int]
    cost: int
    space: str
    sized: bool
    local: bool

    @property
    def certain(self) -> bool:
        """Tell whether it fits and is in scope for certain."""
        return self.sized and (self.local or not self.connector.scoped)

    def beats(self, other: _Match) -> bool:
        """Tell whether this one wins over the other whatever is not known."""
        if self is other or not (self.certain or self._fits_with(other)):
            return False
        if self.rank != other.rank:
            return self.rank < other.rank  # rule: 6, 3. Specificity comes before cost.
        if self.local and not other.local:
            return self.cost <= other.cost  # rule: 6, 4 and 5. The way to another server costs nothing or more.
        if self.local != other.local or (not self.local and not self._as_near_as(other)):
            return False
        return (self.cost, self.connector.name.lower()) < (other.cost, other.connector.name.lower())  # rule: 6, 6

    def _as_near_as(self, other: _Match) -> bool:
        """Tell whether every server of the other is one of this one's too: the way here costs no more."""
        servers = set(other.connector.source_servers)
        return bool(servers) and servers.issubset(self.connector.source_servers)

    def _fits_with(self, other: _Match) -> bool:
        """Tell whether this one is in scope and large enough wherever the other is."""
        scoped = self.connector.scoped and not self.local
        in_scope = not scoped or (other.connector.scoped and self._as_near_as(other))
        limit, others = self.connector.max_message_size, other.connector.max_message_size
        as_large = limit is not None and others is not None and limit >= others
        return in_scope and (self.sized or as_large)


def space_rank(domain: str, facts: DomainFacts) -> tuple[int, int] | None:
    """Say how well an address space matches: (rank, longer is better within it); None = not at all.

    `*.contoso.com` includes the apex and `contoso.com` excludes subdomains (reference 6).
    """
    if domain == "*":
        return SpaceRank.STAR, 0
    if domain == "--":
        return (SpaceRank.ALL_ACCEPTED, 0) if facts.accepted_on_own else None
    if domain.startswith("*."):
        matching = domain == facts.apex or domain in facts.wildcards
        return (SpaceRank.SUFFIX, -len(domain)) if matching else None
    return (SpaceRank.EXACT, 0) if domain == facts.exact else None


def _matched(connector: SendConnector, question: SendQuestion) -> _Match | None:
    ranked = [
        (rank, space.cost, space.domain)
        for space in connector.address_spaces
        if space.type == "smtp" and (rank := space_rank(space.domain, question.domain)) is not None
    ]
    if not ranked:
        return None
    (rank, cost, domain), local = min(ranked), question.server in connector.source_servers
    sized = connector.max_message_size is None or question.size is not None
    return _Match(connector, rank, cost, domain, sized=sized, local=local)


def _too_small(connector: SendConnector, question: SendQuestion) -> bool:
    # rule: 6, 1
    return (
        connector.max_message_size is not None
        and question.size is not None
        and connector.max_message_size < question.size
    )


def possible_send(question: SendQuestion, connectors: tuple[SendConnector, ...]) -> tuple[Answer, ...]:
    """Give every answer that the known inputs allow, the likeliest first; one alone is certain."""
    matched = [m for c in connectors if c.enabled and (m := _matched(c, question)) is not None]
    fitting = [m for m in matched if not _too_small(m.connector, question)]
    winners = [m for m in fitting if not any(d.beats(m) for d in fitting)]
    winners.sort(key=lambda m: (m.rank, not m.local, m.cost, m.connector.name.lower()))
    answers = tuple(Answer(Outcome.CONNECTOR, m.connector.name, _REASONS[m.rank[0]]) for m in winners)
    return answers if any(m.certain for m in fitting) else (*answers, *_without(matched, question))


def _without(matched: list[_Match], question: SendQuestion) -> tuple[Answer, ...]:
    """Say what becomes of a message that may find no connector, where none fits for certain (rule: 6, 7)."""
    # Refused: a connector in scope is too small, and those that fit whatever the size are out of scope, their
    # servers being of another site.
    limited = [m for m in matched if _may_be_too_small(m.connector, question)]
    elsewhere = {server for m in matched if m not in limited for server in m.connector.source_servers}
    refused = any(m.local or not m.connector.scoped or not _all_in(m.connector, elsewhere) for m in limited)
    reject = (Answer(Outcome.REJECT, reason="too-large-for-every-connector"),) if refused else ()
    may_be_out_of_scope = all(m.connector.scoped and not m.local for m in matched)
    nowhere = (Answer(Outcome.NONE, reason="unreachable-queue"),) if may_be_out_of_scope else ()
    return reject + nowhere


def _may_be_too_small(connector: SendConnector, question: SendQuestion) -> bool:
    return connector.max_message_size is not None and (question.size is None or _too_small(connector, question))


def _all_in(connector: SendConnector, servers: set[str]) -> bool:
    return bool(connector.source_servers) and servers.issuperset(connector.source_servers)


_REASONS: Mapping[int, str] = {
    SpaceRank.EXACT: "exact-address-space",
    SpaceRank.SUFFIX: "wildcard-address-space",
    SpaceRank.ALL_ACCEPTED: "all-accepted-domains",
    SpaceRank.STAR: "catch-all-address-space",
}


def internet_egress(connectors: tuple[SendConnector, ...] | None) -> str | None:
    """Say by which way the own servers' internet mail leaves, as `onprem_internet_egress` names it (reference 7.2).

    None where nothing was exported, where no connector takes `*`, and where it goes to a host of whom nobody
    knows where it sends the mail on.
    """
    stars = [c for c in connectors or () if c.enabled and any(s.domain == "*" for s in c.address_spaces)]
    ways = {_way_of(c) for c in stars}
    return ways.pop() if len(ways) == 1 else None


def _way_of(connector: SendConnector) -> str | None:
    if not connector.smart_hosts:
        return "direct" if connector.dns_routing else None
    return "office365" if all(h.endswith(OFFICE365_HOSTS) for h in connector.smart_hosts) else None


def explain_send(question: SendQuestion, connectors: tuple[SendConnector, ...]) -> tuple[Step, ...]:
    """Tell what became of every Send connector, in order."""
    fitting = [
        m for c in connectors if c.enabled and (m := _matched(c, question)) and not _too_small(m.connector, question)
    ]
    return tuple(_fate(c, question, fitting) for c in connectors)


def _fate(connector: SendConnector, question: SendQuestion, fitting: list[_Match]) -> Step:
    if not connector.enabled:
        return Step(connector.name, "is off", "6, 2")
    if _too_small(connector, question):
        return Step(connector.name, f"takes {connector.max_message_size} bytes at most", "6, 1")
    match = next((m for m in fitting if m.connector is connector), None)
    if match is None:
        return Step(connector.name, "no address space matches the recipient domain", "6, 2")
    winner = next((m for m in fitting if m.beats(match)), None)
    how = f"address space {match.space} at cost {match.cost}"
    if winner is None:
        return Step(connector.name, f"{how}: {'wins' if match.certain else 'wins if it is in scope'}", "6, 3-6")
    why, cite = _why(winner, match)
    return Step(connector.name, f"{how}: {winner.connector.name} {why}", cite)


def _why(winner: _Match, loser: _Match) -> tuple[str, str]:
    """Say by what the winner is better, and where that is stated."""
    if winner.rank != loser.rank:
        return "is more specific", "6, 3"
    if winner.cost != loser.cost:
        return "costs less", "6, 4"
    return ("is nearer", "6, 5") if winner.local != loser.local else ("has the lower name", "6, 6")
