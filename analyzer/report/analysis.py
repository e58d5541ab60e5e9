"""The main job: logs and a tenant in, a finished report out, whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.errors import UsageError
from analyzer.moments import utc
from analyzer.pipeline import Options, Progress, run
from analyzer.report.machines import machines
from analyzer.tenant.model import Tenant

if TYPE_CHECKING:
    from analyzer.report.report import Report


def analyze(
    logs: Sequence[str | Path],
    tenant: Tenant,
    *,
    out: str | Path,
    since: datetime | str | None = None,
    until: datetime | str | None = None,
    format_name: str | None = None,
    date_order: str | None = None,
    timezone: str | None = None,
    encoding: str | None = None,
    policy: Mapping[str, str] | None = None,
    judge_earlier: bool | None = None,
    workers: int | None = None,
    engine: str | None = None,
    dask: str | None = None,
    force: bool = False,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Report:
    """Rerun connector selection for every message of the logs and write the report.

    Args:
        logs: files, folders, globs or `-`.
        tenant: what `load_tenant` gives.
        out: the folder to write; an existing one is refused.
        since: first moment of the period; naive times are UTC.
        until: first moment after the period.
        format_name: the log format, where it is not to be told by content.
        date_order: dmy or mdy, where slash dates are ambiguous.
        timezone: `Europe/Berlin` or `+02:00`, for times without a zone in formats where these are local.
        encoding: a code page such as `cp1251`, where the bytes do not tell.
        policy: single values that outrank mailflow.toml.
        judge_earlier: judge rows older than the first dated snapshot by it; None leaves it to mailflow.toml.
        workers: threads, or processes of a cluster started here; None takes one a core.
        engine: `threads`, or `dask` for a cluster started here; None is what `dask` asks for.
        dask: address of the scheduler of a Dask cluster that does the work; it has to see the logs and `out`.
        force: replace an earlier report at `out`.
        progress: called after each chunk.

    Raises:
        UsageError: `out` exists, or an option makes no sense.
        UnreadableInput: nothing could be read.
    """
    started, target = datetime.now(UTC), Path(out)
    options = Options(
        utc(since, "since"),
        utc(until, "until"),
        format_name,
        date_order,
        timezone,
        encoding,
        workers or min(os.cpu_count() or 1, 8),
    )
    ruled = replace(tenant, settings=tenant.settings.ruled_by(policy, judge_earlier=judge_earlier))
    with machines(engine, dask, workers) as cluster, _aside(target, force=force) as directory:
        named = [str(log) for log in logs]
        outcome = run(named, ruled, directory, options, progress=progress, cluster=cluster)
        from analyzer.report.conclusion import conclude  # noqa: PLC0415 - the pass does without findings and charts

        report = conclude(
            directory, outcome, options, logs=named, ruled=ruled, given=tenant, chosen=policy or {}, started=started
        )
    return replace(report, path=target)


@contextmanager
def _aside(target: Path, *, force: bool) -> Iterator[Path]:
    """Give an empty folder beside the target and move it into place when all is written.

    An interrupted run leaves nothing behind and the earlier report whole.
    """
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        if not force:
            raise UsageError(f"{target}: exists already; give another --out, or --force to replace an earlier report")
        if not (target / "run.json").is_file():
            raise UsageError(f"{target}: is not a report of this program, so --force does not replace it")
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    aside.chmod(0o755)
    try:
        yield aside
        old = aside.with_name(f"{aside.name}.old")
        if target.exists():
            target.rename(old)
        aside.rename(target)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
