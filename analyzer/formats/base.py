"""What a log format declares, and what reading a log with it gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.formats.chunk import Cells
from analyzer.formats.syslog import Dialect
from analyzer.vantage import Vantage

# Round numbers at which exports of several tools end (log-formats section 11, any file).
CAPS = (1_000, 5_000, 20_000, 50_000, 100_000)

REJECTED = pa.schema([("source_row", pa.int64()), ("reason", pa.string()), ("raw", pa.string())])
IDLE = pa.schema([("source_row", pa.int64()), ("kind", pa.string())])


class Evidence(Enum):
    """What a format says of the connector that was used."""

    NONE = "none"  # it has no such field: nothing can be compared
    ONE_COLUMN = "one-column"  # a name, but not whether it is an inbound or an outbound connector
    PER_EVENT = "per-event"  # a name for each event, and so its side

    @property
    def sides(self) -> str:
        """On which side the format can name a connector."""
        return {
            Evidence.NONE: "none",
            Evidence.ONE_COLUMN: "inbound or outbound, whichever connector of the tenant has the name",
            Evidence.PER_EVENT: "inbound on RECEIVE; outbound on SEND and FAIL",
        }[self]


@dataclass(frozen=True, slots=True)
class Recipients:
    """The recipients of all rows, one after another.

    Attributes:
        address: Each recipient, as logged.
        status: The log's word on each, or None where it has none.
        parent: Row that each belongs to, ascending; None where every row has exactly one.
    """

    address: pa.StringArray
    status: pa.StringArray | None = None
    parent: npt.NDArray[np.int64] | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """Rows in our words: columns of the normalised table by name, one value a log row, and the recipients."""

    columns: Mapping[str, pa.Array]
    recipients: Recipients


def no_noise(_: Cells) -> pa.StringArray | None:
    """Say that every readable row counts."""
    return None


@dataclass(frozen=True, slots=True)
class Identity:
    """What makes a row the same row where an export is repeated or overlaps another (log-formats section 1).

    Time and recipient always count. A row without the service's id or a message id is never taken for a
    repetition, unless the format `repeats`: nothing tells it from another message.

    Attributes:
        columns: Normalised columns that count besides; empty: every column the format fills.
        whole_seconds: The exports of one row write its time with more or fewer digits.
        repeats: Like lines of one file are events of their own, so only other files can repeat them.
    """

    columns: tuple[str, ...] = ()
    whole_seconds: bool = False
    repeats: bool = False


# A message and its recipient: the status may still change, so it does not count.
MESSAGE_IDENTITY = Identity(("network_message_id",), whole_seconds=True)
EVENT_IDENTITY = Identity(("network_message_id", "event", "delivery_status", "logged_connector", "next_hop"))


@dataclass(frozen=True, slots=True)
class Format:
    """A log format: how it is recognised and what its columns mean.

    Attributes:
        name: Stable name, as `--format` takes it.
        title: What administrators call it.
        row: What one of its rows stands for.
        evidence: What it says of the connector that was used.
        has_directionality: Whether it says inbound or outbound.
        carries: What it is good for, in a sentence.
        lacks: What it does not say, in a sentence.
        export: How it is exported, in a sentence.
        columns: Each column read, by our key, with the header names it goes by, in lower case.
        marks: Keys that together tell the format.
        foreign: Header names that speak against it.
        time: Key of the column with the row's time.
        sender: Key of the column with the sender.
        needed: Keys without which no row can be read.
        dates: Keys of further columns with dates of the same culture as the time.
        local_times: Whether a time without a zone is of the place that wrote the log (`--timezone`), and not UTC.
        draft: Puts readable rows into our words.
        noise: Names the kind of each row that stands for no message, null for those that do.
        vantage: Whose log it is.
        dialect: How its lines are written, where it is a syslog of a mail server.
        lost: A text that shows that the export lost what it cannot do without, and what to do instead.
        joined: Adds to the cells of a chunk what other rows of the same messages say, among them those around it.
        no_recipient: Why a row without a recipient is a reject.
        identity: What makes a row the same row in another export.
        caps: Numbers of rows at which an export of it stops without saying so (log-formats section 11).
        subject: Header name of the column with the subject, in lower case; None where it has none of use.
        message_cap: Number of messages at which it stops, where rows are events; None where messages do not count.
    """

    name: str
    title: str
    row: str
    evidence: Evidence
    has_directionality: bool
    carries: str
    lacks: str
    export: str
    columns: Mapping[str, tuple[str, ...]]
    marks: frozenset[str]
    time: str
    sender: str
    needed: tuple[str, ...]
    draft: Callable[[Cells], Draft]
    foreign: frozenset[str] = frozenset()
    dates: tuple[str, ...] = ()
    local_times: bool = False
    noise: Callable[[Cells], pa.StringArray | None] = field(default=no_noise)
    vantage: Vantage = Vantage.OFFICE365
    dialect: Dialect | None = None
    lost: tuple[str, str] | None = None
    joined: Callable[[Cells, Cells], Cells] | None = None
    no_recipient: str = "no recipient"
    identity: Identity = Identity()
    caps: tuple[int, ...] = CAPS
    message_cap: int | None = None
    subject: str | None = None

    def located(self, names: Iterable[str]) -> dict[str, str]:
        """Find the format's columns among header names, whatever their case and order."""
        spelled: dict[str, str] = {}
        for name in names:
            spelled.setdefault(name.lower(), name)
        found = (
            (key, next((spelled[alias] for alias in aliases if alias in spelled), None))
            for key, aliases in self.columns.items()
        )
        return {key: name for key, name in found if name is not None}

    def is_local(self, names: Iterable[str]) -> bool:
        """Whether times without a zone are local; a header such as `Timestamp [UTC]` says that they are not."""
        return self.local_times and not self.located(names).get(self.time, "").lower().endswith("[utc]")

    def recognises(self, names: Iterable[str]) -> bool:
        """Whether these header names are this format's."""
        lower = {name.lower() for name in names}
        marked = all(not lower.isdisjoint(self.columns[key]) for key in self.marks)
        return marked and lower.isdisjoint(self.foreign)


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a chunk holds.

    Attributes:
        idle: The source rows that are noise, of schema IDLE.
        records: The distinct source rows of `rows`, the rejects and the noise together.
        subjects: The subject of each row, null where it is blank; None where nobody asked, or the log has none.
        notes: What it shows of its file as a whole.
        messages: Some ids of messages, where the format's exports stop at a number of them.
    """

    rows: pa.Table
    rejects: pa.Table
    idle: pa.Table
    records: int
    notes: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    subjects: pa.DictionaryArray | None = None

    @property
    def noise(self) -> Mapping[str, int]:
        """How many rows are noise, by kind."""
        counted = pc.value_counts(self.idle["kind"])
        return dict(zip(*(counted.field(name).to_pylist() for name in ("values", "counts")), strict=True))
