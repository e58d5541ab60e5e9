"""Send and Receive connectors of the organization's own servers (reference 6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from itertools import product

from analyzer.tenant.onpremises import ReceiveConnector, SendConnector
from tests.reference.answers import NONE, Answer
from tests.reference.domains import EVERYTHING, EXACT, SUFFIX, meets

SERVERS = ("ex1", "ex2", "ex3")
WAYS = ((0, 1), (1, 2), (9, 2), (300, 2))  # what the way to a server may cost, and its hops
LOCAL = ("192.0.2.2", "192.0.2.3")  # the addresses of a server that a binding may name
OURS = "all accepted"
ORDER = {EXACT: 0, SUFFIX: 1, OURS: 2, EVERYTHING: 3}  # `--` comes where 3.3 has all accepted domains


@dataclass(frozen=True)
class Sending:
    """A message for one SMTP recipient as a server sends it.

    `ways` maps every server to what the way to it costs, and to its hops: 0 here, 1 in the same site, 2 elsewhere.
    `ours` says that the servers accept the domain.
    """

    domain: str
    size: int
    ways: Mapping[str, tuple[int, int]]
    ours: bool = False


def send(message: Sending, connectors: tuple[SendConnector, ...]) -> Answer:
    """Say by which Send connector the message leaves (6, steps 1 to 7)."""
    matching = [
        (c, space)
        for c in connectors
        if c.enabled and _in_scope(c, message)
        if (space := _space(c, message)) is not None
    ]
    fitting = [(c, s) for c, s in matching if c.max_message_size is None or message.size <= c.max_message_size]
    if not fitting:  # step 7: too large for all, or the Unreachable queue
        return Answer("reject") if matching else NONE
    best = min(fitting, key=lambda pair: _order(pair[0], pair[1], message))
    return Answer("connector", (best[0].name,))


def _space(connector: SendConnector, message: Sending) -> tuple[int, int, int] | None:
    """Steps 2 to 4: the most specific address space, then the lowest cost."""
    fits = (
        (ORDER[kind], -len(s.domain) if kind == SUFFIX else 0, s.cost)
        for s in connector.address_spaces
        if s.type == "smtp" and (kind := _kind(s.domain, message)) is not None
    )
    return min(fits, default=None)


def _kind(space: str, message: Sending) -> str | None:
    if space == "--":
        return OURS if message.ours else None
    return meets(space, message.domain, apex=True)


def _in_scope(connector: SendConnector, message: Sending) -> bool:
    """Step 2: IsScopedConnector false, or the same site."""
    return not connector.scoped or any(message.ways[server][1] < 2 for server in connector.source_servers)


def _order(connector: SendConnector, space: tuple[int, int, int], message: Sending) -> tuple[int | str, ...]:
    """Steps 3 to 6: specificity, aggregate cost, hops, name."""
    kind, length, cost = space
    way, hops = min(message.ways[server] for server in connector.source_servers)
    return kind, length, cost + way, hops, connector.name.casefold()


def receive(
    ip: str, server: str, port: int, connectors: tuple[ReceiveConnector, ...], local: str | None = None
) -> Answer:
    """Say which Receive connector takes a session: the most specific range that holds the client's address.

    `local` is the server's address that was spoken to; None is one that no binding names.
    """
    address, at = ip_address(ip), ip_address(local) if local else None
    held = [
        (int(r.last) - int(r.first), c.name)
        for c in connectors
        if c.enabled and c.server == server and any(b.port == port and b.address in {None, at} for b in c.bindings)
        for r in c.remote_ranges
        if r.first.version == address.version and int(r.first) <= int(address) <= int(r.last)
    ]
    if not held:
        return NONE
    narrowest = min(held)[0]
    return Answer("connector", tuple(sorted({name for width, name in held if width == narrowest})))


def egress(connectors: tuple[SendConnector, ...]) -> str | None:
    """7.2, onprem_internet_egress: `*` to an Office 365 smart host, or by DNS; None where they do not say."""
    ways = {_egress_of(c) for c in connectors if c.enabled and "*" in [s.domain for s in c.address_spaces]}
    return next(iter(ways)) if len(ways) == 1 else None


def _egress_of(connector: SendConnector) -> str | None:
    if connector.smart_hosts:
        every = all(host.endswith(".mail.protection.outlook.com") for host in connector.smart_hosts)
        return "office365" if every else None
    return "direct" if connector.dns_routing else None


def sites(server: str) -> Iterator[dict[str, tuple[int, int]]]:
    """Give every world: what the way from the server that chooses to each server costs; "" is any server."""
    for here in (server,) if server else (*SERVERS, "another"):
        others = [s for s in SERVERS if s != here]
        for ways in product(WAYS, repeat=len(others)):
            yield {here: (0, 0), **dict(zip(others, ways, strict=True))}
