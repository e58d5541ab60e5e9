"""What the tables say, in words: the same sentences for the terminal, the page and the notebook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from analyzer.legible import THIN, counted, grouped
from analyzer.report.run import Run
from analyzer.schema import ALARMS, VERDICTS

VERDICT_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "unrouted": "on-premises mail without the connector that it needs",
        "misroute": "took a path that is not an allowed one",
        "mismatch": "another connector than the one the configuration selects",
        "ambiguous": "right under another reading of the documents",
        "undetermined": "an input is missing that would decide it",
        "match": "as configured",
        "no_evidence": "the log names no connector of Office 365",
        "not_routed": "stands for no routing decision",
    }
)
JUDGED = (*ALARMS, "ambiguous", "match")
_TRAP = "MF3"


def is_trap(code: str) -> bool:
    """Tell a trap of the configuration from a finding of mail, by its code (reference 9.2)."""
    return code.startswith(_TRAP)


class Tone(StrEnum):
    """How a headline is meant."""

    ALARM = "alarm"
    CALM = "calm"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Headline:
    """The answer in one sentence, a second one on what could not be told, and its tone."""

    sentence: str
    detail: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Totals:
    """Messages and failures by verdict."""

    messages: Mapping[str, int]
    failed: Mapping[str, int]

    @classmethod
    def of(cls, verdicts: pa.Table) -> Totals:
        """Read the summary `verdicts`."""
        names = verdicts["verdict"].to_pylist()
        messages, failed = (dict(zip(names, verdicts[c].to_pylist(), strict=True)) for c in ("messages", "failed"))
        return cls(messages, failed)

    def count(self, *verdicts: str) -> int:
        """How many messages have one of the verdicts."""
        return sum(self.messages[verdict] for verdict in verdicts)

    @property
    def all(self) -> int:
        """How many messages there are."""
        return self.count(*VERDICTS)


@dataclass(frozen=True, slots=True)
class Calibration:
    """What the log says of a policy: how often it agrees with each value, the value in force first."""

    policy: str
    setting: str
    messages: int
    borne_out: Mapping[str, int]
    domains: tuple[str, ...] = ()

    @property
    def better(self) -> str | None:
        """The one value that the log bears out, where that is not the setting."""
        agreed = [value for value, count in self.borne_out.items() if count]
        return agreed[0] if len(agreed) == 1 and agreed[0] != self.setting else None

    @property
    def line(self) -> str | None:
        """The line to put below [policy] in mailflow.toml."""
        return f'{self.policy} = "{self.better}"' if self.better else None

    @property
    def advice(self) -> str:
        """Say in words what to do where there is no line to write."""
        agreed = [value for value, count in self.borne_out.items() if count]
        if self.line:
            return "the log says otherwise"
        if len(agreed) > 1:
            return "no one value explains the log: look at the messages of each"
        return "leave it" if agreed else "the log bears out no value: leave it"

    def sentence(self, mark: str = THIN) -> str:
        """Say on how many messages the values differ and what the log agrees with."""
        borne_out = ", ".join(f"{value} {grouped(count, mark=mark)}" for value, count in self.borne_out.items())
        messages = counted(self.messages, "message", mark=mark)
        return f"{self.policy} = {self.setting} decides {messages}; log agrees: {borne_out}"


def calibrations(policies: pa.Table) -> tuple[Calibration, ...]:
    """Read the summary `policies`, those that the log contradicts first."""
    found: dict[tuple[str, str], Calibration] = {}
    for row in policies.to_pylist():
        key = (row["policy"], row["setting"])
        before = found[key].borne_out if key in found else {}
        borne = {**before, row["value"]: row["borne_out"]}
        found[key] = Calibration(*key, row["messages"], borne, tuple(row["domains"]))
    settled = [
        replace(c, borne_out=dict(sorted(c.borne_out.items(), key=lambda v: v[0] != c.setting))) for c in found.values()
    ]
    return tuple(sorted(settled, key=lambda c: c.better is None))


def headline(totals: Totals, *, own_servers: bool = False) -> Headline:
    """Say in one sentence whether mail flows as configured.

    Args:
        totals: Messages by verdict.
        own_servers: Every log is one of the organization's own servers, so their connectors alone were judged.
    """
    judged, alarms, told = totals.count(*JUDGED), totals.count(*ALARMS), _untold(totals, own_servers=own_servers)
    where = " at your own servers" if own_servers else ""
    if not totals.all:
        return Headline("No message could be judged.", "None of the rows became a message; see below why.", Tone.OPEN)
    if alarms:
        failed = sum(totals.failed[verdict] for verdict in ALARMS)
        went = (
            f"{grouped(alarms)} of {counted(judged, 'judged message')}{where} did not go the way the configuration says"
        )
        return Headline(went + (f", and {grouped(failed)} of them failed." if failed else "."), told, Tone.ALARM)
    if not judged:
        return Headline(_UNJUDGED[own_servers], told, Tone.OPEN)
    if totals.count("ambiguous"):
        right = f"No judged message{where} contradicts the configuration; {grouped(totals.count('ambiguous'))} of "
        return Headline(f"{right}{grouped(judged)} rest on how the documents are read.", told, Tone.OPEN)
    all_of = "The one judged message" if judged == 1 else f"All {grouped(judged)} judged messages"
    return Headline(f"{all_of}{where} went the way the configuration says.", told, Tone.CALM)


_UNJUDGED = {
    False: "The logs do not show which connectors were used.",
    True: "No message of your own servers could be held against their Send and Receive connectors.",
}


def faults(run: Run, totals: Totals) -> tuple[str, ...]:
    """Say which sums of the run do not agree: none, or the report cannot be relied upon."""
    books = run.books
    found = []
    if not books.balanced:
        parts = f"{grouped(books.read)} read, {grouped(books.rejected)} rejected and {grouped(books.noise)} noise"
        found.append(f"The books do not balance: {grouped(books.rows)} rows in the files, but {parts}.")
    if books.verdict_rows != totals.all:
        found.append(
            f"{counted(books.verdict_rows, 'message')} were judged, but the causes hold {grouped(totals.all)}."
        )
    return tuple(found)


_NO_EVIDENCE = {
    False: "come from rows that name no connector of Office 365",
    True: "come from rows that name no connector, or one whose kind was not exported",
}


def _untold(totals: Totals, *, own_servers: bool) -> str:
    """Say what was not judged: it is neither right nor wrong."""
    parts = [
        f"{grouped(totals.messages[verdict])} {words}"
        for verdict, words in (
            ("ambiguous", "are right only under another reading of the documents"),
            ("undetermined", "could not be told for want of an input"),
            ("no_evidence", _NO_EVIDENCE[own_servers]),
        )
        if totals.messages[verdict]
    ]
    if not parts:
        return ""
    return f"Besides, {', '.join(parts[:-1])} and {parts[-1]}." if len(parts) > 1 else f"Besides, {parts[0]}."


def moment(time: datetime | None) -> str:
    """Write a time in UTC to the minute."""
    return "unknown" if time is None else f"{time:%Y-%m-%d %H:%M}"


def since(finding: Mapping[str, Any]) -> tuple[str, ...]:
    """Say when a finding began and when it ended, and with what, as far as the log tells."""
    began, ended = finding["began"], finding["ended"]
    parts = (
        ("from" if ended else "since", began, finding["began_with"]),
        ("until", ended, finding["ended_with"]),
    )
    return tuple(f"{word} {moment(at)}" + (f", {told}" if told else "") for word, at, told in parts if at is not None)


def period(run: Run) -> str:
    """Write the time from the first row to the last."""
    return "no dated row" if run.first is None else f"{moment(run.first)} to {moment(run.last)} UTC"
