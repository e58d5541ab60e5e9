"""What a topology is: how the company's mail is meant to flow, the exports that say so, and its traffic."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from analyzer.simulator.company import People
from analyzer.simulator.configuration import Export
from analyzer.simulator.faults import Fault
from analyzer.simulator.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Exports:
    """What the administrator exports, and what mailflow.toml adds.

    `accepted` gives each domain and its type, `recipients` each group of people and its RecipientTypeDetails;
    `features` are those of Get-HybridConfiguration, None where it is not exported. `send`,
    `receive` and `own_accepted` come from the shell of the company's own servers.
    """

    outbound: tuple[Export, ...]
    inbound: tuple[Export, ...]
    rules: tuple[Export, ...]
    accepted: tuple[tuple[str, str], ...]
    recipients: tuple[tuple[People, str], ...]
    settings: str
    features: tuple[str, ...] | None = None
    send: tuple[Export, ...] = ()
    receive: tuple[Export, ...] = ()
    own_accepted: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Topology:
    """A design of the company's mail flow.

    `exports` takes whether faults are planted: some are planted in the configuration. `filler` names the
    scenario that fills a deck up. `strays` lets the servers send a few messages by a connector left behind.
    """

    name: str
    meaning: str
    scenarios: tuple[Scenario, ...]
    exports: Callable[[bool], Exports]
    filler: str = "internet-to-cloud"
    strays: bool = True

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The kinds of fault that are planted, each once."""
        return tuple(dict.fromkeys(scenario.fault for scenario in self.scenarios if scenario.fault))
