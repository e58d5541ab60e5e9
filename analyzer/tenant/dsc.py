"""Microsoft365DSC -> objects: its configuration (.ps1), or the JSON that its report makes of one.

Both name resources (`EXOOutboundConnector`) instead of the objects of a cmdlet; `cmdlet_object` gives
those. A property that has no value in the tenant is not written, so an absent one is empty, not unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from analyzer.errors import TenantError
from analyzer.tenant.exports import SIGNATURES, Kind
from analyzer.tenant.values import shown

_RESOURCES = {
    "exooutboundconnector": Kind.OUTBOUND,
    "exoinboundconnector": Kind.INBOUND,
    "exoaccepteddomain": Kind.ACCEPTED,
    "exoremotedomain": Kind.REMOTE,
    "exotransportrule": Kind.RULES,
    "exoorganizationconfig": Kind.ORGANIZATION,
}
_NAMED_BY_IDENTITY = {Kind.OUTBOUND: "Name", Kind.INBOUND: "Name", Kind.REMOTE: "Name", Kind.ACCEPTED: "DomainName"}
_ORGANIZATION = re.compile(
    r"\$\(\$?OrganizationName(?P<first>\.Split\('\.'\)\[0\])?\)|\$\{?OrganizationName\b\}?", re.IGNORECASE
)
_DECLARED = re.compile(r"\bOrganizationName\s*=\s*[\"']([\w.-]+)[\"']", re.IGNORECASE)
_DATA_FILE = "ConfigurationData.psd1"

_START = re.compile(r"^\s*configuration\s+[\"']?[\w-]+[\"']?\s*(\{|$)", re.IGNORECASE | re.MULTILINE)
_TOKEN = re.compile(
    r"""(?P<skip>\s+|`\r?\n|<\#.*?(?:\#>|\Z)|\#[^\n]*)
    |@"[ \t]*\r?\n(?P<here>.*?)(?:\r?\n"@|\Z)
    |@'[ \t]*\r?\n(?P<raw>.*?)(?:\r?\n'@|\Z)
    |"(?P<double>(?:[^"`]|`.|"")*)"
    |'(?P<single>(?:[^']|'')*)'
    |(?P<open>[@$]?[({])
    |(?P<close>[)}])
    |(?P<mark>[=;,])
    |(?P<word>(?:[^\s"'(){}=;,`\#]|`.)+)
    |(?P<broken>.)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}
_WORDS = {"$true": True, "$false": False, "$null": None}
_DEPTH = 30


def is_configuration(head: str) -> bool:
    """Tell whether a text begins as a DSC configuration does."""
    return bool(_START.search(head)) and "import-dscresource" in head.lower()


def read_configuration(text: str, where: str) -> Iterator[Mapping[str, object]]:
    """Walk the resources of a configuration, each with its name as `ResourceName`.

    Raises:
        TenantError: the configuration is cut or malformed.
    """
    return _Parser(text, where).resources()


def cmdlet_object(properties: Mapping[str, object], organization: Callable[[], str | None]) -> Mapping[str, object]:
    """Turn a resource into the object that the cmdlet would give; any other object stays as it is.

    `organization` tells what `$OrganizationName` stands for; it is asked only where the variable occurs.
    """
    kind = _RESOURCES.get(str(properties.get("ResourceName", "")).lower())
    if kind is None:
        return properties
    known = next(signature.marks for signature in SIGNATURES if signature.kind is kind)
    own = {name.lower(): _filled(value, organization) for name, value in properties.items()}
    if kind in _NAMED_BY_IDENTITY:
        own.setdefault(_NAMED_BY_IDENTITY[kind].lower(), own.get("identity"))
    if kind is Kind.RULES:
        own["from"] = own.get("from")
        own["state"] = "Disabled" if str(own.pop("enabled", True)).lower() in ("false", "$false") else "Enabled"
    return dict.fromkeys(known) | own


def is_absent(properties: Mapping[str, object]) -> bool:
    """Tell whether a resource says that the object must not exist."""
    return "ResourceName" in properties and str(properties.get("Ensure")).lower() == "absent"


def organization_name(file: Path) -> str | None:
    """Find the name that the data file beside a configuration, or the file itself, gives to the organization."""
    for candidate in (file.parent / _DATA_FILE, file):
        try:
            found = _DECLARED.search(candidate.read_text(encoding="utf-8", errors="ignore").replace("\0", ""))
        except OSError:
            continue
        if found:
            return found[1]
    return None


def _filled(value: object, organization: Callable[[], str | None]) -> object:
    """Put the name of the organization where the variable stands for it."""
    if isinstance(value, list):
        return [_filled(item, organization) for item in value]
    if not isinstance(value, str) or not _ORGANIZATION.search(value) or (name := organization()) is None:
        return value
    return _ORGANIZATION.sub(lambda found: name.partition(".")[0] if found["first"] else name, value)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int


class _Parser:
    """Reads the resource blocks; what surrounds them (parameters, credentials) is only stepped over."""

    def __init__(self, text: str, where: str) -> None:
        self.text, self.where = text, where
        self.tokens = (
            _Token(str(found.lastgroup), found[str(found.lastgroup)], found.start())
            for found in _TOKEN.finditer(text)
            if found.lastgroup != "skip"
        )
        self.ahead: list[_Token] = []

    def resources(self) -> Iterator[Mapping[str, object]]:
        depth = 0
        while (token := self._next()) is not None:
            if token.kind == "broken":
                raise self._mistake(token, f"{shown(token.text)!r} does not begin anything")
            depth += (token.kind == "open") - (token.kind == "close")
            if token.kind != "word" or not re.fullmatch(r"[A-Z][A-Za-z0-9]+", token.text):
                continue
            title, brace = self._peek(0), self._peek(1)
            if title and brace and title.kind in ("double", "single", "word") and brace.text == "{":
                if token.text.lower() in ("configuration", "node"):
                    continue
                self._next(), self._next()
                yield {**self._body(1), "ResourceName": token.text, "ResourceInstanceName": title.text}
        if depth:
            raise TenantError(self.where, "the configuration ends within a block", "the whole file")

    def _body(self, depth: int) -> dict[str, object]:
        """Read `Name = value` up to the closing brace."""
        found: dict[str, object] = {}
        while (token := self._needed()).text != "}" or token.kind != "close":
            if token.kind == "mark" and token.text == ";":
                continue
            if token.kind not in ("word", "double", "single") or self._needed().text != "=":
                raise self._mistake(token, f"{shown(token.text[:40])!r} where `Property = value` is written")
            found[token.text] = self._value(depth)
        return found

    def _value(self, depth: int) -> object:
        token = self._needed()
        if depth == _DEPTH:
            raise self._mistake(token, f"values nested more than {_DEPTH} deep")
        if token.kind in ("double", "here"):
            return _expanded(token.text)
        if token.kind in ("single", "raw"):
            return token.text.replace("''", "'") if token.kind == "single" else token.text
        if token.text == "@(":
            return self._list(depth + 1)
        if token.text in ("@{", "{"):
            return self._body(depth + 1)
        if token.kind != "word":
            raise self._mistake(token, f"{shown(token.text[:40])!r} where a value is written")
        after = self._peek(0)
        if after is not None and after.text == "{" and after.kind == "open":
            self._next()
            return self._body(depth + 1)
        return _WORDS.get(token.text.lower(), token.text)

    def _list(self, depth: int) -> list[object]:
        items: list[object] = []
        while True:
            token = self._peek(0)
            if token is not None and token.kind == "close" and token.text == ")":
                self._next()
                return items
            if token is not None and token.kind == "mark" and token.text in ",;":
                self._next()
                continue
            items.append(self._value(depth))

    def _next(self) -> _Token | None:
        return self.ahead.pop(0) if self.ahead else next(self.tokens, None)

    def _peek(self, position: int) -> _Token | None:
        while len(self.ahead) <= position and (token := next(self.tokens, None)) is not None:
            self.ahead.append(token)
        return self.ahead[position] if position < len(self.ahead) else None

    def _needed(self) -> _Token:
        token = self._next()
        if token is None:
            raise TenantError(self.where, "the configuration ends within a resource", "the whole file")
        return token

    def _mistake(self, token: _Token, found: str) -> TenantError:
        line = self.text.count("\n", 0, token.start) + 1
        return TenantError(f"{self.where}: line {line}", found, "the file as Export-M365DSCConfiguration wrote it")


def _expanded(text: str) -> str:
    """Undo the escapes of a double-quoted text."""
    return re.sub(
        r"`(.)|\"\"", lambda found: _ESCAPES.get(found[1], found[1]) if found[1] else '"', text, flags=re.DOTALL
    )
