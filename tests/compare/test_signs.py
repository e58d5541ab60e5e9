"""What a row shows beside its verdict: that mail came round the MX, that a foreign sender is relayed, why it failed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from analyzer.compare.signs import MX_BYPASSED, SENDER_NOT_ACCEPTED
from analyzer.evidence import read_server_status, read_status
from analyzer.tenant.model import Service
from tests.builders import BANKER, BOB, JOHN, OUR_SERVER, SUN, inbound, networks, snapshot, tenant
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
    TRACKING,
    Log,
    Row,
    judged,
)

FILTER = Service("filter", networks("198.51.100.0/24"))
FILTERED = {"mx_default": "thirdparty", "services": (FILTER,)}
NO_ADDRESSES = {"mx_default": "thirdparty", "services": (Service("filter", connectors=("From filter",)),)}
FROM_FILTER = inbound("From filter", "*", sender_ips=networks("198.51.100.0/24"), restrict_to_ips=True)
ONPREMISES_MX = {"mx_default": "onpremises"}
ARRIVED = {"event": "RECEIVE", "delivery_status": None}
DEFAULT = {"logged_connector": "AB1\\Default AB1"}

# the tenant's changes, the log, the row, whether it shows that mail came round the MX
BYPASSES = [
    pytest.param(FILTERED, ENHANCED, {**FROM_INTERNET, **DELIVERED, "logged_connector": ""}, True, id="round a filter"),
    pytest.param(FILTERED, EXTENDED, {**FROM_INTERNET, **ARRIVED, **DEFAULT}, True, id="on arrival"),
    pytest.param(FILTERED, SUMMARY, {**FROM_INTERNET, **DELIVERED}, True, id="the address alone proves it"),
    pytest.param(NO_ADDRESSES, SUMMARY, {**FROM_INTERNET, **DELIVERED}, False, id="near: no address to compare with"),
    pytest.param(NO_ADDRESSES, EXTENDED, {**FROM_INTERNET, **ARRIVED, **DEFAULT}, True, id="not by its connector"),
    pytest.param({"mx_default": "thirdparty"}, EXTENDED, {**FROM_INTERNET, **ARRIVED, **DEFAULT}, False,
                 id="near: the way is not known"),
    pytest.param({"mx_default": "thirdparty", "inbound": (FROM_FILTER,)}, EXTENDED,
                 {**FROM_INTERNET, **ARRIVED, **DEFAULT}, True, id="a connector for every sender is the way"),
    pytest.param({"mx_default": "thirdparty", "inbound": (FROM_FILTER,)}, EXTENDED,
                 {**FROM_INTERNET, **ARRIVED, **DEFAULT, "connecting_ip": "198.51.100.7"}, False,
                 id="near: an address that a connector lists"),
    pytest.param({"mx_default": "office365", "services": (FILTER,)}, ENHANCED,
                 {**FROM_INTERNET, **DELIVERED, "logged_connector": ""}, False, id="near: the MX is Office 365"),
    pytest.param({"mx_default": None, "services": (FILTER,)}, ENHANCED,
                 {**FROM_INTERNET, **DELIVERED, "logged_connector": ""}, False, id="near: nobody said where it is"),
    pytest.param(FILTERED, ENHANCED, {**FROM_INTERNET, **DELIVERED, "connecting_ip": "", "logged_connector": ""}, False,
                 id="near: a blank address"),
    pytest.param(FILTERED, ENHANCED,
                 {**FROM_INTERNET, **DELIVERED, "connecting_ip": "198.51.100.7", "logged_connector": ""}, False,
                 id="near: from the filter"),
    pytest.param(FILTERED, ENHANCED, {**FROM_INTERNET, **DELIVERED, "header_from": BANKER, "logged_connector": ""},
                 False, id="near: a partner comes directly"),
    pytest.param(FILTERED, ENHANCED, {**FROM_CLOUD, **DELIVERED, "logged_connector": ""}, False, id="near: cloud"),
    pytest.param(FILTERED, ENHANCED,
                 {**FROM_INTERNET, **DELIVERED, "recipient": "bob@contoso.onmicrosoft.com", "logged_connector": ""},
                 False, id="near: the MX of onmicrosoft.com is always Office 365"),
    pytest.param(ONPREMISES_MX, ENHANCED, {**FROM_INTERNET, **DELIVERED, "logged_connector": ""}, True,
                 id="round our own servers"),
    pytest.param({**ONPREMISES_MX, "onpremises_addresses": ()}, ENHANCED,
                 {**FROM_INTERNET, **DELIVERED, "logged_connector": ""}, False, id="near: our servers are unknown"),
    pytest.param(ONPREMISES_MX, ENHANCED,
                 {**FROM_INTERNET, **DELIVERED, "connecting_ip": OUR_SERVER, "logged_connector": "From on-premises"},
                 False, id="near: by our own servers"),
    pytest.param(FILTERED, EXTENDED, {**FROM_INTERNET, "event": "DELIVER", "logged_connector": ""}, False,
                 id="near: a row that does not speak of the arrival"),
]  # fmt: skip


@pytest.mark.parametrize("changes, log, row, shown", BYPASSES)
def test_mail_that_came_round_the_mx(changes: dict[str, Any], log: Log, row: Row, shown: bool) -> None:  # noqa: FBT001
    """MF110 (reference 2, 9.1 row 23): only where the way is known, and the row is proven not to have taken it."""
    found = judged(tenant(**changes), log, {"recipient": BOB}, row)

    assert (MX_BYPASSED in found.signs) is shown


RELAYED = {**FROM_OUR_SERVER, "event": "RECEIVE", "logged_connector": "From on-premises", "recipient": SUN}
FOREIGN = {"envelope_sender": "news@tailspin.example"}
RELAYS = [
    pytest.param({}, {**RELAYED, **FOREIGN}, True, id="a foreign MAIL FROM"),
    pytest.param({}, {**RELAYED, "envelope_sender": JOHN}, False, id="near: an accepted domain"),
    pytest.param({}, {**RELAYED, "envelope_sender": "<>"}, False, id="near: a delivery report"),
    pytest.param({}, {**RELAYED, "header_from": "news@tailspin.example"}, False, id="near: the header alone"),
    pytest.param({}, {**RELAYED, **FOREIGN, "recipient": BOB}, False, id="near: to our own mailbox"),
    pytest.param({}, {**RELAYED, **FOREIGN, "connecting_ip": "203.0.113.9"}, False, id="near: not from our servers"),
    pytest.param({"accepted": None}, {**RELAYED, **FOREIGN}, False, id="near: accepted domains not exported"),
]  # fmt: skip


@pytest.mark.parametrize("changes, row, shown", RELAYS)
def test_a_foreign_sender_that_our_servers_relay(changes: dict[str, Any], row: Row, shown: bool) -> None:  # noqa: FBT001
    """MF112 (reference 4.3, 9.1 row 28): MAIL FROM must be shown and foreign; the row keeps the server's address."""
    found = judged(tenant(**changes), EXTENDED, row)

    assert (SENDER_NOT_ACCEPTED in found.signs) is shown
    assert not shown or found.keep_source


def test_mail_refused_as_relay_keeps_the_address_of_the_server() -> None:
    """MF107 must say which server was refused; a refusal of anybody else's mail keeps none."""
    refused = {
        "event": "FAIL",
        "delivery_status": "550 5.7.64 TenantAttribution; Relay Access Denied",
        "recipient": SUN,
    }

    assert judged(tenant(), EXTENDED, FROM_OUR_SERVER, refused).keep_source
    assert not judged(tenant(), EXTENDED, FROM_INTERNET, refused).keep_source


def test_what_came_round_the_mx_or_was_held_off_keeps_its_address() -> None:
    """MF110 and MF108 name the addresses: the filter's own among them would be seen at once."""
    refused = {"event": "FAIL", "delivery_status": "550 5.7.51 TenantInboundAttribution", "recipient": BOB}
    round_it = {**FROM_INTERNET, **ARRIVED, **DEFAULT, "recipient": BOB}

    assert judged(tenant(), EXTENDED, FROM_INTERNET, refused).keep_source
    assert judged(tenant(**FILTERED), EXTENDED, round_it).keep_source
    assert not judged(tenant(), EXTENDED, round_it).keep_source


def test_rows_older_than_every_snapshot_show_nothing() -> None:
    """Nothing is concluded from a configuration that was perhaps not in force."""
    row = {**FROM_INTERNET, **SENT, "recipient": BOB, "logged_connector": ""}
    later = snapshot(name="June", since=NOON + timedelta(days=30))

    assert judged(tenant(snapshot(), **FILTERED), ENHANCED, row).signs == (MX_BYPASSED,)
    assert judged(tenant(later, **FILTERED), ENHANCED, row).signs == ()


def test_a_refusal_that_an_own_server_was_told_is_counted_by_its_code() -> None:
    """MF107 reads the servers' own logs as well: there the refusal of a relay stands first."""
    refused = {"event": "FAIL", "delivery_status": "[{LED=550 5.7.64 TenantAttribution}]", "recipient": SUN}

    assert judged(tenant(), TRACKING, FROM_OUR_SERVER, refused).failure == "5.7.64"


# event, words, the code that stands for the failure
FAILURES = [
    ("FAIL", "550 5.7.64 TenantAttribution; Relay Access Denied [ATTR36]", "5.7.64"),
    ("FAIL", "[{LED=550 5.7.750 Client blocked}]", "5.7.750"),
    ("FAIL", "554 5.2.2 mailbox full", "5.x.x"),
    ("FAIL", "450 4.9.123 whatever", "4.x.x"),
    ("FAIL", "gone", None),
    ("SEND", "250 2.1.5 Recipient OK", None),
    (None, "Failed", None),
]


@pytest.mark.parametrize("event, words, code", FAILURES)
def test_a_failure_goes_by_its_code_or_its_class(event: str | None, words: str, code: str | None) -> None:
    """The cube holds few codes, whatever strangers' servers answer."""
    assert read_status(event, words).failure == code
    assert read_server_status(event, words).failure == code
