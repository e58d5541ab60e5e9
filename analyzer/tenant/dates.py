"""Points in time as PowerShell writes them: ISO, `/Date(..)/`, and the culture of somebody's PC.

The order of day and month in a culture date is decided once for a whole file, never date by date:
`03/04/2025` alone does not tell, `24/03/2025` elsewhere in the file does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

_EPOCH = re.compile(r"/Date\((-?\d+)([+-]\d{4})?\)/")
_ZONE = re.compile(r"\d:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$")
_CLOCK = r"(?:,?\s+(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<seconds>\d{2}))?(?:\s*(?P<half>[ap])\.?\s?m\.?)?)?"
_CULTURE = re.compile(
    r"(?P<first>\d{1,2})(?P<mark>[./-])\s?(?P<second>\d{1,2})(?P=mark)\s?(?P<year>\d{4})" + _CLOCK, re.IGNORECASE
)
# Eastern Asia, Hungary, Sweden: only one order is written with the year first.
_YEAR_FIRST = re.compile(
    r"(?P<year>\d{4})(?P<mark>[./-])\s?(?P<second>\d{1,2})(?P=mark)\s?(?P<first>\d{1,2})\.?" + _CLOCK, re.IGNORECASE
)


class OrderUnknownError(ValueError):
    """A culture date that two cultures read differently."""


def parse_moment(text: str, *, day_first: bool | None) -> datetime:
    """Read one point in time; without a zone it is UTC.

    Raises:
        ValueError: it is no date, or a culture date that two cultures read differently.
    """
    if found := _EPOCH.search(text):
        return datetime.fromtimestamp(int(found[1]) / 1000, UTC)
    if found := _CULTURE.fullmatch(text.strip()):
        return _culture(found, day_first=day_first)
    if found := _YEAR_FIRST.fullmatch(text.strip()):
        return _culture(found, day_first=True)
    try:
        moment = datetime.fromisoformat(text.strip().replace("/", "-"))
    except ValueError:
        raise ValueError(f"{text!r} is no date") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def has_zone(text: str) -> bool:
    """Tell whether a date says its offset, so that it is a point in time and not a wall clock's."""
    return bool(_EPOCH.search(text) or _ZONE.search(text.strip()))


def day_order(texts: Iterable[str], otherwise: bool | None = None) -> bool | None:  # noqa: FBT001 - an answer, no switch
    """Tell from all dates of a file whether the day stands first; `otherwise` where none of them tells."""
    dates = [found for text in texts if (found := _CULTURE.fullmatch(text.strip()))]
    if any(found["mark"] == "." or int(found["first"]) > 12 for found in dates):  # dotted dates are day first
        return True
    return False if any(int(found["second"]) > 12 for found in dates) else otherwise


def _culture(found: re.Match[str], *, day_first: bool | None) -> datetime:
    first, second = int(found["first"]), int(found["second"])
    if day_first is None and first != second:
        raise OrderUnknownError(f"{found[0]!r} can be read as day/month or as month/day")
    day, month = (first, second) if day_first else (second, first)
    try:
        return datetime(int(found["year"]), month, day, _hour(found), *_rest(found), tzinfo=UTC)
    except ValueError:
        order = "year" if found.re is _YEAR_FIRST else "day" if day_first else "month"
        raise ValueError(f"{found[0]!r} is no date with the {order} first") from None


def _hour(found: re.Match[str]) -> int:
    hour = int(found["hour"] or 0)
    if not found["half"]:
        return hour
    return hour % 12 + (12 if found["half"].lower() == "p" else 0)


def _rest(found: re.Match[str]) -> tuple[int, int]:
    return int(found["minute"] or 0), int(found["seconds"] or 0)
