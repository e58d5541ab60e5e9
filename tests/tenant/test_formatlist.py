"""Format-List: wrapped lines are joined, cut lists and foreign lines are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analyzer.errors import TenantError
from analyzer.tenant.model import Snapshot
from tests.tenant import renderings as r
from tests.tenant import shapes
from tests.tenant.expected import EXPECTED
from tests.tenant.loading import attempt, load

MANY = [f"branch{number}.contoso.com" for number in range(40)]
LONG = r.changed(r.OUTBOUND[:1], RecipientDomains=MANY, SmartHosts=["[192.0.2.1]", "mail.contoso.com"])


@settings(deadline=None, max_examples=150)
@given(st.integers(50, 200), st.booleans(), st.sampled_from([LONG, r.SEND, r.RECEIVE, r.INBOUND]))
@example(80, False, LONG)
@example(120, True, LONG)
def test_wrapped_lines_are_joined_or_refused(width: int, hard: Any, objects: list[r.Object]) -> None:
    """A console of any width and culture changes no value; where it leaves a doubt the property is named."""
    found = attempt(shapes.format_list(objects, width=width, hard=hard))
    if isinstance(found, Snapshot):
        assert found == attempt(r.json7(objects))
    else:
        assert "stands in the place of the values" in found
        assert ": object " in found


@pytest.mark.parametrize("width", [80, 120])
def test_a_list_survives_the_usual_consoles(tmp_path: Path, width: int) -> None:
    """The consoles that people have are wide enough for a list of domains, in any culture."""
    for hard in (False, True):
        snapshot = load(r.write(tmp_path, a=shapes.format_list(LONG, width=width, hard=hard)))
        assert snapshot.outbound is not None
        assert snapshot.outbound[0].recipient_domains == tuple(MANY)


def test_format_list_as_it_is_pasted(tmp_path: Path) -> None:
    """Prompts, more empty lines and blanks at the ends of lines are no part of the values."""
    text = shapes.format_list(r.OUTBOUND).decode().replace("\r\n", "  \r\n\r\n", 1)
    snapshot = load(
        r.write(tmp_path, a=f"PS C:\\> Get-OutboundConnector | Format-List *\n\n{text}\n\nPS C:\\>".encode())
    )
    assert snapshot.outbound == EXPECTED.outbound


RULES = """
Priority                      : 0
Description                   : If the message:
                                \tIs received from 'Inside the organization'
                                
                                Take the following actions:
                                \tRoute the message using the connector named 'Signatures'.
                                
State                         : Enabled
FromScope                     : InOrganization
RouteMessageOutboundConnector : Signatures
Name                          : Signatures by service
Guid                          : 3f6b6a1e-8a3d-4f39-9d4e-2a7e58f2dddd
{between}
Priority                      : 1
Description                   : 
State                         : Disabled
FromScope                     : 
RouteMessageOutboundConnector : Archive
Name                          : To the archive
Guid                          : 3f6b6a1e-8a3d-4f39-9d4e-2a7e58f2eeee
"""  # noqa: W291, W293


@pytest.mark.parametrize("between", ["", " " * 80])
def test_an_empty_line_within_a_value_ends_no_object(
    tmp_path: Path, between: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A rule's Description holds empty lines; what stands below it still belongs to the rule."""
    rules = load(r.write(tmp_path, a=RULES.format(between=between).encode())).rules
    assert rules is not None
    assert [(rule.priority, rule.name, rule.enabled, (rule.guid or "")[-4:]) for rule in rules] == [
        (0, "Signatures by service", True, "dddd"),
        (1, "To the archive", False, "eeee"),
    ]
    assert caplog.text == ""


LISTED = shapes.format_list(r.OUTBOUND).decode()
BROKEN_LISTS = [
    (LISTED.replace("{*.Contoso.com, contoso.com}", "{*.Contoso.com, contoso.com...}"),
     "which are lost; export it with Get-OutboundConnector | ConvertTo-Json -Depth 6"),
    (LISTED.replace("{*.Contoso.com, contoso.com}", "{*.Contoso.com, contoso.com...}"),
     "object 2 (Connector 3): RecipientDomains: 'contoso.com...' stands in the place"),
    (LISTED.replace("{*.Contoso.com, contoso.com}", "{*.Contoso.com, contoso.com\u2026}"),
     "object 2 (Connector 3): RecipientDomains: 'contoso.com\u2026' stands in the place"),
    (LISTED.replace("contoso.com}", "contoso.com"),
     "line 24: RecipientDomains: '{*.Contoso.com, contoso.com' has no end"),
    (LISTED.replace("\r\nConnectorType", "\r\nWARNING: more\r\nConnectorType", 1), "'WARNING: more' is no property"),
    (LISTED[: LISTED.rindex("IsValidated")], "the object ends before its last properties"),
    (LISTED.replace("\r\n\r\n\r\n", "\r\n"), "line 19: Name: stands twice in one object"),
]  # fmt: skip


@pytest.mark.parametrize("text, expected", BROKEN_LISTS, ids=range(len(BROKEN_LISTS)))
def test_a_broken_format_list_is_named(tmp_path: Path, text: str, expected: str) -> None:
    """A list cut by the console, a cut file and foreign lines are refused, with the place and the way out."""
    with pytest.raises(TenantError) as caught:
        load(r.write(tmp_path, a=text.encode()))
    assert expected in str(caught.value)
    assert str(caught.value).isprintable()
