"""The documents say what the program does: generated pages are current, and nothing stable is left out."""

from __future__ import annotations

import ast
import importlib.util
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pyarrow.parquet as pq
import pytest

import analyzer
from analyzer.compare.signs import MX_BYPASSED, SENDER_NOT_ACCEPTED
from analyzer.findings import FINDINGS
from analyzer.paths import ALLOWED, ALLOWED_BY_CMT, Kind
from analyzer.pipeline import Options, run
from analyzer.report.report import Report
from analyzer.schema import TABLES, VERDICTS
from analyzer.selection import inbound, outbound
from analyzer.tenant import load_tenant
from analyzer.tenant.policy import POLICIES
from analyzer.tenant.settings import json_schema

ROOT = Path(__file__).resolve().parent.parent
FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
KEBAB = re.compile(r"[a-z]+(?:-[a-z]+)+")
# What holds reason codes, and the kebab-case values there that are none.
REASONED = ("analyzer/selection/*.py", "analyzer/compare/*.py", "analyzer/evidence/*.py")
NO_REASON = {"one-column", "per-event", "intra-org", MX_BYPASSED, SENDER_NOT_ACCEPTED}
# Modules whose sections are those of docs/connector-selection.md; formats and inputs cite pages of their own.
CITING = ("selection", "compare", "evidence", "paths.py", "addresses.py", "routing.py", "tenant/policy.py", "findings")


def _read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def generator() -> Iterator[ModuleType]:
    """docs/generate.py as a module."""
    spec = importlib.util.spec_from_file_location("generate_docs", ROOT / "docs/generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def _section(page: str, heading: str) -> str:
    """The text of a section of a page, up to the next heading of its level or a higher one."""
    text = _read(page)
    level = heading.count("#")
    found = re.search(rf"^{re.escape(heading)}.*?$(.*?)(?=^#{{1,{level}}} |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, heading
    return found[1]


def test_generated_pages_are_current(generator: ModuleType) -> None:
    """`make docs` would change nothing."""
    assert [page.path for page in generator.stale()] == []


def test_a_stale_page_is_named(
    generator: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """--check exits 1 and names the page that is out of date; without it the page is written."""
    for page in generator.PAGES:
        (tmp_path / page.path).parent.mkdir(exist_ok=True)
        (tmp_path / page.path).write_text(_read(page.path), encoding="utf-8")
    shutil.copytree(ROOT / "sample_logs" / "logs", tmp_path / "sample_logs" / "logs")
    shutil.copytree(ROOT / "sample_logs" / "tenant", tmp_path / "sample_logs" / "tenant")
    stale = _read("docs/schema.md").replace("| `verdict` |", "| `judgement` |")
    (tmp_path / "docs/schema.md").write_text(stale, encoding="utf-8")
    monkeypatch.setattr(generator, "ROOT", tmp_path)

    assert generator.main(["--check"]) == 1
    assert capsys.readouterr().out.startswith("docs/schema.md: out of date")
    assert generator.main([]) == 0
    assert generator.main(["--check"]) == 0


def test_every_column_and_setting_is_in_the_schema_page() -> None:
    """No column of a report and no key of mailflow.toml is undocumented."""
    page = _read("docs/schema.md")
    definitions = json_schema()["$defs"]
    assert isinstance(definitions, dict)
    keys = {key for name, part in definitions.items() if name != "PolicyPart" for key in part["properties"]}

    assert [c.name for table in TABLES for c in table if f"| `{c.name}` | " not in page] == []
    assert [key for key in keys if f"] {key}`" not in page] == []


def test_every_finding_has_its_page() -> None:
    """Every code has a heading, and every section of its docstring is there."""
    for kind in FINDINGS:
        told = _section("docs/findings.md", f"## {kind.code} {kind.name}")
        heads = re.findall(r"^(\w[^\n]*):$", kind.explanation, re.MULTILINE)
        assert heads, kind.code
        assert [head for head in heads if f"**{head}.**" not in told] == []


def test_every_policy_has_its_place() -> None:
    """Every policy is on its own page with all its values, and where its rule is told."""
    rules = _read("docs/connector-selection.md")
    for row in POLICIES:
        told = _section("docs/policies.md", f"## {row.name}")
        assert [value for value in row.values if f"`{value}`" not in told] == []
        assert f"`{row.name}`" in rules.partition("### 7.2")[0], row.name


def test_the_path_table_is_the_one_that_judges() -> None:
    """Reading the table of the page gives exactly what analyzer.paths allows."""
    kinds = {"none": Kind.NONE, "O": Kind.ONPREMISES, "P": Kind.PARTNER}
    told: dict[tuple[str, ...], tuple[set[Kind], ...]] = {}
    for path, *sides in re.findall(
        r"^\| `(\w+>\w+)` \| (.+?) \| (.+?) \| (.+?) \|$", _section("docs/connector-selection.md", "## 2"), re.MULTILINE
    ):
        told[tuple(path.split(">"))] = tuple(
            {kinds[word] for word in side.split(" or ") if word != "takes no part"} for side in sides
        )

    assert told == {
        (pair[0].value, pair[1].value): (
            set(allowed.inbound),
            set(allowed.outbound),
            set(ALLOWED_BY_CMT.get(pair, allowed).outbound),
        )
        for pair, allowed in ALLOWED.items()
    }


@pytest.mark.parametrize("order, heading", [(outbound.ORDER, "### 3.3"), (inbound.ORDER, "### 4.2")])
def test_the_rules_are_told_in_their_order(order: tuple[tuple[str, object, str], ...], heading: str) -> None:
    """The page tells every rule of a side, in the order in which the engine tries them."""
    told = re.findall(r"^\| \d \| \*\*(.+?)\*\*", _section("docs/connector-selection.md", heading), re.MULTILINE)

    assert told == [subject for subject, _, _ in order]


def _sections_cited() -> set[str]:
    """Section numbers that comments, steps and messages of the engine cite."""
    cited: set[str] = set()
    for place in CITING:
        path = ROOT / "analyzer" / place
        for file in [path] if path.is_file() else sorted(path.glob("*.py")):
            text = file.read_text(encoding="utf-8")
            cited |= set(re.findall(r"(?:reference|rule:)\s+(?:section )?(\d+(?:\.\d+)?)", text, re.IGNORECASE))
            cited |= set(re.findall(r"[Ss]ection (\d+)\b", text))
            cited |= set(re.findall(r'"(\d\.\d)(?:[ ,;][^"]*)?"', text))
    return cited


def test_every_cited_section_is_on_the_page() -> None:
    """Whoever reads `3.4` in the code or in a decision finds section 3.4 on the page."""
    headings = set(re.findall(r"^#+ (\d+(?:\.\d+)?) ", _read("docs/connector-selection.md"), re.MULTILINE))
    cited = _sections_cited()

    assert {"3.3", "3.4", "3.5", "4.2", "7.1", "8"} <= cited
    assert cited - headings == set()


def _codes_told() -> set[str]:
    table = _section("docs/connector-selection.md", "### Reason codes")
    first = (line.split(" | ")[0] for line in table.splitlines())
    return {code for cell in first for code in re.findall(r"`([a-z-]+)`", cell)}


def _texts_written() -> set[str]:
    """Every text in the modules that give reasons, and the codes that are built with the head `not-`."""
    files = [file for pattern in REASONED for file in ROOT.glob(pattern)]
    nodes = (node for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return texts | {f"not-{text}" for text in texts if f"not-{text}" in _codes_told()}


def test_every_reason_code_is_told() -> None:
    """A reason that the engine can give is in the table of reason codes."""
    told = _codes_told()
    # The reasons of UNUSABLE stand in steps, never on a row; a tail of `not-` is told with its head.
    others = NO_REASON | {reason for reason, *_ in outbound.UNUSABLE} | {code.removeprefix("not-") for code in told}

    assert {text for text in _texts_written() if KEBAB.fullmatch(text)} - others - told == set()


def test_no_reason_code_is_told_that_cannot_occur() -> None:
    """The table names no reason that the engine does not have."""
    assert {code for code in _codes_told() if not code.startswith("policy-")} - _texts_written() == set()


def test_reasons_of_the_sample_are_told(tmp_path: Path) -> None:
    """Every reason that occurs on a real row is in the table, those that are built from parts included."""
    tenant = load_tenant(ROOT / "sample_logs/tenant")
    found: set[str] = set()
    for log in ("logs/enhanced-summary.csv", "formats/extended/extended.csv"):
        (tmp_path / Path(log).stem).mkdir()
        causes = run([str(ROOT / "sample_logs" / log)], tenant, tmp_path / Path(log).stem, Options()).causes
        found |= set(causes.column("reason").to_pylist())

    assert "not-the-selected-connector" in found
    assert {f"policy-{p.name.replace('_', '-')}" for p in POLICIES} & found == {"policy-precedence"}
    assert found - _codes_told() == set()


def test_every_verdict_is_defined() -> None:
    """Section 8 defines each verdict, gravest first."""
    told = re.findall(r"^\| (\w+) \| ", _section("docs/connector-selection.md", "## 8"), re.MULTILINE)

    assert [word for word in told if word in VERDICTS] == list(VERDICTS)


def test_every_public_name_is_documented() -> None:
    """docs/api.md tells every name of the package's door and every public member of a report."""
    page = _read("docs/api.md")
    members = [name for name in vars(Report) if not name.startswith("_") and name not in {"causes", "finding_rows"}]

    assert [name for name in analyzer.__all__ if not re.search(rf"`{name}\b", page)] == []
    told = [name for name in members if re.search(rf"`(Report\.)?{name}\b", page)]
    assert {"open", "findings", "messages", "summary", "chart", "text"} <= set(told)


def test_the_example_of_the_python_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The example is run as it stands, beside the samples; only its output goes to a temporary folder."""
    example = max((body for language, body in FENCED.findall(_read("docs/api.md")) if language == "python"), key=len)
    monkeypatch.chdir(ROOT)

    exec(compile(example.replace('"audit"', repr(str(tmp_path / "audit"))), "docs/api.md", "exec"), {})

    assert "Connector 3" in capsys.readouterr().out
    assert pq.read_metadata(tmp_path / "audit/findings.parquet").num_rows
