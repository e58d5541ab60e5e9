"""The tenant folder: undated, or a folder of dated snapshots -> Tenant."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from analyzer.errors import TenantError
from analyzer.tenant.directory import build_directory
from analyzer.tenant.exports import CMDLETS, Exported, Kind
from analyzer.tenant.files import decode
from analyzer.tenant.gather import EMPTY, Gathered, gather
from analyzer.tenant.model import (
    AcceptedDomain,
    HybridConfiguration,
    InboundConnector,
    Organization,
    OutboundConnector,
    OwnServers,
    RemoteDomain,
    Settings,
    Snapshot,
    Tenant,
    TransportRule,
)
from analyzer.tenant.onpremises import ReceiveConnector, SendConnector
from analyzer.tenant.presented import sighting_notes
from analyzer.tenant.recipients import RecipientList
from analyzer.tenant.residences import with_moves
from analyzer.tenant.sightings import read_sightings, send_logs
from analyzer.tenant.stated import FILE_NAME

Value = TypeVar("Value")

UNDATED = "undated"
_DATED = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T(\d{2})[:-]?(\d{2})(?:[:-]?(\d{2}))?Z?)?")
_ACCEPTED = "a folder with exports such as those of docs/export.md"

_log = logging.getLogger(__name__)


def load_tenant(path: str | Path) -> Tenant:
    """Read a tenant folder: exports, recipients lists, mailflow.toml, dated snapshots and send logs if there are any.

    Raises:
        TenantError: no such folder, no export in it, or one that cannot be read.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise TenantError(str(path), "is no folder" if folder.exists() else "does not exist", _ACCEPTED)
    files = [file for file in sorted(folder.rglob("*")) if file.is_file() and not _hidden(file.relative_to(folder))]
    settings, digests = _settings(folder, files)
    logs = send_logs(files, folder)
    exports = [file for file in files if file.name.lower() != FILE_NAME and file not in logs]
    stages = _stages(folder, exports, day_first=settings.day_first)
    if not any(stage.found.kinds() for stage in stages):
        raise TenantError(str(path), "holds no known export", f"JSON, CSV, Clixml or Format-List of {CMDLETS}")
    _refuse_full(settings, stages, folder)
    if not settings.empty_exports:  # named there, an empty file is nothing to warn of
        for where in (where for stage in stages for where in stage.found.blank):
            _log.warning("%s is left out: %s", where, EMPTY)
    for stage in stages:
        digests |= stage.found.digests
    seen = read_sightings(source for sources in logs.values() for source in sources)
    digests |= {Path(name).relative_to(folder).as_posix(): digest for name, digest in seen.digests.items()}
    migrations = [listed for stage in stages for listed in stage.found.migrations]
    snapshots, notes, batches = with_moves(tuple(_snapshots(stages, settings)), migrations, settings.change_grace)
    return Tenant(
        snapshots,
        settings,
        path=str(path),
        digests=dict(sorted(digests.items())),
        notes=notes,
        batches=batches,
        sightings=seen.certificates,
        send_logs=seen.logs,
    )


def load_state(path: str | Path) -> Tenant:
    """Read a tenant as of one snapshot: FOLDER/2024-03-01T0000Z is that one of FOLDER, and FOLDER its last.

    Raises:
        TenantError: as `load_tenant`.
    """
    folder = Path(path).resolve()
    if not _is_snapshot(folder):
        return load_tenant(path)
    whole = load_tenant(folder.parent)
    until = [s.name for s in whole.snapshots].index(folder.name)
    return replace(whole, snapshots=whole.snapshots[: until + 1], path=str(path))


def _is_snapshot(folder: Path) -> bool:
    """Tell whether a folder is one of the dated snapshots of a tenant folder, which holds nothing but logs beside."""
    if not folder.is_dir() or not _DATED.fullmatch(folder.name):
        return False
    beside = (entry for entry in folder.parent.iterdir() if not _hidden(Path(entry.name)))
    return all(
        entry.name.lower() == FILE_NAME
        or (entry.is_dir() and (entry.name.lower() == "onpremises" or _DATED.fullmatch(entry.name)))
        for entry in beside
    )


@dataclass(frozen=True, slots=True)
class _Stage:
    """The exports of one snapshot, before what they lack is carried over."""

    name: str
    since: datetime | None
    found: Gathered


def _hidden(path: Path) -> bool:
    return any(part.startswith((".", "~$")) for part in path.parts)


def _settings(folder: Path, files: list[Path]) -> tuple[Settings, dict[str, str]]:
    """Read mailflow.toml, if there is one, and its digest."""
    own = [file for file in files if file.name.lower() == FILE_NAME]  # Windows does not tell the cases apart
    for file in own:
        if file.parent != folder:
            raise TenantError(str(file), f"{FILE_NAME} below the top of the folder", f"one {FILE_NAME}, at the top")
    if not own:
        return Settings(), {}
    file = own[0]
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise TenantError(str(file), f"cannot be read ({error.strerror})", "a readable file") from None
    from analyzer.tenant.settings import read_settings  # noqa: PLC0415 - pydantic is for a file that is there

    return read_settings(decode(raw).decode(), str(file)), {FILE_NAME: sha256(raw).hexdigest()}


def _stages(folder: Path, files: list[Path], *, day_first: bool | None) -> list[_Stage]:
    """Gather the files of each dated sub-folder, oldest first; without any, those of the folder itself."""
    dated: dict[datetime, tuple[str, list[Path]]] = {}
    rest: list[Path] = []
    for file in files:
        name = file.relative_to(folder).parts[0]
        since = None if file.parent == folder else _since(name, folder)
        if since is None:
            rest.append(file)
        elif dated.setdefault(since, (name, []))[0] == name:
            dated[since][1].append(file)
        else:
            raise TenantError(str(folder), f"{dated[since][0]} and {name} are the same moment", "one folder a moment")
    undated = gather(rest, folder, day_first=day_first)
    if not dated:
        return [_Stage(UNDATED, None, undated)]
    if undated.digests:
        found = f"{next(iter(undated.digests))} lies beside dated folders"
        raise TenantError(str(folder), found, "move it into the folder of the day from which it holds")
    return [
        _Stage(dated[since][0], since, gather(dated[since][1], folder, day_first=day_first)) for since in sorted(dated)
    ]


def _since(name: str, folder: Path) -> datetime | None:
    """Read the moment that the name of a sub-folder says; None where it says none."""
    found = _DATED.fullmatch(name)
    if found is None:
        return None
    try:
        return datetime.fromisoformat(f"{found[1]}T{found[2] or '00'}:{found[3] or '00'}:{found[4] or '00'}+00:00")
    except ValueError:
        raise TenantError(str(folder / name), "is no date", "a name such as 2024-03-01T0000Z") from None


def _refuse_full(settings: Settings, stages: list[_Stage], folder: Path) -> None:
    """Refuse a kind that is declared empty although an export holds some."""
    for stage in stages:
        full = {kind.value for kind, values in stage.found.values.items() if values}
        full |= {Kind.RECIPIENTS.value for listed in stage.found.lists if listed.people.num_rows}
        if wrong := sorted(full & settings.empty_exports):
            where = f"{folder / FILE_NAME}: [exports] empty"
            raise TenantError(where, f"{wrong[0]!r} is declared empty, yet an export of {stage.name} holds some")


def _snapshots(stages: list[_Stage], settings: Settings) -> Iterator[Snapshot]:
    """Make the snapshots; a kind that one lacks is carried over from the one before."""
    held: dict[Kind, tuple[Exported, ...]] = {
        kind: () for kind in Kind if kind.value in settings.empty_exports and kind is not Kind.RECIPIENTS
    }
    lists: list[RecipientList] = []
    accepted: tuple[AcceptedDomain, ...] | None = None
    directory = build_directory((), None) if Kind.RECIPIENTS.value in settings.empty_exports else None
    first = stages[0]
    for stage in stages:
        carried = frozenset(kind.value for kind in held if kind not in stage.found.values and stage is not first)
        held |= {kind: tuple(values.values()) for kind, values in stage.found.values.items()}
        before, lists = (
            (lists, accepted),
            _carried(lists, [replace(one, since=stage.since) for one in stage.found.lists]),
        )
        accepted = _of(AcceptedDomain, held.get(Kind.ACCEPTED))
        if lists and (lists, accepted) != before:  # a place depends on what is an accepted domain at the time
            directory = build_directory(lists, accepted)
        yield Snapshot(
            name=stage.name,
            since=stage.since,
            outbound=_of(OutboundConnector, held.get(Kind.OUTBOUND)),
            inbound=_of(InboundConnector, held.get(Kind.INBOUND)),
            accepted=accepted,
            rules=_of(TransportRule, held.get(Kind.RULES)),
            organization=_organization(held.get(Kind.ORGANIZATION)),
            directory=directory,
            remote=_of(RemoteDomain, held.get(Kind.REMOTE)),
            hybrid=next(iter(_of(HybridConfiguration, held.get(Kind.HYBRID)) or ()), None),
            own=OwnServers(
                send=_of(SendConnector, held.get(Kind.SEND)),
                receive=_of(ReceiveConnector, held.get(Kind.RECEIVE)),
                accepted=_of(AcceptedDomain, held.get(Kind.OWN_ACCEPTED)),
            ),
            carried=carried,
        )


def _carried(before: list[RecipientList], now: list[RecipientList]) -> list[RecipientList]:
    """Replace the lists of a side, cloud or own servers, if there are newer ones of that side."""
    sides = {listed.onpremises for listed in now}
    return now + [listed for listed in before if listed.onpremises not in sides] if now else before


def _of(kind: type[Value], values: tuple[Exported, ...] | None) -> tuple[Value, ...] | None:
    return None if values is None else tuple(value for value in values if isinstance(value, kind))


def _organization(values: tuple[Exported, ...] | None) -> Organization | None:
    """An organization that was declared empty has every setting at its default."""
    return None if values is None else next(iter(_of(Organization, values) or ()), Organization())


def describe(tenant: Tenant) -> list[str]:
    """Say in a few lines what the folder holds and what it lacks."""
    files, snapshots = _count(len(tenant.digests), "file"), _count(len(tenant.snapshots), "snapshot")
    lines = [f"tenant {tenant.path}: {files}, {snapshots}"]
    for snapshot in tenant.snapshots:
        since = f" from {snapshot.since:%Y-%m-%d %H:%M} UTC" if snapshot.since else ""
        counts = ", ".join(f"{name} {'absent' if size is None else size}" for name, size in _sizes(snapshot))
        lines.append(f"snapshot {snapshot.name}{since}: {counts}")
    return [*lines, *tenant.notes, *sighting_notes(tenant), *(f"missing: {lack}" for lack in _lacks(tenant))]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + "s" * (number != 1)


def _sizes(snapshot: Snapshot) -> Iterator[tuple[str, int | None]]:
    """Count each kind; None where the export is absent."""
    kinds = {
        "outbound connectors": snapshot.outbound,
        "inbound connectors": snapshot.inbound,
        "accepted domains": snapshot.accepted,
        "rules that route": snapshot.rules and tuple(r for r in snapshot.rules if r.connector),
        "recipients": snapshot.directory,
    }
    for name, values in kinds.items():
        yield name, None if values is None else len(values)
    yield "organization", None if snapshot.organization is None else 1
    own = snapshot.own  # what no verdict rests on is told only where it is there
    held = (
        ("remote domains", snapshot.remote),
        ("Send connectors", own.send),
        ("Receive connectors", own.receive),
        ("own accepted domains", own.accepted),
    )
    yield from ((name, len(values)) for name, values in held if values is not None)
    if snapshot.hybrid is not None:
        yield "hybrid configuration", 1


def _lacks(tenant: Tenant) -> Iterator[str]:
    """Name the settings without which some rows cannot be told."""
    settings, last = tenant.settings, tenant.snapshots[-1]
    if settings.mx_default is None:
        domains = [a.domain for a in last.accepted or () if not a.domain.endswith(".onmicrosoft.com")]
        unsaid = [domain for domain in domains if domain not in settings.mx]
        if unsaid or last.accepted is None:
            yield f"[mx] where the MX points ({', '.join(unsaid) or 'no domain is known'})"
    if not settings.onpremises_addresses:
        yield "[onpremises] addresses: mail of the organization's own servers cannot be told by its address"
    if last.directory is None and not settings.onpremises_domains:
        yield "a recipients list or [onpremises] domains: where each mailbox lives"
