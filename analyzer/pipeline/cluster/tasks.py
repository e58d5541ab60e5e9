"""What the workers of a cluster do: plain functions of plain values, which may be done again anywhere.

A worker needs nothing but this package, the logs and the run's folder. What it writes bears the name of
the source or part it is of, so that a task done twice leaves the same files.
"""

from __future__ import annotations

import os
import pickle
import threading
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np
import pyarrow as pa

from analyzer.errors import UnreadableInput
from analyzer.formats import Log, Placed, open_log, placed
from analyzer.inputs import Source
from analyzer.pipeline.books import Options
from analyzer.pipeline.crew import delivered
from analyzer.pipeline.engine import Engine
from analyzer.pipeline.lots import Lot, read_lot
from analyzer.pipeline.parts import Judging
from analyzer.pipeline.turns import Answer, Question, Share, answered, ask, share
from analyzer.selection.batch import Codes

TENANT = "tenant"  # files and folders of a run that the workers read
CHUNKS = "chunks"
MESSAGES = "messages"


@dataclass(frozen=True, slots=True)
class Errand:
    """What every task of a run is told: how the logs are read, and where the run's folder is."""

    options: Options
    folder: Path
    messages: Path


@dataclass(frozen=True, slots=True)
class Survey:
    """A log that was read once from its beginning to its end: what it is, and where its chunks lie."""

    log: Log
    places: tuple[Placed, ...]
    begins: bytes


@dataclass(frozen=True, slots=True)
class Judged:
    """What a part adds to cube and books; its rows are written.

    Attributes:
        cube: Its share of the cube, with results numbered by their place in `results`.
        results: The results, packed: whoever knows the bytes knows the result.
    """

    cube: pa.Table | None
    results: tuple[bytes, ...]
    share: Share


def version() -> str:
    """Say which program this is: workers of another one would give other rows."""
    return f"mailflow-analyzer {metadata.version('mailflow-analyzer')} with pyarrow {pa.__version__}"


def obstacle(errand: Errand, wanted: str) -> str:
    """Say why this worker cannot do the work of a run; empty where it can."""
    if version() != wanted:
        return f"runs {version()}; {wanted} as here would be accepted"
    if not os.access(errand.folder / TENANT, os.R_OK) or not os.access(errand.messages, os.W_OK):
        return f"cannot write in {errand.messages.parent}; --out has to lie on storage that all workers share"
    return ""


def survey(errand: Errand, source: Source, number: int) -> Survey | UnreadableInput:
    """Read a log to its end and place its chunks; or say why it cannot be read."""
    options = errand.options
    try:
        log = open_log(
            source,
            format_name=options.format_name,
            date_order=options.date_order,
            timezone=options.timezone,
            encoding=options.encoding,
        )
        if options.subjects:
            log.read_subjects()
        places = tuple(placed(log, errand.folder / CHUNKS / f"{number:06d}"))
        return Survey(log, places, log.begins)
    except UnreadableInput as problem:
        return problem


def read(errand: Errand, batch: bytes) -> tuple[Lot, Question]:
    """Parse a packed batch and work out what its turn has to know."""
    lot = read_lot(pickle.loads(batch), errand.options)  # noqa: S301 - the run's own word
    return lot, ask(lot)


def question(found: tuple[Lot, Question]) -> Question:
    """Give what the turn has to know; the rows stay where they are."""
    return found[1]


def judge(errand: Errand, found: tuple[Lot, Question], answer: Answer, part: int) -> Judged:
    """Judge and write the rows of a lot that count."""
    lot = answered(found[0], answer)
    bench = _bench(errand.folder)
    cube = delivered(lot, Judging(bench.engine, errand.messages), part)
    if cube is None:
        return Judged(None, (), share(lot))
    numbers, places = np.unique(cube.column("result").to_numpy(), return_inverse=True)
    return Judged(renumbered(cube, places), tuple(map(bench.packed, numbers.tolist())), share(lot))


def renumbered(cube: pa.Table, numbers: Codes) -> pa.Table:
    """Put other numbers of results into a share of the cube."""
    return cube.set_column(cube.column_names.index("result"), "result", pa.array(numbers, pa.int64()))


class Bench:
    """An engine in a worker process, for all of a run's tasks there."""

    def __init__(self, folder: Path) -> None:
        """Load the tenant that the run has laid down."""
        self.folder = folder
        self.engine = Engine(pickle.loads((folder / TENANT).read_bytes()))  # noqa: S301 - the run's own file
        self._packed: dict[int, bytes] = {}

    def packed(self, number: int) -> bytes:
        """Pack a result."""
        if number not in self._packed:
            self._packed[number] = pickle.dumps(self.engine.ledger.results[number])
        return self._packed[number]


_benches: dict[Path, Bench] = {}
_entry = threading.Lock()


def _bench(folder: Path) -> Bench:
    """Give the run's engine in this process; that of an earlier run is forgotten."""
    with _entry:
        if folder not in _benches:
            _benches.clear()
            _benches[folder] = Bench(folder)
        return _benches[folder]
