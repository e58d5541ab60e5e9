"""The certificate that the send logs of one own server show, where another server may have sent the message (8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from analyzer.tenant.model import InboundConnector, OwnServers
from analyzer.tenant.onpremises import AddressSpace, SendConnector, SendLog, Sighting
from tests.builders import BOB, JOHN, accepted, inbound, tenant
from tests.compare.builders import DELIVERED, ENHANCED, FROM_OUR_SERVER, NOON, judged

BY_CERTIFICATE = inbound("By certificate", certificate_name="*.contoso.com")
HOURS = timedelta(hours=9)
TWO_SERVERS = OwnServers(
    send=(SendConnector("O", (AddressSpace("contoso.mail.onmicrosoft.com"),), source_servers=("ex1", "ex2")),)
)
EX1, EX2 = (SendLog(name, NOON - HOURS, NOON + HOURS) for name in ("ex1", "ex2"))
BY_OTHER = inbound("By another", certificate_name="*.fabrikam.com")
RENEWED = "mail.fabrikam.com"

SILENT = [
    # shown certificate, logs, inbound connectors, logged, verdict, reason, missing
    pytest.param(
        RENEWED,
        (EX1,),
        (BY_CERTIFICATE,),
        "By certificate",
        ("undetermined", "certificate-unknown", ("send_logs",)),
        id="the other server may present what the connector wants",
    ),
    pytest.param(
        RENEWED, (EX1, EX2), (BY_CERTIFICATE,), "By certificate", ("mismatch", "not-by-default", ()), id="both tell"
    ),
    pytest.param(
        "mail.contoso.com", (EX1,), (BY_CERTIFICATE,), "By certificate", ("match", "certificate", ()), id="agreement"
    ),
    pytest.param(
        "mail.contoso.com",
        (EX1,),
        (BY_CERTIFICATE, BY_OTHER),
        "By another",
        ("undetermined", "certificate-unknown", ("send_logs",)),
        id="another connector's certificate",
    ),
    pytest.param(
        "mail.contoso.com",
        (EX1,),
        (BY_CERTIFICATE,),
        "",
        ("unrouted", "onprem-source-unattributed", ()),
        id="whatever it presented: nobody attributed it",
    ),
    pytest.param(
        RENEWED,
        (EX1,),
        (inbound("By certificate", certificate_name="*.contoso.com", enabled=False),),
        "By certificate",
        ("mismatch", "not-by-default", ()),
        id="no certificate makes a connector that is off the right one",
    ),
]


@pytest.mark.parametrize("shown, logs, connectors, logged, told", SILENT)
def test_a_certificate_of_one_server_proves_nothing_of_another(
    shown: str,
    logs: tuple[SendLog, ...],
    connectors: tuple[InboundConnector, ...],
    logged: str,
    *,
    told: tuple[str, str, tuple[str, ...]],
) -> None:
    """8, missing inputs: an alarm that another server's certificate could dissolve names the logs that would tell."""
    accepts = accepted("contoso.com", "contoso.onmicrosoft.com", "fabrikam.com")
    ours = tenant(inbound=connectors, own=TWO_SERVERS, accepted=accepts, onpremises_certificates=("mail.contoso.com",))
    ours = replace(ours, sightings=(Sighting((shown,), NOON - HOURS, NOON + HOURS),), send_logs=logs)
    cells = {**FROM_OUR_SERVER, **DELIVERED, "envelope_sender": JOHN, "recipient": BOB}
    found = judged(ours, ENHANCED, cells, logged_connector=logged)
    assert (found.verdict, found.reason, found.missing) == told
