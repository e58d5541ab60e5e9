"""When a finding began and ended, and what was changed within a day of that.

A first message is no beginning: whatever is wrong now and then has one too. A finding began where so
much comparable mail (same path, same recipient domains, logs of the same format) went right before
that, at the finding's own rate, some of it would have gone wrong: the chance that none did is below one
in a thousand. It ended by the same test. An alarm that was withheld may have been one, so right mail
counts before and after those.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from analyzer.causes import OTHER
from analyzer.findings.base import routed
from analyzer.findings.events import Event, Row, events
from analyzer.moments import microseconds
from analyzer.tenant.model import Tenant

_CHANCE = 0.001  # that right mail before a beginning, or after an end, is luck
_LUCK = 0.1  # that right mail between a change and the beginning is luck: the change is not what began it
_MOST = 0.95  # a rate of all is taken for this much: few right messages may pass for another reason
_NEAR = timedelta(days=1)
_RIGHT, _WITHHELD, _OTHER = 0, 1, 2
_WITHHELD_BY = ("change-window", "mailbox-moving")
_GROUP = ("path", "recipient_domain", "format")
_OF_MAIL = [*_GROUP, "day", "reason", "verdict", "first_seen", "last_seen", "messages"]


@dataclass(frozen=True, slots=True)
class Mail:
    """Comparable mail: for each cell of a day its state, first and last moment (microseconds), and messages."""

    state: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    messages: NDArray[np.int64]

    def right(self, after: float, before: float) -> float:
        """Estimate how much went right from one moment until another.

        A cell counts by the part of its time that lies within, and for its first and last message at least.
        """
        length = np.maximum(self.last - self.first, 1)
        within = np.minimum(self.last + 1, before) - np.maximum(self.first, after)
        ends = sum((after <= end) & (end < before) for end in (self.first, self.last))
        part = np.maximum(np.clip(within / length, 0, 1) * self.messages, np.minimum(ends, self.messages))
        return float(part[self.state == _RIGHT].sum())

    def before(self, moment: int) -> int:
        """Give the moment, or that of an earlier withheld alarm."""
        return int(np.min(self.first[self.state == _WITHHELD], initial=moment))

    def after(self, moment: int) -> int:
        """Give the moment, or that of a later withheld alarm."""
        return int(np.max(self.last[self.state == _WITHHELD], initial=moment))


class Since:
    """Tells of each finding of a cube when it began and ended."""

    def __init__(self, causes: pa.Table, tenant: Tenant) -> None:
        """Gather the comparable mail of every path, and every event of the tenant's history."""
        self._grace = tenant.settings.change_grace
        self._events = tuple(events(tenant))
        self._mail = _Comparable(routed(causes.select(_OF_MAIL)))
        self._begin = pc.min(causes["first_seen"]).as_py()

    def columns(self, row: Row) -> dict[str, object]:
        """Give the columns of a finding, from its columns and the `domains` of its messages."""
        if not (row["messages"] and _paths(row)) or OTHER in row["domains"]:
            return {}  # a domain counted under `(other)` may be right mail there, or wrong: nothing is comparable
        mail = self._mail.of(row)
        began, ended = self._began(row, mail), self._ended(row, mail)
        return {"began": began[0], "began_with": began[1], "ended": ended[0], "ended_with": ended[1]}

    def _began(self, row: Row, mail: Mail) -> tuple[datetime | None, str | None]:
        first, rate = row["first_seen"], _rate(row, mail)
        at = microseconds(first)
        told = _chance(rate, mail.right(-np.inf, mail.before(at))) < _CHANCE
        found = self._nearest(row, first, lambda e: self._led_to(e, first, mail, rate))
        if told:
            return first, _told(found, first)
        # The first mail of its kind, after a change that is about just that: a new domain, say.
        new = not (mail.first < at).any() and first - self._begin > self._grace
        if new and found is not None and found.rank(row) in (0, 1):
            return first, _told(found, first)
        return None, None

    def _ended(self, row: Row, mail: Mail) -> tuple[datetime | None, str | None]:
        last, rate = row["last_seen"], _rate(row, mail)
        if _chance(rate, mail.right(mail.after(microseconds(last)) + 1, np.inf)) >= _CHANCE:
            return None, None
        found = self._nearest(row, last, lambda e: self._led_out(e, last, mail, rate))
        return last, _told(found, last)

    def _led_to(self, event: Event, first: datetime, mail: Mail, rate: float) -> bool:
        """Tell whether an event lies before a beginning, without right mail between them that speaks against it."""
        if first < event.earliest:
            return False
        between = mail.right(microseconds(event.latest + self._grace), microseconds(first))
        return _plausible(rate, between)

    def _led_out(self, event: Event, last: datetime, mail: Mail, rate: float) -> bool:
        """Tell the same of an event after an end; a change takes its time to be in force everywhere."""
        if last - self._grace > event.latest:
            return False
        between = mail.right(microseconds(last) + 1, microseconds(event.earliest - self._grace))
        return _plausible(rate, between)

    def _nearest(self, row: Row, moment: datetime, fits: Callable[[Event], bool]) -> Event | None:
        """Find the event of the last or next day that concerns a finding most, then the nearest."""
        near = [e for e in self._events if e.distance(moment) <= _NEAR and e.rank(row) is not None and fits(e)]
        return min(near, key=lambda e: (e.rank(row), e.distance(moment), e.words), default=None)


def _paths(row: Row) -> tuple[str, ...]:
    """Give the path of a finding, or those of its messages where it is of several."""
    return tuple(row.get("paths", ())) if row["path"] is None else (row["path"],)


def _told(event: Event | None, moment: datetime) -> str | None:
    return None if event is None else event.told(moment)


def _plausible(rate: float, between: float) -> bool:
    return _chance(rate, between) >= _LUCK


def _chance(rate: float, messages: float) -> float:
    """Give the chance that so many messages all go right where each goes wrong at a rate."""
    return math.pow(1 - rate, messages)


def _rate(row: Row, mail: Mail) -> float:
    """Estimate which part of comparable mail went wrong while the finding lasted; its ends are wrong by choice."""
    wrong = max(row["messages"] - 2, 0)
    right = mail.right(microseconds(row["first_seen"]), microseconds(row["last_seen"]) + 1)
    return min(wrong / (wrong + right), _MOST) if wrong else 0.0


class _Comparable:
    """Mail by path, domain, format and day, and whether it was right, withheld or neither."""

    def __init__(self, causes: pa.Table) -> None:
        held = pc.fill_null(pc.is_in(causes["reason"], pa.array(_WITHHELD_BY)), fill_value=False)
        rest = pc.if_else(held, _WITHHELD, _OTHER)
        state = pc.if_else(pc.equal(causes["verdict"], "match"), _RIGHT, rest)
        sums = (
            causes.append_column("state", state)
            .group_by([*_GROUP, "day", "state"], use_threads=False)
            .aggregate([("first_seen", "min"), ("last_seen", "max"), ("messages", "sum")])
            .sort_by([(name, "ascending") for name in _GROUP])
        )
        names = ("state", "first_seen_min", "last_seen_max", "messages_sum")
        self._columns = [sums[name].cast(pa.int64()).to_numpy() for name in names]
        self._places: dict[tuple[str, str, str], slice] = {}
        start = 0
        counted = sums.group_by(list(_GROUP), use_threads=False).aggregate([([], "count_all")])
        for *group, count in zip(*(counted.column(n).to_pylist() for n in (*_GROUP, "count_all")), strict=True):
            path, domain, log_format = group
            self._places[path, domain or "", log_format] = slice(start, start := start + count)

    def of(self, row: Row) -> Mail:
        """Give the mail of a finding's paths to its domains, in the formats of its logs."""
        keys = product(_paths(row), row["domains"], row["formats"])
        places = [place for key in keys if (place := self._places.get(key))]
        return Mail(*(np.concatenate([column[:0], *(column[p] for p in places)]) for column in self._columns))
