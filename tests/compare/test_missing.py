"""What cannot be told: every missing input is tried and named; weak evidence withholds an alarm (reference 8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from analyzer.compare import Judgement
from analyzer.compare.case import Case
from analyzer.compare.readings import Reading, deciding
from analyzer.selection.decision import Answer, Outcome
from analyzer.selection.outbound import OutboundQuestion
from analyzer.tenant.model import ConnectorType, InboundConnector, Place, Service, TransportRule
from analyzer.tenant.onpremises import Sighting
from tests.builders import (
    BANKER,
    BOB,
    FOREIGN_HOST,
    JOHN,
    OUR_SERVER,
    SUN,
    inbound,
    lens,
    networks,
    outbound,
    rule,
    tenant,
)
from tests.compare.builders import (
    DELIVERED,
    ENHANCED,
    EXTENDED,
    FROM_CLOUD,
    FROM_INTERNET,
    FROM_OUR_SERVER,
    NOON,
    SENT,
    SUMMARY,
    Log,
    Row,
    judged,
    sides,
)

CMT = outbound("CMT", "*", route_all_via_onpremises=True)
TO_ONPREMISES = outbound("To on-premises", "contoso.com")
RULED = outbound("Ruled", rule_scoped=True)
SOMEONE = {"header_from": "x@contoso.com", "connecting_ip": FOREIGN_HOST, "directionality": "inbound"}
BY_CERTIFICATE = inbound("By certificate", certificate_name="*.contoso.com")

MISSING = [
    pytest.param(
        {"directory": None},
        EXTENDED,
        (SOMEONE, {"event": "RECEIVE", "recipient": BOB, "logged_connector": ""}),
        ("origin",),
        id="origin: ours unattributed, or a stranger by the default connector",
    ),
    pytest.param(
        {"directory": None},
        EXTENDED,
        (FROM_OUR_SERVER, {"event": "FAIL", "recipient": BOB, "logged_connector": "To on-premises"}),
        ("destination",),
        id="destination: through the connector is right on-premises and wrong in the cloud",
    ),
    pytest.param(
        {"outbound": (CMT,), "mx_default": None},
        EXTENDED,
        (FROM_INTERNET, {"event": "SEND", "recipient": BOB, "logged_connector": ""}),
        ("mx",),
        id="mx: whether centralized transport covers the path",
    ),
    pytest.param(
        {"mx_default": None},
        ENHANCED,
        (FROM_INTERNET, DELIVERED, {"envelope_sender": SUN, "recipient": BOB, "logged_connector": "From on-premises"}),
        ("mx",),
        id="mx: whether mail from outside may arrive through our servers",
    ),
    pytest.param(
        {"outbound": (TO_ONPREMISES, RULED), "rules": (rule("Ruled", unmodelled=("FromScope",)),)},
        EXTENDED,
        (FROM_CLOUD, {"event": "SEND", "recipient": JOHN, "logged_connector": "Ruled"}),
        ("rule_hit",),
        id="rule_hit: a condition that no log shows",
    ),
    pytest.param(
        {"outbound": None},
        EXTENDED,
        (FROM_CLOUD, {"event": "SEND", "recipient": JOHN, "logged_connector": ""}),
        ("outbound_connectors",),
        id="outbound_connectors: no export",
    ),
    pytest.param(
        {"inbound": None},
        EXTENDED,
        (FROM_INTERNET, {"event": "RECEIVE", "recipient": BOB, "logged_connector": ""}),
        ("inbound_connectors",),
        id="inbound_connectors: no export",
    ),
    pytest.param(
        {},
        EXTENDED,
        (FROM_CLOUD, {"event": "SEND", "recipient": JOHN, "logged_connector": "Nobody's"}),
        ("connector_definition",),
        id="connector_definition: a name that no snapshot knows",
    ),
    pytest.param(
        {"inbound": (inbound("Bank", "woodgrovebank.com"),)},
        ENHANCED,
        (FROM_INTERNET, DELIVERED, {"recipient": BOB, "logged_connector": "Bank"}),
        ("envelope_sender",),
        id="envelope_sender: another MAIL FROM explains the log",
    ),
]


@pytest.mark.parametrize("changes, log, parts, missing", MISSING)
def test_the_input_that_matters_is_named(
    changes: dict[str, Any], log: Log, parts: tuple[Row, ...], missing: tuple[str, ...]
) -> None:
    """Where the verdict turns on an input that is missing, the row is undetermined and names it."""
    found = judged(tenant(**changes), log, *parts)
    assert (found.verdict, found.missing) == ("undetermined", missing)


IMMATERIAL = [
    pytest.param(
        {"directory": None},
        EXTENDED,
        (SOMEONE, {"event": "SEND", "recipient": JOHN, "logged_connector": "To on-premises"}),
        "match",
        id="origin: any of them leaves by the same connector",
    ),
    pytest.param(
        {"directory": None},
        ENHANCED,
        (FROM_CLOUD, SENT, {"recipient": JOHN, "logged_connector": "To on-premises"}),
        "match",
        id="destination: a Send settles it",
    ),
    pytest.param(
        {"mx_default": None},
        ENHANCED,
        (FROM_INTERNET, DELIVERED, {"recipient": BOB, "logged_connector": ""}),
        "match",
        id="mx: without centralized transport it does not matter",
    ),
    pytest.param(
        {"rules": (rule("Ruled", unmodelled=("FromScope",), sender_domains=("fabrikam.com",)),)},
        ENHANCED,
        (FROM_CLOUD, SENT, {"recipient": JOHN, "logged_connector": "To on-premises"}),
        "match",
        id="rule_hit: what the log shows excludes the rule",
    ),
    pytest.param(
        {"outbound": None},
        SUMMARY,
        (FROM_CLOUD, {"recipient": JOHN, "delivery_status": "Delivered"}),
        "no_evidence",
        id="outbound_connectors: nothing is logged to compare",
    ),
    pytest.param(
        {"inbound": None},
        EXTENDED,
        (FROM_OUR_SERVER, {"event": "SEND", "recipient": JOHN, "logged_connector": "To on-premises"}),
        "match",
        id="inbound_connectors: the row speaks of the other side",
    ),
]


@pytest.mark.parametrize("changes, log, parts, verdict", IMMATERIAL)
def test_a_missing_input_that_changes_nothing_is_not_mentioned(
    changes: dict[str, Any], log: Log, parts: tuple[Row, ...], verdict: str
) -> None:
    """A missing input matters only if it changes the verdict."""
    found = judged(tenant(**changes), log, *parts)
    assert found.verdict == verdict
    assert found.verdict == "no_evidence" or found.missing == ()


def test_a_blank_address_tells_no_origin_where_the_format_has_directionality() -> None:
    """A client's address is kept ten days only, so a blank one proves nothing beside the word inbound."""
    cells = {**DELIVERED, "header_from": BOB, "connecting_ip": "", "recipient": BOB}
    inward, unsaid = (judged(tenant(), log, cells, directionality="inbound") for log in (ENHANCED, SUMMARY))

    assert (inward.origin, unsaid.origin) == (None, Place.CLOUD)


# ----------------------------------------------------------------------------- weak evidence

FILTER = Service("filter", addresses=networks("198.51.100.0/24"))
BY_FILTER = {"header_from": SUN, "connecting_ip": "198.51.100.7", "directionality": "inbound"}

WEAK = [
    pytest.param({}, {**FROM_INTERNET, "connecting_ip": ""}, "weak-origin", id="blank address"),
    pytest.param({"onpremises_addresses": ()}, FROM_INTERNET, "weak-origin", id="no address declared"),
    pytest.param({"services": (FILTER,)}, BY_FILTER, "weak-origin", id="by a service"),
    pytest.param({}, {**FROM_INTERNET, "header_from": JOHN}, "weak-origin", id="our sender, undeclared address"),
    pytest.param({}, FROM_INTERNET, None, id="near: strong"),
]


@pytest.mark.parametrize("changes, source, reason", WEAK)
@pytest.mark.parametrize(
    "connectors, logged, alarm",
    [
        pytest.param(("fabrikam.com",), "", "unrouted", id="unrouted"),
        pytest.param(("contoso.com",), "", "misroute", id="misroute"),
        pytest.param(("contoso.com",), "To Fabrikam", "mismatch", id="mismatch"),
    ],
)
def test_an_alarm_on_a_weakly_known_origin_is_withheld(
    changes: dict[str, Any], source: Row, reason: str | None, connectors: tuple[str, ...], logged: str, alarm: str
) -> None:
    """A forged sender looks the same: what would be an alarm is undetermined, missing the origin."""
    lanes = (outbound("To on-premises", *connectors), outbound("To Fabrikam", "fabrikam.com"))
    ours = tenant(**changes, outbound=lanes)
    found = judged(ours, EXTENDED, source, event="SEND", recipient=JOHN, logged_connector=logged)
    expected = (alarm, ()) if reason is None else ("undetermined", ("origin",))
    assert (found.verdict, found.missing) == expected


@pytest.mark.parametrize("changes, source, reason", WEAK)
def test_a_match_on_a_weakly_known_origin_stays_a_match(
    changes: dict[str, Any], source: Row, reason: str | None
) -> None:
    """Weak evidence withholds alarms only."""
    found = judged(tenant(**changes), EXTENDED, source, event="SEND", recipient=JOHN, logged_connector="To on-premises")
    assert found.verdict == "match"
    assert reason in {None, "weak-origin"}


def test_clients_behind_the_servers_address_give_no_alarm() -> None:
    """A cloud mailbox on its way out from the servers' address may be a person behind the same NAT."""
    behind = {"header_from": BOB, "connecting_ip": OUR_SERVER, "directionality": "outbound"}
    ours = tenant()
    for recipient, logged in ((SUN, ""), (JOHN, "To on-premises")):
        found = judged(ours, ENHANCED, behind, SENT, recipient=recipient, logged_connector=logged)
        assert found.verdict in {"match", "undetermined", "no_evidence"}


# ------------------------------------------------------------------------------- sender kind

BANK_IN = inbound("Bank", "woodgrovebank.com")
AS_BANK = {**DELIVERED, "recipient": BOB, "logged_connector": "Bank"}

SENDER_KIND = [
    pytest.param(FROM_INTERNET, AS_BANK, "undetermined", id="mismatch, only the header sender known"),
    pytest.param({**FROM_INTERNET, "envelope_sender": SUN}, AS_BANK, "mismatch", id="near: MAIL FROM known"),
    pytest.param(
        {**FROM_INTERNET, "header_from": BANKER},
        AS_BANK,
        "match",
        id="the header sender explains the log",
    ),
    pytest.param(
        {**FROM_INTERNET, "header_from": BANKER},
        {**AS_BANK, "logged_connector": ""},
        "undetermined",
        id="near: by default, and another MAIL FROM explains that",
    ),
    pytest.param(FROM_OUR_SERVER, {**AS_BANK, "logged_connector": ""}, "unrouted", id="unrouted (b) is not affected"),
]


@pytest.mark.parametrize("source, cells, verdict", SENDER_KIND)
def test_a_header_sender_stands_in_for_mail_from_but_raises_no_alarm(source: Row, cells: Row, verdict: str) -> None:
    """An inbound alarm that another MAIL FROM would explain is undetermined, missing envelope_sender."""
    ours = tenant(inbound=(BANK_IN, inbound("From on-premises", sender_ips=networks("192.0.2.0/28"))))
    found = judged(ours, ENHANCED, source, cells)
    assert found.verdict == verdict
    assert (found.missing == ("envelope_sender",)) is (verdict == "undetermined")


WILD_IN, OURS_IN = inbound("Wild", "*.woodgrovebank.com"), inbound("Ours", sender_ips=networks("192.0.2.0/28"))
STRANGER = {**FROM_OUR_SERVER, "header_from": SUN, "recipient": BOB}


@pytest.mark.parametrize(
    "connector, source, cells, verdict, reason",
    [
        pytest.param(BANK_IN, FROM_INTERNET, {}, "undetermined", "sender-unknown", id="the domain itself"),
        pytest.param(WILD_IN, FROM_INTERNET, {}, "undetermined", "sender-unknown", id="a domain under the wildcard"),
        pytest.param(OURS_IN, STRANGER, {}, "undetermined", "sender-unknown", id="one of our own domains"),
        pytest.param(
            OURS_IN, STRANGER, {"envelope_sender": SUN}, "ambiguous", "policy-recipient-fallback", id="near: known"
        ),
        pytest.param(OURS_IN, FROM_INTERNET, {}, "misroute", "arrival-not-allowed", id="no MAIL FROM explains that"),
    ],
)
def test_each_mail_from_that_would_explain_an_arrival_is_tried(
    connector: InboundConnector, source: Row, cells: Row, verdict: str, *, reason: str
) -> None:
    """8, sender kind: a domain of ours, a foreign one, and those that the logged connector takes."""
    ours = tenant(inbound=(connector,))
    ours = replace(ours, settings=ours.settings.ruled_by({"recipient_fallback": "off"}))
    found = judged(ours, ENHANCED, source, AS_BANK, cells, logged_connector=connector.name).inbound

    assert (found.verdict, found.reason) == (verdict, reason)
    assert found.missing == (("envelope_sender",) if reason == "sender-unknown" else ())


def test_a_forward_is_attributed_without_this_rows_recipient() -> None:
    """The RCPT at arrival of a forwarded message was one of ours, so the relay rule refuses nothing."""
    ours = tenant()
    cells = {**FROM_INTERNET, "envelope_sender": SUN, "recipient": "erin@adatum.com", "logged_inbound": None}
    found = judged(ours, ENHANCED, cells, SENT, logged_connector="AB1\\Default AB1")
    assert sides(found)[0] == "match"


# -------------------------------------------------------------------------- certificate rule

CERTIFICATES = [
    # tenant, source, logged, verdict, reason
    pytest.param({}, FROM_OUR_SERVER, "By certificate", "match", "certificate-presumed", id="presumed"),
    pytest.param(
        {"onpremises_certificates": ("mail.contoso.com",)},
        FROM_OUR_SERVER,
        "By certificate",
        "match",
        "certificate",
        id="declared: it is used",
    ),
    pytest.param(
        {"onpremises_certificates": ("mail.fabrikam.com",)},
        FROM_OUR_SERVER,
        "By certificate",
        "mismatch",
        None,
        id="the declared names contradict it",
    ),
    pytest.param(
        {"inbound": (inbound("By certificate", certificate_name="*.contoso.com", enabled=False),)},
        FROM_OUR_SERVER,
        "By certificate",
        "mismatch",
        None,
        id="the connector is off",
    ),
    pytest.param(
        {
            "inbound": (BY_CERTIFICATE, inbound("By address", sender_ips=networks("192.0.2.0/28"))),
            "onpremises_certificates": ("mail.contoso.com",),
        },
        FROM_OUR_SERVER,
        "By address",
        "match",
        "address",
        id="a declared certificate need not be presented by every server (decision 0007)",
    ),
    pytest.param({}, FROM_OUR_SERVER, "", "unrouted", "onprem-source-unattributed", id="named none: unrouted (b)"),
    pytest.param({}, FROM_INTERNET, "", "match", "default-inbound", id="internet by default is not affected"),
]


@pytest.mark.parametrize("changes, source, logged, verdict, reason", CERTIFICATES)
def test_a_certificate_that_no_trace_shows_is_presumed(
    changes: dict[str, Any], source: Row, logged: str, verdict: str, reason: str | None
) -> None:
    """An on-premises source by address and a named certificate connector match, unless something contradicts."""
    ours = tenant(**{"inbound": (BY_CERTIFICATE,), **changes})
    cells = {**source, **DELIVERED, "envelope_sender": source["header_from"], "recipient": BOB}
    found = judged(ours, ENHANCED, cells, logged_connector=logged)
    assert found.verdict == verdict
    assert reason in {None, found.reason}


HOUR = timedelta(hours=1)


def _sighting(name: str, first: datetime = NOON - 9 * HOUR, last: datetime = NOON + 9 * HOUR) -> Sighting:
    return Sighting((name,), first, last)


DEVICE = {**FROM_OUR_SERVER, **DELIVERED, "recipient": BOB}
DECLARED = {"onpremises_certificates": ("mail.contoso.com",)}
FOREIGN_CERTIFICATE = inbound("By certificate", certificate_name="*.adventure-works.com")


@pytest.mark.parametrize(
    "connector, changes, answer, missing",
    [
        pytest.param(BY_CERTIFICATE, DECLARED, "By certificate", (), id="ours: it presents what is declared"),
        pytest.param(BY_CERTIFICATE, {}, None, ("certificate",), id="ours: nobody knows what it presents"),
        pytest.param(FOREIGN_CERTIFICATE, {}, None, (), id="ours: its domain is not accepted"),
        *(
            pytest.param(BY_CERTIFICATE, {**declared, **device}, None, (), id=f"a device by its {kind}, {known}")
            for kind, device in (
                ("address", {"direct_send_networks": networks("192.0.2.10/32")}),
                ("sender", {"direct_send_addresses": (JOHN,)}),
            )
            for known, declared in (("declared", DECLARED), ("not declared", {}))
        ),
    ],
)
def test_a_device_presents_no_certificate(
    connector: InboundConnector, changes: dict[str, Any], answer: str | None, missing: tuple[str, ...]
) -> None:
    """4.2 and 8: a server of ours presents what is declared, or nobody knows what; a device presents none."""
    found = judged(tenant(inbound=(connector,), **changes), SUMMARY, DEVICE).inbound

    assert (found.answer.connector, found.missing) == (answer, missing)


SIGHTED = [
    # sightings, declared, verdict, reason
    pytest.param([_sighting("mail.contoso.com")], (), "match", "certificate", id="seen: nothing is presumed"),
    pytest.param([_sighting("mail.fabrikam.com")], (), "mismatch", "not-by-default", id="renewed, fits no connector"),
    pytest.param(
        [_sighting("mail.fabrikam.com")], ("mail.contoso.com",), "mismatch", "not-by-default", id="the log is believed"
    ),
    pytest.param(
        [_sighting("mail.contoso.com")], ("mail.fabrikam.com",), "match", "certificate", id="believed for good, too"
    ),
    pytest.param(
        [_sighting("mail.fabrikam.com", NOON + HOUR)], (), "match", "certificate-presumed", id="seen later only"
    ),
    pytest.param(
        [_sighting("mail.fabrikam.com", last=NOON - HOUR)], (), "match", "certificate-presumed", id="seen before only"
    ),
    pytest.param(
        [_sighting("mail.fabrikam.com", last=NOON - HOUR)],
        ("mail.contoso.com",),
        "match",
        "certificate",
        id="outside the time seen the declared one stands",
    ),
    pytest.param(
        [_sighting("mail.fabrikam.com"), _sighting("mail.contoso.com")],
        (),
        "match",
        "certificate-presumed",
        id="two at a time: nobody knows which",
    ),
    pytest.param(
        [_sighting("mail.contoso.com", last=NOON - HOUR / 2), _sighting("mail.fabrikam.com", NOON - HOUR / 4)],
        (),
        "match",
        "certificate-presumed",
        id="renewed within the hour: clocks may differ",
    ),
]


@pytest.mark.parametrize("sightings, declared, verdict, reason", SIGHTED)
def test_a_certificate_that_a_send_log_shows_is_used(
    sightings: list[Sighting], declared: tuple[str, ...], verdict: str, reason: str
) -> None:
    """8, certificate rule: one found in a protocol log is used, at the time at which it alone was presented."""
    ours = tenant(inbound=(BY_CERTIFICATE,), onpremises_certificates=declared)
    cells = {**FROM_OUR_SERVER, **DELIVERED, "envelope_sender": JOHN, "recipient": BOB}
    found = judged(replace(ours, sightings=tuple(sightings)), ENHANCED, cells, logged_connector="By certificate")
    assert (found.verdict, found.reason) == (verdict, reason)


@pytest.mark.parametrize(
    "source, logged, verdict, reason",
    [
        (FROM_OUR_SERVER, "", "unrouted", "onprem-source-unattributed"),
        (FROM_OUR_SERVER, "By address", "match", "address"),
        (FROM_INTERNET, "", "match", "default-inbound"),
    ],
)
def test_a_renewed_certificate_changes_nothing_else(source: Row, logged: str, verdict: str, reason: str) -> None:
    """9.1 row 1: unattributed mail is unrouted; mail by address and mail of others does not rest on the certificate."""
    by_address = (inbound("By address", sender_ips=networks("192.0.2.0/28")),) if logged else ()
    ours = replace(tenant(inbound=(BY_CERTIFICATE, *by_address)), sightings=(_sighting("mail.fabrikam.com"),))
    cells = {**source, **DELIVERED, "envelope_sender": source["header_from"], "recipient": BOB}
    found = judged(ours, ENHANCED, cells, logged_connector=logged)
    assert (found.verdict, found.reason) == (verdict, reason)


def test_internet_mail_through_a_certificate_connector_is_a_misroute_whatever_it_presented() -> None:
    """The path internet to cloud allows no OnPremises connector, with or without the certificate."""
    ours = tenant(inbound=(BY_CERTIFICATE,))
    cells = {**FROM_INTERNET, **DELIVERED, "envelope_sender": SUN, "recipient": BOB}
    found = judged(ours, ENHANCED, cells, logged_connector="By certificate")
    assert found.verdict == "misroute"


def _outbound(found: Judgement) -> tuple[str | None, tuple[str, ...]]:
    return (found.outbound.verdict.value if found.outbound.verdict else None, found.outbound.missing)


def test_a_side_without_evidence_names_what_its_answer_would_need() -> None:
    """With V unknown the side is no_evidence, never undetermined, and still says what its answer rests on."""
    lanes = (TO_ONPREMISES, outbound("Ruled", type=ConnectorType.PARTNER, rule_scoped=True))
    ours = tenant(outbound=lanes, rules=(rule("Ruled", unmodelled=("FromScope",)),))
    found = judged(ours, SUMMARY, FROM_CLOUD, recipient=JOHN, delivery_status="Delivered")
    assert _outbound(found) == ("no_evidence", ("rule_hit",))


def test_a_missing_rule_connector_without_evidence_is_no_evidence() -> None:
    """A side whose V is unknown can give only unrouted (a) or no_evidence."""
    ours = tenant(rules=(rule("Gone"),))
    found = judged(ours, SUMMARY, FROM_CLOUD, recipient=SUN, delivery_status="Delivered")
    assert found.verdict == "no_evidence"


def _reading(origin: Place, fired: TransportRule | None) -> Reading:
    question = OutboundQuestion(lens().recipient(SUN), origin, Place.INTERNET, rule=fired)
    return Case(question, None, (), Answer(Outcome.NONE), None), "", None


def _rule_of(reading: Reading) -> object:
    return reading[0].rule


LANE = rule("Lane")


@pytest.mark.parametrize(
    "readings, named",
    [
        pytest.param([(Place.CLOUD, LANE), (Place.CLOUD, LANE)], (), id="nothing parts them"),
        pytest.param([(Place.CLOUD, LANE), (Place.CLOUD, None)], ("rule_hit",), id="one input"),
        pytest.param(
            [(Place.CLOUD, LANE), (Place.INTERNET, LANE), (Place.INTERNET, None)], ("rule_hit",), id="the one of two"
        ),
        pytest.param([(Place.CLOUD, LANE), (Place.INTERNET, None)], ("origin", "rule_hit"), id="only both together"),
    ],
)
def test_inputs_that_part_the_readings_only_together_are_all_named(
    readings: list[tuple[Place, TransportRule | None]], named: tuple[str, ...]
) -> None:
    """8: an input is named where it alone changes the outcome; where none does alone, all that vary are."""
    assert deciding([_reading(*reading) for reading in readings], _rule_of) == named
