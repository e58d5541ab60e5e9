"""Read -> normalise -> select -> compare -> write and fold."""

from analyzer.pipeline.run import InputBook, Options, Outcome, Progress, run
from analyzer.pipeline.verdicts import Engine

__all__ = ["Engine", "InputBook", "Options", "Outcome", "Progress", "run"]
