"""The settings under the keys that they have in mailflow.toml."""

from __future__ import annotations

from analyzer.tenant.model import Settings

FILE_NAME = "mailflow.toml"
Stated = bool | str | list[str] | None


def by_key(settings: Settings) -> dict[str, Stated]:
    """Give every setting but the policies, such as `mx.default`, in the order of the documentation."""
    devices = (*map(str, settings.direct_send_networks), *settings.direct_send_addresses)
    return {
        "mx.default": settings.mx_default,
        **{f"mx.{domain}": place for domain, place in settings.mx.items()},
        "exports.empty": sorted(settings.empty_exports),
        "directory.complete": settings.directory_complete,
        "onpremises.addresses": [str(n) for n in settings.onpremises_addresses],
        "onpremises.hosts": list(settings.onpremises_hosts),
        "onpremises.certificates": list(settings.onpremises_certificates),
        "onpremises.domains": list(settings.onpremises_domains),
        "onpremises.cmt_intent": settings.cmt_intent,
        "onpremises.direct_send": list(devices),
        "partners.domains": list(settings.partner_domains),
        **{f"services.{s.name}": [*map(str, s.addresses), *s.connectors] for s in settings.services},
        "history.judge_earlier": settings.judge_earlier,
        "thresholds.change_grace": f"{settings.change_grace.total_seconds() / 60:g} minutes",
    }
