"""The faults that the simulator plants, and the verdict to which each must lead.

The verdicts are read off the definitions of reference section 8; nothing here is computed.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of planted fault.

    `verdict` is due where the log names connectors, `verdict_without_connectors` where it does not;
    `starts` is the share of the period after which the fault appears.
    """

    kind: str
    verdict: str
    verdict_without_connectors: str
    finding: str
    meaning: str
    starts: float = 0.0


WRONG_CONNECTOR = Fault(
    "wrong-connector",
    "mismatch",
    "no_evidence",
    "MF101",
    "Mail to an on-premises mailbox left by another on-premises connector than the one selected for its domain.",
    starts=0.35,
)
ONPREM_BY_MX = Fault(
    "onprem-by-mx",
    "misroute",
    "no_evidence",
    "MF102",
    "Mail from the cloud to an on-premises mailbox left by MX although a connector covers its domain.",
    starts=0.55,
)
INTERNET_THROUGH_CONNECTOR = Fault(
    "internet-through-connector",
    "misroute",
    "no_evidence",
    "MF102",
    "Mail from the cloud to the internet left through an on-premises connector without centralized mail transport.",
    starts=0.2,
)
CLOUD_TO_CLOUD_CONNECTOR = Fault(
    "cloud-to-cloud-connector",
    "misroute",
    "no_evidence",
    "MF102",
    "Mail between two cloud mailboxes left through a connector, and no rule asked for it.",
)
RULE_CONNECTOR_WITHOUT_RULE = Fault(
    "rule-connector-without-rule",
    "misroute",
    "no_evidence",
    "MF102",
    "Mail of a sender whom the rule does not concern left through the rule's connector.",
    starts=0.7,
)
RULE_IGNORED = Fault(
    "rule-ignored",
    "mismatch",
    "no_evidence",
    "MF101",
    "Mail that meets every condition of the rule left by MX instead of the rule's connector.",
    starts=0.45,
)
ONPREM_RECIPIENT_UNROUTED = Fault(
    "onprem-recipient-unrouted",
    "unrouted",
    "unrouted",
    "MF103",
    "Mail to a domain declared as on-premises that no connector covers left by MX, or failed for want of a route.",
)
ONPREM_SOURCE_UNATTRIBUTED = Fault(
    "onprem-source-unattributed",
    "unrouted",
    "no_evidence",
    "MF104",
    "Mail of on-premises senders from the servers' declared addresses fell to the default inbound connector.",
    starts=0.8,
)
PRECEDENCE_LIST = Fault(
    "precedence-list",
    "ambiguous",
    "no_evidence",
    "MF105",
    "Mail to sales.contoso.com left by the connector for all accepted domains, as the page's list has it.",
)
UNKNOWN_CONNECTOR = Fault(
    "unknown-connector",
    "undetermined",
    "no_evidence",
    "MF402",
    "The log names an outbound connector that is in no export.",
)
WRONG_INBOUND_ONPREMISES = Fault(
    "wrong-inbound-onpremises",
    "mismatch",
    "no_evidence",
    "MF101",
    "Mail from the main servers was attributed to the plant's connector, which lists another address.",
    starts=0.3,
)
WRONG_INBOUND_PARTNER = Fault(
    "wrong-inbound-partner",
    "mismatch",
    "no_evidence",
    "MF101",
    "A partner's mail was attributed to the partner connector that is disabled.",
)

FAULTS: tuple[Fault, ...] = (
    WRONG_CONNECTOR,
    ONPREM_BY_MX,
    INTERNET_THROUGH_CONNECTOR,
    CLOUD_TO_CLOUD_CONNECTOR,
    RULE_CONNECTOR_WITHOUT_RULE,
    RULE_IGNORED,
    ONPREM_RECIPIENT_UNROUTED,
    ONPREM_SOURCE_UNATTRIBUTED,
    PRECEDENCE_LIST,
    UNKNOWN_CONNECTOR,
    WRONG_INBOUND_ONPREMISES,
    WRONG_INBOUND_PARTNER,
)
