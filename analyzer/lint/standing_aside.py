"""Connectors that stand aside: MF303 to MF307. The engine is asked what it would answer if they did not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from analyzer.lint.arrivals import claims_of, taken_in
from analyzer.lint.base import Scene, Trap, into, out, pattern_of, selects, several, spoken
from analyzer.tenant.model import InboundConnector, OutboundConnector, TransportRule

_WIZARD = "hybridwizard"


def connector_disabled(scene: Scene) -> Iterator[Trap]:
    """A connector is off that would otherwise be selected.

    What it means:
        Enabled is False. Were it True, selection would choose this connector for some domain, source or
        rule, and no other would be as good.

    Why it matters:
        Its mail takes another connector now, or none. If somebody switched it off for a test, nothing else
        reminds of it.

    What to do:
        Set Enabled to True, or remove the connector if its mail is meant to go the other way.

    Example:
        "To on-premises" was switched off during a certificate change and not on again.

    Source:
        Validate connectors: a connector must be turned on for mail to flow (reference 3.4).
    """
    for c in scene.outbound:
        if not c.enabled:
            yield from _outbound(scene, c, replace(c, enabled=True), ("Enabled", "is off", "Set Enabled to True"))
    for i in scene.inbound:
        if not i.enabled:
            yield from _inbound(scene, i)


def connector_test_mode(scene: Scene) -> Iterator[Trap]:
    """A connector is in test mode that would otherwise be selected.

    What it means:
        TestMode is True. Were it False, selection would choose this connector, and no other would be as good.

    Why it matters:
        A connector in test mode is taken as carrying no mail; whether the service agrees is not documented.
        Get-OutboundConnector hides it unless asked.

    What to do:
        Finish the test: Set-OutboundConnector -TestMode $false, or remove the connector.

    Example:
        "To on-premises (new)" was made by the validation wizard and left in test mode.

    Source:
        New-OutboundConnector, TestMode (reference 3.1, 7.4).
    """
    for c in scene.outbound:
        if c.enabled and c.test_mode:
            words = ("TestMode", "is in test mode", "Set TestMode to False")
            yield from _outbound(scene, c, replace(c, test_mode=False), words)


def connector_unvalidated(scene: Scene) -> Iterator[Trap]:
    """A connector that is selected was never validated.

    What it means:
        IsValidated is False on an enabled outbound connector that selection chooses. Connectors that the
        Hybrid Configuration Wizard made are left out: it tests them itself.

    Why it matters:
        One page says that a connector must be validated for mail to flow, yet enabled connectors that never
        were are seen at work. If the page is right, this one carries nothing.

    What to do:
        Run Validate-OutboundConnector, or validate it in the admin center.

    Example:
        "To partner" was made by script, which does not validate.

    Source:
        Validate connectors, against a live record (reference 3.4; policy unvalidated).
    """
    assumed = scene.with_policy(unvalidated="selectable")
    for c in assumed.view.usable:
        if c.validated is not False or (c.source or "").lower() == _WIZARD:
            continue
        if won := [d for d in assumed.scope(c) if c.name in assumed.leaving(d).names()]:
            yield Trap(
                subject=out(c),
                property="IsValidated",
                title=f"{c.name} is selected, but was never validated",
                cause=f"Selection chooses it for {several(spoken(d) for d in won)}; one page of the vendor says that "
                "only a validated connector carries mail.",
                advice="Run Validate-OutboundConnector, or validate it in the admin center.",
                domain=several(won) if all(spoken(d) == d for d in won) else None,
                connector=c.name,
                policies=("unvalidated=" + scene.settings.policy.unvalidated,),
            )


def rule_connector_orphan(scene: Scene) -> Iterator[Trap]:
    """A connector waits for a mail flow rule, and no rule that acts names it.

    What it means:
        IsTransportRuleScoped is True, so only RouteMessageOutboundConnector of a rule selects the connector.
        Every rule that named it is gone, off, or only in test.

    Why it matters:
        The connector is dead; its mail leaves by another connector or by MX.

    What to do:
        Switch the rule on, let a rule name the connector, or remove it.

    Example:
        The rule "Signature service" was disabled; "To signature service" stays behind.

    Source:
        Conditional mail routing in Exchange Online (reference 3.4).
    """
    if scene.snapshot.rules is None:
        return
    named = {r.connector.casefold() for r in scene.rules}
    for c in scene.outbound:
        if not c.rule_scoped or not c.enabled or c.test_mode or c.name.casefold() in named:
            continue
        asleep = [r.name for r in scene.snapshot.rules if r.connector.casefold() == c.name.casefold()]
        yield Trap(
            subject=out(c),
            property="IsTransportRuleScoped",
            title=f"{c.name} waits for a mail flow rule, and none that acts names it",
            cause=f"{'The rule ' + several(asleep) + ' is off or in test' if asleep else 'No rule routes to it'}, "
            "and a rule-scoped connector is never selected by domain.",
            advice="Switch the rule on or let one name the connector in RouteMessageOutboundConnector; else remove it.",
            connector=c.name,
        )


def rule_names_domain_connector(scene: Scene) -> Iterator[Trap]:
    """A rule routes to a connector that is also selected by domain.

    What it means:
        The rule's RouteMessageOutboundConnector names a connector whose IsTransportRuleScoped is False. Such
        a connector takes mail by its RecipientDomains too, whether the rule fires or not.

    Why it matters:
        The documents do not describe the combination, and mail that the rule does not mean may take the
        connector.

    What to do:
        Make a connector of its own for the rule, with IsTransportRuleScoped True.

    Example:
        The rule "Legal by archive" names "To partner", which also covers fabrikam.com.

    Source:
        Conditional mail routing in Exchange Online; the combination is not stated (reference 3.4).
    """
    by_name = {c.name.casefold(): c for c in scene.outbound}
    for r in scene.rules:
        c = by_name.get(r.connector.casefold())
        if c is not None and not c.rule_scoped:
            yield Trap(
                subject=f"rule {r.name}",
                property="RouteMessageOutboundConnector",
                title=f"The rule {r.name} routes to {c.name}, which is not rule-scoped",
                cause="The connector may take mail by domain as well, whether the rule fires or not.",
                advice="Make a connector with IsTransportRuleScoped True for the rule.",
                connector=c.name,
            )


def _outbound(
    scene: Scene, connector: OutboundConnector, awake: OutboundConnector, words: tuple[str, str, str]
) -> Iterator[Trap]:
    """Raise where the connector would be selected by domain or by a rule, were it not aside."""
    name, state, remedy = words
    rules = _waiting(scene, connector)
    won = [] if awake.rule_scoped else _would_win(scene.with_outbound(awake), awake)
    if not won and not rules:
        return
    what = several(spoken(d) for d in won) if won else f"what the rule {several(r.name for r in rules)} routes to it"
    yield Trap(
        subject=out(connector),
        property=name,
        title=f"{connector.name} {state}, but would be selected for {what}",
        cause=f"Now this mail goes {_now(scene, won)}."
        if won
        else "The rule acts, and names a connector that does not.",
        advice=f"{remedy}, or remove the connector if that is meant.",
        domain=several(won) if won and all(spoken(d) == d for d in won) else None,
        connector=connector.name,
        bite={
            "recipient_domain": tuple(pattern_of(d) for d in won),
            "outbound_verdict": ("unrouted",),
        },
    )


def _would_win(scene: Scene, connector: OutboundConnector) -> list[str]:
    return [d for d in scene.scope(connector) if selects(scene.leaving(d), connector.name)]


def _waiting(scene: Scene, connector: OutboundConnector) -> list[TransportRule]:
    return [r for r in scene.rules if r.connector.casefold() == connector.name.casefold()]


def _now(scene: Scene, domains: list[str]) -> str:
    names = [name for d in domains for name in scene.leaving(d).names()]
    return f"by {several(names)}" if names else "by MX, without a connector"


def _inbound(scene: Scene, connector: InboundConnector) -> Iterator[Trap]:
    awake = scene.with_inbound(replace(connector, enabled=True))
    claims = claims_of(connector)
    won = [claim for claim in claims if selects(taken_in(awake, claim), connector.name)]
    if not won:
        return
    now = (" or ".join(taken_in(scene, claim).names()) or "the default inbound connector" for claim in won)
    yield Trap(
        subject=into(connector),
        property="Enabled",
        title=f"{connector.name} is off, but would take in mail {several(str(claim) for claim in won)}",
        cause=f"Now this mail is attributed to {several(now)}.",
        advice="Set Enabled to True, or remove the connector if that is meant.",
        connector=connector.name,
    )
