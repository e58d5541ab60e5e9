"""A Dask cluster gives what threads give: whatever the inputs, and whichever workers are lost on the way."""

from __future__ import annotations

import gzip
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from analyzer.errors import MailflowError, UsageError
from analyzer.pipeline import Options, Outcome, Progress, run
from analyzer.pipeline import batches as batches_module
from analyzer.pipeline.cluster import Cluster, connected, tasks
from analyzer.pipeline.cluster.connection import ClusterError
from analyzer.report.machines import machines
from analyzer.tenant import load_tenant
from analyzer.tenant.model import Tenant
from analyzer.tenant.predicates import Predicate
from tests.builders import rule
from tests.pipeline.traces import noise, trace, write

distributed = pytest.importorskip("distributed")

ROOT = Path(__file__).parents[2]
TENANT = load_tenant(str(ROOT / "sample_logs" / "tenant"))


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A cluster of two workers in this process."""
    with (
        distributed.LocalCluster(
            n_workers=2, processes=False, threads_per_worker=1, dashboard_address="127.0.0.1:0"
        ) as started,
        distributed.Client(started, set_as_default=False) as client,
    ):
        yield Cluster(client, "the cluster of the tests")


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every sample, and traces that overlap, copy each other, are not final, or cannot be read."""
    folder = tmp_path_factory.mktemp("logs")
    for file in sorted((ROOT / "sample_logs" / "formats").glob("*/*")):
        if not file.name.endswith("expected.json"):
            shutil.copy(file, folder / f"{file.parent.name}-{file.name}")
    for number in range(12):
        later = trace(number + 1, Status="Pending")
        write(folder / f"trace-{number:02d}.csv", [trace(number), later, {**trace(number), "Received": "soon"}])
    shutil.copy(folder / "trace-03.csv", folder / "trace-copy.csv")
    (folder / "trace-packed.gz").write_bytes(gzip.compress((folder / "trace-04.csv").read_bytes()))
    (folder / "other.csv").write_text("Name,Colour\nrose,red\n", "utf-8")
    return folder


def judged(
    logs: list[str], out: Path, cluster: Cluster | None = None, ours: Tenant = TENANT, **options: Any
) -> Outcome:
    """Judge logs, by threads or by a cluster."""
    out.mkdir()
    return run(logs, ours, out, Options(**options), cluster=cluster)


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {f.relative_to(folder).as_posix(): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}


@pytest.mark.parametrize("pieces, options", [(1, {}), (1000, {"timezone": "Europe/Berlin"})])
def test_a_cluster_gives_what_threads_give(
    tmp_path: Path,
    logs: Path,
    cluster: Cluster,
    monkeypatch: pytest.MonkeyPatch,
    pieces: int,
    options: dict[str, Any],
) -> None:
    """Books, cube, coverage and every byte written are the same, for all formats, whatever repeats, waits or fails."""
    monkeypatch.setattr(batches_module, "_BATCH_PIECES", pieces)
    here = judged([str(logs)], tmp_path / "threads", **options)
    there = judged([str(logs)], tmp_path / "cluster", cluster, **options)

    assert there.inputs == here.inputs
    assert there.causes.equals(here.causes)
    assert (there.unreadable, there.coverage, there.folded) == (here.unreadable, here.coverage, here.folded)
    assert files(tmp_path / "cluster") == files(tmp_path / "threads")
    assert len(files(tmp_path / "cluster")) > (10 if pieces == 1000 else 30)
    assert any(book.get("superseded-row") for book in noise(there.inputs))


def test_a_cluster_reads_the_subjects_that_a_rule_asks_for(tmp_path: Path, logs: Path, cluster: Cluster) -> None:
    """Over logs of all formats, those without a subject among them, the results are those of threads."""
    about = rule("Ruled", priority=-1, conditions=(Predicate("SubjectMatchesPatterns", ("e",)),))
    asks = replace(TENANT, snapshots=tuple(replace(s, rules=(about, *(s.rules or ()))) for s in TENANT.snapshots))
    plain = judged([str(logs)], tmp_path / "plain")
    here = judged([str(logs)], tmp_path / "threads", ours=asks)
    there = judged([str(logs)], tmp_path / "cluster", cluster, ours=asks)

    assert files(tmp_path / "cluster") == files(tmp_path / "threads")
    assert there.causes.equals(here.causes)
    assert not here.causes.equals(plain.causes)
    assert [(b.read, b.rejected, b.noise) for b in here.inputs] == [(b.read, b.rejected, b.noise) for b in plain.inputs]


def test_a_store_and_a_pipe_are_read_by_a_cluster_too(tmp_path: Path, cluster: Cluster) -> None:
    """Row groups of a store are read by the workers; what only this process can read is set down for them."""
    from analyzer.pipeline import convert

    convert([write(tmp_path / "1.csv", [trace(n) for n in range(50)])], tmp_path / "store")
    pipe = tmp_path / "pipe"
    found = []
    for crew, name in ((None, "threads"), (cluster, "cluster")):
        os.mkfifo(pipe)
        with subprocess.Popen(["cp", write(tmp_path / "2.csv", [trace(n) for n in range(40, 60)]), pipe]):
            found.append(judged([str(tmp_path / "store"), str(pipe)], tmp_path / name, crew))
        pipe.unlink()

    assert found[0].inputs == found[1].inputs
    assert sum(book.read for book in found[1].inputs) == 60
    assert files(tmp_path / "cluster") == files(tmp_path / "threads")


def test_what_fails_once_is_done_again(
    tmp_path: Path, logs: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Storage that does not answer at first costs time and nothing else: no row twice, no half part."""
    failures = iter([OSError("the share does not answer")] * 3)

    def flaky(*args: object, **options: object) -> None:
        pq_write(*args, **options)
        if problem := next(failures, None):
            raise problem

    pq_write = pq.write_table
    judged([str(logs)], tmp_path / "threads")
    monkeypatch.setattr(pq, "write_table", flaky)
    judged([str(logs)], tmp_path / "cluster", cluster)

    assert next(failures, None) is None
    assert files(tmp_path / "cluster") == files(tmp_path / "threads")


def test_a_lost_worker_costs_nothing(tmp_path: Path, logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that die in the middle, with rows and results in their memory, leave the same output behind."""
    monkeypatch.setattr(batches_module, "_BATCH_PIECES", 1)
    here = judged([str(logs)], tmp_path / "threads")
    (tmp_path / "cluster").mkdir()
    with machines("dask", None, 2) as found:
        assert isinstance(found, Cluster)
        living = list(found.client.run(os.getpid).values())

        def lose(at: Progress) -> None:
            if living and at.rows > 100 / len(living):
                os.kill(living.pop(), signal.SIGKILL)

        there = run([str(logs)], TENANT, tmp_path / "cluster", Options(), progress=lose, cluster=found)

    assert not living
    assert there.inputs == here.inputs
    assert there.causes.equals(here.causes)
    assert files(tmp_path / "cluster") == files(tmp_path / "threads")


def test_workers_that_cannot_do_the_work_are_named(tmp_path: Path) -> None:
    """A cluster without workers, of another version, or without the run's folder is told before a row is read."""
    errand = tasks.Errand(Options(), tmp_path, tmp_path / "messages")
    assert "storage that all workers share" in tasks.obstacle(errand, tasks.version())
    assert tasks.obstacle(errand, "mailflow-analyzer 0.0.1 with pyarrow 1.0").startswith(f"runs {tasks.version()};")
    (tmp_path / tasks.TENANT).touch()
    (tmp_path / "messages").mkdir()
    assert not tasks.obstacle(errand, tasks.version())

    log = write(tmp_path / "1.csv", [trace(0)])
    with (
        distributed.LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0") as started,
        connected(started.scheduler_address) as empty,
        pytest.raises(ClusterError, match=r"^the cluster at tcp://\S+ has no workers$"),
    ):
        judged([str(log)], tmp_path / "out", empty)


WRONG = [
    (("spark", None, None), "--engine spark: threads and dask would be accepted"),
    (("threads", "tcp://192.0.2.1:8786", None), "leave one of them out"),
    ((None, "tcp://192.0.2.1:8786", 4), "has workers of its own"),
]


@pytest.mark.parametrize("given, told", WRONG)
def test_what_does_not_fit_together_is_told(given: tuple[Any, Any, Any], told: str) -> None:
    """Engine, address and number of workers that contradict each other are refused."""
    with pytest.raises(UsageError, match=told):
        machines(*given)


def test_an_address_that_is_none_is_told() -> None:
    """What is no address at all is one line that shows one."""
    with (
        pytest.raises(MailflowError, match=r"no Dask scheduler answers there .*tcp://HOST:8786"),
        connected("here:now"),
    ):
        pass


def test_a_missing_extra_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Dask installed the line says what to install."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    for name in [name for name in sys.modules if name.startswith("analyzer.pipeline.cluster")]:
        monkeypatch.delitem(sys.modules, name)

    with pytest.raises(UsageError, match=r"pip install 'mailflow-analyzer\[dask\]'"):
        machines("dask", None, None)


@pytest.mark.slow
def test_the_command_on_a_cluster_of_its_own(tmp_path: Path) -> None:
    """`--engine dask` starts processes, says nothing of them, and leaves the report that threads leave."""
    command = [sys.executable, "-m", "analyzer", "analyze", "sample_logs/logs", "--tenant", "sample_logs/tenant"]
    shown = []
    for name, options in (("threads", ["--workers", "2"]), ("cluster", ["--workers", "2", "--engine", "dask"])):
        done = subprocess.run(
            [*command, "--out", tmp_path / name, *options], cwd=ROOT, capture_output=True, text=True, check=True
        )
        shown.append((done.stdout.replace(str(tmp_path / name), ""), done.stderr))

    assert shown[0] == shown[1]
    here, there = files(tmp_path / "threads"), files(tmp_path / "cluster")
    assert set(here) == set(there)
    clocked = {"run.json", "report.html"}
    assert {n for n in here if here[n] != there[n] and not n.startswith("charts/")} <= clocked


def test_nothing_of_dask_is_loaded_without_being_asked_for(tmp_path: Path) -> None:
    """An ordinary run opens no door to a network: Dask is not imported."""
    code = (
        "import sys, analyzer; tenant = analyzer.load_tenant('sample_logs/seed/tenant'); "
        "analyzer.analyze(['sample_logs/seed/enhanced-summary.csv'], tenant, out=sys.argv[1]); "
        "print([name for name in ('dask', 'distributed') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "out"], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"
