"""The own servers' logs tell of the same traffic as Office 365's: done once, seen from two sides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from analyzer.findings import find_all
from analyzer.pipeline import Options, run
from analyzer.report.analysis import analyze
from analyzer.report.explanation import explain_message
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


def judged(log: Path, tenant: Path, out: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Run a log: its rows and its findings."""
    out.mkdir()
    ours = load_tenant(tenant)
    found = run([str(log)], ours, out, Options())
    return pq.read_table(out / "messages").to_pylist(), find_all(found.causes, ours).to_pylist()


@pytest.mark.parametrize("name", ["message-tracking", "smtp-send"])
def test_every_sending_is_judged_as_the_truth_says(name: str, made: Generated, tmp_path: Path) -> None:
    """The planted Send connector is found in each log that names connectors, and nothing besides it."""
    rows, findings = judged(made.logs[name], made.tenant, tmp_path / "out")
    truth = {(row["message_id"], row["recipient"]): row for row in pq.read_table(made.truth).to_pylist()}
    sent = [row for row in rows if row["outbound_verdict"] is not None]
    due = {key: row for key, row in truth.items() if row["verdict_own_server"] is not None}

    assert {"match", "mismatch"} == {row["verdict_own_server"] for row in due.values()}
    assert {(row["message_id"], row["recipient"]) for row in sent} == due.keys()
    for row in sent:
        expected = due[row["message_id"], row["recipient"]]
        assert row["verdict"] == expected["verdict_own_server"]
        assert row["selected_outbound_connector"] == expected["selected_send_connector"]
    planted = sum(row["verdict_own_server"] == "mismatch" for row in due.values())
    assert sum(f["messages"] for f in findings if f["code"] == "MF101") == planted
    of_mail = {f["code"] for f in findings if f["severity"] != "info" and not f["code"].startswith("MF3")}
    assert of_mail == {"MF101"}


@pytest.mark.parametrize("name", ["message-tracking", "smtp-receive"])
def test_what_came_in_met_its_receive_connector(name: str, made: Generated, tmp_path: Path) -> None:
    """Every arrival is a match, deliveries are local, and no fault of Office 365 shows."""
    rows, _ = judged(made.logs[name], made.tenant, tmp_path / "out")

    assert {row["verdict"] for row in rows if row["event"] in ("RECEIVE", "DELIVER")} == {"match"}


@pytest.mark.parametrize("name", ["postfix", "sendmail"])
def test_logs_without_connectors_have_no_verdict(name: str, made: Generated, tmp_path: Path) -> None:
    """Whatever fault Office 365 shows, the log of a mail server without connectors is no evidence of it."""
    rows, _ = judged(made.logs[name], made.tenant, tmp_path / "out")

    assert {(row["verdict"], row["reason"], row["evidence"]) for row in rows} == {
        ("no_evidence", "own-server-log", "none")
    }


def test_without_faults_every_sending_matches(tmp_path: Path) -> None:
    """A sound company's logs give no finding above information."""
    made = generate(tmp_path / "made", rows=1500, faults=False, formats=["message-tracking"])
    rows, findings = judged(made.logs["message-tracking"], made.tenant, tmp_path / "out")

    assert {row["verdict"] for row in rows} == {"match"}
    assert {f["code"] for f in findings if f["severity"] != "info" and not f["code"].startswith("MF3")} == set()


def test_explain_tells_what_became_of_every_send_connector(made: Generated, tmp_path: Path) -> None:
    """A sending by the wrong connector is explained by the Send connectors, and by none of Office 365's."""
    report = analyze([made.logs["message-tracking"]], load_tenant(made.tenant), out=tmp_path / "out")
    wrong = next(r for r in report.messages().to_table().to_pylist() if r["verdict"] == "mismatch")
    told = [e for e in explain_message(wrong["message_id"], tmp_path / "out", None) if e.row["outbound_verdict"]]
    text = str(told[0])

    assert told[0].decision is None
    assert "cost 1: wins" in text
    assert "costs less" in text
    assert "own server         ex1" in text
    assert "Connector 1" not in text
