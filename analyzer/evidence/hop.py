"""What a row of an own server's log says of the SMTP session in which the message came or went."""

from __future__ import annotations

from dataclasses import dataclass

from analyzer.addresses import parse_ip
from analyzer.tenant.onpremises import Address


@dataclass(frozen=True, slots=True)
class Hop:
    """One session at one server: whose it is ("" = not said), who connected, and to which of its addresses and ports.

    `size` is in bytes. None is what the log does not say.
    """

    server: str = ""
    client: Address | None = None
    local: Address | None = None
    port: int | None = None
    size: int | None = None


def hop_of(server: str | None, local_endpoint: str | None, client: str | None) -> Hop:
    """Read the cells of a row; an endpoint is `192.0.2.10:25` or `[2001:db8::10]:25`."""
    address, _, port = (local_endpoint or "").rpartition(":")
    return Hop(server or "", parse_ip(client or ""), parse_ip(address), int(port) if port.isdigit() else None)
