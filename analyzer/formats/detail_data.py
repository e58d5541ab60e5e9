"""The Data of a trace detail: XML with elements `MEP`, each a name and a value (log-formats section 2).

The XML is read forgivingly: long values are cut by the service, and Microsoft's own example is not valid. Texts whose
quotation marks stand as they should are split at them, all at once; the others are searched for each element.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.formats.columns import among, first_filled

# The elements that are read; each becomes a cell named like it in lower case.
ELEMENTS = (
    "CustomData",
    "ClientIP",
    "CIP",
    "ReturnPath",
    "ConnectorId",
    "RecipientStatus",
    "RelatedRecipient",
    "OutboundProxyTargetIPAddress",
    "OutboundProxyTargetHostName",
    "RcptDomainMailSvr",
)
# The value stands in String, Integer, Long, Blob, Double, Bool or DateTime; a cut one has no end.
_ELEMENT = r"""(?i)\bName\s*=\s*["']{}["']\s+\w+\s*=\s*(?:"(?P<found>[^"]*)|'(?P<single>[^']*))"""
# The same between quotation marks: before a name, before a value. An apostrophe may be a mark, too.
_BEFORE = (r"(?i)^[^']*\bName\s*=\s*$", r"^\s+\w+\s*=\s*$")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&#39;", "'"), ("&amp;", "&"))

Flags = npt.NDArray[np.bool_]


def elements(data: pa.StringArray) -> dict[str, pa.StringArray]:
    """Give of each text the value of each of `ELEMENTS`, by its name in lower case; blank where it has none."""
    found, odd = _split(data)
    if odd.any():
        mask = pa.array(odd)
        texts = data.filter(mask)
        found = {name: pc.replace_with_mask(column, mask, _searched(texts, name)) for name, column in found.items()}
    return {name: _plain(column) for name, column in found.items()}


def _split(data: pa.StringArray) -> tuple[dict[str, pa.StringArray], Flags]:
    """Split texts at their quotation marks: gap, name, gap, value, gap ...; also mark those that are not so."""
    lists = pc.split_pattern(data, '"')
    pieces, count = lists.flatten(), pc.list_value_length(lists).to_numpy()
    row = np.repeat(np.arange(len(data)), count)
    place = np.arange(len(pieces)) - np.repeat(np.cumsum(count) - count, count)
    left = np.repeat(count, count) - place  # pieces from here to the text's end
    odd = np.zeros(len(data), np.bool_)
    for at, pattern in zip((0, 2), _BEFORE, strict=True):
        gaps = np.flatnonzero((place % 4 == at) & (left > 1))
        odd[row[gaps[~_matching(pieces, gaps, pattern)]]] = True
    ends = np.flatnonzero((place % 2 == 0) & (left == 1))
    odd[row[ends[~_matching(pieces, ends, "^[^']*$")]]] = True
    named = np.flatnonzero((place % 4 == 1) & (left > 2) & ~odd[row])
    names = pc.utf8_lower(pieces.take(pa.array(named))).dictionary_encode()
    number, codes = {name: code for code, name in enumerate(names.dictionary.to_pylist())}, names.indices.to_numpy()
    found = {}
    for name in (element.lower() for element in ELEMENTS):
        own = named[codes == number.get(name, -1)]
        own = own[np.diff(row[own], prepend=-1) != 0]  # the first of a text
        found[name] = among(pieces.take(pa.array(own + 2)), row[own], len(data))
    return found, odd


def _matching(pieces: pa.StringArray, places: npt.NDArray[np.int64], pattern: str) -> Flags:
    """Whether the pieces at some places, of which few differ, match."""
    coded = pieces.take(pa.array(places)).dictionary_encode()
    hit = pc.match_substring_regex(coded.dictionary, pattern).to_numpy(zero_copy_only=False)
    matching: Flags = np.asarray(hit, np.bool_)[coded.indices.to_numpy()]
    return matching


def _searched(data: pa.StringArray, name: str) -> pa.StringArray:
    """Search each text for an element, wherever it stands."""
    found = pc.extract_regex(data, _ELEMENT.format(name))
    return first_filled(pc.fill_null(found.field("found"), ""), pc.fill_null(found.field("single"), ""))


def _plain(values: pa.StringArray) -> pa.StringArray:
    """Write the entities of XML as the letters they are."""
    if pc.any(pc.match_substring(values, "&")).as_py():
        for entity, letter in _ENTITIES:
            values = pc.replace_substring(values, entity, letter)
    return pc.utf8_trim_whitespace(values)
