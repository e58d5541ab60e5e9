"""One recipients list or several -> the directory: what is laid over what, and where the lists disagree."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.errors import TenantError
from analyzer.moments import microseconds
from analyzer.tenant.maildirectory import Conflicts, MailDirectory
from analyzer.tenant.model import AcceptedDomain
from analyzer.tenant.placing import CLOUD, ENTRIES, EXTERNAL, ONPREMISES, PLACES, UNPLACED, entries
from analyzer.tenant.recipients import RecipientList
from analyzer.tenant.values import shown

Rows = npt.NDArray[np.int64]

_EMPTY = pa.schema(
    [field if field.name != "owner" else field.with_type(pa.int32()) for field in ENTRIES]
    + [pa.field("listed", pa.int16())]
).empty_table()
_EXAMPLES = 3


def build_directory(lists: Sequence[RecipientList], accepted: tuple[AcceptedDomain, ...] | None) -> MailDirectory:
    """Lay recipients lists over each other; the cloud's list wins where both know an address.

    Exchange Online routes by its own directory, whatever the organization's servers hold.

    Raises:
        TenantError: two lists of one side, or two objects of one list, disagree on an address.
    """
    table = _concatenated(lists, accepted)
    if not table.num_rows:
        return MailDirectory(table, recipients=0)
    listed = table["listed"].to_numpy()
    codes = table["address"].chunk(0).dictionary_encode().indices.to_numpy()
    side = np.array([one.onpremises for one in lists], np.int8)[listed]
    side[table["place"].to_numpy() == UNPLACED] = 2  # whoever knows a place comes first
    order = np.lexsort((side, codes))  # by address, then the cloud's list first; stable within a list
    first = order[np.flatnonzero(np.diff(codes[order], prepend=-1))]
    del order
    best = first[codes]  # for each entry the one that wins its address
    equals = np.flatnonzero(side == side[best])
    _refuse_disputed(table, equals, best[equals], lambda row: lists[listed[row]].where)
    main = table["main"].to_numpy()
    return MailDirectory(
        _owned(table, best, main).take(pa.array(first)),
        recipients=len(np.unique(codes[equals[main[equals]]])),
        since=[None if one.since is None else microseconds(one.since) for one in lists],
        conflicts=_conflicts(table, best, side),
    )


def _concatenated(lists: Sequence[RecipientList], accepted: tuple[AcceptedDomain, ...] | None) -> pa.Table:
    """Put the entries of all lists below each other, recipients and lists numbered throughout."""
    parts, before = [_EMPTY], 0
    for number, one in enumerate(lists):
        part = entries(one, accepted)
        owner = pa.array((part["owner"].to_numpy() + before).astype("i"))
        part = part.set_column(part.column_names.index("owner"), "owner", owner)
        parts.append(part.append_column("listed", pa.array(np.full(part.num_rows, number, "h"))))
        before += one.people.num_rows
    return pa.concat_tables(parts).combine_chunks()


def _owned(table: pa.Table, best: Rows, main: npt.NDArray[np.bool_]) -> pa.Table:
    """Count a recipient of both sides' lists once: it is whoever holds its primary address."""
    owner = table["owner"].to_numpy()
    one = np.arange(int(owner.max(initial=0)) + 1, dtype=owner.dtype)
    one[owner[main]] = owner[best[main]]
    return table.set_column(table.column_names.index("owner"), "owner", pa.array(one[owner]))


def _conflicts(table: pa.Table, best: Rows, side: npt.NDArray[np.int8]) -> Conflicts:
    """Find the addresses that both sides' lists place, and place differently."""
    places = table["place"].to_numpy()
    mailbox = np.isin(places, (CLOUD, ONPREMISES, EXTERNAL))
    differ = np.flatnonzero((side == 1) & (side[best] == 0) & mailbox & mailbox[best] & (places != places[best]))
    examples = tuple(
        f"{shown(table['address'][row].as_py())} ({_spell(table, int(best[row]))}; there {_spell(table, row)})"
        for row in differ[:_EXAMPLES].tolist()
    )
    return Conflicts(len(np.unique(best[differ])), examples)


def _refuse_disputed(table: pa.Table, equals: Rows, best: Rows, where: Callable[[int], str]) -> None:
    """Refuse an address that two entries of equal weight place differently."""
    places = table["place"].to_numpy()
    targets = pc.fill_null(table["target"].chunk(0).dictionary_encode().indices, -1).to_numpy()
    disputed = np.flatnonzero((places[equals] != places[best]) | (targets[equals] != targets[best]))
    if len(disputed):
        row = int(disputed[0])
        found = " and as ".join(_spell(table, int(index)) for index in (best[row], equals[row]))
        address = shown(table["address"][int(equals[row])].as_py())
        raise TenantError(where(int(equals[row])), f"{address} is listed as {found}", "one place for each address")


def _spell(table: pa.Table, row: int) -> str:
    """Say what one entry makes of its address."""
    target = table["target"][row].as_py()
    place = PLACES[table["place"][row].as_py()]
    return f"{place} (at {shown(target)})" if target else str(place)
