"""`mailflow report`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from analyzer.cli.report import report
from analyzer.errors import MailflowError, UnreadableInput, UsageError
from tests.report.test_report import written


def invoke(*arguments: str | Path) -> Result:
    """Run the command; the user's mistakes come out as they are."""
    result = CliRunner().invoke(report, [str(argument) for argument in arguments])
    if isinstance(result.exception, MailflowError):
        raise result.exception
    return result


def test_prints_the_summary(tmp_path: Path) -> None:
    """Without options the summary goes to stdout."""
    finished = written(tmp_path)
    result = invoke(tmp_path)

    assert (result.exit_code, result.stdout) == (0, finished.text() + "\n")


def test_json_prints_the_findings(tmp_path: Path) -> None:
    """--json prints what findings.json holds, and nothing else."""
    written(tmp_path)

    assert json.loads(invoke(tmp_path, "--json").stdout) == json.loads((tmp_path / "findings.json").read_text("utf-8"))


def test_html_writes_the_page(tmp_path: Path) -> None:
    """--html writes the page anew and says where it is."""
    written(tmp_path)
    (tmp_path / "report.html").write_text("old", encoding="utf-8")
    result = invoke(tmp_path, "--html")

    assert result.stdout.strip() == str(tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text("utf-8").startswith("<!doctype html>")


def test_chart_is_written_in_the_form_of_the_option(tmp_path: Path) -> None:
    """The option says the form, whatever the file is called; both may be asked for at once."""
    written(tmp_path / "out")
    png, svg = tmp_path / "picture", tmp_path / "drawing.svg"
    result = invoke(tmp_path / "out", "--chart", "top_causes", "--png", png, "--svg", svg)

    assert (result.exit_code, result.stdout) == (0, "")
    assert png.read_bytes().startswith(b"\x89PNG")
    assert svg.read_text("utf-8") == (tmp_path / "out" / "charts" / "top_causes.svg").read_text("utf-8")


@pytest.mark.parametrize("options", [["--chart", "flow"], ["--png", "a.png"], ["--svg", "a.svg"]])
def test_half_a_request_is_refused(tmp_path: Path, options: list[str]) -> None:
    """A chart without a file, or a file without a chart, is a mistake, said before anything is read."""
    with pytest.raises(UsageError, match="go together"):
        invoke(tmp_path, *options)


def test_unknown_chart_is_refused(tmp_path: Path) -> None:
    """A chart that does not exist is refused with the names of those that do."""
    written(tmp_path)

    with pytest.raises(UsageError, match="connector_matrix"):
        invoke(tmp_path, "--chart", "pie", "--png", tmp_path / "a.png")


def test_folder_without_report_is_refused(tmp_path: Path) -> None:
    """A folder that holds no report exits 3 in the end."""
    with pytest.raises(UnreadableInput, match="there is no report here") as caught:
        invoke(tmp_path)

    assert caught.value.exit_code == 3
