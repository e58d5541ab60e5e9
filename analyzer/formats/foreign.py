"""Logs that we know by sight and do not read, and what their owner can give instead."""

from __future__ import annotations

import re
from dataclasses import dataclass

_OTHER_SIDE = "not supported; give the logs of the servers it hands mail to, or Office 365's own"


@dataclass(frozen=True, slots=True)
class Foreign:
    """A log of another program: what it is, what its lines look like, and what would be accepted."""

    title: str
    line: re.Pattern[bytes]
    advice: str = _OTHER_SIDE


FOREIGN: tuple[Foreign, ...] = (
    Foreign(
        "a log of Exim",
        re.compile(
            rb"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? (?:\[\d+\] )?\w{6}-\w{6,11}-\w{2,4} (?:[<=*-]|Completed)"
            rb"| exim4?(?:\[\d+\])?: ",
            re.MULTILINE,
        ),
    ),
    Foreign("a log of Courier", re.compile(rb" courier(?:d|esmtpd?|local|filter|-mta)?(?:\[\d+\])?: ", re.MULTILINE)),
    Foreign(
        "a log of HCL (Lotus) Domino",
        re.compile(rb"^(?:\[[0-9A-F:-]+\] +)?\S+ +[\d:.]+(?: [AP]M)? +(?:Router|SMTP Server): ", re.MULTILINE),
    ),
    Foreign(
        "lines of Postfix without their stamps",
        re.compile(rb"^(?:.*\t)?[0-9A-F]{5,}: (?:to|from|client|message-id)=", re.MULTILINE),
        "ship the whole lines, with time and host",
    ),
)


def known_by_sight(head: bytes) -> Foreign | None:
    """Tell whose log it is; None where we do not know."""
    return next((one for one in FOREIGN if one.line.search(head)), None)
