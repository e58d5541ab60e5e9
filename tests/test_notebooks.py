"""The notebooks run from top to bottom, from either folder, and are committed without their outputs."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def _code(notebook: Path) -> list[dict[str, Any]]:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_not_committed(notebook: Path) -> None:
    """A diff of a notebook shows what was written, not what was drawn."""
    assert [c["id"] for c in _code(notebook) if c["outputs"] or c["execution_count"] is not None] == []


@pytest.mark.notebook
@pytest.mark.parametrize("start", ["", "notebooks"])
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.filterwarnings("default")  # those of the kernel's own libraries are theirs to mend
def test_a_notebook_runs_and_ends_with_a_figure(
    notebook: Path, start: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every cell runs without an error, and the last one draws."""
    reason = "nbclient is missing: install the development lock (make test) to have the notebooks executed"
    nbclient = pytest.importorskip("nbclient", reason=reason)
    nbformat = pytest.importorskip("nbformat", reason=reason)
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "MPLCONFIGDIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))

    ran = nbformat.read(notebook, as_version=4)
    nbclient.NotebookClient(ran, timeout=120, resources={"metadata": {"path": str(ROOT / start)}}).execute()

    code = [cell for cell in ran.cells if cell.cell_type == "code"]
    assert any("image/png" in output.get("data", {}) for output in code[-1].outputs)
    assert [c.id for c in code if any(o.output_type == "stream" and o.name == "stderr" for o in c.outputs)] == []
