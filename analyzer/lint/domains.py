"""Who claims which domain: MF301, MF302, MF310."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.lint.base import Scene, Trap, into, out, pattern_of, several, spoken
from analyzer.selection.decision import Outcome
from analyzer.tenant.model import (
    ConnectorType,
    InboundConnector,
)


def duplicate_domain(scene: Scene) -> Iterator[Trap]:
    """Two enabled connectors of one type claim the same domain equally well.

    What it means:
        RecipientDomains (or AllAcceptedDomains) of several enabled outbound connectors match a domain with
        the same precision, or two inbound Partner connectors list the same SenderDomains. No tie-break is
        published.

    Why it matters:
        Mail may flip between the connectors, and can fail where only one of the two ways works.

    What to do:
        Let one connector list the domain: take it out of RecipientDomains (or SenderDomains) of the others,
        or switch off the one that is not needed.

    Example:
        "Connector 1" and "Old relay" both list fabrikam.com.

    Source:
        Set up connectors for secure mail flow with a partner; Validate connectors (reference 3.4).
    """
    for names, domains in _equals(scene, mixed=False):
        yield _claimed(names, domains, "all are of one type")
    open_partners = [i for i in scene.inbound if i.enabled and _unrestricted_partner(i)]
    for number, one in enumerate(open_partners):
        for other in open_partners[number + 1 :]:
            if shared := [d for d in one.sender_domains if d in other.sender_domains]:
                yield Trap(
                    subject=into(one),
                    property="SenderDomains",
                    title=f"{one.name} and {other.name} both list {several(shared)} in SenderDomains",
                    cause="Which of two equal Partner connectors takes the mail is not documented.",
                    advice=f"Take {several(shared)} out of SenderDomains of one of them, or switch one off.",
                    domain=several(shared),
                    connector=one.name,
                    policies=("equal_candidates=" + scene.settings.policy.equal_candidates,),
                )


def _unrestricted_partner(connector: InboundConnector) -> bool:
    restricted = connector.restrict_to_ips or connector.restrict_to_certificate
    return connector.type is ConnectorType.PARTNER and not restricted


def _equals(scene: Scene, *, mixed: bool) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Give each set of equally good outbound connectors with its domains; `mixed` = of both types."""
    types = {c.name: c.type for c in scene.outbound}
    found: dict[tuple[str, ...], list[str]] = {}
    for domain in scene.probes():
        answer = scene.leaving(domain)
        if answer.outcome is Outcome.AMBIGUOUS:
            found.setdefault(answer.candidates, []).append(domain)
    for names, domains in found.items():
        if (len({types[n] for n in names}) > 1) is mixed:
            yield names, domains


def _claimed(names: tuple[str, ...], domains: list[str], how: str) -> Trap:
    listed, claimed = " and ".join(names), several(spoken(d) for d in domains)
    return Trap(
        subject=f"outbound connectors {', '.join(names)}",
        property="RecipientDomains",
        title=f"{listed} claim {claimed} equally well",
        cause=f"They match with the same precision and {how}; which of them is used is not documented.",
        advice=f"Let one of them cover {claimed}: change RecipientDomains or AllAcceptedDomains of the others, "
        "or switch one off.",
        domain=several(domains) if all(spoken(d) == d for d in domains) else None,
        connector=names[0],
        bite={"selected_outbound": ("(ambiguous)",), "recipient_domain": tuple(pattern_of(d) for d in domains)},
    )


def type_conflict(scene: Scene) -> Iterator[Trap]:
    """An OnPremises and a Partner connector claim the same domain equally well.

    What it means:
        One enabled outbound connector says that a domain is the organization's own, another that it belongs
        to somebody else, with the same precision. No tie-break is published.

    Why it matters:
        The two go to different servers, and only an OnPremises connector keeps the headers that own mail
        needs.

    What to do:
        Decide whose domain it is, and take it out of RecipientDomains of the other connector.

    Example:
        "To on-premises" (OnPremises) and "To Fabrikam" (Partner) both list fabrikam.com.

    Source:
        No document decides it; the types are those of New-OutboundConnector (reference 3.4).
    """
    for names, domains in _equals(scene, mixed=True):
        yield _claimed(names, domains, "are of both types, OnPremises and Partner")


def all_accepted_with_catch_all(scene: Scene) -> Iterator[Trap]:
    """A connector has both scopes: all accepted domains, and domains of its own.

    What it means:
        AllAcceptedDomains is True and RecipientDomains is not empty. The two add up: each alone is enough.

    Why it matters:
        With `*` among RecipientDomains the connector for your own domains takes the mail to the whole
        internet as well, past filters and limits that are meant for it.

    What to do:
        Empty RecipientDomains, or set AllAcceptedDomains to False.

    Example:
        "To on-premises" has AllAcceptedDomains and RecipientDomains {*}; mail to gmail.com went by it.

    Source:
        office-docs-powershell issue 8739, seen in one tenant (reference 3.4; policy scope_combination).
    """
    for c in scene.outbound:
        if not (c.enabled and c.all_accepted_domains and c.recipient_domains) or c.route_all_via_onpremises:
            continue  # MF308 speaks of centralized transport
        if c.type is ConnectorType.PARTNER:
            continue  # MF322: AllAcceptedDomains has no effect there
        reach = "the whole internet" if "*" in c.recipient_domains else several(c.recipient_domains)
        yield Trap(
            subject=out(c),
            property="AllAcceptedDomains, RecipientDomains",
            title=f"{c.name} takes all accepted domains and {reach}",
            cause="AllAcceptedDomains and RecipientDomains add up; neither narrows the other.",
            advice="Empty RecipientDomains if the connector is for your own domains only, else set AllAcceptedDomains "
            "to False.",
            connector=c.name,
            policies=("scope_combination=" + scene.settings.policy.scope_combination,),
            bite={"logged_outbound": (c.name,), "destination": ("internet",)},
        )
