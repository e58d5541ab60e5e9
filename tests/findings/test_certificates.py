"""Findings that rest on the certificate which SMTP send logs show: which one it was, and whose logs are missing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from analyzer.tenant.model import OwnServers, Snapshot, Tenant
from analyzer.tenant.onpremises import AddressSpace, SendConnector, SendLog, Sighting
from tests.builders import inbound, networks
from tests.findings.test_findings import ARRIVAL, NOON, found

DAY = timedelta(days=1)
CONNECTORS = (
    inbound("From our servers", certificate_name="*.contoso.com"),
    inbound("From the plant", sender_ips=networks("198.51.100.10")),
    inbound("From the lab", sender_ips=networks("198.51.100.11")),
)
TO_OFFICE365 = SendConnector("O", (AddressSpace("contoso.mail.onmicrosoft.com"),), source_servers=("ex1", "ex2"))


def company(first: timedelta = -DAY, last: timedelta = DAY, *heard: str) -> Tenant:
    """Build a tenant whose send logs show mail.fabrikam.com for a time, by the logs of some of two servers."""
    seen = Sighting(("mail.fabrikam.com",), NOON + first, NOON + last)
    logs = tuple(SendLog(name, NOON - DAY, NOON + DAY) for name in heard)
    own = OwnServers(send=(TO_OFFICE365,))
    return Tenant((Snapshot(inbound=CONNECTORS, own=own),), sightings=(seen,), send_logs=logs)


MISMATCH = {
    **ARRIVAL,
    "inbound_verdict": "mismatch",
    "verdict": "mismatch",
    "logged_inbound": "From our servers",
    "selected_inbound": "(none)",
}
SHOWN = "By their SMTP send logs your servers presented mail.fabrikam.com."


@pytest.mark.parametrize(
    "row, tenant, told",
    [
        pytest.param(MISMATCH, company(), True, id="it decided"),
        pytest.param(
            {**MISMATCH, "logged_inbound": "From the plant", "selected_inbound": "From our servers"},
            company(),
            True,
            id="it selects another connector",
        ),
        pytest.param(MISMATCH, company(DAY / 4, DAY), False, id="shown later only"),
        pytest.param(
            {**MISMATCH, "logged_inbound": "From the plant", "selected_inbound": "From the lab"},
            company(),
            False,
            id="both by address",
        ),
        pytest.param({**MISMATCH, "vantage": "own-server"}, company(), False, id="of the servers' own connectors"),
    ],
)
def test_a_mismatch_names_the_certificate_that_was_shown(row: dict[str, Any], tenant: Tenant, *, told: bool) -> None:
    """MF101 says which certificate decided, so that nobody has to look for it in the logs."""
    (finding,) = (f for f in found(row, tenant=tenant) if f["code"] == "MF101")

    assert (SHOWN in finding["cause"]) is told


def test_the_servers_whose_logs_are_missing_are_named() -> None:
    """MF410 counts the messages that other send logs would tell of, and says of which server these would be."""
    row = {**MISMATCH, "inbound_verdict": "undetermined", "verdict": "undetermined", "missing": ["send_logs"]}
    (finding,) = (f for f in found(row, tenant=company(-DAY, DAY, "ex1")) if f["code"] == "MF410")

    assert finding["title"] == "From our servers: the SMTP send logs of ex2 are missing, 7 messages are open"
    assert "onpremises/" in finding["advice"]
    assert "MF410" not in [f["code"] for f in found({**row, "missing": ["origin"]}, tenant=company())]
