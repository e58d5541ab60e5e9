"""Where the recipients of one list live, by RecipientTypeDetails and ExternalEmailAddress.

`UserMailbox` in a list of Exchange Online is a cloud mailbox, in a list of the organization's own
servers an on-premises one; everything is decided once for each distinct type and domain.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.addresses import HYBRID_ROUTING, parents
from analyzer.errors import TenantError
from analyzer.tenant.model import AcceptedDomain, MailboxPlace
from analyzer.tenant.recipients import TARGET, TYPE, RecipientList

_log = logging.getLogger(__name__)

Codes = npt.NDArray[np.int8]

PLACES = tuple(MailboxPlace)
CLOUD, ONPREMISES, EXTERNAL, GROUP, UNPLACED = (
    PLACES.index(place)
    for place in (
        MailboxPlace.CLOUD,
        MailboxPlace.ONPREMISES,
        MailboxPlace.EXTERNAL,
        MailboxPlace.GROUP,
        MailboxPlace.UNPLACED,
    )
)
_BY_TARGET = -1

_BY_TARGET_TYPES = frozenset(("mailuser", "mailcontact", "mailforestcontact"))
# No destination of their own, or one whose place the list does not tell.
_SILENT_TYPES = frozenset(("", "user", "contact", "disableduser", "legacyuser", "mailboxplan", "publicfolder"))


@dataclass(frozen=True, slots=True)
class Placed:
    """The recipients of one list, placed.

    `places` holds an index into PLACES for each, `targets` the address that mail to them is resolved
    to, null where they are reached under their own. `addresses` has their addresses: `address`, `owner`
    (which recipient) and `main` (the primary address).
    """

    places: Codes
    targets: pa.Array
    addresses: pa.Table


def placed(listed: RecipientList, accepted: tuple[AcceptedDomain, ...] | None) -> Placed:
    """Place each recipient of a list; one without a place is still no unknown recipient."""
    target = listed.people["target"].combine_chunks()
    places = _places(listed, accepted)
    far = np.isin(places, (ONPREMISES, EXTERNAL)) & pc.match_substring(target, "@").to_numpy(zero_copy_only=False)
    extra = [_hybrid_routing(target, places)] if listed.onpremises else []
    return Placed(places, pc.if_else(pa.array(far), target, None), pa.concat_tables([listed.addresses, *extra]))


def _hybrid_routing(target: pa.Array, places: Codes) -> pa.Table:
    """Make a row of each hybrid routing address: the own servers send a moved user's mail there (reference 1)."""
    routed = pc.ends_with(target, HYBRID_ROUTING).to_numpy(zero_copy_only=False) & (places == CLOUD)
    owner = np.flatnonzero(routed).astype(np.int32)
    main = np.zeros(len(owner), np.bool_)
    return pa.table({"address": target.take(pa.array(owner)), "owner": pa.array(owner), "main": pa.array(main)})


def _places(listed: RecipientList, accepted: tuple[AcceptedDomain, ...] | None) -> Codes:
    """Give the place of each recipient as an index into PLACES."""
    types = listed.people["type"].combine_chunks()
    places = _each(types, lambda name: _place_of_type(name, onpremises=listed.onpremises))
    asked = places == _BY_TARGET
    _demand_properties(listed, types, asked)
    domain = pc.replace_substring_regex(listed.people["target"].combine_chunks().filter(asked), "^.*@|^[^@]*$", "")
    places[asked] = _each(pc.dictionary_encode(domain), _own_rule if listed.onpremises else _cloud_rule(accepted))
    if lost := int(np.count_nonzero(asked & (places == UNPLACED))):
        _log.warning("%s: %d mail users and contacts have no place: their target is unknown", listed.where, lost)
    return places


def _place_of_type(name: str, *, onpremises: bool) -> int:
    if name.endswith("mailbox"):
        return ONPREMISES if onpremises and not name.startswith("remote") else CLOUD
    if name in _BY_TARGET_TYPES:
        return _BY_TARGET
    if name == "guestmailuser":
        return EXTERNAL
    return GROUP if name.endswith("group") or name == "roomlist" else UNPLACED


def _own_rule(domain: str) -> int:
    """Own servers: a target in the hybrid routing domain is a mailbox that was moved to the cloud."""
    if not domain:
        return UNPLACED
    return CLOUD if domain.endswith(HYBRID_ROUTING) else EXTERNAL


def _cloud_rule(accepted: tuple[AcceptedDomain, ...] | None) -> Callable[[str], int]:
    """Exchange Online: a target in an accepted domain is a mailbox on the organization's own servers."""
    exact = {a.domain for a in accepted or ()}
    above = {a.domain for a in accepted or () if a.match_subdomains}

    def place(domain: str) -> int:
        if not domain or accepted is None:
            return UNPLACED
        return ONPREMISES if domain in exact or not above.isdisjoint(parents(domain)) else EXTERNAL

    return place


def _each(coded: pa.DictionaryArray, rule: Callable[[str], int]) -> Codes:
    """Apply a rule once for each distinct text."""
    answers = np.array([rule(text) for text in coded.dictionary.to_pylist()], dtype=np.int8)
    return answers[coded.indices.to_numpy()] if len(answers) else np.zeros(0, dtype=np.int8)


def _demand_properties(listed: RecipientList, types: pa.DictionaryArray, asked: npt.NDArray[np.bool_]) -> None:
    """Refuse a list without the properties that place its recipients, and name types nobody knows."""
    if TYPE not in listed.properties:
        raise TenantError(listed.where, f"recipients without {TYPE}", "the properties that docs/export.md names")
    if asked.any() and TARGET not in listed.properties:
        found = f"{np.count_nonzero(asked)} mail users or contacts without {TARGET}, so nobody knows their place"
        raise TenantError(listed.where, found, f"add {TARGET} to the exported properties")
    known = {*_SILENT_TYPES, *_BY_TARGET_TYPES, "guestmailuser", "roomlist"}
    strange = [n for n in types.dictionary.to_pylist() if n not in known and not n.endswith(("mailbox", "group"))]
    if strange:
        _log.warning(
            "%s: recipients of unknown type have no place: %s", listed.where, ", ".join(map(repr, sorted(strange)))
        )
