"""mailflow.toml: what no export carries (architecture, section 3) -> Settings, and its JSON Schema.

The only module that imports pydantic.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from datetime import timedelta
from difflib import get_close_matches
from ipaddress import ip_network
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model
from pydantic import WithJsonSchema as Schema
from pydantic_core import ErrorDetails

from analyzer.errors import TenantError
from analyzer.tenant.model import Network, Service, Settings
from analyzer.tenant.policy import POLICIES, Policy
from analyzer.tenant.values import domain_pattern, shown

Value = TypeVar("Value")
_MINUTES = {"minute": 1, "hour": 60, "day": 1440}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(minute|hour|day)s?|(\d+)", re.IGNORECASE)


def _network(value: object) -> Network:
    """Read an IP address or a CIDR range; host bits may be set."""
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")  # noqa: TRY004 - pydantic reports ValueError
    try:
        return ip_network(value.strip(), strict=False)
    except ValueError:
        raise ValueError(f"{value!r} is no IP address or CIDR range such as 192.0.2.0/28") from None


def _pattern(value: str) -> str:
    """Read a domain or host name, or `*.` before one."""
    pattern = domain_pattern(value)
    if pattern is None or pattern == "*":
        raise ValueError(f"{value!r} is no name such as contoso.com or *.contoso.com")
    return pattern


def _device(value: object) -> Network | str:
    """Read a device: an IP address, a CIDR range or a mailbox address."""
    if isinstance(value, str) and "@" in value:
        local, _, domain = value.strip().lower().rpartition("@")
        if local and domain_pattern(domain) == domain and not domain.startswith("*"):
            return f"{local}@{domain}"
    elif isinstance(value, str):
        return _network(value)
    raise ValueError(f"{value!r} is no IP address, CIDR range or mailbox address")


def _duration(value: object) -> timedelta:
    """Read a duration: minutes as a number, or a number and its unit."""
    text = str(value).strip()
    found = None if isinstance(value, bool) else _DURATION.fullmatch(text)
    if found is None:
        raise ValueError(f'{value!r} is no duration such as "60 minutes", "2 hours" or 60')
    if found[3]:
        return timedelta(minutes=int(found[3]))
    return timedelta(minutes=float(found[1]) * _MINUTES[found[2].lower()])


_Text = Schema({"type": "string"})
Range = Annotated[Network, BeforeValidator(_network), Schema({"type": "string", "examples": ["192.0.2.0/28"]})]
Name = Annotated[str, AfterValidator(_pattern), Schema({"type": "string", "examples": ["*.corp.contoso.com"]})]
Device = Annotated[
    Network | str,
    BeforeValidator(_device),
    Schema({"type": "string", "examples": ["192.0.2.12", "scanner@contoso.com"]}),
]
Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    Schema({"type": ["string", "integer"], "default": "60 minutes", "examples": ["60 minutes", "2 hours", 60]}),
]
Mx = Literal["office365", "onpremises", "thirdparty"]
Empty = Literal["outbound", "inbound", "accepted", "rules", "organization", "recipients", "remote"]


class _Part(BaseModel):
    """A table of the file: no unknown key, no conversion of types."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Exports(_Part):
    """Kinds of export of which this tenant really has none."""

    empty: list[Empty] = Field(default=[], description="Kinds that are really empty; an absent export is unknown.")
    date_order: Literal["auto", "dmy", "mdy"] = Field(
        default="auto",
        description="How to read 03/04/2026 in a file whose dates do not tell; `auto`: refuse the file.",
    )


class DirectoryPart(_Part):
    """What the recipients list is."""

    complete: bool = Field(default=False, description="The recipients list holds every address of the organization.")


class OnPremises(_Part):
    """The organization's own servers."""

    addresses: list[Range] = Field(default=[], description="From where the own servers speak SMTP.")
    hosts: list[Name] = Field(default=[], description="Names they give in HELO or have in DNS.")
    certificates: list[Name] = Field(default=[], description="Subject names they present.")
    domains: list[Name] = Field(default=[], description="Recipient domains whose mailboxes are all on the own servers.")
    cmt_intent: Literal["auto", "on", "off"] = Field(
        default="auto",
        description="Whether centralized mail transport is meant to be on; `auto`: as Get-HybridConfiguration says.",
    )
    direct_send: list[Device] = Field(
        default=[], description="Devices, by address or sender, for which the default inbound connector is right."
    )


class Partners(_Part):
    """Other organizations with an agreed mail flow."""

    domains: list[Name] = Field(default=[], description="Domains of partners.")


class ServicePart(_Part):
    """A filter, signature or archive service on the way: a planned hop."""

    addresses: list[Range] = Field(default=[], description="From where the service speaks SMTP.")
    connectors: list[str] = Field(default=[], description="Connectors to and from the service.")


class HistoryPart(_Part):
    """What the dated snapshots stand for."""

    judge_earlier: bool = Field(
        default=False, description="The first dated snapshot also held before its date: judge older rows by it."
    )


class Thresholds(_Part):
    """Thresholds that verdicts use."""

    change_grace: Duration = Field(
        default=timedelta(minutes=60),
        description="How long around a change the settings before it and after it may both act.",
        json_schema_extra={"default": "60 minutes"},  # as it is written, not as ISO 8601
    )


def _policy_fields() -> dict[str, Any]:
    """Declare a field for each policy, its allowed values and why it exists, out of the table of policies."""
    return {
        row.name: (
            Literal[row.values],
            Field(row.default, description=f"{row.meaning}. {row.source}."),
        )
        for row in POLICIES
    }


PolicyPart: type[_Part] = create_model(
    "PolicyPart", __base__=_Part, __doc__="Points on which the documents are silent or contradict.", **_policy_fields()
)


class MailflowToml(_Part):
    """mailflow.toml: what no export carries. Every key is optional."""

    policy: PolicyPart = Field(  # type: ignore[valid-type]  # made from the table of policies
        default=PolicyPart(), description="Readings of the documents; see `mailflow list policies`."
    )
    mx: dict[str, Mx] = Field(
        default={}, description="Where the MX of each accepted domain points; `default` for the rest."
    )
    exports: Exports = Field(default=Exports(), description="What is not exported because there is none.")
    directory: DirectoryPart = Field(default=DirectoryPart(), description="What the recipients list is.")
    onpremises: OnPremises = Field(default=OnPremises(), description="The organization's own servers.")
    partners: Partners = Field(default=Partners(), description="Partner organizations.")
    services: dict[str, ServicePart] = Field(default={}, description="Services on the way, each under its own name.")
    history: HistoryPart = Field(default=HistoryPart(), description="What the dated snapshots stand for.")
    thresholds: Thresholds = Field(default=Thresholds(), description="Thresholds that verdicts use.")


def read_settings(text: str, where: str) -> Settings:
    """Read the text of a mailflow.toml.

    Raises:
        TenantError: the first mistake: broken TOML, an unknown key, a value that is not allowed.
    """
    try:
        raw = tomllib.loads(text)
        parsed = MailflowToml.model_validate(raw)
    except tomllib.TOMLDecodeError as error:
        raise TenantError(where, f"broken TOML ({shown(str(error))})", "a table of `key = value` lines") from None
    except ValidationError as error:
        raise _mistake(error.errors()[0], where) from None
    stated = frozenset(f"{table}.{key}" for table, part in raw.items() for key in part)
    return replace(_settings(parsed, where), stated=stated)


def json_schema() -> dict[str, object]:
    """Give the JSON Schema of mailflow.toml, for editors and outside checks."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **MailflowToml.model_json_schema()}


def _settings(parsed: MailflowToml, where: str) -> Settings:
    own = parsed.onpremises
    mx = {domain.lower(): place for domain, place in parsed.mx.items() if domain != "default"}
    if bad := next((d for d in mx if "." not in d or domain_pattern(d) is None or d.startswith("*")), None):
        raise TenantError(f"{where}: [mx]", f"{bad!r} is no domain", "an accepted domain, or default")
    return Settings(
        policy=Policy(**parsed.policy.model_dump()),  # type: ignore[attr-defined]
        mx_default=parsed.mx.get("default"),
        mx=mx,
        empty_exports=frozenset(parsed.exports.empty),
        day_first=_DAY_FIRST.get(parsed.exports.date_order),
        directory_complete=parsed.directory.complete,
        onpremises_addresses=tuple(own.addresses),
        onpremises_hosts=tuple(own.hosts),
        onpremises_certificates=tuple(own.certificates),
        onpremises_domains=tuple(own.domains),
        cmt_intent=own.cmt_intent,
        direct_send_networks=tuple(device for device in own.direct_send if not isinstance(device, str)),
        direct_send_addresses=tuple(device for device in own.direct_send if isinstance(device, str)),
        partner_domains=tuple(parsed.partners.domains),
        services=tuple(
            Service(name=name, addresses=tuple(part.addresses), connectors=tuple(part.connectors))
            for name, part in parsed.services.items()
        ),
        judge_earlier=parsed.history.judge_earlier,
        change_grace=parsed.thresholds.change_grace,
    )


_DAY_FIRST = {"dmy": True, "mdy": False}


def _mistake(error: ErrorDetails, where: str) -> TenantError:
    """Say the first mistake in one line: place, what was found, what would be accepted."""
    names = [shown(part) for part in error["loc"] if isinstance(part, str)]
    number = "".join(f", value {part + 1}" for part in error["loc"] if isinstance(part, int))
    *tables, key = names or [""]
    place = f"{where}: " + (f"[{'.'.join(tables)}] {key}{number}" if tables else f"[{key}]")
    if error["type"] == "extra_forbidden":
        return TenantError(place, "unknown key", _nearest(key, _keys_of(tables)))
    if error["type"] == "literal_error":
        return TenantError(place, f"{error['input']!r} is not allowed", f"one of {error['ctx']['expected']}")
    if error["type"] == "value_error":
        return TenantError(place, error["msg"].removeprefix("Value error, "))
    return TenantError(place, f"{error['input']!r} is not allowed", _EXPECTED.get(error["type"], error["msg"]))


_EXPECTED = {
    "list_type": 'a list such as ["..."]',
    "bool_type": "true or false",
    "string_type": "a text in quotes",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "dict_type": "a table",
}


def _keys_of(tables: list[str]) -> tuple[str, ...]:
    """List the keys that the table at this place knows."""
    models: dict[str, type[BaseModel]] = {
        "policy": PolicyPart,
        "exports": Exports,
        "directory": DirectoryPart,
        "onpremises": OnPremises,
        "partners": Partners,
        "services": ServicePart,
        "history": HistoryPart,
        "thresholds": Thresholds,
    }
    return tuple((models[tables[0]] if tables else MailflowToml).model_fields)


def _nearest(key: str, known: tuple[str, ...]) -> str:
    close = get_close_matches(key, known, n=1, cutoff=0.5)
    return f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"
