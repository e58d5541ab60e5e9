"""The mail flow rules of one snapshot, compiled: what each part of a row shows of the predicates that look at it.

A part is reduced once for each of its distinct values; a part at which no rule looks costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from ipaddress import ip_network

from analyzer.addresses import NULL_SENDER, Address, Network, covers, domain_of
from analyzer.selection.predicates import (
    NOTHING_SHOWN,
    SIZE_MARGIN,
    Shown,
    Truth,
    of_address,
    of_size,
    of_source,
    of_subject,
    shown,
)
from analyzer.tenant.model import AcceptedDomain, DomainType, MailboxPlace, Placement, Snapshot, TransportRule
from analyzer.tenant.predicates import Looks, Predicate, SenderLocation

_OURS = (DomainType.AUTHORITATIVE, DomainType.INTERNAL_RELAY)
_AT_HOME = (MailboxPlace.CLOUD, MailboxPlace.ONPREMISES, MailboxPlace.MOVING, MailboxPlace.GROUP)


class Rulebook:
    """The rules that act, by priority, and what they look at.

    `versions` are those of rules that were changed at any time: a change window asks whether one of them could
    have fired. `accepted` finds the accepted domain that holds a domain.
    """

    def __init__(
        self, snapshot: Snapshot, versions: Iterable[TransportRule], accepted: Callable[[str], AcceptedDomain | None]
    ) -> None:
        """Sort the rules, and their predicates by what they look at."""
        self._snapshot, self._accepted = snapshot, accepted
        spelled = {c.name.casefold(): c.name for c in snapshot.outbound or ()}  # told apart without regard to case
        acting = (r for r in snapshot.rules or () if r.enabled)
        self.rules = tuple(
            replace(r, connector=spelled.get(r.connector.casefold(), r.connector))
            for r in sorted(acting, key=lambda r: r.priority)
        )
        asked = dict.fromkeys(p for r in (*self.rules, *versions) for p in (*r.conditions, *r.exceptions))
        self._asked = {looks: tuple(p for p in asked if p.looks is looks) for looks in Looks}

    def looks_at(self, looks: Looks) -> bool:
        """Tell whether any rule looks at a part of a row."""
        return bool(self._asked[looks])

    def reads_letters(self, looks: Looks) -> bool:
        """Tell whether any rule looks for words or patterns in a part of a row."""
        return any(p.name.endswith(("ContainsWords", "MatchesPatterns")) for p in self._asked[looks])

    def named_addresses(self, looks: Looks) -> frozenset[str]:
        """Give the addresses that rules name as a part of a row."""
        return frozenset(v for p in self._asked[looks] if not p.name.endswith(("DomainIs", "Scope")) for v in p.values)

    @property
    def domains(self) -> frozenset[str]:
        """The domains, with all below them, that rules name or that count as internal to them."""
        named = (
            p for looks in (Looks.SENDER, Looks.RECIPIENT) for p in self._asked[looks] if p.name.endswith("DomainIs")
        )
        return frozenset((*(v for p in named for v in p.values), *(r.domain for r in self._snapshot.remote or ())))

    @property
    def networks(self) -> frozenset[Network]:
        """The ranges that rules name."""
        return frozenset(ip_network(value) for p in self._asked[Looks.SOURCE] for value in p.values)

    @property
    def size_edges(self) -> frozenset[int]:
        """The sizes from which on an answer may be another; between two of them all sizes show the same."""
        limits = [int(p.values[0]) for p in self._asked[Looks.SIZE]]
        return frozenset((*limits, *(limit + SIZE_MARGIN + 1 for limit in limits)))

    def of_size(self, size: int | None) -> Shown:
        """Say what a message's size shows; None = not logged."""
        return shown(self._asked[Looks.SIZE], lambda p: of_size(p, size))

    def of_subject(self, subject: str | None) -> Shown:
        """Say what a message's subject shows; None = not logged."""
        return shown(self._asked[Looks.SUBJECT], lambda p: of_subject(p, subject))

    def of_source(self, address: Address | None) -> Shown:
        """Say what the connecting address shows; None = blank."""
        return shown(self._asked[Looks.SOURCE], lambda p: of_source(p, address))

    def of_senders(self, header: str | None, envelope: str | None) -> Shown:
        """Say what the senders show, each where the log states it; `<>` is the null sender.

        One header sender stands for all of them: rules look at From, Sender and Reply-To, a log names one.
        """
        if not self._asked[Looks.SENDER]:
            return NOTHING_SHOWN
        stated = header and header.lower(), envelope and envelope.lower()
        return shown(self._asked[Looks.SENDER], lambda p: self._of_senders(p, *stated))

    def _of_senders(self, predicate: Predicate, header: str | None, envelope: str | None) -> Truth:
        test = self._foreign if predicate.name == "FromScope" else _of_sender
        match predicate.location:
            case SenderLocation.HEADER:
                return test(predicate, header)
            case SenderLocation.ENVELOPE:
                return test(predicate, envelope)
        one, other = test(predicate, header), test(predicate, envelope)
        if predicate.name == "FromScope":
            return one if one is other else Truth.OPEN
        return max(one, other)

    def _foreign(self, _: Predicate, address: str | None) -> Truth:
        """Tell whether a sender is certainly none of the organization's; where it came from is weighed later."""
        if not address or address == NULL_SENDER:
            return Truth.OPEN
        directory = self._snapshot.directory
        listed = directory is not None and any(directory.residence(address).places)
        return self._inside(domain_of(address), listed=listed).negated()

    def of_recipient(self, address: str, placed: Placement | None) -> Shown:
        """Say what a recipient shows at one stage of its residence."""
        return shown(self._asked[Looks.RECIPIENT], lambda p: self._of_recipient(p, address, placed))

    def _of_recipient(self, predicate: Predicate, address: str, placed: Placement | None) -> Truth:
        if predicate.name != "SentToScope":
            return of_address(predicate, address)
        at_home = placed is not None and placed.place in _AT_HOME
        inside = self._inside(domain_of(address), listed=placed is not None, at_home=at_home)
        scope = predicate.values[0]
        if scope.startswith("external"):  # which foreign domains are partners' no export tells
            return min(inside.negated(), Truth.OPEN)
        return inside if scope == "inorganization" else inside.negated()

    def _inside(self, domain: str, *, listed: bool, at_home: bool = False) -> Truth:
        # As the vendor's page on predicates has it (UserScopeFrom, UserScopeTo): inside is who is in the directory or
        # in an accepted domain that is not relayed elsewhere. Whether a listed contact or mail user counts, a
        # remote domain that is declared internal, or anybody where no accepted domains were exported, is open.
        if not domain or self._snapshot.accepted is None:
            return Truth.OPEN
        accepted = self._accepted(domain)
        if accepted is not None and accepted.type in _OURS:
            return Truth.TRUE
        if at_home and accepted is None:
            return Truth.TRUE
        internal = any(r.is_internal and covers(r.domain, domain) for r in self._snapshot.remote or ())
        return Truth.OPEN if listed or internal else Truth.FALSE


def _of_sender(predicate: Predicate, address: str | None) -> Truth:
    if not address:
        return Truth.OPEN  # the log does not state it
    if address == NULL_SENDER:
        # Nobody: no address, domain or word; what a pattern is held against no page says.
        return Truth.OPEN if predicate.name.endswith("MatchesPatterns") else Truth.FALSE
    return of_address(predicate, address)
