"""The content of run.json: what was read, by what, under which configuration, and how complete it is."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analyzer import __version__
from analyzer.causes import holding
from analyzer.compare.own_server import OWN_SERVER_LOG
from analyzer.pipeline import Options, Outcome, folding_notes
from analyzer.pipeline.coverage import moment
from analyzer.report.run import SCHEMA_VERSION
from analyzer.report.windows import change_windows
from analyzer.tenant.model import Snapshot, Tenant
from analyzer.tenant.policy import Policy
from analyzer.tenant.presented import sighting_notes


def run_record(
    outcome: Outcome, options: Options, *, ruled: Tenant, given: Tenant, chosen: Mapping[str, str], started: datetime
) -> dict[str, Any]:
    """Give the run record, which `Run.of` reads.

    Args:
        outcome: what the first pass gave.
        options: how it was run.
        ruled: the tenant with the policies in force.
        given: the tenant as its folder says.
        chosen: policies given as options.
        started: when the run began.
    """
    causes, books = outcome.causes, outcome.inputs
    totals = {name: sum(getattr(b, name) for b in books) for name in ("rows", "read", "rejected", "verdict_rows")}
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "mailflow-analyzer", "version": __version__, **_versions()},
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
        "notes": [*coverage.notes, *folding_notes(outcome.folded), *_gaps(tenant), *sighting_notes(tenant)],
    }


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
