"""Whether a message meets a predicate of a mail flow rule: yes, no, or a log cannot tell (3.3, 1)."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from analyzer.selection.facts import Lens
from analyzer.selection.predicates import (
    SIZE_MARGIN,
    SUBJECT_CUT,
    Shown,
    Truth,
    of_address,
    of_size,
    of_source,
    of_subject,
)
from analyzer.tenant.model import DomainType, MailboxPlace, Placement, RemoteDomain
from analyzer.tenant.predicates import Predicate, SenderLocation
from tests.builders import BOB, CLOUD, SUN, accepted, directory, lens, rule

YES, NO, OPEN = Truth.TRUE, Truth.FALSE, Truth.OPEN
RUNAWAY = "^(a|aa)+$"
LONG = "a" * 60 + "1"

ADDRESSES = [
    ("From", ("bob@contoso.com", "x@y.example"), "bob@contoso.com", YES),
    ("From", ("bob@contoso.com",), "rob@contoso.com", NO),
    ("SenderDomainIs", ("contoso.com",), "x@contoso.com", YES),
    ("SenderDomainIs", ("contoso.com",), "x@eu.contoso.com", YES),
    ("RecipientDomainIs", ("contoso.com", "example.org"), "x@notcontoso.com", NO),
    # the vendor's own example: "contoso" is no part of Acontoso, Contosoa, Acontosob
    ("FromAddressContainsWords", ("contoso",), "x@contoso.com", YES),
    ("FromAddressContainsWords", ("contoso",), "x@acontoso.com", NO),
    ("FromAddressContainsWords", ("contoso",), "x@contosoa.com", NO),
    ("RecipientAddressContainsWords", ("sales", "john.d"), "john.d@contoso.com", YES),
    ("RecipientAddressContainsWords", ("john.d",), "johnxd@contoso.com", NO),  # a dot is a dot
    ("RecipientAddressContainsWords", ("*",), "john@contoso.com", NO),  # "treated as a literal character"
    ("FromAddressContainsWords", ("@contoso.com",), "x@contoso.com", OPEN),  # a letter before the @
    ("FromAddressContainsWords", ("sales",), "sales_eu@contoso.com", OPEN),  # is _ punctuation?
    ("FromAddressContainsWords", ("x@",), "x@contoso.com", OPEN),
    ("FromAddressMatchesPatterns", (r"^b.b@",), "bob@contoso.com", YES),
    ("FromAddressMatchesPatterns", (r"^B.B@",), "bob@contoso.com", YES),  # without regard to case
    ("FromAddressMatchesPatterns", (r"\.org$", r"\.net$"), "bob@contoso.com", NO),
    ("FromAddressMatchesPatterns", ("(unread", "bob"), "bob@contoso.com", YES),
    ("FromAddressMatchesPatterns", ("(unread", "sun"), "bob@contoso.com", OPEN),
    ("FromAddressMatchesPatterns", ("[a-z-[b]]ob",), "bob@contoso.com", OPEN),  # .NET subtracts, `regex` does not
    ("FromAddressMatchesPatterns", ("[[:alpha:]]",), "bob@contoso.com", OPEN),
    ("FromAddressMatchesPatterns", ("(rob){e<=1}",), "bob@contoso.com", OPEN),
    ("FromAddressMatchesPatterns", (r"^\p{L}{3}@",), "bob@contoso.com", YES),
    ("RecipientAddressMatchesPatterns", (RUNAWAY,), LONG, OPEN),
    ("AnyOfRecipientAddressContainsWords", ("sales",), "sales@contoso.com", YES),
    ("AnyOfRecipientAddressContainsWords", ("sales",), "bob@contoso.com", OPEN),  # another recipient may meet it
    ("AnyOfRecipientAddressMatchesPatterns", ("^b",), "bob@contoso.com", YES),
]


@pytest.mark.parametrize("name, values, address, expected", ADDRESSES)
def test_addresses(name: str, values: tuple[str, ...], address: str, expected: Truth) -> None:
    """Addresses, domains with subdomains, whole words, and patterns of .NET as far as they are read alike."""
    assert of_address(Predicate(name, values), address) is expected


def test_a_pattern_that_ran_away_once_is_not_tried_again() -> None:
    """What took too long on one address is open on every other, even one that it would match at once."""
    pattern = Predicate("FromAddressMatchesPatterns", (RUNAWAY + "|bob",))
    assert [of_address(pattern, a) for a in (LONG, "bob@contoso.com")] == [OPEN, OPEN]


SOURCES = [("192.0.2.5", YES), ("192.0.2.200", NO), ("2001:db8::9", YES), (None, OPEN)]


@pytest.mark.parametrize("address, expected", SOURCES)
def test_sources(address: str | None, expected: Truth) -> None:
    """SenderIpRanges holds the connecting address; a blank one may be any."""
    ranges = Predicate("SenderIpRanges", ("192.0.2.0/28", "2001:db8::/32"))
    assert of_source(ranges, ip_address(address) if address else None) is expected


SIZES = [(999, NO), (1000, OPEN), (1000 + SIZE_MARGIN, OPEN), (1001 + SIZE_MARGIN, YES), (None, OPEN)]


@pytest.mark.parametrize("size, expected", SIZES)
def test_sizes(size: int | None, expected: Truth) -> None:
    """A log counts the headers that were added after the rule looked: what lies a little over is open."""
    assert of_size(Predicate("MessageSizeOver", ("1000",)), size) is expected


def _senders(predicate: Predicate, header: str | None, envelope: str | None, **changes: object) -> Truth:
    seen = lens(rules=(rule("Lane", conditions=(predicate,)),), **changes)
    return seen.rulebook.of_senders(header, envelope).truth(predicate)


HEADER, ENVELOPE, EITHER = SenderLocation
WHERE = [
    (HEADER, BOB, SUN, YES),
    (HEADER, SUN, BOB, NO),
    (HEADER, None, BOB, OPEN),
    (HEADER, "BOB@Contoso.com", None, YES),
    (ENVELOPE, SUN, BOB, YES),
    (ENVELOPE, BOB, SUN, NO),
    (ENVELOPE, BOB, None, OPEN),
    (ENVELOPE, BOB, "<>", NO),
    (EITHER, SUN, BOB, YES),
    (EITHER, BOB, None, YES),
    (EITHER, SUN, None, OPEN),
    (EITHER, SUN, "<>", NO),
]


@pytest.mark.parametrize("location, header, envelope, expected", WHERE)
def test_the_sender_is_looked_for_in_header_or_envelope(
    location: SenderLocation, header: str | None, envelope: str | None, expected: Truth
) -> None:
    """SenderAddressLocation says where; a sender that the log does not state may be anybody."""
    assert _senders(Predicate("From", (BOB,), location), header, envelope) is expected


def test_a_pattern_on_the_null_sender_is_open() -> None:
    """No page says what a pattern is held against where there is no address."""
    pattern = Predicate("FromAddressMatchesPatterns", (".",), ENVELOPE)
    assert _senders(pattern, BOB, "<>") is OPEN


# What a recipient or sender shows of being inside: recipient, its place, changes of the tenant, inside?
CONTACT = Placement(MailboxPlace.EXTERNAL)
INSIDE = [
    (BOB, None, {}, YES),
    (SUN, None, {}, NO),
    (SUN, CONTACT, {}, OPEN),
    (SUN, CLOUD, {}, YES),  # a mailbox that exists in the organization
    (BOB, None, {"accepted": accepted("contoso.com", type=DomainType.INTERNAL_RELAY)}, YES),
    (BOB, None, {"accepted": accepted("contoso.com", type=DomainType.EXTERNAL_RELAY)}, NO),
    (BOB, CLOUD, {"accepted": accepted("contoso.com", type=DomainType.EXTERNAL_RELAY)}, OPEN),
    (BOB, None, {"accepted": None}, OPEN),
    (SUN, None, {"remote": (RemoteDomain("Ours", "example.net", is_internal=True),)}, OPEN),
    (SUN, None, {"remote": (RemoteDomain("Default", "*"),)}, NO),
    ("", None, {}, OPEN),
]


def _recipient(scope: str, address: str, place: Placement | None, changes: dict[str, object]) -> Truth:
    predicate = Predicate("SentToScope", (scope,))
    listed = {"directory": directory({address: place} if place else {}), **changes}
    seen: Lens = lens(rules=(rule("Lane", conditions=(predicate,)),), **listed)
    return seen.recipient(address).shown.truth(predicate)


@pytest.mark.parametrize("address, place, changes, inside", INSIDE)
def test_the_scope_of_a_recipient(
    address: str, place: Placement | None, changes: dict[str, object], inside: Truth
) -> None:
    """Inside is who is in an accepted domain that is ours, or has a mailbox; which domains are partners' is open."""
    assert _recipient("inorganization", address, place, changes) is inside
    assert _recipient("notinorganization", address, place, changes) is inside.negated()
    assert _recipient("externalpartner", address, place, changes) is (NO if inside is YES else OPEN)


FOREIGN = [(SUN, None, YES), (BOB, None, NO), (None, None, OPEN), ("<>", None, OPEN), (SUN, CONTACT, OPEN)]


@pytest.mark.parametrize("address, place, foreign", FOREIGN)
def test_a_sender_that_is_certainly_foreign(address: str | None, place: Placement | None, foreign: Truth) -> None:
    """A sender of no accepted domain whom no list names is none of ours; where it came from is weighed later."""
    listed = directory({SUN: place} if place else {})
    assert _senders(Predicate("FromScope", ("inorganization",)), address, None, directory=listed) is foreign


def test_the_scope_of_two_senders_that_disagree_is_open() -> None:
    """Under HeaderOrEnvelope a foreign header beside an own envelope tells nothing."""
    scope = Predicate("FromScope", ("inorganization",), EITHER)
    assert (_senders(scope, SUN, BOB), _senders(scope, SUN, SUN)) == (OPEN, YES)


def test_what_two_parts_show_is_put_together() -> None:
    """A predicate looks at one part of a row, so what the parts show adds up."""
    a, b = Predicate("From", (BOB,)), Predicate("SentTo", (SUN,))
    both = Shown(met=frozenset({a})) | Shown(open=frozenset({b}))
    assert [both.truth(p) for p in (a, b, Predicate("From", (SUN,)))] == [YES, OPEN, NO]


WORDS = ("SubjectContainsWords", ("price list", "offer", "re:"))
PATTERNS = ("SubjectMatchesPatterns", (r"^re:", r"draft$"))
CUT = "x" * (SUBJECT_CUT - 9)  # as long as a whole subject can be with nine characters more
SUBJECTS = [
    # the vendor's page: words without regard to case, and not within longer ones
    (WORDS, "RE: The Offer", YES),
    (WORDS, "our price  list", NO),
    (WORDS, "Offers", NO),
    (PATTERNS, "Re: plan", YES),
    (PATTERNS, "A draft", YES),
    (PATTERNS, "A draft, no more", NO),
    # an empty subject is one; what is not logged is none
    (WORDS, "", NO),
    (PATTERNS, "", NO),
    (WORDS, None, OPEN),
    (PATTERNS, None, OPEN),
    # one that may be cut shows the words in it, but not what it lacks, nor whether its last word goes on
    (WORDS, f"{CUT} 4567890", NO),  # 254 characters: whole
    (WORDS, f"offer {CUT} ab", YES),
    (WORDS, f"{CUT}    offer", OPEN),
    (WORDS, f"{CUT}   offers", OPEN),
    (PATTERNS, f"re: {CUT}12345", OPEN),
    (WORDS, "\U0001f4c8" * 128, OPEN),  # each counts as two characters, as the service counts
    # a line break stands where the log, not the sender, put it
    (WORDS, "offer\r\nof today", YES),
    (WORDS, "price\r\nlist", OPEN),
    (("SubjectContainsWords", ("offer",)), "price\r\nlist", NO),  # folded at spaces alone (RFC 5322, 2.2.3)
    (("SubjectContainsWords", ("offer",)), "price\r\n offer", YES),
    (PATTERNS, "Re: plan\nB", OPEN),
    # encoded (RFC 2047), or with bytes that could not be read
    (WORDS, "=?utf-8?B?b2ZmZXI=?= offer", OPEN),
    (WORDS, "2 + 2 =? offer", YES),
    (WORDS, "offer\ufffd", OPEN),
]


@pytest.mark.parametrize("asked, subject, expected", SUBJECTS)
def test_subjects(asked: tuple[str, tuple[str, ...]], subject: str | None, expected: Truth) -> None:
    """A subject decides words and patterns only as far as the log shows it as the rule saw it (3.3, 1)."""
    assert of_subject(Predicate(*asked), subject) is expected
