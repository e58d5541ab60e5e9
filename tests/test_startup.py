"""What a command does not need it does not load, so that it starts at once."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from analyzer.simulator import Generated, generate

_HEAVY = ("numpy", "pyarrow", "pandas", "matplotlib", "jinja2", "pydantic")
_LOADED = f"""
import sys
from analyzer.cli import main
try:
    main(sys.argv[1:])
finally:
    print("loaded:", *(name for name in {_HEAVY} if name in sys.modules))
"""


def loaded_by(*arguments: str) -> set[str]:
    """Run a command in a fresh interpreter and give the heavy modules that it loaded."""
    done = subprocess.run([sys.executable, "-c", _LOADED, *arguments], capture_output=True, text=True, check=False)
    return set(done.stdout.splitlines()[-1].removeprefix("loaded:").split())


def test_the_version_loads_no_library() -> None:
    """Neither tables nor pictures are loaded to say what the program is."""
    assert loaded_by("--version") == set()


def test_a_route_loads_neither_frames_nor_charts(tmp_path: Path) -> None:
    """One made-up message is decided without what reports are made of."""
    (tmp_path / "AcceptedDomains.json").write_text('[{"DomainName": "contoso.com", "DomainType": "Authoritative"}]')
    loaded = loaded_by("route", "--tenant", str(tmp_path), "--to", "ann@contoso.com")

    assert not loaded & {"pandas", "matplotlib", "jinja2", "pydantic"}  # there is no mailflow.toml to validate


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    """A generated company with a little traffic."""
    return generate(tmp_path_factory.mktemp("company"), rows=300)


def test_an_analysis_loads_no_frames(company: Generated, tmp_path: Path) -> None:
    """The whole main job, report and all, is done without pandas, which pyarrow would load to make an array."""
    log = str(company.logs["enhanced-summary"])

    assert "pandas" not in loaded_by(
        "analyze", log, "--tenant", str(company.tenant), "--out", str(tmp_path / "out"), "--fail-on", "high"
    )


def test_frames_come_when_they_are_asked_for() -> None:
    """What was spared at the start is there on demand: tables become frames, and series become arrays."""
    ask = (
        "import sys; from analyzer.cli.sparing import spare_pandas; spare_pandas(); import pyarrow as pa;"
        "before = 'pandas' in sys.modules; frame = pa.table({'a': [1]}).to_pandas();"
        "print(before, frame['a'].sum(), pa.array(frame['a']).to_pylist())"
    )
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)

    assert done.stdout == "False 1 [1]\n"


def test_pandas_that_is_there_stays() -> None:
    """Where pandas is loaded already, arrays are made of its series as ever."""
    ask = (
        "import pandas as pd; from analyzer.cli.sparing import spare_pandas; spare_pandas(); import pyarrow as pa;"
        "print(pa.array(pd.Series(['a', float('nan')])).to_pylist())"
    )
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)

    assert done.stdout == "['a', None]\n"


def test_a_report_is_told_without_its_pictures(company: Generated, tmp_path: Path) -> None:
    """To print a finished run, or its findings, neither charts nor the page are loaded."""
    log, out = str(company.logs["enhanced-summary"]), str(tmp_path / "out")
    loaded_by("analyze", log, "--tenant", str(company.tenant), "--out", out)

    assert not loaded_by("report", out) & {"pandas", "matplotlib", "jinja2", "pydantic"}
    assert not loaded_by("report", out, "--json") & {"pandas", "matplotlib", "jinja2", "pydantic"}


def test_a_pass_needs_nothing_of_what_follows_it() -> None:
    """What reads and judges is loaded without findings, charts and page, which come after it."""
    ask = (
        "import sys, analyzer.report.analysis;"
        "late = ('matplotlib', 'jinja2', 'analyzer.findings', 'analyzer.charts', 'analyzer.summaries');"
        "print([name for name in late if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries are not told")
def test_freed_memory_is_kept_for_the_next_batch() -> None:
    """Arrays that come and go by the batch have their pages cleared once, not for every batch."""
    batches = (
        "import resource; import numpy as np\n"
        "for _ in range(20): arrays = [np.ones(1 << 20) for _ in range(10)]; del arrays\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)"
    )
    faults = [
        int(subprocess.run([sys.executable, "-c", told + batches], capture_output=True, text=True, check=True).stdout)
        for told in ("", "from analyzer.cli.sparing import spare_pages; spare_pages()\n")
    ]

    assert faults[1] < faults[0] / 4
