"""Judgements as a whole: everything that is said of the rows of the tables, not only the columns of each table.

What each row comes to is cited where its table stands; `judgements.json` holds the rest, to be read as a diff.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from analyzer.compare import Judgement
from analyzer.compare.judgement import SideJudgement
from analyzer.compare.observation import Observed
from analyzer.selection.decision import Answer, Outcome
from analyzer.tenant.policy import Policy
from tests.builders import BOB, SUN, tenant
from tests.compare import test_arrivals, test_missing, test_policies, test_reasons, test_rules, test_verdicts
from tests.compare.builders import DELIVERED, ENHANCED, EXTENDED, FROM_CLOUD, Log, Row, judged
from tests.conftest import Golden

Told = tuple[str, dict[str, Any], Log, tuple[Row, ...]]  # what it is called, tenant, log, parts of the row


def _columns(case: Any) -> tuple[Any, ...]:
    return tuple(case.values)


def _tables() -> Iterator[Told]:
    for reason, changes, log, cells, *_ in test_reasons.CASES:
        yield reason, changes, log, (cells,)
    for case in (*test_missing.MISSING, *test_missing.IMMATERIAL):
        changes, log, parts, _ = _columns(case)
        yield str(case.id), changes, log, parts
    for case in test_policies.R1:
        policy, changes, cells, answers = _columns(case)
        for value, other in ((v, o) for v in answers for o in (*answers.values(), "Other")):
            story = f"{policy}={value}, logged {other or 'none'}"
            set_to = {**changes, "policy": Policy(**{policy: value})}
            yield story, set_to, EXTENDED, (cells, {"logged_connector": other})
    for case in test_rules.NAMED_BY_LOG:
        rules, logged, _ = _columns(case)
        cells = {"event": "SEND", "recipient": SUN, "logged_connector": logged, "routed_by_rule": True}
        yield str(case.id), {**test_rules.BOTH, "rules": rules}, EXTENDED, (FROM_CLOUD, cells)
    for case in test_verdicts.OUTBOUND:
        changes, log, parts, recipient, logged, *_ = _columns(case)
        yield str(case.id), changes, log, (*parts, {"recipient": recipient, "logged_connector": logged})
    for case in test_arrivals.INBOUND:
        changes, source, logged, *_ = _columns(case)
        known = {"envelope_sender": source["header_from"], "recipient": BOB, "logged_connector": logged}
        yield str(case.id), changes, ENHANCED, (source, DELIVERED, known)


def _told(found: Judgement) -> list[str]:
    """Write down everything that is not as it always is, a line for the row and one for each side."""
    return [
        f"{found.path}: {found.verdict} ({found.reason})" + _beside(found, skip=("origin", "destination")),
        f"in: {_side(found.inbound)}",
        f"out: {_side(found.outbound)}",
    ]


def _side(side: SideJudgement) -> str:
    if side.verdict is None:
        return "no part" + ("" if side.value is None else f", logged {_logged(side.value)}")
    return f"{side.verdict} ({side.reason}), {_answer(side.answer)}, logged {_logged(side.value)}" + _beside(side)


def _answer(answer: Answer) -> str:
    assert isinstance(answer.outcome, Outcome)  # the column is never empty beside a verdict
    named = "".join(f" {part}" for part in (answer.connector, answer.code) if part)
    return f"{answer.outcome}{named} [{answer.reason}]" + (
        f" of {list(answer.candidates)}" if answer.candidates else ""
    )


def _logged(value: Observed | None) -> str:
    if value is None:
        return "unknown"
    return f"strange {value.strange}" if value.strange else " | ".join(value.names) or "none"


def _beside(value: Judgement | SideJudgement, skip: tuple[str, ...] = ()) -> str:
    shown = (*skip, "inbound", "outbound", "verdict", "reason", "answer", "value", "vantage")
    said = {f.name: getattr(value, f.name) for f in fields(value) if f.name not in shown}
    assert all(v is not None or name in {"unknown_connector", "failure"} for name, v in said.items())
    plain = {name: list(v) if isinstance(v, tuple) else v for name, v in said.items() if v}
    return "".join(f", {name} {v}" for name, v in plain.items())


def test_everything_is_said_of_the_rows_of_the_tables(golden: Golden) -> None:
    """Answers, logged values, candidates, policies and what calibration counts, beside verdict and reason."""
    told: dict[str, list[str]] = {}
    for name, changes, log, parts in _tables():
        same = sum(known.partition(" #")[0] == name for known in told)
        told[f"{name} #{same + 1}" if same else name] = _told(judged(tenant(**changes), log, *parts))

    golden(Path(__file__).parent / "judgements.json", told)
