"""A connector report beside a log: counts of the days that both cover, and a note where they differ."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import analyzer
from analyzer.summaries.cross_check import cross_check

SAMPLES = Path(__file__).resolve().parent.parent / "sample_logs"
LOG = SAMPLES / "logs" / "enhanced-summary.csv"


def _logged(report: analyzer.Report, connector: str) -> tuple[date, int]:
    """The busiest day of an outbound connector, and how many recipients were sent to through it."""
    causes = report.causes.filter(pc.equal(report.causes["logged_outbound"], connector))
    days = causes.group_by("day").aggregate([("messages", "sum")]).sort_by([("messages_sum", "descending")])
    return days["day"][0].as_py(), days["messages_sum"][0].as_py()


def test_counts_stand_side_by_side_and_differences_are_told(tmp_path: Path) -> None:
    """Equal counts are silent, others are told, days of only one of the two are left out, and the books balance."""
    tenant = analyzer.load_tenant(SAMPLES / "tenant")
    alone = analyzer.analyze([LOG], tenant, out=tmp_path / "alone")
    (one, many), (other, few) = _logged(alone, "Connector 1"), _logged(alone, "Connector 2")
    lines = [
        "Date,Connector direction and name,Volume",
        f"{one.isoformat()},Outbound: connector 1,{many}",
        f"{other.isoformat()},Outbound: Connector 2,{few + 40}",
        "2020-01-01,Outbound: Connector 2,99",
    ]
    (tmp_path / "report.csv").write_text("\n".join(lines) + "\n")
    report = analyzer.analyze([LOG, tmp_path / "report.csv"], tenant, out=tmp_path / "out")
    checked = pq.read_table(tmp_path / "out" / "summaries" / "connector_report.parquet").to_pylist()
    notes = [note for note in report.run["completeness"]["notes"] if note.startswith("connector report")]

    assert {(row["day"], row["connector"], row["reported"], row["logged"]) for row in checked} == {
        (one, "connector 1", many, many),
        (other, "Connector 2", few + 40, few),
    }
    assert [f"outbound Connector 2: {few + 40:,} messages" in note for note in notes] == [True]
    books = {one["format"]: one["noise"] for one in report.run["inputs"]}
    assert books["connector-report"] == {"connector-count": 3}
    assert not (tmp_path / "alone" / "summaries" / "connector_report.parquet").exists()


def test_a_connector_that_no_row_names_counts_nothing() -> None:
    """What the report counted and the log does not show is a zero, not a gap."""
    day = pa.array([date(2026, 3, 24)], pa.date32())
    causes = pa.table(
        {
            "day": day,
            "vantage": ["office365"],
            "evidence": ["none"],
            "logged_inbound": ["A"],
            "logged_outbound": ["A"],
            "messages": [5],
        }
    )
    reported = pa.table({"day": day, "side": ["inbound"], "connector": ["A"], "reported": [7]})

    assert [row["logged"] for row in cross_check(causes, reported).to_pylist()] == [0]
