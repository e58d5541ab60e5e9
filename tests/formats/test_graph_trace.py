"""Microsoft Graph's list of message traces: the message trace under other names."""

from __future__ import annotations

import json
from pathlib import Path

from analyzer.formats import Evidence
from analyzer.formats.graph_trace import GRAPH_TRACE
from analyzer.formats.json_cutting import MORE_PAGES
from tests.formats.reading import GRAPH_ROW, TRACE, csv_text, json_lines, read, write


def test_it_reads_like_the_cmdlets_trace(tmp_path: Path) -> None:
    """The same message gives the same row, size and blank next hop included."""
    graph = GRAPH_ROW | {"receivedDateTime": TRACE["Received"], "recipientAddress": TRACE["RecipientAddress"]}

    assert read(write(tmp_path, json_lines([graph | {"size": 48213}]))).rows == read(
        write(tmp_path, csv_text(TRACE), "trace.csv")
    ).rows  # fmt: skip


def test_a_page_of_several_says_so(tmp_path: Path) -> None:
    """An answer with a next link is a part of the result, and a note says that more is behind it."""
    link = "https://graph.microsoft.com/v1.0/admin/exchange/tracing/messageTraces?$skiptoken=AA"
    found = read(write(tmp_path, json.dumps({"@odata.nextLink": link, "value": [GRAPH_ROW]}), "page.json"))

    assert (len(found.rows), found.log.notes) == (1, (MORE_PAGES,))


def test_it_names_no_connector() -> None:
    """Nothing can be compared with it."""
    assert GRAPH_TRACE.evidence is Evidence.NONE
