"""Which format a file is, told by its bytes: encoding, JSON or delimited, and the names in its header."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

import pyarrow.compute as pc

from analyzer.errors import AmbiguousDates, LogError, UsageError
from analyzer.formats.base import Format
from analyzer.formats.chunk import Layout
from analyzer.formats.clocks import LocalClock
from analyzer.formats.csv_layout import DELIMITERS, find_header
from analyzer.formats.exchange_layout import find_exchange_log
from analyzer.formats.foreign import known_by_sight
from analyzer.formats.json_layout import JsonLayout, find_objects
from analyzer.formats.likeness import likenesses
from analyzer.formats.log import BEGINNING, Log
from analyzer.formats.protocol import SessionLayout
from analyzer.formats.syslog import Dialect, find_syslog
from analyzer.formats.times import SLASHES, DateOrder, needs_order, telling_date
from analyzer.inputs import Encoding, Source, Utf8Stream, named_encoding, repair, sniff_encoding
from analyzer.moments import time_zone

_HEAD = 256 << 10
_SHOWN = 100  # characters of a foreign first line
_ORDER_HELP = "say which with --date-order dmy or --date-order mdy"


@dataclass(frozen=True, slots=True)
class Said:
    """What the user says of a log that it may not tell itself; None is nothing.

    Attributes:
        format: Name of its format.
        order: `dmy` or `mdy`, of dates with slashes.
        zone: Time zone of times without one, such as `Europe/Berlin` or `+02:00`.
        encoding: Name of its encoding, such as `cp1251`.
    """

    format: str | None = None
    order: str | None = None
    zone: str | None = None
    encoding: str | None = None


NOTHING_SAID = Said()


def recognise(source: Source, formats: Sequence[Format], said: Said = NOTHING_SAID) -> Log:
    """Open a source far enough to know its encoding, layout and format.

    Raises:
        LogError: Where it is empty, of another program, or its dates cannot be told apart.
        UsageError: Where the format, date order, zone or encoding asked for does not exist.
    """
    name = said.format
    wanted, asked = _asked_format(formats, name), _asked_order(said.order)
    zone = time_zone(said.zone, "--timezone") if said.zone else None
    named = named_encoding(said.encoding) if said.encoding else None
    with source.open() as stream:  # once, where it is UTF-8: there may be ten thousand
        begins = stream.read(_HEAD)
    encoding = sniff_encoding(begins, named)
    head = repair(begins[len(encoding.mark) :] if encoding.codec == "utf-8" else _decoded(source, encoding))
    if not head.strip(b"\0 \t\r\n"):
        raise LogError(source.name, stream.damage or "the file is empty", "a log needs at least a header or an object")
    layouts = _layouts(head, [format_.dialect for format_ in formats if format_.dialect], source.modified)
    found = [(layout, format_) for layout in layouts for format_ in wanted if _fits(format_, layout, name)]
    if len(found) != 1:
        raise LogError(source.name, *_refusal(head, layouts, wanted, name))
    layout, format_ = found[0]
    if format_.lost and format_.lost[0].encode() in head:
        raise LogError(source.name, f"the export lost what it says {format_.lost[0]!r} for", format_.lost[1])
    log = Log(source, format_, layout.on(format_.located(layout.names)), encoding)
    log.begins = sha256(begins[:BEGINNING]).digest()
    log.clock = LocalClock(zone) if format_.is_local(layout.names) else None
    whole = len(begins) < _HEAD and len(head) < _HEAD
    if asked:
        log.order, log.order_told = asked, "as said"
    elif not whole or SLASHES.search(head) or isinstance(layout, JsonLayout):  # which may write them `\/`
        log.order, log.order_told = _order(log)
    return log


def _decoded(source: Source, encoding: Encoding) -> bytes:
    with source.open() as stream:
        return Utf8Stream(stream, encoding).read(_HEAD)


def _asked_format(formats: Sequence[Format], name: str | None) -> Sequence[Format]:
    """Give the one format asked for, or all."""
    wanted = [format_ for format_ in formats if name in {None, format_.name}]
    if not wanted:
        raise UsageError(f"unknown format {name!r}; known are {', '.join(format_.name for format_ in formats)}")
    return wanted


def _asked_order(order: str | None) -> DateOrder | None:
    """Give the date order asked for."""
    if order is None:
        return None
    try:
        return DateOrder(order)
    except ValueError:
        raise UsageError(f"unknown date order {order!r}; known are dmy (24/3/2025) and mdy (3/24/2025)") from None


def _layouts(head: bytes, dialects: Sequence[Dialect], day: date | None) -> list[Layout]:
    """Give every way to read the head: as JSON, as lines of a mail server, or with each delimiter."""
    if head.lstrip()[:1] in {b"{", b"["}:
        objects = find_objects(head, whole=len(head) < _HEAD)
        return [objects] if objects else []
    if exchange := find_exchange_log(head):
        return [SessionLayout(exchange) if "session-id" in exchange.names else exchange]
    if syslog := find_syslog(head, dialects, day):
        return [syslog]
    headers = (find_header(head, delimiter) for delimiter in DELIMITERS)
    return [header for header in headers if header]


def _fits(format_: Format, layout: Layout, name: str | None) -> bool:
    """Whether the names in the file are the format's; one asked for by name needs only the least."""
    if name is None:
        return format_.recognises(layout.names)
    return set(format_.needed) <= format_.located(layout.names).keys()


def _refusal(head: bytes, layouts: Sequence[Layout], formats: Sequence[Format], name: str | None) -> tuple[str, str]:
    """Say what the file looks like and what would be accepted."""
    if foreign := known_by_sight(head):
        return f"{foreign.title}", foreign.advice
    if head[:1] in {b"{", b"["} and not layouts:
        return "no whole JSON object in it", "accepted are JSON lists, lines or single objects of a message trace"
    line = next(line for line in head.split(b"\n") if line.strip())
    start = b" ".join(head[: 4 * _SHOWN].split()) if head[:1] in {b"{", b"["} else line  # pretty-printed JSON
    shown = start.decode("utf-8", "replace").strip()[:_SHOWN]
    printable = "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in shown)
    found = f"not a log this program knows; it begins with: {printable}"
    accepted = f"accepted are {', '.join(one.name for one in formats)}: see `mailflow list formats`"
    return found, _near_miss(layouts, formats, name) or accepted


def _near_miss(layouts: Iterable[Layout], formats: Sequence[Format], name: str | None) -> str:
    """Name the columns that are missing where most of a format's marks are there."""
    for layout in layouts:
        if name is None:
            missing = [(one.format, one.missing) for one in likenesses(layout.names, formats) if one.near]
        else:
            missing = [(one, _needed(one, layout)) for one in formats if len(layout.names) > 1]
        for format_, columns in missing:
            if columns:
                return f"as {format_.title} it lacks the column{'s'[: len(columns) > 1]} {', '.join(columns)}"
    return ""


def _needed(format_: Format, layout: Layout) -> tuple[str, ...]:
    return tuple(sorted(set(format_.needed) - format_.located(layout.names).keys()))


def _order(log: Log) -> tuple[DateOrder | None, str]:
    """Read on until a date with slashes tells the order of day and month, and say which; none where there are none."""
    time = log.format.time
    spelled = {name.lower(): name for name in log.layout.names}
    others = {key: spelled[key] for key in log.format.dates if key in spelled}
    dates = log.layout.on({time: log.layout.columns[time], **others})
    met = False
    for chunk in Log(log.source, log.format, dates, log.encoding_found).chunks(size=_HEAD):
        columns = (chunk.layout or dates).read(chunk)[0].columns
        if not pc.any(pc.not_equal(columns[time], "")).as_py():
            continue
        met = met or needs_order(columns[time])
        if not met:  # a file that begins with other dates is not read through for some that may follow
            return None, ""
        for column in columns.values():
            if found := telling_date(column):
                return found[0], f"by {found[1]} in it"
    if not met:
        return None, ""
    raise AmbiguousDates(log.source.name, "no date tells whether day or month comes first", _ORDER_HELP)
