"""The value of a property as an export wrote it -> plain texts: lists, joined cells, objects around a value."""

from __future__ import annotations

import re
from collections.abc import Mapping

EXPORT_AS_JSON = "export it with ConvertTo-Json -Depth 6"

# What Export-Csv and ConvertTo-Json leave of a list they do not write out, and Microsoft365DSC of the tenant's
# name; the content is gone.
LOST_CELL = (
    r"^(System|Microsoft|Deserialized)\.[\w.]+(`\d+)?(\[.*\])?$|^@\{|(\.\.\.|…)\}?$|\$[({]?\$?OrganizationName\b"
)
_LOST = re.compile(LOST_CELL)
OPAQUE = "@{}"  # an object, or a list within a list, of which nothing tells what its value is
# Where an object around a value keeps the value: enums and wrapped lists of Windows PowerShell 5.1
# ({"value": 1, "Value": "Partner"}), proxy addresses, address ranges, domains, references.
_INNER = ("Value", "value", "ProxyAddressString", "Expression", "IPAddressToString", "Address", "Domain", "Name")
_LONGEST = 200
_SEPARATORS = re.compile(r"[;,\s]+")
_COST = re.compile(r"\d{1,3}")
# A domain, or a whole domain behind `*.`; `domain.*.contoso.com` and `*contoso.com` are not (reference 3.1, 3.4).
_PATTERN = re.compile(r"\*|(\*\.)?[^\W_]([\w-]*\w)?(\.\w([\w-]*\w)?)*")


class Rendered(dict[str, object]):
    """The properties of an object that also has a text of its own (`smtp:*;1`); None where that tells nothing."""

    __slots__ = ("text",)

    def __init__(self, properties: Mapping[str, object], text: str | None) -> None:
        """Keep both: which of them is wanted depends on where the object stands."""
        super().__init__(properties)
        self.text = text


def plain(value: object) -> object:
    """Unwrap an object that stands around a single value, or around a list."""
    while isinstance(value, Mapping):
        if isinstance(value, Rendered) and value.text is not None:
            return value.text
        if value.get("IsIPAddress") is False:  # a smart host, whose address is then 0.0.0.0
            value = value.get("Domain")
            continue
        inner = next((value[key] for key in _INNER if value.get(key) is not None), None)
        if inner is None:
            return None if not any(v is not None for v in value.values()) else OPAQUE
        value = inner
    return value


def pieces(value: object) -> tuple[str, ...]:
    """Split a multi-valued property, however it was written, into its values.

    Costs (`smtp:contoso.com;1`) go: they select nothing in Exchange Online (reference 10.2).
    """
    value = plain(value)
    if value is None:
        return ()
    if isinstance(value, list | tuple):
        return tuple(piece for item in value for piece in _item(plain(item)))
    return tuple(piece for piece in split(str(value)) if not _COST.fullmatch(piece))


def split(text: str) -> list[str]:
    """Split a joined cell (`a;b`, `a, b`, `{a, b}`)."""
    bare = text.strip().removeprefix("{").removesuffix("}")
    return [piece for piece in _SEPARATORS.split(bare) if piece]


def costed(text: str) -> list[str]:
    """Split a joined cell of address spaces: a cost that was split off belongs to the value before it."""
    values: list[str] = []
    for piece in split(text):
        if values and _COST.fullmatch(piece):
            values[-1] += f";{piece}"
        else:
            values.append(piece)
    return values


def _item(value: object) -> tuple[str, ...]:
    """Drop the cost of one value of a list; a blank one is none."""
    if isinstance(value, list | tuple):
        return (OPAQUE,)
    text = re.sub(r";\d{1,3}$", "", str("" if value is None else value).strip())
    return (text,) if text else ()


def domain_pattern(text: str) -> str | None:
    """Bring a domain, `*.domain` or `*` to lower case without `smtp:`; None where it is malformed."""
    bare = re.sub(r"^smtp:", "", text.strip(), flags=re.IGNORECASE).removesuffix(".").lower()
    return bare if _PATTERN.fullmatch(bare) else None


def shown(text: str) -> str:
    """Write a text of an export on one line of a message, control characters escaped."""
    return repr(text)[1:-1]


def shorten(text: str) -> str:
    """Leave out the middle of a text that is too long for a message."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]} ... {text[-_LONGEST // 2 :]}"


def is_lost(text: str) -> bool:
    """Tell whether a cell holds the name of a type, or a cut list, in the place of its content."""
    return bool(_LOST.search(text))
