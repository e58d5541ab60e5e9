"""Pieces of a batch that are read as one: they give what each of them gives alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.formats import Log
from analyzer.inputs import find
from analyzer.pipeline.batches import Piece
from analyzer.pipeline.books import Options
from analyzer.pipeline.intake import Intake
from analyzer.pipeline.pieces import Read, read_pieces

HEAD = "origin_timestamp_utc,sender_address,recipient_status,message_id,directionality,connector_id\r\n"
ROW = "2026-03-02T08:00:00Z,sun@wingtiptoys.com,ann@contoso.com##Deliver,<{n}@wingtiptoys.com>,1,\r\n"
LINES = (
    ROW,
    '2026-03-02T08:00:00Z,sun@wingtiptoys.com,ann@contoso.com##Deliver;bob@contoso.com##Fail,"<a,""{n}>",1,Inbound\r\n',
    '2026-03-02T08:00:00Z,"sun\n@wingtiptoys.com",ann@contoso.com##Deliver,<{n}@wingtiptoys.com>,1,\n',
    "yesterday,sun@wingtiptoys.com,ann@contoso.com##Deliver,<{n}@wingtiptoys.com>,1,\r\n",
    "2026-03-02T08:00:00Z,sun@wingtiptoys.com,,<{n}@wingtiptoys.com>,1,\r\n",
    "2026-03-02T08:00:00Z,HealthMailbox1@contoso.com,ann@contoso.com##Deliver,<{n}>,1,\r\n",
    "too,few\r\n",
    "\r\n",
    HEAD,
)


def pieces(files: list[str], folder: Path) -> list[Piece]:
    """The pieces of some files, as a run gathers them."""
    for number, text in enumerate(files):
        (folder / f"{number:03d}.csv").write_text(text, "utf-8", newline="")
    intake = Intake(find([str(folder)]), Options())
    return [piece for batch in intake.batches() for piece in batch.pieces]


def shown(reads: list[Read]) -> list[tuple[list[dict[str, Any]], object]]:
    """Rows, and what goes into the books, of each piece."""
    found: list[tuple[list[dict[str, Any]], object]] = []
    for read in reads:
        rows = read.rows.to_pylist()
        ends = [*read.starts[1:].tolist(), len(rows)]
        for place, tally in enumerate(read.tallies):
            spans = [
                span
                for span, piece in zip(zip(read.starts, ends, strict=True), read.piece, strict=True)
                if piece == place
            ]
            own = [row for start, end in spans for row in rows[start:end]]
            books = (
                tally.book,
                tally.records,
                tally.rejects.to_pylist(),
                dict(tally.noise),
                tally.source_file,
                tally.notes,
            )
            found.append((own, books))
    return found


@given(st.lists(st.tuples(st.lists(st.sampled_from(LINES), max_size=6), st.booleans()), min_size=2, max_size=6))
def test_together_as_alone(tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[list[str], bool]]) -> None:
    """Files of rows, rejects and noise in any order, ended or not, give the same rows and books as each alone."""
    texts = ["".join([HEAD, ROW, *lines]).format(n=number) for number, (lines, _) in enumerate(drawn)]
    ended = [
        text if end else text.removesuffix("\n").removesuffix("\r") for text, (_, end) in zip(texts, drawn, strict=True)
    ]
    found = pieces(ended, tmp_path_factory.mktemp("files"))

    alone = [read for piece in found for read in read_pieces([piece])]
    together = list(read_pieces(found))

    assert shown(together) == shown(alone)
    assert [tally.book for read in together for tally in read.tallies] == list(range(len(drawn)))


def test_like_files_are_one_read(tmp_path: Path) -> None:
    """Files of one header are read at once; another header, or a torn last row, is read by itself."""
    other = HEAD.replace("message_id", "Message_ID")
    texts = [HEAD + ROW, HEAD + ROW, other + ROW, HEAD + ROW, HEAD + ROW[:-20], HEAD + ROW]
    files = [text.format(n=number) for number, text in enumerate(texts)]

    reads = list(read_pieces(pieces(files, tmp_path)))

    assert [len(read.tallies) for read in reads] == [2, 1, 1, 1, 1]


def test_dates_of_both_orders_are_noted_where_they_are(tmp_path: Path) -> None:
    """A date of the other order is a reject of its own file, and only that file bears the note."""
    head = "MessageTraceId,Received,SenderAddress,RecipientAddress,Status,FromIP,ToIP,Size,MessageId,Subject\r\n"
    ids = "1f2e3d4c-0000-0000-0000-00000000000{n},{date} 08:00:00"
    row = ids + ",ann@contoso.com,sun@wingtiptoys.com,Delivered,,,1,<{n}>,x\r\n"
    dates = (("25/03/2026", "26/03/2026"), ("25/03/2026", "03/26/2026"))
    texts = [head + "".join(row.format(n=n, date=date) for n, date in enumerate(pair)) for pair in dates]
    found = pieces(texts, tmp_path)

    (read,) = read_pieces(found)

    assert all(isinstance(piece.log, Log) for piece in found)
    assert [(tally.rejects["source_row"].to_pylist(), len(tally.notes)) for tally in read.tallies] == [
        ([], 0),
        ([2], 1),
    ]
