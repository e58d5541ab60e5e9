"""An administrator's own ground truth against the engine: which connector really carries mail to a domain.

`Get-OutboundConnectorReport -Domain` names the connector used for a domain (reference 3.5, 8); its output, or
lines of an address or domain and a connector, are compared with what selection answers for mail from the cloud.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from analyzer.checking.result import Check, Status
from analyzer.errors import UnreadableInput
from analyzer.inputs import repair, sniff_encoding
from analyzer.routing import Decision, route
from analyzer.tenant.model import Tenant
from analyzer.tenant.policy import POLICIES, Policy

_ACCEPTED = "Get-OutboundConnectorReport as CSV or JSON, or lines of an address or domain and a connector"
_WHO = ("address", "recipient", "recipientaddress", "domain", "recipientdomain")
_BY = ("connector", "connectorname", "outboundconnector", "name")
_NONE = frozenset(("none", "(none)", "mx", "no connector", "-"))
_LINE = re.compile(r"\s*(?P<who>[^\s,;]+)\s*(?:[,;\t]|\s)\s*(?P<by>.+?)\s*")
_SOMEBODY = "postmaster"  # any mailbox of a domain: selection by domain does not look at it
_LARGEST = 64 << 20


@dataclass(frozen=True, slots=True)
class Statement:
    """One line of ground truth: an address or a domain, and the connector that carried its mail."""

    who: str
    connector: str
    line: int

    @property
    def recipient(self) -> str:
        """An address that stands for it."""
        return self.who if "@" in self.who else f"{_SOMEBODY}@{self.who}"


def check_observed(tenant: Tenant, path: Path) -> tuple[Check, ...]:
    """Compare every statement of a file with what selection answers.

    Raises:
        UnreadableInput: the file cannot be read, or holds no statement.
    """
    statements = tuple(_statements(_text(path), str(path)))
    if not statements:
        raise UnreadableInput(str(path), "holds no statement", _ACCEPTED)
    return tuple(_checked(tenant, statement) for statement in statements)


def _checked(tenant: Tenant, statement: Statement) -> Check:
    found = _decide(tenant, statement, tenant.settings.policy)
    names = {n.casefold() for n in (found.selected_outbound_connector or "", *found.candidates) if n}
    stated, none = statement.connector.casefold(), statement.connector.casefold() in _NONE
    name = f"{statement.who} by {'no connector' if none else statement.connector}"
    agreed = found.outcome in {"none", "local"} if none else stated in names
    if agreed:
        return Check(name, Status.PASSED, statement.connector, found.headline())
    if found.outcome == "undetermined":
        return Check(name, Status.UNKNOWN, statement.connector, found.headline())
    why = tuple(_why(tenant, statement, found, none=none))
    return Check(name, Status.FAILED, statement.connector, found.headline(), why)


def _decide(tenant: Tenant, statement: Statement, policy: Policy) -> Decision:
    # Selection by domain is asked, so mail of an accepted domain is taken as mail for the own servers;
    # an address is placed by the lists.
    accepted = tenant.snapshots[-1].accepted or ()
    own = any(statement.who == a.domain or statement.who.endswith(f".{a.domain}") for a in accepted)
    place = None if "@" in statement.who else "onpremises" if own else "internet"
    return route(tenant, recipient=statement.recipient, origin="cloud", destination=place, policy=policy)


def _why(tenant: Tenant, statement: Statement, found: Decision, *, none: bool) -> Iterator[str]:
    """Say what would explain the statement: another policy value, or what became of that connector."""
    for name, value, policy in tenant.settings.policy.alternatives():
        other = _decide(tenant, statement, policy)
        agrees = other.outcome == "none" if none else other.selected_outbound_connector == statement.connector
        if agrees:
            default = next(row.default for row in POLICIES if row.name == name)
            yield f'{name} = "{value}" would explain it (default {default}): mailflow.toml, [policy]'
    steps = [
        s for tree in found.steps for _, s in tree.walk() if s.subject.casefold() == statement.connector.casefold()
    ]
    yield from dict.fromkeys(str(step) for step in steps)
    known = {c.name.casefold() for c in tenant.snapshots[-1].outbound or ()}
    if not none and statement.connector.casefold() not in known:
        yield f"no outbound connector of the export is called {statement.connector}"


def _text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            raw = stream.read(_LARGEST + 1)
    except OSError as error:
        raise UnreadableInput(str(path), f"cannot be read ({error.strerror})", _ACCEPTED) from None
    if len(raw) > _LARGEST:
        raise UnreadableInput(str(path), "is larger than 64 MB", _ACCEPTED)
    encoding = sniff_encoding(raw)
    text = raw[len(encoding.mark) :]
    return repair(text).decode() if encoding.codec == "utf-8" else text.decode(encoding.codec, "replace")


def _statements(text: str, where: str) -> Iterator[Statement]:
    if text.lstrip()[:1] in {"[", "{"}:
        yield from _of_records(_json(text, where), where, first=1)
        return
    lines = text.splitlines()
    start = next((n for n, line in enumerate(lines) if line.strip() and not line.startswith(("#", '"#'))), len(lines))
    body = "\n".join(lines[start:])
    mark = next((m for m in (",", ";", "\t") if m in body.partition("\n")[0]), ",")
    rows = csv.DictReader(io.StringIO(body), delimiter=mark)
    header = [(name or "").strip().strip('"').lower() for name in rows.fieldnames or ()]
    if set(header) & set(_WHO) and set(header) & set(_BY):
        yield from _of_records(rows, where, first=start + 2)
        return
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield _of_line(line, number, where)


def _json(text: str, where: str) -> list[Mapping[str, object]]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableInput(where, f"broken JSON ({error})", _ACCEPTED) from None
    items = found if isinstance(found, list) else found.get("value", [found])
    return [item for item in items if isinstance(item, dict)]


def _of_records(records: Iterable[Mapping[str, object]], where: str, *, first: int) -> Iterator[Statement]:
    for number, record in enumerate(records, first):
        cells = {str(name).strip().lower(): str(value or "").strip() for name, value in record.items()}
        who = next((cells[name] for name in _WHO if cells.get(name)), "")
        connectors = next((cells[name] for name in _BY if cells.get(name)), "")
        if not who:
            raise UnreadableInput(f"{where}: record {number}", "names no address or domain", _ACCEPTED)
        for connector in re.split(r"\s*[;|]\s*", connectors) if connectors else ("none",):
            yield Statement(who.lower().strip("<>"), connector, number)


def _of_line(line: str, number: int, where: str) -> Statement:
    found = _LINE.fullmatch(line)
    if found is None or "." not in found["who"]:
        raise UnreadableInput(f"{where}: line {number}", f"{line.strip()[:80]!r} is no statement", _ACCEPTED)
    return Statement(found["who"].lower().strip("<>"), found["by"].strip('"'), number)
