"""SMTP send protocol logs below `onpremises/` -> which certificate the own servers presented to Office 365, and when.

A log is read as a stream; what stays is one sighting a certificate. Messages count, not sessions: it is when
mail is sent under a certificate that Office 365 attributes it by that one (reference 4.2).
"""

from __future__ import annotations

import csv
import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from analyzer.certificates import ShownCertificates
from analyzer.errors import LogError
from analyzer.inputs import Source, Stream, find
from analyzer.tenant.onpremises import Sighting

_log = logging.getLogger(__name__)

_HEAD, _BLOCK, _LONGEST = 4096, 1 << 20, 1 << 20
_SEND_LOG = re.compile(rb"(?:\xef\xbb\xbf)?#[^\0]*?^#Log-type: SMTP Send Protocol Log", re.MULTILINE)
_FIELDS = "date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context"
_TELLING = re.compile(rb"(?i)certificate|\.mail\.protection\.outlook\.com|MAIL FROM:|,-,|^#Fields:")
_OFFICE365 = re.compile(r"(?:220|250)[ -][\w.-]+\.mail\.protection\.outlook\.com\b", re.IGNORECASE)
_SESSIONS = 100_000  # under way at once; a session whose end the log lacks must not stay forever
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Presented:
    """What was presented from `since` up to, not including, `until` (UTC)."""

    names: tuple[str, ...]
    since: datetime
    until: datetime


def send_logs(files: Iterable[Path], folder: Path) -> dict[Path, list[Source]]:
    """Find the send logs among the files of a tenant folder: those below `onpremises/` that begin as one does."""
    found: dict[Path, list[Source]] = {}
    for file in files:
        if "onpremises" in {part.lower() for part in file.relative_to(folder).parts[:-1]}:
            logs = [source for source in find([str(file)]) if _is_send_log(source)]
            found |= {file: logs} if logs else {}
    return found


def _is_send_log(source: Source) -> bool:
    try:
        with source.open() as stream:
            return _SEND_LOG.match(stream.read(_HEAD)) is not None
    except LogError:
        return False  # whoever reads exports says what is wrong with it


def read_sightings(sources: Iterable[Source]) -> tuple[tuple[Sighting, ...], dict[str, str]]:
    """Read send logs: the certificates in the order in which they were first seen, and each log's SHA-256 by name."""
    seen: dict[tuple[str, ...], Sighting] = {}
    digests: dict[str, str] = {}
    for source in sources:
        with source.open() as stream:
            for names, moment in _presented(_records(stream)):
                known = seen.get(names) or Sighting(names, moment, moment, 0)
                first, last = min(known.first, moment), max(known.last, moment)
                seen[names] = Sighting(names, first, last, known.messages + 1)
            digests[source.name] = stream.digest()
            if stream.damage:
                _log.warning("%s: %s; what stands before that was read", source.name, stream.damage)
    return tuple(sorted(seen.values(), key=lambda s: (s.first, s.names))), digests


def _records(stream: Stream) -> Iterator[Sequence[str]]:
    """Give the cells of the lines that may tell something, in the order of the documented fields."""
    order = list(range(len(_FIELDS.split(","))))
    for line in _lines(stream):
        if not _TELLING.search(line):
            continue
        text = line.decode(errors="replace").strip("\r\ufeff")
        if text.startswith("#Fields:"):
            named = [name.strip() for name in text.removeprefix("#Fields:").split(",")]
            order = [named.index(name) for name in _FIELDS.split(",") if name in named]
            continue
        cells = next(csv.reader([text]), [])
        if len(order) == _FIELDS.count(",") + 1 and len(cells) > max(order):
            yield [cells[place] for place in order]


def _lines(stream: Stream) -> Iterator[bytes]:
    rest = b""
    while block := stream.read(_BLOCK):
        *whole, rest = (rest + block).split(b"\n")
        yield from whole
        rest = rest if len(rest) < _LONGEST else b""
    yield rest


@dataclass(slots=True)
class _Session:
    """What one session has shown."""

    office365: bool = False
    shown: ShownCertificates = field(default_factory=ShownCertificates)


def _presented(records: Iterable[Sequence[str]]) -> Iterator[tuple[tuple[str, ...], datetime]]:
    """Give the certificate under which each message was sent to Office 365, where the log shows it, and the time."""
    sessions: dict[str, _Session] = {}
    for time, _, session_id, _, _, _, event, data, context in records:
        session = sessions.setdefault(session_id, _Session())
        if event == "*":
            session.shown.line(data, context)
        elif event == "<" and _OFFICE365.match(data):
            session.office365 = True
        elif event == ">" and session.office365 and data.upper().startswith("MAIL FROM:"):
            names, moment = session.shown.names(sent=True), _moment(time)
            if names and moment:
                yield tuple(sorted({name.lower() for name in names})), moment
        elif event == "-":
            del sessions[session_id]
        if len(sessions) > _SESSIONS:
            del sessions[next(iter(sessions))]


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None


def certain(sightings: Sequence[Sighting], grace: timedelta) -> tuple[Presented, ...]:
    """Say when exactly one certificate was presented.

    That is from its first to its last message, less the time of any other, with `grace` before and after that: two
    servers may present two, and the clocks of server and service are not one.
    """
    spans = [(s.first - grace, s.last + grace + _INSTANT) for s in sightings]
    cuts = sorted({t for s in sightings for t in (s.first, s.last + _INSTANT)} | {t for span in spans for t in span})
    found: list[Presented] = []
    for since, until in pairwise(cuts):
        near = [s for s, (begin, end) in zip(sightings, spans, strict=True) if begin <= since < end]
        if len(near) == 1 and near[0].first <= since <= near[0].last:
            joined = found and (found[-1].names, found[-1].until) == (near[0].names, since)
            since = found.pop().since if joined else since  # noqa: PLW2901
            found.append(Presented(near[0].names, since, until))
    return tuple(found)


def sighting_notes(sightings: Sequence[Sighting], declared: Sequence[str], grace: timedelta) -> Iterator[str]:
    """Say what the send logs show, when it is used, and where it is not what mailflow.toml declares."""
    used = certain(sightings, grace)
    for seen in sightings:
        names, span = ", ".join(seen.names), _when(seen.first, seen.last)
        times = [(p.since, p.until) for p in used if p.names == seen.names]
        count = f"{seen.messages:,} message" + "s" * (seen.messages != 1)
        told = f"certificate {names}: shown to Office 365 by {count} in the SMTP send logs, {span}"
        if not times:
            told += "; not used, as others were shown in that time"
        elif times != [(seen.first, seen.last + _INSTANT)]:
            told += f"; used {' and '.join(_when(*t) for t in times)}, as others were shown near the rest"
        yield told
        if times and declared and not set(declared) & set(seen.names):
            others = ", ".join(declared)
            yield f"certificate {others} is declared, the SMTP send logs show {names} {span}: the logs are believed"


def _when(first: datetime, last: datetime) -> str:
    return f"from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC"
