"""Mail flow rules: which predicates a log can decide, and which leave the rule undecided."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from analyzer.errors import TenantError
from analyzer.tenant import load_tenant
from analyzer.tenant.model import TransportRule
from analyzer.tenant.predicates import Predicate, SenderLocation
from tests.tenant import renderings as r

TASKS = "Microsoft.Exchange.MessagingPolicies.Rules.Tasks."


def rule(folder: Path, **changes: Any) -> TransportRule:
    """Load the sample rule with some properties changed."""
    (snapshot,) = load_tenant(r.write(folder, a=r.json7(r.changed(r.RULES, **changes)))).snapshots
    assert snapshot.rules is not None
    return snapshot.rules[0]


CONDITIONS = [
    ({}, ()),
    ({"FromScope": "Somewhere"}, ("FromScope",)),
    ({"SCLOver": 5}, ("SCLOver",)),
    ({"SCLOver": 0}, ("SCLOver",)),
    ({"SubjectContainsWords": ["urgent"]}, ()),
    ({"SubjectOrBodyContainsWords": ["urgent"]}, ("SubjectOrBodyContainsWords",)),
    ({"SubjectMatchesPatterns": ["^re"], "PrependSubject": "[out] "}, ("SubjectMatchesPatterns",)),
    ({"ExceptIfSubjectContainsWords": ["x"], "PrependSubject": "[out] "}, ("ExceptIfSubjectContainsWords",)),
    ({"Conditions": [TASKS + "SubjectContainsPredicate"], "SubjectContainsWords": ["x"]}, ()),
    ({"RecipientADAttributeContainsWords": ["City:New Orleans"]}, ("RecipientADAttributeContainsWords",)),
    ({"HasNoClassification": True}, ("HasNoClassification",)),
    ({"ExceptIfSCLOver": 5}, ("ExceptIfSCLOver",)),
    ({"exceptifsubjectcontainswords": ["x"]}, ()),
    ({"ExceptIfFrom": ["Sales"]}, ("ExceptIfFrom",)),
    ({"ExceptIfFrom": [], "ExceptIfSCLOver": None, "ExceptIfHasSenderOverride": False}, ()),
    ({"ExpiryDate": "2025-12-31T00:00:00"}, ("ExpiryDate",)),
    ({"From": ["Sales Team"]}, ("From",)),
    ({"SenderIpRanges": ["192.0.2.1", "elsewhere"]}, ("SenderIpRanges",)),
    ({"MessageSizeOver": "large"}, ("MessageSizeOver",)),
    ({"FromAddressContainsWords": "two words"}, ("FromAddressContainsWords",)),  # one, or two joined by a space
    ({"SenderAddressLocation": "Envelope"}, ()),
    ({"SenderAddressLocation": "Elsewhere"}, ("SenderDomainIs",)),
    ({"Conditions": [TASKS + "SenderDomainIsPredicate", TASKS + "RecipientDomainIsPredicate",
                     TASKS + "SentToPredicate"]}, ()),
    ({"Conditions": [TASKS + "FromMemberOfPredicate"]}, ("FromMemberOf",)),
    ({"Conditions": [TASKS + "FromPredicate"]}, ("From",)),
    ({"Conditions": [TASKS + "FromScopePredicate"], "FromScope": "InOrganization"}, ()),
    ({"Conditions": [TASKS + "FromAddressContainsPredicate"], "FromAddressContainsWords": ["x"]}, ()),
    ({"Conditions": [TASKS + "AttachmentSizeOverPredicate"], "SCLOver": 5}, ("SCLOver",)),
    ({"Exceptions": [TASKS + "SentToScopePredicate"]}, ("ExceptIfSentToScope",)),
    ({"Conditions": None, "Exceptions": None}, ()),
]  # fmt: skip


@pytest.mark.parametrize("changes, unmodelled", CONDITIONS)
def test_conditions_a_log_cannot_show_are_named(
    tmp_path: Path, changes: dict[str, Any], unmodelled: tuple[str, ...]
) -> None:
    """Every condition or exception that no log shows, or whose values cannot be compared, is named, never guessed."""
    assert rule(tmp_path, **changes).unmodelled == unmodelled


VALUES = [
    ("From", ["Bob@Contoso.com", "x@example.org"], ("bob@contoso.com", "x@example.org")),
    ("FromAddressContainsWords", ["Sales", "a, b"], ("sales", "a, b")),
    ("FromAddressContainsWords", "Sales", ("sales",)),
    ("FromAddressMatchesPatterns", [r"^A\d{3,5}@", "b c"], (r"^A\d{3,5}@", "b c")),
    ("FromScope", "NotInOrganization", ("notinorganization",)),
    ("RecipientAddressContainsWords", ["x"], ("x",)),
    ("AnyOfRecipientAddressMatchesPatterns", {"value": [r"\.org$"], "Count": 1}, (r"\.org$",)),
    ("SentToScope", "ExternalPartner", ("externalpartner",)),
    ("SenderIpRanges", ["192.0.2.1", "198.51.100.0/24", "203.0.113.0-203.0.113.5", "2001:db8::1"],
     ("192.0.2.1/32", "198.51.100.0/24", "203.0.113.0/30", "203.0.113.4/31", "2001:db8::1/128")),
    ("MessageSizeOver", "20 MB (20,971,520 bytes)", ("20971520",)),
    ("MessageSizeOver", "10MB", ("10485760",)),
    ("MessageSizeOver", 2048, ("2048",)),
    ("SubjectContainsWords", ["Price list", "RE:"], ("price list", "re:")),
    ("SubjectMatchesPatterns", [r"^Re: \d"], (r"^Re: \d",)),
]  # fmt: skip


@pytest.mark.parametrize("name, written, values", VALUES)
def test_what_a_log_can_show_is_read_with_its_values(
    tmp_path: Path, name: str, written: object, values: tuple[str, ...]
) -> None:
    """Conditions and exceptions have their values in the form in which they are tested."""
    found = rule(tmp_path, **{name: written, f"ExceptIf{name}": written})
    assert Predicate(name, values) in found.conditions
    assert found.exceptions == (Predicate(name, values),)
    assert found.unmodelled == ()


@pytest.mark.parametrize("changes, open_", [({}, True), ({"State": "Disabled"}, False), ({"Mode": "Audit"}, False)])
def test_a_rule_that_changes_subjects_leaves_open_what_others_ask_of_them(
    tmp_path: Path,
    changes: dict[str, Any],
    open_: bool,  # noqa: FBT001
) -> None:
    """Whether others see a subject before or after PrependSubject no page says; a rule that is off changes none."""
    asks = r.changed(r.RULES, SubjectContainsWords=["offer"])
    tags = r.changed(r.RULES, Name="Tag", RouteMessageOutboundConnector=None, PrependSubject="[out] ", **changes)
    (snapshot,) = load_tenant(r.write(tmp_path, a=r.json7(asks), b=r.json7(tags))).snapshots
    (found,) = snapshot.rules or ()

    assert found.unmodelled == (("SubjectContainsWords",) if open_ else ())
    assert ("SubjectContainsWords" in {p.name for p in found.conditions}) is not open_


def test_the_sender_is_looked_for_where_the_rule_says(tmp_path: Path) -> None:
    """SenderAddressLocation is Header unless the rule says otherwise, and concerns the sender alone."""
    found = rule(tmp_path, SenderAddressLocation="HeaderOrEnvelope")
    assert {p.name: p.location for p in found.conditions} == {
        "SenderDomainIs": SenderLocation.EITHER,
        "SentTo": SenderLocation.HEADER,
        "RecipientDomainIs": SenderLocation.HEADER,
    }
    assert rule(tmp_path, SenderAddressLocation=None).conditions[0].location is SenderLocation.HEADER


STOPS = [
    ({"StopRuleProcessing": True}, ("Connector 3", True)),
    ({"StopRuleProcessing": True, "RouteMessageOutboundConnector": None}, ("", True)),
    ({"StopRuleProcessing": False}, ("Connector 3", False)),
]


@pytest.mark.parametrize("changes, expected", STOPS)
def test_a_rule_that_stops_is_kept_though_it_routes_nothing(
    tmp_path: Path, changes: dict[str, Any], expected: tuple[str, bool]
) -> None:
    """StopRuleProcessing hides rules of lower priority, so a rule that has it counts without a connector."""
    found = rule(tmp_path, **changes)
    assert (found.connector, found.stops) == expected


def test_a_rule_that_neither_routes_nor_stops_is_left_out(tmp_path: Path) -> None:
    """All other rules have nothing to do with routing."""
    plain = r.changed(r.RULES, RouteMessageOutboundConnector=None, StopRuleProcessing=False)
    (snapshot,) = load_tenant(r.write(tmp_path, a=r.json7(plain))).snapshots
    assert snapshot.rules == ()


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
    assert "From" not in {p.name for p in found.conditions}
    assert found.unmodelled == ("From",)


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
