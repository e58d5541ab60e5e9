"""The table of allowed paths, as data (reference 2).

A path is the pair of places and, on each side, the type of connector: none, OnPremises or Partner.
The columns of the reference's table differ only where centralized mail transport (CMT) or the MX
record matters; those rows stand twice here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from analyzer.tenant.model import Place
from analyzer.tenant.policy import Policy


class Kind(StrEnum):
    """The type of connector a message used on one side."""

    NONE = "none"
    ONPREMISES = "OnPremises"
    PARTNER = "Partner"


@dataclass(frozen=True, slots=True)
class AllowedPath:
    """What one row of the table allows on each side; an empty inbound set: that side takes no part."""

    inbound: frozenset[Kind]
    outbound: frozenset[Kind]


def _allow(inbound: str, outbound: str) -> AllowedPath:
    kinds = {"-": Kind.NONE, "O": Kind.ONPREMISES, "P": Kind.PARTNER}
    return AllowedPath(frozenset(kinds[k] for k in inbound), frozenset(kinds[k] for k in outbound))


_CLOUD, _ONPREM, _NET, _PARTNER = Place.CLOUD, Place.ONPREMISES, Place.INTERNET, Place.PARTNER

# In the order of the reference's table. "-" none, "O" OnPremises, "P" Partner.
ALLOWED: dict[tuple[Place, Place], AllowedPath] = {
    (_CLOUD, _CLOUD): _allow("", "-"),
    (_CLOUD, _ONPREM): _allow("", "O"),
    (_ONPREM, _CLOUD): _allow("O", "-"),
    (_CLOUD, _NET): _allow("", "-"),
    (_ONPREM, _NET): _allow("O", "-"),
    (_NET, _CLOUD): _allow("-P", "-"),
    (_NET, _ONPREM): _allow("-P", "O"),
    (_CLOUD, _PARTNER): _allow("", "P-"),
    (_PARTNER, _CLOUD): _allow("-P", "-"),
    (_PARTNER, _ONPREM): _allow("-P", "O"),
    (_PARTNER, _NET): _allow("-P", "-"),
    (_PARTNER, _PARTNER): _allow("-P", "P-"),
    (_ONPREM, _ONPREM): _allow("O", "O"),
    (_ONPREM, _PARTNER): _allow("O", "P-"),
    (_NET, _NET): _allow("-P", "-"),
}

# The same pairs where CMT is on and covers them (column "MX at Office 365, CMT").
ALLOWED_BY_CMT: dict[tuple[Place, Place], AllowedPath] = {
    (_CLOUD, _NET): _allow("", "O"),
    (_CLOUD, _PARTNER): _allow("", "PO"),  # CMT against Partner is undocumented: policy `cmt_vs_specific` selects
    (_NET, _CLOUD): _allow("-P", "O"),
    (_PARTNER, _CLOUD): _allow("-P", "O"),
    (_NET, _NET): _allow("-P", "O"),
    (_PARTNER, _NET): _allow("-P", "O"),
    (_PARTNER, _PARTNER): _allow("-P", "PO"),
}


def allowed_path(
    origin: Place, destination: Place, *, covered_by_cmt: bool, mx: str | None, policy: Policy
) -> AllowedPath | None:
    """Look up what a pair of places allows; None where the table has no such row.

    Args:
        origin: where the message came from.
        destination: where the recipient is.
        covered_by_cmt: an enabled CMT connector exists and covers the message.
        mx: where the MX of the recipient's domain points, for mail from outside.
        policy: `onprem_internet_egress` decides whether on-premises senders leave by Office 365.
    """
    if policy.onprem_internet_egress == "direct" and origin is _ONPREM and destination in (_NET, _PARTNER):
        # Under the wizard's default design such mail never reaches Office 365.
        return _allow("", "")
    plain, by_cmt = ALLOWED.get((origin, destination)), ALLOWED_BY_CMT.get((origin, destination))
    if plain is None:
        return None
    arriving, leaving = plain.inbound, plain.outbound
    if mx == "onpremises" and origin in (_NET, _PARTNER) and destination is _CLOUD:
        # Column "MX on-premises": by our own servers, then through their inbound connector.
        arriving |= {Kind.ONPREMISES}
    if covered_by_cmt and by_cmt is not None:
        # Mail that came round an MX that points elsewhere is judged as in the first column too (MF110).
        arrives_by_mx = destination is not _CLOUD or mx in (None, "office365")
        leaving = by_cmt.outbound if arrives_by_mx else leaving | by_cmt.outbound
    return AllowedPath(arriving, leaving)
