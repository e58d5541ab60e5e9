"""What every chart shares: the colours of verdicts and severities, titles, keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from analyzer.charts.drawing import QUIET, WIDTH, Box, Drawing, Mark, Text
from analyzer.charts.legible import legible

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
_SQUARE = 0.1  # inches


def write(x: float, y: float, text: str, **style: Any) -> Text:  # noqa: ANN401 - what a Text has
    """Write a text that holds no character that a drawing cannot; line breaks stay."""
    return Text(x, y, "\n".join(legible(line) for line in text.split("\n")), **style)


def head(title: str, subtitle: str) -> tuple[Text, Text]:
    """Write the title of a sheet at its top left, and below it what is seen."""
    place = 0.012 * WIDTH
    return (
        write(place, 0.1, title, size=12.5, bold=True, level="top"),
        write(place, 0.36, subtitle, size=9, color=QUIET, level="top"),
    )


def key(top: float, colours: Mapping[str, str], *, left: float = 0.12) -> Iterator[Mark]:
    """Write a line of colours with their names, so many inches from the top and the left edge."""
    x = left
    for name, colour in colours.items():
        yield Box(x, top - _SQUARE / 2, _SQUARE, _SQUARE, fill=colour)
        yield write(x + 0.16, top, name, size=8.5)
        x += 0.38 + 0.075 * len(name)


def nothing(title: str, subtitle: str, text: str = "There is nothing to draw.") -> Drawing:
    """Give a sheet that says in its middle why there is nothing to see."""
    return Drawing(2, (*head(title, subtitle), write(WIDTH / 2, 1.16, text, side="center", color=QUIET, size=11)))
