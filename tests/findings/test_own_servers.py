"""Findings of own servers' logs: each is raised by its cause, and none of Office 365's kinds by the same rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from analyzer.findings import find_all
from analyzer.pipeline.coverage import cover
from tests.builders import tenant
from tests.findings.test_findings import causes, found

OWN: dict[str, Any] = {
    "format": "message-tracking",
    "vantage": "own-server",
    "origin": "onpremises",
    "destination": "cloud",
    "path": "onpremises>cloud",
    "recipient_domain": "contoso.mail.onmicrosoft.com",
    "logged_outbound": "Internet",
    "selected_outbound": "Outbound to Office 365",
}
MISMATCH = {**OWN, "outbound_verdict": "mismatch", "verdict": "mismatch"}
STUCK = {**OWN, "outbound_verdict": "unrouted", "verdict": "unrouted", "logged_outbound": None, "failed": 7}
NO_EXPORT = {
    **OWN,
    "verdict": "no_evidence",
    "outbound_verdict": None,
    "reason": "own-server-log",
    "missing": ["send_connectors"],
}
STRANGE = {**OWN, "verdict": "undetermined", "outbound_verdict": "undetermined", "unknown_connector": "Old relay"}


@pytest.mark.parametrize(
    "cause, code, told",
    [
        (MISMATCH, "MF101", "AddressSpaces"),
        (STUCK, "MF118", "Set-SendConnector"),
        (NO_EXPORT, "MF402", "Get-SendConnector"),
        (STRANGE, "MF402", "Get-SendConnector, Get-ReceiveConnector"),
        ({**OWN, "failure": "5.7.51", "failed": 7}, "MF207", "TlsCertificateName of Internet"),
        ({**OWN, "failure": "4.7.5", "failed": 7}, "MF207", "Get-ExchangeCertificate"),
        ({**OWN, "failure": "5.7.68", "failed": 7}, "MF111", "SenderIPAddresses"),
    ],
)
def test_a_cause_in_an_own_servers_log_has_its_finding(cause: dict[str, Any], code: str, told: str) -> None:
    """One finding, of the right kind, whose advice names the property or cmdlet of the own servers."""
    (only,) = found(cause)

    assert only["code"] == code
    assert told in only["advice"]
    assert only["messages"] == 7


@pytest.mark.parametrize("code", ["5.7.51", "4.7.5"])
def test_the_same_code_in_a_trace_is_no_send_certificate(code: str) -> None:
    """MF207 speaks of own servers' logs alone."""
    assert "MF207" not in {f["code"] for f in found({"failure": code, "failed": 7})}


def test_a_sound_sending_raises_nothing() -> None:
    """A match in an own server's log is as quiet as one in a trace."""
    assert found({**OWN, "logged_outbound": "Outbound to Office 365"}) == []


@pytest.mark.parametrize(
    "noise, failed, titles, cause",
    [
        ({"event-defer-4.7.5": 1200}, 0, ["1,200 attempts were put off, none has failed yet"], "1,200 attempts"),
        ({"event-defer-4.7.5": 12}, 7, [": Internet"], "12 attempts that were put off"),
        ({"event-defer": 12}, 7, [": Internet"], "TlsCertificateName names"),
        ({"event-defer": 12}, 0, [], ""),
    ],
    ids=["put off alone", "put off, and failed", "put off for another reason, and failed", "for another reason"],
)
def test_attempts_that_were_put_off_for_a_certificate_are_told(
    noise: dict[str, int], failed: int, titles: list[str], cause: str
) -> None:
    """MF207 counts them as attempts, beside the messages that failed in the end, and as one finding."""
    rows = causes({**OWN, "failure": "4.7.5", "failed": failed}) if failed else causes(OWN | {"logged_outbound": None})
    ours = tenant()
    told = find_all(rows, ours, replace(cover((), {}, ours), noise=noise)).to_pylist()
    found_here = [f for f in told if f["code"] == "MF207"]

    assert [f["title"].endswith(t) for f, t in zip(found_here, titles, strict=True)] == [True] * len(titles)
    assert all(cause in f["cause"] and f["messages"] == failed for f in found_here)
