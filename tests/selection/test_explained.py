"""Whole explanations, as an administrator reads them: every rule, every connector, and why (3.3, 4.2)."""

from __future__ import annotations

from typing import Any

import pytest

from analyzer.selection.decision import Step
from analyzer.tenant.model import OutboundConnector
from tests.builders import OUR_SERVER, rule
from tests.selection.test_decision import CMT, EVERYONE, EXACT, FATES, P_STAR, inbound_steps, outbound_steps


def printed(steps: tuple[Step, ...]) -> str:
    """Print the trees as the terminal does, two blanks a level."""
    return "\n".join(f"{'  ' * depth}{step}" for tree in steps for depth, step in tree.walk())


ARRIVED = (
    pytest.param(
        "contoso.com",
        {"ip": OUR_SERVER, "certificates": ("a.sales.contoso.com", "mail.adventure-works.com")},
        """\
presented certificate: decides: Sales cert (certificate) [4.2, 1]
  Cert: a presented certificate matches *.contoso.com, but another names it more exactly [4.2, 1]
  Sales cert: a presented certificate matches *.sales.contoso.com [4.2, 1]
  Unowned: *.adventure-works.com is presented, but is under no accepted domain [4.2, 1]""",
        id="the most exact certificate",
    ),
    pytest.param(
        "contoso.com",
        {"ip": OUR_SERVER},
        """\
presented certificate: does not apply [4.2, 1]
  Cert: no presented certificate matches *.contoso.com [4.2, 1]
  Sales cert: no presented certificate matches *.sales.contoso.com [4.2, 1]
  Unowned: no presented certificate matches *.adventure-works.com [4.2, 1]
connecting IP: decides: IP (address) [4.2, 2]
  Off: is off [3.4 disabled]
  Cert: does not list the connecting IP [4.2, 2]
  IP: lists the connecting IP [4.2, 2]
  Narrowed: its AssociatedAcceptedDomains leave the message out [4.1]
  Sales cert: does not list the connecting IP [4.2, 2]
  Unowned: does not list the connecting IP [4.2, 2]""",
        id="a listed address",
    ),
    pytest.param(
        "woodgrovebank.com",
        {"ip": "203.0.113.9"},
        """\
presented certificate: does not apply [4.2, 1]
  Cert: no presented certificate matches *.contoso.com [4.2, 1]
  Sales cert: no presented certificate matches *.sales.contoso.com [4.2, 1]
  Unowned: no presented certificate matches *.adventure-works.com [4.2, 1]
connecting IP: does not apply [4.2, 2]
  Off: is off [3.4 disabled]
  Cert: does not list the connecting IP [4.2, 2]
  IP: does not list the connecting IP [4.2, 2]
  Narrowed: its AssociatedAcceptedDomains leave the message out [4.1]
  Sales cert: does not list the connecting IP [4.2, 2]
  Unowned: does not list the connecting IP [4.2, 2]
relay to a foreign domain: does not apply [4.2, 3; 4.3]
partner connector that restricts: decides: reject (partner-source-rejected) [4.2, 3]
  Strict: sender domain matches, the source is refused [4.2, 3]""",
        id="a partner elsewhere than it says",
    ),
    pytest.param(
        "wingtiptoys.com",
        {"ip": "203.0.113.9"},
        """\
presented certificate: does not apply [4.2, 1]
  Cert: no presented certificate matches *.contoso.com [4.2, 1]
  Sales cert: no presented certificate matches *.sales.contoso.com [4.2, 1]
  Unowned: no presented certificate matches *.adventure-works.com [4.2, 1]
connecting IP: does not apply [4.2, 2]
  Off: is off [3.4 disabled]
  Cert: does not list the connecting IP [4.2, 2]
  IP: does not list the connecting IP [4.2, 2]
  Narrowed: its AssociatedAcceptedDomains leave the message out [4.1]
  Sales cert: does not list the connecting IP [4.2, 2]
  Unowned: does not list the connecting IP [4.2, 2]
relay to a foreign domain: does not apply [4.2, 3; 4.3]
partner connector that restricts: does not apply [4.2, 3]
  Strict: sender domain does not match [4.2, 3]
direct send refused: does not apply [4.5; 5]
sender domain of a partner: decides: Partner (sender-domain) [4.2, 3]
  Partner: sender domain matches [4.2, 3]
  Trusted: is for trusted organizations, which no log shows [4.1 TrustedOrganizations]""",
        id="a partner",
    ),
)


@pytest.mark.parametrize("mail_from, asked, text", ARRIVED)
def test_an_attribution_is_told_whole(mail_from: str, asked: dict[str, Any], text: str) -> None:
    """4.2: down to the rule that decides, each with the connectors that it weighs and what speaks against them."""
    assert printed(inbound_steps(EVERYONE, mail_from, **asked)) == text


LEFT = (
    pytest.param(
        (EXACT, CMT),
        "cloud>internet",
        {"rule": rule("Ruled")},
        """\
recipient refused: does not apply [3.3 step 0]
mail flow rule: decides: Ruled (rule-routes-to-connector) [3.3 step 1]
  to Ruled: routes to Ruled [3.3, 1]""",
        id="a rule",
    ),
    pytest.param(
        (CMT, P_STAR),
        "cloud>internet",
        {},
        """\
recipient refused: does not apply [3.3 step 0]
mail flow rule: does not apply [3.3 step 1]
delivered inside Exchange Online: does not apply [3.3 step 2]
centralized mail transport: decides: CMT (centralized-mail-transport) [3.3 step 4]
  CMT: turns centralized mail transport on [3.3, 2]
  CMT: *: most specific match [3.5]
  P star: *: most specific match [3.5]""",
        id="centralized transport",
    ),
    pytest.param(
        (CMT, P_STAR),
        "onpremises>internet",
        {},
        """\
recipient refused: does not apply [3.3 step 0]
mail flow rule: does not apply [3.3 step 1]
delivered inside Exchange Online: does not apply [3.3 step 2]
centralized mail transport: does not apply [3.3 step 4]
recipient domain: decides: P star (catch-all-domain) [3.3 steps 3 and 5]
  CMT: its * does not count for mail exempt from CMT [3.3 step 5]
  P star: *: most specific match [3.5]""",
        id="exempt from it",
    ),
    pytest.param(
        tuple(c for c, _ in FATES),
        "cloud>onpremises",
        {},
        """\
recipient refused: does not apply [3.3 step 0]
mail flow rule: does not apply [3.3 step 1]
delivered inside Exchange Online: does not apply [3.3 step 2]
centralized mail transport: does not apply [3.3 step 4]
recipient domain: decides: Exact (exact-domain) [3.3 steps 3 and 5]
  Other: does not match the recipient domain [3.4]
  Off: is off (connector-disabled) [3.4 disabled]
  Ruled: is used only by a mail flow rule (connector-rule-scoped) [3.4 rule-scoped]
  Test: is in test mode (connector-test-mode) [7.4]
  New: was never validated (connector-unvalidated) [3.4 not validated, policy unvalidated]
  Exact: exact domain contoso.com: most specific match [3.5]
  Wild: wildcard *.contoso.com: matches, but another is more specific [3.5]
  All: all accepted domains: matches, but another is more specific [3.5]
  Star: *: matches, but another is more specific [3.5]""",
        id="every fate",
    ),
)


@pytest.mark.parametrize("connectors, way, asked, text", LEFT)
def test_a_selection_is_told_whole(
    connectors: tuple[OutboundConnector, ...], way: str, asked: dict[str, Any], text: str
) -> None:
    """3.3: down to the step that decides, each with the connectors that it weighs and why they won or fell."""
    assert printed(outbound_steps(connectors, way, **asked)) == text
