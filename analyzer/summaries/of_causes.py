"""Cuts of the cube: the messages of a run by verdict, day, connector, domain, path, policy."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from analyzer.schema import CAUSES, COUNT, TEXT, TEXTS, VERDICTS, Column, TableSchema
from analyzer.summaries.base import FAILED, MESSAGES, Summary, by_verdict, one_row_a_value, ordered, total
from analyzer.tenant.policy import POLICIES

NO_CONNECTOR = "(none)"  # as in CAUSES: logged, and logged as none

# The sides of connectors: the column of the cube that holds them, and whether of the own servers' logs.
SIDES = {
    "outbound": ("outbound", False),
    "inbound": ("inbound", False),
    "send": ("outbound", True),
    "receive": ("inbound", True),
}

_OF_SIDES = [
    "vantage",
    *(f"{what}_{side}" for what in ("logged", "selected") for side in ("outbound", "inbound")),
    *("outbound_verdict", "inbound_verdict", "messages", "failed"),
]

_DAY = Column("day", pa.date32(), "Day in UTC.")
_VERDICT = Column("verdict", TEXT, "The headline.")
_ALARMS = Column("alarms", COUNT, "How many are unrouted, misroute or mismatch.")
_BY_VERDICT = tuple(Column(verdict, COUNT, f"How many are {verdict}.") for verdict in VERDICTS)
_PLACES = (
    Column("origin", TEXT, "Where the messages came from."),
    Column("destination", TEXT, "Where the recipients are."),
)


def _verdicts(causes: pa.Table) -> pa.Table:
    sums = {row["verdict"]: row for row in total(causes, ("verdict",)).to_pylist()}
    empty = {"messages": 0, "failed": 0}
    return pa.Table.from_pylist([{**sums.get(verdict, empty), "verdict": verdict} for verdict in VERDICTS])


VERDICTS_TOTAL = Summary(
    TableSchema("verdicts", "A verdict; all eight are there.", (_VERDICT, MESSAGES, FAILED)),
    "Verdicts",
    CAUSES,
    _verdicts,
)


def _verdicts_by_day(causes: pa.Table) -> pa.Table:
    return ordered(total(causes, ("day", "verdict")), "day", "verdict", ranks={"verdict": VERDICTS})


VERDICTS_BY_DAY = Summary(
    TableSchema("verdicts_by_day", "A verdict on one day.", (_DAY, _VERDICT, MESSAGES, FAILED)),
    "Verdicts by day",
    CAUSES,
    _verdicts_by_day,
)


def _connectors(causes: pa.Table) -> pa.Table:
    sides, causes = [], causes.select(_OF_SIDES)
    own = pc.fill_null(pc.equal(causes["vantage"], "own-server"), fill_value=False)
    for name, (side, whose) in SIDES.items():
        rows = causes.filter(pc.and_(pc.is_valid(causes[f"{side}_verdict"]), own if whose else pc.invert(own)))
        sides.append(
            pa.table(
                {
                    "side": pa.array([name] * len(rows), TEXT),
                    "logged": rows[f"logged_{side}"],
                    "selected": rows[f"selected_{side}"],
                    "verdict": rows[f"{side}_verdict"],
                    "messages": rows["messages"],
                    "failed": rows["failed"],
                }
            )
        )
    pairs = total(pa.concat_tables(sides), ("side", "logged", "selected", "verdict"))
    return ordered(
        pairs, "side", "verdict", "-messages", "logged", "selected", ranks={"side": SIDES, "verdict": VERDICTS}
    )


CONNECTORS = Summary(
    TableSchema(
        "connectors",
        "A logged and a selected connector of one side that met, with their verdict.",
        (
            Column("side", TEXT, "outbound and inbound: of Office 365; send and receive: of your own servers."),
            Column("logged", TEXT, "Logged connector; `(none)` = logged as none; null = the log does not say."),
            Column("selected", TEXT, "Selected connector, else the outcome in brackets."),
            Column("verdict", TEXT, "Verdict of the side."),
            MESSAGES,
            FAILED,
        ),
    ),
    "Logged and selected connectors",
    CAUSES,
    _connectors,
)


def _recipient_domains(causes: pa.Table) -> pa.Table:
    return ordered(by_verdict(causes, ("recipient_domain",)), "-alarms", "-messages", "recipient_domain")


RECIPIENT_DOMAINS = Summary(
    TableSchema(
        "recipient_domains",
        "A recipient domain.",
        (
            Column("recipient_domain", TEXT, "Recipient domain, lower case."),
            MESSAGES,
            FAILED,
            _ALARMS,
            *_BY_VERDICT,
        ),
    ),
    "Recipient domains",
    CAUSES,
    _recipient_domains,
)


def _paths(causes: pa.Table) -> pa.Table:
    keys = ("path", "origin", "destination", "verdict")
    return ordered(total(causes, keys), "path", "verdict", ranks={"verdict": VERDICTS})


PATHS = Summary(
    TableSchema(
        "paths",
        "A path and a verdict on it.",
        (Column("path", TEXT, "origin>destination."), *_PLACES, _VERDICT, MESSAGES, FAILED),
    ),
    "Paths",
    CAUSES,
    _paths,
)


def _missing(causes: pa.Table) -> pa.Table:
    undetermined = causes.filter(pc.equal(causes["verdict"], "undetermined"))
    return ordered(total(one_row_a_value(undetermined, "missing"), ("missing",)), "-messages", "missing")


MISSING = Summary(
    TableSchema(
        "missing",
        "An input that undetermined messages lack; a message that lacks two counts in both.",
        (Column("missing", TEXT, "What is missing."), MESSAGES, FAILED),
    ),
    "What could not be told, and for want of what",
    CAUSES,
    _missing,
)


_CALIBRATION = TableSchema(
    "policies",
    "An allowed value of a policy whose values differ on some message.",
    (
        Column("policy", TEXT, "Policy."),
        Column("setting", TEXT, "Its value in this run."),
        Column("value", TEXT, "One of its allowed values."),
        Column("messages", COUNT, "Recipients of messages whose verdict rests on the policy."),
        Column("borne_out", COUNT, "On how many of them the log agrees with the value."),
        Column("domains", TEXTS, "Up to three recipient domains of these messages, the busiest first."),
    ),
)
_MOST_DOMAINS = 3


def _policies(causes: pa.Table) -> pa.Table:
    """Set beside each policy that a row rests on how often the log agrees with each of its values."""
    rests = total(one_row_a_value(causes, "policies"), ("policies",))
    domains = _domains_by_policy(causes)
    borne = total(one_row_a_value(causes, "bears_out"), ("bears_out",))
    agreed = dict(zip(borne["bears_out"].to_pylist(), borne["messages"].to_pylist(), strict=True))
    rows = []
    for setting, messages in zip(rests["policies"].to_pylist(), rests["messages"].to_pylist(), strict=True):
        policy, _, value_in_force = setting.partition("=")
        rows += [
            {
                "policy": policy,
                "setting": value_in_force,
                "value": value,
                "messages": messages,
                "borne_out": agreed.get(f"{policy}={value}", 0),
                "domains": domains[setting],
            }
            for value in _values(policy, value_in_force)
        ]
    order = [policy.name for policy in POLICIES]
    table = pa.Table.from_pylist(rows, _CALIBRATION.arrow)
    return ordered(table, "policy", "setting", "-borne_out", "value", ranks={"policy": order})


def _domains_by_policy(causes: pa.Table) -> dict[str, list[str]]:
    """Name the busiest recipient domains of the messages that rest on each policy."""
    keys = ("policies", "recipient_domain")
    counted = ordered(total(one_row_a_value(causes, "policies", "recipient_domain"), keys), "-messages", *keys)
    found: dict[str, list[str]] = {}
    for row in counted.to_pylist():
        found.setdefault(row["policies"], []).append(row["recipient_domain"] or "(none)")
    return {policy: names[:_MOST_DOMAINS] for policy, names in found.items()}


def _values(policy: str, setting: str) -> tuple[str, ...]:
    """The allowed values of a policy, the one in force first."""
    allowed = next((row.values for row in POLICIES if row.name == policy), ())
    return (setting, *(value for value in allowed if value != setting))


CALIBRATION = Summary(_CALIBRATION, "Calibration", CAUSES, _policies)


def _flow(causes: pa.Table) -> pa.Table:
    said = [causes["logged_inbound"], causes["logged_outbound"]]
    arriving, leaving = [pc.if_else(pc.equal(names, NO_CONNECTOR), None, names) for names in said]
    both = pc.binary_join_element_wise(arriving, leaving, " + ")  # null where either is
    connector = pc.coalesce(both, arriving, leaving, *said)
    table = causes.append_column("connector", connector)
    links = total(table, ("origin", "connector", "destination", "verdict"))
    return ordered(links, "origin", "connector", "destination", "verdict", ranks={"verdict": VERDICTS})


FLOW = Summary(
    TableSchema(
        "flow",
        "An origin, the connectors that the log names, a destination and a verdict.",
        (
            _PLACES[0],
            Column("connector", TEXT, "Logged, inbound + outbound; `(none)` = logged as none; null = not said."),
            _PLACES[1],
            _VERDICT,
            MESSAGES,
            FAILED,
        ),
    ),
    "From where, by which connector, to where",
    CAUSES,
    _flow,
)
