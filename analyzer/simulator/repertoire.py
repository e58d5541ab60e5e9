"""Every scenario, in three tables: everyday traffic, the awkward that is no fault, and the planted faults.

Each row states by hand what the configuration of `tenant.py` selects (reference sections 3.3 to 3.5
and 4.2) and what architecture section 4 lets a log prove. A deck deals each scenario `share` times
into a thousand recipients.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from analyzer.simulator import faults
from analyzer.simulator.company import (
    BY_RULE,
    CONNECTOR_1,
    CONNECTOR_2,
    CONNECTOR_3,
    FROM_NORTHWIND,
    FROM_PLANT,
    FROM_SERVERS,
    FROM_WOODGROVE,
    RETIRED_INBOUND,
    TO_WOODGROVE,
    UNKNOWN_OUTBOUND,
    Peer,
    People,
)
from analyzer.simulator.configuration import WINGTIP_RULE
from analyzer.simulator.scenario import (
    CLOUD,
    INTERNET,
    ONPREMISES,
    PARTNER,
    Due,
    Event,
    Leg,
    Scenario,
    Source,
    arriving,
    deliver,
    due_to,
    fail,
    faulty,
    misattributed,
    send,
)

DECK = 1000  # recipients in a deck: the shares below are per thousand

_CLIENT = Source(CLOUD, People.CLOUD, Peer.HOME_OR_BLANK, submitted=True)
_CLIENT_AT_HOME = Source(CLOUD, People.CLOUD_CONTOSO, Peer.HOME, submitted=True)
_FABRIKAM_CLIENT = Source(CLOUD, People.CLOUD_FABRIKAM, Peer.HOME, submitted=True)
_CLIENT_BEHIND_NAT = Source(CLOUD, People.CLOUD_CONTOSO, Peer.SERVERS, submitted=True)
_SERVERS = Source(ONPREMISES, People.SERVERS, Peer.SERVERS)
_PLANT = Source(ONPREMISES, People.PLANT_UNLISTED, Peer.PLANT)
_INTERNET = Source(INTERNET, People.INTERNET, Peer.INTERNET)
_BLANK_INTERNET = Source(INTERNET, People.INTERNET, Peer.BLANK)
_WOODGROVE = Source(PARTNER, People.WOODGROVE, Peer.PARTNER)
_NORTHWIND = Source(PARTNER, People.NORTHWIND, Peer.PARTNER)

# --- Everyday -------------------------------------------------------------------------------------

_CLOUD_TO_CLOUD = Scenario("cloud-to-cloud", 125, _CLIENT, (deliver(People.CLOUD),))
# reference 3.5: an exact domain, the wildcard, and what only the accepted domains cover.
_TO_CONTOSO = Scenario("cloud-to-contoso", 60, _CLIENT, (send(People.SERVER_CONTOSO, CONNECTOR_2),))
_TO_SALES = Scenario("cloud-to-sales", 25, _CLIENT, (send(People.SERVER_SALES, CONNECTOR_3),))
_TO_FABRIKAM = Scenario("cloud-to-fabrikam", 25, _CLIENT, (send(People.SERVER_FABRIKAM, CONNECTOR_1),))
_CLOUD_TO_INTERNET = Scenario("cloud-to-internet", 140, _CLIENT, (send(People.INTERNET),))
_INTERNET_TO_CONTOSO = Scenario("internet-to-contoso", 35, _INTERNET, (send(People.SERVER_CONTOSO, CONNECTOR_2),))
_INTERNET_TO_SALES = Scenario("internet-to-sales", 10, _INTERNET, (send(People.SERVER_SALES, CONNECTOR_3),))
_INTERNET_TO_FABRIKAM = Scenario("internet-to-fabrikam", 15, _INTERNET, (send(People.SERVER_FABRIKAM, CONNECTOR_1),))
_SERVERS_TO_CLOUD = arriving(Scenario("onprem-to-cloud", 70, _SERVERS, (deliver(People.CLOUD),)), FROM_SERVERS)
_WOODGROVE_TO_CLOUD = arriving(Scenario("woodgrove-to-cloud", 12, _WOODGROVE, (deliver(People.CLOUD),)), FROM_WOODGROVE)
_RULE_HIT = Scenario(
    "fabrikam-to-wingtip-by-rule", 6, _FABRIKAM_CLIENT, (send(People.WINGTIP, BY_RULE),), by_rule=WINGTIP_RULE
)
_RULE_MISSED = Scenario("contoso-to-wingtip", 4, _CLIENT_AT_HOME, (send(People.WINGTIP),))
_INTERNET_TO_CLOUD = Scenario("internet-to-cloud", 0, _INTERNET, (deliver(People.CLOUD),))  # the rest of the deck

EVERYDAY: tuple[Scenario, ...] = (
    _INTERNET_TO_CLOUD,
    _CLOUD_TO_CLOUD,
    _TO_CONTOSO,
    _TO_SALES,
    _TO_FABRIKAM,
    Scenario("cloud-to-adatum", 8, _CLIENT, (send(People.PLANT_LISTED, CONNECTOR_1),)),
    Scenario("cloud-to-adatum-unlisted", 7, _CLIENT, (send(People.PLANT_UNLISTED, CONNECTOR_1),)),
    _CLOUD_TO_INTERNET,
    Scenario("cloud-to-contact", 8, _CLIENT, (send(People.CONTACTS),)),
    Scenario("cloud-to-woodgrove", 12, _CLIENT, (send(People.WOODGROVE, TO_WOODGROVE),)),
    Scenario("cloud-to-northwind", 6, _CLIENT, (send(People.NORTHWIND),)),
    _INTERNET_TO_CONTOSO,
    _INTERNET_TO_SALES,
    _INTERNET_TO_FABRIKAM,
    Scenario("internet-to-adatum", 5, _INTERNET, (send(People.PLANT_UNLISTED, CONNECTOR_1),)),
    _WOODGROVE_TO_CLOUD,
    arriving(Scenario("northwind-to-cloud", 6, _NORTHWIND, (deliver(People.CLOUD),)), FROM_NORTHWIND),
    arriving(
        Scenario("woodgrove-to-contoso", 4, _WOODGROVE, (send(People.SERVER_CONTOSO, CONNECTOR_2),)), FROM_WOODGROVE
    ),
    _SERVERS_TO_CLOUD,
    arriving(Scenario("plant-to-cloud", 12, _PLANT, (deliver(People.CLOUD),)), FROM_PLANT),
    arriving(Scenario("onprem-to-internet", 25, _SERVERS, (send(People.INTERNET),)), FROM_SERVERS),
    arriving(Scenario("onprem-to-woodgrove", 4, _SERVERS, (send(People.WOODGROVE, TO_WOODGROVE),)), FROM_SERVERS),
    _RULE_HIT,
    _RULE_MISSED,
)

# --- Awkward, and no fault ------------------------------------------------------------------------

# People behind the servers' address: the log cannot tell their clients from the servers.
_NAT = Due("undetermined", "undetermined")
_NAT_SENT = Due("undetermined", "match")
# The row stands for no routing decision; an event log still shows how the message arrived.
_NO_DECISION = Due("match", "not_routed", "not_routed")
# One cell for several recipients whose answers differ.
_DIFFER = Due("match", "undetermined")
# One cell that names the way out, or is empty, says nothing of those who were not sent to.
_SILENT = Due("match", "no_evidence")
# Nobody can say where a message with one of our own sender domains and a foreign address comes from.
_FORGED = Due("undetermined", "undetermined")


def _single() -> Iterator[Scenario]:
    yield arriving(
        Scenario("hairpin-to-contoso", 4, _SERVERS, (send(People.SERVER_CONTOSO, CONNECTOR_2),)), FROM_SERVERS
    )
    yield arriving(
        Scenario("hairpin-to-fabrikam", 3, _SERVERS, (send(People.SERVER_FABRIKAM, CONNECTOR_1),)), FROM_SERVERS
    )
    yield Scenario("nat-to-cloud", 10, _CLIENT_BEHIND_NAT, (deliver(People.CLOUD, due=_NAT),))
    yield Scenario("nat-to-contoso", 6, _CLIENT_BEHIND_NAT, (send(People.SERVER_CONTOSO, CONNECTOR_2, due=_NAT_SENT),))
    yield Scenario("nat-to-internet", 8, _CLIENT_BEHIND_NAT, (send(People.INTERNET, due=_NAT),))
    yield Scenario("blank-internet-to-cloud", 12, _BLANK_INTERNET, (deliver(People.CLOUD),))
    yield Scenario("blank-internet-to-contoso", 4, _BLANK_INTERNET, (send(People.SERVER_CONTOSO, CONNECTOR_2),))
    yield Scenario("null-sender", 6, _INTERNET, (deliver(People.CLOUD),), null_sender=True)
    for name, people in (("cloud", People.CLOUD_CONTOSO), ("onprem", People.SERVER_CONTOSO)):
        forged = Source(INTERNET, people, Peer.INTERNET)
        yield Scenario(f"forged-{name}-sender", 4, forged, (deliver(People.CLOUD, due=_FORGED),))
    # Declared as direct send: the default inbound connector is right for it (reference 8, unrouted (b)).
    device = Source(ONPREMISES, People.DEVICES, Peer.DEVICE)
    yield Scenario("direct-send", 6, device, (deliver(People.CLOUD),))


def _undelivered() -> Iterator[Scenario]:
    full = fail(People.CLOUD, "554 5.2.2 mailbox full", due=_NO_DECISION)
    refused = fail(People.INTERNET, "550 5.1.1 user unknown", due=_NO_DECISION)
    # reference 3.2: unknown in an Authoritative domain is refused, and the log bears that out.
    unknown = fail(People.NOBODY, "550 5.1.10 recipient not found", due=Due("match", "match", "match"))
    yield Scenario("mailbox-full", 4, _INTERNET, (full,))
    yield Scenario("refused-on-the-internet", 5, _CLIENT, (refused,))
    yield Scenario("unknown-recipient", 4, _INTERNET, (unknown,))
    yield Scenario("pending", 3, _CLIENT, (Leg(People.SERVER_CONTOSO, Event.DEFER, CONNECTOR_2, due=_NO_DECISION),))
    yield Scenario("quarantined", 6, _INTERNET, (Leg(People.CLOUD, Event.QUARANTINE, due=_NO_DECISION),))


def _several() -> Iterator[Scenario]:
    cloud, quiet = deliver(People.CLOUD_CONTOSO), deliver(People.CLOUD_CONTOSO, due=_SILENT)
    contoso, fabrikam = send(People.SERVER_CONTOSO, CONNECTOR_2), send(People.SERVER_FABRIKAM, CONNECTOR_1)
    internet = send(People.INTERNET)
    differing = tuple(replace(leg, due=_DIFFER) for leg in (contoso, fabrikam, internet))
    yield Scenario("several-cloud", 6, _CLIENT, (cloud, cloud, cloud))
    yield Scenario("several-contoso", 4, _CLIENT, (contoso, contoso))
    yield Scenario("several-onprem-apart", 2, _CLIENT, (differing[0], differing[1]))
    yield Scenario("several-onprem-and-internet", 2, _CLIENT, (differing[0], differing[2]))
    yield Scenario("several-cloud-and-contoso", 5, _CLIENT, (cloud, contoso))
    yield Scenario("several-internet", 4, _CLIENT, (internet, internet))
    yield Scenario("internet-to-several-cloud", 5, _INTERNET, (quiet, quiet, quiet))
    yield Scenario("internet-to-cloud-and-contoso", 3, _INTERNET, (quiet, contoso))
    yield arriving(Scenario("onprem-to-several-cloud", 3, _SERVERS, (cloud, cloud)), FROM_SERVERS)


def _expanded() -> Iterator[Scenario]:
    # A group is expanded, never delivered: its own row stands for no routing decision, but where arrivals
    # have rows of their own, its mail arrives like any other.
    group = Leg(People.GROUPS, Event.EXPAND, due=Due("match", "not_routed", "not_routed"))
    member, quiet = (deliver(People.CLOUD_CONTOSO, due=due, on_arrival=False) for due in (Due(), _SILENT))
    contoso = send(People.SERVER_CONTOSO, CONNECTOR_2, on_arrival=False)
    onward = replace(send(People.INTERNET, due=_SILENT, on_arrival=False), forwarded=True)
    yield Scenario("cloud-to-group", 3, _CLIENT, (group, member, contoso))
    yield Scenario("internet-to-group", 2, _INTERNET, (group, quiet, contoso))
    yield Scenario("forward", 3, _INTERNET, (deliver(People.CLOUD_CONTOSO, due=_SILENT), onward))


AWKWARD: tuple[Scenario, ...] = (*_single(), *_undelivered(), *_several(), *_expanded())

# --- Planted faults -------------------------------------------------------------------------------
# Only where the origin is strong in every format: no client behind NAT, no blank address, one recipient.


def _known(base: Scenario) -> Scenario:
    return replace(base, source=_CLIENT_AT_HOME) if base.source is _CLIENT else base


def _outbound_faults() -> Iterator[Scenario]:
    contoso, sales, fabrikam, internet = map(_known, (_TO_CONTOSO, _TO_SALES, _TO_FABRIKAM, _CLOUD_TO_INTERNET))
    yield faulty(contoso, faults.WRONG_CONNECTOR, share=2, logged=CONNECTOR_1)
    yield faulty(sales, faults.WRONG_CONNECTOR, share=1, logged=CONNECTOR_2)
    yield faulty(_INTERNET_TO_FABRIKAM, faults.WRONG_CONNECTOR, share=1, logged=CONNECTOR_2)
    yield faulty(contoso, faults.ONPREM_BY_MX, share=2)
    yield faulty(fabrikam, faults.ONPREM_BY_MX, share=1)
    yield faulty(internet, faults.INTERNET_THROUGH_CONNECTOR, share=2, logged=CONNECTOR_1)
    yield faulty(_known(_CLOUD_TO_CLOUD), faults.CLOUD_TO_CLOUD_CONNECTOR, share=2, logged=CONNECTOR_2)
    yield faulty(_RULE_MISSED, faults.RULE_CONNECTOR_WITHOUT_RULE, share=1, logged=BY_RULE)
    yield faulty(_RULE_HIT, faults.RULE_IGNORED, share=1)
    yield faulty(sales, faults.PRECEDENCE_LIST, share=2, logged=CONNECTOR_1)
    yield faulty(_INTERNET_TO_SALES, faults.PRECEDENCE_LIST, share=1, logged=CONNECTOR_1)
    yield faulty(contoso, faults.UNKNOWN_CONNECTOR, share=2, logged=UNKNOWN_OUTBOUND)


def _uncovered_faults() -> Iterator[Scenario]:
    # lab.adatum.com is declared as on-premises but neither accepted nor covered by a connector.
    fault = faults.ONPREM_RECIPIENT_UNROUTED
    lab = replace(_known(_CLOUD_TO_INTERNET), name="cloud-to-lab", legs=(send(People.LAB),))
    sent = replace(faulty(lab, fault, share=2), instead=_CLOUD_TO_INTERNET.name)
    yield sent
    failed = fail(People.LAB, "550 5.4.1 no route to the recipient's domain", due=due_to(fault))
    yield replace(sent, name=f"{sent.name}-failed", share=1, legs=(failed,))


def _inbound_faults() -> Iterator[Scenario]:
    yield misattributed(_SERVERS_TO_CLOUD, faults.ONPREM_SOURCE_UNATTRIBUTED, share=4)
    yield misattributed(_SERVERS_TO_CLOUD, faults.WRONG_INBOUND_ONPREMISES, share=1, logged=FROM_PLANT)
    yield misattributed(_WOODGROVE_TO_CLOUD, faults.WRONG_INBOUND_PARTNER, share=1, logged=RETIRED_INBOUND)


FAULTY: tuple[Scenario, ...] = (*_outbound_faults(), *_uncovered_faults(), *_inbound_faults())

SCENARIOS: tuple[Scenario, ...] = (*EVERYDAY, *AWKWARD, *FAULTY)
