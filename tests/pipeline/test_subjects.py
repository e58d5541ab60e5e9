"""Rules on the subject over whole runs: decided where the log shows it, written nowhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from analyzer.pipeline import Options, convert, run
from analyzer.report.analysis import analyze
from analyzer.report.explanation import explain_message
from analyzer.tenant import load_tenant
from analyzer.tenant.model import Tenant
from analyzer.tenant.predicates import Predicate
from tests.builders import BOB, SUN, outbound, rule, tenant
from tests.pipeline.traces import COLUMNS, rows, trace

OFFERS = rule("Ruled", name="offers", conditions=(Predicate("SubjectContainsWords", ("offer",)),))
ASKS = tenant(outbound=(outbound("Ruled", rule_scoped=True),), rules=(OFFERS,))
SECRET = "Offer for Project Zephyr"


def _log(path: Path, *given: dict[str, object]) -> Path:
    lines = [",".join((*COLUMNS, "Subject")), *(",".join(str(v) for v in row.values()) for row in given)]
    path.write_text("\r\n".join(lines) + "\r\n", "utf-8")
    return path


def _mail(number: int, subject: str, **changes: object) -> dict[str, object]:
    away = {"SenderAddress": BOB, "RecipientAddress": SUN, "FromIP": "", **changes}
    return {**trace(number, **away), "Subject": subject}


def _judged(logs: list[Path], out: Path, ours: Tenant = ASKS, **options: Any) -> dict[str, tuple[Any, ...]]:
    out.mkdir()
    run([str(log) for log in logs], ours, out, Options(**options))
    shown = ("outbound_outcome", "selected_outbound_connector")
    return {row["message_id"]: tuple(row[name] for name in shown) for row in rows(out)}


FIRED, NONE, OPEN = ("connector", "Ruled"), ("none", None), ("undetermined", None)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_log_decides_rules_on_the_subject(tmp_path: Path, workers: int) -> None:
    """Where the log shows it the rule is decided, also for rows that wait to become final; where not, it is open."""
    log = _log(
        tmp_path / "log.csv",
        *(_mail(0, SECRET), _mail(1, "Invoice"), _mail(2, "")),
        *(_mail(3, SECRET, Status="Pending"), _mail(4, "Invoice", Status="Pending")),
    )
    without = tmp_path / "without.csv"
    without.write_text(",".join(COLUMNS) + "\r\n" + ",".join(str(_mail(5, "")[name]) for name in COLUMNS) + "\r\n")

    found = _judged([log, without], tmp_path / "out", workers=workers)

    assert [found[f"<{n}@wingtiptoys.com>"] for n in (0, 1, 3, 4)] == [FIRED, NONE, FIRED, NONE]
    assert [found[f"<{n}@wingtiptoys.com>"] for n in (2, 5)] == [OPEN, OPEN]
    assert set(found) == {f"<{n}@wingtiptoys.com>" for n in range(6)}


def test_a_store_and_the_log_beside_it(tmp_path: Path) -> None:
    """A store keeps no subject, so its rows are open; those of a log read in the same run are decided."""
    convert([_log(tmp_path / "old.csv", _mail(0, SECRET))], tmp_path / "store")
    later = _log(tmp_path / "new.csv", _mail(1, SECRET))

    found = _judged([tmp_path / "store", later], tmp_path / "out")

    assert [found[f"<{n}@wingtiptoys.com>"] for n in (0, 1)] == [OPEN, FIRED]


def test_no_file_holds_a_subject(tmp_path: Path) -> None:
    """Neither messages nor a store has a column or a byte of it."""
    log = _log(tmp_path / "log.csv", _mail(0, SECRET), _mail(1, SECRET, Status="Pending"))
    _judged([log], tmp_path / "out")
    convert([log], tmp_path / "store")

    for file in (f for folder in ("out", "store") for f in (tmp_path / folder).rglob("*") if f.is_file()):
        assert b"Zephyr" not in file.read_bytes()
        if file.suffix == ".parquet":
            table = pq.read_table(file)
            assert "subject" not in table.column_names
            assert "Zephyr" not in str(table.to_pylist())


def test_nothing_is_read_where_no_rule_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without such a rule the log is not asked for subjects, and the verdicts are those of the rules there are."""
    monkeypatch.setattr("analyzer.formats.Log.read_subjects", lambda _: pytest.fail("read"))
    off = tenant(outbound=ASKS.snapshots[0].outbound, rules=())
    found = _judged([_log(tmp_path / "log.csv", _mail(0, SECRET))], tmp_path / "out", off)
    assert found == {"<0@wingtiptoys.com>": NONE}


EXPORTS = {
    "OutboundConnectors.json": """[{"Name": "Ruled", "Enabled": true, "ConnectorType": "OnPremises",
        "RecipientDomains": [], "SmartHosts": ["mail.contoso.com"], "UseMXRecord": false, "AllAcceptedDomains": false,
        "IsTransportRuleScoped": true, "RouteAllMessagesViaOnPremises": false, "TlsSettings": null}]""",
    "AcceptedDomains.json": """[{"Name": "contoso.com", "DomainName": "contoso.com", "DomainType": "Authoritative",
        "MatchSubDomains": false}]""",
    "TransportRules.json": """[{"Name": "offers", "State": "Enabled", "Mode": "Enforce", "Priority": 0,
        "RouteMessageOutboundConnector": "Ruled", "SubjectContainsWords": ["offer"]}]""",
}


def test_explain_says_that_the_subject_is_not_kept_and_takes_it(tmp_path: Path) -> None:
    """Without the subject the steps are open where the run decided, and a line says what to give."""
    (tmp_path / "tenant").mkdir()
    for name, text in EXPORTS.items():
        (tmp_path / "tenant" / name).write_text(text, "utf-8")
    log = _log(tmp_path / "log.csv", _mail(0, SECRET))
    analyze([log], load_tenant(tmp_path / "tenant"), out=tmp_path / "out")

    (open_,) = explain_message("<0@wingtiptoys.com>", tmp_path / "out", None)
    (given,) = explain_message("<0@wingtiptoys.com>", tmp_path / "out", None, subject=SECRET)

    assert open_.row["selected_outbound_connector"] == "Ruled"
    assert "give it with --subject TEXT" in open_.note
    assert "may have fired, no log shows SubjectContainsWords" in str(open_)
    assert "--subject" not in given.note
    assert "rule offers: fired" in str(given)
