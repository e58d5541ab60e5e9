"""Mail flow rules: which fired, which may have, and which stopped the others (reference 3.3, 1; 7.4).

What a log shows is tested; a rule that hangs on anything else may have fired or not, and the row says
on what. Nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from analyzer.selection.decision import Step
from analyzer.selection.facts import Lens
from analyzer.selection.predicates import Shown, Truth
from analyzer.tenant.model import Place, TransportRule
from analyzer.tenant.predicates import Predicate

_CITE = "3.3, 1"


@dataclass(frozen=True, slots=True)
class Fate:
    """Whether a rule fired: `against` names what proves that it did not, `open` what no log shows."""

    fired: Truth
    against: tuple[str, ...] = ()
    open: tuple[str, ...] = ()

    def words(self) -> str:
        """Say it in a line."""
        if self.fired is Truth.FALSE:
            return f"did not fire: {', '.join(self.against)}"
        return "fired" if self.fired is Truth.TRUE else f"may have fired, no log shows {', '.join(self.open)}"


def fate(rule: TransportRule, seen: Shown, origin: Place | None) -> Fate:
    """Weigh a rule: all of its conditions hold and none of its exceptions; values of one are alternatives.

    `origin` is where the message comes from in this reading, None where it may come from anywhere.
    """
    tested = (
        *((_named("", p), _truth(p, seen, origin)) for p in rule.conditions),
        *((_named("ExceptIf", p), _truth(p, seen, origin).negated()) for p in rule.exceptions),
        *((name, Truth.OPEN) for name in rule.unmodelled),
    )
    against, unseen = (tuple(name for name, truth in tested if truth is t) for t in (Truth.FALSE, Truth.OPEN))
    return Fate(min((truth for _, truth in tested), default=Truth.TRUE), against, unseen)


def _named(prefix: str, predicate: Predicate) -> str:
    # Which of several patterns could not be tested is told by showing them.
    return prefix + (str(predicate) if predicate.name.endswith("MatchesPatterns") else predicate.name)


def _truth(predicate: Predicate, seen: Shown, origin: Place | None) -> Truth:
    found = seen.truth(predicate)
    if predicate.name == "FromScope":
        inside = _inside(found, origin)
        return inside if predicate.values == ("inorganization",) else inside.negated()
    if predicate.name == "SenderIpRanges" and origin is Place.CLOUD:
        return Truth.OPEN  # the log shows the client's address, and no page says whether the rule sees it
    return found


def _inside(foreign: Truth, origin: Place | None) -> Truth:
    # "Inside" is an authenticated sender of the organization; own servers' mail may count or not.
    if origin is Place.CLOUD:
        return Truth.TRUE
    outside = origin in (Place.INTERNET, Place.PARTNER) and foreign is Truth.TRUE
    return Truth.FALSE if outside else Truth.OPEN


def rules_met(
    lens: Lens, seen: Shown, origin: Place | None
) -> tuple[tuple[TransportRule | None, ...], tuple[str, ...]]:
    """Give the rules that may have decided, by priority, and what a log cannot show of them.

    The first tuple holds every possible answer: one rule alone where it surely fired, `None` where
    possibly none routed. The first rule by priority that fires and routes decides; one that stops
    processing hides all below it, whether it routes or not.
    """
    possible: list[TransportRule | None] = []
    unseen: list[str] = []
    for rule, found in _considered(lens, seen, origin):
        if found.fired is not Truth.FALSE:
            possible.append(rule if rule.connector else None)
            unseen.extend(f"{rule.name}: {name}" for name in found.open)
        if found.fired is Truth.TRUE:
            break
    else:
        possible.append(None)
    answers = tuple(dict.fromkeys(possible))
    return answers, tuple(unseen) if len(answers) > 1 else ()


def _considered(lens: Lens, seen: Shown, origin: Place | None) -> Iterator[tuple[TransportRule, Fate]]:
    return ((rule, fate(rule, seen, origin)) for rule in lens.rulebook.rules)


def explain_rules(lens: Lens, seen: Shown, origin: Place | None) -> Iterator[Step]:
    """Tell how each rule fared, in order, down to the one that surely fired."""
    for rule, found in _considered(lens, seen, origin):
        stops = "" if rule.connector or found.fired is Truth.FALSE else "; stops the rules below it"
        yield Step(f"rule {rule.name}", found.words() + stops, _CITE)
        if found.fired is Truth.TRUE:
            return
