"""SMTP protocol logs of Exchange Server, send and receive (log-formats section 6b)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.formats.base import Evidence, Format, Identity
from analyzer.formats.chunk import Cells, Chunk
from analyzer.formats.columns import among, first_filled
from analyzer.formats.cutting import Cut, Cutter, Scouted
from analyzer.formats.exchange_layout import PROTOCOL_FIELDS, ExchangeLayout
from analyzer.formats.server_rows import draft, noise_kinds
from analyzer.formats.sessions import TELLING_CONTEXT, TELLING_DATA, Answered, Line, Sessions
from analyzer.vantage import Vantage

_COLUMNS = {name.replace("-", "_"): name for name in PROTOCOL_FIELDS}
_WAITING = "{} recipients have no answer yet where the file ends: the next file may hold it, but not what was asked"
_FAILED = "Failed to connect"
_SERVER = r"^(?P<found>[^\\]+)\\"  # only Receive connectors are told by their server
_SAID = ("time", "status", "sender", "size", "message_id", "tls", "certificate")  # of what an answer says, as it is
_HOST = r"\bHostname=(?P<found>[^\s\],]+)"


@dataclass(frozen=True, slots=True)
class SessionLayout:
    """Lines of a protocol log, put together to the messages of its sessions."""

    lines: ExchangeLayout

    @property
    def shape(self) -> str:
        """The layout in a few words."""
        return self.lines.shape

    @property
    def skip(self) -> int:
        """Bytes of UTF-8 before the first record."""
        return self.lines.skip

    @property
    def names(self) -> tuple[str, ...]:
        """The fields of a line."""
        return self.lines.names

    @property
    def columns(self) -> Mapping[str, str]:
        """The fields that are read: those that there are."""
        return self.lines.columns

    def on(self, columns: Mapping[str, str]) -> SessionLayout:  # noqa: ARG002  sessions need every field
        """Read every field."""
        return replace(self, lines=self.lines.on(_COLUMNS))

    def cutter(self) -> Cutter:
        """Cut into whole lines and read them, following the sessions from one to the next."""
        return _SessionCutter(self.lines)

    def read(self, chunk: Chunk) -> tuple[Cells, dict[int, str]]:
        """Give what the cutter read."""
        assert chunk.cells is not None
        return chunk.cells, dict(chunk.broken)

    def texts(self, chunk: Chunk, records: list[int]) -> list[str]:
        """Give the text of these lines."""
        return self.lines.texts(chunk, records)

    def stands_for_nothing(self, text: str) -> str | None:
        """Tell comment lines, blank rows and padding."""
        return self.lines.stands_for_nothing(text)


class _SessionCutter(Cutter):
    """Cuts lines and reads them; the last chunk says whom nobody answered, so each waits for the one behind it."""

    def __init__(self, lines: ExchangeLayout) -> None:
        super().__init__()
        self._lines, self._cutter = lines, lines.cutter()
        self._sessions, self._before = Sessions(), 0
        self._held: Chunk | None = None

    def whole(self, text: bytes, /, *, last: bool, damage: str) -> Chunk:
        """Cut the whole lines off the front of a text."""
        return self._cutter.whole(text, last=last, damage=damage)

    def parts(self, chunk: Chunk) -> Iterator[Chunk]:
        """Read the lines, and give those of the chunk before."""
        if self._held:
            yield self._held
        cells, broken = self._lines.read(chunk)
        self._held = replace(chunk, cells=_followed(cells, self._sessions, self._before), broken=broken)
        self._before += len(cells) + len(broken)
        self._sessions.forget(self._before)

    def cut(self, block: bytes, seen: Scouted | None = None, *, last: bool, damage: str = "") -> Iterator[Chunk | Cut]:
        """Cut the next block, and give the last chunk at the end."""
        yield from super().cut(block, seen, last=last, damage=damage)
        if last and self._held:
            waiting = self._sessions.recipients_waiting
            notes = (*self._held.notes, _WAITING.format(waiting)) if waiting else self._held.notes
            yield replace(self._held, notes=notes)


def _followed(cells: Cells, sessions: Sessions, before: int) -> Cells:
    """Give the lines' cells: those that answer recipients are rows, the others noise by kind."""
    answers: list[Answered] = []
    places: list[int] = []
    for place, session_id, line in _telling(cells, before):
        for answered in sessions.line(session_id, line):
            answers.append(answered)
            places.append(place)
    rows = np.array(places, np.int64)
    is_row = np.zeros(len(cells), np.bool_)
    is_row[rows] = True
    said = _row_cells(cells.where(is_row), answers)
    times = cells.column("date_time")
    failed = pc.starts_with(cells.column("context"), _FAILED)
    kind = pc.if_else(pa.array(is_row), "", pc.if_else(failed, "failed-connect", "session-line"))
    time = pc.replace_with_mask(times, pa.array(is_row), first_filled(said.pop("time"), times.filter(pa.array(is_row))))
    spread = {name: among(column, rows, len(cells)) for name, column in said.items()}
    return Cells({"date_time": time, "kind": kind, **spread}, cells.records)


def _telling(cells: Cells, before: int) -> Iterator[tuple[int, str, Line]]:
    """Walk the lines that matter: few, and in the order of the file."""
    data, context, event = (cells.column(name) for name in ("data", "context", "event"))
    said = pc.or_(pc.match_substring_regex(data, TELLING_DATA), pc.match_substring_regex(context, TELLING_CONTEXT))
    places = np.flatnonzero(pc.or_(said, pc.equal(event, "-")).to_numpy(zero_copy_only=False))
    take = pa.array(places)
    names = ("session_id", "date_time", "event", "data", "context")
    columns = (cells.column(name).take(take).to_pylist() for name in names)
    numbers = (before + cells.records[places]).tolist()
    for place, number, session_id, *rest in zip(places.tolist(), numbers, *columns, strict=True):
        yield place, session_id, Line(number, *rest)


def _row_cells(cells: Cells, answers: list[Answered]) -> dict[str, pa.StringArray]:
    """Say of the lines with answers what these say."""
    said = {name: pa.array([getattr(answered, name) for answered in answers], pa.string()) for name in _SAID}
    here = pa.array([answered.received for answered in answers], pa.bool_())
    remote = pc.replace_substring_regex(cells.column("remote_endpoint"), r"^\[?(.*?)\]?:\d+$", r"\1")
    server = pc.extract_regex(cells.column("connector_id"), _SERVER).field("found")
    host = pc.extract_regex(said["status"], _HOST).field("found")
    return {
        **said,
        "daemon": pc.if_else(here, "RECEIVE", "SEND"),
        "connector": cells.column("connector_id"),
        "server": pc.fill_null(server, ""),
        "local_endpoint": cells.column("local_endpoint"),
        "recipient": pa.array([";".join(answered.recipients) for answered in answers], pa.string()),
        "client_ip": pc.if_else(here, remote, ""),
        "hop_ip": pc.if_else(here, "", remote),
        "hop_host": pc.if_else(here, "", pc.fill_null(host, "")),
    }


SMTP_PROTOCOL = Format(
    name="smtp-protocol",
    title="SMTP protocol log (Exchange Server)",
    row="the recipients of a message that one reply answers, in one SMTP session",
    evidence=Evidence.PER_EVENT,
    has_directionality=False,
    carries="The server's own Receive or Send connector, the peer, the TLS version, the names of the certificate "
    "that the sending side presented, the envelope and each reply, such as 5.7.64.",
    lacks="It names no connector of Office 365 and no header sender; a message's id only where Exchange answered.",
    export="Copy %ExchangeInstallPath%TransportRoles\\Logs\\*\\ProtocolLog\\SmtpSend and SmtpReceive of every "
    "server; switch the log on first: Set-SendConnector -ProtocolLoggingLevel Verbose.",
    columns={key: (name,) for key, name in _COLUMNS.items()},
    marks=frozenset({"session_id", "sequence_number", "data"}),
    time="date_time",
    sender="sender",
    needed=("date_time", "session_id", "event", "data"),
    draft=draft,
    noise=noise_kinds,
    vantage=Vantage.OWN_SERVER,
    identity=Identity(repeats=True),
    caps=(),
)
