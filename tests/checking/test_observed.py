"""Ground truth against the engine (reference 3.5, 8)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analyzer.checking import Status, check_observed
from analyzer.errors import UnreadableInput
from tests.builders import accepted, directory, outbound, tenant

SEED = tenant(
    outbound=(
        outbound("Connector 1", all_accepted_domains=True),
        outbound("Connector 2", "contoso.com"),
        outbound("Connector 3", "*.contoso.com"),
    ),
    accepted=accepted("contoso.com", "sales.contoso.com", "fabrikam.com"),
    directory=directory({}),
)
PASSED, FAILED, UNKNOWN = Status
REPORT = [{"Domain": "fabrikam.com", "Name": "Connector 1"}, {"domain": "contoso.com", "name": "Connector 2"}]


def statuses(tmp_path: Path, text: str | bytes, name: str = "observed.csv") -> list[Status]:
    """Check a file against the seed's configuration."""
    file = tmp_path / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return [check.status for check in check_observed(SEED, file)]


@pytest.mark.parametrize(
    "text",
    [
        "fabrikam.com Connector 1\ncontoso.com\tConnector 2\n",
        "# what we saw\nfabrikam.com, Connector 1\n\ncontoso.com; Connector 2",
        "Domain,Name,Organization\nfabrikam.com,Connector 1,x\ncontoso.com,Connector 2,x\n",
        '#TYPE Selected\n"Domain";"Connector"\n"fabrikam.com";"connector 1"\n"contoso.com";"Connector 2"\n',
        "\ufeffDomain,Name\r\nfabrikam.com,Connector 1\r\ncontoso.com,Connector 2\r\n",
        "Domain,Name\nfabrikam.com,Connector 1\ncontoso.com,Connector 2\n".encode("utf-16"),
        json.dumps(REPORT),
        json.dumps({"value": REPORT}),
    ],
)  # fmt: skip
def test_every_form_is_read(tmp_path: Path, text: str | bytes) -> None:
    """Lines of domain and connector, and the report as CSV or JSON, in any encoding that PowerShell writes."""
    assert statuses(tmp_path, text) == [PASSED, PASSED]


@pytest.mark.parametrize(
    "line, status",
    [
        ("sales.contoso.com Connector 3", PASSED),
        ("sales.contoso.com Connector 1", FAILED),  # what precedence=list would answer
        ("example.net none", PASSED),
        ("example.net Connector 1", FAILED),
        ("contoso.com none", FAILED),
        ("new@contoso.com Connector 2", UNKNOWN),  # nobody knows where this mailbox lives
    ],
)
def test_a_statement_is_compared_with_what_is_selected(tmp_path: Path, line: str, status: Status) -> None:
    """Agreement passes, another connector fails, and what cannot be told is neither."""
    assert statuses(tmp_path, line) == [status]


def test_a_difference_is_explained_by_the_policy_that_would_explain_it(tmp_path: Path) -> None:
    """The line for mailflow.toml and the fate of the stated connector stand below a failed check (7.1)."""
    file = tmp_path / "observed.txt"
    file.write_text("sales.contoso.com Connector 1\ncontoso.com Connector 9\n", encoding="utf-8")
    first, second = check_observed(SEED, file)

    assert first.why == (
        'precedence = "list" would explain it (default example): mailflow.toml, [policy]',
        "Connector 1: all accepted domains: matches, but another is more specific [3.5]",
    )
    assert second.why == ("no outbound connector of the export is called Connector 9",)


@pytest.mark.parametrize(
    "text, where",
    [
        ("", "holds no statement"),
        ("fabrikam.com Connector 1\nwhatever\n", "line 2"),
        ("Domain,Name\n,Connector 1\n", "record 2"),
        ("[{", "broken JSON"),
    ],
)
def test_what_is_no_statement_is_one_clear_line(tmp_path: Path, text: str, where: str) -> None:
    """A broken file names the place and what would be accepted."""
    with pytest.raises(UnreadableInput, match=where):
        statuses(tmp_path, text)


def test_a_missing_file_is_one_clear_line(tmp_path: Path) -> None:
    """A file that is not there is named."""
    with pytest.raises(UnreadableInput, match=r"nowhere\.csv: cannot be read"):
        check_observed(SEED, tmp_path / "nowhere.csv")
