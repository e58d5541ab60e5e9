"""The benchmark on few rows, once: shows that it runs and that the books are right; never fails on time.

python -m benchmarks.smoke
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from benchmarks.measuring import Traffic, measure, traffic

ROWS = 100_000


def _check_books(made: Traffic, report: Path, copy: Path) -> int:
    """Demand that neither program lost a row, and give the number of log rows."""
    import pyarrow.parquet as pq  # noqa: PLC0415 - after the measuring: see `measure`

    books = json.loads((report / "run.json").read_text(encoding="utf-8"))["books"]
    truth = pq.read_metadata(made.folder / "truth.parquet").num_rows
    written, copied = (
        sum(pq.read_metadata(part).num_rows for part in folder.glob("*.parquet"))
        for folder in (report / "messages", copy)
    )
    if books["rows"] != books["read"] + books["rejected"] + books["noise"]:
        raise SystemExit(f"rows are missing: {books}")
    if not truth == written == books["verdict_rows"]:
        raise SystemExit(f"{truth} recipients were generated, {written} verdict rows written: {books}")
    if copied != books["rows"]:
        raise SystemExit(f"the floor copied {copied} rows of {books['rows']}")
    rows: int = books["rows"]
    return rows


def main() -> None:
    """Generate, measure both programs once, check the books."""
    with tempfile.TemporaryDirectory() as folder:
        made = traffic(ROWS, Path(folder))
        copied = measure(made.copy(Path(folder) / "copy"))
        analysed = measure(made.analyze(Path(folder) / "report"))
        rows = _check_books(made, Path(folder) / "report", Path(folder) / "copy")
        print(
            f"{rows:,} rows, {made.megabytes:.0f} MB, {ROWS:,} recipients: analyze {analysed.wall:.1f} s and "
            f"{analysed.peak_mb:.0f} MB, copy {copied.wall:.1f} s, ratio {analysed.wall / copied.wall:.2f} "
            "(start-up is most of it); every row is accounted for"
        )


if __name__ == "__main__":
    main()
