"""Read -> normalise -> select -> compare -> write and fold."""

from analyzer.pipeline.books import InputBook, Options, Progress
from analyzer.pipeline.convert import Conversion, convert
from analyzer.pipeline.engine import Engine
from analyzer.pipeline.run import Outcome, run

__all__ = ["Conversion", "Engine", "InputBook", "Options", "Outcome", "Progress", "convert", "run"]
