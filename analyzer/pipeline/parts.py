"""The sink of a run: rows of a part to verdicts, verdicts to a file, and what they add to the cube."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from analyzer.evidence import Carries, Witness
from analyzer.formats import Format
from analyzer.pipeline.engine import Engine
from analyzer.pipeline.judging import judge_rows
from analyzer.pipeline.parquet import layout
from analyzer.pipeline.verdicts import partial_cube, verdict_rows
from analyzer.selection.batch import Codes

HALF_WRITTEN = ".part-"  # how the names of such files begin


def judged(rows: pa.Table, format_: Format, engine: Engine) -> tuple[pa.Table, Codes]:
    """Judge normalised rows of one format: the rows of messages/*.parquet, and the number of each one's result.

    Args:
        rows: of schema STORED; the recipients of a log row stand together, and none of them is missing.
        format_: the format they came in.
        engine: of the tenant.
    """
    witness = Witness(Carries(format_.evidence.value), format_.has_directionality, format_.vantage)
    numbers = judge_rows(rows, engine, witness)
    return verdict_rows(rows, numbers, engine), numbers


@dataclass(frozen=True, slots=True)
class Judging:
    """Judges the rows of a part, writes them, and folds them."""

    engine: Engine
    directory: Path

    def __call__(self, rows: pa.Table, format_: Format, part: int) -> pa.Table:
        """Give the part's share of the cube."""
        verdicts, numbers = judged(rows, format_, self.engine)
        file = self.directory / f"part-{part:06d}.parquet"
        aside = file.with_name(f"{HALF_WRITTEN}{part}-{uuid4().hex}")  # a worker may be lost while it writes
        pq.write_table(verdicts, aside, **layout(verdicts.schema))
        aside.rename(file)
        return partial_cube(verdicts, numbers, self.engine, format_.name)
