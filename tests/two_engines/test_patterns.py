"""Patterns of mail flow rules, those that run away among them: an answer is right or open, never a guess (3.3, 1)."""

from __future__ import annotations

import re

from hypothesis import event, given
from hypothesis import strategies as st

from analyzer.selection import predicates
from analyzer.selection.predicates import Truth, of_address
from analyzer.tenant.predicates import Predicate
from tests.two_engines.cases import CASES

LETTERS = st.sampled_from(("a", "b", "a|aa", "[ab]", ".", "a?"))
# Loops within loops, as in the patterns that take exponential time on a text that misses by its last letter.
NESTED = st.recursive(LETTERS, lambda inner: st.builds("({}){}".format, inner, st.sampled_from("+*")), max_leaves=3)
PATTERNS = st.builds("{}{}{}".format, st.sampled_from(("", "^")), NESTED, st.sampled_from(("", "$", "b$", "!")))
RUNAWAYS = ("^(a|aa)+$", "^(a+)+$", "^(a*)*b$")
SHORT = st.text("ab!", max_size=6)
LONG = "a" * 60 + "!"


@CASES
@given(PATTERNS, st.lists(SHORT, min_size=1, max_size=4))
def test_a_pattern_is_met_as_another_engine_of_patterns_has_it(pattern: str, texts: list[str]) -> None:
    """On short texts every pattern is decided, and Python's own `re` says the same."""
    predicate = Predicate("SubjectMatchesPatterns", (pattern,))
    for text in texts:
        met = re.search(pattern, text, re.IGNORECASE) is not None
        assert of_address(predicate, text) is (Truth.TRUE if met else Truth.FALSE)


@CASES
@given(st.lists(PATTERNS | st.sampled_from(RUNAWAYS), min_size=1, max_size=3, unique=True), SHORT)
def test_a_pattern_that_runs_away_leaves_the_answer_open(patterns: list[str], short: str) -> None:
    """With next to no time an answer is the right one or open; once given up, patterns stay open for every text."""
    allowed, predicates.PATTERN_SECONDS = predicates.PATTERN_SECONDS, 1e-9
    predicates._test.cache_clear()
    try:
        predicate = Predicate("SubjectMatchesPatterns", tuple(patterns))
        first, after = of_address(predicate, LONG), of_address(predicate, short)
    finally:
        predicates.PATTERN_SECONDS = allowed
        predicates._test.cache_clear()
    event(first.name)
    met = any(re.search(pattern, short, re.IGNORECASE) for pattern in patterns)

    assert after in {Truth.OPEN, Truth.TRUE if met else Truth.FALSE}
    assert (first, after) == (Truth.OPEN, Truth.OPEN) or not set(patterns) & set(RUNAWAYS[:1])
