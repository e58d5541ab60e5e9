"""The tenant as the engine sees it, as plain values: what an administrator checks before trusting a verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from analyzer.lint import Scene
from analyzer.report.own_reading import own_reading
from analyzer.selection.inbound import restricts
from analyzer.selection.onpremises import internet_egress
from analyzer.selection.outbound import UNUSABLE, Rank, is_cmt, order_of
from analyzer.tenant.model import (
    AcceptedDomain,
    ConnectorType,
    InboundConnector,
    OutboundConnector,
    Place,
    Settings,
    Snapshot,
    Tenant,
    TransportRule,
)
from analyzer.tenant.policy import POLICIES
from analyzer.tenant.stated import by_key

_Entry = dict[str, Any]

_RANKS = {
    Rank.EXACT: "exact domain",
    Rank.SUFFIX: "wildcard, the longest first",
    Rank.ALL_ACCEPTED: "all accepted domains",
    Rank.STAR: "every domain (*)",
}
_KINDS = {
    "outbound connectors": "outbound",
    "inbound connectors": "inbound",
    "accepted domains": "accepted",
    "rules that route": "rules",
    "organization": "organization",
    "recipients": "directory",
}


def tenant_reading(tenant: Tenant, chosen: Mapping[str, str] | None = None) -> _Entry:
    """Say how the engine reads the last snapshot of a tenant.

    Args:
        tenant: the configuration history, its policy as mailflow.toml sets it.
        chosen: policies that outrank mailflow.toml, by name.
    """
    snapshot = tenant.snapshots[-1]
    policy = tenant.settings.policy.ruled_by(chosen)
    scene = Scene(snapshot, tenant.settings).with_policy(**dict(policy.items()))
    return {
        "tenant": tenant.path,
        "snapshot": snapshot.name,
        "snapshots": [_snapshot(s) for s in tenant.snapshots],
        "absent": [name for name, field in _KINDS.items() if getattr(snapshot, field) is None],
        "outbound": list(_outbound(scene)),
        "inbound": list(_inbound(scene)),
        "accepted": [_accepted(scene, a) for a in scene.accepted],
        "rules": [_rule(r) for r in sorted(snapshot.rules or (), key=lambda r: r.priority)],
        "own_servers": own_reading(snapshot.own),
        "policies": list(_policies(scene, chosen or {})),
        "settings": list(_settings(tenant.settings)),
    }


def _snapshot(snapshot: Snapshot) -> _Entry:
    return {"name": snapshot.name, "since": snapshot.since.isoformat() if snapshot.since else None}


def _outbound(scene: Scene) -> Iterator[_Entry]:
    """List the outbound connectors class by class, in the order in which selection looks at them."""
    named = {r.connector for r in scene.rules}
    by_rule = [c for c in scene.outbound if c.name in named]
    usable = scene.view.usable
    yield _class("mail flow rule", ((_rules_of(scene, c), c) for c in by_rule))
    cmt = [c for c in usable if is_cmt(c)]
    yield _class("centralized mail transport", (("mail to and from the internet", c) for c in cmt))
    order = order_of(scene.settings.policy)
    for rank in sorted(Rank, key=lambda r: order[r]):
        yield _class(_RANKS[rank], ((pattern, c) for pattern, c in _claims(rank, usable)))
    aside = [c for c in scene.outbound if c not in usable and (c.name not in named or not c.enabled)]
    yield _class("never selected by domain", ((_why_aside(scene, c), c) for c in aside))


def _class(name: str, connectors: Iterator[tuple[str, OutboundConnector]]) -> _Entry:
    return {"class": name, "connectors": [{"for": scope, **_sending(c)} for scope, c in connectors]}


def _rules_of(scene: Scene, connector: OutboundConnector) -> str:
    return "rule " + ", ".join(r.name for r in scene.rules if r.connector == connector.name)


def _claims(rank: Rank, usable: tuple[OutboundConnector, ...]) -> list[tuple[str, OutboundConnector]]:
    """Give what connectors claim at one rank, in the order in which the most specific wins."""
    if rank is Rank.ALL_ACCEPTED:
        both = [c for c in usable if c.all_accepted_domains and c.type is ConnectorType.ONPREMISES]
        return [("accepted domains", c) for c in both]
    held = [(p, c) for c in usable for p in c.recipient_domains if _rank_of(p) is rank]
    return sorted(held, key=lambda claim: (-len(claim[0]) if rank is Rank.SUFFIX else 0, claim[0], claim[1].name))


def _rank_of(pattern: str) -> Rank:
    if pattern == "*":
        return Rank.STAR
    return Rank.SUFFIX if pattern.startswith("*.") else Rank.EXACT


def _why_aside(scene: Scene, connector: OutboundConnector) -> str:
    policy = scene.settings.policy
    return ", ".join(fate for _, applies, fate, _ in UNUSABLE if applies(connector, policy))


def _sending(connector: OutboundConnector) -> _Entry:
    return {
        "connector": connector.name,
        "type": connector.type.value,
        "delivers": "by MX" if connector.use_mx_record else f"to {', '.join(connector.smart_hosts) or 'nowhere'}",
        "tls": connector.tls_settings,
        "changed": connector.changed_at.isoformat() if connector.changed_at else None,
    }


def _inbound(scene: Scene) -> Iterator[_Entry]:
    """List the inbound connectors in the order in which attribution looks at them."""
    active = [i for i in scene.inbound if i.enabled and not i.trusted_organizations]
    own = [i for i in active if i.type is ConnectorType.ONPREMISES]
    partners = [i for i in active if i.type is ConnectorType.PARTNER]
    certified = sorted((i for i in own if i.certificate_name), key=_accuracy)
    yield _arriving("certificate (own servers)", [(i.certificate_name or "", i) for i in certified])
    yield _arriving("address (own servers)", [(str(n), i) for i in own for n in i.sender_ips])
    yield _arriving("sender domain (partner, restricted)", _senders(partners, restricting=True))
    yield _arriving("sender domain (partner)", _senders(partners, restricting=False))
    aside = [i for i in scene.inbound if i not in active]
    yield _arriving("never selected", [("is off" if not i.enabled else "trusted organizations", i) for i in aside])


def _accuracy(connector: InboundConnector) -> tuple[bool, int, str]:
    name = connector.certificate_name or ""
    return name.startswith("*."), -len(name), connector.name


def _senders(partners: list[InboundConnector], *, restricting: bool) -> list[tuple[str, InboundConnector]]:
    """Give the sender domains of Partner connectors, the most specific first."""
    claims = [(domain, i) for i in partners if restricts(i) is restricting for domain in i.sender_domains]
    return sorted(claims, key=lambda claim: (_rank_of(claim[0]), -len(claim[0]), claim[0], claim[1].name))


def _wanted(connector: InboundConnector) -> list[str]:
    """List what the source of a restricted partner must show."""
    if connector.type is not ConnectorType.PARTNER:
        return []
    wanted = [str(network) for network in connector.sender_ips] if connector.restrict_to_ips else []
    return wanted + ([f"certificate {connector.certificate_name}"] if connector.restrict_to_certificate else [])


def _arriving(name: str, connectors: list[tuple[str, InboundConnector]]) -> _Entry:
    return {
        "class": name,
        "connectors": [
            {"for": scope, "connector": i.name, "type": i.type.value, "only_from": _wanted(i)}
            for scope, i in connectors
        ],
    }


def _accepted(scene: Scene, domain: AcceptedDomain) -> _Entry:
    """Ask the engine how mail for an on-premises recipient of the domain leaves."""
    answer = scene.leaving(domain.domain, destination=Place.ONPREMISES)
    return {
        "domain": domain.domain,
        "type": domain.type.value,
        "match_subdomains": domain.match_subdomains,
        "mx": scene.lens.domain(domain.domain).mx,
        "covered_by": list(answer.names()),
        "reason": answer.reason,
    }


def _rule(rule: TransportRule) -> _Entry:
    conditions = {
        **{p.name: list(p.values) for p in rule.conditions},
        **{f"ExceptIf{p.name}": list(p.values) for p in rule.exceptions},
    }
    return {
        "priority": rule.priority,
        "rule": rule.name,
        "connector": rule.connector,
        "acts": rule.enabled,
        "stops": rule.stops,
        "conditions": conditions,
        "not_in_a_log": list(rule.unmodelled),
    }


def _policies(scene: Scene, chosen: Mapping[str, str]) -> Iterator[_Entry]:
    settings, way = scene.settings, internet_egress(scene.snapshot.own.send)
    for row in POLICIES:
        stated = "mailflow.toml" if f"policy.{row.name}" in settings.stated else "default"
        value = getattr(settings.policy, row.name)
        if row.name == "onprem_internet_egress" and way and stated == "default" and row.name not in chosen:
            value, stated = way, "export"
        yield {"policy": row.name, "value": value, "from": "--policy" if row.name in chosen else stated}


def _settings(settings: Settings) -> Iterator[_Entry]:
    """List what no export carries: each value, and whether mailflow.toml says it."""
    for name, value in by_key(settings).items():
        yield {"setting": name, "value": value, "from": "mailflow.toml" if name in settings.stated else "default"}
