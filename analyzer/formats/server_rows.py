"""Rows that were put together from several lines of an own server's log, in our words."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from analyzer.formats.base import Draft, Recipients
from analyzer.formats.chunk import Cells
from analyzer.formats.columns import (
    coded,
    coded_or_null,
    constant,
    extracted,
    first_filled,
    host_and_address,
    integers,
    mapped,
    optional,
    server_names,
    text_or_null,
)
from analyzer.formats.event_rows import only_where
from analyzer.formats.packed import split_lists
from analyzer.formats.sessions import NO_CERTIFICATE

# Exchange Online answers with the Message-ID: the link to its own log (log-formats section 7).
_ANSWERED_ID = r"250 2\.\d\.\d (?P<found><[^<>\s]+>) \[InternalId="


def noise_kinds(cells: Cells) -> pa.StringArray:
    """Name the kind of each line that is no row; null for those that are."""
    kind = cells.column("kind")
    return pc.if_else(pc.equal(kind, ""), pa.scalar(None, pa.string()), kind)


def draft(cells: Cells) -> Draft:
    """Put rows into our words."""
    status = cells.column("status")
    answered = pc.fill_null(extracted(coded(status), _ANSWERED_ID).cast(pa.string()), "")
    event = pc.utf8_upper(cells.column("daemon"))
    connector, no_word = optional(cells, "connector"), constant(None, len(cells))
    return Draft(
        {
            "message_id": text_or_null(first_filled(cells.column("message_id"), answered)),
            "envelope_sender": coded_or_null(_address(cells.column("sender"))),
            "size": integers(cells.column("size")),
            "event": coded_or_null(event),
            "connecting_ip": coded_or_null(cells.column("client_ip")),
            "connecting_host": coded_or_null(_named(cells.column("client_host"))),
            "next_hop": coded_or_null(host_and_address(_named(cells.column("hop_host")), cells.column("hop_ip"))),
            "tls_version": coded_or_null(cells.column("tls")),
            "certificate": _certificate(cells.column("certificate")),
            "server": server_names(cells.column("server")) if "server" in cells.columns else no_word,
            "local_endpoint": optional(cells, "local_endpoint"),
            "logged_connector": connector,
            "logged_inbound": only_where(pc.equal(event, "RECEIVE"), connector),
            "logged_outbound": only_where(pc.equal(event, "SEND"), connector),
        },
        _recipients(cells.column("recipient"), status),
    )


def _certificate(names: pa.StringArray) -> pa.DictionaryArray:
    """Keep apart what was not said (null) and that there was none (blank)."""
    said = coded_or_null(names)
    return mapped(said, pc.replace_substring(said.dictionary, NO_CERTIFICATE, ""))


def _address(text: pa.StringArray) -> pa.StringArray:
    """Take the brackets off an address; `<>` is the null sender."""
    return pc.replace_substring_regex(text, r"^<(.+)>$", r"\1")


def _named(host: pa.StringArray) -> pa.StringArray:
    """Leave out what stands where a host has no name, and the dot behind one that has."""
    plain = pc.utf8_rtrim(host, ".")
    nobody = pc.is_in(plain, value_set=pa.array(["unknown", "none", "localhost"]))
    return pc.if_else(nobody, "", plain)


def _recipients(packed: pa.StringArray, status: pa.StringArray) -> Recipients:
    """Take the recipients of a line apart; they share its status."""
    bracketed = pc.match_substring(packed, "<")
    several = pc.if_else(
        bracketed, pc.replace_substring_regex(packed, r">, *<", ">;<"), pc.replace_substring(packed, ",", ";")
    )
    found = split_lists(pc.replace_substring_regex(several, r"[<>]", ""))
    assert found.parent is not None
    return Recipients(found.address, status.take(pa.array(found.parent)), found.parent)
