"""Read -> normalise -> select -> compare -> write and fold."""

from analyzer.pipeline.engine import Engine
from analyzer.pipeline.run import InputBook, Options, Outcome, Progress, run

__all__ = ["Engine", "InputBook", "Options", "Outcome", "Progress", "run"]
