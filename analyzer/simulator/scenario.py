"""What a scenario is: who sends, what becomes of each recipient, what the logs say, what is due."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from analyzer.simulator.company import Peer, People
from analyzer.simulator.faults import Fault
from analyzer.simulator.servers import CLIENT_IP, RECEIVE_CONNECTOR

CLOUD, ONPREMISES, INTERNET, PARTNER, UNKNOWN = "cloud", "onpremises", "internet", "partner", "unknown"

PLACES: dict[People, str] = {
    People.CLOUD: CLOUD,
    People.CLOUD_CONTOSO: CLOUD,
    People.CLOUD_FABRIKAM: CLOUD,
    People.GROUPS: CLOUD,
    People.SERVER_CONTOSO: ONPREMISES,
    People.SERVER_SALES: ONPREMISES,
    People.SERVER_FABRIKAM: ONPREMISES,
    People.SERVERS: ONPREMISES,
    People.PLANT_LISTED: ONPREMISES,
    People.PLANT_UNLISTED: ONPREMISES,
    People.LAB: ONPREMISES,
    People.DEVICES: ONPREMISES,
    People.CONTACTS: INTERNET,
    People.INTERNET: INTERNET,
    People.WINGTIP: INTERNET,
    People.WOODGROVE: PARTNER,
    People.NORTHWIND: PARTNER,
    People.NOBODY: UNKNOWN,
    People.LEGAL: CLOUD,
    People.MARKETING: CLOUD,
    People.TENANT_NAMES: CLOUD,
    People.PROSEWARE: PARTNER,
    People.LITWARE: PARTNER,
    People.LUCERNE: PARTNER,
    People.TAILSPIN: INTERNET,
}


class Event(StrEnum):
    """What becomes of a recipient, in the words of the tracking log."""

    DELIVER = "DELIVER"
    SEND = "SENDEXTERNAL"
    FAIL = "FAIL"
    EXPAND = "EXPAND"
    DEFER = "DEFER"
    QUARANTINE = "QUARANTINE"


@dataclass(frozen=True, slots=True)
class Due:
    """The verdicts that a row must get, by what the format shows; None where Office 365 never saw the message.

    `per_event` in an event log once its rows are grouped by message and recipient; `one_column`
    where one cell serves both sides; `without` where no connector is named.
    """

    per_event: str | None = "match"
    one_column: str | None = "match"
    without: str | None = "no_evidence"


@dataclass(frozen=True, slots=True)
class AtServer:
    """What the company's own server did with a message that it was to send to Office 365, by its tracking log.

    `client` spoke SMTP to it, or to the front end before it; `receive` is the Receive connector that the log
    names. `arrival` and `departure` are the verdicts due; `stuck` says that the message never left, and then
    no log of Office 365 has it.
    """

    client: str = CLIENT_IP
    front_end: str | None = None
    receive: str = RECEIVE_CONNECTOR
    arrival: str = "match"
    departure: str = "match"
    stuck: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """Where a message comes from; `submitted` by a client, not handed over by another server."""

    place: str
    people: People
    peers: Peer
    submitted: bool = False


@dataclass(frozen=True, slots=True)
class Leg:
    """One recipient of a message: what becomes of it and what is due.

    `selected` and `logged` name outbound connectors; None is none, and none is selected where several are
    equally right (`equal`). `on_arrival` is false for a recipient that the message did not arrive with: one
    that the service added later (a member of a group, the target of a forward), or refused at the door.
    """

    to: People
    event: Event = Event.DELIVER
    selected: str | None = None
    logged: str | None = None
    due: Due = Due()
    answer: str = ""
    on_arrival: bool = True
    forwarded: bool = False
    equal: bool = False


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of message: `share` of them go into each thousand recipients.

    `inbound` is the inbound connector that the configuration selects, `logged_inbound` the one the log names,
    `by_rule` the mail flow rule that chose the connector. `instead` is the sound scenario that stands in where
    the fault is not to appear. `contract` says that the subject is about one, or is not; None is any subject.
    """

    name: str
    share: int
    source: Source
    legs: tuple[Leg, ...]
    inbound: str | None = None
    logged_inbound: str | None = None
    by_rule: str | None = None
    null_sender: bool = False
    fault: Fault | None = None
    instead: str | None = None
    contract: bool | None = None
    at_server: AtServer = AtServer()

    @property
    def cell(self) -> str | None:
        """The one name that a log with a single connector column gives: the way out before the way in."""
        return next((leg.logged for leg in self.legs if leg.logged), self.logged_inbound)

    @property
    def leaves(self) -> bool:
        """Whether the service counts the message as outbound."""
        own = self.source.place in {CLOUD, ONPREMISES}
        return self.source.submitted or (own and all(PLACES[leg.to] in {INTERNET, PARTNER} for leg in self.legs))


def deliver(to: People, *, due: Due = Due(), on_arrival: bool = True) -> Leg:
    """Deliver to a cloud mailbox."""
    return Leg(to, due=due, on_arrival=on_arrival)


def send(to: People, via: str | None = None, *, due: Due = Due(), on_arrival: bool = True) -> Leg:
    """Send out by the right connector, or by MX where none is right."""
    return Leg(to, Event.SEND, selected=via, logged=via, due=due, on_arrival=on_arrival)


def fail(to: People, answer: str, *, due: Due, on_arrival: bool = True) -> Leg:
    """Fail without having been sent."""
    return Leg(to, Event.FAIL, due=due, answer=answer, on_arrival=on_arrival)


def arriving(scenario: Scenario, connector: str) -> Scenario:
    """Let the message arrive by the inbound connector that is right for it."""
    return replace(scenario, inbound=connector, logged_inbound=connector)


def faulty(base: Scenario, fault: Fault, *, share: int, logged: str | None = None) -> Scenario:
    """Plant a fault on the way out of a sound single-recipient scenario: the log names `logged` instead."""
    leg = replace(base.legs[0], event=Event.SEND, logged=logged, due=due_to(fault))
    return replace(
        base, name=f"{fault.kind}/{base.name}", share=share, legs=(leg,), fault=fault, instead=base.name, by_rule=None
    )


def misattributed(base: Scenario, fault: Fault, *, share: int, logged: str | None = None) -> Scenario:
    """Plant a fault on the way in of a sound single-recipient scenario: the log names `logged` instead."""
    leg = replace(base.legs[0], due=due_to(fault))
    return replace(
        base,
        name=f"{fault.kind}/{base.name}",
        share=share,
        legs=(leg,),
        logged_inbound=logged,
        fault=fault,
        instead=base.name,
    )


def due_to(fault: Fault) -> Due:
    """Say which verdicts a fault leads to: it is planted only where either shape of evidence suffices."""
    return Due(fault.verdict, fault.verdict, fault.verdict_without_connectors)
