"""Migration lists -> completed moves: Get-MigrationUser, Get-MoveRequest and the statistics of both.

A list holds moves of all kinds and in all states. Only a completed move between Exchange Online and
the organization's own servers, with a time and an address, says anything of a place; what is left
out is counted by its reason, and none of it is an error.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache

from analyzer.moments import microseconds
from analyzer.tenant.cells import Record
from analyzer.tenant.dates import day_order, has_zone
from analyzer.tenant.model import MailboxPlace
from analyzer.tenant.moves import Move
from analyzer.tenant.values import plain

_ADDRESS = re.compile(r"[^\s:;,=/\\@<>]+@[^\s:;,=/\\@<>]+\.[^\s:;,=/\\@<>]+")
# Get-MigrationUser has the address in Identity; a move request has none, unless the export adds one.
_NAMES = ("EmailAddress", "MailboxEmailAddress", "PrimarySmtpAddress", "Identity", "MailboxIdentity")
_TELLING = (
    "MigrationType",
    "RemoteHostName",
    "RequestStyle",
    "Direction",
    "BatchDirection",
    "WorkloadType",
    "Flags",
)
_REMOTE_MOVE = "exchangeremotemove"
_OTHER_TENANT = (".outlook.com", ".office.com", ".office365.com")  # RemoteHostName of a move between two tenants
_STAYS = {"intraorg", "local", "moveonlyarchivemailbox"}  # of RequestStyle, WorkloadType and Flags
_DAY = timedelta(hours=24)
_LATEST, _EARLIEST = timedelta(hours=12), timedelta(hours=14)  # how far a wall clock can be from UTC
_NEVER = 1990  # .NET writes a date that is not set as the year 1

COMPLETED = "completed"
UNFINISHED = "not completed"
LOCAL = "within one side, or of another kind"
UNTIMED = "completed, without the time (Get-MoveRequest holds none; export Get-MoveRequestStatistics)"
UNNAMED = "completed, without an e-mail address"


@dataclass(frozen=True, slots=True)
class MigrationList:
    """One exported list: its completed moves, and how many entries say what."""

    where: str
    moves: tuple[Move, ...]
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Completed:
    number: int
    address: str
    to: MailboxPlace | None
    completion: str | None
    synced: str | None


@dataclass(slots=True)
class MigrationBuilder:
    """Gathers one list object by object; of each only what a move needs stays."""

    where: str
    onpremises: bool
    day_first: bool | None = None
    _counts: Counter[str] = field(default_factory=Counter)
    _completed: list[_Completed] = field(default_factory=list)
    _number: int = 0

    def add_object(self, properties: Mapping[str, object]) -> None:
        """Add one migration user or move request."""
        self._number += 1
        record = Record(self.where, self._number, {name.lower(): value for name, value in properties.items()})
        if not (record.text("Status") or record.text("StatusSummary") or "").lower().startswith("completed"):
            self._counts[UNFINISHED] += 1
            return
        crosses, to = _told(tuple(map(record.text, _TELLING)), onpremises=self.onpremises)
        if not crosses:
            self._counts[LOCAL] += 1
        elif (address := _address(record)) is None:
            self._counts[UNNAMED] += 1
        else:
            times = record.text("CompletionTimestamp"), _synced(record)
            self._completed.append(_Completed(self._number, address, to, *times))

    def build(self) -> MigrationList | None:
        """Make the list; None where nothing was added."""
        if not self._number:
            return None
        texts = (text for c in self._completed for text in (c.completion, c.synced) if text)
        day_first = day_order(texts, self.day_first)
        moves = [move for c in self._completed if (move := self._move(c, day_first=day_first)) is not None]
        self._counts[COMPLETED] += len(moves)
        self._counts[UNTIMED] += len(self._completed) - len(moves)
        return MigrationList(self.where, tuple(moves), {name: n for name, n in self._counts.items() if n})

    def _move(self, completed: _Completed, *, day_first: bool | None) -> Move | None:
        for name, text in (("CompletionTimestamp", completed.completion), ("LastSuccessfulSyncTime", completed.synced)):
            record = Record(self.where, completed.number, {name.lower(): text}, day_first)
            moment = record.moment(name)
            if text is None or moment is None or moment.year < _NEVER:
                continue
            begin = end = moment
            if name != "CompletionTimestamp":
                end += _DAY  # a batch syncs once in 24 hours: the last recorded sync, or the next, completed it
            if not has_zone(text):
                begin, end = begin - _EARLIEST, end + _LATEST
            return Move(completed.address, microseconds(begin), microseconds(end), completed.to)
        return None


def _synced(record: Record) -> str | None:
    return record.text("LastSuccessfulSyncTime") or record.text("LastSuccessfulSyncTimestamp")


def _address(record: Record) -> str | None:
    """Find the e-mail address by which a list names the mailbox."""
    for name in _NAMES:
        value = record.properties.get(name.lower())
        if isinstance(value, Mapping):  # the identity of a migration user, as an object
            value = value.get("Id") or plain(value)
        text = re.sub(r"^smtp:", "", str(value or "").strip(), flags=re.IGNORECASE)
        if _ADDRESS.fullmatch(text):
            return text.lower()
    return None


@lru_cache(maxsize=4096)
def _told(texts: tuple[str | None, ...], *, onpremises: bool) -> tuple[bool, MailboxPlace | None]:
    """Tell from the texts of _TELLING whether a move is one between the two sides, and where the mailbox went.

    On the own servers most move requests go from one database to the next; in Exchange Online an
    administrator sees moves from outside alone.
    """
    kind, host, *rest = ((text or "").lower() for text in texts)
    words = frozenset(word for text in rest for word in re.findall(r"\w+", text))
    if kind not in {"", _REMOTE_MOVE} or host.endswith(_OTHER_TENANT) or not words.isdisjoint(_STAYS):
        return False, None
    crosses = not onpremises or bool(kind or host or words & {"crossorg", "onboarding", "offboarding"})
    return crosses, _direction(words, onpremises=onpremises)


def _direction(words: frozenset[str], *, onpremises: bool) -> MailboxPlace | None:
    """Read where the mailbox went; `Pull` is towards the side whose shell wrote the list."""
    here, there = MailboxPlace.CLOUD, MailboxPlace.ONPREMISES
    if "onboarding" in words:
        return here
    if "offboarding" in words:
        return there
    if onpremises:
        here, there = there, here
    return here if "pull" in words else there if "push" in words else None
