"""Lint: every trap is raised by a tenant that has it, stays silent at a near miss, and tenants in order are quiet."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings

from analyzer.findings import FINDINGS
from analyzer.lint import CHECKS, Caught, Scene, lint, lint_tenant
from analyzer.tenant.model import (
    AcceptedDomain,
    ConnectorType,
    DomainType,
    HybridConfiguration,
    OutboundConnector,
    OwnServers,
    Place,
    Service,
    Settings,
    Tenant,
)
from analyzer.tenant.policy import Policy
from tests.builders import ONPREMISES, accepted, directory, inbound, networks, outbound, rule
from tests.compare.worlds import tenants
from tests.lint.tenants import SETTINGS, WIZARD_IN, WIZARD_OUT, cloud_only_tenant, with_cmt, wizard_tenant

Changes = dict[str, Any]

DOMAINS = accepted("contoso.com", "fabrikam.com", "contoso.onmicrosoft.com", "contoso.mail.onmicrosoft.com")
RELAY = DomainType.INTERNAL_RELAY
PARTNER = ConnectorType.PARTNER


def own(name: str, *domains: str, **changes: Any) -> OutboundConnector:
    """An outbound connector to the own servers that has no fault of its own."""
    plain = {"use_mx_record": False, "smart_hosts": ("mail.contoso.com",), "tls_settings": "CertificateValidation"}
    return outbound(name, *domains, **{**plain, **changes})


def partner(name: str, *domains: str, **changes: Any) -> OutboundConnector:
    """An outbound connector to a partner that has no fault of its own."""
    return outbound(name, *domains, **{"type": PARTNER, "tls_settings": "CertificateValidation", **changes})


def beside(*connectors: OutboundConnector) -> Changes:
    """These outbound connectors beside the wizard's."""
    return {"outbound": (WIZARD_OUT, *connectors)}


def arriving(*connectors: Any) -> Changes:
    """These inbound connectors beside the wizard's."""
    return {"inbound": (WIZARD_IN, *connectors)}


def wizard(**changes: Any) -> Changes:
    """The wizard's outbound connector with some properties changed."""
    return {"outbound": (replace(WIZARD_OUT, **changes),)}


def declared(**changes: Any) -> Changes:
    """Settings with some values changed."""
    return {"settings": replace(SETTINGS, **changes)}


BANK = "woodgrovebank.com"
BANK_IPS = networks("203.0.113.0/28")
BY_IP = {"sender_ips": BANK_IPS, "restrict_to_ips": True}
RELAYED = (*DOMAINS, AcceptedDomain("adatum.com", RELAY))
NEEDS_ADATUM = directory({"amy@adatum.com": ONPREMISES})
ACCEPTS_ADATUM = (*DOMAINS, AcceptedDomain("adatum.com"))
SUBDOMAINS = (*DOMAINS, AcceptedDomain("adatum.com", RELAY, match_subdomains=True))
SCOPED = {"rule_scoped": True}

# code, what raises it, the near miss, the property and the words that the title holds
CASES: list[tuple[str, Changes, Changes, str, str]] = [
    ("MF301", beside(own("Old relay", "fabrikam.com")), beside(own("Old relay", "*.fabrikam.com")),
     "RecipientDomains", "Old relay and Outbound to"),
    ("MF301", beside(own("A", all_accepted_domains=True), own("B", all_accepted_domains=True)),
     beside(own("A", all_accepted_domains=True), own("B", all_accepted_domains=True, enabled=False)),
     "RecipientDomains", "A and B claim contoso.onmicrosoft.com"),
    ("MF301", beside(own("A", "*.adatum.com"), own("B", "*.adatum.com")),
     beside(own("A", "*.adatum.com"), own("B", "*.eu.adatum.com")), "RecipientDomains", "subdomains of adatum.com"),
    ("MF301", arriving(inbound("A", BANK), inbound("B", BANK)), arriving(inbound("A", BANK),
     inbound("B", BANK, **BY_IP)),
     "SenderDomains", "A and B both list woodgrovebank.com"),
    ("MF302", beside(partner("To Fabrikam", "fabrikam.com")), beside(partner("To Fabrikam", "fabrikam.net")),
     "RecipientDomains", "To Fabrikam claim fabrikam.com"),
    ("MF303", wizard(enabled=False), beside(own("Spare", "fabrikam.com", enabled=False)), "Enabled", "is off"),
    ("MF303", {"inbound": (replace(WIZARD_IN, enabled=False),)},
     arriving(replace(WIZARD_IN, name="Old", enabled=False)),
     "Enabled", "mail.contoso.com"),
    ("MF303", {**beside(own("Legal", enabled=False, **SCOPED)), "rules": (rule("Legal"),)},
     {**beside(own("Legal", enabled=False, **SCOPED)), "rules": ()}, "Enabled", "the rule to Legal"),
    ("MF304", wizard(test_mode=True), beside(own("Trial", "fabrikam.com", test_mode=True)), "TestMode",
     "is in test mode"),
    ("MF305", wizard(validated=False, source="AdminUI"), wizard(validated=None, source="AdminUI"),
     "IsValidated", "never validated"),
    ("MF305", beside(partner("To bank", BANK, validated=False)),
     beside(partner("To bank", "contoso.com", type=ConnectorType.ONPREMISES, enabled=False, validated=False)),
     "IsValidated", "To bank"),
    ("MF306", beside(own("Legal", **SCOPED)), {**beside(own("Legal", **SCOPED)), "rules": (rule("LEGAL"),)},
     "IsTransportRuleScoped", "Legal waits for a mail flow rule"),
    ("MF306", {**beside(own("Legal", **SCOPED)), "rules": (rule("Legal", enabled=False),)},
     {**beside(own("Legal", **SCOPED)), "rules": None}, "IsTransportRuleScoped", "Legal waits"),
    ("MF307", {**beside(partner("To bank", BANK)), "rules": (rule("To bank"),)},
     {**beside(partner("To bank", BANK)), "rules": (rule("To bank", enabled=False),)},
     "RouteMessageOutboundConnector", "which is not rule-scoped"),
    ("MF308", wizard(all_accepted_domains=True, recipient_domains=(), route_all_via_onpremises=True),
     wizard(recipient_domains=("*",), route_all_via_onpremises=True),
     "RouteAllMessagesViaOnPremises, AllAcceptedDomains", "scoped to the accepted domains"),
    ("MF308", beside(partner("To filter", "*", route_all_via_onpremises=True)), beside(partner("To filter", "*")),
     "RouteAllMessagesViaOnPremises, ConnectorType", "not of type OnPremises"),
    ("MF309", wizard(use_mx_record=True, smart_hosts=()),
     {**wizard(use_mx_record=True, smart_hosts=()), **declared(mx_default="onpremises")}, "UseMXRecord", "by MX"),
    ("MF309", wizard(use_mx_record=True, smart_hosts=()),
     {**wizard(use_mx_record=True, smart_hosts=()), **declared(mx_default=None)}, "UseMXRecord", "contoso.com"),
    ("MF310", wizard(all_accepted_domains=True, recipient_domains=("*",)),
     wizard(all_accepted_domains=True, recipient_domains=()),
     "AllAcceptedDomains, RecipientDomains", "the whole internet"),
    ("MF312", wizard(smart_hosts=()), beside(own("Off", BANK, smart_hosts=(), enabled=False)),
     "SmartHosts", "has no smart host"),
    ("MF314", beside(partner("To bank", BANK, tls_settings=None)),
     beside(partner("To bank", BANK, tls_settings="EncryptionOnly")), "TlsSettings", "To bank does not insist on TLS"),
    ("MF315", {"accepted": RELAYED}, {"accepted": RELAYED, **declared(policy=Policy(internal_relay_fallback="mx"))},
     "RecipientDomains of the outbound connectors", "adatum.com is covered by no"),
    ("MF315", {"accepted": ACCEPTS_ADATUM, "directory": NEEDS_ADATUM}, {"accepted": ACCEPTS_ADATUM},
     "RecipientDomains of the outbound connectors", "adatum.com is covered by no"),
    ("MF315", {"accepted": ACCEPTS_ADATUM, **declared(onpremises_domains=("adatum.com",))},
     {"accepted": ACCEPTS_ADATUM, **declared(onpremises_domains=("adatum.com",)), **beside(own("More",
     "*.adatum.com"))},
     "RecipientDomains of the outbound connectors", "adatum.com is covered by no"),
    ("MF315", {"accepted": SUBDOMAINS, **beside(own("More", "adatum.com"))},
     {"accepted": SUBDOMAINS, **beside(own("More", all_accepted_domains=True))},
     "RecipientDomains of the outbound connectors", "its subdomains are covered by no"),
    ("MF316", {"inbound": (replace(WIZARD_IN, certificate_name="mail.contoso.com"),)},
     {"inbound": (replace(WIZARD_IN, certificate_name="contoso.com"),)},
     "TlsSenderCertificateName", "mail.contoso.com, whose domain is not accepted"),
    ("MF316", {"inbound": (replace(WIZARD_IN, certificate_name="mail.contoso.com"),)},
     {"inbound": (replace(WIZARD_IN, certificate_name="mail.contoso.com"),), "accepted": None},
     "TlsSenderCertificateName", "whose domain is not accepted"),
    ("MF317", beside(partner("To bank", f"*.{BANK}")), beside(partner("To bank", f"*.{BANK}", BANK)),
     "RecipientDomains", f"{BANK} is covered only through"),
    ("MF319", wizard(cloud_services_mail_enabled=False), wizard(cloud_services_mail_enabled=None),
     "CloudServicesMailEnabled", "cross-premises headers"),
    ("MF319", {"outbound": (own("By hand", "contoso.com", "fabrikam.com", cloud_services_mail_enabled=False),)},
     beside(own("Scanners", "adatum.com", cloud_services_mail_enabled=False)), "CloudServicesMailEnabled", "By hand"),
    ("MF320", arriving(inbound("Bank", BANK, certificate_name=f"mail.{BANK}", **BY_IP)),
     arriving(inbound("Bank", BANK, **BY_IP)),
     "SenderIPAddresses, TlsSenderCertificateName", "by address and by certificate"),
    ("MF321", arriving(inbound("Allow", BANK), inbound("Only", f"*.{BANK}", **BY_IP)),
     arriving(inbound("Allow", "*"), inbound("Only", BANK, **BY_IP)), "SenderDomains", "Only restricts it"),
    ("MF322", beside(partner("To bank", BANK, all_accepted_domains=True)), beside(partner("To bank", BANK)),
     "AllAcceptedDomains", "To bank: AllAcceptedDomains"),
    ("MF322", wizard(tls_settings="CertificateValidation"), {}, "TlsDomain", "DomainValidation"),
    ("MF322", wizard(use_mx_record=True), wizard(), "SmartHosts", "UseMXRecord is True"),
    ("MF322", beside(partner("To bank", BANK, sender_rewriting=True)), wizard(sender_rewriting=True),
     "SenderRewritingEnabled", "To bank"),
    ("MF322", {"inbound": (replace(WIZARD_IN, restrict_to_certificate=True),)},
     arriving(inbound("Bank", BANK, restrict_to_certificate=True)), "RestrictDomainsToCertificate", "Partner"),
    ("MF322", {"inbound": (replace(WIZARD_IN, sender_domains=("contoso.com",)),)}, {}, "SenderDomains",
     "scope of Partner"),
    ("MF322", arriving(inbound("Bank", BANK, sender_ips=BANK_IPS)), arriving(inbound("Bank", BANK, **BY_IP)),
     "SenderIPAddresses", "RestrictDomainsToIPAddresses"),
    ("MF322", {"inbound": (replace(WIZARD_IN, treat_messages_as_internal=True),)},
     {"inbound": (replace(WIZARD_IN, treat_messages_as_internal=True, cloud_services_mail_enabled=False),)},
     "TreatMessagesAsInternal", "CloudServicesMailEnabled False"),
    ("MF322", {"accepted": (*DOMAINS, AcceptedDomain("adatum.com", match_subdomains=True))}, {"accepted": SUBDOMAINS},
     "MatchSubDomains", "InternalRelay"),
    ("MF323", {"accepted": RELAYED, "own": OwnServers(accepted=(AcceptedDomain("*.adatum.com", RELAY),))},
     {"accepted": RELAYED, "own": OwnServers(accepted=accepted("adatum.com"))}, "DomainType", "on your own servers"),
    ("MF324", {"inbound": (replace(WIZARD_IN, associated_accepted_domains=("contoso.com",)),)}, {},
     "AssociatedAcceptedDomains", "counts for contoso.com only"),
    ("MF326", wizard(invalid_domains=("*contoso.com",)), {}, "RecipientDomains", "holds *contoso.com"),
    ("MF326", arriving(inbound("Bank", BANK, invalid_domains=("a..b",))), arriving(inbound("Bank", BANK)),
     "SenderDomains", "holds a..b"),
    ("MF327", beside(own("Spare", all_accepted_domains=True)),
     {**beside(own("Spare", all_accepted_domains=True)), "accepted": ACCEPTS_ADATUM},
     "RecipientDomains, AllAcceptedDomains", "Spare can never be selected: Outbound to"),
    ("MF327", beside(own("Spare", all_accepted_domains=True)),
     {**beside(own("Spare", all_accepted_domains=True)), "rules": (rule("Spare"),)},
     "RecipientDomains, AllAcceptedDomains", "Spare can never be selected"),
    ("MF327", beside(partner("Nowhere")), beside(partner("To bank", BANK)),
     "RecipientDomains, AllAcceptedDomains", "it claims no domain"),
    ("MF327", arriving(inbound("Empty")), arriving(inbound("Servers", sender_ips=networks("192.0.2.9"))),
     "SenderIPAddresses, TlsSenderCertificateName", "no SenderIPAddresses"),
    ("MF402", {"rules": (rule("To archive"),)}, {"rules": (rule("To archive", enabled=False),)},
     "RouteMessageOutboundConnector", "names To archive"),
    ("MF402", declared(services=(Service("filter", connectors=("To filter",)),)),
     declared(services=(Service("filter", connectors=(WIZARD_IN.name.upper(),)),)), "connectors", "names To filter"),
    ("MF402", declared(mx={"adatum.com": "office365"}), declared(mx={"fabrikam.com": "office365"}), "[mx]",
     "adatum.com"),
    ("MF402", declared(mx_default="thirdparty"),
     declared(mx_default="thirdparty", services=(Service("filter", networks("198.51.100.0/24")),)),
     "[mx]", "points at a filter service"),
    ("MF402", declared(mx={"fabrikam.com": "onpremises"}, onpremises_addresses=()),
     declared(mx={"fabrikam.com": "onpremises"}), "[mx]", "fabrikam.com points at your own servers"),
    ("MF402", {"inbound": (replace(WIZARD_IN, associated_accepted_domains=("adatum.com",)),)},
     {"inbound": (replace(WIZARD_IN, associated_accepted_domains=("contoso.com",)),)},
     "AssociatedAcceptedDomains", "adatum.com"),
    ("MF402", {"hybrid": HybridConfiguration(domains=("adatum.com",))},
     {"hybrid": HybridConfiguration(domains=("autod:contoso.com",))}, "Domains", "adatum.com"),
    ("MF403", {"accepted": RELAYED}, {"accepted": RELAYED, **beside(own("Trial", "adatum.com", test_mode=True))},
     "TestMode", "adatum.com"),
]  # fmt: skip


def caught(changes: Changes, code: str) -> list[Caught]:
    """The traps of one kind in the wizard's tenant with these changes."""
    return [c for c in lint_tenant(wizard_tenant(**changes)) if c.check.code == code]


@pytest.mark.parametrize("code, raising, near, named, words", CASES, ids=[f"{c[0]}-{n}" for n, c in enumerate(CASES)])
def test_raised_by_its_tenant_and_not_by_a_near_miss(
    code: str, raising: Changes, near: Changes, named: str, words: str
) -> None:
    """A kind of trap is raised once by its own cause, names object and property, and a near miss is silent."""
    found = caught(raising, code)

    assert [(c.trap.property, words in c.trap.title) for c in found] == [(named, True)]
    assert found[0].trap.subject
    assert found[0].trap.cause.endswith(".")
    assert found[0].trap.advice.endswith(".")
    assert caught(near, code) == []


def test_every_check_has_a_case() -> None:
    """No kind of trap is left out of the table above."""
    assert {code for code, *_ in CASES} == {check.code for check in CHECKS}


IN_ORDER = {
    "wizard": wizard_tenant(),
    "wizard with centralized transport": with_cmt(),
    "cloud only": cloud_only_tenant(),
}


@pytest.mark.parametrize("tenant", IN_ORDER.values(), ids=IN_ORDER)
def test_a_tenant_in_order_is_quiet(tenant: Tenant) -> None:
    """Neither what the Hybrid Configuration Wizard leaves nor a tenant without own servers raises a thing."""
    assert [c.trap.title for c in lint_tenant(tenant)] == []


def test_a_domain_that_only_the_cloud_uses_needs_no_connector() -> None:
    """An Authoritative domain without on-premises recipients is no gap."""
    assert caught({"accepted": ACCEPTS_ADATUM}, "MF315") == []


def test_absent_exports_raise_nothing() -> None:
    """What nobody exported is unknown, and no trap."""
    absent: Changes = dict.fromkeys(("outbound", "inbound", "accepted", "rules", "directory", "hybrid", "remote"))

    assert lint_tenant(wizard_tenant(**absent)) == ()
    assert lint_tenant(wizard_tenant(Settings(), **absent)) == ()


def test_checks_and_findings_agree() -> None:
    """Each kind of trap is a kind of finding of the same name and severity, and its page cites a source."""
    kinds = {k.code: (k.name, k.severity) for k in FINDINGS}

    assert {c.code: kinds[c.code] for c in CHECKS} == {c.code: (c.name, c.severity) for c in CHECKS}
    assert [c.code for c in CHECKS if not c.source.endswith(".")] == []


def test_a_trap_of_two_snapshots_is_told_once() -> None:
    """A trap that stands in several snapshots names them all; one that is gone names only its own."""
    first, second = wizard_tenant(**wizard(smart_hosts=())).snapshots[0], wizard_tenant().snapshots[0]
    history = (replace(first, name="one"), replace(first, name="two"), replace(second, name="three"))
    found = lint_tenant(Tenant(history, SETTINGS))

    assert [(c.check.code, c.snapshots) for c in found] == [("MF312", ("one", "two"))]


@given(tenants())
@settings(max_examples=60, deadline=None)
def test_any_tenant_can_be_looked_at(tenant: Tenant) -> None:
    """Whatever is exported, each trap names a connector, rule, domain or setting that the tenant holds."""
    snapshot = tenant.snapshots[-1]
    for found in lint(snapshot, tenant.settings):
        names = [*(c.name for c in snapshot.outbound or ()), *(i.name for i in snapshot.inbound or ())]
        names += [*(a.domain for a in snapshot.accepted or ()), *(r.name for r in snapshot.rules or ())]
        assert any(n in found.trap.subject for n in (*names, "mailflow.toml", "export of", "hybrid"))


@given(tenants())
@settings(max_examples=60, deadline=None)
def test_a_shadowed_connector_decides_nothing(tenant: Tenant) -> None:
    """MF327: taking the connector away changes no answer of the engine for any domain of the configuration."""
    snapshot = tenant.snapshots[-1]
    traps = [c.trap for c in lint(snapshot, tenant.settings) if c.check.code == "MF327"]
    shadowed = {t.connector for t in traps if t.subject.startswith("outbound")}  # an inbound one may share the name
    left = replace(snapshot, outbound=tuple(c for c in snapshot.outbound or () if c.name not in shadowed))
    before, after = Scene(snapshot, tenant.settings), Scene(left, tenant.settings)
    for domain in (d for d in before.probes() if not d.endswith(".onmicrosoft.com")):
        for origin, destination in product(Place, Place):
            asked = {"origin": origin, "destination": destination}
            assert before.leaving(domain, **asked).same_as(after.leaving(domain, **asked))
