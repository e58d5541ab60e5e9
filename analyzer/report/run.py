"""The run record (run.json) as typed values: what was read, by what, under which configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from analyzer.formats import FORMATS
from analyzer.formats.base import Evidence
from analyzer.vantage import Vantage

SCHEMA_VERSION = 1

Record = Mapping[str, Any]  # JSON, before it is read below


@dataclass(frozen=True, slots=True)
class Books:
    """What became of the rows of the files: none may vanish."""

    rows: int
    read: int
    rejected: int
    noise: int
    verdict_rows: int

    @property
    def balanced(self) -> bool:
        """Whether read, rejected and noise add up to the rows of the files."""
        return self.read + self.rejected + self.noise == self.rows


@dataclass(frozen=True, slots=True)
class Input:
    """One log file of the run."""

    name: str
    format: str
    encoding: str
    shape: str
    sha256: str
    rows: int
    read: int
    rejected: int
    noise: Mapping[str, int]
    notes: tuple[str, ...]
    formats: tuple[str, ...] = ()
    first: datetime | None = None
    last: datetime | None = None
    copy_of: str | None = None


@dataclass(frozen=True, slots=True)
class SnapshotRecord:
    """One configuration snapshot: how many objects of each kind; None where the export is absent."""

    name: str
    since: datetime | None
    kinds: Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class WindowRecord:
    """One change of the configuration, the window around it, and how many messages it withheld."""

    change: str
    start: datetime | None
    end: datetime
    messages: int


@dataclass(frozen=True, slots=True)
class PolicyRecord:
    """A policy in force: its value, where the value comes from, how many rows rest on it."""

    name: str
    value: str
    origin: str
    touched: int


@dataclass(frozen=True, slots=True)
class Run:
    """The run record."""

    tool: str
    version: str
    started_at: datetime
    finished_at: datetime
    options: Mapping[str, object]
    tenant: str
    tenant_digest: str
    tenant_files: Mapping[str, str]
    snapshots: tuple[SnapshotRecord, ...]
    windows: tuple[WindowRecord, ...]
    policies: tuple[PolicyRecord, ...]
    inputs: tuple[Input, ...]
    books: Books
    settings: Mapping[str, object]
    first: datetime | None
    last: datetime | None
    evidence_share: float | None
    notes: tuple[str, ...]

    @classmethod
    def of(cls, record: Record) -> Run:
        """Read the content of run.json; KeyError or TypeError where it has another shape."""
        tenant, completeness = record["tenant"], record["completeness"]
        return cls(
            tool=record["tool"]["name"],
            version=record["tool"]["version"],
            started_at=_required_time(record["started_at"]),
            finished_at=_required_time(record["finished_at"]),
            options=record["options"],
            tenant=tenant["path"],
            tenant_digest=tenant["digest"],
            tenant_files=tenant["files"],
            snapshots=tuple(_snapshot(snapshot) for snapshot in tenant["snapshots"]),
            windows=tuple(_window(window) for window in record.get("change_windows", ())),
            policies=tuple(PolicyRecord(name, **policy) for name, policy in record["policies"].items()),
            inputs=tuple(_input(log) for log in record["inputs"]),
            books=_books(record["books"]),
            settings=record["settings"],
            first=_time(completeness["first"]),
            last=_time(completeness["last"]),
            evidence_share=completeness["connector_evidence_share"],
            notes=tuple(completeness["notes"]),
        )

    @property
    def counted(self) -> str:
        """What one message stands for in the counts: event logs hold several rows of one message."""
        per_event = {f.name for f in FORMATS if f.evidence is Evidence.PER_EVENT}
        met = {name for log in self.inputs for name in (log.format, *log.formats)}
        return "one a recipient and event" if met & per_event else "one a recipient"

    @property
    def own_servers_alone(self) -> bool:
        """Whether every log is one of the organization's own servers: their connectors alone are judged."""
        of_office365 = {f.name for f in FORMATS if f.vantage is Vantage.OFFICE365}
        met = {name for log in self.inputs for name in (log.formats or (log.format,)) if name}
        return bool(met) and not met & of_office365

    @property
    def noise(self) -> Mapping[str, int]:
        """The declared noise of all inputs by kind, the most frequent first."""
        kinds: dict[str, int] = {}
        for log in self.inputs:
            for kind, rows in log.noise.items():
                kinds[kind] = kinds.get(kind, 0) + rows
        return dict(sorted(kinds.items(), key=lambda item: (-item[1], item[0])))

    @property
    def choices(self) -> tuple[tuple[str, str], ...]:
        """The options and settings of the run in words; what nobody chose is left out."""
        given = {**self.options, **self.settings}
        return tuple((name, _words(value)) for name, value in given.items() if value is not None and value != {})

    @property
    def remarks(self) -> tuple[str, ...]:
        """The notes on completeness, then those of each input under its name, each once."""
        notes = (*self.notes, *(f"{log.name}: {note}" for log in self.inputs for note in log.notes))
        return tuple(dict.fromkeys(notes))


def _words(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} = {_words(part)}" for name, part in value.items() if part is not None) or "not given"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _required_time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _time(text: str | None) -> datetime | None:
    return None if text is None else _required_time(text)


def _input(record: Record) -> Input:
    times = {name: _time(record.get(name)) for name in ("first", "last")}
    return Input(**{**record, **times, "notes": tuple(record["notes"]), "formats": tuple(record.get("formats", ()))})


def _snapshot(record: Record) -> SnapshotRecord:
    kinds = {kind: count for kind, count in record.items() if kind not in {"name", "since"}}
    return SnapshotRecord(record["name"], _time(record["since"]), kinds)


def _window(record: Record) -> WindowRecord:
    return WindowRecord(record["change"], _time(record["start"]), _required_time(record["end"]), record["messages"])


def _books(record: Record) -> Books:
    noise = record["noise"]
    total = sum(noise.values()) if isinstance(noise, Mapping) else noise
    return Books(record["rows"], record["read"], record["rejected"], total, record["verdict_rows"])
