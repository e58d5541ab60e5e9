"""Route assertions as code: what the configuration must answer, and what the judged traffic must show.

[[route]]                        # the configuration: how mail to somewhere leaves, or arrives
to = "fabrikam.com"
leaves = "Connector 1"

[[traffic]]                      # a report: how often something was seen
name = "nothing from the old relay"
source = "192.0.2.77"
at_most = 0
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from analyzer.checking.result import Check, Status
from analyzer.checking.traffic import Filter, count
from analyzer.errors import UnreadableInput, UsageError
from analyzer.moments import utc
from analyzer.report.report import Report
from analyzer.routing import Decision, route
from analyzer.schema import VERDICTS
from analyzer.tenant.model import Tenant

Place = Literal["cloud", "onpremises", "internet", "partner"]
_WORDS = frozenset(("none", "local", "reject", "ambiguous", "undetermined"))
_ACCEPTED = "[[route]] and [[traffic]] tables, as docs/checks.md shows them"


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(default="", description="What the expectation is called; made up where absent.")


class RouteTable(_Table):
    """What the configuration must answer for a made-up message."""

    to: str = Field(description="Address or domain of the recipient.")
    sender: str | None = Field(default=None, alias="from", description='Envelope sender; "" is the null sender.')
    header_from: str | None = Field(default=None, description="Sender in the header, where it is another.")
    size: int | None = Field(default=None, ge=0, description="Bytes of the message, for mail flow rules.")
    subject: str | None = Field(default=None, description="Subject of the message, for mail flow rules.")
    ip: str | None = Field(default=None, description="Connecting address.")
    certificate: str | None = Field(default=None, description="Subject name that the source presents.")
    origin: Place | None = Field(default=None, description="Where the message comes from.")
    destination: Place | None = Field(default=None, description="Where the recipient is.")
    at: str | None = Field(default=None, description="The moment, for dated snapshots.")
    leaves: str | None = Field(default=None, description="Outbound connector, or none, local, reject.")
    arrives: str | None = Field(default=None, description="Inbound connector, or none, reject.")

    @model_validator(mode="after")
    def _says_something(self) -> RouteTable:
        if self.leaves is None and self.arrives is None:
            raise ValueError("expects nothing: leaves or arrives is missing")
        return self


class TrafficTable(_Table):
    """How many recipients of messages a report must show; patterns are addresses, `contoso.com` or `*.contoso.com`."""

    sender: str | None = Field(default=None, alias="from", description="Sender address or domain.")
    to: str | None = Field(default=None, description="Recipient address or domain.")
    source: str | None = Field(default=None, description="Connecting address or range.")
    path: str | None = Field(default=None, description="Such as cloud>onpremises.")
    inbound: str | None = Field(default=None, description="Logged inbound connector, or none.")
    outbound: str | None = Field(default=None, description="Logged outbound connector, or none.")
    verdict: str | None = Field(default=None, description="A verdict.")
    since: str | None = Field(default=None, description="Not before this moment.")
    until: str | None = Field(default=None, description="Before this moment.")
    at_least: Annotated[int, Field(ge=0)] | None = Field(default=None, description="Fewest messages.")
    at_most: Annotated[int, Field(ge=0)] | None = Field(default=None, description="Most messages.")

    @model_validator(mode="after")
    def _says_something(self) -> TrafficTable:
        if self.at_least is None and self.at_most is None:
            raise ValueError("expects nothing: at_least or at_most is missing")
        if self.verdict not in {None, *VERDICTS}:
            raise ValueError(f"{self.verdict!r} is no verdict; known are {', '.join(VERDICTS)}")
        return self


class Expectations(BaseModel):
    """A file of expectations."""

    model_config = ConfigDict(extra="forbid", strict=True)

    route: list[RouteTable] = []
    traffic: list[TrafficTable] = []


def read_expectations(path: Path) -> Expectations:
    """Read a file of expectations.

    Raises:
        UnreadableInput: the file, or the first table in it that cannot be understood.
    """
    try:
        found = Expectations.model_validate(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except OSError as error:
        raise UnreadableInput(str(path), f"cannot be read ({error.strerror})", _ACCEPTED) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnreadableInput(str(path), f"broken TOML ({error})", _ACCEPTED) from None
    except ValidationError as error:
        raise _mistake(error.errors()[0], path) from None
    if not (found.route or found.traffic):
        raise UnreadableInput(str(path), "expects nothing", _ACCEPTED)
    return found


def _mistake(error: ErrorDetails, path: Path) -> UnreadableInput:
    numbers = [f"{part}" if isinstance(part, str) else f"table {part + 1}" for part in error["loc"]]
    found = error["msg"].removeprefix("Value error, ")
    return UnreadableInput(f"{path}: {' '.join(numbers)}", f"{found[:1].lower()}{found[1:]}", _ACCEPTED)


def check_expected(path: Path, tenant: Tenant | None, report: Report | None) -> tuple[Check, ...]:
    """Check every expectation of a file, routes against the tenant and traffic against a report.

    Raises:
        UnreadableInput: the file cannot be understood.
        UsageError: it expects routes and no tenant is given, or traffic and no report.
    """
    expected = read_expectations(path)
    if expected.route and tenant is None:
        raise UsageError(f"{path} expects routes: name the configuration with --tenant DIR")
    if expected.traffic and report is None:
        raise UsageError(f"{path} expects traffic: name a finished report with --report DIR")
    routes = tuple(_route(table, tenant) for table in expected.route if tenant)
    return (*routes, *(_traffic(table, report) for table in expected.traffic if report))


def _route(table: RouteTable, tenant: Tenant) -> Check:
    found = route(
        tenant,
        recipient=table.to if "@" in table.to else f"postmaster@{table.to}",
        sender=table.sender,
        header_from=table.header_from,
        size=table.size,
        subject=table.subject,
        ip=table.ip,
        certificate=table.certificate,
        origin=table.origin or ("cloud" if table.sender is None and table.ip is None else None),
        destination=table.destination,
        at=utc(table.at, "at"),
    )
    wrong = list(_wrong(table, found))
    stated = ", ".join(
        f"{side} {word}" for side, word in (("leaves", table.leaves), ("arrives", table.arrives)) if word
    )
    status = Status.PASSED if not wrong else Status.UNKNOWN if _open(table, found) else Status.FAILED
    name = table.name or f"{table.sender or table.origin or 'cloud'} to {table.to}: {stated}"
    why = tuple(str(step) for step in (found.steps if wrong else ()) if step.steps)
    return Check(name, status, stated, "; ".join(wrong) or found.headline(), why)


def _wrong(table: RouteTable, found: Decision) -> Iterator[str]:
    """Say what differs, side by side."""
    leaves, arrives = found.selected_outbound_connector or found.outcome, found.selected_inbound_connector
    if table.leaves is not None and not _says(table.leaves, leaves):
        yield f"leaves {leaves}"
    if table.arrives is not None and not _says(table.arrives, arrives or found.inbound_outcome or "from the cloud"):
        yield f"arrives {arrives or found.inbound_outcome or 'from the cloud'}"


def _says(stated: str, answer: str) -> bool:
    return stated == answer or (stated not in _WORDS and stated.casefold() == answer.casefold())


def _open(table: RouteTable, found: Decision) -> bool:
    words = {table.leaves and found.outcome, table.arrives and found.inbound_outcome}
    return "undetermined" in words


def _traffic(table: TrafficTable, report: Report) -> Check:
    wanted = Filter(
        sender=table.sender,
        to=table.to,
        source=table.source,
        path=table.path,
        inbound=table.inbound,
        outbound=table.outbound,
        verdict=table.verdict,
        since=utc(table.since, "since"),
        until=utc(table.until, "until"),
    )
    seen = count(report.messages(), wanted)
    enough = table.at_least is None or seen.messages >= table.at_least
    within = table.at_most is None or seen.messages <= table.at_most
    bounds = ((f"at least {table.at_least}", table.at_least), (f"at most {table.at_most}", table.at_most))
    stated = ", ".join(words for words, bound in bounds if bound is not None)
    status = Status.PASSED if enough and within else Status.FAILED
    why = (_span(seen.first, seen.last), *(f"for example {name}" for name in seen.examples)) if seen.messages else ()
    return Check(table.name or wanted.words(), status, stated, f"{seen.messages:,} messages", why)


def _span(first: datetime | None, last: datetime | None) -> str:
    return f"seen from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC" if first and last else ""
