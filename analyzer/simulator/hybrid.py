"""The plain hybrid company: the worked example's connectors, a partner's, a rule's, servers and a plant."""

from __future__ import annotations

from analyzer.simulator.company import People
from analyzer.simulator.configuration import inbound_connectors, outbound_connectors, transport_rules
from analyzer.simulator.repertoire import SCENARIOS
from analyzer.simulator.servers import OWN_ACCEPTED, receive_connectors, send_connectors
from analyzer.simulator.topology import Exports, Topology

ACCEPTED_DOMAINS = (
    ("contoso.com", "Authoritative"),
    ("sales.contoso.com", "Authoritative"),
    ("fabrikam.com", "Authoritative"),
    ("contoso.onmicrosoft.com", "Authoritative"),
    ("contoso.mail.onmicrosoft.com", "Authoritative"),
    ("adatum.com", "InternalRelay"),
)

# Which kinds of recipient the list of Exchange Online holds; people of InternalRelay domains may be missing.
RECIPIENT_TYPES = (
    (People.CLOUD_CONTOSO, "UserMailbox"),
    (People.CLOUD_FABRIKAM, "UserMailbox"),
    (People.SERVER_CONTOSO, "MailUser"),
    (People.SERVER_SALES, "MailUser"),
    (People.SERVER_FABRIKAM, "MailUser"),
    (People.PLANT_LISTED, "MailUser"),
    (People.GROUPS, "MailUniversalDistributionGroup"),
    (People.CONTACTS, "MailContact"),
)

SETTINGS = """\
# What no export of this company carries.
[mx]
default = "office365"

[directory]
complete = true

[onpremises]
addresses = ["192.0.2.0/28", "198.51.100.10"]
certificates = ["mail.contoso.com"]
domains = ["lab.adatum.com"]
direct_send = ["192.0.2.12"]

[partners]
domains = ["woodgrovebank.com", "northwindtraders.com", "*.northwindtraders.com"]
"""

NO_RULES = '\n[exports]\nempty = ["rules"]\n'  # an empty file would not say so by itself


def hybrid_exports(faults: bool) -> Exports:  # noqa: FBT001  the one thing that a topology is asked
    """Give the exports of the plain hybrid company; with faults, connectors that are off stand beside the others."""
    return Exports(
        outbound=tuple(outbound_connectors(retired=faults)),
        inbound=tuple(inbound_connectors(retired=faults)),
        rules=tuple(transport_rules()),
        accepted=ACCEPTED_DOMAINS,
        recipients=RECIPIENT_TYPES,
        settings=SETTINGS,
        send=tuple(send_connectors()),
        receive=tuple(receive_connectors()),
        own_accepted=OWN_ACCEPTED,
    )


HYBRID = Topology(
    "hybrid",
    "Mailboxes on both sides, the MX at Office 365, servers by certificate and a plant by address.",
    SCENARIOS,
    hybrid_exports,
)
