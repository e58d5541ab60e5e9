"""The table of allowed paths against reference 2, pair by pair and column by column."""

from __future__ import annotations

from itertools import product

import pytest

from analyzer.paths import Kind, allowed_path
from analyzer.selection.decision import Outcome
from analyzer.selection.outbound import OutboundQuestion, OutboundView, covered_by_cmt, select_outbound
from analyzer.tenant.model import ConnectorType, OutboundConnector, Place
from analyzer.tenant.policy import Policy
from tests.builders import lens, outbound

# Reference 2, written down anew: "in:out" in the columns "MX at Office 365, no CMT" and "MX at Office
# 365, CMT". I is an inbound connector of type OnPremises, O an outbound one, P one of type Partner,
# - none (MX, local, default inbound connector); nothing left of the colon: the side takes no part.
# A Partner connector is attributed by sender and source alone (4.2, 3), so "default inbound (or
# Partner)" holds wherever the message goes afterwards.
TABLE = {
    "cloud>cloud": (":-", ":-"),
    "cloud>onpremises": (":O", ":O"),
    "onpremises>cloud": ("I:-", "I:-"),
    "cloud>internet": (":-", ":O"),
    "onpremises>internet": ("I:-", "I:-"),
    "internet>cloud": ("-P:-", "-P:O"),
    "internet>onpremises": ("-P:O", "-P:O"),
    "cloud>partner": (":-P", ":OP"),  # CMT against Partner: cmt_vs_specific
    "partner>cloud": ("-P:-", "-P:O"),  # partner -> anyone: then as internet ->
    "partner>onpremises": ("-P:O", "-P:O"),
    "partner>internet": ("-P:-", "-P:O"),
    "partner>partner": ("-P:-P", "-P:OP"),
    "onpremises>onpremises": ("I:O", "I:O"),
    "onpremises>partner": ("I:-P", "I:-P"),
    "internet>internet": ("-P:-", "-P:O"),  # cmt_forwarded
}
PAIRS = [f"{a.value}>{b.value}" for a, b in product(Place, Place)]
# Where CMT covers a pair at all (3.3, 2): cmt_forwarded=cmt for what is neither from the cloud nor for it.
COVERED = (
    "cloud>internet", "cloud>partner", "internet>cloud", "partner>cloud",
    "internet>internet", "partner>internet", "partner>partner",
)  # fmt: skip


def looked_up(pair: str, *, cmt: bool = False, mx: str | None = "office365", policy: str = "office365") -> str | None:
    """Look a pair up and write what is allowed as the table above does."""
    origin, destination = (Place(word) for word in pair.split(">"))
    found = allowed_path(origin, destination, covered_by_cmt=cmt, mx=mx, policy=Policy(onprem_internet_egress=policy))
    return None if found is None else f"{_letters(found.inbound, 'I')}:{_letters(found.outbound, 'O')}"


def _letters(kinds: frozenset[Kind], onpremises: str) -> str:
    letters = {Kind.NONE: "-", Kind.ONPREMISES: onpremises, Kind.PARTNER: "P"}
    return "".join(sorted(letters[k] for k in kinds))


@pytest.mark.parametrize("pair", TABLE)
def test_without_centralized_transport(pair: str) -> None:
    """First column: MX at Office 365, no CMT."""
    assert looked_up(pair) == TABLE[pair][0]


@pytest.mark.parametrize("pair", COVERED)
def test_where_centralized_transport_covers(pair: str) -> None:
    """Second column: MX at Office 365, CMT."""
    assert looked_up(pair, cmt=True) == TABLE[pair][1]


@pytest.mark.parametrize("pair", [pair for pair in TABLE if pair not in COVERED])
def test_what_centralized_transport_leaves_alone(pair: str) -> None:
    """Where the second column says "same", CMT covers nothing and the first column holds."""
    assert TABLE[pair][0] == TABLE[pair][1] == looked_up(pair)


@pytest.mark.parametrize("mx", ["onpremises", "thirdparty"])
@pytest.mark.parametrize("pair", [pair for pair in TABLE if not pair.endswith("cloud")])
def test_an_mx_elsewhere_changes_no_way_out(pair: str, mx: str) -> None:
    """Third column: what Office 365 sees leave, it sees leave the same way wherever the MX points."""
    assert looked_up(pair, mx=mx) == TABLE[pair][0]
    assert pair not in COVERED or looked_up(pair, mx=mx, cmt=True) == TABLE[pair][1]


@pytest.mark.parametrize("pair", ["internet>cloud", "partner>cloud"])
@pytest.mark.parametrize("mx", ["onpremises", "thirdparty"])
def test_mail_that_came_round_the_mx(pair: str, mx: str) -> None:
    """2: internet mail that arrives otherwise than by an MX elsewhere is judged as in the first column.

    Under CMT the first column's way is allowed at least; that the selected one is as well, the law below says.
    """
    first, under_cmt = looked_up(pair, mx=mx), looked_up(pair, mx=mx, cmt=True)

    due = TABLE[pair][0]
    # Where the MX points at our own servers, they hand it on through their inbound connector (2, last column).
    assert set(first or "") == set(due) | ({"I"} if mx == "onpremises" else set())
    assert set(first or "") <= set(under_cmt or "")


@pytest.mark.parametrize("mx", [None, "office365"])
def test_an_mx_that_nobody_told(mx: str | None) -> None:
    """Without an answer the MX is taken to be at Office 365 for the reading that says so."""
    assert looked_up("internet>cloud", mx=mx, cmt=True) == "-P:O"


@pytest.mark.parametrize("pair", ["onpremises>internet", "onpremises>partner"])
def test_on_premises_senders_that_leave_directly(pair: str) -> None:
    """2, `onprem_internet_egress=direct`: such mail never reaches Office 365, so no way through it is allowed."""
    assert looked_up(pair, policy="direct") == ":"


@pytest.mark.parametrize("pair", [p for p in TABLE if p not in {"onpremises>internet", "onpremises>partner"}])
def test_the_egress_policy_is_about_the_internet_alone(pair: str) -> None:
    """No other pair depends on `onprem_internet_egress`."""
    assert looked_up(pair, policy="direct") == TABLE[pair][0]


@pytest.mark.parametrize("pair", [pair for pair in PAIRS if pair not in TABLE])
@pytest.mark.parametrize("cmt", [False, True])
def test_a_pair_outside_the_table_is_not_modelled(pair: str, *, cmt: bool) -> None:
    """2: a pair that is not in the table is undetermined, never a misroute."""
    assert looked_up(pair, cmt=cmt) is None


HYBRID = (outbound("To on-premises", "contoso.com"), outbound("Partner", "example.org", type=ConnectorType.PARTNER))
CENTRAL = (outbound("CMT", "*", route_all_via_onpremises=True),)


@pytest.mark.parametrize("connectors", [HYBRID, CENTRAL], ids=["hybrid", "centralized"])
@pytest.mark.parametrize("mx", [None, "office365", "onpremises", "thirdparty"])
@pytest.mark.parametrize("forwarded", ["direct", "cmt"])
@pytest.mark.parametrize("pair", TABLE)
def test_what_a_sound_tenant_selects_is_allowed(
    connectors: tuple[OutboundConnector, ...], mx: str | None, forwarded: str, *, pair: str
) -> None:
    """A row on which the log names the selected connector of a sound configuration is no misroute."""
    origin, destination = (Place(word) for word in pair.split(">"))
    policy, own = Policy(cmt_forwarded=forwarded), pair.endswith(("cloud", "onpremises"))
    seen = lens(outbound=connectors)
    recipient = seen.recipient("x@contoso.com" if own else "x@example.org")
    question = OutboundQuestion(recipient, origin, destination, originating=origin is Place.ONPREMISES)
    view = OutboundView(seen, policy)
    covered = bool(view.cmt) and covered_by_cmt(question, policy)
    allowed = allowed_path(origin, destination, covered_by_cmt=covered, mx=mx, policy=policy)
    answer = select_outbound(question, view)

    assert allowed is not None
    if answer.outcome is Outcome.CONNECTOR:
        chosen = Kind(seen.outbound_named[str(answer.connector)].type.value)
        # 2: where none or O stands, a Partner connector that the configuration selects is allowed as well.
        assert chosen is Kind.PARTNER or chosen in allowed.outbound
    else:
        assert Kind.NONE in allowed.outbound
