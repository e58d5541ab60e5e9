"""Small configurations for tests: a plain hybrid tenant, and changes to it in one line.

John and Julie have their mailboxes on the organization's own servers, Bob and David theirs in the
cloud, Sun is on the internet, and Woodgrove Bank is a partner.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_network
from typing import Any

from analyzer.addresses import domain_of
from analyzer.selection.facts import Lens
from analyzer.tenant.model import (
    AcceptedDomain,
    ConnectorType,
    InboundConnector,
    MailboxPlace,
    Network,
    OutboundConnector,
    Placement,
    Residence,
    Settings,
    Snapshot,
    Tenant,
    TransportRule,
)
from analyzer.tenant.predicates import Predicate

JOHN, JULIE = "john@contoso.com", "julie@contoso.com"
BOB, DAVID = "bob@contoso.com", "david@contoso.com"
SUN, ERIN = "sun@example.net", "erin@example.org"
BANKER = "banker@woodgrovebank.com"

OUR_SERVER = "192.0.2.10"
OUR_SERVERS = "192.0.2.0/28"
FOREIGN_HOST = "203.0.113.9"

CLOUD, ONPREMISES = Placement(MailboxPlace.CLOUD), Placement(MailboxPlace.ONPREMISES)


@dataclass(frozen=True)
class ListedRecipients:
    """A recipients list small enough to be written down."""

    residences: Mapping[str, Residence] = field(default_factory=dict)

    def residence(self, address: str) -> Residence:
        """Say where an address lives over time; nowhere where the list does not hold it."""
        return self.residences.get(address, Residence())

    def place(self, address: str, at: int | None = None) -> Placement | None:
        """Say where an address lives at one moment, or now."""
        return self.residence(address).at(at)

    @property
    def moved(self) -> int:
        """Count the mailboxes that moved."""
        return sum(bool(r.edges) for r in self.residences.values())

    def domains(self, place: MailboxPlace) -> frozenset[str]:
        """Name the domains by which mail to the recipients of one place is routed."""
        now = ((address, self.place(address)) for address in self.residences)
        return frozenset(domain_of(p.target or address) for address, p in now if p and p.place is place)

    @property
    def address_domains(self) -> frozenset[str]:
        """What stands behind the last `@` of its addresses."""
        return frozenset(address.rpartition("@")[2] for address in self.residences)

    def __len__(self) -> int:
        """Count the recipients."""
        return len(self.residences)


def directory(places: Mapping[str, Placement | Residence]) -> ListedRecipients:
    """Build a recipients list from address to placement, or to placements over time."""
    return ListedRecipients({a: p if isinstance(p, Residence) else Residence((p,)) for a, p in places.items()})


def networks(*texts: str) -> tuple[Network, ...]:
    """Read addresses and ranges; host bits may be set, as in the vendor's own examples."""
    return tuple(ip_network(text, strict=False) for text in texts)


def outbound(name: str, *domains: str, **changes: Any) -> OutboundConnector:
    """Build an outbound connector, to on-premises unless `type` says otherwise; `domains` are its RecipientDomains."""
    return OutboundConnector(
        **{"name": name, "type": ConnectorType.ONPREMISES, "recipient_domains": domains, **changes}
    )


def inbound(name: str, *sender_domains: str, **changes: Any) -> InboundConnector:
    """Build an inbound connector: of type Partner where sender domains are given, else OnPremises."""
    kind = ConnectorType.PARTNER if sender_domains else ConnectorType.ONPREMISES
    return InboundConnector(**{"name": name, "type": kind, "sender_domains": sender_domains, **changes})


def accepted(*domains: str, **changes: Any) -> tuple[AcceptedDomain, ...]:
    """Build accepted domains that share everything but the name."""
    return tuple(AcceptedDomain(domain, **changes) for domain in domains)


_PREDICATES = {
    "senders": "From",
    "sender_domains": "SenderDomainIs",
    "recipients": "SentTo",
    "recipient_domains": "RecipientDomainIs",
}


def rule(connector: str, **changes: Any) -> TransportRule:
    """Build a rule that routes to a connector; without changes it fires on every message.

    `senders`, `sender_domains`, `recipients` and `recipient_domains` stand for the conditions of those values,
    before the `conditions` given.
    """
    plain = tuple(Predicate(p, changes.pop(name)) for name, p in _PREDICATES.items() if name in changes)
    conditions = (*plain, *changes.pop("conditions", ()))
    return TransportRule(**{"name": f"to {connector}", "connector": connector, "conditions": conditions, **changes})


def snapshot(**changes: Any) -> Snapshot:
    """Build the plain hybrid configuration with some kinds of export changed."""
    plain: dict[str, Any] = {
        "outbound": (
            outbound("To on-premises", "contoso.com", use_mx_record=False, smart_hosts=("mail.contoso.com",)),
        ),
        "inbound": (inbound("From on-premises", sender_ips=networks(OUR_SERVERS)),),
        "accepted": accepted("contoso.com", "contoso.onmicrosoft.com", "contoso.mail.onmicrosoft.com"),
        "rules": (),
        "directory": directory({JOHN: ONPREMISES, JULIE: ONPREMISES, BOB: CLOUD, DAVID: CLOUD}),
    }
    return Snapshot(**{**plain, **changes})


def settings(**changes: Any) -> Settings:
    """Build the settings of the plain hybrid tenant with some changed."""
    plain: dict[str, Any] = {
        "mx_default": "office365",
        "onpremises_addresses": networks(OUR_SERVERS),
        "partner_domains": ("woodgrovebank.com",),
    }
    return Settings(**{**plain, **changes})


def tenant(*snapshots: Snapshot, **changes: Any) -> Tenant:
    """Build a tenant; a change named like a field of Snapshot or of Settings goes there.

    Where snapshots are given, changes can concern the settings alone.
    """
    of_snapshot = dict(_picked(changes, Snapshot))
    of_settings = dict(_picked(changes, Settings))
    strange = changes.keys() - of_snapshot.keys() - of_settings.keys()
    if strange or (snapshots and of_snapshot):
        raise TypeError(f"no such change: {sorted(strange or of_snapshot)}")
    return Tenant(snapshots or (snapshot(**of_snapshot),), settings(**of_settings))


def lens(**changes: Any) -> Lens:
    """Build the compiled form of `tenant(**changes)`."""
    built = tenant(**changes)
    return Lens(built.snapshots[-1], built.settings)


def _picked(changes: Mapping[str, Any], target: type[Snapshot | Settings]) -> Iterator[tuple[str, Any]]:
    names = {f.name for f in fields(target)}
    return ((name, value) for name, value in changes.items() if name in names)
