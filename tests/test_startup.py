"""What a command does not need it does not load, so that it starts at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from analyzer.simulator import Generated, generate

_HEAVY = ("numpy", "pyarrow", "pandas", "matplotlib", "jinja2")
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
    assert not loaded_by("route", "--tenant", str(tmp_path), "--to", "ann@contoso.com") & {"pandas", "matplotlib"}


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
