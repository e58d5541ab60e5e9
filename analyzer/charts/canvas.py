"""What every chart shares: colours, type, the sheet it is drawn on, and how it becomes a file.

Nothing here uses pyplot: a figure is a value, and drawing in one thread does not touch another.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any
from xml.etree import ElementTree as ET

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from analyzer.legible import legible

INK, QUIET, RULE, PAPER = "#1d2329", "#5b6570", "#d9dde1", "#ffffff"

# Alarms are warm and differ in lightness too, open questions are blue, everything else is grey: told
# apart with every common colour blindness and in a grey print.
VERDICT_COLOURS: Mapping[str, str] = MappingProxyType(
    {
        "unrouted": "#a3153a",
        "misroute": "#e07b39",
        "mismatch": "#7b4ba0",
        "ambiguous": "#2a6fa8",
        "undetermined": "#8fbfe0",
        "match": "#b4bbc2",
        "no_evidence": "#d5d9dd",
        "not_routed": "#e9ebee",
    }
)
SEVERITY_COLOURS: Mapping[str, str] = MappingProxyType(
    {
        "high": "#a3153a",
        "medium": "#b85a14",
        "low": "#86690f",
        "info": "#5f6b77",
    }
)

WIDTH = 10.0  # inches; the page shows a chart at its full width
_FAMILY = "DejaVu Sans"  # comes with matplotlib, so that a layout is the same on every machine
_STACK = "'Segoe UI', 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif"
_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_STYLE: dict[str, object] = {
    "font.family": _FAMILY,
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
    "svg.fonttype": "none",  # text stays text: it can be read aloud, searched and copied
}


class Picture(Figure):
    """A figure that shows itself in a notebook, whatever was imported there."""

    def _repr_svg_(self) -> str:
        return to_svg(self)


@contextmanager
def _styled(**more: str) -> Iterator[None]:
    settings: Any = {**_STYLE, **more}
    with mpl.rc_context(settings), warnings.catch_warnings():
        # A name in a script that the bundled font lacks is drawn by the reader's own fonts.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


@contextmanager
def sheet(title: str, subtitle: str, *, height: float) -> Iterator[Picture]:
    """Give an empty sheet in the house style, its title at the top left; draw inside the block."""
    with _styled():
        figure = Picture(figsize=(WIDTH, height), facecolor=PAPER)
        write(figure, 0.012, 1 - 0.1 / height, title, size=12.5, weight="bold", va="top")
        write(figure, 0.012, 1 - 0.36 / height, subtitle, size=9, color=QUIET, va="top")
        yield figure


def box(figure: Figure, left: float, top: float, *, width: float, height: float) -> Axes:
    """Add axes measured in inches from the top left corner of the sheet."""
    wide, high = figure.get_size_inches()
    axes: Axes = figure.add_axes((left / wide, 1 - (top + height) / high, width / wide, height / high))
    return axes


def fill(axes: Axes, corner: tuple[float, float], width: float, height: float, **style: object) -> Rectangle:
    """Draw a rectangle without an edge on scales that are set.

    `bar` and `add_patch` would work out for each what the scales must be: half of the time that a chart takes.
    """
    properties: Any = {"linewidth": 0, **style}
    drawn = Rectangle(corner, width, height, **properties)
    axes.add_artist(drawn)
    return drawn


def write(on: Axes | Figure, x: float, y: float, text: str, **style: object) -> Text:
    """Write a text that is never read as a formula and holds no character that a drawing cannot."""
    properties: Any = {"parse_math": False, "ha": "left", "va": "center", **style}
    lines = "\n".join(legible(line) for line in text.split("\n"))
    written: Text = on.text(x, y, lines, **properties)
    return written


def key(figure: Figure, top: float, colours: Mapping[str, str], *, left: float = 0.12) -> None:
    """Write a line of colours with their names, so many inches from the top and the left edge."""
    inch = 1 / figure.get_figheight()
    x, y, side = left / WIDTH, 1 - top * inch, 0.1
    for name, colour in colours.items():
        corner = (x, y - side / 2 * inch)
        square = Rectangle(corner, side / WIDTH, side * inch, transform=figure.transFigure, color=colour, linewidth=0)
        figure.add_artist(square)
        write(figure, x + 0.016, y, name, size=8.5)
        x += 0.038 + 0.0075 * len(name)


def nothing(figure: Figure, text: str) -> None:
    """Say in the middle of the sheet why there is nothing to see."""
    write(figure, 0.5, 0.42, text, ha="center", color=QUIET, size=11)


def to_svg(figure: Figure, *, name: str = "chart", label: str = "") -> str:
    """Draw a figure as an SVG element that can stand alone or inside a page.

    The same figure gives the same text: no date, and ids that depend on the content. They begin with
    the chart's name, since two charts of one page may not share an id.
    """
    with _styled(**{"svg.hashsalt": name}):
        drawn = io.BytesIO()
        unsigned = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        FigureCanvasSVG(figure).print_svg(drawn, metadata=unsigned)  # type: ignore[no-untyped-call]
    root = ET.fromstring(drawn.getvalue())  # noqa: S314  matplotlib wrote it a moment ago
    _settle(root, name)
    root.set("role", "img")
    root.set("aria-label", label or name)
    ET.register_namespace("", _SVG)
    ET.register_namespace("xlink", _XLINK)
    return ET.tostring(root, encoding="unicode")


def _settle(root: ET.Element, name: str) -> None:
    """Make the ids of a drawing its own, let it scale, and let the reader's fonts draw its text."""
    for metadata in root.findall(f"{{{_SVG}}}metadata"):
        root.remove(metadata)
    for size in ("width", "height"):
        root.attrib.pop(size, None)
    for element in root.iter():
        for key, value in element.attrib.items():
            if key == "id":
                element.set(key, f"{name}-{value}")
            elif value.startswith("#") and key.endswith("href"):
                element.set(key, f"#{name}-{value[1:]}")
            elif key == "style":
                element.set(key, value.replace(f"'{_FAMILY}'", _STACK).replace("url(#", f"url(#{name}-"))
            elif value.startswith("url(#"):
                element.set(key, value.replace("url(#", f"url(#{name}-"))


def to_png(figure: Figure, *, dpi: int = 160) -> bytes:
    """Draw a figure as a PNG picture."""
    with _styled():
        drawn = io.BytesIO()
        figure.set_dpi(dpi)
        FigureCanvasAgg(figure).print_png(drawn, metadata={"Software": None})  # type: ignore[no-untyped-call]
    return drawn.getvalue()
