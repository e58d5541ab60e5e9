"""SMTP send protocol logs below `onpremises/` -> which certificate the own servers presented to Office 365, and when.

A log is read as a stream; what stays is one sighting a certificate. Messages count, not sessions: it is when
mail is sent under a certificate that Office 365 attributes it by that one (reference 4.2).
"""

from __future__ import annotations

import csv
import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from analyzer.addresses import OFFICE365_HOSTS
from analyzer.certificates import ShownCertificates
from analyzer.errors import LogError
from analyzer.inputs import Source, Stream, find
from analyzer.tenant.onpremises import SendLog, Sighting

_log = logging.getLogger(__name__)

_HEAD, _BLOCK, _LONGEST = 4096, 1 << 20, 1 << 20
_SEND_LOG = re.compile(rb"(?:\xef\xbb\xbf)?#[^\0]*?^#Log-type: SMTP Send Protocol Log", re.MULTILINE)
_FIELDS = "date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context"
_HOSTS = "|".join(map(re.escape, OFFICE365_HOSTS))
_TELLING = re.compile(rf"(?i)certificate|{_HOSTS}|MAIL FROM:|,>,\"?(?:EHLO|HELO) |,-,|^#Fields:".encode())
_OFFICE365 = re.compile(rf"(?:220|250)[ -][\w.-]+(?:{_HOSTS})(?![\w.-])", re.IGNORECASE)
_HELLO = re.compile(r"(?:EHLO|HELO) ([\w.-]+)", re.IGNORECASE)
_TIMED = re.compile(rb"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-][\d:]+),")
_SESSIONS = 100_000  # under way at once; a session whose end the log lacks must not stay forever


@dataclass(frozen=True, slots=True)
class Seen:
    """What the send logs show: certificates in the order of their first message, whose logs these are, and SHA-256."""

    certificates: tuple[Sighting, ...]
    logs: tuple[SendLog, ...]
    digests: Mapping[str, str]


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


def read_sightings(sources: Iterable[Source]) -> Seen:
    """Read send logs, each once and as a stream."""
    seen: dict[tuple[str, ...], Sighting] = {}
    logs: dict[tuple[str, bool], SendLog] = {}
    digests: dict[str, str] = {}
    for source in sources:
        with source.open() as stream:
            log = _Log()
            for names, moment in _presented(_records(log.passing(_lines(stream))), log):
                known = seen.get(names) or Sighting(names, moment, moment, 0)
                first, last = min(known.first, moment), max(known.last, moment)
                seen[names] = Sighting(names, first, last, known.messages + 1)
            digests[source.name] = stream.digest()
            if stream.damage:
                _log.warning("%s: %s; what stands before that was read", source.name, stream.damage)
        for one in log.of(source.name):
            known_log = logs.get((one.server, one.by_folder)) or one
            first, last = min(known_log.first, one.first), max(known_log.last, one.last)
            logs[one.server, one.by_folder] = replace(one, first=first, last=last)
    certificates = tuple(sorted(seen.values(), key=lambda s: (s.first, s.names)))
    return Seen(certificates, tuple(logs[key] for key in sorted(logs)), digests)


@dataclass(slots=True)
class _Log:
    """Whose log a file is, and from when to when it goes."""

    hosts: set[str] = field(default_factory=set)
    first: datetime | None = None
    _last: bytes = b""

    def passing(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        """Note the first and the last line with a time."""
        for line in lines:
            if _TIMED.match(line):
                self.first = self.first or _moment(line.partition(b",")[0].decode())
                self._last = line
            yield line

    def of(self, name: str) -> Iterator[SendLog]:
        """Give the log under the names of its server: those it gives in EHLO, and the folders that it lies in."""
        first, last = self.first, _moment(self._last.partition(b",")[0].decode())
        if first is None or last is None:
            return
        folders = re.split(r"[/\\!]", name.lower())[:-1]
        below = len(folders) - folders[::-1].index("onpremises") if "onpremises" in folders else 0
        for names, by_folder in ((self.hosts, False), (folders[below:], True)):
            yield from (SendLog(n.partition(".")[0], first, last, by_folder) for n in sorted(names) if n)


def _records(lines: Iterable[bytes]) -> Iterator[Sequence[str]]:
    """Give the cells of the lines that may tell something, in the order of the documented fields."""
    order = list(range(len(_FIELDS.split(","))))
    for line in lines:
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


def _presented(records: Iterable[Sequence[str]], log: _Log) -> Iterator[tuple[tuple[str, ...], datetime]]:
    """Give the certificate under which each message was sent to Office 365, where the log shows it, and the time.

    `log` learns by which names the server calls itself.
    """
    sessions: dict[str, _Session] = {}
    for time, _, session_id, _, _, _, event, data, context in records:
        session = sessions.setdefault(session_id, _Session())
        if event == "*":
            session.shown.line(data, context)
        elif event == "<" and _OFFICE365.match(data):
            session.office365 = True
        elif event == ">" and (told := _HELLO.match(data)):
            log.hosts.add(told[1].lower())
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
