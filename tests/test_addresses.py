"""Mailboxes, patterns and ranges: label boundaries, apexes, and addresses as logs write them."""

from __future__ import annotations

import doctest
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer import addresses
from analyzer.addresses import NetworkTable, covers, covers_host, domain_of, parents, parse_ip, without_plus
from tests.builders import networks

LABELS = st.sampled_from(["com", "contoso", "notcontoso", "sales", "a"])
DOMAINS = st.lists(LABELS, min_size=1, max_size=4).map(".".join)


def test_the_examples_of_the_docstrings_hold() -> None:
    """What the docstrings show is what the functions give."""
    found = doctest.testmod(addresses)

    assert (found.attempted > 0, found.failed) == (True, 0)


@pytest.mark.parametrize(
    "address, domain",
    [
        ("john@contoso.com", "contoso.com"),
        ("John@Contoso.COM", "contoso.com"),  # 3.4 Case
        ("<john@contoso.com>", "contoso.com"),
        ("john@contoso.com.", "contoso.com"),  # a rooted name is the same name
        ('"a@b"@contoso.com', "contoso.com"),  # the last @ parts them
        ("<>", ""),
        ("", ""),
        ("john", ""),
        ("john@", ""),
    ],
)
def test_the_domain_of_a_mailbox(address: str, domain: str) -> None:
    """A mailbox has the domain after its last @, in lower case; what has no @ has none."""
    assert domain_of(address) == domain


@pytest.mark.parametrize(
    "pattern, domain, matches",
    [
        ("contoso.com", "contoso.com", True),
        ("contoso.com", "sales.contoso.com", False),  # 11, case 35
        ("*.contoso.com", "mail.contoso.com", True),  # 3.4
        ("*.contoso.com", "deep.sub.contoso.com", True),  # 3.4 any depth
        ("*.contoso.com", "contoso.com", True),  # 3.4 apex, weight of the documents
        ("*.contoso.com", "notcontoso.com", False),  # 3.4 label boundary
        ("*.contoso.com", "contoso.com.example.net", False),
        ("*.contoso.com", "com", False),
        ("*", "anything.example.org", True),  # 3.4 *
    ],
)
def test_what_a_domain_pattern_covers(pattern: str, domain: str, matches: bool) -> None:  # noqa: FBT001
    """A pattern ends at a label, reaches any depth and includes its apex."""
    assert covers(pattern, domain) is matches


@pytest.mark.parametrize(
    "pattern, host, matches",
    [
        ("mail.contoso.com", "mail.contoso.com", True),
        ("*.contoso.com", "mail.contoso.com", True),
        ("*.contoso.com", "contoso.com", False),  # 7.4, a certificate pattern does not cover the apex
        ("*.contoso.com", "mail.notcontoso.com", False),
        ("mail.contoso.com", "contoso.com", False),
    ],
)
def test_what_a_host_pattern_covers(pattern: str, host: str, matches: bool) -> None:  # noqa: FBT001
    """A host or certificate pattern covers what stands below its name, not the name."""
    assert covers_host(pattern, host) is matches


@given(suffix=DOMAINS, domain=DOMAINS)
def test_a_wildcard_compares_labels(suffix: str, domain: str) -> None:
    """`*.suffix` covers a domain exactly if the labels of the suffix are its last ones."""
    wanted, labels = suffix.split("."), domain.split(".")

    assert covers(f"*.{suffix}", domain) is (labels[-len(wanted) :] == wanted)


@given(DOMAINS)
def test_parents_are_the_wildcards_that_cover(domain: str) -> None:
    """Every parent's wildcard covers the domain, and the nearest parent comes first."""
    found = list(parents(domain))

    assert all(covers(f"*.{parent}", domain) for parent in found)
    assert found == sorted(found, key=len, reverse=True)
    assert len(found) == domain.count(".")


@pytest.mark.parametrize(
    "text, address",
    [
        ("192.0.2.1", "192.0.2.1"),
        (" 192.0.2.1 ", "192.0.2.1"),
        ("192.0.2.1:25", "192.0.2.1"),
        ("[192.0.2.1]", "192.0.2.1"),
        ("[2001:db8::1]:25", "2001:db8::1"),
        ("2001:DB8::1", "2001:db8::1"),
        ("2001:db8::1%3", "2001:db8::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),  # IPv4 as an IPv6 socket shows it
        ("", None),
        ("unknown", None),
        ("192.0.2", None),
        ("192.0.2.256", None),
        ("mail.contoso.com:25", None),
    ],
)
def test_addresses_as_logs_write_them(text: str, address: str | None) -> None:
    """Brackets, ports, zones and mapped addresses are read; anything else is no address."""
    assert parse_ip(text) == (ip_address(address) if address else None)


@pytest.mark.parametrize(
    "ranges, address, holding",
    [
        (("192.0.2.0/28",), "192.0.2.15", ("192.0.2.0/28",)),
        (("192.0.2.0/28",), "192.0.2.16", ()),
        (("192.0.2.1/25",), "192.0.2.100", ("192.0.2.0/25",)),  # 4.1, host bits set
        (("192.0.2.0/24", "192.0.2.8/32"), "192.0.2.8", ("192.0.2.8/32", "192.0.2.0/24")),
        (("0.0.0.0/0",), "203.0.113.9", ("0.0.0.0/0",)),
        (("0.0.0.0/0",), "2001:db8::1", ()),
        (("2001:db8::/32", "192.0.2.0/24"), "2001:db8:1::1", ("2001:db8::/32",)),
        ((), "192.0.2.1", ()),
    ],
)
def test_ranges_that_hold_an_address(ranges: tuple[str, ...], address: str, holding: tuple[str, ...]) -> None:
    """Every range that holds the address is found, the most specific first."""
    assert NetworkTable(networks(*ranges)).holding(ip_address(address)) == networks(*holding)


@given(
    ranges=st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 32)), max_size=8),
    value=st.integers(0, 2**32 - 1),
)
def test_the_table_of_ranges_agrees_with_asking_each(ranges: list[tuple[int, int]], value: int) -> None:
    """The index finds exactly the ranges that contain the address one by one."""
    spelled = networks(*(f"{ip_address(base)}/{length}" for base, length in ranges))
    address = ip_address(value)

    assert set(NetworkTable(spelled).holding(address)) == {n for n in spelled if address in n}


@pytest.mark.parametrize(
    "address, mailbox",
    [
        ("bob+news@contoso.com", "bob@contoso.com"),
        ("bob+a+b@contoso.com", "bob@contoso.com"),
        ("bob@contoso.com", "bob@contoso.com"),
    ],
)
def test_the_mailbox_behind_a_plus_tag(address: str, mailbox: str) -> None:
    """Everything from the first plus of the local part is the user's own tag."""
    assert without_plus(address) == mailbox
