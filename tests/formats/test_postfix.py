"""Postfix and sendmail: syslog lines joined by queue id."""

from __future__ import annotations

import os
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.errors import LogError
from analyzer.evidence import read_server_status
from analyzer.formats.stamps import dated
from analyzer.formats.syslog import ANY_HEAD, BEGUN_BEFORE, USUAL_HEAD
from tests.formats.reading import Reading, read, write
from tests.formats.test_cutting import in_all_sizes

BEGUN = """\
2026-10-05T06:00:00Z relay1 postfix/smtpd[1]: ABCDEF0: client=pc.contoso.com[192.0.2.61]
2026-10-05T06:00:01Z relay1 postfix/cleanup[2]: ABCDEF0: message-id=<a@contoso.com>
2026-10-05T06:00:02Z relay1 postfix/qmgr[3]: ABCDEF0: from=<app@contoso.com>, size=80, nrcpt=1 (queue active)
"""
MX = "mx.example.org[203.0.113.9]:25"
SENT = f"to=<bob@contoso.com>, relay={MX}, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 OK)"


def lines(folder: Path, text: str, *, day: date = date(2026, 10, 31)) -> Reading:
    """Read lines of a file that was last written to on a day."""
    path = write(folder, text, "mail.log")
    at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp()
    os.utime(path, (at, at))
    return read(path)


def one(folder: Path, text: str, program: str = "postfix/smtp[9]") -> dict[str, Any]:
    """Read one line that stands for a recipient, after those that begin its message."""
    (row,) = lines(folder, f"{BEGUN}2026-10-05T06:00:03Z relay1 {program}: {text}\n").rows
    return row


def test_a_status_line_is_told_what_earlier_lines_say(tmp_path: Path) -> None:
    """Client, Message-ID, sender and size come from the lines of the same queue id."""
    row = one(tmp_path, f"ABCDEF0: {SENT}")

    assert (
        row
        | {
            "received_at": datetime(2026, 10, 5, 6, 0, 3, tzinfo=UTC),
            "message_id": "<a@contoso.com>",
            "envelope_sender": "app@contoso.com",
            "header_from": None,
            "recipient": "bob@contoso.com",
            "size": 80,
            "event": "SMTP",
            "delivery_status": "dsn=2.0.0, status=sent (250 OK)",
            "directionality": None,
            "connecting_ip": "192.0.2.61",
            "connecting_host": "pc.contoso.com",
            "next_hop": "mx.example.org[203.0.113.9]",
            "logged_connector": None,
            "source_row": 4,
        }
        == row
    )


@pytest.mark.parametrize(
    "text, column, expected",
    [
        (SENT.replace("<bob@contoso.com>", "bob@contoso.com"), "recipient", "bob@contoso.com"),
        (SENT.replace(", relay", ", orig_to=<x@contoso.com>, relay"), "recipient", "bob@contoso.com"),
        (SENT.replace(MX, "none"), "next_hop", None),
        (SENT.replace(MX, "dovecot"), "next_hop", "dovecot"),
        (SENT.replace(MX, "mx.example.org[2001:db8::9]:25"), "next_hop",
         "mx.example.org[2001:db8::9]"),
        (SENT.replace(MX, "mx.example.org[private/dovecot-lmtp]"), "next_hop",
         "mx.example.org"),
        (SENT + " 7", "delivery_status", "dsn=2.0.0, status=sent (250 OK) 7"),
    ],
)  # fmt: skip
def test_cells_keep_their_meaning(tmp_path: Path, text: str, column: str, expected: object) -> None:
    """A status line comes in many shapes."""
    assert one(tmp_path, f"ABCDEF0: {text}")[column] == expected


def test_ids_are_used_again_and_belong_to_their_host(tmp_path: Path) -> None:
    """After `removed`, and on another host, the same id is another message."""
    text = (
        f"{BEGUN}2026-10-05T06:00:03Z relay2 postfix/smtp[9]: ABCDEF0: {SENT}\n"
        f"2026-10-05T06:00:04Z relay1 postfix/qmgr[3]: ABCDEF0: removed\n"
        f"2026-10-05T06:00:05Z relay1 postfix/smtp[9]: ABCDEF0: {SENT}\n"
    )
    found = lines(tmp_path, text)

    assert found.column("envelope_sender") == found.column("message_id") == [None, None]
    assert found.log.notes == (BEGUN_BEFORE,)


def test_the_reply_of_exchange_online_names_the_message(tmp_path: Path) -> None:
    """Where the first lines are missing, the Message-ID is in the answer; a null sender is one."""
    answer = "250 2.6.0 <b@contoso.com> [InternalId=7, Hostname=AB1.EURP000.PROD.OUTLOOK.COM] Queued mail for delivery"
    text = SENT.replace("250 OK", answer)
    found = lines(
        tmp_path,
        f"2026-10-05T06:00:02Z r postfix/qmgr[3]: BADCAFE: from=<>, size=9, nrcpt=1 (queue active)\n"
        f"2026-10-05T06:00:03Z r postfix/smtp[9]: BADCAFE: {text}\n",
    )

    assert found.column("message_id") == ["<b@contoso.com>"]
    assert found.column("envelope_sender") == ["<>"]


@pytest.mark.parametrize(
    "text, kind",
    [
        ("postfix/smtpd[1]: connect from pc.contoso.com[192.0.2.61]", "postfix-smtpd"),
        ("postfix/smtps/smtpd[1]: warning: unknown[192.0.2.61]: SASL LOGIN authentication failed", "postfix-smtpd"),
        ("postfix/qmgr[3]: ABCDEF0: from=<a@contoso.com>>, status=expired, returned to sender", "queue-expired"),
        ("postfix/smtp[9]: ABCDEF0: " + SENT.replace("status=sent", "status=undeliverable"), "address-probe"),
        ("postfix/smtp[9]: ABCDEF0: " + SENT.replace(MX, "127.0.0.1[127.0.0.1]:10024"),
         "internal-hop"),
        ("postfix/smtpd[1]: NOQUEUE: reject: CONNECT from unknown[198.51.100.6]: 554 5.7.1 no", "rejected-connection"),
        ("postfix/smtpd[1]: NOQUEUE: reject: RCPT from unknown[198.51.100.6]: 554 5.7.1 no", "postfix-smtpd"),
        ("postfix/cleanup[2]: ABCDEF0: info: header Subject: Hi from local; from=<a@contoso.com> to=<b@contoso.com>",
         "postfix-cleanup"),
        ("kernel: eth0 up", "other-program"),
        ("something without a program", "without-program"),
    ],
)  # fmt: skip
def test_lines_that_are_no_row_are_noise_by_kind(tmp_path: Path, text: str, kind: str) -> None:
    """Every line is counted: what it told is in the rows, and the line itself is noise."""
    found = lines(tmp_path, f"{BEGUN}2026-10-05T06:00:03Z relay1 {text}\n")

    assert (found.rows, found.rejects, found.records) == ([], [], 4)
    expected = {"postfix-smtpd": 1, "postfix-cleanup": 1, "postfix-qmgr": 1}
    assert found.noise == expected | {kind: expected.get(kind, 0) + 1}


def test_what_cannot_be_read_is_a_reject(tmp_path: Path) -> None:
    """A line without a stamp, with a month that does not exist, or without a recipient."""
    status = SENT.replace("to=<bob@contoso.com>, ", "")
    text = f"{BEGUN}cut off\nFoo  1 00:00:00 relay1 x\nOct  5 06:00:00 r postfix/smtp[9]: ABCDEF0: {status}\n"

    assert lines(tmp_path, text).rejected() == [4, 5, 6]


@pytest.mark.parametrize(
    "stamp, day, expected",
    [
        ("Oct  5 06:00:00", date(2026, 10, 31), "2026-10-05T06:00:00"),
        ("Oct 05 06:00:00", date(2026, 10, 31), "2026-10-05T06:00:00"),
        ("Oct 5 06:00:00.25", date(2026, 10, 31), "2026-10-05T06:00:00.25"),
        ("Dec 31 23:59:59", date(2027, 1, 1), "2026-12-31T23:59:59"),
        ("Jan  1 00:00:01", date(2026, 12, 31), "2027-01-01T00:00:01"),
        ("Jan  2 00:00:01", date(2026, 12, 31), "2026-01-02T00:00:01"),
        ("Nov  1 00:00:01", date(2026, 10, 31), "2026-11-01T00:00:01"),
        ("Nov  2 00:00:01", date(2026, 10, 31), "2025-11-02T00:00:01"),
        ("Foo  1 00:00:00", date(2026, 10, 31), ""),
        ("Oct  5 06:00:00", None, ""),
        ("2026-10-05T06:00:00+02:00", None, "2026-10-05T06:00:00+02:00"),
    ],
)
def test_the_files_date_tells_the_year(stamp: str, day: date | None, expected: str) -> None:
    """A stamp without a year is of the twelve months that end a day after the file's date."""
    assert dated(pa.array([stamp, "2026-01-01T00:00:00Z"]), day)[0].to_pylist() == [expected, "2026-01-01T00:00:00Z"]


def test_a_guessed_year_is_said(tmp_path: Path) -> None:
    """Rows of both kinds of stamps stand in one file, and the note says how the year was found."""
    stamps = ("Dec 31 23:59:59", "2027-01-01T00:00:03+01:00")
    text = "".join(f"{stamp} r postfix/smtp[9]: ABCDEF0: {SENT}\n" for stamp in stamps)
    found = lines(tmp_path, text, day=date(2027, 1, 2))

    assert found.column("received_at") == [
        datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC),
        datetime(2026, 12, 31, 23, 0, 3, tzinfo=UTC),
    ]
    assert "the file's date, 2027-01-02" in found.log.notes[0]


REFUSED = (
    "2026-10-05T06:00:03Z relay1 postfix/smtpd[1]: NOQUEUE: reject: RCPT from u[198.51.100.6]: 454 4.7.1 no; "
    "from=<x@example.org> to=<y@example.net> proto=ESMTP\n"
)
PIECES = [
    *BEGUN.splitlines(keepends=True),
    f"2026-10-05T06:00:03Z relay1 postfix/smtp[9]: ABCDEF0: {SENT}\n",
    f"Oct  5 06:00:03 relay2 postfix/smtp[9]: ABCDEF0: {SENT}\r\n",
    "2026-10-05T06:00:04Z relay1 postfix/qmgr[3]: ABCDEF0: removed\n",
    f"2026-10-05T06:00:03Z ABCDEF0: {SENT}\n",
    REFUSED,
    "\n",
    "no stamp, größer\n",
    "\0\0\0\n",
]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from(PIECES), max_size=12), st.integers(1, 1500), st.sampled_from(["", "cut", "\n"]))
def test_lines_read_alike_in_chunks_of_any_size(pieces: list[str], size: int, end: str) -> None:
    """Rows, rejects, noise and notes do not depend on where the file is cut, although lines are joined."""
    in_all_sizes((BEGUN + "".join(pieces) + end).encode(), [size, 3 * size], "mail.log")


def test_sendmail_lines_are_joined_alike(tmp_path: Path) -> None:
    """Several recipients stand in one line, a host ends in a dot, and who refuses is told."""
    text = (
        "Oct  5 07:55:03 r sm-mta[1]: 52O7t2Wf008841: from=<app@contoso.com>, size=81, class=0, nrcpts=2, "
        "msgid=<m@contoso.com>, relay=pc.contoso.com [192.0.2.80] (may be forged)\n"
        "Oct  5 07:55:04 r sendmail[2]: 52O7t2Wf008841: to=<a@example.org>,<b@example.org>, ctladdr=<app@contoso.com> "
        "(1/1), delay=00:00:01, mailer=esmtp, relay=mx.example.org. [203.0.113.9], dsn=5.7.1, stat=Refused\n"
    )
    found = lines(tmp_path, text)

    assert found.log.format.name == "sendmail"
    assert found.column("recipient") == ["a@example.org", "b@example.org"]
    for column, cell in {
        "message_id": "<m@contoso.com>",
        "envelope_sender": "app@contoso.com",
        "size": 81,
        "connecting_ip": "192.0.2.80",
        "connecting_host": "pc.contoso.com",
        "next_hop": "mx.example.org[203.0.113.9]",
        "delivery_status": "dsn=5.7.1, stat=Refused",
    }.items():
        assert found.column(column) == [cell] * 2


@pytest.mark.parametrize(
    "event, status, failed, deliver, code",
    [
        ("SMTP", "dsn=5.7.64, status=bounced (host x said: 550 5.7.64 TenantAttribution)", True, False, "5.7.64"),
        ("SMTP", "dsn=2.6.0, status=sent (250 2.6.0 <id> Queued)", False, False, "2.6.0"),
        ("SMTP", "dsn=4.4.1, status=deferred (timeout)", False, False, "4.4.1"),
        ("LOCAL", "dsn=2.0.0, status=sent (delivered to mailbox)", False, True, "2.0.0"),
        ("SMTPD", "reject: RCPT from u[198.51.100.6]: 454 4.7.1 no", True, False, "4.7.1"),
        ("SENDMAIL", "dsn=5.1.1, stat=User unknown", True, False, "5.1.1"),
        ("FAIL", "550 5.7.51 TenantInboundAttribution", True, False, "5.7.51"),
        ("DELIVER", None, False, True, None),
    ],
)
def test_a_servers_status_is_read_in_its_own_words(
    event: str, status: str | None, failed: object, deliver: object, code: str | None
) -> None:
    """What failed, what was delivered here, and the code: a refusal by Office 365 stays to be found."""
    found = read_server_status(event, status)

    assert (found.failed, found.deliver, found.code) == (failed, deliver, code)


@pytest.mark.parametrize(
    "text, title",
    [
        ("2026-10-05 06:41:50 1sXyZa-0004bC-1D <= a@contoso.com H=x [192.0.2.1]\n", "a log of Exim"),
        ("Oct  5 06:41:50 h exim[12]: 2026-10-05 1sXyZa\n", "a log of Exim"),
        ("Oct  5 06:41:50 h courierd: newmsg,id=0001\n", "a log of Courier"),
        ("10/05/2026 06:41:50 AM  Router: Message 0012AB34 delivered\n", "Domino"),
        ("[0E3C:0007-0F44] 10/05/2026 06:41:50 AM  SMTP Server: 192.0.2.61 connected\n", "Domino"),
        ("ABCDEF0: to=<a@contoso.com>, relay=none\n", "Postfix without their stamps"),
    ],
)
def test_servers_we_do_not_read_are_named(tmp_path: Path, text: str, title: str) -> None:
    """The refusal says whose log it is and what would be accepted."""
    with pytest.raises(LogError, match=title):
        read(write(tmp_path, text))


WORDS = st.sampled_from(
    ["relay1", "mx.contoso.com", "postfix/smtp[9]:", "postfix/smtp:", "sm-mta[1]:", "ABCDEF0:", "a:b", "[x]", ""]
)
STAMPS = st.sampled_from(
    ["2026-10-05T06:00:00Z", "Oct  5 06:00:00", "2026-10-05 06:00:00,5+02:00", "<22>Oct 15 06:00:00.1"]
)


@given(STAMPS, st.lists(st.tuples(WORDS, st.sampled_from([" ", "  "])), max_size=5))
def test_the_usual_head_is_read_like_any(stamp: str, words: list[tuple[str, str]]) -> None:
    """Where a line has the usual head, the expression for any head finds the same in it (section 7)."""
    line = f"{stamp} " + "".join("".join(word) for word in words)
    usual, found = re.match(USUAL_HEAD, line), re.match(ANY_HEAD, line)

    assert found
    assert usual is None or usual.groups() == found.groups()
