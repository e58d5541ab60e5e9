"""Seeded traffic: decks of scenarios dealt over the days, one batch of columns at a time.

A deck holds a thousand recipients in the shares of the repertoire, so the shares are exact and every
kind of fault occurs. A batch depends on nothing but the plan and its own number, so that memory does not
grow with the rows and the formats written do not change the traffic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache

import numpy as np
import numpy.typing as npt

from analyzer.simulator.company import Book, Group, addresses, peers
from analyzer.simulator.hybrid import HYBRID
from analyzer.simulator.repertoire import DECK
from analyzer.simulator.scenario import Leg, Scenario
from analyzer.simulator.subjects import on_topic, subjects
from analyzer.simulator.topologies import SCENARIOS
from analyzer.simulator.topology import Topology

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

DECKS_PER_BATCH = 16
_HOUR = 3_600_000_000  # microseconds

# Messages an hour, from midnight UTC, and by day of the week from Monday: people work, machines do not rest.
_HOURS = (2, 2, 2, 2, 3, 5, 10, 20, 34, 40, 38, 34, 28, 33, 37, 34, 29, 20, 12, 8, 6, 5, 4, 3)
_WEEKDAYS = (1.05, 1.0, 1.0, 1.0, 0.9, 0.22, 0.18)

LEGS: tuple[Leg, ...] = tuple(leg for scenario in SCENARIOS for leg in scenario.legs)
_LEG_COUNTS: Ints = np.array([len(scenario.legs) for scenario in SCENARIOS])
_FIRST_LEG: Ints = np.cumsum(_LEG_COUNTS) - _LEG_COUNTS
_STUCK = np.array([scenario.at_server.stuck for scenario in SCENARIOS])
_CONTRACTS: Ints = np.array([{None: 0, True: 1, False: -1}[scenario.contract] for scenario in SCENARIOS])
_NUMBER = {scenario.name: number for number, scenario in enumerate(SCENARIOS)}


@dataclass(frozen=True, slots=True)
class Plan:
    """What determines the traffic."""

    rows: int
    seed: int
    days: int
    start: date
    faults: bool
    topology: Topology = HYBRID

    @property
    def strays(self) -> bool:
        """Whether the own servers send some messages by the wrong connector."""
        return self.faults and self.topology.strays

    @property
    def opens(self) -> int:
        """The first moment, in microseconds since 1970."""
        return round(datetime(self.start.year, self.start.month, self.start.day, tzinfo=UTC).timestamp()) * 1_000_000


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages and, below them, their recipients; the numbers point into the lists of `company` and `repertoire`."""

    first_message: int
    scenario: Ints  # by message, as the next five
    sender: Ints
    peer: Ints
    subject: Ints
    size: Ints
    received: Ints  # microseconds since 1970
    offsets: Ints  # where the recipients of each message begin, and where the last one's end
    message: Ints  # by recipient, as the next two
    recipient: Ints
    leg: Ints
    noise: bytes  # 26 bytes a message: 16 for the network message id, 10 for the message id


def _each(attribute: Callable[[Scenario], int]) -> Ints:
    return np.array([attribute(scenario) for scenario in SCENARIOS])


@cache
def _shares(names: frozenset[str]) -> Ints:
    """Give the share of each scenario, none for those of other topologies."""
    return _each(lambda scenario: scenario.share if scenario.name in names else 0)


def _filler(topology: Topology) -> int:
    return _NUMBER[topology.filler]


def _deck(topology: Topology) -> Ints:
    """Number the scenarios of one deck; the filler takes what the shares leave of the thousand."""
    counts = _shares(frozenset(scenario.name for scenario in topology.scenarios)).copy()
    counts[_filler(topology)] = DECK - int(counts @ _LEG_COUNTS)
    if counts[_filler(topology)] < 0:
        raise AssertionError("the shares of the repertoire exceed one deck")
    return np.repeat(np.arange(len(SCENARIOS)), counts)


def _instead() -> Ints:
    return _each(lambda scenario: _NUMBER[scenario.instead or scenario.name])


def _starts() -> Floats:
    return np.array([scenario.fault.starts if scenario.fault else 0.0 for scenario in SCENARIOS])


def _sound(dealt: Ints, elapsed: Floats, *, faults: bool) -> Ints:
    """Put the sound scenario where a fault has not begun yet, or is not wanted."""
    begun = _starts()[dealt] < elapsed if faults else _instead()[dealt] == dealt
    return np.where(begun, dealt, _instead()[dealt])


def _full_decks(plan: Plan, draw: np.random.Generator, decks: range) -> Ints:
    whole = plan.rows // DECK
    dealt = draw.permuted(np.tile(_deck(plan.topology), (len(decks), 1)), axis=1)
    elapsed = (np.array(decks, dtype=np.float64) + 1) / whole
    return _sound(dealt, elapsed[:, None], faults=plan.faults).ravel()


def _part_deck(plan: Plan, draw: np.random.Generator) -> Ints:
    """Deal fewer than a thousand recipients: a run too short for a deck gets one of each fault first."""
    wanted = plan.rows % DECK
    shuffled = draw.permutation(_deck(plan.topology))
    if plan.rows < DECK:
        kinds = np.array([_NUMBER[one.name] for one in plan.topology.scenarios if one.fault], np.int64)
        shuffled = np.concatenate([kinds, shuffled])
    dealt = shuffled[np.cumsum(_LEG_COUNTS[shuffled]) <= wanted]
    missing = wanted - int(_LEG_COUNTS[dealt].sum())
    dealt = np.concatenate([dealt, np.full(missing, _filler(plan.topology))])
    return draw.permutation(_sound(dealt, np.ones(len(dealt)), faults=plan.faults))


@cache
def _rhythm(start: date, days: int) -> tuple[Floats, Floats]:
    """Give the share of all messages that has arrived by the end of each hour, and those hours."""
    hours = np.array([[hour * _WEEKDAYS[(start.weekday() + day) % 7] for hour in _HOURS] for day in range(days)])
    arrived = np.concatenate([[0.0], np.cumsum(hours)])
    return arrived / arrived[-1], np.arange(days * 24 + 1, dtype=np.float64)


def _times(plan: Plan, draw: np.random.Generator, positions: Ints) -> Ints:
    share = (positions + draw.random(len(positions))) / plan.rows
    arrived, hours = _rhythm(plan.start, plan.days)
    return plan.opens + (np.interp(share, arrived, hours) * _HOUR).astype(np.int64)


def _pick(draw: np.random.Generator, starts: Ints, sizes: Ints) -> Ints:
    # Squared: the front of each group writes and is written to more often.
    return starts + (draw.random(len(starts)) ** 2 * sizes).astype(np.int64)


def _spans(book: Book, groups: Iterable[Group]) -> tuple[Ints, Ints]:
    spans = [book.spans[group] for group in groups]
    return np.array([span.start for span in spans]), np.array([span.size for span in spans])


def _recipients(draw: np.random.Generator, message: Ints, position: Ints, leg: Ints) -> Ints:
    """Draw recipients; those of one message are neighbours, hence distinct."""
    starts, sizes = _spans(addresses(), (one.to for one in LEGS))
    base = draw.random(int(message[-1]) + 1) ** 2
    return starts[leg] + ((base[message] * sizes[leg]).astype(np.int64) + position) % sizes[leg]


def _deal(plan: Plan, draw: np.random.Generator, decks: range) -> Ints:
    whole = plan.rows // DECK
    full = _full_decks(plan, draw, range(decks.start, min(decks.stop, whole)))
    return np.concatenate([full, _part_deck(plan, draw)]) if decks.stop > whole else full


def _batch(plan: Plan, number: int, first_message: int) -> Batch:
    draw = np.random.default_rng([plan.seed, number])
    decks = range(number * DECKS_PER_BATCH, min((number + 1) * DECKS_PER_BATCH, -(-plan.rows // DECK)))
    scenario = _deal(plan, draw, decks)
    counts = _LEG_COUNTS[scenario]
    offsets = np.concatenate([[0], np.cumsum(counts)])
    message = np.repeat(np.arange(len(scenario)), counts)
    position = np.arange(offsets[-1]) - offsets[message]
    leg = _FIRST_LEG[scenario][message] + position
    senders = _spans(addresses(), (one.source.people for one in SCENARIOS))
    sources = _spans(peers(), (one.source.peers for one in SCENARIOS))
    return Batch(
        first_message=first_message,
        scenario=scenario,
        sender=_pick(draw, senders[0][scenario], senders[1][scenario]),
        peer=_pick(draw, sources[0][scenario], sources[1][scenario]),
        subject=on_topic(draw.integers(0, len(subjects()), len(scenario)), _CONTRACTS[scenario]),
        size=np.clip(draw.lognormal(10.2, 1.4, len(scenario)), 900, 36_700_160).astype(np.int64),
        received=_times(plan, draw, decks.start * DECK + offsets[:-1]),
        offsets=offsets,
        message=message,
        recipient=_recipients(draw, message, position, leg),
        leg=leg,
        noise=draw.bytes(26 * len(scenario)),
    )


def traffic(plan: Plan) -> Iterator[Batch]:
    """Make the traffic of a plan, in the order of time."""
    first_message = 0
    for number in range(-(-plan.rows // (DECK * DECKS_PER_BATCH))):
        batch = _batch(plan, number, first_message)
        yield batch
        first_message += len(batch.scenario)


def that_left(batch: Batch) -> Batch:
    """Leave out the messages that never left the own servers: no log but theirs has them."""
    kept = ~_STUCK[batch.scenario]
    if kept.all():
        return batch
    below, counts = kept[batch.message], np.diff(batch.offsets)[kept]
    return Batch(
        first_message=batch.first_message,
        scenario=batch.scenario[kept],
        sender=batch.sender[kept],
        peer=batch.peer[kept],
        subject=batch.subject[kept],
        size=batch.size[kept],
        received=batch.received[kept],
        offsets=np.append(0, np.cumsum(counts)),
        message=np.repeat(np.arange(len(counts)), counts),
        recipient=batch.recipient[below],
        leg=batch.leg[below],
        noise=np.frombuffer(batch.noise, np.uint8).reshape(-1, 26)[kept].tobytes(),
    )
