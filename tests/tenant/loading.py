"""Loading of a folder of one snapshot, or of one file of which nobody knows whether it can be read."""

from __future__ import annotations

import tempfile
from pathlib import Path

from analyzer.errors import TenantError
from analyzer.tenant import load_tenant
from analyzer.tenant.model import Snapshot
from tests.tenant import renderings as r


def load(folder: Path) -> Snapshot:
    """Load a folder of one snapshot."""
    (snapshot,) = load_tenant(folder).snapshots
    return snapshot


def attempt(data: bytes) -> Snapshot | str:
    """Load a folder of one file: the snapshot, or the line that refuses it."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            return load(r.write(Path(folder), a=data))
        except TenantError as error:
            return str(error).removeprefix(folder)
