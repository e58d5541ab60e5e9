"""Verdicts for rows on which everything is known (reference 8), under every policy (7.1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from analyzer.tenant.model import AcceptedDomain, InboundConnector, OutboundConnector, Place
from analyzer.tenant.policy import Policy
from tests.reference.answers import Answer
from tests.reference.arriving import Arriving, arrive, originating
from tests.reference.leaving import Leaving, leave, takes_centralized_transport
from tests.reference.ways import NOTHING, P, way_in, way_out

Answered = Callable[[Policy], Answer]
Allowed = Callable[[Policy], "tuple[str, ...] | None"]


@dataclass(frozen=True)
class Configuration:
    """What decides: both sides' connectors, the accepted domains, the policies."""

    outbound: tuple[OutboundConnector, ...]
    inbound: tuple[InboundConnector, ...]
    accepted: tuple[AcceptedDomain, ...]
    policy: Policy
    mx: str = "office365"


@dataclass(frozen=True)
class Side:
    """One side of a row: the answer and the allowed types under a policy, and the logged name (None: no connector)."""

    answer: Answered
    allowed: Allowed
    logged: str | None
    type: str
    to_onpremises: bool = False
    ruled: bool = False
    rule_scoped: bool = False
    leaves: bool = False

    def under(self, policy: Policy) -> str:
        """Judge the side under one policy (8, the table of verdicts)."""
        answer, allowed = self.answer(policy), self.allowed(policy)
        agrees = self._agrees(answer)
        if self.to_onpremises and answer.word == "none" and self.logged is None:
            return "unrouted"  # (a)
        if allowed is None or answer.word == "reject":
            return "undetermined"  # 2: a pair that is not in the table; 8: what arrived was not refused (0007)
        # 2: a Partner connector that is selected is allowed where none or OnPremises stands.
        on_its_way = self.type in allowed or (agrees and self.type == P and self.leaves and bool(allowed))
        if self.rule_scoped or self.ruled:  # 8: "rule connector used without the rule"; 2: with it, on any path
            on_its_way = (agrees and self.ruled) or (on_its_way and not self.rule_scoped)
        return "misroute" if not on_its_way else "match" if agrees else "mismatch"

    def judged(self, policy: Policy) -> str:
        """Weigh the other values of every policy, one at a time (7.1, R1)."""
        verdict = self.under(policy)
        if verdict in {"match", "unrouted", "undetermined"}:
            return verdict
        others = {self.under(other) for _, _, other in policy.alternatives()}
        if "unrouted" in others:
            return "unrouted"  # 7.1: an alarm under the other value too, so the graver one stands
        if "match" in others:
            return "ambiguous"
        if self._agrees(self.answer(policy)):
            return verdict
        return "mismatch" if "mismatch" in others else verdict  # misroute: under every value

    def _agrees(self, answer: Answer) -> bool:
        return self.logged in answer.names if self.logged else answer.word in {"none", "local"}


def judge_leaving(message: Leaving, arrived: Arriving | None, logged: str | None, ours: Configuration) -> str | None:
    """Give the verdict on the way out, None where it takes no part; `arrived` is None from the cloud."""

    def known(policy: Policy) -> Leaving:  # 3.3: run inbound attribution first
        claimed = arrived is not None and attributed(arrived, ours, policy)
        return replace(message, originating=claimed or message.origin is Place.ONPREMISES)

    types = {c.name: c.type.value for c in ours.outbound}

    def allowed(policy: Policy) -> tuple[str, ...] | None:
        covered = takes_centralized_transport(known(policy), ours.outbound, policy)
        return way_out(message.origin, message.destination, ours.mx, policy, covered=covered)

    def answer(policy: Policy) -> Answer:
        return leave(known(policy), ours.outbound, ours.accepted, policy)

    if logged is None and answer(ours.policy).word == "local":
        return None
    return Side(
        answer,
        allowed,
        logged,
        types[logged] if logged else NOTHING,
        to_onpremises=message.destination is Place.ONPREMISES,
        ruled=message.rule is not None,
        rule_scoped=any(c.rule_scoped for c in ours.outbound if c.name == logged),
        leaves=True,
    ).judged(ours.policy)


def attributed(message: Arriving, ours: Configuration, policy: Policy) -> bool:
    """Say whether the message is Originating: one of the OnPremises connectors claims it (4.2)."""
    answer = arrive(message, ours.inbound, ours.accepted, policy, reject_direct_send=False)
    return originating(answer, ours.inbound)


def judge_arriving(
    message: Arriving, places: tuple[Place, Place], logged: str | None, ours: Configuration, *, listed: bool
) -> str:
    """Give the verdict on the way in; `listed` says that the directory places the sender on-premises."""
    origin, destination = places
    if origin is Place.ONPREMISES and logged is None:  # (b); else direct send is possible
        return "unrouted" if listed else "undetermined"
    types = {c.name: c.type.value for c in ours.inbound}
    return Side(
        lambda policy: arrive(message, ours.inbound, ours.accepted, policy, reject_direct_send=False),
        lambda policy: way_in(origin, destination, ours.mx, policy),
        logged,
        types[logged] if logged else NOTHING,
    ).judged(ours.policy)
