"""The oracle: every row of reference 11, through `analyzer.route` where a message is routed by Office 365.

The own servers' Send connectors (14, 30 to 35) are asked of the engine itself; a loop (16) is the lint it leads to.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import pytest

from analyzer import Decision, route
from analyzer.lint import lint_tenant
from analyzer.selection.onpremises import SendQuestion, possible_send
from analyzer.tenant.model import DomainType, Organization, OwnServers, Tenant
from analyzer.tenant.onpremises import SendConnector
from analyzer.tenant.policy import Policy
from tests.builders import (
    BANKER,
    BOB,
    DAVID,
    ERIN,
    FOREIGN_HOST,
    JOHN,
    JULIE,
    ONPREMISES,
    OUR_SERVER,
    SUN,
    accepted,
    directory,
    inbound,
    lens,
    networks,
    outbound,
    rule,
    tenant,
)
from tests.compare.builders import EXTENDED, FROM_CLOUD, judged
from tests.lint.tenants import WIZARD_OUT, wizard_tenant
from tests.selection.test_onpremises import send

RELAY = DomainType.INTERNAL_RELAY

SEED = tenant(
    outbound=(
        outbound("OB1", all_accepted_domains=True),
        outbound("OB2", "contoso.com"),
        outbound("OB3", "*.contoso.com"),
    ),
    accepted=accepted("contoso.com", "sales.contoso.com", "fabrikam.com", "contoso.onmicrosoft.com"),
    directory=directory({f"john@{d}": ONPREMISES for d in ("fabrikam.com", "contoso.com", "sales.contoso.com")}),
)
HYBRID = tenant()
CENTRAL = tenant(
    outbound=(outbound("CMT", "*", route_all_via_onpremises=True),),
    inbound=(inbound("From on-premises", certificate_name="*.contoso.com"),),
)
BY_CERTIFICATE = tenant(inbound=(inbound("IB", certificate_name="*.contoso.com"),))
WILDCARD = tenant(outbound=(outbound("OB", "*.contoso.com"),))
SUBDOMAINS = tenant(
    outbound=(outbound("OB", all_accepted_domains=True),),
    accepted=accepted("contoso.com", type=RELAY, match_subdomains=True),
)
# The recipient's city is in the directory, and in no log: whether the rule fired stays open.
BY_CITY = tenant(
    outbound=(outbound("New Orleans", rule_scoped=True),),
    rules=(rule("New Orleans", unmodelled=("RecipientADAttributeContainsWords",), senders=(BOB,)),),
)
RELAYED = tenant(outbound=(), accepted=accepted("contoso.com", type=RELAY), directory_complete=True)
CONNECTED = tenant(accepted=accepted("contoso.com", type=RELAY), directory_complete=True)
COMPLETE = tenant(directory_complete=True)
FILTER_HOST = "198.51.100.200"
FILTERED = tenant(inbound=(inbound("Filter", "*", restrict_to_ips=True, sender_ips=networks(FILTER_HOST)),))
RANGE = tenant(
    inbound=(inbound("Range", "*.woodgrovebank.com", restrict_to_ips=True, sender_ips=networks("192.168.0.1/25")),),
    partner_domains=("*.woodgrovebank.com",),
)
NO_DIRECT_SEND = tenant(organization=Organization(reject_direct_send=True))
STRICT = tenant(inbound=(inbound("Bank", "woodgrovebank.com", require_tls=True),))

ROBOT = "robot@contoso.onmicrosoft.com"  # the cloud's own sender
UNROUTED = "onprem-recipient-unrouted"
HOST_CERT = "exchange.contoso.com"


def mail(recipient: str, sender: str, ip: str | None = None, **changes: Any) -> dict[str, Any]:
    """Write a message down."""
    return {"recipient": recipient, "sender": sender, "ip": ip, **changes}


@dataclass(frozen=True)
class Row:
    """One row of the table: a message to a tenant, the way it takes, and the answers due on both sides.

    A side's answer is a connector's name, or the outcome in one word; `arrives` is None where the
    message comes from the cloud.
    """

    number: str
    tenant: Tenant
    message: dict[str, Any]
    path: str
    leaves: str
    arrives: str | None = None
    code: str | None = None
    reason: str | None = None


# fmt: off
ROWS = (
    Row("1", SEED, mail("john@fabrikam.com", ROBOT), "cloud>onpremises", "OB1"),
    Row("2", SEED, mail("john@contoso.com", ROBOT), "cloud>onpremises", "OB2"),
    Row("3", SEED, mail("john@sales.contoso.com", ROBOT), "cloud>onpremises", "OB3"),
    Row("4", WILDCARD, mail("x@mail.contoso.com", ROBOT, destination="onpremises"), "cloud>onpremises", "OB"),
    Row("4 near miss", WILDCARD, mail("x@notcontoso.com", ROBOT, destination="onpremises"), "cloud>onpremises", "none"),
    Row("5", SUBDOMAINS, mail("x@nwregion.contoso.com", BOB, destination="onpremises"), "cloud>onpremises", "OB"),
    Row("6", BY_CITY, mail(ERIN, BOB), "cloud>internet", "undetermined", reason="input-missing"),
    Row("6 near miss", BY_CITY, mail(ERIN, DAVID), "cloud>internet", "none"),
    Row("7", HYBRID, mail(SUN, BOB), "cloud>internet", "none"),
    Row("8", HYBRID, mail(JOHN, BOB), "cloud>onpremises", "To on-premises"),
    Row("8 near miss", tenant(outbound=()), mail(JOHN, BOB), "cloud>onpremises", "none", reason=UNROUTED),
    Row("9", HYBRID, mail(BOB, JOHN, OUR_SERVER), "onpremises>cloud", "local", "From on-premises"),
    Row("10", HYBRID, mail(SUN, JOHN, OUR_SERVER), "onpremises>internet", "none", "From on-premises"),
    Row("11", CENTRAL, mail(ERIN, DAVID), "cloud>internet", "CMT"),
    Row("12", CENTRAL, mail(BOB, DAVID), "cloud>cloud", "local"),
    Row("13 julie", CENTRAL, mail(JULIE, SUN, FOREIGN_HOST), "internet>onpremises", "CMT", "none"),
    Row("13 david", CENTRAL, mail(DAVID, SUN, FOREIGN_HOST), "internet>cloud", "CMT", "none"),
    Row("13 david returns", CENTRAL, mail(DAVID, SUN, OUR_SERVER, certificate="mail.contoso.com"),
        "onpremises>cloud", "local", "From on-premises"),
    Row("15", CENTRAL, mail(ERIN, BOB, forwarded=True), "cloud>internet", "none"),
    Row("17", COMPLETE, mail("nobody@contoso.com", SUN, FOREIGN_HOST),
        "internet>unknown", "reject", "none", code="5.4.1"),
    Row("18", RELAYED, mail("nobody@contoso.com", BOB), "cloud>onpremises", "none", reason=UNROUTED),
    Row("18 near miss", CONNECTED, mail("nobody@contoso.com", BOB), "cloud>onpremises", "To on-premises"),
    Row("19 own sender", BY_CERTIFICATE, mail(BOB, JOHN, OUR_SERVER, certificate=HOST_CERT),
        "onpremises>cloud", "local", "IB"),
    Row("19 any sender", BY_CERTIFICATE, mail(ERIN, SUN, OUR_SERVER, certificate=HOST_CERT),
        "onpremises>internet", "none", "IB"),
    Row("19 near miss", BY_CERTIFICATE, mail(BOB, JOHN, OUR_SERVER, certificate="contoso.com"),
        "onpremises>cloud", "local", "none"),
    Row("20", HYBRID, mail(ERIN, "new@contoso.com", OUR_SERVER), "onpremises>internet", "none", "From on-premises"),
    Row("20 near miss", HYBRID, mail(BOB, JOHN, FOREIGN_HOST), "onpremises>cloud", "local", "none"),
    Row("21", HYBRID, mail(ERIN, SUN, OUR_SERVER), "onpremises>internet", "reject", "reject", code="5.7.64"),
    Row("22", HYBRID, mail(ERIN, "", OUR_SERVER), "onpremises>internet", "reject", "reject", code="5.7.64"),
    Row("23", BY_CERTIFICATE, mail(ERIN, "", OUR_SERVER, certificate=HOST_CERT), "onpremises>internet", "none", "IB"),
    Row("24", HYBRID, mail(BOB, SUN, FOREIGN_HOST), "internet>cloud", "local", "none"),
    Row("25", FILTERED, mail(BOB, SUN, FOREIGN_HOST), "internet>cloud", "reject", "reject", code="5.7.51"),
    Row("25 near miss", FILTERED, mail(BOB, SUN, FILTER_HOST), "internet>cloud", "local", "Filter"),
    Row("27", RANGE, mail(BOB, "x@sub.woodgrovebank.com", FOREIGN_HOST),
        "partner>cloud", "reject", "reject", code="5.7.51"),
    Row("27 near miss", RANGE, mail(BOB, "x@sub.woodgrovebank.com", "192.168.0.77"),
        "partner>cloud", "local", "Range"),
    Row("28", NO_DIRECT_SEND, mail(BOB, "scanner@contoso.com", FOREIGN_HOST, origin="internet"),
        "internet>cloud", "reject", "reject", code="5.7.68"),
    Row("28 near miss", NO_DIRECT_SEND, mail(BOB, SUN, FOREIGN_HOST), "internet>cloud", "local", "none"),
    Row("26", STRICT, mail(BOB, BANKER, FOREIGN_HOST, tls=False), "partner>cloud", "reject", "reject"),
    Row("29", HYBRID, mail(ERIN, SUN, FOREIGN_HOST), "internet>internet", "reject", "reject", code="5.7.64"),
    Row("29 near miss", HYBRID, mail(BOB, SUN, FOREIGN_HOST), "internet>cloud", "local", "none"),
    Row("26 near miss", STRICT, mail(BOB, BANKER, FOREIGN_HOST, tls=True), "partner>cloud", "local", "Bank"),
)
# fmt: on


def answers(decision: Decision) -> tuple[str, str | None]:
    """Give the two sides' answers in one word each."""
    leaves = decision.selected_outbound_connector or decision.outcome
    return leaves, decision.selected_inbound_connector or decision.inbound_outcome


@pytest.mark.parametrize("row", ROWS, ids=[row.number for row in ROWS])
def test_oracle(row: Row) -> None:
    """The row's message takes the row's way under the default policies (11)."""
    decision = route(row.tenant, **row.message)

    assert (decision.path, *answers(decision)) == (row.path, row.leaves, row.arrives)
    assert decision.code == row.code
    assert row.reason in {None, decision.reason}


@pytest.mark.parametrize(
    "recipient, carrier, policies",
    [
        ("john@fabrikam.com", "OB1", {}),  # 11, case 1
        ("john@contoso.com", "OB2", {}),  # 11, case 2
        ("john@sales.contoso.com", "OB1", {"precedence": "list"}),  # 11, case 3
    ],
)
def test_the_seed_read_as_a_list(recipient: str, carrier: str, policies: dict[str, str]) -> None:
    """Under `precedence=list` only the third address changes, and the answer names the policy (3.5)."""
    decision = route(SEED, recipient=recipient, sender=ROBOT, policy=Policy(precedence="list"))

    assert (decision.selected_outbound_connector, decision.policies) == (carrier, policies)


def test_the_seed_names_the_policy_on_which_the_third_answer_rests() -> None:
    """3.5, 7: both readings are computed; where they differ the default is named as well."""
    decisions = [
        route(SEED, recipient=f"john@{d}", sender=ROBOT) for d in ("fabrikam.com", "contoso.com", "sales.contoso.com")
    ]

    assert [d.policies for d in decisions] == [{}, {}, {"precedence": "example"}]


def test_a_rule_that_the_log_reports_takes_the_message() -> None:
    """11, case 6: where the log says that a rule routed, its connector is the right one, city or not."""
    cells = {"event": "SEND", "recipient": ERIN, "logged_connector": "New Orleans", "routed_by_rule": True}
    found = judged(BY_CITY, EXTENDED, FROM_CLOUD, cells)

    assert (found.outbound.verdict, found.outbound.answer.connector) == ("match", "New Orleans")


def test_a_connector_by_mx_to_our_own_servers_is_a_loop() -> None:
    """11, case 16: with the MX at Office 365 the message comes back; the configuration says so before it is sent."""
    looping, sound = (
        wizard_tenant(outbound=(replace(WIZARD_OUT, use_mx_record=by_mx, smart_hosts=hosts),))
        for by_mx, hosts in ((True, ()), (False, ("mail.contoso.com",)))
    )

    assert "MF309" in {caught.check.code for caught in lint_tenant(looping)}
    assert "MF309" not in {caught.check.code for caught in lint_tenant(sound)}


JULIA = "julia@marketing.contoso.com"
WIZARD_SEND = wizard_tenant().snapshots[0].own.send or ()

# fmt: off
# number, recipient, Send connectors with their address spaces, size in bytes, the answer or why there is none
SENT: tuple[tuple[str, str, tuple[SendConnector, ...], int, str], ...] = (
    ("14", "david@contoso.mail.onmicrosoft.com", WIZARD_SEND, 1000, WIZARD_SEND[0].name),
    ("14 near miss", "sun@example.net", WIZARD_SEND, 1000, "Internet"),
    ("30", JULIA, (send("All", "*"), send("Wild", "*.contoso.com"), send("Exact", "marketing.contoso.com")),
        1000, "Exact"),
    ("31", JULIA, (send("All", "*"),), 1000, "All"),
    ("32", JULIA, (send("b", "*", source_servers=("ex1",)), send("a", "*", source_servers=("ex1",))), 1000, "a"),
    ("33", JULIA, (send("Other", "fabrikam.com"),), 1000, "unreachable-queue"),
    ("34", JULIA, (send("a", "*", max_message_size=10), send("b", "*", max_message_size=20)),
        1000, "too-large-for-every-connector"),
    ("35", "x@sub.contoso.com", (send("Apex", "contoso.com"), send("All", "*")), 1000, "All"),
)
# fmt: on


@pytest.mark.parametrize("number, recipient, connectors, size, expected", SENT, ids=[row[0] for row in SENT])
def test_oracle_of_own_servers(
    number: str, recipient: str, connectors: tuple[SendConnector, ...], *, size: int, expected: str
) -> None:
    """The message leaves the organization's own server by the row's Send connector (11)."""
    domain = lens(own=OwnServers(send=connectors)).domain(recipient.partition("@")[2])
    (answer,) = possible_send(SendQuestion(domain, size, "ex1"), connectors)

    assert (answer.connector or answer.reason) == expected, number


def test_no_row_of_the_table_is_left_out() -> None:
    """The table has 35 rows, and each is a case above (11)."""
    numbers = {int(row.number.split()[0]) for row in ROWS} | {int(row[0].split()[0]) for row in SENT}
    tests = [value.__doc__ or "" for name, value in globals().items() if name.startswith("test_")]
    cited = {int(number) for text in tests for number in re.findall(r"11, case (\d+)", text)}

    assert numbers | cited == set(range(1, 36))
