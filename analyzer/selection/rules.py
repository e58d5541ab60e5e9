"""Mail flow rules that route to a connector: which fired, which may have (reference 3.3, 1; 7.4).

Sender, recipient and their domains are what every log shows. A rule with any other condition or
exception may have fired or not, and the row says so; nothing is guessed.
"""

from __future__ import annotations

from analyzer.selection.facts import Lens, RecipientFacts, SenderFacts
from analyzer.tenant.model import TransportRule


def rules_met(
    lens: Lens, recipient: RecipientFacts, sender: SenderFacts
) -> tuple[tuple[TransportRule | None, ...], tuple[str, ...]]:
    """Give the rules that may have decided, by priority, and the conditions a log cannot show.

    The first tuple holds every possible answer: one rule alone where it surely fired, `None` where
    possibly none did. The first rule by priority that fires decides.
    """
    possible: list[TransportRule | None] = []
    unknown: list[str] = []
    for rule in lens.rules:
        if rule.name not in recipient.rules or rule.name not in sender.rules:
            continue
        possible.append(rule)
        if not rule.unmodelled:
            return tuple(possible), tuple(unknown)
        unknown.extend(f"{rule.name}: {predicate}" for predicate in rule.unmodelled)
    return (*possible, None), tuple(unknown)
