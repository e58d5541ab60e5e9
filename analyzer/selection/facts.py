"""Reduce an address, a sender or a source to the facts that selection and evidence rest on.

Selection never looks at an address itself, only at which configured patterns it meets. Millions of
addresses thus share a few hundred facts, and one decision serves all messages with equal facts.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from analyzer.addresses import (
    HYBRID_ROUTING,
    NetworkTable,
    covers,
    covers_host,
    domain_of,
    parents,
    parse_ip,
)
from analyzer.moments import microseconds
from analyzer.selection.predicates import NOTHING_SHOWN, Shown
from analyzer.selection.rulebook import Rulebook
from analyzer.tenant.model import (
    AcceptedDomain,
    ConnectorType,
    DomainType,
    InboundConnector,
    MailboxPlace,
    Network,
    OutboundConnector,
    Placement,
    Residence,
    Settings,
    Snapshot,
)
from analyzer.tenant.onpremises import AddressRange

_ONMICROSOFT = "onmicrosoft.com"


@dataclass(frozen=True, slots=True)
class DomainFacts:
    """What the configuration says of one domain.

    `exact` and `apex` are the configured patterns `d` and `*.d`; `wildcards` the other configured
    `*.suffix` patterns that match, longest first (address spaces of Send connectors included).
    `accepted_on_own` says how the own servers accept the domain. `accepted` is None both for a foreign domain and
    where no accepted domains were exported: `accepted_known` tells them apart. `changing` names the accepted
    domains that were changed at any time and in one of their versions hold this one.
    """

    named: bool = False
    exact: str | None = None
    apex: str | None = None
    wildcards: tuple[str, ...] = ()
    accepted: DomainType | None = None
    accepted_known: bool = True
    onmicrosoft: bool = False
    partner: bool = False
    declared_onpremises: bool = False
    mx: str | None = None
    accepted_on_own: DomainType | None = None
    changing: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RecipientFacts:
    """A recipient: the facts of the domain it is routed by, its mailbox's place, what it shows to rules.

    `own` holds the facts of the domain it is addressed by, where that is another.
    """

    domain: DomainFacts
    placement: MailboxPlace | None = None
    resolved: bool = False
    own: DomainFacts | None = None
    shown: Shown = NOTHING_SHOWN


@dataclass(frozen=True, slots=True)
class SenderFacts:
    """A sender: the facts of its domain, its mailbox's place; `stated` = somebody is named."""

    domain: DomainFacts
    stated: bool = True
    placement: MailboxPlace | None = None
    direct_send: bool = False


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """The host that handed the message over.

    `onpremises` says that its address or name is declared; `connectors` are the enabled OnPremises
    inbound connectors that list its address; `ranges` are the ranges of any inbound connector that hold it,
    on or off, at any time. `shown` is what the address shows to mail flow rules.
    """

    blank: bool = True
    onpremises: bool = False
    by_address: bool = False
    service: bool = False
    direct_send: bool = False
    connectors: tuple[str, ...] = ()
    ranges: frozenset[Network] = frozenset()
    shown: Shown = NOTHING_SHOWN

    def listed_by(self, connector: InboundConnector) -> bool:
        """Tell whether a connector lists the address."""
        return not self.ranges.isdisjoint(connector.sender_ips)


class Lens:
    """One snapshot and the settings, compiled to reduce raw values to facts."""

    def __init__(self, snapshot: Snapshot, settings: Settings, versions: Snapshot | None = None) -> None:
        """Index every pattern, accepted domain and address range of the configuration.

        Every version of the objects that were changed at any time matters only to the change window:
        facts tell what was being changed.
        """
        self.snapshot, self.settings = snapshot, settings
        changing = versions or Snapshot()
        outbound = (*(snapshot.outbound or ()), *(changing.outbound or ()))
        inbound = (*(snapshot.inbound or ()), *(changing.inbound or ()))
        send = (*(snapshot.own.send or ()), *(changing.own.send or ()))
        self._changing_accepted, self._changing_receive = changing.accepted or (), changing.own.receive or ()
        self.outbound: tuple[OutboundConnector, ...] = snapshot.outbound or ()
        self.inbound: tuple[InboundConnector, ...] = snapshot.inbound or ()
        self.rulebook = Rulebook(snapshot, changing.rules or (), self.accepted)
        self.rules = tuple(r for r in self.rulebook.rules if r.connector)
        self.outbound_named = {c.name: c for c in self.outbound}
        self.inbound_named = {c.name: c for c in self.inbound}
        self._patterns = frozenset(
            (
                *(d for c in outbound for d in c.recipient_domains),
                *(d for i in inbound for d in (*i.sender_domains, *i.associated_accepted_domains)),
                *(space.domain for c in send for space in c.address_spaces),
            )
        )
        spaces = (s.domain for c in snapshot.own.send or () for s in c.address_spaces)
        self.hybrid_domains = tuple(
            sorted({d for d in (*(a.domain for a in snapshot.accepted or ()), *spaces) if d.endswith(HYBRID_ROUTING)})
        )
        self._accepted = {a.domain: a for a in snapshot.accepted or ()}
        self._sources = NetworkTable(tuple({n for i in inbound for n in i.sender_ips}))
        self._declared = NetworkTable(settings.onpremises_addresses)
        self._services = NetworkTable(tuple(n for s in settings.services for n in s.addresses))
        self._devices = NetworkTable(settings.direct_send_networks)
        self.domain = lru_cache(maxsize=20_000)(self._domain)  # the classes of addresses are remembered beside it

    @property
    def reading(self) -> Hashable:
        """What the facts of addresses rest on: lenses that have it in common reduce every address alike."""
        held = self.snapshot
        return self._patterns, held.accepted, held.own.accepted, held.remote, self.rulebook.rules, id(held.directory)

    @property
    def told_domains(self) -> frozenset[str]:
        """The names by which domains are told apart: those with the same longest one above them share their facts."""
        held, settings = self.snapshot, self.settings
        accepted = (*self._accepted, *(a.domain for a in (*self._changing_accepted, *(held.own.accepted or ()))))
        declared = (*settings.partner_domains, *settings.onpremises_domains, *settings.mx)
        names = (*self._patterns, *accepted, *declared, *self.rulebook.domains, _ONMICROSOFT)
        return frozenset(name.removeprefix("*.") for name in names)

    @property
    def told_networks(self) -> frozenset[Network]:
        """The ranges by which addresses are told apart: those in the same ones share their facts."""
        tables = (self._sources, self._declared, self._services, self._devices)
        return frozenset((*(n for table in tables for n in table.networks), *self.rulebook.networks))

    @property
    def told_clients(self) -> frozenset[AddressRange]:
        """The ranges by which clients of own servers are told apart."""
        own = (*(self.snapshot.own.receive or ()), *self._changing_receive)
        return frozenset(r for c in own for r in c.remote_ranges)

    @property
    def certificates(self) -> tuple[str, ...]:
        """What the own servers present: as their logs show, else as mailflow.toml declares (reference 8)."""
        shown = self.snapshot.presented
        return self.settings.onpremises_certificates if shown is None else shown

    @property
    def _onpremises_inbound(self) -> tuple[InboundConnector, ...]:
        return tuple(i for i in self.inbound if i.enabled and i.type is ConnectorType.ONPREMISES)

    def accepted(self, domain: str) -> AcceptedDomain | None:
        """Find the accepted domain that holds a domain; MatchSubDomains counts (reference 5)."""
        found = self._accepted.get(domain)
        if found is not None:
            return found
        above = (self._accepted.get(p) for p in parents(domain))
        return next((a for a in above if a is not None and a.match_subdomains), None)

    def _domain(self, domain: str) -> DomainFacts:
        if not domain:
            return DomainFacts(accepted_known=self.snapshot.accepted is not None)
        accepted, settings = self.accepted(domain), self.settings
        apex, own = f"*.{domain}", accepted is not None
        return DomainFacts(
            named=True,
            exact=domain if domain in self._patterns else None,
            apex=apex if apex in self._patterns else None,
            wildcards=tuple(w for w in (f"*.{p}" for p in parents(domain)) if w in self._patterns),
            accepted=accepted.type if accepted else None,
            accepted_known=self.snapshot.accepted is not None,
            onmicrosoft=own and domain.endswith(f".{_ONMICROSOFT}"),
            partner=any(covers(p, domain) for p in settings.partner_domains),
            declared_onpremises=any(covers(p, domain) for p in settings.onpremises_domains),
            mx=self._mx(domain) if own else None,
            accepted_on_own=self._accepted_on_own(domain),
            changing=frozenset(a.domain for a in self._changing_accepted if _holds(a, domain)),
        )

    def _accepted_on_own(self, domain: str) -> DomainType | None:
        """Say how the own servers accept a domain; the longest name or pattern that holds it counts."""
        holding = [a for a in self.snapshot.own.accepted or () if covers(a.domain, domain)]
        return max(holding, key=lambda a: len(a.domain)).type if holding else None

    def _mx(self, domain: str) -> str | None:
        # The MX of *.onmicrosoft.com is always Office 365 (reference 2).
        if domain.endswith(f".{_ONMICROSOFT}"):
            return "office365"
        return self.settings.mx.get(domain, self.settings.mx_default)

    def residence(self, address: str | None) -> Residence:
        """Say where an address lives over time; nowhere without a recipients list."""
        directory = self.snapshot.directory
        return directory.residence(address.lower()) if directory is not None and address else Residence()

    def recipient(self, address: str, at: datetime | None = None) -> RecipientFacts:
        """Reduce an envelope recipient as of a moment; None is after every move of its mailbox."""
        return self._recipient(address.lower(), self.residence(address).at(_microseconds(at)))

    def recipient_over_time(self, address: str | None) -> tuple[RecipientFacts, ...]:
        """Reduce an envelope recipient for each stage of its residence."""
        return tuple(self._recipient((address or "").lower(), p) for p in self.residence(address).places)

    def _recipient(self, address: str, placed: Placement | None) -> RecipientFacts:
        """Reduce a recipient; a mail user counts by the address it is resolved to (reference 3.2)."""
        target = placed.target if placed else None
        own = domain_of(address)
        return RecipientFacts(
            domain=self.domain(domain_of(target) if target else own),
            placement=placed.place if placed else None,
            resolved=target is not None and target != address,
            own=self.domain(own) if target and domain_of(target) != own else None,
            shown=self.rulebook.of_recipient(address, placed),
        )

    def sender(self, address: str | None, at: datetime | None = None) -> SenderFacts:
        """Reduce a sender as of a moment; the null sender has no domain, and None means that nobody is named."""
        return self._sender(address, self.residence(address).at(_microseconds(at)))

    def sender_over_time(self, address: str | None) -> tuple[SenderFacts, ...]:
        """Reduce a sender for each stage of its residence."""
        return tuple(self._sender(address, placed) for placed in self.residence(address).places)

    def _sender(self, address: str | None, placed: Placement | None) -> SenderFacts:
        if not address:
            return SenderFacts(self.domain(""), stated=False)
        address = address.lower()
        return SenderFacts(
            domain=self.domain(domain_of(address)),
            placement=placed.place if placed else None,
            direct_send=address in self.settings.direct_send_addresses,
        )

    def source(self, ip: str, host: str = "", certificate: str = "") -> SourceFacts:
        """Reduce the connecting address, the host name the log gives for it, and a known certificate."""
        address = parse_ip(ip)
        named = _named(host, self.settings.onpremises_hosts) or _named(
            certificate, self.settings.onpremises_certificates
        )
        if address is None:
            return SourceFacts(onpremises=named, shown=self.rulebook.of_source(None))
        listed = set(self._sources.holding(address))
        declared = bool(self._declared.holding(address))
        return SourceFacts(
            blank=False,
            onpremises=declared or named,
            by_address=declared,
            service=bool(self._services.holding(address)),
            direct_send=bool(self._devices.holding(address)),
            connectors=tuple(i.name for i in self._onpremises_inbound if listed.intersection(i.sender_ips)),
            ranges=frozenset(listed),
            shown=self.rulebook.of_source(address),
        )


def _microseconds(moment: datetime | None) -> int | None:
    return None if moment is None else microseconds(moment)


def _named(name: str, patterns: tuple[str, ...]) -> bool:
    return bool(name) and any(covers_host(p, name.lower().rstrip(".")) for p in patterns)


def _holds(accepted: AcceptedDomain, domain: str) -> bool:
    return domain == accepted.domain or (accepted.match_subdomains and domain.endswith(f".{accepted.domain}"))
