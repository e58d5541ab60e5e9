"""Files that we know by sight and do not read, and what their owner can give instead."""

from __future__ import annotations

import re
from dataclasses import dataclass

_UNPACK = "unpack it, or pack it again as zip or gz"
_OTHER_SIDE = "not supported; give the logs of the servers it hands mail to, or Office 365's own"


@dataclass(frozen=True, slots=True)
class Foreign:
    """A file of another program: what it is, what it looks like (as UTF-8), and what would be accepted."""

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
    Foreign("a 7z archive", re.compile("\\A7z¼¯".encode()), _UNPACK),
    Foreign("a rar archive", re.compile(rb"\ARar!\x1a"), _UNPACK),
    Foreign("a cab archive", re.compile(rb"\AMSCF\0"), _UNPACK),
    Foreign("a tar archive", re.compile(rb"\A[^\0]{1,200}\0[\s\S]{56,400}?ustar[\0 ]"), _UNPACK),
    Foreign("an Excel or Outlook file", re.compile("\\AÐÏ\x11".encode()), "save the sheet as CSV"),
    Foreign("a Windows event log", re.compile(rb"\AElfFile\0"), "mail flow is in the logs of the transport service"),
    Foreign("a PDF", re.compile(rb"\A%PDF-"), "give the export that it was printed from"),
)


def known_by_sight(head: bytes) -> Foreign | None:
    """Tell whose log it is; None where we do not know."""
    return next((one for one in FOREIGN if one.line.search(head)), None)
