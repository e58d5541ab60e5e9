"""Which parts of the configuration the logs exercised, how often and when last, and which never did.

The documented two test messages after a set-up (John to Sun, Sun to John), generalised: whatever connector,
rule, accepted domain or path no message has tried is untested.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

from analyzer.addresses import covers
from analyzer.causes import OTHER
from analyzer.formats import FORMATS
from analyzer.schema import COUNT, PLACES, TEXT, TIME, Column, TableSchema
from analyzer.summaries.base import Summary, ordered
from analyzer.tenant.model import AcceptedDomain, ConnectorType, Snapshot, Tenant, TransportRule
from analyzer.tenant.versions import KINDS, NOUNS, OWN_KINDS, Listed, held, name_of
from analyzer.vantage import Vantage

PATH = "path"
ON, OFF, TEST_MODE, REMOVED = "on", "off", "test mode", "removed"
_SIDE = {"outbound": "outbound", "inbound": "inbound", "send": "outbound", "receive": "inbound"}
_SIDES = ("outbound", "inbound")
_OWN_FORMATS = [f.name for f in FORMATS if f.vantage is Vantage.OWN_SERVER]
_KINDS = ("outbound", "inbound", "rules", "send", "receive", PATH, "accepted")  # the longest list last
_ORDER = tuple(NOUNS.get(kind, kind) for kind in _KINDS)
_COUNTED = ("path", "recipient_domain", *(f"{what}_{side}" for what in ("logged", "selected") for side in _SIDES))
_COUNTS = {"messages": "sum", "failed": "sum", "first_seen": "min", "last_seen": "max"}

COVERAGE = TableSchema(
    "coverage",
    "A connector, mail flow rule, accepted domain or path, and the mail that the logs show there.",
    (
        Column("kind", TEXT, f"{', '.join(_ORDER[:-1])} or {_ORDER[-1]}."),
        Column("name", TEXT, "Its name; a Receive connector with its server."),
        Column("state", TEXT, f"{ON}, {OFF}, {TEST_MODE} or {REMOVED}, at the end of the log; null for a path."),
        Column("changed_at", TIME, "WhenChangedUTC at the end of the log; null where the export does not tell."),
        Column("messages", COUNT, "Recipients of messages that the logs show there; null = no log tells."),
        Column("failed", COUNT, "How many of them failed."),
        Column("selected", COUNT, "Recipients of messages for which the configuration selects it; connectors alone."),
        Column("first_seen", TIME, "Earliest row."),
        Column("last_seen", TIME, "Latest row."),
    ),
)


def exercised(causes: pa.Table, tenant: Tenant) -> pa.Table:
    """Count the mail of every object of the snapshots in force during the log, and of every path.

    A path is there if it was seen, or if the configuration is made for it. Rows that stand for no routing
    decision, such as mail that failed before it, exercise nothing.

    Returns:
        A table of COVERAGE.
    """
    snapshots = _in_force(tenant, causes)
    causes = causes.select([*_COUNTED, *_COUNTS, "verdict", "format", "evidence"])  # a large cube is copied here
    causes = causes.filter(pc.not_equal(causes["verdict"], "not_routed"))
    own = pc.is_in(causes["format"], pa.array(_OWN_FORMATS, TEXT))
    service, servers = _Logs(causes.filter(pc.invert(own))), _Logs(causes.filter(own))
    rows = list(_paths(service, tenant, snapshots[-1]))
    for kind in KINDS:
        logs, last = servers if kind in OWN_KINDS else service, _last_names(kind, snapshots)
        for value in _objects(kind, snapshots):
            there = name_of(value).casefold() in last
            rows.append({**_row(kind, value, logs, snapshots), "state": _state(value) if there else REMOVED})
    table = pa.Table.from_pylist(rows, COVERAGE.arrow)
    return ordered(table, "kind", "-messages", "name", ranks={"kind": _ORDER})


def _in_force(tenant: Tenant, causes: pa.Table) -> Sequence[Snapshot]:
    """Give the snapshots that were in force at some time of the log, the first for the time before it."""
    if causes.num_rows == 0:
        return tenant.snapshots[-1:]
    first, last = pc.min(causes["first_seen"]).as_py(), pc.max(causes["last_seen"]).as_py()
    begun = [n for n, s in enumerate(tenant.snapshots) if s.since is None or s.since <= last] or [0]
    before = [n for n in begun if (since := tenant.snapshots[n].since) is None or since <= first] or [0]
    return tenant.snapshots[before[-1] : begun[-1] + 1]


def _objects(kind: str, snapshots: Sequence[Snapshot]) -> Iterator[Listed]:
    """Give every object by name, as the last snapshot that holds it has it."""
    found = {name_of(value).casefold(): value for s in snapshots for value in held(s, kind) or ()}
    yield from (v for v in found.values() if not isinstance(v, TransportRule) or v.connector)


def _last_names(kind: str, snapshots: Sequence[Snapshot]) -> set[str]:
    """Name what the last export of a kind holds."""
    exports = [values for s in snapshots if (values := held(s, kind)) is not None]
    return {name_of(value).casefold() for value in (exports[-1] if exports else ())}


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was counted of one name."""

    messages: int = 0
    failed: int = 0
    first_seen: datetime | None = None
    last_seen: datetime | None = None

    def __add__(self, other: _Seen) -> _Seen:
        return _Seen(
            self.messages + other.messages,
            self.failed + other.failed,
            min(filter(None, (self.first_seen, other.first_seen)), default=None),
            max(filter(None, (self.last_seen, other.last_seen)), default=None),
        )


_NOTHING = _Seen()


class _Logs:
    """The cube of one vantage, counted by the values of a column once it is asked for."""

    def __init__(self, causes: pa.Table) -> None:
        self.causes = causes
        self._counted: dict[str, dict[str, _Seen]] = {}

    def by(self, column: str) -> dict[str, _Seen]:
        """Count messages by the values of a column, without regard to case; a cell may name several connectors."""
        if column not in self._counted:
            counted: dict[str, _Seen] = {}
            self._counted[column] = counted
            totals = list(_COUNTS.items())
            for row in self.causes.group_by([column], use_threads=False).aggregate(totals).to_pylist():
                seen = _Seen(*(row[f"{name}_{how}"] for name, how in totals))
                for name in (row[column] or "").split("| "):
                    counted[name.casefold()] = counted.get(name.casefold(), _NOTHING) + seen
        return self._counted[column]

    def of(self, column: str, name: str) -> _Seen:
        """Count the messages with one value of a column."""
        return self.by(column).get(name.casefold(), _NOTHING)

    def logged(self, side: str, name: str) -> _Seen | None:
        """Count the messages logged on a connector; None where no row says what was used on its side."""
        tells = pc.any(pc.is_in(self.causes["evidence"], pa.array([side, "both"], TEXT))).as_py()
        return self.of(f"logged_{side}", name) if tells else None


def _row(kind: str, value: Listed, logs: _Logs, snapshots: Sequence[Snapshot]) -> dict[str, object]:
    changed = value.changed_at
    return {
        "kind": NOUNS[kind],
        "name": name_of(value),
        "changed_at": changed.replace(tzinfo=changed.tzinfo or UTC) if changed else None,
        "selected": logs.of(f"selected_{_SIDE[kind]}", name_of(value)).messages if kind in _SIDE else None,
        **_columns(_seen(kind, value, snapshots, logs)),
    }


def _columns(seen: _Seen | None) -> dict[str, object]:
    return {} if seen is None else asdict(seen)


def _state(value: Listed) -> str:
    if getattr(value, "test_mode", False):
        return TEST_MODE
    return ON if getattr(value, "enabled", True) else OFF


def _seen(kind: str, value: Listed, snapshots: Sequence[Snapshot], logs: _Logs) -> _Seen | None:
    match value:
        case TransportRule():
            return logs.logged("outbound", value.connector) if _shows_its_rule(value, snapshots) else None
        case AcceptedDomain():
            return _mail_to(value, logs)
    return logs.logged(_SIDE[kind], name_of(value))


def _shows_its_rule(rule: TransportRule, snapshots: Sequence[Snapshot]) -> bool:
    """Tell whether mail on a rule's connector shows the rule: no other rule leads to it, and no domain does."""
    target = rule.connector.casefold()
    rules = {r.name.casefold() for s in snapshots for r in s.rules or () if r.connector.casefold() == target}
    connectors = [c for s in snapshots for c in s.outbound or () if c.name.casefold() == target]
    return len(rules) == 1 and bool(connectors) and all(c.rule_scoped for c in connectors)


def _mail_to(domain: AcceptedDomain, logs: _Logs) -> _Seen | None:
    """Count the mail to an accepted domain, and to its subdomains where they are accepted with it."""
    counted = logs.by("recipient_domain")
    pattern = f"*.{domain.domain}" if domain.match_subdomains else domain.domain
    names = [name for name in counted if covers(pattern, name)] if domain.match_subdomains else [domain.domain]
    seen = sum((counted.get(name, _NOTHING) for name in names), _NOTHING)
    # Of very many configured domains some are counted under `(other)`: none seen may be some.
    return None if not seen.messages and (OTHER in counted or not counted) else seen


def _paths(logs: _Logs, tenant: Tenant, last: Snapshot) -> Iterator[dict[str, object]]:
    counted = logs.by("path")
    for path in dict.fromkeys((*counted, *_made_for(tenant, last))):
        if PLACES[-1] in path:
            continue  # a place that nothing tells is no way
        yield {"kind": PATH, "name": path, **_columns(counted.get(path, _NOTHING) if counted else None)}


def _made_for(tenant: Tenant, snapshot: Snapshot) -> Iterator[str]:
    """Name the paths that the configuration is made for, John to Sun and back among them (reference 2)."""
    yield from ("cloud>cloud", "cloud>internet")
    settings = tenant.settings
    by_service = {settings.mx_default, *settings.mx.values()} != {"onpremises"}  # mail of the internet comes here
    if by_service:
        yield "internet>cloud"
    if any(c.enabled and c.type is ConnectorType.ONPREMISES for c in snapshot.outbound or ()):
        yield "cloud>onpremises"
        if by_service:
            yield "internet>onpremises"
    if any(c.enabled and c.type is ConnectorType.ONPREMISES for c in snapshot.inbound or ()):
        yield "onpremises>cloud"
        if settings.policy.onprem_internet_egress == "office365":
            yield "onpremises>internet"
    if settings.partner_domains:
        yield from ("cloud>partner", "partner>cloud")


COVERED = Summary(COVERAGE, "Coverage of the configuration by the traffic", COVERAGE, lambda table: table)
