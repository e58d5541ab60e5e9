"""Get-SendConnector and Get-ReceiveConnector of the own servers -> their values (reference 6, 10.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address, ip_network

from analyzer.tenant.cells import Record
from analyzer.tenant.cloud import TLS_LEVELS
from analyzer.tenant.onpremises import (
    Address,
    AddressRange,
    AddressSpace,
    Binding,
    ReceiveConnector,
    SendConnector,
)
from analyzer.tenant.values import domain_pattern, plain

_SPACE = re.compile(r"(?:(?P<type>[A-Za-z][\w-]*):)?(?P<domain>[^;]+)(?:;(?P<cost>\d+))?")
_BYTES = re.compile(r"\((\d[\d.,'\s]*)bytes\)", re.IGNORECASE)
_SIZE = re.compile(r"(\d+)\s*(B|KB|MB|GB|TB)?", re.IGNORECASE)
_UNITS = {"": 0, "B": 0, "KB": 10, "MB": 20, "GB": 30, "TB": 40}
_MASK = re.compile(r"([^()]+)\(([^()]+)\)")
# What ConvertTo-Json leaves of the flags of PermissionGroups is their sum.
_PERMISSIONS = (
    (1, "AnonymousUsers"),
    (2, "ExchangeUsers"),
    (4, "ExchangeServers"),
    (8, "ExchangeLegacyServers"),
    (16, "Partners"),
    (32, "Custom"),
)


def send(record: Record) -> SendConnector:
    """Read one object of Get-SendConnector; no property of it tells the site of its servers."""
    tls = record.text("TlsAuthLevel")
    domain = record.patterns("TlsDomain")
    return SendConnector(
        name=record.required("Name"),
        address_spaces=_spaces(record),
        enabled=record.switch("Enabled", absent=True),
        max_message_size=_size(record),
        scoped=record.switch("IsScopedConnector", absent=False),
        source_servers=record.texts("SourceTransportServers"),
        dns_routing=record.switch("DNSRoutingEnabled", absent=True),
        smart_hosts=tuple(host.strip("[]") for host in record.texts("SmartHosts")),
        require_tls=record.switch("RequireTLS", absent=False),
        tls_auth_level=TLS_LEVELS.get(tls, tls) if tls else None,
        tls_domain=domain[0] if domain else None,
        tls_certificate_name=record.certificate("TlsCertificateName"),
        cloud_services_mail_enabled=record.flag("CloudServicesMailEnabled"),
        changed_at=record.changed_at(),
    )


def receive(record: Record) -> ReceiveConnector:
    """Read one object of Get-ReceiveConnector."""
    fqdn = record.text("Fqdn")
    return ReceiveConnector(
        name=record.required("Name"),
        server=_server(record),
        bindings=tuple(dict.fromkeys(_binding(record, value) for value in record.values("Bindings"))),
        remote_ranges=tuple(dict.fromkeys(_range(record, value) for value in record.values("RemoteIPRanges"))),
        enabled=record.switch("Enabled", absent=True),
        fqdn=fqdn.lower() if fqdn else None,
        max_message_size=_size(record),
        require_tls=record.switch("RequireTLS", absent=False),
        tls_certificate_name=record.certificate("TlsCertificateName"),
        permission_groups=_permissions(record),
        changed_at=record.changed_at(),
    )


def _server(record: Record) -> str:
    """Read Server, else the first half of an Identity (server, backslash, name)."""
    server = record.text("Server")
    if server is None:
        server, mark, _ = (record.text("Identity") or "").partition("\\")
        if not mark:
            raise record.mistake("Server", "missing or empty", "export every property of the object")
    return server.lower()


def _spaces(record: Record) -> tuple[AddressSpace, ...]:
    return tuple(dict.fromkeys(_space(record, value) for value in record.values("AddressSpaces", costs=True)))


def _space(record: Record, value: object) -> AddressSpace:
    """`Type:Space;Cost`, of which type and cost may be left out, or an object with these properties."""
    if isinstance(value, Mapping):
        value = ":".join(str(value[key]) for key in ("Type", "Address") if value.get(key)) + f";{value.get('Cost', 1)}"
    found = _SPACE.fullmatch(str(value))
    kind = ((found and found["type"]) or "smtp").lower()
    domain = found["domain"].strip().lower() if found else ""
    known = domain if kind != "smtp" or domain == "--" else domain_pattern(domain)
    if found is None or known is None:
        raise record.mistake("AddressSpaces", f"{value!r} is no address space", "smtp:*.contoso.com;1")
    return AddressSpace(known, int(found["cost"] or 1), kind)


def _binding(record: Record, value: object) -> Binding:
    """`192.0.2.1:25` or `[2001:db8::1]:25`; `0.0.0.0` and `::` are every address of their family."""
    if isinstance(value, Mapping):
        value = f"{plain(value.get('Address'))}:{value.get('Port')}"
    address, mark, port = str(value).rpartition(":")
    bare = _address(address.strip("[]"))
    if not mark or bare is None or not re.fullmatch(r"\d{1,5}", port):
        raise record.mistake("Bindings", f"{value!r} is no address and port", "192.0.2.1:25 or [2001:db8::1]:25")
    return Binding(None if bare.is_unspecified else bare, int(port))


def _range(record: Record, value: object) -> AddressRange:
    """`a-b`, one address, CIDR, or an address with its mask in brackets."""
    text = str(plain(value))
    found = address_range(text)
    if found is None:
        accepted = "192.0.2.1, 192.0.2.0/24 or 192.0.2.0-192.0.2.255"
        raise record.mistake("RemoteIPRanges", f"{text!r} is no range of addresses", accepted)
    return found


def address_range(text: str) -> AddressRange | None:
    """Read `a-b`, one address, CIDR, or an address with its mask in brackets; None where it is none of them."""
    first, mark, last = text.partition("-")
    low, high = _address(first), _address(last if mark else first)
    if low is not None and high is not None and low.version == high.version and int(low) <= int(high):
        return AddressRange(low, high)
    try:
        network = ip_network("/".join(mask.groups() if (mask := _MASK.fullmatch(text)) else (text,)), strict=False)
    except ValueError:
        return None
    return AddressRange(network[0], network[-1])


def _address(text: str) -> Address | None:
    try:
        return ip_address(text.strip())
    except ValueError:
        return None


def _size(record: Record) -> int | None:
    """`35 MB (36,700,160 bytes)`, whatever stands between the digits; None = unlimited."""
    whole = record.properties.get("maxmessagesize")
    if isinstance(whole, Mapping) and whole.get("IsUnlimited") is True:
        return None
    text = record.text("MaxMessageSize")
    if text is None and isinstance(whole, Mapping):
        raise record.mistake("MaxMessageSize", "an object without its text", "the text, as Export-Clixml writes it")
    if text is None or text.lower() == "unlimited":
        return None
    if (size := byte_size(text)) is not None:
        return size
    raise record.mistake("MaxMessageSize", f"{text!r} is no size", "35 MB (36,700,160 bytes) or unlimited")


def byte_size(text: str) -> int | None:
    """Read `35 MB (36,700,160 bytes)`, `35MB` or bytes; None where it is no size."""
    if found := _BYTES.search(text):
        return int(re.sub(r"\D", "", found[1]))
    found = _SIZE.fullmatch(text)
    return int(found[1]) << _UNITS[(found[2] or "").upper()] if found else None


def _permissions(record: Record) -> tuple[str, ...]:
    text = record.text("PermissionGroups") or ""
    if text.isdigit():
        return tuple(name.lower() for bit, name in _PERMISSIONS if int(text) & bit)
    return tuple(name for name in record.texts("PermissionGroups") if name != "none")
