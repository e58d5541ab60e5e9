"""Small chunks of like files read as one: what reading costs before its first row is paid once for all of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analyzer.formats.base import Parsed
from analyzer.formats.chunk import Chunk, Layout, Positions
from analyzer.formats.csv_layout import CsvLayout
from analyzer.formats.exchange_layout import ExchangeLayout
from analyzer.formats.log import Log
from analyzer.formats.marks import quote_positions, record_spans


def read_alike(one: tuple[Log, Chunk], other: tuple[Log, Chunk]) -> bool:
    """Tell whether two chunks can be read as one: plain records, of the same columns, read in the same way."""
    return _is_plain(*one) and _is_plain(*other) and _way(one[0]) == _way(other[0])


def _is_plain(log: Log, chunk: Chunk) -> bool:
    """Whether a chunk is nothing but its text, and is read without regard to the file it is of."""
    bare = chunk.spans is None and not (chunk.broken or chunk.layout or chunk.around or chunk.cells)
    format_ = log.format
    return bare and log.clock is None and format_.joined is None and format_.message_cap is None and bool(_way(log))


def _way(log: Log) -> tuple[object, ...]:
    """Give what the reading of a log's records rests on; nothing where they need more than their own text."""
    layouts = _delimited(log.layout)
    return (log.order, *((one.grammar.delimiter, one.names, one.columns) for one in layouts)) if layouts else ()


def _delimited(layout: Layout) -> tuple[CsvLayout, ...]:
    match layout:
        case CsvLayout():
            return () if layout.lacking else (layout,)
        case ExchangeLayout():
            return layout.sets
    return ()


def read_together(chunks: Sequence[tuple[Log, Chunk]]) -> tuple[Parsed, Positions] | None:
    """Read chunks, any two of which are alike, as one.

    Returns:
        What they hold, with rows numbered through all of them, and how many records each has; None where these do
        not add up, so that each has to be read alone.
    """
    texts = [_ended(chunk.data) for _, chunk in chunks]
    counts = np.array([len(record_spans(text, quote_positions(text))) for text in texts], np.int64)
    parsed = chunks[0][0].parse(Chunk(b"".join(texts)))
    return (parsed, counts) if parsed.records == counts.sum() else None


def _ended(text: bytes) -> bytes:
    """End the last record of a file that does not."""
    return text if not text or text.endswith(b"\n") else text + b"\n"
