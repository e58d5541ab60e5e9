"""Read -> normalise -> select -> compare -> write and fold."""

from analyzer.pipeline.books import InputBook, Options, Progress
from analyzer.pipeline.engine import Engine
from analyzer.pipeline.run import Outcome, run

__all__ = ["Engine", "InputBook", "Options", "Outcome", "Progress", "run"]
