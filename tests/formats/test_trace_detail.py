"""Message trace details: one row an event, its facts in XML and in what other rows of its message say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from analyzer.formats import Evidence
from analyzer.formats.graph_detail import GRAPH_DETAIL
from analyzer.formats.trace_detail import TRACE_DETAIL
from tests.formats.reading import DETAIL, GRAPH_EVENT, csv_text, json_lines, read, write

INBOUND = "S:tlsversion=TLS1_3;'S:InboundConnectorData=Name=Inbound from plant;ConnectorType=OnPremises'"
OUTBOUND = "S:Microsoft.Exchange.Hygiene.TenantOutboundConnectorCustomData=Name=Outbound to plant| Name=To lab;S:a=b"
RULE = {"Event": "Transport rule", "Action": "RouteMessageUsingConnector"}
DEFAULT = r"AB1P000MB0001\Default AB1P000MB0001"


def data(**elements: str) -> str:
    """Write Data as the cmdlet gives it."""
    return "<root>" + "".join(f'<MEP Name="{name}" String="{text}"/>' for name, text in elements.items()) + "</root>"


def one(folder: Path, **change: str) -> dict[str, Any]:
    """Read a single event."""
    (row,) = read(write(folder, csv_text(DETAIL | change))).rows
    return row


@pytest.mark.parametrize("word", ["Receive", "RECEIVE", " receive "])
def test_events_have_the_tracking_logs_names(tmp_path: Path, word: str) -> None:
    """Event names are compared in any case, by their beginning."""
    assert one(tmp_path, Event=word)["event"] == "RECEIVE"


@pytest.mark.parametrize(
    "word, expected",
    [("Send external", "SENDEXTERNAL"), ("Send", "SEND"), ("Delivered", "DELIVER"), ("Failed", "FAIL")],
)
def test_what_routes_a_message_is_a_row(tmp_path: Path, word: str, expected: str) -> None:
    """A sending keeps its kind; other words are those that the tracking log has for the same event."""
    assert one(tmp_path, Event=word)["event"] == expected


def test_other_events_are_noise_by_kind(tmp_path: Path) -> None:
    """What routes nothing is counted by name."""
    words = ["Submit", "Transport rule", "DLP rule", "Expand", "Defer", "Journal", "Malware", "Transfer"]
    found = read(write(tmp_path, csv_text(*(DETAIL | {"Event": word} for word in words))))

    assert (found.rows, sum(found.noise.values())) == ([], len(words))
    assert found.noise["event-transportrule"] == 1


@pytest.mark.parametrize("kind", ["String", "Integer", "Long", "Blob", "Double", "Bool", "DateTime"])
def test_the_value_of_an_element_stands_in_any_attribute(tmp_path: Path, kind: str) -> None:
    """Exporters find values in seven attributes; the name of the attribute does not matter."""
    text = f'<root><MEP Name="FirstForestHop" Bool="true"/><MEP Name="ReturnPath" {kind}="a@contoso.com"/></root>'

    assert one(tmp_path, Data=text)["envelope_sender"] == "a@contoso.com"


@pytest.mark.parametrize(
    "text, expected",
    [
        ('<root><MEP Name="ReturnPath" String="a@contoso.com', "a@contoso.com"),  # cut short
        ("<root><MEP Name='ReturnPath' String='a@contoso.com'/></root>", "a@contoso.com"),
        ('<mep name = "returnpath"  string = "a@contoso.com" >', "a@contoso.com"),
        ('<root><MEP ... String="Message Body" /></root>', None),  # Microsoft's own example
        ('<root><MEP Name="ReturnPath" String="&lt;&gt;"/></root>', "<>"),
        ('<root><MEP Name="ReturnPath" String=""/></root>', None),
        ("no XML at all", None),
        ("", None),
    ],
)
def test_data_is_read_forgivingly(tmp_path: Path, text: str, expected: str | None) -> None:
    """What of the Data can be read is read; the rest is silence, not a reject."""
    assert one(tmp_path, Data=text)["envelope_sender"] == expected


@pytest.mark.parametrize(
    "event, elements, expected",
    [
        ("Receive", {"CustomData": INBOUND}, ("", "Inbound from plant", None)),
        ("Receive", {"CustomData": INBOUND.replace("'", "&apos;")}, ("", "Inbound from plant", None)),
        ("Receive", {"CustomData": INBOUND, "ConnectorId": DEFAULT}, (DEFAULT, "Inbound from plant", None)),
        ("Receive", {"ConnectorId": DEFAULT}, (DEFAULT, None, None)),
        ("Receive", {"ConnectorId": r"AB1\Client Proxy AB1"}, (None, None, None)),
        ("Receive", {"ConnectorId": "Inbound from plant"}, ("Inbound from plant", None, None)),
        ("Receive", {"CustomData": "S:tlsversion=TLS1_3"}, ("", None, None)),
        ("Receive", {"ClientIP": "192.0.2.1"}, (None, None, None)),
        ("Send external", {"CustomData": OUTBOUND}, ("", None, "Outbound to plant| To lab")),
        ("Send external", {"CustomData": "S:tlsversion=TLS1_3"}, ("", None, None)),
        ("Send external", {"CustomData": INBOUND}, ("", None, None)),
        ("Send external", {}, (None, None, None)),
        ("Deliver", {"CustomData": OUTBOUND}, ("", None, None)),
        ("Fail", {"CustomData": OUTBOUND}, ("", None, "Outbound to plant| To lab")),
    ],
)
def test_connectors_are_on_the_side_of_their_event(
    tmp_path: Path, event: str, elements: dict[str, str], expected: tuple[str | None, ...]
) -> None:
    """A name in the custom data says its side; without custom data the log is silent, not "no connector"."""
    row = one(tmp_path, Event=event, Data=data(**elements))

    assert (row["logged_connector"], row["logged_inbound"], row["logged_outbound"]) == expected


@pytest.mark.parametrize(
    "detail, status, hop",
    [
        (
            "Reason: [{LED=550 5.7.64 TenantAttribution; Relay Access Denied};{MSG=};{FQDN=a.test};{IP=192.0.2.7}]",
            "550 5.7.64 TenantAttribution; Relay Access Denied",
            "192.0.2.7",
        ),
        ("Reason: [{LED=450 4.4.317 [LastAttemptedServerName=b.exam", "450 4.4.317 [LastAttempted", "b.exam"),
        ("Reason: [{LED=4.4.1 [LastAttemptedIP=192.0.2.7:25] late};{MSG=", "4.4.1 [LastAttemptedIP=", "192.0.2.7"),
        ("Reason: [{LED=5.4.1};{IP=2001:db8::7};", "5.4.1", "2001:db8::7"),
        ("The mailbox is full.", "The mailbox is full.", None),
    ],
)
def test_a_failure_says_why_and_where(tmp_path: Path, detail: str, status: str, hop: str | None) -> None:
    """The last error is taken out of the text of a failure, however short it was cut."""
    row = one(tmp_path, Event="Fail", Detail=detail)

    assert row["delivery_status"].startswith(status)
    assert row["next_hop"] == hop


def test_the_arrival_tells_the_other_events_of_its_message(tmp_path: Path) -> None:
    """Client and MAIL FROM stand at the arrival, and hold for every event of the message, in any order."""
    arrival = data(ClientIP="198.51.100.10", ReturnPath="bounce@fabrikam.com")
    sent = DETAIL | {"Event": "Send external", "Data": data(ClientIP="10.0.0.1", CustomData=OUTBOUND)}
    other = sent | {"MessageTraceId": "2b9e6f3a-51c7-4d0e-8a44-08dd6a11c2e1"}
    found = read(write(tmp_path, csv_text(sent, DETAIL | {"Data": arrival}, other)))

    assert found.column("connecting_ip") == ["198.51.100.10", "198.51.100.10", ""]
    assert found.column("envelope_sender") == ["bounce@fabrikam.com", "bounce@fabrikam.com", None]


def test_the_spam_filters_client_stands_in(tmp_path: Path) -> None:
    """Where the arrival names no client, the address that the spam filter saw is taken."""
    rows = [DETAIL, DETAIL | {"Event": "Spam", "Data": data(CIP="198.51.100.11")}]

    assert read(write(tmp_path, csv_text(*rows))).column("connecting_ip") == ["198.51.100.11"]


def test_a_rules_redirect_marks_the_same_recipients_sending(tmp_path: Path) -> None:
    """RouteMessageUsingConnector stands at the rule; it says so of the recipient it concerned, and of no other."""
    sent = DETAIL | {"Event": "Send external"}
    other = sent | {"RecipientAddress": "pat@contoso.com"}
    rule = DETAIL | RULE | {"RecipientAddress": "MICHELLE@contoso.com"}
    found = read(write(tmp_path, csv_text(sent, other, rule)))

    assert found.column("routed_by_rule") == [True, False]


@pytest.mark.parametrize("size", [400, 900, 16 << 20])
def test_chunks_see_over_their_edges(tmp_path: Path, size: int) -> None:
    """A rule's note and the sending find each other although they lie in different chunks, either way round."""
    rule = DETAIL | RULE
    sent = DETAIL | {"Event": "Send external"}
    late = {"MessageTraceId": "2b9e6f3a-51c7-4d0e-8a44-08dd6a11c2e1"}
    path = write(tmp_path, csv_text(rule, sent, sent | late, rule | late))

    assert read(path, size=size).column("routed_by_rule") == [True, True]


@pytest.mark.parametrize("word", ["Resolved", "Redirect", "Drop"])
def test_what_follows_a_replacement_is_of_another_recipient(tmp_path: Path, word: str) -> None:
    """Later events belong to the related recipient; where none is named they are noise, and the arrival stays."""
    mark, sent = DETAIL | {"Event": word}, DETAIL | {"Event": "Send external"}
    named = mark | {"Data": data(RelatedRecipient="new@contoso.com")}
    unnamed = read(write(tmp_path, csv_text(DETAIL, mark, sent)))
    found = read(write(tmp_path, csv_text(DETAIL, sent, named), "named.csv"))
    two = read(
        write(tmp_path, csv_text(sent, named, mark | {"Data": data(RelatedRecipient="b@contoso.com")}), "two.csv")
    )

    assert (unnamed.column("event"), unnamed.noise["recipient-replaced"]) == (["RECEIVE"], 1)
    assert found.column("recipient") == ["michelle@contoso.com", "new@contoso.com"]
    assert found.column("forwarded") == [False, True]
    assert (two.rows, two.noise["recipient-replaced"]) == ([], 1)


def test_rows_of_no_message_are_not_joined(tmp_path: Path) -> None:
    """Where ids are missing, nothing is taken over from rows that merely lack them too."""
    blank = {"MessageTraceId": "", "MessageId": ""}
    rule = DETAIL | blank | RULE
    found = read(write(tmp_path, csv_text(rule, DETAIL | blank | {"Event": "Send"})))

    assert found.column("routed_by_rule") == [False]


def test_graphs_details_read_alike(tmp_path: Path) -> None:
    """The same event under Graph's names gives the same row."""
    text = data(CustomData=INBOUND, ClientIP="198.51.100.10", ReturnPath="<>".replace("<", "&lt;").replace(">", "&gt;"))
    (row,) = read(write(tmp_path, json_lines([GRAPH_EVENT | {"data": text}]), "log.ndjson")).rows
    expected = one(tmp_path, Data=text, SenderAddress="")

    assert row == expected


def test_details_without_a_recipient_say_what_to_add(tmp_path: Path) -> None:
    """Graph's answer names no recipient: every row is a reject that says what the exporter must add."""
    answered = {key: value for key, value in GRAPH_EVENT.items() if key != "recipientAddress"}
    found = read(write(tmp_path, json_lines([answered, answered]), "log.ndjson"))

    assert (found.log.format.name, found.rows, found.rejected()) == ("graph-detail", [], [1, 2])
    assert all("add recipientAddress" in reason for _, reason, _ in found.rejects)


def test_they_state_a_connector_for_each_event() -> None:
    """The formats' events tell the side."""
    assert {TRACE_DETAIL.evidence, GRAPH_DETAIL.evidence} == {Evidence.PER_EVENT}
