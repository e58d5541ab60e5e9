"""The house around the program: documents, locks, make and CI say what is so."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import re
import subprocess
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest

from analyzer.errors import UnreadableInput, UsageError
from analyzer.schema import VERDICTS

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("sample_logs/**/*.md")])
RECIPES = [ROOT / "Makefile", ROOT / ".ci/run"]
FENCED = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)


def named(path: Path) -> str:
    """Name a file in a test's id."""
    return path.relative_to(ROOT).as_posix()


def read(name: str) -> str:
    """The text of a file of the project."""
    return (ROOT / name).read_text(encoding="utf-8")


def project() -> dict[str, Any]:
    """The project's own declaration."""
    table: dict[str, Any] = tomllib.loads(read("pyproject.toml"))["project"]
    return table


@cache
def committed() -> dict[str, str]:
    """Every text file that is or would be committed."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        names = subprocess.run(listing, cwd=ROOT, capture_output=True, check=True, text=True).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    contents = {name: (ROOT / name).read_bytes() for name in names if (ROOT / name).is_file()}
    return {name: raw.decode(errors="replace") for name, raw in contents.items() if b"\0" not in raw}


def code(path: Path) -> list[str]:
    """The lines of code in a page, its code spans among them; of a recipe, all lines."""
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    if path.suffix == ".md":
        blocks = [body for _, body in FENCED.findall(text)]
        text = "\n".join(blocks + re.findall(r"`([^`\n]+)`", FENCED.sub("", text)))
    return text.splitlines()


def calls(path: Path) -> list[tuple[str, set[str]]]:
    """Each `mailflow COMMAND` in a file, with the long options that follow it."""
    found = []
    for line in code(path):
        match = re.search(r"""(?:^|[\s\\/"])mailflow"? +([a-z]+)([^#]*)""", line)
        if match and not line.lstrip().startswith("@echo"):
            found.append((match[1], set(re.findall(r" (--[a-z-]+)", match[2])) - {"--help"}))
    return found


def commands() -> Mapping[str, click.Command]:
    """The commands behind the entry point."""
    group = importlib.import_module("analyzer.cli").cli
    context = click.Context(group)
    names = group.list_commands(context)
    return {name: command for name in names if (command := group.get_command(context, name)) is not None}


def anchors(path: Path) -> set[str]:
    """The anchors that the headings of a page make."""
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", path.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def pins(lock: str) -> dict[str, set[str]]:
    """Each package of a lock with its versions."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([a-z0-9._-]+)==(\S+)", read(lock), re.MULTILINE):
        found.setdefault(name, set()).add(version)
    return found


@pytest.mark.parametrize("path", [p for p in PAGES + RECIPES if calls(p)], ids=named)
def test_every_command_that_is_told_exists(path: Path) -> None:
    """A command line in a page, in the Makefile or in CI uses commands and options that the program has."""
    for name, options in calls(path):
        assert name in commands()
        assert options <= {option for parameter in commands()[name].params for option in parameter.opts}, name


def test_every_command_has_help_and_is_in_the_documents() -> None:
    """No command of the program is a secret."""
    told = {name for path in PAGES for name, _ in calls(path)}

    assert [name for name, command in commands().items() if not command.help] == []
    assert set(commands()) <= told


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_every_link_resolves(path: Path) -> None:
    """A relative link leads to a file, and its anchor to a heading of that file."""
    links = re.findall(r"\]\((?![a-z]+:)([^)#\s]*)#?([^)\s]*)\)", FENCED.sub("", path.read_text(encoding="utf-8")))
    for name, anchor in links:
        page = path.parent / name if name else path
        assert page.exists(), name
        assert not anchor or anchor in anchors(page), f"{name}#{anchor}"


@pytest.mark.parametrize(
    "index, pages", [("docs/index.md", "docs/*.md"), ("docs/decisions/README.md", "docs/decisions/0*.md")]
)
def test_every_page_is_in_its_index(index: str, pages: str) -> None:
    """Each page of a folder is linked from the folder's first page."""
    text = read(index)

    assert [page.name for page in ROOT.glob(pages) if named(page) != index and f"({page.name})" not in text] == []


def test_the_settings_example_is_accepted() -> None:
    """The mailflow.toml that docs/export.md shows is one that the program reads."""
    settings = importlib.import_module("analyzer.tenant.settings")
    (example,) = (body for language, body in FENCED.findall(read("docs/export.md")) if language == "toml")

    assert settings.read_settings(example, "docs/export.md").directory_complete


def test_the_python_example_names_what_exists() -> None:
    """Every `analyzer.NAME` in the README is in the public door."""
    (example,) = (body for language, body in FENCED.findall(read("README.md")) if language == "python")
    names = set(re.findall(r"\banalyzer\.(\w+)", example))

    assert names
    assert names <= set(importlib.import_module("analyzer").__all__)


def test_the_readme_explains_every_verdict_and_exit_code() -> None:
    """No verdict and no exit code is left for the reader to guess."""
    text = read("README.md")
    codes = (0, 1, UsageError.exit_code, UnreadableInput.exit_code, 4, 70, 130)

    assert [verdict for verdict in VERDICTS if f"`{verdict}`" not in text] == []
    assert [number for number in codes if f"\n| {number} | " not in text] == []


def test_the_version_is_one() -> None:
    """Package, changelog and installed metadata tell the same version."""
    version = importlib.import_module("analyzer").__version__

    assert re.findall(r"^## \[(\d[^]]*)\]", read("CHANGELOG.md"), re.MULTILINE)[0] == version
    try:
        assert importlib.metadata.version(project()["name"]) == version
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("run from a checkout that is not installed")


@pytest.mark.parametrize(
    "lock", ["requirements.lock", *(f"requirements-{n}.lock" for n in ("dev", "mutants", "bench"))]
)
def test_a_lock_holds_hashes_and_no_host(lock: str) -> None:
    """Every pin has a hash, and nothing in a lock says where to fetch it."""
    lines = re.sub(r" \\\n", " ", read(lock)).splitlines()
    entries = [line for line in lines if line and not line.lstrip().startswith("#")]

    assert entries
    assert [line for line in entries if not re.match(r"[a-z0-9._-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)] == []
    assert [line for line in lines if re.search(r"://|\bindex\b", line)] == []


def test_the_locks_hold_every_dependency_and_agree() -> None:
    """What pyproject.toml asks for is locked, and all locks pin the same versions of it."""
    runtime, dev, mutants = (pins(f"requirements{which}.lock") for which in ("", "-dev", "-mutants"))
    extras = [entry for extra in project()["optional-dependencies"].values() for entry in extra]
    wanted = {re.split(r"[\[<>=]", entry)[0] for entry in project()["dependencies"] + extras} - {project()["name"]}

    assert {re.split("[<>=]", entry)[0] for entry in project()["dependencies"]} <= set(runtime)
    assert wanted <= set(dev)
    assert {name: dev[name] for name in runtime} == runtime
    assert {name: mutants[name] for name in dev} == dev
    assert "mutmut" in mutants


def test_every_dependency_and_every_ignored_rule_has_its_reason() -> None:
    """Decision 0001 speaks of each dependency, and a comment beside each rule that is off says why."""
    record = read("docs/decisions/0001-dependencies.md")
    ignored = re.findall(r'^ +"[A-Z]+\d*",.*$', read("pyproject.toml"), re.MULTILINE)

    assert [d for d in project()["dependencies"] if f"\n| {re.split('[<>=]', d)[0]} | " not in record] == []
    assert ignored
    assert [line for line in ignored if "# " not in line] == []


def test_make_explains_every_target() -> None:
    """`make` lists each target with a sentence, and the scripts that recipes run exist."""
    makefile = read("Makefile")
    phony = re.search(r"^\.PHONY: (.*)$", makefile.replace("\\\n", ""), re.MULTILINE)

    assert phony
    assert set(phony[1].split()) == set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    assert set(phony[1].split()) == set(re.findall(r"^([a-z-]+):.* ## \w", makefile, re.MULTILINE))
    assert [s for s in re.findall(r"/python (\S+\.py)", makefile) if not (ROOT / s).is_file()] == []


def test_what_pages_and_ci_tell_to_make_exists() -> None:
    """`make TARGET` in a page or in CI names a target of the Makefile."""
    told = {match for path in [*PAGES, ROOT / ".ci/run"] for line in code(path) for match in _made(line)}

    assert {"demo", "test"} <= told
    assert told <= set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))


def _made(line: str) -> list[str]:
    """The targets that a line of shell gives to make."""
    match = re.search(r"(?:^|\s)make((?: [a-z][a-z-]*)+)(?:$| +[#2|])", line)
    return match[1].split() if match else []


def test_ci_is_executable_shell() -> None:
    """.ci/run can be started and parses."""
    assert os.access(ROOT / ".ci/run", os.X_OK)
    subprocess.run(["bash", "-n", ROOT / ".ci/run"], check=True)


def test_no_file_names_a_machine_or_a_registry() -> None:
    """Nothing that is committed leads to a folder of someone's computer or to one package host."""
    folders = r"(?<![\w.:/~*-])/(?:work|tmp|root|home|opt|Users)/\w"
    hosts = "|".join(rf"{name}\.(?:org|com)" for name in ("pypi", "pythonhosted", "anaconda"))

    assert [name for name, text in committed().items() if re.search(f"{folders}|{hosts}", text)] == []


def test_committed_mail_uses_names_reserved_for_documentation() -> None:
    """No address in samples and pages belongs to anyone."""
    companies = "contoso|fabrikam|woodgrovebank|northwindtraders|adatum|wingtiptoys"
    reserved = re.compile(
        rf"(.+\.)?(({companies}|example)\.(com|org|net)|({companies})(\.mail)?\.onmicrosoft\.com|example)"
    )
    texts = [text for name, text in committed().items() if name.endswith((".md", ".csv", ".json", ".toml"))]
    domains = {found.lower() for text in texts for found in re.findall(r"[\w.+-]@((?:[\w-]+\.)+[A-Za-z]+)", text)}

    assert "contoso.com" in domains
    assert [domain for domain in domains if not reserved.fullmatch(domain)] == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    """A module is named for what it holds."""
    empty = {"utils", "util", "helpers", "common", "core", "manager", "misc"}

    assert [named(path) for path in ROOT.glob("analyzer/**/*.py") if path.stem in empty] == []
