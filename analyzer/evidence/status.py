"""What event, status words and directionality say of a row."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Side(StrEnum):
    """The two sides of a message in Office 365."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class Direction(StrEnum):
    """The directionality a log states."""

    UNSTATED = "unstated"  # the format has no such field, or the cell is blank
    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "intra-org"  # within the organization, and so of its own making; it tells no side


_DIRECTIONS = {
    "inbound": Direction.INBOUND,
    "incoming": Direction.INBOUND,
    "outbound": Direction.OUTBOUND,
    "outgoing": Direction.OUTBOUND,
    "originating": Direction.OUTBOUND,
    "intra-org": Direction.INTERNAL,
}


def direction_of(word: str | None) -> Direction:
    """Read the log's own word for directionality."""
    return _DIRECTIONS.get((word or "").strip().lower(), Direction.UNSTATED)


@dataclass(frozen=True, slots=True)
class StatusFacts:
    """What event and delivery status say of one recipient.

    `side` is the only side an event row speaks of; None in formats with one row a message.
    `idle` is the reason why the row stands for no routing decision.
    """

    deliver: bool = False
    send: bool = False
    failed: bool = False
    arrived: bool = False
    forwarded: bool = False
    side: Side | None = None
    idle: str | None = None
    code: str | None = None

    @property
    def failure(self) -> str | None:
        """The enhanced status code of a failure by name, or by its class (`5.x.x`): few values, whatever is logged."""
        if not self.failed or self.code is None:
            return None
        return self.code if self.code in NAMED_CODES else f"{self.code[0]}.x.x"


_IDLE_WORDS = (
    ("expand", "group-expansion"),
    ("quarantine", "quarantined"),
    ("filteredasspam", "quarantined"),
    ("drop", "dropped"),
    ("dsn", "delivery-report"),
    ("journal", "journal-copy"),
    ("pending", "pending"),
    ("gettingstatus", "pending"),
    ("none", "pending"),
    ("defer", "pending"),
    ("blocked", "dropped"),
)
# Where Defender says that a message is: the first three are folders of a cloud mailbox.
_DELIVERED_TO = ("inbox/folder", "junk", "junk folder", "deleted items")
_SENT_TO = "on-premises/external"
_CODE = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
# The codes that speak of attribution, routing, loops and TLS (reference 4.5); all others go by their class.
NAMED_CODES = frozenset(
    (
        *("5.1.10", "5.4.1", "5.4.6", "5.4.14", "5.4.300", "5.7.51", "5.7.64", "5.7.68", "5.7.705", "5.7.708"),
        *("5.7.750", "4.4.7", "4.4.62", "4.4.316", "4.4.317", "4.7.5"),
    )
)


def read_status(event: str | None, status: str | None) -> StatusFacts:
    """Read an event name and the log's status words; both are compared without regard to case."""
    found = _CODE.search(status or "")
    code = found.group(1) if found else None
    if event:
        return _event_facts(event.upper(), (status or "").lower(), code)
    words = tuple(w.strip() for w in (status or "").lower().replace(";", ",").split(","))
    deliver = "deliver" in words or any(w in _DELIVERED_TO for w in words)
    send = any(w.startswith("send") or w == _SENT_TO for w in words)
    failed = any(w.startswith("fail") for w in words)
    settled = deliver or send or failed or "delivered" in words
    return StatusFacts(
        deliver=deliver,
        send=send,
        failed=failed,
        arrived=settled and not failed,
        forwarded=any(w.startswith(("redirect", "resolve")) for w in words),
        idle=None if settled else _idle(words),
        code=code,
    )


def _event_facts(event: str, status: str, code: str | None) -> StatusFacts:
    if event == "RECEIVE":
        idle = _idle((status,)) if status in ("dsn", "journal") else None
        return StatusFacts(side=Side.INBOUND, idle=idle, arrived=True)
    return StatusFacts(
        deliver=event == "DELIVER",
        send=event.startswith("SEND"),
        failed=event == "FAIL",
        arrived=event != "FAIL",
        side=Side.OUTBOUND,
        code=code,
    )


def _idle(words: tuple[str, ...]) -> str | None:
    for start, reason in _IDLE_WORDS:
        if any(w.startswith(start) for w in words):
            return reason
    # Only "Receive", or no status at all: the routing is not final.
    return "pending" if words and all(w in ("receive", "") for w in words) and any(words) else None


_REFUSED = re.compile(r"\bstatus=(?:bounced|expired)|\bdsn=5|^(?:milter-)?reject|^5\d\d[ -]")
_LAST_ERROR = re.compile(r"led=(?:[245]\d\d[ -])?([245]\.\d{1,3}\.\d{1,3})\b")  # what an expired message was told
_DELIVERED_HERE = re.compile(r"\bstatus=sent \(delivered (?:to|via) |\bmailer=local\b.*\bstat=sent")


_SENDINGS = ("SEND", "SENDEXTERNAL")  # events of Exchange; a SENDMAIL beside them is a program's name
_LEAVING = (*_SENDINGS, "DELIVER", "FAIL")


def read_server_status(event: str | None, status: str | None) -> StatusFacts:
    """Read the words of an own server's log: its events route its own mail, not that of Office 365."""
    name, words = (event or "").upper(), (status or "").lower()
    arrival = name == "RECEIVE"
    found = _LAST_ERROR.search(words) or _CODE.search(words)
    failed = name == "FAIL" or _REFUSED.search(words) is not None
    return StatusFacts(
        deliver=name == "DELIVER" or _DELIVERED_HERE.search(words) is not None,
        send=name in _SENDINGS,
        failed=failed,
        arrived=not failed,
        side=Side.INBOUND if arrival else Side.OUTBOUND if name in _LEAVING else None,
        idle=_idle((words,)) if arrival and words in ("dsn", "journal") else None,
        code=found.group(1) if found else None,
    )
