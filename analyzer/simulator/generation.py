"""From a plan to files: the tenant folder, the logs and the truth, side by side."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import MAXYEAR, date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from analyzer.errors import UsageError
from analyzer.simulator.columns import columns
from analyzer.simulator.hybrid import HYBRID
from analyzer.simulator.logs import LOG_FORMATS, Log, LogFormat
from analyzer.simulator.tenant import write_tenant
from analyzer.simulator.topologies import TOPOLOGIES, topology_named
from analyzer.simulator.topology import Topology
from analyzer.simulator.traffic import Plan, that_left, traffic
from analyzer.simulator.truth import Truth

ALL: tuple[str, ...] = tuple(log.name for log in LOG_FORMATS)
TENANT, LOGS, TRUTH_FILE = "tenant", "logs", "truth.parquet"


@dataclass(frozen=True, slots=True)
class Generated:
    """What was written: the tenant folder, each log by the name of its format, the truth, and its rows."""

    tenant: Path
    logs: Mapping[str, Path]
    truth: Path
    rows: int


def _ignore(_: int) -> None:
    """Take no notice of progress."""


def generate(
    out: Path,
    *,
    rows: int,
    seed: int = 1,
    days: int = 30,
    start: date = date(2026, 10, 1),
    formats: Sequence[str] = ALL,
    faults: bool = True,
    topology: str = HYBRID.name,
    progress: Callable[[int], None] = _ignore,
) -> Generated:
    """Write a tenant folder, logs of its traffic in several formats, and the truth about every recipient.

    The same rows, seed, days and start give the same files, byte for byte, whichever formats are
    written. An earlier tenant, logs and truth in `out` are replaced once all is written.

    Args:
        out: Folder to write into; made where it is missing.
        rows: Recipients of messages.
        seed: Seed of the traffic; the company is always the same.
        days: Length of the period.
        start: First day of the period (UTC).
        formats: Names out of ALL.
        faults: Plant faults; without them the tenant is in order and has no retired connectors.
        topology: Name of a design of the company's mail flow, out of TOPOLOGIES.
        progress: Called after each batch with the number of its rows.

    Raises:
        UsageError: A number makes no sense, a format or topology is unknown, or `out` holds a tenant or logs of
            another making.
    """
    plan = Plan(rows=rows, seed=seed, days=days, start=start, faults=faults, topology=_topology(topology))
    _check(plan)
    chosen = tuple(_format(name) for name in dict.fromkeys(formats))
    _refuse_foreign(out)
    beside = out if out.is_dir() else out.parent
    beside.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=beside, prefix=".partial-") as aside:
        _write(plan, Path(aside), formats=chosen, progress=progress)
        _replace(Path(aside), out)
    logs = {one.name: out / LOGS / one.file for one in chosen}
    return Generated(tenant=out / TENANT, logs=logs, truth=out / TRUTH_FILE, rows=rows)


def _check(plan: Plan) -> None:
    if plan.rows < 1 or plan.days < 1 or plan.seed < 0:
        raise UsageError(f"rows {plan.rows}, days {plan.days}, seed {plan.seed}: at least 1, 1 and 0 are needed")
    if plan.days > (date(MAXYEAR, 12, 31) - plan.start) / timedelta(days=1):
        raise UsageError(f"days {plan.days}: the period from {plan.start} ends after the year {MAXYEAR}")


def _refuse_foreign(out: Path) -> None:
    """Leave alone what this module did not write: its own output always has the truth beside it."""
    if (out / TRUTH_FILE).exists():
        return
    for name in (TENANT, LOGS):
        if (out / name).exists():
            raise UsageError(f"{out / name}: exists and was not generated; give another folder")


def _topology(name: str) -> Topology:
    found = topology_named(name)
    if found is None:
        raise UsageError(f"topology {name!r} is not known; known are {', '.join(one.name for one in TOPOLOGIES)}")
    return found


def _format(name: str) -> LogFormat:
    for one in LOG_FORMATS:
        if one.name == name:
            return one
    raise UsageError(f"format {name!r} cannot be generated; known are {', '.join(ALL)}")


def _write(plan: Plan, folder: Path, *, formats: Sequence[LogFormat], progress: Callable[[int], None]) -> None:
    write_tenant(folder / TENANT, plan.topology.exports(plan.faults))
    (folder / LOGS).mkdir()
    with ExitStack() as files:
        truth = files.enter_context(Truth(folder / TRUTH_FILE, plan))
        logs = [files.enter_context(Log(one, folder / LOGS)) for one in formats]
        for batch in traffic(plan):
            whole, left = columns(batch), that_left(batch)
            seen = whole if left is batch else columns(left)
            truth.append(whole)
            for log in logs:
                log.append(whole if log.format.whole else seen, plan)
            progress(len(batch.leg))


def _replace(aside: Path, out: Path) -> None:
    out.mkdir(exist_ok=True)
    for name in (TENANT, LOGS, TRUTH_FILE):
        target = out / name
        if target.is_dir():
            shutil.rmtree(target)
        (aside / name).replace(target)
