"""Seeded traffic of a small hybrid company, with planted faults and the truth about every recipient.

Outcomes are planted by scenario, from the reference alone: nothing here imports the engine, so that
agreement between a report and the truth means something.
"""

from __future__ import annotations

from analyzer.simulator.faults import FAULTS, Fault
from analyzer.simulator.generation import ALL, Generated, generate
from analyzer.simulator.topologies import TOPOLOGIES
from analyzer.simulator.topology import Topology
from analyzer.simulator.truth import TRUTH

__all__ = ["ALL", "FAULTS", "TOPOLOGIES", "TRUTH", "Fault", "Generated", "Topology", "generate"]
