"""A batch as Arrow columns, in the words that every log and the truth share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.simulator.company import PEERS, SMART_HOSTS, Peer, addresses, peers
from analyzer.simulator.scenario import Event, Leg, Scenario
from analyzer.simulator.subjects import subjects
from analyzer.simulator.topologies import SCENARIOS
from analyzer.simulator.traffic import LEGS, Batch, Ints


def join(*parts: pa.StringArray | str, separator: str = "") -> pa.StringArray:
    """Join texts and constants row by row; null where one of them is null."""
    return pc.binary_join_element_wise(*parts, separator)


def of_scenario(numbers: Ints, word: Callable[[Scenario], str | None]) -> pa.StringArray:
    """Say one word of each scenario."""
    return pa.array([word(scenario) for scenario in SCENARIOS], pa.string()).take(pa.array(numbers))


def of_leg(numbers: Ints, word: Callable[[Leg], str | None]) -> pa.StringArray:
    """Say one word of each leg."""
    return pa.array([word(leg) for leg in LEGS], pa.string()).take(pa.array(numbers))


def legs_that(test: Callable[[Leg], bool]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Mark the legs for which a test holds."""
    return np.array([test(leg) for leg in LEGS])


def packed(values: pa.StringArray, offsets: Ints) -> pa.StringArray:
    """Join the values between neighbouring offsets by semicolons."""
    return pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values), ";")


def iso(moments: Ints) -> pa.StringArray:
    """Write moments as ISO 8601 with seven digits and no zone, as the service does."""
    text = pa.array(moments).cast(pa.timestamp("us")).cast(pa.string())
    return join(pc.binary_replace_slice(text, 10, 11, "T"), "0")


def _hex(noise: np.ndarray[tuple[int, int], np.dtype[np.uint8]]) -> pa.StringArray:
    digits = np.ascontiguousarray(noise).tobytes().hex().encode()
    width = 2 * noise.shape[1]
    fixed = pa.FixedSizeBinaryArray.from_buffers(pa.binary(width), len(noise), [None, pa.py_buffer(digits)])
    return fixed.cast(pa.binary()).cast(pa.string())


@cache
def _entries(which: Callable[[], Sequence[str | None]]) -> pa.StringArray:
    return pa.array(which(), pa.string())


def _addresses() -> Sequence[str | None]:
    return addresses().entries


def _peers() -> Sequence[str | None]:
    return peers().entries


def _domains() -> Sequence[str | None]:
    return tuple(str(address).partition("@")[2] for address in addresses().entries)


@dataclass(frozen=True, slots=True)
class Columns:
    """A batch in words: one value a message, and `recipient` one a recipient."""

    batch: Batch
    network_id: pa.StringArray  # 32 hexadecimal digits
    message_id: pa.StringArray
    sender: pa.StringArray  # of the header
    envelope_sender: pa.StringArray
    peer: pa.StringArray
    subject: pa.StringArray
    recipient: pa.StringArray

    def to_recipients(self, by_message: pa.Array) -> pa.Array:
        """Repeat a value of each message for each of its recipients."""
        return by_message.take(pa.array(self.batch.message))


def columns(batch: Batch) -> Columns:
    """Put a batch into words."""
    noise = np.frombuffer(batch.noise, np.uint8).reshape(-1, 26)
    sender = pa.array(batch.sender)
    domain = _entries(_domains).take(sender)
    address = _entries(_addresses).take(sender)
    report = of_scenario(batch.scenario, lambda scenario: "<>" if scenario.null_sender else None)
    return Columns(
        batch=batch,
        network_id=_hex(noise[:, :16]),
        message_id=join("<", _hex(noise[:, 16:]), "@", domain, ">"),
        sender=pc.if_else(report.is_valid(), join("postmaster@", domain), address),
        envelope_sender=pc.coalesce(report, address),
        peer=_entries(_peers).take(pa.array(batch.peer)),
        subject=_entries(subjects).take(pa.array(batch.subject)),
        recipient=_entries(_addresses).take(pa.array(batch.recipient)),
    )


def dashed(network_id: pa.StringArray) -> pa.StringArray:
    """Write a network message id with its dashes."""
    cuts = ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32))
    return join(*(pc.utf8_slice_codeunits(network_id, *cut) for cut in cuts), separator="-")


def next_hop(columns: Columns) -> pa.StringArray:
    """Give the address that each recipient's mail was sent to; null where it was not sent."""
    numbers = columns.batch.leg
    smart_host = of_leg(numbers, lambda leg: SMART_HOSTS[leg.logged][0] if leg.logged else None)
    exchangers = pa.array(PEERS[Peer.INTERNET], pa.string())
    mx = exchangers.take(pa.array(columns.batch.recipient % len(exchangers)))
    sent = pa.array(legs_that(lambda leg: leg.event is Event.SEND)[numbers])
    return pc.if_else(sent, pc.coalesce(smart_host, mx), None)
