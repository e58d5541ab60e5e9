"""The hybrid company in the weeks after its migration: refusals, a duplicated connector, a rule that is too broad."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from analyzer.simulator.company import (
    FROM_PROSEWARE,
    FROM_SERVERS,
    TO_ARCHIVE,
    TO_LITWARE,
    TO_LITWARE_COPY,
    TO_LUCERNE,
    TO_LUCERNE_COPY,
    TO_SIGNATURES,
    Peer,
    People,
    people,
)
from analyzer.simulator.configuration import NAMESPACE, Export, inbound, outbound, rule
from analyzer.simulator.faults import Fault
from analyzer.simulator.hybrid import RECIPIENT_TYPES, SETTINGS, hybrid_exports
from analyzer.simulator.repertoire import EVERYDAY
from analyzer.simulator.scenario import (
    CLOUD,
    ONPREMISES,
    PARTNER,
    Due,
    Leg,
    Scenario,
    Source,
    arriving,
    deliver,
    due_to,
    fail,
    send,
)
from analyzer.simulator.topology import Exports, Topology

RELAY_DENIED = Fault(
    "relay-denied",
    "not_routed",
    "not_routed",
    "MF107",
    "Mail of the servers to the internet was refused with 5.7.64, as after a certificate was renewed.",
)
PARTNER_SOURCE_REJECTED = Fault(
    "partner-source-rejected",
    "not_routed",
    "match",
    "MF108",
    "A partner's mail from another address than its connector is held to was refused with 5.7.51.",
)
SENDER_NOT_ACCEPTED = Fault(
    "sender-not-accepted",
    "match",
    "no_evidence",
    "MF112",
    "The servers relayed mail whose envelope sender is in no accepted domain.",
)
SENDER_UNREGISTERED = Fault(
    "sender-unregistered",
    "not_routed",
    "not_routed",
    "MF112",
    "The servers' mail was refused with 5.7.750: too much of it had senders in no accepted domain.",
    starts=0.5,
)
CONNECTOR_FLAPPING = Fault(
    "connector-flapping",
    "match",
    "no_evidence",
    "MF113",
    "Mail to one domain went now by one, now by the other of two connectors that claim it.",
)
RULE_OVERREACH = Fault(
    "rule-overreach",
    "match",
    "no_evidence",
    "MF114",
    "A rule without a recipient condition sent mail between cloud mailboxes out to an archive.",
)

SUBJECT_RULE_IGNORED = Fault(
    "subject-rule-ignored",
    "mismatch",
    "no_evidence",
    "MF101",
    "Mail whose subject meets a rule on contracts left by MX instead of the rule's connector.",
    starts=0.3,
)

CONTRACT_RULE = "Contracts with Tailspin to the archive"
ARCHIVE_RULE, SIGNATURE_RULE = "Legal to the archive", "Marketing to the signature service"
_CLIENT = Source(CLOUD, People.CLOUD_CONTOSO, Peer.HOME, submitted=True)
_LEGAL = Source(CLOUD, People.LEGAL, Peer.HOME, submitted=True)
_MARKETING = Source(CLOUD, People.MARKETING, Peer.HOME, submitted=True)
_SERVERS = Source(ONPREMISES, People.SERVERS, Peer.SERVERS)
_APPLICATION = Source(ONPREMISES, People.TAILSPIN, Peer.SERVERS)
_PROSEWARE = Source(PARTNER, People.PROSEWARE, Peer.PARTNER)
_REPORTS = Due("match", "match")

_REFUSED_RELAY = "550 5.7.64 TenantAttribution; Relay Access Denied [ATTR36]"
_REFUSED_SOURCE = "550 5.7.51 TenantInboundAttribution; There is a partner connector configured"
# Refused at the door; or after it was submitted, which an event log shows as well.
_REFUSED_SENDER = "550 5.7.750 Service unavailable. Client blocked from sending from unregistered domains"
_NOT_ROUTED = Due("not_routed", "not_routed", "not_routed")
_SUBMITTED = Due("match", "not_routed", "not_routed")


def _relayed() -> Iterator[Scenario]:
    sound = next(s for s in EVERYDAY if s.name == "onprem-to-internet")
    denied = fail(People.INTERNET, _REFUSED_RELAY, due=due_to(RELAY_DENIED), on_arrival=False)
    yield replace(_planted(sound, RELAY_DENIED, share=9, legs=(denied,)), logged_inbound=None)
    # Another organization's Office 365 refused what we sent, and another server for another reason.
    yield Scenario("relay-denied-elsewhere", 4, _CLIENT, (fail(People.INTERNET, _REFUSED_RELAY, due=_SUBMITTED),))
    other = fail(People.INTERNET, "550 5.7.1 Unable to relay", due=_NOT_ROUTED, on_arrival=False)
    yield replace(sound, name="relay-denied-otherwise", share=4, legs=(other,), logged_inbound=None)
    foreign = replace(sound, source=_APPLICATION)
    yield _planted(
        foreign, SENDER_NOT_ACCEPTED, share=7, legs=(send(People.INTERNET, due=due_to(SENDER_NOT_ACCEPTED)),)
    )
    blocked = fail(People.INTERNET, _REFUSED_SENDER, due=due_to(SENDER_UNREGISTERED), on_arrival=False)
    yield replace(_planted(foreign, SENDER_UNREGISTERED, share=4, legs=(blocked,)), logged_inbound=None)
    yield replace(sound, name="onprem-report", share=3, legs=(send(People.INTERNET, due=_REPORTS),), null_sender=True)
    yield arriving(Scenario("application-to-cloud", 5, _APPLICATION, (deliver(People.CLOUD),)), FROM_SERVERS)


def _partners() -> Iterator[Scenario]:
    sound = arriving(Scenario("proseware-to-cloud", 12, _PROSEWARE, (deliver(People.CLOUD),)), FROM_PROSEWARE)
    due = Due("not_routed", "match", "match")
    refused = fail(People.CLOUD, _REFUSED_SOURCE, due=due, on_arrival=False)
    yield sound
    yield replace(
        _planted(sound, PARTNER_SOURCE_REJECTED, share=6, legs=(refused,)),
        source=replace(_PROSEWARE, peers=Peer.INTERNET),
        inbound=None,
        logged_inbound=None,
    )
    yield Scenario("refused-by-proseware", 3, _CLIENT, (fail(People.PROSEWARE, _REFUSED_SOURCE, due=_SUBMITTED),))
    for name in (TO_LITWARE, TO_LITWARE_COPY):
        leg = replace(send(People.LITWARE, name, due=due_to(CONNECTOR_FLAPPING)), selected=None, equal=True)
        base = Scenario(f"cloud-to-litware-{len(name)}", 0, _CLIENT, (leg,))
        yield replace(_planted(base, CONNECTOR_FLAPPING, share=8, legs=(leg,)), instead="cloud-to-internet")
    yield Scenario(
        "cloud-to-lucerne", 8, _CLIENT, (replace(send(People.LUCERNE, TO_LUCERNE), selected=None, equal=True),)
    )


def _by_rule() -> Iterator[Scenario]:
    sound = Scenario("legal-to-internet", 8, _LEGAL, (send(People.INTERNET, TO_ARCHIVE),), by_rule=ARCHIVE_RULE)
    internal = replace(send(People.CLOUD_CONTOSO, TO_ARCHIVE), due=due_to(RULE_OVERREACH))
    yield sound
    yield _planted(sound, RULE_OVERREACH, share=8, legs=(internal,))
    signed = send(People.CLOUD_CONTOSO, TO_SIGNATURES)
    yield Scenario("marketing-to-cloud", 8, _MARKETING, (signed,), by_rule=SIGNATURE_RULE)


def _by_subject() -> Iterator[Scenario]:
    """Two kinds of mail that only the subject tells apart."""
    archived, plain = send(People.TAILSPIN, TO_ARCHIVE), send(People.TAILSPIN)
    sound = Scenario("contract-to-tailspin", 6, _CLIENT, (archived,), by_rule=CONTRACT_RULE, contract=True)
    yield sound
    yield Scenario("cloud-to-tailspin", 6, _CLIENT, (plain,), contract=False)
    past = replace(archived, logged=None, due=due_to(SUBJECT_RULE_IGNORED))
    yield replace(_planted(sound, SUBJECT_RULE_IGNORED, share=5, legs=(past,)), by_rule=None)


def _planted(base: Scenario, fault: Fault, *, share: int, legs: tuple[Leg, ...]) -> Scenario:
    return replace(base, name=f"{fault.kind}/{base.name}", share=share, legs=legs, fault=fault, instead=base.name)


def _exports(faults: bool) -> Exports:  # noqa: FBT001
    plain = hybrid_exports(faults)
    pairs = (
        ("litware.example", (TO_LITWARE, TO_LITWARE_COPY)),
        ("lucerne.example", (TO_LUCERNE, TO_LUCERNE_COPY)),
    )
    return replace(
        plain,
        outbound=(
            *plain.outbound,
            *(
                outbound(n, "Partner", RecipientDomains=[d], SmartHosts=[f"mail.{d}"])
                for d, pair in pairs
                for n in pair
            ),
            outbound(TO_ARCHIVE, "Partner", IsTransportRuleScoped=True, SmartHosts=["archive.example.net"]),
            outbound(TO_SIGNATURES, "Partner", IsTransportRuleScoped=True, SmartHosts=["signatures.example.net"]),
        ),
        inbound=(
            *plain.inbound,
            inbound(
                FROM_PROSEWARE,
                "Partner",
                SenderDomains=["smtp:proseware.example;1"],
                SenderIPAddresses=["198.51.100.64/28"],
                RestrictDomainsToIPAddresses=True,
            ),
        ),
        rules=(
            *plain.rules,
            _sent_by(ARCHIVE_RULE, 2, People.LEGAL, TO_ARCHIVE),
            _sent_by(SIGNATURE_RULE, 3, People.MARKETING, TO_SIGNATURES),
            rule(
                CONTRACT_RULE,
                4,
                RecipientDomainIs=["tailspin.example"],
                SubjectContainsWords=["contract"],
                RouteMessageOutboundConnector=TO_ARCHIVE,
                Conditions=[f"{NAMESPACE}.RecipientDomainIsPredicate", f"{NAMESPACE}.SubjectContainsPredicate"],
                Actions=[f"{NAMESPACE}.RouteMessageOutboundConnectorAction"],
            ),
        ),
        recipients=(*RECIPIENT_TYPES, (People.LEGAL, "UserMailbox"), (People.MARKETING, "UserMailbox")),
        settings=SETTINGS.replace("[partners]\ndomains = [", f"[partners]\ndomains = [{_PARTNER_DOMAINS}, ")
        + f'\n[services.signatures]\nconnectors = ["{TO_SIGNATURES}"]\n',
    )


_PARTNER_DOMAINS = '"proseware.example", "litware.example", "lucerne.example"'


def _sent_by(name: str, priority: int, senders: People, connector: str) -> Export:
    return rule(
        name,
        priority,
        From=list(people(senders)),
        RouteMessageOutboundConnector=connector,
        Conditions=[f"{NAMESPACE}.FromPredicate"],
        Actions=[f"{NAMESPACE}.RouteMessageOutboundConnectorAction"],
    )


MIGRATED = Topology(
    "migrated",
    "The hybrid company after its migration: a partner held to addresses, twin connectors, rules by sender or subject.",
    (*EVERYDAY, *_relayed(), *_partners(), *_by_rule(), *_by_subject()),
    _exports,
)
