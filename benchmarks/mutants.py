"""How many small changes to the deciding modules the tests notice, module by module (docs/mutation.md).

python -m benchmarks.mutants [NAME...] tries every mutant, or those whose names match (`analyzer.paths*`); of all, what
was tried before and has not changed since is not tried again. `--sample N` instead draws N of them all, by a seed, and
tries those alone. The mutants that no test notices go to build/survivors.txt.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

from benchmarks.measuring import ROOT

MUTMUT = str(Path(sys.executable).parent / "mutmut")
SURVIVORS = ROOT / "build/survivors.txt"
# What mutmut notes as the exit code of pytest; every other one is a change that was noticed.
FATES = {0: "survived", 33: "in no test", None: "not tried"}


def fates() -> dict[str, dict[str, str]]:
    """Say of each module what became of each of its mutants."""
    found = {}
    for note in sorted((ROOT / "mutants").glob("analyzer/**/*.py.meta")):
        codes = json.loads(note.read_text(encoding="utf-8"))["exit_code_by_key"]
        module = note.relative_to(ROOT / "mutants").as_posix().removesuffix(".meta")
        found[module] = {name: FATES.get(code, "noticed") for name, code in codes.items()}
    return {module: of for module, of in found.items() if of}


def table(found: dict[str, dict[str, str]]) -> str:
    """Lay the counts out as the table of docs/mutation.md."""
    counts = {module: Counter(of.values()) for module, of in found.items()}
    lines = ["| module | mutants | noticed | survived | in no test | not tried |", "| --- " + "| ---: " * 5 + "|"]
    for module, count in (*counts.items(), ("**all**", sum(counts.values(), Counter[str]()))):
        cells = (count[fate] for fate in ("noticed", *FATES.values()))
        lines.append(f"| {module} | {count.total():,} | " + " | ".join(f"{cell:,}" for cell in cells) + " |")
    return "\n".join(lines)


def shown(names: list[str]) -> str:
    """Show the difference that each mutant makes."""
    shows = (
        subprocess.run([MUTMUT, "show", name], cwd=ROOT, capture_output=True, text=True, check=True) for name in names
    )
    return "\n".join(show.stdout for show in shows)


def sampled(size: int) -> list[str]:
    """Draw some of all mutants: the same ones of the same program."""
    subprocess.run([MUTMUT, "run", "--max-children", "1", "analyzer.paths.x__allow__mutmut_1"], cwd=ROOT, check=True)
    names = [name for of in fates().values() for name in of]
    return sorted(random.Random(1).sample(names, min(size, len(names))))


def main() -> None:
    """Try the mutants and tell the score."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("names", nargs="*", metavar="NAME")
    asked.add_argument("--sample", type=int, metavar="N")
    given = asked.parse_args()
    names = sampled(given.sample) if given.sample else given.names
    subprocess.run([MUTMUT, "run", "--max-children", "1", *names], cwd=ROOT, check=True)
    found = fates()
    if given.sample:
        found = {module: {n: fate for n, fate in of.items() if n in names} for module, of in found.items()}
    alive = [name for of in found.values() for name, fate in of.items() if fate in {"survived", "in no test"}]
    SURVIVORS.parent.mkdir(exist_ok=True)
    SURVIVORS.write_text(shown(alive), encoding="utf-8")
    print(table(found))
    print(f"\n{len(alive)} mutants that no test notices: {SURVIVORS.relative_to(ROOT)}")
    print(f"Python {platform.python_version()}, {platform.system()}, {platform.machine()}")


if __name__ == "__main__":
    main()
