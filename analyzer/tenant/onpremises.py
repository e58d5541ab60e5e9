"""Send and Receive connectors of the organization's own servers, as frozen values (reference 6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class AddressSpace:
    """One address space of a Send connector, written `smtp:*.contoso.com;1` by the shell.

    `domain` is lower case: `d`, `*.d`, `*`, or `--` (all accepted domains, Edge servers only).
    """

    domain: str
    cost: int = 1
    type: str = "smtp"


@dataclass(frozen=True, slots=True)
class SendConnector:
    """How mail leaves the organization's own servers; `max_message_size` is in bytes, None = unlimited.

    `scoped` is IsScopedConnector: only servers of the same site use it. `source_servers` are in
    lower case, `site` is the site of those servers where the export tells.
    """

    name: str
    address_spaces: tuple[AddressSpace, ...]
    enabled: bool = True
    max_message_size: int | None = None
    scoped: bool = False
    source_servers: tuple[str, ...] = ()
    site: str | None = None
    dns_routing: bool = True
    smart_hosts: tuple[str, ...] = ()
    require_tls: bool = False
    tls_auth_level: str | None = None
    tls_domain: str | None = None
    tls_certificate_name: str | None = None
    cloud_services_mail_enabled: bool | None = None
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AddressRange:
    """The addresses from `first` to `last`, both included; bounds of one family."""

    first: Address
    last: Address

    def __str__(self) -> str:
        """Write the range as the shell does."""
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


@dataclass(frozen=True, slots=True)
class Binding:
    """A local address and port that a Receive connector listens on; address None = every one of a family."""

    address: Address | None
    port: int = 25

    def __str__(self) -> str:
        """Write the binding as the shell does, every address as `*`."""
        shown = "*" if self.address is None else str(self.address)
        return f"[{shown}]:{self.port}" if ":" in shown else f"{shown}:{self.port}"


@dataclass(frozen=True, slots=True)
class ReceiveConnector:
    """How mail arrives at one of the organization's own servers; `server` is lower case."""

    name: str
    server: str
    bindings: tuple[Binding, ...]
    remote_ranges: tuple[AddressRange, ...]
    enabled: bool = True
    fqdn: str | None = None
    max_message_size: int | None = None
    require_tls: bool = False
    tls_certificate_name: str | None = None
    permission_groups: tuple[str, ...] = ()
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """A certificate that the own servers presented to Office 365, by its names (lower case), and when.

    `first` and `last` (UTC) are those of the messages that were sent under it, `messages` is how many they were.
    """

    names: tuple[str, ...]
    first: datetime
    last: datetime
    messages: int = 1


@dataclass(frozen=True, slots=True)
class SendLog:
    """From when to when (UTC) the SMTP send logs of one own server go; `server` is lower case, without its domain.

    `by_folder` says that only the name of a folder tells whose they may be; else the server itself says it.
    """

    server: str
    first: datetime
    last: datetime
    by_folder: bool = False
