"""Which changes of Send connectors excuse an alarm of an own server's log, and which do not (8)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from analyzer.tenant.model import OwnServers
from analyzer.tenant.onpremises import SendConnector
from tests.builders import BOB, SUN, snapshot, tenant
from tests.compare.builders import NOON
from tests.compare.test_own_server import BOB_ROUTED, OWN_ACCEPTED, ROUTING, company, send, sent, told

JUST_NOW: dict[str, Any] = {"changed_at": NOON - timedelta(minutes=1)}
TO_365, ALL, THIRD = send("To Office 365", ROUTING), send("All", "*"), send("Third", "fabrikam.com")
WINDOW, ALARM = ("undetermined", "change-window"), ("mismatch", "not-the-selected-connector")


@pytest.mark.parametrize(
    "recipient, logged, changed, expected",
    [
        pytest.param(SUN, "Third", send("Third", "fabrikam.com", **JUST_NOW), WINDOW, id="the logged one"),
        pytest.param(SUN, "Third", send("ALL", "*", **JUST_NOW), WINDOW, id="the selected one"),
        pytest.param(BOB, "All", send("Old", ROUTING, enabled=False, **JUST_NOW), WINDOW, id="off, but it would claim"),
        pytest.param(BOB, "All", send("Old", "fabrikam.com", enabled=False, **JUST_NOW), ALARM, id="it claims others"),
        pytest.param(BOB, "All", send("Old", enabled=False, **JUST_NOW), ALARM, id="it claims nobody"),
    ],
)
def test_a_change_excuses_where_the_connector_is_named_or_could_claim(
    recipient: str, logged: str, changed: SendConnector, expected: tuple[str, str]
) -> None:
    """8: the selected connector, the logged one, and any other whose address spaces hold a routed domain."""
    others = tuple(c for c in (TO_365, ALL, THIRD) if c.name.casefold() != changed.name.casefold())
    found = sent(company(send=(*others, changed)), recipient, logged)

    assert told(found)[:2] == expected


@pytest.mark.parametrize("logged, expected", [("To Office 365", WINDOW), ("Third", ALARM)])
def test_a_later_export_excuses_only_what_it_explains(logged: str, expected: tuple[str, str]) -> None:
    """8: where the settings of the next export give another answer than the log, they were no cause."""
    old, new = (
        send("To Office 365", "example.net"),
        send("To Office 365", ROUTING, changed_at=NOON + timedelta(hours=5)),
    )
    ours = tenant(
        *(
            snapshot(
                name=name,
                since=NOON + timedelta(days=days),
                own=OwnServers(send=(connector, ALL, THIRD), accepted=OWN_ACCEPTED),
            )
            for name, days, connector in (("a", -9, old), ("b", 9, new))
        )
    )

    assert told(sent(ours, BOB_ROUTED, logged))[:2] == expected
