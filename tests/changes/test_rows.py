"""What differs between two configurations: rows, frame, text."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

import pytest

import analyzer
from analyzer.changes import Row, as_text, changes
from analyzer.changes.properties import PROPERTIES, written
from analyzer.schema import CHANGES
from analyzer.tenant.model import (
    ConnectorType,
    HybridConfiguration,
    Organization,
    OwnServers,
    RemoteDomain,
    Tenant,
)
from analyzer.tenant.onpremises import AddressRange, AddressSpace, Binding, ReceiveConnector, SendConnector
from analyzer.tenant.policy import Policy
from tests.builders import accepted, inbound, networks, outbound, rule, tenant

NOON = datetime(2024, 3, 10, 12, tzinfo=UTC)
LANE = outbound("Lane", "contoso.com")
SEND = SendConnector("Out", (AddressSpace("*"),))
ANYWHERE = AddressRange(ip_address("0.0.0.0"), ip_address("255.255.255.255"))
RECEIVE = ReceiveConnector("Default", "ex1", (Binding(None),), (ANYWHERE,))


def told(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Give the rows but those of the selection, without dates and domains."""
    found = changes(tenant(**before), tenant(**after))
    return [(r.kind, r.object, r.change, r.property, r.before, r.after) for r in found if r.kind != "selection"]


def of(kind: str, one: Any, other: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Build two configurations that differ in one kind."""
    return {kind: one}, {kind: other}


CASES = [
    # before and after, the one row of them
    pytest.param(of("outbound", (LANE,), (replace(LANE, recipient_domains=("contoso.com", "fabrikam.com")),)),
                 ("outbound connector", "Lane", "changed", "RecipientDomains", "contoso.com",
                  "contoso.com, fabrikam.com"), id="a property"),
    pytest.param(of("outbound", (LANE,), (replace(LANE, enabled=False),)),
                 ("outbound connector", "Lane", "turned off", "Enabled", "True", "False"), id="turned off"),
    pytest.param(of("outbound", (replace(LANE, enabled=False),), (LANE,)),
                 ("outbound connector", "Lane", "turned on", "Enabled", "False", "True"), id="turned on"),
    pytest.param(of("outbound", (LANE,), (replace(LANE, name="New lane"),)),
                 ("outbound connector", "New lane", "renamed", "Name", "Lane", "New lane"), id="renamed"),
    pytest.param(of("outbound", (replace(LANE, guid="1"),), (replace(LANE, guid="2"),)),
                 ("outbound connector", "Lane", "replaced", None, None, None), id="replaced by its like"),
    pytest.param(of("outbound", (), (LANE,)),
                 ("outbound connector", "Lane", "added", None, None,
                  "Enabled True, ConnectorType OnPremises, RecipientDomains contoso.com, UseMXRecord True"),
                 id="added"),
    pytest.param(of("inbound", (inbound("Door", sender_ips=networks("192.0.2.1")),), ()),
                 ("inbound connector", "Door", "removed", None,
                  "Enabled True, ConnectorType OnPremises, SenderIPAddresses 192.0.2.1/32, RequireTls True", None),
                 id="removed"),
    pytest.param(of("outbound", (LANE,), None),
                 ("outbound connector", "(all)", "not compared", None, "1 exported", "no export"), id="no export"),
    pytest.param(of("accepted", accepted("contoso.com"), accepted("contoso.com", match_subdomains=True)),
                 ("accepted domain", "contoso.com", "changed", "MatchSubDomains", "False", "True"),
                 id="an accepted domain"),
    pytest.param(of("rules", (rule("Lane"),), (rule("Lane", recipient_domains=("fabrikam.com",)),)),
                 ("transport rule", "to Lane", "changed", "conditions", None, "RecipientDomainIs fabrikam.com"),
                 id="a rule"),
    pytest.param(of("remote", (RemoteDomain("Any", "*"),), (RemoteDomain("Any", "*", auto_forward=False),)),
                 ("remote domain", "Any", "changed", "AutoForwardEnabled", None, "False"), id="a remote domain"),
    pytest.param(of("own", OwnServers(send=(SEND,)),
                    OwnServers(send=(replace(SEND, smart_hosts=("mx.contoso.com",)),))),
                 ("Send connector", "Out", "changed", "SmartHosts", None, "mx.contoso.com"), id="a Send connector"),
    pytest.param(of("own", OwnServers(receive=(RECEIVE,)),
                    OwnServers(receive=(replace(RECEIVE, bindings=(Binding(None, 587),)),))),
                 ("Receive connector", "ex1\\Default", "changed", "Bindings", "*:25", "*:587"),
                 id="a Receive connector"),
    pytest.param(of("own", OwnServers(accepted=accepted("contoso.com")), OwnServers(accepted=())),
                 ("accepted domain of the own servers", "contoso.com", "removed", None, "DomainType Authoritative",
                  None), id="an accepted domain of the own servers"),
    pytest.param(of("organization", Organization(), Organization(reject_direct_send=True)),
                 ("organization", "organization", "changed", "RejectDirectSend", "False", "True"),
                 id="the organization"),
    pytest.param(of("hybrid", HybridConfiguration(), HybridConfiguration(features=("centralized",))),
                 ("hybrid configuration", "hybrid configuration", "changed", "Features", None, "centralized"),
                 id="the hybrid configuration"),
    pytest.param(of("mx_default", "office365", "thirdparty"),
                 ("setting", "mailflow.toml", "changed", "mx.default", "office365", "thirdparty"), id="a setting"),
    pytest.param(of("policy", Policy(), Policy(precedence="list")),
                 ("policy", "precedence", "changed", "policy.precedence", "example", "list"), id="a policy"),
    pytest.param(of("directory", None, None), None, id="nothing"),
    pytest.param(of("outbound", (replace(LANE, recipient_domains=("a.example", "b.example")),),
                    (replace(LANE, recipient_domains=("b.example", "a.example"), changed_at=NOON),)), None,
                 id="another order and a new date"),
]  # fmt: skip


@pytest.mark.parametrize("pair, row", CASES)
def test_each_difference_is_one_row(pair: tuple[dict[str, Any], dict[str, Any]], row: Any) -> None:
    """An object, what became of it, the property by the vendor's name, before and after."""
    assert told(*pair) == ([] if row is None else [row])


def test_a_renamed_connector_with_other_settings_is_told_by_its_guid() -> None:
    """Each property that differs has its row, all under the new name."""
    new = replace(LANE, name="New lane", enabled=False, guid="1")
    found = told({"outbound": (replace(LANE, guid="1"),)}, {"outbound": (new,)})
    assert [(r[1], r[2], r[3]) for r in found] == [("New lane", "renamed", "Name"), ("New lane", "renamed", "Enabled")]


def test_a_change_names_the_domains_it_concerns() -> None:
    """The domains that a connector matched before or matches now, as patterns."""
    wider = replace(LANE, recipient_domains=("*.fabrikam.com",), changed_at=NOON)
    row = changes(tenant(outbound=(LANE,)), tenant(outbound=(wider,)))[0]
    assert (row.domains, row.changed_at) == (["*.fabrikam.com", "contoso.com", "fabrikam.com"], NOON)


def test_a_date_that_the_older_export_shows_too_is_not_told() -> None:
    """WhenChangedUTC tells of this change only if it is a new one."""
    old = replace(LANE, changed_at=NOON)
    assert changes(tenant(outbound=(old,)), tenant(outbound=(replace(old, enabled=False),)))[0].changed_at is None


WAYS = [
    pytest.param((LANE,), (), [("contoso.com", "Lane", "the MX record")], id="no connector any more"),
    pytest.param((LANE,), (replace(LANE, name="New lane"),), [], id="only another name"),
    pytest.param((LANE,), (replace(LANE, tls_domain="contoso.com"),), [], id="no way is another"),
    pytest.param((), (outbound("Partner", "example.org", type=ConnectorType.PARTNER),),
                 [("example.org", "the MX record", "Partner")], id="mail to a partner"),
    pytest.param((LANE,), (LANE, outbound("CMT", "*", route_all_via_onpremises=True)),
                 [("*", "the MX record", "CMT")], id="everything else"),
    pytest.param((LANE,), (LANE, outbound("Twin", "contoso.com")), [("contoso.com", "Lane", "Lane or Twin")],
                 id="now two are equal"),
    pytest.param(None, (LANE,), [], id="nothing to compare with"),
]  # fmt: skip


@pytest.mark.parametrize("before, after, ways", WAYS)
def test_the_engine_says_where_mail_now_leaves_otherwise(before: Any, after: Any, ways: list[Any]) -> None:
    """The outbound selection is rerun for every domain that either configuration can tell apart."""
    ours = accepted("contoso.com")
    found = changes(tenant(outbound=before, accepted=ours), tenant(outbound=after, accepted=ours))
    assert [(r.object, r.before, r.after) for r in found if r.kind == "selection"] == ways


def test_every_field_of_an_object_has_its_property() -> None:
    """A field that is read of an export cannot be forgotten here."""
    aside = {"guid", "created_at", "changed_at"}
    for kind, names in PROPERTIES.items():
        assert set(names) == {f.name for f in fields(kind)} - aside


@pytest.mark.parametrize(
    "value, text",
    [
        (None, None),
        ((), None),
        (False, "False"),
        (("a", "b"), "a, b"),
        (AddressSpace("*.contoso.com", 5), "smtp:*.contoso.com;5"),
        (AddressRange(ip_address("192.0.2.0"), ip_address("192.0.2.9")), "192.0.2.0-192.0.2.9"),
        (Binding(ip_address("192.0.2.1"), 587), "192.0.2.1:587"),
    ],
)
def test_values_are_written_as_a_shell_shows_them(value: Any, text: str | None) -> None:
    """Lists are joined, address spaces carry type and cost, and what is not set is nothing."""
    assert written(value) == text


def test_the_frame_has_the_declared_columns_even_if_nothing_differs() -> None:
    """`analyzer.diff` gives a DataFrame with the columns of the schema, in order."""
    ours = tenant(outbound=(LANE,))
    assert list(analyzer.diff(ours, ours).columns) == CHANGES.arrow.names
    frame = analyzer.diff(ours, tenant(outbound=(replace(LANE, enabled=False),)))
    row = frame.iloc[0]
    assert [row[c] for c in ("kind", "object", "change", "before", "after")] == [
        "outbound connector",
        "Lane",
        "turned off",
        "True",
        "False",
    ]


def test_the_last_snapshot_of_a_tenant_counts() -> None:
    """Of a history the newest configuration is compared."""
    ours = tenant(outbound=(LANE,))
    both = Tenant((replace(ours.snapshots[0], since=NOON, outbound=()), *ours.snapshots), ours.settings)
    assert changes(both, ours) == ()


def test_text_says_object_property_and_where_mail_goes() -> None:
    """A person reads what became of which object, each property, the domains, and the ways."""
    found = changes(tenant(outbound=(LANE,)), tenant(outbound=(replace(LANE, enabled=False, changed_at=NOON),)))
    assert as_text(found).splitlines() == [
        "outbound connector Lane: turned off, 2024-03-10 12:00 UTC",
        "    Enabled  True -> False",
        "    concerns  contoso.com",
        "",
        "Mail from the cloud now leaves otherwise:",
        "    to contoso.com  Lane -> the MX record",
    ]
    assert as_text(()) == "Nothing differs."


def test_text_says_what_only_one_side_exported() -> None:
    """What one of the two did not export is named with what the other holds, and not taken for a change."""
    found = changes(tenant(outbound=(LANE,)), tenant(outbound=None))
    assert as_text(found).splitlines()[0] == "outbound connector: not compared (1 exported before, no export after)"


def test_text_is_safe_for_a_terminal() -> None:
    """A name out of an export cannot steer the terminal."""
    assert "\x1b" not in as_text((Row("outbound connector", "\x1b[31mred", "added"),))
