"""The verdict of one side in one world (reference 8)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from analyzer.tenant.model import ConnectorType, DomainType, InboundConnector, MailboxPlace
from analyzer.tenant.policy import Policy
from tests.reference.answers import Answer
from tests.reference.arriving import covers
from tests.reference.evidence import OURS, Shown
from tests.reference.logged import Value
from tests.reference.ways import NOTHING, OWN, P, way_in, way_out
from tests.reference.worlds import OUTSIDE, World, at_the_door, attribute


@dataclass(frozen=True)
class Result:
    """What a side comes to in one world, or in all: no verdict where it takes no part."""

    verdict: str | None
    answer: Answer | None = None
    value: Value | None = None
    refused: bool = False


def left(row: Shown, world: World, answer: Answer, value: Value | None, policy: Policy, *, covered: bool) -> Result:
    """Judge the way out in one world (8, the table of verdicts)."""
    spoken = value is not None and (value.name or value.strange)
    if row.words.side == "inbound" or (answer.word == "local" and not spoken):
        return Result(None, answer, value)
    exported = {c.name: c for c in row.held.outbound or ()}
    by_rule = len(world.rules) == 1 and answer.names == world.rules
    dangling = by_rule and answer.names[0] not in exported
    if (row.held.outbound is None and answer.word != "local") or dangling:
        return Result("no_evidence" if value is None else "undetermined", None, value)
    if answer.word == "reject":
        return _refused(row, answer, value)
    if world.destination is OURS and answer.word == "none" and value in {None, Value()}:
        return _uncovered(row, answer, value, policy)
    if value is None:
        return Result("no_evidence", answer)
    if value.strange:
        return Result("undetermined", answer, value)
    allowed = way_out(world.origin, world.destination, world.mx, policy, covered=covered)
    if allowed is None:
        return Result("undetermined", answer, value)
    agrees = value.name in answer.names if value.name else answer.word in {"none", "local"}
    on_its_way = _on_its_way(row, value.name, allowed, selected=agrees, by_rule=by_rule)
    if agrees and on_its_way:
        return Result("match", answer, value)
    used = exported.get(value.name)
    if row.held.rules is None and used is not None and (used.rule_scoped or row.cells["routed_by_rule"]):
        return Result("undetermined", answer, value)  # 7.4: nobody knows whether its rule fired
    return Result("mismatch" if on_its_way else "misroute", answer, value)


def _on_its_way(row: Shown, name: str, allowed: tuple[str, ...], *, selected: bool, by_rule: bool) -> bool:
    """Say whether section 2 allows the type of connector that the message used, "" for none."""
    used = next((c for c in row.held.outbound or () if c.name == name), None)
    if not name:
        return NOTHING in allowed
    service = any(name in s.connectors for s in row.settings.services)
    if service or row.cells["routed_by_rule"] or (by_rule and selected):
        return True  # a declared service, and a rule that fired: on any path
    if used is not None and used.rule_scoped:
        return False
    kind = used.type.value if used else OWN
    return kind in allowed or (selected and kind == P and bool({NOTHING, OWN} & set(allowed)))


def _refused(row: Shown, answer: Answer, value: Value | None) -> Result:
    """With E = reject, V is the failure; edge and directory refuse an unknown recipient alike (3.2)."""
    codes = {row.words.code, answer.code} - {None}
    if row.words.failed and (len(codes) < 2 or codes <= {"5.4.1", "5.1.10"}):
        return Result("match", answer, value, refused=True)
    return Result("no_evidence" if value is None or row.words.failed else "undetermined", answer, value)


def _uncovered(row: Shown, answer: Answer, value: Value | None, policy: Policy) -> Result:
    """Unrouted (a); by MX under internal_relay_fallback, where nothing places the recipient (7.2)."""
    listed, settings = row.recipient_listed, row.settings
    placed = (listed is not None and listed.place is not MailboxPlace.UNPLACED) or any(
        d in {row.domain, "*"} or row.domain.endswith(d.removeprefix("*")) for d in settings.onpremises_domains
    )
    relay = row.type_of(row.domain) is DomainType.INTERNAL_RELAY
    if relay and not placed and policy.internal_relay_fallback == "mx":
        return Result("no_evidence" if value is None else "match", answer, value)
    return Result("unrouted", answer, value)


def arrived(row: Shown, world: World, answer: Answer | None, value: Value | None, policy: Policy) -> Result:
    """Judge the way in, in one world and under one attribution (8)."""
    if answer is None or row.words.side == "outbound":
        return Result(None, answer, value)
    unattributed = world.origin is OURS and value == Value()  # proven by the log alone
    if row.held.inbound is None and not unattributed:
        return Result("no_evidence" if value is None else "undetermined", None, value)
    if value is not None and value.strange:
        return Result("undetermined", answer, value)
    nobody = world.origin is OURS and value is None and answer.word == "none"
    if (unattributed and not row.words.failed) or nobody:
        return _unattributed(row, world, answer, value)
    if answer.word == "reject":
        return _refused(row, answer, value)
    if unattributed:
        return _unattributed(row, world, answer, value)
    if value is None:
        return Result("no_evidence", answer)
    return _arrived_by(row, world, answer, value, policy)


def _unattributed(row: Shown, world: World, answer: Answer, value: Value | None) -> Result:
    """Unrouted (b): the list, where given, must place the sender on-premises too; declared devices are excepted."""
    listed = row.sender_listed
    placed = row.held.directory is None or (listed is not None and listed.place is MailboxPlace.ONPREMISES)
    if value is None and (world.destination in OUTSIDE or row.direct_send or not placed):
        return Result("no_evidence", answer, value)
    if row.direct_send:
        return Result("match", answer, value)
    return Result("unrouted" if placed else "undetermined", answer, value)


def _arrived_by(row: Shown, world: World, answer: Answer, value: Value, policy: Policy) -> Result:
    allowed = way_in(world.origin, world.destination, world.mx, policy)
    if allowed is None:
        return Result("undetermined", answer, value)
    used = next((c for c in row.held.inbound or () if c.name == value.name), None)
    agrees = value.name in answer.names if value.name else answer.word == "none"
    if not agrees and used is not None:
        told = _by_certificate(row, world, used, allowed)
        if told:
            return Result(told, answer, value)
    kind = NOTHING if not value.name else used.type.value if used else ""
    service = any(value.name in s.connectors for s in row.settings.services)
    if agrees and (kind in allowed or service):
        return Result("match", answer, value)
    if row.cells["envelope_sender"] is None and _another_sender_explains(row, world, value, used, policy):
        return Result("undetermined", answer, value)
    return Result("mismatch" if kind in allowed or service else "misroute", answer, value)


def _by_certificate(row: Shown, world: World, used: InboundConnector, allowed: tuple[str, ...]) -> str | None:
    """8, certificate rule: no trace shows the presented certificate."""
    works = used.enabled and used.type is ConnectorType.ONPREMISES and used.certificate_name
    if row.certificates is not None or not works or OWN not in allowed:
        return None
    if world.origin is not OURS or not row.declared_address:
        return "undetermined"
    declared = row.held.presented if row.held.presented is not None else row.settings.onpremises_certificates
    contradicted = declared and not covers(used.certificate_name, declared)
    return None if contradicted else "match"


def _another_sender_explains(
    row: Shown, world: World, value: Value, used: InboundConnector | None, policy: Policy
) -> bool:
    """8, sender kind: would some other MAIL FROM dissolve the alarm?"""
    plain, _ = at_the_door(row, world)
    patterns = used.sender_domains if used else ()
    others = (
        *("elsewhere.example", "", *(a.domain for a in row.held.accepted or ())),
        *(p.removeprefix("*.") for p in patterns if p != "*"),
        *(f"some.{p.removeprefix('*.')}" for p in patterns if p != "*"),
    )
    answers = (attribute(row, world, replace(plain, mail_from=d), policy) for d in others)
    return any(value.name in a.names if value.name else a.word == "none" for a in answers)
