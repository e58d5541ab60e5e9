"""What event and status words say (docs/connector-selection.md, Evidence; log formats): plain words, no classes."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NOT_ROUTED = {  # 8, not_routed: what stands for no decision, by how its word begins
    "expand": "group-expansion",
    "quarantine": "quarantined",
    "filteredasspam": "quarantined",
    "drop": "dropped",
    "blocked": "dropped",
    "dsn": "delivery-report",
    "journal": "journal-copy",
    "pending": "pending",
    "gettingstatus": "pending",
    "none": "pending",
    "defer": "pending",
}


@dataclass(frozen=True)
class Words:
    """What became of one recipient's copy; `side` is the only one that an event speaks of."""

    delivered: bool = False
    sent: bool = False
    failed: bool = False
    went_on: bool = False
    forwarded: bool = False
    side: str | None = None
    idle: str | None = None
    code: str | None = None


def of_server(event: str | None, status: str | None) -> Words:
    """Read a row of an own server's log."""
    name, text = (event or "").upper(), (status or "").lower()
    refused = "status=bounced" in text or "status=expired" in text or bool(re.match(r"5\d\d[ -]", text))
    failed = name == "FAIL" or refused or text.startswith(("reject", "milter-reject")) or "dsn=5" in text
    side = {"RECEIVE": "inbound", **dict.fromkeys(("SEND", "SENDEXTERNAL", "DELIVER", "FAIL"), "outbound")}
    here = "status=sent (delivered to " in text or "status=sent (delivered via " in text
    return Words(
        delivered=name == "DELIVER" or here,
        sent=name.startswith("SEND"),
        failed=failed,
        went_on=not failed,
        side=side.get(name),
        idle=_NOT_ROUTED[text] if name == "RECEIVE" and text in {"dsn", "journal"} else None,
        code=_code(text.partition("led=")[2]) or _code(text),
    )


def of_service(event: str | None, status: str | None) -> Words:
    """Read a row of a log of Office 365."""
    text = (status or "").lower()
    if event:
        arrival = event == "RECEIVE"
        return Words(
            delivered=event == "DELIVER",
            sent=event in {"SEND", "SENDEXTERNAL"},
            failed=event == "FAIL",
            went_on=event != "FAIL",
            side="inbound" if arrival else "outbound",
            idle=_NOT_ROUTED[text] if arrival and text in {"dsn", "journal"} else None,
            code=None if arrival else _code(text),
        )
    words = [w.strip() for w in re.split("[;,]", text)]
    delivered = bool({"deliver", "inbox/folder", "junk", "junk folder", "deleted items"} & set(words))
    sent = any(w.startswith("send") or w == "on-premises/external" for w in words)
    failed = any(w.startswith("fail") for w in words)
    settled = delivered or sent or failed or "delivered" in words
    return Words(
        delivered=delivered,
        sent=sent,
        failed=failed,
        went_on=settled and not failed,
        forwarded=any(w.startswith(("redirect", "resolve")) for w in words),
        idle=None if settled else _waiting(words),
        code=_code(text),
    )


def _waiting(words: list[str]) -> str | None:
    for start, reason in _NOT_ROUTED.items():
        if any(w.startswith(start) for w in words):
            return reason
    return "pending" if "receive" in words and not set(words) - {"receive", ""} else None


def _code(text: str) -> str | None:
    found = re.search(r"(?<![\w.])[245]\.[0-9]{1,3}\.[0-9]{1,3}(?!\w)", text)
    return found.group() if found else None
