"""How many small changes to the deciding modules the tests notice, module by module (docs/mutation.md).

python -m benchmarks.mutants [NAME...] tries every mutant, or those whose names match (`analyzer.paths*`), in an order
drawn by a seed: a run that was stopped has tried a fair sample, and the next one goes on from there. `--again` tries
the mutants once more that no test has noticed so far, with every test instead of those that reach the function: a
result that a cache kept may hide which do. What survives goes to build/survivors.txt.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import platform
import random
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measuring import ROOT

MUTMUT = str(Path(sys.executable).parent / "mutmut")
MUTANTS = ROOT / "mutants"
SURVIVORS = ROOT / "build/survivors.txt"
# What is noted as the exit code of the tests: see benchmarks/trying.py.
FATES = {1: "noticed", 0: "survived", 33: "in no test", None: "not tried"}
TOO_LONG = "too long"  # ended by a signal: the mutant ran on, or took all memory; it was noticed


def made() -> None:
    """Make the mutants and find out which tests run which function; what has not changed keeps its fate."""
    shutil.rmtree(MUTANTS / "tests", ignore_errors=True)
    (MUTANTS / "mutmut-stats.json").unlink(missing_ok=True)
    first = "analyzer.paths.x__allow__mutmut_1"  # mutmut makes all of them before it tries the first
    subprocess.run([MUTMUT, "run", "--max-children", "1", first], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def fates() -> dict[str, dict[str, str]]:
    """Say of each module what became of each of its mutants."""
    found = {}
    for note in sorted(MUTANTS.glob("analyzer/**/*.py.meta")):
        module = note.relative_to(MUTANTS).as_posix().removesuffix(".meta")
        codes = json.loads(note.read_text(encoding="utf-8"))["exit_code_by_key"]
        if codes and (ROOT / module).exists():
            found[module] = {name: FATES.get(code, TOO_LONG) for name, code in codes.items()}
    return found


def tried(names: Sequence[str], *, jobs: int, every_test: bool) -> None:
    """Try mutants, one after the other or some at a time."""
    options = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mutmut"]
    asked = {
        "names": random.Random(1).sample(names, len(names)),
        "jobs": jobs,
        "every_test": every_test,
        "pytest": [*options["pytest_add_cli_args"], *options["pytest_add_cli_args_test_selection"]],
    }
    command = [sys.executable, "-m", "benchmarks.trying"]
    subprocess.run(command, cwd=MUTANTS, input=json.dumps(asked), text=True, check=True, stdout=subprocess.DEVNULL)


def table(found: dict[str, dict[str, str]]) -> str:
    """Lay the counts out as the table of docs/mutation.md."""
    counts = {module: Counter(of.values()) for module, of in found.items()}
    columns = ["noticed", TOO_LONG, "survived", "in no test", "not tried"]
    lines = ["| module | mutants | " + " | ".join(columns) + " | score |", "| --- " + "| ---: " * 7 + "|"]
    for module, count in (*counts.items(), ("**all**", sum(counts.values(), Counter[str]()))):
        score = (count["noticed"] + count[TOO_LONG]) / max(1, count.total() - count["not tried"])
        cells = (f"{count.total():,}", *(f"{count[fate]:,}" for fate in columns), f"{score:.1%}")
        lines.append(f"| {module} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def shown(names: Sequence[str]) -> str:
    """Show the difference that each mutant makes."""
    shows = (
        subprocess.run([MUTMUT, "show", name], cwd=ROOT, capture_output=True, text=True, check=True) for name in names
    )
    return "\n".join(show.stdout for show in shows)


def main() -> None:
    """Try the mutants and tell the score."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("names", nargs="*", metavar="NAME", default=["*"])
    asked.add_argument("--again", action="store_true", help="those that no test has noticed, with every test")
    asked.add_argument("--jobs", type=int, default=1, metavar="N", help="so many at a time")
    given = asked.parse_args()
    made()
    wanted = {"survived", "in no test"} if given.again else {"not tried"}
    names = [
        name
        for of in fates().values()
        for name, fate in of.items()
        if fate in wanted and any(fnmatch.fnmatchcase(name, pattern) for pattern in given.names)
    ]
    try:
        tried(names, jobs=given.jobs, every_test=given.again)
    finally:
        found = fates()
        alive = [name for of in found.values() for name, fate in of.items() if fate in {"survived", "in no test"}]
        SURVIVORS.write_text(shown(alive), encoding="utf-8")
        print(table(found))
        print(f"\n{len(alive)} mutants that no test notices: {SURVIVORS.relative_to(ROOT)}")
        print(f"Python {platform.python_version()}, {platform.system()}, {platform.machine()}")


if __name__ == "__main__":
    main()
