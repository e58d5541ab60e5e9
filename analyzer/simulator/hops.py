"""The same traffic as the company's own servers saw it: each message that they sent on or took in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.simulator.columns import Columns, iso, legs_that, of_leg, of_scenario, packed
from analyzer.simulator.scenario import ONPREMISES, PLACES, AtServer, Event
from analyzer.simulator.topologies import SCENARIOS
from analyzer.simulator.traffic import Ints

SERVER = "EX1.corp.contoso.com"
CLIENT = "app1.corp.contoso.com"
OFFICE365, OFFICE365_IP = "contoso-com.mail.protection.outlook.com", "203.0.113.70"
FROM_OFFICE365 = "mail-ab1.outbound.protection.outlook.com"
MAILBOX_SERVER = "AB1P000MB0001.EURP000.PROD.OUTLOOK.COM"
_BEFORE, _AFTER = -1_200_000, 2_500_000  # microseconds from the arrival in Office 365 to the server's own hop


@dataclass(frozen=True, slots=True)
class Hops:
    """Messages at the servers, one after another; `first` and `last` bound the recipients of each."""

    message: Ints
    outgoing: pa.BooleanArray  # to Office 365; else from it
    moment: Ints  # microseconds since 1970
    recipient: pa.StringArray
    offsets: Ints
    scenario: Ints
    answer: pa.StringArray  # to each recipient of what never left

    @property
    def stuck(self) -> pa.BooleanArray:
        """Which messages never left the server."""
        return of_scenario(self.scenario, lambda one: "" if one.at_server.stuck else None).is_valid()

    def by_server(self, word: Callable[[AtServer], str | None], into: str) -> pa.StringArray:
        """Say a word of what the server did with what went to Office 365, and another of what came from it."""
        return self.either(of_scenario(self.scenario, lambda one: word(one.at_server)), into)

    @property
    def recipients(self) -> pa.StringArray:
        """The recipients of each, joined by semicolons."""
        return packed(self.recipient, self.offsets)

    @property
    def hop(self) -> Ints:
        """The hop that each recipient belongs to."""
        return np.repeat(np.arange(len(self.message)), np.diff(self.offsets))

    def either(self, out: pa.StringArray | str, into: pa.StringArray | str) -> pa.StringArray:
        """Say one word of what went to Office 365, and another of what came from it."""
        return pc.if_else(self.outgoing, out, into)

    def at(self, delay: int) -> pa.StringArray:
        """Write the time of each hop, so many milliseconds later, with a zone."""
        return pc.binary_join_element_wise(pc.utf8_slice_codeunits(iso(self.moment + 1000 * delay), 0, 23), "Z", "")


def sent_by_servers(columns: Columns) -> npt.NDArray[np.bool_]:
    """Mark the recipients of a batch to whom the servers sent a message."""
    batch = columns.batch
    ours = np.array([scenario.source.place == ONPREMISES for scenario in SCENARIOS])[batch.scenario]
    sent: npt.NDArray[np.bool_] = legs_that(lambda leg: leg.on_arrival)[batch.leg] & ours[batch.message]
    return sent


def hops(columns: Columns) -> Hops:
    """Find the messages of a batch that passed the servers."""
    batch = columns.batch
    sent = sent_by_servers(columns)
    taken = legs_that(lambda leg: leg.event is Event.SEND and PLACES[leg.to] == ONPREMISES)[batch.leg]
    place = np.concatenate([np.flatnonzero(sent), np.flatnonzero(taken)])
    outgoing = np.concatenate([np.ones(sent.sum(), np.bool_), np.zeros(taken.sum(), np.bool_)])
    message = batch.message[place]
    order = np.lexsort((place, ~outgoing, message))
    place, outgoing, message = place[order], outgoing[order], message[order]
    new = np.append(True, (np.diff(message) != 0) | (outgoing[1:] != outgoing[:-1]))[: len(message)]
    starts = np.flatnonzero(new)
    out = outgoing[starts]
    return Hops(
        message=message[starts],
        outgoing=pa.array(out),
        moment=batch.received[message[starts]] + np.where(out, _BEFORE, _AFTER),
        recipient=columns.recipient.take(pa.array(place)),
        offsets=np.append(starts, len(place)),
        scenario=batch.scenario[message[starts]],
        answer=of_leg(batch.leg[place], lambda leg: leg.answer),
    )
