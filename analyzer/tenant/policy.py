"""The policies: points on which the documents are silent or contradict each other.

One table (POLICIES) feeds the parser, the engine, `mailflow list policies`, the docs and the report.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum

from analyzer.errors import UsageError


class PolicyRule(StrEnum):
    """How a decision that rests on the policy is reported (reference 7.1)."""

    ANSWER = "R1"
    CANDIDATES = "R2"
    VALUE = "value"  # neither: its value decides between unrouted and match, never ambiguous (7.2)


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """One policy: its allowed values (the first is the default), why, and the source."""

    name: str
    values: tuple[str, ...]
    meaning: str
    why: str
    source: str
    rule: PolicyRule = PolicyRule.ANSWER

    @property
    def default(self) -> str:
        """The value that holds where mailflow.toml does not say."""
        return self.values[0]


POLICIES: tuple[PolicyRow, ...] = (
    PolicyRow(
        "precedence",
        ("example", "list"),
        "order of *.suffix and all accepted domains when one recipient domain meets both",
        "Microsoft's page lists all accepted domains before wildcards, but its worked example sends "
        "sales.contoso.com by the wildcard; only the example has input and output pairs",
        "Set up connectors to route mail (reference 3.5)",
    ),
    PolicyRow(
        "wildcard_apex",
        ("include", "exclude"),
        "whether *.contoso.com also matches contoso.com itself",
        "the weight of the documents includes the apex; administrators' folklore excludes it",
        "New-OutboundConnector, example 1 (reference 3.4)",
    ),
    PolicyRow(
        "scope_combination",
        ("union", "intersection"),
        "AllAcceptedDomains together with RecipientDomains: either scope, or both at once",
        "mail to gmail.com was seen using a connector with both set",
        "office-docs-powershell issue 8739 (reference 3.4)",
    ),
    PolicyRow(
        "cmt_vs_specific",
        ("specific", "cmt"),
        "centralized mail transport against a connector with an exact or wildcard domain",
        "the cmdlet text limits centralized transport to messages serviced by its connector; a "
        "community answer says it always wins",
        "New-OutboundConnector; Tech Community 4442240 (reference 3.3)",
    ),
    PolicyRow(
        "cmt_vs_rule",
        ("rule", "cmt"),
        "centralized mail transport against a mail flow rule that names a connector",
        "no precedence is established",
        "Exchange Team Blog 2927777 (reference 3.3)",
    ),
    PolicyRow(
        "cmt_forwarded",
        ("direct", "cmt"),
        "whether a copy that a cloud mailbox forwards to the internet takes centralized transport",
        "forwarded mail was seen bypassing it",
        "OfficeDocs-Exchange issue 799; KB 3194415 (reference 3.3)",
    ),
    PolicyRow(
        "equal_candidates",
        ("ambiguous", "lowest_name"),
        "several connectors that match equally well",
        "no tie-break is published",
        "reference 3.4",
        PolicyRule.CANDIDATES,
    ),
    PolicyRow(
        "internal_relay_fallback",
        ("unrouted", "mx"),
        "an InternalRelay recipient that no list places and no connector covers",
        "one page demands a connector, another says the MX record is looked up",
        "Manage accepted domains; Transport routing (reference 7.2)",
        PolicyRule.VALUE,
    ),
    PolicyRow(
        "recipient_fallback",
        ("on", "off"),
        "whether attribution by address may go by the recipient's domain when the sender's is not accepted",
        "stated in a 2017 support post and in MC1226222, absent from the attribution article",
        "Message Center MC1226222 (reference 4.2)",
    ),
    PolicyRow(
        "onprem_internet_egress",
        ("office365", "direct"),
        "the way on-premises senders reach the internet",
        "two designs are documented and no source prefers one; the default is this project's choice, for mail "
        "seen in an Office 365 trace has taken the first",
        "Set up connectors to route mail; Transport routing (reference 2)",
    ),
    PolicyRow(
        "unvalidated",
        ("selectable", "ignored"),
        "whether an enabled connector that was never validated is used",
        "the page says a connector must be validated; a live record is enabled and unvalidated",
        "Validate connectors (reference 3.4)",
    ),
)


@dataclass(frozen=True, slots=True)
class Policy:
    """One value for each policy of POLICIES; the defaults are those of reference 7.2."""

    precedence: str = "example"
    wildcard_apex: str = "include"
    scope_combination: str = "union"
    cmt_vs_specific: str = "specific"
    cmt_vs_rule: str = "rule"
    cmt_forwarded: str = "direct"
    equal_candidates: str = "ambiguous"
    internal_relay_fallback: str = "unrouted"
    recipient_fallback: str = "on"
    onprem_internet_egress: str = "office365"
    unvalidated: str = "selectable"

    def __post_init__(self) -> None:
        """Refuse a value that the table does not allow."""
        for row in POLICIES:
            value = getattr(self, row.name)
            if value not in row.values:
                raise UsageError(f"policy {row.name}: {value!r} is not one of {', '.join(row.values)}")

    def items(self) -> tuple[tuple[str, str], ...]:
        """Every policy's name and value, in the order of the table."""
        return tuple((f.name, getattr(self, f.name)) for f in fields(self))

    def ruled_by(self, given: Policy | Mapping[str, str] | None) -> Policy:
        """Give this policy with other values over it, or another policy in its place.

        Raises:
            UsageError: a name or a value that the table does not hold.
        """
        if given is None or isinstance(given, Policy):
            return given or self
        known = [row.name for row in POLICIES]
        strange = next((name for name in given if name not in known), None)
        if strange is not None:
            raise UsageError(f"policy {strange!r} is not one of {', '.join(known)}")
        return replace(self, **given)

    def alternatives(self) -> tuple[tuple[str, str, Policy], ...]:
        """Each policy set to each other allowed value, one at a time: (name, value, policy)."""
        return tuple(
            (row.name, value, replace(self, **{row.name: value}))
            for row in POLICIES
            for value in row.values
            if value != getattr(self, row.name)
        )
