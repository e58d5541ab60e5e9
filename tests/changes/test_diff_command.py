"""`mailflow diff` as a user runs it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.test_cli import mailflow

SAMPLE = Path(__file__).resolve().parents[2] / "sample_logs" / "tenant"
FIRST, SECOND = "2026-09-01T0000Z", "2026-10-15T0600Z"


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """The sample tenant twice; in the second export a connector is off and a domain has a new type."""
    for name in (FIRST, SECOND):
        shutil.copytree(SAMPLE, tmp_path / "tenant" / name)
        (tmp_path / "tenant" / name / "mailflow.toml").replace(tmp_path / "tenant" / "mailflow.toml")
    file = tmp_path / "tenant" / SECOND / "OutboundConnectors.json"
    connectors = json.loads(file.read_text("utf-8"))
    for connector in connectors:
        if connector["Name"] == "Connector 2":
            connector |= {"Enabled": False, "WhenChangedUTC": "2026-10-10T08:12:00Z"}
    file.write_text(json.dumps(connectors), "utf-8")
    return tmp_path / "tenant"


def test_two_snapshots_of_a_folder(history: Path, tmp_path: Path) -> None:
    """The text names the connector, the property, when, the domain, and where its mail goes now."""
    done = mailflow("diff", history / FIRST, history, cwd=tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "outbound connector Connector 2: turned off, 2026-10-10 08:12 UTC",
        "    Enabled  True -> False",
        "    concerns  contoso.com",
        "",
        "Mail from the cloud now leaves otherwise:",
        "    to contoso.com  Connector 2 -> Connector 3",
    ]


def test_json_holds_the_same(history: Path, tmp_path: Path) -> None:
    """For programs: both folders as given and one entry a difference."""
    done = mailflow("diff", history / FIRST, history / SECOND, "--json", cwd=tmp_path)
    found = json.loads(done.stdout)

    assert (found["old"], found["new"]) == (str(history / FIRST), str(history / SECOND))
    assert [(c["kind"], c["object"], c["changed_at"]) for c in found["changes"]] == [
        ("outbound connector", "Connector 2", "2026-10-10T08:12:00+00:00"),
        ("selection", "contoso.com", None),
    ]


def test_two_folders_that_say_the_same(history: Path, tmp_path: Path) -> None:
    """Nothing differs between a folder and a copy of it."""
    done = mailflow("diff", SAMPLE, history / FIRST, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "Nothing differs.\n")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """One line says which folder; the exit code is that of input that cannot be read."""
    done = mailflow("diff", SAMPLE, tmp_path / "absent", cwd=tmp_path)
    assert done.returncode == 3
    assert "absent: does not exist" in done.stderr
