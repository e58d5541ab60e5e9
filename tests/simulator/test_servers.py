"""The own servers' logs tell of the same traffic as Office 365's: done once, seen from two sides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from analyzer.pipeline import Options, run
from analyzer.simulator import Generated, generate
from analyzer.tenant import load_tenant
from tests.formats.reading import Reading, read

HOP = timedelta(seconds=10)  # between a server and Office 365
SERVERS = ("message-tracking", "smtp-send", "smtp-receive", "postfix", "sendmail")
Key = tuple[str, str]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    """Make a month of traffic and every log of it."""
    return generate(tmp_path_factory.mktemp("made"), rows=2500)


@pytest.fixture(scope="module")
def readings(made: Generated) -> dict[str, Reading]:
    """Read the logs of the servers, and the one of Office 365 that names the envelope."""
    return {name: read(made.logs[name]) for name in (*SERVERS, "extended")}


def keys(rows: Iterable[dict[str, Any]]) -> Counter[Key]:
    """Count messages and recipients."""
    return Counter((row["message_id"], row["recipient"]) for row in rows)


def leaving(reading: Reading) -> list[dict[str, Any]]:
    """Give the rows of what went to Office 365, whatever the format calls it."""
    return [row for row in reading.rows if "outlook.com" in (row["next_hop"] or "").lower()]


def test_every_line_of_theirs_is_read(readings: dict[str, Reading]) -> None:
    """The books of each log balance without a reject."""
    for name in SERVERS:
        assert readings[name].rejects == []
        assert readings[name].rows


def test_what_they_send_is_what_office_365_was_given(made: Generated, readings: dict[str, Reading]) -> None:
    """Tracking, SMTP, Postfix and sendmail hold the same sendings: all mail that came from the servers."""
    sent = {name: keys(leaving(readings[name])) for name in ("message-tracking", "smtp-send", "postfix", "sendmail")}
    truth = pq.read_table(made.truth).to_pylist()
    given = {(row["message_id"], row["recipient"]) for row in truth if row["origin"] == "onpremises"}

    assert len({frozenset(one.items()) for one in sent.values()}) == 1
    assert set(sent["postfix"]) <= given
    assert {message for message, _ in sent["postfix"]} == {message for message, _ in given}


def test_what_they_take_in_is_what_office_365_sent_them(made: Generated, readings: dict[str, Reading]) -> None:
    """Receive log and deliveries hold the mail that left Office 365 for a mailbox on the servers."""
    taken = keys(readings["smtp-receive"].rows)
    extended = keys(row for row in readings["extended"].rows if (row["event"] or "").startswith("SEND"))
    places = {
        (row["message_id"], row["recipient"]): row["destination"] for row in pq.read_table(made.truth).to_pylist()
    }

    assert set(taken) == {key for key in extended if places[key] == "onpremises"}
    delivered = (row for row in readings["message-tracking"].rows if row["event"] == "DELIVER")
    assert keys(delivered) == taken
    assert keys(row for row in readings["postfix"].rows if row["event"] == "VIRTUAL") == taken


@pytest.mark.parametrize("name", SERVERS)
def test_envelope_size_and_time_agree(name: str, made: Generated, readings: dict[str, Reading]) -> None:
    """A row of a server has the sender and size that Office 365 logs, and a time within the hop."""
    truth = {(row["message_id"], row["recipient"]): row for row in pq.read_table(made.truth).to_pylist()}
    senders = {row["message_id"]: row["envelope_sender"] for row in readings["extended"].rows}
    for row in readings[name].rows:
        due = truth[row["message_id"], row["recipient"]]
        assert (row["size"], row["envelope_sender"]) == (due["size"], senders[row["message_id"]])
        assert abs(row["received_at"] - due["received_at"]) < HOP


@pytest.mark.parametrize("name", SERVERS)
def test_they_raise_no_alarm(name: str, made: Generated, tmp_path: Path) -> None:
    """Whatever fault Office 365 shows, a server's own log is no evidence of it."""
    (tmp_path / "out").mkdir()
    run([str(made.logs[name])], load_tenant(made.tenant), tmp_path / "out", Options())
    rows = pq.read_table(tmp_path / "out" / "messages", columns=["verdict", "reason", "evidence"]).to_pylist()

    assert {tuple(row.values()) for row in rows} == {("no_evidence", "own-server-log", "none")}
