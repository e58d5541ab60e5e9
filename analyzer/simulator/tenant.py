"""The tenant folder, in the shapes in which an administrator's cmdlets write it."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from analyzer.simulator.company import People, people
from analyzer.simulator.configuration import CHANGED, identity, inbound_connectors, outbound_connectors, transport_rules

ACCEPTED_DOMAINS = (
    ("contoso.com", "Authoritative"),
    ("sales.contoso.com", "Authoritative"),
    ("fabrikam.com", "Authoritative"),
    ("contoso.onmicrosoft.com", "Authoritative"),
    ("contoso.mail.onmicrosoft.com", "Authoritative"),
    ("adatum.com", "InternalRelay"),
)

_SETTINGS = """\
# What no export of this company carries.
[mx]
default = "office365"

[directory]
complete = true

[onpremises]
addresses = ["192.0.2.0/28", "198.51.100.10"]
certificates = ["mail.contoso.com"]
domains = ["lab.adatum.com"]
direct_send = ["192.0.2.12"]

[partners]
domains = ["woodgrovebank.com", "northwindtraders.com", "*.northwindtraders.com"]
"""


def _accepted() -> Iterator[Mapping[str, str]]:
    for domain, domain_type in ACCEPTED_DOMAINS:
        yield {
            "Name": domain,
            "DomainName": domain,
            "DomainType": domain_type,
            "Default": str(domain == "contoso.com"),
            "MatchSubDomains": "False",
            "OutboundOnly": "False",
            "AuthenticationType": "Managed",
            "WhenChangedUTC": CHANGED,
            "IsValid": "True",
        }


# Which kinds of recipient the list of Exchange Online holds; people of InternalRelay domains may be missing.
_RECIPIENT_TYPES = (
    (People.CLOUD_CONTOSO, "UserMailbox"),
    (People.CLOUD_FABRIKAM, "UserMailbox"),
    (People.SERVER_CONTOSO, "MailUser"),
    (People.SERVER_SALES, "MailUser"),
    (People.SERVER_FABRIKAM, "MailUser"),
    (People.PLANT_LISTED, "MailUser"),
    (People.GROUPS, "MailUniversalDistributionGroup"),
    (People.CONTACTS, "MailContact"),
)


def _recipient(address: str, recipient_type: str) -> Mapping[str, str]:
    local, _, domain = address.partition("@")
    shared = recipient_type == "UserMailbox" and "." not in local
    external = recipient_type in {"MailUser", "MailContact"}
    proxies = [f"SMTP:{address}"]
    if recipient_type == "UserMailbox":  # a migrated mailbox: where the servers send its mail
        proxies.append(f"smtp:{local}.{domain.split('.')[0]}@contoso.mail.onmicrosoft.com")
    return {
        "DisplayName": local.replace(".", " ").title(),
        "PrimarySmtpAddress": address,
        "EmailAddresses": ";".join(proxies),
        "RecipientTypeDetails": "SharedMailbox" if shared else recipient_type,
        "ExternalEmailAddress": f"SMTP:{address}" if external else "",
    }


def _recipients() -> Iterator[Mapping[str, str]]:
    for group, recipient_type in _RECIPIENT_TYPES:
        for address in people(group):
            yield _recipient(address, recipient_type)


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _write_csv(path: Path, rows: Iterable[Mapping[str, str]]) -> None:
    listed = list(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, listed[0].keys(), quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writeheader()
        writer.writerows(listed)


def write_tenant(folder: Path, *, retired: bool = True) -> None:
    """Write every export and mailflow.toml.

    Args:
        folder: The tenant folder, made where it is missing.
        retired: Include the disabled connectors and the one in test mode.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _write_json(folder / "OutboundConnectors.json", list(outbound_connectors(retired=retired)))
    _write_json(folder / "InboundConnectors.json", list(inbound_connectors(retired=retired)))
    _write_json(folder / "TransportRules.json", list(transport_rules()))
    _write_json(folder / "OrganizationConfig.json", identity("contoso.onmicrosoft.com") | {"RejectDirectSend": False})
    _write_csv(folder / "AcceptedDomains.csv", _accepted())
    _write_csv(folder / "Recipients.csv", _recipients())
    (folder / "mailflow.toml").write_text(_SETTINGS, encoding="utf-8")
