"""The real command over a tenant whose send logs show which certificate the own servers presented."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from analyzer.simulator import Generated, generate
from tests.send_logs import FABRIKAM, OFFICE365, send_log, session

BEFORE, AFTER = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 12, 1, tzinfo=UTC)  # of the generated traffic


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    """A company in order whose servers are known by certificate."""
    return generate(tmp_path_factory.mktemp("company"), rows=600, formats=("extended",), faults=False)


def analyzed(company: Generated, folder: Path, *lines: str) -> tuple[set[str], dict[str, Any]]:
    """The findings' codes and run.json where no certificate is declared and these lines are the send log."""
    copytree(company.tenant, folder / "tenant")
    stated = folder / "tenant/mailflow.toml"
    kept = [line for line in stated.read_text().splitlines(keepends=True) if not line.startswith("certificates")]
    stated.write_text("".join(kept))
    if lines:
        (folder / "tenant/onpremises/SEND20261001-1.log").write_bytes(send_log(lines))
    command = [sys.executable, "-m", "analyzer", "analyze", str(company.logs["extended"]), "--tenant", "tenant"]
    done = subprocess.run([*command, "--out", "audit"], cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    found, run = (json.loads((folder / "audit" / name).read_text()) for name in ("findings.json", "run.json"))
    return {finding["code"] for finding in found["findings"]}, run


def test_without_a_send_log_the_certificate_is_presumed(company: Generated, tmp_path: Path) -> None:
    """Nothing shows what was presented: MF410 says so."""
    codes, _ = analyzed(company, tmp_path)

    assert "MF410" in codes
    assert "MF101" not in codes


def test_a_send_log_shows_the_certificate(company: Generated, tmp_path: Path) -> None:
    """Where the log shows the connector's certificate nothing is presumed, and run.json names log and certificate."""
    codes, run = analyzed(company, tmp_path, *session(BEFORE, "A"), *session(AFTER, "B"))

    assert not codes & {"MF410", "MF101"}
    notes = run["completeness"]["notes"]
    assert any(note.startswith("certificate mail.contoso.com: shown to Office 365") for note in notes)
    assert "onpremises/SEND20261001-1.log" in json.dumps(run)


def test_a_renewed_certificate_is_a_mismatch(company: Generated, tmp_path: Path) -> None:
    """9.1 row 1: under a certificate that fits no inbound connector, a connector in the log is a mismatch."""
    name = "mail.fabrikam.com"
    codes, _ = analyzed(
        company, tmp_path, *session(BEFORE, "A", certificate=name), *session(AFTER, "B", certificate=name)
    )

    assert "MF101" in codes
    assert "MF410" not in codes


def test_the_certificate_of_one_of_two_servers_is_no_mismatch(company: Generated, tmp_path: Path) -> None:
    """Where the exports name a second server that sends to Office 365, its logs are missing, and nothing is wrong."""
    copy = replace(company, tenant=tmp_path / "two/tenant")
    copytree(company.tenant, copy.tenant)
    export = copy.tenant / "onpremises/SendConnectors.json"
    export.write_text(export.read_text().replace('"EX1"', '"EX1", "EX2"'))
    name = "mail.fabrikam.com"
    lines = (*session(BEFORE, "A", certificate=name), *session(AFTER, "B", certificate=name))
    codes, run = analyzed(copy, tmp_path / "one", *lines)

    assert "MF410" in codes
    assert "MF101" not in codes
    assert any("none of own server ex2" in note for note in run["completeness"]["notes"])


@pytest.mark.parametrize(
    "host, until", [(FABRIKAM, AFTER), (OFFICE365, BEFORE)], ids=["another host", "before the traffic"]
)
def test_other_sessions_change_nothing(company: Generated, tmp_path: Path, host: str, until: datetime) -> None:
    """A session with another host, or of another time, shows nothing of these messages."""
    name = "mail.fabrikam.com"
    codes, _ = analyzed(
        company,
        tmp_path,
        *session(BEFORE, "A", host=host, certificate=name),
        *session(until, "B", host=host, certificate=name),
    )

    assert "MF410" in codes
    assert "MF101" not in codes
