"""Several recipients in one cell, taken apart by the positions of their separators in the raw bytes.

A column of text is, in Arrow, one run of bytes with the offset of each cell. The separators of all
cells are found at once in that run; cells whose separators do not stand as they should are set apart
and read one by one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analyzer.formats.base import Recipients
from analyzer.formats.chunk import Positions
from analyzer.formats.columns import texts_between
from analyzer.hashing import Letters, raw_text

SEPARATOR, MARK = ";", "##"  # a@contoso.com##Receive, Deliver;b@contoso.com##Receive, Send
_BLANKS = (0x20, 0x09)
_WORD = 8


@dataclass(frozen=True, slots=True)
class _Pieces:
    """Pieces of cells: where each starts and ends in the column's bytes, and the cell it is of."""

    text: Letters
    start: Positions
    end: Positions
    parent: Positions


def split_recipients(packed: pa.StringArray) -> Recipients:
    """Take `address##status;address##status` apart."""
    pieces = _split(packed)
    mark, regular = _marks(pieces)
    if regular.all():
        return _built(pieces, mark, one_each=len(pieces.parent) == len(packed))
    odd = np.unique(pieces.parent[~regular])
    keep = ~np.isin(pieces.parent, odd)
    plain = _Pieces(pieces.text, pieces.start[keep], pieces.end[keep], pieces.parent[keep])
    return _merged(_built(plain, mark[keep], one_each=False), _one_by_one(packed, odd))


def split_lists(cells: pa.StringArray) -> Recipients:
    """Take `address;address` apart."""
    pieces = _split(cells)
    address = texts_between(pieces.text, pieces.start, pieces.end)
    keep = pieces.end > pieces.start
    if keep.all():
        return Recipients(address, parent=pieces.parent)
    return Recipients(address.filter(pa.array(keep)), parent=pieces.parent[keep])


def _split(column: pa.StringArray) -> _Pieces:
    """Split every cell at its semicolons."""
    offsets, text = raw_text(column)
    at = _places(text == ord(SEPARATOR))
    if not len(at):
        return _Pieces(text, offsets[:-1], offsets[1:], np.arange(len(column)))
    cell = np.searchsorted(offsets[1:], at, "right")  # of each separator: they are few beside the cells
    parent = np.repeat(np.arange(len(column)), np.bincount(cell, minlength=len(column)) + 1)
    piece = cell + np.arange(len(at))  # that each separator ends
    start, end = offsets[:-1][parent], offsets[1:][parent]
    start[piece + 1], end[piece] = at + 1, at
    return _Pieces(text, start, end, parent)


def _places(hits: npt.NDArray[np.bool_]) -> Positions:
    """Find the hits, which are far apart: first the words of eight bytes that hold any, then the bytes in these."""
    whole = len(hits) // _WORD * _WORD
    words = hits[:whole].view(np.uint64)
    hit = np.flatnonzero(words != 0)
    inner = np.flatnonzero(words[hit].view(np.bool_))
    return np.append(hit[inner // _WORD] * _WORD + inner % _WORD, np.flatnonzero(hits[whole:]) + whole)


def _marks(pieces: _Pieces) -> tuple[Positions, npt.NDArray[np.bool_]]:
    """Find the `##` of each piece, and whether the piece is exactly an address, the mark and a status."""
    hashes = pieces.text == ord("#")
    first = _places(hashes[:-1] & hashes[1:])
    if len(first) == len(pieces.start) and np.count_nonzero(hashes) == 2 * len(first):  # nearly always
        regular = _are_regular(pieces, first)
        if regular.all():
            return first, regular
    found = np.flatnonzero(hashes)
    at = np.searchsorted(found, pieces.start)
    count = np.searchsorted(found, pieces.end) - at
    padded = np.append(found, [0, 0])
    first = padded[at]
    return first, (count == 2) & (padded[at + 1] == first + 1) & _are_regular(pieces, first)


def _are_regular(pieces: _Pieces, first: Positions) -> npt.NDArray[np.bool_]:
    """Whether a mark stands behind an address in its piece, and the address does not begin with a blank."""
    regular = (first > pieces.start) & (first + 1 < pieces.end)
    if not regular.any():
        return np.asarray(regular, np.bool_)
    letter = pieces.text[np.minimum(pieces.start, len(pieces.text) - 1)]
    for blank in _BLANKS:
        regular &= letter != blank
    return np.asarray(regular, np.bool_)


def _built(pieces: _Pieces, mark: Positions, *, one_each: bool) -> Recipients:
    """Cut regular pieces at their marks."""
    address = texts_between(pieces.text, pieces.start, mark)
    status = texts_between(pieces.text, mark + len(MARK), pieces.end)
    return Recipients(address, status, None if one_each else pieces.parent)


def _one_by_one(packed: pa.StringArray, odd: Positions) -> Recipients:
    """Read odd cells forgivingly: blanks, no status, a status that holds the separator or the mark."""
    address: list[str] = []
    status: list[str] = []
    parent: list[int] = []
    for row, cell in zip(odd.tolist(), packed.take(pa.array(odd)).to_pylist(), strict=True):
        begun = len(address)
        for piece in cell.split(SEPARATOR):
            who, mark, what = piece.partition(MARK)
            if who.strip() and (mark or "@" in who):
                address.append(who.strip())
                status.append(what.strip())
                parent.append(row)
            elif piece.strip() and len(address) > begun:  # the separator was a part of the status before
                status[-1] += SEPARATOR + piece
    return Recipients(pa.array(address, pa.string()), pa.array(status, pa.string()), np.array(parent, np.int64))


def _merged(plain: Recipients, odd: Recipients) -> Recipients:
    """Put both kinds back into the order of their rows."""
    assert plain.parent is not None
    assert odd.parent is not None
    parent = np.concatenate([plain.parent, odd.parent])
    order = np.argsort(parent, kind="stable")
    take = pa.array(order)
    address = pa.concat_arrays([plain.address, odd.address]).take(take)
    return Recipients(address, pa.concat_arrays([plain.status, odd.status]).take(take), parent[order])
