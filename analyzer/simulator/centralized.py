"""The company with one connector for everything: centralized transport as meant, by accident, and a `*` without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from analyzer.simulator.company import CONNECTOR_2, FROM_SERVERS, TO_SERVERS, TO_WOODGROVE, Peer, People
from analyzer.simulator.configuration import inbound, outbound
from analyzer.simulator.faults import Fault
from analyzer.simulator.hybrid import NO_RULES, hybrid_exports
from analyzer.simulator.scenario import (
    CLOUD,
    INTERNET,
    ONPREMISES,
    Due,
    Scenario,
    Source,
    arriving,
    deliver,
    due_to,
    send,
)
from analyzer.simulator.topology import Exports, Topology

CATCH_ALL = Fault(
    "catch-all-captures-internet",
    "misroute",
    "no_evidence",
    "MF115",
    "Mail to the internet left by a connector to the servers that has `*` without centralized transport.",
)
CMT_UNPLANNED = Fault(
    "cmt-unplanned",
    "match",
    "no_evidence",
    "MF116",
    "Mail to the internet went through the servers by centralized transport that the wizard was not asked for.",
)
CMT_LEAK_FORWARD = Fault(
    "cmt-leak-forward",
    "match",
    "no_evidence",
    "MF117",
    "A forwarded copy went to the internet directly although centralized transport is on.",
)
CMT_LEAK = Fault(
    "cmt-leak",
    "misroute",
    "no_evidence",
    "MF117",
    "Mail of a cloud mailbox went to the internet directly although centralized transport is on.",
    starts=0.4,
)

_CLIENT = Source(CLOUD, People.CLOUD_CONTOSO, Peer.HOME, submitted=True)
_SERVERS = Source(ONPREMISES, People.SERVERS, Peer.SERVERS)
_INTERNET = Source(INTERNET, People.INTERNET, Peer.INTERNET)
_FEATURES = ("FreeBusy", "MoveMailbox", "SecureMail")

# One blank cell does not tell of which side it speaks, where both take part.
_BOTH_SIDES = Due("match", "no_evidence")
_INSIDE = Scenario("inside-the-cloud", 0, _CLIENT, (deliver(People.CLOUD),))
_BY_SERVERS = Scenario("cloud-to-internet-by-servers", 120, _CLIENT, (send(People.INTERNET, TO_SERVERS),))
_DIRECT = Scenario("cloud-to-internet-directly", 0, _CLIENT, (send(People.INTERNET),))
_FORWARD = Scenario(
    "forwarded-directly", 20, _INTERNET, (replace(send(People.CONTACTS, due=_BOTH_SIDES), forwarded=True),)
)


def _alike() -> Iterator[Scenario]:
    """What goes the same way under any of the three."""
    yield _INSIDE
    yield arriving(Scenario("servers-to-cloud", 120, _SERVERS, (deliver(People.CLOUD),)), FROM_SERVERS)
    yield Scenario("cloud-to-servers", 90, _CLIENT, (send(People.SERVER_FABRIKAM, TO_SERVERS),))


def _with_cmt() -> Iterator[Scenario]:
    yield from _alike()
    # Mail that comes from the servers is exempt, or it would go round (reference 3.3, 2).
    yield arriving(Scenario("servers-to-internet", 60, _SERVERS, (send(People.INTERNET),)), FROM_SERVERS)


def _planted(
    base: Scenario, fault: Fault, *, share: int, due: Due | None = None, logged: str | None = None
) -> Scenario:
    leg = replace(base.legs[0], logged=logged, due=due or due_to(fault))
    return replace(base, name=f"{fault.kind}/{base.name}", share=share, legs=(leg,), fault=fault, instead=base.name)


def _exports(domains: list[str], *, cmt: bool, asked: bool) -> Exports:
    """Give the exports with one connector for these domains, and one for the domain of the partner."""
    plain = hybrid_exports(False)
    features = (*_FEATURES, *(("Centralized",) if asked else ()))
    return replace(
        plain,
        outbound=(
            outbound(
                TO_SERVERS,
                "OnPremises",
                RecipientDomains=domains,
                AllAcceptedDomains=not cmt,
                RouteAllMessagesViaOnPremises=cmt,
            ),
            outbound(CONNECTOR_2, "OnPremises", RecipientDomains=["contoso.com"]),
            outbound(TO_WOODGROVE, "Partner", RecipientDomains=["woodgrovebank.com"]),
        ),
        inbound=(
            inbound(
                FROM_SERVERS, "OnPremises", TlsSenderCertificateName="*.contoso.com", CloudServicesMailEnabled=True
            ),
        ),
        rules=(),
        features=features,
        settings=plain.settings + NO_RULES,
    )


def _catch_all(faults: bool) -> Exports:  # noqa: FBT001
    return _exports(["*"] if faults else [], cmt=False, asked=False)


def _accident(faults: bool) -> Exports:  # noqa: FBT001
    return _exports(["*"] if faults else [], cmt=faults, asked=False)


def _meant(_faults: bool) -> Exports:  # noqa: FBT001
    return _exports(["*"], cmt=True, asked=True)


def _topology(name: str, meaning: str, scenarios: Iterator[Scenario], exports: Callable[[bool], Exports]) -> Topology:
    return Topology(name, meaning, tuple(scenarios), exports, filler=_INSIDE.name)


def _scenarios_meant() -> Iterator[Scenario]:
    yield from _with_cmt()
    yield _BY_SERVERS
    yield replace(_planted(_FORWARD, CMT_LEAK_FORWARD, share=20, due=_BOTH_SIDES), instead=_INSIDE.name)
    yield _planted(_BY_SERVERS, CMT_LEAK, share=12)


def _scenarios_accident() -> Iterator[Scenario]:
    yield from _with_cmt()
    yield _DIRECT
    unplanned = _planted(_BY_SERVERS, CMT_UNPLANNED, share=120, logged=TO_SERVERS)
    yield replace(unplanned, instead=_DIRECT.name)
    yield _FORWARD


def _scenarios_catch_all() -> Iterator[Scenario]:
    yield from _alike()
    caught = _planted(_BY_SERVERS, CATCH_ALL, share=90, logged=TO_SERVERS)
    yield replace(caught, instead=_DIRECT.name)
    yield Scenario("cloud-to-bank", 30, _CLIENT, (send(People.WOODGROVE, TO_WOODGROVE),))
    yield Scenario("cloud-to-contoso-servers", 60, _CLIENT, (send(People.SERVER_CONTOSO, CONNECTOR_2),))


CENTRALIZED = _topology(
    "centralized", "Centralized mail transport, as the wizard was asked.", _scenarios_meant(), _meant
)
ACCIDENT = _topology(
    "accident", "Centralized mail transport, and the wizard was not asked.", _scenarios_accident(), _accident
)
CATCHING = _topology(
    "catch-all",
    "A connector to the servers with `*`, without centralized transport.",
    _scenarios_catch_all(),
    _catch_all,
)
