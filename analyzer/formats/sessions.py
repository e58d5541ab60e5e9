"""SMTP sessions of a protocol log, followed line by line until a message has its answer.

A protocol log has no row a message: MAIL FROM, RCPT TO and the reply to the data stand on lines of
their own, and the lines of several sessions lie among each other (log-formats section 6b). What is said
below holds for the lines that matter; all others were left out before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from analyzer.certificates import ShownCertificates

REMEMBERED_LINES = 200_000  # a session without a word for so many lines is over, whatever the log lacks
NO_CERTIFICATE = "(none)"

_MAIL = re.compile(r"MAIL FROM:\s*(<[^>]*>)(?:.*\bSIZE=(\d+))?", re.IGNORECASE)
_RCPT = re.compile(r"RCPT TO:\s*<([^>]*)>", re.IGNORECASE)
_DATA = re.compile(r"DATA\b|BDAT \d+ LAST\b", re.IGNORECASE)
_RESET = re.compile(r"RSET|EHLO|HELO", re.IGNORECASE)
_REPLY = re.compile(r"([2345])\d\d(?: ([245]\.\d{1,3}\.\d{1,3}))?(?: |$)")
_ANSWERED_ID = re.compile(r"250 2\.\d\.\d (<[^<>\s]+>)")
_TLS = re.compile(r"TLS protocol (\S+) negotiation succeeded")
# What must be looked at: everything else is a line of a session and no more.
TELLING_DATA = r"(?i)^(?:MAIL FROM:|RCPT TO:|DATA\b|BDAT |RSET|EHLO|HELO|[2345]\d\d)"
TELLING_CONTEXT = r"(?i)certificate|TLS protocol "


class Line(NamedTuple):
    """A line that matters: its number in the file, its event (`+ - > < *`), data and context."""

    number: int
    time: str
    event: str
    data: str
    context: str


class Answered(NamedTuple):
    """Recipients whose answer a line holds."""

    received: bool  # by the server that wrote the log, not sent by it
    time: str
    sender: str
    size: str
    recipients: Sequence[str]
    status: str
    message_id: str
    tls: str
    certificate: str


@dataclass(slots=True)
class _Session:
    """Where a session stands."""

    last: int = 0
    received: bool = False
    tls: str = ""
    shown: ShownCertificates = field(default_factory=ShownCertificates)
    time: str = ""
    sender: str = ""
    size: str = ""
    accepted: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    sender_answered: bool = False
    in_data: bool = False

    @property
    def recipients(self) -> int:
        """How many recipients have no answer yet."""
        return len(self.accepted) + len(self.waiting)

    def line(self, line: Line) -> Sequence[Answered]:
        """Take in a line; give the recipients that it answers."""
        event, data = line.event, line.data
        self.last = line.number
        if event == "*":
            self._information(line)
        elif event == "-":
            return self._answered(data)
        elif reply := _REPLY.match(data):
            self.received = event == ">"
            return self._reply(data, reply)
        elif event in "<>":
            self.received = event == "<"
            self._command(line)
        return ()

    def _information(self, line: Line) -> None:
        """Note what TLS and certificates are told."""
        if tls := _TLS.search(line.context):
            self.tls = tls[1]
        self.shown.line(line.data, line.context)

    def _command(self, line: Line) -> None:
        if mail := _MAIL.match(line.data):
            self._clear()
            self.time, self.sender, self.size = line.time, mail[1], mail[2] or ""
        elif rcpt := _RCPT.match(line.data):
            self.waiting.append(rcpt[1])
        elif _DATA.match(line.data):
            self.in_data = True
        elif _RESET.match(line.data):
            self._clear()

    def _reply(self, text: str, reply: re.Match[str]) -> Sequence[Answered]:
        """Find what is answered; some replies may be missing, so what they say goes before their place."""
        good, code = reply[1] in "23", reply[2] or ""
        if good and (code == "2.6.0" or (self.in_data and not self.waiting and reply[1] == "2")):
            return self._answered(text)
        if good and self.waiting and (code == "2.1.5" or (self.sender_answered and code != "2.1.0")):
            self.accepted.append(self.waiting.pop(0))
            self.sender_answered = True
        elif good:
            self.sender_answered |= bool(self.sender)
        elif self.waiting and self.sender_answered:
            return self._told(text, [self.waiting.pop(0)])
        else:  # the sender, or all that was said
            return self._answered(text)
        return ()

    def _told(self, text: str, recipients: list[str]) -> Sequence[Answered]:
        """Give these recipients the answer."""
        if not recipients:
            return ()
        shown = self.shown.names(sent=not self.received)
        found = _ANSWERED_ID.match(text)
        answered = Answered(
            received=self.received,
            time=self.time,
            sender=self.sender,
            size=self.size,
            recipients=recipients,
            status=text,
            message_id=found[1] if found else "",
            tls=self.tls,
            certificate="" if shown is None else ";".join(shown) or NO_CERTIFICATE,
        )
        return (answered,)

    def _answered(self, text: str) -> Sequence[Answered]:
        """End the transaction with one answer for all that wait for any."""
        told = self._told(text, [*self.accepted, *self.waiting])
        self._clear()
        return told

    def _clear(self) -> None:
        self.time = self.sender = self.size = ""
        self.accepted, self.waiting = [], []
        self.sender_answered = self.in_data = False


class Sessions:
    """The sessions that are under way, by their id."""

    def __init__(self) -> None:
        """Start without any."""
        self._open: dict[str, _Session] = {}

    def __len__(self) -> int:
        """Count them."""
        return len(self._open)

    @property
    def recipients_waiting(self) -> int:
        """How many recipients have no answer yet."""
        return sum(session.recipients for session in self._open.values())

    def line(self, session_id: str, line: Line) -> Sequence[Answered]:
        """Take in a line of a session; give the recipients that it answers."""
        session = self._open.get(session_id)
        if session is None or line.number - session.last > REMEMBERED_LINES:
            session = self._open[session_id] = _Session()
        answered = session.line(line)
        if line.event == "-":
            del self._open[session_id]
        return answered

    def forget(self, number: int) -> None:
        """Drop the sessions that have been silent for too long before a line."""
        silent = [key for key, session in self._open.items() if number - session.last > REMEMBERED_LINES]
        for key in silent:
            del self._open[key]
