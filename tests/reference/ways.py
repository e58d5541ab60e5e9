"""The paths that are allowed (reference 2): on each side none, OnPremises (OWN) or Partner (P)."""

from __future__ import annotations

from analyzer.tenant.model import Place
from analyzer.tenant.policy import Policy

NOTHING, OWN, P = "none", "OnPremises", "Partner"
CLOUD, OURS, INTERNET, PARTNER = Place.CLOUD, Place.ONPREMISES, Place.INTERNET, Place.PARTNER

# The table of section 2 without centralized transport: pair of places to the types on the way out.
OUT: dict[tuple[Place, Place], tuple[str, ...]] = {
    (CLOUD, CLOUD): (NOTHING,),
    (CLOUD, OURS): (OWN,),
    (OURS, CLOUD): (NOTHING,),
    (CLOUD, INTERNET): (NOTHING,),
    (OURS, INTERNET): (NOTHING,),
    (INTERNET, CLOUD): (NOTHING,),
    (INTERNET, OURS): (OWN,),
    (CLOUD, PARTNER): (P, NOTHING),
    (OURS, OURS): (OWN,),
    (OURS, PARTNER): (NOTHING, P),
    (INTERNET, INTERNET): (NOTHING,),
}


def way_in(origin: Place, destination: Place, mx: str, policy: Policy) -> tuple[str, ...] | None:
    """The types by which mail may arrive; none takes part from the cloud."""
    if _never_comes(origin, destination, policy):
        return ()
    if way_out(origin, destination, mx, policy, covered=False) is None:
        return None
    if origin is OURS:
        return (OWN,)
    if origin is CLOUD:
        return ()
    # Column "MX on-premises": by our own servers, then through their connector.
    return (NOTHING, P, OWN) if mx == "onpremises" and destination is CLOUD else (NOTHING, P)


def way_out(origin: Place, destination: Place, mx: str, policy: Policy, *, covered: bool) -> tuple[str, ...] | None:
    """The types by which mail may leave; `covered` by centralized transport. None where section 2 has no such pair."""
    if _never_comes(origin, destination, policy):
        return ()
    if (origin, destination) == (PARTNER, PARTNER):
        return (OWN, P) if covered else (NOTHING, P)
    plain = OUT.get((INTERNET if origin is PARTNER else origin, destination))  # "then as internet ->"
    if not covered or plain is None:
        return plain
    if destination is PARTNER:
        return (OWN, P)  # cmt_vs_specific decides against a Partner connector
    elsewhere = mx != "office365" and destination is CLOUD  # "path as in the first column"
    return (*plain, OWN) if elsewhere else (OWN,)


def _never_comes(origin: Place, destination: Place, policy: Policy) -> bool:
    """2, "documented two ways": under the other design on-premises senders go to the internet directly."""
    return policy.onprem_internet_egress == "direct" and origin is OURS and destination in {INTERNET, PARTNER}
