"""The page report.html: whole, offline, and safe whatever the logs hold."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pytest

from analyzer.report.run import Run
from analyzer.schema import CAUSES, FINDINGS
from tests.report.sample import cause, causes, coverage, covered, finding, findings, month, month_findings, page_of, run

HOSTILE = "<script>alert('x')</script>\"'><img src=http://example.com/x onerror=alert(1)>{{ 7*7 }}\x1b[31m\u202e"
BEGAN = datetime(2026, 10, 9, 9, 12, tzinfo=UTC)
VOID = {"meta", "br", "img", "link", "hr", "input"}


class Outline(HTMLParser):
    """The elements of a page: tags with attributes, headings, text; and whether every tag is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element that closes itself."""
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Close the element that was opened last."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Collect text outside of styles."""
        if self.open[-1:] != ["style"]:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every element of a kind."""
        return [attributes for name, attributes in self.elements if name == tag]


def write(cube: pa.Table | None = None, found: pa.Table | None = None, **changes: Any) -> str:
    """Write the page of a cube and findings."""
    cube = month(days=3) if cube is None else cube
    found = month_findings() if found is None else found
    return page_of(Run.of(run(sum(cube["messages"].to_pylist()), **changes)), cube, found)


@pytest.fixture(scope="module")
def outline() -> Outline:
    """The outline of a typical page."""
    return Outline(write())


def hostile_page() -> Outline:
    """The outline of a page on which every text from outside is hostile."""
    texts = dict.fromkeys(
        ("recipient_domain", "logged_outbound", "selected_outbound", "origin", "destination", "path"), HOSTILE
    )
    lists = {"policies": [f"precedence={HOSTILE}"], "bears_out": [f"precedence={HOSTILE}"], "missing": [HOSTILE]}
    cube = causes(cause(**texts, **lists, verdict="undetermined", outbound_verdict="undetermined"))
    fields = ("code", "name", "title", "cause", "path", "domain", "logged", "selected", "advice", "began_with")
    found = findings(
        finding(**dict.fromkeys(fields, HOSTILE), began=BEGAN, examples=[HOSTILE], policies=[HOSTILE]),
        *(finding(title=HOSTILE) for _ in range(61)),
    )
    given = run(
        inputs=[{**run()["inputs"][0], "name": HOSTILE, "shape": HOSTILE, "noise": {HOSTILE: 11}, "notes": [HOSTILE]}],
        tenant={**run()["tenant"], "path": HOSTILE, "files": {HOSTILE: HOSTILE}},
        policies={HOSTILE: {"value": HOSTILE, "origin": HOSTILE, "touched": 1}},
        options={"policies": {HOSTILE: HOSTILE}},
        settings={HOSTILE: HOSTILE},
    )
    return Outline(page_of(Run.of(given), cube, found, coverage(covered(kind=HOSTILE, name=HOSTILE, state=HOSTILE))))


def test_a_finding_says_since_when() -> None:
    """The card of a finding names when it began and with what, where the log tells."""
    dated = finding(began=BEGAN, began_with="2 h after outbound connector Connector 2 was changed")

    assert "since 2026-10-09 09:12, 2 h after outbound connector" in Outline(write(found=findings(dated))).text
    assert "since 2026" not in Outline(write(found=findings(finding()))).text


def test_coverage_says_what_no_message_tried() -> None:
    """The table of the coverage names each object with its counts and what is worth a look."""
    shown = coverage(covered(), covered(name="Old relay", messages=0, last_seen=None))
    said = Outline(page_of(Run.of(run(10)), causes(cause()), findings(), shown)).text

    assert "Old relay" in said
    assert said.count("never seen") == 1


def test_every_tag_is_closed(outline: Outline) -> None:
    """The page is well formed."""
    assert outline.open == []


def test_text_from_outside_stays_text() -> None:
    """Hostile names in every field make no element, no attribute, no control character, no template."""
    outline = hostile_page()

    assert outline.open == []
    assert not outline.all("script")
    assert not outline.all("img")
    assert not [a for _, attributes in outline.elements for a in attributes if a.startswith("on")]
    assert "<script>alert" in outline.text
    assert "{{ 7*7 }}" in outline.text
    assert not {"\x1b", "\u202e"} & set(outline.text)


def test_nothing_is_fetched_and_nothing_runs(outline: Outline) -> None:
    """No script, and every reference stays within the page; the page's own policy forbids the rest."""
    [policy] = [meta["content"] for meta in outline.all("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    references = [
        value or ""
        for _, attributes in outline.elements
        for name, value in attributes.items()
        if name in {"src", "href", "xlink:href", "action", "srcset", "data", "poster"}
    ]

    assert policy is not None
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert not outline.all("script")
    assert references
    assert all(reference.startswith("#") for reference in references)
    assert not re.search(r"@import|url\((?!#)", write())


def test_every_anchor_leads_somewhere(outline: Outline) -> None:
    """Links and labels name ids that exist, and no id occurs twice."""
    ids = [attributes["id"] for _, attributes in outline.elements if "id" in attributes]
    targets = [(a["href"] or "").removeprefix("#") for a in outline.all("a")]
    labels = [attributes["aria-labelledby"] for _, attributes in outline.elements if "aria-labelledby" in attributes]

    assert len(ids) == len(set(ids))
    assert set(targets) | set(labels) <= set(ids)


def test_headings_descend_one_step_at_a_time(outline: Outline) -> None:
    """One h1, and no level is skipped."""
    levels = [int(tag[1]) for tag, _ in outline.elements if re.fullmatch("h[1-6]", tag)]

    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels) if before > 1)


def test_tables_have_heads_and_pictures_have_labels(outline: Outline) -> None:
    """A reader who does not see the page gets column heads and chart labels."""
    assert all(head.get("scope") in {"col", "row"} for head in outline.all("th"))
    assert [svg.get("role") for svg in outline.all("svg")] == ["img"] * 4
    assert all(svg.get("aria-label") for svg in outline.all("svg"))


def test_headline_then_completeness_then_findings(outline: Outline) -> None:
    """The answer comes first, what it rests on second, what to do third."""
    words = ("judged messages did not go", "Most important causes", "rows in the files", "What to do.", "Calibration")
    places = [outline.text.index(word) for word in words[:2]]
    places += [outline.text.rindex(word) for word in words[2:]]

    assert places == sorted(places)


def test_cards_carry_the_finding() -> None:
    """A finding shows code, counts, facts, advice and examples; times are UTC."""
    said = " ".join(Outline(write(causes(cause()), findings(finding(policies=["precedence=example"])))).text.split())

    for words in (
        "MF103 onprem-recipient-unrouted",
        "312 messages, 40 failed",
        "2026-10-03 08:05 to 2026-10-29 17:40 UTC",
        "precedence=example",
        "What to do. Add fabrikam.com to RecipientDomains",
        "<a1@contoso.com>",
    ):
        assert words in said


def test_traps_of_the_configuration_have_a_section_of_their_own() -> None:
    """A trap stands in its own table and not among the cards, however grave; without one there is no section."""
    trap = finding(code="MF312", name="smart-host-missing", severity="high", title="No smart host", messages=0)
    html = write(found=findings(trap, finding()))
    section = html[html.index('id="configuration"') : html.index('id="charts"')]

    assert "No smart host" in section
    assert html.count("No smart host") == 1
    assert 'id="configuration"' not in write(found=findings(finding()))


def test_many_domains_are_cut_and_counted() -> None:
    """Of sixty domains fifty are shown, and the rest is counted."""
    said = Outline(write(causes(*(cause(recipient_domain=f"d{n:02}.example.com", messages=1) for n in range(60))))).text

    assert "10 more domains with 10 messages not shown" in said


def test_many_findings_are_all_there() -> None:
    """Findings beyond the sixtieth are one line each, still with their anchor."""
    outline = Outline(write(found=findings(*(finding(title=f"finding no {n}") for n in range(75)))))

    assert len(outline.all("article")) == 60
    assert all(f"finding no {n}" in outline.text for n in range(75))


def test_books_that_do_not_balance_raise_a_warning() -> None:
    """A page that cannot be relied upon says so."""
    broken = {"rows": 120, "read": 100, "rejected": 2, "noise": 11, "verdict_rows": 10}
    said = Outline(write(causes(cause()), books=broken)).text

    assert "The books do not balance: 120 rows in the files" in said
    assert "Do not rely on this report" in said
    assert "Do not rely" not in Outline(write()).text


def test_calibration_gives_the_line_to_write() -> None:
    """Where the log contradicts a policy throughout, the line for mailflow.toml is there."""
    said = " ".join(Outline(write()).text.split())

    assert 'in mailflow.toml below [policy]: precedence = "list"' in said


def test_what_is_absent_is_said_to_be_absent() -> None:
    """An export that was not given is not shown as zero."""
    assert "not given" in Outline(write()).text


def test_empty_run_has_a_page() -> None:
    """A run without inputs, snapshots or messages still gives a whole page."""
    nothing: dict[str, Any] = {"first": None, "last": None, "connector_evidence_share": None, "notes": []}
    tenant = {**run()["tenant"], "snapshots": []}
    outline = Outline(
        write(CAUSES.empty(), FINDINGS.empty(), inputs=[], completeness=nothing, tenant=tenant, policies={})
    )

    assert outline.open == []
    assert "No message could be judged." in outline.text
