"""Where a run is worked off: in threads here, in a Dask cluster that is started here, or in one that runs elsewhere."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from importlib import import_module

from analyzer.errors import UsageError
from analyzer.pipeline.run import Cluster

ENGINES = ("threads", "dask")


def machines(engine: str | None, dask: str | None, workers: int | None) -> AbstractContextManager[Cluster | None]:
    """Connect to what does the work; None are the threads of this process.

    Args:
        engine: `threads` or `dask`; None is what `dask` asks for.
        dask: address of the scheduler of an existing cluster.
        workers: how many processes a cluster is started with; an existing one has its own.

    Raises:
        UsageError: these do not fit together, or the extra is not installed.
    """
    if engine not in {None, *ENGINES}:
        raise UsageError(f"--engine {engine}: {' and '.join(ENGINES)} would be accepted")
    if dask and engine == "threads":
        raise UsageError(f"--dask {dask} asks for a cluster and --engine threads for none; leave one of them out")
    if dask and workers:
        raise UsageError(f"--workers {workers}: the cluster at {dask} has workers of its own")
    if not dask and engine != "dask":
        return nullcontext()
    try:
        cluster = import_module("analyzer.pipeline.cluster")  # an extra, and slow to load
    except ModuleNotFoundError as problem:
        raise UsageError(f"no module {problem.name}; pip install 'mailflow-analyzer[dask]' brings it") from problem
    found: AbstractContextManager[Cluster] = cluster.connected(dask) if dask else cluster.local(workers or 2)
    return found
