"""The verdicts of the inbound side (reference 8)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from analyzer.tenant.model import Organization
from tests.builders import (
    BANKER,
    BOB,
    FOREIGN_HOST,
    OUR_SERVER,
    inbound,
    networks,
    tenant,
)
from tests.compare.builders import (
    DELIVERED,
    ENHANCED,
    EXTENDED,
    FAILED,
    FROM_INTERNET,
    FROM_OUR_SERVER,
    NOON,
    SUMMARY,
    OneByOne,
    Row,
    judged,
    row,
    sides,
)

FROM_BANK = inbound("From the bank", "woodgrovebank.com")
FROM_ONPREMISES = inbound("From on-premises", sender_ips=networks("192.0.2.0/28"))
SPLIT = {"inbound": (FROM_ONPREMISES, FROM_BANK)}

FROM_PARTNER = {"header_from": BANKER, "connecting_ip": FOREIGN_HOST, "directionality": "inbound"}

SCANNER = {"direct_send_networks": networks("192.0.2.10/32")}
NOBODY = {"header_from": "scanner@contoso.com", "connecting_ip": OUR_SERVER, "directionality": "inbound"}

INBOUND = [
    pytest.param({}, FROM_OUR_SERVER, "From on-premises", "match", "address", id="attributed by address"),
    pytest.param({}, FROM_INTERNET, "", "match", "default-inbound", id="internet by the default connector"),
    pytest.param({}, FROM_INTERNET, "AB1\\Default AB1", "match", "default-inbound", id="the default connector by name"),
    pytest.param(SPLIT, FROM_PARTNER, "From the bank", "match", "sender-domain", id="partner"),
    pytest.param({}, FROM_PARTNER, "", "match", "default-inbound", id="partner without a connector"),
    pytest.param(SPLIT, FROM_PARTNER, "", "mismatch", "not-the-selected-connector", id="partner by default"),
    pytest.param(
        {"inbound": (FROM_ONPREMISES, inbound("Other", sender_ips=networks("198.51.100.0/24")))},
        FROM_OUR_SERVER,
        "Other",
        "mismatch",
        "not-the-selected-connector",
        id="another OnPremises connector",
    ),
    pytest.param({}, FROM_INTERNET, "From on-premises", "misroute", "arrival-not-allowed", id="internet as our own"),
    pytest.param(
        SPLIT, FROM_OUR_SERVER, "From the bank", "misroute", "arrival-not-allowed", id="our own as a partner's"
    ),
    # The second kind of unrouted: an on-premises source by the default connector.
    pytest.param({}, FROM_OUR_SERVER, "", "unrouted", "onprem-source-unattributed", id="(b)"),
    pytest.param(
        {}, FROM_OUR_SERVER, "AB1\\Default AB1", "unrouted", "onprem-source-unattributed", id="(b), default by name"
    ),
    pytest.param({"inbound": ()}, FROM_OUR_SERVER, "", "unrouted", "onprem-source-unattributed", id="(b), E none"),
    pytest.param({"directory": None}, FROM_OUR_SERVER, "", "unrouted", None, id="(b), no list to place the sender"),
    pytest.param({}, NOBODY, "", "undetermined", "direct-send-possible", id="near (b): the list does not place it"),
    pytest.param(SCANNER, FROM_OUR_SERVER, "", "match", "direct-send-declared", id="near (b): declared direct send"),
    pytest.param(
        {"direct_send_addresses": ("scanner@contoso.com",)},
        NOBODY,
        "",
        "match",
        "direct-send-declared",
        id="near (b): declared by its sender address",
    ),
    pytest.param({}, FROM_OUR_SERVER, None, "no_evidence", None, id="no cell"),
]


@pytest.mark.parametrize("changes, source, logged, verdict, reason", INBOUND)
def test_the_way_in_is_judged_by_answer_and_path(
    changes: dict[str, Any], source: Row, logged: str | None, verdict: str, reason: str | None
) -> None:
    """Each verdict of the inbound side follows its definition; a local delivery takes no outbound part."""
    cells = {"envelope_sender": source["header_from"]}  # MAIL FROM is known: the sender kind plays no part
    found = judged(tenant(**changes), ENHANCED, source, DELIVERED, cells, recipient=BOB, logged_connector=logged)
    assert sides(found) == (verdict, None)
    assert reason in {None, found.reason}


@pytest.mark.parametrize(
    "changes, cells, verdict",
    [
        pytest.param({"inbound": ()}, {"recipient": BOB}, "unrouted", id="(b), E none, V unknown"),
        pytest.param({}, {"recipient": BOB}, "no_evidence", id="E is a connector, V unknown"),
        pytest.param({"inbound": ()}, {"recipient": BOB, **NOBODY}, "no_evidence", id="the list does not place it"),
    ],
)
def test_a_summary_shows_an_unattributed_source_by_the_configuration_alone(
    changes: dict[str, Any], cells: Row, verdict: str
) -> None:
    """Unrouted (b) needs no observed connector where the configuration attributes the source to none."""
    found = judged(tenant(**changes), SUMMARY, FROM_OUR_SERVER, {"delivery_status": "Delivered"}, cells)
    assert sides(found) == (verdict, None)


BY_CERTIFICATE = inbound(
    "By certificate", "woodgrovebank.com", restrict_to_certificate=True, certificate_name="*.woodgrovebank.com"
)
NARROWED = inbound(
    "Narrowed", sender_ips=networks("192.0.2.0/28"), associated_accepted_domains=("contoso.onmicrosoft.com",)
)
TRUSTED = inbound("Trusted", "*", trusted_organizations=("fabrikam.onmicrosoft.com",))
STRICT = {"organization": Organization(reject_direct_send=True)}
SPOOFED = {"header_from": "new@contoso.com", "connecting_ip": FOREIGN_HOST, "directionality": "inbound"}


@pytest.mark.parametrize(
    "changes, source, logged, verdict, missing",
    [
        # It was delivered, so it was not refused: the certificate must have been there (7.4, 8).
        pytest.param(
            {"inbound": (BY_CERTIFICATE,)}, FROM_PARTNER, "By certificate", "match", (), id="restricted, delivered"
        ),
        pytest.param({"inbound": (BY_CERTIFICATE,)}, FROM_PARTNER, "", "mismatch", (), id="restricted, went round it"),
        pytest.param(
            {"inbound": (NARROWED,)},
            {**FROM_OUR_SERVER, "header_from": "new@contoso.onmicrosoft.com"},
            "Narrowed",
            "undetermined",
            ("associated_domains",),
            id="associated with the sender's domain only",
        ),
        pytest.param(
            {"inbound": (TRUSTED,)}, FROM_INTERNET, "Trusted", "undetermined", ("source_tenant",), id="another tenant"
        ),
        pytest.param({"inbound": (TRUSTED,)}, FROM_INTERNET, "", "match", (), id="another tenant's connector, unused"),
    ],
)
def test_what_no_log_shows_of_an_arrival_stays_open(
    changes: dict[str, Any], source: Row, logged: str, verdict: str, *, missing: tuple[str, ...]
) -> None:
    """A certificate, a narrowed scope or a foreign tenant that no log shows raises no alarm and is named (8)."""
    cells = {"envelope_sender": source["header_from"]}
    found = judged(tenant(**changes), ENHANCED, source, DELIVERED, cells, recipient=BOB, logged_connector=logged)

    assert sides(found)[0] == verdict
    assert found.missing == missing


@pytest.mark.parametrize("changes", [{}, STRICT])
def test_reject_direct_send_proves_nothing_where_mail_from_is_not_known(changes: dict[str, Any]) -> None:
    """5.7.68 asks for MAIL FROM; a delivery with our header sender may have had another (4.5; 8, sender kind)."""
    found = judged(tenant(**changes), ENHANCED, SPOOFED, DELIVERED, recipient=BOB, logged_connector="")

    assert (found.verdict, found.missing) == ("undetermined", ("origin",))


def test_reject_direct_send_tells_where_a_delivered_message_did_not_come_from() -> None:
    """With our MAIL FROM, what was delivered did not come from a stranger: that would have been refused (8)."""
    cells = {"envelope_sender": SPOOFED["header_from"], "recipient": BOB, "logged_connector": ""}

    assert judged(tenant(), ENHANCED, SPOOFED, DELIVERED, cells).verdict == "undetermined"
    assert judged(tenant(**STRICT), ENHANCED, SPOOFED, DELIVERED, cells).reason == "local"


def test_a_failure_by_the_default_connector_is_unattributed_too() -> None:
    """8, unrouted (b): our own mail met the default connector, and no rule of the configuration refused it."""
    failed = {**FROM_OUR_SERVER, **FAILED, "recipient": BOB, "logged_connector": "AB1\\Default AB1"}
    assert judged(tenant(), ENHANCED, failed).inbound.verdict == "unrouted"


def test_a_pair_of_places_that_is_not_in_the_table_is_no_misroute() -> None:
    """2: internet to partner is in no row of the table, so its way in is not judged."""
    passing = {**FROM_INTERNET, "event": "RECEIVE", "recipient": BANKER, "logged_connector": ""}
    found = judged(tenant(), EXTENDED, passing)
    assert (found.path, found.inbound.verdict, found.inbound.reason) == (
        "internet>partner",
        "undetermined",
        "path-not-modelled",
    )


@pytest.mark.parametrize(
    "presented, verdict, reason",
    [
        pytest.param(None, "match", "certificate-presumed", id="no log shows it"),
        pytest.param(("mail.contoso.com",), "match", "certificate", id="known, and the connector's"),
        pytest.param(("ex1.fabrikam.com",), "mismatch", "not-the-selected-connector", id="known, and another's"),
    ],
)
def test_a_certificate_is_presumed_only_where_it_is_not_known(
    presented: tuple[str, ...] | None, verdict: str, reason: str
) -> None:
    """8, certificate rule: a presented certificate that is known is used, and presumes nothing."""
    by_name = (inbound("By certificate", certificate_name="*.contoso.com"), FROM_ONPREMISES)
    path = OneByOne(tenant(inbound=by_name), EXTENDED)
    arrived = row(FROM_OUR_SERVER, event="RECEIVE", recipient=BOB, logged_connector="By certificate")
    seen = replace(path.observe(arrived), certificates=presented)
    found = path.judge(seen, NOON).inbound
    assert (found.verdict, found.reason) == (verdict, reason)
