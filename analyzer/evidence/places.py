"""Where a message came from and where its recipient is, as far as the row shows."""

from __future__ import annotations

from dataclasses import dataclass

from analyzer.evidence.status import Direction, StatusFacts
from analyzer.selection.facts import Lens, RecipientFacts, SenderFacts, SourceFacts
from analyzer.selection.outbound import is_cmt
from analyzer.tenant.model import DomainType, MailboxPlace, Place


@dataclass(frozen=True, slots=True)
class Places:
    """Where a message may come from or go to: one place, or several where the row does not tell.

    `weak` says that a forged sender would look the same; `contradicted` that the row and the
    recipients list disagree.
    """

    possible: tuple[Place, ...]
    weak: bool = False
    contradicted: bool = False

    @property
    def known(self) -> Place | None:
        """The one place, or None."""
        return self.possible[0] if len(self.possible) == 1 else None


_ANYWHERE = (Place.CLOUD, Place.ONPREMISES, Place.INTERNET)


def origin_of(
    sender: SenderFacts, source: SourceFacts, direction: Direction, lens: Lens, *, has_directionality: bool
) -> Places:
    """Tell where a message came from (evidence rules, Origin)."""
    moving = sender.placement is MailboxPlace.MOVING
    cloud_sender = sender.placement is MailboxPlace.CLOUD or sender.domain.onmicrosoft or moving
    outbound = direction in (Direction.OUTBOUND, Direction.INTERNAL)
    if source.onpremises and not source.service:
        # People behind the servers' NAT address look like the servers.
        nat = cloud_sender and outbound
        return Places((Place.CLOUD, Place.ONPREMISES)) if nat else Places((Place.ONPREMISES,))
    if cloud_sender and (outbound or (not has_directionality and source.blank)):
        # The client's address is logged too, so the address does not matter.
        return Places((Place.CLOUD, Place.ONPREMISES) if moving else (Place.CLOUD,), weak=source.service)
    return _origin_by_domain(sender, source, outbound=outbound, declared=bool(lens.settings.onpremises_addresses))


def _origin_by_domain(sender: SenderFacts, source: SourceFacts, *, outbound: bool, declared: bool) -> Places:
    domain = sender.domain
    if not sender.stated:
        return Places((*_ANYWHERE, Place.PARTNER))
    if not domain.named and outbound:
        return Places(_ANYWHERE)  # a null sender on its way out: anybody's delivery report
    if domain.partner:
        return Places((Place.PARTNER,), weak=source.service)
    if not domain.accepted_known and domain.named:
        return Places(_ANYWHERE)
    if domain.accepted is None:
        return Places((Place.INTERNET,), weak=source.blank or source.service or not declared)
    if sender.placement is MailboxPlace.ONPREMISES:
        return Places((Place.ONPREMISES,), weak=True)
    return Places(_ANYWHERE)


def destination_of(recipient: RecipientFacts, status: StatusFacts, lens: Lens) -> Places:
    """Tell where a recipient is (evidence rules, Destination): the first that knows."""
    placement = recipient.placement
    if status.deliver:
        elsewhere = placement in (MailboxPlace.ONPREMISES, MailboxPlace.EXTERNAL)
        return Places((Place.CLOUD,), contradicted=elsewhere)
    detour = status.send and _detour_exists(lens)
    if placement is MailboxPlace.MOVING:
        on_its_way = status.send and not detour  # a Send rules out the cloud
        return Places((Place.ONPREMISES,) if on_its_way else (Place.CLOUD, Place.ONPREMISES))
    if placement is MailboxPlace.CLOUD and (detour or not status.send):
        return Places((Place.CLOUD,))
    if placement is MailboxPlace.ONPREMISES:
        return Places((Place.ONPREMISES,))
    if placement is MailboxPlace.EXTERNAL:
        return Places((_external(recipient),))
    contradicted = placement is MailboxPlace.CLOUD
    found = _destination_by_domain(recipient, lens)
    unlisted = placement is None and lens.snapshot.directory is None
    if detour and (unlisted or placement is MailboxPlace.UNPLACED) and _could_be_cloud(recipient):
        # The copy may be on its way round: both are possible.
        return Places(tuple(dict.fromkeys((Place.CLOUD, *found))))
    possible = tuple(p for p in found if p is not Place.CLOUD) if status.send else found
    return Places(possible, contradicted=contradicted)


def _destination_by_domain(recipient: RecipientFacts, lens: Lens) -> tuple[Place, ...]:
    domain = recipient.domain
    if domain.declared_onpremises:
        return (Place.ONPREMISES,)
    if not domain.accepted_known:
        return Place.CLOUD, Place.ONPREMISES, _external(recipient)
    if domain.accepted is None:
        return (_external(recipient),)
    if domain.accepted is DomainType.INTERNAL_RELAY and _absent_from_complete_list(recipient, lens):
        return (Place.ONPREMISES,)
    return Place.CLOUD, Place.ONPREMISES


def _external(recipient: RecipientFacts) -> Place:
    return Place.PARTNER if recipient.domain.partner else Place.INTERNET


def _could_be_cloud(recipient: RecipientFacts) -> bool:
    own = recipient.domain.accepted is not None or not recipient.domain.accepted_known
    return own and not recipient.domain.declared_onpremises


def _absent_from_complete_list(recipient: RecipientFacts, lens: Lens) -> bool:
    complete = lens.snapshot.directory is not None and lens.settings.directory_complete
    return complete and recipient.placement is None


def _detour_exists(lens: Lens) -> bool:
    cmt = any(is_cmt(c) for c in lens.outbound)
    return cmt or bool(lens.rules) or any(s.connectors for s in lens.settings.services)


def recipient_refused(recipient: RecipientFacts, status: StatusFacts, lens: Lens) -> bool:
    """Tell whether a complete recipients list shows that nobody has this address (reference 3.2).

    A recipient to whom the message was delivered or sent exists, whatever the list says.
    """
    authoritative = recipient.domain.accepted is DomainType.AUTHORITATIVE
    arrived = status.deliver or status.send or (status.arrived and status.side is None)
    return authoritative and not arrived and _absent_from_complete_list(recipient, lens)
