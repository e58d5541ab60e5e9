"""Trying mutants: what became of each is what its tests say, and nothing is tried that reaches it in no test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import mutants

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = """
import os

def double(n):
    mutant = os.environ.get("MUTANT_UNDER_TEST", "")
    if mutant.endswith("_3"):
        os.abort()
    return n + 2 if mutant.endswith("_1") else n * 3 if mutant.endswith("_2") else n * 2
"""
TESTS = """
from program import double

def test_two(): assert double(2) == 4
def test_three(capsys): print(double(3)); assert capsys.readouterr().out == "6\\n"
"""
QUICK, SLOW = "test_program.py::test_two", "test_program.py::test_three"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Lay out what mutmut leaves: a program with a switch, its tests, who reaches what, and no fate yet."""
    names = [f"program.x_double__mutmut_{n}" for n in range(1, 4)]
    notes = {"exit_code_by_key": dict.fromkeys([*names, "program.x_unused__mutmut_4"]), "durations_by_key": {}}
    known = {
        "duration_by_test": {QUICK: 0.001, SLOW: 0.002},
        "tests_by_mangled_function_name": {"program.x_double": [QUICK]},
    }
    (tmp_path / "analyzer").mkdir()
    (tmp_path / "analyzer/program.py.meta").write_text(json.dumps(notes), encoding="utf-8")
    (tmp_path / "mutmut-stats.json").write_text(json.dumps(known), encoding="utf-8")
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    (tmp_path / "test_program.py").write_text(TESTS, encoding="utf-8")
    return tmp_path


def fates(folder: Path, **changes: object) -> list[object]:
    """Try the four mutants and read what was noted."""
    note = folder / "analyzer/program.py.meta"
    names = list(json.loads(note.read_text(encoding="utf-8"))["exit_code_by_key"])
    asked = {"names": names, "jobs": 2, "every_test": False, "pytest": ["test_program.py"], **changes}
    subprocess.run(
        [sys.executable, "-m", "benchmarks.trying"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"},
        input=json.dumps(asked),
        text=True,
        check=True,
        capture_output=True,
    )
    return list(json.loads(note.read_text(encoding="utf-8"))["exit_code_by_key"].values())


def test_a_mutant_is_noticed_survives_or_is_reached_by_no_test(folder: Path) -> None:
    """The tests that reach a function are run, until one fails; one that ends the process was noticed too."""
    assert fates(folder) == [0, 1, -6, 33]


def test_every_test_may_be_asked(folder: Path) -> None:
    """What survived the tests known to reach it is held against all of them."""
    assert fates(folder, every_test=True) == [1, 1, -6, 0]


def test_the_table_counts_every_mutant_once() -> None:
    """The score is what was noticed of what was tried; the last line is the sum."""
    of = {"a": "noticed", "b": "too long", "c": "survived", "d": "not tried"}
    lines = mutants.table({"analyzer/paths.py": of, "analyzer/compare/case.py": {"e": "in no test"}}).splitlines()

    assert lines[2:] == [
        "| analyzer/paths.py | 4 | 1 | 1 | 1 | 0 | 1 | 66.7% |",
        "| analyzer/compare/case.py | 1 | 0 | 0 | 0 | 1 | 0 | 0.0% |",
        "| **all** | 5 | 1 | 1 | 1 | 1 | 1 | 50.0% |",
    ]
