"""The samples written by hand, one for each shape and trap of a format: who knows them, and what is in them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from analyzer.formats import FORMATS, open_log
from analyzer.inputs import find
from tests.formats.reading import read

FOLDERS = Path(__file__).parents[2] / "sample_logs" / "formats"
OF_FOLDERS = [file for file in sorted(FOLDERS.glob("*/*")) if not file.name.endswith("expected.json")]
WRITTEN = datetime(2026, 10, 31, tzinfo=UTC).timestamp()  # the date of the files, which tells a year
SMALL = 12_000  # bytes; the simulator's samples are larger, and are held to its truth
BY_HAND = [file for file in OF_FOLDERS if file.stat().st_size < SMALL]


def _id(file: Path) -> str:
    return f"{file.parent.name}/{file.name}"


@pytest.mark.parametrize("file", OF_FOLDERS, ids=_id)
def test_a_sample_is_recognised_by_its_own_format_alone(file: Path) -> None:
    """The names in a sample tell exactly one format, whichever is asked first."""
    log = open_log(find([str(file)])[0])

    assert [one.name for one in FORMATS if one.recognises(log.layout.names)] == [log.format.name] == [file.parent.name]


@pytest.mark.parametrize("file", BY_HAND, ids=_id)
def test_a_sample_gives_the_expected_rows(file: Path, golden: Callable[[Path, object], None], tmp_path: Path) -> None:
    """Rows, rejects and noise of a sample are those of its golden file, at most ten rows, in chunks of any size."""
    dated = Path(shutil.copy(file, tmp_path))
    os.utime(dated, (WRITTEN, WRITTEN))
    found = read(dated)
    small = read(dated, size=300)

    assert (small.rows, small.rejects, small.noise) == (found.rows, found.rejects, found.noise)
    assert len(found.rows) <= 10
    rows = [{name: _plain(cell) for name, cell in row.items() if cell not in (None, False)} for row in found.rows]
    rejects = [{"source_row": number, "reason": reason} for number, reason, _ in found.rejects]
    books = {"records": found.records, "noise": dict(sorted(found.noise.items())), "notes": list(found.log.notes)}
    golden(file.with_name(f"{file.stem}.expected.json"), {"rows": rows, "rejects": rejects, **books})


def _plain(cell: object) -> object:
    return cell if isinstance(cell, int | str) else str(cell)
