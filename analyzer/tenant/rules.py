"""Get-TransportRule -> TransportRule: which rules route to a connector, and on what.

The values of SenderDomainIs and RecipientDomainIs stay plain domains; the service matches each with
all its subdomains. Source: the vendor corrected the cmdlet pages to say so in May 2023
(MicrosoftDocs/office-docs-powershell#10801 and #10802, "applicable to both, OnPrem and EXO"), and the
service itself answers "Domain predicates handle subdomain match, no wildcard is required"
(MicrosoftDocs/OfficeDocs-Exchange#2732).
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.tenant.cells import Record
from analyzer.tenant.model import TransportRule
from analyzer.tenant.values import is_lost, pieces

_ADDRESSES = ("From", "SentTo")
_DOMAINS = ("SenderDomainIs", "RecipientDomainIs")
MODELLED = (*_ADDRESSES, *_DOMAINS)

# The other conditions of New-TransportRule (office-docs-powershell, edition of August 2026). Companions that
# say nothing alone are left out: ADComparisonOperator, the values beside Header...MessageHeader, and so on.
UNMODELLED = (
    "ADComparisonAttribute",
    "AnyOfCcHeader",
    "AnyOfCcHeaderMemberOf",
    "AnyOfRecipientAddressContainsWords",
    "AnyOfRecipientAddressMatchesPatterns",
    "AnyOfToCcHeader",
    "AnyOfToCcHeaderMemberOf",
    "AnyOfToHeader",
    "AnyOfToHeaderMemberOf",
    "AttachmentContainsWords",
    "AttachmentExtensionMatchesWords",
    "AttachmentHasExecutableContent",
    "AttachmentIsPasswordProtected",
    "AttachmentIsUnsupported",
    "AttachmentMatchesPatterns",
    "AttachmentNameMatchesPatterns",
    "AttachmentProcessingLimitExceeded",
    "AttachmentPropertyContainsWords",
    "AttachmentSizeOver",
    "BetweenMemberOf1",
    "BetweenMemberOf2",
    "ContentCharacterSetContainsWords",
    "FromAddressContainsWords",
    "FromAddressMatchesPatterns",
    "FromMemberOf",
    "FromScope",
    "HasClassification",
    "HasNoClassification",
    "HasSenderOverride",
    "HeaderContainsMessageHeader",
    "HeaderMatchesMessageHeader",
    "ManagerAddresses",
    "ManagerForEvaluatedUser",
    "MessageContainsDataClassifications",
    "MessageSizeOver",
    "MessageTypeMatches",
    "RecipientADAttributeContainsWords",
    "RecipientADAttributeMatchesPatterns",
    "RecipientAddressContainsWords",
    "RecipientAddressMatchesPatterns",
    "RecipientInSenderList",
    "SCLOver",
    "SenderADAttributeContainsWords",
    "SenderADAttributeMatchesPatterns",
    "SenderInRecipientList",
    "SenderIpRanges",
    "SenderManagementRelationship",
    "SentToMemberOf",
    "SentToScope",
    "SubjectContainsWords",
    "SubjectMatchesPatterns",
    "SubjectOrBodyContainsWords",
    "SubjectOrBodyMatchesPatterns",
    "WithImportance",
)
# A rule that holds for a time only: the log's own time would have to be held against it.
_PERIOD = ("ActivationDate", "ExpiryDate")
_COMPANIONS = frozenset(
    ("exceptifadcomparisonoperator", "exceptifheadercontainswords", "exceptifheadermatchespatterns")
)
_SPELLING = {name.lower(): name for name in (*MODELLED, *UNMODELLED)}


def transport_rule(record: Record) -> TransportRule | None:
    """Read a mail flow rule; None where it routes to no connector."""
    connector = record.text("RouteMessageOutboundConnector")
    if connector is None:
        return None
    known = {name: _values(record, name) for name in MODELLED}
    return TransportRule(
        name=record.required("Name"),
        connector=connector,
        enabled=_enabled(record),
        priority=record.number_of("Priority"),
        senders=known["From"],
        sender_domains=known["SenderDomainIs"],
        recipients=known["SentTo"],
        recipient_domains=known["RecipientDomainIs"],
        unmodelled=tuple(dict.fromkeys(_unmodelled(record, known))),
        guid=record.guid(),
        changed_at=record.changed_at(),
    )


def _enabled(record: Record) -> bool:
    """A rule acts only if it is enabled and enforced; the audit modes write a log line and do nothing."""
    state, mode = record.text("State") or "Enabled", record.text("Mode") or "Enforce"
    return state.lower() == "enabled" and mode.lower() == "enforce"


def _values(record: Record, name: str) -> tuple[str, ...]:
    """Read a modelled predicate; a list with a display name in it cannot be compared with addresses."""
    if name in _DOMAINS:
        return record.patterns(name)
    values = record.texts(name)
    return values if all("@" in value for value in values) else ()


def _unmodelled(record: Record, known: dict[str, tuple[str, ...]]) -> Iterator[str]:
    """Name every condition and exception that a log cannot decide."""
    conditions = [name for name in (*UNMODELLED, *_PERIOD) if record.given(name)]
    conditions += [name for name in MODELLED if record.given(name) and not known[name]]
    exceptions = [_exception(key) for key in record.properties if _is_exception(record, key)]
    yield from conditions
    yield from exceptions
    if _only_envelope(record):
        yield "SenderAddressLocation"
    listed = _listed(record, "Conditions")
    yield from _unexplained(listed, known, [name for name in conditions if name not in _PERIOD])
    if not exceptions:
        yield from (f"ExceptIf{name}" for name in _listed(record, "Exceptions") or ())
    if listed is None and not any(record.exported(name) for name in _SPELLING.values()):
        yield "Conditions"  # the export left them out, so nobody knows when the rule fires


def _unexplained(listed: list[str] | None, known: dict[str, tuple[str, ...]], conditions: list[str]) -> Iterator[str]:
    """Name the conditions that the rule lists but whose properties the export leaves out."""
    for name in listed or ():
        if name in MODELLED:
            if not known[name]:
                yield name
        elif not conditions:
            yield name


def _listed(record: Record, name: str) -> list[str] | None:
    """Read the classes that Conditions or Exceptions name; None where the export does not carry them."""
    value = record.properties.get(name.lower())
    classes = pieces(value)
    if not record.exported(name) or any(is_lost(c) and "Predicate" not in c for c in classes):
        return None
    return [c.rpartition(".")[2].removesuffix("Predicate") for c in classes]


def _is_exception(record: Record, key: str) -> bool:
    return key.startswith("exceptif") and key not in _COMPANIONS and record.given(key)


def _exception(key: str) -> str:
    bare = key.removeprefix("exceptif")
    return f"ExceptIf{_SPELLING.get(bare, bare)}"


def _only_envelope(record: Record) -> bool:
    """Tell whether a sender predicate looks at the envelope alone; a trace often shows the header's sender."""
    location = record.text("SenderAddressLocation") or "Header"
    return location.lower() == "envelope" and (record.given("From") or record.given("SenderDomainIs"))
