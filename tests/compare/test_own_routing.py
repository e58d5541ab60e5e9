"""By which domains the own servers may route a recipient (3.2)."""

from __future__ import annotations

from typing import Any

import pytest

from analyzer.compare.own_sides import routed_domains
from analyzer.tenant.model import DomainType, MailboxPlace, OwnServers, Placement
from analyzer.tenant.onpremises import AddressSpace, SendConnector
from tests.builders import BOB, CLOUD, JOHN, ONPREMISES, SUN, accepted, directory, lens

ROUTING, OTHER = "contoso.mail.onmicrosoft.com", "fabrikam.mail.onmicrosoft.com"
RESOLVED = "erin@contoso.com"  # by the list to a domain of the cloud that is no hybrid one
LISTED = directory({BOB: CLOUD, JOHN: ONPREMISES, RESOLVED: Placement(MailboxPlace.CLOUD, "erin@cloud.contoso.com")})
DOMAINS = accepted("contoso.com", "cloud.contoso.com", "contoso.onmicrosoft.com", ROUTING, OTHER)
RELAYS = accepted("contoso.com", "cloud.contoso.com", type=DomainType.INTERNAL_RELAY)


@pytest.mark.parametrize(
    "recipient, changes, routed",
    [
        pytest.param(BOB, {}, (ROUTING, OTHER), id="answered for: by the hybrid routing addresses"),
        pytest.param(BOB, {"own": OwnServers(accepted=RELAYS)}, ("contoso.com", ROUTING, OTHER), id="relayed: open"),
        pytest.param(BOB, {"own": OwnServers()}, ("contoso.com", ROUTING, OTHER), id="nobody knows how: open"),
        pytest.param(BOB, {"accepted": ()}, (ROUTING, OTHER), id="their names stand in Send connectors too"),
        pytest.param("x@contoso.com", {}, ("contoso.com", ROUTING, OTHER), id="in no list: open"),
        pytest.param(JOHN, {}, ("contoso.com",), id="on-premises"),
        pytest.param(RESOLVED, {"own": OwnServers(accepted=RELAYS)}, ("cloud.contoso.com",), id="resolved already"),
        pytest.param("x@contoso.onmicrosoft.com", {}, ("contoso.onmicrosoft.com",), id="such names go straight"),
        pytest.param(f"bob@{OTHER}", {}, (OTHER,), id="a hybrid routing address itself"),
        pytest.param("x@contoso.com", {"onpremises_domains": ("contoso.com",)}, ("contoso.com",), id="declared"),
        pytest.param(SUN, {}, ("example.net",), id="foreign"),
        pytest.param(SUN, {"accepted": None}, ("example.net", ROUTING, OTHER), id="nobody knows whose: open"),
        pytest.param("", {}, ("",), id="no recipient"),
    ],
)
def test_which_domains_may_route_a_recipient(recipient: str, changes: dict[str, Any], routed: tuple[str, ...]) -> None:
    """3.2: a mailbox in the cloud goes by its hybrid routing address, and where nobody knows, both ways are open."""
    spaces = ("*", "contoso.com", "cloud.contoso.com", "contoso.onmicrosoft.com", "example.net", ROUTING, OTHER)
    connectors = (SendConnector("All", tuple(AddressSpace(s, 1) for s in spaces)),)
    own: OwnServers = changes.get("own", OwnServers(accepted=DOMAINS))
    given = {"accepted": DOMAINS, "directory": LISTED, **changes}
    seen = lens(**{**given, "own": OwnServers(send=connectors, accepted=own.accepted)})

    assert tuple(d.exact or "" for d in routed_domains(seen.recipient(recipient), seen)) == routed
