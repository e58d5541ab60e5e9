"""The Inbound and Outbound messages reports: counts, and no messages."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from analyzer.formats import open_log
from analyzer.formats.connector_report import reported
from analyzer.inputs import find
from tests.formats.reading import csv_text, read, write

ROW = {"Date": "3/24/2025", "Connector direction and name": "Inbound: From plant", "TLS 1.2": "412", "Volume": "412"}


def test_its_rows_are_counted_and_stand_for_no_message(tmp_path: Path) -> None:
    """The books hold every row, as a kind of noise of its own; a row without a day is a reject."""
    found = read(write(tmp_path, csv_text(ROW, ROW, ROW | {"Date": "total"})))

    assert (found.log.format.name, found.rows, found.noise) == ("connector-report", [], {"connector-count": 2})
    assert found.rejected() == [3]


@pytest.mark.parametrize(
    "change, expected",
    [
        ({}, ("inbound", "From plant", 412)),
        ({"Connector direction and name": "OUTBOUND - To lab: east"}, ("outbound", "To lab: east", 412)),
        ({"Connector direction and name": "Inbound: NoConnector"}, ("inbound", "(none)", 412)),
        ({"Connector direction and name": "Outbound: Internet"}, ("outbound", "(none)", 412)),
        ({"Volume": "1,307"}, ("inbound", "From plant", 1307)),
        ({"Volume": "1.307"}, ("inbound", "From plant", 1307)),
        ({"Volume": ""}, None),
        ({"Connector direction and name": "From plant"}, None),
    ],
)
def test_counts_are_by_day_side_and_connector(
    tmp_path: Path, change: dict[str, str], expected: tuple[str, str, int] | None
) -> None:
    """Side and name are taken apart; what has neither a side nor a count is left out."""
    found = reported(open_log(find([str(write(tmp_path, csv_text(ROW | change)))])[0]))

    rows = [(row["day"], row["side"], row["connector"], row["reported"]) for row in found.to_pylist()]
    assert rows == ([(date(2025, 3, 24), *expected)] if expected else [])
