"""The summary for the terminal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from analyzer.report.run import Run
from analyzer.report.text import summary_text
from analyzer.report.wording import Calibration, Headline, Tone, Totals, calibrations, headline
from analyzer.schema import VERDICTS
from analyzer.summaries import COVERAGE, find, summarise
from tests.report.sample import cause, causes, coverage, covered, finding, findings, month, month_findings, run

ESCAPES = "\x1b[2J\x1b]0;owned\x07\r\n\u202e\u009b"


def text(cube: pa.Table, found: pa.Table | None = None, shown: pa.Table | None = None, **changes: Any) -> str:
    """Write the summary of a cube."""
    messages = sum(cube["messages"].to_pylist())
    tables = summarise(cube, month_findings() if found is None else found, COVERAGE.empty() if shown is None else shown)
    return summary_text(Run.of(run(messages, **changes)), tables, where="audit")


def totals(**messages: int) -> Totals:
    """Totals with so many messages of each verdict."""
    zero = dict.fromkeys(VERDICTS, 0)
    return Totals({**zero, **messages}, {**zero, "unrouted": messages.get("unrouted", 0) // 2})


def test_completeness_comes_before_verdicts_and_findings() -> None:
    """The sum of the rows is told before anything is concluded from them."""
    said = text(month(days=3))
    places = [said.index(word) for word in ("Rows ", "Verdict ", "Findings ", "Policy ", "report.html")]

    assert places == sorted(places)
    assert "113 = 100 read + 2 rejected + 11 noise" in said


def test_worst_case_fits_a_screen_of_a_hundred_columns() -> None:
    """However much there is to say, it fits; the rest is counted."""
    policies = ("precedence", "wildcard_apex", "scope_combination", "cmt_vs_rule")
    rests = [
        cause(verdict="undetermined", policies=[f"{p}=a"], bears_out=[f"{p}=b"], missing=[f"{p} " * 9], messages=10**9)
        for p in policies
    ]
    cube = causes(*rests, *(cause(verdict=verdict, messages=10**9, failed=10**9) for verdict in VERDICTS))
    found = findings(
        *(
            finding(title="long " * 90, messages=10**9 - 1, failed=10**8 - 1, began=NINTH, began_with="long " * 30)
            for _ in range(30)
        )
    )
    notes = {**run()["completeness"], "notes": [f"note {n} " * 30 for n in range(9)]}
    books = {"rows": 9, "read": 1, "rejected": 1, "noise": {"blank-row": 1}, "verdict_rows": 1}
    shown = coverage(*(covered(name="long " * 90, messages=0, last_seen=None) for _ in range(30)))
    lines = text(cube, found, shown, completeness=notes, books=books).splitlines()

    assert len(lines) <= 44
    assert max(map(len, lines)) <= 100
    assert any("26 more findings" in line for line in lines)
    assert any("8 more notes" in line for line in lines)


def test_our_own_words_are_ascii() -> None:
    """A terminal of any code page can print the summary of plain names."""
    assert text(month(days=3)).isascii()


def test_a_long_title_goes_on_below_itself_while_there_is_room() -> None:
    """Nothing is cut from a title that fits on a second line; with many findings each has one line."""
    title = "contoso.mail.onmicrosoft.com: your server's log names Internet, the configuration selects Outbound to 9c1f"
    one = " ".join(text(causes(cause()), findings(finding(title=title, failed=3))).split())
    many = text(causes(cause()), findings(*(finding(title=title, failed=3) for _ in range(6)))).splitlines()

    assert f"{title} (3 failed)" in one
    assert [line.count("...") for line in many if "MF103" in line] == [0, 0, 1, 1, 1, 1]


def test_escape_sequences_are_spelled_out() -> None:
    """Text from logs and configurations cannot steer the terminal nor begin a new line."""
    found = findings(finding(title=f"Mail to {ESCAPES}", code="MF101"))
    cube = causes(cause(verdict="undetermined", missing=[ESCAPES], policies=[f"{ESCAPES}={ESCAPES}"]))
    inputs = [{**run()["inputs"][0], "name": ESCAPES, "noise": {ESCAPES: 11}}]
    said = text(cube, found, inputs=inputs)

    assert all(mark.isprintable() or mark == "\n" for mark in said)
    assert "\\x1b[2J" in said
    assert said.count("\n") == text(cube, findings(finding(title="Mail to contoso.com")), inputs=inputs).count("\n")


def test_books_that_do_not_balance_are_a_fault() -> None:
    """A row that vanished is said aloud, and so is a message that the causes do not hold."""
    broken = {"rows": 114, "read": 100, "rejected": 2, "noise": 11, "verdict_rows": 9}
    said = text(causes(cause()), books=broken)

    assert "114 but 100 read + 2 rejected + 11 noise" in said
    assert "FAULT     The books do not balance: 114 rows" in said
    assert "FAULT     9 messages were judged, but the causes hold 10." in said
    assert "FAULT" not in text(causes(cause()))


def test_verdicts_and_missing_inputs_are_counted() -> None:
    """Only verdicts that occur are listed, with share and failures, and what the undetermined lack."""
    cube = causes(cause(messages=999), cause(verdict="undetermined", missing=["mx"], messages=1, failed=1))
    lines = [" ".join(line.split()) for line in text(cube).splitlines()]

    assert "undetermined 1 0.10 % 1" in lines
    assert "undetermined for want of mx (1)" in lines
    assert not [line for line in lines if line.startswith("mismatch")]


def test_no_findings_is_said() -> None:
    """A clean run says so."""
    assert "No findings." in text(causes(cause()), findings())


NINTH, TENTH = (datetime(2026, 10, day, 9, 12, tzinfo=UTC) for day in (9, 10))
CHANGED = "2 h after outbound connector Connector 2 was changed"


@pytest.mark.parametrize(
    "times, words",
    [
        ({}, ""),
        ({"began": NINTH}, "since 2026-10-09 09:12"),
        ({"began": NINTH, "began_with": CHANGED}, f"since 2026-10-09 09:12, {CHANGED}"),
        ({"ended": TENTH, "ended_with": "5 min before snapshot b began"}, "until 2026-10-10 09:12, 5 min before"),
        (
            {"began": NINTH, "began_with": CHANGED, "ended": TENTH},
            f"from 2026-10-09 09:12, {CHANGED} until 2026-10-10 09:12",
        ),
        ({"began": NINTH, "severity": "info"}, ""),
    ],
)
def test_since_when_stands_below_its_finding(times: dict[str, Any], words: str) -> None:
    """One clause says when a finding began and ended and with what; without it there is no line."""
    lines = text(causes(cause()), findings(finding(title="Mail to contoso.com", **times))).splitlines()
    place = next(i for i, line in enumerate(lines) if "MF103" in line)

    end = lines.index("", place)

    assert " ".join(line.strip() for line in lines[place + 1 : end]).startswith(words)
    assert (end > place + 1) is bool(words)


def test_what_no_message_tried_is_named() -> None:
    """Connectors and paths that were never seen are told in one line, as many as it holds; nothing where all were."""
    none = {"messages": 0, "selected": 0, "last_seen": None}
    few = text(causes(cause()), shown=coverage(covered(), covered(name="Old relay", **none)))
    many = text(causes(cause()), shown=coverage(*(covered(name=f"Connector {n}", **none) for n in range(9))))

    assert "Unseen    outbound connector Old relay; see Coverage in the report" in few
    assert "Unseen    outbound connector Connector 0 and 8 more; see Coverage in the report" in many
    assert max(map(len, many.splitlines())) <= 100
    assert "Unseen" not in text(causes(cause()), shown=coverage(covered()))


def test_traps_of_the_configuration_do_not_crowd_out_the_mail() -> None:
    """Traps are counted in a line of their own, below the findings of mail."""
    trap = finding(code="MF312", name="smart-host-missing", severity="high", title="No smart host", messages=0)
    said = text(causes(cause()), findings(trap, finding(severity="medium", title="A mismatch")))
    only = text(causes(cause()), findings(trap))

    assert "Traps     1 trap in the configuration (1 high): MF312" in said
    assert "No smart host" not in said
    assert "A mismatch" in said
    assert "No findings." in only


@pytest.mark.parametrize(
    "given, tone, sentence",
    [
        ({}, Tone.OPEN, "No message could be judged."),
        ({"no_evidence": 5}, Tone.OPEN, "The logs do not show which connectors were used."),
        ({"undetermined": 5}, Tone.OPEN, "The logs do not show which connectors were used."),
        ({"match": 1}, Tone.CALM, "The one judged message went the way the configuration says."),
        ({"match": 5, "not_routed": 2}, Tone.CALM, "All 5 judged messages went the way the configuration says."),
        ({"match": 5, "ambiguous": 2}, Tone.OPEN, "No judged message contradicts the configuration; 2 of 7 rest on"),
        ({"match": 5, "mismatch": 1}, Tone.ALARM, "1 of 6 judged messages did not go the way the configuration says."),
        (
            {"match": 1, "unrouted": 4},
            Tone.ALARM,
            "4 of 5 judged messages did not go the way the configuration says, and",
        ),
    ],
)
def test_headline(given: dict[str, int], tone: Tone, sentence: str) -> None:
    """The headline is the answer: alarms, calm, or that it cannot be told; "cannot tell" is neither."""
    told = headline(totals(**given))

    assert told.tone is tone
    assert told.sentence.startswith(sentence)


def test_headline_names_what_was_not_judged() -> None:
    """What could not be told is counted in the second sentence."""
    told = headline(totals(match=5, undetermined=2, no_evidence=3))

    assert told == Headline(
        "All 5 judged messages went the way the configuration says.",
        "Besides, 2 could not be told for want of an input and 3 come from rows that name no connector of Office 365.",
        Tone.CALM,
    )


@pytest.mark.parametrize(
    "borne_out, line",
    [
        ({"example": 0, "list": 7}, 'precedence = "list"'),
        ({"example": 1, "list": 7}, None),
        ({"example": 7, "list": 0}, None),
        ({"example": 0, "list": 0}, None),
        ({"example": 0, "list": 3, "third": 4}, None),
    ],
)
def test_calibration_advises_only_what_the_log_says_throughout(borne_out: dict[str, int], line: str | None) -> None:
    """Another value is advised where the log bears out that one alone."""
    assert Calibration("precedence", "example", 9, borne_out).line == line


def test_calibrations_read_the_summary() -> None:
    """Values stand with the one in force first, and contradicted policies before the others."""
    cube = causes(
        cause(policies=["precedence=example"], bears_out=["precedence=example"]),
        cause(policies=["wildcard_apex=include"], bears_out=["wildcard_apex=exclude"], messages=3),
    )
    found = calibrations(find("policies").cut(cube))

    assert found == (
        Calibration("wildcard_apex", "include", 3, {"include": 0, "exclude": 3}, ("contoso.com",)),
        Calibration("precedence", "example", 10, {"example": 10, "list": 0}, ("contoso.com",)),
    )
    assert found[0].sentence(",") == ("wildcard_apex = include decides 3 messages; log agrees: include 0, exclude 3")
