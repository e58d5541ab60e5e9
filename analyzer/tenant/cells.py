"""One exported object, read property by property into plain values.

An export writes the same value in many ways: a list, a joined cell, an object around the value, an
enum by name or number. Whatever cannot be read is refused with file, object and property.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from ipaddress import ip_network
from typing import TypeVar

from analyzer.errors import TenantError
from analyzer.tenant.dates import OrderUnknownError, has_zone, parse_moment
from analyzer.tenant.model import Network
from analyzer.tenant.values import (
    EXPORT_AS_JSON,
    OPAQUE,
    Rendered,
    costed,
    domain_pattern,
    is_lost,
    pieces,
    plain,
    shorten,
    shown,
    split,
)

Choice = TypeVar("Choice", bound=StrEnum)

_VARIABLE = "put ConfigurationData.psd1, which says what the variable is, beside the file"
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FLAGS = {"true": True, "$true": True, "1": True, "false": False, "$false": False, "0": False}


@dataclass(frozen=True, slots=True)
class Record:
    """One object of an export: its properties by lower-case name, and where it was found.

    `day_first` is the order of culture dates in its file; None where the file does not tell. `cmdlet`
    is the one whose export this is.
    """

    where: str
    number: int
    properties: Mapping[str, object]
    day_first: bool | None = None
    cmdlet: str = ""

    def title(self) -> str:
        """Name the object for a message: its Name where it has one, else its number in the file."""
        name = plain(self.properties.get("name"))
        title = f"object {self.number}"
        return f"{title} ({shorten(shown(name))})" if isinstance(name, str) and name else title

    def mistake(self, name: str, found: str, accepted: str) -> TenantError:
        """Build the error that names file, object and property."""
        return TenantError(f"{self.where}: {self.title()}: {name}", shorten(found), accepted)

    def exported(self, name: str) -> bool:
        """Tell whether the export carries the property at all."""
        return name.lower() in self.properties

    def given(self, name: str) -> bool:
        """Tell whether the property says anything: not null, not empty, not false."""
        value = plain(self.properties.get(name.lower()))
        if isinstance(value, list):
            return bool(value)
        text = "" if value is None else str(value).strip()
        if text == OPAQUE:
            return True
        self._refuse_lost(name, (text,))
        return text.lower() not in {"", "{}", "false", "$false"}

    def text(self, name: str) -> str | None:
        """Read a single text; None where it is absent or empty."""
        value = plain(self.properties.get(name.lower()))
        if isinstance(value, list):
            value = "; ".join(pieces(value))
        text = "" if value is None else str(value).strip()
        self._refuse_lost(name, (text,))
        return text or None

    def required(self, name: str) -> str:
        """Read a text that every object of its kind has."""
        text = self.text(name)
        if text is None:
            raise self.mistake(name, "missing or empty", "export every property of the object")
        return text

    def flag(self, name: str) -> bool | None:
        """Read a boolean; None where it is absent or empty."""
        text = self.text(name)
        if text is None:
            return None
        if text.lower() not in _FLAGS:
            raise self.mistake(name, f"{text!r} is no boolean", "True or False")
        return _FLAGS[text.lower()]

    def switch(self, name: str, *, absent: bool) -> bool:
        """Read a boolean; where the export leaves it out, the cmdlet's own default holds."""
        flag = self.flag(name)
        return absent if flag is None else flag

    def number_of(self, name: str) -> int:
        """Read a whole number; 0 where it is absent."""
        text = self.text(name) or "0"
        if not re.fullmatch(r"-?\d+", text):
            raise self.mistake(name, f"{text!r} is no whole number", "a number such as 0")
        return int(text)

    def choice(self, name: str, choices: type[Choice], codes: Mapping[str, Choice]) -> Choice:
        """Read one value of a closed set, by name in any case or by the number an enum is stored as."""
        text = self.required(name)
        names = {member.value.lower(): member for member in choices}
        if (found := names.get(text.lower()) or codes.get(text)) is None:
            raise self.mistake(name, f"{text!r} is not known", f"one of {', '.join(choices)}")
        return found

    def texts(self, name: str) -> tuple[str, ...]:
        """Read a multi-valued property in lower case, in its own order, without repetitions."""
        return tuple(dict.fromkeys(value.lower() for value in self._pieces(name)))

    def patterns(self, name: str, *, prefix: str = "") -> tuple[str, ...]:
        """Read domains and domain patterns, in lower case and without the prefix."""
        values = (value.lower().removeprefix(prefix) for value in self._pieces(name))
        return tuple(dict.fromkeys(self._pattern(name, value) for value in values))

    def domains(self, name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Read the domain patterns that selection rests on: those that are well formed, and the others as written."""
        values = dict.fromkeys(self._pieces(name))
        read = {value: domain_pattern(value) for value in values}
        patterns = tuple(dict.fromkeys(pattern for pattern in read.values() if pattern is not None))
        return patterns, tuple(value for value, pattern in read.items() if pattern is None)

    def networks(self, name: str) -> tuple[Network, ...]:
        """Read IP addresses and CIDR ranges; host bits may be set (reference 4.1)."""
        return tuple(dict.fromkeys(self._network(name, value) for value in self._pieces(name)))

    def values(self, name: str, *, costs: bool = False) -> tuple[object, ...]:
        """Read a multi-valued property whose values are texts or objects, for the caller to read on."""
        value = self.properties.get(name.lower())
        wrapped = value.get("value", value) if isinstance(value, Mapping) else value
        if isinstance(wrapped, list | tuple):
            items = tuple(plain(item) if isinstance(item, Rendered) else item for item in wrapped)
        elif isinstance(wrapped, Mapping):
            items = (wrapped,)
        else:
            text = "" if wrapped is None else str(wrapped)
            items = tuple(costed(text) if costs else split(text))
        self._refuse_lost(name, (item for item in items if isinstance(item, str)))
        return tuple(item.strip() if isinstance(item, str) else item for item in items if item not in (None, ""))

    def certificate(self, name: str) -> str | None:
        """Read a certificate's name: `<I>issuer<S>subject`, or an object that holds the two."""
        value = self.properties.get(name.lower())
        if isinstance(value, Mapping) and value.get("CertificateSubject"):
            return f"<I>{value.get('CertificateIssuer') or ''}<S>{value['CertificateSubject']}"
        return self.text(name)

    def changed_at(self) -> datetime | None:
        """Read when the object got the settings that it has."""
        return self._utc("WhenChanged")

    def created_at(self) -> datetime | None:
        """Read when the object was created."""
        return self._utc("WhenCreated")

    def guid(self) -> str | None:
        """Read what tells the object from a later one of its name; None where it is absent or all zeros."""
        text = str(plain(self.properties.get("guid"))).strip("{} ").lower()
        return text if _GUID.fullmatch(text) and text.strip("0-") else None

    def _utc(self, name: str) -> datetime | None:
        """Read NameUTC; else Name, where it says its offset (a wall clock's time is no point in time)."""
        moment = self.moment(f"{name}UTC")
        local = self.text(name) if moment is None else None
        return self.moment(name) if local and has_zone(local) else moment

    def moment(self, name: str) -> datetime | None:
        """Read a point in time as UTC; None where it is absent."""
        text = self.text(name)
        if text is None:
            return None
        try:
            return parse_moment(text, day_first=self.day_first).astimezone(UTC)
        except ValueError as error:
            order = ', or date_order = "dmy" or "mdy" under [exports] of mailflow.toml'
            known = order if isinstance(error, OrderUnknownError) else ""
            raise self.mistake(name, str(error), f"{self._advice()}, which writes ISO dates{known}") from None

    def _pieces(self, name: str) -> tuple[str, ...]:
        values = pieces(self.properties.get(name.lower()))
        self._refuse_lost(name, values)
        return values

    def _refuse_lost(self, name: str, values: Iterable[str]) -> None:
        for value in values:
            if is_lost(value):
                advice = _VARIABLE if "$" in value else self._advice()
                raise self.mistake(name, f"{value!r} stands in the place of the values, which are lost", advice)

    def _advice(self) -> str:
        return f"export it with {self.cmdlet} | ConvertTo-Json -Depth 6" if self.cmdlet else EXPORT_AS_JSON

    def _pattern(self, name: str, value: str) -> str:
        if (pattern := domain_pattern(value)) is None:
            raise self.mistake(name, f"{value!r} is no domain", "contoso.com, *.contoso.com or *")
        return pattern

    def _network(self, name: str, value: str) -> Network:
        try:
            return ip_network(value, strict=False)
        except ValueError:
            raise self.mistake(name, f"{value!r} is no address", "192.0.2.1, or a range such as 192.0.2.0/24") from None
