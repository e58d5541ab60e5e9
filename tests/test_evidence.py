"""What a row shows, sentence by sentence of the evidence rules (architecture, section 4)."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import Any

import pytest

import analyzer
from analyzer.evidence import (
    Direction,
    Hop,
    Places,
    Side,
    StatusFacts,
    destination_of,
    direction_of,
    hop_of,
    origin_of,
    read_server_status,
    read_status,
    recipient_refused,
)
from analyzer.tenant.model import DomainType, MailboxPlace, Place, Placement, Service
from tests.builders import (
    BANKER,
    BOB,
    CLOUD,
    FOREIGN_HOST,
    JOHN,
    ONPREMISES,
    OUR_SERVER,
    SUN,
    accepted,
    directory,
    lens,
    networks,
    outbound,
    rule,
    tenant,
)
from tests.compare.builders import ENHANCED, judged

# ------------------------------------------------------------------------------- destination

RELAYED = "line1@plant.contoso.com"
NEWCOMER = "new@contoso.com"  # accepted domain, in no list
GUEST = "guest@contoso.com"
GROUP = "all@contoso.com"
SOMEWHERE = "user@contoso.com"  # listed, but the list does not say where
DOMAINS = (
    *accepted("contoso.com", "fabrikam.com", "contoso.onmicrosoft.com"),
    *accepted("plant.contoso.com", type=DomainType.INTERNAL_RELAY),
)
LISTED = directory(
    {
        BOB: CLOUD,
        JOHN: ONPREMISES,
        GUEST: Placement(MailboxPlace.EXTERNAL, "guest@example.org"),
        "teller@contoso.com": Placement(MailboxPlace.EXTERNAL, BANKER),
        GROUP: Placement(MailboxPlace.GROUP),
        "moved@fabrikam.com": CLOUD,
        SOMEWHERE: Placement(MailboxPlace.UNPLACED),
    }
)
CMT = outbound("CMT", "*", route_all_via_onpremises=True)
EITHER = ("cloud", "onpremises")

DESTINATIONS = [
    # the row's own delivery evidence
    pytest.param(BOB, "Receive, Deliver", {}, ("cloud",), id="deliver is cloud"),
    pytest.param(SUN, "Receive, Deliver", {}, ("cloud",), id="deliver is cloud, whatever the domain"),
    pytest.param(RELAYED, "Receive, Deliver", {}, ("cloud",), id="deliver is cloud, InternalRelay too"),
    pytest.param(NEWCOMER, "Receive, Send", {"directory": None}, ("onpremises",), id="send, no list: not cloud"),
    pytest.param(BOB, "Receive, Send", {}, ("onpremises",), id="send outranks a list that says cloud"),
    pytest.param(BOB, "Delivered", {}, ("cloud",), id="the word Delivered says neither: the list decides"),
    pytest.param(NEWCOMER, "Delivered", {"directory": None}, EITHER, id="the word Delivered alone decides nothing"),
    # where EmailEvents says that the message is
    pytest.param(SUN, "Delivered, Inbox/folder", {}, ("cloud",), id="a folder of a mailbox is cloud"),
    pytest.param(SUN, "Junked, Junk folder", {}, ("cloud",), id="its junk folder too"),
    pytest.param(BOB, "Delivered, On-premises/External", {}, ("onpremises",), id="a location outside is a send"),
    pytest.param(BOB, "Delivered, ", {}, ("cloud",), id="no location: the word Delivered says neither"),
    # ... unless the directory says cloud and a copy can be on its way round
    pytest.param(BOB, "Receive, Send", {"outbound": (CMT,)}, ("cloud",), id="CMT detour: the list stands"),
    pytest.param(BOB, "Receive, Send", {"rules": (rule("R"),)}, ("cloud",), id="rule detour: the list stands"),
    pytest.param(
        BOB, "Receive, Send", {"rules": (rule("R", enabled=False),)}, ("onpremises",), id="a rule that is off: none"
    ),
    pytest.param(
        BOB,
        "Receive, Send",
        {"outbound": (outbound("CMT", "*", route_all_via_onpremises=True, enabled=False),)},
        ("onpremises",),
        id="a CMT connector that is off: none",
    ),
    pytest.param(
        BOB, "Receive, Send", {"services": (Service("f", connectors=("F",)),)}, ("cloud",), id="service detour"
    ),
    pytest.param(
        BOB, "Receive, Send", {"services": (Service("f"),)}, ("onpremises",), id="a service without connector: none"
    ),
    pytest.param(
        NEWCOMER, "Receive, Send", {"outbound": (CMT,), "directory": None}, EITHER, id="detour, no list: both possible"
    ),
    pytest.param(SUN, "Receive, Send", {"outbound": (CMT,), "directory": None}, ("internet",), id="detour, not ours"),
    pytest.param(NEWCOMER, "Receive, Send", {"outbound": (CMT,)}, ("onpremises",), id="detour, not in the list"),
    pytest.param(GROUP, "Receive, Send", {"outbound": (CMT,)}, ("onpremises",), id="detour, a group"),
    pytest.param(SOMEWHERE, "Receive, Send", {"outbound": (CMT,)}, EITHER, id="detour, the list does not say where"),
    pytest.param(SOMEWHERE, "Receive, Send", {}, ("onpremises",), id="no detour, the list does not say where"),
    pytest.param(
        NEWCOMER,
        "Receive, Send",
        {"outbound": (CMT,), "directory": None, "onpremises_domains": ("contoso.com",)},
        ("onpremises",),
        id="detour, declared domain",
    ),
    pytest.param(
        NEWCOMER,
        "Receive, Send",
        {"outbound": (CMT,), "directory": None, "accepted": None},
        (*EITHER, "internet"),
        id="detour, nobody knows whose",
    ),
    pytest.param(JOHN, "Receive, Send", {"outbound": (CMT,)}, ("onpremises",), id="detour, listed on-premises"),
    # the directory
    pytest.param(JOHN, "Delivered", {}, ("onpremises",), id="listed on-premises"),
    pytest.param(GUEST, "Delivered", {}, ("internet",), id="listed as external"),
    pytest.param("teller@contoso.com", "Delivered", {}, ("partner",), id="listed as external, at a partner"),
    pytest.param(GROUP, "Expanded", {}, EITHER, id="a group has no place of its own"),
    pytest.param(
        "moved@fabrikam.com", None, {"onpremises_domains": ("fabrikam.com",)}, ("cloud",), id="the list comes first"
    ),
    # [onpremises] domains
    pytest.param(
        "x@fabrikam.com", None, {"onpremises_domains": ("fabrikam.com",)}, ("onpremises",), id="declared domain"
    ),
    pytest.param("x@fabrikam.com", None, {}, EITHER, id="the same domain undeclared"),
    # the domain
    pytest.param(SUN, "Receive, Send", {}, ("internet",), id="not accepted: internet"),
    pytest.param(BANKER, "Receive, Send", {}, ("partner",), id="not accepted, listed: partner"),
    pytest.param(NEWCOMER, None, {"directory_complete": True}, EITHER, id="authoritative, in no list: unknown"),
    pytest.param(RELAYED, None, {"directory_complete": True}, ("onpremises",), id="InternalRelay, complete list"),
    pytest.param(RELAYED, None, {}, EITHER, id="InternalRelay, incomplete list: unknown"),
    pytest.param(
        RELAYED, None, {"directory": None, "directory_complete": True}, EITHER, id="InternalRelay, no list at all"
    ),
    # what is not exported stays open
    pytest.param(SUN, None, {"accepted": None}, (*EITHER, "internet"), id="no accepted domains, not sent"),
    pytest.param(SUN, "Receive, Send", {"accepted": None}, ("onpremises", "internet"), id="no accepted domains, sent"),
]


def _lens(changes: dict[str, Any]) -> Any:
    return lens(**{"accepted": DOMAINS, "directory": LISTED, **changes})


@pytest.mark.parametrize("recipient, status, changes, places", DESTINATIONS)
def test_the_first_that_knows_says_where_a_recipient_is(
    recipient: str, status: str | None, changes: dict[str, Any], places: tuple[str, ...]
) -> None:
    """The row's own delivery, then the list, then declared domains, then the domain; else it stays open."""
    seen = _lens(changes)
    assert destination_of(seen.recipient(recipient), read_status(None, status), seen).possible == places


@pytest.mark.parametrize(
    "recipient, status, changes, contradicted",
    [
        pytest.param(JOHN, "Receive, Deliver", {}, True, id="delivered, listed on-premises"),
        pytest.param(GUEST, "Receive, Deliver", {}, True, id="delivered, listed as external"),
        pytest.param(BOB, "Receive, Send", {}, True, id="sent, listed in the cloud, no way round"),
        pytest.param(BOB, "Receive, Send", {"outbound": (CMT,)}, False, id="sent, but on its way round"),
        pytest.param(BOB, "Receive, Deliver", {}, False, id="delivered as listed"),
        pytest.param(NEWCOMER, "Receive, Deliver", {}, False, id="delivered, in no list"),
        pytest.param(JOHN, "Delivered", {}, False, id="a summary word contradicts nothing"),
    ],
)
def test_a_row_that_contradicts_the_list_is_believed_and_marked(
    recipient: str,
    status: str,
    changes: dict[str, Any],
    contradicted: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """The row wins over the recipients list, and the contradiction is kept for MF412."""
    seen = _lens(changes)
    found = destination_of(seen.recipient(recipient), read_status(None, status), seen)
    assert found.contradicted is contradicted


@pytest.mark.parametrize(
    "recipient, event, status, changes, refused",
    [
        pytest.param(NEWCOMER, None, "Failed", {"directory_complete": True}, True, id="nobody has the address"),
        pytest.param(NEWCOMER, "FAIL", "550 5.1.10", {"directory_complete": True}, True, id="event"),
        pytest.param(NEWCOMER, None, "Failed", {}, False, id="the list may be incomplete"),
        pytest.param(NEWCOMER, None, "Failed", {"directory": None, "directory_complete": True}, False, id="no list"),
        pytest.param(BOB, None, "Failed", {"directory_complete": True}, False, id="somebody has it"),
        pytest.param(RELAYED, None, "Failed", {"directory_complete": True}, False, id="InternalRelay is relayed"),
        pytest.param(SUN, None, "Failed", {"directory_complete": True}, False, id="not our domain"),
        pytest.param(NEWCOMER, None, "Delivered", {"directory_complete": True}, False, id="delivered: it exists"),
        pytest.param(NEWCOMER, "SEND", None, {"directory_complete": True}, False, id="sent: it exists"),
    ],
)
def test_only_a_complete_list_shows_that_nobody_has_an_address(
    recipient: str,
    event: str | None,
    status: str | None,
    changes: dict[str, Any],
    refused: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """An authoritative domain refuses an unknown recipient (3.2), unless the message was delivered or sent."""
    seen = _lens(changes)
    assert recipient_refused(seen.recipient(recipient), read_status(event, status), seen) is refused


# ------------------------------------------------------------------------------------ origin

ANYWHERE = ("cloud", "onpremises", "internet")
TENANT_SENDER = "teams@contoso.onmicrosoft.com"
FILTER = Service("filter", addresses=networks("198.51.100.0/24"), connectors=("To filter",))
NOTHING_DECLARED = {"onpremises_addresses": ()}
HOST = {"onpremises_hosts": ("*.corp.contoso.com",)}
OUT, IN, UNSAID = Direction.OUTBOUND, Direction.INBOUND, Direction.UNSTATED

ORIGINS = [
    # sender, address, host, direction, changes, places, weak
    pytest.param(JOHN, OUR_SERVER, "", IN, {}, ("onpremises",), False, id="declared address"),
    pytest.param(SUN, OUR_SERVER, "", IN, {}, ("onpremises",), False, id="declared address, foreign sender"),
    pytest.param(JOHN, OUR_SERVER, "", OUT, {}, ("onpremises",), False, id="declared address, outbound, not cloud"),
    pytest.param(JOHN, FOREIGN_HOST, "ex1.corp.contoso.com", IN, HOST, ("onpremises",), False, id="declared host"),
    pytest.param(JOHN, FOREIGN_HOST, "ex1.contoso.com", IN, HOST, ("onpremises",), True, id="another host: by list"),
    pytest.param(BOB, OUR_SERVER, "", OUT, {}, EITHER, False, id="people behind the servers' NAT"),
    pytest.param(BOB, OUR_SERVER, "", IN, {}, ("onpremises",), False, id="the same address, but inbound"),
    pytest.param(BOB, OUR_SERVER, "", UNSAID, {}, ("onpremises",), False, id="the same address, direction unsaid"),
    # a cloud mailbox and an outbound row
    pytest.param(BOB, FOREIGN_HOST, "", OUT, {}, ("cloud",), False, id="cloud mailbox, whatever the address"),
    pytest.param(BOB, "", "", OUT, {}, ("cloud",), False, id="cloud mailbox, blank address"),
    pytest.param(BOB, "", "", Direction.INTERNAL, {}, ("cloud",), False, id="cloud mailbox, within the organization"),
    pytest.param(TENANT_SENDER, FOREIGN_HOST, "", OUT, {}, ("cloud",), False, id="the tenant's own sender"),
    pytest.param(TENANT_SENDER, FOREIGN_HOST, "", IN, {}, ANYWHERE, False, id="the tenant's own sender, inbound"),
    pytest.param(
        "x@evil.onmicrosoft.com", FOREIGN_HOST, "", OUT, {}, ("internet",), False, id="another tenant's sender"
    ),
    pytest.param(BOB, "", "", IN, {}, ANYWHERE, False, id="cloud mailbox, inbound: a blank address proves nothing"),
    # partner
    pytest.param(BANKER, FOREIGN_HOST, "", IN, {}, ("partner",), False, id="listed partner"),
    pytest.param(BANKER, FOREIGN_HOST, "", IN, {"partner_domains": ()}, ("internet",), False, id="nobody listed it"),
    # sender domain not accepted
    pytest.param(SUN, FOREIGN_HOST, "", IN, {}, ("internet",), False, id="not accepted: internet"),
    pytest.param(SUN, "", "", IN, {}, ("internet",), True, id="not accepted, blank address: weak"),
    pytest.param(SUN, FOREIGN_HOST, "", IN, NOTHING_DECLARED, ("internet",), True, id="nothing declared: weak"),
    pytest.param(
        SUN, FOREIGN_HOST, "", IN, {"accepted": None}, ANYWHERE, False, id="accepted domains not exported: open"
    ),
    # accepted sender from an undeclared address
    pytest.param(JOHN, FOREIGN_HOST, "", IN, {}, ("onpremises",), True, id="listed on-premises: weak"),
    pytest.param(BOB, FOREIGN_HOST, "", IN, {}, ANYWHERE, False, id="listed in the cloud: open"),
    pytest.param("x@contoso.com", FOREIGN_HOST, "", IN, {}, ANYWHERE, False, id="in no list: open"),
    pytest.param(JOHN, FOREIGN_HOST, "", IN, {"directory": None}, ANYWHERE, False, id="no list: open"),
    # services
    pytest.param(SUN, "198.51.100.7", "", IN, {"services": (FILTER,)}, ("internet",), True, id="by a filter: weak"),
    pytest.param(BANKER, "198.51.100.7", "", IN, {"services": (FILTER,)}, ("partner",), True, id="partner by filter"),
    pytest.param(JOHN, "198.51.100.7", "", IN, {"services": (FILTER,)}, ("onpremises",), True, id="ours by filter"),
    pytest.param(BOB, "198.51.100.7", "", OUT, {"services": (FILTER,)}, ("cloud",), True, id="cloud by filter"),
    pytest.param(
        SUN,
        "198.51.100.7",
        "",
        IN,
        {"services": (FILTER,), "onpremises_addresses": networks("198.51.100.0/24")},
        ("internet",),
        True,
        id="a filter's address says nothing, declared or not",
    ),
    # null senders
    pytest.param("<>", OUR_SERVER, "", IN, {}, ("onpremises",), False, id="null sender, our server"),
    pytest.param("<>", FOREIGN_HOST, "", OUT, {}, ANYWHERE, False, id="null sender on its way out: open"),
    pytest.param(None, FOREIGN_HOST, "", IN, {}, (*ANYWHERE, "partner"), False, id="nobody named: open"),
]


@pytest.mark.parametrize("sender, address, host, direction, changes, places, weak", ORIGINS)
def test_origin_rests_on_address_sender_and_directionality(
    sender: str | None,
    address: str,
    host: str,
    direction: Direction,
    changes: dict[str, Any],
    places: tuple[str, ...],
    weak: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """Declared sources first, then cloud mailboxes on their way out, then the sender's domain."""
    seen = lens(**changes)
    found = origin_of(seen.sender(sender), seen.source(address, host), direction, seen, has_directionality=True)
    assert (found.possible, found.weak) == (places, weak)


@pytest.mark.parametrize(
    "sender, address, places",
    [
        pytest.param(BOB, "", ("cloud",), id="cloud mailbox, blank FromIP"),
        pytest.param(BOB, FOREIGN_HOST, ANYWHERE, id="cloud mailbox, some FromIP"),
        pytest.param("x@contoso.com", "", ANYWHERE, id="no list places the sender"),
        pytest.param(BOB, OUR_SERVER, ("onpremises",), id="our server"),
    ],
)
def test_without_directionality_a_blank_address_speaks_for_the_cloud(
    sender: str, address: str, places: tuple[str, ...]
) -> None:
    """Only where the format has no directionality does a cloud mailbox with a blank FromIP mean cloud."""
    seen = lens()
    source = seen.source(address)
    found = origin_of(seen.sender(sender), source, Direction.UNSTATED, seen, has_directionality=False)
    assert found.possible == places


@pytest.mark.parametrize(
    "word, direction",
    [
        ("Outbound", OUT),
        ("Outgoing", OUT),
        ("Originating", OUT),
        ("inbound", IN),
        ("Incoming", IN),
        ("Undefined", UNSAID),
        ("", UNSAID),
        (None, UNSAID),
    ],
)
def test_directionality_is_read_in_every_spelling(word: str | None, direction: Direction) -> None:
    """Outbound, Outgoing and Originating mean the same; what is none of the known words says nothing."""
    assert direction_of(word) is direction


def test_a_declared_certificate_tells_an_onpremises_origin() -> None:
    """A certificate that mailflow.toml declares as ours places the source on-premises, as an address does."""
    ours = tenant(onpremises_certificates=("mail.contoso.com",))
    decided = analyzer.route(ours, recipient=BOB, sender=SUN, ip=FOREIGN_HOST, certificate="mail.contoso.com")
    assert decided.path == "onpremises>cloud"


def test_one_place_is_known_and_several_are_not() -> None:
    """A place counts as known only where nothing else is possible."""
    assert Places((Place.CLOUD,)).known is Place.CLOUD
    assert Places((Place.CLOUD, Place.ONPREMISES)).known is None


def test_the_logged_connector_decides_neither_place() -> None:
    """No input is inferred from the answer it is compared with."""
    ours = tenant(directory=None)
    cells = {"header_from": "x@contoso.com", "recipient": "y@contoso.com", "connecting_ip": FOREIGN_HOST}
    named = {n: judged(ours, ENHANCED, cells, logged_connector=n) for n in ("To on-premises", "From on-premises", "")}
    assert {(f.origin, f.destination) for f in named.values()} == {(None, None)}


# ------------------------------------------------------------------------------ status words

REFUSED, SENT_ON = {"failed": True}, {"arrived": True}
INTO, OUT_OF = {"side": Side.INBOUND}, {"side": Side.OUTBOUND}


@pytest.mark.parametrize(
    "event, words, facts",
    [
        (None, "Receive, Deliver", {**SENT_ON, "deliver": True}),
        (None, "Receive, Send", {**SENT_ON, "send": True}),
        (None, "receive; SEND", {**SENT_ON, "send": True}),
        (None, "Delivered", SENT_ON),  # sent mail too
        (None, "Receive, Send, Fail", {**REFUSED, "send": True}),
        (None, "Receive, Fail", REFUSED),
        (None, "Failed: 550 5.1.10 not found", {**REFUSED, "code": "5.1.10"}),
        (None, "Receive, Resolve", {"forwarded": True}),
        (None, "Redirected, Send", {**SENT_ON, "forwarded": True, "send": True}),
        (None, "Redirect, Resolve, Deliver", {**SENT_ON, "forwarded": True, "deliver": True}),
        (None, "Expanded", {"idle": "group-expansion"}),
        (None, "Receive, Expand", {"idle": "group-expansion"}),
        (None, "Pending", {"idle": "pending"}),
        (None, "Receive, Defer", {"idle": "pending"}),
        (None, "None", {"idle": "pending"}),
        (None, "gettingStatus", {"idle": "pending"}),
        (None, "Receive", {"idle": "pending"}),
        (None, "Receive,", {"idle": "pending"}),
        (None, "Receive, Transfer", {}),
        (None, "Delivered, Inbox/folder", {**SENT_ON, "deliver": True}),  # EmailEvents
        (None, "Junked, Junk folder", {**SENT_ON, "deliver": True}),
        (None, "Junked, Junk", {**SENT_ON, "deliver": True}),
        (None, "Delivered, Deleted items", {**SENT_ON, "deliver": True}),
        (None, "Delivered, On-premises/External", {**SENT_ON, "send": True}),
        (None, "Blocked, Quarantine", {"idle": "quarantined"}),
        (None, "Blocked, Dropped", {"idle": "dropped"}),
        (None, "Blocked", {"idle": "dropped"}),
        (None, "Blocked, Failed", REFUSED),
        (None, "Quarantined", {"idle": "quarantined"}),
        (None, "FilteredAsSpam", {"idle": "quarantined"}),
        (None, "Receive, Drop", {"idle": "dropped"}),
        (None, None, {}),
        ("DELIVER", "", {**SENT_ON, **OUT_OF, "deliver": True}),
        ("Send external", "", {**SENT_ON, **OUT_OF, "send": True}),
        ("SEND", "250 2.0.0 OK", {**SENT_ON, **OUT_OF, "send": True, "code": "2.0.0"}),
        ("SENDEXTERNAL", "250 2.1.5", {**SENT_ON, **OUT_OF, "send": True, "code": "2.1.5"}),
        ("fail", "550 5.7.64 TenantAttribution; Relay Access Denied", {**REFUSED, **OUT_OF, "code": "5.7.64"}),
        ("RECEIVE", "To", {**SENT_ON, **INTO}),
        ("RECEIVE", "Dropped", {**SENT_ON, **INTO}),  # only these two words of a RECEIVE say that nobody routes it
        ("RECEIVE", "DSN", {**SENT_ON, **INTO, "idle": "delivery-report"}),
        ("RECEIVE", "JOURNAL", {**SENT_ON, **INTO, "idle": "journal-copy"}),
    ],
)
def test_the_words_of_office365_say_these_things_and_no_others(
    event: str | None, words: str | None, facts: dict[str, Any]
) -> None:
    """Delivery, sending, failure, forwards, side, code: everything that a row's event and status say, as a whole."""
    assert read_status(event, words) == StatusFacts(**facts)


@pytest.mark.parametrize(
    "event, words, facts",
    [
        ("SMTP", "status=sent (250 2.0.0 queued)", {**SENT_ON, "code": "2.0.0"}),
        ("LOCAL", "status=sent (delivered to mailbox)", {**SENT_ON, "deliver": True}),
        ("PIPE", "status=sent (delivered via dovecot service)", {**SENT_ON, "deliver": True}),
        ("SENDMAIL", "mailer=local, dsn=2.0.0, stat=Sent", {**SENT_ON, "deliver": True, "code": "2.0.0"}),
        ("SMTP", "status=bounced (host said: 550 5.1.1 unknown)", {**REFUSED, "code": "5.1.1"}),
        ("SMTP", "status=expired", REFUSED),
        ("SMTP", "status=deferred (451 4.7.500 busy)", {**SENT_ON, "code": "4.7.500"}),
        ("SMTPD", "reject: RCPT from unknown: 554 5.7.1 denied", {**REFUSED, "code": "5.7.1"}),
        ("CLEANUP", "milter-reject: END-OF-MESSAGE", REFUSED),
        ("SMTP", "550 5.7.64 relay denied", {**REFUSED, "code": "5.7.64"}),
        ("SMTP", "550-5.7.64 relay denied", {**REFUSED, "code": "5.7.64"}),
        ("SENDEXTERNAL", "250 2.1.5 OK", {**SENT_ON, "send": True, "side": Side.OUTBOUND, "code": "2.1.5"}),
        ("DELIVER", None, {**SENT_ON, "deliver": True, "side": Side.OUTBOUND}),
        ("fail", "LED=550 5.7.51 not allowed; 550 4.4.7 expired", {**REFUSED, "side": Side.OUTBOUND, "code": "5.7.51"}),
        ("RECEIVE", "", {**SENT_ON, "side": Side.INBOUND}),
        ("RECEIVE", "DSN", {**SENT_ON, "side": Side.INBOUND, "idle": "delivery-report"}),
        ("RECEIVE", "journal", {**SENT_ON, "side": Side.INBOUND, "idle": "journal-copy"}),
        ("RECEIVE", "Pending", {**SENT_ON, "side": Side.INBOUND}),
        ("SEND", "DSN", {**SENT_ON, "send": True, "side": Side.OUTBOUND}),
        (None, None, SENT_ON),
    ],
)
def test_an_own_servers_words_say_these_things_and_no_others(
    event: str | None, words: str | None, facts: dict[str, Any]
) -> None:
    """Delivery, sending, refusal, side, code: everything that a row of an own server's log says, as a whole."""
    assert read_server_status(event, words) == StatusFacts(**facts)


@pytest.mark.parametrize(
    "cells, hop",
    [
        ((None, None, None), Hop()),
        (("", "", ""), Hop()),
        (("ex1", "192.0.2.10:25", "203.0.113.9"), Hop("ex1", IPv4Address(FOREIGN_HOST), IPv4Address(OUR_SERVER), 25)),
        (("ex1", "[2001:db8::10]:587", None), Hop("ex1", None, IPv6Address("2001:db8::10"), 587)),
        ((None, "192.0.2.10", "no address"), Hop()),
        ((None, "192.0.2.10:smtp", None), Hop(local=IPv4Address(OUR_SERVER))),
    ],
)
def test_a_session_is_read_from_its_cells(cells: tuple[str | None, str | None, str | None], hop: Hop) -> None:
    """Server, client, local address and port, each as far as its cell is readable; the rest stays unknown."""
    assert hop_of(*cells) == hop
