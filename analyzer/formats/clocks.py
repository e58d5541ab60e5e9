"""Local times as UTC: for formats whose times carry no zone and are not UTC by definition."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

import numpy as np
import numpy.typing as npt

Micros = npt.NDArray[np.int64]

UNREADABLE = np.iinfo(np.int64).min
READ_AS_UTC = "its times carry no zone and were read as UTC; --timezone says in which zone they are"
CLOCK_CHANGED = (
    "some times lie in an hour that the clocks repeat or leave out; they were read with the offset before the change"
)

_SECOND = 1_000_000
_STEP = 900 * _SECOND  # no zone has changed its offset other than at a quarter of an hour since 1972
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a local time, which is the point


@dataclass(slots=True)
class LocalClock:
    """The clock of the place that wrote a log.

    A time that the clocks show twice, or leave out, is read with the offset in force before the
    change (`fold=0` of PEP 495).

    Attributes:
        zone: What the user said, or None: then UTC is assumed, and said so.
        met: Whether a time without a zone was met.
        changed: Whether one of them was in an hour that the clocks repeat or leave out.
    """

    zone: tzinfo | None = None
    met: bool = False
    changed: bool = False
    _offsets: dict[int, tuple[int, bool]] = field(default_factory=dict)

    def to_utc(self, local: Micros) -> Micros:
        """Turn local microseconds into UTC; what is UNREADABLE stays so."""
        readable = local != UNREADABLE
        if not readable.any():
            return local
        self.met = True
        if self.zone is None:
            return local
        steps, place = np.unique(local[readable] // _STEP, return_inverse=True)
        known = [self._offset(step) for step in steps.tolist()]
        self.changed |= any(doubtful for _, doubtful in known)
        result = local.copy()
        result[readable] -= np.array([offset for offset, _ in known], np.int64)[place]
        return result

    @property
    def notes(self) -> tuple[str, ...]:
        """What to know of the times read so far."""
        said = ((self.met and self.zone is None, READ_AS_UTC), (self.changed, CLOCK_CHANGED))
        return tuple(note for holds, note in said if holds)

    def _offset(self, step: int) -> tuple[int, bool]:
        """Give the zone's offset in a quarter of an hour, and whether it is doubtful."""
        if step not in self._offsets:
            self._offsets[step] = _offset(self.zone or UTC, step)
        return self._offsets[step]


def _offset(zone: tzinfo, step: int) -> tuple[int, bool]:
    try:
        moment = _EPOCH + timedelta(microseconds=step * _STEP)
    except OverflowError:  # the year 0, or 10,000: no zone knows it
        return 0, False
    first, second = (zone.utcoffset(moment.replace(fold=fold)) or timedelta() for fold in (0, 1))
    return first // timedelta(microseconds=1), first != second
