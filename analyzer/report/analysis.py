"""The main job: logs and a tenant in, a finished report out, whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analyzer.causes import holding
from analyzer.compare.own_server import OWN_SERVER_LOG
from analyzer.errors import UsageError
from analyzer.findings import find_all
from analyzer.formats import open_log
from analyzer.formats.connector_report import CONNECTOR_REPORT, reported
from analyzer.inputs import find
from analyzer.moments import utc
from analyzer.pipeline import Options, Outcome, Progress, folding_notes, run
from analyzer.pipeline.coverage import moment
from analyzer.report.machines import machines
from analyzer.report.report import Report, write_report
from analyzer.report.run import SCHEMA_VERSION
from analyzer.report.windows import change_windows
from analyzer.summaries import exercised
from analyzer.summaries.cross_check import CONNECTOR_REPORT as CHECKED
from analyzer.summaries.cross_check import cross_check, differences
from analyzer.tenant.model import Snapshot, Tenant
from analyzer.tenant.policy import Policy
from analyzer.tenant.sightings import sighting_notes


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
    own = tenant.settings
    earlier = own.judge_earlier if judge_earlier is None else judge_earlier
    settings = replace(own.ruled_by(policy), judge_earlier=earlier)
    ruled = replace(tenant, settings=settings)
    with machines(engine, dask, workers) as cluster, _aside(target, force=force) as directory:
        outcome = run([str(log) for log in logs], ruled, directory, options, progress=progress, cluster=cluster)
        record = _record(outcome, options, ruled=ruled, given=tenant, chosen=policy or {}, started=started)
        checked = _cross_checked([str(log) for log in logs], outcome, options)
        record["completeness"]["notes"] += [] if checked is None else differences(checked)
        write_report(
            directory,
            record,
            causes=outcome.causes,
            findings=find_all(outcome.causes, ruled, outcome.coverage),
            coverage=exercised(outcome.causes, ruled),
        )
        if checked is not None:
            pq.write_table(checked, directory / "summaries" / f"{CHECKED.name}.parquet")
    return Report.open(target)


def _cross_checked(logs: Sequence[str], outcome: Outcome, options: Options) -> pa.Table | None:
    """Read the counts of the connector reports among the inputs; None where there are none.

    They are small, and so read again once the logs' own counts are known.
    """
    names = {book.name for book in outcome.inputs if book.format == CONNECTOR_REPORT.name}
    sources = [source for source in find(logs, remote=True) if source.name in names] if names else []
    opened = [
        open_log(s, format_name=options.format_name, date_order=options.date_order, encoding=options.encoding)
        for s in sources
    ]
    return cross_check(outcome.causes, pa.concat_tables(map(reported, opened))) if opened else None


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


def _record(
    outcome: Outcome, options: Options, *, ruled: Tenant, given: Tenant, chosen: Mapping[str, str], started: datetime
) -> dict[str, Any]:
    causes, books = outcome.causes, outcome.inputs
    totals = {name: sum(getattr(b, name) for b in books) for name in ("rows", "read", "rejected", "verdict_rows")}
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "mailflow-analyzer", "version": _version(), **_versions()},
        "started_at": started.isoformat(timespec="seconds"),
        "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "options": {
            "since": options.since.isoformat() if options.since else None,
            "until": options.until.isoformat() if options.until else None,
            "format": options.format_name,
            "date_order": options.date_order,
            "timezone": options.timezone,
            "encoding": options.encoding,
            "workers": options.workers,
            "policies": dict(chosen),
        },
        "tenant": _tenant_record(ruled),
        "change_windows": change_windows(ruled, causes),
        "policies": _policy_record(ruled, given, chosen, causes),
        "inputs": [_input_record(b) for b in books],
        "books": {**totals, "noise": sum(sum(b.noise.values()) for b in books)},
        "settings": {
            "judge_earlier": ruled.settings.judge_earlier,
            "change_grace_minutes": ruled.settings.change_grace.total_seconds() / 60,
            "mx": {"default": ruled.settings.mx_default, **ruled.settings.mx},
            "directory_complete": ruled.settings.directory_complete,
        },
        "completeness": _completeness(outcome, ruled),
    }


def _version() -> str:
    try:
        return version("mailflow-analyzer")
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "unknown"


def _versions() -> dict[str, str]:
    return {"python": platform.python_version(), "pyarrow": pa.__version__, "numpy": np.__version__}


def _input_record(book: Any) -> dict[str, Any]:  # noqa: ANN401 - InputBook, turned into plain values
    fields = ("name", "format", "encoding", "shape", "sha256", "rows", "read", "rejected")
    return {
        **{f: getattr(book, f) for f in fields},
        "noise": dict(sorted(book.noise.items())),
        "notes": list(book.notes),
        "formats": list(book.formats),
        "first": _iso(moment(book.first)),
        "last": _iso(moment(book.last)),
        "copy_of": book.copy_of or None,
    }


def _tenant_record(tenant: Tenant) -> dict[str, Any]:
    digest = hashlib.sha256(json.dumps(dict(sorted(tenant.digests.items()))).encode()).hexdigest()
    return {
        "path": tenant.path,
        "digest": digest,
        "files": dict(sorted(tenant.digests.items())),
        "snapshots": [_snapshot_record(s) for s in tenant.snapshots],
    }


def _snapshot_record(snapshot: Snapshot) -> dict[str, Any]:
    kinds = ("outbound", "inbound", "accepted", "rules")
    counts = {k: None if (v := getattr(snapshot, k)) is None else len(v) for k in kinds}
    recipients = None if snapshot.directory is None else len(snapshot.directory)
    since = snapshot.since.isoformat() if snapshot.since else None
    return {"name": snapshot.name, "since": since, **counts, "recipients": recipients}


def _policy_record(ruled: Tenant, given: Tenant, chosen: Mapping[str, str], causes: pa.Table) -> dict[str, Any]:
    defaults, own, record = Policy(), given.settings.policy, {}
    for name, value in ruled.settings.policy.items():
        origin = "default" if getattr(own, name) == getattr(defaults, name) else "mailflow.toml"
        concerned = causes.filter(holding(causes, "policies", partial(pc.starts_with, pattern=f"{name}=")))
        touched = pc.sum(concerned.column("messages")).as_py() or 0
        record[name] = {"value": value, "origin": "option" if name in chosen else origin, "touched": touched}
    return record


def _completeness(outcome: Outcome, tenant: Tenant) -> dict[str, Any]:
    causes = outcome.causes
    judged = causes.filter(pc.not_equal(causes.column("verdict"), "not_routed"))
    judged = judged.filter(pc.not_equal(judged.column("reason"), OWN_SERVER_LOG))
    total = pc.sum(judged.column("messages")).as_py() or 0
    spoken = judged.filter(pc.not_equal(judged.column("evidence"), "none"))
    share = (pc.sum(spoken.column("messages")).as_py() or 0) / total if total else None
    coverage = outcome.coverage
    return {
        "first": _iso(coverage.first),
        "last": _iso(coverage.last),
        "connector_evidence_share": share,
        "incomplete": coverage.incomplete,
        "unreadable": list(coverage.unreadable),
        "capped": dict(coverage.capped),
        "holes": [
            {"format": h.format, "since": _iso(h.since), "until": _iso(h.until), "usual_rows": h.usual}
            for h in coverage.holes
        ],
        "configuration": {
            "first": _iso(coverage.age.first),
            "newest": _iso(coverage.age.newest),
            "newest_change": _iso(coverage.age.newest_change),
            "log_before_days": _days(coverage.age.before),
            "log_after_days": _days(coverage.age.after),
        },
        "folded": dict(outcome.folded),
        "notes": [*coverage.notes, *folding_notes(outcome.folded), *_gaps(tenant), *_sighted(tenant)],
    }


def _sighted(tenant: Tenant) -> Iterator[str]:
    settings = tenant.settings
    return sighting_notes(tenant.sightings, settings.onpremises_certificates, settings.change_grace)


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _days(length: timedelta | None) -> float | None:
    return None if length is None else round(length / timedelta(days=1), 2)


def _gaps(tenant: Tenant) -> Iterator[str]:
    """Say which parts of the configuration nobody gave."""
    names = {
        "outbound": "outbound connectors",
        "inbound": "inbound connectors",
        "accepted": "accepted domains",
        "rules": "transport rules",
        "directory": "recipients list",
    }
    for kind, words in names.items():
        if all(getattr(s, kind) is None for s in tenant.snapshots):
            yield f"tenant: no export of {words}"
    if not tenant.settings.onpremises_addresses:
        yield "mailflow.toml: no [onpremises] addresses, so mail from outside and from your own servers look alike"
