"""`mailflow check`, run as a user runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLES = Path(__file__).resolve().parents[2] / "sample_logs"
SEED = SAMPLES / "seed" / "tenant"


def check(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command in a fresh process."""
    command = [sys.executable, "-m", "analyzer", "check", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "lines, extra, code",
    [
        ("fabrikam.com Connector 1", (), 0),
        ("fabrikam.com Connector 2", (), 1),
        ("somebody@wingtiptoys.com none", (), 0),
    ],
)
def test_exit_codes(tmp_path: Path, lines: str, extra: tuple[str, ...], code: int) -> None:
    """0 where everything passes, 1 where a check fails."""
    (tmp_path / "seen.txt").write_text(lines, encoding="utf-8")
    done = check("--tenant", SEED, "--observed", "seen.txt", *extra, cwd=tmp_path)

    assert (done.returncode, done.stderr) == (code, "")
    assert done.stdout.splitlines()[-1].endswith("0 unknown")


def test_what_cannot_be_told_fails_only_under_strict(tmp_path: Path) -> None:
    """An open check is neither passed nor failed; --strict makes it exit code 4."""
    (tmp_path / "routes.toml").write_text('[[route]]\nto = "new@contoso.com"\nleaves = "none"\n', encoding="utf-8")
    arguments = ("--tenant", SEED, "--expect", "routes.toml")

    assert check(*arguments, cwd=tmp_path).returncode == 0
    assert check(*arguments, "--strict", cwd=tmp_path).returncode == 4


def test_json_and_junit(tmp_path: Path) -> None:
    """The same checks as JSON on stdout and as JUnit XML in a file."""
    (tmp_path / "seen.txt").write_text("sales.contoso.com Connector 1", encoding="utf-8")
    done = check("--tenant", SEED, "--observed", "seen.txt", "--json", "--junit", "out.xml", cwd=tmp_path)
    (found,) = json.loads(done.stdout)

    assert found["status"] == "failed"
    assert found["why"][0].startswith('precedence = "list" would explain it')
    assert '<failure message="stated Connector 1' in (tmp_path / "out.xml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "arguments, words",
    [((), "--observed FILE or --expect FILE"), (("--observed", "x.txt"), "--tenant DIR")],
)
def test_a_call_that_asks_nothing_is_a_usage_mistake(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    """Exit code 2, and the option that is missing."""
    done = check(*arguments, cwd=tmp_path)

    assert done.returncode == 2
    assert words in done.stderr
