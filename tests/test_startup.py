"""What a command does not need it does not load, so that it starts at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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
    done = subprocess.run([sys.executable, "-c", _LOADED, *arguments], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].removeprefix("loaded:").split())


def test_the_version_loads_no_library() -> None:
    """Neither tables nor pictures are loaded to say what the program is."""
    assert loaded_by("--version") == set()


def test_a_route_loads_neither_frames_nor_charts(tmp_path: Path) -> None:
    """One made-up message is decided without what reports are made of."""
    (tmp_path / "AcceptedDomains.json").write_text('[{"DomainName": "contoso.com", "DomainType": "Authoritative"}]')
    assert not loaded_by("route", "--tenant", str(tmp_path), "--to", "ann@contoso.com") & {"pandas", "matplotlib"}
