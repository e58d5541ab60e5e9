"""A drawing as a matplotlib figure, and as a PNG picture: where somebody asks for one.

The only module that imports matplotlib, and it does not use pyplot: a figure is a value, and drawing in
one thread does not touch another.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from analyzer.charts.drawing import INK, PAPER, QUIET, RULE, WIDTH, Band, Box, Drawing, Line, Mark, Panel, Text

_STYLE: dict[str, object] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so that a layout is the same on every machine
    "font.size": 9.0,
    "text.color": INK,
    "text.parse_math": False,  # `$x$` in the name of a connector is not a formula
    "axes.edgecolor": RULE,
    "axes.labelcolor": QUIET,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.axisbelow": True,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.major.size": 0.0,
    "ytick.major.size": 0.0,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "hatch.linewidth": 1.0,
    "svg.fonttype": "none",
}
_CURVE = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]


class Picture(Figure):
    """A figure that shows itself in a notebook, whatever was imported there."""

    def _repr_svg_(self) -> str:
        with _styled():
            drawn = io.StringIO()
            FigureCanvasSVG(self).print_svg(drawn)  # type: ignore[no-untyped-call]
        return drawn.getvalue()[drawn.getvalue().index("<svg") :]


@contextmanager
def _styled() -> Iterator[None]:
    settings: Any = _STYLE
    with mpl.rc_context(settings), warnings.catch_warnings():
        # A name in a script that the bundled font lacks is drawn by the reader's own fonts.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


def figure(drawing: Drawing) -> Picture:
    """Paint a drawing as a figure: axes for each panel, their marks as patches and texts."""
    with _styled():
        sheet = Picture(figsize=(WIDTH, drawing.height), facecolor=PAPER)
        for mark in drawing.marks:
            _on_sheet(sheet, mark, drawing.height)
        for panel in drawing.panels:
            _panel(sheet, panel, drawing.height)
    return sheet


def png(drawing: Drawing, *, dpi: int = 160) -> bytes:
    """Paint a drawing as a PNG picture."""
    painted = figure(drawing)
    with _styled():
        drawn = io.BytesIO()
        painted.set_dpi(dpi)
        FigureCanvasAgg(painted).print_png(drawn, metadata={"Software": None})  # type: ignore[no-untyped-call]
    return drawn.getvalue()


def _on_sheet(sheet: Figure, mark: Mark, height: float) -> None:
    """Paint what the sheet itself holds: titles, and squares of keys."""
    match mark:
        case Text():
            _write(sheet, mark, mark.x / WIDTH, 1 - mark.y / height)
        case Box():
            corner = mark.x / WIDTH, 1 - (mark.y + mark.height) / height
            square = Rectangle(corner, mark.width / WIDTH, mark.height / height, transform=sheet.transFigure)
            square.set(facecolor=mark.fill, linewidth=0)
            sheet.add_artist(square)


def _panel(sheet: Figure, panel: Panel, height: float) -> None:
    low = 1 - (panel.top + panel.height) / height
    axes = sheet.add_axes((panel.left / WIDTH, low, panel.width / WIDTH, panel.height / height))
    axes.set_xlim(*panel.x)
    axes.set_ylim(*panel.y)
    if panel.days:
        axes.set_xticks([day for day, _ in panel.days], [text for _, text in panel.days])
        axes.set_yticks([count for count, _ in panel.counts], [text for _, text in panel.counts])
        axes.grid(axis="y")
        axes.tick_params(labelsize=8)
    else:
        axes.set_axis_off()
    for mark in panel.marks:
        _paint(axes, mark)


def _paint(axes: Axes, mark: Mark) -> None:
    match mark:
        case Text():
            _write(axes, mark, mark.x, mark.y)
        case Box():
            axes.add_patch(_rectangle(mark))
        case Band():
            style: Any = {"facecolor": mark.fill, "alpha": mark.alpha, "linewidth": 0, "label": mark.label}
            axes.add_patch(PathPatch(Path(_outline(mark), _CURVE), **style))
        case Line():
            axes.plot(*zip(mark.start, mark.end, strict=True), color=mark.color, linewidth=1)


def _rectangle(box: Box) -> Rectangle:
    patch = Rectangle((box.x, box.y), box.width, box.height, fill=box.fill is not None, label=box.label, clip_on=False)
    edge = PAPER if box.hatched else box.edge
    patch.set(facecolor=box.fill or "none", edgecolor=edge, linewidth=0.7 if box.edge else 0)
    if box.hatched:
        patch.set_hatch("/////")
    return patch


def _outline(band: Band) -> list[tuple[float, float]]:
    (x0, x1), (y0, y1), thick = band.x, band.tops, band.thick
    middle = (x0 + x1) / 2
    upper = [(x0, y0), (middle, y0), (middle, y1), (x1, y1)]
    lower = [(x1, y1 - thick), (middle, y1 - thick), (middle, y0 - thick), (x0, y0 - thick)]
    return [*upper, *lower, (x0, y0)]


def _write(on: Axes | Figure, text: Text, x: float, y: float) -> None:
    """Write a text that is never read as a formula."""
    plate = {"facecolor": PAPER, "alpha": 0.82, "linewidth": 0, "pad": 1.2} if text.plate else None
    style: Any = {"size": text.size, "color": text.color, "weight": "bold" if text.bold else "normal"}
    turned: Any = {"rotation": text.slant, "rotation_mode": "anchor" if text.slant else "default"}
    aligned: Any = {"ha": text.side, "va": text.level, "linespacing": 1.35}
    on.text(x, y, text.text, parse_math=False, bbox=plate, **style, **turned, **aligned)
