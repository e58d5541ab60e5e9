"""A recipients list (Get-EXORecipient, Get-Recipient), read in batches down to what places need.

A tenant may list a million recipients. So a CSV is parsed by columns, a JSON list one object at a
time, and of each batch only types, targets and SMTP addresses stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from analyzer.errors import TenantError
from analyzer.tenant.files import Document
from analyzer.tenant.texts import Utf8File
from analyzer.tenant.values import EXPORT_AS_JSON, LOST_CELL, plain, shown

TYPE, PRIMARY, PROXIES, TARGET = PROPERTIES = (
    "RecipientTypeDetails",
    "PrimarySmtpAddress",
    "EmailAddresses",
    "ExternalEmailAddress",
)

_PEOPLE = pa.schema([("type", pa.dictionary(pa.int32(), pa.large_string())), ("target", pa.large_string())])
_ADDRESSES = pa.schema([("address", pa.large_string()), ("owner", pa.int32()), ("main", pa.bool_())])
_PREFIX = r"^(?i:smtp:)"
_SMTP = r"^(?i:smtp:)?[^:=/@]+@[^:=/@]+$"  # SIP, X500, SPO and EUM addresses route no mail
_CAPITAL = r"(?:^|[;,\s{])SMTP:(?P<address>[^;,\s{}]+)"  # the primary address stands behind capitals
_JSON_BATCH = 20_000
_BLOCK = 4 << 20  # a row of the list must fit in

Columns = Mapping[str, pa.Array]


@dataclass(frozen=True, slots=True)
class RecipientList:
    """One exported list.

    `people` holds the type and the target of each recipient, `addresses` each SMTP address in lower
    case with its `owner` (a row of `people`). `onpremises`: it comes from the shell of the
    organization's own servers, where `UserMailbox` means the opposite place. `since` is the moment of
    its snapshot; None = undated.
    """

    where: str
    properties: frozenset[str]
    people: pa.Table
    addresses: pa.Table
    onpremises: bool = False
    since: datetime | None = None


@dataclass(slots=True)
class ListBuilder:
    """Gathers one list, batch by batch, or object by object."""

    where: str
    onpremises: bool
    _properties: set[str] = field(default_factory=set)
    _people: list[pa.Table] = field(default_factory=list)
    _addresses: list[pa.Table] = field(default_factory=list)
    _texts: list[tuple[str, ...]] = field(default_factory=list)
    _rows: int = 0

    def add_object(self, properties: Mapping[str, object]) -> None:
        """Add one recipient of a JSON document."""
        lower = {name.lower(): value for name, value in properties.items()}
        self._properties |= {name for name in PROPERTIES if name.lower() in lower}
        self._texts.append(tuple(_joined(lower.get(name.lower())) for name in PROPERTIES))
        if len(self._texts) == _JSON_BATCH:
            self._flush()

    def add_batch(self, columns: Columns) -> None:
        """Add recipients by columns."""
        self._properties |= columns.keys()
        size = len(next(iter(columns.values())))
        blank = pa.array([""] * size, pa.large_string())
        whole = {
            n: pc.ascii_trim_whitespace(pc.fill_null(columns[n], "")) if n in columns else blank for n in PROPERTIES
        }
        self._refuse_lost(whole)
        target = pc.utf8_lower(pc.replace_substring_regex(whole[TARGET], _PREFIX, ""))
        kind = pc.utf8_lower(whole[TYPE]).dictionary_encode()
        self._people.append(pa.table([kind, target], schema=_PEOPLE))
        self._addresses.append(_addresses(whole, self._rows))
        self._rows += size

    def build(self) -> RecipientList | None:
        """Make the list; None where nothing was added."""
        self._flush()
        if not self._properties:
            return None
        people = pa.concat_tables([_PEOPLE.empty_table(), *self._people]).unify_dictionaries().combine_chunks()
        self._people.clear()
        addresses = pa.concat_tables([_ADDRESSES.empty_table(), *self._addresses])  # without a copy
        self._addresses.clear()
        pa.default_memory_pool().release_unused()  # what many batches leave behind is more than the list
        return RecipientList(self.where, frozenset(self._properties), people, addresses, self.onpremises)

    def _flush(self) -> None:
        if self._texts:
            columns = zip(*self._texts, strict=True)
            whole = {n: pa.array(c, pa.large_string()) for n, c in zip(PROPERTIES, columns, strict=True)}
            self._texts.clear()
            self.add_batch({name: column for name, column in whole.items() if name in self._properties})

    def _refuse_lost(self, columns: Columns) -> None:
        """Refuse cells that hold the name of a type, or a cut list, in the place of their content."""
        for name, column in columns.items():
            row = pc.index(pc.match_substring_regex(column, LOST_CELL), value=True).as_py()
            if row >= 0:
                who = shown(columns[PRIMARY][row].as_py())
                where = f"{self.where}: object {self._rows + row + 1} ({who}): {name}"
                found = f"{column[row].as_py()!r} stands in the place of the values, which are lost"
                raise TenantError(where, found, f"join the values with `;` in Select-Object, or {EXPORT_AS_JSON}")


def read_csv(document: Document, *, onpremises: bool) -> RecipientList | None:
    """Read a recipients list out of a CSV document."""
    builder = ListBuilder(document.where, onpremises)
    try:
        with document.open() as stream:
            for columns in _batches(document, stream):
                builder.add_batch(columns)
    except pa.ArrowInvalid as error:
        raise TenantError(
            document.where, f"broken CSV ({shown(str(error))})", "the whole export, written again"
        ) from None
    return builder.build()


def _batches(document: Document, stream: Utf8File) -> Iterator[Columns]:
    wanted = {name.lower(): name for name in PROPERTIES}
    present = {name: wanted[name.lower()] for name in document.header if name.lower() in wanted}
    batches = pa_csv.open_csv(
        pa.PythonFile(stream, "r"),
        read_options=pa_csv.ReadOptions(block_size=_BLOCK, skip_rows=int(document.typed), use_threads=False),
        parse_options=pa_csv.ParseOptions(delimiter=document.delimiter, newlines_in_values=True),
        convert_options=pa_csv.ConvertOptions(
            include_columns=list(present), column_types=dict.fromkeys(present, pa.large_string())
        ),
    )
    for batch in batches:
        yield {present[name]: batch.column(name) for name in present}


def _addresses(columns: Columns, before: int) -> pa.Table:
    """List the SMTP addresses of a batch in lower case; `before` rows came with earlier batches."""
    split = pc.split_pattern_regex(columns[PROXIES], r"[;,\s{}]+")
    proxies, owners = pc.list_flatten(split), pc.list_parent_indices(split)
    smtp = pc.match_substring_regex(proxies, _SMTP)
    primary = _primary(columns)
    named = pa.array(np.flatnonzero(pc.match_substring(primary, "@").to_numpy(zero_copy_only=False)))
    address = pa.concat_arrays([primary.take(named), proxies.filter(smtp)])
    owner = np.concatenate([named.to_numpy(), owners.filter(smtp).to_numpy()])
    coded = pc.utf8_lower(pc.replace_substring_regex(address, _PREFIX, "")).dictionary_encode()
    # The primary address comes first and again among the proxies: of each person's addresses the first stays.
    _, kept = np.unique(coded.indices.to_numpy().astype(np.int64) << 32 | owner, return_index=True)
    bare = coded.dictionary.take(coded.indices.take(pa.array(kept)))
    numbered = pa.array((owner[kept] + before).astype(np.int32))
    return pa.table([bare, numbered, pa.array(kept < len(named))], schema=_ADDRESSES)


def _primary(columns: Columns) -> pa.Array:
    """Give the primary addresses: the property's, else the proxy address whose prefix is in capitals."""
    given = pc.match_substring(columns[PRIMARY], "@")
    if pc.all(given).as_py():
        return columns[PRIMARY]
    capital = pc.extract_regex(columns[PROXIES], _CAPITAL).field("address")
    return pc.fill_null(pc.if_else(given, columns[PRIMARY], capital), "")


def _joined(value: object) -> str:
    """Write a property as one text; the values of a list are joined by `;`."""
    if isinstance(value, str):
        return value
    value = plain(value)
    if isinstance(value, list):
        return ";".join(item if isinstance(item, str) else str(plain(item)) for item in value)
    return "" if value is None else str(value)
