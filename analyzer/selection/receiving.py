"""Selection of Receive connectors on the organization's own servers (reference 6).

A session comes to a door of the server: a port at one of its addresses. Of the connectors that listen
there the one takes it whose RemoteIPRanges hold the client most closely. No log but the protocol log says
which door it was.
"""

from __future__ import annotations

from dataclasses import dataclass

from analyzer.selection.decision import Answer, Outcome, Step
from analyzer.tenant.onpremises import Address, AddressRange, Binding, ReceiveConnector


@dataclass(frozen=True, slots=True)
class ReceiveQuestion:
    """What Receive connector selection looks at: the server, who connects, and to which port and address of it.

    None is a port or an address that is not known.
    """

    server: str
    client: Address
    port: int | None = None
    local: Address | None = None


@dataclass(frozen=True, slots=True)
class Door:
    """A port of a server at one of its addresses, and the connectors that listen there.

    `address` None is every address that no binding names.
    """

    port: int
    address: Address | None
    listening: tuple[ReceiveConnector, ...]

    def __str__(self) -> str:
        """Name the door as a binding does."""
        return f"port {self.port}" + ("" if self.address is None else f" of {self.address}")


def doors(question: ReceiveQuestion, connectors: tuple[ReceiveConnector, ...]) -> tuple[Door, ...]:
    """Give the doors to which the client may have come, in the order of their ports."""
    own = [c for c in connectors if c.enabled and c.server == question.server]
    found = dict.fromkeys(_door(b, question) for c in own for b in c.bindings if _listens(b, question))
    return tuple(
        Door(port, at, tuple(c for c in own if any(b.port == port and b.address in {None, at} for b in c.bindings)))
        for port, at in sorted(found, key=lambda door: (door[0], str(door[1] or "")))
    )


def _door(binding: Binding, question: ReceiveQuestion) -> tuple[int, Address | None]:
    return binding.port, question.local or binding.address


def _listens(binding: Binding, question: ReceiveQuestion) -> bool:
    elsewhere = None not in {binding.address, question.local} and binding.address != question.local
    return question.port in {None, binding.port} and not elsewhere


def taken_at(door: Door, client: Address) -> Answer | None:
    """Say which connector takes a session at a door: the most specific RemoteIPRanges win; None where none holds it."""
    held = {c.name: r for c in door.listening if (r := narrowest(c.remote_ranges, client)) is not None}
    if not held:
        return None
    least = min(map(_width, held.values()))
    best = sorted(name for name, one in held.items() if _width(one) == least)
    if len(best) == 1:
        return Answer(Outcome.CONNECTOR, best[0], "most-specific-range")
    return Answer(Outcome.AMBIGUOUS, reason="equal-candidates", candidates=tuple(best))  # other local addresses


NOBODY = Answer(Outcome.NONE, reason="no-receive-connector")


def possible_receive(question: ReceiveQuestion, connectors: tuple[ReceiveConnector, ...]) -> tuple[Answer, ...]:
    """Give the connector of each door; one answer alone is certain."""
    found = (taken_at(door, question.client) for door in doors(question, connectors))
    return tuple(dict.fromkeys(a for a in found if a is not None)) or (NOBODY,)


def narrowest(ranges: tuple[AddressRange, ...], client: Address) -> AddressRange | None:
    """Find the narrowest range that holds an address; None where none does."""
    holding = [r for r in ranges if r.first.version == client.version and int(r.first) <= int(client) <= int(r.last)]
    return min(holding, key=_width, default=None)


def _width(held: AddressRange) -> int:
    return int(held.last) - int(held.first)


def explain_receive(question: ReceiveQuestion, connectors: tuple[ReceiveConnector, ...]) -> tuple[Step, ...]:
    """Tell who takes the session at each door, what became of every connector there, and which listen elsewhere."""
    found = doors(question, connectors)
    listening = {c.name for door in found for c in door.listening}
    aside = (c for c in connectors if c.server == question.server and c.name not in listening)
    return (*(_at_door(door, question.client) for door in found), *map(_aside, aside))


def _at_door(door: Door, client: Address) -> Step:
    answer = taken_at(door, client)
    fates = tuple(_fate(c, door, client) for c in door.listening)
    return Step(str(door), f"taken by {answer.words()}" if answer else "no range holds the client", "6", fates)


def _fate(connector: ReceiveConnector, door: Door, client: Address) -> Step:
    held = narrowest(connector.remote_ranges, client)
    if held is None:
        return Step(connector.name, "no remote range holds the client", "6")
    beaten = [(r, c) for c in door.listening if (r := narrowest(c.remote_ranges, client)) and _width(r) < _width(held)]
    if not beaten:
        return Step(connector.name, f"{held} holds the client: the most specific", "6")
    better, winner = min(beaten, key=lambda pair: _width(pair[0]))
    return Step(connector.name, f"{held} holds the client: {better} of {winner.name} is more specific", "6")


def _aside(connector: ReceiveConnector) -> Step:
    if not connector.enabled:
        return Step(connector.name, "is off", "6")
    bindings = ", ".join(map(str, connector.bindings)) or "nothing"
    return Step(connector.name, f"listens on {bindings}, not where the client came to", "6")
