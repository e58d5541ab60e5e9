"""The files of one snapshot -> its values, kind by kind."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from analyzer.errors import TenantError
from analyzer.tenant.cells import Record
from analyzer.tenant.dates import day_order
from analyzer.tenant.dsc import cmdlet_object, is_absent, organization_name
from analyzer.tenant.exports import (
    CMDLETS,
    OWN_KINDS,
    Exported,
    Kind,
    cmdlet_of,
    convert,
    date_texts,
    key_of,
    missing,
    recognise,
)
from analyzer.tenant.files import LEFT_OUT, Document, Shape, open_document
from analyzer.tenant.migrations import MigrationBuilder, MigrationList
from analyzer.tenant.model import TransportRule
from analyzer.tenant.recipients import ListBuilder, RecipientList, read_csv
from analyzer.tenant.rules import changes_subjects, without_subjects
from analyzer.tenant.stated import FILE_NAME

_log = logging.getLogger(__name__)

Properties = Mapping[str, object]

# ScubaGear's export holds the settings of every service; that most of them are not ours is nothing to warn of.
_REPORTS = frozenset(("baseline_version", "exo_successful_commands", "Raw"))
_UNKNOWN = f"it is no known export ({CMDLETS})"
EMPTY = f"it holds no objects; if there really are none, name their kind in [exports] empty of {FILE_NAME}"


@dataclass(slots=True)
class Gathered:
    """What the files of one snapshot hold: by kind its values, the recipients lists, the migration lists.

    A kind that no file holds is not among the keys. `digests` are those of the files that were read,
    `blank` names the files that hold no object of any kind. `day_first` is what mailflow.toml says of dates whose
    file does not tell the order of day and month. `subjects_change` says that a mail flow rule changes subjects.
    """

    day_first: bool | None = None
    values: dict[Kind, dict[str, Exported]] = field(default_factory=dict)
    lists: list[RecipientList] = field(default_factory=list)
    migrations: list[MigrationList] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)
    blank: list[str] = field(default_factory=list)
    subjects_change: bool = False
    _origin: dict[tuple[Kind, str], str] = field(default_factory=dict)

    def kinds(self) -> set[Kind]:
        """Name the kinds that were found."""
        lists = {Kind.RECIPIENTS: self.lists, Kind.MOVES: self.migrations}
        return set(self.values) | {kind for kind, found in lists.items() if found}

    def add_lists(self, *built: RecipientList | MigrationList | None) -> bool:
        """Add lists of recipients and of moves; tell whether there was any."""
        self.lists += [listed for listed in built if isinstance(listed, RecipientList)]
        self.migrations += [listed for listed in built if isinstance(listed, MigrationList)]
        return any(built)

    def add(self, kind: Kind, record: Record) -> None:
        """Add one object; the same object twice must be the same."""
        known = self.values.setdefault(kind, {})
        value = convert(kind, record)
        self.subjects_change |= kind is Kind.RULES and changes_subjects(record)
        if value is None:
            return
        key = key_of(value)
        if known.setdefault(key, value) != value:
            before = self._origin[kind, key]
            where = f"{record.where}: {record.title()}"
            raise TenantError(where, f"differs from the object of the same name in {before}", "one snapshot a folder")
        self._origin.setdefault((kind, key), f"{record.where}: object {record.number}")


def gather(files: Sequence[Path], folder: Path, *, day_first: bool | None = None) -> Gathered:
    """Read every file of a snapshot that is an export.

    Raises:
        TenantError: an export that cannot be read, or two files that contradict each other.
    """
    gathered = Gathered(day_first)
    for file in files:
        document = open_document(file, folder)
        onpremises = "onpremises" in {part.lower() for part in Path(document.path).parts[:-1]}
        if _read(document, gathered, onpremises=onpremises):
            gathered.digests[document.path] = document.digest
    if gathered.subjects_change:
        rules = gathered.values[Kind.RULES]
        rules |= {key: without_subjects(rule) for key, rule in rules.items() if isinstance(rule, TransportRule)}
    return gathered


def _read(document: Document, gathered: Gathered, *, onpremises: bool) -> bool:
    """Add what a document holds; tell whether it is an export."""
    if document.shape is Shape.BLANK:
        gathered.blank.append(document.where)
        return False
    if document.shape is Shape.CSV:
        return _read_csv(document, gathered, onpremises=onpremises)
    if document.shape in LEFT_OUT:
        return _left_out(document, LEFT_OUT[document.shape])
    return _read_objects(document, gathered, onpremises=onpremises)


def _read_csv(document: Document, gathered: Gathered, *, onpremises: bool) -> bool:
    """Read a table, which holds objects of one kind; long lists are read by columns."""
    kind = recognise(document.header)
    if kind is Kind.RECIPIENTS:
        gathered.add_lists(read_csv(document, onpremises=onpremises))
        return True
    if kind is Kind.MOVES:
        moves = MigrationBuilder(document.where, onpremises, gathered.day_first)
        for properties in document.objects():
            moves.add_object(properties)
        gathered.add_lists(moves.build())
        return True
    if kind and (side := _side(kind, onpremises=onpremises)):
        gathered.values.setdefault(side, {})  # a header without rows: really none
        _add(document, [(side, row) for row in document.objects()], gathered)
        return True
    return _left_out(document, _unused(kind) if kind else _UNKNOWN)


def _read_objects(document: Document, gathered: Gathered, *, onpremises: bool) -> bool:
    """Read a document that may hold objects of every kind, one after the other."""
    lists: dict[Kind | None, ListBuilder | MigrationBuilder] = {
        Kind.RECIPIENTS: ListBuilder(document.where, onpremises),
        Kind.MOVES: MigrationBuilder(document.where, onpremises, gathered.day_first),
    }
    known: list[tuple[Kind, Properties]] = []
    unused: set[Kind] = set()
    unknown, foreign = 0, False
    for kind, properties in _objects(_resolved(document)):
        if kind in lists:
            lists[kind].add_object(properties)
        elif kind and (side := _side(kind, onpremises=onpremises)):
            known.append((side, properties))
        elif kind:
            unused.add(kind)
        elif "ResourceName" in properties:
            foreign = True  # another resource of Microsoft365DSC, of which there are hundreds
        else:
            unknown += 1
    listed = gathered.add_lists(*(builder.build() for builder in lists.values()))
    _add(document, known, gathered)
    for kind in sorted(unused):
        _left_out(document, _unused(kind))
    if known or listed:
        if unknown:
            _log.warning("%s: of no known export: %d of its objects", document.where, unknown)
        return True
    if not unknown and not unused and not foreign:
        gathered.blank.append(document.where)
    return _left_out(document, _UNKNOWN if unknown or foreign else None)


def _side(kind: Kind, *, onpremises: bool) -> Kind | None:
    """Tell what a kind is when its export comes from the own servers' shell; None where it plays no part."""
    return OWN_KINDS.get(kind) if onpremises else kind


def _unused(kind: Kind) -> str:
    return f"{cmdlet_of(kind)} of the own servers plays no part; below onpremises/ lie only their own exports"


def _resolved(document: Document) -> Iterator[Properties]:
    """Give the objects of a document as the cmdlets name their properties."""
    organization = cache(lambda: organization_name(Path(document.where)))
    for properties in document.objects():
        if not is_absent(properties):
            yield cmdlet_object(properties, organization)


def _objects(objects: Iterable[Properties]) -> Iterator[tuple[Kind | None, Properties]]:
    """Recognise each object; one that only wraps others ({"value": [...]}) gives those instead."""
    for properties in objects:
        kind = recognise(tuple(properties))
        wrapped = [] if kind or "ResourceName" in properties else list(_wrapped(properties))
        if wrapped and not _REPORTS.isdisjoint(properties):
            yield from ((kind, inner) for kind, inner in _objects(wrapped) if kind)
        elif wrapped:
            yield from _objects(wrapped)
        else:
            yield kind, properties


def _wrapped(properties: Properties) -> Iterator[Properties]:
    """Give the objects of each list of a wrapper; ScubaGear wraps its provider's export once more, as Raw."""
    for name, value in properties.items():
        inner = value if isinstance(value, list) else [value] if name == "Raw" else []
        yield from (item for item in inner if isinstance(item, dict))


def _add(document: Document, found: Sequence[tuple[Kind, Properties]], gathered: Gathered) -> None:
    """Add recognised objects, once the dates of all of them have told the order of day and month."""
    day_first = day_order(date_texts(properties for _, properties in found), gathered.day_first)
    absent: set[str] = set()
    for number, (kind, properties) in enumerate(found, start=1):
        lower = {name.lower(): value for name, value in properties.items()}
        gathered.add(kind, Record(document.where, number, lower, day_first, cmdlet_of(kind)))
        absent |= missing(kind, lower)
    if absent:
        names = ", ".join(sorted(absent))
        _log.warning("%s: not exported for every object, and taken as the cmdlet's default: %s", document.where, names)


def _left_out(document: Document, reason: str | None) -> bool:
    """Say why a file that looks like an export is none; a note or a picture needs no word."""
    if reason:
        _log.warning("%s is left out: %s", document.where, reason)
    return False
