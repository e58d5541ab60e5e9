"""The shapes beside JSON and CSV: Export-Clixml, Format-List, Microsoft365DSC and ScubaGear's provider export."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from tests.tenant.contoso import Object
from tests.tenant.renderings import in_utc

_ENUMS = ("ConnectorType", "DomainType", "TlsSettings", "TlsAuthLevel", "PermissionGroups")
_OBJECTS = ("AddressSpaces", "SmartHosts", "Bindings", "RemoteIPRanges", "SourceTransportServers", "DomainName", "Fqdn")


def clixml(objects: Iterable[Object]) -> bytes:
    """Write objects as Export-Clixml of Windows PowerShell 5.1 does on a server: UTF-16, typed, with references."""
    number = count()
    body = "".join(_clixml_object(properties, number) for properties in objects)
    text = f'<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">\r\n{body}</Objs>'
    return text.encode("utf-16")


def _clixml_object(properties: Object, number: Iterator[int]) -> str:
    """Write the adapted properties below Props, and the last one as a note below MS, as a remote shell adds them."""
    seen: dict[str, int] = {}
    own = f'<Obj RefId="{next(number)}"><TN RefId="{next(number)}"><T>Microsoft.Exchange.Data.Connector</T></TN>'
    written = [_clixml_value(name, value, number, seen) for name, value in properties.items()]
    props, notes = "".join(written[:-1]), written[-1]
    text = _xml(str(properties.get("Name", "")))
    return f"{own}<ToString>{text}</ToString><Props>{props}</Props><MS>{notes}</MS></Obj>\r\n"


def _clixml_value(name: str, value: Any, number: Iterator[int], seen: dict[str, int]) -> str:
    tag = f"N={quoteattr(name)}"
    if value is None:
        return f"<Nil {tag} />"
    if isinstance(value, bool):
        return f"<B {tag}>{str(value).lower()}</B>"
    if isinstance(value, int):
        return f"<I32 {tag}>{value}</I32>"
    if name == "WhenChangedUTC":
        return f"<DT {tag}>{value}</DT>"
    if isinstance(value, list):
        items = "".join(_clixml_item(name, item, number, seen) for item in value)
        return f'<Obj {tag} RefId="{next(number)}"><TNRef RefId="1" /><LST>{items}</LST></Obj>'
    if name in _ENUMS:
        return f'<Obj {tag} RefId="{next(number)}"><TNRef RefId="1" /><ToString>{value}</ToString><I32>1</I32></Obj>'
    if name in _OBJECTS:
        return _typed(tag, value, number)
    return f"<S {tag}>{_xml(str(value))}</S>"


def _clixml_item(name: str, value: str, number: Iterator[int], seen: dict[str, int]) -> str:
    """Write one value of a list; one that stood in this object before is only referred to."""
    if name not in _OBJECTS:
        return f"<S>{_xml(value)}</S>"
    if value in seen:
        return f'<Ref RefId="{seen[value]}" />'
    text = _typed("", value, number)
    seen[value] = int(text.split('RefId="', 1)[1].split('"', 1)[0])
    return text


def _typed(tag: str, value: str, number: Iterator[int]) -> str:
    """Write an object that has a text and properties, which need not be the same (`Domain` without `*.`)."""
    return (
        f'<Obj {tag} RefId="{next(number)}"><TNRef RefId="1" /><ToString>{_xml(value)}</ToString><Props>'
        f'<S N="Domain">elsewhere.example.org</S><I32 N="Cost">77</I32></Props>'
        f'<MS><BA N="SerializationData">AAEAAAD/////AQAAAA==</BA></MS></Obj>'
    )


def _xml(text: str) -> str:
    """Escape a text as Export-Clixml does: control characters, and what looks like such an escape."""
    safe = text.replace("_x", "_x005F_x")
    return escape("".join(f"_x{ord(c):04X}_" if c < " " else c for c in safe))


def format_list(objects: Iterable[Object], *, width: int = 4096, hard: bool = False) -> bytes:
    """Write objects as `Format-List *` prints them on an American PC.

    `width` is that of the console; `hard` breaks lines in the middle of a word, as in Japanese.
    """
    lines: list[str] = [""]
    for properties in objects:
        label = max(map(len, properties)) + 1
        for name, value in properties.items():
            room = width - label - 2
            first, *rest = _broken(_listed(name, value), room) if hard else _wrapped(_listed(name, value), room)
            lines += [f"{name.ljust(label)}: {first}", *(" " * (label + 2) + line for line in rest)]
        lines += ["", ""]
    return "\r\n".join(lines).encode()


def _listed(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name == "WhenChangedUTC":
        moment = in_utc(value)
        return f"{moment.month}/{moment.day}/{moment.year} {moment:%I:%M:%S %p}"
    return "{" + ", ".join(value) + "}" if isinstance(value, list) else str(value)


def _broken(text: str, room: int) -> list[str]:
    return [text[start : start + room] for start in range(0, len(text), room)] or [""]


def _wrapped(text: str, room: int) -> list[str]:
    """Break at blanks, and within words that are longer than a line."""
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > room:
            lines.append("")
        parts = _broken(lines[-1] + " " * bool(lines[-1]) + word, room)
        lines[-1:] = parts
    return lines


_RESOURCES = {
    "outbound": ("EXOOutboundConnector", {"Name": "Identity"}),
    "inbound": ("EXOInboundConnector", {"Name": "Identity"}),
    "accepted": ("EXOAcceptedDomain", {"DomainName": "Identity"}),
    "remote": ("EXORemoteDomain", {}),
    "rules": ("EXOTransportRule", {"State": "Enabled"}),
    "organization": ("EXOOrganizationConfig", {}),
}
_NOT_WRITTEN = ("WhenChangedUTC", "IsValidated", "SenderRewritingEnabled", "TrustedOrganizations", "RejectDirectSend")
TENANT_NAME = "contoso.onmicrosoft.com"


def resources(kind: str, objects: Iterable[Object]) -> list[tuple[str, Object]]:
    """Give the resources of Microsoft365DSC for the objects of a kind, by their name."""
    name, renamed = _RESOURCES[kind]
    found = []
    for properties in objects:
        own = {renamed.get(key, key): value for key, value in properties.items() if key not in _NOT_WRITTEN}
        if kind == "accepted":
            del own["Name"]
        if kind == "rules":
            own["Enabled"] = own["Enabled"] == "Enabled"
        own = {key: value for key, value in own.items() if value not in (None, [])}
        found.append((name, {**own, "Ensure": "Present", "Credential": "$Credscredential"}))
    return found


def dsc(tenant: dict[str, tuple[Object, ...]]) -> bytes:
    """Write the cloud's configuration as Export-M365DSCConfiguration does."""
    blocks = [resource for kind in _RESOURCES for resource in resources(kind, tenant[kind])]
    text = "\r\n".join(_block(name, number, own) for number, (name, own) in enumerate(blocks))
    return _DSC.replace("BLOCKS", text).encode()


def _block(name: str, number: int, own: Object) -> str:
    width = max(map(len, own))
    lines = (f"            {key.ljust(width)} = {_dsc_value(value)};" for key, value in own.items())
    return "\r\n".join((f'        {name} "{name}-{number}"', "        {", *lines, "        }"))


def _dsc_value(value: Any) -> str:
    if isinstance(value, bool):
        return f"${value}"
    if isinstance(value, list):
        return "@(" + ",".join(map(_dsc_value, value)) + ")"
    if isinstance(value, int) or value.startswith("$Creds"):
        return str(value)
    return '"' + str(value).replace("`", "``").replace('"', '`"').replace(TENANT_NAME, "$OrganizationName") + '"'


_DSC = """# Generated with Microsoft365DSC version 1.24.717.1
param (
    [parameter()]
    [System.Management.Automation.PSCredential]
    $Credential
)

Configuration M365TenantConfig
{
    if ($null -eq $Credential)
    {
        <# Credentials: { are asked for #>
        $Credscredential = Get-Credential -Message "Credentials"
    }
    $OrganizationName = $Credscredential.UserName.Split('@')[1]
    Import-DscResource -ModuleName 'Microsoft365DSC' -ModuleVersion '1.24.717.1'

    Node localhost
    {
        AADConditionalAccessPolicy 706192c4-1a75-465c-9592-479a9e90858e
        {
            Assignments     = @(
                MSFT_DeviceAssignment{
                    DisplayName = 'a "quoted" } name'
                    dataType    = '#microsoft.graph.allTarget'
                }
            );
            BuiltInControls = @("mfa");
            Credential      = $Credscredential;
        }
BLOCKS
    }
}

M365TenantConfig -ConfigurationData .\\ConfigurationData.psd1 -Credential $Credential
"""


def dsc_json(tenant: dict[str, tuple[Object, ...]]) -> bytes:
    """Write the cloud's configuration as New-M365DSCReportFromConfiguration -Type JSON does."""
    found = [{"ResourceName": "AADGroupsSettings", "ResourceInstanceName": "AADGroupsSettings", "Ensure": "Absent"}]
    for kind in _RESOURCES:
        for name, own in resources(kind, tenant[kind]):
            found.append({**own, "ResourceName": name, "ResourceInstanceName": f"{name}-{len(found)}"})
    return json.dumps(found, indent=2).replace(TENANT_NAME, "$OrganizationName").encode("utf-16")


def data_file() -> bytes:
    """Write the file that Export-M365DSCConfiguration puts beside the configuration."""
    return f"""@{{
    AllNodes    = @( @{{ NodeName = "localhost" }} )
    NonNodeData = @(
        @{{
            # Tenant's default verified domain name
            OrganizationName = "{TENANT_NAME}"
        }}
    )
}}
""".encode()


def scuba(tenant: dict[str, tuple[Object, ...]]) -> bytes:
    """Write the tenant as ScubaGear's provider does: one object, a key for each cmdlet of each service."""
    keys = {
        "accepted_domains": "accepted",
        "remote_domains": "remote",
        "transport_rule": "rules",
        "inbound_connectors": "inbound",
        "outbound_connectors": "outbound",
    }
    report: dict[str, Any] = {
        "baseline_version": "1",
        "module_version": "1.5.0",
        "conditional_access_policies": [{"DisplayName": "x", "State": "enabled"}],
        "spf_records": [{"domain": "contoso.com", "rdata": ["v=spf1 -all"], "log": []}],
        "org_config": [{"Name": "contoso", "OAuth2ClientProfileEnabled": True, "AuditDisabled": False}],
        "exo_successful_commands": ["Get-RemoteDomain", "Get-AcceptedDomain"],
        "exo_unsuccessful_commands": [],
    }
    return json.dumps(report | {key: list(tenant[kind]) for key, kind in keys.items()}).encode()
