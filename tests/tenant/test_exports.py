"""Exports in every rendering give the same values; what cannot be read is refused by name."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from analyzer.errors import TenantError
from analyzer.tenant import load_tenant
from analyzer.tenant.exports import SIGNATURES, recognise
from analyzer.tenant.model import (
    AcceptedDomain,
    ConnectorType,
    DomainType,
    MailboxPlace,
    Placement,
)
from tests.tenant import renderings as r
from tests.tenant.expected import EXPECTED
from tests.tenant.loading import load


@pytest.mark.parametrize("render", [r.json7, r.json51, r.comma, r.semicolon, r.tab], ids=lambda f: f.__name__)
def test_every_rendering_gives_the_same_tenant(tmp_path: Path, render: Any) -> None:
    """PowerShell 7, Windows PowerShell 5.1 and three kinds of CSV load to equal values."""
    snapshot = load(r.write_own(r.write_tenant(tmp_path, render), render))
    for kind in ("outbound", "inbound", "accepted", "rules", "organization", "remote", "hybrid", "own"):
        assert getattr(snapshot, kind) == getattr(EXPECTED, kind), kind
    directory = snapshot.directory
    assert directory is not None
    assert len(directory) == 3
    assert directory.place("robert@contoso.com") == Placement(MailboxPlace.CLOUD)
    assert directory.place("john@contoso.com") == Placement(MailboxPlace.ONPREMISES, "john@eu.fabrikam.com")
    assert directory.place("sip.bob@contoso.com") is None


@pytest.mark.parametrize("signature", SIGNATURES, ids=lambda s: s.kind.value)
def test_each_signature_knows_its_own_objects(signature: Any) -> None:
    """The full object of each kind is recognised as that kind and no other, in any case of letters."""
    kinds = {**r.TENANT, **r.OWN, "moves": r.MOVES}
    properties = tuple(kinds[signature.kind.value][0])
    assert recognise(properties) is signature.kind
    assert recognise(tuple(name.upper() for name in properties)) is signature.kind


def test_foreign_objects_are_not_recognised() -> None:
    """A DKIM configuration, a sharing policy, a Safe Links rule and a merged table are no known export."""
    assert recognise(("Domain", "Enabled", "Status", "Selector1CNAME", "IsDefault")) is None
    assert recognise(("Name", "Domains", "Enabled", "Default")) is None
    assert recognise(("Name", "State", "Priority", "Conditions", "RecipientDomainIs", "SafeLinksPolicy")) is None
    assert recognise(("Name", "ConnectorType", "RecipientDomains", "SenderDomains")) is None


ODD_VALUES = [
    ("outbound", {"RecipientDomains": "*"}, "recipient_domains", ("*",)),
    ("outbound", {"RecipientDomains": "smtp:a.example.com;1;smtp:b.example.com;1"}, "recipient_domains",
     ("a.example.com", "b.example.com")),
    ("outbound", {"RecipientDomains": "{a.example.com, b.example.com}"}, "recipient_domains",
     ("a.example.com", "b.example.com")),
    ("outbound", {"RecipientDomains": None}, "recipient_domains", ()),
    ("outbound", {"ConnectorType": 2}, "type", ConnectorType.PARTNER),
    ("outbound", {"ConnectorType": "onpremises"}, "type", ConnectorType.ONPREMISES),
    ("outbound", {"Enabled": "$true"}, "enabled", True),
    ("outbound", {"Enabled": None}, "enabled", True),
    ("outbound", {"UseMXRecord": None}, "use_mx_record", True),
    ("outbound", {"TlsSettings": 4}, "tls_settings", "DomainValidation"),
    ("outbound", {"WhenChangedUTC": "2025-07-24T18:59:12.1234567"}, "changed_at",
     datetime(2025, 7, 24, 18, 59, 12, 123456, tzinfo=UTC)),
    ("outbound", {"WhenChangedUTC": "15.03.2019 01:32:23"}, "changed_at",
     datetime(2019, 3, 15, 1, 32, 23, tzinfo=UTC)),
    ("outbound", {"WhenChangedUTC": "3/24/2025 12:15:02 AM"}, "changed_at",
     datetime(2025, 3, 24, 0, 15, 2, tzinfo=UTC)),
    ("outbound", {"WhenChangedUTC": "3/3/2025 7:15:02 PM"}, "changed_at",
     datetime(2025, 3, 3, 19, 15, 2, tzinfo=UTC)),
    *(("outbound", {"WhenChangedUTC": text}, "changed_at", datetime(2025, 3, 4, 19, 5, 2, tzinfo=UTC))
      for text in ("2025/03/04 19:05:02", "2025/3/4 7:05:02 PM", "4. 3. 2025 19:05:02", "2025. 03. 04. 19:05:02",
                   "2025-03-04 19.05.02", "2025-03-04 19:05:02")),
    ("outbound", {"WhenChangedUTC": "24/03/2025 7:05:02 p. m."}, "changed_at",
     datetime(2025, 3, 24, 19, 5, 2, tzinfo=UTC)),
    ("outbound", {"WhenChangedUTC": None, "WhenChanged": "2025-07-24T20:00:00+02:00"}, "changed_at",
     datetime(2025, 7, 24, 18, tzinfo=UTC)),
    ("outbound", {"WhenChangedUTC": None, "WhenChanged": "2025-07-24T20:00:00"}, "changed_at", None),
    ("inbound", {"SenderIPAddresses": [{"Expression": "192.0.2.77/24"}]}, "sender_ips",
     (ip_network("192.0.2.0/24"),)),
    ("inbound", {"SenderIPAddresses": ["2001:db8::1"]}, "sender_ips", (ip_network("2001:db8::1/128"),)),
    ("accepted", {"DomainName": {"Address": "Adatum.com"}}, "domain", "adatum.com"),
    ("accepted", {"DomainType": 2}, "type", DomainType.INTERNAL_RELAY),
]  # fmt: skip


@pytest.mark.parametrize("kind, properties, attribute, expected", ODD_VALUES)
def test_odd_values_are_understood(
    tmp_path: Path, kind: str, properties: dict[str, Any], attribute: str, expected: Any
) -> None:
    """A property is read in each way in which PowerShell and scripts write it."""
    objects = r.changed(r.TENANT[kind][:1], **properties)
    (value,) = getattr(load(r.write(tmp_path, a=r.json7(objects))), kind)
    assert getattr(value, attribute) == expected


MISTAKES = [
    ("outbound", {"TlsDomain": "mail.*.contoso.com"},
     "object 1 (Connector 1): TlsDomain: 'mail.*.contoso.com' is no domain; contoso.com, *.contoso.com or *"),
    ("outbound", {"RecipientDomains": "System.String[]"}, "RecipientDomains: 'System.String[]' stands in the place"),
    ("outbound", {"RecipientDomains": "{a.example.com, b.example.com...}"}, "stands in the place of the values"),
    ("outbound", {"RecipientDomains": [["contoso.com"]]}, "RecipientDomains: '@{}' stands in the place"),
    ("outbound", {"RecipientDomains": [{"Type": "smtp"}]}, "RecipientDomains: '@{}' stands in the place"),
    ("outbound", {"SmartHosts": "Microsoft.Exchange.Data.MultiValuedProperty`1[Microsoft.Exchange.Data.SmartHost]"},
     "SmartHosts: 'Microsoft.Exchange.Data.Multi"),
    ("outbound", {"ConnectorType": None}, "ConnectorType: missing or empty"),
    ("outbound", {"ConnectorType": "Hybrid"}, "'Hybrid' is not known; one of OnPremises, Partner"),
    ("outbound", {"Name": None}, "object 1: Name: missing or empty"),
    ("outbound", {"Enabled": "Ja"}, "Enabled: 'Ja' is no boolean; True or False"),
    ("outbound", {"WhenChangedUTC": "3/4/2025 7:15:02 AM"},
     "can be read as day/month or as month/day; export it with Get-OutboundConnector | ConvertTo-Json"),
    ("outbound", {"WhenChangedUTC": "yesterday"}, "'yesterday' is no date"),
    ("outbound", {"WhenChangedUTC": "2025/24/03 7:15:02"}, "is no date with the year first"),
    ("inbound", {"SenderIPAddresses": ["192.0.2.256"]}, "'192.0.2.256' is no address; 192.0.2.1, or a range"),
    ("accepted", {"DomainName": "*.contoso.com"}, "'*.contoso.com' is no single domain"),
    ("accepted", {"DomainType": "Shared"}, "one of Authoritative, InternalRelay, ExternalRelay"),
    ("rules", {"Priority": "first"}, "'first' is no whole number"),
]  # fmt: skip


@pytest.mark.parametrize("kind, properties, expected", MISTAKES)
def test_what_cannot_be_read_is_refused_by_name(
    tmp_path: Path, kind: str, properties: dict[str, Any], expected: str
) -> None:
    """The one line names the file, the object, the property, and what would be accepted."""
    with pytest.raises(TenantError) as caught:
        load(r.write(tmp_path, a=r.json7(r.changed(r.TENANT[kind][:1], **properties))))
    assert expected in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "export0.txt"))
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 3


BROKEN = [
    (b'[{"Name": "Connector 1",', "line 1: broken JSON"),
    (b'[{"Name": "a"}\n {"Name": "b"}]', "line 2: broken JSON (Expecting ])"),
    (b'{"Name": "a"} {"Name": "b"}', "line 1: broken JSON (Expecting the end)"),
    (b'[{"Name": "a"}', "broken JSON (Expecting ])"),
    (b'{"Name": ' + b"[" * 100_000, "broken JSON"),
    (b"Name,ConnectorType,RecipientDomains\r\na,Partner\r\n", "line 2: 2 cells under 3 column names"),
    (b'Name,ConnectorType,RecipientDomains\r\na,Partner,"*\r\n', "broken CSV"),
    (b"PrimarySmtpAddress,RecipientTypeDetails\r\na@contoso.com\r\n", "broken CSV"),
]


@pytest.mark.parametrize("data, expected", BROKEN)
def test_a_broken_file_is_named_with_its_line(tmp_path: Path, data: bytes, expected: str) -> None:
    """A file that is cut or malformed ends the reading with one line that says where."""
    with pytest.raises(TenantError) as caught:
        load(r.write(tmp_path, a=data))
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("order, month", [("dmy", 4), ("mdy", 3)])
def test_mailflow_toml_tells_the_order_that_a_file_does_not(tmp_path: Path, order: str, month: int) -> None:
    """A date that two cultures read differently is read as stated; a file that tells the order is not overruled."""
    (tmp_path / "mailflow.toml").write_text(f'[exports]\ndate_order = "{order}"\n', encoding="utf-8")
    unsure = r.changed(r.TENANT["outbound"][:1], WhenChangedUTC="3/4/2025 7:15:02 AM")
    sure = r.changed(r.TENANT["inbound"][:1], WhenChangedUTC="13/4/2025 7:15:02")
    snapshot = load(r.write(tmp_path, a=r.json7(unsure), b=r.json7(sure)))
    assert snapshot.outbound is not None
    assert snapshot.inbound is not None
    told = snapshot.outbound[0].changed_at, snapshot.inbound[0].changed_at
    assert told == (datetime(2025, month, 7 - month, 7, 15, 2, tzinfo=UTC), datetime(2025, 4, 13, 7, 15, 2, tzinfo=UTC))


def test_date_order_is_decided_over_the_whole_file(tmp_path: Path) -> None:
    """A date that does not tell day from month is read as the other dates of its file are."""
    first, second = r.OUTBOUND
    objects = [{**first, "WhenChangedUTC": "03/04/2025 07:15"}, {**second, "WhenChangedUTC": "24/03/2025 07:15"}]
    snapshot = load(r.write(tmp_path, a=r.json7(objects)))
    assert snapshot.outbound is not None
    assert snapshot.outbound[0].changed_at == datetime(2025, 4, 3, 7, 15, tzinfo=UTC)


def test_files_of_one_kind_are_joined(tmp_path: Path) -> None:
    """Two files of the same kind make one list, and an object that both hold counts once."""
    snapshot = load(r.write(tmp_path, a=r.json7(r.OUTBOUND[:1]), b=r.json51(r.OUTBOUND)))
    assert snapshot.outbound == EXPECTED.outbound


def test_an_object_twice_with_different_content_is_refused(tmp_path: Path) -> None:
    """Two exports of different days in one folder are told apart from one export."""
    other = r.changed(r.OUTBOUND[:1], UseMXRecord=True)
    with pytest.raises(TenantError, match=r"export1.txt: object 1 \(Connector 1\): differs .*export0.txt: object 1"):
        load(r.write(tmp_path, a=r.json7(r.OUTBOUND), b=r.json7(other)))


def test_absent_is_not_empty(tmp_path: Path) -> None:
    """A kind without a file is unknown; a rules export without a routing rule is empty."""
    rules = r.changed(r.RULES, RouteMessageOutboundConnector=None)
    snapshot = load(r.write_tenant(tmp_path, rules=rules, inbound=(), organization=(), recipients=()))
    assert (snapshot.rules, snapshot.inbound, snapshot.organization, snapshot.directory) == ((), None, None, None)


def test_mixed_and_nested_objects(tmp_path: Path) -> None:
    """One file may hold several kinds, each below a name of its own."""
    data = json.dumps({"Out": list(r.OUTBOUND), "In": {"value": list(r.INBOUND)}["value"], "When": "today"}).encode()
    snapshot = load(r.write(tmp_path, a=data))
    assert (snapshot.outbound, snapshot.inbound) == (EXPECTED.outbound, EXPECTED.inbound)


def test_what_is_no_export_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A note or picture is passed over in silence; JSON, CSV, XML and a table of the shell with a word."""
    r.write_tenant(tmp_path)
    (tmp_path / "README.md").write_text("[![badge](x)](y)\n# Exports, made by hand\n")
    (tmp_path / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00")
    (tmp_path / "dkim.json").write_text('[{"Name": "x", "Selector1CNAME": "y"}]')
    (tmp_path / "none.json").write_text("[]")
    (tmp_path / "other.csv").write_text("Date,Volume\n2025-03-24,5\n")
    (tmp_path / "x.xml").write_text('<Objs Version="1.1.0.1"></Objs>')
    (tmp_path / "logo.svg").write_text('<?xml version="1.0"?>\n<!DOCTYPE svg SYSTEM "x"><svg />')
    (tmp_path / "notes.txt").write_text("Notes on the tenant\n-------------------\nall is well\n")
    (tmp_path / "table.txt").write_text("\n\nName DomainName Default\n---- ---------- -------\nx    adatum.com True\n")
    (tmp_path / "page.html").write_text("<!DOCTYPE html><html></html>")
    with caplog.at_level(logging.WARNING):
        tenant = load_tenant(tmp_path)
    said = {Path(record.getMessage().split(" is left out")[0]).name for record in caplog.records}
    assert said == {"dkim.json", "none.json", "other.csv", "x.xml", "logo.svg", "table.txt"}
    assert "Format-Table" in next(m for m in caplog.messages if "table.txt" in m)
    assert "[exports] empty" in next(m for m in caplog.messages if "none.json" in m)
    assert sorted(tenant.digests) == [f"export{n}.txt" for n in range(7)]


def test_windows_1252_names_survive(tmp_path: Path) -> None:
    """A file in the PC's own code page keeps its umlauts."""
    data = json.dumps(r.changed(r.OUTBOUND[:1], Name="Ausgang Köln"), ensure_ascii=False).encode("cp1252")
    snapshot = load(r.write(tmp_path, a=data))
    assert snapshot.outbound is not None
    assert snapshot.outbound[0].name == "Ausgang Köln"


def test_shells_are_told_by_the_folder(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Send and Receive connectors are known anywhere; the cloud's kinds below onpremises/ are left out with a word."""
    r.write(tmp_path, a=r.json7(r.SEND), b=r.json7(r.ACCEPTED), c=r.json7(r.RECEIVE))
    r.write(tmp_path / "onpremises", a=r.json7(r.OUTBOUND), b=r.comma(r.REMOTE), c=r.json7(r.OWN_ACCEPTED[:1]))
    with caplog.at_level(logging.WARNING):
        snapshot = load(tmp_path)
    assert (snapshot.own.send, snapshot.own.receive) == (EXPECTED.own.send, EXPECTED.own.receive)
    assert (snapshot.accepted, snapshot.own.accepted) == (EXPECTED.accepted, (AcceptedDomain("contoso.com"),))
    assert (snapshot.outbound, snapshot.remote) == (None, None)
    assert ["Get-OutboundConnector of the own servers" in m for m in caplog.messages] == [True, False]


@pytest.mark.parametrize("kind, name, kept", [
    ("outbound", "RecipientDomains", "recipient_domains"), ("inbound", "SenderDomains", "sender_domains"),
])  # fmt: skip
def test_a_malformed_domain_pattern_is_kept_aside(tmp_path: Path, kind: str, name: str, kept: str) -> None:
    """A value that is no pattern does not keep the rest of the tenant from being judged; lint names it (MF326)."""
    values = ["smtp:Contoso.com;1", "domain.*.contoso.com", "*contoso.com", "contoso..com", "contoso.com"]
    objects = r.changed(r.TENANT[kind][:1], **{name: values})
    (value,) = getattr(load(r.write(tmp_path, a=r.json7(objects))), kind)

    assert getattr(value, kept) == ("contoso.com",)
    assert value.invalid_domains == ("domain.*.contoso.com", "*contoso.com", "contoso..com")


def test_a_selection_of_properties_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Where an export leaves out what selection rests on, the reader learns that defaults were taken."""
    chosen = [{name: value for name, value in o.items() if name not in ("Enabled", "UseMXRecord")} for o in r.OUTBOUND]
    with caplog.at_level(logging.WARNING):
        load(r.write(tmp_path, a=r.json7(chosen)))
    (message,) = caplog.messages
    assert message.endswith("not exported for every object, and taken as the cmdlet's default: Enabled, UseMXRecord")


def test_remote_domains_that_are_really_none(tmp_path: Path) -> None:
    """A kind named in `[exports] empty` is empty, and not unknown."""
    (r.write_tenant(tmp_path, remote=()) / "mailflow.toml").write_text("[exports]\nempty = ['remote']")
    assert load(tmp_path).remote == ()
