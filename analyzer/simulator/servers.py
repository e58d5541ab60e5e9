"""The company's own server: its Send and Receive connectors, and those by which its mail goes.

All mail of the servers goes to Office 365, by the wizard's connector, which has `*` besides the hybrid
routing domain. A connector that an earlier run of the wizard left behind claims `*` too, at a higher cost.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import NAMESPACE_URL, uuid5

import numpy as np
import numpy.typing as npt

from analyzer.simulator.configuration import Export, Value, identity

SEND_CONNECTOR = f"Outbound to Office 365 - {uuid5(NAMESPACE_URL, 'https://contoso.com/outbound')}"
OLD_CONNECTOR = "Outbound to Office 365 (old)"
RECEIVE_CONNECTOR = "EX1\\Default Frontend EX1"
SERVER_IP = "192.0.2.10"
CLIENT_IP = "192.0.2.80"  # the application server that hands its mail to the own server
_ROUTING, _OFFICE365 = "contoso.mail.onmicrosoft.com", "contoso-com.mail.protection.outlook.com"
_EVERYONE = ["0.0.0.0-255.255.255.255", "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]
_ONE_IN, _AT = 97, 13  # of the messages that the server sends, those that a fault sends by the old connector

# What the servers answer for themselves: every domain but the one for routing to the cloud.
OWN_ACCEPTED = (
    ("contoso.com", "Authoritative"),
    ("sales.contoso.com", "Authoritative"),
    ("fabrikam.com", "Authoritative"),
    ("adatum.com", "Authoritative"),
    (_ROUTING, "InternalRelay"),
)


def stray(message: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Mark the messages, by their number in the whole run, that a fault sends by the old connector."""
    marked: npt.NDArray[np.bool_] = message % _ONE_IN == _AT
    return marked


def send_connectors() -> Iterator[Export]:
    """Get-SendConnector, as an administrator lets Office 365 relay (reference 6)."""
    yield send_connector("*")
    yield _send(OLD_CONNECTOR, AddressSpaces=["smtp:*;50"])


def send_connector(*domains: str) -> Export:
    """Give the wizard's connector to Office 365, with domains besides the hybrid routing domain."""
    return _send(SEND_CONNECTOR, AddressSpaces=[f"smtp:{domain};1" for domain in (_ROUTING, *domains)])


def _send(name: str, **changes: Value) -> Export:
    plain: Export = {
        "Enabled": True,
        "IsScopedConnector": False,
        "SourceTransportServers": ["EX1"],
        "SmartHosts": [_OFFICE365],
        "DNSRoutingEnabled": False,
        "MaxMessageSize": "unlimited",
        "RequireTLS": True,
        "TlsAuthLevel": "CertificateValidation",
        "TlsDomain": None,
        "TlsCertificateName": "<I>CN=Contoso CA<S>CN=mail.contoso.com",
        "CloudServicesMailEnabled": True,
    }
    return identity(name) | plain | changes


def receive_connectors() -> Iterator[Export]:
    """Get-ReceiveConnector: what every server has, and one for the scanners."""
    yield _receive("Default Frontend EX1", Bindings=["[::]:25", "0.0.0.0:25"], RemoteIPRanges=_EVERYONE)
    yield _receive("Scanners", Bindings=["0.0.0.0:25"], RemoteIPRanges=["192.0.2.96-192.0.2.111"])


def hub_connector() -> Export:
    """Give the Receive connector behind the front end, at a port of its own."""
    return _receive("Default EX1", Bindings=["[::]:2525", "0.0.0.0:2525"], RemoteIPRanges=_EVERYONE)


def _receive(name: str, **changes: Value) -> Export:
    plain: Export = {
        "Identity": f"EX1\\{name}",
        "Server": "EX1",
        "Enabled": True,
        "Fqdn": "mail.contoso.com",
        "MaxMessageSize": "36 MB (37,748,736 bytes)",
        "RequireTLS": False,
        "TlsCertificateName": None,
        "PermissionGroups": "AnonymousUsers",
    }
    return identity(name) | plain | changes
