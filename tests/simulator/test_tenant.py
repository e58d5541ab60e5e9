"""The tenant folder: exports that parse, and a configuration that holds what the scenarios rely on."""

from __future__ import annotations

import csv
import json
import re
import tomllib
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest

from analyzer.simulator import TOPOLOGIES, Topology
from analyzer.simulator.company import PEERS, Peer, People, addresses, people
from analyzer.simulator.hybrid import HYBRID
from analyzer.simulator.tenant import write_tenant


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a written tenant folder."""
    write_tenant(tmp_path / "tenant", HYBRID.exports(True))
    return tmp_path / "tenant"


def objects(folder: Path, name: str) -> list[dict[str, Any]]:
    """Read one JSON export."""
    listed: list[dict[str, Any]] = json.loads((folder / name).read_text("utf-8"))
    return listed


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    """Read one CSV export."""
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def test_folder_holds_every_kind_of_export(folder: Path) -> None:
    """Ten files, each parsed by the standard library; three of them come from the own servers' shell."""
    settings = tomllib.loads((folder / "mailflow.toml").read_text("utf-8"))

    assert {path.name for path in folder.iterdir()} == {
        "OutboundConnectors.json",
        "InboundConnectors.json",
        "TransportRules.json",
        "OrganizationConfig.json",
        "AcceptedDomains.csv",
        "Recipients.csv",
        "mailflow.toml",
        "onpremises",
    }
    assert len(objects(folder, "onpremises/SendConnectors.json")) == 2
    assert len(objects(folder, "onpremises/ReceiveConnectors.json")) == 2
    assert {one["DomainName"] for one in rows(folder, "onpremises/AcceptedDomains.csv")} >= {"contoso.com"}
    assert settings["mx"] == {"default": "office365"}
    assert json.loads((folder / "OrganizationConfig.json").read_text("utf-8"))["RejectDirectSend"] is False


def test_outbound_connectors_are_those_of_the_worked_example(folder: Path) -> None:
    """Connector 1 has all accepted domains, Connector 2 contoso.com, Connector 3 its subdomains."""
    found = {one["Name"]: one for one in objects(folder, "OutboundConnectors.json")}

    assert found["Connector 1"]["AllAcceptedDomains"] is True
    assert found["Connector 2"]["RecipientDomains"] == ["contoso.com"]
    assert found["Connector 3"]["RecipientDomains"] == ["*.contoso.com"]
    assert {one["ConnectorType"] for name, one in found.items() if re.match(r"Connector \d", name)} == {"OnPremises"}


@pytest.mark.parametrize("topology", TOPOLOGIES, ids=lambda topology: topology.name)
def test_selected_connectors_are_configured_and_on(tmp_path: Path, topology: Topology) -> None:
    """Whatever a scenario calls right is in the exports, enabled and out of test mode."""
    write_tenant(tmp_path, topology.exports(True))
    outbound = {one["Name"]: one for one in objects(tmp_path, "OutboundConnectors.json")}
    inbound = {one["Name"]: one for one in objects(tmp_path, "InboundConnectors.json")}

    for scenario in topology.scenarios:
        assert scenario.inbound is None or inbound[scenario.inbound]["Enabled"]
        for leg in scenario.legs:
            assert leg.selected is None or outbound[leg.selected]["Enabled"]
            assert leg.selected is None or not outbound[leg.selected]["TestMode"]
            assert not leg.equal or outbound[leg.logged or ""]["Enabled"]


def test_tenant_in_order_has_no_retired_connectors(tmp_path: Path) -> None:
    """Without faults no connector is disabled or in test mode."""
    write_tenant(tmp_path, HYBRID.exports(False))

    every = objects(tmp_path, "OutboundConnectors.json") + objects(tmp_path, "InboundConnectors.json")
    assert all(one["Enabled"] and not one.get("TestMode") for one in every)


def test_configuration_is_older_than_any_period(folder: Path) -> None:
    """No message falls into a change window."""
    for one in objects(folder, "OutboundConnectors.json") + objects(folder, "InboundConnectors.json"):
        changed = datetime.fromisoformat(one["WhenChangedUTC"][:26] + "+00:00")
        assert changed < datetime(2025, 1, 1, tzinfo=UTC)


def test_rule_names_its_connector(folder: Path) -> None:
    """One rule routes, to the connector that is scoped to rules."""
    routing = [one for one in objects(folder, "TransportRules.json") if one["RouteMessageOutboundConnector"]]
    scoped = [one["Name"] for one in objects(folder, "OutboundConnectors.json") if one["IsTransportRuleScoped"]]

    assert [one["RouteMessageOutboundConnector"] for one in routing] == scoped


def test_recipients_are_where_the_scenarios_say(folder: Path) -> None:
    """Cloud people are mailboxes; people on the servers are mail users whose target is an accepted domain."""
    listed = {row["PrimarySmtpAddress"]: row for row in rows(folder, "Recipients.csv")}
    accepted = {row["DomainName"] for row in rows(folder, "AcceptedDomains.csv")}

    for address in people(People.CLOUD):
        assert listed[address]["RecipientTypeDetails"].endswith("Mailbox")
    for address in people(People.SERVERS):
        assert listed[address]["RecipientTypeDetails"] == "MailUser"
        assert listed[address]["ExternalEmailAddress"].rpartition("@")[2] in accepted
    for group in (People.PLANT_UNLISTED, People.LAB, People.NOBODY, People.DEVICES):
        assert not listed.keys() & set(people(group))


def test_proxy_addresses_are_told_apart(folder: Path) -> None:
    """No address belongs to two recipients."""
    proxies = [
        proxy.partition(":")[2].lower()
        for row in rows(folder, "Recipients.csv")
        for proxy in row["EmailAddresses"].split(";")
    ]

    assert len(set(proxies)) == len(proxies)


def test_declared_addresses_are_those_of_the_servers(folder: Path) -> None:
    """The servers, the plant and the devices are declared; homes, partners and the internet are not."""
    settings = tomllib.loads((folder / "mailflow.toml").read_text("utf-8"))
    declared = [ip_network(one) for one in settings["onpremises"]["addresses"]]

    for peer, members in PEERS.items():
        ours = peer in {Peer.SERVERS, Peer.PLANT, Peer.DEVICE}
        for member in filter(None, members):
            assert any(ip_address(member) in network for network in declared) is ours


def test_only_documentation_names_occur() -> None:
    """Every domain and address belongs to documentation."""
    known = (
        r"(contoso|fabrikam|woodgrovebank|northwindtraders|adatum|wingtiptoys)\.com|onmicrosoft\.com|example(\.\w+)?"
    )
    documentation = [ip_network(one) for one in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")]

    for entry in addresses().entries:
        assert re.search(rf"(^|[.@])({known})$", str(entry))
    for members in PEERS.values():
        for member in filter(None, members):
            address = ip_address(member)
            assert any(address in network for network in documentation if network.version == address.version)
