"""Which mail flow rules fired, and which may have (reference 3.3, 1; 7.4)."""

from __future__ import annotations

import pytest

from analyzer.selection.rules import rules_met
from analyzer.tenant.model import TransportRule
from tests.builders import BOB, ERIN, JOHN, SUN, lens, outbound, rule

ALWAYS = rule("Always", priority=9)
BOBS = rule("Bob's", senders=(BOB,))
OURS = rule("Ours", sender_domains=("contoso.com",))
TO_ORG = rule("Org", recipient_domains=("example.org",))
TO_ERIN = rule("Erin", recipients=(ERIN,))
HIDDEN = rule("Hidden", unmodelled=("HeaderContainsWords",))


@pytest.mark.parametrize(
    "rules, sender, recipient, possible, hidden",
    [
        ((), BOB, ERIN, (None,), ()),
        ((ALWAYS,), BOB, ERIN, (ALWAYS,), ()),
        ((BOBS,), BOB, ERIN, (BOBS,), ()),
        ((BOBS,), JOHN, ERIN, (None,), ()),
        ((BOBS,), "BOB@CONTOSO.COM", ERIN, (BOBS,), ()),  # 3.4 case
        ((OURS,), JOHN, ERIN, (OURS,), ()),
        ((OURS,), "x@eu.contoso.com", ERIN, (OURS,), ()),  # SenderDomainIs matches subdomains
        ((OURS,), "x@notcontoso.com", ERIN, (None,), ()),
        ((TO_ORG,), BOB, ERIN, (TO_ORG,), ()),
        ((TO_ORG,), BOB, SUN, (None,), ()),
        ((TO_ERIN,), BOB, ERIN, (TO_ERIN,), ()),
        ((rule("Both", senders=(BOB,), recipients=(ERIN,)),), JOHN, ERIN, (None,), ()),  # kinds join by "and"
        ((rule("Either", senders=(BOB, JOHN)),), JOHN, ERIN, (rule("Either", senders=(BOB, JOHN)),), ()),
        ((rule("Off", enabled=False),), BOB, ERIN, (None,), ()),  # a matched, *enabled* rule
        ((ALWAYS, BOBS), BOB, ERIN, (BOBS,), ()),  # by priority, whatever the order of the export
        ((ALWAYS, BOBS), JOHN, ERIN, (ALWAYS,), ()),
        ((HIDDEN,), BOB, ERIN, (HIDDEN, None), ("to Hidden: HeaderContainsWords",)),
        ((HIDDEN, ALWAYS), BOB, ERIN, (HIDDEN, ALWAYS), ("to Hidden: HeaderContainsWords",)),
        ((rule("Late", priority=10, unmodelled=("SCLOver",)), ALWAYS), BOB, ERIN, (ALWAYS,), ()),  # never reached
        ((rule("Not hers", recipients=(SUN,), unmodelled=("SCLOver",)),), BOB, ERIN, (None,), ()),
    ],
)
def test_rules_that_fired_or_may_have(
    rules: tuple[TransportRule, ...],
    sender: str,
    recipient: str,
    possible: tuple[TransportRule | None, ...],
    hidden: tuple[str, ...],
) -> None:
    """What a log shows is evaluated; a condition it cannot show leaves the rule open (3.3, 1)."""
    seen = lens(rules=rules)

    assert rules_met(seen, seen.recipient(recipient), seen.sender(sender)) == (possible, hidden)


def test_without_a_rules_export_no_rule_fired() -> None:
    """7.4: no rules export, no rule is taken to have fired."""
    seen = lens(rules=None)

    assert rules_met(seen, seen.recipient(ERIN), seen.sender(BOB)) == ((None,), ())


def test_a_rule_finds_its_connector_in_any_case() -> None:
    """A rule that spells its connector in another case is no gap in the export; an unknown name stays as it is."""
    given = lens(outbound=(outbound("To Archive", rule_scoped=True),), rules=(rule("TO ARCHIVE"), rule("To nobody")))

    assert [r.connector for r in given.rules] == ["To Archive", "To nobody"]
