"""The company and its correspondents: who writes to whom, and from which addresses.

A small hybrid company. John and his like have their mailboxes on its own servers, Bob and his like
in the cloud; both send to Sun, who is on the internet. Only documentation names and addresses occur.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from itertools import islice, product

CONNECTOR_1 = "Connector 1"  # all accepted domains
CONNECTOR_2 = "Connector 2"  # contoso.com
CONNECTOR_3 = "Connector 3"  # *.contoso.com
TO_WOODGROVE = "To Woodgrove Bank"
BY_RULE = "Wingtip by dedicated line"
RETIRED_OUTBOUND = "To old Exchange"  # disabled
TEST_OUTBOUND = "Fabrikam trial"  # in test mode
UNKNOWN_OUTBOUND = "To Adatum (before the merger)"  # in no export
FROM_SERVERS = "Inbound from mail.contoso.com"  # by certificate, as the hybrid wizard writes it
FROM_PLANT = "Inbound from plant"  # by address
FROM_WOODGROVE = "From Woodgrove Bank"
FROM_NORTHWIND = "From Northwind"  # a partner's subdomains by wildcard
RETIRED_INBOUND = "From Woodgrove Bank (old)"  # disabled
TO_LITWARE, TO_LITWARE_COPY = "To Litware", "To Litware (copy)"  # claim the same domain
TO_LUCERNE, TO_LUCERNE_COPY = "To Lucerne", "To Lucerne (copy)"  # so do these
TO_ARCHIVE, TO_SIGNATURES = "To the archive", "To the signature service"  # by rule
FROM_PROSEWARE = "From Proseware"  # held to the partner's addresses
TO_SERVERS = "To our servers"  # with RecipientDomains *


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


GIVEN = _words("""
    Adele Alex Allan Amber Anna Bianca Bob Carlos Chris Christie Clara David Debra Diego Elena Emily Enrico Erin
    Grady Hanna Henrietta Irvin Isaiah Ivan Jakub Johanna John Jordan Joni Julie Kai Karin Lee Lidia Lynne Maria
    Mario Megan Michelle Miriam Nestor Nora Olga Oscar Pablo Patti Pradeep Quinn Raul Renee Sofia Sun Tomas Uma
    Vera Viktor Wanda Xenia Yuki Zoe
""")
FAMILY = _words("""
    Adams Alonso Bauer Berg Brandt Carlson Castro Deyoung Diaz Eklund Evans Fischer Fortin Garcia Gruber Hansen
    Holt Ivanov Jansen Johnson Keller King Lang Larsen Lopez Meyer Miller Moreau Novak Nowak Olsen Ortiz Park
    Pena Quist Ramos Reed Rossi Sato Schulz Silva Stone Tanaka Torres Ueda Vance Vargas Wagner Walker Weber Wilber
    Xu Young Zeller
""")
WORDS = _words("""
    alder amber birch bridge cedar copper delta ember field garnet harbor iris jasper kite lark maple meadow north
    ocean pearl quartz river saffron timber umber valley willow yarrow zephyr
""")


class People(Enum):
    """Groups of addresses that a scenario draws its senders and recipients from."""

    CLOUD_CONTOSO = auto()
    CLOUD_FABRIKAM = auto()
    SERVER_CONTOSO = auto()
    SERVER_SALES = auto()
    SERVER_FABRIKAM = auto()
    PLANT_LISTED = auto()
    PLANT_UNLISTED = auto()
    LAB = auto()
    GROUPS = auto()
    CONTACTS = auto()
    DEVICES = auto()
    NOBODY = auto()
    INTERNET = auto()
    WINGTIP = auto()
    WOODGROVE = auto()
    NORTHWIND = auto()
    CLOUD = auto()
    SERVERS = auto()
    LEGAL = auto()
    MARKETING = auto()
    TENANT_NAMES = auto()
    PROSEWARE = auto()
    LITWARE = auto()
    LUCERNE = auto()
    TAILSPIN = auto()


class Peer(Enum):
    """Groups of addresses that connect to the service."""

    HOME = auto()
    HOME_OR_BLANK = auto()
    SERVERS = auto()
    PLANT = auto()
    DEVICE = auto()
    INTERNET = auto()
    PARTNER = auto()
    BLANK = auto()
    FILTER = auto()


Group = People | Peer

PEERS: dict[Peer, tuple[str | None, ...]] = {
    Peer.HOME: tuple(f"203.0.113.{n}" for n in range(130, 250)) + tuple(f"2001:db8:7::{n:x}" for n in range(1, 60)),
    # The service keeps a client's address for ten days only.
    Peer.HOME_OR_BLANK: (*(f"203.0.113.{n}" for n in range(130, 250)), *(None for _ in range(40))),
    Peer.SERVERS: ("192.0.2.10", "192.0.2.11"),
    Peer.PLANT: ("198.51.100.10",),
    Peer.DEVICE: ("192.0.2.12",),
    Peer.INTERNET: tuple(f"203.0.113.{n}" for n in range(1, 120)) + tuple(f"2001:db8:25::{n:x}" for n in range(1, 90)),
    Peer.PARTNER: tuple(f"198.51.100.{n}" for n in range(65, 70)),
    Peer.BLANK: (None,),
    Peer.FILTER: tuple(f"198.51.100.{n}" for n in range(130, 134)),
}

# A smart host of each outbound connector; where none is used the MX of the domain takes the mail.
SMART_HOSTS: dict[str, tuple[str, str]] = {
    CONNECTOR_1: ("192.0.2.10", "mail.contoso.com"),
    CONNECTOR_2: ("192.0.2.10", "mail.contoso.com"),
    CONNECTOR_3: ("192.0.2.11", "mail2.contoso.com"),
    TO_WOODGROVE: ("198.51.100.66", "mail.woodgrovebank.com"),
    BY_RULE: ("198.51.100.67", "mail.wingtiptoys.com"),
    UNKNOWN_OUTBOUND: ("192.0.2.10", "mail.contoso.com"),
    TO_SERVERS: ("192.0.2.10", "mail.contoso.com"),
    TO_LITWARE: ("198.51.100.68", "mail.litware.example"),
    TO_LITWARE_COPY: ("198.51.100.69", "mail2.litware.example"),
    TO_LUCERNE: ("198.51.100.70", "mail.lucerne.example"),
    TO_ARCHIVE: ("198.51.100.150", "archive.example.net"),
    TO_SIGNATURES: ("198.51.100.151", "signatures.example.net"),
}


def _names(count: int, *, skip: int = 0) -> Iterator[tuple[str, str]]:
    # A stride that shares no factor with the number of pairs visits each pair once, in a mixed order.
    pairs = tuple(product(GIVEN, FAMILY))
    return (pairs[n * 997 % len(pairs)] for n in range(skip, skip + count))


def _at(domain: str, count: int, *, skip: int = 0) -> tuple[str, ...]:
    return tuple(f"{given}.{family}@{domain}".lower() for given, family in _names(count, skip=skip))


def _internet_domains() -> Iterator[str]:
    return (f"{a}{b}.example.{tld}" for tld, (a, b) in product(("com", "net", "org"), product(WORDS, WORDS)) if a != b)


def _internet(domains: int = 600, users: int = 3000) -> tuple[str, ...]:
    """Make correspondents whose domains are shared out by Zipf's law: the n-th has 1/n of the first's users."""
    weights = [1 / rank for rank in range(1, domains + 1)]
    counts = [max(1, round(weight * users / sum(weights))) for weight in weights]
    by_domain = (_at(name, n, skip=7 * n) for name, n in zip(islice(_internet_domains(), domains), counts, strict=True))
    mixed = tuple(address for of_one in by_domain for address in of_one)
    # The front of a pool is drawn most: a stride mixes the domains, so that their shares hold there too.
    return tuple(mixed[n * 1009 % len(mixed)] for n in range(len(mixed)))


def _members() -> dict[People, tuple[str, ...]]:
    return {
        People.CLOUD_CONTOSO: _at("contoso.com", 330)
        + _at("sales.contoso.com", 40, skip=330)
        + _at("contoso.onmicrosoft.com", 6, skip=370)
        + tuple(f"{name}@contoso.com" for name in ("info", "orders", "press", "support")),
        People.CLOUD_FABRIKAM: _at("fabrikam.com", 90, skip=400),
        People.SERVER_CONTOSO: ("john@contoso.com", *_at("contoso.com", 140, skip=500)),
        People.SERVER_SALES: ("john@sales.contoso.com", *_at("sales.contoso.com", 60, skip=640)),
        People.SERVER_FABRIKAM: ("john@fabrikam.com", *_at("fabrikam.com", 60, skip=700)),
        People.PLANT_LISTED: _at("adatum.com", 20, skip=760),
        People.PLANT_UNLISTED: tuple(f"line{n}@adatum.com" for n in range(1, 21)),
        People.LAB: tuple(f"bench{n}@lab.adatum.com" for n in range(1, 13)),
        People.GROUPS: tuple(f"{name}@contoso.com" for name in ("all", "board", "facilities", "sales-team", "works")),
        People.CONTACTS: tuple(f"agent{n}@{WORDS[n]}.example" for n in range(12)),
        People.DEVICES: ("scanner@contoso.com", "door@contoso.com"),
        People.NOBODY: tuple(f"former{n}@contoso.com" for n in range(1, 9)),
        People.INTERNET: _internet(),
        People.WINGTIP: _at("wingtiptoys.com", 12, skip=820),
        People.WOODGROVE: _at("woodgrovebank.com", 16, skip=840),
        People.NORTHWIND: _at("mail.northwindtraders.com", 6, skip=860) + _at("eu.northwindtraders.com", 6, skip=870),
        # Behind the others, so that these keep their places.
        People.LEGAL: ("legal@contoso.com", "contracts@contoso.com"),
        People.MARKETING: ("marketing@contoso.com", "events@contoso.com"),
        People.TENANT_NAMES: tuple(f"{name}@contoso.onmicrosoft.com" for name in ("admin", "sync", "teams")),
        People.PROSEWARE: _at("proseware.example", 8, skip=880),
        People.LITWARE: _at("litware.example", 8, skip=890),
        People.LUCERNE: _at("lucerne.example", 8, skip=900),
        People.TAILSPIN: _at("tailspin.example", 6, skip=910),
    }


# Neighbours in the order of People that are also drawn from as one.
_UNIONS = {
    People.CLOUD: (People.CLOUD_CONTOSO, People.CLOUD_FABRIKAM),
    People.SERVERS: (People.SERVER_CONTOSO, People.SERVER_SALES, People.SERVER_FABRIKAM),
}


@dataclass(frozen=True, slots=True)
class Span:
    """A run of neighbours in one long list."""

    start: int
    size: int


@dataclass(frozen=True, slots=True)
class Book:
    """Every entry in one list, and the run that each group of them takes up."""

    entries: tuple[str | None, ...]
    spans: Mapping[Group, Span]


def _book(groups: Mapping[People, tuple[str, ...]] | Mapping[Peer, tuple[str | None, ...]]) -> Book:
    spans: dict[Group, Span] = {}
    start = 0
    for group, members in groups.items():
        spans[group] = Span(start, len(members))
        start += len(members)
    return Book(tuple(entry for members in groups.values() for entry in members), spans)


@cache
def addresses() -> Book:
    """List every mail address, by group of people."""
    book = _book(_members())
    unions: dict[Group, Span] = {
        union: Span(book.spans[parts[0]].start, sum(book.spans[part].size for part in parts))
        for union, parts in _UNIONS.items()
    }
    return Book(book.entries, {**book.spans, **unions})


@cache
def peers() -> Book:
    """List every connecting address, by group of peers; None is a blank one."""
    return _book(PEERS)


def people(group: People) -> tuple[str, ...]:
    """List the addresses of one group."""
    book = addresses()
    span = book.spans[group]
    return tuple(str(entry) for entry in book.entries[span.start : span.start + span.size])
