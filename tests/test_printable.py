"""Nothing from a file reaches a terminal as a command."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import analyzer
from analyzer.printable import printable

HOSTILE = "evil\x1b[31m\n\u202ename"


def test_what_a_terminal_would_obey_is_spelled_out() -> None:
    """Escapes, line breaks and direction marks become visible text; letters of any script stay."""
    assert printable(HOSTILE) == "evil\\x1b[31m\\n\\u202ename"
    assert printable("Grüße an 会議") == "Grüße an 会議"


def _tenant(folder: Path) -> Path:
    connector = {"Name": HOSTILE, "ConnectorType": "OnPremises", "Enabled": True, "RecipientDomains": ["contoso.com"]}
    folder.mkdir()
    (folder / "out.json").write_text(json.dumps([connector]), "utf-8")
    return folder


def test_a_decision_prints_safely(tmp_path: Path) -> None:
    """A connector's hostile name is harmless in every line of a decision."""
    decision = analyzer.route(
        analyzer.load_tenant(_tenant(tmp_path / "tenant")), recipient="a@contoso.com", origin="cloud"
    )

    assert decision.selected_outbound_connector in {None, HOSTILE}
    assert all(line.isprintable() for line in str(decision).split("\n"))


def test_messages_about_files_are_one_line(tmp_path: Path) -> None:
    """A file's name cannot forge a message of its own."""
    (tmp_path / "a\nmailflow: all is well.csv").write_text("rose,red\n", "utf-8")
    command = [sys.executable, "-m", "analyzer", "validate", "a\nmailflow: all is well.csv"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 3
    assert done.stdout.startswith("a\\nmailflow: all is well.csv\n")
    assert "\nmailflow:" not in done.stdout + done.stderr
