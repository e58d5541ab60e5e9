"""What a mail flow rule asks of a message, as far as a log can show it (New-TransportRule).

The names are those of the cmdlet's parameters; an exception has the same name behind `ExceptIf`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Looks(StrEnum):
    """The part of a row that a predicate looks at."""

    SENDER = "sender"
    RECIPIENT = "recipient"
    SOURCE = "source"
    SIZE = "size"
    SUBJECT = "subject"


class SenderLocation(StrEnum):
    """SenderAddressLocation: in which sender a rule looks for its sender predicates."""

    HEADER = "Header"
    ENVELOPE = "Envelope"
    EITHER = "HeaderOrEnvelope"


LOOKS: Mapping[str, Looks] = MappingProxyType(
    {
        "From": Looks.SENDER,
        "SenderDomainIs": Looks.SENDER,
        "FromAddressContainsWords": Looks.SENDER,
        "FromAddressMatchesPatterns": Looks.SENDER,
        "FromScope": Looks.SENDER,
        "SentTo": Looks.RECIPIENT,
        "RecipientDomainIs": Looks.RECIPIENT,
        "RecipientAddressContainsWords": Looks.RECIPIENT,
        "RecipientAddressMatchesPatterns": Looks.RECIPIENT,
        "AnyOfRecipientAddressContainsWords": Looks.RECIPIENT,
        "AnyOfRecipientAddressMatchesPatterns": Looks.RECIPIENT,
        "SentToScope": Looks.RECIPIENT,
        "SenderIpRanges": Looks.SOURCE,
        "MessageSizeOver": Looks.SIZE,
        "SubjectContainsWords": Looks.SUBJECT,
        "SubjectMatchesPatterns": Looks.SUBJECT,
    }
)


@dataclass(frozen=True, slots=True)
class Predicate:
    """One condition or exception: any one of its values is enough.

    Addresses, domains and words are lower case, patterns as written, ranges in CIDR notation, the size in
    bytes. `location` matters to what looks at the sender.
    """

    name: str
    values: tuple[str, ...]
    location: SenderLocation = SenderLocation.HEADER

    @property
    def looks(self) -> Looks:
        """The part of a row that it looks at."""
        return LOOKS[self.name]

    def __str__(self) -> str:
        """Write it as the cmdlet would take it."""
        return f"{self.name} {', '.join(self.values)}"
