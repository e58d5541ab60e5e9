"""The tenant folder, in the shapes in which an administrator's cmdlets write it."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from analyzer.simulator.company import people
from analyzer.simulator.configuration import CHANGED, identity
from analyzer.simulator.topology import Exports


def _accepted(domains: Iterable[tuple[str, str]]) -> Iterator[Mapping[str, str]]:
    for domain, domain_type in domains:
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


def _recipients(exports: Exports) -> Iterator[Mapping[str, str]]:
    for group, recipient_type in exports.recipients:
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


def write_tenant(folder: Path, exports: Exports) -> None:
    """Write every export and mailflow.toml.

    Args:
        folder: The tenant folder, made where it is missing.
        exports: What the administrator of the topology exports.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _write_json(folder / "OutboundConnectors.json", list(exports.outbound))
    _write_json(folder / "InboundConnectors.json", list(exports.inbound))
    if exports.rules:
        _write_json(folder / "TransportRules.json", list(exports.rules))
    _write_json(folder / "OrganizationConfig.json", identity("contoso.onmicrosoft.com") | {"RejectDirectSend": False})
    if exports.features is not None:
        _write_json(folder / "HybridConfiguration.json", _hybrid(exports.features))
    _write_csv(folder / "AcceptedDomains.csv", _accepted(exports.accepted))
    _write_csv(folder / "Recipients.csv", _recipients(exports))
    (folder / "mailflow.toml").write_text(exports.settings, encoding="utf-8")
    if exports.send:
        own = folder / "onpremises"
        own.mkdir(exist_ok=True)
        _write_json(own / "SendConnectors.json", list(exports.send))
        _write_json(own / "ReceiveConnectors.json", list(exports.receive))
        _write_csv(own / "AcceptedDomains.csv", _accepted(exports.own_accepted))


def _hybrid(features: tuple[str, ...]) -> Mapping[str, object]:
    """Get-HybridConfiguration: what the wizard was asked for."""
    return identity("Hybrid Configuration") | {
        "Features": list(features),
        "Domains": ["contoso.com"],
        "OnPremisesSmartHost": "mail.contoso.com",
        "ReceivingTransportServers": ["EX1"],
        "SendingTransportServers": ["EX1"],
        "EdgeTransportServers": [],
        "ClientAccessServers": [],
    }
