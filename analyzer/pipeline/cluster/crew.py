"""A Dask cluster as the crew of a reading: rows stay with the workers, only keys and counts come here.

Each log is surveyed by one worker, each batch read by one and judged by one; a task whose worker is
lost is done again by another. The order of the input is kept here: sources are opened and turns
are taken in it, and the results are given in it.
"""

from __future__ import annotations

import pickle
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
from distributed import Client, Future
from distributed.scheduler import KilledWorker

from analyzer.errors import MailflowError, UnreadableInput
from analyzer.formats import Placed
from analyzer.inputs import Source
from analyzer.pipeline.books import Options
from analyzer.pipeline.cluster import tasks
from analyzer.pipeline.crew import Done
from analyzer.pipeline.engine import Engine, Result
from analyzer.pipeline.intake import Intake, Opened, opened
from analyzer.pipeline.turns import Turn, Turns

_RETRIES = 3  # of a task that failed, as where storage did not answer


class LostError(MailflowError):
    """Worker after worker was lost over the same piece of a log."""

    exit_code = 70


@dataclass(slots=True)
class Workers:
    """The workers of a cluster.

    Attributes:
        errand: What every task is told.
        engine: Ours; it numbers the results of all workers.
        room: How many batches may be in flight at each stage.
    """

    client: Client
    errand: tasks.Errand
    engine: Engine
    room: int
    _numbers: dict[bytes, int] = field(default_factory=dict)
    _surveys: dict[str, Future[Any]] = field(default_factory=dict)
    _sources: Sequence[Source] = ()
    _asked: int = 0  # of the sources

    def expect(self, sources: Sequence[Source]) -> None:
        """Take note of the sources to be surveyed, in the order in which they will be opened."""
        self._sources = sources

    def open(self, source: Source, options: Options) -> Opened:
        """Open a source that a worker has surveyed; a store's parts lie where everyone can read them.

        Raises:
            UnreadableInput: It cannot be read.
        """
        self._look_ahead()
        if source.is_store:
            return opened(_reachable(source), options)
        if source.spool:  # what only this process can read
            found = tasks.survey(self.errand, source, self._sources.index(source))
        else:
            found = self._result(self._surveys.pop(source.name), source.name)
        if isinstance(found, UnreadableInput):
            raise found
        found.log.source = _reachable(source)
        return Opened(found.log, _passing(found), found.begins)

    def _look_ahead(self) -> None:
        """Let the workers survey some of the sources that follow."""
        while self._asked < len(self._sources) and len(self._surveys) <= self.room:
            source = self._sources[self._asked]
            if not source.is_store and not source.spool:
                survey = self._ask(tasks.survey, self.errand, _reachable(source), self._asked)
                self._surveys[source.name] = survey
            self._asked += 1

    def work(self, intake: Intake, parts: Iterator[int], turns: Turns) -> Iterator[Done[pa.Table]]:
        """Let the workers read, take the turns here, let them judge and write; in the order of the batches."""
        reading: deque[tuple[Future[Any], Future[Any], str, int]] = deque()
        judging: deque[tuple[Future[Any], Turn, str]] = deque()
        for batch, part in zip(intake.batches(), parts, strict=False):
            rows = self._ask(tasks.read, self.errand, pickle.dumps(batch))
            reading.append((rows, self._ask(tasks.question, rows), batch.pieces[0].log.source.name, part))
            if len(reading) >= self.room:
                judging.append(self._turned(*reading.popleft(), turns=turns))
            while len(judging) >= self.room:
                yield self._done(*judging.popleft())
        while reading:
            judging.append(self._turned(*reading.popleft(), turns=turns))
        while judging:
            yield self._done(*judging.popleft())

    def _turned(
        self, rows: Future[Any], asked: Future[Any], name: str, part: int, *, turns: Turns
    ) -> tuple[Future[Any], Turn, str]:
        turn = turns.take(self._result(asked, name))
        return self._ask(tasks.judge, self.errand, rows, turn.answer, part), turn, name

    def _done(self, judged: Future[Any], turn: Turn, name: str) -> Done[pa.Table]:
        found: tasks.Judged = self._result(judged, name)
        numbers = np.array([self._number(result) for result in found.results], np.int64)
        cube = found.cube
        if cube is not None:
            cube = tasks.renumbered(cube, numbers[cube.column("result").to_numpy()])
        return Done(cube, turn, found.share)

    def _number(self, packed: bytes) -> int:
        """Give our number of a result."""
        if packed not in self._numbers:
            result: Result = pickle.loads(packed)  # noqa: S301 - a worker's word, as trusted as its rows
            self._numbers[packed] = self.engine.ledger.number(result)
        return self._numbers[packed]

    def _ask(self, task: Any, *given: Any) -> Future[Any]:  # noqa: ANN401 - Dask has no types
        return self.client.submit(task, *given, pure=False, retries=_RETRIES)

    def _result(self, future: Future[Any], name: str) -> Any:  # noqa: ANN401 - Dask has no types
        try:
            return future.result()
        except KilledWorker as problem:
            raise LostError(
                f"{name}: the cluster lost {problem.allowed_failures + 1} workers over the same piece of it; "
                "workers with more memory, or with fewer threads each, may do it"
            ) from problem


def _passing(found: tasks.Survey) -> Iterator[Placed]:
    """Give the places of a log's chunks, and note how far that is."""
    whole = found.log.passed
    for number, place in enumerate(found.places, 1):
        found.log.passed = whole * number // len(found.places)
        yield place


def _reachable(source: Source) -> Source:
    """Name a source's file so that it can be found from anywhere; its name stays."""
    return replace(source, path=source.path and source.path.resolve(), spool=None)
