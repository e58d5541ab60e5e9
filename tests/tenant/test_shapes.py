"""One tenant written in each form that an administrator may hand over gives the same values."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from analyzer.errors import TenantError
from analyzer.moments import microseconds
from analyzer.tenant.gather import gather
from analyzer.tenant.model import MailboxPlace, Organization, OwnServers, Placement, Snapshot
from tests.tenant import renderings as r
from tests.tenant import shapes
from tests.tenant.expected import EXPECTED
from tests.tenant.loading import load

MOVED = microseconds(datetime(2024, 3, 15, 4, 30, tzinfo=UTC))
Lacks = Callable[[Snapshot], Snapshot]


@dataclass(frozen=True, slots=True)
class Form:
    """A form of export: how the tenant is written in it, what of it is not carried, and why."""

    write: Callable[[Path], object]
    lacks: Lacks = lambda snapshot: snapshot
    why: str = ""
    recipients: bool = True


def _shell(render: Callable[[Any], bytes]) -> Form:
    """A form in which the shell writes the objects of every cmdlet, on both sides."""
    return Form(lambda folder: r.write_own(r.write_tenant(folder, render), render))


def _without_dates(snapshot: Snapshot) -> Snapshot:
    """Microsoft365DSC writes what can be set: no dates, no result of a validation, nothing of the own servers."""
    return replace(
        snapshot,
        outbound=tuple(
            replace(c, changed_at=None, validated=None, sender_rewriting=False) for c in snapshot.outbound or ()
        ),
        inbound=tuple(replace(c, changed_at=None, trusted_organizations=()) for c in snapshot.inbound or ()),
        remote=tuple(replace(d, changed_at=None) for d in snapshot.remote or ()),
        organization=Organization(reject_direct_send=None),
        hybrid=None,
        own=OwnServers(),
    )


def _as_scuba_asks(snapshot: Snapshot) -> Snapshot:
    """ScubaGear asks the cloud only, and keeps of the organization's settings only those of its baseline."""
    return replace(snapshot, organization=Organization(reject_direct_send=None), hybrid=None, own=OwnServers())


def _dsc(render: Callable[[Any], bytes]) -> Callable[[Path], object]:
    def write(folder: Path) -> None:
        r.write(folder, a=render(r.TENANT))
        (folder / "ConfigurationData.psd1").write_bytes(shapes.data_file())

    return write


_SETTABLE = "resources hold what can be set, of the cloud alone; RejectDirectSend and recipients are not among them"
FORMS = {
    "JSON of PowerShell 7": _shell(r.json7),
    "JSON of Windows PowerShell 5.1": _shell(r.json51),
    "CSV": _shell(r.comma),
    "Clixml": _shell(shapes.clixml),
    "Format-List": _shell(shapes.format_list),
    "Microsoft365DSC configuration": Form(_dsc(shapes.dsc), _without_dates, _SETTABLE, recipients=False),
    "Microsoft365DSC JSON": Form(_dsc(shapes.dsc_json), _without_dates, _SETTABLE, recipients=False),
    "ScubaGear": Form(
        lambda folder: r.write(folder, a=shapes.scuba(r.TENANT)),
        _as_scuba_asks,
        "its provider asks for the settings of a baseline; recipients and the own servers are none of it",
        recipients=False,
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_one_tenant_in_every_form(tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str) -> None:
    """Whatever the form, the values are equal, but for what the form declares not to carry."""
    form = FORMS[name]
    form.write(tmp_path)
    snapshot = load(tmp_path)
    expected = form.lacks(EXPECTED)
    for kind in ("outbound", "inbound", "accepted", "rules", "organization", "remote", "hybrid", "own"):
        assert getattr(snapshot, kind) == getattr(expected, kind), kind
    assert (expected == EXPECTED) == (form.why == "")
    assert caplog.messages == []
    assert (snapshot.directory is not None) == form.recipients
    if snapshot.directory is not None:
        assert len(snapshot.directory) == 3
        assert snapshot.directory.place("robert@contoso.com") == Placement(MailboxPlace.CLOUD)
        assert snapshot.directory.place("john@contoso.com") == Placement(
            MailboxPlace.ONPREMISES, "john@eu.fabrikam.com"
        )


SHELLS = [r.json7, r.json51, r.comma, r.semicolon, r.tab, shapes.clixml, shapes.format_list]


@pytest.mark.parametrize("render", SHELLS, ids=lambda f: f.__name__)
def test_moves_in_every_form_of_the_shell(tmp_path: Path, render: Any) -> None:
    """A migration list is read alike in every form, also of the own servers' shell."""
    r.write(tmp_path / "onpremises", a=render(r.MOVES))
    (listed,) = gather(sorted(tmp_path.rglob("*.txt")), tmp_path).migrations
    (move,) = listed.moves
    assert (move.address, move.begin, move.end) == ("robert@contoso.com", MOVED, MOVED)


NAMED = [*((f.__name__, f) for f in SHELLS), ("dsc", None), ("dsc_json", None)]
TYPES = ["System.String[]", "System.Object[]", "Microsoft.Exchange.Data.MultiValuedProperty`1[X]"]


@pytest.mark.parametrize("name, render", NAMED, ids=[name for name, _ in NAMED])
@pytest.mark.parametrize("lost", TYPES)
def test_a_lost_value_is_named_in_every_form(tmp_path: Path, name: str, render: Any, lost: str) -> None:
    """The one line names the file, the object, the property, and the command that exports it whole."""
    outbound = (r.OUTBOUND[0], *r.changed(r.OUTBOUND[1:], RecipientDomains=lost))
    data = render(outbound) if render else getattr(shapes, name)({**r.TENANT, "outbound": outbound})
    with pytest.raises(TenantError) as caught:
        load(r.write(tmp_path, a=data))
    said = str(caught.value)
    assert said.startswith(f"{tmp_path / 'export0.txt'}: object ")
    assert f"(Connector 3): RecipientDomains: '{lost}' stands in the place of the values, which are lost" in said
    assert said.endswith("export it with Get-OutboundConnector | ConvertTo-Json -Depth 6")


def test_scuba_results_hold_the_same(tmp_path: Path) -> None:
    """ScubaResults.json wraps the provider's export once more."""
    text = json.dumps({"MetaData": {"Tool": "ScubaGear"}, "Results": {}, "Raw": json.loads(shapes.scuba(r.TENANT))})
    assert load(r.write(tmp_path, a=text.encode())).outbound == EXPECTED.outbound


def test_scuba_of_an_older_release(tmp_path: Path) -> None:
    """What the provider did not ask for is unknown, not empty."""
    report = json.loads(shapes.scuba(r.TENANT))
    del report["outbound_connectors"], report["inbound_connectors"], report["org_config"]
    snapshot = load(r.write(tmp_path, a=json.dumps(report).encode()))
    assert (snapshot.outbound, snapshot.inbound, snapshot.organization) == (None, None, None)
    assert snapshot.accepted == EXPECTED.accepted
