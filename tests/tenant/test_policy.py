"""The policies are those of reference 7.2, value by value, and nothing else is accepted."""

from __future__ import annotations

from dataclasses import fields

import pytest

from analyzer.errors import UsageError
from analyzer.tenant.policy import POLICIES, Policy, PolicyRow, PolicyRule

# Reference 7.2, row by row: policy, values with the default first, rule.
TABLE = (
    ("precedence", ("example", "list"), "R1"),
    ("wildcard_apex", ("include", "exclude"), "R1"),
    ("scope_combination", ("union", "intersection"), "R1"),
    ("cmt_vs_specific", ("specific", "cmt"), "R1"),
    ("cmt_vs_rule", ("rule", "cmt"), "R1"),
    ("cmt_forwarded", ("direct", "cmt"), "R1"),
    ("equal_candidates", ("ambiguous", "lowest_name"), "R2"),
    ("internal_relay_fallback", ("unrouted", "mx"), "value"),  # "its value decides", neither R1 nor R2
    ("recipient_fallback", ("on", "off"), "R1"),
    ("onprem_internet_egress", ("office365", "direct"), "R1"),
    ("unvalidated", ("selectable", "ignored"), "R1"),
)
IDS = [name for name, _, _ in TABLE]


def test_the_table_holds_the_policies_of_the_reference() -> None:
    """No policy is missing, none is made up, and they stand in the reference's order."""
    assert [row.name for row in POLICIES] == IDS
    assert [f.name for f in fields(Policy)] == IDS


@pytest.mark.parametrize("name, values, rule", TABLE, ids=IDS)
def test_values_default_and_rule(name: str, values: tuple[str, ...], rule: str | None) -> None:
    """Each policy has the reference's values, default and way of being reported."""
    row = next(row for row in POLICIES if row.name == name)

    assert row.values == values
    assert row.default == values[0] == getattr(Policy(), name)
    assert rule is None or row.rule == PolicyRule(rule)


@pytest.mark.parametrize("row", POLICIES, ids=IDS)
def test_every_policy_says_why(row: PolicyRow) -> None:
    """Meaning, reason and source are stated: a contradiction is never settled silently."""
    assert all(text.strip() for text in (row.meaning, row.why, row.source))


@pytest.mark.parametrize("name, values", [(name, values) for name, values, _ in TABLE], ids=IDS)
def test_a_value_of_another_policy_is_refused(name: str, values: tuple[str, ...]) -> None:
    """A value outside the table is a mistake of the user, told with what would be accepted."""
    with pytest.raises(UsageError) as caught:
        Policy(**{name: "maybe"})

    assert all(word in str(caught.value) for word in (name, "'maybe'", *values))


def test_alternatives_change_one_policy_at_a_time() -> None:
    """7.1: each other value of each policy once, the others at their setting."""
    setting = Policy(precedence="list", unvalidated="ignored")
    found = setting.alternatives()

    assert [(name, value) for name, value, _ in found] == [
        (name, value) for name, values, _ in TABLE for value in values if value != getattr(setting, name)
    ]
    for name, value, policy in found:
        changed = {n: v for n, v in policy.items() if v != getattr(setting, n)}
        assert changed == {name: value}


def test_items_are_in_the_order_of_the_table() -> None:
    """A policy lists itself as the table does."""
    assert Policy().items() == tuple((name, values[0]) for name, values, _ in TABLE)


def test_values_over_a_policy() -> None:
    """Single values rule over a policy, a whole one takes its place, and strange names are refused."""
    own = Policy(wildcard_apex="exclude")

    assert own.ruled_by({"precedence": "list"}) == Policy(wildcard_apex="exclude", precedence="list")
    assert own.ruled_by(Policy()) == Policy()
    assert own.ruled_by(None) is own
    with pytest.raises(UsageError, match="'fancy' is not one of precedence"):
        own.ruled_by({"fancy": "yes"})
