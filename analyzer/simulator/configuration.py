"""The configuration as objects with the properties that the cmdlets give them."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import NAMESPACE_URL, uuid5

from analyzer.simulator.company import (
    BY_RULE,
    CONNECTOR_1,
    CONNECTOR_2,
    CONNECTOR_3,
    FROM_NORTHWIND,
    FROM_PLANT,
    FROM_SERVERS,
    FROM_WOODGROVE,
    RETIRED_INBOUND,
    RETIRED_OUTBOUND,
    TEST_OUTBOUND,
    TO_WOODGROVE,
)

Value = str | bool | int | None | list[str]
Export = dict[str, Value]

# Long before any period that is generated, so that no message lies inside a change window.
CREATED, CHANGED = "2024-02-12T09:30:11.0000000Z", "2024-05-06T14:02:37.0000000Z"


def identity(name: str) -> Export:
    """Give the properties that every object has."""
    # uuid5: the same name has the same Guid in every run.
    return {
        "Name": name,
        "Identity": name,
        "Guid": str(uuid5(NAMESPACE_URL, f"https://contoso.com/{name}")),
        "WhenCreatedUTC": CREATED,
        "WhenChangedUTC": CHANGED,
        "IsValid": True,
        "ExchangeVersion": "0.1 (8.0.535.0)",
    }


def outbound(name: str, connector_type: str, **changes: Value) -> Export:
    """Get-OutboundConnector: one object, as the portal makes it but for the changes."""
    plain: Export = {
        "Enabled": True,
        "UseMXRecord": False,
        "Comment": None,
        "ConnectorType": connector_type,
        "ConnectorSource": "AdminUI",
        "RecipientDomains": [],
        "SmartHosts": ["mail.contoso.com"],
        "TlsDomain": None,
        "TlsSettings": "CertificateValidation",
        "IsTransportRuleScoped": False,
        "RouteAllMessagesViaOnPremises": False,
        "CloudServicesMailEnabled": connector_type == "OnPremises",
        "AllAcceptedDomains": False,
        "SenderRewritingEnabled": False,
        "TestMode": False,
        "MtaStsMode": "Opportunistic",
        "SmtpDaneMode": "Opportunistic",
        "ValidationRecipients": [],
        "IsValidated": True,
        "LastValidationTimestamp": "2024-05-06T14:01:55.0000000",
        "LinkForModifiedConnector": "00000000-0000-0000-0000-000000000000",
    }
    return identity(name) | plain | changes


def inbound(name: str, connector_type: str, **changes: Value) -> Export:
    """Get-InboundConnector: one object, as the portal makes it but for the changes."""
    plain: Export = {
        "Enabled": True,
        "ConnectorType": connector_type,
        "ConnectorSource": "AdminUI",
        "Comment": None,
        "SenderIPAddresses": [],
        "SenderDomains": ["smtp:*;1"],
        "TrustedOrganizations": [],
        "AssociatedAcceptedDomains": [],
        "ClientHostNames": [],
        "RequireTls": True,
        "RestrictDomainsToIPAddresses": False,
        "RestrictDomainsToCertificate": False,
        "CloudServicesMailEnabled": False,
        "TreatMessagesAsInternal": False,
        "TlsSenderCertificateName": None,
        "EFTestMode": False,
        "EFSkipLastIP": False,
        "EFSkipIPs": [],
        "EFUsers": [],
        "ScanAndDropRecipients": [],
    }
    return identity(name) | plain | changes


def outbound_connectors(*, retired: bool) -> Iterator[Export]:
    """Get-OutboundConnector: those of the worked example, a partner's and a rule's."""
    yield outbound(CONNECTOR_1, "OnPremises", AllAcceptedDomains=True)
    yield outbound(CONNECTOR_2, "OnPremises", RecipientDomains=["contoso.com"])
    yield outbound(CONNECTOR_3, "OnPremises", RecipientDomains=["*.contoso.com"], SmartHosts=["mail2.contoso.com"])
    yield outbound(
        TO_WOODGROVE,
        "Partner",
        RecipientDomains=["woodgrovebank.com"],
        SmartHosts=["mail.woodgrovebank.com"],
        TlsSettings="DomainValidation",
        TlsDomain="*.woodgrovebank.com",
    )
    yield outbound(BY_RULE, "Partner", IsTransportRuleScoped=True, SmartHosts=["mail.wingtiptoys.com"])
    if retired:
        yield outbound(RETIRED_OUTBOUND, "OnPremises", Enabled=False, RecipientDomains=["contoso.com"])
        yield outbound(TEST_OUTBOUND, "OnPremises", TestMode=True, RecipientDomains=["fabrikam.com"])


def inbound_connectors(*, retired: bool) -> Iterator[Export]:
    """Get-InboundConnector: the servers' by certificate, the plant's by address, and partners'."""
    yield inbound(
        FROM_SERVERS,
        "OnPremises",
        ConnectorSource="HybridWizard",
        TlsSenderCertificateName="*.contoso.com",
        CloudServicesMailEnabled=True,
    )
    yield inbound(FROM_PLANT, "OnPremises", SenderIPAddresses=["198.51.100.10"], RequireTls=False)
    yield inbound(FROM_WOODGROVE, "Partner", SenderDomains=["smtp:woodgrovebank.com;1"])
    yield inbound(FROM_NORTHWIND, "Partner", SenderDomains=["smtp:*.northwindtraders.com;1"])
    if retired:
        yield inbound(RETIRED_INBOUND, "Partner", Enabled=False, SenderDomains=["smtp:woodgrovebank.com;1"])


WINGTIP_RULE = "Fabrikam to Wingtip Toys by dedicated line"
NAMESPACE = "Microsoft.Exchange.MessagingPolicies.Rules.Tasks"


def rule(name: str, priority: int, **changes: Value) -> Export:
    """Get-TransportRule: one enabled rule without conditions but for the changes."""
    plain: Export = {
        "Priority": priority,
        "State": "Enabled",
        "Mode": "Enforce",
        "RuleVersion": "14.0.0.0",
        "Conditions": [],
        "Exceptions": [],
        "Actions": [],
        "From": None,
        "SentTo": None,
        "SentToScope": None,
        "SenderDomainIs": None,
        "RecipientDomainIs": None,
        "ExceptIfSenderDomainIs": None,
        "ApplyHtmlDisclaimerText": None,
        "RouteMessageOutboundConnector": None,
        "StopRuleProcessing": False,
    }
    return identity(name) | plain | changes


def transport_rules() -> Iterator[Export]:
    """Get-TransportRule: one rule that routes, and one that has nothing to do with routing."""
    yield rule(
        "Disclaimer on outgoing mail",
        0,
        SentToScope="NotInOrganization",
        ApplyHtmlDisclaimerText="<p>Contoso, Ltd.</p>",
        Conditions=[f"{NAMESPACE}.SentToScopePredicate"],
        Actions=[f"{NAMESPACE}.ApplyHtmlDisclaimerAction"],
    )
    yield rule(
        WINGTIP_RULE,
        1,
        SenderDomainIs=["fabrikam.com"],
        RecipientDomainIs=["wingtiptoys.com"],
        RouteMessageOutboundConnector=BY_RULE,
        Conditions=[f"{NAMESPACE}.SenderDomainIsPredicate", f"{NAMESPACE}.RecipientDomainIsPredicate"],
        Actions=[f"{NAMESPACE}.RouteMessageOutboundConnectorAction"],
    )
