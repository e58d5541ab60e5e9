"""The report folder: written whole, opened again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analyzer.charts import CHARTS
from analyzer.errors import UnreadableInput, UsageError
from analyzer.report.report import Report
from analyzer.report.run import Run
from analyzer.report.writing import write_report
from analyzer.schema import CAUSES, FINDINGS, MESSAGES
from analyzer.summaries import SUMMARIES
from tests.report.sample import cause, causes, coverage, covered, finding, findings, month, month_findings, run


def written(folder: Path, cube: pa.Table | None = None, found: pa.Table | None = None, **changes: Any) -> Report:
    """Write a report into a folder as the pipeline does, and open it."""
    cube = month(days=3) if cube is None else cube
    (folder / "messages").mkdir(parents=True, exist_ok=True)
    pq.write_table(MESSAGES.empty(), folder / "messages" / "part-00000.parquet")
    messages = sum(cube["messages"].to_pylist())
    found = month_findings() if found is None else found
    write_report(folder, run(messages, **changes), causes=cube, findings=found, coverage=coverage(covered()))
    return Report.open(folder)


def test_everything_promised_is_there(tmp_path: Path) -> None:
    """The folder holds each table, summary and chart under its name."""
    written(tmp_path)
    files = {str(file.relative_to(tmp_path)).replace("\\", "/") for file in tmp_path.rglob("*") if file.is_file()}

    assert files == {
        "run.json",
        "causes.parquet",
        "findings.parquet",
        "findings.json",
        "report.html",
        "messages/part-00000.parquet",
        *(f"summaries/{summary.name}.parquet" for summary in SUMMARIES),
        *(f"charts/{chart.name}.svg" for chart in CHARTS),
    }


def test_tables_come_back_as_they_were(tmp_path: Path) -> None:
    """What is opened equals what was written, with the declared columns."""
    cube, found = month(days=2), month_findings()
    report = written(tmp_path, cube, found)

    assert report.causes.equals(cube)
    assert report.finding_rows.equals(found)
    assert report.run["tool"]["version"] == "0.1.0"
    assert list(report.findings.columns) == [column.name for column in FINDINGS]
    assert report.messages().schema.equals(MESSAGES.arrow)
    assert report.messages().count_rows() == 0


def test_files_do_not_depend_on_the_clock(tmp_path: Path) -> None:
    """Two runs over the same input differ in run.json and the page's foot alone."""
    written(tmp_path / "a")
    written(tmp_path / "b", started_at="2026-11-03T01:00:00+00:00", finished_at="2026-11-03T02:00:00+00:00")
    files = sorted(file.relative_to(tmp_path / "a") for file in (tmp_path / "a").rglob("*.*"))
    differing = [str(f) for f in files if (tmp_path / "a" / f).read_bytes() != (tmp_path / "b" / f).read_bytes()]

    assert differing == ["report.html", "run.json"]


def test_summaries_on_disk_are_those_of_the_report(tmp_path: Path) -> None:
    """A summary read from its file equals the one that the report cuts."""
    report = written(tmp_path)

    for summary in SUMMARIES:
        stored = pq.read_table(tmp_path / "summaries" / f"{summary.name}.parquet")
        assert stored.to_pandas().equals(report.summary(summary.name))


def test_findings_json_is_plain(tmp_path: Path) -> None:
    """Findings are plain JSON with times in ISO form, the same text that --json prints."""
    report = written(tmp_path, found=findings(finding()))
    stored = (tmp_path / "findings.json").read_text("utf-8")
    [first] = json.loads(stored)["findings"]

    assert stored == report.findings_json()
    assert (first["code"], first["first_seen"]) == ("MF103", "2026-10-03T08:05:00+00:00")
    assert first["examples"] == ["<a1@contoso.com>", "<a2@contoso.com>"]


def test_empty_run_is_a_report(tmp_path: Path) -> None:
    """A run without a single message writes and opens like any other."""
    nothing: dict[str, Any] = {"first": None, "last": None, "connector_evidence_share": None, "notes": []}
    report = written(tmp_path, CAUSES.empty(), FINDINGS.empty(), completeness=nothing, inputs=[])

    assert report.findings.empty
    assert list(report.summary("connectors").columns)[:3] == ["side", "logged", "selected"]
    assert "No message could be judged." in report.text()


def test_write_page_restores_the_page(tmp_path: Path) -> None:
    """The page can be written anew from the stored tables, and nothing else is left behind."""
    report = written(tmp_path)
    first = (tmp_path / "report.html").read_bytes()
    (tmp_path / "report.html").unlink()

    assert report.write_page().read_bytes() == first
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("name, begin", [("a.png", b"\x89PNG"), ("a.svg", b"<svg"), ("A.SVG", b"<svg")])
def test_save_chart_goes_by_the_name(tmp_path: Path, name: str, begin: bytes) -> None:
    """A chart is written in the form that the file name ends in."""
    report = written(tmp_path / "out")

    assert report.save_chart("flow", tmp_path / name).read_bytes().startswith(begin)


def test_save_chart_refuses_other_forms(tmp_path: Path) -> None:
    """Another form is refused by name, and a folder that is not there too."""
    report = written(tmp_path)

    with pytest.raises(UsageError, match="png and svg"):
        report.save_chart("flow", tmp_path / "a.gif")
    with pytest.raises(UsageError, match="cannot be written"):
        report.save_chart("flow", tmp_path / "nowhere" / "a.svg")


@pytest.mark.parametrize("ask", [lambda r: r.summary("nope"), lambda r: r.chart("nope")], ids=["summary", "chart"])
def test_unknown_names_are_the_users_mistake(tmp_path: Path, ask: Any) -> None:
    """A summary or chart that does not exist is refused, naming those that do."""
    with pytest.raises(UsageError, match="verdicts_by_day"):
        ask(written(tmp_path))


@pytest.mark.parametrize(
    "content, said",
    [
        (None, "there is no report here"),
        ("{", "not the record of a run"),
        ("[]", "not the record of a run"),
        ('{"schema_version": 1}', "not the record of a run"),
        ('{"schema_version": 9}', "schema version 9"),
    ],
)
def test_folder_that_is_no_report(tmp_path: Path, content: str | None, said: str) -> None:
    """What is no report is refused in one line that says what would be accepted."""
    if content is not None:
        (tmp_path / "run.json").write_text(content, encoding="utf-8")

    with pytest.raises(UnreadableInput, match=said) as caught:
        Report.open(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["causes", "findings"])
def test_broken_table_is_named(tmp_path: Path, name: str) -> None:
    """A table that is missing or is no table is named."""
    written(tmp_path)
    (tmp_path / f"{name}.parquet").write_bytes(b"PAR1 not really")

    with pytest.raises(UnreadableInput, match=f"{name}.parquet"):
        Report.open(tmp_path)


def test_notebook_view_is_small_and_escaped(tmp_path: Path) -> None:
    """In a notebook a report shows its headline and verdicts."""
    html = written(tmp_path, causes(cause(verdict="mismatch", messages=3)))._repr_html_()

    assert "3 of 3 judged messages did not go" in html
    assert "<td>mismatch</td>" in html
    assert len(html) < 500


def test_run_record_reads_both_shapes_of_noise() -> None:
    """The books' noise may be one number or numbers by kind."""
    books = run()["books"]

    assert Run.of(run(books={**books, "noise": {"blank-row": 4, "event-expand": 7}})).books.noise == 11
    assert Run.of(run()).books.noise == 11


def test_remarks_say_each_note_once() -> None:
    """A note of an input that the completeness notes repeat is told once."""
    completeness = {**run()["completeness"], "notes": ["logs/enhanced-summary.csv: the file ends inside a row"]}

    assert Run.of(run(completeness=completeness)).remarks == ("logs/enhanced-summary.csv: the file ends inside a row",)


def test_choices_are_said_in_words() -> None:
    """Options and settings read as words; what nobody chose is left out."""
    chosen = Run.of(run(options={"since": None, "policies": {}}, settings={
        "mx": {"default": None, "fabrikam.com": "onpremises"}, "grace": 60.0, "complete": True
    })).choices  # fmt: skip

    assert chosen == (("mx", "fabrikam.com = onpremises"), ("grace", "60"), ("complete", "yes"))
