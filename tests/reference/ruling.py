"""Which mail flow rule decides (reference 3.3, 1, with the readings of decision 0007), world by world.

Whatever the log leaves open is tried as true and as false; the rules that decide in some world are the answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from itertools import product

from analyzer.tenant.model import AcceptedDomain, DomainType, Place, TransportRule
from analyzer.tenant.predicates import Predicate, SenderLocation
from tests.reference.domains import is_accepted

Truths = frozenset[bool]
YES, NO, OPEN = frozenset((True,)), frozenset((False,)), frozenset((True, False))
HEADERS_ADDED = 65_536
CUT = 255  # characters from which on a log may have cut a subject


@dataclass(frozen=True)
class Seen:
    """What a log shows of a message to one recipient, and what the tenant knows of the people.

    None is a sender that the log does not state, `<>` the null sender, "" an address that is not logged. `mailboxes`
    are the addresses whose mailbox a list places, `contacts` those that it names as somebody else's; `accepted` is
    None where the accepted domains were not exported.
    """

    header: str | None
    envelope: str | None
    recipient: str
    ip: str
    size: int | None
    subject: str | None
    origin: Place
    accepted: tuple[AcceptedDomain, ...] | None
    mailboxes: frozenset[str]
    contacts: frozenset[str]


def ruled(seen: Seen, rules: tuple[TransportRule, ...]) -> set[str]:
    """Name the rules that decide in some world; "" where none routes the message."""
    return set(_deciders(seen, sorted((r for r in rules if r.enabled), key=lambda r: r.priority)))


def _deciders(seen: Seen, rules: list[TransportRule]) -> Iterator[str]:
    for rule in rules:
        fires = _fires(rule, seen)
        if True in fires:  # it routes, or it stops those below and routes nowhere
            yield rule.name if rule.connector else ""
        if False not in fires:
            return
    yield ""


def _fires(rule: TransportRule, seen: Seen) -> set[bool]:
    """All conditions are met and no exception; a condition that no log shows is open."""
    conditions = [met(p, seen) for p in rule.conditions] + [OPEN for _ in rule.unmodelled]
    exceptions = [met(p, seen) for p in rule.exceptions]
    worlds = product(product(*conditions), product(*exceptions))
    return {all(held) and not any(excepted) for held, excepted in worlds}


def met(predicate: Predicate, seen: Seen) -> Truths:
    """Say whether a condition is met, or open."""
    match predicate.name:
        case "FromScope":
            return _scope(predicate, _from_inside(predicate, seen))
        case "SentToScope":
            return _scope(predicate, _to_inside(seen))
        case "SenderIpRanges":
            return _from_address(predicate, seen)
        case "MessageSizeOver":
            return _over(int(predicate.values[0]), seen.size)
        case "SubjectContainsWords" | "SubjectMatchesPatterns":
            return _subject(predicate, seen.subject)
    if "Recipient" not in predicate.name and predicate.name != "SentTo":
        found = [_sender(predicate, sender) for sender in _senders(predicate, seen)]
        return frozenset(any(world) for world in product(*found))
    found_here = _address(predicate, seen.recipient)
    another_may = predicate.name.startswith("AnyOf") and True not in found_here
    return OPEN if another_may else found_here


def _senders(predicate: Predicate, seen: Seen) -> tuple[str | None, ...]:
    places = {SenderLocation.HEADER: (seen.header,), SenderLocation.ENVELOPE: (seen.envelope,)}
    return places.get(predicate.location, (seen.header, seen.envelope))


def _sender(predicate: Predicate, sender: str | None) -> Truths:
    if sender is None:
        return OPEN
    if sender == "<>":
        return OPEN if "Patterns" in predicate.name else NO
    return _address(predicate, sender)


def _address(predicate: Predicate, address: str) -> Truths:
    """One of the values is enough."""
    if "Words" in predicate.name:
        found = [_word(word, address) for word in predicate.values]
    elif "Patterns" in predicate.name:
        found = [_pattern(pattern, address) for pattern in predicate.values]
    elif "Domain" in predicate.name:
        domain = "." + address.partition("@")[2]
        found = [YES if domain.endswith("." + value) else NO for value in predicate.values]
    else:
        found = [YES if address in predicate.values else NO]
    return frozenset(any(world) for world in product(*found))


def _subject(predicate: Predicate, subject: str | None) -> Truths:
    """A subject that is not logged is open; of one that may be cut, only a word before its end is met for sure."""
    if subject is None:
        return OPEN
    if len(subject) < CUT:
        return _address(predicate, subject.lower())
    if "Patterns" in predicate.name:
        return OPEN
    cut = subject.lower()
    ends = any(cut.endswith(word) for word in predicate.values)
    surely = _address(predicate, cut[: cut.rindex(" ") + 1] if ends and " " in cut else cut)
    return YES if surely == YES else OPEN


def _word(word: str, text: str) -> Truths:
    """A whole word is met; beside an underscore, or where a letter meets the word's own punctuation, it is open."""
    best: Truths = NO
    for start in range(len(text) - len(word) + 1):
        if text[start : start + len(word)] != word:
            continue
        beside = ((text[:start][-1:], word[0]), (text[start + len(word) :][:1], word[-1]))
        if any(outer.isalnum() and inner.isalnum() for outer, inner in beside):
            continue  # within a longer word
        if any(outer.isalnum() or outer == "_" for outer, _ in beside):
            best = OPEN
        else:
            return YES
    return best


def _pattern(pattern: str, text: str) -> Truths:
    """Only patterns that can be read without an engine of regular expressions: `^start`, `end$`; others are open."""
    plain = pattern.strip("^$").replace("\\.", ".").lower()
    if pattern.startswith("^"):
        return YES if text.startswith(plain) else NO
    if pattern.endswith("$"):
        return YES if text.endswith(plain) else NO
    return OPEN


def _from_address(predicate: Predicate, seen: Seen) -> Truths:
    """The log shows a cloud mailbox's client, and a blank address may be any."""
    if not seen.ip or seen.origin is Place.CLOUD:
        return OPEN
    return YES if any(ip_address(seen.ip) in ip_network(value) for value in predicate.values) else NO


def _over(limit: int, size: int | None) -> Truths:
    if size is None or 0 <= size - limit <= HEADERS_ADDED:
        return OPEN
    return YES if size > limit else NO


def _scope(predicate: Predicate, inside: Truths) -> Truths:
    outside = frozenset(not world for world in inside)
    if predicate.values[0].startswith("external"):  # which outsiders are partners nothing tells
        return outside | NO
    return inside if predicate.values[0] == "inorganization" else outside


def _from_inside(predicate: Predicate, seen: Seen) -> Truths:
    if seen.origin is Place.CLOUD:
        return YES
    strangers = all(_is_stranger(sender, seen) for sender in _senders(predicate, seen))
    return NO if strangers and seen.origin in {Place.INTERNET, Place.PARTNER} else OPEN


def _is_stranger(sender: str | None, seen: Seen) -> bool:
    listed = seen.mailboxes | seen.contacts
    nobody = sender is None or sender == "<>" or seen.accepted is None
    return not nobody and sender not in listed and not _ours(str(sender), seen)


def _to_inside(seen: Seen) -> Truths:
    if seen.accepted is None:
        return OPEN
    if _ours(seen.recipient, seen):
        return YES
    if seen.recipient in seen.mailboxes:
        return OPEN if _type(seen.recipient, seen) else YES  # a mailbox in a domain that is relayed elsewhere
    return OPEN if seen.recipient in seen.contacts else NO


def _ours(address: str, seen: Seen) -> bool:
    """Of an accepted domain that is not relayed elsewhere."""
    return _type(address, seen) in {DomainType.AUTHORITATIVE, DomainType.INTERNAL_RELAY}


def _type(address: str, seen: Seen) -> DomainType | None:
    """The type of the accepted domain that holds an address: of its own, else of the closest above it (5)."""
    domain = address.partition("@")[2]
    holding = [a for a in seen.accepted or () if is_accepted(domain, (a,))]
    return max(holding, key=lambda a: len(a.domain)).type if holding else None
