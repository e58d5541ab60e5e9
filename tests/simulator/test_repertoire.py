"""The scenarios themselves: one deck, names told apart, faults only where the evidence suffices."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import analyzer.simulator
from analyzer.schema import PLACES, VERDICTS
from analyzer.simulator import TOPOLOGIES, Topology
from analyzer.simulator.company import Peer, People, addresses, people
from analyzer.simulator.faults import FAULTS, Fault
from analyzer.simulator.repertoire import DECK, FAULTY
from analyzer.simulator.repertoire import SCENARIOS as PLAIN
from analyzer.simulator.scenario import Scenario
from analyzer.simulator.topologies import SCENARIOS

EVERY_FAULT = tuple(dict.fromkeys(fault for topology in TOPOLOGIES for fault in topology.faults))
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


def test_names_are_told_apart() -> None:
    """No two scenarios share a name, and no two faults a kind."""
    assert len(BY_NAME) == len(SCENARIOS)
    assert len({fault.kind for fault in EVERY_FAULT}) == len(EVERY_FAULT)
    for topology in TOPOLOGIES:
        assert all(BY_NAME[scenario.name] == scenario for scenario in topology.scenarios)


def test_shares_leave_room_in_the_deck() -> None:
    """The shares fill less than a deck: the rest is ordinary mail from the internet, and not a little."""
    dealt = sum(scenario.share * len(scenario.legs) for scenario in PLAIN)

    assert DECK * 0.8 < dealt < DECK * 0.9


def test_every_registered_fault_has_a_scenario() -> None:
    """The registry and the scenarios name the same faults."""
    assert {scenario.fault for scenario in FAULTY} == set(FAULTS)


@pytest.mark.parametrize("topology", TOPOLOGIES, ids=lambda topology: topology.name)
def test_every_topology_is_whole(topology: Topology) -> None:
    """Its shares fit a deck, its filler is one of its scenarios, and what stands in for a fault is a scenario."""
    assert sum(scenario.share * len(scenario.legs) for scenario in topology.scenarios) < DECK
    assert topology.filler in {scenario.name for scenario in topology.scenarios}
    assert {scenario.instead for scenario in topology.scenarios} <= {None, *BY_NAME}


@pytest.mark.parametrize("fault", EVERY_FAULT, ids=lambda fault: fault.kind)
def test_faults_are_documented(fault: Fault) -> None:
    """Each fault has verdicts that exist, a finding code and a sentence."""
    assert {fault.verdict, fault.verdict_without_connectors} <= set(VERDICTS)
    assert fault.finding.startswith("MF")
    assert fault.meaning.endswith(".")
    assert 0.0 <= fault.starts < 1.0


@pytest.mark.parametrize("scenario", [one for one in SCENARIOS if one.fault], ids=lambda scenario: scenario.name)
def test_faults_rest_on_sound_evidence(scenario: Scenario) -> None:
    """A fault has one recipient, a known address, no client behind NAT, and a sound scenario to stand in for it."""
    instead = BY_NAME[scenario.instead or ""]

    assert len(scenario.legs) == len(instead.legs) == 1
    assert scenario.source.peers not in {Peer.BLANK, Peer.HOME_OR_BLANK}
    assert not (scenario.source.submitted and scenario.source.peers is Peer.SERVERS)
    assert instead.fault is None


@pytest.mark.parametrize("scenario", [one for one in SCENARIOS if not one.fault], ids=lambda scenario: scenario.name)
def test_sound_scenarios_log_what_is_right(scenario: Scenario) -> None:
    """Where nothing is planted the log names the right connectors, or none for what did not arrive or was not sent."""
    arrived = any(leg.on_arrival for leg in scenario.legs)
    assert scenario.logged_inbound == (scenario.inbound if arrived else None)
    assert all(leg.equal or leg.logged in {leg.selected, None} for leg in scenario.legs)
    assert scenario.source.place in PLACES


def test_addresses_are_told_apart() -> None:
    """Nobody is in two groups, so that a place is never in doubt."""
    entries = addresses().entries

    assert len(set(entries)) == len(entries)


@pytest.mark.parametrize("group", People)
def test_groups_outnumber_the_recipients_of_a_message(group: People) -> None:
    """The recipients of one message can all be different people."""
    drawn = max((sum(leg.to is group for leg in scenario.legs) for scenario in SCENARIOS), default=0)

    assert len(people(group)) >= max(drawn, 1)


def test_internet_domains_follow_zipf() -> None:
    """The most frequent correspondent domain has about twice as many users as the second."""
    domains = [address.partition("@")[2] for address in people(People.INTERNET)]
    counts = sorted((domains.count(domain) for domain in set(domains)), reverse=True)

    assert 1.8 < counts[0] / counts[1] < 2.2
    assert len(counts) == 600


def test_simulator_knows_nothing_of_the_engine() -> None:
    """No module of the package imports more of ours than the schema, the errors and itself."""
    folder = Path(analyzer.simulator.__file__).parent
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            ours = [name for name in names if name.partition(".")[0] == "analyzer"]
            assert all(name.startswith(("analyzer.simulator", "analyzer.schema", "analyzer.errors")) for name in ours)
