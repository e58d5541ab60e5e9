"""The folder that `mailflow analyze --out` leaves: written whole from tables, opened again as a `Report`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
from markupsafe import Markup

from analyzer import summaries
from analyzer.errors import UnreadableInput, UsageError
from analyzer.report.run import SCHEMA_VERSION, Run
from analyzer.report.text import NEEDED, summary_text
from analyzer.report.wording import Totals, headline
from analyzer.schema import CAUSES, FINDINGS, MESSAGES, TableSchema
from analyzer.summaries import COVERAGE

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow.dataset as ds
    from matplotlib.figure import Figure

    from analyzer.report.explanation import Explanation

SUMMARIES = "summaries"  # the folder that holds them
_ACCEPTED = "a folder written by `mailflow analyze --out` would be accepted"


@dataclass(frozen=True, slots=True)
class Report:
    """A finished run: its record, its cube, findings and coverage; everything else is cut or drawn from them."""

    path: Path
    run: Mapping[str, Any]
    causes: pa.Table
    finding_rows: pa.Table
    coverage_rows: pa.Table

    @classmethod
    def open(cls, path: str | Path) -> Report:
        """Open the folder of a finished run; UnreadableInput where it is none."""
        folder = Path(path)
        run = _read_run(folder)
        return cls(
            folder,
            run,
            _read_table(folder, CAUSES),
            _read_table(folder, FINDINGS),
            _read_table(folder / SUMMARIES, COVERAGE),
        )

    @property
    def findings(self) -> pd.DataFrame:
        """The findings, the gravest first."""
        frame: pd.DataFrame = self.finding_rows.to_pandas()
        return frame

    def messages(self) -> ds.Dataset:
        """The verdict rows, to be scanned by columns and filters; they may be more than fit in memory."""
        from pyarrow.dataset import dataset  # noqa: PLC0415 - the command line has no use for it

        return dataset(self.path / "messages", schema=MESSAGES.arrow, format="parquet")

    def summary(self, name: str) -> pd.DataFrame:
        """One summary by name; UsageError names those that exist."""
        frame: pd.DataFrame = self._cut(name).to_pandas()
        return frame

    def chart(self, name: str) -> Figure:
        """One chart by name; UsageError names those that exist."""
        from analyzer import charts  # noqa: PLC0415 - matplotlib is for those who look

        chart = charts.find(name)
        return chart.draw(self._cut(chart.of))

    def save_chart(self, name: str, path: str | Path, *, form: str | None = None) -> Path:
        """Write one chart to a file, in the form (png or svg) that is given or that the name ends in."""
        from analyzer import charts  # noqa: PLC0415 - matplotlib is for those who look

        chart, target = charts.find(name), Path(path)
        match form or target.suffix.lower().removeprefix("."):
            case "png":
                drawn = chart.png(self._cut(chart.of))
            case "svg":
                drawn = chart.svg(self._cut(chart.of)).encode()
            case other:
                raise UsageError(f"{target.name}: {other!r} is no form of a chart; png and svg are")
        return _put(target, drawn)

    def explain(
        self, message_id: str, tenant: str | None = None, *, subject: str | None = None
    ) -> tuple[Explanation, ...]:
        """Every row of one message with the decision behind it, as `mailflow explain` prints them.

        Args:
            message_id: Internet message ID or network message ID.
            tenant: the tenant folder, where it was moved since.
            subject: the message's subject, for mail flow rules that look at it.
        """
        from analyzer.report.explanation import explain_message  # noqa: PLC0415 - it opens reports itself

        return explain_message(message_id, self.path, tenant, subject=subject)

    def text(self) -> str:
        """The summary for a terminal: completeness, verdicts, top findings, calibration."""
        return summary_text(Run.of(self.run), {name: self._cut(name) for name in NEEDED}, where=str(self.path))

    def findings_json(self) -> str:
        """The findings as the JSON text of findings.json."""
        return findings_json(self.finding_rows)

    def write_page(self) -> Path:
        """Write report.html anew from the stored tables; the earlier page stays whole until then."""
        from analyzer.report.writing import drawn_page  # noqa: PLC0415 - the same

        cut = summaries.summarise(self.causes, self.finding_rows, self.coverage_rows)
        return _put(self.path / "report.html", drawn_page(Run.of(self.run), cut, self.finding_rows).encode())

    def _cut(self, name: str) -> pa.Table:
        try:
            summary = summaries.find(name)
        except KeyError as error:
            raise UsageError(str(error.args[0])) from None
        given = {CAUSES.name: self.causes, FINDINGS.name: self.finding_rows, COVERAGE.name: self.coverage_rows}
        return summary.cut(given[summary.of.name])

    def _repr_html_(self) -> str:
        totals = Totals.of(self._cut("verdicts"))
        told = headline(totals, own_servers=Run.of(self.run).own_servers_alone)
        row = Markup("<tr><td>{}</td><td style='text-align:right'>{}</td></tr>")
        rows = Markup("").join(row.format(name, count) for name, count in totals.messages.items() if count)
        whole = Markup("<p><strong>{}</strong> {}</p><table>{}</table>")
        return str(whole.format(told.sentence, told.detail, rows))


def findings_json(findings: pa.Table) -> str:
    """Write findings as the JSON text of findings.json."""
    rows = [{key: _plain(value) for key, value in row.items()} for row in findings.to_pylist()]
    return json.dumps({"schema_version": SCHEMA_VERSION, "findings": rows}, indent=2, ensure_ascii=False) + "\n"


def _plain(value: Any) -> Any:  # noqa: ANN401  a cell of a table, of any type
    return value.isoformat() if hasattr(value, "isoformat") else value


def _put(target: Path, content: bytes) -> Path:
    """Write a file aside and move it into place: an interrupted run leaves the earlier one whole."""
    aside = target.with_name(f".{target.name}.new")
    try:
        aside.write_bytes(content)
        aside.replace(target)
    except OSError as error:
        raise UsageError(f"{target}: cannot be written ({error.strerror})") from None
    return target


def _read_run(folder: Path) -> Mapping[str, Any]:
    """Read and check run.json."""
    record = folder / "run.json"
    try:
        run: Mapping[str, Any] = json.loads(record.read_text("utf-8"))
        version = run["schema_version"]
        if version == SCHEMA_VERSION:
            Run.of(run)
            return run
    except FileNotFoundError:
        raise UnreadableInput(str(folder), "there is no report here", _ACCEPTED) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableInput(str(record), f"not the record of a run ({error})", _ACCEPTED) from None
    found = f"the report has schema version {version}"
    raise UnreadableInput(str(record), found, f"this program reads version {SCHEMA_VERSION}")


def _read_table(folder: Path, declared: TableSchema) -> pa.Table:
    """Read one of the report's tables, with exactly its declared columns."""
    file = folder / f"{declared.name}.parquet"
    try:
        return pq.read_table(file).select(declared.arrow.names).cast(declared.arrow)
    except (OSError, KeyError, pa.ArrowException) as error:
        raise UnreadableInput(str(file), f"not the table of a report ({error})", _ACCEPTED) from None
