"""What covers a domain of the organization: MF315, MF317."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.addresses import covers
from analyzer.lint.base import Scene, Trap, is_onmicrosoft, several, subdomain
from analyzer.selection.decision import Answer, Outcome
from analyzer.tenant.model import DomainType, MailboxPlace, Place


def accepted_domain_uncovered(scene: Scene) -> Iterator[Trap]:
    """An accepted domain with recipients on your own servers is covered by no outbound connector.

    What it means:
        The domain is InternalRelay, is declared in [onpremises] domains, or has on-premises recipients in
        the list, and selection finds no connector for it.

    Why it matters:
        Mail to those recipients is looked up by MX. Where the MX points at Office 365 it loops or is
        refused; it never reaches your servers by the way that was set up.

    What to do:
        Add the domain to RecipientDomains of the connector to your servers. Make it Authoritative if all of
        its mailboxes are in the cloud.

    Example:
        fabrikam.com was added as an accepted domain after the merger; "To on-premises" lists contoso.com only.

    Source:
        Manage accepted domains; Enable mail flow for subdomains; Set up connectors (reference 3.2, 5).
    """
    if scene.snapshot.outbound is None:
        return
    placed = _onpremises_domains(scene)
    for a in scene.accepted:
        why = _needs_cover(scene, a.domain, a.type, placed)
        if why is None or is_onmicrosoft(a.domain):
            continue
        bare = not _covered(scene, a.domain)
        if not bare and (not a.match_subdomains or _covered(scene, subdomain(a.domain))):
            continue
        named = a.domain if bare else f"{a.domain}: its subdomains"
        yield Trap(
            subject=f"accepted domain {a.domain}",
            property="RecipientDomains of the outbound connectors",
            title=f"{named} {'is' if bare else 'are'} covered by no outbound connector",
            cause=f"{why[0].upper()}{why[1:]}; mail to its on-premises recipients is looked up by MX instead."
            + _aside(scene, a.domain),
            advice=f"Add {a.domain if bare else f'*.{a.domain}'} to RecipientDomains of the connector to your servers; "
            "make it Authoritative if all of its mailboxes are in the cloud.",
            domain=a.domain,
            bite={"recipient_domain": (a.domain,), "outbound_verdict": ("unrouted",)},
        )


def _covered(scene: Scene, domain: str) -> bool:
    return scene.leaving(domain, destination=Place.ONPREMISES).outcome is not Outcome.NONE


def _aside(scene: Scene, domain: str) -> str:
    """Name the connectors that list the domain but are off, in test mode, or wait for a rule."""
    listing = [c for c in scene.outbound if any(covers(p, domain) for p in c.recipient_domains)]
    return f" {several(c.name for c in listing)} would cover it, but is not selected by domain." if listing else ""


def _onpremises_domains(scene: Scene) -> frozenset[str]:
    directory = scene.snapshot.directory
    return directory.domains(MailboxPlace.ONPREMISES) if directory is not None else frozenset()


def _needs_cover(scene: Scene, domain: str, kind: DomainType, placed: frozenset[str]) -> str | None:
    """Say why a domain needs a connector; None where nothing says that it has on-premises recipients."""
    if domain in placed:
        return "the recipients list places recipients of it on-premises"
    if any(covers(p, domain) for p in scene.settings.onpremises_domains):
        return "[onpremises] domains declares it"
    relayed = kind is DomainType.INTERNAL_RELAY and scene.settings.policy.internal_relay_fallback == "unrouted"
    return "it is InternalRelay, so unknown recipients are relayed to your servers" if relayed else None


def apex_coverage_assumed(scene: Scene) -> Iterator[Trap]:
    """A bare domain is covered only through a wildcard.

    What it means:
        Which connector the domain itself takes changes with the reading of `*.contoso.com`: an example of
        Microsoft's includes the apex contoso.com, administrators' folklore excludes it.

    Why it matters:
        If the apex is not included, its mail takes another connector, or leaves by MX.

    What to do:
        List the bare domain beside the wildcard in RecipientDomains; then no reading matters.

    Example:
        RecipientDomains is {*.contoso.com}, and users have addresses at contoso.com.

    Source:
        New-OutboundConnector, example 1, against folklore (reference 3.4; policy wildcard_apex).
    """
    included, excluded = scene.with_policy(wildcard_apex="include"), scene.with_policy(wildcard_apex="exclude")
    apexes = dict.fromkeys(p[2:] for c in scene.outbound for p in c.recipient_domains if p.startswith("*."))
    for apex in apexes:
        answer, other = included.leaving(apex), excluded.leaving(apex)
        if answer.same_as(other):
            continue
        yield Trap(
            subject=f"outbound connector {answer.connector or several(answer.candidates)}",
            property="RecipientDomains",
            title=f"{apex} is covered only through *.{apex}",
            cause=f"If the wildcard does not include the apex, mail to {apex} goes {_way(other)}.",
            advice=f"Add {apex} to RecipientDomains beside *.{apex}.",
            domain=apex,
            connector=answer.connector,
            policies=("wildcard_apex=" + scene.settings.policy.wildcard_apex,),
        )


def _way(answer: Answer) -> str:
    names = answer.names()
    return f"by {' or '.join(names)}" if names else "by its MX record, without a connector"
