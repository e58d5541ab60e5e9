"""The verdicts of the inbound side (reference 8)."""

from __future__ import annotations

from typing import Any

import pytest

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
    FROM_INTERNET,
    FROM_OUR_SERVER,
    SUMMARY,
    Row,
    judged,
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
