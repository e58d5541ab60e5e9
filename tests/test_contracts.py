"""Every registry, walked: what is listed is whole, documented and unique."""

from __future__ import annotations

import importlib
import re
from dataclasses import fields
from pathlib import Path

import click
import pytest

import analyzer
from analyzer.charts import CHARTS
from analyzer.cli import COMMANDS, cli
from analyzer.compare.weighing import POLICY_MATTERS
from analyzer.findings import FINDINGS, Kind
from analyzer.formats import FORMATS
from analyzer.formats.base import Format
from analyzer.schema import CAUSES, CHANGES, MESSAGES, NORMALISED, REJECTS, SEVERITIES, Column, TableSchema
from analyzer.schema import FINDINGS as FINDINGS_TABLE
from analyzer.selection import inbound, outbound
from analyzer.summaries import SUMMARIES
from analyzer.tenant.policy import POLICIES, Policy

SAMPLES = Path(__file__).parent.parent / "sample_logs" / "formats"
TABLES = (NORMALISED, MESSAGES, REJECTS, CAUSES, FINDINGS_TABLE, CHANGES)
SECTIONS = ("What it means:", "Why it matters:", "What to do:", "Example:")

# Columns that outsiders rely on (architecture, contracts): they are never renamed.
PROMISED = [
    "received_at",
    "message_id",
    "network_message_id",
    "envelope_sender",
    "header_from",
    "sender_domain",
    "recipient",
    "recipient_domain",
    "size",
    "event",
    "delivery_status",
    "directionality",
    "connecting_ip",
    "next_hop",
    "tls_version",
    "origin",
    "destination",
    "path",
    "evidence",
    "logged_connector",
    "logged_inbound_connector",
    "logged_outbound_connector",
    "inbound_outcome",
    "outbound_outcome",
    "selected_inbound_connector",
    "selected_outbound_connector",
    "inbound_verdict",
    "outbound_verdict",
    "verdict",
    "reason",
    "policies",
    "missing",
    "snapshot",
    "source_file",
    "source_row",
]
PROMISED_FINDINGS = [
    "code",
    "name",
    "severity",
    "title",
    "cause",
    "path",
    "domain",
    "logged",
    "selected",
    "messages",
    "failed",
    "first_seen",
    "last_seen",
    "examples",
    "policies",
    "advice",
]


@pytest.mark.parametrize("kind", FINDINGS, ids=lambda k: k.code)
def test_findings_explain_themselves(kind: Kind) -> None:
    """Each kind has a stable code and name, a severity and a page with the four sections."""
    assert re.fullmatch(r"MF\d{3}", kind.code)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", kind.name)
    assert kind.severity in SEVERITIES
    assert [s for s in SECTIONS if s not in kind.explanation] == []


@pytest.mark.parametrize("known", FORMATS, ids=lambda f: f.name)
def test_formats_describe_themselves_and_ship_a_sample(known: Format) -> None:
    """Each format says what it carries, what it lacks and how to export it, and has a sample."""
    assert all((known.title, known.row, known.carries, known.lacks, known.export))
    files = (*(SAMPLES / known.name).iterdir(), *(SAMPLES.parent / "logs").glob(f"{known.name}.*"))
    assert [file for file in files if not file.name.endswith("expected.json")]


REGISTRIES: dict[str, list[str]] = {
    "findings": [k.code for k in FINDINGS],
    "finding names": [k.name for k in FINDINGS],
    "formats": [f.name for f in FORMATS],
    "charts": [c.name for c in CHARTS],
    "summaries": [s.schema.name for s in SUMMARIES],
    "policies": [p.name for p in POLICIES],
    "commands": list(COMMANDS),
}


@pytest.mark.parametrize("names", REGISTRIES.values(), ids=REGISTRIES)
def test_names_are_unique(names: list[str]) -> None:
    """No registry holds a name twice."""
    assert len(set(names)) == len(names) > 0


def test_the_policy_table_is_the_policy() -> None:
    """Table, value type and relevance tests name the same policies, each with its default first."""
    assert [f.name for f in fields(Policy)] == [p.name for p in POLICIES]
    assert dict(Policy().items()) == {p.name: p.default for p in POLICIES}
    assert set(POLICY_MATTERS) == {p.name for p in POLICIES}
    assert all(p.meaning and p.why and p.source for p in POLICIES)


@pytest.mark.parametrize("order", [inbound.ORDER, outbound.ORDER], ids=["inbound", "outbound"])
def test_selection_rules_cite_their_source(order: tuple[tuple[str, object, str], ...]) -> None:
    """Each selection rule names what it looks at and the section that states it."""
    assert all(subject and re.match(r"\d\.\d", cite) for subject, _, cite in order)


@pytest.mark.parametrize("table", TABLES, ids=lambda t: t.name)
def test_columns_have_one_sentence_of_meaning(table: TableSchema) -> None:
    """Every column is described, and no table has a column twice."""
    assert all(c.meaning.endswith(".") for c in table)
    assert len({c.name for c in table}) == len(table.columns)


def test_a_column_means_the_same_everywhere() -> None:
    """A name has the same kind of value in every table."""
    kinds: dict[str, set[str]] = {}
    for column in (c for t in TABLES for c in t.columns):
        kinds.setdefault(column.name, set()).add(_kind(column))
    assert [name for name, kind in kinds.items() if len(kind) > 1] == []


def _kind(column: Column) -> str:
    text = str(column.type)
    return "text" if text.startswith("dictionary") or text == "string" else text


def test_promised_columns_are_there() -> None:
    """The columns that other programs read keep their names."""
    assert [c for c in PROMISED if c not in MESSAGES.arrow.names] == []
    assert FINDINGS_TABLE.arrow.names[: len(PROMISED_FINDINGS)] == PROMISED_FINDINGS


def test_the_public_door() -> None:
    """Every public name exists and has a docstring or is a registry."""
    assert dir(analyzer) == sorted(analyzer.__all__)
    for name in analyzer.__all__:
        found = getattr(analyzer, name)
        assert isinstance(found, tuple | str) or found.__doc__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = analyzer.nothing


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_have_help(name: str) -> None:
    """Each command explains itself and each of its options."""
    command = cli.get_command(None, name)  # type: ignore[arg-type]
    assert command is not None
    assert command.help
    assert [p.name for p in command.params if isinstance(p, click.Option) and not p.help] == []


def test_every_module_has_a_docstring() -> None:
    """Each module says in its first line what it is for."""
    root = Path(analyzer.__file__).parent
    modules = [".".join(p.relative_to(root.parent).with_suffix("").parts) for p in root.rglob("*.py")]
    names = [m.removesuffix(".__init__") for m in modules if not m.endswith("__main__")]
    assert [n for n in names if not importlib.import_module(n).__doc__] == []
