"""`mailflow report`: look again at a finished run."""

from __future__ import annotations

from pathlib import Path

import click

from analyzer.errors import UsageError


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--html", is_flag=True, help="Write report.html anew from the stored tables.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.option("--chart", metavar="NAME", help="Write one chart to the file of --png or --svg.")
@click.option("--png", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="The picture to write.")
@click.option("--svg", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="The drawing to write.")
def report(
    directory: Path, *, html: bool, as_json: bool, chart: str | None, png: Path | None, svg: Path | None
) -> None:
    """Print the summary of the finished run in DIRECTORY, or write parts of it anew."""
    from analyzer.report.report import Report

    if (chart is None) != (png is None and svg is None):
        raise UsageError("--chart NAME and --png FILE or --svg FILE go together")
    finished = Report.open(directory)
    if chart is not None:
        for form, file in (("png", png), ("svg", svg)):
            if file is not None:
                finished.save_chart(chart, file, form=form)
    if html:
        click.echo(finished.write_page())
    if as_json:
        click.echo(finished.findings_json(), nl=False)
    elif chart is None and not html:
        click.echo(finished.text())
