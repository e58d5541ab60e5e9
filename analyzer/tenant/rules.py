"""Get-TransportRule -> TransportRule: which rules route to a connector, which stop the others, and on what.

The values of SenderDomainIs and RecipientDomainIs stay plain domains; the service matches each with
all its subdomains. Source: the vendor corrected the cmdlet pages to say so in May 2023
(MicrosoftDocs/office-docs-powershell#10801 and #10802, "applicable to both, OnPrem and EXO"), and the
service itself answers "Domain predicates handle subdomain match, no wildcard is required"
(MicrosoftDocs/OfficeDocs-Exchange#2732).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from ipaddress import summarize_address_range
from types import MappingProxyType

from analyzer.tenant.cells import Record
from analyzer.tenant.model import TransportRule
from analyzer.tenant.predicates import LOOKS, Looks, Predicate, SenderLocation
from analyzer.tenant.servers import address_range, byte_size
from analyzer.tenant.values import is_lost, pieces, plain

_EXCEPT = "ExceptIf"
_JOINS = re.compile(r"[;,\s{}]")  # between values, or a part of one: nobody can tell

# The conditions of New-TransportRule that no log shows (office-docs-powershell, edition of August 2026). Companions
# that say nothing alone are left out: ADComparisonOperator, the values beside Header...MessageHeader, and so on.
UNMODELLED = (
    "ADComparisonAttribute",
    "AnyOfCcHeader",
    "AnyOfCcHeaderMemberOf",
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
    "FromMemberOf",
    "HasClassification",
    "HasNoClassification",
    "HasSenderOverride",
    "HeaderContainsMessageHeader",
    "HeaderMatchesMessageHeader",
    "ManagerAddresses",
    "ManagerForEvaluatedUser",
    "MessageContainsDataClassifications",
    "MessageTypeMatches",
    "RecipientADAttributeContainsWords",
    "RecipientADAttributeMatchesPatterns",
    "RecipientInSenderList",
    "SCLOver",
    "SenderADAttributeContainsWords",
    "SenderADAttributeMatchesPatterns",
    "SenderInRecipientList",
    "SenderManagementRelationship",
    "SentToMemberOf",
    "SubjectOrBodyContainsWords",
    "SubjectOrBodyMatchesPatterns",
    "WithImportance",
)
# A rule that holds for a time only: the log's own time would have to be held against it.
_PERIOD = ("ActivationDate", "ExpiryDate")
_COMPANIONS = frozenset(
    ("exceptifadcomparisonoperator", "exceptifheadercontainswords", "exceptifheadermatchespatterns")
)
_SPELLING = {name.lower(): name for name in (*LOOKS, *UNMODELLED)}
_SCOPES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "FromScope": ("inorganization", "notinorganization"),
        "SentToScope": ("inorganization", "notinorganization", "externalpartner", "externalnonpartner"),
    }
)


def transport_rule(record: Record) -> TransportRule | None:
    """Read a mail flow rule; None where it neither routes to a connector nor stops the rules below it."""
    connector = record.text("RouteMessageOutboundConnector") or ""
    stops = record.switch("StopRuleProcessing", absent=False)
    if not connector and not stops:
        return None
    location = _location(record)
    conditions, unread = _predicates(record, "", location)
    exceptions, unread_exceptions = _predicates(record, _EXCEPT, location)
    return TransportRule(
        name=record.required("Name"),
        connector=connector,
        enabled=_enabled(record),
        priority=record.number_of("Priority"),
        conditions=conditions,
        exceptions=exceptions,
        unmodelled=tuple(dict.fromkeys((*unread, *unread_exceptions, *_unmodelled(record)))),
        stops=stops,
        guid=record.guid(),
        changed_at=record.changed_at(),
    )


def changes_subjects(record: Record) -> bool:
    """Tell whether a rule puts words before subjects, so that what others saw is not what a log shows."""
    return _enabled(record) and record.given("PrependSubject")


def without_subjects(rule: TransportRule) -> TransportRule:
    """Leave open what a rule asks of subjects: whether it, and the log, see them changed no page says."""
    kept, open_ = [], list(rule.unmodelled)
    for prefix, predicates in (("", rule.conditions), (_EXCEPT, rule.exceptions)):
        kept.append(tuple(p for p in predicates if p.looks is not Looks.SUBJECT))
        open_ += [prefix + p.name for p in predicates if p.looks is Looks.SUBJECT]
    return replace(rule, conditions=kept[0], exceptions=kept[1], unmodelled=tuple(dict.fromkeys(open_)))


def _enabled(record: Record) -> bool:
    """A rule acts only if it is enabled and enforced; the audit modes write a log line and do nothing."""
    state, mode = record.text("State") or "Enabled", record.text("Mode") or "Enforce"
    return state.lower() == "enabled" and mode.lower() == "enforce"


def _location(record: Record) -> SenderLocation | None:
    """Read in which sender the rule looks; Header is the cmdlet's default, None a value that nobody knows."""
    text = record.text("SenderAddressLocation") or SenderLocation.HEADER
    return next((location for location in SenderLocation if location.lower() == text.lower()), None)


def _predicates(
    record: Record, prefix: str, location: SenderLocation | None
) -> tuple[tuple[Predicate, ...], tuple[str, ...]]:
    """Read the conditions, or the exceptions, that a log can show; and name those whose values nobody can compare."""
    predicates, unread = [], []
    for name, looks in LOOKS.items():
        if not record.given(prefix + name):
            continue
        where = location if looks is Looks.SENDER else SenderLocation.HEADER
        values = _values(record, name, prefix + name)
        if values and where is not None:
            predicates.append(Predicate(name, values, where))
        else:
            unread.append(prefix + name)
    return tuple(predicates), tuple(unread)


def _values(record: Record, name: str, written: str) -> tuple[str, ...]:
    """Read the values of a predicate in the form that it is tested in; none where they cannot be compared."""
    if name.endswith("DomainIs"):
        return record.patterns(written)
    if name.endswith(("ContainsWords", "MatchesPatterns")):
        return _verbatim(record, written, lower=name.endswith("Words"))
    if name in _SCOPES:
        scope = (record.text(written) or "").lower()
        return (scope,) if scope in _SCOPES[name] else ()
    if name == "MessageSizeOver":
        size = byte_size(record.text(written) or "")
        return () if size is None else (str(size),)
    if name == "SenderIpRanges":
        return _ranges(record, written)
    values = record.texts(written)  # a list with a display name in it cannot be compared with addresses
    return values if all("@" in value for value in values) else ()


def _verbatim(record: Record, written: str, *, lower: bool) -> tuple[str, ...]:
    """Read words or patterns: commas and spaces are part of them, so a joined cell cannot be taken apart."""
    values = record.properties.get(written.lower())
    inner = plain(values)
    if not isinstance(inner, list):
        text = record.text(written) or ""
        return () if _JOINS.search(text) else (text.lower() if lower else text,)
    texts = [str(plain(value)) for value in inner if value not in (None, "")]
    return tuple(dict.fromkeys(text.lower() if lower else text for text in texts))


def _ranges(record: Record, written: str) -> tuple[str, ...]:
    """Read addresses, `a-b` and CIDR as ranges in CIDR notation."""
    found = [address_range(text) for text in record.texts(written)]
    if None in found:
        return ()
    networks = (n for r in found if r is not None for n in summarize_address_range(r.first, r.last))
    return tuple(dict.fromkeys(map(str, networks)))


def _unmodelled(record: Record) -> Iterator[str]:
    """Name every condition and exception that no log shows."""
    hidden = [name for name in UNMODELLED if record.given(name)]
    exceptions = [_exception(key) for key in record.properties if _is_exception(record, key)]
    yield from (*hidden, *(name for name in _PERIOD if record.given(name)))
    yield from (name for name in exceptions if name.removeprefix(_EXCEPT) not in LOOKS)
    listed = _listed(record, "Conditions")
    yield from _unexplained(listed, [*hidden, *(name for name in LOOKS if record.given(name))], all_named=not hidden)
    if not exceptions:
        yield from (f"{_EXCEPT}{name}" for name in _listed(record, "Exceptions") or ())
    if listed is None and not any(record.exported(name) for name in _SPELLING.values()):
        yield "Conditions"  # the export left them out, so nobody knows when the rule fires


def _unexplained(listed: list[str] | None, given: list[str], *, all_named: bool) -> Iterator[str]:
    """Name the conditions that the rule lists but whose properties the export leaves out."""
    for name in listed or ():
        # A class has the property's name or the beginning of it: FromAddressContainsPredicate.
        known = any(prop.startswith(name) or prop.endswith(name) for prop in given)
        if not known and (all_named or name in LOOKS):
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
    return f"{_EXCEPT}{_SPELLING.get(bare, bare)}"
