"""Every topology, and the scenarios of all of them under one numbering."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from analyzer.simulator.centralized import ACCIDENT, CATCHING, CENTRALIZED
from analyzer.simulator.company import FROM_WOODGROVE, TO_WOODGROVE, Peer, People
from analyzer.simulator.configuration import inbound, outbound
from analyzer.simulator.faults import Fault
from analyzer.simulator.hybrid import HYBRID, NO_RULES, hybrid_exports
from analyzer.simulator.migrated import MIGRATED
from analyzer.simulator.own_servers import OWN_SERVERS
from analyzer.simulator.repertoire import AWKWARD, EVERYDAY, FAULTY
from analyzer.simulator.scenario import INTERNET, Scenario, Source, deliver, due_to
from analyzer.simulator.topology import Exports, Topology

# --- The MX at a filter service -------------------------------------------------------------------

MX_BYPASSED = Fault(
    "mx-bypassed",
    "match",
    "no_evidence",
    "MF110",
    "Mail from the internet came to Office 365 directly although the MX points at a filter service.",
    starts=0.25,
)
_FILTER = Source(INTERNET, People.INTERNET, Peer.FILTER)
_INTERNET = Source(INTERNET, People.INTERNET, Peer.INTERNET)
_FILTERED = Scenario("filtered-to-cloud", 0, _FILTER, (deliver(People.CLOUD),))


def _filtered() -> Iterator[Scenario]:
    yield from (s for s in EVERYDAY if s.source.place != INTERNET)
    yield _FILTERED
    round_it = replace(_FILTERED, source=_INTERNET, legs=(deliver(People.CLOUD_FABRIKAM, due=due_to(MX_BYPASSED)),))
    name = f"{MX_BYPASSED.kind}/{_FILTERED.name}"
    yield replace(round_it, name=name, share=20, fault=MX_BYPASSED, instead=_FILTERED.name)
    # The MX of the tenant's own names is Office 365's, and a blank address proves nothing.
    yield Scenario("internet-to-tenant-names", 10, _INTERNET, (deliver(People.TENANT_NAMES),))
    yield Scenario(
        "blank-internet-to-cloud-filtered", 10, replace(_INTERNET, peers=Peer.BLANK), (deliver(People.CLOUD),)
    )


def _filtered_exports(faults: bool) -> Exports:  # noqa: FBT001
    plain = hybrid_exports(faults)
    return replace(
        plain,
        recipients=(*plain.recipients, (People.TENANT_NAMES, "UserMailbox")),
        settings=plain.settings.replace('default = "office365"', 'default = "thirdparty"')
        + '\n[services.filter]\naddresses = ["198.51.100.128/28"]\n',
    )


FILTERED = Topology(
    "filtered",
    "The hybrid company with its MX at a filter service.",
    tuple(_filtered()),
    _filtered_exports,
    _FILTERED.name,
)

# --- All mailboxes in the cloud -------------------------------------------------------------------

_CLOUD_ONLY = {
    *("cloud-to-cloud", "cloud-to-internet", "cloud-to-contact", "cloud-to-woodgrove", "cloud-to-northwind"),
    *("internet-to-cloud", "woodgrove-to-cloud", "blank-internet-to-cloud", "null-sender", "mailbox-full"),
    *("refused-on-the-internet", "unknown-recipient", "quarantined", "several-cloud", "several-internet"),
    *("internet-to-several-cloud", "forward"),
}
_CLOUD_SETTINGS = """\
# What no export of this company carries.
[mx]
default = "office365"

[directory]
complete = true

[partners]
domains = ["woodgrovebank.com", "northwindtraders.com", "*.northwindtraders.com"]
"""


def _cloud_only_exports(_faults: bool) -> Exports:  # noqa: FBT001
    plain = hybrid_exports(False)
    held = {People.CLOUD_CONTOSO, People.CLOUD_FABRIKAM, People.GROUPS, People.CONTACTS}
    return replace(
        plain,
        outbound=(
            outbound(
                TO_WOODGROVE,
                "Partner",
                RecipientDomains=["woodgrovebank.com"],
                SmartHosts=["mail.woodgrovebank.com"],
                TlsSettings="DomainValidation",
                TlsDomain="*.woodgrovebank.com",
            ),
        ),
        inbound=(inbound(FROM_WOODGROVE, "Partner", SenderDomains=["smtp:woodgrovebank.com;1"]),),
        rules=(),
        accepted=tuple(a for a in plain.accepted if a[0] not in ("adatum.com", "contoso.mail.onmicrosoft.com")),
        recipients=tuple(r for r in plain.recipients if r[0] in held),
        settings=_CLOUD_SETTINGS + NO_RULES,
    )


CLOUD_ONLY = Topology(
    "cloud-only",
    "All mailboxes in the cloud, no servers, one partner with connectors.",
    tuple(s for s in (*EVERYDAY, *AWKWARD) if s.name in _CLOUD_ONLY),
    _cloud_only_exports,
)

# --- A tenant that takes the written order --------------------------------------------------------

LISTED = Topology(
    "listed",
    "The hybrid company, in which all accepted domains outrank a wildcard, as the page's list has it.",
    (
        *(s for s in EVERYDAY if not s.name.endswith("-to-sales")),
        *(s for s in FAULTY if s.fault and s.fault.kind == "precedence-list"),
    ),
    hybrid_exports,
)

TOPOLOGIES: tuple[Topology, ...] = (
    HYBRID,
    CLOUD_ONLY,
    FILTERED,
    CENTRALIZED,
    ACCIDENT,
    CATCHING,
    MIGRATED,
    LISTED,
    OWN_SERVERS,
)
# The plain company's first: its numbers, and so its traffic, do not depend on the others.
SCENARIOS: tuple[Scenario, ...] = tuple(
    {scenario.name: scenario for topology in TOPOLOGIES for scenario in topology.scenarios}.values()
)


def topology_named(name: str) -> Topology | None:
    """Find a topology by its name."""
    return next((topology for topology in TOPOLOGIES if topology.name == name), None)
