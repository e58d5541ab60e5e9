"""Files made to exhaust or deceive the reader end in one clear line, within bounded memory and time."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.tenant import renderings as r
from tests.tenant import shapes

MEGABYTE = 1 << 20
GROWTH = 160 * MEGABYTE
SECONDS = 60  # of the processor, for all of them together; a bomb takes hours

# Loads each file in the order given, and says what became of it and by how much the most memory in use grew.
CHILD = """
import json, resource, sys
from pathlib import Path
from analyzer.errors import TenantError
from analyzer.tenant import load_tenant
resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[1]), int(sys.argv[1])))
for folder in sys.argv[2:]:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        load_tenant(folder)
        said = "read"
    except TenantError as error:
        said = str(error)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    print(json.dumps([Path(folder).name, said, grown]), flush=True)
"""

OBJECTS = shapes.clixml(r.OUTBOUND).decode("utf-16")
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
BOMB = f'<!DOCTYPE Objs [<!ENTITY l0 "ha">{LAUGHS}]>'


def _named(name: str) -> str:
    return OBJECTS.replace("<ToString>Connector 1", f"<ToString>{name}", 1)


def _shared() -> str:
    """Lists of references to lists of references: ten to the eleventh values in a few lines."""
    lists = "".join(
        f'<Obj RefId="b{n}"><LST>{f"<Ref RefId={chr(34)}b{n - 1}{chr(34)} />" * 10}</LST></Obj>' for n in range(1, 12)
    )
    return _domains(f'<Obj RefId="b0"><LST><S>a.example.com</S></LST></Obj>{lists}')


def _chained() -> str:
    """A list that holds a list that holds a list, each only referred to, so that no element is deep."""
    lists = "".join(f'<Obj RefId="c{n}"><LST><Ref RefId="c{n - 1}" /></LST></Obj>' for n in range(1, 20_000))
    return _domains(f'<Obj RefId="c0"><LST><S>a.example.com</S></LST></Obj>{lists}')


def _domains(items: str) -> str:
    start = OBJECTS.index('<Obj N="RecipientDomains"')
    end = OBJECTS.index("</LST></Obj>", start)
    return f"{OBJECTS[:end]}{items}{OBJECTS[end:]}"


def _notes(number: int) -> str:
    return "".join(f'<MS><S N="n{n}">x</S></MS>' for n in range(number))


def _itself() -> str:
    return _domains('<Obj RefId="me"><LST><Ref RefId="me" /></LST></Obj>')


# name: the file, and what its refusal says
CASES: dict[str, tuple[str, str]] = {
    "entity bomb": (f"{BOMB}{_named('&l11;')}", "line 1: a document type is declared"),
    "entity bomb after a declaration": (
        f"<?xml version='1.0' encoding='utf-8'?>\n{BOMB}{_named('&l11;')}",
        "line 2: a document type is declared",
    ),
    "one long entity often": (
        f'<!DOCTYPE Objs [<!ENTITY a "{"a" * MEGABYTE}">]>{_named("&a;" * 1000)}',
        "a document type is declared",
    ),
    "external entity": (
        f'<!DOCTYPE Objs [<!ENTITY x SYSTEM "SECRET">]>{_named("&x;")}',
        "a document type is declared",
    ),
    "external document type": (f'<!DOCTYPE Objs SYSTEM "SECRET">{OBJECTS}', "a document type is declared"),
    "parameter entity": (
        f'<!DOCTYPE Objs [<!ENTITY % p SYSTEM "SECRET"> %p;]>{OBJECTS}',
        "a document type is declared",
    ),
    "entity of nobody": (_named("&x;"), "broken XML (undefined entity)"),
    "deep nesting": ("<Objs>" + '<Obj RefId="0"><LST>' * 200_000, "elements nested more than 100 deep"),
    "deep nesting elsewhere": ("<Objs>" + "<a>" * 1_000_000, "elements nested more than 100 deep"),
    "huge text": (_named("a" * 8 * MEGABYTE), "a text of more than 1,048,576 characters"),
    "huge text in a comment": (
        OBJECTS.replace("</Objs>", f"<!--{'-a' * 4 * MEGABYTE}--><"),
        "broken XML (",
    ),
    "huge attribute": (OBJECTS.replace("</Objs>", f'<S N="{"a" * 8 * MEGABYTE}'), "broken XML (unclosed token)"),
    "shared lists": (
        _shared(),
        "(Connector 1): RecipientDomains: ",
    ),
    "chained lists": (_chained(), "(Connector 1): RecipientDomains: "),
    "a list within itself": (_itself(), "(Connector 1): RecipientDomains: "),
    "deep JSON": ('[{"Name": ' + "[" * 500_000, "broken JSON"),
    "long lines of a list": (
        "Name    : a\nEnabled : {" + "a, " * MEGABYTE + "\n",
        "line 2: Enabled: ",
    ),
    "lines without end": ("Name    : a\nEnabled : {a\n" + "          b\n" * 400_000, "line 2: Enabled: "),
    "properties without end": (
        "".join(f"{f'p{n}'.ljust(8)}: x\n" for n in range(200_000)) + "nothing\n",
        "line 200001: 'nothing' is no property",
    ),
    "notes without end": (
        OBJECTS.replace(
            "<MS>", "".join(f'<MS><S N="n{n}">x</S></MS>' for n in range(30_000)) + "<MS />" * 30_000 + "<MS>"
        )
        + "<",
        "broken XML (",
    ),
    "comments without end": (
        shapes.dsc(r.TENANT).decode() + "{ " + "<# \n" * 200_000,
        "the configuration ends within a block",
    ),
    "texts without end": (
        shapes.dsc(r.TENANT).decode() + '{ @"\n' * 200_000,
        "the configuration ends within a block",
    ),
    "a size of blanks": (
        r.json7(r.changed(r.SEND[:1], MaxMessageSize="(1" + " " * 500_000)).decode(),
        "(Outbound to Office 365): MaxMessageSize: ",
    ),
    "a range of brackets": (
        r.json7(r.changed(r.RECEIVE[:1], RemoteIPRanges=["(" * 500_000])).decode(),
        "(Default EX1): RemoteIPRanges: ",
    ),
    "nested configuration": (
        shapes.dsc(r.TENANT).decode().replace('"OnPremises";', "@(" * 200_000, 1),
        "values nested more than 30 deep",
    ),
}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, int]]:
    """Load all files in one other process, which is killed when it takes too long."""
    top = tmp_path_factory.mktemp("hostile")
    (top / "secret.txt").write_text("Secret of the machine")
    for name, (text, _) in CASES.items():
        r.write(top / name, a=text.replace("SECRET", (top / "secret.txt").as_uri()).encode())
    huge = top / "huge file"
    huge.mkdir()
    with (huge / "export.xml").open("wb") as stream:
        stream.write(OBJECTS.encode())
        stream.truncate(300 * MEGABYTE)
    command = [sys.executable, "-c", CHILD, str(SECONDS), str(top / "entity of nobody")]
    command += [str(top / name) for name in (*CASES, "huge file")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found: list[Any] = [json.loads(line) for line in done.stdout.splitlines()]
    return {name: (said.removeprefix(str(top)), grown) for name, said, grown in found}


@pytest.mark.parametrize("name", CASES)
def test_a_hostile_file_is_refused(outcomes: dict[str, tuple[str, int]], name: str) -> None:
    """One printable line says what is wrong where; nothing is expanded, fetched or piled up."""
    said, grown = outcomes[name]
    assert CASES[name][1] in said
    assert said.startswith(f"/{name}/export0.txt")
    assert said.isprintable()
    assert len(said) < 1000
    assert "Secret" not in said
    assert grown < GROWTH


def test_a_huge_file_is_not_even_read(outcomes: dict[str, tuple[str, int]]) -> None:
    """Clixml is read up to a size that no configuration reaches; a longer list is asked for as CSV."""
    said, grown = outcomes["huge file"]
    assert "300 MB of Clixml in one file; 256 MB at most" in said
    assert grown < MEGABYTE
