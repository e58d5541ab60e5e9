"""Whether a message meets a predicate of a mail flow rule: yes, no, or a log cannot tell (3.3, 1).

How the vendor's pages have words and patterns compared: words without regard to case and as whole words
("contoso" is not in "Acontoso"), patterns as regular expressions of .NET, without regard to case either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from ipaddress import ip_network

import regex

from analyzer.addresses import Address, domain_of
from analyzer.tenant.predicates import Predicate

PATTERN_SECONDS = 0.05
# A log counts the bytes at the end, the rule before some headers were added: what lies so little over is open.
SIZE_MARGIN = 65_536
# The admin center cuts a subject at 256 characters (log-formats 3); how it counts them nobody says.
SUBJECT_CUT = 255
# Encoded words (RFC 2047, section 2), and what stands for bytes that nobody could read.
_UNREAD = regex.compile("=\\?[^\\s?]+\\?[bq]\\?|\ufffd", regex.IGNORECASE)

# What .NET reads otherwise than `regex`, without either of them complaining: subtraction of sets, classes of
# POSIX, and braces that are no count (`regex` takes them for approximate matching).
_OTHERWISE = regex.compile(r"-\[|\[:|(?<!\\[pP])\{(?!\d)")


class Truth(IntEnum):
    """Three values: `min` is "and", `max` is "or"."""

    FALSE = 0
    OPEN = 1
    TRUE = 2

    def negated(self) -> Truth:
        """What is open stays open."""
        return Truth(2 - self)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a part of a row shows of the predicates that look at it; those in neither set are not met."""

    met: frozenset[Predicate] = frozenset()
    open: frozenset[Predicate] = frozenset()

    def __or__(self, other: Shown) -> Shown:
        """Put together what two parts show."""
        return Shown(self.met | other.met, self.open | other.open)

    def truth(self, predicate: Predicate) -> Truth:
        """Tell whether a predicate is met."""
        if predicate in self.met:
            return Truth.TRUE
        return Truth.OPEN if predicate in self.open else Truth.FALSE


NOTHING_SHOWN = Shown()


def shown(predicates: Iterable[Predicate], truth_of: Callable[[Predicate], Truth]) -> Shown:
    """Test each predicate."""
    found = [(predicate, truth_of(predicate)) for predicate in predicates]
    if not found:
        return NOTHING_SHOWN
    return Shown(
        frozenset(p for p, truth in found if truth is Truth.TRUE),
        frozenset(p for p, truth in found if truth is Truth.OPEN),
    )


def of_address(predicate: Predicate, address: str) -> Truth:
    """Test a predicate on a lower-case address; the null sender's is empty."""
    found = _test(predicate)(address)
    # "A match applies the rule action to all recipients of the message": another one may have met it.
    return max(found, Truth.OPEN) if predicate.name.startswith("AnyOf") else found


def of_source(predicate: Predicate, address: Address | None) -> Truth:
    """Test SenderIpRanges on the connecting address; a blank one may be any."""
    if address is None:
        return Truth.OPEN
    return Truth.TRUE if any(address in network for network in _networks(predicate.values)) else Truth.FALSE


def of_size(predicate: Predicate, size: int | None) -> Truth:
    """Test MessageSizeOver on the bytes that the log counts."""
    if size is None:
        return Truth.OPEN
    over = size - int(predicate.values[0])
    return Truth.FALSE if over < 0 else Truth.OPEN if over <= SIZE_MARGIN else Truth.TRUE


def of_subject(predicate: Predicate, subject: str | None) -> Truth:
    """Test a predicate on a subject; None = not logged.

    Of one that may be cut, only a word that stands before the end is sure. Where the log breaks it into lines, single
    words are, phrases and patterns may hold across the break. Where some of it is still encoded, or was lost, what the
    rule saw is open.
    """
    if subject is None or _UNREAD.search(subject):
        return Truth.OPEN
    cut = len(subject.encode("utf-16-le", "surrogatepass")) // 2 >= SUBJECT_CUT
    broken = subject.splitlines()[1:]
    if not cut and not broken:
        return _test(predicate)(subject)
    if predicate.name.endswith("MatchesPatterns"):
        return Truth.OPEN
    found = _test(predicate)(f"{subject}{_GOES_ON}" if cut else subject)
    phrases = any(word.split()[1:] for word in predicate.values)
    return max(found, Truth.OPEN) if cut or phrases else found


_GOES_ON = "x"  # a letter, so that a word at the very end counts as part of a longer one
_Test = Callable[[str], Truth]
_networks = lru_cache(maxsize=1024)(lambda values: tuple(map(ip_network, values)))


@lru_cache(maxsize=4096)
def _test(predicate: Predicate) -> _Test:
    values = predicate.values
    if predicate.name.endswith("DomainIs"):
        return lambda address: _in_domain(values, address)
    if predicate.name.endswith("ContainsWords"):
        return _Words(values)
    if predicate.name.endswith("MatchesPatterns"):
        return _Patterns(values)
    return lambda address: Truth.TRUE if address in values else Truth.FALSE


def _in_domain(domains: tuple[str, ...], address: str) -> Truth:
    # SenderDomainIs and RecipientDomainIs match the domain and its subdomains (analyzer.tenant.rules has the source).
    domain = domain_of(address)
    return Truth.TRUE if any(domain == d or domain.endswith(f".{d}") for d in domains) else Truth.FALSE


class _Words:
    """Any of some words, each with spaces, punctuation or nothing around it.

    The page does not say how a word that itself ends in punctuation ("@contoso.com") meets a letter, nor
    what an underscore is: both are open.
    """

    def __init__(self, words: tuple[str, ...]) -> None:
        whole = "|".join(rf"(?<!\w){regex.escape(word)}(?!\w)" for word in words)
        self._whole = regex.compile(whole, regex.IGNORECASE)
        self._perhaps = regex.compile("|".join(map(_perhaps, words)), regex.IGNORECASE)

    def __call__(self, text: str) -> Truth:
        if self._whole.search(text):
            return Truth.TRUE
        return Truth.OPEN if self._perhaps.search(text) else Truth.FALSE


def _perhaps(word: str) -> str:
    before = r"(?<![^\W_])" if word[0].isalnum() else ""
    after = r"(?![^\W_])" if word[-1].isalnum() else ""
    return f"{before}{regex.escape(word)}{after}"


class _Patterns:
    """Any of some regular expressions; one that cannot be read, or takes too long, leaves the answer open."""

    def __init__(self, patterns: tuple[str, ...]) -> None:
        read = [_compiled(pattern) for pattern in patterns]
        self._patterns = [pattern for pattern in read if pattern is not None]
        self._all_read = len(self._patterns) == len(read)

    def __call__(self, text: str) -> Truth:
        try:
            if any(p.search(text, timeout=PATTERN_SECONDS) for p in self._patterns):
                return Truth.TRUE
        except TimeoutError:
            # Given up for good: a pattern that ran away once would do so on a million addresses.
            self._patterns, self._all_read = [], False
        return Truth.FALSE if self._all_read else Truth.OPEN


def _compiled(pattern: str) -> regex.Pattern[str] | None:
    if _OTHERWISE.search(pattern):
        return None
    try:
        return regex.compile(pattern, regex.IGNORECASE)
    except regex.error:
        return None
