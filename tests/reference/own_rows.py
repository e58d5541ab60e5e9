"""Verdicts for rows of own servers' logs (reference 6 and 8), world by world.

A world gives every input that the row lacks a value: the domain that the servers route by, the size, the server, the
ways between sites, the port and the address that were spoken to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from analyzer.tenant.model import Place
from analyzer.tenant.onpremises import ReceiveConnector, SendConnector
from analyzer.tenant.versions import Change
from tests.reference.answers import Answer
from tests.reference.domains import meets
from tests.reference.own_seen import OwnRow, blank, domains, goes_to, is_hop, logged
from tests.reference.own_servers import LOCAL, Sending, receive, send, sites

TOO_LARGE = {"5.2.3", "5.3.4"}
ALARMS = {"unrouted", "misroute", "mismatch"}


@dataclass(frozen=True)
class Told:
    """What a row comes to: a verdict a side (None: it takes no part), and the headline."""

    inbound: str | None
    outbound: str | None
    headline: str


@dataclass(frozen=True)
class Side:
    """The verdict of a side, the value logged there, and the connectors that are selected in some world."""

    verdict: str
    value: list[str] | None
    names: frozenset[str] = frozenset()


@dataclass(frozen=True)
class OwnTime:
    """What was being changed when a row passed; `later` is the row under what the next export shows of `pending`."""

    changing: tuple[Change, ...] = ()
    early: bool = False
    pending: tuple[Change, ...] = ()
    later: OwnRow | None = None


def judge_own_row(row: OwnRow, time: OwnTime) -> Told:
    """Judge both sides and the row."""
    found, (_, _, strange) = _sides(row), logged(row)
    sides = {side: _in_time(row, told, time) for side, told in found.items()}
    headline = _headline(row, sides)
    silent = all(told.value is None for told in found.values()) and strange is None
    if _exported(row) and row.words.failed and silent and not _told(sides):
        headline = "not_routed"  # a failure without a Send
    if time.early and headline == "match":
        headline = "undetermined"  # 0007: nobody exported what held then, matches included
    return Told(sides.get("inbound"), sides.get("outbound"), headline)


def _sides(row: OwnRow) -> dict[str, Side]:
    """Judge the side that a row speaks of by the configuration alone."""
    own, words = row.held.own, row.words
    arriving, leaving, strange = logged(row)
    if not row.names_connectors or is_hop(row) or words.idle or words.delivered:
        return {}
    nothing: list[str] | None = [] if blank(row) and not words.failed else None
    if words.side == "inbound" and own.receive is not None and not blank(row):
        return {"inbound": Side("undetermined", [strange]) if strange else _arrival(row, arriving or nothing)}
    if words.side == "outbound" and own.send is not None:
        return {"outbound": Side("undetermined", [strange]) if strange else _sending(row, leaving or nothing)}
    return {}


def _in_time(row: OwnRow, side: Side, time: OwnTime) -> str:
    """8, change window: an alarm that a changing connector could account for; and rows older than every export."""
    if time.early:
        return side.verdict if side.verdict == "no_evidence" else "undetermined"
    if side.verdict not in ALARMS:
        return side.verdict
    if any(_could_account(change, row, side) for change in time.changing):
        return "undetermined"
    if time.later is None:
        return side.verdict
    then = next(iter(_sides(time.later).values()), None)
    explains = then is not None and then.verdict == "match" and then.value is not None
    if then is not None and explains and any(_could_account(change, row, then) for change in time.pending):
        return "undetermined"
    return side.verdict


def _could_account(change: Change, row: OwnRow, side: Side) -> bool:
    """0007: selected or logged, or its scope meets recipient or address whatever its other settings."""
    if change.kind != ("receive" if row.words.side == "inbound" else "send"):
        return False
    named = {n.lower() for n in (*side.names, *(side.value or ()))}
    return bool(named & {n.lower() for n in change.names}) or any(_meets(v, row) for v in change.versions)


def _meets(version: object, row: OwnRow) -> bool:
    if isinstance(version, SendConnector):
        answered = [(d, row.accepted_by_servers(d) is not None) for d in domains(row)]
        return any(
            ours if s.domain == "--" else meets(s.domain, d, apex=True) is not None
            for s in version.address_spaces
            for d, ours in answered
        )
    assert isinstance(version, ReceiveConnector)
    ranges = [(r.first, r.last) for r in version.remote_ranges]
    return version.server == row.cells["server"] and (not row.client or any(_holds(*r, row.client) for r in ranges))


def _told(sides: Mapping[str, str]) -> bool:
    """Unrouted, or refused as the configuration says: those are told of a failure too."""
    return sides.get("outbound") in {"unrouted", "match"}


def _exported(row: OwnRow) -> bool:
    own = row.held.own
    return row.names_connectors and (own.send is not None or own.receive is not None)


def _headline(row: OwnRow, sides: Mapping[str, str]) -> str:
    words = row.words
    if not _exported(row):
        return "no_evidence"
    if words.idle or is_hop(row) or (words.side == "inbound" and blank(row)):
        return "not_routed"
    if sides:
        return next(iter(sides.values()))
    return "match" if words.delivered else "no_evidence"


def _sending(row: OwnRow, value: list[str] | None) -> Side:
    connectors = tuple(row.held.own.send or ())
    limits = [c.max_message_size for c in connectors if c.max_message_size is not None]
    sizes = [row.cells["size"]] if row.cells["size"] is not None else [0, *(limit + 1 for limit in limits)]
    answers = {
        send(Sending(d, size, ways, ours=row.accepted_by_servers(d) is not None), connectors)
        for d in domains(row)
        for size in sizes
        for ways in sites(row.cells["server"] or "")
    }
    return _folded(row, answers, value)


def _arrival(row: OwnRow, value: list[str] | None) -> Side:
    if not row.client or not row.cells["server"]:
        return Side("undetermined", value)
    server, connectors = row.cells["server"], tuple(row.held.own.receive or ())
    local, _, port = (row.cells["local_endpoint"] or "").rpartition(":")
    ports = (int(port),) if port else (25, 2525)
    doors = [(p, a) for p in ports for a in ((local,) if local else (None, *LOCAL))]
    answers: set[Answer] = set()
    where_it_listens: set[Answer] = set()
    for p, a in doors:
        found = receive(row.client, server, p, connectors, a)
        full = Answer(found.word, tuple(f"{server.upper()}\\{n}" for n in found.names))
        answers |= {full}
        if value and found.names and any(n in value for n in _listening(connectors, server, p, a)):
            where_it_listens |= {full}
    return _folded(row, answers, value, judged=where_it_listens)


def _listening(connectors: tuple[ReceiveConnector, ...], server: str, port: int, local: str | None) -> list[str]:
    """6: name the connectors that take sessions at this port and address."""
    on = [c for c in connectors if c.enabled and c.server == server]
    return [
        f"{server.upper()}\\{c.name}"
        for c in on
        if any(b.port == port and (b.address is None or str(b.address) == local) for b in c.bindings)
    ]


def _folded(row: OwnRow, answers: set[Answer], value: list[str] | None, *, judged: set[Answer] | None = None) -> Side:
    """8, missing inputs: one verdict in every world, or undetermined; what went on its way was not kept back."""
    went = {a for a in answers if a.word == "connector"} if not row.words.failed else set()
    possible = went or answers
    verdicts = {_verdict(row, answer, value) for answer in judged or possible}
    names = frozenset(n for answer in possible for n in answer.names)
    return Side(verdicts.pop() if len(verdicts) == 1 else "undetermined", value, names)


def _verdict(row: OwnRow, answer: Answer, value: list[str] | None) -> str:
    words = row.words
    if answer.word == "reject":  # 6, 7: too large for all
        if words.failed and (words.code is None or words.code in TOO_LARGE):
            return "match"
        return "no_evidence" if value is None or words.failed else "undetermined"
    if answer.word == "none" and not value:
        no_route = words.failed and (words.code or "4.4.").startswith(("4.4.", "5.4."))
        return "unrouted" if no_route and goes_to(row) not in {None, Place.ONPREMISES} else "no_evidence"
    if value is None:
        return "no_evidence"
    return "match" if set(value) & set(answer.names) else "mismatch"


def _holds(first: Any, last: Any, client: str) -> bool:
    """Say whether a range holds an address."""
    address = ip_address(client)
    return bool(first.version == address.version and first <= address <= last)
