"""Every reason code that docs/connector-selection.md lists, with a row that has it: they are part of the interface."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analyzer.tenant.model import ConnectorType, DomainType, MailboxPlace, Organization, Placement, Service
from analyzer.tenant.policy import Policy
from tests.builders import (
    BANKER,
    BOB,
    DAVID,
    FOREIGN_HOST,
    JOHN,
    SUN,
    accepted,
    directory,
    inbound,
    networks,
    outbound,
    rule,
    tenant,
)
from tests.compare.builders import (
    DELIVERED,
    ENHANCED,
    EXTENDED,
    FAILED,
    FROM_CLOUD,
    FROM_INTERNET,
    FROM_OUR_SERVER,
    SENT,
    SUMMARY,
    Log,
    Row,
    judged,
)

ROOT = Path(__file__).resolve().parents[2]
PARTNER = ConnectorType.PARTNER
CMT = outbound("CMT", "*", route_all_via_onpremises=True)
TO_US, STAR, WILD = outbound("To us", "contoso.com"), outbound("Star", "*"), outbound("Wild", "*.com")
EVERY, RULED = outbound("Every", all_accepted_domains=True), outbound("Ruled", rule_scoped=True)
BANK_OUT, BANK_IN = outbound("Bank", "woodgrovebank.com", type=PARTNER), inbound("Bank", "woodgrovebank.com")
OURS = networks("192.0.2.0/28")
BY_ADDRESS = inbound("By address", sender_ips=OURS)
BY_NAME = inbound("By name", certificate_name="*.contoso.com")
RELAY = {"accepted": accepted("contoso.com", type=DomainType.INTERNAL_RELAY), "outbound": ()}
LINE = "line1@contoso.com"
CONTACT = Placement(MailboxPlace.EXTERNAL)
WILD_US, OTHER = outbound("Wild", "*.contoso.com"), outbound("Other", "example.org", type=PARTNER)
TRUSTED = inbound("Trusted", trusted_organizations=("fabrikam.onmicrosoft.com",))


def out(recipient: str, logged: str | None = "", **cells: Any) -> Row:
    """A SEND of a cloud mailbox; `logged` is the connector, "" none."""
    return {**FROM_CLOUD, "event": "SEND", "recipient": recipient, "logged_connector": logged, **cells}


def took(source: Row, recipient: str, logged: str | None = "", **cells: Any) -> Row:
    """A RECEIVE from somewhere, its MAIL FROM known."""
    known = {"envelope_sender": source["header_from"], "event": "RECEIVE"}
    return {**source, **known, "recipient": recipient, "logged_connector": logged, **cells}


BANK = {"header_from": BANKER, "connecting_ip": FOREIGN_HOST, "directionality": "inbound"}
FORGED = {**FROM_INTERNET, "header_from": JOHN}
DEVICE = {**FROM_OUR_SERVER, "header_from": "scanner@contoso.com"}

# reason, tenant, log, row, the side that has it, verdict, what is missing
Case = tuple[str, dict[str, Any], Log, Row, str, str, tuple[str, ...]]
# fmt: off
CASES: tuple[Case, ...] = (
    # how the message leaves (3)
    ("exact-domain", {"outbound": (TO_US,)}, EXTENDED, out(JOHN, "To us"), "out", "match", ()),
    ("wildcard-domain", {"outbound": (WILD,)}, EXTENDED, out(JOHN, "Wild"), "out", "match", ()),
    ("all-accepted-domains", {"outbound": (EVERY,)}, EXTENDED, out(JOHN, "Every"), "out", "match", ()),
    ("catch-all-domain", {"outbound": (STAR,)}, EXTENDED, out(JOHN, "Star"), "out", "match", ()),
    ("rule-routes-to-connector", {"outbound": (RULED,), "rules": (rule("Ruled"),)}, EXTENDED,
        out(SUN, "Ruled"), "out", "match", ()),
    ("rule-in-log", {"outbound": (RULED, replace(RULED, name="Other"))}, EXTENDED,
        out(SUN, "Other", routed_by_rule=True), "out", "match", ()),
    ("centralized-mail-transport", {"outbound": (CMT,)}, EXTENDED, out(SUN, "CMT"), "out", "match", ()),
    ("no-connector-matches", {}, EXTENDED, out(SUN), "out", "match", ()),
    ("local", {}, EXTENDED, {**out(DAVID), "event": "DELIVER"}, "row", "match", ()),
    ("equal-candidates", {"outbound": (TO_US, replace(TO_US, name="Too"))}, EXTENDED,
        out(JOHN, "Too"), "out", "match", ()),
    ("relayed-by-mx", {**RELAY, "policy": Policy(internal_relay_fallback="mx")}, EXTENDED,
        out(LINE), "out", "match", ()),
    ("onprem-recipient-unrouted", {"outbound": ()}, EXTENDED, out(JOHN), "out", "unrouted", ()),
    ("onprem-recipient-by-mx", {"outbound": (TO_US,)}, EXTENDED, out(JOHN), "out", "misroute", ()),
    ("connector-bypassed", {"outbound": (CMT,)}, EXTENDED, out(SUN), "out", "misroute", ()),
    ("internet-mail-through-connector", {"outbound": (TO_US,)}, EXTENDED, out(SUN, "To us"), "out", "misroute", ()),
    ("local-mail-through-connector", {"outbound": (TO_US,)}, EXTENDED,
        {**out(DAVID, "To us"), "event": "DELIVER"}, "out", "misroute", ()),
    ("path-not-allowed", {"outbound": (STAR,)}, EXTENDED, out(SUN, "Star"), "out", "misroute", ()),
    ("not-the-selected-connector", {"outbound": (TO_US, STAR)}, EXTENDED, out(JOHN, "Star"), "out", "mismatch", ()),
    ("not-a-candidate", {"outbound": (TO_US, replace(TO_US, name="Too"), STAR)}, EXTENDED,
        out(JOHN, "Star"), "out", "mismatch", ()),
    ("not-by-mx", {"outbound": (OTHER,)}, EXTENDED, out(BANKER, "Other"), "out", "mismatch", ()),
    ("not-local", {"outbound": (TO_US,), "services": (Service("signatures", connectors=("To us",)),)}, EXTENDED,
        {**out(DAVID, "To us"), "event": "DELIVER"}, "out", "mismatch", ()),
    ("policy-wildcard-apex", {"outbound": (WILD_US, STAR)}, EXTENDED, out(JOHN, "Star"), "out", "ambiguous", ()),
    ("rule-hit-unknown", {"outbound": (TO_US, RULED), "rules": None}, EXTENDED,
        out(JOHN, "Ruled"), "out", "undetermined", ("rule_hit",)),
    ("path-not-modelled", {}, EXTENDED, {**FROM_INTERNET, "event": "SEND", "recipient": BANKER, "logged_connector": ""},
        "out", "undetermined", ()),
    ("config-incomplete", {"outbound": None}, EXTENDED, out(JOHN), "out", "undetermined", ("outbound_connectors",)),
    ("config-incomplete", {"outbound": None}, SUMMARY, {**FROM_CLOUD, **SENT, "recipient": JOHN},
        "out", "no_evidence", ("outbound_connectors",)),
    ("config-incomplete", {"rules": (rule("Gone"),)}, EXTENDED,
        out(SUN), "out", "undetermined", ("outbound_connectors",)),
    ("config-incomplete", {"rules": (rule("Gone"),)}, SUMMARY, {**FROM_CLOUD, **SENT, "recipient": SUN},
        "out", "no_evidence", ("outbound_connectors",)),
    ("config-incomplete", {}, EXTENDED, out(JOHN, "Gone"), "out", "undetermined", ("connector_definition",)),
    ("no-connector-evidence", {}, SUMMARY, {**FROM_CLOUD, **SENT, "recipient": JOHN}, "out", "no_evidence", ()),
    ("no-connector-evidence", {**RELAY, "policy": Policy(internal_relay_fallback="mx")}, SUMMARY,
        {**FROM_CLOUD, **SENT, "recipient": LINE}, "out", "no_evidence", ()),
    ("input-missing", {"directory": None}, EXTENDED,
        {**out(BOB, "To on-premises"), "event": "FAIL"}, "out", "undetermined", ("destination",)),
    ("rejected-as-expected", {"directory_complete": True}, EXTENDED,
        {**out(LINE), "event": "FAIL", "delivery_status": "550 5.4.1 Recipient address rejected"}, "out", "match", ()),
    ("rejected-as-expected", {"directory_complete": True, "outbound": (RULED,), "rules": (rule("Ruled"),)}, EXTENDED,
        out(LINE, event="FAIL", delivery_status="550 5.4.1 Recipient address rejected", routed_by_rule=True),
        "out", "match", ()),
    ("no-connector-evidence", {"directory_complete": True}, EXTENDED,
        {**out(LINE), "event": "FAIL", "delivery_status": "550 5.7.1 no"}, "out", "no_evidence", ()),
    ("no-connector-evidence", {"directory_complete": True}, SUMMARY,
        {**FROM_CLOUD, "recipient": LINE, "delivery_status": None}, "out", "no_evidence", ()),
    ("config-incomplete", {"directory_complete": True}, ENHANCED,  # nobody has the address, and it went
        {**FROM_CLOUD, "recipient": LINE, "logged_connector": "To on-premises"}, "out", "undetermined", ()),
    # where the accepted domains were not exported, the place of the mailbox says whose a domain is (8)
    ("all-accepted-domains", {"accepted": None, "outbound": (EVERY,)}, EXTENDED,
        out(JOHN, "Every"), "out", "match", ()),
    ("no-connector-matches", {"accepted": None, "outbound": (EVERY,), "directory": directory({SUN: CONTACT})}, EXTENDED,
        out(SUN, header_from="x@contoso.onmicrosoft.com"), "out", "match", ()),
    ("address", {"accepted": None, "inbound": (BY_ADDRESS,)}, EXTENDED,
        took(FROM_OUR_SERVER, BOB, "By address"), "in", "match", ()),
    # how it arrived (4)
    ("certificate", {"inbound": (BY_NAME,), "onpremises_certificates": ("mail.contoso.com",)}, EXTENDED,
        took(FROM_OUR_SERVER, BOB, "By name"), "in", "match", ()),
    ("address", {"inbound": (BY_ADDRESS,)}, EXTENDED, took(FROM_OUR_SERVER, BOB, "By address"), "in", "match", ()),
    ("address-by-recipient", {"inbound": (BY_ADDRESS,)}, EXTENDED,
        took({**FROM_OUR_SERVER, "header_from": SUN}, BOB, "By address"), "in", "match", ()),
    ("address-by-recipient", {"inbound": (BY_ADDRESS, BY_NAME)}, EXTENDED,  # taken by its address, not by a certificate
        took({**FROM_OUR_SERVER, "header_from": SUN}, BOB, "By address"), "in", "match", ()),
    ("address-by-recipient", {"accepted": None, "inbound": (BY_ADDRESS,)}, EXTENDED,
        took({**FROM_OUR_SERVER, "header_from": "<>"}, BOB, "By address"), "in", "match", ()),
    ("sender-domain", {"inbound": (BANK_IN,)}, EXTENDED, took(BANK, BOB, "Bank"), "in", "match", ()),
    ("default-inbound", {}, EXTENDED, took(FROM_INTERNET, BOB), "in", "match", ()),
    ("input-missing", {"inbound": (replace(BANK_IN, trusted_organizations=("x.onmicrosoft.com",)),)}, EXTENDED,
        took(BANK, BOB, "Bank"), "in", "undetermined", ("source_tenant",)),
    ("trusted-organization", {"inbound": (TRUSTED,), "organization": Organization(reject_direct_send=True)}, EXTENDED,
        took(FORGED, BOB, "Trusted"), "in", "match", ()),
    ("weak-origin", {"inbound": (BY_ADDRESS,)}, EXTENDED, took(FORGED, BOB), "in", "undetermined", ("origin",)),
    ("path-not-modelled", {}, EXTENDED, took(FROM_INTERNET, BANKER), "in", "undetermined", ()),
    ("config-incomplete", {"inbound": None}, EXTENDED,
        took(FROM_INTERNET, BOB), "in", "undetermined", ("inbound_connectors",)),
    ("config-incomplete", {"inbound": None}, SUMMARY,
        {**FROM_INTERNET, **DELIVERED, "recipient": BOB}, "in", "no_evidence", ("inbound_connectors",)),
    ("config-incomplete", {}, EXTENDED,
        took(FROM_INTERNET, BOB, "Gone"), "in", "undetermined", ("connector_definition",)),
    ("no-connector-evidence", {}, SUMMARY, {**FROM_INTERNET, **DELIVERED, "recipient": BOB}, "in", "no_evidence", ()),
    ("no-connector-evidence", {"inbound": ()}, SUMMARY, {**DEVICE, **DELIVERED, "recipient": BOB},
        "in", "no_evidence", ()),
    ("no-connector-evidence", {"inbound": ()}, SUMMARY, {**FROM_OUR_SERVER, **SENT, "recipient": SUN},
        "in", "no_evidence", ()),  # another server may have relayed it
    ("no-connector-evidence", {"inbound": (), "direct_send_networks": networks("192.0.2.10/32")}, SUMMARY,
        {**FROM_OUR_SERVER, **DELIVERED, "recipient": BOB}, "in", "no_evidence", ()),
    ("config-incomplete", {"inbound": (replace(BANK_IN, restrict_to_ips=True, sender_ips=OURS),)}, EXTENDED,
        took(BANK, BOB, "Bank"), "in", "undetermined", ()),  # it would have been refused, and it came
    ("certificate-presumed", {"inbound": (BY_NAME,)}, EXTENDED,
        took(FROM_OUR_SERVER, BOB, "By name"), "in", "match", ()),
    ("direct-send-declared", {"direct_send_networks": networks("192.0.2.10/32")}, EXTENDED,
        took(DEVICE, BOB), "in", "match", ()),
    ("onprem-source-unattributed", {}, EXTENDED, took(FROM_OUR_SERVER, BOB), "in", "unrouted", ()),
    ("direct-send-possible", {}, EXTENDED, took(DEVICE, BOB), "in", "undetermined", ()),
    ("direct-send-possible", {}, ENHANCED,
        {**DEVICE, **FAILED, "recipient": BOB, "logged_connector": r"AB1\Default AB1"}, "in", "undetermined", ()),
    ("onprem-source-unattributed", {"inbound": (), "organization": Organization(reject_direct_send=True)}, EXTENDED,
        took(FROM_OUR_SERVER, BOB), "in", "unrouted", ()),  # it came, so it was not refused
    ("path-not-allowed", {"inbound": (inbound("Any", "*"),)}, EXTENDED,
        took(FROM_OUR_SERVER, BOB, "Any"), "in", "misroute", ()),  # ours by a partner's connector, though selected
    ("not-by-default", {"inbound": (BY_ADDRESS,), "services": (Service("filter", connectors=("By address",)),)},
        EXTENDED, took(FROM_INTERNET, BOB, "By address"), "in", "mismatch", ()),  # 2: a declared way
    ("arrival-not-allowed", {"inbound": (BY_ADDRESS,)}, EXTENDED,
        took(FROM_INTERNET, BOB, "By address"), "in", "misroute", ()),
    ("not-by-default", {"inbound": (BANK_IN,)}, EXTENDED, took(FROM_INTERNET, BOB, "Bank"), "in", "mismatch", ()),
    ("certificate-unknown", {"inbound": (BY_NAME,), "mx_default": "onpremises"}, EXTENDED,
        took(FROM_INTERNET, BOB, "By name"), "in", "undetermined", ("certificate",)),
    # rows that stand for no decision
    ("group-expansion", {"directory": directory({LINE: Placement(MailboxPlace.GROUP)})}, ENHANCED,
        {**FROM_INTERNET, "recipient": LINE, "delivery_status": "Receive, Expand"}, "row", "not_routed", ()),
    ("group-expansion", {"directory": directory({LINE: Placement(MailboxPlace.GROUP)})}, ENHANCED,
        {**FROM_INTERNET, "recipient": LINE, "delivery_status": "Delivered"}, "row", "not_routed", ()),
    ("pending", {}, ENHANCED, {**FROM_INTERNET, "recipient": BOB, "delivery_status": "Receive"},
        "row", "not_routed", ()),
    ("quarantined", {}, ENHANCED, {**FROM_INTERNET, "recipient": BOB, "delivery_status": "Receive, Quarantined"},
        "row", "not_routed", ()),
    ("dropped", {}, ENHANCED, {**FROM_INTERNET, "recipient": BOB, "delivery_status": "Receive, Drop"},
        "row", "not_routed", ()),
    ("delivery-report", {}, EXTENDED, {**FROM_INTERNET, "recipient": BOB, "event": "RECEIVE", "delivery_status": "DSN"},
        "row", "not_routed", ()),
    ("journal-copy", {}, EXTENDED,
        {**FROM_INTERNET, "recipient": BOB, "event": "RECEIVE", "delivery_status": "Journal"}, "row", "not_routed", ()),
    ("failed-before-routing", {}, ENHANCED, {**FROM_CLOUD, **FAILED, "recipient": JOHN, "logged_connector": ""},
        "row", "not_routed", ()),
    ("sender-unknown", {"inbound": (BANK_IN,)}, EXTENDED,
        {**took(FROM_INTERNET, BOB, "Bank"), "envelope_sender": None}, "in", "undetermined", ("envelope_sender",)),
)
# fmt: on


@pytest.mark.parametrize("reason, changes, log, cells, side, verdict, missing", CASES, ids=[c[0] for c in CASES])
def test_each_reason_has_a_row(
    reason: str, changes: dict[str, Any], log: Log, cells: Row, side: str, verdict: str, missing: tuple[str, ...]
) -> None:
    """The reason says why the side, or the row, has its verdict, and names what is missing."""
    found = judged(tenant(**changes), log, cells)
    of: Any = {"in": found.inbound, "out": found.outbound, "row": found}[side]
    assert (of.verdict, of.reason, of.missing) == (verdict, reason, missing)


# Reasons that no single row of Office 365 has alone, and the tests that hold them.
ELSEWHERE = {
    "tests/selection/test_inbound.py": {
        "relay-denied",
        "partner-source-rejected",
        "partner-requires-tls",
        "direct-send-refused",
    },
    "tests/selection/test_outbound.py": {"recipient-unknown"},
    "tests/compare/test_windows.py": {"change-window", "before-first-snapshot", "mailbox-moving"},
    "tests/compare/test_rows.py": {"several-recipients"},
    "tests/selection/test_onpremises.py": {"wildcard-address-space", "too-large-for-every-connector"},
    "tests/selection/test_receiving.py": {"no-receive-connector"},
    "tests/compare/test_own_server.py": {
        "exact-address-space",
        "catch-all-address-space",
        "unreachable-queue",
        "claimed-by-none",
        "most-specific-range",
        "own-server-log",
        "internal-hop",
        "local-submission",
    },
}


def test_every_reason_of_the_page_has_its_case() -> None:
    """A code that the page lists is that of a row above, or of a test that names it."""
    page = (ROOT / "docs/connector-selection.md").read_text(encoding="utf-8")
    table = page.partition("### Reason codes")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    listed = {code for line in rows for code in re.findall(r"`([a-z-]+)`", line.split(" | ")[0])}
    elsewhere = {code for codes in ELSEWHERE.values() for code in codes}
    held = {case[0] for case in CASES} - {"policy-wildcard-apex"}  # the page gives another example of `policy-NAME`
    assert held | elsewhere == listed - {"policy-precedence"}


@pytest.mark.parametrize("place", ELSEWHERE)
def test_a_reason_that_is_said_to_be_tested_elsewhere_is(place: str) -> None:
    """The test file that is named asks for the code."""
    text = (ROOT / place).read_text(encoding="utf-8")
    assert [code for code in sorted(ELSEWHERE[place]) if f'"{code}"' not in text] == []


# row, what else the judgement says of it: contradicted, the connector nobody knows, the address that is kept
BESIDE = [
    pytest.param(out(JOHN, "To on-premises"), (False, None, False), id="nothing"),
    pytest.param({**out(JOHN), "event": "DELIVER"}, (True, None, False), id="delivered here, listed on-premises"),
    pytest.param(out(JOHN, "Gone"), (False, "Gone", False), id="a name that no export has"),
    pytest.param(took(FROM_OUR_SERVER, BOB), (False, None, True), id="an alarm on arrival"),
    pytest.param(took(DEVICE, BOB), (False, None, True), id="an arrival that cannot be told"),
    pytest.param(took(FROM_INTERNET, BOB), (False, None, False), id="an arrival in order"),
    pytest.param(took(FORGED, BOB, "From on-premises"), (False, None, True), id="ours, from nobody's address"),
    pytest.param(
        {**took(FORGED, BOB, "From on-premises"), "connecting_ip": ""}, (False, None, True), id="ours, from none"
    ),
    pytest.param({**took(FROM_OUR_SERVER, BOB), "delivery_status": "DSN"}, (False, None, False), id="no decision"),
]


@pytest.mark.parametrize("cells, beside", BESIDE)
def test_what_findings_need_beside_the_verdict(cells: Row, beside: tuple[bool, str | None, bool]) -> None:
    """MF412, MF402 and MF104 or MF413: a contradiction, a strange name, and the address where it is the question."""
    found = judged(tenant(), EXTENDED, cells)
    assert (found.contradicted, found.unknown_connector, found.keep_source) == beside
