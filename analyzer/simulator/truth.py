"""The ground truth: a row a recipient of a message, with what was planted and what is due."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analyzer.schema import CODED, COUNT, TEXT, TIME, Column, TableSchema
from analyzer.simulator.columns import Columns, dashed, of_leg, of_scenario
from analyzer.simulator.hops import sent_by_servers
from analyzer.simulator.scenario import PLACES
from analyzer.simulator.servers import SEND_CONNECTOR, stray
from analyzer.simulator.traffic import Plan

TRUTH = TableSchema(
    "truth",
    "A recipient of a generated message, with the right connectors and the planted fault.",
    (
        Column("message_id", TEXT, "Internet message ID with its angle brackets."),
        Column("network_message_id", TEXT, "The service's own id: lower case, with dashes."),
        Column("recipient", CODED, "One envelope recipient."),
        Column("received_at", TIME, "Arrival of the message in UTC."),
        Column("size", COUNT, "Bytes."),
        Column("scenario", CODED, "Name of the scenario that made the message."),
        Column("origin", CODED, "Where the message really came from, whatever the log shows."),
        Column("destination", CODED, "Where the recipient really is."),
        Column("selected_inbound_connector", CODED, "The right inbound connector; null = none."),
        Column("selected_outbound_connector", CODED, "The right outbound connector; null = none or local."),
        Column("fault", CODED, "Kind of the planted fault; null = none."),
        Column(
            "verdict_with_connectors",
            CODED,
            "Due in an event log, its rows grouped by message and recipient; null = Office 365 never saw it.",
        ),
        Column("verdict_one_column", CODED, "Due where one connector cell serves both sides and every recipient."),
        Column("verdict_without_connectors", CODED, "Due where the log names no connector."),
        Column("selected_send_connector", CODED, "The right Send connector of the own server; null = it sent nothing."),
        Column("verdict_own_server", CODED, "Due on the sending in the own server's logs; null = it sent nothing."),
        Column("verdict_own_arrival", CODED, "Due on the arrival before that, in its tracking log; null = none."),
    ),
)


def _table(columns: Columns, plan: Plan) -> pa.Table:
    batch, spread = columns.batch, columns.to_recipients
    scenario, leg = batch.scenario[batch.message], batch.leg
    cells = {
        "message_id": spread(columns.message_id),
        "network_message_id": spread(dashed(columns.network_id)),
        "recipient": columns.recipient,
        "received_at": pa.array(batch.received[batch.message]).cast(TIME),
        "size": pa.array(batch.size[batch.message]),
        "scenario": of_scenario(scenario, lambda one: one.name),
        "origin": of_scenario(scenario, lambda one: one.source.place),
        "destination": of_leg(leg, lambda one: PLACES[one.to]),
        "selected_inbound_connector": of_scenario(scenario, lambda one: one.inbound),
        "selected_outbound_connector": of_leg(leg, lambda one: one.selected),
        "fault": of_scenario(scenario, lambda one: one.fault.kind if one.fault else None),
        "verdict_with_connectors": of_leg(leg, lambda one: one.due.per_event),
        "verdict_one_column": of_leg(leg, lambda one: one.due.one_column),
        "verdict_without_connectors": of_leg(leg, lambda one: one.due.without),
        **_at_own_servers(columns, plan),
    }
    return pa.table(cells).cast(TRUTH.arrow)


def _at_own_servers(columns: Columns, plan: Plan) -> dict[str, pa.Array]:
    """Say what is due in the log of the servers that sent a message to Office 365, where they did."""
    sent = pa.array(sent_by_servers(columns))
    scenario = columns.batch.scenario[columns.batch.message]
    strays = pa.array(stray(columns.batch.first_message + columns.batch.message) & plan.strays)
    left = of_scenario(scenario, lambda one: None if one.at_server.stuck else SEND_CONNECTOR)
    due = pc.if_else(strays, "mismatch", of_scenario(scenario, lambda one: one.at_server.departure))
    arrival = of_scenario(scenario, lambda one: one.at_server.arrival)
    exports, nobody = plan.topology.exports(plan.faults), pa.scalar(None, pa.string())
    return {
        "selected_send_connector": pc.if_else(sent, left, nobody),
        "verdict_own_server": pc.if_else(sent, due if exports.send else "no_evidence", nobody),
        "verdict_own_arrival": pc.if_else(sent, arrival if exports.receive else "no_evidence", nobody),
    }


class Truth:
    """truth.parquet, growing by batches; a context manager that ends the file properly."""

    def __init__(self, path: Path, plan: Plan) -> None:
        self._plan = plan
        self._writer = pq.ParquetWriter(path, TRUTH.arrow, compression="zstd")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()

    def append(self, columns: Columns) -> None:
        """Write the rows of one batch."""
        self._writer.write_table(_table(columns, self._plan))
