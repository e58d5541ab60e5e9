"""The benchmark on few rows, once: checks the books, prints the ratio, never fails on time.

python -m benchmarks.smoke
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from benchmarks.measuring import traffic
from benchmarks.page import rendered
from benchmarks.results import ANALYZE, COPY, Results
from benchmarks.run import Bench, about

ROWS = 100_000


def _check_books(folder: Path) -> None:
    """Demand that neither the analysis nor the copy lost a row."""
    import pyarrow.parquet as pq  # noqa: PLC0415 - after the measuring: see `measure`

    books = json.loads((folder / "report" / "run.json").read_text(encoding="utf-8"))["books"]
    truth = pq.read_metadata(traffic(ROWS, folder).folder / "truth.parquet").num_rows
    written, copied = (
        sum(pq.read_metadata(part).num_rows for part in parts.glob("*.parquet"))
        for parts in (folder / "report" / "messages", folder / "copied")
    )
    causes = pq.read_table(folder / "report" / "causes.parquet", columns=["messages"])["messages"].to_pylist()
    if books["rows"] != books["read"] + books["rejected"] + books["noise"]:
        raise SystemExit(f"rows are missing: {books}")
    if not truth == written == sum(causes) == books["verdict_rows"]:
        raise SystemExit(f"{truth} recipients, {written} verdict rows, {sum(causes)} in the cube: {books}")
    if copied != books["rows"]:
        raise SystemExit(f"the floor copied {copied} rows of {books['rows']}")


def main() -> None:
    """Generate, measure every program once, profile, render, check the books."""
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Results(about("")), (ROWS,), Path(name))
        bench.summary(turns=1)
        bench.profile()
        bench.results.about["minutes"] = "0"
        rendered(bench.results)
        _check_books(Path(name))
        (run,) = bench.results.of("summary", ROWS, ANALYZE)
        (ratio,) = bench.results.ratios("summary", ROWS, (ANALYZE, COPY))
        print(
            f"{run.rows:,} rows, {run.megabytes:.0f} MB: analyze {run.wall:.1f} s and {run.peak_mb:.0f} MB, "
            f"{ratio:.2f} times as long as the copy (start-up is most of it); every row is accounted for"
        )


if __name__ == "__main__":
    main()
