"""Read, normalise, select, compare, write and fold: one pass, batch by batch, in flat memory.

`reading` gives every log row once; here worker threads judge the rows and write one Parquet part a
batch, and the cube is folded in the order of the input, so the output does not depend on the number of
workers (docs/decisions/0017).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from analyzer.causes import Cube, in_order
from analyzer.errors import LogError
from analyzer.inputs import find
from analyzer.pipeline.books import InputBook, Options, Progress
from analyzer.pipeline.coverage import Coverage, cover
from analyzer.pipeline.crew import Crew
from analyzer.pipeline.engine import Engine
from analyzer.pipeline.intake import Intake
from analyzer.pipeline.parts import Judging
from analyzer.pipeline.reading import Reading
from analyzer.pipeline.tail import Tail
from analyzer.pipeline.verdicts import PARTIAL_KEYS, expanded
from analyzer.schema import CAUSES, MESSAGES, REJECTS
from analyzer.tenant.model import Tenant
from analyzer.tenant.predicates import Looks


class Cluster(Protocol):
    """Machines whose workers can be the crew of a run (analyzer.pipeline.cluster)."""

    def crew(self, intake: Intake, engine: Engine, directory: Path) -> AbstractContextManager[Crew[pa.Table]]:
        """Give the crew, which opens the sources of this intake and writes the parts into the folder."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run gives besides its files.

    Attributes:
        inputs: The books.
        unreadable: A line for each input that could not be read.
        causes: The cube.
        coverage: How complete the inputs are.
        folded: Messages that the cube counts under `(other)`, by column.
    """

    inputs: tuple[InputBook, ...]
    unreadable: tuple[str, ...]
    causes: pa.Table
    coverage: Coverage
    folded: Mapping[str, int]


def run(
    logs: Sequence[str],
    tenant: Tenant,
    directory: Path,
    options: Options,
    *,
    progress: Callable[[Progress], None] = lambda _: None,
    cluster: Cluster | None = None,
) -> Outcome:
    """Judge every row of the logs and write messages/ and rejects.parquet into a directory.

    Args:
        logs: files, folders, globs or `-`.
        tenant: the configuration history.
        directory: an existing, empty folder.
        options: period, format, workers.
        progress: called after each batch.
        cluster: whose workers do the work; None are the threads of this machine.

    Raises:
        LogError: nothing could be read from any of the inputs.
    """
    engine, cube, tail = Engine(tenant), Cube(PARTIAL_KEYS), Tail(tenant)
    options = replace(options, subjects=Looks.SUBJECT in engine.rules_look_at)
    intake = Intake(find(logs, remote=cluster is not None), options)
    (directory / "messages").mkdir()
    judge = Judging(engine, directory / "messages")
    with (
        cluster.crew(intake, engine, directory) if cluster else nullcontext() as crew,
        pq.ParquetWriter(directory / "rejects.parquet", REJECTS.arrow, compression="zstd") as rejects,
    ):
        reading = Reading(intake, directory, judge, rejects.write_table, progress, crew)
        for part in reading.results():
            verdicts = engine.ledger.column("verdict", part.column("result").to_numpy())
            cube.add(tail.folded(part, verdicts))
    if intake.unreadable and not intake.books:
        raise LogError("logs", f"none of {len(intake.sources)} files could be read", intake.unreadable[0])
    folded = cube.table()
    pa.default_memory_pool().release_unused()  # what the batches took must not stand beside what the cube takes now
    if folded is None:
        pq.write_table(MESSAGES.empty(), directory / "messages" / "part-000000.parquet")
    causes = in_order(expanded(folded, engine)) if folded is not None else CAUSES.empty()
    books, unreadable = tuple(intake.books), tuple(intake.unreadable)
    coverage = cover(books, reading.hours, tenant, unreadable=unreadable, ambiguous=intake.ambiguous)
    return Outcome(books, unreadable, causes, coverage, tail.messages)
