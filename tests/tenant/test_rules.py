"""Mail flow rules: which predicates a log can decide, and which leave the rule undecided."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from analyzer.errors import TenantError
from analyzer.tenant import load_tenant
from analyzer.tenant.model import TransportRule
from tests.tenant import renderings as r

TASKS = "Microsoft.Exchange.MessagingPolicies.Rules.Tasks."


def rule(folder: Path, **changes: Any) -> TransportRule:
    """Load the sample rule with some properties changed."""
    (snapshot,) = load_tenant(r.write(folder, a=r.json7(r.changed(r.RULES, **changes)))).snapshots
    assert snapshot.rules is not None
    return snapshot.rules[0]


CONDITIONS = [
    ({}, ()),
    ({"FromScope": "InOrganization"}, ("FromScope",)),
    ({"SCLOver": 5}, ("SCLOver",)),
    ({"SCLOver": 0}, ("SCLOver",)),
    ({"HasNoClassification": True}, ("HasNoClassification",)),
    ({"ExceptIfFrom": ["bob@contoso.com"]}, ("ExceptIfFrom",)),
    ({"exceptifsenderdomainis": ["contoso.com"]}, ("ExceptIfSenderDomainIs",)),
    ({"ExceptIfFrom": [], "ExceptIfSCLOver": None, "ExceptIfHasSenderOverride": False}, ()),
    ({"ExpiryDate": "2025-12-31T00:00:00"}, ("ExpiryDate",)),
    ({"From": ["Sales Team"]}, ("From",)),
    ({"SenderAddressLocation": "Envelope"}, ("SenderAddressLocation",)),
    ({"SenderAddressLocation": "HeaderOrEnvelope"}, ()),
    ({"Conditions": [TASKS + "SenderDomainIsPredicate", TASKS + "RecipientDomainIsPredicate",
                     TASKS + "SentToPredicate"]}, ()),
    ({"Conditions": [TASKS + "FromMemberOfPredicate"]}, ("FromMemberOf",)),
    ({"Conditions": [TASKS + "FromPredicate"]}, ("From",)),
    ({"Conditions": [TASKS + "FromScopePredicate"], "FromScope": "InOrganization"}, ("FromScope",)),
    ({"Exceptions": [TASKS + "SentToScopePredicate"]}, ("ExceptIfSentToScope",)),
    ({"Conditions": None, "Exceptions": None}, ()),
]  # fmt: skip


@pytest.mark.parametrize("changes, unmodelled", CONDITIONS)
def test_conditions_a_log_cannot_show_are_named(
    tmp_path: Path, changes: dict[str, Any], unmodelled: tuple[str, ...]
) -> None:
    """Every condition or exception beyond sender, recipient and their domains is named, never guessed."""
    assert rule(tmp_path, **changes).unmodelled == unmodelled


@pytest.mark.parametrize(
    "changes, enabled",
    [({}, True), ({"State": "Disabled"}, False), ({"Mode": "Audit"}, False), ({"Mode": "AuditAndNotify"}, False)],
)
def test_only_an_enforced_rule_acts(tmp_path: Path, changes: dict[str, Any], enabled: bool) -> None:  # noqa: FBT001
    """A disabled rule and one in an audit mode route nothing."""
    assert rule(tmp_path, **changes).enabled is enabled


def test_display_names_are_not_compared_with_addresses(tmp_path: Path) -> None:
    """One display name among the senders leaves the whole predicate undecided."""
    found = rule(tmp_path, From=["bob@contoso.com", "Sales"])
    assert (found.senders, found.unmodelled) == ((), ("From",))


def test_a_rule_without_its_conditions_is_undecided(tmp_path: Path) -> None:
    """An export that left the conditions out does not make the rule fire on everything."""
    trimmed = [{"Name": "x", "State": "Enabled", "RouteMessageOutboundConnector": "Connector 3"}]
    (snapshot,) = load_tenant(r.write(tmp_path, a=r.json7(trimmed))).snapshots
    assert snapshot.rules == (TransportRule("x", "Connector 3", unmodelled=("Conditions",)),)


def test_lost_predicates_are_refused(tmp_path: Path) -> None:
    """A CSV that lost the domains of a routing rule is refused; its lost list of conditions is not needed."""
    assert rule(tmp_path, Conditions="System.String[]").unmodelled == ()
    with pytest.raises(TenantError, match="RecipientDomainIs: 'System"):
        rule(tmp_path, RecipientDomainIs="System.String[]")
