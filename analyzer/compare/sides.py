"""The verdict of one side in one complete reading (reference 8).

E is the recomputed answer, V the observed value. The functions read like the definitions of the
eight verdicts; each verdict carries a stable reason code.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from analyzer.compare.case import EXTERNAL, Case, View, inbound_question
from analyzer.compare.observation import NO_CONNECTOR, Observation, Observed, Sharing, observed
from analyzer.paths import AllowedPath, Kind
from analyzer.selection.decision import Answer, Outcome
from analyzer.selection.facts import DomainFacts
from analyzer.selection.inbound import certificate_matches, select_inbound
from analyzer.selection.outbound import OutboundQuestion
from analyzer.tenant.model import ConnectorType, DomainType, InboundConnector, MailboxPlace, OutboundConnector, Place


class Verdict(StrEnum):
    """The eight verdicts, gravest first: the order in which a headline is chosen."""

    UNROUTED = "unrouted"
    MISROUTE = "misroute"
    MISMATCH = "mismatch"
    AMBIGUOUS = "ambiguous"
    UNDETERMINED = "undetermined"
    MATCH = "match"
    NO_EVIDENCE = "no_evidence"
    NOT_ROUTED = "not_routed"


REJECTED = "rejected-as-expected"
_UNKNOWN_RECIPIENT = frozenset(("5.4.1", "5.1.10"))
ALARMS = frozenset((Verdict.UNROUTED, Verdict.MISROUTE, Verdict.MISMATCH))
GRAVITY = {verdict: position for position, verdict in enumerate(Verdict)}


@dataclass(frozen=True, slots=True)
class SideResult:
    """What one side comes to: verdict, reason, recomputed answer, observed value, inputs found missing."""

    verdict: Verdict
    reason: str
    answer: Answer
    value: Observed | None
    missing: tuple[str, ...] = ()


def _equal(answer: Answer, value: Observed) -> bool:
    """Tell whether V is E; a name that no snapshot knows has been set aside before."""
    if not value.names:  # V = none agrees with E = none and with E = local
        return answer.outcome in (Outcome.NONE, Outcome.LOCAL)
    return bool(set(value.names) & set(answer.names()))


def outbound_side(row: Observation, case: Case, view: View) -> SideResult | None:
    """Judge how the message left; None where the side takes no part."""
    answer = case.leaving
    value = observed(row, case.origin, answer)[1]
    if row.status.side == "inbound" or (
        answer.outcome is Outcome.LOCAL and not (value and (value.names or value.strange))
    ):
        return None

    def result(verdict: Verdict, reason: str, *missing: str) -> SideResult:
        return SideResult(verdict, reason, answer, value, missing)

    if view.lens.snapshot.outbound is None and answer.outcome is not Outcome.LOCAL:
        unknown = Answer(Outcome.UNDETERMINED)
        verdict = Verdict.NO_EVIDENCE if value is None else Verdict.UNDETERMINED
        return SideResult(verdict, "config-incomplete", unknown, value, ("outbound_connectors",))
    if (
        case.rule is not None
        and answer.connector == case.rule.connector
        and answer.connector not in view.lens.outbound_named
    ):
        verdict = Verdict.NO_EVIDENCE if value is None else Verdict.UNDETERMINED
        return result(verdict, "config-incomplete", "outbound_connectors")
    if answer.outcome is Outcome.REJECT:
        return result(*_rejected(row, answer, value))
    if (
        case.destination is Place.ONPREMISES
        and answer.outcome is Outcome.NONE
        and (value is None or value == NO_CONNECTOR)
    ):
        return result(*_unrouted_recipient(row, value, view))
    if value is None:
        return result(Verdict.NO_EVIDENCE, "no-connector-evidence")
    return _outbound_compared(row, case, view, SideResult(Verdict.MATCH, answer.reason, answer, value))


def _rejected(row: Observation, answer: Answer, value: Observed | None) -> tuple[Verdict, str]:
    # With E = reject, V is the failure; DBEB and the directory refuse an unknown recipient alike (3.2).
    codes = {row.status.code, answer.code} - {None}
    if row.status.failed and (len(codes) < 2 or codes <= _UNKNOWN_RECIPIENT):
        return Verdict.MATCH, REJECTED
    if value is None or row.status.failed:
        return Verdict.NO_EVIDENCE, "no-connector-evidence"
    return Verdict.UNDETERMINED, "config-incomplete"


def relayed_by_mx(row: Observation, view: View) -> bool:
    """Tell whether policy `internal_relay_fallback` sends an uncovered recipient by MX (reference 7.2).

    It speaks only of recipients that no list places.
    """
    placed = (
        row.recipient.placement not in (None, MailboxPlace.UNPLACED)
        or row.recipient.domain.declared_onpremises
        or row.destination is not None
    )
    relay = row.recipient.domain.accepted is DomainType.INTERNAL_RELAY
    return relay and not placed and view.policy.internal_relay_fallback == "mx"


def _unrouted_recipient(row: Observation, value: Observed | None, view: View) -> tuple[Verdict, str]:
    # rule: section 8, unrouted (a)
    if relayed_by_mx(row, view):
        return (Verdict.NO_EVIDENCE, "no-connector-evidence") if value is None else (Verdict.MATCH, "relayed-by-mx")
    return Verdict.UNROUTED, "onprem-recipient-unrouted"


def _outbound_compared(row: Observation, case: Case, view: View, agreed: SideResult) -> SideResult:
    answer, value = agreed.answer, agreed.value or NO_CONNECTOR
    if value.strange is not None:
        return replace(
            agreed, verdict=Verdict.UNDETERMINED, reason="config-incomplete", missing=("connector_definition",)
        )
    if row.sharing is Sharing.DIFFERENT and row.status.send:
        missing = ("connector_of_recipient",)
        return replace(agreed, verdict=Verdict.UNDETERMINED, reason="several-recipients", missing=missing)
    if case.allowed is None:
        return replace(agreed, verdict=Verdict.UNDETERMINED, reason="path-not-modelled")
    equal, allowed = _equal(answer, value), _outbound_path_allowed(row, case, view, value)
    if allowed and equal:
        return agreed
    if _rule_may_explain(row, value, view):
        return replace(agreed, verdict=Verdict.UNDETERMINED, reason="rule-hit-unknown", missing=("rule_hit",))
    if allowed:
        return replace(agreed, verdict=Verdict.MISMATCH, reason=f"not-{_words(answer)}")
    return replace(
        agreed, verdict=Verdict.MISROUTE, reason="path-not-allowed" if equal else _misroute_reason(case, value)
    )


def _words(answer: Answer) -> str:
    return {Outcome.NONE: "by-mx", Outcome.LOCAL: "local", Outcome.AMBIGUOUS: "a-candidate"}.get(
        answer.outcome, "the-selected-connector"
    )


def _misroute_reason(case: Case, value: Observed) -> str:
    if not value.names:
        return "onprem-recipient-by-mx" if case.destination is Place.ONPREMISES else "connector-bypassed"
    if case.destination is Place.CLOUD:
        return "local-mail-through-connector"
    return "internet-mail-through-connector" if case.destination in EXTERNAL else "path-not-allowed"


def _outbound_path_allowed(row: Observation, case: Case, view: View, value: Observed) -> bool:
    """Tell whether section 2 allows the type of connector that the message used on its way out."""
    if case.allowed is None or not value.names:
        return case.allowed is None or Kind.NONE in case.allowed.outbound
    if row.rule_in_log or (case.rule is not None and case.leaving.connector in value.names):
        return True  # a rule that fired allows its connector on any path
    if _declared_service(value, view):
        return True
    selected = set(value.names) & set(case.leaving.names())
    used: list[OutboundConnector] = [c for n in value.names if (c := view.lens.outbound_named.get(n)) is not None]
    if any(c.rule_scoped for c in used):
        return False  # a rule connector used without the rule
    kinds = {Kind(c.type.value) for c in used} or {Kind.ONPREMISES}
    if Kind.PARTNER in kinds and (Kind.NONE in case.allowed.outbound or Kind.ONPREMISES in case.allowed.outbound):
        # A Partner connector that the configuration selects is allowed where none or O stands.
        return bool(selected) or Kind.PARTNER in case.allowed.outbound
    return bool(kinds & case.allowed.outbound)


def _declared_service(value: Observed, view: View) -> bool:
    return any(n in s.connectors for s in view.lens.settings.services for n in value.names)


def _rule_may_explain(row: Observation, value: Observed, view: View) -> bool:
    # rule: 7.4, without a rules export nobody knows whether the rule of a rule-scoped connector fired,
    # nor, where the log says that one did, which connector it names.
    named = (view.lens.outbound_named.get(n) for n in value.names)
    return view.lens.snapshot.rules is None and any(c is not None and (c.rule_scoped or row.rule_in_log) for c in named)


def inbound_side(row: Observation, case: Case, answer: Answer, view: View) -> SideResult | None:
    """Judge how the message came in, for one possible attribution; None where the side takes no part."""
    value = observed(row, case.origin, case.leaving)[0]
    if case.origin is Place.CLOUD or row.status.side == "outbound":
        return None

    def result(verdict: Verdict, reason: str, *missing: str) -> SideResult:
        return SideResult(verdict, reason, answer, value, missing)

    unattributed = case.origin is Place.ONPREMISES and value == NO_CONNECTOR  # proven by the log alone
    if view.lens.snapshot.inbound is None and not unattributed:
        unknown = Answer(Outcome.UNDETERMINED)
        verdict = Verdict.NO_EVIDENCE if value is None else Verdict.UNDETERMINED
        return SideResult(verdict, "config-incomplete", unknown, value, ("inbound_connectors",))
    if value is not None and value.strange is not None:
        return result(Verdict.UNDETERMINED, "config-incomplete", "connector_definition")
    nobody_claims = case.origin is Place.ONPREMISES and value is None and answer.outcome is Outcome.NONE
    if (unattributed and not row.status.failed) or nobody_claims:
        return result(*_unattributed(row, case, value, view))
    if answer.outcome is Outcome.REJECT:
        return result(*_rejected(row, answer, value))
    if unattributed:
        return result(*_unattributed(row, case, value, view))
    if value is None:
        return result(Verdict.NO_EVIDENCE, "no-connector-evidence")
    return _inbound_compared(row, case, view, SideResult(Verdict.MATCH, answer.reason, answer, value))


def _unattributed(row: Observation, case: Case, value: Observed | None, view: View) -> tuple[Verdict, str]:
    # rule: section 8, unrouted (b). Where V is unknown, only mail that we would have had to accept proves it.
    placed = view.lens.snapshot.directory is None or row.sender.placement is MailboxPlace.ONPREMISES
    declared = row.source.direct_send or row.sender.direct_send
    if value is None and (case.destination in EXTERNAL or declared or not placed):
        return Verdict.NO_EVIDENCE, "no-connector-evidence"
    if declared:
        return Verdict.MATCH, "direct-send-declared"
    if not placed:
        return Verdict.UNDETERMINED, "direct-send-possible"
    return Verdict.UNROUTED, "onprem-source-unattributed"


def _inbound_compared(row: Observation, case: Case, view: View, agreed: SideResult) -> SideResult:
    answer, value = agreed.answer, agreed.value or NO_CONNECTOR
    if case.allowed is None:
        return replace(agreed, verdict=Verdict.UNDETERMINED, reason="path-not-modelled")
    named = tuple(i for n in value.names if (i := view.lens.inbound_named.get(n)) is not None)
    if not _equal(answer, value):
        certificate = _by_certificate(row, case, named, view)
        if certificate is not None:
            verdict, reason, missing = certificate
            return replace(agreed, verdict=verdict, reason=reason, missing=missing)
    alarm = _inbound_alarm(case.allowed, named, agreed, view)
    if alarm is not agreed and not row.envelope_known and _sender_explains(row, case, value, view):
        return replace(agreed, verdict=Verdict.UNDETERMINED, reason="sender-unknown", missing=("envelope_sender",))
    return alarm


def _inbound_alarm(
    allowed: AllowedPath, named: tuple[InboundConnector, ...], agreed: SideResult, view: View
) -> SideResult:
    value = agreed.value or NO_CONNECTOR
    kinds = {Kind(i.type.value) for i in named} if value.names else {Kind.NONE}
    equal = _equal(agreed.answer, value)
    if not (kinds & allowed.inbound) and not _declared_service(value, view):
        return replace(agreed, verdict=Verdict.MISROUTE, reason="path-not-allowed" if equal else "arrival-not-allowed")
    if equal:
        return agreed
    reason = "not-by-default" if agreed.answer.outcome is Outcome.NONE else f"not-{_words(agreed.answer)}"
    return replace(agreed, verdict=Verdict.MISMATCH, reason=reason)


def _by_certificate(
    row: Observation, case: Case, named: tuple[InboundConnector, ...], view: View
) -> tuple[Verdict, str, tuple[str, ...]] | None:
    # rule: section 8, certificate rule. No trace shows the presented certificate.
    if row.certificates is not None:
        return None
    usable = (i for i in named if i.enabled and i.type is ConnectorType.ONPREMISES and i.certificate_name)
    connector = next(usable, None)
    if connector is None or connector.certificate_name is None:
        return None
    if case.allowed is not None and Kind.ONPREMISES not in case.allowed.inbound:
        return None  # no certificate would make this an allowed way in
    if case.origin is not Place.ONPREMISES or not row.source.by_address:
        return Verdict.UNDETERMINED, "certificate-unknown", ("certificate",)
    declared = view.certificates
    if declared and not any(certificate_matches(connector.certificate_name, d) for d in declared):
        return None
    return Verdict.MATCH, "certificate-presumed", ()


def _sender_explains(row: Observation, case: Case, value: Observed, view: View) -> bool:
    # rule: section 8, sender kind. Only the header sender is known; would another MAIL FROM explain the log?
    patterns = tuple(
        d for n in value.names if (i := view.lens.inbound_named.get(n)) is not None for d in i.sender_domains
    )
    variants = (
        DomainFacts(accepted=DomainType.AUTHORITATIVE),
        DomainFacts(),  # a foreign domain and the null sender are one to attribution
        *(DomainFacts(exact=p) for p in patterns if not p.startswith("*")),
        *(DomainFacts(wildcards=(p,)) for p in patterns if p.startswith("*.")),
    )
    question = OutboundQuestion(row.recipient, case.origin, case.destination)
    asked = inbound_question(row, question, view)
    return any(_equal(select_inbound(replace(asked, mail_from=v), view.inbound), value) for v in variants)
