"""The seed's example: four accepted domains, three connectors, three addresses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import analyzer
from analyzer.tenant import load_tenant
from analyzer.tenant.model import Tenant

CONNECTORS = [
    {"Name": "Connector 1", "AllAcceptedDomains": True, "RecipientDomains": []},
    {"Name": "Connector 2", "AllAcceptedDomains": False, "RecipientDomains": ["Contoso.com"]},
    {"Name": "Connector 3", "AllAcceptedDomains": False, "RecipientDomains": ["*.Contoso.com"]},
]
COMMON = {"ConnectorType": "OnPremises", "Enabled": True, "UseMXRecord": False, "SmartHosts": ["mail.contoso.com"]}
DOMAINS = ["contoso.com", "sales.contoso.com", "fabrikam.com", "contoso.onmicrosoft.com"]
LOG = """origin_timestamp_utc,sender_address,recipient_status,message_subject,total_bytes,message_id,\
original_client_ip,directionality,connector_id
2026-03-02T08:00:00Z,bob@contoso.com,"john@fabrikam.com##Receive, Send",A,100,<1@contoso.com>,,2,Connector 1
2026-03-02T08:01:00Z,bob@contoso.com,"john@contoso.com##Receive, Send",B,100,<2@contoso.com>,,2,Connector 2
2026-03-02T08:02:00Z,bob@contoso.com,"john@sales.contoso.com##Receive, Send",C,100,<3@contoso.com>,,2,Connector 3
"""
CASES = [
    ("john@fabrikam.com", "example", "Connector 1"),
    ("john@contoso.com", "example", "Connector 2"),
    ("john@sales.contoso.com", "example", "Connector 3"),
    ("john@fabrikam.com", "list", "Connector 1"),
    ("john@contoso.com", "list", "Connector 2"),
    ("john@sales.contoso.com", "list", "Connector 1"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The example company as its administrator would export it."""
    folder = tmp_path / "tenant"
    folder.mkdir()
    (folder / "out.json").write_text(json.dumps([{**c, **COMMON} for c in CONNECTORS]), "utf-8")
    accepted = [{"DomainName": d, "DomainType": "Authoritative", "Name": d} for d in DOMAINS]
    (folder / "domains.json").write_text(json.dumps(accepted), "utf-8")
    (folder / "mailflow.toml").write_text(
        '[onpremises]\ndomains = ["contoso.com", "*.contoso.com", "fabrikam.com"]\n', "utf-8"
    )
    return folder


def _tenant(folder: Path, precedence: str) -> Tenant:
    settings = (folder / "mailflow.toml").read_text("utf-8")
    (folder / "mailflow.toml").write_text(f'{settings}[policy]\nprecedence = "{precedence}"\n', "utf-8")
    return load_tenant(folder)


@pytest.mark.parametrize("recipient, precedence, connector", CASES)
def test_one_message(folder: Path, recipient: str, precedence: str, connector: str) -> None:
    """The three addresses go by Connector 1, 2 and 3; under the written order the third goes by Connector 1."""
    decision = analyzer.route(
        _tenant(folder, precedence), recipient=recipient, sender="bob@contoso.com", origin="cloud"
    )

    assert decision.selected_outbound_connector == connector
    assert ("precedence" in decision.policies) == (recipient == "john@sales.contoso.com")


@pytest.mark.parametrize(
    "precedence, connector, third", [("example", "Connector 3", "match"), ("list", "Connector 1", "ambiguous")]
)
def test_in_a_log(folder: Path, tmp_path: Path, precedence: str, connector: str, third: str) -> None:
    """A log that bears out the example matches; under the written order the third row is ambiguous."""
    log = tmp_path / "log.csv"
    log.write_text(LOG, "utf-8")

    report = analyzer.analyze([log], _tenant(folder, precedence), out=tmp_path / "audit")
    rows = report.messages().to_table().to_pylist()

    assert [r["selected_outbound_connector"] for r in rows] == ["Connector 1", "Connector 2", connector]
    assert [r["verdict"] for r in rows] == ["match", "match", third]
    assert rows[2]["policies"] == [f"precedence={precedence}"]


def test_the_run_says_what_the_log_bears_out(folder: Path, tmp_path: Path) -> None:
    """A log that names Connector 1 for sales.contoso.com is ambiguous, and the run tells the line to write."""
    log = tmp_path / "log.csv"
    log.write_text(LOG.replace("Connector 3\n", "Connector 1\n"), "utf-8")

    report = analyzer.analyze([log], _tenant(folder, "example"), out=tmp_path / "audit")

    assert report.messages().to_table().column("verdict").to_pylist()[2] == "ambiguous"
    assert 'precedence = "list"' in report.text()
    contradicted = report.findings[report.findings["code"] == "MF106"]
    assert contradicted["advice"].str.contains('precedence = "list"').all()
    assert len(contradicted) == 1
