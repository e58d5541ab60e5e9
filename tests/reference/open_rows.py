"""Verdicts for rows that lack inputs (reference 8): every world is judged, and what parts them stays open.

One policy at a time is tried at its other values (7.1).
"""

from __future__ import annotations

from dataclasses import replace

from analyzer.tenant.model import MailboxPlace, Place
from analyzer.tenant.policy import Policy
from tests.reference.evidence import Shown, origins
from tests.reference.logged import Value, values
from tests.reference.open_sides import Result, arrived, left
from tests.reference.worlds import attributions, leaving, worlds

ALARMS = {"unrouted", "misroute", "mismatch"}
GRAVITY = ("unrouted", "misroute", "mismatch", "ambiguous", "undetermined", "match", "no_evidence")


def judge(row: Shown) -> tuple[Result, Result, str]:
    """Give what each side comes to, inbound first, and the headline."""
    inbound, outbound = _weighed(row, way_in=True), _weighed(row, way_in=False)
    if origins(row)[1]:  # weak evidence raises no alarm
        inbound, outbound = (
            replace(s, verdict="undetermined") if s.verdict in ALARMS else s for s in (inbound, outbound)
        )
    return inbound, outbound, _headline(row, inbound, outbound)


def _headline(row: Shown, inbound: Result, outbound: Result) -> str:
    words, listed = row.words, row.recipient_listed
    if words.idle:
        return "not_routed"
    group = listed is not None and listed.place is MailboxPlace.GROUP
    if group and not (words.delivered or words.sent or words.side == "inbound"):
        return "not_routed"
    never_sent = words.failed and not words.sent and outbound.value is None
    if never_sent and not inbound.refused and not outbound.refused and outbound.verdict != "unrouted":
        return "not_routed"
    sides = [s.verdict for s in (outbound, inbound) if s.verdict is not None]
    if not sides:
        return "no_evidence" if row.carries == "none" else "match"
    return min(sides, key=GRAVITY.index)


def _weighed(row: Shown, *, way_in: bool) -> Result:
    """7.1, R1: an alarm that another value of a policy explains is ambiguous, unless that value alarms as well."""
    policy = row.settings.policy
    own = _folded(row, _results(row, policy, way_in=way_in))
    if own.verdict not in ALARMS:
        return own
    others = {
        name: _folded(row, _results(row, other, way_in=way_in))
        for name, _, other in policy.alternatives()
        if name != "internal_relay_fallback"  # neither R1 nor R2: never ambiguous
    }
    verdicts = {o.verdict for o in others.values()}
    # V = none agrees with E = local (8), where the side takes no part under the other value.
    local = own.value == Value() and None in verdicts
    if "match" in verdicts or local:
        return replace(own, verdict="ambiguous")
    if "unrouted" in verdicts:
        return replace(own, verdict="unrouted")
    agrees = own.answer is not None and own.value is not None and own.value.name in own.answer.names
    if own.verdict == "misroute" and "mismatch" in verdicts and not agrees:
        return replace(own, verdict="mismatch")
    return own


def _folded(row: Shown, results: list[Result]) -> Result:
    """One verdict in every world, or undetermined; what arrived was not refused (8)."""
    words = row.words
    if not words.failed and (words.went_on or words.sent):
        results = [r for r in results if r.answer is None or r.answer.word != "reject"] or results
    part = [r for r in results if r.verdict is not None]
    if not part:
        return Result(None)
    verdicts = {r.verdict or "no_evidence" for r in results}
    answers, known = {r.answer for r in results}, {r.value for r in part}
    answer = answers.pop() if len(answers) == 1 else None
    value = known.pop() if len(known) == 1 else None
    if len(verdicts) == 1:
        return Result(verdicts.pop(), answer, value, refused=any(r.refused for r in part))
    if {r.value for r in part} == {None}:
        return Result("no_evidence", answer)
    return Result("undetermined", answer, value)


def _results(row: Shown, policy: Policy, *, way_in: bool) -> list[Result]:
    found: list[Result] = []
    for world in worlds(row):
        arrives = world.origin is not Place.CLOUD
        ways_in = attributions(row, world, policy) if arrives else [None]
        answer, covered = leaving(row, world, ways_in[0], policy)
        pair = values(row, arrives=arrives, leaves=answer.word != "local")
        if way_in:
            found += [arrived(row, world, one, pair[0], policy) for one in ways_in]
        else:
            found.append(left(row, world, answer, pair[1], policy, covered=covered))
    return found
