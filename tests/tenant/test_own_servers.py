"""Exports of the own servers' shell: address spaces, sizes, bindings, ranges, and what is refused."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from analyzer.errors import TenantError
from analyzer.tenant.onpremises import AddressSpace, Binding
from tests.tenant import renderings as r
from tests.tenant.expected import span
from tests.tenant.loading import load

SPACES = [
    ("contoso.com", AddressSpace("contoso.com")),
    ("SMTP:Contoso.com", AddressSpace("contoso.com")),
    ("contoso.com;7", AddressSpace("contoso.com", 7)),
    ("smtp:*.com;100", AddressSpace("*.com", 100)),
    ("smtp:--;1", AddressSpace("--")),
    (
        {"Address": "*.contoso.com", "Type": "SMTP", "Cost": 3, "Domain": "contoso.com"},
        AddressSpace("*.contoso.com", 3),
    ),
]


@pytest.mark.parametrize("written, expected", SPACES)
def test_address_spaces(tmp_path: Path, written: object, expected: AddressSpace) -> None:
    """Type and cost of an address space may be left out; the cost is kept (reference 6)."""
    snapshot = load(r.write(tmp_path, a=r.json7(r.changed(r.SEND[:1], AddressSpaces=[written]))))
    assert snapshot.own.send is not None
    assert snapshot.own.send[0].address_spaces == (expected,)


OWN_ODD_VALUES = [
    ("send", {"SmartHosts": [{"Address": {"IPAddressToString": "::"}, "IsIPAddress": False, "Domain": "a.example"}]},
     "smart_hosts", ("a.example",)),
    ("send", {"SmartHosts": [{"Address": {"IPAddressToString": "192.0.2.9"}, "IsIPAddress": True, "Domain": None}]},
     "smart_hosts", ("192.0.2.9",)),
    ("send", {"MaxMessageSize": {"IsUnlimited": True, "Value": None}}, "max_message_size", None),
    ("send", {"MaxMessageSize": "35 MB (36.700.160 bytes)"}, "max_message_size", 36_700_160),
    ("send", {"MaxMessageSize": "10MB"}, "max_message_size", 10_485_760),
    ("send", {"AddressSpaces": "smtp:*;1;smtp:contoso.com;20"}, "address_spaces",
     (AddressSpace("*", 1), AddressSpace("contoso.com", 20))),
    ("send", {"SourceTransportServers": [{"Name": "EX1", "DistinguishedName": "CN=EX1"}]}, "source_servers", ("ex1",)),
    ("send", {"TlsCertificateName": {"CertificateSubject": "CN=a", "CertificateIssuer": "CN=b"}},
     "tls_certificate_name", "<I>CN=b<S>CN=a"),
    ("receive", {"Bindings": [{"Address": {"IPAddressToString": "192.0.2.1"}, "Port": 25}]}, "bindings",
     (Binding(ip_address("192.0.2.1")),)),
    ("receive", {"RemoteIPRanges": [{"LowerBound": "192.0.2.1", "Expression": "192.0.2.1-192.0.2.3"}]},
     "remote_ranges", (span("192.0.2.1", "192.0.2.3"),)),
    ("receive", {"PermissionGroups": 13}, "permission_groups",
     ("anonymoususers", "exchangeservers", "exchangelegacyservers")),
    ("receive", {"PermissionGroups": "None"}, "permission_groups", ()),
    ("receive", {"Server": None}, "server", "ex1"),
]  # fmt: skip


@pytest.mark.parametrize("kind, properties, attribute, expected", OWN_ODD_VALUES)
def test_odd_values_of_the_own_servers_exports(
    tmp_path: Path, kind: str, properties: dict[str, Any], attribute: str, expected: Any
) -> None:
    """Live objects, other cultures and joined cells are understood (reference 10.2)."""
    snapshot = load(r.write(tmp_path, a=r.json7(r.changed(r.OWN[kind][:1], **properties))))
    (value,) = getattr(snapshot.own, kind)
    assert getattr(value, attribute) == expected


OWN_MISTAKES = [
    ("send", {"AddressSpaces": ["smtp:*contoso.com;1"]}, "AddressSpaces: 'smtp:*contoso.com;1' is no address space"),
    ("send", {"AddressSpaces": "System.Object[]"}, "export it with Get-SendConnector | ConvertTo-Json"),
    ("send", {"MaxMessageSize": {"IsUnlimited": False, "Value": {}}}, "MaxMessageSize: an object without its text"),
    ("send", {"MaxMessageSize": "large"}, "MaxMessageSize: 'large' is no size"),
    ("receive", {"Bindings": ["192.0.2.1"]}, "Bindings: '192.0.2.1' is no address and port"),
    ("receive", {"RemoteIPRanges": ["192.0.2.9-192.0.2.1"]}, "'192.0.2.9-192.0.2.1' is no range of addresses"),
    ("receive", {"Server": None, "Identity": "Default"}, "object 1 (Default EX1): Server: missing"),
    ("hybrid", {"Features": [4, 8]}, "Features: '4' is the number of a feature"),
]  # fmt: skip


@pytest.mark.parametrize("kind, properties, expected", OWN_MISTAKES)
def test_mistakes_of_the_own_servers_exports(
    tmp_path: Path, kind: str, properties: dict[str, Any], expected: str
) -> None:
    """Each is named with object and property, too."""
    with pytest.raises(TenantError) as caught:
        load(r.write(tmp_path / "onpremises", a=r.json7(r.changed(r.OWN[kind][:1], **properties))).parent)
    assert expected in str(caught.value)
