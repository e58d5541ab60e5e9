"""Which mail flow rules fired, and which may have (reference 3.3, 1; 7.4)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analyzer.selection.facts import Lens
from analyzer.selection.predicates import Shown
from analyzer.selection.rules import explain_rules, rules_met
from analyzer.tenant.model import Place, TransportRule
from analyzer.tenant.predicates import Predicate
from tests.builders import BOB, ERIN, JOHN, OUR_SERVER, SUN, lens, outbound, rule

ALWAYS = rule("Always", priority=9)
BOBS = rule("Bob's", senders=(BOB,))
OURS = rule("Ours", sender_domains=("contoso.com",))
TO_ORG = rule("Org", recipient_domains=("example.org",))
TO_ERIN = rule("Erin", recipients=(ERIN,))
HIDDEN = rule("Hidden", unmodelled=("HeaderContainsWords",))


def _shown(seen: Lens, recipient: str, sender: str) -> Shown:
    return seen.recipient(recipient).shown | seen.rulebook.of_senders(sender, None)


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

    assert rules_met(seen, _shown(seen, recipient, sender), None) == (possible, hidden)


INSIDERS = rule("Inside", conditions=(Predicate("FromScope", ("inorganization",)),))
OUTSIDERS = rule("Outside", conditions=(Predicate("FromScope", ("notinorganization",)),))
FROM_LAN = rule("LAN", conditions=(Predicate("SenderIpRanges", ("192.0.2.0/28",)),))
SAVE_BOB = rule("Save Bob", exceptions=(Predicate("From", (BOB,)), Predicate("SentTo", (SUN,))))
PATTERN = rule("Pattern", conditions=(Predicate("FromAddressMatchesPatterns", ("(",)),))
STOP = rule("", name="Stop", stops=True, senders=(BOB,))
STOP_PERHAPS = rule("", name="Stop?", stops=True, unmodelled=("SCLOver",))
ALWAYS_LAST = rule("Last", priority=1)


@pytest.mark.parametrize(
    "rules, sender, recipient, origin, possible, hidden",
    [
        # scope and address range hang on where the message comes from
        ((INSIDERS,), BOB, ERIN, Place.CLOUD, (INSIDERS,), ()),
        ((INSIDERS,), SUN, ERIN, Place.INTERNET, (None,), ()),
        ((INSIDERS,), BOB, ERIN, Place.INTERNET, (INSIDERS, None), ("to Inside: FromScope",)),  # forged, or a device
        ((INSIDERS,), JOHN, ERIN, Place.ONPREMISES, (INSIDERS, None), ("to Inside: FromScope",)),
        ((INSIDERS,), SUN, ERIN, None, (INSIDERS, None), ("to Inside: FromScope",)),
        ((OUTSIDERS,), BOB, ERIN, Place.CLOUD, (None,), ()),
        ((OUTSIDERS,), SUN, ERIN, Place.PARTNER, (OUTSIDERS,), ()),
        ((FROM_LAN,), BOB, ERIN, Place.ONPREMISES, (FROM_LAN,), ()),
        ((FROM_LAN,), BOB, ERIN, Place.CLOUD, (FROM_LAN, None), ("to LAN: SenderIpRanges",)),
        # exceptions: any one of them is enough
        ((SAVE_BOB,), JOHN, ERIN, None, (SAVE_BOB,), ()),
        ((SAVE_BOB,), BOB, ERIN, None, (None,), ()),
        ((SAVE_BOB,), JOHN, SUN, None, (None,), ()),
        # three values: what is certain beats what is open
        ((PATTERN,), BOB, ERIN, None, (PATTERN, None), ("to Pattern: FromAddressMatchesPatterns (",)),
        ((rule("x", senders=(SUN,), conditions=PATTERN.conditions),), BOB, ERIN, None, (None,), ()),
        ((rule("x", conditions=PATTERN.conditions, exceptions=SAVE_BOB.exceptions),), BOB, ERIN, None, (None,), ()),
        # StopRuleProcessing
        ((STOP, ALWAYS_LAST), BOB, ERIN, None, (None,), ()),
        ((STOP, ALWAYS_LAST), JOHN, ERIN, None, (ALWAYS_LAST,), ()),
        ((STOP_PERHAPS, ALWAYS_LAST), BOB, ERIN, None, (None, ALWAYS_LAST), ("Stop?: SCLOver",)),
        ((STOP_PERHAPS,), BOB, ERIN, None, (None,), ()),  # stops nothing that routes
        ((ALWAYS, replace(STOP, priority=10)), BOB, ERIN, None, (ALWAYS,), ()),  # behind one that routed
        ((replace(STOP, enabled=False), ALWAYS_LAST), BOB, ERIN, None, (ALWAYS_LAST,), ()),
    ],
)
def test_what_hangs_on_the_reading_and_what_is_open(
    rules: tuple[TransportRule, ...],
    sender: str,
    recipient: str,
    origin: Place | None,
    possible: tuple[TransportRule | None, ...],
    hidden: tuple[str, ...],
) -> None:
    """Conditions hold together, exceptions each alone; what no log shows is named, and only where it matters."""
    seen = lens(rules=rules)
    shows = _shown(seen, recipient, sender) | seen.source(OUR_SERVER).shown

    assert rules_met(seen, shows, origin) == (possible, hidden)


def test_each_rule_tells_how_it_fared_down_to_the_one_that_fired() -> None:
    """The explanation names what spoke against a rule, and what no log shows of it."""
    seen = lens(rules=(BOBS, replace(HIDDEN, priority=1), replace(ALWAYS, priority=2), replace(TO_ORG, priority=3)))

    assert [str(step) for step in explain_rules(seen, _shown(seen, ERIN, JOHN), None)] == [
        "rule to Bob's: did not fire: From [3.3, 1]",
        "rule to Hidden: may have fired, no log shows HeaderContainsWords [3.3, 1]",
        "rule to Always: fired [3.3, 1]",
    ]


def test_a_rule_that_only_stops_says_so() -> None:
    """A rule that routes nothing stands in the steps for what it hides."""
    seen = lens(rules=(STOP, ALWAYS_LAST))

    assert [s.fate for s in explain_rules(seen, _shown(seen, ERIN, BOB), None)] == ["fired; stops the rules below it"]


def test_rules_that_all_fall_are_all_explained() -> None:
    """Where nothing fired, every rule says why."""
    seen = lens(rules=(BOBS, SAVE_BOB))

    assert [s.fate for s in explain_rules(seen, _shown(seen, SUN, JOHN), None)] == [
        "did not fire: From",
        "did not fire: ExceptIfSentTo",
    ]


def test_without_a_rules_export_no_rule_fired() -> None:
    """7.4: no rules export, no rule is taken to have fired."""
    seen = lens(rules=None)

    assert rules_met(seen, _shown(seen, ERIN, BOB), None) == ((None,), ())


def test_a_rule_finds_its_connector_in_any_case() -> None:
    """A rule that spells its connector in another case is no gap in the export; an unknown name stays as it is."""
    given = lens(outbound=(outbound("To Archive", rule_scoped=True),), rules=(rule("TO ARCHIVE"), rule("To nobody")))

    assert [r.connector for r in given.rules] == ["To Archive", "To nobody"]
