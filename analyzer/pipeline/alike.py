"""Which distinct values certainly show the same, told a column at a time: a million new names cost no million readings.

Of an address that no list and no rule names only its domain counts, of a domain the longest name in the
configuration that it is or lies below, of a host's address the ranges that hold it. What counts is hashed
to a token; values of one token have equal facts, and one of them is reduced for all (`Classes`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from analyzer.addresses import NULL_SENDER, Address, parse_ip
from analyzer.hashing import NULL, ODD, Hashes, Letters, mixed, raw_text, slice_hashes, text_hashes, together
from analyzer.selection.facts import Lens
from analyzer.tenant.model import Directory
from analyzer.tenant.predicates import Looks

Places = NDArray[np.int64]
Mask = NDArray[np.bool_]
Range = tuple[Address, Address]  # the first and the last

_LOWER = np.frombuffer(bytes(range(256)).lower(), np.uint8)
_BLANK, _OTHER = np.uint64(0), np.uint64(1)


@dataclass(frozen=True, slots=True)
class _Texts:
    """The letters of many texts, ASCII ones in lower case, with the start and end of each."""

    letters: Letters
    start: Places
    end: Places

    def trimmed(self, what: bytes) -> _Texts:
        """Leave out these letters at the end of each text."""
        end, live = self.end.copy(), np.arange(len(self.end))
        while len(live):
            live = live[end[live] > self.start[live]]
            live = live[np.isin(self.letters[end[live] - 1], np.frombuffer(what, np.uint8))]
            end[live] -= 1
        return _Texts(self.letters, self.start, end)

    def behind_last(self, letter: str) -> _Texts:
        """Give what stands behind the last such letter of each text; all of one that has none."""
        at = np.append(-1, np.flatnonzero(self.letters == ord(letter)))
        last = at[np.searchsorted(at, self.end) - 1]
        return _Texts(self.letters, np.where(last >= self.start, last + 1, self.start), self.end)

    @property
    def hashes(self) -> Hashes:
        """Hash each text, as `text_hashes` does."""
        return slice_hashes(self.letters, self.start, self.end - self.start)


def _texts(column: pa.StringArray) -> _Texts:
    bounds, letters = raw_text(column)
    return _Texts(_LOWER[letters], bounds[:-1], bounds[1:])


class _Set:
    """A set of texts, by their hashes."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._hashes = np.sort(text_hashes(pa.array(sorted(set(texts)), pa.string())))

    def holds(self, hashes: Hashes) -> Mask:
        """Mark the hashes of texts in it."""
        if not len(self._hashes):
            return np.zeros(len(hashes), np.bool_)
        at = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
        found: Mask = self._hashes[at] == hashes
        return found


class Domains:
    """Tells domains apart by the longest configured name that each is, or lies below."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        """Take the names, in lower case and without `*.`."""
        self._names = _Set(names)

    def hold(self, domains: pa.StringArray) -> Mask:
        """Mark the domains that are one of the names, or lie below one."""
        tokens = self.tokens(_texts(domains))
        found: Mask = (tokens != _BLANK) & (tokens != _OTHER)
        return found

    def tokens(self, domains: _Texts) -> Hashes:
        """Give each domain's token; without a domain there is one, too."""
        dots = np.flatnonzero(domains.letters == ord("."))
        live = np.flatnonzero(domains.end > domains.start)
        found = np.full(len(domains.start), _BLANK)
        found[live] = _OTHER
        start, below = domains.start[live], _OTHER
        while len(live):
            hashes = slice_hashes(domains.letters, start, domains.end[live] - start)
            held = self._names.holds(hashes)
            found[live[held]] = mixed(hashes[held] * ODD + below)
            live, start = live[~held], start[~held]
            next_dot = np.append(dots, len(domains.letters))[np.searchsorted(dots, start)]
            inside = next_dot + 1 < domains.end[live]
            live, start, below = live[inside], next_dot[inside] + 1, _BLANK
        return found


class Addresses:
    """Tells mailboxes apart by their domains, but for those that a list or a rule names."""

    def __init__(self, domains: Domains, named: Iterable[str], directories: Sequence[Directory]) -> None:
        """Take what is named in lower case: addresses by themselves, and the recipients lists."""
        self._domains, self._directories = domains, directories
        self._named = _Set((*named, NULL_SENDER, ""))
        self._listed = _Set(chain.from_iterable(directory.address_domains for directory in directories))

    def __call__(self, columns: Sequence[pa.StringArray]) -> Hashes:
        """Give the token of each row: of its addresses together, where there are several columns."""
        tokens = [self._of_one(column) for column in columns]
        return tokens[0] if len(tokens) == 1 else together(tokens)

    def _of_one(self, column: pa.StringArray) -> Hashes:
        filled = pc.fill_null(column, "")
        texts, own = _texts(filled), text_hashes(filled)
        parts = texts.behind_last("@")
        domains = parts.trimmed(b".> ")
        end = np.where(parts.start > texts.start, domains.end, parts.start)  # without an `@` there is no domain
        tokens = self._domains.tokens(_Texts(texts.letters, parts.start, end))
        apart = self._named.holds(texts.hashes) | ~pc.string_is_ascii(filled).to_numpy(zero_copy_only=False)
        perhaps = np.flatnonzero(~apart & self._listed.holds(parts.hashes))
        apart[perhaps] = [self._are_listed(address.lower()) for address in filled.take(pa.array(perhaps)).to_pylist()]
        missing = column.is_null().to_numpy(zero_copy_only=False)
        return np.where(missing, NULL, np.where(apart, own, tokens))

    def _are_listed(self, address: str) -> bool:
        return any(any(directory.residence(address).places) for directory in self._directories)


class Ranges:
    """Tells IP addresses apart by the ranges that hold them."""

    def __init__(self, ranges: Iterable[Range]) -> None:
        """Cut all addresses where a range begins or ends."""
        spans = set(ranges)
        self._edges4 = _edges([span for span in spans if span[0].version == 4], 4).view(">u4")
        self._edges6 = _edges([span for span in spans if span[0].version == 6], 16)

    def tokens(self, column: pa.StringArray) -> Hashes:
        """Give each address's token; all that is no address has one."""
        found = [parse_ip(text) for text in column.to_pylist()]
        tokens = np.full(len(found), _BLANK)
        for version, kind, edges in ((4, ">u4", self._edges4), (6, "S16", self._edges6)):
            rows = [row for row, address in enumerate(found) if address and address.version == version]
            packed = b"".join(address.packed for address in found if address and address.version == version)
            places = np.searchsorted(edges, np.frombuffer(packed, kind), side="right").astype(np.uint64)
            tokens[rows] = mixed(places * ODD + np.uint64(version))
        return tokens


def _edges(spans: Sequence[Range], width: int) -> NDArray[np.bytes_]:
    """Give the first address of each range, and the first behind it, in order."""
    edges = {edge for first, last in spans for edge in (int(first), int(last) + 1)}
    found = sorted(edge for edge in edges if edge < 1 << 8 * width)
    return np.frombuffer(b"".join(edge.to_bytes(width, "big") for edge in found), f"S{width}")


@dataclass(frozen=True, slots=True)
class Sources:
    """Tells connecting hosts apart by the ranges that hold their addresses and the patterns of their names."""

    ranges: Ranges
    hosts: Domains

    def __call__(self, columns: Sequence[pa.StringArray]) -> Hashes:
        """Give the token of each row: of an address and a name."""
        ips, hosts = (pc.fill_null(column, "") for column in columns)
        names = self.hosts.tokens(_texts(hosts).trimmed(b"."))
        strange = ~pc.string_is_ascii(hosts).to_numpy(zero_copy_only=False)
        return together([self.ranges.tokens(ips), np.where(strange, text_hashes(hosts), names)])


@dataclass(frozen=True, slots=True)
class Hops:
    """Tells sessions at own servers apart: by server, local endpoint, and the ranges that hold the client."""

    ranges: Ranges

    def __call__(self, columns: Sequence[pa.StringArray]) -> Hashes:
        """Give the token of each row of these three."""
        *own, clients = (pc.fill_null(column, "") for column in columns)
        return together([*map(text_hashes, own), self.ranges.tokens(clients)])


@dataclass(frozen=True, slots=True)
class Alike:
    """What is alike under all configurations of a run; None where each value has to be looked at."""

    recipients: Addresses | None
    senders: Addresses
    senders_show: Addresses | None
    sources: Sources
    hops: Hops


def alike(lenses: Sequence[Lens]) -> Alike:
    """Compile what the lenses tell apart."""
    domains = Domains(chain.from_iterable(lens.told_domains for lens in lenses))
    directories = list({id(d): d for lens in lenses if (d := lens.snapshot.directory) is not None}.values())
    settings = lenses[0].settings

    def of_rules(looks: Looks) -> Addresses | None:
        if any(lens.rulebook.reads_letters(looks) for lens in lenses):
            return None
        named = chain.from_iterable(lens.rulebook.named_addresses(looks) for lens in lenses)
        return Addresses(domains, named, directories)

    return Alike(
        recipients=of_rules(Looks.RECIPIENT),
        senders=Addresses(domains, settings.direct_send_addresses, directories),
        senders_show=of_rules(Looks.SENDER),
        sources=Sources(
            Ranges((n.network_address, n.broadcast_address) for lens in lenses for n in lens.told_networks),
            Domains(name.removeprefix("*.") for name in settings.onpremises_hosts),
        ),
        hops=Hops(Ranges((r.first, r.last) for lens in lenses for r in lens.told_clients)),
    )
