"""Mailboxes, domain patterns and address ranges: scalar and pure.

Domains are compared without regard to case (reference 3.4, Case); callers pass lower case to the
functions that say so.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NULL_SENDER = "<>"
# The hosts that take mail for Office 365: worldwide, for the United States' government, and by 21Vianet in China.
OFFICE365_HOSTS = (
    ".mail.protection.outlook.com",
    ".mail.protection.office365.us",
    ".mail.protection.partner.outlook.cn",
)
HYBRID_ROUTING = ".mail.onmicrosoft.com"  # reference 1: where own servers send the mail of a migrated user


@lru_cache(maxsize=1 << 16)
def domain_of(address: str) -> str:
    """Give the domain of a mailbox in lower case, or "" where there is none.

    >>> domain_of("John@Sales.Contoso.com"), domain_of("<>")
    ('sales.contoso.com', '')
    """
    return address.rpartition("@")[2].rstrip(".> ").lower() if "@" in address else ""


def parents(domain: str) -> Iterator[str]:
    """Walk the domains above one, nearest first.

    >>> list(parents("mail.sales.contoso.com"))
    ['sales.contoso.com', 'contoso.com', 'com']
    """
    rest = domain.partition(".")[2]
    while rest:
        yield rest
        rest = rest.partition(".")[2]


def covers(pattern: str, domain: str) -> bool:
    """Tell whether `contoso.com`, `*.contoso.com` (apex included) or `*` covers a lower-case domain.

    >>> covers("*.contoso.com", "contoso.com"), covers("*.contoso.com", "notcontoso.com")
    (True, False)
    """
    if pattern == "*":
        return True
    if pattern.startswith("*."):
        return domain == pattern[2:] or domain.endswith(pattern[1:])
    return domain == pattern


def covers_host(pattern: str, host: str) -> bool:
    """Tell whether a host or certificate name matches `mail.contoso.com` or `*.contoso.com` (apex excluded).

    A certificate pattern does not cover a certificate for the apex only (reference 7.4).

    >>> covers_host("*.contoso.com", "mail.contoso.com"), covers_host("*.contoso.com", "contoso.com")
    (True, False)
    """
    return host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern


def parse_ip(text: str) -> Address | None:
    """Read an address as logs write it: brackets, a zone (`%3`) and an IPv4 port are dropped.

    >>> parse_ip("192.0.2.1:25"), parse_ip("fe80::1%3"), parse_ip("")
    (IPv4Address('192.0.2.1'), IPv6Address('fe80::1'), None)
    """
    text = text.strip().lstrip("[").partition("]")[0].partition("%")[0]
    if text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found


class NetworkTable:
    """Which of many address ranges hold an address: one dictionary look-up per prefix length."""

    def __init__(self, networks: Iterator[Network] | tuple[Network, ...]) -> None:
        """Index the ranges by version, prefix length and leading bits."""
        self._networks = {_key(n.version, n.prefixlen, int(n.network_address), n.max_prefixlen): n for n in networks}
        self._lengths = sorted({(k[0], k[1]) for k in self._networks}, reverse=True)

    @property
    def networks(self) -> tuple[Network, ...]:
        """All ranges."""
        return tuple(self._networks.values())

    def holding(self, address: Address) -> tuple[Network, ...]:
        """Give the ranges that hold the address, most specific first."""
        value, width = int(address), address.max_prefixlen
        keys = (_key(v, length, value, width) for v, length in self._lengths if v == address.version)
        return tuple(self._networks[k] for k in keys if k in self._networks)


def _key(version: int, length: int, value: int, width: int) -> tuple[int, int, int]:
    return version, length, value >> (width - length)


@lru_cache(maxsize=65536)
def without_plus(address: str) -> str:
    """Drop the plus tag of a mailbox: `bob+news@contoso.com` is delivered to `bob@contoso.com`."""
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}" if "+" in local else address
