"""By what internet mail is known to have come the way that the MX names: a connector, or an address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from analyzer.selection.facts import Lens
from analyzer.tenant.model import ConnectorType


@dataclass(frozen=True, slots=True)
class WayIn:
    """What tells mail that came the way from mail that did not."""

    by_connector: bool
    by_address: bool

    @property
    def known(self) -> bool:
        """Whether anything does."""
        return self.by_connector or self.by_address


def _by_service(lens: Lens) -> WayIn:
    services = lens.settings.services
    # The documented set-up: a Partner connector for every sender, held to the filter's addresses or certificate.
    takes_all = (
        i.enabled
        and i.type is ConnectorType.PARTNER
        and "*" in i.sender_domains
        and bool(i.sender_ips or i.certificate_name)
        for i in lens.inbound
    )
    return WayIn(any(s.connectors for s in services) or any(takes_all), any(s.addresses for s in services))


def _by_own_servers(lens: Lens) -> WayIn:
    known = bool(lens.settings.onpremises_addresses)
    return WayIn(known, known)


# Where the MX points, other than at Office 365 itself.
WAYS_IN: Mapping[str | None, Callable[[Lens], WayIn]] = MappingProxyType(
    {"thirdparty": _by_service, "onpremises": _by_own_servers}
)
