"""Before the change of an only export: what settings that nobody exported could explain, and what not (reference 8)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.builders import BOB, JOHN, JULIE, SUN, inbound, networks, outbound, rule, tenant
from tests.compare.builders import (
    DELIVERED,
    ENHANCED,
    FAILED,
    FROM_CLOUD,
    FROM_OUR_SERVER,
    NOON,
    SENT,
    SUMMARY,
    Log,
    Row,
    judged,
)
from tests.compare.test_own_server import UNREACHABLE, company, send, sent, told

DAY = timedelta(days=1)
LATER, EARLIER = {"changed_at": NOON + DAY}, {"changed_at": NOON - DAY}
TO_JOHN: Row = {**FROM_CLOUD, **SENT, "recipient": JOHN}
TO_SUN: Row = {**FROM_CLOUD, **SENT, "recipient": SUN}
FROM_JOHN: Row = {**FROM_OUR_SERVER, **DELIVERED, "recipient": BOB}
ELSEWHERE = networks("198.51.100.0/24")
RULED = outbound("Ruled", rule_scoped=True)
TO_PARTNER = outbound("To partner", "woodgrovebank.com")


def _out(*others: Any, **changes: Any) -> dict[str, Any]:
    return {"outbound": others, **changes}


CASES = [
    # exports, log, row, logged, verdict
    pytest.param(_out(outbound("Other", "fabrikam.com", **LATER)), SUMMARY, TO_JOHN, None, "undetermined",
        id="no connector claims it now; one that was changed later may have"),
    pytest.param(_out(outbound("Other", "fabrikam.com", **EARLIER)), SUMMARY, TO_JOHN, None, "unrouted",
        id="changed before"),
    pytest.param(_out(outbound("Other", "fabrikam.com")), SUMMARY, TO_JOHN, None, "unrouted", id="no date"),
    pytest.param(_out(outbound("Other", "fabrikam.com", **LATER)), ENHANCED, TO_JOHN, "", "unrouted",
        id="the log says that none was used: wrong either way"),
    pytest.param(_out(outbound("To on-premises", "contoso.com"), outbound("Other", "fabrikam.com", **LATER)), ENHANCED,
        TO_JOHN, "", "misroute", id="a third connector does not explain that the selected one was not used"),
    pytest.param({"inbound": (inbound("In", sender_ips=ELSEWHERE, **LATER),)}, SUMMARY, FROM_JOHN, None, "undetermined",
        id="no connector attributes it now; one that was changed later may have"),
    pytest.param({"inbound": (inbound("In", sender_ips=ELSEWHERE, **EARLIER),)}, SUMMARY, FROM_JOHN, None, "unrouted",
        id="arrival, changed before"),
    pytest.param({"inbound": (inbound("In", sender_ips=ELSEWHERE, **LATER),)}, ENHANCED, FROM_JOHN, "", "unrouted",
        id="the log says that none attributed it"),
    pytest.param(_out(RULED, rules=(rule("Ruled", senders=(JULIE,), **LATER),)), ENHANCED, TO_SUN, "Ruled",
        "undetermined", id="its rule had other conditions, perhaps"),
    pytest.param(_out(RULED, rules=(rule("Ruled", senders=(JULIE,), **EARLIER),)), ENHANCED, TO_SUN, "Ruled",
        "misroute", id="its rule is as it was"),
    pytest.param(_out(RULED, outbound("Other", rule_scoped=True), rules=(rule("Other", senders=(JULIE,), **LATER),)),
        ENHANCED, TO_SUN, "Ruled", "undetermined", id="a rule named another connector, perhaps"),
    pytest.param(_out(TO_PARTNER, RULED, rules=(rule("Ruled", senders=(JULIE,), **LATER),)), ENHANCED, TO_SUN,
        "To partner", "misroute", id="a rule for another connector than one with domains"),
    pytest.param(_out(TO_PARTNER, rules=(rule("To partner", senders=(JULIE,), **LATER),)), ENHANCED, TO_SUN,
        "To partner", "undetermined", id="a rule for the connector with domains"),
    pytest.param(_out(outbound("To on-premises", "contoso.com"), rules=(rule("Ruled", senders=(JULIE,), **LATER),)),
        ENHANCED, TO_JOHN, "", "misroute", id="a rule does not explain that none was used"),
]  # fmt: skip


@pytest.mark.parametrize("exports, log, cells, logged, verdict", CASES)
def test_unseen_settings_excuse_only_what_they_could_have_made_right(
    exports: dict[str, Any], log: Log, cells: Row, logged: str | None, *, verdict: str
) -> None:
    """An alarm that some earlier settings of a changed object would dissolve is withheld; no other is."""
    found = judged(tenant(**exports), log, cells, envelope_sender=cells["header_from"], logged_connector=logged)

    assert found.verdict == verdict
    assert (found.reason == "change-window") is (verdict == "undetermined")


def test_a_failure_whose_alarm_is_withheld_is_no_failure_before_routing() -> None:
    """It would be unrouted (a), were the earlier settings known: open, and not out of the question."""
    ours = tenant(outbound=(outbound("Other", "fabrikam.com", **LATER),))
    failed = {**FROM_CLOUD, **FAILED, "recipient": JOHN}

    assert judged(ours, SUMMARY, failed).reason == "change-window"
    assert judged(tenant(outbound=(outbound("Other", "fabrikam.com"),)), SUMMARY, failed).verdict == "unrouted"
    assert judged(ours, SUMMARY, {**failed, "recipient": SUN}).reason == "failed-before-routing"


@pytest.mark.parametrize("changed, expected", [(LATER, "undetermined"), (EARLIER, "unrouted"), ({}, "unrouted")])
def test_an_own_server_may_have_had_a_way(changed: dict[str, Any], expected: str) -> None:
    """A Send connector that was changed later may have claimed what failed for want of a way."""
    ours = company(send=(send("Other", "fabrikam.com", **changed),))

    assert told(sent(ours, SUN, None, **UNREACHABLE))[0] == expected
