"""`mailflow validate --tenant`: the traps with exit codes for CI, and the tenant as the engine sees it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from analyzer.cli import cli
from analyzer.report.reading import tenant_reading
from analyzer.report.reading_text import WIDTH, reading_lines
from analyzer.report.validation import TenantCheck
from analyzer.tenant.model import Tenant
from tests.builders import accepted, inbound, networks, outbound, rule
from tests.lint.tenants import SETTINGS, WIZARD_IN, WIZARD_OUT, wizard_snapshot, wizard_tenant

SAMPLE = str(Path(__file__).parents[2] / "sample_logs" / "tenant")
CONNECTOR = {
    "Name": "To on-premises",
    "ConnectorType": "OnPremises",
    "RecipientDomains": ["contoso.com"],
    "UseMXRecord": False,
    "SmartHosts": ["mail.contoso.com"],
    "TlsSettings": "CertificateValidation",
    "AllAcceptedDomains": False,
}


def validate(*arguments: str) -> tuple[int, str]:
    """Run the command: its exit code and what it prints."""
    done = CliRunner().invoke(cli, ["validate", *arguments], standalone_mode=False)
    assert done.exception is None, done.output
    return done.return_value, done.output


def folder(path: Path, **changes: Any) -> str:
    """Write a tenant folder of one outbound connector."""
    (path / "outbound.json").write_text(json.dumps([{**CONNECTOR, **changes}]))
    (path / "accepted.json").write_text(json.dumps([{"DomainName": "contoso.com", "DomainType": "Authoritative"}]))
    return str(path)


EXITS = [
    ({}, (), 0),
    ({"TlsSettings": None}, (), 0),  # low
    ({"TlsSettings": None}, ("--fail-on", "low"), 1),
    ({"RecipientDomains": ["contoso.com", "*fabrikam.com"]}, (), 1),  # medium
    ({"RecipientDomains": ["contoso.com", "*fabrikam.com"]}, ("--fail-on", "high"), 0),
    ({"SmartHosts": []}, ("--fail-on", "high"), 1),
    ({"SmartHosts": []}, ("--show",), 0),  # to look is no check
]


@pytest.mark.parametrize("changes, options, code", EXITS)
def test_exit_codes_go_by_the_severity(tmp_path: Path, changes: dict[str, Any], options: Any, code: int) -> None:
    """Medium and high traps fail a run of CI, low ones only where asked for."""
    assert validate("--tenant", folder(tmp_path, **changes), *options)[0] == code


def test_a_trap_is_told_with_place_reason_fix_and_source(tmp_path: Path) -> None:
    """The text names object and property, why it matters, what to do, and the document behind it."""
    _, text = validate("--tenant", folder(tmp_path, SmartHosts=[]))

    assert "configuration: 1 trap (1 high)" in text
    assert "high   MF312 To on-premises uses no MX record and has no smart host" in text
    assert "where  outbound connector To on-premises: SmartHosts" in text
    assert "source New-OutboundConnector" in text
    assert "configuration: no traps" in validate("--tenant", folder(tmp_path))[1]


WIZARD = {
    "outbound": {
        "Name": "Outbound to 3f2504e0-4f89-41d3-9a0c-0305e82c3301",
        "Enabled": True, "UseMXRecord": False, "Comment": None, "ConnectorType": "OnPremises",
        "ConnectorSource": "HybridWizard", "RecipientDomains": ["contoso.com"], "SmartHosts": ["mail.contoso.com"],
        "TlsDomain": "mail.contoso.com", "TlsSettings": "DomainValidation", "IsTransportRuleScoped": False,
        "RouteAllMessagesViaOnPremises": False, "CloudServicesMailEnabled": True, "AllAcceptedDomains": False,
        "SenderRewritingEnabled": False, "TestMode": False, "IsValidated": False, "LastValidationTimestamp": None,
    },
    "inbound": {
        "Name": "Inbound from 3f2504e0-4f89-41d3-9a0c-0305e82c3301",
        "Enabled": True, "ConnectorType": "OnPremises", "ConnectorSource": "HybridWizard",
        "SenderIPAddresses": [], "SenderDomains": ["smtp:*;1"], "AssociatedAcceptedDomains": [], "RequireTls": True,
        "RestrictDomainsToIPAddresses": False, "RestrictDomainsToCertificate": False, "CloudServicesMailEnabled": True,
        "TreatMessagesAsInternal": False, "TlsSenderCertificateName": "*.contoso.com", "EFSkipLastIP": False,
    },
    "remote": {
        "Name": "Hybrid Domain - contoso.mail.onmicrosoft.com", "DomainName": "contoso.mail.onmicrosoft.com",
        "TargetDeliveryDomain": True, "IsInternal": True, "TrustedMailInboundEnabled": True,
        "TrustedMailOutboundEnabled": True, "AutoForwardEnabled": True,
    },
}  # fmt: skip
PEOPLE = """PrimarySmtpAddress,RecipientTypeDetails,ExternalEmailAddress,EmailAddresses
john@contoso.com,MailUser,SMTP:john@contoso.com,SMTP:john@contoso.com;smtp:john@contoso.mail.onmicrosoft.com
bob@contoso.com,UserMailbox,,SMTP:bob@contoso.com;smtp:bob@contoso.mail.onmicrosoft.com
"""


def test_the_files_of_a_wizards_tenant_raise_nothing(tmp_path: Path) -> None:
    """A plain hybrid tenant, exported whole, is quiet at every severity, from file to exit code."""
    for name, exported in WIZARD.items():
        (tmp_path / f"{name}.json").write_text(json.dumps([exported]))
    domains = ("contoso.com", "contoso.onmicrosoft.com", "contoso.mail.onmicrosoft.com")
    listed = [{"DomainName": name, "DomainType": "Authoritative", "MatchSubDomains": False} for name in domains]
    (tmp_path / "accepted.json").write_text(json.dumps(listed))
    (tmp_path / "recipients.csv").write_text(PEOPLE)
    (tmp_path / "mailflow.toml").write_text('[mx]\ndefault = "office365"\n[exports]\nempty = ["rules"]\n')
    code, said = validate("--tenant", str(tmp_path), "--fail-on", "info")

    assert "configuration: no traps" in said
    assert code == 0


def test_json_holds_every_part_of_a_trap(tmp_path: Path) -> None:
    """Programs read the same as values, with the snapshots that hold the trap."""
    _, text = validate("--tenant", folder(tmp_path, TlsSettings=None), "--json", "--show")
    told = json.loads(text)

    assert [(t["code"], t["object"], t["property"], t["severity"]) for t in told["traps"]] == [
        ("MF314", "outbound connector To on-premises", "TlsSettings", "low")
    ]
    assert (told["traps"][0]["standing"], told["traps"][0]["snapshots"]) == (True, ["undated"])
    assert told["reading"]["outbound"][2]["connectors"][0]["connector"] == "To on-premises"
    assert told["logs"] == []


def test_traps_that_are_gone_do_not_fail() -> None:
    """What stood in an earlier snapshot only is named, and fails nothing."""
    broken = wizard_snapshot(outbound=(replace(WIZARD_OUT, smart_hosts=()),))
    check = TenantCheck.of(Tenant((replace(broken, name="one"), replace(wizard_snapshot(), name="two")), SETTINGS))

    assert not check.fails("info")
    assert "gone since an earlier snapshot: MF312" in list(check.lines())
    assert [t["standing"] for t in check.as_dicts()] == [False]


def test_hostile_names_stay_on_their_line() -> None:
    """A connector's name cannot write lines or colours of its own, in either view."""
    tenant = wizard_tenant(outbound=(replace(WIZARD_OUT, name="a\nhigh MF312\x1b[31m", smart_hosts=()),))
    lines = [*TenantCheck.of(tenant).lines(), *reading_lines(tenant_reading(tenant))]

    assert [line for line in lines if "\n" in line or "\x1b" in line] == []


OWN = {"use_mx_record": False, "smart_hosts": ("mail.contoso.com",)}
RICH = wizard_tenant(
    outbound=(
        outbound("All", all_accepted_domains=True, **OWN),
        outbound("Short", "*.com", **OWN),
        outbound("Long", "*.contoso.com", **OWN),
        outbound("Exact", "contoso.com", **OWN),
        outbound("CMT", "*", route_all_via_onpremises=True, **OWN),
        outbound("Off", "fabrikam.com", enabled=False, **OWN),
        outbound("Trial", "fabrikam.com", test_mode=True, **OWN),
        outbound("Legal", rule_scoped=True, **OWN),
        outbound("Orphan", rule_scoped=True, **OWN),
    ),
    inbound=(
        inbound("Bank", "woodgrovebank.com"),
        inbound("Filter", "*", restrict_to_ips=True, sender_ips=networks("203.0.113.0/28")),
        inbound("Plant", sender_ips=networks("192.0.2.10")),
        WIZARD_IN,
        replace(WIZARD_IN, name="Host", certificate_name="mail.contoso.com"),
        inbound("Old", "fabrikam.com", enabled=False),
    ),
    accepted=accepted("contoso.com", "sales.contoso.com", "fabrikam.com"),
    rules=(rule("Legal", senders=("legal@contoso.com",), unmodelled=("SubjectContainsWords",)),),
)


def order(reading: dict[str, Any], side: str) -> list[tuple[str, list[str]]]:
    """Each class of connectors with the names in it."""
    return [(part["class"], [c["connector"] for c in part["connectors"]]) for part in reading[side]]


def test_outbound_connectors_stand_in_the_order_of_selection() -> None:
    """Rule, centralized transport, then by precision; what is never selected by domain stands aside with the reason."""
    reading = tenant_reading(RICH)

    assert order(reading, "outbound") == [
        ("mail flow rule", ["Legal"]),
        ("centralized mail transport", ["CMT"]),
        ("exact domain", ["Exact"]),
        ("wildcard, the longest first", ["Long", "Short"]),
        ("all accepted domains", ["All"]),
        ("every domain (*)", ["CMT"]),
        ("never selected by domain", ["Off", "Trial", "Orphan"]),
    ]
    assert [c["for"] for c in reading["outbound"][-1]["connectors"]] == [
        "is off", "is in test mode", "is used only by a mail flow rule",
    ]  # fmt: skip


def test_the_order_follows_the_policy_that_is_given() -> None:
    """--policy precedence=list puts all accepted domains before wildcards, and says where the value came from."""
    reading = tenant_reading(RICH, {"precedence": "list"})
    classes = [name for name, _ in order(reading, "outbound")]

    assert classes.index("all accepted domains") < classes.index("wildcard, the longest first")
    assert reading["policies"][0] == {"policy": "precedence", "value": "list", "from": "--policy"}
    assert {p["policy"]: p["from"] for p in reading["policies"][1:] if p["from"] != "default"} == {
        "onprem_internet_egress": "export"  # of the Send connectors
    }
    assert {a["domain"]: a["covered_by"] for a in reading["accepted"]}["sales.contoso.com"] == ["All"]


def test_inbound_connectors_stand_in_the_order_of_attribution() -> None:
    """Certificates before addresses, exact names before wildcards, restricting partners before the others."""
    assert order(tenant_reading(RICH), "inbound") == [
        ("certificate (own servers)", ["Host", WIZARD_IN.name]),
        ("address (own servers)", ["Plant"]),
        ("sender domain (partner, restricted)", ["Filter"]),
        ("sender domain (partner)", ["Bank"]),
        ("never selected", ["Old"]),
    ]


def test_accepted_domains_name_what_the_engine_selects() -> None:
    """Each domain stands with the connector that takes mail to an on-premises recipient of it."""
    covered = {a["domain"]: a["covered_by"] for a in tenant_reading(RICH)["accepted"]}

    assert covered == {"contoso.com": ["Exact"], "sales.contoso.com": ["Long"], "fabrikam.com": ["Short"]}


def test_values_say_where_they_come_from(tmp_path: Path) -> None:
    """A value of mailflow.toml is told from a default, even where they are equal."""
    (tmp_path / "mailflow.toml").write_text('[policy]\nprecedence = "example"\n[mx]\ndefault = "office365"\n')
    _, text = validate("--tenant", folder(tmp_path), "--json", "--show", "--policy", "unvalidated=ignored")
    reading = json.loads(text)["reading"]
    origins = {p["policy"]: p["from"] for p in reading["policies"]}
    origins |= {s["setting"]: s["from"] for s in reading["settings"]}
    asked = ("precedence", "unvalidated", "wildcard_apex", "mx.default", "directory.complete")

    assert [origins[name] for name in asked] == ["mailflow.toml", "--policy", "default", "mailflow.toml", "default"]


def test_the_own_servers_connectors_are_shown_in_the_order_of_selection() -> None:
    """Address spaces go by specificity, ranges by port and width, and what is off stands aside."""
    lines = "\n".join(reading_lines(tenant_reading(wizard_tenant())))
    sending = lines[lines.index("Send connectors of your own servers") : lines.index("Policies")]

    assert sending.index("contoso.mail.onmic") < sending.index("*, cost 1") < sending.index("the Unreachable queue")
    assert sending.index("EX1 port 25\n") < sending.index("EX1 port 2525")
    assert r"EX1\Default EX1" in sending


@pytest.mark.parametrize("options", [(), ("--show",)])
def test_the_text_fits_a_terminal(options: tuple[str, ...]) -> None:
    """No line is longer than 100 columns, and our own words are ASCII."""
    lines = [*validate("--tenant", SAMPLE, *options)[1].split("\n"), *reading_lines(tenant_reading(RICH))]

    assert [line for line in lines if len(line) > WIDTH or not line.isascii()] == []


def test_show_needs_a_tenant() -> None:
    """--show without a tenant is a mistake of the command line."""
    done = CliRunner().invoke(cli, ["validate", "log.csv", "--show"])

    assert "there is no tenant to show" in str(done.exception)
