"""What changed between two configurations, in the administrator's words: rows, a frame, text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from analyzer.changes.rows import Row, rows
from analyzer.changes.text import as_text
from analyzer.lint.base import Scene
from analyzer.schema import CHANGES
from analyzer.tenant import load_state
from analyzer.tenant.model import Tenant

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Row", "as_text", "changes", "diff"]

State = str | Path | Tenant


def changes(old: State, new: State) -> tuple[Row, ...]:
    """Find what differs between the last snapshots of two tenants, or of two folders.

    A folder may be one of the dated snapshots of a tenant folder: `tenant/2024-03-01T0000Z`.

    Raises:
        TenantError: a folder that cannot be read.
    """
    return tuple(rows(_scene(old), _scene(new)))


def _scene(state: State) -> Scene:
    tenant = state if isinstance(state, Tenant) else load_state(state)
    return Scene(tenant.snapshots[-1], tenant.settings)


def diff(old: State, new: State) -> pd.DataFrame:
    """Show what changed between two configurations.

    Args:
        old: a tenant, a tenant folder, or one of its dated snapshots such as `tenant/2024-03-01T0000Z`.
        new: as `old`; of a tenant with several snapshots the last one counts.

    Returns:
        One row a property that differs, or an object that only one of them has, with the columns of
        `changes` in docs/schema.md; empty where nothing differs.

    Raises:
        TenantError: a folder that cannot be read.
    """
    frame: pd.DataFrame = table(changes(old, new)).to_pandas()
    return frame


def table(found: Sequence[Row]) -> pa.Table:
    """Put rows into the table `changes`."""
    return pa.Table.from_pylist([asdict(row) for row in found], schema=CHANGES.arrow)
