"""SMTP protocol logs: messages put together from the lines of interleaved sessions."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.formats import sessions
from analyzer.formats.exchange_layout import PROTOCOL_FIELDS
from analyzer.formats.sessions import Line, Sessions
from tests.formats.reading import Reading, csv_text, read, write
from tests.formats.test_cutting import in_all_sizes

HEADER = "#Log-type: SMTP Send Protocol Log\r\n#Fields: " + ",".join(PROTOCOL_FIELDS) + "\r\n"
MAIL, RCPT, TO_ANOTHER = "> MAIL FROM:<a@contoso.com> SIZE=90", "> RCPT TO:<b@example.org>", "> RCPT TO:<c@example.org>"
SENDER_OK, OK, NO = "< 250 2.1.0 Sender OK", "< 250 2.1.5 Recipient OK", "< 550 5.7.64 TenantAttribution"
DATA, GO_ON, QUEUED = (
    "> DATA",
    "< 354 Start",
    "< 250 2.6.0 <m@contoso.com> [InternalId=7, Hostname=AB1.OUTLOOK.COM] Queued",
)


def text(*lines: str, session: str = "08DE04A7C0DE0102") -> str:
    """Write lines of a session: the event, then the data, then after a bar the context."""
    rows = []
    for number, line in enumerate(lines):
        data, _, context = line[2:].partition("|")
        cells = ("2026-10-05T06:10:00.010Z", "To Office 365", session, str(number), "192.0.2.10:24518")
        rows.append(dict(zip(PROTOCOL_FIELDS, (*cells, "203.0.113.70:25", line[0], data, context), strict=True)))
    return csv_text(*rows).split("\r\n", 1)[1]


def said(folder: Path, *lines: str) -> Reading:
    """Read the lines of one session."""
    return read(write(folder, HEADER + text(*lines), "send.log"))


@pytest.mark.parametrize(
    "lines, expected",
    [
        ((MAIL, SENDER_OK, RCPT, OK, DATA, GO_ON, QUEUED), [("b", "250 2.6.0")]),
        ((MAIL, RCPT, TO_ANOTHER, SENDER_OK, OK, OK, DATA, GO_ON, QUEUED), [("b", "250 2.6.0"), ("c", "250 2.6.0")]),
        ((MAIL, RCPT, TO_ANOTHER, SENDER_OK, NO, OK, DATA, GO_ON, QUEUED), [("b", "550 5.7.6"), ("c", "250 2.6.0")]),
        ((MAIL, RCPT, QUEUED), [("b", "250 2.6.0")]),  # gaps in the sequence numbers
        ((MAIL, SENDER_OK, RCPT, OK, DATA, GO_ON, "< 554 5.2.0 no"), [("b", "554 5.2.0")]),
        ((MAIL, RCPT, "< 530 5.7.1 not you", "< 503 5.5.2 need mail"), [("b", "530 5.7.1")]),
        ((MAIL, "< 250 OK", RCPT, "< 250 OK", DATA, GO_ON, "< 250 OK queued"), [("b", "250 OK qu")]),
        ((MAIL, SENDER_OK, RCPT, OK, "> BDAT 90 LAST", "< 250 2.0.0 taken"), [("b", "250 2.0.0")]),
        ((MAIL, SENDER_OK, RCPT, OK, "> RSET", "< 250 2.0.0 reset", DATA, "< 503 5.5.1 bad"), []),
        ((MAIL, SENDER_OK, RCPT, OK, DATA, GO_ON, QUEUED, QUEUED), [("b", "250 2.6.0")]),  # a true duplicate
        ((MAIL, RCPT, "- |Remote"), [("b", None)]),
        (("> AUTH LOGIN", "< 535 5.7.3 no"), []),
        (("- |Local",), []),
    ],
)
def test_a_reply_answers_its_recipients(
    tmp_path: Path, lines: tuple[str, ...], expected: list[tuple[str, str | None]]
) -> None:
    """Each recipient gets its own answer, or that of the whole message, though lines are missing or repeated."""
    found = said(tmp_path, *lines)
    rows = [(row["recipient"][0], row["delivery_status"] and row["delivery_status"][:9]) for row in found.rows]

    assert rows == expected
    assert found.records == len(lines)


def test_a_message_has_its_session_and_envelope(tmp_path: Path) -> None:
    """Connector, peer, TLS and certificate come from the session, sender and size from MAIL FROM."""
    dates = "2026-05-01T00:00:00.000Z 2027-05-01T00:00:00.000Z"
    shown = f"*  CN=mail.contoso.com CN=CA 12 0A {dates} mail.contoso.com;x.contoso.com"
    tls = "* |TLS protocol SP_PROT_TLS1_2_CLIENT negotiation succeeded using more"
    (row,) = said(tmp_path, f"{shown}|Sending certificate Subject", tls, MAIL, RCPT, QUEUED).rows

    assert (
        row
        | {
            "message_id": "<m@contoso.com>",
            "envelope_sender": "a@contoso.com",
            "size": 90,
            "event": "SEND",
            "connecting_ip": None,
            "next_hop": "AB1.OUTLOOK.COM[203.0.113.70]",
            "tls_version": "SP_PROT_TLS1_2_CLIENT",
            "certificate": "mail.contoso.com;x.contoso.com",
            "logged_connector": "To Office 365",
            "logged_inbound": None,
            "logged_outbound": "To Office 365",
        }
        == row
    )


@pytest.mark.parametrize(
    "lines, certificate",
    [
        ((), None),
        (("* |Client certificate chain validation status: 'EmptyCertificate'",), ""),
        (("* |TlsDomainCapabilities='None'; Status='NoRemoteCertificate'",), ""),
        (("* |Sending certificate", "* CN=ex1.contoso.com|Certificate subject"), None),
        (
            (
                "* |Received certificate",
                "* CN=mail.contoso.com, O=Contoso|Certificate subject",
                "* CN=Contoso CA|Certificate issuer name",
                "* mail.contoso.com;b.contoso.com|Certificate alternate names",
            ),
            "mail.contoso.com;b.contoso.com",
        ),
    ],
)
def test_of_an_arrival_the_clients_certificate_counts(
    tmp_path: Path, lines: tuple[str, ...], certificate: str | None
) -> None:
    """Our own certificate says nothing of who came; that there was none is another thing than silence."""
    commands = tuple(line.replace("> ", "< ") for line in (MAIL, RCPT))
    (row,) = said(tmp_path, *lines, *commands, QUEUED.replace("< ", "> ")).rows

    assert (row["event"], row["certificate"]) == ("RECEIVE", certificate)
    assert (row["connecting_ip"], row["next_hop"], row["logged_inbound"]) == ("203.0.113.70", None, "To Office 365")


def test_lines_that_answer_nobody_are_noise(tmp_path: Path) -> None:
    """Every line is counted: lines of a session, connects that failed, comments."""
    found = said(tmp_path, "* |attempting to connect", "* |Failed to connect. Winsock error code: 10061", "+ ")

    assert (found.rows, found.rejects, found.noise) == ([], [], {"session-line": 2, "failed-connect": 1})


def test_recipients_without_an_answer_are_said(tmp_path: Path) -> None:
    """Where a session goes on in the next file, the books say how many recipients lack their answer."""
    assert said(tmp_path, MAIL, RCPT, TO_ANOTHER).log.notes[0].startswith("2 recipients have no answer yet")
    assert said(tmp_path, MAIL, RCPT, QUEUED).log.notes == ()


def test_a_session_that_is_silent_for_long_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory holds the sessions under way; one that ended, or lacks its end, does not stay."""
    monkeypatch.setattr(sessions, "REMEMBERED_LINES", 10)
    under_way = Sessions()
    under_way.line("a", Line(1, "", ">", MAIL[2:], ""))
    under_way.line("b", Line(2, "", ">", MAIL[2:], ""))
    under_way.line("b", Line(3, "", "-", "", ""))
    assert len(under_way) == 1
    assert under_way.line("a", Line(20, "", "<", "250 2.6.0 <m@contoso.com>", "")) == ()
    under_way.forget(40)
    assert len(under_way) == 0


PIECES = [MAIL, RCPT, TO_ANOTHER, SENDER_OK, OK, NO, DATA, GO_ON, QUEUED, "- |Local", "* |attempting to connect"]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.sampled_from("AB"), st.sampled_from(PIECES)), max_size=14), st.integers(1, 900))
def test_sessions_read_alike_in_chunks_of_any_size(pieces: list[tuple[str, str]], size: int) -> None:
    """Rows and noise do not depend on where the file is cut, although sessions run across."""
    lines = "".join(text(line, session=name) for name, line in pieces)
    in_all_sizes((HEADER + lines + HEADER + "\r\ntoo,few\r\n" + lines.rstrip()).encode(), [size, 3 * size], "send.log")
