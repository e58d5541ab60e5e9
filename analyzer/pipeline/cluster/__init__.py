"""Pass 1 on a Dask cluster (the extra `dask`): the only package that speaks to other machines, and only when asked."""

from analyzer.pipeline.cluster.connection import Cluster, connected, local

__all__ = ["Cluster", "connected", "local"]
