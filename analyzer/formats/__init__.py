"""The log formats, and the one door to a log: `open_log`."""

from __future__ import annotations

from analyzer.formats.base import Evidence, Format, Parsed
from analyzer.formats.chunk import CHUNK_BYTES, Chunk
from analyzer.formats.connector_report import CONNECTOR_REPORT
from analyzer.formats.cutting import Cut
from analyzer.formats.email_events import EMAIL_EVENTS
from analyzer.formats.enhanced_summary import ENHANCED_SUMMARY
from analyzer.formats.extended import EXTENDED
from analyzer.formats.graph_detail import GRAPH_DETAIL
from analyzer.formats.graph_trace import GRAPH_TRACE
from analyzer.formats.log import Log
from analyzer.formats.message_trace import MESSAGE_TRACE
from analyzer.formats.placed import Placed, placed
from analyzer.formats.postfix import POSTFIX
from analyzer.formats.protocol import SMTP_PROTOCOL
from analyzer.formats.recognition import Said, recognise
from analyzer.formats.sendmail import SENDMAIL
from analyzer.formats.store import NORMALISED, StoredChunk, StoredLog
from analyzer.formats.together import read_alike, read_together
from analyzer.formats.trace_detail import TRACE_DETAIL
from analyzer.formats.tracking import MESSAGE_TRACKING, TRACKING_EXPORT
from analyzer.inputs import Source

__all__ = [
    "CHUNK_BYTES",
    "FORMATS",
    "NORMALISED",
    "Chunk",
    "Cut",
    "Evidence",
    "Format",
    "Log",
    "Parsed",
    "Placed",
    "StoredChunk",
    "StoredLog",
    "open_input",
    "open_log",
    "parse",
    "placed",
    "read_alike",
    "read_together",
]

FORMATS: tuple[Format, ...] = (
    MESSAGE_TRACE,
    TRACE_DETAIL,
    GRAPH_TRACE,
    GRAPH_DETAIL,
    ENHANCED_SUMMARY,
    EXTENDED,
    EMAIL_EVENTS,
    CONNECTOR_REPORT,
    MESSAGE_TRACKING,
    TRACKING_EXPORT,
    SMTP_PROTOCOL,
    POSTFIX,
    SENDMAIL,
)


def open_log(
    source: Source,
    *,
    format_name: str | None = None,
    date_order: str | None = None,
    timezone: str | None = None,
    encoding: str | None = None,
) -> Log:
    """Recognise a log by what it holds.

    Args:
        source: The log, as `analyzer.inputs.find` gives it.
        format_name: Name of a format, where the columns do not tell.
        date_order: `dmy` or `mdy`, where no date in the file tells.
        timezone: `Europe/Berlin` or `+02:00`, for times without a zone in formats where these are local.
        encoding: A code page such as `cp1251`, where the bytes do not tell.

    Raises:
        LogError: Where it is empty, of another program, or its dates cannot be told apart.
        UsageError: Where the format, date order, zone or encoding asked for does not exist.
    """
    return recognise(source, FORMATS, Said(format_name, date_order, timezone, encoding))


def open_input(source: Source, **said: str | None) -> Log | StoredLog:
    """Open a store of normalised rows, or recognise a log as `open_log` does."""
    return StoredLog.open(source, FORMATS) if source.is_store else open_log(source, **said)


def parse(log: Log | StoredLog, chunk: Chunk | StoredChunk | Placed) -> Parsed:
    """Read a chunk of the log that it came from; may be called from any thread."""
    match log, chunk:
        case StoredLog(), StoredChunk():
            return log.parse(chunk)
        case Log(), Placed():
            return log.parse(chunk.fetched(log.source))
        case Log(), Chunk():
            return log.parse(chunk)
    raise TypeError(chunk)
