"""Calibration from end to end: planted traffic, what the report says of it, and the line that settles it (7.1)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

import analyzer
from analyzer.report.report import Report
from analyzer.report.wording import calibrations
from analyzer.simulator import generate
from analyzer.summaries import find
from analyzer.tenant.model import ConnectorType, Tenant
from analyzer.tenant.policy import Policy
from tests.builders import (
    BANKER,
    BOB,
    CLOUD,
    JOHN,
    ONPREMISES,
    OUR_SERVER,
    SUN,
    accepted,
    directory,
    outbound,
    tenant,
)

HEAD = (
    "origin_timestamp_utc,sender_address,recipient_status,message_subject,total_bytes,message_id,network_message_id,"
    "original_client_ip,directionality,connector_id,delivery_priority"
)
JIM = "jim@sales.contoso.com"
CMT = outbound("CMT", "*", route_all_via_onpremises=True)
BANK = outbound("Bank", "woodgrovebank.com", type=ConnectorType.PARTNER)
ALL, WILD = outbound("All accepted", all_accepted_domains=True), outbound("Wild", "*.contoso.com")
TWINS = (outbound("First", "contoso.com"), outbound("Second", "contoso.com"))
SALES = {
    "accepted": accepted("contoso.com", "sales.contoso.com"),
    "directory": directory({JIM: ONPREMISES, BOB: CLOUD}),
    "outbound": (ALL, WILD),
}
FROM_CLOUD, FROM_SERVER, FROM_INTERNET = (BOB, "2", ""), (JOHN, "1", OUR_SERVER), (SUN, "1", "203.0.113.9")


@dataclass(frozen=True)
class Case:
    """A policy, the tenant, what the messages have in common, and the connector logged for each of its values."""

    policy: str
    given: Tenant
    sender: tuple[str, str, str]
    recipient: str
    logged: dict[str, str]

    def under(self, value: str) -> Tenant:
        """The tenant with the policy at a value."""
        own = self.given.settings
        return replace(self.given, settings=replace(own, policy=Policy(**{self.policy: value})))

    def lines(self, **messages: int) -> list[str]:
        """The rows of a log that has so many messages for each value."""
        connectors = [self.logged[value] for value, count in messages.items() for _ in range(count)]
        sender, directionality, address = self.sender
        return [
            f'2026-10-05T08:{n:02}:00.0000000Z,{sender},"{self.recipient}##Receive, Send",Hello,4000,'
            f"<{n}@contoso.com>,{n:08}-0000-4000-8000-000000000000,{address},{directionality},{name},Normal"
            for n, name in enumerate(connectors)
        ]


PRECEDENCE = Case("precedence", tenant(**SALES), FROM_CLOUD, JIM, {"example": "Wild", "list": "All accepted"})
CASES = (
    PRECEDENCE,
    Case(
        "cmt_vs_specific",
        tenant(outbound=(CMT, BANK)),
        FROM_CLOUD,
        BANKER,
        {"specific": "Bank", "cmt": "CMT"},
    ),
    Case("cmt_forwarded", tenant(outbound=(CMT,)), FROM_INTERNET, "erin@adatum.com", {"cmt": "CMT"}),
    Case("equal_candidates", tenant(outbound=TWINS), FROM_CLOUD, JOHN, {"ambiguous": "Second"}),
)
DIRECT = {"onprem_internet_egress": "direct"}
SETTINGS = {
    "precedence": "example",
    "cmt_vs_specific": "specific",
    "cmt_forwarded": "direct",
    "equal_candidates": "lowest_name",
}


def analysed(folder: Path, given: Tenant, lines: list[str]) -> Report:
    """The report on a log of some rows."""
    log = folder / "log.csv"
    log.write_text("\r\n".join([HEAD, *lines]) + "\r\n", "utf-8")
    return analyzer.analyze([log], given, out=folder / "out", force=True)


def contradicted(report: Report) -> list[dict[str, Any]]:
    """The findings MF106."""
    return [row for row in report.finding_rows.to_pylist() if row["code"] == "MF106"]


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.policy)
def test_a_log_that_contradicts_a_setting_gives_the_line_to_write(case: Case, tmp_path: Path) -> None:
    """Counts, line and finding say what the log bears out; with the line written, nothing is left to say."""
    setting = SETTINGS[case.policy]
    (better,) = (value for value in case.logged if value != setting)
    report = analysed(tmp_path, case.under(setting), case.lines(**{better: 7}))
    (told,) = (c for c in calibrations(find("policies").cut(report.causes)) if c.policy == case.policy)
    (found,) = contradicted(report)
    page = (report.path / "report.html").read_text("utf-8")

    assert (told.setting, told.messages, told.borne_out) == (setting, 7, {setting: 0, better: 7})
    assert told.line == f'{case.policy} = "{better}"'
    assert told.domains == (case.recipient.partition("@")[2],)
    assert f"{case.policy} = {setting} decides 7 messages" in report.text()
    assert report.text().count(f"[policy] in mailflow.toml: {told.line}") == 1
    assert told.line.replace('"', "&#34;") in page
    assert found["messages"] == 7
    assert found["cause"].startswith(f"7 messages agree with {better}, none with {setting}: ")
    assert told.line in found["advice"]

    settled = analysed(tmp_path, case.under(better), case.lines(**{better: 7}))
    assert contradicted(settled) == []
    assert settled.causes["verdict"].unique().to_pylist() == ["match"]


@pytest.mark.parametrize("case", CASES[:2], ids=lambda c: c.policy)
def test_a_log_that_agrees_leaves_the_setting(case: Case, tmp_path: Path) -> None:
    """Where the log bears the setting out, it says to leave it."""
    setting = SETTINGS[case.policy]
    report = analysed(tmp_path, case.under(setting), case.lines(**{setting: 7}))
    (told,) = calibrations(find("policies").cut(report.causes))

    assert (told.line, told.advice, told.borne_out[setting]) == (None, "leave it", 7)
    assert contradicted(report) == []


def test_a_log_that_bears_out_both_values_is_told_as_such(tmp_path: Path) -> None:
    """Mail that went now one way, now the other settles nothing: no line to write, and no finding of it."""
    report = analysed(tmp_path, PRECEDENCE.given, PRECEDENCE.lines(example=3, list=4))
    (told,) = calibrations(find("policies").cut(report.causes))

    assert told.borne_out == {"example": 3, "list": 4}
    assert (told.line, told.advice) == (None, "no one value explains the log: look at the messages of each")
    assert "no one value explains the log" in (report.path / "report.html").read_text("utf-8")
    assert contradicted(report) == []


def test_mail_of_own_servers_that_left_through_office_365_contradicts_direct(tmp_path: Path) -> None:
    """John to Sun is in the log with its inbound connector: the servers do not send to the internet themselves."""
    made = generate(tmp_path / "made", rows=2_000, formats=("extended",), faults=False)
    given = analyzer.load_tenant(made.tenant)
    report = analyzer.analyze([made.logs["extended"]], given, out=tmp_path / "out", policy=DIRECT)
    told = next(c for c in calibrations(find("policies").cut(report.causes)) if c.policy == "onprem_internet_egress")

    bearing = [row for row in report.causes.to_pylist() if "onprem_internet_egress=office365" in row["bears_out"]]

    assert told.borne_out == {"direct": 0, "office365": sum(row["messages"] for row in bearing)}
    assert {row["path"] for row in bearing} == {"onpremises>internet", "onpremises>partner"}
    assert 'onprem_internet_egress = "office365"' in report.text()
    assert ["onprem_internet_egress=direct"] in [row["policies"] for row in contradicted(report)]


def test_a_log_that_cannot_tell_settles_nothing(tmp_path: Path) -> None:
    """An Enhanced summary lacks MAIL FROM, which could explain the path as well: no value is borne out."""
    case = Case("onprem_internet_egress", tenant(), FROM_SERVER, SUN, {"office365": "From on-premises"})
    report = analysed(tmp_path, case.under("direct"), case.lines(office365=7))
    (told,) = calibrations(find("policies").cut(report.causes))

    assert (told.messages, told.borne_out) == (7, {"direct": 0, "office365": 0})
    assert (told.line, told.advice) == (None, "the log bears out no value: leave it")


def test_every_line_to_write_is_told_in_the_terminal(tmp_path: Path) -> None:
    """However many policies the log contradicts, the terminal has all of the lines."""
    cases = (PRECEDENCE, *CASES[1:3])
    given = tenant(**{**SALES, "outbound": (ALL, WILD, BANK, outbound("CMT", "*", route_all_via_onpremises=True))})
    lines = [line for case in cases for line in case.lines(**{"list" if case is PRECEDENCE else "cmt": 3})]
    numbered = [
        line.replace("@contoso.com>", f".{n}@contoso.com>").replace("-0000-4000", f"-{n:04}-4000")
        for n, line in enumerate(lines)
    ]
    report = analysed(tmp_path, given, numbered)
    lines_due = {c.line for c in calibrations(find("policies").cut(report.causes)) if c.line}

    assert lines_due == {'precedence = "list"', 'cmt_vs_specific = "cmt"', 'cmt_forwarded = "cmt"'}
    for line in lines_due:
        assert report.text().count(line) == 1
