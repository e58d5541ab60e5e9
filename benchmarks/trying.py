"""Try mutants: each in a child of one process that has collected the tests once and run none (benchmarks/mutants.py).

mutmut would collect the tests anew for each of six thousand mutants, which takes longer than they do, and stops a
mutant by the clock on the wall, which says nothing on a busy machine. Here a mutant is given time of the processor, and
the quick tests go first. Started in the folder that mutmut fills; the names of the mutants come by the standard input.
"""

from __future__ import annotations

import json
import math
import os
import resource
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from time import process_time
from typing import Any

import pytest

SURVIVED, NOTICED, IN_NO_TEST = 0, 1, 33  # as mutmut notes them; a negative number is the signal that ended it
_MOST_MEMORY = 8 << 30  # bytes: a loop without an end must not take the machine with it


class Trial:
    """The plugin of pytest that tries mutants instead of running the tests that were collected."""

    def __init__(self, names: Sequence[str], *, jobs: int, every_test: bool) -> None:
        known = json.loads(Path("mutmut-stats.json").read_text(encoding="utf-8"))
        self.names, self.jobs, self.every_test = names, jobs, every_test
        self.seconds: Mapping[str, float] = known["duration_by_test"]
        self.tests: Mapping[str, list[str]] = known["tests_by_mangled_function_name"]
        self.fates = Fates()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Fork a child for each mutant, so many at a time, and note what became of it."""
        running: dict[int, str] = {}
        try:
            self._try_all(session, running)
        finally:
            for pid in running:  # of a run that was stopped
                os.kill(pid, signal.SIGKILL)
        return True

    def _try_all(self, session: pytest.Session, running: dict[int, str]) -> None:
        items = sorted(session.items, key=lambda item: self.seconds.get(item.nodeid, 0.0))
        for done, name in enumerate(self.names):
            if not (asked := list(self._of(name, items))):
                self.fates.note(name, IN_NO_TEST)
                continue
            if len(running) == self.jobs:
                self._reap(running)
            running[_started(session, asked, name=name, seconds=self._limit(asked))] = name
            if done % 100 == 99:
                print(f"{done + 1} of {len(self.names)} mutants", file=sys.stderr, flush=True)
        while running:
            self._reap(running)

    def _reap(self, running: dict[int, str]) -> None:
        pid, status = os.wait()
        self.fates.note(running.pop(pid), os.waitstatus_to_exitcode(status))

    def _of(self, name: str, items: Sequence[pytest.Item]) -> Iterator[pytest.Item]:
        tests = frozenset(self.tests.get(name.rpartition("__mutmut_")[0], ()))
        return (item for item in items if self.every_test or item.nodeid in tests)

    def _limit(self, items: Sequence[pytest.Item]) -> int:
        # The seconds were taken by the clock, while each call was noted: more than the tests need of the processor.
        return math.ceil(20 + 3 * sum(self.seconds.get(item.nodeid, 0.0) for item in items))


def _started(session: pytest.Session, items: Sequence[pytest.Item], *, name: str, seconds: int) -> int:
    """Fork a child that runs tests on a mutant until one fails."""
    if pid := os.fork():
        return pid
    code = NOTICED
    try:
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        limit = seconds + int(process_time())
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
        os.environ["MUTANT_UNDER_TEST"] = name  # the switch of mutmut's mutants
        code = _first_failure(session, items)
    finally:
        os._exit(code)  # whatever broke the run of the tests was noticed


def _first_failure(session: pytest.Session, items: Sequence[pytest.Item]) -> int:
    for item, then in zip(items, (*items[1:], None), strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=then)
        if session.testsfailed:
            return NOTICED
    return SURVIVED


class Fates:
    """What became of each mutant, where mutmut looks for it: a run that is stopped goes on from there."""

    def __init__(self) -> None:
        self.notes: dict[Path, dict[str, Any]] = {
            path: json.loads(path.read_text(encoding="utf-8")) for path in Path("analyzer").rglob("*.py.meta")
        }
        self.paths = {name: path for path, note in self.notes.items() for name in note["exit_code_by_key"]}

    def note(self, name: str, code: int) -> None:
        """Write the fate of one down."""
        path = self.paths[name]
        self.notes[path]["exit_code_by_key"][name] = code
        aside = path.with_suffix(".new")
        aside.write_text(json.dumps(self.notes[path], indent=4), encoding="utf-8")
        aside.replace(path)


def main() -> int:
    """Try the mutants that the standard input names."""
    given = json.load(sys.stdin)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    trial = Trial(given["names"], jobs=given["jobs"], every_test=given["every_test"])
    return int(pytest.main(["-q", "--tb=line", *given["pytest"]], plugins=[trial]))


if __name__ == "__main__":
    sys.exit(main())
