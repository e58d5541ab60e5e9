"""Connecting to a cluster, or starting one here, and seeing that its workers can do the work."""

from __future__ import annotations

import logging
import pickle
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from distributed import Client, LocalCluster
from distributed.comm.addressing import get_address_host_port

from analyzer.errors import MailflowError, UsageError
from analyzer.pipeline.cluster import tasks
from analyzer.pipeline.cluster.crew import Workers
from analyzer.pipeline.engine import Engine
from analyzer.pipeline.intake import Intake
from analyzer.pipeline.parts import HALF_WRITTEN

_PATIENCE = "20s"
_AHEAD = 2  # batches in flight for each thread of the cluster

logging.getLogger("distributed").setLevel(logging.ERROR)  # else it tells of every connection, and how slow it was


class ClusterError(MailflowError):
    """The cluster cannot do what it is asked to."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A Dask cluster, and what it is called."""

    client: Client
    name: str

    @contextmanager
    def crew(self, intake: Intake, engine: Engine, directory: Path) -> Iterator[Workers]:
        """Make the cluster the crew of a run that reads through this intake.

        Args:
            intake: its sources are surveyed by the workers from now on.
            engine: that of the run.
            directory: the run's folder, in which the workers write; all of them have to see it.

        Raises:
            ClusterError: there are no workers, or some cannot do the work.
        """
        with tempfile.TemporaryDirectory(prefix=".cluster-", dir=directory) as name:
            folder = Path(name).resolve()
            (folder / tasks.TENANT).write_bytes(pickle.dumps(engine.tenant))
            (folder / tasks.CHUNKS).mkdir()
            errand = tasks.Errand(intake.options, folder, directory.resolve() / tasks.MESSAGES)
            threads = self._able(errand)
            crew = Workers(self.client, errand, engine, max(2, _AHEAD * threads))
            crew.expect(intake.sources)
            intake.open = crew.open
            yield crew
            for half in errand.messages.glob(f"{HALF_WRITTEN}*"):  # by workers that were lost meanwhile
                half.unlink()

    def _able(self, errand: tasks.Errand) -> int:
        """See that every worker can do the work; give the number of their threads."""
        said = self.client.run(tasks.obstacle, errand, tasks.version(), on_error="return")
        if not said:
            raise ClusterError(f"{self.name} has no workers")
        for worker, found in said.items():
            if isinstance(found, ModuleNotFoundError):
                raise ClusterError(f"worker {worker}: {found}; mailflow-analyzer has to be installed there")
            if found:
                raise ClusterError(f"worker {worker}: {found}")
        return sum(self.client.nthreads().values())


@contextmanager
def connected(address: str) -> Iterator[Cluster]:
    """Connect to the scheduler of a cluster, such as `tcp://192.0.2.10:8786`.

    Raises:
        UsageError: nothing answers there.
    """
    try:
        get_address_host_port(address)  # a client that could not be made is closed with noise
        client = Client(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError) as problem:
        raise UsageError(
            f"--dask {address}: no Dask scheduler answers there ({problem}); tcp://HOST:8786 would be accepted"
        ) from problem
    with client:
        yield Cluster(client, f"the cluster at {address}")


@contextmanager
def local(workers: int) -> Iterator[Cluster]:
    """Start a cluster of so many processes on this machine; it listens to nobody else and ends with the run."""
    with (
        LocalCluster(
            n_workers=workers, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0"
        ) as started,
        Client(started, set_as_default=False) as client,
    ):
        yield Cluster(client, "the cluster on this machine")
