"""The page in a real Chromium: it opens, asks for nothing, complains of nothing and fits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from analyzer.report.run import Run
from analyzer.schema import CAUSES, FINDINGS
from tests.report.browser import Browser, browser, find_or_install
from tests.report.sample import cause, causes, finding, findings, month, month_findings, page_of, run

pytestmark = pytest.mark.browser

LONG = "W" * 300


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser for all tests of this file."""
    program = find_or_install()
    if program is None:
        pytest.skip("NO CHROMIUM: the report was not opened in a browser (apt-get install chromium)")
    with browser(program, tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Pages of a typical, a large, an empty and a hostile run."""
    folder = tmp_path_factory.mktemp("pages")
    hostile = causes(
        cause(recipient_domain=LONG, logged_outbound=LONG, outbound_verdict="mismatch", verdict="mismatch")
    )
    runs = {
        "typical": (month(days=30), month_findings()),
        "large": (month(days=90, connectors=60, domains=300), findings(*(finding(messages=n) for n in range(90)))),
        "empty": (CAUSES.empty(), FINDINGS.empty()),
        "hostile": (hostile, findings(finding(title=f"<script>console.error(1)</script>{LONG}", examples=[LONG]))),
    }
    for name, (cube, found) in runs.items():
        record = Run.of(run(sum(cube["messages"].to_pylist())))
        (folder / f"{name}.html").write_text(page_of(record, cube, found), encoding="utf-8")
    return {name: folder / f"{name}.html" for name in runs}


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", ["typical", "large", "empty", "hostile"])
def test_page_opens_quietly_and_fits(chromium: Browser, pages: dict[str, Path], name: str, width: int) -> None:
    """On a desk and on a telephone: nothing fetched, nothing on the console, nothing wider than the window."""
    chromium.open(pages[name], width=width)
    fetched = [event["request"]["url"] for event in chromium.named("Network.requestWillBeSent")]

    assert fetched == [pages[name].as_uri()]
    assert chromium.named("Log.entryAdded") == []
    assert chromium.named("Runtime.consoleAPICalled") == []
    assert chromium.named("Runtime.exceptionThrown") == []
    assert chromium.value("document.documentElement.scrollWidth") <= width


def test_headline_is_seen_first(chromium: Browser, pages: dict[str, Path]) -> None:
    """The answer stands in the first window, large, without scrolling."""
    chromium.open(pages["typical"], width=1280)

    assert chromium.value("document.querySelector('h1').getBoundingClientRect().bottom") < 300
    assert chromium.value("document.querySelector('.causes').getBoundingClientRect().bottom") < 900
    assert "judged messages did not go" in chromium.value("document.querySelector('h1').innerText")


def test_charts_are_drawn(chromium: Browser, pages: dict[str, Path]) -> None:
    """Each chart has a size, and its texts lie within its sheet."""
    chromium.open(pages["typical"], width=1280)
    outside = """[...document.querySelectorAll('figure svg')].map(svg => {
        const sheet = svg.getBoundingClientRect();
        return [...svg.querySelectorAll('text')].filter(text => {
            const box = text.getBoundingClientRect();
            return box.left < sheet.left - 1 || box.right > sheet.right + 1 || box.top < sheet.top - 1;
        }).map(text => text.textContent);
    })"""

    assert chromium.value("document.querySelectorAll('figure svg')[3].getBoundingClientRect().height") > 200
    assert chromium.value(outside) == [[], [], [], []]


def test_print_shows_what_is_folded(chromium: Browser, pages: dict[str, Path]) -> None:
    """On paper nothing can be unfolded: examples and digests are printed."""
    chromium.open(pages["typical"], width=1000, media="print")
    code = "document.querySelector('article details li')"

    assert chromium.value(f"{code}.checkVisibility({{contentVisibilityAuto: true}})")
    assert chromium.value(f"{code}.getBoundingClientRect().height") > 0
    assert chromium.value("getComputedStyle(document.querySelector('nav')).display") == "none"
