"""The hybrid company whose own servers lost a way out: seen from their tracking log."""

from __future__ import annotations

from dataclasses import replace

from analyzer.simulator.company import People
from analyzer.simulator.faults import Fault
from analyzer.simulator.hybrid import hybrid_exports
from analyzer.simulator.repertoire import EVERYDAY
from analyzer.simulator.scenario import AtServer, Due, Scenario, fail
from analyzer.simulator.servers import SERVER_IP, hub_connector, send_connector
from analyzer.simulator.topology import Exports, Topology

UNROUTED = Fault(
    "own-server-unrouted",
    "unrouted",
    "no_evidence",
    "MF118",
    "Mail of the servers to the internet failed there: the Send connector no longer has `*`.",
)
WRONG_RECEIVE = Fault(
    "wrong-receive-connector",
    "mismatch",
    "no_evidence",
    "MF101",
    "The servers took an application's mail by the connector for scanners, whose range does not hold it.",
    starts=0.4,
)
_NEVER_SEEN = Due(None, None, None)
_NO_WAY, _NOBODY = "550 4.4.7 QUEUE.Expired; message expired", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found"
_EVERYDAY = {scenario.name: scenario for scenario in EVERYDAY}
_TO_CLOUD, _TO_INTERNET = _EVERYDAY["onprem-to-cloud"], _EVERYDAY["onprem-to-internet"]


def _stuck(name: str, people: People, answer: str, *, share: int, departure: str) -> Scenario:
    """Fail a message at the server, so that Office 365 never sees it."""
    leg = replace(fail(people, answer, due=_NEVER_SEEN), on_arrival=True)
    at_server = AtServer(departure=departure, stuck=True)
    return replace(_TO_INTERNET, name=name, share=share, legs=(leg,), at_server=at_server)


def _planted(scenario: Scenario, fault: Fault, instead: Scenario) -> Scenario:
    return replace(scenario, name=f"{fault.kind}/{instead.name}", fault=fault, instead=instead.name)


_SCENARIOS = (
    *(scenario for scenario in EVERYDAY if scenario is not _TO_INTERNET),
    _planted(_stuck("", People.INTERNET, _NO_WAY, share=25, departure="unrouted"), UNROUTED, _TO_INTERNET),
    # The address is in no list of the server: nothing that a connector could mend.
    _stuck("onprem-to-nobody", People.NOBODY, _NOBODY, share=5, departure="not_routed"),
    _planted(
        replace(_TO_CLOUD, share=10, at_server=AtServer(receive="EX1\\Scanners", arrival="mismatch")),
        WRONG_RECEIVE,
        _TO_CLOUD,
    ),
    replace(_TO_CLOUD, name="scanner-to-cloud", share=10, at_server=AtServer("192.0.2.98", receive="EX1\\Scanners")),
    # Through the front end of the same server, to a port that the log does not tell.
    replace(
        _TO_CLOUD,
        name="onprem-by-front-end",
        share=10,
        at_server=AtServer(front_end=SERVER_IP, receive="EX1\\Default EX1"),
    ),
)


def _exports(faults: bool) -> Exports:  # noqa: FBT001
    plain = hybrid_exports(faults)
    domains = ("contoso.onmicrosoft.com", "woodgrovebank.com", *(() if faults else ("*",)))
    return replace(plain, send=(send_connector(*domains),), receive=(*plain.receive, hub_connector()))


OWN_SERVERS = Topology(
    "own-servers",
    "The hybrid company whose own servers have no way to the internet any more, and more Receive connectors.",
    _SCENARIOS,
    _exports,
    strays=False,
)
