"""What a trap of the configuration is, and the scene in which the checks look for it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from analyzer.selection.decision import Answer, Outcome
from analyzer.selection.facts import Lens, RecipientFacts
from analyzer.selection.outbound import OutboundQuestion, OutboundView, select_outbound
from analyzer.tenant.model import (
    AcceptedDomain,
    InboundConnector,
    OutboundConnector,
    Place,
    Settings,
    Snapshot,
    TransportRule,
)

# A label that no configuration holds: it stands for every subdomain, or for every foreign domain.
_ANY = "any-name"
FOREIGN = f"{_ANY}.invalid"
_LISTED = 3
_SECTION = r"^{}:\n((?: .*\n?)+)"


@dataclass(frozen=True, slots=True)
class Trap:
    """One place of the configuration that is wrong, or that will go wrong.

    `subject` is the object (`outbound connector To partner`), `property` what to look at in it, `cause`
    why it matters here, `advice` what to change. `bite` names the rows of a log that show its harm, by
    column of the cube: every column must have one of its values (`recipient_domain`: be covered by one).
    """

    subject: str
    property: str
    title: str
    cause: str
    advice: str
    domain: str | None = None
    connector: str | None = None
    policies: tuple[str, ...] = ()
    bite: Mapping[str, tuple[str, ...]] | None = None


Look = Callable[["Scene"], Iterator[Trap]]


@dataclass(frozen=True, slots=True)
class Check:
    """One kind of trap: a stable code and name, a severity, and the function that looks for it."""

    code: str
    name: str
    severity: str
    look: Look

    @property
    def source(self) -> str:
        """The document that the check rests on, as its page cites it."""
        found = re.search(_SECTION.format("Source"), inspect.getdoc(self.look) or "", re.MULTILINE)
        return " ".join(found[1].split()) if found else ""


@dataclass(frozen=True)
class Scene:
    """One snapshot and the settings, with the engine at hand."""

    snapshot: Snapshot
    settings: Settings

    @cached_property
    def lens(self) -> Lens:
        """The configuration compiled; equal candidates stay visible whatever the policy says of them."""
        return Lens(self.snapshot, self.settings)

    @cached_property
    def view(self) -> OutboundView:
        """The outbound connectors under the tenant's own policy, equal candidates all shown."""
        return OutboundView(self.lens, replace(self.settings.policy, equal_candidates="ambiguous"))

    @property
    def outbound(self) -> tuple[OutboundConnector, ...]:
        """The outbound connectors; none where the export is absent."""
        return self.lens.outbound

    @property
    def inbound(self) -> tuple[InboundConnector, ...]:
        """The inbound connectors; none where the export is absent."""
        return self.lens.inbound

    @property
    def accepted(self) -> tuple[AcceptedDomain, ...]:
        """The accepted domains; none where the export is absent."""
        return self.snapshot.accepted or ()

    @property
    def rules(self) -> tuple[TransportRule, ...]:
        """The rules that route and act, by priority."""
        return self.lens.rules

    def with_outbound(self, connector: OutboundConnector) -> Scene:
        """Give the same scene with one outbound connector, told by its name, otherwise set."""
        changed = tuple(connector if c.name == connector.name else c for c in self.outbound)
        return Scene(replace(self.snapshot, outbound=changed), self.settings)

    def with_inbound(self, connector: InboundConnector) -> Scene:
        """Give the same scene with one inbound connector, told by its name, otherwise set."""
        changed = tuple(connector if c.name == connector.name else c for c in self.inbound)
        return Scene(replace(self.snapshot, inbound=changed), self.settings)

    def with_policy(self, **values: str) -> Scene:
        """Give the same scene under another value of some policies."""
        policy = replace(self.settings.policy, **values)
        return Scene(self.snapshot, replace(self.settings, policy=policy))

    def leaving(self, domain: str, *, origin: Place = Place.CLOUD, destination: Place | None = None) -> Answer:
        """Ask the engine how mail to a domain leaves; an accepted domain's recipients are taken as on-premises."""
        facts = self.lens.domain(domain)
        place = destination or (Place.ONPREMISES if facts.accepted is not None else Place.INTERNET)
        return select_outbound(OutboundQuestion(RecipientFacts(facts), origin, place), self.view)

    def probes(self) -> tuple[str, ...]:
        """Name a domain for each class that this configuration can tell apart."""
        patterns = dict.fromkeys(p for c in self.outbound for p in c.recipient_domains)
        named = [d for p in patterns for d in representatives(p)]
        for accepted in self.accepted:
            named.append(accepted.domain)
            if accepted.match_subdomains:
                named.append(subdomain(accepted.domain))
        return tuple(dict.fromkeys((*named, FOREIGN)))

    def scope(self, connector: OutboundConnector) -> tuple[str, ...]:
        """Name a domain for each class that one outbound connector claims."""
        named = [d for p in connector.recipient_domains for d in representatives(p)]
        if connector.all_accepted_domains:
            named += [a.domain for a in self.accepted]
        if "*" in connector.recipient_domains:
            named += self.probes()
        return tuple(dict.fromkeys(named))


def representatives(pattern: str) -> tuple[str, ...]:
    """Name domains that stand for all that a pattern covers.

    >>> representatives("*.contoso.com")
    ('contoso.com', 'any-name.contoso.com')
    """
    if pattern == "*":
        return (FOREIGN,)
    return (pattern[2:], subdomain(pattern[2:])) if pattern.startswith("*.") else (pattern,)


def subdomain(domain: str) -> str:
    """Name the domain that stands for every subdomain of one."""
    return f"{_ANY}.{domain}"


def pattern_of(domain: str) -> str:
    """Turn a representative domain back into the pattern that it stands for.

    >>> pattern_of("any-name.contoso.com"), pattern_of("contoso.com"), pattern_of(FOREIGN)
    ('*.contoso.com', 'contoso.com', '*')
    """
    if domain == FOREIGN:
        return "*"
    return f"*.{domain.removeprefix(f'{_ANY}.')}" if domain.startswith(f"{_ANY}.") else domain


def spoken(domain: str) -> str:
    """Write a representative domain for a reader.

    >>> spoken("any-name.contoso.com"), spoken(FOREIGN)
    ('subdomains of contoso.com', 'any other domain')
    """
    if domain == FOREIGN:
        return "any other domain"
    pattern = pattern_of(domain)
    return f"subdomains of {pattern[2:]}" if pattern != domain else domain


def several(names: Iterable[str]) -> str:
    """Write the first few of many names and count the rest.

    >>> several(["a", "b", "c", "d", "e"])
    'a, b, c and 2 more'
    """
    listed = list(dict.fromkeys(names))
    rest = len(listed) - _LISTED
    return ", ".join(listed[:_LISTED]) + (f" and {rest} more" if rest > 0 else "")


def selects(answer: Answer, name: str) -> bool:
    """Tell whether an answer is one connector, and that one alone."""
    return answer.outcome is Outcome.CONNECTOR and answer.connector == name


def is_onmicrosoft(domain: str) -> bool:
    """Tell whether a domain is one of those that every tenant has (reference 5)."""
    return domain.endswith(".onmicrosoft.com")


def out(connector: OutboundConnector) -> str:
    """Name an outbound connector as the object of a trap."""
    return f"outbound connector {connector.name}"


def into(connector: InboundConnector) -> str:
    """Name an inbound connector as the object of a trap."""
    return f"inbound connector {connector.name}"
