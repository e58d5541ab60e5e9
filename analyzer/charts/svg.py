"""A drawing as an SVG element that can stand alone or inside a page.

The same drawing gives the same text. Text stays text: it can be read aloud, searched and copied, in the
reader's own fonts. Lengths are points.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape

from analyzer.charts.drawing import PAPER, QUIET, RULE, WIDTH, Band, Box, Drawing, Line, Mark, Panel, Text
from analyzer.charts.legible import THIN

_POINTS = 72.0  # an inch
_FONTS = "'Segoe UI', 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif"
_ANCHORS = {"left": "start", "center": "middle", "right": "end"}
# The line on which letters stand, below the place of the text, in parts of its size.
_BASELINES = {"top": 0.77, "center": 0.345, "bottom": -0.33}
_LEADING = 1.34
_PLATE = 1.2  # points around the text
_TICK_SIZE, _TICK_GAP = 8.0, 3.5
_HATCH = 3.4  # from line to line
_NARROW, _WIDE = frozenset(f" {THIN}ijlIft.,:;'|!()[]·-"), frozenset("mwMW@%…")


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where the values of a panel, or the inches of the sheet, are on the sheet."""

    x: Callable[[float], float]
    y: Callable[[float], float]


_SHEET = _Scale(lambda x: x * _POINTS, lambda y: y * _POINTS)


def svg(drawing: Drawing, *, name: str, label: str) -> str:
    """Write a drawing, with a label for those who do not see it; ids begin with the name of the chart."""
    width, height = _n(WIDTH * _POINTS), _n(drawing.height * _POINTS)
    hatch = f"{name}-hatch"
    root = f'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}"'
    tile = f'width="{_HATCH}" height="{_HATCH}" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"'
    lines = [
        f'<svg {root} font-family="{_FONTS}">',
        f'<defs><pattern id="{hatch}" {tile}><path d="M.5 0V{_HATCH}" stroke="{PAPER}"/></pattern></defs>',
        f'<rect width="{width}" height="{height}" fill="{PAPER}"/>',
    ]
    for panel in drawing.panels:
        scale = _scale(panel)
        lines += ["<g>", *_ticks(panel, scale), *_marks(panel.marks, scale, hatch), "</g>"]
    return "\n".join((*lines, *_marks(drawing.marks, _SHEET, hatch), "</svg>")) + "\n"


def _scale(panel: Panel) -> _Scale:
    left, top = panel.left * _POINTS, panel.top * _POINTS
    across, down = panel.width * _POINTS / (panel.x[1] - panel.x[0]), panel.height * _POINTS / (panel.y[0] - panel.y[1])
    return _Scale(lambda x: left + (x - panel.x[0]) * across, lambda y: top + (y - panel.y[1]) * down)


def _ticks(panel: Panel, scale: _Scale) -> Iterator[str]:
    """Rule the panel and write its ticks."""
    left, right, bottom = scale.x(panel.x[0]), scale.x(panel.x[1]), scale.y(panel.y[0])
    style = f'font-size="{_n(_TICK_SIZE)}" fill="{QUIET}"'
    for value, text in panel.counts:
        y = scale.y(value)
        yield f'<path d="M{_n(left)} {_n(y)}H{_n(right)}" stroke="{RULE}" stroke-width=".6"/>'
        place = f'x="{_n(left - _TICK_GAP)}" y="{_n(y + 0.38 * _TICK_SIZE)}"'
        yield f'<text {place} {style} text-anchor="end">{escape(text)}</text>'
    for value, text in panel.days:
        place = f'x="{_n(scale.x(value))}" y="{_n(bottom + _TICK_GAP + 0.76 * _TICK_SIZE)}"'
        yield f'<text {place} {style} text-anchor="middle">{escape(text)}</text>'
    if panel.days:
        yield f'<path d="M{_n(left)} {_n(bottom)}H{_n(right)}" stroke="{RULE}" stroke-width=".8"/>'


def _marks(marks: tuple[Mark, ...], scale: _Scale, hatch: str) -> Iterator[str]:
    """Write the marks, texts over all others."""
    for mark in sorted(marks, key=lambda mark: isinstance(mark, Text)):
        match mark:
            case Text():
                yield from _text(mark, scale)
            case Box():
                yield from _box(mark, scale, hatch)
            case Band():
                yield _band(mark, scale)
            case Line():
                (x0, y0), (x1, y1) = mark.start, mark.end
                ends = f"M{_n(scale.x(x0))} {_n(scale.y(y0))}L{_n(scale.x(x1))} {_n(scale.y(y1))}"
                yield f'<path d="{ends}" stroke="{mark.color}"/>'


def _text(text: Text, scale: _Scale) -> Iterator[str]:
    """Write each line by itself, all around the place of the text."""
    lines = text.text.split("\n")
    x, y = scale.x(text.x), scale.y(text.y) + _BASELINES[text.level] * text.size
    if text.plate:
        yield _plate(text, x, scale.y(text.y))
    anchor = f' text-anchor="{_ANCHORS[text.side]}"' if text.side != "left" else ""
    turned = f' transform="rotate({_n(-text.slant)} {_n(scale.x(text.x))} {_n(scale.y(text.y))})"' if text.slant else ""
    bold = ' font-weight="700"' if text.bold else ""
    style = f'font-size="{_n(text.size)}" fill="{text.color}"{bold}{anchor}{turned}'
    for place, line in enumerate(lines):
        down = (place - (len(lines) - 1) / 2) * _LEADING * text.size
        yield f'<text x="{_n(x)}" y="{_n(y + down)}" {style}>{escape(line)}</text>'


def _plate(text: Text, x: float, y: float) -> str:
    """Put paper behind a text that begins at x: as wide as its letters are in most fonts."""
    ems = sum(0.35 if mark in _NARROW else 0.95 if mark in _WIDE else 0.61 for mark in text.text)
    width, height = ems * text.size + 2 * _PLATE, text.size + 2 * _PLATE
    place = f'x="{_n(x - _PLATE)}" y="{_n(y - height / 2)}" width="{_n(width)}" height="{_n(height)}"'
    return f'<rect {place} fill="{PAPER}" fill-opacity=".82"/>'


def _box(box: Box, scale: _Scale, hatch: str) -> Iterator[str]:
    xs = sorted((scale.x(box.x), scale.x(box.x + box.width)))
    ys = sorted((scale.y(box.y), scale.y(box.y + box.height)))
    place = f'x="{_n(xs[0])}" y="{_n(ys[0])}" width="{_n(xs[1] - xs[0])}" height="{_n(ys[1] - ys[0])}"'
    edge = f' stroke="{box.edge}" stroke-width=".7"' if box.edge else ""
    yield f'<rect {place} fill="{box.fill or "none"}"{edge}/>'
    if box.hatched:
        yield f'<rect {place} fill="url(#{hatch})"/>'


def _band(band: Band, scale: _Scale) -> str:
    (left, right), middle = map(scale.x, band.x), scale.x(sum(band.x) / 2)
    (y0, y1), (low0, low1) = map(scale.y, band.tops), (scale.y(top - band.thick) for top in band.tops)
    x0, x1, m, a, b, c, d = map(_n, (left, right, middle, y0, y1, low1, low0))
    edge = f"M{x0} {a}C{m} {a} {m} {b} {x1} {b}L{x1} {c}C{m} {c} {m} {d} {x0} {d}Z"
    return f'<path d="{edge}" fill="{band.fill}" fill-opacity="{band.alpha}"/>'


def _n(number: float) -> str:
    """Write a length: hundredths of a point are finer than any screen."""
    return f"{number:.2f}".rstrip("0").rstrip(".")
