"""`mailflow generate`: options to one library call, the path on stdout."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow.parquet as pq
from click.testing import CliRunner

from analyzer.cli.generate import generate
from analyzer.errors import UsageError
from analyzer.simulator import TOPOLOGIES


def test_prints_the_folder_on_stdout_and_nothing_else(tmp_path: Path) -> None:
    """The path can be piped on; everything else goes to stderr."""
    out = tmp_path / "made"
    result = CliRunner().invoke(generate, ["--out", str(out), "--rows", "30", "--format", "extended", "--no-faults"])

    assert result.exit_code == 0
    assert result.stdout == f"{out}\n"
    assert "30 recipients in 1 logs" in result.stderr
    assert [path.name for path in (out / "logs").iterdir()] == ["extended.csv"]
    assert pq.read_table(out / "truth.parquet")["fault"].null_count == 30


def test_existing_folder_is_refused_without_force(tmp_path: Path) -> None:
    """What is there stays, unless --force is given."""
    arguments = ["--out", str(tmp_path / "made"), "--rows", "20", "--format", "message-trace"]
    CliRunner().invoke(generate, arguments)
    refused = CliRunner().invoke(generate, arguments)
    forced = CliRunner().invoke(generate, [*arguments, "--force"])

    assert isinstance(refused.exception, UsageError)
    assert "--force" in str(refused.exception)
    assert forced.exit_code == 0


def test_help_names_every_topology() -> None:
    """Nobody has to guess a name to learn the others from the refusal."""
    lines = CliRunner().invoke(generate, ["--help"]).stdout.partition("--topology")[2].splitlines()
    told = " ".join(line.strip() for line in lines)

    assert all(re.search(rf"\b{topology.name}\b", told) for topology in TOPOLOGIES)


def test_another_topology_is_asked_for_by_name(tmp_path: Path) -> None:
    """Each design brings its own configuration; a name that is none is refused with those that are."""
    arguments = ["--out", str(tmp_path / "made"), "--rows", "60", "--format", "extended", "--topology"]
    made = CliRunner().invoke(generate, [*arguments, "centralized"])
    refused = CliRunner().invoke(generate, [*arguments, "round", "--force"])

    assert made.exit_code == 0
    assert "Centralized" in (tmp_path / "made/tenant/HybridConfiguration.json").read_text("utf-8")
    assert isinstance(refused.exception, UsageError)
    assert "hybrid, cloud-only, filtered, centralized" in str(refused.exception)
