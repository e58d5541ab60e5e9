"""mailflow.toml: whole, partly, and with each mistake a person makes."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest

from analyzer.errors import TenantError
from analyzer.tenant.model import Service, Settings
from analyzer.tenant.policy import POLICIES, Policy
from analyzer.tenant.settings import json_schema, read_settings

WHOLE = """
[policy]
precedence = "list"
[mx]
default = "office365"
"Fabrikam.com" = "onpremises"
[exports]
empty = ["inbound", "remote"]
date_order = "mdy"
[directory]
complete = true
[onpremises]
addresses = ["192.0.2.1/28", "2001:db8::/32", "203.0.113.9"]
hosts = ["*.Corp.contoso.com"]
certificates = ["mail.contoso.com"]
domains = ["fabrikam.com"]
direct_send = ["192.0.2.12", "198.51.100.0/25", "Scanner@contoso.com"]
[partners]
domains = ["woodgrovebank.com"]
[services.filter]
addresses = ["198.51.100.0/24"]
connectors = ["To filter", "From filter"]
[services."Signature 2"]
connectors = ["To signature"]
[thresholds]
change_grace = "2 hours"
"""


def test_the_whole_file() -> None:
    """Every key of the file reaches its setting."""
    assert read_settings(WHOLE, "mailflow.toml") == Settings(
        policy=Policy(precedence="list"),
        mx_default="office365",
        mx={"fabrikam.com": "onpremises"},
        empty_exports=frozenset({"inbound", "remote"}),
        day_first=False,
        directory_complete=True,
        onpremises_addresses=(ip_network("192.0.2.0/28"), ip_network("2001:db8::/32"), ip_network("203.0.113.9")),
        onpremises_hosts=("*.corp.contoso.com",),
        onpremises_certificates=("mail.contoso.com",),
        onpremises_domains=("fabrikam.com",),
        direct_send_networks=(ip_network("192.0.2.12"), ip_network("198.51.100.0/25")),
        direct_send_addresses=("scanner@contoso.com",),
        partner_domains=("woodgrovebank.com",),
        services=(
            Service("filter", (ip_network("198.51.100.0/24"),), ("To filter", "From filter")),
            Service("Signature 2", (), ("To signature",)),
        ),
        change_grace=timedelta(hours=2),
    )


def test_every_key_is_optional() -> None:
    """An empty file is the default settings."""
    assert read_settings("", "mailflow.toml") == Settings()


@pytest.mark.parametrize(
    "text, minutes",
    [
        ('"60 minutes"', 60),
        ('"1 minute"', 1),
        ('"1.5 Hours"', 90),
        ('"2days"', 2880),
        ('"45"', 45),
        ("15", 15),
        ("0", 0),
    ],
)
def test_durations(text: str, minutes: int) -> None:
    """A duration is a number with its unit; a plain number is minutes."""
    assert read_settings(f"[thresholds]\nchange_grace = {text}", "x").change_grace == timedelta(minutes=minutes)


MISTAKES = [
    ("[mx\n", "t/mailflow.toml: broken TOML (Expected ']'"),
    ("policies = 1", "[policies]: unknown key; did you mean policy?"),
    ("[polizy]\nprecedence = 'list'", "[polizy]: unknown key; did you mean policy?"),
    ("[policy]\nprecedense = 'list'", "[policy] precedense: unknown key; did you mean precedence?"),
    ("[policy]\nprecedence = 'lists'", "[policy] precedence: 'lists' is not allowed; one of 'example' or 'list'"),
    ("[mx]\ndefault = 'cloud'", "[mx] default: 'cloud' is not allowed; one of 'office365', 'onpremises' or"),
    ("[mx]\n'*.contoso.com' = 'office365'", "[mx]: '*.contoso.com' is no domain; an accepted domain, or default"),
    ("[exports]\nempty = ['connectors']", "[exports] empty, value 1: 'connectors' is not allowed; one of 'outbound'"),
    ("[directory]\ncomplete = 'yes'", "[directory] complete: 'yes' is not allowed; true or false"),
    ("[onpremises]\naddresses = ['192.0.2.1', '300.0.2.1']", "addresses, value 2: '300.0.2.1' is no IP address"),
    ("[onpremises]\naddresses = '192.0.2.1'", "[onpremises] addresses: '192.0.2.1' is not allowed; a list such as"),
    ("[onpremises]\nhosts = [1]", "[onpremises] hosts, value 1: 1 is not allowed; a text in quotes"),
    ("[onpremises]\nhosts = ['mail.*.contoso.com']", "'mail.*.contoso.com' is no name such as"),
    ("[onpremises]\ndomains = ['*']", "'*' is no name such as"),
    ("[onpremises]\ndirect_send = ['scanner@']", "'scanner@' is no IP address, CIDR range or mailbox address"),
    ("[onpremises]\nxyz = 1", "[onpremises] xyz: unknown key; known are addresses, hosts, certificates, domains"),
    ("[services.filter]\naddress = []", "[services.filter] address: unknown key; did you mean addresses?"),
    ("[services]\nfilter = 1", "[services] filter: 1 is not allowed; a table"),
    ("[thresholds]\nchange_grace = 'soon'", "[thresholds] change_grace: 'soon' is no duration such as"),
    ("[thresholds]\nchange_grace = -5", "change_grace: -5 is no duration"),
    ("[thresholds]\nchange_grace = true", "change_grace: True is no duration"),
]


@pytest.mark.parametrize("text, expected", MISTAKES)
def test_mistakes_are_named(text: str, expected: str) -> None:
    """The one line names file, table and key, what was found and what would be accepted."""
    with pytest.raises(TenantError) as caught:
        read_settings(text, "t/mailflow.toml")
    line = str(caught.value)
    assert line.startswith("t/mailflow.toml: ")
    assert expected in line
    assert "\n" not in line


def test_the_schema_knows_every_policy() -> None:
    """The JSON Schema lists each policy with its values and default, and refuses unknown keys everywhere."""
    schema: Any = json_schema()
    parts = schema["$defs"]
    for row in POLICIES:
        declared = parts["PolicyPart"]["properties"][row.name]
        assert declared["enum"] == list(row.values)
        assert declared["default"] == row.default
        assert row.meaning in declared["description"]
    assert {part["additionalProperties"] for part in (*parts.values(), schema)} == {False}
    properties = [p for part in (*parts.values(), schema) for p in part["properties"].values()]
    assert all("description" in declared or "$ref" in declared for declared in properties)
