"""A store of normalised rows: each row once, by day, whole after anything, and read as the originals are."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import analyzer
from analyzer.errors import LogError, UsageError
from analyzer.formats.store import Manifest
from analyzer.pipeline import Conversion
from analyzer.pipeline.durable import alone
from analyzer.schema import STORED
from analyzer.simulator import Generated, generate
from analyzer.tenant import load_tenant
from tests.pipeline.traces import noise, outcome, rows, trace, write

ROOT = Path(__file__).resolve().parent.parent.parent
PER_DAY = 24  # rows that `trace` gives a day
DAYS = 90
KILLED_DAYS = 30


def append(store: Path, *logs: Path) -> Conversion:
    """Append logs to a store; every book has to balance."""
    done = analyzer.convert(list(logs), store, workers=2)
    noise(done.inputs)
    return done


def stored(store: Path) -> list[dict[str, Any]]:
    """Every row that the manifest counts, part after part; each part holds what the manifest says."""
    found = []
    for part in Manifest.read(store).parts:
        table = pq.read_table(store / part.path, partitioning=None)
        assert table.schema.names == STORED.arrow.names
        assert table.num_rows == part.rows
        assert {str(time)[:10] for time in table.column("received_at").to_pylist()} == {part.day}
        found += table.to_pylist()
    return found


def recipients(store: Path) -> list[str]:
    """The recipients in a store, in order of their number: `trace` gives each row its own."""
    return sorted((row["recipient"] for row in stored(store)), key=lambda name: int(name[4:].partition("@")[0]))


def expected(count: int) -> list[str]:
    """The recipients of the first rows."""
    return [f"user{n}@contoso.com" for n in range(count)]


def files(store: Path) -> dict[str, bytes]:
    """Every file of a store."""
    return {str(p.relative_to(store)): p.read_bytes() for p in sorted(store.rglob("*")) if p.is_file()}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    """A generated company with a small month of traffic in every format."""
    return generate(tmp_path_factory.mktemp("company"), rows=1_500)


def test_a_store_gives_the_verdicts_of_its_originals(company: Generated, tmp_path: Path) -> None:
    """Logs of several formats and the store made of them are judged alike, row for row, with their own evidence."""
    logs, tenant = sorted(company.logs.values()), load_tenant(company.tenant)
    append(tmp_path / "store", *logs[:1])
    append(tmp_path / "store", *logs[1:])
    direct = analyzer.analyze(logs, tenant, out=tmp_path / "direct")
    again = analyzer.analyze([tmp_path / "store"], tenant, out=tmp_path / "again")

    tables = [report.messages().to_table().to_pylist() for report in (direct, again)]
    assert len(tables[0]) > 4_000
    ordered = [sorted(map(str, table)) for table in tables]
    assert ordered[0] == ordered[1]
    assert {row["evidence"] for row in tables[1]} >= {"none", "inbound", "outbound"}


def test_ninety_days_of_overlapping_exports(tmp_path: Path) -> None:
    """A store appended daily from exports of the last three days holds each row once, and never writes an old day."""
    store, settled_days = tmp_path / "store", dict[str, set[str]]()
    for day in range(DAYS):
        first = max(0, day - 2) * PER_DAY
        log = write(tmp_path / "export.csv", [trace(n) for n in range(first, (day + 1) * PER_DAY)])
        done = append(store, log)
        assert done.added == PER_DAY
        parts = Manifest.read(store).parts
        for old, known in settled_days.items():
            assert {p.path for p in parts if p.day == old} == known
        settled_days = {d: {p.path for p in parts if p.day == d} for d in {p.day for p in parts}}

    assert recipients(store) == expected(DAYS * PER_DAY)
    assert len(Manifest.read(store).parts) == DAYS
    assert len({row["source_file"] for row in stored(store)}) == DAYS


def test_appending_again_changes_nothing(tmp_path: Path) -> None:
    """The same file, its copy under another name, and an export that holds nothing new leave the rows as they are."""
    store, log = tmp_path / "store", write(tmp_path / "1.csv", [trace(n) for n in range(30)])
    append(store, log)
    before = files(store)
    again = append(store, log)
    (tmp_path / "copy.csv").write_bytes(log.read_bytes())
    copied = append(store, tmp_path / "copy.csv")

    assert files(store) == before
    assert [noise(done.inputs) for done in (again, copied)] == [[{"duplicate-file": 30}]] * 2
    part = append(store, write(tmp_path / "2.csv", [trace(n) for n in range(5, 9)]))
    assert (part.added, part.days, noise(part.inputs)) == (0, (), [{"duplicate-row": 4}])
    assert Manifest.read(store).parts == Manifest.read(store).parts
    assert recipients(store) == expected(30)


def test_a_row_becomes_final_in_a_later_append(tmp_path: Path) -> None:
    """A row that was Pending when it was stored gives way to the final one; a final row never does."""
    store = tmp_path / "store"
    append(store, write(tmp_path / "1.csv", [trace(0), trace(1, Status="Pending"), trace(40)]))
    untouched = {p.path for p in Manifest.read(store).parts if p.day == "2026-03-03"}
    done = append(store, write(tmp_path / "2.csv", [trace(0, Status="Pending"), trace(1), trace(2)]))

    assert (done.added, done.replaced, done.days) == (2, 1, ("2026-03-02",))
    assert noise(done.inputs) == [{"duplicate-row": 1}]
    assert sorted((r["recipient"][:6], r["delivery_status"]) for r in stored(store))[:3] == [
        ("user0@", "Delivered"),
        ("user1@", "Delivered"),
        ("user2@", "Delivered"),
    ]
    assert {p.path for p in Manifest.read(store).parts if p.day == "2026-03-03"} == untouched
    assert {p.name for p in store.rglob("*.parquet")} == {Path(p.path).name for p in Manifest.read(store).parts}


def test_many_parts_of_a_day_become_one(tmp_path: Path) -> None:
    """Exports that each add a little to one day do not leave ever more files."""
    store = tmp_path / "store"
    for n in range(20):
        append(store, write(tmp_path / f"{n:02d}.csv", [trace(n)]))

    assert len(Manifest.read(store).parts) <= 8
    assert recipients(store) == expected(20)


def test_a_file_written_over_is_another_file(tmp_path: Path) -> None:
    """Yesterday's export.csv and today's are told apart by their digests, so row numbers stay unique."""
    store, log = tmp_path / "store", tmp_path / "export.csv"
    append(store, write(log, [trace(0)]))
    append(store, write(log, [trace(1)]))
    names = [row["source_file"] for row in stored(store)]

    assert names[0] == str(log)
    assert names[1].startswith(f"{log}@")


def test_rejects_are_kept_in_the_store(tmp_path: Path) -> None:
    """What could not be read lies in the store, and the analysis of the store says so."""
    store = tmp_path / "store"
    append(store, write(tmp_path / "1.csv", [trace(0), trace(1, Received="yesterday")]))
    (file,) = Manifest.read(store).rejects
    found = outcome([store], tmp_path / "out")

    assert [(r["source_row"], "yesterday" in r["raw"]) for r in pq.read_table(store / file).to_pylist()] == [(2, True)]
    assert "1 rows of the original logs could not be read" in found.inputs[0].notes[0]


def test_a_period_reads_its_days_alone(tmp_path: Path) -> None:
    """Days outside the period are counted from the manifest; their parts are not even opened."""
    from datetime import UTC, datetime

    store = tmp_path / "store"
    append(store, write(tmp_path / "1.csv", [trace(n) for n in range(3 * PER_DAY)]))
    for part in Manifest.read(store).parts:
        if part.day != "2026-03-03":
            (store / part.path).unlink()
    found = outcome(
        [store], tmp_path / "out", since=datetime(2026, 3, 3, 6, tzinfo=UTC), until=datetime(2026, 3, 4, tzinfo=UTC)
    )

    assert noise(found.inputs) == [{"outside-period": 2 * PER_DAY + 6}]
    assert len(rows(tmp_path / "out")) == PER_DAY - 6


def test_what_is_no_store_is_left_alone(tmp_path: Path) -> None:
    """A folder of something else is refused, and so is a store without --append and one of another version."""
    log = write(tmp_path / "1.csv", [trace(0)])
    (tmp_path / "else").mkdir()
    (tmp_path / "else" / "letter.txt").write_text("Dear Ann")
    append(tmp_path / "store", log)

    with pytest.raises(UsageError, match="is not a store"):
        append(tmp_path / "else", log)
    with pytest.raises(UsageError, match="exists already"):
        analyzer.convert([log], tmp_path / "store", append=False)
    manifest = tmp_path / "store" / "mailflow-store.json"
    manifest.write_text(manifest.read_text().replace('"schema_version": 1', '"schema_version": 9'))
    with pytest.raises(LogError, match="schema version 9"):
        append(tmp_path / "store", log)


def test_one_append_at_a_time(tmp_path: Path) -> None:
    """While another append holds the lock, an append is refused and changes nothing."""
    store, log = tmp_path / "store", write(tmp_path / "1.csv", [trace(0)])
    append(store, log)
    before = files(store)
    with alone(store), pytest.raises(UsageError, match="another append is running"):
        append(store, write(tmp_path / "2.csv", [trace(1)]))

    assert files(store) == before


@pytest.mark.parametrize("step", range(6))
def test_an_append_that_fails_leaves_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """Whatever the disk refuses on the way, the manifest and the parts it names stay; the next append succeeds."""
    store = tmp_path / "store"
    append(store, write(tmp_path / "1.csv", [trace(0), trace(1, Status="Pending"), trace(30)]))
    log, before = write(tmp_path / "2.csv", [trace(1), trace(2), trace(31)]), recipients(store)
    real, calls = os.fsync, iter(range(100))

    def refusing(handle: int) -> None:
        if next(calls) == step:
            raise OSError(28, "No space left on device")
        real(handle)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", refusing)
        with pytest.raises(OSError, match="No space left"):
            append(store, log)
    assert recipients(store) == before

    append(store, log)
    assert recipients(store) == [f"user{n}@contoso.com" for n in (0, 1, 2, 30, 31)]
    assert {r["delivery_status"] for r in stored(store)} == {"Delivered"}


CHILD = """
import sys
import analyzer
store, *logs = sys.argv[1:]
print("ready", flush=True)
for log in logs:
    analyzer.convert([log], store, workers=2)
print("done", flush=True)
"""


def test_sigkill_at_any_moment_leaves_a_right_store(tmp_path: Path) -> None:
    """A process that appends daily exports is killed again and again: whenever it dies, the store holds exactly the
    rows of the exports that its manifest names, and in the end every row once.
    """
    logs, store = [], tmp_path / "store"
    for day in range(KILLED_DAYS):
        first, last = max(0, day - 2) * PER_DAY, (day + 1) * PER_DAY
        # The newest row of each export is not final yet; the next export holds it as it became.
        export = [trace(n, Status="Pending" if n == last - 1 else "Delivered") for n in range(first, last)]
        logs.append(str(write(tmp_path / f"{day:02d}.csv", export)))
    chance, kills, ended = random.Random(2026), 0, False
    while not ended:
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(store), *logs],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert child.stdout
        assert child.stdout.readline() == "ready\n"
        try:
            said, wrong = child.communicate(timeout=None if kills >= 8 else chance.uniform(0.05, 1.0))
            assert (said, wrong) == ("done\n", "")
            ended = True
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            child.communicate()
            kills += 1
        if (store / "mailflow-store.json").is_file():
            taken = len(Manifest.read(store).inputs)
            assert [Path(seen.name).name for seen in Manifest.read(store).inputs] == [
                f"{d:02d}.csv" for d in range(taken)
            ]
            assert recipients(store) == expected(taken * PER_DAY)
            pending = [r["recipient"] for r in stored(store) if r["delivery_status"] == "Pending"]
            assert pending == ([f"user{taken * PER_DAY - 1}@contoso.com"] if taken else [])

    assert kills >= 5
    assert recipients(store) == expected(KILLED_DAYS * PER_DAY)
    append(store, write(tmp_path / "last.csv", [trace(KILLED_DAYS * PER_DAY)]))
    assert {p.name for p in store.rglob("*.parquet")} == {Path(p.path).name for p in Manifest.read(store).parts}
