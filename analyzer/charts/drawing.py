"""A drawing as values: marks on a sheet and in its panels.

What a chart is does not depend on who shows it. `svg` writes a drawing for the page, quickly and without
any library; `figure` paints it with matplotlib where somebody asks for a Figure or a PNG.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

WIDTH = 10.0  # inches; the page shows a chart at its full width
INK, QUIET, RULE, PAPER = "#1d2329", "#5b6570", "#d9dde1", "#ffffff"

Side = Literal["left", "center", "right"]
Level = Literal["top", "center", "bottom"]


@dataclass(frozen=True, slots=True)
class Text:
    """A text at a place: which of its sides and levels is there, in points, turned by degrees.

    A plate is paper behind the text, so that it can be read on a colour.
    """

    x: float
    y: float
    text: str
    size: float = 9.0
    color: str = INK
    bold: bool = False
    side: Side = "left"
    level: Level = "center"
    slant: float = 0.0
    plate: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle from one corner; a label says what it stands for, and is not shown."""

    x: float
    y: float
    width: float
    height: float
    fill: str | None = None
    edge: str | None = None
    hatched: bool = False
    label: str = ""


@dataclass(frozen=True, slots=True)
class Band:
    """A stream from left to right: where it starts and ends, its upper edge on both sides, how thick it is."""

    x: tuple[float, float]
    tops: tuple[float, float]
    thick: float
    fill: str
    alpha: float
    label: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line."""

    start: tuple[float, float]
    end: tuple[float, float]
    color: str = RULE


Mark = Text | Box | Band | Line
Ticks = tuple[tuple[float, str], ...]  # a value and its text


@dataclass(frozen=True, slots=True)
class Panel:
    """Marks on scales of their own, in a place measured in inches from the top left corner of the sheet.

    Attributes:
        x: The values at the left and the right edge.
        y: The values at the lower and the upper edge.
        days: Ticks below the panel, with a line; without any the panel has no frame.
        counts: Ticks on the left, with a rule across.
    """

    left: float
    top: float
    width: float
    height: float
    x: tuple[float, float]
    y: tuple[float, float]
    marks: tuple[Mark, ...]
    days: Ticks = ()
    counts: Ticks = ()


@dataclass(frozen=True, slots=True)
class Drawing:
    """A sheet of so many inches: its own marks, in inches from the top left corner, and panels."""

    height: float
    marks: tuple[Mark, ...]
    panels: tuple[Panel, ...] = ()

    def texts(self) -> Iterator[Text]:
        """Give every text, the sheet's own first."""
        for marks in (self.marks, *(panel.marks for panel in self.panels)):
            yield from (mark for mark in marks if isinstance(mark, Text))
