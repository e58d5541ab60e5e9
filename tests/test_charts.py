"""Charts: what is on the axes, never pixels."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pyarrow as pa
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle

from analyzer.charts import CHARTS, Chart, find
from analyzer.charts.canvas import SEVERITY_COLOURS, VERDICT_COLOURS, to_png, to_svg
from analyzer.errors import UsageError
from analyzer.legible import THIN, counted, grouped, legible, share
from analyzer.schema import CAUSES, FINDINGS, SEVERITIES, VERDICTS
from analyzer.summaries import COVERAGE, SUMMARIES, summarise
from tests.report.sample import START, cause, causes, finding, findings, month, month_findings

HOSTILE = '$x_1$ <script>alert(1)</script> & "q"\n\x1b[31m\u202e' + "long " * 40


def draw(name: str, cube: pa.Table, found: pa.Table | None = None) -> Figure:
    """Draw one chart from a cube and findings."""
    chart = find(name)
    return chart.draw(summarise(cube, FINDINGS.empty() if found is None else found, COVERAGE.empty())[chart.of])


def texts(on: Figure | Axes) -> list[str]:
    """Every text of a figure, in its order."""
    own = [text.get_text() for text in on.texts]
    return own + [text for axes in on.axes for text in texts(axes)] if isinstance(on, Figure) else own


def heights(axes: Axes, verdict: str) -> dict[int, float]:
    """The height of a verdict's bar at each day that has one."""
    [bars] = [patch for patch in axes.patches if patch.get_label() == verdict]
    corners = np.asarray(bars.get_path().vertices).reshape(-1, 5, 2)[:, :4]
    return {round(float(bar[:, 0].mean())): float(np.ptp(bar[:, 1])) for bar in corners}


def rectangles(axes: Axes) -> list[Rectangle]:
    """The filled rectangles of axes."""
    return [patch for patch in axes.patches if isinstance(patch, Rectangle) and patch.get_fill()]


@pytest.mark.parametrize("chart", CHARTS, ids=lambda c: c.name)
def test_chart_is_registered_whole(chart: Chart) -> None:
    """A chart has a title, one sentence on what to see, and a summary that exists."""
    assert chart.title
    assert chart.see.endswith(".")
    assert chart.of in {summary.name for summary in SUMMARIES}


@pytest.mark.parametrize("chart", CHARTS, ids=lambda c: c.name)
def test_nothing_to_draw_is_said(chart: Chart) -> None:
    """Without a row the sheet carries its title and says that there is nothing."""
    said = texts(chart.draw(summarise(CAUSES.empty(), FINDINGS.empty(), COVERAGE.empty())[chart.of]))

    assert said[0] == chart.title
    assert said[-1] in {"There is nothing to draw.", "No finding above info."}


@pytest.mark.parametrize("chart", CHARTS, ids=lambda c: c.name)
def test_svg_is_the_same_each_time(chart: Chart) -> None:
    """The same summary gives the same SVG, without a date, with a label and ids of the chart's own."""
    summary = summarise(month(days=4), month_findings(), COVERAGE.empty())[chart.of]
    drawn = chart.svg(summary)
    root = ET.fromstring(drawn)

    assert drawn == chart.svg(summary)
    assert root.get("aria-label") == f"{chart.title}. {chart.see}"
    assert root.get("viewBox")
    assert "metadata" not in drawn
    assert all(element.get("id", chart.name).startswith(chart.name) for element in root.iter())
    ids = {element.get("id") for element in root.iter()}
    links = {v[1:] for e in root.iter() for k, v in e.attrib.items() if k.endswith("href")}
    assert links <= ids


@pytest.mark.parametrize("chart", CHARTS, ids=lambda c: c.name)
def test_hostile_names_are_text_and_nothing_else(chart: Chart) -> None:
    """Names from a log can be neither markup, nor a formula, nor a line break, nor a control character."""
    cube = causes(
        cause(logged_outbound=HOSTILE, selected_outbound=HOSTILE, recipient_domain=HOSTILE),
        cause(origin=HOSTILE, verdict="mismatch", outbound_verdict="mismatch", logged_outbound=HOSTILE + "2"),
    )
    summary = summarise(cube, findings(finding(title=HOSTILE)), COVERAGE.empty())[chart.of]
    drawn = chart.svg(summary)
    root = ET.fromstring(drawn)

    assert not [element for element in root.iter() if element.tag.endswith("script")]
    assert not {"\x1b", "\u202e", "\n\x1b"} & set(drawn)
    assert all("\n" not in (element.text or "").strip() for element in root.iter() if element.tag.endswith("text"))
    assert to_png(chart.draw(summary)).startswith(b"\x89PNG")
    if chart.of != "verdicts_by_day":
        assert any("$x_1$" in (element.text or "") for element in root.iter())


def test_colours_are_one_a_name() -> None:
    """Every verdict and every severity has its colour, no two verdicts the same."""
    assert set(VERDICT_COLOURS) == set(VERDICTS)
    assert set(SEVERITY_COLOURS) == set(SEVERITIES)
    assert len(set(VERDICT_COLOURS.values())) == len(VERDICTS)


@pytest.mark.parametrize("colour", SEVERITY_COLOURS.values())
def test_severity_can_be_read_as_text(colour: str) -> None:
    """Severities are written in their colour: 4.5 to 1 against paper (WCAG 2, contrast minimum)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    luminance = sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    assert 1.05 / (luminance + 0.05) >= 4.5


def test_days_stack_alarms_on_a_scale_of_their_own() -> None:
    """Three panels: alarms alone, open questions alone, everything; a day without mail is a gap."""
    third = START + timedelta(days=2)
    figure = draw(
        "verdicts_by_day",
        causes(
            cause(messages=100_000),
            cause(verdict="mismatch", messages=3),
            cause(verdict="unrouted", messages=2, day=third),
            cause(verdict="undetermined", messages=7, day=third),
        ),
    )
    alarms, open_questions, everything = figure.axes

    assert heights(alarms, "mismatch") == {0: 3}
    assert heights(alarms, "unrouted") == {2: 2}
    assert alarms.get_ylim()[1] < 4
    assert heights(open_questions, "undetermined") == {2: 7}
    assert heights(everything, "match") == {0: 100_000}
    assert [label.get_text() for label in alarms.get_xticklabels()] == ["1 Oct", "2 Oct", "3 Oct"]
    assert {"unrouted 2", "mismatch 3", f"match 100{THIN}000"} <= set(texts(figure))


def test_days_say_none_where_nothing_is_alarming() -> None:
    """A run without alarms says so in the panel of alarms."""
    figure = draw("verdicts_by_day", causes(cause()))

    assert texts(figure.axes[0]) == ["none"]


def test_days_keep_their_dates_apart() -> None:
    """A quarter of a year has no more dates than fit."""
    figure = draw("verdicts_by_day", month(days=90))

    assert 4 <= len(figure.axes[0].get_xticklabels()) <= 12


def test_matrix_lets_disagreement_stand_out() -> None:
    """A row for each logged and a column for each selected connector; alarms in full colour, with numbers."""
    figure = draw(
        "connector_matrix",
        causes(
            cause(messages=1500),
            cause(logged_outbound="Connector 1", outbound_verdict="mismatch", verdict="mismatch", messages=4),
        ),
    )
    [axes] = figure.axes
    colours = {to_hex(cell.get_facecolor()) for cell in rectangles(axes)}

    assert texts(axes) == ["Connector 2", "Connector 1", "Connector 2", f"1{THIN}500", "4"]
    assert VERDICT_COLOURS["mismatch"] in colours
    assert len(colours) == 2


def test_matrix_parts_alarms_from_the_rest_of_a_cell() -> None:
    """Two alarms among a thousand matches of one cell colour two, not a thousand."""
    none = {"logged_outbound": "(none)", "selected_outbound": "(none)"}
    figure = draw(
        "connector_matrix",
        causes(cause(**none, messages=1000), cause(**none, outbound_verdict="unrouted", messages=2)),
    )
    [axes] = figure.axes
    parts = {to_hex(cell.get_facecolor()): cell.get_height() for cell in rectangles(axes)}

    assert texts(axes)[-2:] == ["2", f"1{THIN}000"]
    assert parts[VERDICT_COLOURS["unrouted"]] == 0.5


def test_matrix_has_a_panel_a_side() -> None:
    """Inbound and outbound connectors do not mix."""
    inbound = {"logged_inbound": "In", "selected_inbound": "In", "inbound_verdict": "match"}
    figure = draw("connector_matrix", causes(cause(**inbound)))

    assert len(figure.axes) == 2
    assert {"Outbound", "Inbound"} <= set(texts(figure))


def test_matrix_keeps_alarms_and_says_what_it_leaves_out() -> None:
    """Of forty connectors those with alarms and the busiest stay, and the rest is counted."""
    names = [f"C{n:02}" for n in range(40)]
    agreeing = [cause(logged_outbound=n, selected_outbound=n, messages=100 + i) for i, n in enumerate(names)]
    wrong = cause(
        logged_outbound="C00", selected_outbound="C01", outbound_verdict="misroute", verdict="misroute", messages=1
    )
    figure = draw("connector_matrix", causes(*agreeing, wrong))
    shown = texts(figure.axes[0])

    assert {"C00", "C01", "C39"} <= set(shown)
    assert len({text for text in shown if text.startswith("C")}) == 11
    left_out = sum(100 + i for i in range(2, 31))
    assert f"{grouped(left_out)} messages of other connectors, 0 of them alarms" in texts(figure)[1]


def test_flow_joins_origin_connector_and_destination() -> None:
    """Nodes carry name and number, and bands are coloured by alarm."""
    figure = draw("flow", causes(cause(messages=90), cause(verdict="mismatch", logged_outbound="C9", messages=10)))
    [axes] = figure.axes
    bands = [
        (patch.get_label(), to_hex(patch.get_facecolor())) for patch in axes.patches if isinstance(patch, PathPatch)
    ]

    assert texts(axes) == ["cloud\n100", "Connector 2 · 90", "C9 · 10", "on-premises\n100"]
    assert sorted(str(label) for label, _ in bands) == ["band-mismatch"] * 2 + ["band-other"] * 2
    assert ("band-mismatch", VERDICT_COLOURS["mismatch"]) in bands


def test_flow_draws_bands_as_wide_as_their_messages() -> None:
    """Nine times the messages make a band nine times as wide; a single alarm still has a hair."""
    rows = cause(messages=90_000), cause(logged_outbound="C9", messages=10_000), cause(verdict="unrouted", messages=1)
    figure = draw("flow", causes(*rows))
    wide = [
        float(np.asarray(patch.get_path().vertices)[[0, -2], 1] @ (1, -1))
        for patch in figure.axes[0].patches
        if isinstance(patch, PathPatch)
    ]

    assert max(wide) / sorted(wide)[2] == pytest.approx(9, rel=0.01)
    assert min(wide) == pytest.approx(0.004)


def test_flow_folds_many_connectors_and_says_so() -> None:
    """Sixty connectors become twelve and the others, last and counted; no message is lost."""
    figure = draw("flow", causes(*(cause(logged_outbound=f"C{n:02}", messages=100 - n) for n in range(60))))
    middle = [text for text in texts(figure.axes[0]) if " · " in text]
    total = sum(100 - n for n in range(60))

    assert len(middle) == 13
    assert middle[-1] == f"48 other connectors · {grouped(sum(100 - n for n in range(12, 60)))}"
    assert f"cloud\n{grouped(total)}" in texts(figure.axes[0])


def test_flow_keeps_names_apart_that_look_alike() -> None:
    """Names that are shortened to the same text, or read like one of our own words, stay nodes of their own."""
    alike = [f"{'C' * 40}{n}{'C' * 40}" for n in range(2)]
    figure = draw("flow", causes(*(cause(logged_outbound=name) for name in (*alike, "no connector", "(none)"))))
    middle = [text for text in texts(figure.axes[0]) if " · " in text]

    assert len(middle) == 4
    assert middle.count("no connector · 10") == 2


def test_flow_tells_no_connector_from_not_said() -> None:
    """Logged as none and not logged at all are different nodes."""
    figure = draw("flow", causes(cause(logged_outbound="(none)"), cause(logged_outbound=None)))

    assert {"no connector · 10", "log does not say · 10"} <= set(texts(figure.axes[0]))


def test_top_causes_are_bars_with_their_failed_part() -> None:
    """A bar is as long as its messages, and the hatched part as its failures."""
    found = findings(finding(messages=300, failed=40), finding(severity="low", code="MF105", messages=900, failed=0))
    figure = draw("top_causes", CAUSES.empty(), found)
    [axes] = figure.axes
    bars = [(b.get_label(), b[0].get_width(), to_hex(b[0].get_facecolor())) for b in axes.containers]

    assert bars == [
        ("MF103", 300, SEVERITY_COLOURS["high"]),
        ("failed", 40, SEVERITY_COLOURS["high"]),
        ("MF105", 900, SEVERITY_COLOURS["low"]),
    ]
    assert {"300, 40 failed", "900"} <= set(texts(axes))


def test_top_causes_count_what_they_do_not_draw() -> None:
    """Information is counted, not drawn, and so are findings beyond the fifteenth."""
    many = [finding(messages=n) for n in range(1, 19)]
    figure = draw("top_causes", CAUSES.empty(), findings(*many, finding(severity="info", messages=10**6)))

    assert len(figure.axes[0].containers) == 30
    assert "not drawn: 3 more findings, 1 of severity info" in texts(figure)[1]


def test_notebook_shows_the_figure() -> None:
    """A figure shows itself in a notebook without pyplot."""
    figure: Any = draw("flow", causes(cause()))

    assert figure._repr_svg_().startswith("<svg")


def test_formula_signs_stay_signs_after_the_fact() -> None:
    """Dollar signs are no formula, even where the figure is drawn later, under other settings."""
    figure = draw("connector_matrix", causes(cause(logged_outbound="a $\\bad$ b")))

    assert "a $\\bad$ b" in to_svg(figure)


def test_unknown_chart_lists_the_known() -> None:
    """Asking for a chart that does not exist is the user's mistake, and names those that do."""
    with pytest.raises(UsageError, match="verdicts_by_day, connector_matrix, flow, top_causes"):
        find("pie")


@pytest.mark.parametrize(
    "given, width, expected",
    [
        ("Connector 1", 20, "Connector 1"),
        ("a\nb\x1b[0m", 20, "a\\nb\\x1b[0m"),
        ("\u202egnp.exe", 20, "\\u202egnp.exe"),
        ("Größe Ω 接続", 20, "Größe Ω 接続"),
        ("abcdefghijkl", 9, "abcde…jkl"),
        (None, 9, ""),
    ],
)
def test_legible(given: str | None, width: int, expected: str) -> None:
    """A text becomes one line of printable characters, shortened in the middle."""
    assert legible(given, width) == expected


@pytest.mark.parametrize(
    "part, whole, expected",
    [
        (0, 0, "0 %"),
        (0, 5, "0 %"),
        (1, 1_000_000, "< 0.01 %"),
        (1, 1000, "0.10 %"),
        (421, 500, "84.2 %"),
        (999_999, 1_000_000, "> 99.9 %"),
        (5, 5, "100 %"),
    ],
)
def test_share(part: int, whole: int, expected: str) -> None:
    """A few never look like none, nor all but a few like all."""
    assert share(part, whole) == expected


def test_counted() -> None:
    """A number agrees with its noun."""
    assert (counted(1, "log"), counted(1200, "log", mark=",")) == ("1 log", "1,200 logs")
