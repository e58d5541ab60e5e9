"""Read -> normalise -> select -> compare -> write and fold."""

from analyzer.pipeline.books import InputBook, Options, Progress
from analyzer.pipeline.convert import Conversion, convert
from analyzer.pipeline.coverage import Coverage
from analyzer.pipeline.engine import Engine
from analyzer.pipeline.run import Outcome, run
from analyzer.pipeline.tail import folding_notes

__all__ = [
    "Conversion",
    "Coverage",
    "Engine",
    "InputBook",
    "Options",
    "Outcome",
    "Progress",
    "convert",
    "folding_notes",
    "run",
]
