"""What a log format can say at all: the same for each of its rows."""

from __future__ import annotations

from dataclasses import dataclass

from analyzer.evidence.names import Carries
from analyzer.vantage import Vantage


@dataclass(frozen=True, slots=True)
class Witness:
    """Which connector evidence a format gives, whether it states a direction, and whose log it is."""

    carries: Carries
    has_directionality: bool = False
    vantage: Vantage = Vantage.OFFICE365
