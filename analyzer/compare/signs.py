"""What a row shows beside its verdict: facts that a finding reads and that no verdict tells."""

from __future__ import annotations

from collections.abc import Callable

from analyzer.compare.case import EXTERNAL, Inputs
from analyzer.compare.judgement import SideJudgement
from analyzer.compare.observation import NO_CONNECTOR, Observation
from analyzer.selection.decision import Outcome
from analyzer.selection.facts import Lens
from analyzer.selection.ways_in import WAYS_IN
from analyzer.tenant.model import Place

MX_BYPASSED = "mx-bypassed"
SENDER_NOT_ACCEPTED = "sender-not-accepted"
RELAY_DENIED, SOURCE_REJECTED = "5.7.64", "5.7.51"


def signs_of(row: Observation, inputs: Inputs, inbound: SideJudgement, lens: Lens) -> tuple[str, ...]:
    """Name the signs of one row; they speak of its arrival, so only a row with that side has any."""
    if inbound.verdict is None or row.early:
        return ()
    return tuple(name for name, shows in _SIGNS if shows(row, inputs, inbound, lens))


def names_source(row: Observation, inputs: Inputs, signs: tuple[str, ...]) -> bool:
    """Tell whether the finding of a row must name the host that handed the message over."""
    relay = row.status.failure == RELAY_DENIED and inputs.origin.known is Place.ONPREMISES and not inputs.origin.weak
    return bool(signs) or (not row.early and (relay or row.status.failure == SOURCE_REJECTED))


def _mx_bypassed(row: Observation, inputs: Inputs, inbound: SideJudgement, lens: Lens) -> bool:
    # rule: 2, internet mail that came otherwise than by the MX; 9.1 row 23. A blank address proves nothing.
    source = row.source
    listed = source.blank or source.service or source.onpremises or bool(source.ranges)
    mx = (row.recipient.own or row.recipient.domain).mx
    if inputs.origin.known is not Place.INTERNET or listed or mx not in WAYS_IN:
        return False
    way = WAYS_IN[mx](lens)
    if inbound.value is None:  # only the address speaks, and the configuration must not claim it
        return way.by_address and inbound.answer.outcome is Outcome.NONE
    return inbound.value == NO_CONNECTOR and way.known


def _sender_not_accepted(row: Observation, inputs: Inputs, _inbound: SideJudgement, _lens: Lens) -> bool:
    # rule: 4.3, relay; 9.1 row 28. Toward own mailboxes a foreign MAIL FROM is ordinary: an MX on-premises,
    # CMT and forwards all bring it. The header sender proves nothing.
    domain = row.sender.domain
    relayed = inputs.origin.known is Place.ONPREMISES and inputs.destination.known in EXTERNAL
    foreign = domain.named and domain.accepted_known and domain.accepted is None
    return relayed and not inputs.origin.weak and row.envelope_known and not row.null_sender and foreign


_SIGNS: tuple[tuple[str, Callable[[Observation, Inputs, SideJudgement, Lens], bool]], ...] = (
    (MX_BYPASSED, _mx_bypassed),
    (SENDER_NOT_ACCEPTED, _sender_not_accepted),
)
