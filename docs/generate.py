"""Write what the documents take from the program itself; --check only tells which pages are out of date.

A page is written by hand except for its blocks between `<!-- generated: NAME -->` and `<!-- end -->`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from analyzer.findings import FINDINGS, Kind
from analyzer.paths import ALLOWED, ALLOWED_BY_CMT, AllowedPath
from analyzer.paths import Kind as ConnectorKind
from analyzer.report.analysis import analyze
from analyzer.schema import CHANGES, STORED, TABLES, TableSchema
from analyzer.simulator import FAULTS, TRUTH
from analyzer.summaries import SUMMARIES, Summary
from analyzer.summaries.cross_check import CONNECTOR_REPORT as CHECKED
from analyzer.tenant import load_tenant
from analyzer.tenant.model import Place
from analyzer.tenant.policy import POLICIES, PolicyRow, PolicyRule
from analyzer.tenant.settings import json_schema

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Page:
    """A file of the project and the blocks in it that the program writes."""

    path: str
    blocks: Mapping[str, Callable[[], str]]

    def render(self, text: str) -> str:
        """Give the page's text with every block written anew."""
        for name, block in self.blocks.items():
            before, found, after = text.partition(f"<!-- generated: {name} -->\n")
            _, ended, rest = after.partition("<!-- end -->")
            if not (found and ended):
                raise SystemExit(f"{self.path}: needs a block `<!-- generated: {name} -->` ... `<!-- end -->`")
            text = f"{before}{found}\n{block()}\n\n{ended}{rest}"
        return text


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a Markdown table."""
    escaped = ([cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows)
    lines = (f"| {' | '.join(cells)} |" for cells in (list(head), ["---"] * len(head), *escaped))
    return "\n".join(lines)


def code(text: str) -> str:
    """Set a text in code."""
    return f"`{text}`"


def literal(text: str) -> str:
    """Keep Markdown from reading emphasis into `*.contoso.com`; code stays as it is."""
    return "`".join(part if n % 2 else part.replace("*", r"\*") for n, part in enumerate(text.split("`")))


def _columns(schema: TableSchema) -> str:
    return table(
        ["column", "type", "meaning"], ([code(c.name), _type(str(c.type)), literal(c.meaning)] for c in schema)
    )


def _type(arrow: str) -> str:
    # A dictionary is how text that repeats is stored; whoever reads the file sees text.
    if arrow.startswith("dictionary<"):
        return "text (dictionary)"
    known = {"string": "text", "int64": "integer", "bool": "boolean", "date32[day]": "date"}
    return known.get(arrow, "list of text" if arrow.startswith("list<") else arrow)


def _table_section(schema: TableSchema, where: str) -> str:
    return f"### {schema.name}\n\n{where}. A row: {schema.row[0].lower()}{schema.row[1:]}\n\n{_columns(schema)}"


_FILES = {
    "messages": "`messages/*.parquet`",
    "rejects": "`rejects.parquet`",
    "causes": "`causes.parquet`, the cube from which everything below is cut",
    "findings": "`findings.parquet`, and the same in `findings.json`",
}


def tables_block() -> str:
    """Write the tables of a report."""
    return "\n\n".join(_table_section(schema, _FILES[schema.name]) for schema in TABLES)


def store_block() -> str:
    """Write the table of a store."""
    return _table_section(STORED, "`day=*/*.parquet` of a store ([store.md](store.md))")


def summaries_block() -> str:
    """Write the summaries."""
    return (
        "\n\n".join(_table_section(s.schema, f"{s.title}, {_origin(s)}") for s in SUMMARIES)
        + "\n\n"
        + _table_section(CHECKED, "Where a connector report is among the logs")
    )


def _origin(summary: Summary) -> str:
    return "from `causes` and the tenant" if summary.of is summary.schema else f"from `{summary.of.name}`"


def truth_block() -> str:
    """Write the table of the simulator's truth."""
    return _table_section(TRUTH, "`truth.parquet` of `mailflow generate`")


def changes_block() -> str:
    """Write the table of what differs between two configurations."""
    return _table_section(CHANGES, "`mailflow diff --json`, and the frame of `analyzer.diff`")


def settings_block() -> str:
    """Write the keys of mailflow.toml."""
    return table(["key", "value", "default", "meaning"], _settings(json_schema()))


def _settings(schema: dict[str, Any]) -> Iterator[list[str]]:
    definitions = schema["$defs"]
    for name, part in schema["properties"].items():
        inner = _definition(part, definitions)
        if name == "policy":
            yield [
                code("[policy] NAME"),
                "a value of [policies.md](policies.md)",
                "its first value",
                part["description"],
            ]
        elif "properties" in inner:
            yield from (_setting(f"[{name}] {key}", value) for key, value in inner["properties"].items())
        else:
            yield from _keyed(name, part, definitions)


def _keyed(name: str, part: dict[str, Any], definitions: dict[str, Any]) -> Iterator[list[str]]:
    """Tables whose keys the user names."""
    each = _definition(part["additionalProperties"], definitions)
    if "properties" in each:
        yield from (_setting(f"[{name}.NAME] {key}", value) for key, value in each["properties"].items())
    else:
        yield _setting(f'[{name}] "DOMAIN"', {**each, "description": part["description"]})


def _definition(part: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    reference = part.get("$ref") or next((p["$ref"] for p in part.get("allOf", ()) if "$ref" in p), None)
    found: dict[str, Any] = definitions[reference.rpartition("/")[2]] if reference else part
    return found


def _setting(key: str, value: dict[str, Any]) -> list[str]:
    default = value.get("default")
    shown = "" if default in (None, []) else code(str(default).lower() if isinstance(default, bool) else str(default))
    return [code(key), _value(value), shown, value["description"]]


def _value(value: dict[str, Any]) -> str:
    if "enum" in value:
        return " or ".join(code(v) for v in value["enum"])
    if value.get("type") == "array":
        return f"list of: {_value(value['items'])}"
    examples = " or ".join(code(str(e)) for e in value.get("examples", ()))
    kinds = {"boolean": "true or false", "string": "text"}
    return f"such as {examples}" if examples else kinds[str(value["type"])]


def findings_block() -> str:
    """Write the index of findings and the page of each."""
    index = table(["code", "name", "severity", "in a sentence"], (_line(kind) for kind in FINDINGS))
    return "\n\n".join([index, *(_finding(kind) for kind in FINDINGS)])


def _line(kind: Kind) -> list[str]:
    anchor = f"{kind.code}-{kind.name}".lower()
    return [f"[{kind.code}](#{anchor})", code(kind.name), kind.severity, kind.explanation.partition("\n")[0]]


def _finding(kind: Kind) -> str:
    summary, _, rest = kind.explanation.partition("\n\n")
    paragraphs = (_section(part) for part in rest.split("\n\n"))
    return "\n\n".join([f"## {kind.code} {kind.name}", f"Severity: {kind.severity}. {summary}", *paragraphs])


def _section(text: str) -> str:
    """Turn `Head:` and its indented lines into one paragraph."""
    head, _, body = text.partition(":\n")
    return f"**{head}.** {literal(' '.join(line.strip() for line in body.splitlines()))}"


_REPORTED = {
    PolicyRule.ANSWER: "R1: a log that agrees with another value than the setting is `ambiguous`",
    PolicyRule.CANDIDATES: "R2: every candidate is a right one, and a log that names any of them is a `match`",
    PolicyRule.VALUE: "its value decides between `unrouted` and `match`, never `ambiguous`",
}
# The one policy of no rule: analyzer.compare leaves it out of R1.


def policies_block() -> str:
    """Write every policy."""
    return "\n\n".join(_policy(row) for row in POLICIES)


def _policy(row: PolicyRow) -> str:
    lines = [
        ("values", ", ".join(code(v) + (" (default)" if v == row.default else "") for v in row.values)),
        ("decides", literal(row.meaning)),
        ("why there is no one answer", literal(row.why)),
        ("source", literal(row.source)),
        ("reported", _REPORTED[row.rule]),
    ]
    return "\n".join([f"## {row.name}", "", *(f"- **{name}**: {text}" for name, text in lines)])


_SHORT = {ConnectorKind.NONE: "none", ConnectorKind.ONPREMISES: "O", ConnectorKind.PARTNER: "P"}


def paths_block() -> str:
    """Write the table of allowed paths."""
    rows = (
        [_path(pair), *_sides(allowed), _out(ALLOWED_BY_CMT.get(pair, allowed))] for pair, allowed in ALLOWED.items()
    )
    return table(["path", "in", "out", "out, where CMT covers the message"], rows)


def _path(pair: tuple[Place, Place]) -> str:
    return code(f"{pair[0]}>{pair[1]}")


def _sides(allowed: AllowedPath) -> tuple[str, str]:
    return _kinds(allowed.inbound) or "takes no part", _out(allowed)


def _out(allowed: AllowedPath) -> str:
    return _kinds(allowed.outbound)


def _kinds(kinds: frozenset[ConnectorKind]) -> str:
    return " or ".join(_SHORT[kind] for kind in ConnectorKind if kind in kinds)


def faults_block() -> str:
    """Write the table of faults that the simulator plants."""
    head = ["fault", "what is planted", "verdict due", "finding"]
    link = "../docs/findings.md"
    rows = ([code(f.kind), f.meaning, code(f.verdict), f"[{f.finding}]({link})"] for f in FAULTS)
    return table(head, rows)


def output_block() -> str:
    """Show the end of a run over the sample logs, as `make demo` prints it."""
    with TemporaryDirectory() as folder:
        tenant = load_tenant(ROOT / "sample_logs" / "tenant")
        report = analyze([ROOT / "sample_logs" / "logs"], tenant, out=Path(folder) / "demo-report")
        text = report.text().replace(f"{folder}/", "")
    return f"```text\n$ mailflow analyze sample_logs/logs --tenant sample_logs/tenant --out demo-report\n{text}\n```"


PAGES: tuple[Page, ...] = (
    Page("README.md", {"output": output_block}),
    Page(
        "docs/schema.md",
        {
            "tables": tables_block,
            "summaries": summaries_block,
            "changes": changes_block,
            "store": store_block,
            "truth": truth_block,
            "settings": settings_block,
        },
    ),
    Page("docs/findings.md", {"findings": findings_block}),
    Page("docs/policies.md", {"policies": policies_block}),
    Page("docs/connector-selection.md", {"paths": paths_block}),
    Page("sample_logs/README.md", {"faults": faults_block}),
)


def stale() -> list[Page]:
    """Find the pages whose text is not what the program would write."""
    return [page for page in PAGES if (text := (ROOT / page.path).read_text(encoding="utf-8")) != page.render(text)]


def main(arguments: Sequence[str]) -> int:
    """Write the stale pages, or name them with --check."""
    if arguments not in ([], ["--check"]):
        print("usage: docs/generate.py [--check]", file=sys.stderr)
        return 2
    found = stale()
    for page in found:
        if arguments:
            print(f"{page.path}: out of date; run `make docs`")
            continue
        file = ROOT / page.path
        file.write_text(page.render(file.read_text(encoding="utf-8")), encoding="utf-8")
        print(f"{page.path}: written")
    return 1 if found and arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
