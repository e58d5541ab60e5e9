"""The configuration behind a cause: its snapshot, and the connectors that it names."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from analyzer.findings.base import Context, such
from analyzer.tenant.model import OutboundConnector, Snapshot


def snapshot_of(label: str | None, context: Context) -> Snapshot:
    """Find the snapshot behind the column `snapshot`: its name, or `NAME changed TIME` for a state after it."""
    snapshots = context.tenant.snapshots
    return next(
        (s for s in reversed(snapshots) if label in (None, s.name) or f"{label}".startswith(f"{s.name} ")),
        snapshots[-1],
    )


def outbound_named(name: str | None, label: str | None, context: Context) -> OutboundConnector | None:
    """Find an outbound connector by its name, in the snapshot of the cause before any later one."""
    if name is None or name.startswith("("):
        return None
    for snapshot in (snapshot_of(label, context), *reversed(context.tenant.snapshots)):
        for connector in snapshot.outbound or ():
            if connector.name == name:
                return connector
    return None


def declared_service(name: str, context: Context) -> bool:
    """Tell whether mailflow.toml declares a connector as the way to or from a service."""
    return any(name in s.connectors for s in context.tenant.settings.services)


def naming(causes: pa.Table, column: str, wanted: Callable[[OutboundConnector], bool], context: Context) -> pa.Table:
    """Keep the causes whose column names an outbound connector of a kind."""

    def is_wanted(label: str | None, name: str | None) -> bool:
        connector = outbound_named(name, label, context)
        return connector is not None and wanted(connector)

    return such(causes, ("snapshot", column), is_wanted)
