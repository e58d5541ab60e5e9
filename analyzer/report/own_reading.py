"""The connectors of the own servers as selection reads them, as plain values and as lines (reference 6)."""

from __future__ import annotations

from typing import Any

from analyzer.evidence import full_name
from analyzer.tenant.model import OwnServers
from analyzer.tenant.onpremises import AddressRange, AddressSpace, ReceiveConnector, SendConnector

_Entry = dict[str, Any]


def own_reading(own: OwnServers) -> _Entry:
    """Say how the engine reads them; a kind that was not exported is null."""
    return {
        "send": None if own.send is None else _sending(own.send),
        "receive": None if own.receive is None else _receiving(own.receive),
    }


def _sending(connectors: tuple[SendConnector, ...]) -> list[_Entry]:
    """List every address space, the most specific first and then the cheapest."""
    claims = [(s, c) for c in connectors if c.enabled for s in c.address_spaces if s.type == "smtp"]
    claims.sort(key=lambda claim: (*_specific(claim[0]), claim[0].cost, claim[1].name.casefold()))
    aside = [c for c in connectors if not c.enabled]
    return [
        {"class": "most specific address space, then cost", "connectors": [_space(s, c) for s, c in claims]},
        {"class": "never selected", "connectors": [{"for": "is off", **_leaving(c)} for c in aside]},
    ]


def _specific(space: AddressSpace) -> tuple[int, int]:
    if space.domain in {"*", "--"}:
        return 2 + (space.domain == "*"), 0
    return (1, -len(space.domain)) if space.domain.startswith("*.") else (0, 0)


def _space(space: AddressSpace, connector: SendConnector) -> _Entry:
    domain = "all accepted domains" if space.domain == "--" else space.domain
    return {"for": f"{domain}, cost {space.cost}", **_leaving(connector)}


def _leaving(connector: SendConnector) -> _Entry:
    return {
        "connector": connector.name,
        "delivers": f"to {', '.join(connector.smart_hosts)}" if connector.smart_hosts else "by DNS",
        "servers": [server.upper() for server in connector.source_servers],
        "only_same_site": connector.scoped,
        "max_message_size": connector.max_message_size,
        "changed": connector.changed_at.isoformat() if connector.changed_at else None,
    }


def _receiving(connectors: tuple[ReceiveConnector, ...]) -> list[_Entry]:
    """List the ranges of each port of each server, the narrowest first."""
    ports = sorted({(c.server, b.port) for c in connectors if c.enabled for b in c.bindings})
    on = [(f"{server.upper()} port {port}", _listening(connectors, server, port)) for server, port in ports]
    aside = [{"for": "is off", **_arriving(c)} for c in connectors if not c.enabled]
    return [{"class": name, "connectors": found} for name, found in (*on, ("never selected", aside))]


def _listening(connectors: tuple[ReceiveConnector, ...], server: str, port: int) -> list[_Entry]:
    here = [c for c in connectors if c.enabled and c.server == server and any(b.port == port for b in c.bindings)]
    ranges = sorted(((r, c) for c in here for r in c.remote_ranges), key=_width)
    return [{"for": str(r), **_arriving(c)} for r, c in ranges]


def _width(claim: tuple[AddressRange, ReceiveConnector]) -> tuple[int, str, str]:
    held, connector = claim
    return int(held.last) - int(held.first), str(held.first), connector.name


def _arriving(connector: ReceiveConnector) -> _Entry:
    addresses = sorted({str(b.address) for b in connector.bindings if b.address is not None})
    changed = connector.changed_at.isoformat() if connector.changed_at else None
    return {"connector": full_name(connector.server, connector.name), "only_on": addresses, "changed": changed}


def send_words(entry: _Entry) -> str:
    """Say in a few words how a Send connector delivers and what it is held to."""
    parts = [entry["delivers"], f"from {', '.join(entry['servers'])}" if entry["servers"] else ""]
    parts += ["only within its site" if entry["only_same_site"] else ""]
    parts += ["" if entry["max_message_size"] is None else f"up to {entry['max_message_size']:,} bytes"]
    return ", ".join(part for part in parts if part)


def receive_words(entry: _Entry) -> str:
    """Say to which addresses of its server a Receive connector is held."""
    return f"only on {', '.join(entry['only_on'])}" if entry["only_on"] else ""
